/* Guarantees: distinct parties, what is secured, collateral, days. */
#include "sample.h"

static const char base[] =
    "{\"external_id\":\"g-1\",\"guarantee_no\":\"BH-1\",\"kind\":\"surety_joint\","
    "\"guarantor_id\":\"ent_" SAMPLE_ID "\",\"obligor_id\":\"ent_" OTHER_ID "\","
    "\"beneficiary_id\":\"ent_" THIRD_ID "\",\"contract_id\":\"ctr_" SAMPLE_ID "\","
    "\"amount\":\"300000.00\",\"currency\":\"CNY\",\"issued_on\":\"2026-11-01\","
    "\"expires_on\":\"2027-11-01\",\"status\":\"active\"}";

static void test_rules(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{}", NULL, NULL},
        {"{\"contract_id\":null}", "required #/contract_id ", NULL},
        {"{\"contract_id\":null,\"loan_id\":\"loan_" SAMPLE_ID "\"}", NULL, NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"seller_uscc\":\"91330100799655058B\"}",
         NULL, NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"seller\":{\"country_code\":\"IN\","
         "\"registration_no\":\"U1\",\"name\":\"n\"}}",
         NULL, NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\"}", "required #/seller_uscc ", NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"loan_id\":\"loan_" SAMPLE_ID "\"}",
         "required #/seller_uscc ", NULL},
        {"{\"contract_no\":\"HT-1\",\"seller_uscc\":\"91330100799655058B\",\"seller\":"
         "{\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}",
         "ambiguous #/seller ", NULL},
        {"{\"contract_no\":\"HT-1\",\"seller\":{}}", "required #/seller ", NULL},
        {"{\"loan_id\":\"ctr_" SAMPLE_ID "\"}", "invalid-format #/loan_id ", NULL},
        {"{\"obligor_id\":\"ent_" SAMPLE_ID "\"}", "same-party #/obligor_id ", NULL},
        {"{\"beneficiary_id\":\"ent_" SAMPLE_ID "\"}", "same-party #/beneficiary_id ", NULL},
        {"{\"beneficiary_id\":\"ent_" OTHER_ID "\"}", "same-party #/beneficiary_id ", NULL},
        {"{\"expires_on\":\"2026-10-31\"}", "date-order #/expires_on ", NULL},
        {"{\"effective_from\":\"2027-11-02\"}", "date-order #/expires_on ", NULL},
        {"{\"amount\":\"0\"}", "out-of-range #/amount ", NULL},
        {"{\"coverage_ratio\":\"1\"}", NULL, NULL},
        {"{\"coverage_ratio\":\"1.01\"}", "out-of-range #/coverage_ratio ", NULL},
        {"{\"auto_extend\":{\"period_days\":30}}", "required #/auto_extend/enabled ", NULL},
    };
    CHECK_ROWS(SCF_REC_GUARANTEE, base, rows);
}

static void test_collateral(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"kind\":\"mortgage\"}", "required #/collateral ", NULL},
        {"{\"kind\":\"pledge_receivables\",\"collateral\":[]}", "required #/collateral ", NULL},
        {"{\"kind\":\"pledge_equity\"}", "required #/collateral ", NULL},
        {"{\"kind\":\"deposit\"}", NULL, NULL},
        {"{\"kind\":\"mortgage\",\"collateral\":[{\"description\":\"厂房\",\"owner_id\":"
         "\"ent_" OTHER_ID "\",\"appraised_value\":\"5000000.00\",\"rank\":1}]}",
         NULL, NULL},
        {"{\"kind\":\"mortgage\",\"collateral\":[{\"description\":\"厂房\",\"rank\":0}]}",
         "out-of-range #/collateral/0/rank required #/collateral/0/owner_id ", NULL},
    };
    CHECK_ROWS(SCF_REC_GUARANTEE, base, rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_collateral),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
