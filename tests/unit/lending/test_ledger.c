/* Allocation, shares and arrears against figures worked out by hand. */
#include <setjmp.h>
#include <cmocka.h>

#include "ledger.h"

static void assert_amounts(const struct scf_amounts *a, int64_t fees, int64_t penalty,
                           int64_t compound, int64_t interest, int64_t principal) {
    assert_int_equal(a->fees, fees);
    assert_int_equal(a->penalty, penalty);
    assert_int_equal(a->compound, compound);
    assert_int_equal(a->interest, interest);
    assert_int_equal(a->principal, principal);
}

static void fees_then_interest_then_principal(void **state) {
    (void)state;
    const struct scf_amounts owed = {100, 20, 30, 400, 10000};
    struct scf_amounts paid;
    assert_true(scf_allocate(50, &owed, &paid));
    assert_amounts(&paid, 50, 0, 0, 0, 0);
    assert_true(scf_allocate(300, &owed, &paid));
    assert_amounts(&paid, 100, 20, 30, 150, 0);
    assert_true(scf_allocate(551, &owed, &paid));
    assert_amounts(&paid, 100, 20, 30, 400, 1);
    assert_true(scf_allocate(10550, &owed, &paid));
    assert_amounts(&paid, 100, 20, 30, 400, 10000);
    assert_false(scf_allocate(10551, &owed, &paid));
}

static void a_balance_never_falls_below_zero(void **state) {
    (void)state;
    struct scf_amounts owed = {0, 0, 0, 5, 100};
    const struct scf_amounts paid = {0, 0, 0, 6, 10};
    struct scf_amounts change = scf_amounts_negated(&paid);
    assert_false(scf_amounts_add(&owed, &change));
    assert_amounts(&owed, 0, 0, 0, 5, 100);
    assert_true(scf_amounts_add(&owed, &paid));
    assert_amounts(&owed, 0, 0, 0, 11, 110);
    assert_true(scf_amounts_add(&owed, &change));
    assert_amounts(&owed, 0, 0, 0, 5, 100);
}

static void sums_that_do_not_fit_are_told(void **state) {
    (void)state;
    int64_t sum = 7;
    struct scf_amounts most = {INT64_MAX, 1, 0, 0, 0}, few = {1, 2, 3, 4, 5};
    assert_false(scf_amounts_sum(&most, &sum));
    assert_int_equal(sum, 7);
    assert_true(scf_amounts_sum(&few, &sum));
    assert_int_equal(sum, 15);
    assert_false(scf_amounts_add(&most, &few));
}

static void only_unknown_fees_are_charged(void **state) {
    (void)state;
    const struct scf_amounts owed = {100, 0, 0, 50, 1000}, allocation = {130, 7, 0, 60, 2000};
    struct scf_amounts charge = scf_charge_of(&allocation, &owed);
    assert_amounts(&charge, 30, 7, 0, 0, 0);
}

static void shares_add_up(void **state) {
    (void)state;
    const int64_t weights[] = {1, 1, 1, 0, 7};
    int64_t parts[5];
    for (int64_t total = 0; total < 1000; total++) {
        int64_t sum = 0;
        scf_split(total, weights, 5, parts);
        for (int i = 0; i < 5; i++) {
            int64_t off = parts[i] * 10 - total * weights[i];
            assert_true(parts[i] >= 0 && off > -10 && off < 10);
            sum += parts[i];
        }
        assert_int_equal(sum, total);
        assert_int_equal(parts[3], 0);
    }
    const int64_t large[] = {10000000000000000, 10000000000000000};
    scf_split(999999999999999999, large, 2, parts);
    assert_int_equal(parts[0] + parts[1], 999999999999999999);
}

/* 3 000.00 at 36 %, three months of 30 days: principal 1 000.00 each, interest 90, 60, 30. */
static const struct scf_terms terms = {300000, 360000, SCF_D30_360, SCF_EQUAL_PRINCIPAL, 0, 90};
static const struct scf_instalment schedule[] = {
    {31, 100000, 9000}, {59, 100000, 6000}, {90, 100000, 3000}};

static struct scf_loan_position position(int64_t interest, int64_t principal, int32_t paid_to,
                                         int64_t paid_interest) {
    return (struct scf_loan_position){.terms = &terms,
                                      .schedule = schedule,
                                      .n = 3,
                                      .owed = {.interest = interest, .principal = principal},
                                      .paid_to_day = paid_to,
                                      .paid_interest = paid_interest};
}

static void overdue_counts_from_the_first_unpaid_instalment(void **state) {
    (void)state;
    struct scf_loan_position p = position(0, 300000, 0, 0);
    assert_int_equal(scf_overdue_days(&p, 31), 0);
    assert_int_equal(scf_overdue_days(&p, 32), 1);
    assert_int_equal(scf_overdue_days(&p, 200), 169);
    p = position(0, 200000, 31, 9000);
    assert_int_equal(scf_overdue_days(&p, 59), 0);
    assert_int_equal(scf_overdue_days(&p, 60), 1);
    p = position(0, 0, 59, 15000);
    assert_int_equal(scf_overdue_days(&p, 500), 0);
}

static void unpaid_interest_alone_is_overdue(void **state) {
    (void)state;
    struct scf_loan_position p = position(1, 200000, 31, 8999);
    assert_int_equal(scf_overdue_days(&p, 40), 9);
}

/* Everything was repaid on day 10, when 900 had accrued: the scheduled interest never falls due. */
static void early_repayment_leaves_no_arrears(void **state) {
    (void)state;
    struct scf_loan_position p = position(0, 0, 10, 900);
    assert_int_equal(scf_overdue_days(&p, 400), 0);
}

static void interest_accrues_from_where_it_is_booked(void **state) {
    (void)state;
    struct scf_loan_position p = position(0, 200000, 31, 9000);
    int64_t accrued = -1;
    assert_true(scf_accrued(&p, 31, &accrued));
    assert_int_equal(accrued, 0);
    assert_true(scf_accrued(&p, 20, &accrued));
    assert_int_equal(accrued, 0);
    assert_true(scf_accrued(&p, 59, &accrued)); /* 1 February to 1 March */
    assert_int_equal(accrued, 6000);
}

static void risk_classes_have_their_thresholds(void **state) {
    (void)state;
    static const struct {
        int32_t days;
        const char *name;
    } cases[] = {{0, "normal"},       {1, "special_mention"}, {90, "special_mention"},
                 {91, "substandard"}, {270, "substandard"},   {271, "doubtful"},
                 {360, "doubtful"},   {361, "loss"}};
    for (size_t i = 0; i < SCF_COUNT(cases); i++)
        assert_string_equal(scf_risk_class(cases[i].days), cases[i].name);
}

/* 100 by 3:1 is 75 and 25; what has no room goes to the first that has some. */
static void shares_stay_within_their_rooms(void **state) {
    (void)state;
    static const struct {
        int64_t total, weights[3], rooms[3], parts[3];
        bool fits;
    } cases[] = {
        {100, {3, 1, 0}, {100, 100, 100}, {75, 25, 0}, true},
        {100, {3, 1, 0}, {60, 100, 100}, {60, 40, 0}, true},
        {100, {3, 1, 0}, {60, 30, 100}, {60, 30, 10}, true},
        {100, {1, 1, 1}, {0, 100, 0}, {0, 100, 0}, true},
        {100, {1, 1, 1}, {33, 33, 34}, {33, 33, 34}, true},
        {100, {1, 1, 1}, {33, 33, 33}, {0}, false},
        {0, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, true},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        int64_t parts[3];
        bool fits = scf_split_within(cases[i].total, cases[i].weights, cases[i].rooms, 3, parts);
        assert_int_equal(fits, cases[i].fits);
        if (fits)
            assert_memory_equal(parts, cases[i].parts, sizeof parts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fees_then_interest_then_principal),
        cmocka_unit_test(a_balance_never_falls_below_zero),
        cmocka_unit_test(sums_that_do_not_fit_are_told),
        cmocka_unit_test(only_unknown_fees_are_charged),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(overdue_counts_from_the_first_unpaid_instalment),
        cmocka_unit_test(unpaid_interest_alone_is_overdue),
        cmocka_unit_test(early_repayment_leaves_no_arrears),
        cmocka_unit_test(interest_accrues_from_where_it_is_booked),
        cmocka_unit_test(risk_classes_have_their_thresholds),
        cmocka_unit_test(shares_stay_within_their_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
