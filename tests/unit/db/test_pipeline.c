/* Pipelines: order of results, failing middle statements, Parse on the way, and amounts of data
 * that would block both sides. */
#include "db_test.h"

#include "scfd/base/clock.h"

static struct scf_rows *results[SCF_PIPELINE_MAX];

static void begin(struct fixture *f) {
    memset(results, 0, sizeof results);
    assert_int_equal(scf_db_pipeline_begin(f->db, &f->err), SCF_OK);
}

static void add(struct fixture *f, const char *sql) {
    struct scf_stmt stmt = stmt_for(sql);
    static struct scf_stmt kept[100];
    static int n;
    kept[n] = stmt;
    assert_int_equal(scf_db_pipeline_add(f->db, &kept[n++], f->p.n ? &f->p : NULL, &f->err),
                     SCF_OK);
    scf_params_init(&f->p, f->arena);
}

static void add_stmt(struct fixture *f, const struct scf_stmt *stmt) {
    assert_int_equal(scf_db_pipeline_add(f->db, stmt, NULL, &f->err), SCF_OK);
}

static enum scf_code sync_now(struct fixture *f) {
    return scf_db_pipeline_sync(f->db, f->arena, results, &f->err);
}

static void test_results_come_in_order(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint PRIMARY KEY)");
    for (int round = 0; round < 3; round++) { /* the first one prepares */
        begin(f);
        add_stmt(f, &SCF_BEGIN);
        for (int i = 0; i < 3; i++) {
            scf_p_i64(&f->p, 10 * round + i);
            add(f, "INSERT INTO t VALUES ($1)");
        }
        add(f, "SELECT count(*) FROM t");
        add_stmt(f, &SCF_COMMIT);
        assert_int_equal(sync_now(f), SCF_OK);
        for (int i = 0; i < 6; i++)
            assert_non_null(results[i]);
        assert_int_equal(scf_rows_affected(results[1]), 1);
        assert_int_equal(scf_rows_i64(results[4], 0, 0), 3 * (round + 1));
    }
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 9);
    begin(f);
    assert_int_equal(sync_now(f), SCF_OK); /* an empty one is fine */
}

static void test_failing_middle_without_begin(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint PRIMARY KEY)");
    for (int round = 0; round < 2; round++) {
        begin(f);
        add(f, "INSERT INTO t VALUES (1)");
        add(f, "INSERT INTO t VALUES (1), (1)");
        add(f, "INSERT INTO t VALUES (2)"); /* its Parse is skipped in the first round */
        assert_int_equal(sync_now(f), SCF_E_DB_CONFLICT);
        assert_null(results[0]);
        assert_string_equal(scf_db_constraint(f->db), "t_pkey");
        assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 0);
    }
    begin(f);
    add(f, "INSERT INTO t VALUES (2)");
    assert_int_equal(sync_now(f), SCF_OK);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 1);
}

static void test_failing_middle_with_begin(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint PRIMARY KEY)");
    begin(f);
    add_stmt(f, &SCF_BEGIN);
    add(f, "INSERT INTO t VALUES (1)");
    assert_int_equal(sync_now(f), SCF_OK);
    begin(f);
    add(f, "SELECT 1 / 0");
    add_stmt(f, &SCF_COMMIT);
    assert_int_equal(sync_now(f), SCF_E_INTERNAL);
    assert_int_equal(try_on(f, f->db, "SELECT 1"), SCF_E_INTERNAL); /* 25P02: still failed */
    scf_db_rollback(f->db);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 0);
    begin(f);
    add_stmt(f, &SCF_BEGIN);
    add(f, "INSERT INTO t VALUES (1)");
    add_stmt(f, &SCF_COMMIT);
    assert_int_equal(sync_now(f), SCF_OK);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 1);
}

/* Every statement sends and returns far more than the socket buffers hold. */
static void test_both_sides_full(void **state) {
    struct fixture *f = fixture(state);
    enum { BIG = 8 << 20 };
    struct scf_arena *roomy = scf_arena_new(1 << 20);
    char *big = malloc(BIG);
    assert_non_null(big);
    memset(big, 'x', BIG);
    begin(f);
    for (int i = 0; i < 8; i++) {
        scf_p_bytes_ref(&f->p, big, BIG);
        add(f, "SELECT $1 || '\\x01'::bytea");
    }
    assert_int_equal(scf_db_pipeline_sync(f->db, roomy, results, &f->err), SCF_OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(scf_rows_str(results[i], 0, 0).n, BIG + 1);
    scf_arena_free(roomy);
    free(big);
}

static void test_abandoned_pipeline_runs_nothing(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint PRIMARY KEY)");
    begin(f);
    add(f, "INSERT INTO t VALUES (1)");
    scf_db_rollback(f->db);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 0);
}

static void test_bad_parameters_give_the_pipeline_up(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint PRIMARY KEY)");
    begin(f);
    add(f, "INSERT INTO t VALUES (1)");
    struct scf_stmt stmt = stmt_for("SELECT $1::text");
    f->p.failed = true;
    assert_int_equal(scf_db_pipeline_add(f->db, &stmt, &f->p, &f->err), SCF_E_INTERNAL);
    assert_int_equal(scf_db_pipeline_add(f->db, &SCF_COMMIT, NULL, &f->err),
                     SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(sync_now(f), SCF_E_DATABASE_UNAVAILABLE);
    scf_params_init(&f->p, f->arena);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 0);
}

static void test_lost_connection(void **state) {
    struct fixture *f = fixture(state);
    begin(f);
    add(f, "SELECT 1");
    add(f, "SELECT pg_terminate_backend(pg_backend_pid())");
    add(f, "SELECT 2");
    assert_int_equal(sync_now(f), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(ask_i64(f, "SELECT 3"), 3);
    begin(f);
    add(f, "SELECT 1");
    assert_int_equal(sync_now(f), SCF_OK);
}

/* Sent before anybody waits for it: the server works meanwhile, a shutdown can cancel it, and what
 * becomes of the connection shows at the sync. */
static void test_sent_early(void **state) {
    struct fixture *f = fixture(state);
    begin(f);
    add(f, "SELECT 1");
    add(f, "SELECT 2");
    assert_int_equal(scf_db_pipeline_send(f->db, &f->err), SCF_OK);
    assert_int_equal(sync_now(f), SCF_OK);
    assert_int_equal(scf_rows_i64(results[1], 0, 0), 2);

    struct fixture watcher = *f;
    watcher.db = scf_db_new(f->url, "watcher", 0);
    int64_t started_us = scf_mono_us();
    begin(f);
    add(f, "SELECT pg_sleep(60)");
    assert_int_equal(scf_db_pipeline_send(f->db, &f->err), SCF_OK);
    while (ask_i64(&watcher, "SELECT count(*) FROM pg_stat_activity"
                             " WHERE datname = current_database() AND wait_event = 'PgSleep'") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    scf_db_cancel_running();
    assert_int_equal(sync_now(f), SCF_E_DATABASE_UNAVAILABLE);
    assert_true(scf_mono_us() - started_us < 50 * SCF_US_PER_SECOND);
    scf_db_free(watcher.db);

    begin(f);
    add(f, "SELECT pg_terminate_backend(pg_backend_pid())");
    add(f, "SELECT 1");
    assert_int_equal(scf_db_pipeline_send(f->db, &f->err), SCF_OK);
    assert_int_equal(sync_now(f), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(scf_db_pipeline_send(f->db, &f->err), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(ask_i64(f, "SELECT 3"), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_results_come_in_order),
        DB_TEST(test_failing_middle_without_begin),
        DB_TEST(test_failing_middle_with_begin),
        DB_TEST(test_both_sides_full),
        DB_TEST(test_abandoned_pipeline_runs_nothing),
        DB_TEST(test_bad_parameters_give_the_pipeline_up),
        DB_TEST(test_lost_connection),
        DB_TEST(test_sent_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
