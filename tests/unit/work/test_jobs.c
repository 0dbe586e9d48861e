/* Jobs on a real database: two pools share them exactly once, a dead worker's job is taken over,
 * failed ones come back with back-off (by the test clock), the same job is queued once. */
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "job_store.h"
#include "pg.h"
#include "scfd/base/clock.h"
#include "scfd/db/listen.h"

static struct scf_test_world w;
static int64_t *test_clock; /* [0] frozen_us, [1] offset_us */

/* How long to wait for what must come: a machine may stop a process for seconds. */
static const int64_t PATIENCE_US = 60 * SCF_US_PER_SECOND;

static int open_world(void **state) {
    (void)state;
    test_clock[0] = test_clock[1] = 0;
    w = scf_test_world_open();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

/* ---- the kinds under test ---- */

enum { MAX_JOBS = 200 };
static atomic_int runs[MAX_JOBS]; /* by the number in the payload */
static atomic_int all_runs, given_up, in_task, task_overlaps, task_runs, slow_go;

static enum scf_code run_count(struct scf_job *job, struct scf_error *err) {
    uint64_t number;
    (void)err;
    SCF_ASSERT(scf_parse_u64(job->payload, MAX_JOBS - 1, &number));
    runs[number]++;
    all_runs++;
    job->result_href = "/v1/things/1";
    return SCF_OK;
}

static enum scf_code run_flaky(struct scf_job *job, struct scf_error *err) {
    all_runs++;
    return job->attempt < 3 ? scf_fail(err, SCF_E_INTERNAL, "Attempt %d fails.", job->attempt)
                            : SCF_OK;
}

static enum scf_code run_hopeless(struct scf_job *job, struct scf_error *err) {
    (void)job;
    all_runs++;
    return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "It never works.");
}

static enum scf_code run_wrong(struct scf_job *job, struct scf_error *err) {
    (void)job;
    all_runs++;
    return scf_fail(err, SCF_E_NOT_FOUND, "What it is about is gone.");
}

static void give_up(struct scf_job *job, const struct scf_error *why) {
    (void)job;
    SCF_ASSERT(why->code != SCF_OK);
    given_up++;
}

static enum scf_code run_patient(struct scf_job *job, struct scf_error *err) {
    all_runs++;
    enum scf_code code = SCF_OK;
    for (int i = 0; code == SCF_OK && !slow_go; i++) {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        code = scf_job_progress(job, i, 1000, "steps", err);
    }
    return code;
}

static enum scf_code run_asleep(struct scf_job *job, struct scf_error *err) {
    static const struct scf_stmt sleep = {"t_sleep", "SELECT pg_sleep(30)"};
    all_runs++;
    return scf_db_run(job->db, &sleep, NULL, NULL, NULL, err);
}

static const struct scf_job_kind asleep_kind = {"asleep", run_asleep, give_up, 60, 1};
static const struct scf_job_kind count_kind = {"count", run_count, NULL, 60, 3};
static const struct scf_job_kind flaky_kind = {"flaky", run_flaky, give_up, 60, 5};
static const struct scf_job_kind hopeless_kind = {"hopeless", run_hopeless, give_up, 60, 2};
static const struct scf_job_kind wrong_kind = {"wrong", run_wrong, give_up, 60, 5};
static const struct scf_job_kind patient_kind = {"patient", run_patient, NULL, 60, 5};
static const struct scf_job_kind *const kinds[] = {
    &count_kind, &flaky_kind, &hopeless_kind, &wrong_kind, &patient_kind, &asleep_kind, NULL};

static void forget_runs(void) {
    for (int i = 0; i < MAX_JOBS; i++)
        runs[i] = 0;
    all_runs = given_up = slow_go = 0;
}

static struct scf_workers *start_pool(int threads, const struct scf_task *tasks, size_t n) {
    struct scf_workers *pool;
    const struct scf_workers_options options = {
        .database_url = w.url, .threads = threads, .kinds = kinds, .tasks = tasks, .task_count = n};
    ok(scf_workers_start(&options, &pool, &w.err));
    return pool;
}

struct order {
    struct scf_job_order order;
    struct scf_uuid id;
};

static enum scf_code order_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct order *o = ctx;
    return scf_job_order(db, w.arena, &o->order, &o->id, err);
}

static struct scf_uuid enqueue(const char *kind, const char *dedupe_key, const char *payload) {
    struct order o = {.order = {.kind = kind, .dedupe_key = dedupe_key, .payload_json = payload}};
    ok(scf_tx_run(w.db, order_body, &o, &w.err));
    return o.id;
}

static struct scf_job_view look(const struct scf_uuid *id) {
    struct scf_job_view job;
    ok(scf_job_view_get(w.db, w.arena, id, NULL, &job, &w.err));
    return job;
}

static void await(const struct scf_uuid *id, enum scf_job_status status) {
    int64_t deadline = scf_mono_us() + PATIENCE_US;
    while (look(id).status != status) {
        if (scf_mono_us() > deadline)
            fail_msg("the job stayed in status %d, not %d", (int)look(id).status, (int)status);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

static void await_count(atomic_int *counter, int n) {
    int64_t deadline = scf_mono_us() + PATIENCE_US;
    while (*counter < n && scf_mono_us() < deadline)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_true(*counter >= n);
}

static int64_t number(const struct scf_stmt *stmt) {
    struct scf_rows *rows;
    ok(scf_db_run(w.db, stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

/* ---- running ---- */

static void two_pools_share_the_jobs(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt good_runs = {
        "t_good_runs", "SELECT count(*) FROM scfd.job_run WHERE result = 'ok' AND attempt = 1"
                       " AND finished_at >= started_at"};
    static const struct scf_stmt all = {"t_all_runs", "SELECT count(*) FROM scfd.job_run"};
    struct scf_uuid ids[MAX_JOBS];
    forget_runs();
    for (int i = 0; i < MAX_JOBS; i++)
        ids[i] = enqueue("count", NULL, scf_asprintf(w.arena, "%d", i));
    struct scf_workers *a = start_pool(3, NULL, 0), *b = start_pool(3, NULL, 0);
    await_count(&all_runs, MAX_JOBS);
    scf_workers_stop(a);
    scf_workers_stop(b);
    for (int i = 0; i < MAX_JOBS; i++) {
        assert_int_equal(runs[i], 1);
        struct scf_job_view job = look(&ids[i]);
        assert_int_equal(job.status, SCF_JOB_SUCCEEDED);
        assert_string_equal(job.result_href, "/v1/things/1");
        assert_true(job.finished_us >= job.started_us && job.started_us >= job.created_us);
    }
    assert_int_equal(number(&good_runs), MAX_JOBS);
    assert_int_equal(number(&all), MAX_JOBS);
}

static void a_notification_wakes_an_idle_pool(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    struct scf_workers *pool = start_pool(2, NULL, 0);
    struct scf_listener *listener = scf_listener_new(w.url);
    scf_listener_subscribe(listener, scf_workers_on_notify, pool);
    ok(scf_listener_start(listener, &w.err));
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    int64_t quickest_us = INT64_MAX;
    for (int i = 0; i < 20; i++) {
        /* Until the pool has looked for more in vain: its next poll is a second later. */
        nanosleep(&(struct timespec){0, 100000000}, NULL);
        int64_t start_us = scf_mono_us();
        enqueue("count", NULL, "1");
        await_count(&all_runs, i + 1);
        int64_t took_us = scf_mono_us() - start_us;
        quickest_us = took_us < quickest_us ? took_us : quickest_us;
    }
    /* By polling alone each would take most of a second. One that did not is enough: a slow
     * machine may hold up the others. */
    assert_in_range(quickest_us, 0, 200000);
    scf_listener_stop(listener);
    scf_workers_stop(pool);
}

static void a_dead_workers_job_is_taken_over(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt lost = {
        "t_lost", "SELECT count(*) FROM scfd.job_run WHERE attempt = 1 AND result = 'lost'"};
    forget_runs();
    struct scf_uuid id = enqueue("count", NULL, "7");
    /* What is left of an instance that was killed: a claim, and nobody who works on it. */
    struct scf_job job;
    bool found, ours;
    ok(scf_job_claim(w.db, w.arena, kinds, "dead:1", scf_now_us(), &job, &found, &w.err));
    assert_true(found && scf_uuid_eq(&job.id, &id) && job.attempt == 1);
    struct scf_workers *pool = start_pool(2, NULL, 0);
    nanosleep(&(struct timespec){1, 500000000}, NULL);
    assert_int_equal(runs[7], 0); /* the lease of 60 s holds */
    test_clock[1] = 61 * SCF_US_PER_SECOND;
    await(&id, SCF_JOB_SUCCEEDED);
    assert_int_equal(runs[7], 1);
    assert_int_equal(look(&id).attempt, 2);
    assert_int_equal(number(&lost), 1);
    scf_workers_stop(pool);

    /* The dead one wakes up: its outcome and its progress no longer count. */
    struct scf_error why;
    scf_fail(&why, SCF_E_INTERNAL, "Too late.");
    const struct scf_job_outcome late = {SCF_JOB_FAILED, 0, "failed", NULL, &why};
    ok(scf_job_finish(w.db, w.arena, &id, 1, &late, scf_now_us(), &ours, &w.err));
    assert_false(ours);
    job.lease_s = 60;
    ok(scf_job_renew(w.db, w.arena, &job, 1, 2, "x", scf_now_us(), &ours, &w.err));
    assert_false(ours);
    assert_int_equal(look(&id).status, SCF_JOB_SUCCEEDED);
}

static void failed_runs_come_back_later(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    test_clock[0] = INT64_C(1795334400000000); /* frozen */
    struct scf_uuid id = enqueue("flaky", NULL, "{}");
    struct scf_workers *pool = start_pool(2, NULL, 0);
    await_count(&all_runs, 1);
    await(&id, SCF_JOB_QUEUED);
    nanosleep(&(struct timespec){1, 300000000}, NULL);
    assert_int_equal(all_runs, 1); /* time stands still, and so does the job */
    test_clock[0] += 2 * SCF_US_PER_SECOND;
    await_count(&all_runs, 2);
    await(&id, SCF_JOB_QUEUED);
    test_clock[0] += 4 * SCF_US_PER_SECOND;
    await(&id, SCF_JOB_SUCCEEDED);
    assert_int_equal(all_runs, 3);
    assert_int_equal(look(&id).attempt, 3);
    assert_null(look(&id).problem_code);
    assert_int_equal(given_up, 0);
    scf_workers_stop(pool);
}

static void hopeless_jobs_fail_for_good_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    struct scf_uuid hopeless = enqueue("hopeless", NULL, "{}");
    struct scf_uuid wrong = enqueue("wrong", NULL, "{}");
    struct scf_workers *pool = start_pool(2, NULL, 0);
    await(&wrong, SCF_JOB_FAILED); /* not found: sending it again would not help */
    assert_int_equal(look(&wrong).attempt, 1);
    assert_string_equal(look(&wrong).problem_code, "not-found");
    await_count(&all_runs, 2);
    await(&hopeless, SCF_JOB_QUEUED);
    test_clock[1] = 5 * SCF_US_PER_SECOND;
    await(&hopeless, SCF_JOB_FAILED);
    await_count(&given_up, 2);
    scf_workers_stop(pool);
    assert_int_equal(look(&hopeless).attempt, 2);
    assert_string_equal(look(&hopeless).problem_code, "database-unavailable");
    assert_string_equal(look(&hopeless).problem_detail, "It never works.");
    assert_int_equal(given_up, 2);
    assert_int_equal(all_runs, 3);
}

static void a_job_that_kills_its_workers_fails(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    struct scf_uuid id = enqueue("hopeless", NULL, "{}");
    struct scf_job job;
    bool found;
    for (int i = 0; i < 2; i++) {
        ok(scf_job_claim(w.db, w.arena, kinds, "dead:1", scf_now_us(), &job, &found, &w.err));
        assert_true(found);
        test_clock[1] += 61 * SCF_US_PER_SECOND;
    }
    struct scf_workers *pool = start_pool(1, NULL, 0);
    await(&id, SCF_JOB_FAILED);
    await_count(&given_up, 1);
    assert_int_equal(all_runs, 0); /* not run a third time */
    scf_workers_stop(pool);
}

/* A server that is stopped during the last run allowed is no fault of the job. */
static void a_released_job_runs_once_more(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    const struct scf_job_outcome released = {SCF_JOB_QUEUED, scf_now_us(), "released", NULL, NULL};
    struct scf_uuid id = enqueue("hopeless", NULL, "{}");
    struct scf_job job;
    bool found, ours;
    for (int i = 1; i <= 2; i++) {
        ok(scf_job_claim(w.db, w.arena, kinds, "dead:1", scf_now_us(), &job, &found, &w.err));
        assert_int_equal(job.attempt, i);
        assert_false(job.last_run_lost);
        ok(scf_job_finish(w.db, w.arena, &id, i, &released, scf_now_us(), &ours, &w.err));
    }
    struct scf_workers *pool = start_pool(1, NULL, 0);
    await(&id, SCF_JOB_FAILED);
    assert_int_equal(all_runs, 1);
    assert_string_equal(look(&id).problem_detail, "It never works.");
    assert_true(scf_workers_stop(pool));
}

static void stopping_cancels_a_slow_statement(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    struct scf_uuid id = enqueue("asleep", NULL, "{}");
    struct scf_workers *pool = start_pool(2, NULL, 0);
    await_count(&all_runs, 1);
    int64_t start_us = scf_mono_us();
    assert_true(scf_workers_stop(pool));
    assert_in_range(scf_mono_us() - start_us, 0, 25 * SCF_US_PER_SECOND);
    assert_int_equal(look(&id).status, SCF_JOB_QUEUED); /* though it was its last attempt */
    assert_int_equal(given_up, 0);
}

static void stopping_releases_a_long_run(void **state) {
    (void)state;
    NEEDS_DATABASE();
    forget_runs();
    struct scf_uuid id = enqueue("patient", NULL, "{}");
    struct scf_workers *pool = start_pool(2, NULL, 0);
    await(&id, SCF_JOB_RUNNING);
    int64_t deadline = scf_mono_us() + PATIENCE_US;
    while (!look(&id).has_progress && scf_mono_us() < deadline)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_string_equal(look(&id).progress_unit, "steps");
    int64_t start_us = scf_mono_us();
    assert_true(scf_workers_stop(pool)); /* none was left behind */
    assert_in_range(scf_mono_us() - start_us, 0, 25 * SCF_US_PER_SECOND);
    assert_int_equal(look(&id).status, SCF_JOB_QUEUED);
    slow_go = 1;
    pool = start_pool(2, NULL, 0);
    await(&id, SCF_JOB_SUCCEEDED);
    scf_workers_stop(pool);
}

/* ---- queueing ---- */

static void the_same_job_is_queued_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid first = enqueue("count", "c1", "1"), again = enqueue("count", "c1", "1");
    struct scf_uuid other = enqueue("count", "c2", "2"), kind = enqueue("flaky", "c1", "1");
    assert_true(scf_uuid_eq(&first, &again));
    assert_false(scf_uuid_eq(&first, &other));
    assert_false(scf_uuid_eq(&first, &kind));
    struct scf_job job;
    bool found, ours;
    ok(scf_job_claim(w.db, w.arena, kinds, "x:1", scf_now_us(), &job, &found, &w.err));
    assert_true(scf_uuid_eq(&job.id, &first)); /* due longest */
    /* It runs, perhaps on what was there before: news need a run of their own. */
    struct scf_uuid next = enqueue("count", "c1", "1");
    assert_false(scf_uuid_eq(&next, &first));
    /* Both wait, one for its second run: that is no conflict. */
    const struct scf_job_outcome retry = {SCF_JOB_QUEUED, scf_now_us(), "retry", NULL, NULL};
    ok(scf_job_finish(w.db, w.arena, &first, 1, &retry, scf_now_us(), &ours, &w.err));
    assert_true(ours);
    again = enqueue("count", "c1", "1");
    assert_true(scf_uuid_eq(&again, &next));
}

static void *enqueue_much(void *arg) {
    struct scf_db *db = scf_db_new(w.url, "racer", 0);
    atomic_int *failures = arg;
    for (int i = 0; i < 50; i++) {
        struct scf_arena *arena = scf_arena_new(1 << 20);
        struct scf_error err;
        struct scf_uuid id;
        if (scf_job_enqueue(db, arena, "count", "same", "3", 0, &id, &err) != SCF_OK)
            (*failures)++;
        scf_arena_free(arena);
    }
    scf_db_free(db);
    return NULL;
}

static void racing_orders_lose_nothing(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt open = {"t_open",
                                         "SELECT count(*) FROM scfd.job WHERE status < 2"};
    atomic_int failures = 0;
    pthread_t threads[4];
    forget_runs();
    struct scf_workers *pool = start_pool(3, NULL, 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, enqueue_much, &failures);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(failures, 0);
    int64_t deadline = scf_mono_us() + PATIENCE_US;
    while (number(&open) > 0 && scf_mono_us() < deadline)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_int_equal(number(&open), 0);
    assert_true(runs[3] >= 1);
    scf_workers_stop(pool);
}

static void a_later_job_waits(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid id;
    struct scf_job job;
    bool found;
    int64_t now_us = scf_now_us();
    ok(scf_job_enqueue(w.db, w.arena, "count", NULL, "1", now_us + SCF_US_PER_HOUR, &id, &w.err));
    ok(scf_job_claim(w.db, w.arena, kinds, "x:1", now_us, &job, &found, &w.err));
    assert_false(found);
    ok(scf_job_claim(w.db, w.arena, kinds, "x:1", now_us + SCF_US_PER_HOUR, &job, &found, &w.err));
    assert_true(found);
}

static void a_job_is_seen_by_who_asked_for_it(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_actor node = {.node_id = scf_uuid_new()}, admin = {.admin = true};
    struct scf_uuid stranger = scf_uuid_new(), internal = enqueue("count", NULL, "1");
    struct order asked = {.order = {.kind = "count", .payload_json = "1", .requested_by = &node}};
    struct order ruled = {.order = {.kind = "count", .payload_json = "1", .requested_by = &admin}};
    struct scf_job_view job;
    ok(scf_tx_run(w.db, order_body, &asked, &w.err));
    ok(scf_tx_run(w.db, order_body, &ruled, &w.err));
    ok(scf_job_view_get(w.db, w.arena, &asked.id, &node.node_id, &job, &w.err));
    assert_int_equal(scf_job_view_get(w.db, w.arena, &asked.id, &stranger, &job, &w.err),
                     SCF_E_NOT_FOUND);
    assert_int_equal(scf_job_view_get(w.db, w.arena, &ruled.id, &node.node_id, &job, &w.err),
                     SCF_E_NOT_FOUND);
    assert_int_equal(scf_job_view_get(w.db, w.arena, &internal, &node.node_id, &job, &w.err),
                     SCF_E_NOT_FOUND);
    ok(scf_job_view_get(w.db, w.arena, &ruled.id, NULL, &job, &w.err));
    ok(scf_job_view_get(w.db, w.arena, &internal, NULL, &job, &w.err));
}

static void old_jobs_are_deleted(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt jobs = {"t_jobs", "SELECT count(*) FROM scfd.job"};
    static const struct scf_stmt kept_runs = {"t_runs", "SELECT count(*) FROM scfd.job_run"};
    struct scf_job job;
    bool found, ours;
    const struct scf_job_outcome good = {SCF_JOB_SUCCEEDED, 0, "ok", NULL, NULL};
    enqueue("count", NULL, "1");
    enqueue("count", NULL, "2");
    int64_t now_us = scf_now_us();
    ok(scf_job_claim(w.db, w.arena, kinds, "x:1", now_us, &job, &found, &w.err));
    ok(scf_job_finish(w.db, w.arena, &job.id, 1, &good, now_us, &ours, &w.err));
    ok(scf_job_prune(w.db, w.arena, now_us, &w.err));
    assert_int_equal(number(&jobs), 2);
    ok(scf_job_prune(w.db, w.arena, now_us + 1, &w.err));
    assert_int_equal(number(&jobs), 1); /* the one that waits stays, however old */
    assert_int_equal(number(&kept_runs), 0);
}

/* ---- tasks ---- */

static enum scf_code watch_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                struct scf_error *err) {
    (void)arena;
    (void)app;
    if (atomic_fetch_add(&in_task, 1) != 0)
        task_overlaps++;
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    enum scf_code code = scf_db_ping(db, err);
    atomic_fetch_sub(&in_task, 1);
    task_runs++;
    return code;
}

static enum scf_code slow_task(struct scf_db *db, struct scf_arena *arena, void *app,
                               struct scf_error *err) {
    (void)db;
    (void)arena;
    (void)app;
    (void)err;
    nanosleep(&(struct timespec){0, 700000000}, NULL);
    return SCF_OK;
}

static void tasks_keep_their_period_and_never_overlap(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_task tasks[] = {{"watch", watch_task, 10}, {"slow", slow_task, 10}};
    in_task = task_overlaps = task_runs = 0;
    forget_runs();
    /* 30 ms of work every 10 ms, next to a task that never rests and jobs: three threads do it. */
    struct scf_workers *pool = start_pool(3, tasks, 2);
    for (int i = 0; i < 50; i++)
        enqueue("count", NULL, "5");
    await_count(&all_runs, 50);
    await_count(&task_runs, 15);
    assert_in_range(scf_workers_heartbeat_age_s(pool), 0, 60);
    scf_workers_stop(pool);
    assert_int_equal(all_runs, 50);
    assert_int_equal(task_overlaps, 0);
}

static void one_thread_is_fair_to_jobs_and_tasks(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_task tasks[] = {{"watch", watch_task, 1}};
    in_task = task_overlaps = task_runs = 0;
    forget_runs();
    for (int i = 0; i < 20; i++)
        enqueue("count", NULL, "5");
    struct scf_workers *pool = start_pool(1, tasks, 1);
    await_count(&all_runs, 20);
    assert_true(task_runs >= 10); /* in turns, although the task is always due */
    scf_workers_stop(pool);
}

/* ---- a clock of our own ---- */

static void map_test_clock(void) {
    char path[] = "/tmp/scfd-clock-XXXXXX";
    int fd = mkstemp(path);
    SCF_ASSERT(fd >= 0 && ftruncate(fd, 16) == 0);
    test_clock = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SCF_ASSERT(test_clock != MAP_FAILED);
    setenv("SCFD_TEST_CLOCK", path, 1);
    SCF_ASSERT(scf_clock_init());
    close(fd);
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    map_test_clock();
    const struct CMUnitTest tests[] = {
        TEST(two_pools_share_the_jobs),
        TEST(a_notification_wakes_an_idle_pool),
        TEST(a_dead_workers_job_is_taken_over),
        TEST(failed_runs_come_back_later),
        TEST(hopeless_jobs_fail_for_good_once),
        TEST(a_job_that_kills_its_workers_fails),
        TEST(a_released_job_runs_once_more),
        TEST(stopping_cancels_a_slow_statement),
        TEST(stopping_releases_a_long_run),
        TEST(the_same_job_is_queued_once),
        TEST(racing_orders_lose_nothing),
        TEST(a_later_job_waits),
        TEST(a_job_is_seen_by_who_asked_for_it),
        TEST(old_jobs_are_deleted),
        TEST(tasks_keep_their_period_and_never_overlap),
        TEST(one_thread_is_fair_to_jobs_and_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
