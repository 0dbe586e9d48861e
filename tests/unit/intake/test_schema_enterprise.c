/* Enterprises: identity in and outside China, industry codes, LEI (two registered ones), lists. */
#include "sample.h"

static const char base[] =
    "{\"external_id\":\"p-1\",\"name\":\"杭州某公司\",\"uscc\":\"91330100799655058B\","
    "\"enterprise_type\":\"limited_liability\",\"roles\":[\"supplier\"],\"industry_code\":"
    "\"C3670\","
    "\"legal_representative\":{\"name\":\"王芳\"},\"registered_address\":{\"text\":\"杭州\"}}";

static void test_identity(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{}", NULL, NULL},
        {"{\"country_code\":\"CN\"}", NULL, NULL},
        {"{\"uscc\":null}", "required #/uscc ", NULL},
        {"{\"uscc\":\"91350100M0001TGQXM\"}", NULL, "uscc-check-digit #/uscc "},
        {"{\"uscc\":null,\"country_code\":\"IN\"}", "required #/foreign_registration_no ", NULL},
        {"{\"uscc\":null,\"country_code\":\"IN\",\"foreign_registration_no\":\"U24239\"}", NULL,
         NULL},
        {"{\"country_code\":\"IN\",\"foreign_registration_no\":\"U24239\"}",
         "not-applicable #/uscc ", NULL},
        {"{\"foreign_registration_no\":\"U24239\"}", "not-applicable #/foreign_registration_no ",
         NULL},
        {"{\"lei\":\"529900T8BM49AURSDO55\"}", NULL, NULL},
        {"{\"lei\":\"HWUPKR0MPOU8FGXBT394\"}", NULL, NULL},
        {"{\"lei\":\"529900T8BM49AURSDO56\"}", "invalid-format #/lei ", NULL},
        {"{\"lei\":\"529900T8BM49AURSDO5\"}", "invalid-format #/lei ", NULL},
    };
    CHECK_ROWS(SCF_REC_ENTERPRISE, base, rows);
}

static void test_industry(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"industry_code\":\"A\"}", NULL, NULL},
        {"{\"industry_code\":\"A01\"}", NULL, NULL},
        {"{\"industry_code\":\"A06\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"B06\"}", NULL, NULL},
        {"{\"industry_code\":\"C430\"}", NULL, NULL},
        {"{\"industry_code\":\"D4300\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"T97\"}", NULL, NULL},
        {"{\"industry_code\":\"T98\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"A00\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"C1\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"U01\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"C36701\"}", "invalid-format #/industry_code ", NULL},
        {"{\"industry_code\":\"N79\",\"industry_code_version\":\"GB/T 4754-2011\"}", NULL, NULL},
        {"{\"industry_code\":\"O79\",\"industry_code_version\":\"GB/T 4754-2011\"}", NULL, NULL},
        {"{\"industry_code\":\"O79\",\"industry_code_version\":\"GB/T 4754-2017\"}",
         "invalid-format #/industry_code ", NULL},
    };
    CHECK_ROWS(SCF_REC_ENTERPRISE, base, rows);
}

static void test_lists(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"roles\":[]}", "too-few #/roles ", NULL},
        {"{\"roles\":[\"supplier\",\"buyer\",\"supplier\",\"buyer\"]}",
         "duplicate #/roles/2 duplicate #/roles/3 ", NULL},
        {"{\"roles\":[\"king\"]}", "invalid-choice #/roles/0 ", NULL},
        {"{\"established_on\":\"2026-11-22\"}", NULL, NULL},
        {"{\"established_on\":\"2026-11-23\"}", "in-future #/established_on ", NULL},
        {"{\"registered_capital\":\"-0.01\"}", "out-of-range #/registered_capital ", NULL},
        {"{\"contacts\":[{\"phone\":\"+86-571-88888888\",\"email\":\"a@b.cn\"}]}", NULL, NULL},
        {"{\"contacts\":[{\"phone\":\"88 88\",\"email\":\"@b.cn\"}]}",
         "invalid-format #/contacts/0/phone invalid-format #/contacts/0/email ", NULL},
        {"{\"bank_accounts\":[{\"account_name\":\"a\",\"account_no\":\"6222000011112222\","
         "\"bank_name\":\"b\",\"cnaps_code\":\"102331000012\"}]}",
         NULL, NULL},
        {"{\"bank_accounts\":[{\"account_name\":\"a\",\"account_no\":\"6222000011112222\","
         "\"bank_name\":\"b\",\"cnaps_code\":\"10233100001\"}]}",
         "invalid-format #/bank_accounts/0/cnaps_code ", NULL},
        {"{\"tax_no\":\"330100799655058\"}", NULL, NULL},
        {"{\"tax_no\":\"33010079965505\"}", "invalid-format #/tax_no ", NULL},
        {"{\"registered_address\":{\"division_code\":\"3301\"}}",
         "invalid-format #/registered_address/division_code ", NULL},
    };
    CHECK_ROWS(SCF_REC_ENTERPRISE, base, rows);
}

#define QUALIFICATION                                                                              \
    "\"type\":\"high_tech\",\"certificate_no\":\"GR1\",\"issuer\":\"科技厅\",\"issued_on\":"    \
    "\"2025-01-01\""

static void test_qualifications(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"qualifications\":[{" QUALIFICATION "}]}", NULL, NULL},
        {"{\"qualifications\":[{" QUALIFICATION ",\"valid_until\":\"2025-01-02\"}]}", NULL, NULL},
        {"{\"qualifications\":[{" QUALIFICATION "},{" QUALIFICATION
         ",\"valid_until\":\"2025-01-01\"}]}",
         "date-order #/qualifications/1/valid_until ", NULL},
        {"{\"qualifications\":[{" QUALIFICATION ",\"status\":\"valid\"}]}",
         "unknown-field #/qualifications/0/status ", NULL}, /* the server computes it */
    };
    CHECK_ROWS(SCF_REC_ENTERPRISE, base, rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_industry),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_qualifications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
