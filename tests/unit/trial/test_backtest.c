/* One assessment of a backtest: from its receipt alone, and what was lent under it. */
#include <setjmp.h>
#include <cmocka.h>

#include "backtest.h"
#include "rich_inputs.h"

static struct scf_arena *arena;
static const struct scf_backtest_request plain = {.limit = SCF_BACKTEST_MAX};

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(64 << 20);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

struct recorded {
    struct scf_limit_inputs in;
    struct scf_limit_result result;
    struct scf_str receipt;
};

static struct recorded record(enum scf_assessment_kind kind, enum scf_product product) {
    struct recorded r = {.in = rich_inputs(arena, kind, product)};
    struct scf_buf out;
    assert_true(scf_limit_compute(&r.in, arena, &r.result));
    scf_buf_init(&out, 1 << 20);
    scf_receipt_write(&r.in, &r.result, &out);
    r.receipt = (struct scf_str){scf_strndup(arena, out.data, out.len), out.len};
    scf_buf_free(&out);
    assert_non_null(r.receipt.p);
    return r;
}

static struct scf_backtest_row compute(const struct recorded *r, const struct scf_policy *live,
                                       const struct scf_policy *candidate,
                                       const struct scf_backtest_request *request) {
    /* another policy is live from the next µs on */
    struct scf_policy_era eras[2] = {{.from_us = r->in.as_of_us + 1}, {.from_us = 0}};
    if (live != NULL)
        eras[1].policy = *live;
    const struct scf_backtest_policies policies = {eras, live != NULL ? 2 : 1, candidate};
    struct scf_backtest_row row = {.recorded = r->result.limit};
    scf_backtest_compute(&row, arena, r->receipt, &policies, request);
    return row;
}

static void every_kind_comes_out_as_recorded(void **state) {
    (void)state;
    for (int kind = SCF_KIND_INITIAL; kind <= SCF_KIND_PERIODIC; kind++) {
        for (int product = SCF_PRODUCT_ORDER; product <= SCF_PRODUCT_RECEIVABLE; product++) {
            struct recorded r = record((enum scf_assessment_kind)kind, (enum scf_product)product);
            struct scf_backtest_row row = compute(&r, &r.in.policy, NULL, &plain);
            assert_true(row.computed && row.reproduced && row.exact);
            assert_int_equal(row.live, r.result.limit);
            assert_int_equal(row.limit, r.result.limit);
            assert_string_equal(row.grades, row.recorded_grades);
        }
    }
}

static void what_differs_is_not_reproduced(void **state) {
    (void)state;
    struct recorded r = record(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_policy other = r.in.policy;
    other.advance_ppm = 200000;
    struct scf_backtest_row row = compute(&r, &other, NULL, &plain); /* another one was live */
    assert_true(row.computed);
    assert_false(row.reproduced);
    r.result.limit++;
    assert_false(compute(&r, &r.in.policy, NULL, &plain).reproduced);
}

static void a_candidate_beside_the_live_one(void **state) {
    (void)state;
    struct recorded r = record(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_policy other = r.in.policy;
    other.valid_days = 10, other.unit = 1000000;
    struct scf_backtest_row row = compute(&r, &r.in.policy, &other, &plain);
    assert_true(row.reproduced);
    assert_int_equal(row.limit, r.result.limit / 1000000 * 1000000);
}

static void gradings_of_one_template(void **state) {
    (void)state;
    struct recorded r = record(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_backtest_request request = plain;
    request.has_grading = true;
    request.grading = r.in.grading;
    for (int i = 0; i < 3; i++)
        request.grading.timeliness_us[i] = i + 1; /* nobody is that fast */
    struct scf_backtest_row row = compute(&r, &r.in.policy, NULL, &request);
    assert_int_equal(row.grades[1], 'D');
    assert_int_not_equal(row.recorded_grades[1], 'D');
    assert_true(row.reproduced); /* that is the live policy with the template's grading */
    request.template_code = "another";
    assert_string_equal(compute(&r, &r.in.policy, NULL, &request).grades, row.recorded_grades);
    request.template_code = r.in.template_code;
    assert_int_equal(compute(&r, &r.in.policy, NULL, &request).grades[1], 'D');
}

static void nothing_to_compute(void **state) {
    (void)state;
    struct recorded r = record(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER), torn = r;
    assert_false(compute(&r, NULL, NULL, &plain).computed); /* no policy was in force */
    torn.receipt.n /= 2;
    assert_false(compute(&torn, &r.in.policy, NULL, &plain).computed);
    torn.receipt = scf_str("{}");
    struct scf_backtest_row row = compute(&torn, &r.in.policy, NULL, &plain);
    assert_false(row.computed || row.reproduced);
}

static void loans_up_to_the_new_limit(void **state) {
    (void)state;
    struct scf_backtest_row row = {.computed = true, .limit = 100};
    scf_backtest_lend(&row, 60, true);
    scf_backtest_lend(&row, 41, true); /* no room: does not take any either */
    scf_backtest_lend(&row, 40, false);
    scf_backtest_lend(&row, 1, false);
    assert_int_equal(row.loans, 4);
    assert_int_equal(row.drawn, 142);
    assert_int_equal(row.loans_above, 2);
    assert_int_equal(row.drawn_above, 42);
    assert_int_equal(row.overdue_kept, 1);
    assert_int_equal(row.overdue_avoided, 1);
    row = (struct scf_backtest_row){.computed = false};
    scf_backtest_lend(&row, 60, true); /* nothing is known: nothing is above */
    assert_int_equal(row.loans_above, 0);
    assert_int_equal(row.overdue_kept, 1);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_out_as_recorded),
        cmocka_unit_test(what_differs_is_not_reproduced),
        cmocka_unit_test(a_candidate_beside_the_live_one),
        cmocka_unit_test(gradings_of_one_template),
        cmocka_unit_test(nothing_to_compute),
        cmocka_unit_test(loans_up_to_the_new_limit),
    };
    return cmocka_run_group_tests_name("backtest", tests, set_up, tear_down);
}
