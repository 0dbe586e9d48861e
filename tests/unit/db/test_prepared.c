/* The set of prepared names: growth, and the same name for something else. */
#include "db_impl.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_names_are_found_after_growth(void **state) {
    (void)state;
    static char names[500][20];
    struct prepared_set set = {0};
    for (int i = 0; i < 500; i++) {
        snprintf(names[i], sizeof names[i], "name_%d", i);
        struct scf_stmt stmt = {names[i], "SELECT 1"};
        assert_int_equal(scf_prepared_find(&set, &stmt, 0), PREPARED_NO);
        scf_prepared_add(&set, &stmt, (uint64_t)i);
    }
    for (int i = 0; i < 500; i++) {
        struct scf_stmt stmt = {names[i], "SELECT 1"};
        assert_int_equal(scf_prepared_find(&set, &stmt, (uint64_t)i), PREPARED_YES);
    }
    assert_int_equal(set.used, 500);
    scf_prepared_clear(&set);
    struct scf_stmt stmt = {names[0], "SELECT 1"};
    assert_int_equal(scf_prepared_find(&set, &stmt, 0), PREPARED_NO);
}

static void test_a_name_stands_for_one_thing(void **state) {
    (void)state;
    struct prepared_set set = {0};
    struct scf_stmt stmt = {"a", "SELECT $1"}, other = {"a", "SELECT $2"};
    struct scf_params text = {.n = 1, .types = {SCF_PG_TEXT}};
    struct scf_params number = {.n = 1, .types = {SCF_PG_INT8}};
    scf_prepared_add(&set, &stmt, scf_params_types(&text));
    assert_int_equal(scf_prepared_find(&set, &stmt, scf_params_types(&text)), PREPARED_YES);
    assert_int_equal(scf_prepared_find(&set, &stmt, scf_params_types(&number)), PREPARED_OTHERWISE);
    assert_int_equal(scf_prepared_find(&set, &stmt, scf_params_types(NULL)), PREPARED_OTHERWISE);
    assert_int_equal(scf_prepared_find(&set, &other, scf_params_types(&text)), PREPARED_OTHERWISE);
    scf_prepared_clear(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_found_after_growth),
        cmocka_unit_test(test_a_name_stands_for_one_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
