/* Migrations with sets of our own on an empty database, and the embedded set on a migrated one. */
#include "db_test.h"
#include "migrate_impl.h"

static const struct scf_migration FIRST = {1, "first", "CREATE TABLE scfd.a (x int);"};
static const struct scf_migration SECOND = {
    2, "second", "CREATE TABLE scfd.b (x int);\nINSERT INTO scfd.b VALUES (1), (2);\n"};
static const struct scf_migration BROKEN = {
    2, "broken", "CREATE TABLE scfd.b (x int);\nCREATE TABLE scfd.a (y int);\n"};

/* The report of one run; compares it. */
static enum scf_code run(struct fixture *f, enum scf_migrate_mode mode,
                         const struct scf_migration *set, int count, const char *report) {
    struct scf_buf b;
    scf_buf_init(&b, 4096);
    enum scf_code code = scf_migrate_set(f->url, set, count, mode, &b, &f->err);
    assert_string_equal(b.data ? b.data : "", report);
    scf_buf_free(&b);
    return code;
}

/* The test database as PostgreSQL makes it. */
static struct fixture *empty_fixture(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "DROP SCHEMA scfd CASCADE");
    return f;
}

static void test_plan_apply_check(void **state) {
    struct fixture *f = empty_fixture(state);
    const struct scf_migration both[] = {FIRST, SECOND};
    const char *missing = "0001 first: missing\n0002 second: missing\n";
    assert_int_equal(run(f, SCF_MIGRATE_PLAN, both, 2, missing), SCF_OK);
    assert_int_equal(run(f, SCF_MIGRATE_CHECK, both, 2, missing), SCF_E_WRONG_STATE);
    assert_string_equal(f->err.detail, "2 migrations are missing; run scfd migrate.");
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM pg_namespace WHERE nspname = 'scfd'"), 0);

    assert_int_equal(run(f, SCF_MIGRATE_APPLY, both, 1, "0001 first: applied\n"), SCF_OK);
    assert_int_equal(
        run(f, SCF_MIGRATE_CHECK, both, 2, "0001 first: present\n0002 second: missing\n"),
        SCF_E_WRONG_STATE);
    assert_string_equal(f->err.detail, "1 migration is missing; run scfd migrate.");
    assert_int_equal(
        run(f, SCF_MIGRATE_APPLY, both, 2, "0001 first: present\n0002 second: applied\n"), SCF_OK);
    const char *present = "0001 first: present\n0002 second: present\n";
    assert_int_equal(run(f, SCF_MIGRATE_APPLY, both, 2, present), SCF_OK);
    assert_int_equal(run(f, SCF_MIGRATE_CHECK, both, 2, present), SCF_OK);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM b"), 2);
    /* SHA-256 of FIRST.sql by sha256sum(1) */
    assert_text(f, "SELECT encode(checksum, 'hex') FROM schema_migration WHERE number = 1",
                "a821416659ee12c229bb5c0edbbad7e9d9c1571d1735a45637496597f14d9f8a");
}

static void test_a_failed_migration_leaves_nothing(void **state) {
    struct fixture *f = empty_fixture(state);
    const struct scf_migration set[] = {FIRST, BROKEN};
    assert_int_equal(run(f, SCF_MIGRATE_APPLY, set, 2, "0001 first: applied\n"), SCF_E_INTERNAL);
    assert_non_null(strstr(f->err.note, "42P07"));
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM schema_migration"), 1);
    assert_true(scf_rows_bool(ask(f, "SELECT to_regclass('scfd.b') IS NULL"), 0, 0));
    const struct scf_migration repaired[] = {FIRST, SECOND};
    assert_int_equal(
        run(f, SCF_MIGRATE_APPLY, repaired, 2, "0001 first: present\n0002 second: applied\n"),
        SCF_OK);
}

static void test_altered(void **state) {
    struct fixture *f = empty_fixture(state);
    const struct scf_migration set[] = {FIRST, SECOND};
    assert_int_equal(run(f, SCF_MIGRATE_APPLY, set, 1, "0001 first: applied\n"), SCF_OK);
    ask(f, "UPDATE schema_migration SET checksum = sha256('x') WHERE number = 1");
    assert_int_equal(run(f, SCF_MIGRATE_CHECK, set, 1, "0001 first: altered\n"), SCF_E_WRONG_STATE);
    assert_int_equal(run(f, SCF_MIGRATE_APPLY, set, 2, "0001 first: altered\n"), SCF_E_WRONG_STATE);
    assert_string_equal(f->err.detail, "Migration 0001 first was applied with other content than "
                                       "this program has.");
    assert_true(scf_rows_bool(ask(f, "SELECT to_regclass('scfd.b') IS NULL"), 0, 0));
}

static void test_newer_schema(void **state) {
    struct fixture *f = empty_fixture(state);
    const struct scf_migration set[] = {FIRST, SECOND};
    assert_int_equal(
        run(f, SCF_MIGRATE_APPLY, set, 2, "0001 first: applied\n0002 second: applied\n"), SCF_OK);
    assert_int_equal(run(f, SCF_MIGRATE_CHECK, set, 1, ""), SCF_E_WRONG_STATE);
    assert_int_equal(run(f, SCF_MIGRATE_APPLY, set, 1, ""), SCF_E_WRONG_STATE);
    assert_non_null(strstr(f->err.detail, "0002"));
}

static void *apply_slow(void *arg) {
    static const struct scf_migration slow[] = {
        {1, "slow", "SELECT pg_sleep(0.3); CREATE TABLE scfd.a (x int);"}};
    struct scf_error err;
    enum scf_code code = scf_migrate_set(arg, slow, 1, SCF_MIGRATE_APPLY, NULL, &err);
    return (void *)(intptr_t)code;
}

static void test_two_at_once(void **state) {
    struct fixture *f = empty_fixture(state);
    char url[200];
    snprintf(url, sizeof url, "%s", f->url);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, apply_slow, url), 0);
    for (int i = 0; i < 2; i++) {
        void *code;
        pthread_join(threads[i], &code);
        assert_null(code); /* SCF_OK */
    }
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM schema_migration"), 1);
}

static void test_the_embedded_set_is_in_order(void **state) {
    struct fixture *f = fixture(state);
    assert_true(scf_migration_count > 0);
    for (int i = 0; i < scf_migration_count; i++)
        assert_true(i == 0 || scf_migrations[i].number > scf_migrations[i - 1].number);
    assert_int_equal(scf_migrate(f->url, SCF_MIGRATE_CHECK, NULL, &f->err), SCF_OK);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM schema_migration"), scf_migration_count);
    assert_int_equal(scf_migrate("host=/nonexistent dbname=x", SCF_MIGRATE_CHECK, NULL, &f->err),
                     SCF_E_DATABASE_UNAVAILABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_plan_apply_check), DB_TEST(test_a_failed_migration_leaves_nothing),
        DB_TEST(test_altered),          DB_TEST(test_newer_schema),
        DB_TEST(test_two_at_once),      DB_TEST(test_the_embedded_set_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
