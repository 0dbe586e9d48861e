/* Receipts: the same bytes again, recomputed from the JSON alone; one flipped input fails. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/credit/limit.h"

static struct scf_arena *arena;

static struct scf_uuid uuid(uint8_t tag) {
    return (struct scf_uuid){{1, 0x90, tag, 3, 4, 5, 0x70, 7, 0x80, 9, 10, 11, 12, 13, 14, tag}};
}

static char *receipt(void) {
    struct scf_error err = {0};
    const struct scf_rating_sums sums[2] = {
        {.chain_id = uuid(1),
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
         .checks_passed = 95},
        {.chain_id = uuid(1),
         .template_id = 3,
         .kind = SCF_REC_INVOICE,
         .records = 50,
         .weight_expected = 500,
         .weight_present = 500,
         .delay_count = 50,
         .delay_s = 3600000},
    };
    const struct scf_limit_chain chain = {uuid(1), 200, 150, {{9, 8, 7}}};
    struct scf_limit_guarantee guarantees[2] = {{.record_id = uuid(4),
                                                 .status = "active",
                                                 .currency = "CNY",
                                                 .amount = 3000000,
                                                 .obligor_is_borrower = true,
                                                 .has_from = true,
                                                 .from_day = 20000,
                                                 .expires_day = 20600}};
    guarantees[1] = guarantees[0];
    guarantees[1].unconfirmed = true;
    const struct scf_limit_contract contract = {.record_id = uuid(5),
                                                .body_sha256 = {{1, 2, 3}},
                                                .status = "active",
                                                .currency = "CNY",
                                                .amount = 100000000,
                                                .prepaid = 10000000,
                                                .retention = 5000000,
                                                .financed = 1234,
                                                .seller_is_borrower = true,
                                                .has_signed = true,
                                                .signed_us = 1000,
                                                .guarantees = guarantees,
                                                .guarantee_count = 2};
    const struct scf_limit_qualification qualification = {.type = "business_license",
                                                          .grade = "",
                                                          .issued_day = 15000,
                                                          .has_until = true,
                                                          .until_day = 20600};
    struct scf_limit_inputs in = {.assessment_id = uuid(6),
                                  .borrower_id = uuid(7),
                                  .template_id = uuid(8),
                                  .template_code = "general_workflow_event",
                                  .template_revision = 2,
                                  .grading = cr22,
                                  .as_of_us = 20500 * SCF_US_PER_DAY + 123456,
                                  .from_day = 20136,
                                  .to_day = 20500,
                                  .currency = "CNY",
                                  .has_requested = true,
                                  .requested = 9000000,
                                  .operating = true,
                                  .history_periods = 2,
                                  .chains = &chain,
                                  .chain_count = 1,
                                  .sums = sums,
                                  .sum_count = 2,
                                  .qualifications = &qualification,
                                  .qualification_count = 1,
                                  .contracts = &contract,
                                  .contract_count = 1};
    struct scf_limit_result result;
    struct scf_buf out;
    assert_int_equal(
        scf_policy_parse(arena, "default", "1", scf_str(policy_text), &in.policy, &err), SCF_OK);
    assert_true(scf_limit_compute(&in, arena, &result));
    scf_buf_init(&out, 1 << 20);
    scf_receipt_write(&in, &result, &out);
    assert_false(out.overflow);
    char *text = scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static bool verify(const char *text) {
    struct scf_buf report;
    scf_buf_init(&report, 4096);
    bool ok = scf_receipt_verify(scf_str(text), &report);
    assert_non_null(report.data);
    assert_true((strstr(report.data, "FAIL") == NULL) == ok);
    scf_buf_free(&report);
    return ok;
}

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(16 << 20);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static void holds_and_is_stable(void **state) {
    (void)state;
    char *text = receipt();
    assert_true(verify(text));
    assert_string_equal(text, receipt());
    assert_non_null(strstr(text, "\"format\":\"scfd-receipt/v1\""));
}

/* White space and the order of members do not matter to a verifier. */
static void survives_reformatting(void **state) {
    (void)state;
    cJSON *json = cJSON_Parse(receipt());
    char *pretty = cJSON_Print(json);
    assert_true(verify(pretty));
    cJSON_free(pretty);
    cJSON_Delete(json);
}

/* Every digit of the document, flipped one at a time, makes it fail. */
static void any_flipped_digit_fails(void **state) {
    (void)state;
    char *text = receipt();
    size_t tried = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] < '0' || text[i] > '9')
            continue;
        char kept = text[i];
        text[i] = kept == '9' ? '8' : (char)(kept + 1);
        if (verify(text))
            fail_msg("byte %zu may be altered: …%.40s", i, text + (i > 20 ? i - 20 : 0));
        text[i] = kept;
        tried++;
    }
    assert_true(tried > 500);
    assert_true(verify(text));
}

/* To call a guarantee confirmed, or another one unconfirmed, is to alter the receipt. */
static void confirmation_is_part_of_it(void **state) {
    (void)state;
    static const char said[] = ",\"unconfirmed\":true";
    char *text = receipt(), *at = strstr(text, said);
    assert_non_null(at);
    assert_null(strstr(at + 1, said));
    assert_non_null(strstr(at, "guarantee-unconfirmed"));
    memmove(at, at + strlen(said), strlen(at + strlen(said)) + 1);
    assert_false(verify(text));
}

static void broken_documents(void **state) {
    (void)state;
    static const char *const texts[] = {
        "", "{}", "[]", "null", "{\"inputs\":{}}", "{\"inputs\":[],\"result\":{}}"};
    for (size_t i = 0; i < SCF_COUNT(texts); i++)
        assert_false(verify(texts[i]));
    char *text = receipt();
    for (size_t n = strlen(text) - 1; n > 0; n -= n < 97 ? n : 97) { /* cut short */
        char *cut = scf_strndup(arena, text, n);
        assert_false(verify(cut));
    }
    static const struct {
        const char *from, *to;
    } swaps[] = {{"\"operating\":true", "\"operating\":null"},
                 {"\"records\":100", "\"records\":-10"},
                 {"\"folded_size\":200", "\"folded_size\":1e9"},
                 {"\"status\":\"active\"", "\"status\":\"closed\""}};
    for (size_t i = 0; i < SCF_COUNT(swaps); i++) {
        char *copy = scf_strdup(arena, text), *at = strstr(copy, swaps[i].from);
        assert_non_null(at);
        memcpy(at, swaps[i].to, strlen(swaps[i].to));
        assert_false(verify(copy));
    }
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(holds_and_is_stable),        T(survives_reformatting), T(any_flipped_digit_fails),
        T(confirmation_is_part_of_it), T(broken_documents),
    };
    return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
