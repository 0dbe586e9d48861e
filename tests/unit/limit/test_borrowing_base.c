/* The borrowing base: the worked vector of CR-3.5, each test of CR-3.1, and the rates of CR-3.2. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/limit/limit.h"

enum { MAX = 8, TODAY = 20500 };

static struct scf_arena *arena;
static struct scf_trade_invoice invoices[MAX];
static struct scf_receivable_standing standings[MAX];
static struct scf_limit_debtor debtors[4];
static struct scf_limit_contract contract;
static struct scf_limit_inputs in;

static struct scf_uuid debtor(int number) {
    return (struct scf_uuid){{(uint8_t)number}};
}

/* A delivered, confirmed receivable of `yuan`, invoiced `age` days ago. */
static void add(int number, int64_t yuan, int32_t age) {
    size_t i = contract.trade.invoice_count++;
    invoices[i] = (struct scf_trade_invoice){.debtor_id = debtor(number),
                                             .currency = "CNY",
                                             .amount = yuan * 100,
                                             .issued_day = TODAY - age,
                                             .delivered = true};
    standings[i] = (struct scf_receivable_standing){
        .exists = true, .state = SCF_RCV_CONFIRMED, .confirmed = true};
}

static int set_up(void **state) {
    (void)state;
    struct scf_error err = {0};
    arena = scf_arena_new(1 << 20);
    contract = (struct scf_limit_contract){.status = "active",
                                           .currency = "CNY",
                                           .seller_is_borrower = true,
                                           .trade = {.invoices = invoices},
                                           .standings = standings};
    debtors[0] = (struct scf_limit_debtor){.enterprise_id = debtor(1), .core = true};
    in = (struct scf_limit_inputs){.product = SCF_PRODUCT_RECEIVABLE,
                                   .as_of_us = TODAY * SCF_US_PER_DAY,
                                   .currency = "CNY",
                                   .operating = true,
                                   .contracts = &contract,
                                   .contract_count = 1,
                                   .debtors = debtors,
                                   .debtor_count = 1};
    assert_int_equal(
        scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err), SCF_OK);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static struct scf_borrowing_base compute(void) {
    struct scf_borrowing_base b;
    assert_true(scf_borrowing_base_compute(&in, arena, &b));
    return b;
}

/* CR-3.5 word for word: 5,482,400.00 元. */
static void worked_vector(void **state) {
    (void)state;
    add(1, 4000000, 10), add(1, 2500000, 40);
    add(2, 1200000, 95), add(2, 800000, 20);
    add(3, 900000, 15), add(3, 600000, 5);
    add(4, 500000, 12), add(5, 1000000, 25);
    invoices[4].disputed = invoices[4].amount;
    contract.trade.sales_12m = 100000000, contract.trade.dilution_12m = 8000000;
    struct scf_borrowing_base b = compute();
    static const enum scf_ineligibility expected[MAX] = {SCF_ELIGIBLE, SCF_ELIGIBLE, SCF_OUT_AGE,
                                                         SCF_OUT_XAGE, SCF_OUT_DISP, SCF_ELIGIBLE,
                                                         SCF_ELIGIBLE, SCF_ELIGIBLE};
    assert_int_equal(b.line_count, MAX);
    for (size_t i = 0; i < MAX; i++)
        assert_int_equal(b.lines[i].code, expected[i]);
    assert_int_equal(b.debtor_count, 5);
    static const int64_t gross[] = {650000000, 0, 60000000, 50000000, 100000000};
    static const int64_t excess[] = {134000000, 0, 0, 0, 14000000};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(b.debtors[i].gross, gross[i]);
        assert_int_equal(b.debtors[i].excess, excess[i]);
    }
    assert_int_equal(b.gross, 860000000);
    assert_int_equal(b.net, 712000000);
    assert_int_equal(b.dilution_ppm, 80000);
    assert_int_equal(b.advance_ppm, 770000);
    assert_int_equal(b.base, INT64_C(548240000));
}

static enum scf_ineligibility code_of_first(void) {
    return compute().lines[0].code;
}

static void each_test_of_cr_3_1(void **state) {
    (void)state;
    add(1, 1000, 10);
    const struct scf_trade_invoice good = invoices[0];
    struct scf_trade_invoice *v = &invoices[0];
    assert_int_equal(code_of_first(), SCF_ELIGIBLE);
    v->delivered = false;
    assert_int_equal(code_of_first(), SCF_OUT_FUT);
    *v = good, v->financed_elsewhere = true;
    assert_int_equal(code_of_first(), SCF_OUT_OWN);
    *v = good, contract.consignment = true;
    assert_int_equal(code_of_first(), SCF_OUT_CSG);
    contract.consignment = false, contract.paid_by_bill = true;
    assert_int_equal(code_of_first(), SCF_OUT_BILL);
    contract.paid_by_bill = false, v->hard_failed = true;
    assert_int_equal(code_of_first(), SCF_OUT_CHECK);
    *v = good, v->cancelled = true;
    assert_int_equal(code_of_first(), SCF_OUT_INV);
    *v = good, memcpy(v->currency, "USD", 4);
    assert_int_equal(code_of_first(), SCF_OUT_CUR);
    *v = good, standings[0].registered_by_other = true;
    assert_int_equal(code_of_first(), SCF_OUT_DUP);
    standings[0].registered_by_other = false, debtors[0].affiliated = true;
    assert_int_equal(code_of_first(), SCF_OUT_AFF);
    in.policy.base.affiliates_allowed = true;
    assert_int_equal(code_of_first(), SCF_ELIGIBLE);
    contract.assignment_prohibited = true; /* NASSIGN: a warning */
    struct scf_borrowing_base b = compute();
    assert_int_equal(b.lines[0].code, SCF_ELIGIBLE);
    assert_true(b.lines[0].warn_assignment);
}

static void ages_and_terms_to_the_day(void **state) {
    (void)state;
    add(1, 1000, 90);
    assert_int_equal(code_of_first(), SCF_ELIGIBLE);
    invoices[0].issued_day--;
    assert_int_equal(code_of_first(), SCF_OUT_AGE);
    invoices[0].issued_day = TODAY - 80;
    invoices[0].has_due = true, invoices[0].due_day = TODAY - 60;
    assert_int_equal(code_of_first(), SCF_ELIGIBLE);
    invoices[0].due_day--;
    assert_int_equal(code_of_first(), SCF_OUT_AGE);
    invoices[0].due_day = invoices[0].issued_day + 365;
    assert_int_equal(code_of_first(), SCF_ELIGIBLE);
    invoices[0].due_day++; /* CR-9.1: one year, since 2025-06-15 */
    assert_int_equal(code_of_first(), SCF_OUT_TERM);
}

/* More than a half, not just a half. */
static void cross_aging_at_the_bound(void **state) {
    (void)state;
    add(2, 1000, 91), add(2, 1000, 5);
    struct scf_borrowing_base b = compute();
    assert_int_equal(b.lines[1].code, SCF_ELIGIBLE);
    invoices[0].amount++;
    assert_int_equal(compute().lines[1].code, SCF_OUT_XAGE);
    in.policy.base.cross_age_ppm = 250000; /* strict */
    invoices[0].amount = 33333, invoices[1].amount = 100000;
    assert_int_equal(compute().lines[1].code, SCF_ELIGIBLE);
    invoices[0].amount = 33334;
    assert_int_equal(compute().lines[1].code, SCF_OUT_XAGE);
}

/* Reductions, payments and disputes leave the rest; set-off takes its amount of the debtor. */
static void parts_that_are_out(void **state) {
    (void)state;
    in.policy.base.core_concentration_ppm = SCF_PPM;
    add(1, 1000, 10);
    invoices[0].reduced = 10000, invoices[0].paid = 20000, invoices[0].disputed = 30000;
    debtors[0].contra = 5000;
    struct scf_borrowing_base b = compute();
    assert_int_equal(b.lines[0].balance, 70000);
    assert_int_equal(b.lines[0].eligible, 40000);
    assert_int_equal(b.debtors[0].contra, 5000);
    assert_int_equal(b.debtors[0].gross, 35000);
    assert_int_equal(b.base, 28000); /* × 0.8 */
    debtors[0].contra = 99999999;
    assert_int_equal(compute().base, 0);
}

static void unconfirmed_counts_less_or_not(void **state) {
    (void)state;
    in.policy.base.core_concentration_ppm = SCF_PPM;
    add(1, 1000, 10), add(1, 500, 10);
    standings[1].confirmed = false;
    assert_int_equal(compute().base, 100000 * 8 / 10 + 50000 / 2);
    standings[1] = (struct scf_receivable_standing){0}; /* nobody has asked the debtor */
    assert_int_equal(compute().base, 105000);
    in.policy.base.unconfirmed_advance_ppm = 0;
    struct scf_borrowing_base b = compute();
    assert_int_equal(b.lines[1].code, SCF_OUT_NOCONF);
    assert_int_equal(b.base, 80000);
    contract.standings = NULL;
    assert_int_equal(compute().base, 0);
}

/* DR is rounded up, and never makes the rate negative. */
static void dilution_lowers_the_rate(void **state) {
    (void)state;
    add(1, 1000, 10);
    contract.trade.sales_12m = 3, contract.trade.dilution_12m = 1;
    struct scf_borrowing_base b = compute();
    assert_int_equal(b.dilution_ppm, 333334);
    assert_int_equal(b.advance_ppm, 516666); /* 0.80 − (0.333334 − 0.05) */
    contract.trade.dilution_12m = 3;
    assert_int_equal(compute().advance_ppm, 0);
    contract.trade.sales_12m = 0; /* nothing sold, and yet returned */
    assert_int_equal(compute().advance_ppm, 0);
    contract.trade.dilution_12m = 0;
    assert_int_equal(compute().advance_ppm, 800000);
    in.policy.base.max_advance_ppm = 700000;
    assert_int_equal(compute().advance_ppm, 700000);
}

/* What the borrower bought, or sold in another money, is no sale to measure its dilution by. */
static void sales_of_others_hide_no_dilution(void **state) {
    (void)state;
    add(1, 1000, 10);
    contract.trade.sales_12m = 1000, contract.trade.dilution_12m = 150;
    struct scf_limit_contract two[2] = {contract, contract};
    in.contracts = two, in.contract_count = 2;
    two[1].trade = (struct scf_trade_view){.sales_12m = 9000};
    assert_int_equal(compute().dilution_ppm, 15000); /* its own: 150 of 10 000 */
    two[1].seller_is_borrower = false;
    assert_int_equal(compute().dilution_ppm, 150000);
    two[1].seller_is_borrower = true, memcpy(two[1].currency, "JPY", 4);
    assert_int_equal(compute().dilution_ppm, 150000);
}

static void contracts_that_do_not_count(void **state) {
    (void)state;
    add(1, 1000, 10);
    contract.seller_is_borrower = false;
    assert_int_equal(compute().line_count, 0);
    contract.seller_is_borrower = true, contract.status = "completed"; /* fulfilled: it counts */
    assert_int_equal(compute().line_count, 1);
    contract.duplicate = true;
    assert_int_equal(compute().line_count, 0);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(worked_vector),
        T(each_test_of_cr_3_1),
        T(ages_and_terms_to_the_day),
        T(cross_aging_at_the_bound),
        T(parts_that_are_out),
        T(unconfirmed_counts_less_or_not),
        T(dilution_lowers_the_rate),
        T(sales_of_others_hide_no_dilution),
        T(contracts_that_do_not_count),
    };
    return cmocka_run_group_tests_name("borrowing_base", tests, NULL, NULL);
}
