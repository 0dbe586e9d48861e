/* Workflow events: naming the contract, the clock, steps, places. */
#include "sample.h"

static const char base[] =
    "{\"external_id\":\"e-1\",\"contract_id\":\"ctr_" SAMPLE_ID "\",\"step\":\"shipped\","
    "\"occurred_at\":\"2026-11-22T07:00:00Z\",\"actor_enterprise_id\":\"ent_" SAMPLE_ID "\"}";

static void check(const struct sample_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        check_row(SCF_REC_WORKFLOW_EVENT, base, &rows[i]);
}

static void test_contract(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{}", NULL, NULL},
        {"{\"contract_id\":null}", "required #/contract_id ", NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\"}", "required #/seller_uscc ", NULL},
        {"{\"contract_id\":null,\"seller_uscc\":\"91330100799655058B\"}", "required #/contract_id ",
         NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"seller_uscc\":\"91330100799655058B\"}",
         NULL, NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"seller\":{\"country_code\":\"IN\","
         "\"registration_no\":\"U24239\",\"name\":\"Aurobindo\"}}",
         NULL, NULL},
        {"{\"contract_id\":null,\"contract_no\":\"HT-1\",\"seller\":{\"country_code\":\"IN\","
         "\"registration_no\":\"U24239\"}}",
         "required #/seller/name ", NULL},
        {"{\"seller_uscc\":\"91330100799655058B\",\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID
         "\"}}",
         "ambiguous #/seller ", NULL},
        {"{\"actor_enterprise_id\":null}", "required #/actor_enterprise_id ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_time(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"occurred_at\":\"2026-11-22T08:05:00Z\"}", NULL, NULL},
        {"{\"occurred_at\":\"2026-11-22T08:05:00.000001Z\"}", "in-future #/occurred_at ", NULL},
        {"{\"occurred_at\":\"2026-11-22T16:04:59+08:00\"}", NULL, NULL},
        {"{\"occurred_at\":\"2026-11-22 07:00:00\"}", "invalid-format #/occurred_at ", NULL},
        {"{\"occurred_timezone\":\"+08:00\"}", NULL, NULL},
        {"{\"occurred_timezone\":\"+8\"}", "invalid-format #/occurred_timezone ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_steps_and_amounts(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"step\":\"dispute_resolved\"}", NULL, NULL},
        {"{\"step\":\"cbv:shipping\"}", NULL, NULL},
        {"{\"step\":\"cbv:\"}", "invalid-format #/step ", NULL},
        {"{\"step\":\"cbv:Shipping\"}", "invalid-format #/step ", NULL},
        {"{\"step\":\"sent\"}", "invalid-format #/step ", NULL},
        {"{\"amount\":\"5.00\"}", "required #/currency ", NULL},
        {"{\"amount\":\"5.00\",\"currency\":\"CNY\"}", NULL, NULL},
        {"{\"amount\":\"5.001\",\"currency\":\"KWD\"}", NULL, NULL},
        {"{\"completion_percent\":\"100\"}", NULL, NULL},
        {"{\"completion_percent\":100.5}", "out-of-range #/completion_percent ", NULL},
        {"{\"completion_percent\":\"-1\"}", "out-of-range #/completion_percent ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_lists(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"location\":{\"gln\":\"6901234000009\",\"latitude\":\"-33.8688\",\"longitude\":151."
         "2093,"
         "\"division_code\":\"330100\"}}",
         NULL, NULL},
        {"{\"location\":{\"latitude\":\"90.0000001\"}}", "out-of-range #/location/latitude ", NULL},
        {"{\"read_point\":{\"gln\":\"69012\"}}", "invalid-format #/read_point/gln ", NULL},
        {"{\"items\":[{\"gtin\":\"06901234567892\",\"quantity\":\"3\"},{\"gtin\":\"690123456\"}]}",
         "invalid-format #/items/1/gtin ", NULL},
        {"{\"business_refs\":[{\"type\":\"pod\",\"value\":\"7\"}]}", NULL, NULL},
        {"{\"business_refs\":[{\"type\":\"pod\"}]}", "required #/business_refs/0/value ", NULL},
        {"{\"sensor\":[{\"type\":\"temperature\",\"value\":\"-18.5\",\"unit\":\"CEL\"}]}", NULL,
         NULL},
        {"{\"error_declaration\":{\"declared_at\":\"2026-11-22T07:30:00Z\",\"reason\":"
         "\"did_not_occur\",\"corrective_event_ids\":[\"e-2\"]}}",
         NULL, NULL},
        {"{\"error_declaration\":{\"reason\":\"typo\"}}",
         "invalid-choice #/error_declaration/reason required #/error_declaration/declared_at ",
         NULL},
    };
    check(rows, SCF_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_steps_and_amounts),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
