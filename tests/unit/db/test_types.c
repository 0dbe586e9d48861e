/* Every parameter and column type, against what PostgreSQL itself reads and writes as text. */
#include "db_test.h"

static const struct scf_uuid UUID = {{0x01, 0x93, 0x4f, 0xff, 0x00, 0x7a, 0x7b, 0x8c, 0x9d, 0xae,
                                      0xbf, 0xc0, 0xd1, 0xe2, 0xf3, 0xff}};
/* 2026-11-22T08:00:00.123456Z by date(1) */
#define MOMENT INT64_C(1795334400123456)

static void test_scalars_reach_the_server(void **state) {
    struct fixture *f = fixture(state);
    scf_p_i64(&f->p, INT64_MIN);
    scf_p_i64(&f->p, INT64_MAX);
    scf_p_i32(&f->p, INT32_MIN);
    scf_p_i32(&f->p, -2);
    scf_p_i16(&f->p, INT16_MIN);
    scf_p_i16(&f->p, 258);
    assert_text(f, "SELECT concat_ws(' ', $1, $2, $3, $4, $5, $6)",
                "-9223372036854775808 9223372036854775807 -2147483648 -2 -32768 258");
    scf_p_bool(&f->p, true);
    scf_p_bool(&f->p, false);
    scf_p_text(&f->p, "供应链 'x' \\");
    scf_p_str(&f->p, SCF_STR(""));
    scf_p_uuid(&f->p, &UUID);
    scf_p_bytes_ref(&f->p, "\0\xff", 2);
    assert_text(f, "SELECT concat_ws('|', $1, $2, $3, $4, $5, $6)",
                "t|f|供应链 'x' \\||01934fff-007a-7b8c-9dae-bfc0d1e2f3ff|\\x00ff");
    struct scf_hash hash = {{0xab}};
    scf_p_hash(&f->p, &hash);
    assert_text(f, "SELECT encode($1, 'hex')",
                "ab00000000000000000000000000000000000000000000000000000000000000");
}

static void test_times_reach_the_server(void **state) {
    struct fixture *f = fixture(state);
    scf_p_time(&f->p, MOMENT);
    scf_p_time(&f->p, 0);
    scf_p_time(&f->p, -1);
    assert_text(f, "SELECT concat_ws('|', $1, $2, $3)",
                "2026-11-22 08:00:00.123456+00|1970-01-01 00:00:00+00|"
                "1969-12-31 23:59:59.999999+00");
    scf_p_time(&f->p, INT64_MAX);
    scf_p_time(&f->p, INT64_MIN);
    scf_p_date(&f->p, INT32_MAX);
    scf_p_date(&f->p, INT32_MIN);
    assert_text(f, "SELECT concat_ws('|', $1, $2, $3, $4)",
                "infinity|-infinity|infinity|-infinity");
    scf_p_date(&f->p, 20779); /* 1795334400 / 86400 */
    scf_p_date(&f->p, -1);
    assert_text(f, "SELECT concat_ws('|', $1, $2)", "2026-11-22|1969-12-31");
}

static void test_nulls_reach_the_server(void **state) {
    struct fixture *f = fixture(state);
    scf_p_text(&f->p, NULL);
    scf_p_str(&f->p, (struct scf_str){NULL, 0});
    scf_p_bytes_ref(&f->p, NULL, 0);
    scf_p_hash(&f->p, NULL);
    scf_p_uuid(&f->p, NULL);
    scf_p_null(&f->p, SCF_PG_INT8);
    scf_p_null(&f->p, SCF_PG_TIMESTAMPTZ);
    assert_int_equal(ask_i64(f, "SELECT num_nulls($1, $2, $3, $4, $5, $6, $7)"), 7);
    scf_p_bytes_ref(&f->p, "", 0);
    scf_p_text(&f->p, "");
    assert_int_equal(ask_i64(f, "SELECT num_nulls($1, $2)"), 0);
}

static void test_int_arrays_reach_the_server(void **state) {
    struct fixture *f = fixture(state);
    bool second[] = {false, true, false};
    scf_p_i64_array(&f->p, (int64_t[]){INT64_MIN, 7, INT64_MAX}, second, 3);
    scf_p_i32_array(&f->p, (int32_t[]){INT32_MIN, 7, 1}, second, 3);
    scf_p_i32_array(&f->p, (int32_t[]){-1, 0, 1}, NULL, 3);
    scf_p_i16_array(&f->p, (int16_t[]){-32768, 32767}, 2);
    scf_p_time_array(&f->p, (int64_t[]){MOMENT, 0, -1000000}, second, 3);
    scf_p_i64_array(&f->p, NULL, NULL, 0);
    assert_text(f, "SELECT concat_ws('|', $1, $2, $3, $4, $5, $6)",
                "{-9223372036854775808,NULL,9223372036854775807}|{-2147483648,NULL,1}|{-1,0,1}|"
                "{-32768,32767}|{\"2026-11-22 08:00:00.123456+00\",NULL,"
                "\"1969-12-31 23:59:59+00\"}|{}");
}

static void test_byte_arrays_reach_the_server(void **state) {
    struct fixture *f = fixture(state);
    struct scf_str texts[] = {SCF_STR("a"), {NULL, 0}, SCF_STR(""), SCF_STR("発票,\"")};
    struct scf_str bytes[] = {{"\0\1", 2}, {NULL, 0}, {"", 0}};
    const struct scf_uuid *uuids[] = {&UUID, NULL};
    scf_p_text_array(&f->p, texts, SCF_COUNT(texts));
    scf_p_bytes_array(&f->p, bytes, SCF_COUNT(bytes));
    scf_p_uuid_array(&f->p, uuids, SCF_COUNT(uuids));
    scf_p_text_array(&f->p, NULL, 0);
    assert_text(f, "SELECT concat_ws('|', $1, $2, $3, $4)",
                "{a,NULL,\"\",\"発票,\\\"\"}|{\"\\\\x0001\",NULL,\"\\\\x\"}|"
                "{01934fff-007a-7b8c-9dae-bfc0d1e2f3ff,NULL}|{}");
    /* The dimensions must be right for unnest and subscripts, too. */
    scf_p_text_array(&f->p, texts, SCF_COUNT(texts));
    assert_text(f, "SELECT $1[4] || array_lower($1, 1) || array_length($1, 1)", "発票,\"14");
}

static void test_lists_of_ids(void **state) {
    struct fixture *f = fixture(state);
    struct scf_uuid ids[] = {UUID, {{0x0a}}}, *got;
    size_t n;
    scf_p_uuid_list(&f->p, ids, SCF_COUNT(ids));
    scf_p_uuid_list(&f->p, NULL, 0);
    assert_text(f, "SELECT concat_ws('|', $1, $2, array_lower($1, 1))",
                "{01934fff-007a-7b8c-9dae-bfc0d1e2f3ff,0a000000-0000-0000-0000-000000000000}|{}|1");
    scf_p_uuid_list(&f->p, ids, SCF_COUNT(ids));
    struct scf_rows *rows = ask(f, "SELECT unnest($1) ORDER BY 1 DESC");
    assert_int_equal(scf_rows_uuid_list(rows, f->arena, &got, &n, &f->err), SCF_OK);
    assert_int_equal(n, 2);
    assert_true(scf_uuid_eq(&got[0], &ids[1]) && scf_uuid_eq(&got[1], &ids[0]));
    rows = ask(f, "SELECT NULL::uuid WHERE false");
    assert_int_equal(scf_rows_uuid_list(rows, f->arena, &got, &n, &f->err), SCF_OK);
    assert_int_equal(n, 0);
}

struct town {
    const char *name;
    int64_t people;
};

static void read_town(const struct scf_rows *rows, int row, void *item) {
    *(struct town *)item =
        (struct town){.name = scf_rows_text(rows, row, 0), .people = scf_rows_i64(rows, row, 1)};
}

static const struct scf_row_form town_form = {sizeof(struct town), read_town, "No such town: 5%"};

static void test_rows_become_structs(void **state) {
    struct fixture *f = fixture(state);
    struct scf_stmt towns = stmt_for("SELECT n, p::bigint FROM (VALUES ('杭州', 12), ('宁波', 9))"
                                     " AS t (n, p) WHERE p >= $1 ORDER BY p");
    struct town town, *list;
    int n = -1;
    scf_p_i64(&f->p, 1);
    list = scf_db_list(f->db, &towns, &f->p, f->arena, &town_form, &n, &f->err);
    assert_non_null(list);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].name, "宁波");
    assert_string_equal(list[1].name, "杭州");
    assert_int_equal(list[1].people, 12);
    assert_int_equal(scf_db_one(f->db, &towns, &f->p, f->arena, &town_form, &town, &f->err),
                     SCF_OK);
    assert_int_equal(town.people, 9);
    scf_params_init(&f->p, f->arena);
    scf_p_i64(&f->p, 13);
    assert_non_null(scf_db_list(f->db, &towns, &f->p, f->arena, &town_form, &n, &f->err));
    assert_int_equal(n, 0);
    assert_int_equal(scf_db_one(f->db, &towns, &f->p, f->arena, &town_form, &town, &f->err),
                     SCF_E_NOT_FOUND);
    assert_string_equal(f->err.detail, "No such town: 5%");
    assert_int_equal(town.people, 9);
}

static void test_a_failed_list_leaves_the_count(void **state) {
    struct fixture *f = fixture(state);
    struct scf_stmt wrong = stmt_for("SELECT 1 / (SELECT 0)");
    int n = 7;
    assert_null(scf_db_list(f->db, &wrong, NULL, f->arena, &town_form, &n, &f->err));
    assert_int_equal(f->err.code, SCF_E_INTERNAL);
    struct scf_row_form large = town_form;
    large.size = SIZE_MAX / 2;
    struct scf_stmt one = stmt_for("SELECT 'x', 1::bigint");
    assert_null(scf_db_list(f->db, &one, NULL, f->arena, &large, &n, &f->err));
    assert_int_equal(f->err.code, SCF_E_OVERLOADED);
    assert_int_equal(n, 7);
}

static void test_columns_come_back(void **state) {
    struct fixture *f = fixture(state);
    const struct scf_rows *r =
        ask(f, "SELECT '-9223372036854775808'::int8, (-2147483648)::int4, (-32768)::int2, true,"
               " 'é'::text, '{\"a\": 1}'::json, '\\x00ff'::bytea,"
               " '01934fff-007a-7b8c-9dae-bfc0d1e2f3ff'::uuid, sha256('abc'),"
               " '2026-11-22 08:00:00.123456Z'::timestamptz, 'infinity'::timestamptz,"
               " '-infinity'::timestamptz, '1969-12-31'::date, 'infinity'::date");
    assert_int_equal(scf_rows_count(r), 1);
    assert_true(scf_rows_i64(r, 0, 0) == INT64_MIN);
    assert_int_equal(scf_rows_i64(r, 0, 1), INT32_MIN);
    assert_int_equal(scf_rows_i64(r, 0, 2), INT16_MIN);
    assert_true(scf_rows_bool(r, 0, 3));
    assert_string_equal(scf_rows_text(r, 0, 4), "é");
    assert_true(scf_str_is(scf_rows_str(r, 0, 5), "{\"a\": 1}"));
    assert_int_equal(scf_rows_str(r, 0, 6).n, 2);
    assert_memory_equal(scf_rows_str(r, 0, 6).p, "\0\xff", 2);
    struct scf_uuid u = scf_rows_uuid(r, 0, 7);
    assert_memory_equal(u.b, UUID.b, 16);
    char hex[65]; /* FIPS 180-2 "abc" */
    struct scf_hash h = scf_rows_hash(r, 0, 8);
    scf_hex(h.b, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(scf_rows_time(r, 0, 9) == MOMENT);
    assert_true(scf_rows_time(r, 0, 10) == INT64_MAX);
    assert_true(scf_rows_time(r, 0, 11) == INT64_MIN);
    assert_int_equal(scf_rows_date(r, 0, 12), -1);
    assert_int_equal(scf_rows_date(r, 0, 13), INT32_MAX);
}

static void test_null_columns_read_as_nothing(void **state) {
    struct fixture *f = fixture(state);
    const struct scf_rows *r =
        ask(f, "SELECT NULL::int8, NULL::bool, NULL::text, NULL::uuid, NULL::bytea,"
               " NULL::timestamptz, NULL::date, 1");
    for (int col = 0; col < 7; col++)
        assert_true(scf_rows_null(r, 0, col));
    assert_false(scf_rows_null(r, 0, 7));
    assert_int_equal(scf_rows_i64(r, 0, 0), 0);
    assert_false(scf_rows_bool(r, 0, 1));
    assert_null(scf_rows_text(r, 0, 2));
    assert_int_equal(scf_rows_str(r, 0, 2).n, 0);
    struct scf_uuid u = scf_rows_uuid(r, 0, 3);
    assert_true(scf_uuid_is_nil(&u));
    struct scf_hash zero = {{0}}, h = scf_rows_hash(r, 0, 4);
    assert_true(scf_hash_eq(&h, &zero));
    assert_int_equal(scf_rows_time(r, 0, 5), 0);
    assert_int_equal(scf_rows_date(r, 0, 6), 0);
}

static void test_a_hash_of_another_length_reads_as_zeros(void **state) {
    struct fixture *f = fixture(state);
    struct scf_hash zero = {{0}}, h = scf_rows_hash(ask(f, "SELECT '\\x0102'::bytea"), 0, 0);
    assert_true(scf_hash_eq(&h, &zero));
}

static void test_affected_rows(void **state) {
    struct fixture *f = fixture(state);
    ask(f, "CREATE TABLE t (a int)");
    assert_int_equal(scf_rows_affected(ask(f, "INSERT INTO t SELECT generate_series(1, 12)")), 12);
    assert_int_equal(scf_rows_affected(ask(f, "UPDATE t SET a = 0 WHERE a > 9")), 3);
    assert_int_equal(scf_rows_affected(ask(f, "DELETE FROM t WHERE a = 99")), 0);
    assert_int_equal(scf_rows_count(ask(f, "SELECT a FROM t WHERE a > 99")), 0);
}

static void test_a_full_arena_is_an_error(void **state) {
    struct fixture *f = fixture(state);
    struct scf_arena *small = scf_arena_new(4096);
    struct scf_params p;
    scf_params_init(&p, small);
    int64_t many[4096] = {0};
    scf_p_i64_array(&p, many, NULL, SCF_COUNT(many));
    struct scf_stmt stmt = stmt_for("SELECT cardinality($1)");
    struct scf_rows *rows = NULL;
    assert_int_equal(scf_db_run(f->db, &stmt, &p, f->arena, &rows, &f->err), SCF_E_INTERNAL);
    assert_null(rows);
    scf_params_init(&p, f->arena);
    scf_p_i64_array(&p, many, NULL, SCF_COUNT(many));
    assert_int_equal(scf_db_run(f->db, &stmt, &p, f->arena, &rows, &f->err), SCF_OK);
    assert_int_equal(scf_rows_i64(rows, 0, 0), 4096);
    scf_arena_free(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_scalars_reach_the_server),
        DB_TEST(test_times_reach_the_server),
        DB_TEST(test_nulls_reach_the_server),
        DB_TEST(test_int_arrays_reach_the_server),
        DB_TEST(test_byte_arrays_reach_the_server),
        DB_TEST(test_lists_of_ids),
        DB_TEST(test_rows_become_structs),
        DB_TEST(test_a_failed_list_leaves_the_count),
        DB_TEST(test_columns_come_back),
        DB_TEST(test_null_columns_read_as_nothing),
        DB_TEST(test_a_hash_of_another_length_reads_as_zeros),
        DB_TEST(test_affected_rows),
        DB_TEST(test_a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
