/* Ratings: hand-computed indices, and every boundary of CR-2.2. */
#include <setjmp.h>
#include <cmocka.h>

#include "policy_text.h"
#include "scfd/rating/rating.h"
#include "scfd/base/clock.h"

static const int64_t week = 168 * SCF_US_PER_HOUR;

static struct scf_rating_sums sums(enum scf_record_kind kind) {
    return (struct scf_rating_sums){.kind = kind, .template_id = 1};
}

static struct scf_ratings rate(const struct scf_rating_sums *s, size_t n) {
    struct scf_ratings r;
    scf_ratings_compute(s, n, &cr22, SCF_COMBINE_SUM, week, &r);
    return r;
}

static void grade_boundaries(void **state) {
    (void)state;
    static const struct {
        int64_t ppm;
        enum scf_grade normativity, accuracy;
    } ratios[] = {
        {1000000, SCF_GRADE_A, SCF_GRADE_A}, {970000, SCF_GRADE_A, SCF_GRADE_A},
        {969999, SCF_GRADE_A, SCF_GRADE_B},  {950000, SCF_GRADE_A, SCF_GRADE_B},
        {949999, SCF_GRADE_B, SCF_GRADE_B},  {900000, SCF_GRADE_B, SCF_GRADE_B},
        {899999, SCF_GRADE_B, SCF_GRADE_C},  {850000, SCF_GRADE_B, SCF_GRADE_C},
        {849999, SCF_GRADE_C, SCF_GRADE_C},  {800000, SCF_GRADE_C, SCF_GRADE_C},
        {799999, SCF_GRADE_C, SCF_GRADE_D},  {700000, SCF_GRADE_C, SCF_GRADE_D},
        {699999, SCF_GRADE_D, SCF_GRADE_D},  {0, SCF_GRADE_D, SCF_GRADE_D},
    };
    for (size_t i = 0; i < SCF_COUNT(ratios); i++) {
        assert_int_equal(scf_grade_ratio(ratios[i].ppm, cr22.normativity_ppm),
                         ratios[i].normativity);
        assert_int_equal(scf_grade_ratio(ratios[i].ppm, cr22.accuracy_ppm), ratios[i].accuracy);
    }
    static const struct {
        int64_t us;
        enum scf_grade grade;
    } delays[] = {
        {0, SCF_GRADE_A},
        {24 * SCF_US_PER_HOUR, SCF_GRADE_A},
        {24 * SCF_US_PER_HOUR + 1, SCF_GRADE_B},
        {72 * SCF_US_PER_HOUR, SCF_GRADE_B},
        {72 * SCF_US_PER_HOUR + 1, SCF_GRADE_C},
        {168 * SCF_US_PER_HOUR, SCF_GRADE_C},
        {168 * SCF_US_PER_HOUR + 1, SCF_GRADE_D},
    };
    for (size_t i = 0; i < SCF_COUNT(delays); i++)
        assert_int_equal(scf_grade_delay(delays[i].us, cr22.timeliness_us), delays[i].grade);
}

/* N = 1425/1500 = 0.95; D = (30 h + 20 h)/2 = 25 h; A = 0.6·97/100 + 0.4·38/40 = 0.962. */
static void indices(void **state) {
    (void)state;
    struct scf_rating_sums s[] = {sums(SCF_REC_WORKFLOW_EVENT), sums(SCF_REC_INVOICE),
                                  sums(SCF_REC_WORKFLOW_EVENT), sums(SCF_REC_CONTRACT)};
    s[0].records = 60, s[0].weight_expected = 600, s[0].weight_present = 600;
    s[0].delay_count = 40, s[0].delay_s = 40 * 30 * 3600;
    s[0].range_ok = 60, s[0].fluctuation_applicable = 30, s[0].fluctuation_ok = 30;
    s[1].records = 50, s[1].weight_expected = 500, s[1].weight_present = 500;
    s[1].delay_count = 50, s[1].delay_s = 50 * 20 * 3600 - 1, s[1].delay_us = 1000000;
    s[1].range_ok = 0; /* bills do not count for accuracy */
    s[2].records = 40, s[2].weight_expected = 400, s[2].weight_present = 325;
    s[2].delay_count = 40, s[2].delay_s = 40 * 30 * 3600;
    s[2].range_ok = 37, s[2].fluctuation_applicable = 10, s[2].fluctuation_ok = 8;
    s[3].records = 9, s[3].weight_expected = 999999, s[3].weight_present = 0; /* nor contracts */
    struct scf_ratings r = rate(s, 4);
    assert_true(r.has_records);
    assert_int_equal(r.normativity_ppm, 950000);
    assert_int_equal(r.normativity, SCF_GRADE_A);
    assert_int_equal(r.workflow_us, 30 * SCF_US_PER_HOUR);
    assert_int_equal(r.invoice_us, 20 * SCF_US_PER_HOUR);
    assert_int_equal(r.delay_us, 25 * SCF_US_PER_HOUR);
    assert_int_equal(r.timeliness, SCF_GRADE_B);
    assert_int_equal(r.timeliness_ppm, 851190); /* 143/168 */
    assert_int_equal(r.in_range_ppm, 970000);
    assert_int_equal(r.within_ppm, 950000);
    assert_int_equal(r.accuracy_ppm, 962000);
    assert_int_equal(r.accuracy, SCF_GRADE_B);
    assert_int_equal(r.overall, SCF_GRADE_B);
    assert_int_equal(r.credibility_ppm, 895000); /* 0.3·1 + 0.3·0.85 + 0.4·0.85 */
}

static void one_kind_stands_alone(void **state) {
    (void)state;
    struct scf_rating_sums s[] = {sums(SCF_REC_INVOICE)};
    s[0].records = 2, s[0].weight_expected = 10, s[0].weight_present = 10;
    s[0].delay_count = 2, s[0].delay_s = 3;
    struct scf_ratings r = rate(s, 1);
    assert_int_equal(r.delay_us, 1500000);
    assert_true(r.has_invoice && !r.has_workflow);
    assert_int_equal(r.accuracy_ppm, 0); /* no event to measure it by */
    assert_int_equal(r.accuracy, SCF_GRADE_D);
    assert_int_equal(r.credibility_ppm, 0);
    s[0].kind = SCF_REC_WORKFLOW_EVENT, s[0].range_ok = 2;
    r = rate(s, 1);
    assert_int_equal(r.delay_us, 1500000);
    assert_true(!r.has_compared);
    assert_int_equal(r.accuracy_ppm, 1000000); /* nothing to compare: μ is 1 */
    assert_int_equal(r.credibility_ppm, 1000000);
}

static void nothing_at_all(void **state) {
    (void)state;
    struct scf_ratings r = rate(NULL, 0);
    assert_false(r.has_records);
    assert_int_equal(r.normativity, SCF_GRADE_D);
    assert_int_equal(r.timeliness, SCF_GRADE_D);
    assert_int_equal(r.accuracy, SCF_GRADE_D);
    assert_int_equal(r.timeliness_ppm, 0);
}

/* CR-2.3: one D makes credibility nothing. */
static void veto(void **state) {
    (void)state;
    struct scf_rating_sums s[] = {sums(SCF_REC_WORKFLOW_EVENT)};
    s[0].records = 10, s[0].weight_expected = 100, s[0].weight_present = 100, s[0].range_ok = 10;
    s[0].delay_count = 10, s[0].delay_s = 10 * 169 * 3600;
    struct scf_ratings r = rate(s, 1);
    assert_int_equal(r.timeliness, SCF_GRADE_D);
    assert_int_equal(r.overall, SCF_GRADE_D);
    assert_int_equal(r.credibility_ppm, 0);
    assert_int_equal(r.timeliness_ppm, 0);
}

/* CR-0.3: sum 0.895, product 1·0.85·0.85, the lowest; D is 0 in all of them. */
static void combinations(void **state) {
    (void)state;
    struct scf_rating_sums s[] = {sums(SCF_REC_WORKFLOW_EVENT)};
    s[0].records = 100, s[0].weight_expected = 100, s[0].weight_present = 95, s[0].range_ok = 95;
    s[0].delay_count = 1, s[0].delay_s = 25 * 3600;
    static const struct {
        enum scf_combination how;
        int64_t credibility;
    } cases[] = {
        {SCF_COMBINE_SUM, 895000}, {SCF_COMBINE_PRODUCT, 722500}, {SCF_COMBINE_LOWEST, 850000}};
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_ratings r;
        s[0].delay_s = 25 * 3600;
        scf_ratings_compute(s, 1, &cr22, cases[i].how, week, &r);
        assert_int_equal(r.credibility_ppm, cases[i].credibility);
        s[0].delay_s = 169 * 3600;
        scf_ratings_compute(s, 1, &cr22, cases[i].how, week, &r);
        assert_int_equal(r.credibility_ppm, 0);
    }
}

/* Twenty years late, ten million times: sums of µs would not fit 64 bits. */
static void large_delays(void **state) {
    (void)state;
    struct scf_rating_sums s[] = {sums(SCF_REC_WORKFLOW_EVENT)};
    const int64_t twenty_years_s = INT64_C(631152000);
    s[0].records = s[0].delay_count = 10000000;
    s[0].delay_s = twenty_years_s * 10000000, s[0].delay_us = INT64_C(500000) * 10000000;
    struct scf_ratings r = rate(s, 1);
    assert_int_equal(r.delay_us, twenty_years_s * 1000000 + 500000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grade_boundaries),
        cmocka_unit_test(indices),
        cmocka_unit_test(one_kind_stands_alone),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(veto),
        cmocka_unit_test(combinations),
        cmocka_unit_test(large_delays),
    };
    return cmocka_run_group_tests_name("rating", tests, NULL, NULL);
}
