/* What changes do to the balances of an account: every kind of entry, and every refusal. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/account/account.h"
#include "scfd/base/money.h"

static struct scf_arena *arena;

static int open_arena(void **state) {
    (void)state;
    arena = scf_arena_new(1 << 20);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static struct scf_account account(int64_t initial, int64_t increments, int64_t held, int64_t used) {
    return (struct scf_account){.currency = "CNY",
                                .granted = initial + increments,
                                .initial = initial,
                                .increments = increments,
                                .held = held,
                                .used = used};
}

static enum scf_code apply(struct scf_account *a, enum scf_entry_type type, int64_t amount,
                           int64_t from_hold) {
    struct scf_error err = {0};
    const struct scf_account_change change = {
        .type = type, .amount = amount, .from_hold = from_hold};
    struct scf_account before = *a;
    enum scf_code code = scf_account_apply(a, &change, arena, &err);
    if (code != SCF_OK) {
        assert_int_equal(code, SCF_E_LIMIT_EXCEEDED);
        assert_memory_equal(a, &before, sizeof before);
        assert_non_null(err.members_json);
    } else {
        assert_int_equal(a->entries, before.entries + 1);
        assert_int_equal(a->granted, a->initial + a->increments);
    }
    return code;
}

static void available_is_what_is_neither_held_nor_used(void **state) {
    (void)state;
    struct scf_account a = account(1000, 500, 300, 200);
    assert_int_equal(scf_account_available(&a), 1000);
    a.frozen = true;
    assert_int_equal(scf_account_available(&a), 0);
    assert_int_equal(scf_account_undrawn(&a), 1000);
    a = account(100, 0, 0, 150); /* a reversal took it there */
    assert_int_equal(scf_account_available(&a), 0);
}

static void holds_and_uses_stay_within(void **state) {
    (void)state;
    struct scf_account a = account(1000, 0, 0, 0);
    assert_int_equal(apply(&a, SCF_ENTRY_HOLD, 1001, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_HOLD, 600, 0), SCF_OK);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 401, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 400, 0), SCF_OK);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 600, 600), SCF_OK);
    assert_int_equal(a.held, 0);
    assert_int_equal(a.used, 1000);
    assert_int_equal(apply(&a, SCF_ENTRY_HOLD, 1, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_REPAY, 1001, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_REPAY, 1000, 0), SCF_OK);
    assert_int_equal(scf_account_available(&a), 1000);
}

static void more_than_is_held_is_never_given_back(void **state) {
    (void)state;
    struct scf_account a = account(1000, 0, 300, 0);
    assert_int_equal(apply(&a, SCF_ENTRY_RELEASE, 301, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_EXPIRE, 301, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_RELEASE, -1, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 301, 301), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 100, 101), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_EXPIRE, 300, 0), SCF_OK);
}

static void only_the_undrawn_is_taken_back(void **state) {
    (void)state;
    struct scf_account a = account(1000, 500, 300, 900);
    assert_int_equal(apply(&a, SCF_ENTRY_TAKE_BACK, 301, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_INITIAL, -301, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_TAKE_BACK, 300, 0), SCF_OK);
    assert_int_equal(a.increments, 200);
    a = account(1000, 100, 0, 0); /* never more than was given */
    assert_int_equal(apply(&a, SCF_ENTRY_TAKE_BACK, 101, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_INITIAL, -1001, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_INCREMENT, -1, 0), SCF_E_LIMIT_EXCEEDED);
}

static void a_freeze_stops_what_is_new(void **state) {
    (void)state;
    struct scf_account a = account(1000, 0, 300, 0);
    assert_int_equal(apply(&a, SCF_ENTRY_FREEZE, 0, 0), SCF_OK);
    assert_true(a.frozen);
    assert_int_equal(apply(&a, SCF_ENTRY_HOLD, 1, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 1, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 200, 200), SCF_OK); /* it was held before */
    assert_int_equal(apply(&a, SCF_ENTRY_REPAY, 200, 0), SCF_OK);
    assert_int_equal(apply(&a, SCF_ENTRY_INCREMENT, 50, 0), SCF_OK);
    assert_int_equal(apply(&a, SCF_ENTRY_UNFREEZE, 0, 0), SCF_OK);
    assert_int_equal(scf_account_available(&a), 950);
}

static void a_stop_keeps_what_is_held_from_being_drawn(void **state) {
    (void)state;
    struct scf_account a = account(1000, 0, 300, 0);
    a.frozen = a.stopped = true;
    assert_int_equal(apply(&a, SCF_ENTRY_USE, 200, 200), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_RELEASE, 300, 0), SCF_OK);
}

static void a_reversed_repayment_always_counts(void **state) {
    (void)state;
    struct scf_account a = account(1000, 0, 1000, 0);
    assert_int_equal(apply(&a, SCF_ENTRY_REPAY, -700, 0), SCF_OK);
    assert_int_equal(a.used, 700);
    assert_int_equal(scf_account_available(&a), 0);
    assert_int_equal(apply(&a, SCF_ENTRY_INITIAL, 100, 0), SCF_OK); /* a grant always may grow */
}

static void no_balance_overflows(void **state) {
    (void)state;
    struct scf_account a = account(SCF_MONEY_MAX, 0, 0, 0);
    assert_int_equal(apply(&a, SCF_ENTRY_INCREMENT, 1, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_INITIAL, INT64_MIN, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, INT64_MAX, 0), SCF_E_LIMIT_EXCEEDED);
    assert_int_equal(apply(&a, SCF_ENTRY_USE, SCF_MONEY_MAX, 0), SCF_OK);
    assert_int_equal(apply(&a, SCF_ENTRY_REPAY, -1, 0), SCF_E_LIMIT_EXCEEDED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(available_is_what_is_neither_held_nor_used),
        cmocka_unit_test(holds_and_uses_stay_within),
        cmocka_unit_test(more_than_is_held_is_never_given_back),
        cmocka_unit_test(only_the_undrawn_is_taken_back),
        cmocka_unit_test(a_freeze_stops_what_is_new),
        cmocka_unit_test(a_stop_keeps_what_is_held_from_being_drawn),
        cmocka_unit_test(a_reversed_repayment_always_counts),
        cmocka_unit_test(no_balance_overflows),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
