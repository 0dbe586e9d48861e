/* Invoices: totals, signs, red invoices, numbers, parties, words. */
#include "sample.h"

static const char base[] =
    "{\"external_id\":\"i-1\",\"kind\":\"digital_vat_special\","
    "\"invoice_no\":\"26332000000123456789\",\"issued_on\":\"2026-11-20\","
    "\"seller\":{\"name\":\"卖方\",\"tax_no\":\"91330100799655058B\"},"
    "\"buyer\":{\"name\":\"买方\",\"tax_no\":\"9131000063159284XQ\"},"
    "\"amount_excl_tax\":\"1000.00\",\"tax_amount\":\"130.00\",\"total_amount\":\"1130.00\","
    "\"currency\":\"CNY\",\"lines\":[{\"goods_name\":\"*轴承*轮毂轴承\",\"amount\":\"1000.00\","
    "\"tax_rate\":\"0.13\",\"tax_amount\":\"130.00\"}]}";

static void check(const struct sample_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        check_row(SCF_REC_INVOICE, base, &rows[i]);
}

static void test_totals(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{}", NULL, NULL},
        {"{\"total_amount\":\"1130.01\"}", "sum-mismatch #/total_amount ", NULL},
        {"{\"total_amount\":\"1129.99\"}", "sum-mismatch #/total_amount ", NULL},
        {"{\"amount_excl_tax\":\"1000.01\",\"total_amount\":\"1130.01\"}",
         "sum-mismatch #/amount_excl_tax ", NULL},
        {"{\"tax_amount\":\"130.01\",\"total_amount\":\"1130.01\"}", "sum-mismatch #/tax_amount ",
         NULL},
        {"{\"lines\":[]}", "too-few #/lines ", NULL},
        {"{\"lines\":null}", "required #/lines ", NULL},
        {"{\"lines\":[{\"goods_name\":\"a\",\"amount\":\"600\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"78\"},{\"goods_name\":\"b\",\"amount\":\"400\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"52\"}]}",
         NULL, NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_line_tax(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"tax_amount\":\"130.06\",\"total_amount\":\"1130.06\",\"lines\":[{\"goods_name\":\"a\","
         "\"amount\":\"1000\",\"tax_rate\":\"0.13\",\"tax_amount\":\"130.06\"}]}",
         NULL, NULL},
        {"{\"tax_amount\":\"130.07\",\"total_amount\":\"1130.07\",\"lines\":[{\"goods_name\":\"a\","
         "\"amount\":\"1000\",\"tax_rate\":\"0.13\",\"tax_amount\":\"130.07\"}]}",
         NULL, "tax-mismatch #/lines/0/tax_amount "},
        {"{\"tax_amount\":\"129.93\",\"total_amount\":\"1129.93\",\"lines\":[{\"goods_name\":\"a\","
         "\"amount\":\"1000\",\"tax_rate\":\"0.13\",\"tax_amount\":\"129.93\"}]}",
         NULL, "tax-mismatch #/lines/0/tax_amount "},
        {"{\"tax_amount\":\"140\",\"total_amount\":\"1140\",\"lines\":[{\"goods_name\":\"a\","
         "\"amount\":\"1000\",\"tax_rate\":\"0.14\",\"tax_amount\":\"140\"}]}",
         NULL, "unusual-vat-rate #/lines/0/tax_rate "},
        {"{\"lines\":[{\"goods_name\":\"a\",\"amount\":\"1000\",\"tax_rate\":\"7\","
         "\"tax_amount\":\"130\"}]}",
         "out-of-range #/lines/0/tax_rate ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_signs_and_red(void **state) {
    (void)state;
    static const char negative[] =
        "{\"amount_excl_tax\":\"-1000.00\",\"tax_amount\":\"-130.00\",\"total_amount\":\"-1130."
        "00\","
        "\"lines\":[{\"goods_name\":\"a\",\"quantity\":\"-1\",\"amount\":\"-1000.00\","
        "\"tax_rate\":\"0.13\",\"tax_amount\":\"-130.00\"}],\"red_invoice\":%s}";
    char plain[512], red[512], named[512];
    snprintf(plain, sizeof plain, negative, "false");
    snprintf(red, sizeof red, negative, "true");
    snprintf(named, sizeof named, negative,
             "true,\"original_invoice_no\":\"26332000000123456788\",\"red_confirmation_no\":\"7\"");
    const struct sample_row rows[] = {
        {plain,
         "out-of-range #/amount_excl_tax out-of-range #/tax_amount out-of-range #/total_amount "
         "out-of-range #/lines/0/amount ",
         NULL},
        {red, "required #/original_invoice_no required #/red_confirmation_no ", NULL},
        {named, NULL, NULL},
        {"{\"red_invoice\":true,\"kind\":\"credit_note\"}", "required #/original_invoice_no ",
         NULL},
        {"{\"lines\":[{\"goods_name\":\"a\",\"amount\":\"1100\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"143\"},{\"goods_name\":\"a\",\"amount\":\"-100\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"-13\",\"discount_flag\":true}]}",
         NULL, NULL},
        {"{\"lines\":[{\"goods_name\":\"a\",\"amount\":\"1100\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"143\"},{\"goods_name\":\"a\",\"amount\":\"-100\",\"tax_rate\":\"0.13\","
         "\"tax_amount\":\"-13\"}]}",
         "out-of-range #/lines/1/amount ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_days(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"due_on\":\"2026-11-20\"}", NULL, NULL},
        {"{\"due_on\":\"2026-11-19\"}", "date-order #/due_on ", NULL},
        {"{\"issued_on\":\"2026-11-23\"}", NULL, "in-future #/issued_on "},
        {"{\"issued_at\":\"2026-11-19T16:00:00Z\"}", NULL, NULL}, /* midnight at +08:00 */
        {"{\"issued_at\":\"2026-11-19T15:59:59Z\"}", NULL, "date-mismatch #/issued_at "},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_numbers(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"invoice_no\":\"2633200000012345678\"}", NULL, "invoice-number-shape #/invoice_no "},
        {"{\"invoice_no\":\"2633200000012345678X\"}", NULL, "invoice-number-shape #/invoice_no "},
        {"{\"invoice_no\":\"27332000000123456789\"}", NULL, "invoice-number-shape #/invoice_no "},
        {"{\"invoice_no\":\"25332000000123456789\"}", NULL, NULL}, /* an earlier year is possible */
        {"{\"invoice_no\":\"26162000000123456789\"}", NULL, "invoice-number-shape #/invoice_no "},
        {"{\"invoice_no\":\"26652000000123456789\"}", NULL, NULL},
        {"{\"invoice_no\":\"26952000000123456789\"}", NULL, NULL},
        {"{\"kind\":\"vat_special\",\"invoice_no\":\"12345678\",\"invoice_code\":\"3300212130\"}",
         NULL, NULL},
        {"{\"kind\":\"e_vat_general\",\"invoice_no\":\"12345678\"}", "required #/invoice_code ",
         NULL},
        {"{\"kind\":\"vat_special\",\"invoice_no\":\"1234567\",\"invoice_code\":\"33002121301\"}",
         NULL, "invoice-number-shape #/invoice_code invoice-number-shape #/invoice_no "},
        {"{\"kind\":\"other\",\"invoice_no\":\"A/7\"}", NULL, NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_parties(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"seller\":{\"tax_no\":\"330100799655058\"}}", "invalid-format #/seller/tax_no ", NULL},
        {"{\"seller\":{\"tax_no\":\"330100799655058\",\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}",
         NULL, NULL},
        {"{\"seller\":{\"tax_no\":\"33010079965505\",\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}",
         "invalid-format #/seller/tax_no ", NULL},
        {"{\"seller\":{\"tax_no\":\"91350211M0000XUF46\"}}", NULL,
         "uscc-check-digit #/seller/tax_no "},
        {"{\"seller\":{\"tax_no\":\" 91330100799655058b\"}}", NULL, NULL}, /* trimmed, upper case */
        {"{\"kind\":\"foreign_invoice\",\"seller\":{\"tax_no\":\"DE 811 569 869\","
         "\"country_code\":\"DE\"}}",
         NULL, NULL},
        {"{\"buyer\":{\"tax_no\":\"91330100799655058B\"}}", "same-party #/buyer ", NULL},
        {"{\"buyer\":{\"enterprise_id\":\"ent_" SAMPLE_ID
         "\"},\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}",
         "same-party #/buyer ", NULL},
        {"{\"seller\":{\"name\":null}}", "required #/seller/name ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

/* A foreign invoice with a foreign rate says nothing about Chinese VAT. */
static void test_foreign(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"kind\":\"foreign_invoice\",\"invoice_no\":\"RE-1\",\"currency\":\"EUR\","
         "\"tax_amount\":\"190\",\"total_amount\":\"1190\",\"seller\":{\"tax_no\":\"DE811569869\","
         "\"country_code\":\"DE\"},\"lines\":[{\"goods_name\":\"a\",\"amount\":\"1000\","
         "\"tax_rate\":\"0.19\",\"tax_amount\":\"190\"}]}",
         NULL, NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_words(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"total_in_words\":\"壹仟壹佰叁拾圆整\"}", NULL, NULL},
        {"{\"total_in_words\":\"壹仟壹佰叁拾圆零壹分\"}", "sum-mismatch #/total_in_words ", NULL},
        {"{\"total_in_words\":\"one thousand\"}", NULL, "unreadable #/total_in_words "},
        {"{\"total_in_words\":\"\"}", NULL, NULL},
    };
    check(rows, SCF_COUNT(rows));
}

static void test_server_members_are_refused(void **state) {
    (void)state;
    static const struct sample_row rows[] = {
        {"{\"matching_status\":\"matched\"}", "unknown-field #/matching_status ", NULL},
        {"{\"financing\":{\"status\":\"factored\",\"registration_no\":\"0123\"}}", NULL, NULL},
        {"{\"financing\":{}}", "required #/financing/status ", NULL},
        {"{\"payment\":{\"paid_amount\":\"-1\"}}", "out-of-range #/payment/paid_amount ", NULL},
        {"{\"contract_ids\":[\"ctr_" SAMPLE_ID "\"],\"workflow_event_ids\":[\"ctr_" SAMPLE_ID
         "\"]}",
         "invalid-format #/workflow_event_ids/0 ", NULL},
        {"{\"special_element_code\":\"123\"}", "invalid-format #/special_element_code ", NULL},
    };
    check(rows, SCF_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_line_tax),
        cmocka_unit_test(test_signs_and_red),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_parties),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_server_members_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
