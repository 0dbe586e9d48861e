/* Buffers: growth, the maximum, and an overflow that stays. */
#include "scfd/base/buf.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_writes(void **state) {
    (void)state;
    struct scf_buf b;
    scf_buf_init(&b, 1000);
    assert_null(b.data);
    scf_buf_puts(&b, "n=");
    scf_buf_put_i64(&b, 0);
    scf_buf_putc(&b, ',');
    scf_buf_put_i64(&b, INT64_MIN);
    scf_buf_putc(&b, ',');
    scf_buf_put_i64(&b, INT64_MAX);
    scf_buf_printf(&b, "%s", ";end");
    scf_buf_put(&b, "\0x", 2);
    assert_int_equal(b.len, 50);
    assert_memory_equal(b.data, "n=0,-9223372036854775808,9223372036854775807;end\0x", 51);
    scf_buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 1000);
}

static void test_long_printf(void **state) {
    (void)state;
    struct scf_buf b;
    scf_buf_init(&b, 5000);
    scf_buf_printf(&b, "%3000d", 5);
    assert_int_equal(b.len, 3000);
    assert_int_equal(b.data[2999], '5');
    assert_int_equal(b.data[3000], '\0');
    scf_buf_printf(&b, "%3000d", 5);
    assert_true(b.overflow);
    assert_int_equal(b.len, 3000);
    scf_buf_free(&b);
}

static void test_maximum_is_exact_and_overflow_stays(void **state) {
    (void)state;
    struct scf_buf b;
    scf_buf_init(&b, 100);
    for (int i = 0; i < 100; i++)
        scf_buf_putc(&b, 'x');
    assert_false(b.overflow);
    assert_int_equal(b.len, 100);
    assert_int_equal(b.data[100], '\0');
    scf_buf_putc(&b, 'y');
    assert_true(b.overflow);
    scf_buf_put(&b, "", 0);
    assert_true(b.overflow);
    assert_null(scf_buf_reserve(&b, 0));
    assert_int_equal(b.len, 100);
    scf_buf_clear(&b);
    assert_false(b.overflow);
    scf_buf_puts(&b, "again");
    assert_string_equal(b.data, "again");
    scf_buf_free(&b);
}

static void test_nothing_is_written_after_overflow(void **state) {
    (void)state;
    struct scf_buf b;
    scf_buf_init(&b, 4);
    scf_buf_puts(&b, "ab");
    scf_buf_puts(&b, "cde");
    scf_buf_puts(&b, "c"); /* would fit, but a gap must not look whole */
    assert_true(b.overflow);
    assert_string_equal(b.data, "ab");
    assert_null(scf_buf_reserve(&b, SIZE_MAX));
    scf_buf_free(&b);
}

static void test_reserve(void **state) {
    (void)state;
    struct scf_buf b;
    scf_buf_init(&b, 500);
    scf_buf_puts(&b, "a");
    char *at = scf_buf_reserve(&b, 300);
    assert_non_null(at);
    memset(at, 'b', 300);
    b.len += 300;
    assert_int_equal(b.data[301], '\0');
    scf_buf_puts(&b, "c");
    assert_int_equal(b.len, 302);
    assert_int_equal(b.data[300], 'b');
    assert_int_equal(b.data[301], 'c');
    scf_buf_free(&b);
}

static void test_detach(void **state) {
    (void)state;
    struct scf_buf b;
    size_t n = 9;
    scf_buf_init(&b, 10);
    char *empty = scf_buf_detach(&b, &n);
    assert_string_equal(empty, "");
    assert_int_equal(n, 0);
    free(empty);
    scf_buf_puts(&b, "abc");
    char *text = scf_buf_detach(&b, &n);
    assert_string_equal(text, "abc");
    assert_int_equal(n, 3);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 10);
    free(text);
    scf_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_long_printf),
        cmocka_unit_test(test_maximum_is_exact_and_overflow_stays),
        cmocka_unit_test(test_nothing_is_written_after_overflow),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_detach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
