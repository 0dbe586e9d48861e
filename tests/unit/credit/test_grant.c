/* What an assessment grants to the accounts of its contracts. */
#include <setjmp.h>
#include <cmocka.h>

#include "grant.h"
#include "scfd/base/money.h"

enum { CONTRACTS = 3 };

struct fixture {
    struct scf_limit_contract contracts[CONTRACTS];
    struct scf_limit_part parts[CONTRACTS];
    struct scf_limit_inputs in;
    struct scf_limit_result result;
};

static void set_up(struct fixture *f, const int64_t bases[CONTRACTS],
                   const int64_t guarantees[CONTRACTS]) {
    *f = (struct fixture){.in = {.policy = {.unit = 1}, .currency = "CNY"}};
    for (int i = 0; i < CONTRACTS; i++) {
        f->contracts[i] =
            (struct scf_limit_contract){.currency = "CNY", .seller_is_borrower = true};
        f->parts[i] = (struct scf_limit_part){.base = bases[i], .guarantee = guarantees[i]};
        f->result.computed += bases[i] + guarantees[i];
    }
    f->in.contracts = f->contracts;
    f->in.contract_count = CONTRACTS;
    f->result.parts = f->parts;
    f->result.limit = f->result.computed;
    f->result.steps[SCF_STEP_MODEL] =
        (struct scf_limit_step){.applies = true, .adjusted = f->result.computed};
}

static void cap(struct fixture *f, enum scf_limit_step_kind kind, int64_t amount) {
    f->result.steps[kind] = (struct scf_limit_step){.applies = true, .adjusted = amount};
    if (amount < f->result.limit)
        f->result.limit = amount - amount % f->in.policy.unit;
}

static void assert_grants(const struct fixture *f, int64_t a, int64_t b, int64_t c) {
    assert_int_equal(scf_grant_amount(&f->in, &f->result, 0), a);
    assert_int_equal(scf_grant_amount(&f->in, &f->result, 1), b);
    assert_int_equal(scf_grant_amount(&f->in, &f->result, 2), c);
}

static const int64_t BASES[] = {1000, 0, 500}, GUARANTEES[] = {100, 0, 0};

static void each_contract_gets_what_it_adds(void **state) {
    (void)state;
    struct fixture f;
    set_up(&f, BASES, GUARANTEES);
    assert_grants(&f, 1100, 0, 500);
}

static void what_was_asked_for_caps_no_contract(void **state) {
    (void)state;
    struct fixture f;
    set_up(&f, BASES, GUARANTEES);
    f.in.policy.unit = 100; /* 155 asked for, 100 given */
    cap(&f, SCF_STEP_REQUESTED, 155);
    assert_int_equal(f.result.limit, 100);
    assert_grants(&f, 1100, 0, 500);
    cap(&f, SCF_STEP_REQUESTED, 10);
    assert_grants(&f, 1100, 0, 500);
}

/* However little each assessment asks for, together they get no further than the need or the base:
 * 100 by 11 : 0 : 5 is 68.75 and 31.25. */
static void a_small_request_hides_no_ceiling(void **state) {
    (void)state;
    struct fixture f;
    set_up(&f, BASES, GUARANTEES);
    cap(&f, SCF_STEP_NEED, 100);
    cap(&f, SCF_STEP_REQUESTED, 10);
    assert_grants(&f, 68, 0, 32);
    cap(&f, SCF_STEP_BASE, 0);
    assert_grants(&f, 0, 0, 0);
}

/* 1 600 by 11 : 0 : 5 of 100 is 68.75 and 31.25: together exactly 100. */
static void another_ceiling_is_spread(void **state) {
    (void)state;
    struct fixture f;
    set_up(&f, BASES, GUARANTEES);
    cap(&f, SCF_STEP_NEED, 100);
    assert_grants(&f, 68, 0, 32);
    cap(&f, SCF_STEP_BASE, 0);
    assert_grants(&f, 0, 0, 0);
}

static void the_largest_numbers_fit(void **state) {
    (void)state;
    struct fixture f;
    const int64_t all[] = {SCF_MONEY_MAX, SCF_MONEY_MAX, SCF_MONEY_MAX}, none[CONTRACTS] = {0};
    set_up(&f, all, none);
    f.result.computed = SCF_MONEY_MAX; /* sums of money stop there */
    f.result.steps[SCF_STEP_MODEL].adjusted = f.result.limit = SCF_MONEY_MAX;
    int64_t third = SCF_MONEY_MAX / 3;
    assert_grants(&f, third, third, third);
}

static void some_contracts_say_nothing(void **state) {
    (void)state;
    struct fixture f;
    set_up(&f, BASES, GUARANTEES);
    assert_true(scf_grant_applies(&f.in, 0));
    f.contracts[0].duplicate = true;
    f.contracts[1].seller_is_borrower = false;
    memcpy(f.contracts[2].currency, "USD", 4);
    for (size_t i = 0; i < CONTRACTS; i++)
        assert_false(scf_grant_applies(&f.in, i));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_contract_gets_what_it_adds),
        cmocka_unit_test(what_was_asked_for_caps_no_contract),
        cmocka_unit_test(a_small_request_hides_no_ceiling),
        cmocka_unit_test(another_ceiling_is_spread),
        cmocka_unit_test(the_largest_numbers_fit),
        cmocka_unit_test(some_contracts_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
