/* Error classes by SQLSTATE, lost connections, and the transaction runner, with real conflicts
 * between two connections and really terminated backends. */
#include "db_test.h"

#include "scfd/base/clock.h"

static void sleep_ms(int ms) {
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&ts, NULL);
}

/* Ends the backend of `db` from another connection, and waits until it is gone. */
static void kill_backend(struct fixture *f, int64_t pid) {
    struct scf_db *admin = scf_db_new(f->url, "admin", 0);
    struct scf_params p;
    struct scf_stmt stmt = stmt_for("SELECT pg_terminate_backend($1, 10000)");
    struct scf_rows *rows;
    scf_params_init(&p, f->arena);
    scf_p_i32(&p, (int32_t)pid);
    assert_int_equal(scf_db_run(admin, &stmt, &p, f->arena, &rows, &f->err), SCF_OK);
    assert_true(scf_rows_bool(rows, 0, 0));
    scf_db_free(admin);
}

static void kill_own_backend(struct fixture *f) {
    kill_backend(f, ask_i64(f, "SELECT pg_backend_pid()"));
}

static void make_table(struct fixture *f) {
    ask(f, "CREATE TABLE t (a int CONSTRAINT t_a_key UNIQUE)");
}

static int64_t rows_in_table(struct fixture *f) {
    return ask_i64(f, "SELECT count(*) FROM t");
}

/* ---- sessions and classes ---- */

static void test_session_settings(void **state) {
    struct fixture *f = fixture(state);
    assert_text(f, "SELECT current_setting('search_path')", "scfd, pg_catalog");
    assert_text(f, "SELECT current_setting('synchronous_commit')", "on");
    assert_text(f, "SELECT current_setting('timezone')", "UTC");
    assert_text(f, "SELECT current_setting('jit')", "off");
    assert_text(f, "SELECT current_setting('client_encoding')", "UTF8");
    assert_text(f, "SELECT current_setting('application_name')", "test");
    assert_text(f, "SELECT current_setting('idle_in_transaction_session_timeout')", "10s");
}

static void test_unique_violation(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    ask(f, "INSERT INTO t VALUES (1)");
    assert_int_equal(try_on(f, f->db, "INSERT INTO t VALUES (1)"), SCF_E_DB_CONFLICT);
    assert_string_equal(scf_db_constraint(f->db), "t_a_key");
    assert_non_null(strstr(f->err.note, "23505 t_a_key"));
    assert_null(strstr(f->err.detail, "t_a_key"));
    assert_int_equal(rows_in_table(f), 1);
}

static void test_our_mistakes_are_internal(void **state) {
    struct fixture *f = fixture(state);
    assert_int_equal(try_on(f, f->db, "SELEC 1"), SCF_E_INTERNAL);
    assert_non_null(strstr(f->err.note, "42601"));
    assert_int_equal(try_on(f, f->db, "SELECT 1 / 0"), SCF_E_INTERNAL);
    assert_non_null(strstr(f->err.note, "22012"));
    struct scf_stmt one = {"same", "SELECT 1"}, two = {"same", "SELECT 2"};
    assert_int_equal(scf_db_run(f->db, &one, NULL, NULL, NULL, &f->err), SCF_OK);
    assert_int_equal(scf_db_run(f->db, &two, NULL, NULL, NULL, &f->err), SCF_E_INTERNAL);
    assert_int_equal(scf_db_run(f->db, &two, NULL, NULL, NULL, NULL), SCF_E_INTERNAL);
}

static void test_statement_timeout(void **state) {
    struct fixture *f = fixture(state);
    /* Long enough for what follows on a slow machine: it is bounded too. */
    struct scf_db *hasty = scf_db_new(f->url, "hasty", 1000);
    assert_int_equal(try_on(f, hasty, "SELECT pg_sleep(30)"), SCF_E_DATABASE_UNAVAILABLE);
    assert_non_null(strstr(f->err.note, "57014"));
    assert_int_equal(try_on(f, hasty, "SELECT 1"), SCF_OK);
    scf_db_free(hasty);
}

static void *sleep_long(void *arg) {
    struct fixture *f = arg;
    struct scf_db *db = scf_db_new(f->url, "sleeper", 0);
    struct scf_stmt stmt = {"sleep_long", "SELECT pg_sleep(30)"};
    struct scf_error err = {0};
    err.code = scf_db_run(db, &stmt, NULL, NULL, NULL, &err);
    bool good = err.code == SCF_E_DATABASE_UNAVAILABLE && strstr(err.note, "57014") != NULL;
    if (scf_db_ping(db, NULL) != SCF_OK) /* the connection itself is fit for more */
        good = false;
    scf_db_free(db);
    return good ? arg : NULL;
}

static void test_what_runs_can_be_cancelled(void **state) {
    struct fixture *f = fixture(state);
    pthread_t thread;
    void *good;
    int64_t began = scf_mono_us();
    scf_db_cancel_running(); /* nothing runs */
    assert_int_equal(pthread_create(&thread, NULL, sleep_long, f), 0);
    while (ask_i64(f, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sleeper'"
                      " AND wait_event = 'PgSleep'") == 0)
        sleep_ms(5);
    scf_db_cancel_running();
    pthread_join(thread, &good);
    assert_ptr_equal(good, f);
    assert_in_range(scf_mono_us() - began, 0, 10 * SCF_US_PER_SECOND);
}

static void test_serialization_failure_is_soft(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    ask(f, "INSERT INTO t VALUES (1)");
    struct scf_db *other = scf_db_new(f->url, "other", 0);
    ask(f, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    assert_int_equal(rows_in_table(f), 1);
    assert_int_equal(try_on(f, other, "UPDATE t SET a = 2"), SCF_OK);
    assert_int_equal(try_on(f, f->db, "UPDATE t SET a = 3"), SCF_E_SOFT);
    scf_db_rollback(f->db);
    assert_int_equal(ask_i64(f, "SELECT a FROM t"), 2);
    scf_db_free(other);
}

/* ---- lost connections ---- */

static void test_no_server(void **state) {
    struct fixture *f = fixture(state);
    struct scf_db *nowhere = scf_db_new("host=/nonexistent dbname=x", "test", 0);
    /* Taken before what the back-off runs from: we may be held up after that. */
    int64_t begin = scf_mono_us();
    assert_int_equal(scf_db_ping(nowhere, &f->err), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(scf_db_ping(nowhere, &f->err), SCF_E_DATABASE_UNAVAILABLE);
    assert_true(scf_mono_us() - begin >= 40000); /* the second attempt waits */
    scf_db_free(nowhere);
}

/* As after a failover: the first host is away. */
static void test_several_hosts(void **state) {
    struct fixture *f = fixture(state);
    char socket_dir[64], name[64], url[300];
    assert_int_equal(sscanf(f->url, "host=%63s user=scfd dbname=%63s", socket_dir, name), 2);
    snprintf(url, sizeof url,
             "postgresql://scfd@/%s?host=/nonexistent,%s&port=5432,5432"
             "&target_session_attrs=read-write",
             name, socket_dir);
    struct scf_db *db = scf_db_new(url, "test", 0);
    assert_int_equal(try_on(f, db, "CREATE TABLE written (a int)"), SCF_OK);
    /* A server that no longer takes writes is left; here nobody else does either. */
    assert_int_equal(try_on(f, f->db, "ALTER ROLE scfd SET default_transaction_read_only = on"),
                     SCF_OK);
    assert_int_equal(try_on(f, db, "SET default_transaction_read_only = on"), SCF_OK);
    assert_int_equal(try_on(f, db, "INSERT INTO written VALUES (1)"), SCF_E_DATABASE_UNAVAILABLE);
    assert_non_null(strstr(f->err.note, "25006"));
    assert_int_equal(scf_db_ping(db, &f->err), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(try_on(f, f->db, "ALTER ROLE scfd RESET default_transaction_read_only"),
                     SCF_OK);
    assert_int_equal(try_on(f, db, "INSERT INTO written VALUES (1)"), SCF_OK);
    scf_db_free(db);
}

static void test_a_select_survives_a_lost_connection(void **state) {
    struct fixture *f = fixture(state);
    kill_own_backend(f);
    assert_int_equal(ask_i64(f, "SELECT 7"), 7);
    assert_text(f, "SELECT current_setting('search_path')", "scfd, pg_catalog");
}

static void test_a_write_is_not_repeated(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    ask(f, "CREATE SEQUENCE tries");
    assert_int_equal(try_on(f, f->db,
                            "INSERT INTO t SELECT a FROM (SELECT nextval('tries')::int AS a,"
                            " pg_terminate_backend(pg_backend_pid()), pg_sleep(5)) AS x"),
                     SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(ask_i64(f, "SELECT nextval('tries')"), 2);
    assert_int_equal(try_on(f, f->db, "INSERT INTO t VALUES (1)"), SCF_OK);
    assert_int_equal(rows_in_table(f), 1);
}

static void test_a_hang_up_during_a_pause_costs_nothing(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    kill_own_backend(f);
    sleep_ms(1100);
    assert_int_equal(try_on(f, f->db, "INSERT INTO t VALUES (1)"), SCF_OK);
}

static void test_nothing_runs_outside_a_lost_transaction(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    ask(f, "BEGIN");
    kill_own_backend(f);
    assert_int_equal(try_on(f, f->db, "INSERT INTO t VALUES (1)"), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(try_on(f, f->db, "INSERT INTO t VALUES (1)"), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(try_on(f, f->db, "SELECT 1"), SCF_E_DATABASE_UNAVAILABLE);
    scf_db_rollback(f->db);
    assert_int_equal(rows_in_table(f), 0);
    ask(f, "BEGIN");
    kill_own_backend(f);
    assert_int_equal(try_on(f, f->db, "SELECT 1"), SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(scf_db_ping(f->db, &f->err), SCF_OK);
}

/* ---- the runner ---- */

struct plan {
    struct fixture *f;
    int soft_times; /* attempts that lose */
    enum scf_code then;
    bool swallow;     /* an error of a statement */
    bool kill_at_end; /* so that COMMIT meets a dead connection */
    int attempts;
};

static enum scf_code insert_one(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct plan *plan = ctx;
    struct fixture *f = plan->f;
    plan->attempts++;
    assert_int_equal(try_on(f, db, "INSERT INTO t VALUES (1)"), SCF_OK);
    if (plan->swallow)
        assert_int_equal(try_on(f, db, "SELECT 1 / 0"), SCF_E_INTERNAL);
    if (plan->kill_at_end)
        kill_own_backend(f);
    if (plan->attempts <= plan->soft_times)
        return scf_fail(err, SCF_E_SOFT, "lost a race");
    return plan->then ? scf_fail(err, plan->then, "no") : SCF_OK;
}

static void test_commit(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    struct plan plan = {.f = f, .soft_times = 2};
    assert_int_equal(scf_tx_run(f->db, insert_one, &plan, &f->err), SCF_OK);
    assert_int_equal(plan.attempts, 3);
    assert_int_equal(rows_in_table(f), 1);
}

static void test_rollback(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    struct plan plan = {.f = f, .then = SCF_E_WRONG_STATE};
    assert_int_equal(scf_tx_run(f->db, insert_one, &plan, &f->err), SCF_E_WRONG_STATE);
    assert_int_equal(plan.attempts, 1);
    struct plan hopeless = {.f = f, .soft_times = 100};
    assert_int_equal(scf_tx_run(f->db, insert_one, &hopeless, &f->err), SCF_E_SOFT);
    assert_int_equal(hopeless.attempts, 6); /* the first and five more */
    assert_int_equal(rows_in_table(f), 0);
}

static void test_a_swallowed_error_is_no_commit(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    struct plan plan = {.f = f, .swallow = true};
    assert_int_equal(scf_tx_run(f->db, insert_one, &plan, &f->err), SCF_E_INTERNAL);
    assert_int_equal(rows_in_table(f), 0);
}

static void test_unknown_outcome(void **state) {
    struct fixture *f = fixture(state);
    make_table(f);
    struct plan plan = {.f = f, .kill_at_end = true};
    assert_int_equal(scf_tx_run(f->db, insert_one, &plan, &f->err), SCF_E_DATABASE_UNAVAILABLE);
    assert_string_equal(f->err.note, "commit outcome unknown");
    plan.kill_at_end = false;
    assert_int_equal(scf_tx_run(f->db, insert_one, &plan, &f->err), SCF_OK);
    assert_int_equal(rows_in_table(f), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_session_settings),
        DB_TEST(test_unique_violation),
        DB_TEST(test_our_mistakes_are_internal),
        DB_TEST(test_statement_timeout),
        DB_TEST(test_what_runs_can_be_cancelled),
        DB_TEST(test_serialization_failure_is_soft),
        DB_TEST(test_no_server),
        DB_TEST(test_several_hosts),
        DB_TEST(test_a_select_survives_a_lost_connection),
        DB_TEST(test_a_write_is_not_repeated),
        DB_TEST(test_a_hang_up_during_a_pause_costs_nothing),
        DB_TEST(test_nothing_runs_outside_a_lost_transaction),
        DB_TEST(test_commit),
        DB_TEST(test_rollback),
        DB_TEST(test_a_swallowed_error_is_no_commit),
        DB_TEST(test_unknown_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
