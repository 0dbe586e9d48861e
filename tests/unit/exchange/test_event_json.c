/* Events as JSON, against hand-written documents. */
#include <setjmp.h>
#include <cmocka.h>

#include "event_json.h"

static void check(const struct scf_event *e, const char *expected) {
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_event_write(&w, e);
    assert_string_equal(out.data, expected);
    scf_buf_free(&out);
}

static struct scf_uuid uuid(void) {
    struct scf_uuid id;
    assert_true(scf_id_parse("x", SCF_STR("x_01h455vb4pex5vsknk084sn02q"), &id));
    return id;
}

static void an_object_is_named_with_its_address(void **state) {
    (void)state;
    struct scf_event e = {.seq = 17,
                          .type = "credit_assessment.addressed",
                          .has_object = true,
                          .object_prefix = "asm",
                          .object_id = uuid(),
                          .at_us = 1795334400123456};
    check(&e, "{\"seq\":17,\"type\":\"credit_assessment.addressed\","
              "\"object\":\"credit_assessment\",\"id\":\"asm_01h455vb4pex5vsknk084sn02q\","
              "\"href\":\"/v1/credit-assessments/asm_01h455vb4pex5vsknk084sn02q\","
              "\"at\":\"2026-11-22T08:00:00.123456Z\"}");
    e.object_prefix = "zzz";
    check(&e, "{\"seq\":17,\"type\":\"credit_assessment.addressed\",\"object\":\"record\","
              "\"id\":\"zzz_01h455vb4pex5vsknk084sn02q\","
              "\"href\":\"/v1/records/zzz_01h455vb4pex5vsknk084sn02q\","
              "\"at\":\"2026-11-22T08:00:00.123456Z\"}");
}

static void a_commit_is_named_with_its_leaves(void **state) {
    (void)state;
    const struct scf_event e = {.seq = 1,
                                .type = "records.accepted",
                                .has_leaves = true,
                                .first_leaf = 0,
                                .last_leaf = 41,
                                .source_chain_id = uuid(),
                                .at_us = 1795334400123456};
    check(&e, "{\"seq\":1,\"type\":\"records.accepted\","
              "\"chain\":\"chain_01h455vb4pex5vsknk084sn02q\",\"first_index\":0,"
              "\"last_index\":41,\"at\":\"2026-11-22T08:00:00.123456Z\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_named_with_its_address),
        cmocka_unit_test(a_commit_is_named_with_its_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
