/* The first policy, as sql/0013_policy.sql leaves it (test_rollup reads it back to compare). */
#ifndef SCFD_TESTS_POLICY_TEXT_H
#define SCFD_TESTS_POLICY_TEXT_H

#include "scfd/template/template.h"

static const char policy_text[] =
    "{\"order_advance_rate\":\"0.30\",\"truth_weights\":{\"normativity\":\"0.25\",\"timeliness\":"
    "\"0.15\",\"accuracy\":\"0.25\",\"checks\":\"0.35\"},\"lateness_horizon_hours\":168,\"qualifi"
    "cation\":{\"base\":\"0.50\",\"bonus\":{\"industry_permit\":\"0.10\",\"safety_license\":\"0.1"
    "0\",\"quality_system\":\"0.10\",\"high_tech\":\"0.10\",\"credit_rating\":\"0.10\"}},\"histor"
    "y\":{\"full_periods\":3,\"full\":\"1.00\",\"short\":\"0.90\",\"none\":\"0.80\"},\"guarantee"
    "\":{\"haircut\":\"0.20\",\"cap\":\"0.50\"},\"limit_valid_days\":90,\"limit_unit\":1,\"credib"
    "ility\":\"sum\",\"stages\":{\"preparation\":\"0.30\",\"production\":\"0.40\",\"shipped\":\"0"
    ".60\",\"accepted\":\"0.70\",\"invoiced\":\"0.80\"},\"increment\":{\"period\":\"month\",\"gra"
    "ce_hours\":24},\"checks\":[{\"code\":\"parties\",\"severity\":\"hard\",\"weight\":\"1\"},{\""
    "code\":\"signed-first\",\"severity\":\"hard\",\"weight\":\"1\"},{\"code\":\"step-order\",\"s"
    "everity\":\"soft\",\"weight\":\"1\"},{\"code\":\"due-after-acceptance\",\"severity\":\"soft"
    "\",\"weight\":\"1\"},{\"code\":\"quantity-match\",\"severity\":\"hard\",\"weight\":\"1\",\"t"
    "olerance\":\"0.02\"},{\"code\":\"quantity-ordered\",\"severity\":\"hard\",\"weight\":\"1\","
    "\"tolerance\":\"0.05\"},{\"code\":\"price-match\",\"severity\":\"soft\",\"weight\":\"1\",\"t"
    "olerance\":\"0.01\"},{\"code\":\"invoice-sum\",\"severity\":\"hard\",\"weight\":\"1\"},{\"co"
    "de\":\"line-tax\",\"severity\":\"hard\",\"weight\":\"1\",\"tolerance\":\"0.06\"},{\"code\":"
    "\"fund-flow\",\"severity\":\"hard\",\"weight\":\"1\"},{\"code\":\"logistics\",\"severity\":"
    "\"soft\",\"weight\":\"1\"},{\"code\":\"round-trip\",\"severity\":\"alert\",\"weight\":\"0\","
    "\"tolerance\":\"0.10\",\"days\":30},{\"code\":\"declared-revenue\",\"severity\":\"soft\",\"w"
    "eight\":\"1\",\"tolerance\":\"0.20\"},{\"code\":\"invoice-cancelled\",\"severity\":\"hard\","
    "\"weight\":\"1\"}],\"borrowing_base\":{\"advance_rate\":\"0.80\",\"max_advance_rate\":\"0.80"
    "\",\"dilution_allowance\":\"0.05\",\"concentration\":\"0.10\",\"core_concentration\":\"0.60"
    "\",\"invoice_age_days\":90,\"past_due_days\":60,\"cross_age\":\"0.50\",\"unconfirmed_advance"
    "_rate\":\"0.50\",\"affiliates_allowed\":false},\"regulatory\":{\"single_borrower\":\"0.10\","
    "\"single_exposure\":\"0.15\",\"group_exposure\":\"0.20\",\"factor_same_debtor\":\"0.50\",\"f"
    "actor_affiliates\":\"0.40\",\"factor_leverage\":10,\"guarantee_single\":\"0.10\",\"guarantee"
    "_group\":\"0.15\",\"guarantee_leverage\":10},\"vouchers\":[{\"from\":\"2025-06-15\",\"normal"
    "_days\":183,\"max_days\":365}],\"receivables\":{\"confirmation_days\":30,\"registered_only\""
    ":false,\"reverify_hours\":24},\"holds\":{\"default_hours\":72,\"max_hours\":720}}";

/* The grading of CR-2.2, written out. */
static const struct scf_grading cr22 = {
    .normativity_ppm = {950000, 850000, 700000},
    .timeliness_us = {INT64_C(86400000000), INT64_C(259200000000), INT64_C(604800000000)},
    .accuracy_ppm = {970000, 900000, 800000},
    .delay_workflow_ppm = 500000,
    .accuracy_range_ppm = 600000,
    .rating_ppm = {300000, 300000, 400000},
    .score_ppm = {1000000, 850000, 600000, 0},
};

#endif
