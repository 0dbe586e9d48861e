/* Problem documents: every code, faults, extra members, escaping; read back with the JSON reader.
 */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/codec/json.h"

#include "problem.h"

static const struct scf_problem_context context = {
    .base_url = "https://scf.example", .instance = "/v1/x\"y", .request_id = "req_1"};

static cJSON *written(struct scf_arena *arena, const struct scf_error *err,
                      const struct scf_problem_context *c) {
    struct scf_buf out;
    struct scf_error parse = {0};
    scf_buf_init(&out, 65536);
    scf_problem_write(&out, err, c);
    assert_false(out.overflow);
    cJSON *json = scf_json_parse(arena, out.data, out.len, &parse);
    assert_non_null(json);
    scf_buf_free(&out);
    return json;
}

static void every_code_has_its_document_and_page(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    for (int code = SCF_OK + 1; code < SCF_CODE_COUNT; code++) {
        struct scf_error err = {.code = (enum scf_code)code};
        const cJSON *json = written(arena, &err, &context);
        char type[200];
        snprintf(type, sizeof type, "https://scf.example/problems/%s", scf_code_slug(err.code));
        assert_string_equal(scf_json_string(json, "type"), type);
        assert_string_equal(scf_json_string(json, "code"), scf_code_slug(err.code));
        assert_string_equal(scf_json_string(json, "detail"), scf_json_string(json, "title"));
        assert_string_equal(scf_json_string(json, "instance"), "/v1/x\"y");
        assert_string_equal(scf_json_string(json, "request_id"), "req_1");
        assert_int_equal(scf_json_get(json, "status")->valueint, scf_code_status(err.code));
        assert_null(scf_json_get(json, "errors"));
        struct scf_buf page;
        scf_buf_init(&page, 65536);
        assert_true(scf_problem_page(&page, scf_str(scf_code_slug(err.code))));
        assert_non_null(strstr(page.data, scf_code_title(err.code, true)));
        scf_buf_free(&page);
    }
    scf_arena_free(arena);
}

static void faults_and_members_are_written(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_faults faults = {.arena = arena};
    for (int i = 0; i < SCF_MAX_FAULTS + 7; i++)
        scf_fault_add(&faults, "#/lines/0/tax_rate", "out-of-range", "fault %d", i);
    struct scf_error err = {.code = SCF_E_VALIDATION_FAILED,
                            .detail = "Two\nlines",
                            .faults = &faults,
                            .members_json = "{\"existing_id\":\"inv_1\",\"n\":2}"};
    struct scf_problem_context zh = context;
    zh.chinese = true;
    const cJSON *json = written(arena, &err, &zh);
    assert_string_equal(scf_json_string(json, "title"), "内容校验未通过");
    assert_string_equal(scf_json_string(json, "detail"), "Two\nlines");
    const cJSON *errors = scf_json_get(json, "errors");
    assert_int_equal(cJSON_GetArraySize(errors), SCF_MAX_FAULTS);
    const cJSON *first = cJSON_GetArrayItem(errors, 0);
    assert_string_equal(scf_json_string(first, "pointer"), "#/lines/0/tax_rate");
    assert_string_equal(scf_json_string(first, "code"), "out-of-range");
    assert_string_equal(scf_json_string(first, "detail"), "fault 0");
    assert_int_equal(scf_json_get(json, "errors_dropped")->valueint, 7);
    assert_string_equal(scf_json_string(json, "existing_id"), "inv_1");
    assert_int_equal(scf_json_get(json, "n")->valueint, 2);
    scf_arena_free(arena);
}

static void unknown_pages_are_unknown(void **state) {
    (void)state;
    struct scf_buf page;
    scf_buf_init(&page, 65536);
    assert_false(scf_problem_page(&page, SCF_STR("no-such")));
    assert_false(scf_problem_page(&page, SCF_STR("")));
    assert_int_equal(page.len, 0);
    scf_buf_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_document_and_page),
        cmocka_unit_test(faults_and_members_are_written),
        cmocka_unit_test(unknown_pages_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
