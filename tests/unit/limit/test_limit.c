/* The initial limit against values computed by hand with exact fractions. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/limit/limit.h"

struct fixture {
    struct scf_arena *arena;
    struct scf_rating_sums sums[2];
    struct scf_finding findings[3]; /* invoice-sum, parties, signed-first */
    struct scf_limit_guarantee guarantees[3];
    struct scf_limit_contract contract[2];
    struct scf_limit_qualification qualifications[4];
    struct scf_limit_inputs in;
};

static int32_t today(void) {
    return scf_day_from_civil(2026, 11, 22);
}

static struct scf_finding finding(const struct scf_policy *p, enum scf_check check, bool passed) {
    return (struct scf_finding){.rule = scf_policy_check(p, check),
                                .outcome = passed ? SCF_CHECK_PASSED : SCF_CHECK_FAILED};
}

/* N = 0.95, D = 25 h, A = 0.962; X: records 190/200 = 0.95 as one check, and 2 of 3 of the
 * contract: 2.95/4 = 0.7375; T = 0.863803; q = 0.6; h = 0.9. */
static int set_up(void **state) {
    static struct fixture f;
    struct scf_error err = {0};
    f = (struct fixture){.arena = scf_arena_new(1 << 20)};
    assert_int_equal(
        scf_policy_parse(f.arena, "default", "1", scf_str(policy_text), &f.in.policy, &err),
        SCF_OK);
    f.sums[0] = (struct scf_rating_sums){.kind = SCF_REC_WORKFLOW_EVENT,
                                         .template_id = 1,
                                         .records = 100,
                                         .weight_expected = 1000,
                                         .weight_present = 925,
                                         .delay_count = 80,
                                         .delay_s = 80 * 30 * 3600,
                                         .range_ok = 97,
                                         .fluctuation_applicable = 40,
                                         .fluctuation_ok = 38,
                                         .checks_applicable = 100,
                                         .checks_passed = 95};
    f.sums[1] = (struct scf_rating_sums){.kind = SCF_REC_INVOICE,
                                         .template_id = 2,
                                         .records = 50,
                                         .weight_expected = 500,
                                         .weight_present = 500,
                                         .delay_count = 50,
                                         .delay_s = 50 * 20 * 3600,
                                         .checks_applicable = 100,
                                         .checks_passed = 95};
    f.guarantees[0] = (struct scf_limit_guarantee){.status = "active",
                                                   .currency = "CNY",
                                                   .amount = 3000000,
                                                   .obligor_is_borrower = true,
                                                   .expires_day = today()};
    f.findings[0] = finding(&f.in.policy, SCF_CHECK_INVOICE_SUM, true);
    f.findings[1] = finding(&f.in.policy, SCF_CHECK_PARTIES, false);
    f.findings[2] = finding(&f.in.policy, SCF_CHECK_SIGNED_FIRST, true);
    f.contract[0] =
        (struct scf_limit_contract){.status = "active",
                                    .currency = "CNY",
                                    .amount = 100000000,
                                    .prepaid = 10000000,
                                    .retention = 5000000,
                                    .seller_is_borrower = true,
                                    .has_signed = true,
                                    .signed_us = 1000,
                                    .trade = {.findings = f.findings, .finding_count = 3},
                                    .guarantees = f.guarantees,
                                    .guarantee_count = 1};
    f.qualifications[0] = (struct scf_limit_qualification){
        .type = "business_license", .grade = "", .has_until = true, .until_day = today()};
    f.qualifications[1] = (struct scf_limit_qualification){.type = "quality_system", .grade = ""};
    f.qualifications[2] = (struct scf_limit_qualification){
        .type = "high_tech", .grade = "", .has_until = true, .until_day = today() - 1};
    f.qualifications[3] = (struct scf_limit_qualification){.type = "credit_rating", .grade = "A-"};
    f.in.grading = cr22;
    f.in.template_code = "t";
    f.in.as_of_us = (int64_t)today() * SCF_US_PER_DAY;
    f.in.to_day = today();
    memcpy(f.in.currency, "CNY", 4);
    f.in.operating = true;
    f.in.history_periods = 2;
    f.in.sums = f.sums, f.in.sum_count = 2;
    f.in.contracts = f.contract, f.in.contract_count = 1;
    f.in.qualifications = f.qualifications, f.in.qualification_count = 4;
    *state = &f;
    return 0;
}
static int tear_down(void **state) {
    scf_arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static struct scf_limit_result compute(struct fixture *f) {
    struct scf_limit_result r;
    assert_true(scf_limit_compute(&f->in, f->arena, &r));
    return r;
}

static bool has_reason(const struct scf_limit_result *r, enum scf_reason reason) {
    for (size_t i = 0; i < r->reason_count; i++)
        if (r->reasons[i] == reason)
            return true;
    return false;
}

static void worked_example(void **state) {
    struct fixture *f = *state;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.checks_applicable, 203);
    assert_int_equal(r.checks_passed, 192);
    assert_int_equal(r.checks_ppm, 737500);
    assert_int_equal(r.truth_ppm, 863803);
    assert_int_equal(r.qualification_ppm, 600000); /* expired and A- do not count */
    assert_int_equal(r.history_ppm, 900000);
    assert_int_equal(r.parts[0].net, 85000000);
    assert_int_equal(r.parts[0].base, 11894567);
    assert_int_equal(r.parts[0].guarantee, 2400000); /* 3 000 000 less 20 % */
    assert_int_equal(r.limit, 14294567);
    assert_int_equal(r.ratings.credibility_ppm, 895000);
    assert_int_equal(r.expires_day, today() + 90);
    assert_true(has_reason(&r, SCF_REASON_PARTIES_DIFFER));
    assert_false(has_reason(&r, SCF_REASON_INVOICES_EXCEED_CONTRACT)); /* equal is not more */
    assert_false(has_reason(&r, SCF_REASON_RATING_D));
    assert_int_equal(r.factor_count, 9);
    assert_string_equal(r.factors[0].name, "normativity");
    assert_int_equal(r.factors[0].contribution, 237500); /* 0.25 × 0.95 */
}

static void guarantee_is_capped_at_half(void **state) {
    struct fixture *f = *state;
    f->guarantees[1] = f->guarantees[0];
    f->guarantees[1].amount = 90000000;
    f->contract[0].guarantee_count = 2;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.parts[0].guarantee, 5947283); /* half of 11 894 567 */
    assert_int_equal(r.limit, 11894567 + 5947283);
    assert_true(has_reason(&r, SCF_REASON_GUARANTEE_CAPPED));
}

static void guarantees_that_do_not_count(void **state) {
    struct fixture *f = *state;
    struct scf_limit_guarantee good = f->guarantees[0], *g = &f->guarantees[0];
    g->expires_day = today() - 1;
    assert_int_equal(compute(f).parts[0].guarantee, 0);
    *g = good, g->status = "draft";
    assert_int_equal(compute(f).parts[0].guarantee, 0);
    *g = good, g->obligor_is_borrower = false;
    assert_int_equal(compute(f).parts[0].guarantee, 0);
    *g = good, g->has_from = true, g->from_day = today() + 1;
    assert_int_equal(compute(f).parts[0].guarantee, 0);
    *g = good, memcpy(g->currency, "USD", 4);
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.parts[0].guarantee, 0);
    assert_true(has_reason(&r, SCF_REASON_NO_GUARANTEE));
}

/* Beside one of the guarantor's own it changes nothing but the reasons; alone it is the reason. */
static void an_unconfirmed_guarantee_does_not_count(void **state) {
    struct fixture *f = *state;
    int64_t limit = compute(f).limit;
    f->guarantees[1] = f->guarantees[0];
    f->guarantees[1].unconfirmed = true;
    f->contract[0].guarantee_count = 2;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.limit, limit);
    assert_true(has_reason(&r, SCF_REASON_GUARANTEE_COUNTED));
    assert_true(has_reason(&r, SCF_REASON_GUARANTEE_UNCONFIRMED));
    f->guarantees[0].unconfirmed = true;
    r = compute(f);
    assert_int_equal(r.parts[0].guarantee, 0);
    assert_int_equal(r.parts[0].guarantees_valid, 0);
    assert_int_equal(r.limit, r.parts[0].base);
    assert_string_equal(r.factors[8].name, "guarantee");
    assert_int_equal(r.factors[8].reason, SCF_REASON_GUARANTEE_UNCONFIRMED);
    f->guarantees[0].status = f->guarantees[1].status = "draft"; /* they would not count anyway */
    r = compute(f);
    assert_true(has_reason(&r, SCF_REASON_NO_GUARANTEE));
    assert_false(has_reason(&r, SCF_REASON_GUARANTEE_UNCONFIRMED));
}

static void contracts_that_do_not_count(void **state) {
    struct fixture *f = *state;
    struct scf_limit_contract good = f->contract[0], *k = &f->contract[0];
    static const char *const closed[] = {"draft", "completed", "terminated", "cancelled"};
    for (size_t i = 0; i < SCF_COUNT(closed); i++) {
        k->status = closed[i];
        struct scf_limit_result r = compute(f);
        assert_int_equal(r.limit, 0);
        assert_true(has_reason(&r, SCF_REASON_CONTRACT_NOT_OPEN));
    }
    *k = good, k->seller_is_borrower = false;
    assert_int_equal(compute(f).parts[0].reason, SCF_REASON_SELLER_NOT_BORROWER);
    *k = good, memcpy(k->currency, "USD", 4);
    assert_int_equal(compute(f).parts[0].reason, SCF_REASON_CURRENCY_DIFFERS);
    *k = good, k->financed = 85000000;
    assert_int_equal(compute(f).parts[0].reason, SCF_REASON_CONTRACT_USED_UP);
    *k = good, k->status = "pending";
    assert_int_equal(compute(f).limit, 14294567);
    f->in.operating = false;
    assert_int_equal(compute(f).limit, 0);
}

static void a_contract_counts_once(void **state) {
    struct fixture *f = *state;
    f->contract[1] = f->contract[0];
    f->contract[1].duplicate = true;
    f->in.contract_count = 2;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.limit, 14294567);
    assert_int_equal(r.checks_applicable, 203);
    assert_true(has_reason(&r, SCF_REASON_CONTRACT_DUPLICATE));
}

/* The papers of a purchase, however good, do not stand in for those of the sale: X stays
 * 2.95 of 4, and what its account uses is not the borrower's. */
static void contracts_of_others_prove_nothing(void **state) {
    struct fixture *f = *state;
    struct scf_finding good[3] = {f->findings[0], f->findings[2], f->findings[0]};
    f->contract[1] = f->contract[0];
    f->contract[1].trade.findings = good;
    f->contract[1].seller_is_borrower = false;
    f->contract[1].used = 5000000;
    f->in.contract_count = 2;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.checks_ppm, 737500);
    assert_int_equal(r.limit, 14294567);
    assert_int_equal(r.available, 14294567);
    f->contract[1].seller_is_borrower = true;
    assert_int_equal(compute(f).checks_ppm, 850000); /* 0.95 + 2 + 3 of 7 */
}

/* 2 : 1 : 0 of 10 000 000 to the minor unit; they add up. */
static void a_limit_is_divided_over_its_contracts(void **state) {
    struct fixture *f = *state;
    f->contract[1] = f->contract[0];
    f->contract[0].guarantee_count = f->contract[1].guarantee_count = 0;
    f->contract[1].amount = 57500000, f->contract[1].trade.finding_count = 0;
    f->in.contract_count = 2;
    f->in.has_requested = true, f->in.requested = 10000000;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.parts[0].base, 11894567); /* net 85 000 000 */
    assert_int_equal(r.parts[1].base, 5947283);  /* net 42 500 000 */
    assert_int_equal(r.parts[0].limit, 6666666);
    assert_int_equal(r.parts[0].limit + r.parts[1].limit, r.limit);
    f->in.operating = false;
    r = compute(f);
    assert_int_equal(r.parts[0].limit + r.parts[1].limit, 0);
}

static void request_caps(void **state) {
    struct fixture *f = *state;
    f->in.has_requested = true;
    f->in.requested = 14294567;
    assert_int_equal(compute(f).factor_count, 9);
    f->in.requested = 14294566;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.limit, 14294566);
    assert_int_equal(r.computed, 14294567);
    assert_true(has_reason(&r, SCF_REASON_REQUEST_CAPS));
}

/* A contract alone, whatever its checks say, backs nothing. */
static void no_data_no_limit(void **state) {
    struct fixture *f = *state;
    f->sums[0] = (struct scf_rating_sums){.kind = SCF_REC_CONTRACT,
                                          .template_id = 3,
                                          .records = 1,
                                          .weight_expected = 10,
                                          .weight_present = 10,
                                          .checks_applicable = 2,
                                          .checks_passed = 2};
    f->in.sum_count = 1;
    f->in.history_periods = 0;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.truth_ppm, 0);
    assert_int_equal(r.limit, 0);
    assert_int_equal(r.history_ppm, 800000);
    assert_true(has_reason(&r, SCF_REASON_NO_RECORDS));
    assert_true(has_reason(&r, SCF_REASON_RATING_D));
}

static void failed_checks(void **state) {
    struct fixture *f = *state;
    f->findings[0].outcome = f->findings[2].outcome = SCF_CHECK_FAILED;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.checks_passed, 190);
    assert_int_equal(r.checks_ppm, 237500); /* 0.95/4 */
    assert_true(has_reason(&r, SCF_REASON_INVOICES_EXCEED_CONTRACT));
    assert_true(has_reason(&r, SCF_REASON_PARTIES_DIFFER));
    assert_true(has_reason(&r, SCF_REASON_EVENT_BEFORE_SIGNING));
    for (size_t i = 0; i < 3; i++)
        f->findings[i].outcome = SCF_CHECK_NOT_APPLICABLE;
    assert_int_equal(compute(f).checks_ppm, 950000);
}

/* An alert tells and weighs nothing; the other weights are the policy's. */
static void weights_of_checks(void **state) {
    struct fixture *f = *state;
    const struct scf_check_rule heavy = {
        .check = SCF_CHECK_PARTIES, .severity = SCF_HARD, .weight_ppm = 2500000};
    f->findings[0] = finding(&f->in.policy, SCF_CHECK_ROUND_TRIP, false);
    f->findings[1].rule = &heavy;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.checks_applicable, 202);
    assert_int_equal(r.checks_ppm, 433333); /* (0.95 + 1) / (1 + 2.5 + 1) */
}

static void limits_are_multiples_of_the_unit(void **state) {
    struct fixture *f = *state;
    f->in.policy.unit = 1000000;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.limit, 14000000);
    assert_int_equal(r.computed, 14294567);
    assert_int_equal(r.parts[0].limit, 14000000);
}

/* The lowest step wins and is marked; what is held and used comes off what is available. */
static void the_lowest_step_wins(void **state) {
    struct fixture *f = *state;
    f->in.need = (struct scf_limit_need){.known = true,
                                         .revenue = 100000000,
                                         .cost_of_sales = 80000000,
                                         .receivables = 12000000,
                                         .granted_elsewhere = 2000000};
    f->contract[0].held = 1000000, f->contract[0].used = 3000000;
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.steps[SCF_STEP_MODEL].adjusted, 14294567);
    assert_int_equal(r.steps[SCF_STEP_NEED].recomputed, 12000000);
    assert_int_equal(r.steps[SCF_STEP_NEED].adjusted, 10000000);
    assert_true(r.steps[SCF_STEP_NEED].binding && !r.steps[SCF_STEP_MODEL].binding);
    assert_false(r.steps[SCF_STEP_BASE].applies || r.steps[SCF_STEP_REQUESTED].applies);
    assert_int_equal(r.limit, 10000000);
    assert_int_equal(r.available, 6000000);
    assert_true(has_reason(&r, SCF_REASON_NEED_CAPS));
}

static void qualification_factor(void **state) {
    struct fixture *f = *state;
    f->qualifications[3].grade = "AA";
    assert_int_equal(compute(f).qualification_ppm, 700000);
    f->qualifications[0].until_day = today() - 1; /* the licence is the precondition of the rest */
    struct scf_limit_result r = compute(f);
    assert_int_equal(r.qualification_ppm, 500000);
    assert_true(has_reason(&r, SCF_REASON_NO_BUSINESS_LICENSE));
    f->qualifications[0].has_until = false;
    f->qualifications[0].issued_day = today() + 1;
    assert_int_equal(compute(f).qualification_ppm, 500000);
    f->qualifications[0].issued_day = 0;
    f->qualifications[2].has_until = false;
    assert_int_equal(compute(f).qualification_ppm, 800000);
}

static void history_factor(void **state) {
    struct fixture *f = *state;
    f->in.history_periods = 3;
    assert_int_equal(compute(f).history_ppm, 1000000);
    f->in.history_periods = 1;
    assert_int_equal(compute(f).history_ppm, 900000);
}

/* The largest amount there is does not overflow, and two of them stop at the bound. */
static void largest_amounts(void **state) {
    struct fixture *f = *state;
    f->contract[0].amount = INT64_C(999999999999999999);
    f->contract[0].prepaid = f->contract[0].retention = 0;
    f->contract[0].guarantee_count = 0;
    assert_int_equal(compute(f).limit, INT64_C(139936085999999999));
}

static void unsound_policies(void **state) {
    struct fixture *f = *state;
    struct scf_error err = {0};
    struct scf_policy p;
    static const char *const texts[] = {"", "{}", "[]", "{\"order_advance_rate\":\"0.3\"}"};
    for (size_t i = 0; i < SCF_COUNT(texts); i++) {
        assert_int_equal(scf_policy_parse(f->arena, "x", "1", scf_str(texts[i]), &p, &err),
                         SCF_E_INTERNAL);
    }
    char *text = scf_strdup(f->arena, policy_text);
    char *weight = strstr(text, "\"checks\":\"0.35\"");
    assert_non_null(weight);
    weight[13] = '6'; /* 0.36: the weights add up to more than 1 */
    assert_int_equal(scf_policy_parse(f->arena, "x", "1", scf_str(text), &p, &err), SCF_E_INTERNAL);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(worked_example),
        T(guarantee_is_capped_at_half),
        T(guarantees_that_do_not_count),
        T(an_unconfirmed_guarantee_does_not_count),
        T(contracts_that_do_not_count),
        T(a_contract_counts_once),
        T(contracts_of_others_prove_nothing),
        T(a_limit_is_divided_over_its_contracts),
        T(request_caps),
        T(no_data_no_limit),
        T(failed_checks),
        T(weights_of_checks),
        T(limits_are_multiples_of_the_unit),
        T(the_lowest_step_wins),
        T(qualification_factor),
        T(history_factor),
        T(largest_amounts),
        T(unsound_policies),
    };
    return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
