/* Back-off and periods: hand-computed bounds and a simulated clock. */
#include <setjmp.h>
#include <cmocka.h>

#include "schedule.h"

static void back_off_doubles_up_to_ten_minutes(void **state) {
    (void)state;
    static const int64_t longest_s[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600};
    for (int attempt = 1; attempt <= 12; attempt++) {
        int64_t most = longest_s[attempt - 1] * 1000000;
        assert_int_equal(scf_backoff_us(attempt, 0), most / 2);
        assert_int_equal(scf_backoff_us(attempt, (uint32_t)(most / 2)), most);
        for (uint32_t random = 1; random > 0 && random < 0xf0000000u; random = random * 3 + 7)
            assert_in_range(scf_backoff_us(attempt, random), most / 2, most);
    }
    assert_in_range(scf_backoff_us(INT_MAX, 12345), 300000000, 600000000);
}

static void the_longest_due_task_goes_first(void **state) {
    (void)state;
    struct scf_task_slot slots[] = {
        {.period_us = 10, .due_us = 100}, {.period_us = 10, .due_us = 90}, {.due_us = 110}};
    assert_int_equal(scf_task_due(slots, 3, 89), -1);
    assert_int_equal(scf_task_due(slots, 3, 100), 1);
    scf_task_begin(&slots[1], 100);
    assert_int_equal(scf_task_due(slots, 3, 100), 0);
    assert_int_equal(scf_task_next_us(slots, 3), 100);
    scf_task_begin(&slots[0], 100);
    assert_int_equal(scf_task_due(slots, 3, 109), -1);
    assert_int_equal(scf_task_next_us(slots, 3), 110);
    assert_int_equal(scf_task_due(slots, 3, 110), 2);
    assert_int_equal(scf_task_next_us(slots, 0), INT64_MAX);
}

static void a_running_task_is_not_due(void **state) {
    (void)state;
    struct scf_task_slot slot = {.period_us = 10, .due_us = 0};
    scf_task_begin(&slot, 5);
    assert_int_equal(scf_task_due(&slot, 1, 1000), -1);
    assert_int_equal(scf_task_next_us(&slot, 1), INT64_MAX);
    scf_task_end(&slot);
    assert_int_equal(scf_task_due(&slot, 1, 14), -1);
    assert_int_equal(scf_task_due(&slot, 1, 15), 0);
}

/* A run of 35 µs every 10 µs: it runs back to back, three missed runs are not made up for. */
static void a_slow_task_does_not_pile_up(void **state) {
    (void)state;
    struct scf_task_slot slot = {.period_us = 10, .due_us = 0};
    scf_task_begin(&slot, 0);
    scf_task_end(&slot);
    assert_int_equal(scf_task_due(&slot, 1, 35), 0);
    scf_task_begin(&slot, 35);
    scf_task_end(&slot);
    assert_int_equal(scf_task_due(&slot, 1, 36), -1);
    assert_int_equal(slot.due_us, 45);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_off_doubles_up_to_ten_minutes),
        cmocka_unit_test(the_longest_due_task_goes_first),
        cmocka_unit_test(a_running_task_is_not_due),
        cmocka_unit_test(a_slow_task_does_not_pile_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
