/* One lender's ceilings: debtor room over all suppliers (CR-5), prudential limits (CR-10.3,
 * CR-10.4, CR-10.6), its own cap; figures computed by hand. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/limit/lender.h"

static struct scf_arena *arena;
static struct scf_limit_contract contracts[3];
static struct scf_limit_part parts[3];
static struct scf_limit_inputs in;
static struct scf_limit_result shared;
static struct scf_lender_debtor debtors[2];
static struct scf_lender_inputs lender;

static struct scf_uuid id(int number) {
    return (struct scf_uuid){{(uint8_t)number}};
}

/* Two contracts with debtor 1 (300 + 200), one with debtor 2 (500). */
static int set_up(void **state) {
    (void)state;
    struct scf_error err = {0};
    arena = scf_arena_new(1 << 20);
    for (int i = 0; i < 3; i++)
        contracts[i] = (struct scf_limit_contract){.buyer_id = id(i < 2 ? 1 : 2)};
    parts[0] = (struct scf_limit_part){.limit = 30000};
    parts[1] = (struct scf_limit_part){.limit = 20000};
    parts[2] = (struct scf_limit_part){.limit = 50000};
    in = (struct scf_limit_inputs){
        .currency = "CNY", .contracts = contracts, .contract_count = 3, .borrower_id = id(9)};
    assert_int_equal(
        scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err), SCF_OK);
    shared = (struct scf_limit_result){.parts = parts, .limit = 100000};
    debtors[0] = (struct scf_lender_debtor){.enterprise_id = id(1)};
    debtors[1] = (struct scf_lender_debtor){.enterprise_id = id(2)};
    lender = (struct scf_lender_inputs){
        .known = true, .kind = SCF_LENDER_OTHER, .debtors = debtors, .debtor_count = 2};
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static struct scf_lender_result compute(void) {
    struct scf_lender_result r;
    scf_lender_limit_compute(&in, &shared, &lender, &r);
    return r;
}

static void without_terms_the_shared_limit_stands(void **state) {
    (void)state;
    struct scf_lender_result r = compute(); /* terms that say nothing */
    assert_int_equal(r.limit, 100000);
    lender.known = false;
    lender.has_cap = true; /* means nothing without terms */
    r = compute();
    assert_int_equal(r.limit, 100000);
    for (size_t i = 0; i < 3; i++)
        assert_false(r.steps[i].applies || r.steps[i].binding);
}

/* 90 000 − 40 000 − 10 000 − 5 000 leaves 35 000 of the 50 000 with debtor 1; debtor 2 has no line.
 */
static void debtor_room_over_all_suppliers(void **state) {
    (void)state;
    debtors[0].has_line = true;
    debtors[0].line = 90000, debtors[0].confirmed_financed = 40000;
    debtors[0].direct_loans = 10000, debtors[0].here = 5000;
    struct scf_lender_result r = compute();
    assert_int_equal(r.steps[0].recomputed, 35000);
    assert_int_equal(r.steps[0].adjusted, 85000);
    assert_int_equal(r.limit, 85000);
    assert_true(r.steps[0].binding);
    assert_string_equal(r.steps[0].rule, "CR-5");
    debtors[1].has_line = true, debtors[1].line = 12345;
    assert_int_equal(compute().limit, 35000 + 12345);
    debtors[0].here = 999999; /* used up: never below nothing */
    assert_int_equal(compute().limit, 12345);
    debtors[0].here = 0, debtors[1].line = 1000000; /* room enough */
    r = compute();
    assert_int_equal(r.limit, 90000);
    debtors[0].line = 100000;
    r = compute();
    assert_int_equal(r.limit, 100000);
    assert_true(r.steps[0].applies && !r.steps[0].binding);
}

/* 10 % of capital, 15 % and 20 % of tier 1, each less what is used of it. */
static void banks(void **state) {
    (void)state;
    lender.kind = SCF_LENDER_BANK;
    lender.has_capital = true, lender.capital = 1000000;
    lender.loans = 30000;
    assert_int_equal(compute().limit, 70000);
    lender.has_tier1 = true, lender.tier1_capital = 400000;
    lender.exposure = 20000; /* 60 000 − 20 000 */
    assert_int_equal(compute().limit, 40000);
    lender.group_exposure = 70000; /* 80 000 − 70 000 */
    struct scf_lender_result r = compute();
    assert_int_equal(r.limit, 10000);
    assert_string_equal(r.steps[1].rule, "CR-10.4");
    lender.here = 4000;
    assert_int_equal(compute().limit, 6000);
    lender.here = 10000;
    assert_int_equal(compute().limit, 0);
}

/* One debtor at most 50 % of risk assets, affiliates together 40 %, leverage 10 times. */
static void factors(void **state) {
    (void)state;
    lender.kind = SCF_LENDER_FACTOR;
    lender.has_risk_assets = true, lender.risk_assets = 80000;
    assert_int_equal(compute().limit, 40000 + 40000);
    debtors[0].confirmed_financed = 10000, debtors[0].here = 5000;
    assert_int_equal(compute().limit, 25000 + 40000);
    debtors[1].affiliated = true;
    lender.affiliates = 12000; /* 32 000 − 12 000 */
    assert_int_equal(compute().limit, 25000 + 20000);
    debtors[1].here = 3000; /* financed here, which the terms do not say */
    assert_int_equal(compute().limit, 25000 + 17000);
    debtors[1].here = 0;
    lender.has_net_assets = true, lender.net_assets = 10000;
    assert_int_equal(compute().limit, 20000); /* 100 000 − 80 000 */
    lender.net_assets = SCF_MONEY_MAX;
    assert_int_equal(compute().limit, 45000);
    assert_string_equal(compute().steps[1].rule, "CR-10.3");
}

static void guarantee_companies(void **state) {
    (void)state;
    lender.kind = SCF_LENDER_GUARANTEE_COMPANY;
    assert_int_equal(compute().limit, 100000); /* without figures nothing is known */
    lender.has_net_assets = true, lender.net_assets = 600000;
    assert_int_equal(compute().limit, 60000);
    lender.group_exposure = 50000; /* 90 000 − 50 000 */
    assert_int_equal(compute().limit, 40000);
    lender.guarantees = 5990000; /* 6 000 000 − 5 990 000 */
    assert_int_equal(compute().limit, 10000);
    assert_string_equal(compute().steps[1].rule, "CR-10.6");
}

static void the_lenders_own_cap(void **state) {
    (void)state;
    lender.has_cap = true, lender.single_borrower_cap = 50000;
    lender.loans = 10000, lender.here = 5000;
    struct scf_lender_result r = compute();
    assert_int_equal(r.steps[2].reported, 50000);
    assert_int_equal(r.limit, 35000);
    assert_true(r.steps[2].binding);
    lender.single_borrower_cap = 0;
    assert_int_equal(compute().limit, 0);
    lender.single_borrower_cap = 50000, in.policy.unit = 10000;
    assert_int_equal(compute().limit, 30000);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(without_terms_the_shared_limit_stands),
        T(debtor_room_over_all_suppliers),
        T(banks),
        T(factors),
        T(guarantee_companies),
        T(the_lenders_own_cap),
    };
    return cmocka_run_group_tests_name("regulatory", tests, NULL, NULL);
}
