/* Evaluating one item. */
#include "item.h"

#include <setjmp.h>
#include <cmocka.h>

static void an_item_without_memory_is_not_half_evaluated(void **state) {
    (void)state;
    static const struct scf_template_field fields[] = {
        {.key = "title", .type = SCF_TT_STRING, .weight_ppm = 1000000}};
    static const struct scf_template tmpl = {
        .id = 9, .code = "t", .fields = fields, .field_count = 1};
    struct scf_arena *empty = scf_arena_new(0);
    cJSON *body = cJSON_Parse("{}");
    struct scf_item item = {.arena = empty, .json = body, .record = {.template_id = 4}};
    assert_false(scf_item_evaluate(&item, &tmpl));
    assert_int_equal(item.record.template_id, 4);
    assert_null(item.tmpl);
    cJSON_Delete(body);
    scf_arena_free(empty);
}

static void a_status_is_the_first_ones(void **state) {
    (void)state;
    struct scf_item item = {.outcome = SCF_ACCEPTED};
    assert_int_equal(scf_item_status(&item), 201);
    item.outcome = SCF_REPLAYED;
    assert_int_equal(scf_item_status(&item), 200);
    item.first_status = 201;
    assert_int_equal(scf_item_status(&item), 201);
    item.outcome = SCF_REFUSED;
    item.error.code = SCF_E_EXTERNAL_ID_CONFLICT;
    assert_int_equal(scf_item_status(&item), 409);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_without_memory_is_not_half_evaluated),
        cmocka_unit_test(a_status_is_the_first_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
