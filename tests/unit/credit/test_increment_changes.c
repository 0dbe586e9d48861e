/* What an increment changes in its account: entries in order, and what is remembered of it. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/credit/mark.h"
#include "scfd/base/money.h"

static const struct scf_limit_inputs in = {
    .assessment_id = {{7}}, .as_of_us = 1000, .period = "2026-11"};
static struct scf_account_change changes[SCF_INCREMENT_CHANGES];
static struct scf_account account;
static struct scf_limit_mark mark;

static int set_up(void **state) {
    (void)state;
    memset(changes, 0, sizeof changes);
    account = (struct scf_account){.granted = 150, .initial = 100, .increments = 50};
    mark = (struct scf_limit_mark){.as_of_us = 500, .best_credibility_ppm = 850000};
    return 0;
}

static size_t change(struct scf_limit_part part, int64_t credibility) {
    return scf_increment_changes(&in, &part, credibility, &account, &mark, changes);
}

static void grants_and_remembers_the_best_credibility(void **state) {
    (void)state;
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_COUNTED, .increment = 30};
    assert_int_equal(change(part, 900000), 1);
    assert_int_equal(changes[0].type, SCF_ENTRY_INCREMENT);
    assert_int_equal(changes[0].amount, 30);
    assert_string_equal(changes[0].period, "2026-11");
    assert_string_equal(changes[0].source_prefix, "asm");
    assert_int_equal(mark.best_credibility_ppm, 900000);
    assert_int_equal(mark.as_of_us, 1000);
    assert_true(scf_uuid_eq(&mark.assessment_id, &in.assessment_id));
    assert_int_equal(change(part, 700000), 1);
    assert_int_equal(mark.best_credibility_ppm, 900000);
}

static void nothing_changes_but_the_mark(void **state) {
    (void)state;
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_COUNTED};
    assert_int_equal(change(part, 1000000), 0);
    assert_int_equal(mark.best_credibility_ppm, 850000); /* nothing was granted at the better one */
    assert_int_equal(mark.as_of_us, 1000);
}

static void what_is_taken_back_in_full_is_forgotten(void **state) {
    (void)state;
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_COUNTED, .take_back = 20};
    assert_int_equal(change(part, 850000), 1);
    assert_int_equal(changes[0].type, SCF_ENTRY_TAKE_BACK);
    assert_int_equal(mark.best_credibility_ppm, 850000);
    part.take_back = 50;
    assert_int_equal(change(part, 850000), 1);
    assert_int_equal(mark.best_credibility_ppm, 0);
}

/* Increments that came from elsewhere: nobody knows at which credibility. */
static void unknown_increments_count_as_the_best(void **state) {
    (void)state;
    mark = (struct scf_limit_mark){.as_of_us = INT64_MIN};
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_COUNTED, .increment = 10};
    assert_int_equal(change(part, 600000), 1);
    assert_int_equal(mark.best_credibility_ppm, SCF_PPM);
    account.increments = 0;
    mark = (struct scf_limit_mark){.as_of_us = INT64_MIN};
    assert_int_equal(change(part, 600000), 1);
    assert_int_equal(mark.best_credibility_ppm, 600000);
}

static void freezes_whoever_does_not_operate(void **state) {
    (void)state;
    struct scf_limit_part closed = {.reason = SCF_REASON_NOT_OPERATING, .frozen = true};
    assert_int_equal(change(closed, 900000), 1);
    assert_int_equal(changes[0].type, SCF_ENTRY_FREEZE);
    assert_true(mark.frozen);
}

static void freezes_once_and_thaws_what_it_froze(void **state) {
    (void)state;
    struct scf_limit_part frozen = {.reason = SCF_REASON_CONTRACT_COUNTED, .frozen = true};
    struct scf_limit_part well = {.reason = SCF_REASON_CONTRACT_USED_UP};
    assert_int_equal(change(frozen, 0), 1);
    assert_int_equal(changes[0].type, SCF_ENTRY_FREEZE);
    assert_null(changes[0].period);
    assert_true(mark.frozen);
    account.frozen = true;
    assert_int_equal(change(frozen, 0), 0);
    assert_true(mark.frozen);
    assert_int_equal(change(well, 600000), 1);
    assert_int_equal(changes[0].type, SCF_ENTRY_UNFREEZE);
    assert_false(mark.frozen);
}

/* An invoice was cancelled after financing while it was frozen anyhow: ratings lift it no more, and
 * what this engine froze is forgotten, for whoever lifts the stop lifts that too. */
static void a_stop_is_not_lifted_by_ratings(void **state) {
    (void)state;
    struct scf_limit_part well = {.reason = SCF_REASON_CONTRACT_USED_UP};
    mark.frozen = account.frozen = account.stopped = true;
    assert_int_equal(change(well, 600000), 0);
    assert_false(mark.frozen);
}

/* Somebody else froze it: that one thaws it. */
static void leaves_the_freeze_of_others_alone(void **state) {
    (void)state;
    account.frozen = true;
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_COUNTED, .frozen = true};
    assert_int_equal(change(part, 0), 0);
    assert_false(mark.frozen);
    part.frozen = false;
    assert_int_equal(change(part, 600000), 0);
}

/* A contract that does not count says nothing about the ratings. */
static void a_closed_contract_changes_nothing(void **state) {
    (void)state;
    mark.frozen = account.frozen = true;
    struct scf_limit_part part = {.reason = SCF_REASON_CONTRACT_NOT_OPEN};
    assert_int_equal(change(part, 1000000), 0);
    assert_true(mark.frozen);
}

static void takes_back_before_it_freezes(void **state) {
    (void)state;
    struct scf_limit_part part = {
        .reason = SCF_REASON_CONTRACT_COUNTED, .take_back = 5, .frozen = true};
    assert_int_equal(change(part, 0), 2);
    assert_int_equal(changes[0].type, SCF_ENTRY_TAKE_BACK);
    assert_int_equal(changes[1].type, SCF_ENTRY_FREEZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(grants_and_remembers_the_best_credibility, set_up),
        cmocka_unit_test_setup(nothing_changes_but_the_mark, set_up),
        cmocka_unit_test_setup(what_is_taken_back_in_full_is_forgotten, set_up),
        cmocka_unit_test_setup(unknown_increments_count_as_the_best, set_up),
        cmocka_unit_test_setup(freezes_whoever_does_not_operate, set_up),
        cmocka_unit_test_setup(freezes_once_and_thaws_what_it_froze, set_up),
        cmocka_unit_test_setup(a_stop_is_not_lifted_by_ratings, set_up),
        cmocka_unit_test_setup(leaves_the_freeze_of_others_alone, set_up),
        cmocka_unit_test_setup(a_closed_contract_changes_nothing, set_up),
        cmocka_unit_test_setup(takes_back_before_it_freezes, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
