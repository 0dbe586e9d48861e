/* Running one job or one task: the handler, then the outcome, then the metrics. */
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

#include "pool.h"

/* A task has no lease; one that takes longer than this makes its thread look dead. */
#define TASK_GRACE_US (60 * SCF_US_PER_SECOND)
#define KEEP_US (30 * SCF_US_PER_DAY)
enum { FINISH_TRIES = 3, FINISH_PAUSE_MS = 200 };

static void alive_for(struct scf_worker *w, int64_t us) {
    atomic_store(&w->alive_until_us, scf_mono_us() + us);
}

/* ---- jobs ---- */

static size_t kind_index(const struct scf_workers *pool, const char *name) {
    size_t k = 0;
    while (strcmp(pool->kinds[k]->name, name) != 0)
        k++; /* only kinds of the pool are claimed */
    return k;
}

static bool may_succeed_later(enum scf_code code) {
    enum scf_class class = scf_code_class(code);
    return class == SCF_CLASS_SOFT || class == SCF_CLASS_UNAVAILABLE || class == SCF_CLASS_INTERNAL;
}

static struct scf_job_outcome outcome_of(const struct scf_worker *w,
                                         const struct scf_job_kind *kind, const struct scf_job *job,
                                         enum scf_code code, const struct scf_error *err) {
    int64_t now_us = scf_now_us();
    if (code == SCF_OK)
        return (struct scf_job_outcome){SCF_JOB_SUCCEEDED, 0, "ok", job->result_href, NULL};
    bool cut_short = w->pool->stopping && may_succeed_later(code); /* its statement cancelled */
    if (w->interruption == STOPPING || cut_short)
        return (struct scf_job_outcome){SCF_JOB_QUEUED, now_us, "released", NULL, NULL};
    if (!may_succeed_later(code) || job->attempt >= kind->max_attempts)
        return (struct scf_job_outcome){SCF_JOB_FAILED, 0, "failed", NULL, err};
    uint32_t random;
    scf_random(&random, sizeof random);
    return (struct scf_job_outcome){SCF_JOB_QUEUED, now_us + scf_backoff_us(job->attempt, random),
                                    "retry", NULL, err};
}

static void count_outcome(const struct scf_kind_metrics *m, const struct scf_job_outcome *o,
                          bool ours) {
    struct scf_metric *counter = m->released;
    if (!ours)
        counter = m->lost;
    else if (o->status == SCF_JOB_SUCCEEDED)
        counter = m->ok;
    else if (o->status == SCF_JOB_FAILED)
        counter = m->failed;
    else if (o->why)
        counter = m->retry;
    scf_metric_add(counter, 1);
}

/* An outcome that cannot be stored is not lost: the lease ends and the job runs again. */
static bool store_outcome(struct scf_worker *w, const struct scf_job *job,
                          const struct scf_job_outcome *outcome) {
    struct scf_error err;
    for (int i = 0; i < FINISH_TRIES; i++) {
        bool ours;
        if (scf_job_finish(w->db, w->arena, &job->id, job->attempt, outcome, scf_now_us(), &ours,
                           &err) == SCF_OK)
            return ours;
        nanosleep(&(struct timespec){0, FINISH_PAUSE_MS * 1000000L}, NULL);
    }
    scf_log_error("Storing the outcome of a job failed; it will run again", &err);
    return false;
}

static void log_failure(const struct scf_job *job, const struct scf_job_outcome *outcome) {
    char id[SCF_ID_TEXT];
    scf_id_format("job", &job->id, id);
    scf_log_kv(outcome->status == SCF_JOB_FAILED ? SCF_LOG_ERROR : SCF_LOG_WARN,
               outcome->status == SCF_JOB_FAILED ? "A job failed for good"
                                                 : "A job failed and will run again",
               "job", id, "kind", job->kind, "error", scf_code_slug(outcome->why->code), "detail",
               outcome->why->detail, "note", outcome->why->note, NULL);
}

void scf_worker_run_job(struct scf_worker *w, struct scf_job *job) {
    struct scf_workers *pool = w->pool;
    size_t k = kind_index(pool, job->kind);
    const struct scf_job_kind *kind = pool->kinds[k];
    const struct scf_kind_metrics *metrics = &pool->kind_metrics[k];
    int64_t started_us = scf_mono_us();
    struct scf_error err = {0};
    enum scf_code code;
    job->lease_s = kind->lease_s;
    w->interruption = NOT_INTERRUPTED;
    alive_for(w, kind->lease_s * SCF_US_PER_SECOND);
    if (job->attempt > kind->max_attempts && job->last_run_lost)
        code = scf_fail(&err, SCF_E_INTERNAL, "The last run did not come back.");
    else
        code = kind->run(job, &err);
    struct scf_job_outcome outcome = outcome_of(w, kind, job, code, &err);
    bool ours = w->interruption != LEASE_LOST && store_outcome(w, job, &outcome);
    count_outcome(metrics, &outcome, ours);
    scf_metric_observe_us(metrics->duration, scf_mono_us() - started_us);
    if (outcome.why)
        log_failure(job, &outcome);
    if (ours && outcome.status == SCF_JOB_FAILED && kind->failed)
        kind->failed(job, &err);
}

enum scf_code scf_job_progress(struct scf_job *job, int64_t done, int64_t total, const char *unit,
                               struct scf_error *err) {
    struct scf_worker *w = job->worker;
    bool ours;
    if (w->pool->stopping) {
        w->interruption = STOPPING;
        return scf_fail(err, SCF_E_WRONG_STATE, "The server is stopping.");
    }
    enum scf_code code =
        scf_job_renew(job->db, job->arena, job, done, total, unit, scf_now_us(), &ours, err);
    if (code)
        return code;
    if (!ours) {
        w->interruption = LEASE_LOST;
        return scf_fail(err, SCF_E_WRONG_STATE, "Another run has taken the job over.");
    }
    alive_for(w, job->lease_s * SCF_US_PER_SECOND);
    return SCF_OK;
}

/* ---- tasks ---- */

void scf_worker_run_task(struct scf_worker *w, struct pool_task *t) {
    int64_t started_us = scf_mono_us();
    struct scf_error err = {0};
    alive_for(w, TASK_GRACE_US);
    enum scf_code code = t->task.run(w->db, w->arena, t->app, &err);
    scf_metric_observe_us(t->metrics.duration, scf_mono_us() - started_us);
    scf_metric_add(code ? t->metrics.failed : t->metrics.ok, 1);
    if (code == SCF_OK)
        scf_metric_set(t->metrics.last_success, scf_now_us() / SCF_US_PER_SECOND);
    /* A task comes round every second or so: say when it begins to fail, and when it is well. */
    if (code && !t->failing)
        scf_log_error(t->task.name, &err);
    if (code == SCF_OK && t->failing)
        scf_log_kv(SCF_LOG_INFO, "A task works again", "task", t->task.name, NULL);
    t->failing = code != SCF_OK;
}

enum scf_code scf_worker_housekeeping(struct scf_db *db, struct scf_arena *arena, void *app,
                                      struct scf_error *err) {
    struct scf_workers *pool = app;
    int64_t *counts = scf_alloc(arena, pool->kind_count, sizeof *counts);
    if (counts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory to count jobs.");
    enum scf_code code = scf_job_count_queued(db, arena, pool->kinds, counts, err);
    for (size_t k = 0; code == SCF_OK && k < pool->kind_count; k++)
        scf_metric_set(pool->kind_metrics[k].queued, counts[k]);
    return code ? code : scf_job_prune(db, arena, scf_now_us() - KEEP_US, err);
}

/* ---- metrics ---- */

static struct scf_metric *jobs_total(const char *kind, const char *result) {
    char labels[128];
    snprintf(labels, sizeof labels, "kind=\"%s\",result=\"%s\"", kind, result);
    return scf_counter("scfd_jobs_total", labels, "Runs of jobs and tasks by outcome.");
}

static struct scf_metric *job_duration(const char *kind) {
    char labels[128];
    snprintf(labels, sizeof labels, "kind=\"%s\"", kind);
    return scf_histogram("scfd_job_duration_seconds", labels, "Duration of runs.");
}

static struct scf_metric *kind_gauge(const char *name, const char *kind, const char *help) {
    char labels[128];
    snprintf(labels, sizeof labels, "kind=\"%s\"", kind);
    return scf_gauge(name, labels, help);
}

void scf_pool_metrics(struct scf_workers *pool) {
    for (size_t k = 0; k < pool->kind_count; k++) {
        const char *kind = pool->kinds[k]->name;
        pool->kind_metrics[k] = (struct scf_kind_metrics){
            jobs_total(kind, "ok"),
            jobs_total(kind, "retry"),
            jobs_total(kind, "failed"),
            jobs_total(kind, "released"),
            jobs_total(kind, "lost"),
            job_duration(kind),
            kind_gauge("scfd_jobs_queued", kind, "Jobs that wait to be run.")};
    }
    for (size_t i = 0; i < pool->task_count; i++) {
        const char *name = pool->tasks[i].task.name;
        pool->tasks[i].metrics = (struct scf_task_metrics){
            jobs_total(name, "ok"), jobs_total(name, "failed"), job_duration(name),
            kind_gauge("scfd_job_last_success_timestamp_seconds", name,
                       "When a task last ended well.")};
    }
}
