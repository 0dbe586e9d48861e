/* Fluctuation: which mean a value is compared with, and the threshold itself. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/base/money.h"
#include "scfd/rating/series.h"

static const struct scf_template_field fields[] = {
    {.key = "a", .type = SCF_TT_DECIMAL, .fluctuation_ppm = 300000},
    {.key = "name", .type = SCF_TT_STRING},
    {.key = "b", .type = SCF_TT_DECIMAL, .fluctuation_ppm = 500000},
};
static const struct scf_template tmpl = {.fields = fields, .field_count = 3, .watched_count = 2};

struct fixture {
    struct scf_arena *arena;
    struct scf_series s;
};

static int set_up(void **state) {
    static struct fixture f;
    f.arena = scf_arena_new(1 << 20);
    assert_true(scf_series_init(&f.s, 2, f.arena));
    *state = &f;
    return 0;
}
static int tear_down(void **state) {
    scf_arena_free(((struct fixture *)*state)->arena);
    return 0;
}

enum { NONE = -1, FAR = 0, NEAR = 1 };
#define ABSENT INT64_MIN

static int add(struct fixture *f, int32_t period, int64_t a, int64_t b) {
    uint8_t m[2 * SCF_MEASURE_LEN] = {0};
    const int64_t values[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        uint64_t bits = (uint64_t)values[i];
        m[i * SCF_MEASURE_LEN] = values[i] != ABSENT;
        for (int k = 8; k > 0; k--, bits >>= 8)
            m[i * SCF_MEASURE_LEN + k] = values[i] != ABSENT ? (uint8_t)bits : 0;
    }
    bool comparable, ok;
    scf_series_add(&f->s, &tmpl, period, (struct scf_str){(char *)m, sizeof m}, &comparable, &ok);
    return !comparable ? NONE : ok;
}

static void first_period_has_nothing_to_compare_with(void **state) {
    assert_int_equal(add(*state, 10, 100, 1000), NONE);
    assert_int_equal(add(*state, 10, 900, 1), NONE);
}

/* Mean of 80 and 120 is 100: 70 and 130 are the last values within 30 %. */
static void compares_with_the_mean_of_the_period_before(void **state) {
    add(*state, 10, 80, ABSENT);
    add(*state, 10, 120, ABSENT);
    assert_int_equal(add(*state, 11, 130, ABSENT), NEAR);
    assert_int_equal(add(*state, 11, 131, ABSENT), FAR);
    assert_int_equal(add(*state, 11, 70, ABSENT), NEAR);
    assert_int_equal(add(*state, 11, 69, ABSENT), FAR);
    /* mean of 130 131 70 69 is 100 */
    assert_int_equal(add(*state, 12, 130, ABSENT), NEAR);
}

static void all_comparable_values_must_be_within(void **state) {
    add(*state, 1, 100, 100);
    assert_int_equal(add(*state, 2, 100, 151), FAR);
    assert_int_equal(add(*state, 2, 131, 100), FAR);
    assert_int_equal(add(*state, 2, 130, 150), NEAR);
    assert_int_equal(add(*state, 2, ABSENT, 150), NEAR);
    assert_int_equal(add(*state, 2, ABSENT, ABSENT), NONE);
}

/* Field b has no value in period 2: period 3 compares it with period 1. */
static void latest_earlier_period_with_values(void **state) {
    add(*state, 1, 100, 1000);
    add(*state, 2, 200, ABSENT);
    assert_int_equal(add(*state, 3, 200, 1000), NEAR);
    assert_int_equal(add(*state, 3, 100, 1000), FAR);
    assert_int_equal(add(*state, 9, 150, 1000), NEAR); /* periods may be missing */
}

/* A leaf of an earlier period counts as one of the current period. */
static void periods_never_go_back(void **state) {
    add(*state, 5, 100, ABSENT);
    assert_int_equal(add(*state, 6, 100, ABSENT), NEAR);
    assert_int_equal(add(*state, 5, 400, ABSENT), FAR); /* joins period 6: mean 250 */
    assert_int_equal(add(*state, 7, 250, ABSENT), NEAR);
    assert_int_equal(add(*state, 7, 100, ABSENT), FAR);
}

/* Around zero the scale is ε, one millionth. */
static void means_of_zero_and_below(void **state) {
    add(*state, 1, 0, -100);
    assert_int_equal(add(*state, 2, 0, -150), NEAR);
    assert_int_equal(add(*state, 2, 1, ABSENT), FAR);
    assert_int_equal(add(*state, 2, ABSENT, -151), FAR);
    add(*state, 3, -1, ABSENT); /* mean of 0 and 1 is 0.5, rounded down 0 */
    struct fixture *f = *state;
    assert_int_equal(f->s.fields[0].mean, 0);
    add(*state, 4, -2, ABSENT);
    add(*state, 4, -1, ABSENT);
    add(*state, 5, 0, ABSENT); /* mean of -2 and -1 is -1.5, rounded down -2 */
    assert_int_equal(f->s.fields[0].mean, -2);
}

static void no_sum_overflows(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++)
        add(f, 1, INT64_MAX, INT64_MIN + 1);
    assert_int_equal(add(f, 2, INT64_MAX, INT64_MIN + 1), NEAR);
    assert_int_equal(f->s.fields[0].mean, INT64_MAX);
    assert_int_equal(f->s.fields[1].mean, INT64_MIN + 1);
    assert_int_equal(add(f, 2, INT64_MIN + 1, ABSENT), FAR);
}

static void survives_encoding(void **state) {
    struct fixture *f = *state;
    add(f, -3, INT64_MAX, -7);
    add(f, -3, INT64_MAX, -8);
    add(f, 2, 5, ABSENT);
    uint8_t bytes[SCF_SERIES_HEAD + 2 * SCF_SERIES_FIELD];
    scf_series_encode(&f->s, bytes);
    struct scf_series back;
    struct scf_str text = {(char *)bytes, sizeof bytes};
    assert_true(scf_series_decode(text, 2, f->arena, &back));
    assert_true(back.begun);
    assert_int_equal(back.period, 2);
    assert_true(back.fields[0].has_mean && back.fields[1].has_mean);
    assert_int_equal(back.fields[0].mean, INT64_MAX);
    assert_int_equal(back.fields[1].mean, -8);
    assert_int_equal(back.fields[0].count, 1);
    assert_true(back.fields[0].sum == 5 && back.fields[1].sum == 0);
    assert_false(scf_series_decode(text, 3, f->arena, &back));
    text.n--;
    assert_false(scf_series_decode(text, 2, f->arena, &back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(first_period_has_nothing_to_compare_with),
        T(compares_with_the_mean_of_the_period_before),
        T(all_comparable_values_must_be_within),
        T(latest_earlier_period_with_values),
        T(periods_never_go_back),
        T(means_of_zero_and_below),
        T(no_sum_overflows),
        T(survives_encoding),
    };
    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
