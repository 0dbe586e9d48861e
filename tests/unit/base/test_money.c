/* Money and ratios: the number grammar, limits of int64, and rounding against values worked out by
 * hand. */
#include "scfd/base/money.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_currencies(void **state) {
    (void)state;
    static const struct {
        const char *code;
        int scale;
    } rows[] = {{"CNY", 2}, {"USD", 2},  {"EUR", 2},  {"JPY", 0},  {"KRW", 0}, {"VND", 0},
                {"KWD", 3}, {"BHD", 3},  {"CLF", 4},  {"UYW", 4},  {"AED", 2}, {"ZWG", 2},
                {"XAF", 0}, {"XXX", -1}, {"XAU", -1}, {"cny", -1}, {"CN", -1}, {"CNYX", -1},
                {"", -1},   {"AAA", -1}, {"ZZZ", -1}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++)
        assert_int_equal(scf_currency_scale(scf_str(rows[i].code)), rows[i].scale);
}

static void test_money_reads(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int scale;
        int64_t minor;
    } rows[] = {
        {"0", 2, 0},
        {"-0", 2, 0},
        {"1000000.00", 2, 100000000},
        {"1.5", 2, 150},
        {"0.01", 2, 1},
        {"-12.34", 2, -1234},
        {"1234", 0, 1234},
        {"1.234", 3, 1234},
        {"9999999999999999.99", 2, 999999999999999999},
        {"-9999999999999999.99", 2, -999999999999999999},
        {"999999999999999.999", 3, 999999999999999999},
        {"9999999999999999", 0, 9999999999999999},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        int64_t minor = 5;
        assert_true(scf_money_parse(scf_str(rows[i].text), rows[i].scale, &minor));
        assert_true(minor == rows[i].minor);
    }
}

static void test_money_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int scale;
    } rows[] = {
        {"", 2},
        {"-", 2},
        {".", 2},
        {".5", 2},
        {"1.", 2},
        {"00", 2},
        {"01", 2},
        {"-01", 2},
        {"+1", 2},
        {" 1", 2},
        {"1 ", 2},
        {"1,5", 2},
        {"1,000", 2},
        {"1e3", 2},
        {"0x1", 2},
        {"1.234", 2},
        {"1.000", 2},
        {"1.0", 0},
        {"--1", 2},
        {"1.-5", 2},
        {"NaN", 2},
        {"1.5.5", 2},
        {"1", -1},
        {"\xef\xbc\x91", 2},
        {"10000000000000000", 2},
        {"9999999999999999.999", 3},
        {"1000000000000000.000", 3},
        {"9999999999999999.9999", 4},
        {"9999999999999999", 4},
    };
    int64_t minor = 77;
    for (size_t i = 0; i < SCF_COUNT(rows); i++)
        assert_false(scf_money_parse(scf_str(rows[i].text), rows[i].scale, &minor));
    assert_true(minor == 77);
}

static void test_money_writes(void **state) {
    (void)state;
    static const struct {
        int64_t minor;
        int scale;
        const char *text;
    } rows[] = {
        {0, 2, "0.00"},
        {1, 2, "0.01"},
        {-1, 2, "-0.01"},
        {100000000, 2, "1000000.00"},
        {1234, 0, "1234"},
        {0, 0, "0"},
        {5, 3, "0.005"},
        {-1234, 2, "-12.34"},
        {999999999999999999, 2, "9999999999999999.99"},
        {INT64_MIN, 2, "-92233720368547758.08"},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        char text[SCF_MONEY_TEXT];
        scf_money_format(rows[i].minor, rows[i].scale, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_decimals(void **state) {
    (void)state;
    int64_t units = 3;
    assert_true(scf_decimal_parse(SCF_STR("0.13"), 6, &units));
    assert_true(units == 130000);
    assert_true(scf_decimal_parse(SCF_STR("-0.0435"), 6, &units));
    assert_true(units == -43500);
    assert_true(scf_decimal_parse(SCF_STR("999999999999.999999"), 6, &units));
    assert_true(units == 999999999999999999);
    assert_true(scf_decimal_parse(SCF_STR("999999999999999999"), 0, &units));
    assert_true(units == 999999999999999999);
    assert_false(scf_decimal_parse(SCF_STR("1000000000000.000000"), 6, &units)); /* 19 digits */
    assert_false(scf_decimal_parse(SCF_STR("1000000000000000000"), 0, &units));
    assert_false(scf_decimal_parse(SCF_STR("0.1234567"), 6, &units));
    assert_false(scf_decimal_parse(SCF_STR("1"), 10, &units));
    assert_true(units == 999999999999999999);

    static const struct {
        int64_t units;
        int places;
        const char *text;
    } rows[] = {{130000, 6, "0.13"},    {12000000, 6, "12"}, {0, 6, "0"},
                {-43500, 6, "-0.0435"}, {1, 6, "0.000001"},  {1200, 0, "1200"},
                {1000000000, 9, "1"},   {100, 2, "1"}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        char text[SCF_MONEY_TEXT];
        scf_decimal_format(rows[i].units, rows[i].places, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_rounding(void **state) {
    (void)state;
    static const struct {
        int64_t a, b, divisor, floor, half_up;
    } rows[] = {
        {7, 1, 2, 3, 4},
        {-7, 1, 2, -4, -4},
        {5, 1, 2, 2, 3},
        {-5, 1, 2, -3, -3},
        {1, 1, 3, 0, 0},
        {-1, 1, 3, -1, 0},
        {2, 1, 3, 0, 1},
        {-2, 1, 3, -1, -1},
        {0, 9, 7, 0, 0},
        {6, 2, 4, 3, 3},
        {10, 25, 100, 2, 3},
        {249, 1, 100, 2, 2},
        {-250, 1, 100, -3, -3},
        {-249, 1, 100, -3, -2},
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN},
        {1000000000000000000, 130000, 1000000, 130000000000000000, 130000000000000000},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        int64_t got = 0;
        assert_true(scf_mul_div_floor(rows[i].a, rows[i].b, rows[i].divisor, &got));
        assert_true(got == rows[i].floor);
        assert_true(scf_mul_div_half_up(rows[i].a, rows[i].b, rows[i].divisor, &got));
        assert_true(got == rows[i].half_up);
    }
    int64_t got = 11;
    assert_false(scf_mul_div_floor(1, 1, 0, &got));
    assert_false(scf_mul_div_half_up(1, 1, -1, &got));
    assert_false(scf_mul_div_floor(INT64_MAX, 2, 1, &got));
    assert_false(scf_mul_div_half_up(INT64_MIN, INT64_MIN, 1, &got));
    assert_false(scf_mul_div_half_up(INT64_MIN, -1, 1, &got));
    assert_true(got == 11);
}

static void test_ratios(void **state) {
    (void)state;
    assert_true(scf_ratio_ppm(0, 0) == 0);
    assert_true(scf_ratio_ppm(5, 0) == 0);
    assert_true(scf_ratio_ppm(1, 3) == 333333);
    assert_true(scf_ratio_ppm(2, 3) == 666666);
    assert_true(scf_ratio_ppm(3, 3) == 1000000);
    assert_true(scf_ratio_ppm(7, 2) == 3500000);
    assert_true(scf_ratio_ppm(INT64_MAX, INT64_MAX) == 1000000);
    assert_true(scf_ratio_ppm(INT64_MAX, 1) == INT64_MAX);
}

static void test_sums_stop_at_the_most(void **state) {
    (void)state;
    assert_int_equal(scf_add_money(1, 2), 3);
    assert_int_equal(scf_add_money(SCF_MONEY_MAX - 1, 1), SCF_MONEY_MAX);
    assert_int_equal(scf_add_money(SCF_MONEY_MAX, 1), SCF_MONEY_MAX);
    assert_int_equal(scf_add_money(INT64_MAX, INT64_MAX), SCF_MONEY_MAX); /* would wrap */
    assert_int_equal(scf_at_most(3, 2), 2);
    assert_int_equal(scf_at_most(1, 2), 1);
    assert_int_equal(scf_at_least(-1, 0), 0);
    assert_int_equal(scf_at_least(1, 0), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_currencies),    cmocka_unit_test(test_money_reads),
        cmocka_unit_test(test_money_refuses), cmocka_unit_test(test_money_writes),
        cmocka_unit_test(test_decimals),      cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_ratios),        cmocka_unit_test(test_sums_stop_at_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
