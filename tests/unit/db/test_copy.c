/* Binary COPY of every type, its failures, and streamed results. */
#include "db_test.h"

#define MOMENT INT64_C(1795334400123456) /* 2026-11-22T08:00:00.123456Z by date(1) */

static void test_every_type(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint, b int, c smallint, d boolean, e text, f bytea, g uuid,"
           " h timestamptz)");
    struct scf_uuid u = {{1, 2, 3}};
    struct scf_buf b;
    scf_buf_init(&b, 1 << 16);
    scf_copy_row(&b, 8);
    scf_copy_i64(&b, INT64_MIN);
    scf_copy_i32(&b, -2);
    scf_copy_i16(&b, -3);
    scf_copy_bool(&b, true);
    scf_copy_bytes(&b, "é", 2);
    scf_copy_bytes(&b, "\0\xff", 2);
    scf_copy_uuid(&b, &u);
    scf_copy_time(&b, MOMENT);
    scf_copy_row(&b, 8);
    for (int i = 0; i < 4; i++)
        scf_copy_null(&b);
    scf_copy_bytes(&b, "", 0);
    scf_copy_bytes(&b, NULL, 0);
    scf_copy_uuid(&b, NULL);
    scf_copy_null(&b);
    assert_int_equal(scf_db_copy_in(f->db, "COPY t FROM STDIN (FORMAT binary)", &b, &f->err),
                     SCF_OK);
    assert_text(f, "SELECT t::text FROM t WHERE a IS NOT NULL",
                "(-9223372036854775808,-2,-3,t,é,\"\\\\x00ff\","
                "01020300-0000-0000-0000-000000000000,\"2026-11-22 08:00:00.123456+00\")");
    assert_text(f, "SELECT t::text FROM t WHERE a IS NULL", "(,,,,\"\",,,)");
    scf_buf_free(&b);
}

static void test_many_rows(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint, b text)");
    struct scf_buf b;
    scf_buf_init(&b, 64 << 20);
    enum { ROWS = 100000 };
    for (int64_t i = 0; i < ROWS; i++) {
        scf_copy_row(&b, 2);
        scf_copy_i64(&b, i);
        scf_copy_bytes(&b, "some text of a row", 18);
    }
    assert_int_equal(scf_db_copy_in(f->db, "COPY t FROM STDIN (FORMAT binary)", &b, &f->err),
                     SCF_OK);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t WHERE b = 'some text of a row'"), ROWS);
    assert_int_equal(ask_i64(f, "SELECT sum(a)::bigint FROM t"), (int64_t)ROWS * (ROWS - 1) / 2);
    scf_buf_free(&b);
}

static void test_failures_leave_a_usable_connection(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a bigint CONSTRAINT t_a UNIQUE)");
    struct scf_buf b;
    scf_buf_init(&b, 100);
    const char *sql = "COPY t FROM STDIN (FORMAT binary)";
    assert_int_equal(scf_db_copy_in(f->db, sql, &b, &f->err), SCF_OK); /* no rows */
    for (int i = 0; i < 2; i++) {
        scf_copy_row(&b, 1);
        scf_copy_i64(&b, 5);
    }
    assert_int_equal(scf_db_copy_in(f->db, sql, &b, &f->err), SCF_E_DB_CONFLICT);
    assert_string_equal(scf_db_constraint(f->db), "t_a");
    assert_int_equal(scf_db_copy_in(f->db, "COPY nowhere FROM STDIN (FORMAT binary)", &b, &f->err),
                     SCF_E_INTERNAL);
    scf_buf_put(&b, "garbage", 7);
    assert_int_equal(scf_db_copy_in(f->db, sql, &b, &f->err), SCF_E_INTERNAL);
    for (int i = 0; i < 20; i++)
        scf_copy_i64(&b, 0);
    assert_true(b.overflow);
    assert_int_equal(scf_db_copy_in(f->db, sql, &b, &f->err), SCF_E_INTERNAL);
    assert_int_equal(ask_i64(f, "SELECT count(*) FROM t"), 0);
    scf_buf_free(&b);
}

/* ---- streams ---- */

struct tally {
    int64_t rows, sum, stop_after;
};

static bool count(void *ctx, const struct scf_rows *row) {
    struct tally *t = ctx;
    assert_int_equal(scf_rows_count(row), 1);
    t->rows++;
    t->sum += scf_rows_i64(row, 0, 0);
    return t->rows != t->stop_after;
}

static enum scf_code stream(struct fixture *f, const char *sql, struct tally *t) {
    struct scf_stmt stmt = stmt_for(sql);
    return scf_db_stream(f->db, &stmt, f->p.n ? &f->p : NULL, count, t, &f->err);
}

static void test_stream(void **state) {
    struct fixture *f = fixture(state);
    struct tally all = {0};
    scf_p_i64(&f->p, 100000);
    assert_int_equal(stream(f, "SELECT generate_series(1, $1)", &all), SCF_OK);
    assert_int_equal(all.rows, 100000);
    assert_int_equal(all.sum, INT64_C(5000050000));
    scf_params_init(&f->p, f->arena);
    struct tally none = {0};
    assert_int_equal(stream(f, "SELECT 1::bigint WHERE false", &none), SCF_OK);
    assert_int_equal(none.rows, 0);
}

static void test_stream_stops_early(void **state) {
    struct fixture *f = fixture(state);
    struct tally some = {.stop_after = 10};
    assert_int_equal(stream(f, "SELECT generate_series(1, 1000000000)", &some), SCF_OK);
    assert_int_equal(some.rows, 10);
    ask(f, "BEGIN");
    struct tally few = {.stop_after = 3};
    assert_int_equal(stream(f, "SELECT generate_series(1, 1000)", &few), SCF_OK);
    assert_int_equal(few.rows, 3);
    assert_int_equal(ask_i64(f, "SELECT 1"), 1); /* the transaction goes on */
    scf_db_rollback(f->db);
}

static void test_stream_fails_midway(void **state) {
    struct fixture *f = fixture(state);
    struct tally t = {0};
    assert_int_equal(stream(f, "SELECT 10 / (5000 - g) FROM generate_series(1, 6000) g", &t),
                     SCF_E_INTERNAL);
    assert_int_equal(t.rows, 4999);
    assert_non_null(strstr(f->err.note, "22012"));
    assert_int_equal(ask_i64(f, "SELECT 1"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_every_type),
        DB_TEST(test_many_rows),
        DB_TEST(test_failures_leave_a_usable_connection),
        DB_TEST(test_stream),
        DB_TEST(test_stream_stops_early),
        DB_TEST(test_stream_fails_midway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
