/* Parsing behind the scanner and the reading helpers. */
#include "scfd/codec/json.h"

#include "vectors.h"

static struct scf_arena *arena;

static int make_arena(void **state) {
    (void)state;
    arena = scf_arena_new(1 << 20);
    return 0;
}

static int free_arena(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static cJSON *parse(const char *text) {
    struct scf_error err = {0};
    cJSON *tree = scf_json_parse(arena, text, strlen(text), &err);
    if (!tree)
        fail_msg("%s", err.detail);
    return tree;
}

static void test_parse(void **state) {
    (void)state;
    const cJSON *tree = parse("{\"a\":\"x\\u00e9\",\"n\":null,\"b\":true,\"i\":-7,\"s\":\"12\"}");
    assert_string_equal(scf_json_string(tree, "a"), "xé");
    assert_null(scf_json_get(tree, "A"));
    assert_null(scf_json_get(tree, "n"));
    assert_null(scf_json_string(tree, "i"));
    assert_null(scf_json_string(tree, "missing"));
    assert_true(scf_json_bool(tree, "b", false));
    assert_true(scf_json_bool(tree, "missing", true));
    assert_false(scf_json_bool(tree, "i", false));
}

static void test_parse_error(void **state) {
    (void)state;
    struct scf_error err = {0};
    const char *text = "{\"a\":1,\n \"a\":2}";
    assert_null(scf_json_parse(arena, text, strlen(text), &err));
    assert_int_equal(err.code, SCF_E_MALFORMED_JSON);
    assert_string_equal(err.detail, "The JSON text is invalid at line 2, column 2: the object has "
                                    "this member twice.");
    assert_null(scf_json_parse(arena, "", 0, NULL));
}

static void test_limits_have_their_own_errors(void **state) {
    (void)state;
    enum { DEEPER = SCF_JSON_MAX_DEPTH + 1, MORE = SCF_JSON_MAX_MEMBERS + 1 };
    struct scf_error err = {0};
    char deep[2 * DEEPER + 1];
    memset(deep, '[', DEEPER);
    memset(deep + DEEPER, ']', DEEPER);
    deep[2 * DEEPER] = '\0';
    assert_null(scf_json_parse(arena, deep, 2 * DEEPER, &err));
    assert_int_equal(err.code, SCF_E_TOO_DEEP);
    assert_non_null(strstr(err.detail, "at most 32 deep"));
    static char wide[2 * MORE + 2];
    for (size_t i = 0; i < MORE; i++)
        memcpy(wide + 1 + 2 * i, "1,", 2);
    wide[0] = '[';
    memcpy(wide + 2 * MORE, "]", 2);
    assert_null(scf_json_parse(arena, wide, 2 * MORE + 1, &err));
    assert_int_equal(err.code, SCF_E_TOO_MANY_MEMBERS);
    assert_non_null(strstr(err.detail, "at most 20000 members"));
}

static void test_i64(void **state) {
    (void)state;
    const cJSON *tree =
        parse("{\"big\":9007199254740991,\"s\":\"9223372036854775807\",\"f\":1.5,"
              "\"e\":1e3,\"huge\":1e300,\"bad\":\"1x\",\"b\":true,\"lead\":\"01\"}");
    int64_t value = 42;
    assert_true(scf_json_i64(tree, "big", &value));
    assert_int_equal(value, INT64_C(9007199254740991));
    assert_true(scf_json_i64(tree, "s", &value));
    assert_int_equal(value, INT64_MAX);
    assert_true(scf_json_i64(tree, "e", &value));
    assert_int_equal(value, 1000);
    static const char *const none[] = {"f", "huge", "bad", "b", "lead", "missing"};
    for (size_t i = 0; i < SCF_COUNT(none); i++)
        assert_false(scf_json_i64(tree, none[i], &value));
    assert_int_equal(value, 1000);
}

/* What the scanner would refuse passes, what cJSON cannot read does not. */
static void test_unscanned(void **state) {
    (void)state;
    const char twice[] = "{\"a\":1,\"a\":2}\n";
    const cJSON *tree = scf_json_parse_unscanned(arena, twice, strlen(twice));
    int64_t value = 0;
    assert_true(scf_json_item_i64(scf_json_get(tree, "a"), &value));
    assert_int_equal(value, 1);
    assert_false(scf_json_item_i64(NULL, &value));
    static const char *const broken[] = {"", "{", "{\"a\":1,", "{}x", "[1"};
    for (size_t i = 0; i < SCF_COUNT(broken); i++)
        assert_null(scf_json_parse_unscanned(arena, broken[i], strlen(broken[i])));
}

static void decimal(const char *json, const char *expected) {
    char out[40];
    bool has = scf_json_decimal_text(parse(json), out, sizeof out);
    if (has != (expected != NULL))
        fail_msg("%s", json);
    if (has)
        assert_string_equal(out, expected);
}

static void test_decimal_text(void **state) {
    (void)state;
    decimal("\"100.00\"", "100.00");
    decimal("100.00", "100");
    decimal("0.1", "0.1");
    decimal("-0.07", "-0.07");
    decimal("0", "0");
    decimal("-0", "0");
    decimal("1e2", "100");
    decimal("1.005", "1.005");
    decimal("4.35", "4.35");
    decimal("113000.01", "113000.01");
    decimal("9999999999999.99", "9999999999999.99");
    decimal("999999999999999", "999999999999999");
    decimal("0.000000000000001", "0.000000000000001");
    decimal("123456789.123456", "123456789.123456");
    decimal("1000000000000000", NULL); /* 16 digits */
    decimal("0.1234567890123456", NULL);
    decimal("1e-16", NULL);
    decimal("1e300", NULL);
    decimal("5e-324", NULL);
    decimal("true", NULL);
    decimal("null", NULL);
    decimal("[1]", NULL);
}

/* Every two-decimal amount survives the way through a double. */
static void test_decimal_round_trip(void **state) {
    (void)state;
    char json[40], out[40];
    int64_t minor = 1;
    for (int i = 0; i < 20000; i++, minor = (minor * 7 + 3) % INT64_C(100000000000000)) {
        snprintf(json, sizeof json, "%" PRId64 ".%02d1", minor / 100, (int)(minor % 100));
        cJSON *number = cJSON_Parse(json);
        assert_true(scf_json_decimal_text(number, out, sizeof out));
        assert_string_equal(out, json);
        cJSON_Delete(number);
    }
}

static void test_decimal_needs_room(void **state) {
    (void)state;
    char out[5];
    assert_true(scf_json_decimal_text(parse("12.5"), out, sizeof out));
    assert_false(scf_json_decimal_text(parse("12.25"), out, sizeof out));
    assert_false(scf_json_decimal_text(parse("\"12.25\""), out, sizeof out));
    assert_string_equal(out, "12.5");
}

static void member_is(const char *text, const char *name, const char *expected) {
    struct scf_error err = {0};
    struct scf_str found;
    const cJSON *object = scf_json_parse(arena, text, strlen(text), &err);
    assert_non_null(object);
    bool there = scf_json_member_text(scf_str(text), object, name, &found);
    assert_int_equal(there, expected != NULL);
    if (expected != NULL)
        assert_true(scf_str_is(found, expected));
}

static void test_member_text(void **state) {
    (void)state;
    const char *text = " {\n\"a\" : {\"b\":[1, {\"c\":\"}]\\\"\"}], \"p\":0} ,\"n\":-1.5e3\t, "
                       "\"s\":\"x,y\\\\\" ,\"e\":[ ],\"\\u0070\": { \"z\" :true } , \"t\":null}";
    member_is(text, "a", "{\"b\":[1, {\"c\":\"}]\\\"\"}], \"p\":0}");
    member_is(text, "n", "-1.5e3");
    member_is(text, "s", "\"x,y\\\\\"");
    member_is(text, "e", "[ ]");
    member_is(text, "p", "{ \"z\" :true }"); /* its name is escaped; the inner p is another */
    member_is(text, "t", "null");
    member_is(text, "b", NULL);
    member_is("{}", "a", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_error),
        cmocka_unit_test(test_limits_have_their_own_errors),
        cmocka_unit_test(test_i64),
        cmocka_unit_test(test_unscanned),
        cmocka_unit_test(test_decimal_text),
        cmocka_unit_test(test_decimal_round_trip),
        cmocka_unit_test(test_decimal_needs_room),
        cmocka_unit_test(test_member_text),
    };
    return cmocka_run_group_tests_name("json", tests, make_arena, free_arena);
}
