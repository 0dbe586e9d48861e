/* Work: a pool of threads, each with a database connection, that runs jobs (rows, with lease and
 * attempts, FOR UPDATE SKIP LOCKED) and periodic tasks.
 *
 * A job runs at least once: a handler must be idempotent. A task runs on every instance at its
 * period; where only one may act, the function takes row locks with SKIP LOCKED. */
#ifndef SCFD_WORK_WORK_H
#define SCFD_WORK_WORK_H

#include "scfd/db/db.h"

struct scf_workers;

struct scf_job {
    struct scf_uuid id;
    const char *kind;
    struct scf_str payload; /* JSON text given at enqueue */
    int attempt;            /* from 1 */
    struct scf_arena *arena; /* freed after the run */
    struct scf_db *db;       /* not in a transaction */
    void *app;
};

struct scf_job_kind {
    const char *name; /* "assess" */
    /* OK finishes the job; SOFT/UNAVAILABLE/INTERNAL reschedules it with back-off until
     * max_attempts; any other code fails it for good. */
    enum scf_code (*run)(struct scf_job *job, struct scf_error *err);
    /* Called once when the job failed for good; may be NULL. */
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
/* Finishes or releases what runs (≤ 10 s), joins, frees. NULL is fine. */
void scf_workers_stop(struct scf_workers *w);
/* Subscriber for the listener (ctx = workers): topic "jobs" wakes an idle thread. */
void scf_workers_on_notify(void *workers, const char *topic, bool connected);
/* Seconds since the last sign of life of the slowest thread; for /readyz. */
int scf_workers_heartbeat_age_s(const struct scf_workers *w);

/* Adds a job inside the caller's transaction and notifies "jobs". `dedupe_key` (NULL: none): when a
 * queued job of this kind has the same key nothing is added. `run_at_us` 0: now. */
enum scf_code scf_job_enqueue(struct scf_db *db, struct scf_arena *arena, const char *kind,
                              const char *dedupe_key, const char *payload_json, int64_t run_at_us,
                              struct scf_uuid *ret_id, struct scf_error *err) SCF_MUST_CHECK;

#endif
