/* Byte order, sign and epoch at their limits. */
#include "wire.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_integers(void **state) {
    (void)state;
    static const struct {
        size_t width;
        int64_t v;
        const char *bytes;
    } cases[] = {
        {1, 1, "\x01"},
        {1, -1, "\xff"},
        {2, 258, "\x01\x02"},
        {2, INT16_MIN, "\x80\x00"},
        {4, -2, "\xff\xff\xff\xfe"},
        {4, 0x01020304, "\x01\x02\x03\x04"},
        {8, INT64_MIN, "\x80\0\0\0\0\0\0\0"},
        {8, INT64_MAX, "\x7f\xff\xff\xff\xff\xff\xff\xff"},
        {8, 0x0102030405060708, "\1\2\3\4\5\6\7\x08"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        char out[9] = "........";
        wire_put(out, cases[i].width, cases[i].v);
        assert_memory_equal(out, cases[i].bytes, cases[i].width);
        assert_true(wire_get(out, cases[i].width) == cases[i].v);
    }
}

static void test_epoch(void **state) {
    (void)state;
    assert_true(wire_from_us(INT64_C(946684800000000)) == 0); /* 2000-01-01T00:00:00Z */
    assert_true(wire_to_us(0) == INT64_C(946684800000000));
    assert_int_equal(wire_from_day(10957), 0);
    assert_int_equal(wire_to_day(-10957), 0);
}

static void test_infinity_and_saturation(void **state) {
    (void)state;
    assert_true(wire_from_us(INT64_MAX) == INT64_MAX && wire_to_us(INT64_MAX) == INT64_MAX);
    assert_true(wire_from_us(INT64_MIN) == INT64_MIN && wire_to_us(INT64_MIN) == INT64_MIN);
    assert_true(wire_from_us(INT64_MIN + 1) == INT64_MIN);
    assert_true(wire_to_us(INT64_MAX - 1) == INT64_MAX);
    assert_int_equal(wire_from_day(INT32_MAX), INT32_MAX);
    assert_int_equal(wire_from_day(INT32_MIN), INT32_MIN);
    assert_int_equal(wire_to_day(INT32_MAX - 1), INT32_MAX);
    assert_int_equal(wire_to_day(INT32_MIN), INT32_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_infinity_and_saturation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
