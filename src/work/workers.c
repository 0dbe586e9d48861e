/* The worker pool: threads that take due tasks and claimed jobs, wait for more, and stop.
 *
 * So that neither starves the other, one thread runs tasks only and one jobs only; the rest, and a
 * lonely single thread, run both, a job first after each task. A worker that holds the lock runs no
 * SQL and no handler; only who stops the pool does, at last, to release the jobs of stuck ones. */
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

#include "pool.h"

#define POLL_US                                                                                    \
    SCF_US_PER_SECOND /* look for jobs at least this often: NOTIFY may be lost,                    \
                         leases end and later jobs fall due without one */
#define NAP_MAX_US (5 * SCF_US_PER_SECOND) /* so that an idle thread shows signs of life */
#define STOP_US (10 * SCF_US_PER_SECOND)
#define PATIENCE_US (5 * SCF_US_PER_SECOND) /* of STOP_US; then statements are cancelled */
#define CANCEL_US (SCF_US_PER_SECOND / 10)
#define HOUSEKEEPING_MS 15000
#define ARENA_MAX ((size_t)256 << 20)
enum { STATEMENT_TIMEOUT_MS = 60000 };

/* ---- finding work; all under the lock, which is let go while the work runs ---- */

static bool take_task(struct scf_worker *w) {
    struct scf_workers *pool = w->pool;
    int64_t now_us = scf_mono_us();
    int i = w->does_tasks ? scf_task_due(pool->slots, pool->task_count, now_us) : -1;
    if (i < 0)
        return false;
    scf_task_begin(&pool->slots[i], now_us);
    pthread_mutex_unlock(&pool->lock);
    scf_worker_run_task(w, &pool->tasks[i]);
    scf_arena_reset(w->arena);
    pthread_mutex_lock(&pool->lock);
    scf_task_end(&pool->slots[i]);
    pthread_cond_broadcast(&pool->wake); /* the others slept without regard to this task */
    w->job_first = true;
    return true;
}

static bool claim(struct scf_worker *w, struct scf_job *job) {
    struct scf_error err;
    bool found;
    enum scf_code code = scf_job_claim(w->db, w->arena, w->pool->kinds, w->pool->instance,
                                       scf_now_us(), job, &found, &err);
    if (code && scf_code_class(code) != SCF_CLASS_UNAVAILABLE)
        scf_log_error("Looking for a job failed", &err);
    return code == SCF_OK && found;
}

static void run_claimed(struct scf_worker *w, struct scf_job *job) {
    struct scf_workers *pool = w->pool;
    pool->jobs_hint = true; /* where one was there may be more */
    pthread_cond_broadcast(&pool->wake);
    w->has_job = true;
    w->job_id = job->id;
    w->attempt = job->attempt;
    pthread_mutex_unlock(&pool->lock);
    scf_worker_run_job(w, job);
    pthread_mutex_lock(&pool->lock);
    w->has_job = false;
    w->job_first = false;
}

static bool take_job(struct scf_worker *w) {
    struct scf_workers *pool = w->pool;
    int64_t now_us = scf_mono_us();
    if (!w->does_jobs || (!pool->jobs_hint && now_us < pool->next_poll_us))
        return false;
    pool->jobs_hint = false; /* before looking: a hint that comes meanwhile must stay */
    pool->next_poll_us = now_us + POLL_US;
    pthread_mutex_unlock(&pool->lock);
    struct scf_job job = {.arena = w->arena, .db = w->db, .app = pool->app, .worker = w};
    bool found = claim(w, &job);
    pthread_mutex_lock(&pool->lock);
    if (found)
        run_claimed(w, &job);
    scf_arena_reset(w->arena);
    return found;
}

static void wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t mono_us) {
    struct timespec at = {mono_us / SCF_US_PER_SECOND, (mono_us % SCF_US_PER_SECOND) * 1000};
    pthread_cond_timedwait(cond, lock, &at);
}

static void wait_for_work(struct scf_worker *w) {
    struct scf_workers *pool = w->pool;
    int64_t until_us = scf_mono_us() + NAP_MAX_US;
    int64_t task_us = scf_task_next_us(pool->slots, pool->task_count);
    if (w->does_tasks && task_us < until_us)
        until_us = task_us;
    if (w->does_jobs && pool->next_poll_us < until_us)
        until_us = pool->next_poll_us;
    wait_until(&pool->wake, &pool->lock, until_us);
}

static void *work(void *arg) {
    struct scf_worker *w = arg;
    struct scf_workers *pool = w->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        atomic_store(&w->alive_until_us, scf_mono_us());
        bool did = w->job_first ? take_job(w) || take_task(w) : take_task(w) || take_job(w);
        if (!did && !pool->stopping)
            wait_for_work(w);
    }
    w->ended = true;
    pool->running_threads--;
    pthread_cond_signal(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- starting ---- */

static void init_locks(struct scf_workers *pool) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->wake, &monotonic);
    pthread_cond_init(&pool->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&pool->lock, NULL);
}

static void destroy(struct scf_workers *pool) {
    for (int i = 0; i < pool->worker_count; i++) {
        scf_db_free(pool->workers[i].db);
        scf_arena_free(pool->workers[i].arena);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->ended);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool->slots);
    free(pool->tasks);
    free(pool->kind_metrics);
    free(pool->database_url);
    free(pool);
}

static void name_instance(struct scf_workers *pool) {
    char host[64] = "";
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    snprintf(pool->instance, sizeof pool->instance, "%s:%ld", host, (long)getpid());
}

static void init_tasks(struct scf_workers *pool, const struct scf_workers_options *options) {
    for (size_t i = 0; i < options->task_count; i++)
        pool->tasks[i] = (struct pool_task){.task = options->tasks[i], .app = options->app};
    pool->tasks[options->task_count] = (struct pool_task){
        .task = {"housekeeping", scf_worker_housekeeping, HOUSEKEEPING_MS}, .app = pool};
    int64_t now_us = scf_mono_us();
    for (size_t i = 0; i < pool->task_count; i++) {
        SCF_ASSERT(pool->tasks[i].task.period_ms > 0);
        pool->slots[i] =
            (struct scf_task_slot){pool->tasks[i].task.period_ms * 1000, now_us, false};
    }
}

static void init_workers(struct scf_workers *pool) {
    for (int i = 0; i < pool->worker_count; i++)
        pool->workers[i] = (struct scf_worker){
            .pool = pool,
            .db = scf_db_new(pool->database_url, "scfd worker", STATEMENT_TIMEOUT_MS),
            .arena = scf_arena_new(ARENA_MAX),
            .does_tasks = pool->worker_count == 1 || i != 1,
            .does_jobs = pool->kind_count > 0 && (pool->worker_count == 1 || i != 0),
            .alive_until_us = scf_mono_us()};
}

static struct scf_workers *pool_new(const struct scf_workers_options *options) {
    struct scf_workers *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    init_locks(pool);
    while (options->kinds[pool->kind_count])
        pool->kind_count++;
    pool->task_count = options->task_count + 1;
    pool->kinds = options->kinds;
    pool->app = options->app;
    pool->database_url = strdup(options->database_url);
    pool->kind_metrics = calloc(pool->kind_count + 1, sizeof *pool->kind_metrics);
    pool->tasks = calloc(pool->task_count, sizeof *pool->tasks);
    pool->slots = calloc(pool->task_count, sizeof *pool->slots);
    pool->workers = calloc((size_t)options->threads, sizeof *pool->workers);
    if (pool->database_url && pool->kind_metrics && pool->tasks && pool->slots && pool->workers) {
        pool->worker_count = options->threads;
        return pool;
    }
    destroy(pool);
    return NULL;
}

enum scf_code scf_workers_start(const struct scf_workers_options *options, struct scf_workers **ret,
                                struct scf_error *err) {
    SCF_ASSERT(options->threads >= 1);
    struct scf_workers *pool = pool_new(options);
    if (pool == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the workers.");
    name_instance(pool);
    init_tasks(pool, options);
    scf_pool_metrics(pool);
    init_workers(pool);
    for (int i = 0; i < pool->worker_count; i++) {
        pthread_mutex_lock(&pool->lock);
        bool ok = pthread_create(&pool->workers[i].thread, NULL, work, &pool->workers[i]) == 0;
        pool->workers[i].ended = !ok;
        pool->running_threads += ok;
        pthread_mutex_unlock(&pool->lock);
        if (ok)
            continue;
        for (int rest = i + 1; rest < pool->worker_count; rest++)
            pool->workers[rest].ended = true;
        scf_workers_stop(pool);
        return scf_fail(err, SCF_E_INTERNAL, "A worker thread could not be started.");
    }
    *ret = pool;
    return SCF_OK;
}

/* ---- while running ---- */

void scf_workers_on_notify(void *workers, const char *topic, bool connected) {
    struct scf_workers *pool = workers;
    (void)connected; /* deaf or not, anything may have changed */
    if (topic != NULL && strcmp(topic, "jobs") != 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->jobs_hint = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

int scf_workers_heartbeat_age_s(const struct scf_workers *pool) {
    int64_t now_us = scf_mono_us(), oldest_us = now_us;
    for (int i = 0; i < pool->worker_count; i++) {
        int64_t alive_us = atomic_load(&pool->workers[i].alive_until_us);
        if (alive_us < oldest_us)
            oldest_us = alive_us;
    }
    return (int)((now_us - oldest_us) / SCF_US_PER_SECOND);
}

/* ---- stopping ---- */

/* Under the lock: gives back the jobs of threads that do not come to an end, so that another
 * instance need not wait for the leases. Such threads live on until the process ends. */
static void release_stuck(struct scf_workers *pool) {
    struct scf_db *db = scf_db_new(pool->database_url, "scfd stopping", 2000);
    struct scf_arena *arena = scf_arena_new(1 << 20);
    for (int i = 0; i < pool->worker_count; i++) {
        struct scf_worker *w = &pool->workers[i];
        struct scf_error err;
        bool ours;
        if (w->ended || !w->has_job)
            continue;
        const struct scf_job_outcome outcome = {SCF_JOB_QUEUED, scf_now_us(), "released", NULL,
                                                NULL};
        if (scf_job_finish(db, arena, &w->job_id, w->attempt, &outcome, scf_now_us(), &ours, &err))
            scf_log_error("Releasing a job failed; its lease will end", &err);
    }
    scf_arena_free(arena);
    scf_db_free(db);
}

/* Under the lock. */
static void await_threads(struct scf_workers *pool, int64_t until_us) {
    while (pool->running_threads > 0 && scf_mono_us() < until_us)
        wait_until(&pool->ended, &pool->lock, until_us);
}

static bool wait_for_end(struct scf_workers *pool) {
    int64_t began_us = scf_mono_us();
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    await_threads(pool, began_us + PATIENCE_US);
    while (pool->running_threads > 0 && scf_mono_us() < began_us + STOP_US) {
        scf_db_cancel_running();
        await_threads(pool, scf_mono_us() + CANCEL_US);
    }
    bool all = pool->running_threads == 0;
    if (!all)
        release_stuck(pool);
    pthread_mutex_unlock(&pool->lock);
    return all;
}

bool scf_workers_stop(struct scf_workers *pool) {
    if (pool == NULL)
        return true;
    if (!wait_for_end(pool)) {
        scf_log(SCF_LOG_ERROR, "Workers did not stop in time; their jobs were released");
        return false; /* their memory stays: they may still use it */
    }
    for (int i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].thread)
            pthread_join(pool->workers[i].thread, NULL);
    destroy(pool);
    return true;
}
