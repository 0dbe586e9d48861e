/* Masking and the state of qualifications, against hand-made documents. */
#include <setjmp.h>
#include <cmocka.h>

#include "mask.h"
#include "scfd/base/clock.h"
#include "scfd/codec/json.h"

static void check_mask(const char *in, const char *expected) {
    cJSON *tree = cJSON_Parse(in);
    assert_non_null(tree);
    assert_true(scf_profile_mask(tree));
    char *text = cJSON_PrintUnformatted(tree);
    assert_string_equal(text, expected);
    cJSON_free(text);
    cJSON_Delete(tree);
}

static void numbers_are_masked_at_every_depth(void **state) {
    (void)state;
    check_mask("{\"name\":\"甲\",\"legal_representative\":{\"name\":\"张三\","
               "\"id_number\":\"11010519491231002X\"},"
               "\"bank_accounts\":[{\"account_no\":\"6222021001122334455\",\"bank_name\":\"B\"},"
               "{\"account_no\":\"12345\"}],\"seller\":{\"bank_account\":\"98765432\"}}",
               "{\"name\":\"甲\",\"legal_representative\":{\"name\":\"张三\","
               "\"id_number\":\"**************002X\"},"
               "\"bank_accounts\":[{\"account_no\":\"***************4455\",\"bank_name\":\"B\"},"
               "{\"account_no\":\"*2345\"}],\"seller\":{\"bank_account\":\"****5432\"}}");
}

static void short_and_odd_values_show_nothing(void **state) {
    (void)state;
    check_mask("{\"account_no\":\"1234\"}", "{\"account_no\":\"****\"}");
    check_mask("{\"account_no\":\"\"}", "{\"account_no\":\"\"}");
    check_mask("{\"account_no\":6222021001}", "{\"account_no\":0}");
    check_mask("{\"account_no\":\"账号一二三四五\"}", "{\"account_no\":\"***二三四五\"}");
}

static void other_members_stay(void **state) {
    (void)state;
    check_mask(
        "{\"uscc\":\"91330100799655058B\",\"account_name\":\"甲公司账户\",\"n\":[1,2,null]}",
        "{\"uscc\":\"91330100799655058B\",\"account_name\":\"甲公司账户\",\"n\":[1,2,null]}");
}

static void check_status(const char *until, const char *today, const char *expected) {
    char text[256];
    int32_t day;
    assert_true(scf_date_parse(scf_str(today), &day));
    snprintf(text, sizeof text, "{\"qualifications\":[{\"type\":\"high_tech\"%s%s%s}]}",
             until ? ",\"valid_until\":\"" : "", until ? until : "", until ? "\"" : "");
    cJSON *tree = cJSON_Parse(text);
    assert_true(scf_profile_add_status(tree, day));
    const cJSON *one = cJSON_GetArrayItem(scf_json_get(tree, "qualifications"), 0);
    assert_string_equal(scf_json_string(one, "status"), expected);
    cJSON_Delete(tree);
}

static void qualifications_expire(void **state) {
    (void)state;
    check_status(NULL, "2026-11-22", "valid");
    check_status("2026-12-23", "2026-11-22", "valid");    /* 31 days left */
    check_status("2026-12-22", "2026-11-22", "expiring"); /* 30 */
    check_status("2026-11-22", "2026-11-22", "expiring"); /* the last day counts */
    check_status("2026-11-21", "2026-11-22", "expired");
}

static void a_sent_status_is_replaced_and_none_is_fine(void **state) {
    (void)state;
    cJSON *tree = cJSON_Parse("{\"qualifications\":[{\"status\":\"valid\","
                              "\"valid_until\":\"2020-01-01\"},3]}");
    assert_true(scf_profile_add_status(tree, 20000));
    char *text = cJSON_PrintUnformatted(tree);
    assert_string_equal(text, "{\"qualifications\":[{\"valid_until\":\"2020-01-01\","
                              "\"status\":\"expired\"},3]}");
    cJSON_free(text);
    cJSON_Delete(tree);
    tree = cJSON_Parse("{\"name\":\"x\"}");
    assert_true(scf_profile_add_status(tree, 20000));
    assert_null(scf_json_get(tree, "qualifications"));
    cJSON_Delete(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_masked_at_every_depth),
        cmocka_unit_test(short_and_odd_values_show_nothing),
        cmocka_unit_test(other_members_stay),
        cmocka_unit_test(qualifications_expire),
        cmocka_unit_test(a_sent_status_is_replaced_and_none_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
