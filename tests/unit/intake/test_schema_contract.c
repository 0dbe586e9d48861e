/* Contracts: every rule across fields, and the bounds of the table that carry law or arithmetic. */
#include "sample.h"

static const char base[] =
    "{\"external_id\":\"c-1\",\"contract_no\":\"HT-1\",\"title\":\"轴承\","
    "\"contract_type\":\"sales\",\"buyer\":{\"enterprise_id\":\"ent_" SAMPLE_ID "\"},"
    "\"seller\":{\"uscc\":\"91330100799655058B\",\"name\":\"卖方\"},\"signed_on\":\"2026-11-22\","
    "\"amount\":\"113.00\",\"currency\":\"CNY\",\"payment_terms\":{\"kind\":\"net_days\","
    "\"days\":60},\"status\":\"active\"}";

static void check(const struct sample_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        check_row(SCF_REC_CONTRACT, base, &rows[i]);
}

static void test_parties(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{}", NULL, NULL},
        {"{\"seller\":{\"uscc\":null,\"country_code\":\"DE\",\"registration_no\":\"HRB 86786\"}}",
         NULL, NULL},
        {"{\"buyer\":{\"enterprise_id\":null}}", "required #/buyer ", NULL},
        {"{\"buyer\":null}", "required #/buyer ", NULL},
        {"{\"buyer\":{\"name\":\"x\",\"enterprise_id\":null}}", "required #/buyer ", NULL},
        {"{\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}",
         "ambiguous #/seller same-party #/buyer ", NULL},
        {"{\"seller\":{\"name\":null}}", "required #/seller/name ", NULL},
        {"{\"seller\":{\"uscc\":null,\"registration_no\":\"7\"}}",
         "required #/seller/country_code ", NULL},
        {"{\"seller\":{\"uscc\":null,\"registration_no\":\"7\",\"country_code\":\"CN\"}}",
         "not-applicable #/seller/registration_no ", NULL},
        {"{\"seller\":{\"country_code\":\"DE\"}}", "not-applicable #/seller/country_code ", NULL},
        {"{\"seller\":{\"uscc\":\"91350211M0000XUF46\"}}", NULL, "uscc-check-digit #/seller/uscc "},
        {"{\"seller\":{\"uscc\":\"9133010079965505\"}}", "invalid-format #/seller/uscc ", NULL},
        {"{\"buyer\":{\"enterprise_id\":null,\"uscc\":\"91330100799655058B\",\"name\":\"b\"}}",
         "same-party #/buyer ", NULL},
        {"{\"buyer\":{\"enterprise_id\":null,\"country_code\":\"DE\",\"name\":\"b\","
         "\"registration_no\":\"hrb86786\"},\"seller\":{\"uscc\":null,\"country_code\":\"DE\","
         "\"registration_no\":\"HRB 86786\"}}",
         "same-party #/buyer ", NULL},
        {"{\"buyer\":{\"enterprise_id\":null,\"country_code\":\"FR\",\"name\":\"b\","
         "\"registration_no\":\"HRB 86786\"},\"seller\":{\"uscc\":null,\"country_code\":\"DE\","
         "\"registration_no\":\"HRB 86786\"}}",
         NULL, NULL},
        {"{\"other_parties\":[{\"role\":\"guarantor\"}]}",
         "required #/other_parties/0/enterprise_id ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_days(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"signed_on\":\"2026-11-23\"}", "in-future #/signed_on ", NULL},
        {"{\"effective_from\":\"2026-03-01\",\"effective_to\":\"2026-03-01\"}", NULL, NULL},
        {"{\"effective_from\":\"2026-03-01\",\"effective_to\":\"2026-02-28\"}",
         "date-order #/effective_to ", NULL},
        {"{\"effective_to\":\"2001-01-01\"}", NULL, NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_amounts(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"amount\":\"0.00\"}", "out-of-range #/amount ", NULL},
        {"{\"amount\":\"-1\"}", "out-of-range #/amount ", NULL},
        {"{\"amount\":\"0.01\"}", NULL, NULL},
        {"{\"amount\":113}", NULL, NULL},
        {"{\"amount\":\"1.234\"}", "invalid-format #/amount ", NULL},
        {"{\"amount\":\"113.5\",\"currency\":\"JPY\"}", "invalid-format #/amount ", NULL},
        {"{\"amount_excl_tax\":\"100.00\",\"tax_amount\":\"13.00\"}", NULL, NULL},
        {"{\"amount_excl_tax\":\"100.00\",\"tax_amount\":\"13.01\"}", NULL, NULL},
        {"{\"amount_excl_tax\":\"100.00\",\"tax_amount\":\"12.99\"}", NULL, NULL},
        {"{\"amount_excl_tax\":\"100.00\",\"tax_amount\":\"13.02\"}", "sum-mismatch #/amount ",
         NULL},
        {"{\"amount_excl_tax\":\"100.00\",\"tax_amount\":\"12.98\"}", "sum-mismatch #/amount ",
         NULL},
        {"{\"amount_excl_tax\":\"1.00\"}", NULL, NULL},
        {"{\"milestones\":[{\"amount\":\"100.00\"},{\"title\":\"x\"},{\"amount\":\"13.00\"}]}",
         NULL, NULL},
        {"{\"milestones\":[{\"amount\":\"100.00\"},{\"amount\":\"13.01\"}]}",
         "sum-mismatch #/milestones ", NULL},
        {"{\"milestones\":[{\"percentage\":\"100.0001\"}]}",
         "out-of-range #/milestones/0/percentage ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

/* Sums of the largest amounts leave int64: still a fault, never a wrap. */
static void test_sums_do_not_wrap(void **state) {
    (void)state;
    cJSON *patch = cJSON_CreateObject(), *milestones = cJSON_AddArrayToObject(patch, "milestones");
    for (int i = 0; i < 20; i++) {
        cJSON *m = cJSON_CreateObject();
        cJSON_AddStringToObject(m, "amount", "9999999999999999.99");
        cJSON_AddItemToArray(milestones, m);
    }
    char *text = cJSON_PrintUnformatted(patch);
    check(&(struct sample_row){text, "sum-mismatch #/milestones ", NULL}, 1);
    cJSON_free(text);
    cJSON_Delete(patch);
}

static void test_lines(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"lines\":[{\"item_name\":\"a\",\"quantity\":\"3\",\"unit_price\":\"0.333\","
         "\"amount\":\"1.00\"}]}",
         NULL, NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"quantity\":\"1000\",\"unit_price\":\"0.88495575\","
         "\"amount\":\"884.96\"}]}",
         NULL, NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"quantity\":\"2\",\"unit_price\":\"10.00\","
         "\"amount\":\"20.01\"}]}",
         NULL, NULL},
        {"{\"lines\":[{\"item_name\":\"a\"},{\"item_name\":\"a\",\"quantity\":\"2\","
         "\"unit_price\":\"10.00\",\"amount\":\"20.02\"}]}",
         "product-mismatch #/lines/1/amount ", NULL},
        {"{\"currency\":\"JPY\",\"amount\":\"113\",\"lines\":[{\"item_name\":\"a\","
         "\"quantity\":\"1.5\",\"unit_price\":\"3\",\"amount\":\"5\"}]}",
         NULL, NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"quantity\":\"999999999999.999999\","
         "\"unit_price\":\"9999999999\",\"amount\":\"1\"}]}",
         "product-mismatch #/lines/0/amount ", NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"tax_rate\":\"0.13\"}]}", NULL, NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"tax_rate\":\"0.14\"}]}", NULL,
         "unusual-vat-rate #/lines/0/tax_rate "},
        {"{\"currency\":\"EUR\",\"lines\":[{\"item_name\":\"a\",\"tax_rate\":\"0.19\"}]}", NULL,
         NULL},
        {"{\"lines\":[{\"item_name\":\"a\",\"tax_rate\":\"13\"}]}",
         "out-of-range #/lines/0/tax_rate ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_payment_and_assignment(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"payment_terms\":{\"kind\":\"ar_voucher\",\"days\":180}}", NULL, NULL},
        {"{\"payment_terms\":{\"kind\":\"ar_voucher\",\"days\":181}}", NULL,
         "long-payment-term #/payment_terms/days "},
        {"{\"payment_terms\":{\"kind\":\"ar_voucher\",\"days\":366}}", NULL,
         "long-payment-term #/payment_terms/days "},
        {"{\"payment_terms\":{\"kind\":\"ar_voucher\",\"days\":367}}",
         "out-of-range #/payment_terms/days ", NULL},
        {"{\"payment_terms\":{\"days\":200}}", NULL, NULL},
        {"{\"payment_terms\":{\"days\":367}}", "out-of-range #/payment_terms/days ", NULL},
        {"{\"assignment_prohibited\":true}", NULL,
         "assignment-prohibited #/assignment_prohibited "},
        {"{\"assignment_prohibited\":false}", NULL, NULL},
        {"{\"enforcement_clause\":{\"clause_text\":\"x\"}}",
         "required #/enforcement_clause/present ", NULL},
        {"{\"dispute_resolution\":{\"kind\":\"duel\"}}",
         "invalid-choice #/dispute_resolution/kind ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_common_members(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"external_id\":null}", "required #/external_id ", NULL},
        {"{\"external_id\":\"\"}", "too-short #/external_id ", NULL},
        {"{\"external_id\":\"tab\\there\"}", "invalid-format #/external_id ", NULL},
        {"{\"external_id\":\"\\u0085\"}", "invalid-format #/external_id ", NULL},
        {"{\"external_id\":\"   \"}", "invalid-format #/external_id ", NULL},
        {"{\"external_id\":\"合同 1\"}", NULL, NULL},
        {"{\"revises_id\":\"ctr_" SAMPLE_ID "\",\"revision_reason\":\"amendment\"}", NULL, NULL},
        {"{\"revises_id\":\"inv_" SAMPLE_ID "\"}", "invalid-format #/revises_id ", NULL},
        {"{\"fields\":{\"a\":1,\"b\":\"x\",\"c\":true},\"metadata\":{\"k\":\"v\"}}", NULL, NULL},
        {"{\"fields\":{\"a\":[]}}", "wrong-type #/fields/a ", NULL},
        {"{\"documents\":[\"doc_" SAMPLE_ID "\",\"x\"]}", "invalid-format #/documents/1 ", NULL},
        {"{\"signature\":{\"keyid\":\"k\",\"alg\":\"ed25519\",\"value\":\"AA==\"}}", NULL, NULL},
        {"{\"signature\":{\"keyid\":\"k\",\"alg\":\"rsa\",\"value\":\"AA==\"}}",
         "invalid-choice #/signature/alg ", NULL},
        {"{\"notes\":\"x\"}", "unknown-field #/notes ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parties),        cmocka_unit_test(test_days),
        cmocka_unit_test(test_amounts),        cmocka_unit_test(test_sums_do_not_wrap),
        cmocka_unit_test(test_lines),          cmocka_unit_test(test_payment_and_assignment),
        cmocka_unit_test(test_common_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
