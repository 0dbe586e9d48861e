/* Inputs under another policy: findings weighed anew, and what they do not answer told. */
#include <setjmp.h>
#include <cmocka.h>

#include "rich_inputs.h"
#include "shadow_impl.h"

static struct scf_arena *arena;

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

static struct scf_limit_inputs inputs(void) {
    return rich_inputs(arena, SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
}

/* The policy of the inputs with one part of its text replaced. */
static struct scf_policy policy_with(const char *part, const char *other) {
    struct scf_error err = {0};
    struct scf_policy p;
    const char *at = strstr(policy_text, part);
    assert_non_null(at);
    const char *text = scf_asprintf(arena, "%.*s%s%s", (int)(at - policy_text), policy_text, other,
                                    at + strlen(part));
    assert_int_equal(scf_policy_parse(arena, "other", "1", scf_str(text), &p, &err), SCF_OK);
    return p;
}

static struct scf_limit_result under(const struct scf_policy *policy,
                                     const struct scf_grading *grading, bool *ret_exact) {
    struct scf_limit_inputs in = inputs(), other;
    struct scf_limit_result result;
    assert_true(scf_inputs_under(&in, policy, grading, arena, &other, ret_exact));
    assert_true(scf_limit_compute(&other, arena, &result));
    return result;
}

/* 11 findings of weight 1 apply, of which one fails; the records' own checks weigh one and pass in
 * 95 of 100: 10.95 / 12. */
static void the_same_policy_changes_nothing(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs();
    struct scf_limit_result was;
    bool exact = false;
    assert_true(scf_limit_compute(&in, arena, &was));
    assert_int_equal(was.checks_ppm, 912500);
    struct scf_limit_result now = under(&in.policy, NULL, &exact);
    assert_true(exact);
    assert_int_equal(now.limit, was.limit);
    assert_int_equal(now.truth_ppm, was.truth_ppm);
}

static void weights_are_applied_to_findings(void **state) {
    (void)state;
    bool exact = false;
    struct scf_policy p = policy_with("\"parties\",\"severity\":\"hard\",\"weight\":\"1\"",
                                      "\"parties\",\"severity\":\"hard\",\"weight\":\"3\"");
    assert_int_equal(under(&p, NULL, &exact).checks_ppm, 782142); /* 10.95 / 14 */
    assert_true(exact);
}

static void a_check_that_is_dropped(void **state) {
    (void)state;
    bool exact = false;
    struct scf_policy p =
        policy_with("{\"code\":\"logistics\",\"severity\":\"soft\",\"weight\":\"1\"},", "");
    assert_int_equal(under(&p, NULL, &exact).checks_ppm, 904545); /* 9.95 / 11 */
    assert_true(exact);
    /* a hard one decided which invoices count: that has to be evaluated anew */
    p = policy_with("{\"code\":\"parties\",\"severity\":\"hard\",\"weight\":\"1\"},", "");
    assert_int_equal(under(&p, NULL, &exact).checks_ppm, 995454); /* 10.95 / 11 */
    assert_false(exact);
}

static void an_alert_weighs_nothing(void **state) {
    (void)state;
    bool exact = false;
    struct scf_policy p = policy_with("\"step-order\",\"severity\":\"soft\",\"weight\":\"1\"",
                                      "\"step-order\",\"severity\":\"alert\",\"weight\":\"1\"");
    assert_int_equal(under(&p, NULL, &exact).checks_ppm, 904545);
    assert_true(exact);
}

static void what_findings_do_not_answer(void **state) {
    (void)state;
    bool exact = true;
    struct scf_policy p = policy_with("\"weight\":\"1\",\"tolerance\":\"0.02\"",
                                      "\"weight\":\"1\",\"tolerance\":\"0.03\"");
    (void)under(&p, NULL, &exact);
    assert_false(exact);
    p = policy_with("\"signed-first\",\"severity\":\"hard\"",
                    "\"signed-first\",\"severity\":\"soft\"");
    (void)under(&p, NULL, &exact);
    assert_false(exact);
    /* a check of which no finding applied may differ in anything */
    p = policy_with("\"tolerance\":\"0.10\",\"days\":30", "\"tolerance\":\"0.20\",\"days\":60");
    (void)under(&p, NULL, &exact);
    assert_true(exact);
}

static void a_check_that_nobody_made(void **state) {
    (void)state;
    bool exact = true;
    struct scf_limit_inputs in = inputs(), other;
    struct scf_policy fewer =
        policy_with("{\"code\":\"logistics\",\"severity\":\"soft\",\"weight\":\"1\"},", "");
    struct scf_policy all = in.policy;
    assert_true(scf_inputs_under(&in, &fewer, NULL, arena, &other, &exact));
    assert_true(scf_inputs_under(&other, &all, NULL, arena, &in, &exact));
    assert_false(exact);
}

static void cut_points(void **state) {
    (void)state;
    bool exact = false;
    struct scf_limit_inputs in = inputs();
    struct scf_grading strict = in.grading;
    strict.normativity_ppm[0] = 990000, strict.normativity_ppm[1] = 980000,
    strict.normativity_ppm[2] = 970000;
    char grades[SCF_GRADES + 1];
    struct scf_limit_result was = under(&in.policy, NULL, &exact);
    struct scf_limit_result now = under(&in.policy, &strict, &exact);
    assert_true(exact);
    scf_grades_of(&was.ratings, grades);
    assert_int_not_equal(grades[0], 'D');
    scf_grades_of(&now.ratings, grades);
    assert_int_equal(grades[0], 'D');
    assert_int_equal(grades[3], 'D');
    assert_int_equal(now.ratings.credibility_ppm, 0);
    assert_int_equal(now.ratings.normativity_ppm, was.ratings.normativity_ppm);
}

static void the_original_stays(void **state) {
    (void)state;
    bool exact;
    struct scf_limit_inputs in = inputs(), other;
    struct scf_policy p =
        policy_with("{\"code\":\"logistics\",\"severity\":\"soft\",\"weight\":\"1\"},", "");
    assert_true(scf_inputs_under(&in, &p, NULL, arena, &other, &exact));
    assert_int_equal(in.contracts[0].trade.finding_count, SCF_CHECKS);
    assert_int_equal(other.contracts[0].trade.finding_count, SCF_CHECKS - 1);
    assert_string_equal(in.policy.code, "default");
}

static void a_full_arena(void **state) {
    (void)state;
    bool exact;
    struct scf_limit_inputs in = inputs(), other;
    struct scf_arena *small = scf_arena_new(64);
    assert_false(scf_inputs_under(&in, &in.policy, NULL, small, &other, &exact));
    size_t n = 7;
    (void)scf_shadows_under(&in.policy, 1, &in, small, &n);
    assert_int_equal(n, 0); /* left out, and no error */
    scf_arena_free(small);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_policy_changes_nothing),
        cmocka_unit_test(weights_are_applied_to_findings),
        cmocka_unit_test(a_check_that_is_dropped),
        cmocka_unit_test(an_alert_weighs_nothing),
        cmocka_unit_test(what_findings_do_not_answer),
        cmocka_unit_test(a_check_that_nobody_made),
        cmocka_unit_test(cut_points),
        cmocka_unit_test(the_original_stays),
        cmocka_unit_test(a_full_arena),
    };
    return cmocka_run_group_tests_name("shadow", tests, set_up, tear_down);
}
