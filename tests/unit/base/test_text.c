/* Text helpers against RFC 4648 §10, the Unicode Standard's UTF-8 table and hand-made refusals. */
#include "scfd/base/text.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_views(void **state) {
    (void)state;
    assert_int_equal(scf_str(NULL).n, 0);
    assert_true(scf_str_eq(scf_str(NULL), scf_str("")));
    assert_true(scf_str_is(SCF_STR("abc"), "abc"));
    assert_false(scf_str_is(SCF_STR("abc"), "abcd"));
    assert_false(scf_str_is(SCF_STR("abd"), "abc"));
    assert_true(scf_str_starts(SCF_STR("invoice"), "inv"));
    assert_true(scf_str_starts(SCF_STR("x"), ""));
    assert_false(scf_str_starts(SCF_STR("in"), "inv"));
}

static void test_hex(void **state) {
    (void)state;
    const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0xde, 0xad, 0xff};
    char text[13];
    scf_hex(bytes, sizeof bytes, text);
    assert_string_equal(text, "007f80deadff");
    uint8_t back[6] = {0};
    assert_true(scf_unhex(SCF_STR("007F80DeAdff"), back, 6));
    assert_memory_equal(back, bytes, 6);
    assert_true(scf_unhex(SCF_STR(""), back, 0));
}

static void test_unhex_refuses_and_leaves_output(void **state) {
    (void)state;
    static const char *const bad[] = {"",          "0",        "001",      "0011223",
                                      "001122334", "0011223g", "00 11223", "0x112233",
                                      "0011223/",  "0011223:", "0011223@", "0011223`"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        uint8_t out[4] = {1, 2, 3, 4};
        assert_false(scf_unhex(scf_str(bad[i]), out, 4));
        assert_memory_equal(out, ((uint8_t[]){1, 2, 3, 4}), 4);
    }
    uint8_t out[4];
    assert_false(scf_unhex((struct scf_str){"0011\0002233", 9}, out, 4));
}

static void test_base64_vectors(void **state) {
    (void)state;
    static const struct {
        const char *plain, *standard, *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/", "-_-_"},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        char text[16], back[16];
        size_t n = strlen(rows[i].plain), back_n = 99;
        scf_base64(rows[i].plain, n, text);
        assert_string_equal(text, rows[i].standard);
        assert_int_equal(strlen(text), SCF_BASE64_LEN(n));
        assert_true(scf_unbase64(scf_str(text), back, n, &back_n));
        assert_int_equal(back_n, n);
        assert_memory_equal(back, rows[i].plain, n);
        scf_base64url(rows[i].plain, n, text);
        assert_string_equal(text, rows[i].url);
        assert_true(scf_unbase64url(scf_str(text), back, n, &back_n));
        assert_int_equal(back_n, n);
        assert_memory_equal(back, rows[i].plain, n);
    }
}

static void test_base64_is_strict(void **state) {
    (void)state;
    static const char *const bad[] = {
        "Zg",    "Zg=",        "Zg===",    "Zm8",  "=",
        "====",  "Z===",       "Z",        "Zh==", "Zm9=",
        "Zm9v ", "Zm9v\nYg==", "Zg==Zg==", "-_-_", "Zm9vY\xc3\xa4==",
        "Zm=v",
    };
    uint8_t out[16];
    size_t n = 7;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_unbase64(scf_str(bad[i]), out, sizeof out, &n));
    static const char *const bad_url[] = {"Zg==", "Z", "Zh", "Zm9", "+/+/", "Zm9vY"};
    for (size_t i = 0; i < SCF_COUNT(bad_url); i++)
        assert_false(scf_unbase64url(scf_str(bad_url[i]), out, sizeof out, &n));
    assert_false(scf_unbase64(SCF_STR("Zm9vYmFy"), out, 5, &n)); /* six bytes */
    assert_int_equal(n, 7);
}

static void test_unsigned_numbers(void **state) {
    (void)state;
    uint64_t v = 42;
    assert_true(scf_parse_u64(SCF_STR("0"), 0, &v));
    assert_true(v == 0);
    assert_true(scf_parse_u64(SCF_STR("18446744073709551615"), UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    static const char *const bad[] = {"",
                                      "00",
                                      "01",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "18446744073709551616",
                                      "99999999999999999999"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_parse_u64(scf_str(bad[i]), UINT64_MAX, &v));
    assert_false(scf_parse_u64(SCF_STR("11"), 10, &v));
    assert_true(v == UINT64_MAX);
}

static void test_signed_numbers(void **state) {
    (void)state;
    int64_t v = 42;
    assert_true(scf_parse_i64(SCF_STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MIN);
    assert_true(scf_parse_i64(SCF_STR("9223372036854775807"), INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MAX);
    assert_true(scf_parse_i64(SCF_STR("-5"), -5, 5, &v));
    assert_true(v == -5);
    static const char *const bad[] = {
        "-", "--1", "+1", "-01", "9223372036854775808", "-9223372036854775809", ""};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_parse_i64(scf_str(bad[i]), INT64_MIN, INT64_MAX, &v));
    assert_false(scf_parse_i64(SCF_STR("-6"), -5, 5, &v));
    assert_false(scf_parse_i64(SCF_STR("6"), -5, 5, &v));
    assert_true(v == -5);
}

static void test_utf8(void **state) {
    (void)state;
    static const char *const good[] = {
        "",
        "plain ascii longer than one word",
        "\xe7\xbb\x9f\xe4\xb8\x80\xe7\xa4\xbe\xe4\xbc\x9a", /* 统一社会 */
        "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
        "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
    };
    for (size_t i = 0; i < SCF_COUNT(good); i++)
        assert_true(scf_utf8_valid(good[i], strlen(good[i])));
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe4\xb8",
        "\xe4\xb8\x41",
        "\xef\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf0\x90\x80",
        "\xff",
        "\xfe",
        "12345678\xc3",
        "1234567\xe4\xb8",
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_utf8_valid(bad[i], strlen(bad[i])));
    assert_false(scf_utf8_valid("\xe4\xb8\x80", 2)); /* ends inside a character */
    assert_int_equal(scf_utf8_length("a\xe4\xb8\x80\xf0\x90\x80\x80", 8), 3);
}

/* Wagner and Fischer's own examples, and their like in every textbook. */
static void test_edit_distance(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"kitten", "sitting", 3},
        {"flaw", "lawn", 2},
        {"Saturday", "sunday", 3},
        {"intention", "execution", 5},
        {"ABC_d", "abc_D", 0},
        {"a-b", "a_b", 1},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_str a = scf_str(cases[i].a), b = scf_str(cases[i].b);
        assert_int_equal(scf_edit_distance(a, b), cases[i].distance);
        assert_int_equal(scf_edit_distance(b, a), cases[i].distance);
    }
    char longest[SCF_EDIT_MAX + 2];
    memset(longest, 'x', sizeof longest);
    struct scf_str fits = {longest, SCF_EDIT_MAX}, too_long = {longest, SCF_EDIT_MAX + 1};
    assert_int_equal(scf_edit_distance(fits, SCF_STR("x")), SCF_EDIT_MAX - 1);
    assert_true(scf_edit_distance(too_long, SCF_STR("x")) == SIZE_MAX);
    assert_true(scf_edit_distance(SCF_STR("x"), too_long) == SIZE_MAX);
}

static void test_name_index(void **state) {
    static const char *const names[] = {"held", "used", "held_over", NULL};
    (void)state;
    assert_int_equal(scf_name_index(names, "held"), 0);
    assert_int_equal(scf_name_index(names, "held_over"), 2);
    assert_int_equal(scf_name_index(names, "hel"), -1);
    assert_int_equal(scf_name_index(names, "Held"), -1);
    assert_int_equal(scf_name_index(names, ""), -1);
    assert_int_equal(scf_name_index(names, NULL), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_unhex_refuses_and_leaves_output),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_is_strict),
        cmocka_unit_test(test_unsigned_numbers),
        cmocka_unit_test(test_signed_numbers),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_name_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
