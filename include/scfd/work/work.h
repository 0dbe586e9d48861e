/* Work: a pool of threads, each with a database connection, that runs jobs (rows, with lease and
 * attempts, FOR UPDATE SKIP LOCKED) and periodic tasks.
 *
 * A job runs at least once: a handler must be idempotent. A task runs on every instance at its
 * period; where only one may act, the function takes row locks with SKIP LOCKED. */
#ifndef SCFD_WORK_WORK_H
#define SCFD_WORK_WORK_H

#include "scfd/db/db.h"
#include "scfd/http/http.h"

struct scf_workers;

struct scf_job {
    struct scf_uuid id;
    const char *kind;
    struct scf_str payload;  /* JSON text given at enqueue */
    int attempt;             /* from 1 */
    bool last_run_lost;      /* the lease of the run before this one ended */
    struct scf_arena *arena; /* freed after the run */
    struct scf_db *db;       /* not in a transaction */
    void *app;
    const char *result_href; /* set by the handler: where the result is ("/v1/…"); NULL: none */
    int lease_s;
    struct scf_worker *worker; /* the pool's */
};

/* Between pieces of a long run: stores the progress and renews the lease, which a run that takes
 * longer than lease_s must do. WRONG_STATE: another run took over, or the server is stopping;
 * return that code at once, the job goes on elsewhere. Outside a transaction. */
enum scf_code scf_job_progress(struct scf_job *job, int64_t done, int64_t total, const char *unit,
                               struct scf_error *err) SCF_MUST_CHECK;

struct scf_job_kind {
    const char *name; /* "assess" */
    /* OK finishes the job; SOFT/UNAVAILABLE/INTERNAL reschedules it with back-off until
     * max_attempts; any other code fails it for good. */
    enum scf_code (*run)(struct scf_job *job, struct scf_error *err);
    /* Called once, after the failure is stored, when the job failed for good (also when the last
     * run never came back); may be NULL. */
    void (*failed)(struct scf_job *job, const struct scf_error *why);
    int lease_s;
    int max_attempts;
};

struct scf_task {
    const char *name; /* "seal" */
    enum scf_code (*run)(struct scf_db *db, struct scf_arena *arena, void *app,
                         struct scf_error *err);
    int64_t period_ms;
};

struct scf_workers_options {
    const char *database_url;
    int threads;
    const struct scf_job_kind *const *kinds; /* NULL-terminated */
    const struct scf_task *tasks;
    size_t task_count;
    void *app;
};

enum scf_code scf_workers_start(const struct scf_workers_options *options, struct scf_workers **ret,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Finishes or releases what runs (≤ 10 s; statements are cancelled after 5 s), joins, frees. NULL
 * is fine. False: a thread did not end; then the pool stays, and whatever its handlers use must
 * stay too. */
bool scf_workers_stop(struct scf_workers *w);
/* Subscriber for the listener (ctx = workers): topic "jobs" wakes an idle thread. */
void scf_workers_on_notify(void *workers, const char *topic, bool connected);
/* Seconds since the last sign of life of the slowest thread; for /readyz. */
int scf_workers_heartbeat_age_s(const struct scf_workers *w);

/* Adds a job inside the caller's transaction and notifies "jobs". `dedupe_key` (NULL: none): when a
 * queued job of this kind has the same key nothing is added. `run_at_us` 0: now; at most a day
 * ahead. */
enum scf_code scf_job_enqueue(struct scf_db *db, struct scf_arena *arena, const char *kind,
                              const char *dedupe_key, const char *payload_json, int64_t run_at_us,
                              struct scf_uuid *ret_id, struct scf_error *err) SCF_MUST_CHECK;

/* The same for a job that somebody asked for and may follow at GET /v1/jobs/{id}: the node of
 * `requested_by`, or administrators alone when it is one. When the same job is queued already,
 * *ret_id is that one, and it stays whose it was. */
struct scf_job_order {
    const char *kind, *dedupe_key, *payload_json;
    int64_t run_at_us;                    /* 0: now; at most a day ahead */
    const struct scf_actor *requested_by; /* NULL: nobody, it is internal */
};
enum scf_code scf_job_order(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_job_order *order, struct scf_uuid *ret_id,
                            struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_work_routes[]; /* GET /v1/jobs/{id} */
extern const size_t scf_work_route_count;

#endif
