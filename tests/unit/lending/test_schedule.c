/* Interest and schedules against values computed elsewhere: exact fractions for interest, the
 * annuity formula for equal instalments. */
#include <setjmp.h>
#include <cmocka.h>

#include "schedule.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

#define DAY(y, m, d) scf_day_from_civil(y, m, d)

static int open_arena(void **state) {
    *state = scf_arena_new(1 << 20);
    return 0;
}

static int close_arena(void **state) {
    scf_arena_free(*state);
    return 0;
}

static int64_t interest(int64_t principal, int64_t rate, enum scf_day_count count, int32_t from,
                        int32_t to) {
    int64_t value = -1;
    assert_true(scf_interest(principal, rate, count, from, to, &value));
    return value;
}

/* 500 000.00 at 4.35 % from 2026-11-22 to 2027-04-21: 150 days, 149 of 30/360. */
static void interest_follows_the_day_count(void **state) {
    (void)state;
    int32_t from = DAY(2026, 11, 22), to = DAY(2027, 4, 21);
    assert_int_equal(interest(50000000, 43500, SCF_ACT_360, from, to), 906250);
    assert_int_equal(interest(50000000, 43500, SCF_ACT_365, from, to), 893836);
    assert_int_equal(interest(50000000, 43500, SCF_D30_360, from, to), 900208);
}

static void interest_rounds_half_up_once(void **state) {
    (void)state;
    int32_t day = DAY(2026, 1, 1);
    /* 180.00 at 1 % for one day of 360: exactly 0.5 of a minor unit. */
    assert_int_equal(interest(18000, 10000, SCF_ACT_360, day, day + 1), 1);
    assert_int_equal(interest(17999, 10000, SCF_ACT_360, day, day + 1), 0);
    assert_int_equal(interest(18000, 10000, SCF_ACT_360, day, day), 0);
    assert_int_equal(interest(18000, 0, SCF_ACT_360, day, day + 360), 0);
}

static void months_of_30_days_end_on_30(void **state) {
    (void)state;
    /* At 36 % a year 1 000.00 bears 1.00 a day of 360. */
    assert_int_equal(interest(100000, 360000, SCF_D30_360, DAY(2026, 1, 31), DAY(2026, 2, 28)),
                     2800);
    assert_int_equal(interest(100000, 360000, SCF_D30_360, DAY(2025, 12, 31), DAY(2026, 1, 31)),
                     3000);
}

static void interest_refuses_what_does_not_fit(void **state) {
    (void)state;
    int64_t value = 7;
    assert_false(scf_interest(SCF_MONEY_MAX, 360000, SCF_ACT_360, 0, 360 * 100, &value));
    assert_false(scf_interest(1, 1, SCF_ACT_360, 10, 9, &value));
    assert_int_equal(value, 7);
}

static void months_end_where_the_month_ends(void **state) {
    (void)state;
    int32_t start = DAY(2026, 1, 31);
    assert_int_equal(scf_add_months(start, 1), DAY(2026, 2, 28));
    assert_int_equal(scf_add_months(start, 2), DAY(2026, 3, 31));
    assert_int_equal(scf_add_months(start, 11), DAY(2026, 12, 31));
    assert_int_equal(scf_add_months(start, 12), DAY(2027, 1, 31));
    assert_int_equal(scf_add_months(DAY(2024, 1, 31), 1), DAY(2024, 2, 29));
}

/* ---- schedules ---- */

static struct scf_instalment *derive(void **state, const struct scf_terms *terms, size_t *n) {
    struct scf_instalment *list = NULL;
    assert_true(scf_schedule_derive(terms, *state, &list, n));
    int64_t principal = 0;
    for (size_t i = 0; i < *n; i++)
        principal += list[i].principal;
    assert_int_equal(principal, terms->principal);
    assert_int_equal(list[*n - 1].due_day, terms->maturity_day);
    return list;
}

static void one_payment_at_maturity(void **state) {
    static const enum scf_repayment_method methods[] = {SCF_BULLET, SCF_SELF_LIQUIDATING};
    for (size_t i = 0; i < SCF_COUNT(methods); i++) {
        struct scf_terms t = {50000000,          43500,           SCF_ACT_360, methods[i],
                              DAY(2026, 11, 22), DAY(2027, 4, 21)};
        size_t n;
        struct scf_instalment *list = derive(state, &t, &n);
        assert_int_equal(n, 1);
        assert_int_equal(list[0].interest, 906250);
    }
}

static void equal_principal_takes_the_rest_last(void **state) {
    static const int64_t expected[12] = {466667, 473611, 416667, 387500, 333333, 301389,
                                         258333, 208333, 172222, 125000, 86111,  43056};
    struct scf_terms t = {100000000,        60000,           SCF_ACT_360, SCF_EQUAL_PRINCIPAL,
                          DAY(2026, 1, 31), DAY(2027, 1, 31)};
    size_t n;
    struct scf_instalment *list = derive(state, &t, &n);
    assert_int_equal(n, 12);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(list[i].principal, i < 11 ? 8333333 : 8333337);
        assert_int_equal(list[i].interest, expected[i]);
    }
    assert_int_equal(list[0].due_day, DAY(2026, 2, 28));
    assert_int_equal(list[1].due_day, DAY(2026, 3, 31));
}

/* 1 000 000.00 at 6 % over 12 months of 30 days: the annuity formula gives 86 066.4297. */
static void equal_instalments_are_the_annuity(void **state) {
    struct scf_terms t = {100000000,        60000,           SCF_D30_360, SCF_EQUAL_INSTALLMENT,
                          DAY(2026, 3, 15), DAY(2027, 3, 15)};
    size_t n;
    struct scf_instalment *list = derive(state, &t, &n);
    assert_int_equal(n, 12);
    int64_t payment = list[0].principal + list[0].interest;
    assert_in_range(payment, 8606642, 8606644);
    assert_int_equal(list[0].interest, 500000);
    for (size_t i = 0; i + 1 < n; i++)
        assert_int_equal(list[i].principal + list[i].interest, payment);
    int64_t last = list[n - 1].principal + list[n - 1].interest;
    assert_in_range(last, payment - 12, payment);
}

/* 300 000.00 at 4.8 %, five months and a rest of 17 days, actual days: discounting exactly gives
 * 50 701.2936 for each of the six payments. */
static void a_short_last_period_pays_the_same(void **state) {
    struct scf_terms t = {30000000,         48000,          SCF_ACT_360, SCF_EQUAL_INSTALLMENT,
                          DAY(2026, 3, 15), DAY(2026, 9, 1)};
    size_t n;
    struct scf_instalment *list = derive(state, &t, &n);
    assert_int_equal(n, 6);
    assert_int_equal(list[4].due_day, DAY(2026, 8, 15));
    for (size_t i = 0; i < n; i++)
        assert_in_range(list[i].principal + list[i].interest, 5070123, 5070131);
}

static void without_interest_instalments_divide_the_principal(void **state) {
    struct scf_terms t = {
        100, 0, SCF_ACT_360, SCF_EQUAL_INSTALLMENT, DAY(2026, 1, 1), DAY(2026, 4, 1)};
    size_t n;
    struct scf_instalment *list = derive(state, &t, &n);
    assert_int_equal(n, 3);
    assert_int_equal(list[0].principal, 34);
    assert_int_equal(list[1].principal, 34);
    assert_int_equal(list[2].principal, 32);
}

static void interest_first_principal_last(void **state) {
    struct scf_terms t = {36000000,         360000,
                          SCF_D30_360,      SCF_INTEREST_THEN_PRINCIPAL,
                          DAY(2026, 1, 10), DAY(2026, 4, 10)};
    size_t n;
    struct scf_instalment *list = derive(state, &t, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(list[i].interest, 1080000);
        assert_int_equal(list[i].principal, i < 2 ? 0 : 36000000);
    }
}

static void the_largest_loans_have_schedules(void **state) {
    for (enum scf_repayment_method m = SCF_BULLET; m <= SCF_SELF_LIQUIDATING; m++) {
        struct scf_terms t = {SCF_MONEY_MAX,   360000,           SCF_ACT_360, m,
                              DAY(2026, 1, 1), DAY(2030, 12, 31)};
        size_t n;
        (void)derive(state, &t, &n);
        assert_int_equal(n, m == SCF_BULLET || m == SCF_SELF_LIQUIDATING ? 1 : 60);
    }
}

static void a_full_arena_is_told(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(64);
    struct scf_terms t = {1000, 0, SCF_ACT_360, SCF_EQUAL_PRINCIPAL, 0, 1800};
    struct scf_instalment *list = NULL;
    size_t n = 0;
    assert_false(scf_schedule_derive(&t, arena, &list, &n));
    assert_null(list);
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interest_follows_the_day_count),
        cmocka_unit_test(interest_rounds_half_up_once),
        cmocka_unit_test(months_of_30_days_end_on_30),
        cmocka_unit_test(interest_refuses_what_does_not_fit),
        cmocka_unit_test(months_end_where_the_month_ends),
        cmocka_unit_test_setup_teardown(one_payment_at_maturity, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(equal_principal_takes_the_rest_last, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(equal_instalments_are_the_annuity, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_short_last_period_pays_the_same, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(without_interest_instalments_divide_the_principal,
                                        open_arena, close_arena),
        cmocka_unit_test_setup_teardown(interest_first_principal_last, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(the_largest_loans_have_schedules, open_arena, close_arena),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
