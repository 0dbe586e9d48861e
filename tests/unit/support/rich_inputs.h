/* Inputs of a limit in which everything that can stand there does, for receipts and benchmarks. */
#ifndef SCFD_TESTS_RICH_INPUTS_H
#define SCFD_TESTS_RICH_INPUTS_H

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/limit/receipt.h"

enum { RICH_TODAY = 20500, RICH_INVOICES = 3 };

static inline struct scf_uuid rich_id(uint8_t tag) {
    return (struct scf_uuid){{1, 0x90, tag, 3, 4, 5, 0x70, 7, 0x80, 9, 10, 11, 12, 13, 14, tag}};
}

static inline void rich_sums(struct scf_rating_sums sums[2]) {
    sums[0] = (struct scf_rating_sums){.chain_id = rich_id(1),
                                       .template_id = 2,
                                       .kind = SCF_REC_WORKFLOW_EVENT,
                                       .records = 100,
                                       .weight_expected = 1000000000,
                                       .weight_present = 925000000,
                                       .delay_count = 80,
                                       .delay_s = 8640000,
                                       .delay_us = 17,
                                       .range_ok = 97,
                                       .fluctuation_applicable = 40,
                                       .fluctuation_ok = 38,
                                       .checks_applicable = 100,
                                       .checks_passed = 95};
    sums[1] = (struct scf_rating_sums){.chain_id = rich_id(1),
                                       .template_id = 3,
                                       .kind = SCF_REC_INVOICE,
                                       .records = 50,
                                       .weight_expected = 500,
                                       .weight_present = 500,
                                       .delay_count = 50,
                                       .delay_s = 3600000};
}

static inline void rich_invoices(struct scf_trade_invoice v[RICH_INVOICES],
                                 struct scf_receivable_standing s[RICH_INVOICES]) {
    for (uint8_t i = 0; i < RICH_INVOICES; i++) {
        v[i] = (struct scf_trade_invoice){.invoice_id = rich_id(20 + i),
                                          .invoice_key = rich_id(30 + i),
                                          .debtor_id = rich_id(9),
                                          .body_sha256 = {{i, 7, 7}},
                                          .currency = "CNY",
                                          .amount = 20000000,
                                          .reduced = 100,
                                          .disputed = i == 1 ? 5000 : 0,
                                          .paid = 300,
                                          .issued_day = RICH_TODAY - 20,
                                          .has_due = i != 2,
                                          .due_day = i != 2 ? RICH_TODAY + 40 : 0,
                                          .delivered = true};
        s[i] = i == 2 ? (struct scf_receivable_standing){0}
                      : (struct scf_receivable_standing){.exists = true,
                                                         .id = rich_id(40 + i),
                                                         .state = SCF_RCV_CONFIRMED,
                                                         .confirmed = true};
    }
}

/* One finding per rule of the policy; the first fails. */
static inline struct scf_finding *rich_findings(struct scf_arena *arena,
                                                const struct scf_policy *p) {
    struct scf_finding *f = scf_alloc(arena, p->check_count, sizeof *f);
    SCF_ASSERT(f != NULL);
    for (size_t i = 0; i < p->check_count; i++)
        f[i] = (struct scf_finding){.rule = &p->checks[i],
                                    .outcome = i % 4 == 3 ? SCF_CHECK_NOT_APPLICABLE
                                               : i == 0   ? SCF_CHECK_FAILED
                                                          : SCF_CHECK_PASSED,
                                    .cases = 5,
                                    .failures = i == 0 ? 2 : 0,
                                    .detail = i == 0 ? SCF_DETAIL_NEITHER_PARTY : SCF_DETAIL_NONE,
                                    .figures = {i == 0 ? "in \"another\" trade" : NULL},
                                    .records = {rich_id(50), rich_id(51)},
                                    .record_count = i == 0 ? 2 : 0};
    return f;
}

static inline struct scf_limit_contract *rich_contract(struct scf_arena *arena,
                                                       const struct scf_policy *policy) {
    struct scf_limit_contract *k = scf_alloc(arena, 1, sizeof *k);
    struct scf_limit_guarantee *g = scf_alloc(arena, 2, sizeof *g);
    struct scf_milestone *m = scf_alloc(arena, 2, sizeof *m);
    struct scf_uuid *evidence = scf_alloc(arena, 2, sizeof *evidence);
    struct scf_trade_invoice *v = scf_alloc(arena, RICH_INVOICES, sizeof *v);
    struct scf_receivable_standing *s = scf_alloc(arena, RICH_INVOICES, sizeof *s);
    struct scf_trade_chain *c = scf_alloc(arena, 1, sizeof *c);
    SCF_ASSERT(k && g && m && evidence && v && s && c);
    g[0] = (struct scf_limit_guarantee){.record_id = rich_id(4),
                                        .status = "active",
                                        .currency = "CNY",
                                        .amount = 3000000,
                                        .obligor_is_borrower = true,
                                        .has_from = true,
                                        .from_day = 20000,
                                        .expires_day = 20600};
    g[1] = g[0], g[1].unconfirmed = true, g[1].has_from = false, g[1].from_day = 0;
    evidence[0] = rich_id(60), evidence[1] = rich_id(61);
    m[0] = (struct scf_milestone){"delivered", 700000, 500000, evidence, 2};
    m[1] = (struct scf_milestone){"accepted", 300000, 333333, evidence, 1};
    c[0] = (struct scf_trade_chain){rich_id(1), 180};
    rich_invoices(v, s);
    *k = (struct scf_limit_contract){.record_id = rich_id(5),
                                     .body_sha256 = {{1, 2, 3}},
                                     .status = "active",
                                     .currency = "CNY",
                                     .amount = 100000000,
                                     .prepaid = 10000000,
                                     .retention = 5000000,
                                     .financed = 1234,
                                     .buyer_id = rich_id(9),
                                     .seller_is_borrower = true,
                                     .assignment_prohibited = true,
                                     .has_signed = true,
                                     .signed_us = 1000,
                                     .guarantees = g,
                                     .guarantee_count = 2,
                                     .standings = s,
                                     .initial_limit = 9000000,
                                     .increments = 300000,
                                     .held = 100000,
                                     .used = 200000,
                                     .best_credibility_ppm = 895000};
    k->trade = (struct scf_trade_view){.stage = SCF_STAGE_SHIPPED,
                                       .completion_ppm = 449999,
                                       .milestones = m,
                                       .milestone_count = 2,
                                       .findings = rich_findings(arena, policy),
                                       .finding_count = policy->check_count,
                                       .invoices = v,
                                       .invoice_count = RICH_INVOICES,
                                       .sales_12m = 60000000,
                                       .dilution_12m = 4000000,
                                       .invoiced = 59999700,
                                       .events = 12,
                                       .first_event_us = 2000,
                                       .facts = 16,
                                       .chains = c,
                                       .chain_count = 1};
    return k;
}

static inline struct scf_limit_inputs
rich_inputs(struct scf_arena *arena, enum scf_assessment_kind kind, enum scf_product product) {
    static const struct scf_limit_qualification qualifications[] = {
        {.type = "business_license",
         .grade = "",
         .issued_day = 15000,
         .has_until = true,
         .until_day = 20600},
        {.type = "quality_system", .grade = "", .issued_day = 15000}};
    static struct scf_rating_sums sums[2];
    static struct scf_limit_chain chain;
    static struct scf_limit_debtor debtor;
    struct scf_error err = {0};
    rich_sums(sums);
    chain = (struct scf_limit_chain){rich_id(1), 200, 150, {{9, 8, 7}}};
    debtor = (struct scf_limit_debtor){.enterprise_id = rich_id(9), .core = true, .contra = 77};
    struct scf_limit_inputs in = {.assessment_id = rich_id(6),
                                  .borrower_id = rich_id(7),
                                  .template_id = rich_id(8),
                                  .template_code = "general_workflow_event",
                                  .template_revision = 2,
                                  .grading = cr22,
                                  .as_of_us = RICH_TODAY * SCF_US_PER_DAY + 123456,
                                  .from_day = RICH_TODAY - 364,
                                  .to_day = RICH_TODAY,
                                  .currency = "CNY",
                                  .has_requested = true,
                                  .requested = 90000000,
                                  .operating = true,
                                  .history_periods = 2,
                                  .chains = &chain,
                                  .chain_count = 1,
                                  .sums = sums,
                                  .sum_count = 2,
                                  .qualifications = qualifications,
                                  .qualification_count = 2,
                                  .contract_count = 1,
                                  .kind = kind,
                                  .product = product,
                                  .period = kind == SCF_KIND_PERIODIC ? "2026-02" : "",
                                  .debtors = &debtor,
                                  .debtor_count = 1};
    in.need = (struct scf_limit_need){.known = true,
                                      .record_id = rich_id(10),
                                      .body_sha256 = {{5, 5, 5}},
                                      .revenue = 12000000000,
                                      .cost_of_sales = 9000000000,
                                      .margin_ppm = -80000,
                                      .growth_ppm = 100000,
                                      .inventory = 1500000000,
                                      .receivables = 2000000000,
                                      .payables = 1200000000,
                                      .prepayments = 300000000,
                                      .advances_received = 200000000,
                                      .own_funds = 800000000,
                                      .working_capital_loans = 500000000,
                                      .other_funds = 1,
                                      .granted_elsewhere = 2};
    enum scf_code code =
        scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err);
    SCF_ASSERT(code == SCF_OK);
    in.contracts = rich_contract(arena, &in.policy);
    return in;
}

static inline struct scf_lender_inputs rich_lender(void) {
    static struct scf_lender_debtor debtor;
    debtor = (struct scf_lender_debtor){.enterprise_id = rich_id(9),
                                        .has_line = true,
                                        .line = 50000000,
                                        .confirmed_financed = 30000000,
                                        .direct_loans = 8000000,
                                        .here = 1000000};
    return (struct scf_lender_inputs){.lender_id = rich_id(70),
                                      .known = true,
                                      .record_id = rich_id(71),
                                      .body_sha256 = {{6, 6}},
                                      .kind = SCF_LENDER_BANK,
                                      .has_capital = true,
                                      .has_tier1 = true,
                                      .has_net_assets = true,
                                      .has_cap = true,
                                      .capital = 1000000000,
                                      .tier1_capital = 900000000,
                                      .net_assets = 1100000000,
                                      .single_borrower_cap = 60000000,
                                      .guarantees = 3,
                                      .affiliates = 4,
                                      .loans = 5000000,
                                      .exposure = 6000000,
                                      .group_exposure = 7000000,
                                      .here = 2000000,
                                      .debtors = &debtor,
                                      .debtor_count = 1};
}

#endif
