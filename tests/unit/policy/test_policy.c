/* Reading a policy, its rules with their pointers, and which one was in force. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/base/clock.h"
#include "scfd/policy/policy.h"

static int set_up(void **state) {
    *state = scf_arena_new(8 << 20);
    return 0;
}
static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

static enum scf_code parse(struct scf_arena *arena, const char *text, struct scf_policy *ret,
                           struct scf_error *err) {
    return scf_policy_parse(arena, "p", "1", scf_str(text), ret, err);
}

/* The text with one part of it replaced. */
static const char *with(struct scf_arena *arena, const char *part, const char *other) {
    const char *at = strstr(policy_text, part);
    assert_non_null(at);
    const char *text = scf_asprintf(arena, "%.*s%s%s", (int)(at - policy_text), policy_text, other,
                                    at + strlen(part));
    assert_non_null(text);
    return text;
}

static void reads_every_part(void **state) {
    struct scf_error err = {0};
    struct scf_policy p;
    char hex[2 * SCF_HASH_LEN + 1];
    assert_int_equal(parse(*state, policy_text, &p, &err), SCF_OK);
    scf_hex(p.sha256.b, SCF_HASH_LEN, hex);
    /* sha256sum of the text */
    assert_string_equal(hex, "ab4f6a33d945a900b3200987608558c59e5e5d014eaba2e636b1993b9ecb20df");
    assert_int_equal(p.advance_ppm, 300000);
    assert_int_equal(p.truth_ppm[3], 350000);
    assert_int_equal(p.lateness_us, 168 * SCF_US_PER_HOUR);
    assert_int_equal(p.qualification_bonus_ppm[SCF_QUAL_HIGH_TECH], 100000);
    assert_int_equal(p.qualification_bonus_ppm[SCF_QUAL_OTHER], 0);
    assert_int_equal(p.history_ppm[2], 800000);
    assert_int_equal(p.stage_ppm[SCF_STAGE_INVOICED], 800000);
    assert_int_equal(p.check_count, SCF_CHECKS);
    assert_int_equal(scf_policy_check(&p, SCF_CHECK_ROUND_TRIP)->days, 30);
    assert_int_equal(scf_policy_check(&p, SCF_CHECK_ROUND_TRIP)->severity, SCF_ALERT);
    assert_int_equal(p.base.core_concentration_ppm, 600000);
    assert_int_equal(p.regulatory.factor_leverage, 10);
    assert_int_equal(p.vouchers[0].from_day, scf_day_from_civil(2025, 6, 15));
    assert_int_equal(p.hold_max_hours, 720);
}

static void whitespace_is_another_policy(void **state) {
    struct scf_error err = {0};
    struct scf_policy a, b;
    assert_int_equal(parse(*state, policy_text, &a, &err), SCF_OK);
    assert_int_equal(parse(*state, with(*state, ",", ", "), &b, &err), SCF_OK);
    assert_int_not_equal(memcmp(a.sha256.b, b.sha256.b, SCF_HASH_LEN), 0);
}

static void rules_name_the_place(void **state) {
    static const struct {
        const char *part, *other, *pointer;
    } cases[] = {
        {"\"checks\":\"0.35\"", "\"checks\":\"0.36\"", "#/truth_weights"},
        {"\"code\":\"signed-first\"", "\"code\":\"parties\"", "#/checks/1/code"},
        {"\"normal_days\":183", "\"normal_days\":366", "#/vouchers/0/normal_days"},
        {"\"max_days\":365}",
         "\"max_days\":365},{\"from\":\"2025-06-15\",\"normal_days\":1,"
         "\"max_days\":2}",
         "#/vouchers/1/from"},
        {"\"default_hours\":72", "\"default_hours\":721", "#/holds/default_hours"},
        {"\"advance_rate\":\"0.80\",\"max", "\"advance_rate\":\"0.81\",\"max",
         "#/borrowing_base/advance_rate"},
        {"\"order_advance_rate\":\"0.30\"", "\"order_advance_rate\":\"1.01\"",
         "#/order_advance_rate"},
        {"\"limit_unit\":1", "\"limit_unit\":0", "#/limit_unit"},
        {"\"credibility\":\"sum\"", "\"credibility\":\"mean\"", "#/credibility"},
        {"\"limit_valid_days\":90,", "", "#/limit_valid_days"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_error err = {0};
        struct scf_policy p = {.advance_ppm = -1};
        const char *text = with(*state, cases[i].part, cases[i].other);
        assert_int_equal(parse(*state, text, &p, &err), SCF_E_INTERNAL);
        assert_non_null(strstr(err.detail, cases[i].pointer));
        assert_int_equal(p.advance_ppm, -1); /* untouched */
    }
}

static void rules_count_from_their_base(void **state) {
    struct scf_error err = {0};
    struct scf_faults faults = {.arena = *state};
    const char *text = with(*state, "\"default_hours\":72", "\"default_hours\":721");
    const cJSON *json = scf_json_parse(*state, text, strlen(text), &err);
    scf_policy_rules(json, "#/params", &faults);
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.items[0].pointer, "#/params/holds/default_hours");
}

static void an_end_and_no_text(void **state) {
    struct scf_error err = {0};
    struct scf_policy p;
    assert_int_equal(parse(*state, "", &p, &err), SCF_E_INTERNAL);
    assert_int_equal(parse(*state, "[]", &p, &err), SCF_E_INTERNAL);
    struct scf_arena *small = scf_arena_new(4096);
    assert_int_equal(parse(small, policy_text, &p, &err), SCF_E_INTERNAL);
    scf_arena_free(small);
}

static void the_newest_that_has_begun(void **state) {
    (void)state;
    struct scf_policy_era eras[3] = {{.from_us = 300}, {.from_us = 200}, {.from_us = 100}};
    assert_ptr_equal(scf_policy_at(eras, 3, INT64_MAX), &eras[0].policy);
    assert_ptr_equal(scf_policy_at(eras, 3, 300), &eras[0].policy);
    assert_ptr_equal(scf_policy_at(eras, 3, 299), &eras[1].policy);
    assert_ptr_equal(scf_policy_at(eras, 3, 100), &eras[2].policy);
    assert_null(scf_policy_at(eras, 3, 99));
    assert_null(scf_policy_at(eras, 0, 300));
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_part),     cmocka_unit_test(whitespace_is_another_policy),
        cmocka_unit_test(rules_name_the_place), cmocka_unit_test(rules_count_from_their_base),
        cmocka_unit_test(an_end_and_no_text),   cmocka_unit_test(the_newest_that_has_begun),
    };
    return cmocka_run_group_tests_name("policy", tests, set_up, tear_down);
}
