/* The inside of the worker pool: shared by workers.c (threads, waiting, stopping) and run.c
 * (running one job or task). */
#ifndef SCFD_WORK_POOL_H
#define SCFD_WORK_POOL_H

#include "scfd/base/metrics.h"

#include "job_store.h"
#include "schedule.h"

struct scf_kind_metrics {
    struct scf_metric *ok, *retry, *failed, *released, *lost, *duration, *queued;
};

struct scf_task_metrics {
    struct scf_metric *ok, *failed, *duration, *last_success;
};

struct pool_task {
    struct scf_task task;
    void *app;
    bool failing; /* only the thread that runs the task reads and writes it */
    struct scf_task_metrics metrics;
};

/* Why a run was told to stop; set and read by the worker's own thread. */
enum interruption { NOT_INTERRUPTED, STOPPING, LEASE_LOST };

struct scf_worker {
    struct scf_workers *pool;
    pthread_t thread;
    struct scf_db *db; /* the thread's */
    struct scf_arena *arena;
    bool does_tasks, does_jobs; /* fixed at start */
    bool job_first;             /* the thread's: it ran a task last */
    enum interruption interruption;
    /* Monotonic time up to which the thread counts as alive. */
    _Atomic int64_t alive_until_us;
    /* Under the pool's lock: the run in hand, for who must release it. */
    bool has_job, ended;
    struct scf_uuid job_id;
    int attempt;
};

struct scf_workers {
    char *database_url;
    char instance[128];
    void *app;
    const struct scf_job_kind *const *kinds;
    struct scf_kind_metrics *kind_metrics;
    size_t kind_count;
    struct pool_task *tasks;
    size_t task_count;
    struct scf_worker *workers;
    int worker_count;

    pthread_mutex_t lock;        /* guards everything below */
    pthread_cond_t wake;         /* something to do, or stopping */
    pthread_cond_t ended;        /* a thread has ended */
    struct scf_task_slot *slots; /* of `tasks` */
    bool jobs_hint;              /* there may be a job: look before next_poll_us */
    int64_t next_poll_us;        /* monotonic */
    int running_threads;
    /* Written under the lock, read anywhere. */
    _Atomic bool stopping;
};

/* Runs a claimed job to its end. Not under the lock. */
void scf_worker_run_job(struct scf_worker *w, struct scf_job *job);
/* Runs a task. Not under the lock. */
void scf_worker_run_task(struct scf_worker *w, struct pool_task *task);

/* The pool's own task: gauges of the queue, and deleting what is long done. `app` is the pool. */
enum scf_code scf_worker_housekeeping(struct scf_db *db, struct scf_arena *arena, void *app,
                                      struct scf_error *err) SCF_MUST_CHECK;

void scf_pool_metrics(struct scf_workers *pool);

#endif
