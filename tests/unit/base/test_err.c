/* Errors: the table is whole, faults are copied and bounded. */
#include "scfd/base/err.h"
#include "scfd/base/arena.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_table(void **state) {
    (void)state;
    for (int i = 1; i < SCF_CODE_COUNT; i++) {
        enum scf_code code = (enum scf_code)i;
        assert_non_null(scf_code_slug(code));
        assert_int_not_equal(scf_code_class(code), SCF_CLASS_OK);
        assert_in_range(scf_code_status(code), 400, 599);
        assert_true(strlen(scf_code_title(code, false)) > 0);
        assert_true(strlen(scf_code_title(code, true)) > 0);
        for (int j = 1; j < i; j++)
            assert_string_not_equal(scf_code_slug(code), scf_code_slug((enum scf_code)j));
    }
    assert_int_equal(scf_code_class(SCF_OK), SCF_CLASS_OK);
    assert_int_equal(scf_code_status(SCF_E_VALIDATION_FAILED), 422);
    assert_string_equal(scf_code_slug(SCF_E_VALIDATION_FAILED), "validation-failed");
    assert_string_equal(scf_code_title(SCF_E_NOT_FOUND, true), "资源不存在");
}

static void test_fail_and_note(void **state) {
    (void)state;
    struct scf_error err;
    memset(&err, 0xAA, sizeof err);
    assert_int_equal(scf_fail(&err, SCF_E_GONE, "record %d", 7), SCF_E_GONE);
    assert_int_equal(err.code, SCF_E_GONE);
    assert_string_equal(err.detail, "record 7");
    assert_string_equal(err.note, "");
    assert_null(err.faults);
    assert_null(err.members_json);
    assert_int_equal(scf_note(&err, "row %s", "x"), SCF_E_GONE);
    assert_string_equal(err.note, "row x");
    assert_string_equal(err.detail, "record 7");
    assert_int_equal(scf_fail(NULL, SCF_E_INTERNAL, "nobody asks"), SCF_E_INTERNAL);
    scf_fail(&err, SCF_E_INTERNAL, "%1000s", "x");
    assert_int_equal(strlen(err.detail), sizeof err.detail - 1);
}

static void test_faults_are_copied_and_bounded(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_faults faults = {.arena = arena};
    char pointer[16] = "#/amount";
    scf_fault_add(&faults, pointer, "required", "%s is missing", "amount");
    memset(pointer, 'x', 8);
    assert_string_equal(faults.items[0].pointer, "#/amount");
    assert_string_equal(faults.items[0].code, "required");
    assert_string_equal(faults.items[0].detail, "amount is missing");
    for (int i = 1; i < SCF_MAX_FAULTS + 5; i++)
        scf_fault_add(&faults, "#/x", "type", "%d", i);
    assert_int_equal(faults.count, SCF_MAX_FAULTS);
    assert_int_equal(faults.dropped, 5);
    assert_string_equal(faults.items[0].pointer, "#/amount");
    assert_string_equal(faults.items[99].detail, "99");
    scf_arena_free(arena);
}

static void test_faults_without_memory_are_counted(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(0);
    struct scf_faults faults = {.arena = arena};
    scf_fault_add(&faults, "#", "type", "x");
    assert_int_equal(faults.count, 0);
    assert_int_equal(faults.dropped, 1);
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_fail_and_note),
        cmocka_unit_test(test_faults_are_copied_and_bounded),
        cmocka_unit_test(test_faults_without_memory_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
