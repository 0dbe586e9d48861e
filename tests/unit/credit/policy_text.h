/* The first policy, as sql/0006_credit.sql seeds it (test_rollup reads it back to compare). */
#ifndef SCFD_TESTS_POLICY_TEXT_H
#define SCFD_TESTS_POLICY_TEXT_H

#include "scfd/template/template.h"

static const char policy_text[] =
    "{\"order_advance_rate\":\"0.30\",\"truth_weights\":{\"normativity\":\"0.25\","
    "\"timeliness\":\"0.15\",\"accuracy\":\"0.25\",\"checks\":\"0.35\"},"
    "\"lateness_horizon_hours\":168,\"qualification\":{\"base\":\"0.50\",\"bonus\":{"
    "\"industry_permit\":\"0.10\",\"safety_license\":\"0.10\",\"quality_system\":\"0.10\","
    "\"high_tech\":\"0.10\",\"credit_rating\":\"0.10\"}},\"history\":{\"full_periods\":3,"
    "\"full\":\"1.00\",\"short\":\"0.90\",\"none\":\"0.80\"},\"guarantee\":{\"haircut\":\"0.20\","
    "\"cap\":\"0.50\"},\"limit_valid_days\":90}";

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
