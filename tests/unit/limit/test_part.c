/* Increments: the cumulative target, the freeze, and what is taken back, against products computed
 * with exact fractions; and over random histories, that nothing is granted twice. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/limit/limit.h"

static struct scf_arena *arena;
static struct scf_rating_sums sums;
static struct scf_limit_contract contract;
static struct scf_limit_inputs in;

/* N = 0.95 (A), D = 25 h (B), A = 0.95 (B): E = 0.895. C_net = 850 000.00. */
static int set_up(void **state) {
    (void)state;
    struct scf_error err = {0};
    arena = scf_arena_new(16 << 20);
    sums = (struct scf_rating_sums){.kind = SCF_REC_WORKFLOW_EVENT,
                                    .template_id = 1,
                                    .records = 100,
                                    .weight_expected = 100,
                                    .weight_present = 95,
                                    .delay_count = 1,
                                    .delay_s = 25 * 3600,
                                    .range_ok = 95};
    contract = (struct scf_limit_contract){
        .status = "active",
        .currency = "CNY",
        .amount = 100000000,
        .prepaid = 10000000,
        .retention = 5000000,
        .seller_is_borrower = true,
        .initial_limit = 10000000,
        .trade = {.stage = SCF_STAGE_ACCEPTED, .completion_ppm = 500000}};
    in = (struct scf_limit_inputs){.kind = SCF_KIND_PERIODIC,
                                   .template_code = "t",
                                   .grading = cr22,
                                   .as_of_us = 20500 * SCF_US_PER_DAY,
                                   .to_day = 20500,
                                   .currency = "CNY",
                                   .operating = true,
                                   .period = "2026-02",
                                   .sums = &sums,
                                   .sum_count = 1,
                                   .contracts = &contract,
                                   .contract_count = 1};
    assert_int_equal(
        scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err), SCF_OK);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static struct scf_limit_result compute(void) {
    struct scf_limit_result r;
    assert_true(scf_limit_compute(&in, arena, &r));
    return r;
}

static bool has_reason(const struct scf_limit_result *r, enum scf_reason reason) {
    for (size_t i = 0; i < r->reason_count; i++)
        if (r->reasons[i] == reason)
            return true;
    return false;
}

/* What a run grants is booked, and E remembered as the increments' engine does. */
static struct scf_limit_part book(void) {
    struct scf_limit_result r = compute();
    contract.increments += r.parts[0].increment - r.parts[0].take_back;
    if (r.parts[0].increment > 0 && r.ratings.credibility_ppm > contract.best_credibility_ppm)
        contract.best_credibility_ppm = r.ratings.credibility_ppm;
    return r.parts[0];
}

/* 85 000 000 · 0.70 · 0.5 · 0.895 = 26 626 250. */
static void target_less_what_was_granted(void **state) {
    (void)state;
    struct scf_limit_result r = compute();
    assert_int_equal(r.parts[0].target, 26626250);
    assert_int_equal(r.increment, 16626250);
    assert_int_equal(r.previous, 10000000);
    assert_int_equal(r.limit, 26626250);
    assert_int_equal(r.parts[0].limit, 26626250);
    assert_true(has_reason(&r, SCF_REASON_INCREMENT) && has_reason(&r, SCF_REASON_WORK_PROVEN));
    contract.trade.stage = SCF_STAGE_PRODUCTION, contract.trade.completion_ppm = 250000;
    r = compute(); /* 7 607 500 is below the initial limit */
    assert_int_equal(r.parts[0].target, 7607500);
    assert_int_equal(r.increment, 0);
    assert_int_equal(r.limit, 10000000);
    assert_true(has_reason(&r, SCF_REASON_NO_INCREMENT));
}

static void the_same_period_again_grants_nothing(void **state) {
    (void)state;
    assert_int_equal(book().increment, 16626250);
    for (int i = 0; i < 3; i++) {
        struct scf_limit_part part = book();
        assert_int_equal(part.increment, 0);
        assert_int_equal(part.take_back, 0);
        assert_int_equal(part.limit, 26626250);
    }
}

static void a_d_freezes_and_takes_nothing(void **state) {
    (void)state;
    (void)book();
    sums.range_ok = 79;
    contract.trade.completion_ppm = 900000;
    struct scf_limit_result r = compute();
    assert_int_equal(r.ratings.credibility_ppm, 0);
    assert_true(r.parts[0].frozen);
    assert_int_equal(r.increment, 0);
    assert_int_equal(r.take_back, 0);
    assert_int_equal(r.limit, 26626250);
    assert_true(has_reason(&r, SCF_REASON_RATING_D));
    assert_true(has_reason(&r, SCF_REASON_INCREMENT_FROZEN));
}

/* E falls from 0.895 to 0.795: the target is lower, and nothing is taken back for it. */
static void a_worse_grade_takes_nothing(void **state) {
    (void)state;
    (void)book();
    sums.range_ok = 85;
    struct scf_limit_result r = compute();
    assert_int_equal(r.ratings.credibility_ppm, 795000);
    assert_true(r.parts[0].target < 26626250);
    assert_int_equal(r.take_back, 0);
    assert_int_equal(r.increment, 0);
}

/* 85 000 000 · 0.70 · 0.45 · 0.895 = 23 963 625: the twentieth's 2 662 625 comes off, once. */
static void withdrawn_evidence_is_taken_back(void **state) {
    (void)state;
    (void)book();
    contract.trade.completion_ppm = 450000;
    struct scf_limit_result r = compute();
    assert_int_equal(r.take_back, 2662625);
    assert_int_equal(r.increment, 0);
    assert_int_equal(r.limit, 23963625);
    assert_true(has_reason(&r, SCF_REASON_TAKEN_BACK));
    sums.range_ok = 79; /* a freeze at the same time changes nothing about it */
    assert_int_equal(book().take_back, 2662625);
    assert_int_equal(book().take_back, 0);
    sums.range_ok = 95, contract.trade.completion_ppm = 500000; /* proven again: granted again */
    assert_int_equal(book().increment, 2662625);
}

static void only_undrawn_increments_are_taken_back(void **state) {
    (void)state;
    (void)book();
    contract.trade.completion_ppm = 0;
    assert_int_equal(compute().take_back, 16626250); /* never the initial limit */
    contract.used = 20000000, contract.held = 5000000;
    assert_int_equal(book().take_back, 1626250);
    assert_int_equal(book().take_back, 0);
    contract.held = 0; /* released: the rest of it follows */
    assert_int_equal(book().take_back, 5000000);
}

/* The other ceilings leave room for all contracts together. */
static void caps_hold_increments(void **state) {
    (void)state;
    struct scf_limit_contract two[2] = {contract, contract};
    in.contracts = two, in.contract_count = 2;
    in.has_requested = true, in.requested = 50000000;
    struct scf_limit_result r = compute();
    assert_int_equal(r.parts[0].increment, 16626250);
    assert_int_equal(r.parts[1].increment, 13373750); /* 50 000 000 − 20 000 000 − 16 626 250 */
    assert_int_equal(r.limit, 50000000);
    in.requested = 5000000; /* below what is granted: nothing is taken back for it */
    r = compute();
    assert_int_equal(r.increment, 0);
    assert_int_equal(r.take_back, 0);
    assert_int_equal(r.limit, 5000000);
}

static void a_red_letter_after_financing_freezes(void **state) {
    (void)state;
    const struct scf_trade_invoice invoice = {.cancelled = true, .amount = 100};
    struct scf_receivable_standing standing = {.exists = true, .state = SCF_RCV_CONFIRMED};
    contract.trade.invoices = &invoice, contract.trade.invoice_count = 1;
    contract.standings = &standing;
    assert_false(compute().parts[0].frozen);
    standing.state = SCF_RCV_FINANCED;
    assert_true(compute().parts[0].frozen);
    assert_int_equal(compute().increment, 0);
}

static uint64_t seed = 20261126;
static int64_t random_below(int64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

/* Whatever happens to evidence, grades and draw-downs, and however often a period is run again:
 * granted never exceeds max(L0, the largest target so far), never falls below what is drawn, and
 * no run both grants and takes. */
static void random_histories(void **state) {
    (void)state;
    for (int story = 0; story < 2000; story++) {
        int64_t highest = contract.initial_limit;
        contract.increments = contract.best_credibility_ppm = contract.used = contract.held = 0;
        scf_arena_reset(arena);
        struct scf_error err = {0};
        assert_int_equal(
            scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err),
            SCF_OK);
        for (int run = 0; run < 20; run++) {
            contract.trade.completion_ppm = random_below(SCF_PPM + 1);
            contract.trade.stage = (enum scf_stage)random_below(SCF_STAGES);
            sums.range_ok = 70 + random_below(31);
            int64_t before = contract.initial_limit + contract.increments;
            struct scf_limit_part part = book();
            highest = part.target > highest ? part.target : highest;
            assert_true(part.increment == 0 || part.take_back == 0);
            assert_true(part.increment >= 0 && part.take_back >= 0 && contract.increments >= 0);
            int64_t granted = contract.initial_limit + contract.increments;
            assert_int_equal(granted, part.limit);
            assert_true(granted <= highest);
            assert_true(granted >= contract.used + contract.held || granted == before);
            struct scf_limit_part again = book();
            assert_true(again.increment == 0 && again.take_back == 0);
            int64_t undrawn = granted - contract.used - contract.held;
            contract.used += undrawn > 0 ? random_below(undrawn + 1) : 0;
            contract.used -= random_below(contract.used + 1) / 2;
        }
    }
}

/* Whoever is bankrupt keeps its account, frozen, and nobody is told to lend on it. */
static void who_does_not_operate_gets_nothing(void **state) {
    (void)state;
    in.operating = false;
    struct scf_limit_result r = compute();
    assert_true(r.parts[0].frozen);
    assert_int_equal(r.parts[0].reason, SCF_REASON_NOT_OPERATING);
    assert_int_equal(r.parts[0].increment, 0);
    assert_int_equal(r.parts[0].limit, 10000000);
    assert_int_equal(r.limit, 0);
    assert_int_equal(r.available, 0);
}

/* The account of a contract on which the borrower is the buyer, or in another money, is none of
 * its own: 26 626 250 as without it. */
static void accounts_of_others_add_nothing(void **state) {
    (void)state;
    struct scf_limit_contract two[2] = {contract, contract};
    in.contracts = two, in.contract_count = 2;
    two[1].seller_is_borrower = false;
    two[1].initial_limit = 70000000, two[1].used = 20000000;
    for (int i = 0; i < 2; i++) {
        struct scf_limit_result r = compute();
        assert_int_equal(r.previous, 10000000);
        assert_int_equal(r.limit, 26626250);
        assert_int_equal(r.available, 26626250);
        assert_int_equal(r.parts[1].limit, 0);
        two[1].seller_is_borrower = true;
        memcpy(two[1].currency, "USD", 4);
    }
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(target_less_what_was_granted),
        T(the_same_period_again_grants_nothing),
        T(a_d_freezes_and_takes_nothing),
        T(a_worse_grade_takes_nothing),
        T(withdrawn_evidence_is_taken_back),
        T(only_undrawn_increments_are_taken_back),
        T(caps_hold_increments),
        T(a_red_letter_after_financing_freezes),
        T(who_does_not_operate_gets_nothing),
        T(accounts_of_others_add_nothing),
        T(random_histories),
    };
    return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
