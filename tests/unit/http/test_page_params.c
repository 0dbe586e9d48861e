/* The position of a page as parameters: what the server's statements are given. The bytes are those
 * of PostgreSQL's binary format: big-endian numbers, times in microseconds since 2000-01-01. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/http/http.h"

#define EPOCH_2000_US INT64_C(946684800000000) /* date -d 2000-01-01T00:00:00Z +%s */

static int64_t number(const struct scf_params *p, int i) {
    uint64_t v = 0;
    assert_int_equal(p->lengths[i], 8);
    for (int k = 0; k < 8; k++)
        v = v << 8 | (uint8_t)p->values[i][k];
    return (int64_t)v;
}

static void assert_types(const struct scf_params *p, const unsigned *types, int n) {
    assert_int_equal(p->n, n);
    assert_false(p->failed);
    for (int i = 0; i < n; i++)
        assert_int_equal(p->types[i], types[i]);
}

static int set_up(void **state) {
    *state = scf_arena_new(1 << 16);
    return 0;
}

static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

static const struct scf_page later = {
    .limit = 20, .has_after = true, .after_time_us = EPOCH_2000_US + 5, .after_id = {{0x11, 0x22}}};

static void a_flag_tells_the_first_page(void **state) {
    static const unsigned types[] = {SCF_PG_BOOL, SCF_PG_TIMESTAMPTZ, SCF_PG_UUID, SCF_PG_INT8};
    struct scf_page first = {.limit = 50};
    struct scf_params p;
    scf_params_init(&p, *state);
    scf_p_page_flag(&p, &first);
    assert_types(&p, types, 4);
    assert_int_equal(p.values[0][0], 0);
    assert_int_equal(number(&p, 3), 51);
    scf_params_init(&p, *state);
    scf_p_page_flag(&p, &later);
    assert_types(&p, types, 4);
    assert_int_equal(p.values[0][0], 1);
    assert_int_equal(number(&p, 1), 5);
    assert_memory_equal(p.values[2], later.after_id.b, 16);
    assert_int_equal(number(&p, 3), 21);
}

static void nulls_tell_the_first_page(void **state) {
    static const unsigned types[] = {SCF_PG_TIMESTAMPTZ, SCF_PG_UUID, SCF_PG_INT8};
    struct scf_page first = {.limit = 50, .descending = true};
    const struct scf_page *pages[] = {&first, NULL};
    static const int64_t limits[] = {51, 1};
    struct scf_params p;
    for (size_t i = 0; i < SCF_COUNT(pages); i++) {
        scf_params_init(&p, *state);
        scf_p_page_null(&p, pages[i]);
        assert_types(&p, types, 3);
        assert_null(p.values[0]);
        assert_null(p.values[1]);
        assert_int_equal(number(&p, 2), limits[i]);
    }
    scf_params_init(&p, *state);
    scf_p_page_null(&p, &later);
    assert_types(&p, types, 3);
    assert_int_equal(number(&p, 0), 5);
    assert_memory_equal(p.values[1], later.after_id.b, 16);
    assert_int_equal(number(&p, 2), 21);
}

static void the_first_page_goes_on_from_an_end_of_time(void **state) {
    static const unsigned types[] = {SCF_PG_TIMESTAMPTZ, SCF_PG_UUID, SCF_PG_INT8};
    static const uint8_t low[16], high[16] = {[0 ... 15] = 0xff};
    struct scf_page up = {.limit = 1}, down = {.limit = 1, .descending = true};
    struct scf_params p;
    scf_params_init(&p, *state);
    scf_p_page_edge(&p, &up);
    assert_types(&p, types, 3);
    assert_int_equal(number(&p, 0), -EPOCH_2000_US);
    assert_memory_equal(p.values[1], low, 16);
    scf_params_init(&p, *state);
    scf_p_page_edge(&p, &down);
    /* 9999-12-31T23:59:59.999999Z by date(1), past every time that is stored */
    assert_int_equal(number(&p, 0), INT64_C(253402300799999999) - EPOCH_2000_US);
    assert_memory_equal(p.values[1], high, 16);
    scf_params_init(&p, *state);
    scf_p_page_edge(&p, &later);
    assert_int_equal(number(&p, 0), 5);
    assert_memory_equal(p.values[1], later.after_id.b, 16);
    assert_int_equal(number(&p, 2), 21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flag_tells_the_first_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nulls_tell_the_first_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_page_goes_on_from_an_end_of_time, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
