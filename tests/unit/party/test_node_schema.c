/* The field tables of nodes and keys, and nodes to and from JSON. */
#include <setjmp.h>
#include <cmocka.h>

#include "node_schema.h"
#include "scfd/party/party.h"

static struct scf_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static const cJSON *parse(const char *text) {
    struct scf_error err;
    const cJSON *body = scf_json_parse(arena, text, strlen(text), &err);
    assert_non_null(body);
    return body;
}

/* NULL: valid; otherwise the pointer of the only fault. */
static void check(const struct scf_schema *schema, const char *text, const char *pointer) {
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    const struct scf_schema_options options = {0};
    bool ok = scf_schema_check(schema, parse(text), &options, &faults, &warnings);
    assert_int_equal(ok, pointer == NULL);
    assert_int_equal(faults.count, pointer ? 1 : 0);
    if (pointer)
        assert_string_equal(faults.items[0].pointer, pointer);
}

static void bodies_are_checked(void **state) {
    (void)state;
    const struct scf_schema *create = &scf_node_create_schema, *update = &scf_node_update_schema;
    check(create, "{\"name\":\"ERP 1\",\"kind\":\"erp\"}", NULL);
    check(create, "{\"name\":\"ERP 1\",\"kind\":\"business_system\"}", NULL);
    check(create, "{\"name\":\"ERP 1\",\"kind\":\"spaceship\"}", "#/kind");
    check(create, "{\"name\":\"\",\"kind\":\"erp\"}", "#/name");
    check(create, "{\"kind\":\"erp\"}", "#/name");
    check(create, "{\"name\":\"x\",\"kind\":\"erp\",\"nmae\":1}", "#/nmae");
    check(create, "{\"name\":\"x\",\"kind\":\"erp\",\"timezone\":\"+8:000\"}", "#/timezone");
    check(create, "{\"name\":\"x\",\"kind\":\"erp\",\"allowed_resources\":[\"invoice\",\"cake\"]}",
          "#/allowed_resources/1");
    check(create,
          "{\"name\":\"x\",\"kind\":\"erp\",\"operator\":{\"uscc\":\"91330100799655058B\","
          "\"name\":\"甲\"}}",
          NULL);
    check(create,
          "{\"name\":\"x\",\"kind\":\"erp\",\"operator\":{\"uscc\":\"91330100799655058B\","
          "\"name\":\"甲\"},\"operator_enterprise_id\":\"ent_01h455vb4pex5vsknk084sn02q\"}",
          "#/operator");
    check(update, "{}", NULL);
    check(update, "{\"status\":\"suspended\"}", NULL);
    check(update, "{\"status\":\"asleep\"}", "#/status");
    check(update, "{\"kind\":\"erp\"}", "#/kind");
    check(&scf_key_create_schema,
          "{\"label\":\"night load\","
          "\"expires_at\":\"2030-01-01T00:00:00Z\"}",
          NULL);
    check(&scf_key_create_schema, "{\"expires_at\":\"tomorrow\"}", "#/expires_at");
}

static void kinds_have_names(void **state) {
    (void)state;
    enum scf_node_kind kind;
    for (int i = 0; i < SCF_NODE_KINDS; i++) {
        assert_true(scf_node_kind_parse(scf_node_kind_names[i], &kind));
        assert_int_equal(kind, i);
    }
    assert_true(scf_node_kind_parse("business_system", &kind));
    assert_int_equal(kind, SCF_NODE_ERP);
    assert_false(scf_node_kind_parse("", &kind));
    assert_false(scf_node_kind_parse(NULL, &kind));
}

static void only_named_members_change(void **state) {
    (void)state;
    struct scf_node node = {.name = "old", .offset_minutes = 480, .allowed_kinds = 31};
    scf_node_apply(parse("{\"timezone\":\"-05:30\"}"), &node);
    assert_string_equal(node.name, "old");
    assert_int_equal(node.offset_minutes, -330);
    assert_int_equal(node.allowed_kinds, 31);
    assert_false(node.lenient_datetime);
    scf_node_apply(parse("{\"name\":\"new\",\"lenient_datetime\":true,"
                         "\"allowed_resources\":[\"contract\",\"guarantee\"]}"),
                   &node);
    assert_string_equal(node.name, "new");
    assert_true(node.lenient_datetime);
    assert_int_equal(node.allowed_kinds, 2 | 16);
    assert_int_equal(node.offset_minutes, -330);
}

static void a_node_is_written(void **state) {
    (void)state;
    struct scf_node node = {.name = "采购平台",
                            .kind = SCF_NODE_LENDER,
                            .chain_suite = SCF_SUITE_SM3_SM2,
                            .offset_minutes = -330,
                            .allowed_kinds = 1 | 8,
                            .status = SCF_NODE_SUSPENDED,
                            .version = 7,
                            .created_us = 1795334400123456,
                            .updated_us = 1795334400123456};
    assert_true(scf_id_parse("node", SCF_STR("node_01h455vb4pex5vsknk084sn02q"), &node.id));
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_node_write(&w, &node);
    scf_jw_end_object(&w);
    assert_string_equal(out.data, "{\"id\":\"node_01h455vb4pex5vsknk084sn02q\",\"object\":\"node\","
                                  "\"name\":\"采购平台\",\"kind\":\"lender\","
                                  "\"chain_suite\":\"sm3-sm2\","
                                  "\"operator_enterprise_id\":null,\"timezone\":\"-05:30\","
                                  "\"lenient_datetime\":false,"
                                  "\"allowed_resources\":[\"enterprise\",\"invoice\"],"
                                  "\"status\":\"suspended\",\"version\":7,"
                                  "\"created_at\":\"2026-11-22T08:00:00.123456Z\","
                                  "\"updated_at\":\"2026-11-22T08:00:00.123456Z\"}");
    scf_buf_free(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(bodies_are_checked), TEST(kinds_have_names),
                                       TEST(only_named_members_change), TEST(a_node_is_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
