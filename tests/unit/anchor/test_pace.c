/* What becomes of entries after a step: pauses, patience, renewal. */
#include "pace.h"

#include "scfd/base/clock.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct scf_anchor_target target = {
    .give_up_after_s = 1000, .renew_before_s = 100, .interval_s = 60};

static struct scf_anchor_entry entry_in(enum scf_anchor_state state) {
    return (struct scf_anchor_entry){
        .target = &target, .state = state, .created_us = 50 * SCF_US_PER_SECOND, .attempt = 3};
}

static void pauses_double_up_to_a_quarter_of_an_hour(void **state) {
    (void)state;
    static const int64_t seconds[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
    for (int i = 0; i < (int)SCF_COUNT(seconds); i++) {
        int64_t all = seconds[i] * SCF_US_PER_SECOND;
        assert_int_equal(scf_anchor_pause_us(i + 1, 0), all / 2);
        assert_int_equal(scf_anchor_pause_us(i + 1, (uint32_t)(all / 2)), all);
        int64_t any = scf_anchor_pause_us(i + 1, 0xdeadbeef);
        assert_true(any >= all / 2 && any <= all);
    }
    assert_int_equal(scf_anchor_pause_us(INT_MAX, 0), 450 * SCF_US_PER_SECOND);
}

static void a_failed_step_is_tried_again_until_patience_ends(void **state) {
    (void)state;
    struct scf_anchor_entry e = entry_in(SCF_ANCHOR_PENDING);
    int64_t now = 1050 * SCF_US_PER_SECOND - 1;
    scf_anchor_step_failed(&e, "why", now, 0);
    assert_int_equal(e.state, SCF_ANCHOR_PENDING);
    assert_int_equal(e.attempt, 4);
    assert_string_equal(e.problem, "why");
    assert_int_equal(e.due_us, now + 8 * SCF_US_PER_SECOND);
    scf_anchor_step_failed(&e, "why", now + 1, 0);
    assert_int_equal(e.state, SCF_ANCHOR_FAILED);
    assert_int_equal(e.due_us, 0);
}

static void what_has_a_proof_is_never_given_up(void **state) {
    (void)state;
    static const enum scf_anchor_state proven[] = {SCF_ANCHOR_ANCHORED, SCF_ANCHOR_CONFIRMED};
    int64_t now = 1000000 * SCF_US_PER_SECOND;
    for (size_t i = 0; i < SCF_COUNT(proven); i++) {
        struct scf_anchor_entry e = entry_in(proven[i]);
        scf_anchor_step_failed(&e, "why", now, 0);
        assert_int_equal(e.state, proven[i]);
        assert_true(e.due_us > now);
    }
}

static void a_confirmed_entry_waits_for_its_renewal(void **state) {
    (void)state;
    struct scf_anchor_entry before = entry_in(SCF_ANCHOR_PENDING), e = before;
    int64_t now = 60 * SCF_US_PER_SECOND;
    e.state = SCF_ANCHOR_CONFIRMED;
    e.proof = SCF_STR("token");
    scf_anchor_stepped(&before, &e, now, 0);
    assert_int_equal(e.due_us, 0); /* it never expires */
    assert_int_equal(e.attempt, 0);
    assert_true(scf_anchor_got_proof(&before, &e));
    e.expires_us = 500 * SCF_US_PER_SECOND;
    scf_anchor_stepped(&before, &e, now, 0);
    assert_int_equal(e.due_us, 400 * SCF_US_PER_SECOND);
    struct scf_anchor_entry same = e;
    assert_false(scf_anchor_got_proof(&e, &same));
    same.proof = SCF_STR("token and token");
    assert_true(scf_anchor_got_proof(&e, &same));
    same.due_us = 0;
    now = 450 * SCF_US_PER_SECOND; /* renewed too late for a whole period: soon again */
    scf_anchor_stepped(&e, &same, now, 0);
    assert_int_equal(same.due_us, now + 3 * SCF_US_PER_HOUR);
}

static void a_step_that_waits_counts_and_may_say_when(void **state) {
    (void)state;
    struct scf_anchor_entry before = entry_in(SCF_ANCHOR_PENDING), e = before;
    int64_t now = 60 * SCF_US_PER_SECOND;
    scf_anchor_stepped(&before, &e, now, 0);
    assert_int_equal(e.attempt, 4);
    assert_int_equal(e.due_us, now + 16 * SCF_US_PER_SECOND);
    e.due_us = now + 5;
    scf_anchor_stepped(&before, &e, now, 0);
    assert_int_equal(e.due_us, now + 5); /* as the adapter said */
    scf_anchor_stepped(&before, &e, 1050 * SCF_US_PER_SECOND, 0);
    assert_int_equal(e.state, SCF_ANCHOR_FAILED);
    e = entry_in(SCF_ANCHOR_PENDING); /* a reorganisation took the proof away */
    before = entry_in(SCF_ANCHOR_ANCHORED);
    scf_anchor_stepped(&before, &e, now, 0);
    assert_int_equal(e.attempt, 0);
    assert_false(scf_anchor_got_proof(&before, &e));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(a_failed_step_is_tried_again_until_patience_ends),
        cmocka_unit_test(what_has_a_proof_is_never_given_up),
        cmocka_unit_test(a_confirmed_entry_waits_for_its_renewal),
        cmocka_unit_test(a_step_that_waits_counts_and_may_say_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
