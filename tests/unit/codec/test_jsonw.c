/* The writer: exact text, and that everything it writes passes the scanner and reads back. */
#include "scfd/codec/jsonw.h"

#include "scfd/codec/json.h"
#include "vectors.h"

static struct scf_buf out;

static int make_buffer(void **state) {
    (void)state;
    scf_buf_init(&out, 1 << 20);
    return 0;
}

static int free_buffer(void **state) {
    (void)state;
    scf_buf_free(&out);
    return 0;
}

static struct scf_jsonw start(void) {
    scf_buf_clear(&out);
    return scf_jsonw(&out);
}

static void test_structure(void **state) {
    (void)state;
    struct scf_jsonw w = start();
    scf_jw_object(&w, NULL);
    scf_jw_object(&w, "empty");
    scf_jw_end_object(&w);
    scf_jw_array(&w, "list");
    scf_jw_i64(&w, NULL, 1);
    scf_jw_array(&w, NULL);
    scf_jw_end_array(&w);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "a", "b");
    scf_jw_end_object(&w);
    scf_jw_null(&w, NULL);
    scf_jw_end_array(&w);
    scf_jw_bool(&w, "yes", true);
    scf_jw_bool(&w, "no", false);
    scf_jw_str(&w, "none", NULL);
    scf_jw_raw(&w, "raw", "[1,2]", 5);
    scf_jw_end_object(&w);
    assert_string_equal(out.data, "{\"empty\":{},\"list\":[1,[],{\"a\":\"b\"},null],\"yes\":true,"
                                  "\"no\":false,\"none\":null,\"raw\":[1,2]}");
}

static void test_values(void **state) {
    (void)state;
    struct scf_jsonw w = start();
    const struct scf_uuid id = {{0x01, 0x88, 0xba, 0x5e, 0xca, 0x6b, 0x75, 0x8b, 0x8b, 0x94, 0xc9,
                                 0x04, 0x22, 0x11, 0xaa, 0x30}};
    scf_jw_array(&w, NULL);
    scf_jw_i64(&w, NULL, INT64_MIN);
    scf_jw_i64(&w, NULL, INT64_MAX);
    scf_jw_i64(&w, NULL, 0);
    scf_jw_time(&w, NULL, INT64_C(1795334400123456));
    scf_jw_date(&w, NULL, 20779);
    scf_jw_money(&w, NULL, 100000005, 2);
    scf_jw_money(&w, NULL, -7, 2);
    scf_jw_ppm(&w, NULL, 953125);
    scf_jw_ppm(&w, NULL, 1000000);
    scf_jw_hex(&w, NULL, "\x00\xff\x10", 3);
    scf_jw_base64(&w, NULL, "foob", 4);
    scf_jw_hex(&w, NULL, "", 0);
    scf_jw_end_array(&w);
    assert_string_equal(out.data,
                        "[-9223372036854775808,9223372036854775807,0,"
                        "\"2026-11-22T08:00:00.123456Z\",\"2026-11-22\",\"1000000.05\",\"-0.07\","
                        "\"0.953125\",\"1.000000\",\"00ff10\",\"Zm9vYg==\",\"\"]");
    w = start();
    scf_jw_id(&w, NULL, "inv", &id);
    struct scf_uuid back;
    assert_int_equal(out.data[0], '"');
    assert_true(scf_id_parse("inv", (struct scf_str){out.data + 1, out.len - 2}, &back));
    assert_true(scf_uuid_eq(&id, &back));
}

static void escapes(const char *value, size_t n, const char *expected) {
    struct scf_jsonw w = start();
    scf_jw_strn(&w, NULL, value, n);
    assert_string_equal(out.data, expected);
}

static void test_escapes(void **state) {
    (void)state;
    escapes("", 0, "\"\"");
    escapes("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    escapes("\b\f\n\r\t\x01\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    escapes("a\0b", 3, "\"a\\u0000b\"");
    escapes("发票é😀", 12, "\"发票é😀\"");
}

/* Bytes that are not UTF-8 become U+FFFD, one for each. */
static void test_repairs(void **state) {
    (void)state;
    escapes("a\xFFz", 3, "\"a\uFFFDz\"");
    escapes("\xE5\x8F", 2, "\"\uFFFD\uFFFD\""); /* a character cut in the middle */
    escapes("发\xE5\x8F", 5, "\"发\uFFFD\uFFFD\"");
    escapes("\xC0\xAF", 2, "\"\uFFFD\uFFFD\"");
    escapes("\xED\xA0\x80", 3, "\"\uFFFD\uFFFD\uFFFD\"");
}

/* All single code points but NUL: written, scanned, parsed, compared. */
static void test_round_trip(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 16);
    for (uint32_t c = 1; c < 0x3000; c++) {
        char text[4];
        size_t n = 0;
        if (c < 0x80) {
            text[n++] = (char)c;
        } else if (c < 0x800) {
            text[n++] = (char)(0xC0 | c >> 6);
            text[n++] = (char)(0x80 | (c & 0x3F));
        } else {
            text[n++] = (char)(0xE0 | c >> 12);
            text[n++] = (char)(0x80 | (c >> 6 & 0x3F));
            text[n++] = (char)(0x80 | (c & 0x3F));
        }
        struct scf_jsonw w = start();
        scf_jw_object(&w, NULL);
        scf_jw_strn(&w, "v", text, n);
        scf_jw_end_object(&w);
        const cJSON *tree = scf_json_parse(arena, out.data, out.len, NULL);
        assert_non_null(tree);
        const char *back = scf_json_string(tree, "v");
        assert_int_equal(strlen(back), n);
        assert_memory_equal(back, text, n);
        scf_arena_reset(arena);
    }
    scf_arena_free(arena);
}

static void test_overflow_is_sticky(void **state) {
    (void)state;
    struct scf_buf small;
    scf_buf_init(&small, 16);
    struct scf_jsonw w = scf_jsonw(&small);
    scf_jw_object(&w, NULL);
    scf_jw_hex(&w, "digest", "0123456789abcdef", 16);
    scf_jw_base64(&w, "x", "0123456789abcdef", 16);
    scf_jw_str(&w, "y", "z");
    scf_jw_end_object(&w);
    assert_true(small.overflow);
    assert_true(small.len <= 16);
    scf_buf_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),  cmocka_unit_test(test_values),
        cmocka_unit_test(test_escapes),    cmocka_unit_test(test_repairs),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_overflow_is_sticky),
    };
    return cmocka_run_group_tests_name("jsonw", tests, make_buffer, free_buffer);
}
