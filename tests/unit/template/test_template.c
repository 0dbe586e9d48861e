/* Evaluation of records against a template, and accounting periods. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/base/clock.h"
#include "scfd/template/template.h"

static const char *const modes[] = {"Air", "Ocean", NULL};
static const struct scf_template_field fields[] = {
    {.key = "step", .type = SCF_TT_STRING, .weight_ppm = 2000000},
    {.key = "mode", .type = SCF_TT_ENUM, .weight_ppm = 1000000, .choices = modes},
    {.key = "quantity",
     .type = SCF_TT_DECIMAL,
     .weight_ppm = 1000000,
     .has_min = true,
     .min = 1000000,
     .has_max = true,
     .max = 10000000,
     .fluctuation_ppm = 300000},
    {.key = "packs", .type = SCF_TT_INTEGER, .weight_ppm = 500000, .fluctuation_ppm = 300000},
    {.key = "due_on", .type = SCF_TT_DATE, .weight_ppm = 1000000},
    {.key = "occurred_at", .type = SCF_TT_DATETIME, .weight_ppm = 1000000},
    {.key = "urgent", .type = SCF_TT_BOOLEAN, .weight_ppm = 1000000},
    {.key = "seller.tax_no", .type = SCF_TT_STRING, .weight_ppm = 1000000},
    {.key = "lines.1.unit", .type = SCF_TT_STRING, .weight_ppm = 1000000},
};
static const struct scf_template tmpl = {
    .fields = fields, .field_count = SCF_COUNT(fields), .watched_count = 2};

enum { ALL = 9500000 }; /* 2 + 1 + 1 + 0.5 + 5 × 1 */

static int set_up(void **state) {
    *state = scf_arena_new(1 << 20);
    return 0;
}
static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

static struct scf_quality judge(void **state, const char *json) {
    struct scf_error err = {0};
    struct scf_quality q;
    cJSON *body = scf_json_parse(*state, json, strlen(json), &err);
    assert_non_null(body);
    assert_true(scf_template_evaluate(&tmpl, body, 100, true, 40, *state, &q));
    return q;
}

static const char full[] =
    "{\"fields\":{\"step\":\"shipped\",\"mode\":\"Air\",\"quantity\":\"2.5\",\"packs\":30,"
    "\"urgent\":true},\"due_on\":\"2026-02-28\",\"occurred_at\":\"2026-02-28T10:00:00+08:00\","
    "\"seller\":{\"tax_no\":\"91\"},\"lines\":[{\"unit\":\"a\"},{\"unit\":\"b\"}]}";

static void complete_record(void **state) {
    struct scf_quality q = judge(state, full);
    assert_int_equal(q.weight_expected, ALL);
    assert_int_equal(q.weight_present, ALL);
    assert_int_equal(q.missing_count, 0);
    assert_int_equal(q.out_of_range_count, 0);
    assert_true(q.range_ok);
    assert_true(q.has_delay);
    assert_int_equal(q.delay_us, 60);
    static const uint8_t measures[] = {1, 0, 0, 0, 0, 0, 0x26, 0x25, 0xa0,  /* 2 500 000 */
                                       1, 0, 0, 0, 0, 1, 0xc9, 0xc3, 0x80}; /* 30 000 000 */
    assert_int_equal(q.measures_len, sizeof measures);
    assert_memory_equal(q.measures, measures, sizeof measures);
}

static void empty_record(void **state) {
    struct scf_quality q = judge(state, "{}");
    assert_int_equal(q.weight_expected, ALL);
    assert_int_equal(q.weight_present, 0);
    assert_int_equal(q.missing_count, SCF_COUNT(fields));
    assert_string_equal(q.missing[7], "seller.tax_no");
    assert_true(q.range_ok); /* nothing is out of range */
    for (size_t i = 0; i < q.measures_len; i++)
        assert_int_equal(q.measures[i], 0);
}

/* A wrong type, null and "" are missing; the weight of the rest stands. */
static void wrong_types(void **state) {
    struct scf_quality q =
        judge(state, "{\"fields\":{\"step\":\"\",\"mode\":7,\"quantity\":\"two\",\"packs\":\"1.5\","
                     "\"urgent\":\"yes\"},\"due_on\":\"2026-02-30\",\"occurred_at\":\"2026-02-28\","
                     "\"seller\":{\"tax_no\":null},\"lines\":[{\"unit\":\"a\"}]}");
    assert_int_equal(q.weight_present, 0);
    assert_int_equal(q.missing_count, SCF_COUNT(fields));
}

static void out_of_range(void **state) {
    struct scf_quality q =
        judge(state, "{\"step\":\"x\",\"mode\":\"Truck\",\"quantity\":\"0.999999\"}");
    assert_int_equal(q.weight_present, 4000000);
    assert_int_equal(q.out_of_range_count, 2);
    assert_string_equal(q.out_of_range[0], "mode");
    assert_string_equal(q.out_of_range[1], "quantity");
    assert_false(q.range_ok);
    q = judge(state, "{\"quantity\":\"1\"}");
    assert_true(q.range_ok); /* the bounds belong to the range */
    q = judge(state, "{\"quantity\":10}");
    assert_true(q.range_ok);
    q = judge(state, "{\"quantity\":10.000001}");
    assert_false(q.range_ok);
}

/* `fields` comes before the body's own members. */
static void fields_win(void **state) {
    struct scf_quality q = judge(state, "{\"quantity\":\"99\",\"fields\":{\"quantity\":\"3\"}}");
    assert_int_equal(q.out_of_range_count, 0);
    q = judge(state, "{\"fields\":\"none\",\"quantity\":\"99\"}");
    assert_int_equal(q.out_of_range_count, 1);
}

/* Members in an order that is not the template's are found too. */
static void any_order(void **state) {
    struct scf_quality q =
        judge(state, "{\"fields\":{\"urgent\":false,\"packs\":1,\"quantity\":2,\"mode\":\"Ocean\","
                     "\"step\":\"s\"}}");
    assert_int_equal(q.weight_present, 2000000 + 1000000 + 1000000 + 500000 + 1000000);
}

static void digits_past_the_sixth_are_cut(void **state) {
    struct scf_quality q = judge(state, "{\"quantity\":\"2.5000009\"}");
    assert_int_equal(q.measures[8], 0xa0);
    assert_int_equal(q.weight_present, 1000000);
}

/* CR-2.1: sent before it happened is an accuracy failure. */
static void negative_lag(void **state) {
    struct scf_error err = {0};
    struct scf_quality q;
    cJSON *body = scf_json_parse(*state, "{}", 2, &err);
    assert_true(scf_template_evaluate(&tmpl, body, 100, true, 101, *state, &q));
    assert_false(q.range_ok);
    assert_int_equal(q.delay_us, -1);
    assert_true(scf_template_evaluate(&tmpl, body, 100, true, 100, *state, &q));
    assert_true(q.range_ok);
    assert_true(scf_template_evaluate(&tmpl, body, 100, false, 500, *state, &q));
    assert_false(q.has_delay);
    assert_true(q.range_ok);
}

static void full_arena(void **state) {
    (void)state;
    struct scf_arena *json_arena = scf_arena_new(1 << 20), *small = scf_arena_new(64);
    struct scf_error err = {0};
    struct scf_quality q = {.weight_expected = 7};
    cJSON *body = scf_json_parse(json_arena, "{}", 2, &err);
    assert_false(scf_template_evaluate(&tmpl, body, 0, false, 0, small, &q));
    assert_int_equal(q.weight_expected, 7);
    scf_arena_free(small);
    scf_arena_free(json_arena);
}

static void periods(void **state) {
    (void)state;
    const int32_t sunday = scf_day_from_civil(2026, 11, 22), monday = sunday + 1;
    assert_int_equal(scf_period_of(SCF_PERIOD_DAY, sunday), sunday);
    assert_int_equal(scf_period_of(SCF_PERIOD_WEEK, monday),
                     scf_period_of(SCF_PERIOD_WEEK, sunday) + 1);
    assert_int_equal(scf_period_of(SCF_PERIOD_WEEK, sunday),
                     scf_period_of(SCF_PERIOD_WEEK, sunday - 6));
    assert_int_equal(scf_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2026, 11, 30)) + 1,
                     scf_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2026, 12, 1)));
    assert_int_equal(scf_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2026, 12, 31)) + 1,
                     scf_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2027, 1, 1)));
    assert_int_equal(scf_period_of(SCF_PERIOD_QUARTER, scf_day_from_civil(2026, 12, 31)) + 1,
                     scf_period_of(SCF_PERIOD_QUARTER, scf_day_from_civil(2027, 1, 1)));
    assert_int_equal(scf_period_of(SCF_PERIOD_QUARTER, scf_day_from_civil(2026, 10, 1)),
                     scf_period_of(SCF_PERIOD_QUARTER, scf_day_from_civil(2026, 12, 31)));
    /* before 1970: the weeks of 1969-12-29 (a Monday) and the Sunday before it */
    assert_int_equal(scf_period_of(SCF_PERIOD_WEEK, -3), 0);
    assert_int_equal(scf_period_of(SCF_PERIOD_WEEK, -4), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(complete_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_win, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digits_past_the_sixth_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(negative_lag, set_up, tear_down),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(periods),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
