/* Extraction and business keys. Expected keys are from sha256sum over the three lines, times from
 * GNU date. */
#include "extract.h"
#include "sample.h"

#include "scfd/codec/digest.h"

static struct scf_arena *arena;
static cJSON *body;

static struct scf_extract extract(enum scf_record_kind kind, const char *text) {
    struct scf_extract x;
    cJSON_Delete(body);
    body = cJSON_Parse(text);
    assert_non_null(body);
    assert_int_equal(scf_record_extract(kind, body, &sample_ctx, arena, &x), SCF_OK);
    return x;
}

static void assert_uuid(const struct scf_uuid *u, const char *hex) {
    char text[33];
    scf_hex(u->b, sizeof u->b, text);
    assert_string_equal(text, hex);
}

static void assert_str(struct scf_str s, const char *text) {
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

static const char sample_hex[] = "01890a5dac96774bbcceb302099a8057"; /* SAMPLE_ID */
static const char nil_hex[] = "00000000000000000000000000000000";

static void test_keys(void **state) {
    (void)state;
    struct scf_uuid key = scf_contract_key(SCF_STR("91330100799655058B"), SCF_STR("HT-2026-001"));
    assert_uuid(&key, "e554cb5577c79e22217eeedd42bbec1e");
    key = scf_contract_key(SCF_STR(" 91330100799655058b "), SCF_STR("ht - 2026\t-\u3000001"));
    assert_uuid(&key, "e554cb5577c79e22217eeedd42bbec1e");
    key = scf_contract_key(SCF_STR("IN:U24239"), SCF_STR("SCMS-4"));
    assert_uuid(&key, "fdbc23fe09817764a843923b994a167f");
    key = scf_invoice_key(SCF_STR(""), SCF_STR("26332000000123456789"));
    assert_uuid(&key, "e3680b727882f81131a1e95d8a593dd6");
    key = scf_invoice_key(SCF_STR("3300212130"), SCF_STR("12345678"));
    assert_uuid(&key, "3bcecf9b7cd85e1900526812a12726e1");
}

#define CONTRACT                                                                                   \
    "\"external_id\":\"c-1\",\"contract_no\":\"ht-1\",\"signed_on\":\"2026-11-22\","               \
    "\"amount\":\"113.00\",\"currency\":\"CNY\""

static void test_contract(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_CONTRACT, "{" CONTRACT ",\"revises_id\":\"ctr_" SAMPLE_ID "\",\"seller\":{\"uscc\":"
                          "\"91330100799655058B\",\"name\":\"卖方\"},\"buyer\":{\"enterprise_id\":"
                          "\"ent_" SAMPLE_ID "\"}}");
    assert_str(x.external_id, "c-1");
    assert_uuid(&x.revises_id, sample_hex);
    assert_str(x.subject.uscc, "91330100799655058B");
    assert_str(x.subject.name, "卖方");
    assert_uuid(&x.subject.id, nil_hex);
    assert_string_equal(x.subject_pointer, "#/seller");
    assert_int_equal(x.counterparty.uscc.n, 0);
    assert_uuid(&x.counterparty.id, sample_hex);
    assert_string_equal(x.counterparty_pointer, "#/buyer");
    assert_uuid(&x.business_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.contract_id, nil_hex);
    assert_false(x.needs_seller_uscc);
    assert_true(x.has_happened);
    assert_true(x.happened_us == INT64_C(1795276800000000)); /* 2026-11-22T00:00+08:00 */
    assert_true(x.has_amount);
    assert_true(x.amount == 11300);
    assert_string_equal(x.currency, "CNY");
    assert_int_equal(x.checks_applicable, 0);
}

static void test_contract_key_waits_for_the_seller(void **state) {
    (void)state;
    struct scf_extract x =
        extract(SCF_REC_CONTRACT, "{" CONTRACT ",\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID
                                  "\"},\"buyer\":{\"country_code\":\"IN\",\"registration_no\":"
                                  "\"u 24239\",\"name\":\"A\"}}");
    assert_true(x.needs_seller_uscc);
    assert_uuid(&x.business_key, nil_hex);
    assert_str(x.counterparty.uscc, "IN:U24239");
    assert_str(x.counterparty.name, "A");
    scf_extract_complete_keys(&x, SCF_REC_CONTRACT, SCF_STR(""));
    assert_true(x.needs_seller_uscc);
    scf_extract_complete_keys(&x, SCF_REC_CONTRACT, SCF_STR("91330100799655058B"));
    assert_uuid(&x.business_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_false(x.needs_seller_uscc);
}

static void test_contract_checks(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_CONTRACT,
        "{" CONTRACT ",\"amount_excl_tax\":\"100\",\"tax_amount\":\"13\",\"effective_to\":"
        "\"2026-11-21\",\"delivery\":{\"due_on\":\"2026-12-01\"},\"milestones\":[{\"due_on\":"
        "\"2026-11-01\"},{\"title\":\"x\"}],\"lines\":[{\"quantity\":\"2\",\"unit_price\":\"3\","
        "\"amount\":\"6.01\"},{\"quantity\":\"2\"}],\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID
        "\"},\"buyer\":{\"enterprise_id\":\"ent_" OTHER_ID "\"}}");
    /* line, total, end of term, delivery, one milestone; the term and the milestone end too early
     */
    assert_int_equal(x.checks_applicable, 5);
    assert_int_equal(x.checks_passed, 3);
}

#define EVENT                                                                                      \
    "\"external_id\":\"e-1\",\"step\":\"shipped\",\"occurred_at\":\"2026-11-22T07:00:00Z\""

static void test_event(void **state) {
    (void)state;
    struct scf_extract x =
        extract(SCF_REC_WORKFLOW_EVENT, "{" EVENT ",\"contract_id\":\"ctr_" SAMPLE_ID "\"}");
    assert_uuid(&x.contract_id, sample_hex);
    assert_string_equal(x.contract_pointer, "#/contract_id");
    assert_uuid(&x.contract_key, nil_hex);
    assert_int_equal(x.subject.uscc.n, 0);
    assert_uuid(&x.subject.id, nil_hex);
    assert_true(x.happened_us == INT64_C(1795330800000000));
    assert_false(x.has_amount);
    assert_false(x.needs_seller_uscc);

    x = extract(SCF_REC_WORKFLOW_EVENT,
                "{" EVENT ",\"contract_no\":\"HT-1\",\"seller_uscc\":\"91330100799655058B\","
                "\"amount\":\"5.001\",\"currency\":\"KWD\"}");
    assert_str(x.subject.uscc, "91330100799655058B");
    assert_string_equal(x.subject_pointer, "#/seller_uscc");
    assert_string_equal(x.contract_pointer, "#/contract_no");
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.business_key, nil_hex);
    assert_true(x.amount == 5001);

    x = extract(SCF_REC_WORKFLOW_EVENT,
                "{" EVENT ",\"contract_no\":\"SCMS-4\",\"seller\":{\"country_code\":\"IN\","
                "\"registration_no\":\"U24239\",\"name\":\"A\"}}");
    assert_str(x.subject.uscc, "IN:U24239");
    assert_uuid(&x.contract_key, "fdbc23fe09817764a843923b994a167f");

    x = extract(SCF_REC_WORKFLOW_EVENT, "{\"external_id\":\"e\",\"contract_id\":\"ctr_" SAMPLE_ID
                                        "\",\"occurred_at\":\"2026-11-22 15:00:00\"}");
    assert_true(x.happened_us == INT64_C(1795330800000000)); /* lenient, the node's +08:00 */
}

#define INVOICE                                                                                    \
    "\"external_id\":\"i-1\",\"issued_on\":\"2026-11-22\",\"amount_excl_tax\":\"1000\","           \
    "\"tax_amount\":\"130\",\"total_amount\":\"1130\",\"currency\":\"CNY\",\"lines\":[{"           \
    "\"amount\":\"600\","                                                                          \
    "\"tax_rate\":\"0.13\",\"tax_amount\":\"78.06\"},{\"amount\":\"400\",\"tax_rate\":\"0.13\","   \
    "\"tax_amount\":\"51.93\"}]"

static void test_invoice(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_INVOICE,
        "{" INVOICE ",\"kind\":\"digital_vat_special\",\"invoice_no\":\"26332000000123456789\","
        "\"due_on\":\"2026-12-01\",\"contract_no\":\"HT-1\",\"contract_ids\":[\"ctr_" SAMPLE_ID
        "\",\"ctr_" OTHER_ID
        "\"],\"seller\":{\"name\":\"卖方\",\"tax_no\":\" 91330100799655058b\"},"
        "\"buyer\":{\"name\":\"买方\",\"tax_no\":\"9131000063159284XQ\",\"enterprise_id\":"
        "\"ent_" SAMPLE_ID "\"}}");
    assert_str(x.subject.uscc, "91330100799655058B");
    assert_str(x.subject.name, "卖方");
    assert_uuid(&x.counterparty.id, sample_hex);
    assert_int_equal(x.counterparty.uscc.n, 0);
    assert_int_equal(x.subject_code.n, 0);
    assert_str(x.counterparty_code, "9131000063159284XQ");
    assert_uuid(&x.business_key, "e3680b727882f81131a1e95d8a593dd6");
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.contract_id, sample_hex);
    assert_string_equal(x.contract_pointer, "#/contract_ids/0");
    assert_true(x.happened_us == INT64_C(1795276800000000));
    assert_true(x.amount == 113000);
    /* two lines (78.06 is within 0.06, 51.93 is not), the total, the due day */
    assert_int_equal(x.checks_applicable, 4);
    assert_int_equal(x.checks_passed, 3);
}

static void test_foreign_invoice(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_INVOICE,
        "{" INVOICE ",\"kind\":\"foreign_invoice\",\"invoice_no\":\"RE-1\","
        "\"issued_at\":\"2026-11-22T07:00:00Z\",\"seller\":{\"name\":\"S\",\"tax_no\":\"DE "
        "811569869\","
        "\"country_code\":\"DE\"},\"buyer\":{\"name\":\"B\",\"tax_no\":\"9131000063159284XQ\"}}");
    assert_str(x.subject.uscc, "DE:DE811569869");
    assert_str(x.counterparty.uscc, "9131000063159284XQ");
    assert_uuid(&x.business_key, "2724a515f45f6f3a6bbf8427c3c33fe6");
    assert_uuid(&x.contract_key, nil_hex);
    assert_true(x.happened_us == INT64_C(1795330800000000)); /* issued_at wins */
}

static void test_guarantee(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_GUARANTEE,
        "{\"external_id\":\"g-1\",\"guarantor_id\":\"ent_" THIRD_ID
        "\",\"obligor_id\":\"ent_" SAMPLE_ID "\",\"beneficiary_id\":\"ent_" SAMPLE_ID
        "\",\"contract_id\":\"ctr_" SAMPLE_ID
        "\",\"amount\":\"300\",\"currency\":\"JPY\",\"issued_on\":\"2026-11-22\",\"expires_on\":"
        "\"2027-01-01\"}");
    assert_uuid(&x.subject.id, sample_hex);
    assert_string_equal(x.subject_pointer, "#/obligor_id");
    assert_uuid(&x.counterparty.id, sample_hex);
    assert_string_equal(x.counterparty_pointer, "#/beneficiary_id");
    assert_uuid(&x.contract_id, sample_hex);
    assert_true(x.amount == 300);
    assert_string_equal(x.currency, "JPY");
    assert_true(x.happened_us == INT64_C(1795276800000000));
    assert_int_equal(x.checks_applicable, 1);
    assert_int_equal(x.checks_passed, 1);
}

/* The seller of the contract need not be who owes the debt. */
static void test_guarantee_by_number(void **state) {
    (void)state;
    struct scf_extract x =
        extract(SCF_REC_GUARANTEE,
                "{\"external_id\":\"g-1\",\"guarantor_id\":\"ent_" THIRD_ID
                "\",\"obligor_id\":\"ent_" SAMPLE_ID "\",\"beneficiary_id\":\"ent_" OTHER_ID
                "\",\"contract_no\":\"HT-1\",\"seller_uscc\":\"91330100799655058B\"}");
    assert_uuid(&x.subject.id, sample_hex);
    assert_str(x.seller.uscc, "91330100799655058B");
    assert_string_equal(x.seller_pointer, "#/seller_uscc");
    assert_string_equal(x.contract_pointer, "#/contract_no");
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.business_key, nil_hex);
    assert_false(x.needs_seller_uscc);

    x = extract(SCF_REC_GUARANTEE, "{\"external_id\":\"g-1\",\"contract_no\":\"HT-1\","
                                   "\"seller\":{\"enterprise_id\":\"ent_" SAMPLE_ID "\"}}");
    assert_uuid(&x.seller.id, sample_hex);
    assert_string_equal(x.seller_pointer, "#/seller");
    assert_true(x.needs_seller_uscc);
    scf_extract_complete_keys(&x, SCF_REC_GUARANTEE, SCF_STR("91330100799655058B"));
    assert_uuid(&x.contract_key, "ad545b25aa2ef48a649857eef763d5ac");
    assert_uuid(&x.business_key, nil_hex);
}

struct expected_name {
    const char *pointer;
    enum scf_record_kind kind;
};

static void check_named(const struct scf_named_list *list, const struct expected_name *wanted,
                        size_t n) {
    assert_int_equal(list->count, n);
    for (size_t i = 0; i < n; i++) {
        assert_uuid(&list->items[i].id, sample_hex);
        assert_string_equal(list->items[i].pointer, wanted[i].pointer);
        assert_int_equal(list->items[i].kind, wanted[i].kind);
    }
}

#define ENT "\"ent_" SAMPLE_ID "\""
#define CTR "\"ctr_" SAMPLE_ID "\""

/* Everything that a body names by id, with its place; ids that have a field of their own are left
 * out. */
static void test_names(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_CONTRACT, "{" CONTRACT ",\"other_parties\":[{\"enterprise_id\":" ENT
                          "},{\"enterprise_id\":" ENT "}],\"framework_contract_id\":" CTR "}");
    check_named(&x.enterprises,
                (struct expected_name[]){{"#/other_parties/0/enterprise_id", SCF_REC_ENTERPRISE},
                                         {"#/other_parties/1/enterprise_id", SCF_REC_ENTERPRISE}},
                2);
    check_named(&x.records, (struct expected_name[]){{"#/framework_contract_id", SCF_REC_CONTRACT}},
                1);
    x = extract(SCF_REC_WORKFLOW_EVENT,
                "{" EVENT ",\"contract_id\":" CTR ",\"actor_enterprise_id\":" ENT
                ",\"counterparty_id\":" ENT "}");
    check_named(&x.enterprises,
                (struct expected_name[]){{"#/actor_enterprise_id", SCF_REC_ENTERPRISE},
                                         {"#/counterparty_id", SCF_REC_ENTERPRISE}},
                2);
    check_named(&x.records, NULL, 0);
    x = extract(SCF_REC_INVOICE, "{" INVOICE ",\"kind\":\"vat_general\",\"contract_ids\":[" CTR
                                 "," CTR "," CTR "],\"workflow_event_ids\":[\"evt_" SAMPLE_ID
                                 "\"],\"financing\":{\"financier_id\":" ENT "}}");
    check_named(&x.enterprises,
                (struct expected_name[]){{"#/financing/financier_id", SCF_REC_ENTERPRISE}}, 1);
    check_named(&x.records,
                (struct expected_name[]){{"#/contract_ids/1", SCF_REC_CONTRACT},
                                         {"#/contract_ids/2", SCF_REC_CONTRACT},
                                         {"#/workflow_event_ids/0", SCF_REC_WORKFLOW_EVENT}},
                3);
    x = extract(SCF_REC_GUARANTEE, "{\"guarantor_id\":" ENT ",\"collateral\":[{\"owner_id\":" ENT
                                   "}],\"loan_id\":\"loan_" SAMPLE_ID "\"}");
    check_named(&x.enterprises,
                (struct expected_name[]){{"#/guarantor_id", SCF_REC_ENTERPRISE},
                                         {"#/collateral/0/owner_id", SCF_REC_ENTERPRISE}},
                2);
    check_named(&x.records, (struct expected_name[]){{"#/loan_id", SCF_REC_LOAN}}, 1);
}

/* The id of zeros may be written, so it must not read as "no id". */
static void test_id_of_zeros(void **state) {
    (void)state;
    struct scf_extract x = extract(
        SCF_REC_WORKFLOW_EVENT, "{" EVENT ",\"contract_id\":\"ctr_00000000000000000000000000\"}");
    assert_false(scf_uuid_is_nil(&x.contract_id));
    assert_string_equal(x.contract_pointer, "#/contract_id");
}

static void test_enterprise(void **state) {
    (void)state;
    struct scf_extract x = extract(SCF_REC_ENTERPRISE, "{\"external_id\":\"p-1\",\"name\":\"n\"}");
    assert_str(x.external_id, "p-1");
    assert_false(x.has_happened);
    assert_false(x.has_amount);
    assert_uuid(&x.business_key, nil_hex);
    assert_int_equal(x.subject.uscc.n, 0);
}

static void test_without_memory(void **state) {
    (void)state;
    struct scf_arena *empty = scf_arena_new(0);
    struct scf_extract x = {.amount = 77};
    cJSON *contract =
        cJSON_Parse("{" CONTRACT ",\"seller\":{\"uscc\":\"91330100799655058B\",\"name\":\"n\"}}");
    assert_int_equal(scf_record_extract(SCF_REC_CONTRACT, contract, &sample_ctx, empty, &x),
                     SCF_E_BODY_TOO_LARGE);
    assert_true(x.amount == 77);
    cJSON_Delete(contract);
    scf_arena_free(empty);
}

static int set_up(void **state) {
    (void)state;
    scf_digest_init();
    arena = scf_arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cJSON_Delete(body);
    scf_arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_contract_key_waits_for_the_seller),
        cmocka_unit_test(test_contract_checks),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_invoice),
        cmocka_unit_test(test_foreign_invoice),
        cmocka_unit_test(test_guarantee),
        cmocka_unit_test(test_guarantee_by_number),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_id_of_zeros),
        cmocka_unit_test(test_enterprise),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
