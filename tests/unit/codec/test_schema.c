/* The validator on a small table of its own that has every type. */
#include "scfd/codec/schema.h"

#include "scfd/base/money.h"
#include "vectors.h"

static bool is_digits(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

static const char *const kinds[] = {"sale", "lease", NULL};
static const char *const contract_ids[] = {"ctr", NULL};

static const struct scf_field party_fields[] = {
    {.name = "name", .type = SCF_T_STRING, .presence = SCF_REQUIRED, .min = 1, .max = 5},
    {.name = "uscc", .type = SCF_T_USCC},
    {.name = "country", .type = SCF_T_COUNTRY},
    SCF_FIELD_END};

static const struct scf_field line_fields[] = {
    {.name = "amount",
     .type = SCF_T_MONEY,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_MONEY_MAX},
    {.name = "tax_rate", .type = SCF_T_DECIMAL, .places = 6, .min = 0, .max = SCF_PPM},
    {.name = "currency", .type = SCF_T_CURRENCY},
    SCF_FIELD_END};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_fields}};
static const struct scf_field tag_element[] = {{.type = SCF_T_STRING, .min = 1, .max = 3}};

static const struct scf_field fields[] = {
    {.name = "kind", .type = SCF_T_ENUM, .presence = SCF_REQUIRED, .choices = kinds},
    {.name = "number",
     .type = SCF_T_STRING,
     .max = 20,
     .pattern = is_digits,
     .pattern_text = "digits only"},
    {.name = "total_amount", .type = SCF_T_MONEY},
    {.name = "currency", .type = SCF_T_CURRENCY},
    {.name = "count", .type = SCF_T_INTEGER, .min = -5, .max = 0},
    {.name = "net_days", .type = SCF_T_INTEGER, .min = 1},
    {.name = "open", .type = SCF_T_BOOL},
    {.name = "signed_on", .type = SCF_T_DATE},
    {.name = "occurred_at", .type = SCF_T_TIME},
    {.name = "contract_id", .type = SCF_T_ID, .choices = contract_ids},
    {.name = "seller", .type = SCF_T_OBJECT, .members = party_fields},
    {.name = "lines", .type = SCF_T_ARRAY, .members = line_element, .min = 1, .max = 3},
    {.name = "tags", .type = SCF_T_ARRAY, .members = tag_element, .max = 2},
    {.name = "fields", .type = SCF_T_SCALARS, .max = 2},
    SCF_FIELD_END};

static const struct scf_schema schema = {.name = "Test", .fields = fields};

struct outcome {
    struct scf_arena *arena;
    struct scf_faults faults, warnings;
    bool sound;
};

static struct outcome check(const struct scf_schema *s, const char *text, bool lenient,
                            const void *ctx) {
    struct outcome o = {.arena = scf_arena_new(1 << 20)};
    o.faults.arena = o.warnings.arena = o.arena;
    struct scf_error err = {0};
    cJSON *body = scf_json_parse(o.arena, text, strlen(text), &err);
    if (!body)
        fail_msg("%s", err.detail);
    struct scf_schema_options options = {
        .lenient_datetime = lenient, .offset_minutes = 480, .rules_ctx = ctx};
    o.sound = scf_schema_check(s, body, &options, &o.faults, &o.warnings);
    assert_int_equal(o.sound, o.faults.count == 0);
    return o;
}

static void sound(const char *text) {
    struct outcome o = check(&schema, text, false, NULL);
    if (!o.sound)
        fail_msg("%s: %s %s", text, o.faults.items[0].pointer, o.faults.items[0].detail);
    assert_int_equal(o.warnings.count, 0);
    scf_arena_free(o.arena);
}

/* Exactly one fault. */
static void fault(const char *text, const char *pointer, const char *code) {
    struct outcome o = check(&schema, text, false, NULL);
    assert_false(o.sound);
    assert_string_equal(o.faults.items[0].pointer, pointer);
    assert_string_equal(o.faults.items[0].code, code);
    assert_true(strlen(o.faults.items[0].detail) > 10);
    assert_int_equal(o.faults.count, 1);
    scf_arena_free(o.arena);
}

static void fault_detail(const char *text, const char *detail) {
    struct outcome o = check(&schema, text, false, NULL);
    assert_false(o.sound);
    assert_string_equal(o.faults.items[0].detail, detail);
    scf_arena_free(o.arena);
}

#define K "{\"kind\":\"sale\","

static void test_sound(void **state) {
    (void)state;
    sound("{\"kind\":\"lease\"}");
    sound(
        "{\"tags\":[\"a\",\"发票号\"],\"fields\":{\"x\":1,\"y\":null},\"lines\":[{\"tax_rate\":0."
        "13,"
        "\"amount\":\"12.34\"}],\"seller\":{\"country\":\"CN\",\"name\":\"购货方单位\",\"uscc\":"
        "\"91330100799655058B\"},\"contract_id\":\"ctr_01h455vb4pex5vsknk084sn02q\","
        "\"occurred_at\":\"2026-11-22T08:00:00+08:00\",\"signed_on\":\"2024-02-29\",\"open\":false,"
        "\"count\":-5,\"net_days\":9007199254740991,\"currency\":\"CNY\",\"total_amount\":100.5,"
        "\"number\":\"0123\",\"kind\":\"sale\"}");
    sound(K "\"number\":\"\",\"count\":0,\"net_days\":1,\"fields\":{},\"tags\":[]}");
}

static void test_null_is_absent(void **state) {
    (void)state;
    sound(K "\"number\":null,\"lines\":null,\"seller\":null}");
    fault("{\"kind\":null}", "#/kind", "required");
    fault(K "\"nonsense\":null}", "#/nonsense", "unknown-field");
    fault(K "\"tags\":[null]}", "#/tags/0", "wrong-type");
}

static void test_structure(void **state) {
    (void)state;
    fault("[]", "#", "wrong-type");
    fault("{}", "#/kind", "required");
    fault(K "\"seller\":{}}", "#/seller/name", "required");
    fault(K "\"seller\":[]}", "#/seller", "wrong-type");
    fault(K "\"lines\":{}}", "#/lines", "wrong-type");
    fault(K "\"lines\":[]}", "#/lines", "too-few");
    fault(K "\"tags\":[\"a\",\"b\",\"c\"]}", "#/tags", "too-many");
    fault(K "\"lines\":[{\"amount\":\"1\"},{\"tax_rate\":\"0\"}]}", "#/lines/1/amount", "required");
    fault(K "\"fields\":{\"a\":1,\"b\":2,\"c\":3}}", "#/fields", "too-many");
    fault(K "\"fields\":{\"a\":[1]}}", "#/fields/a", "wrong-type");
    fault(K "\"fields\":\"x\"}", "#/fields", "wrong-type");
}

static void test_leaves(void **state) {
    (void)state;
    fault("{\"kind\":\"gift\"}", "#/kind", "invalid-choice");
    fault("{\"kind\":1}", "#/kind", "wrong-type");
    fault(K "\"number\":\"12a\"}", "#/number", "invalid-format");
    fault(K "\"number\":\"012345678901234567890\"}", "#/number", "too-long");
    fault(K "\"seller\":{\"name\":\"\"}}", "#/seller/name", "too-short");
    fault(K "\"seller\":{\"name\":\"购货方单位名\"}}", "#/seller/name", "too-long");
    fault(K "\"seller\":{\"name\":\"a\",\"country\":\"cn\"}}", "#/seller/country",
          "invalid-format");
    fault(K "\"seller\":{\"name\":\"a\",\"uscc\":\"123\"}}", "#/seller/uscc", "invalid-format");
    fault(K "\"currency\":\"cny\"}", "#/currency", "invalid-format");
    fault(K "\"count\":1}", "#/count", "out-of-range");
    fault(K "\"count\":-6}", "#/count", "out-of-range");
    fault(K "\"count\":-0.5}", "#/count", "wrong-type");
    fault(K "\"count\":\"0\"}", "#/count", "wrong-type");
    fault(K "\"net_days\":0}", "#/net_days", "out-of-range");
    fault(K "\"net_days\":1e300}", "#/net_days", "wrong-type");
    fault(K "\"open\":\"true\"}", "#/open", "wrong-type");
    fault(K "\"signed_on\":\"2026-02-29\"}", "#/signed_on", "invalid-format");
    fault(K "\"occurred_at\":\"2026-11-22 08:00:00\"}", "#/occurred_at", "invalid-format");
    fault(K "\"contract_id\":\"inv_01h455vb4pex5vsknk084sn02q\"}", "#/contract_id",
          "invalid-format");
    fault(K "\"contract_id\":\"ctr_01h455\"}", "#/contract_id", "invalid-format");
    fault(K "\"lines\":[{\"amount\":\"1\",\"tax_rate\":\"1.000001\"}]}", "#/lines/0/tax_rate",
          "out-of-range");
    fault(K "\"lines\":[{\"amount\":\"1\",\"tax_rate\":\"0.1234567\"}]}", "#/lines/0/tax_rate",
          "invalid-format");
    fault(K "\"lines\":[{\"amount\":\"0\"}]}", "#/lines/0/amount", "out-of-range");
}

/* The scale follows the currency of the same object, then of the one around it, then CNY. */
static void test_money(void **state) {
    (void)state;
    sound(K "\"total_amount\":\"0.01\"}");
    fault(K "\"total_amount\":\"0.001\"}", "#/total_amount", "invalid-format");
    fault(K "\"total_amount\":\"0.01\",\"currency\":\"JPY\"}", "#/total_amount", "invalid-format");
    sound(K "\"total_amount\":\"0.001\",\"currency\":\"KWD\"}");
    sound(K "\"lines\":[{\"amount\":\"0.001\"}],\"currency\":\"KWD\"}");
    fault(K "\"lines\":[{\"amount\":\"0.01\"}],\"currency\":\"JPY\"}", "#/lines/0/amount",
          "invalid-format");
    sound(K "\"lines\":[{\"amount\":\"0.01\",\"currency\":\"USD\"}],\"currency\":\"JPY\"}");
    fault(K "\"total_amount\":\"0.001\",\"currency\":\"XYZ9\"}", "#/currency", "invalid-format");
    fault(K "\"total_amount\":\"1,000.00\"}", "#/total_amount", "invalid-format");
    fault(K "\"total_amount\":0.1234567890123456}", "#/total_amount", "invalid-format");
    fault(K "\"total_amount\":true}", "#/total_amount", "wrong-type");
    sound(K "\"total_amount\":9999999999999.99}");
}

static void test_unknown_members(void **state) {
    (void)state;
    fault_detail(K "\"totl_amount\":1}",
                 "There is no member \"totl_amount\" here. Did you mean \"total_amount\"?");
    fault_detail(K "\"Currency\":1}",
                 "There is no member \"Currency\" here. Did you mean \"currency\"?");
    fault_detail(K "\"signedOn\":1}",
                 "There is no member \"signedOn\" here. Did you mean \"signed_on\"?");
    fault_detail(K "\"colour\":1}", "There is no member \"colour\" here.");
    fault(K "\"seller\":{\"name\":\"a\",\"nam\":1}}", "#/seller/nam", "unknown-field");
}

/* The pointers are those of RFC 6901 §6, plus bytes beyond ASCII. */
static void test_pointer_escapes(void **state) {
    (void)state;
    fault(K "\"\":1}", "#/", "unknown-field");
    fault(K "\"a/b\":1}", "#/a~1b", "unknown-field");
    fault(K "\"c%d\":1}", "#/c%25d", "unknown-field");
    fault(K "\"e^f\":1}", "#/e%5Ef", "unknown-field");
    fault(K "\"g|h\":1}", "#/g%7Ch", "unknown-field");
    fault(K "\"i\\\\j\":1}", "#/i%5Cj", "unknown-field");
    fault(K "\"k\\\"l\":1}", "#/k%22l", "unknown-field");
    fault(K "\" \":1}", "#/%20", "unknown-field");
    fault(K "\"m~n\":1}", "#/m~0n", "unknown-field");
    fault(K "\"é\":1}", "#/%C3%A9", "unknown-field");
}

static void test_all_at_once(void **state) {
    (void)state;
    struct outcome o =
        check(&schema, "{\"x1\":1,\"open\":1,\"lines\":[{\"amount\":\"-1\"},{}],\"seller\":{}}",
              false, NULL);
    static const char *const pointers[] = {
        "#/x1", "#/open", "#/lines/0/amount", "#/lines/1/amount", "#/seller/name", "#/kind"};
    assert_int_equal(o.faults.count, SCF_COUNT(pointers));
    for (size_t i = 0; i < SCF_COUNT(pointers); i++)
        assert_string_equal(o.faults.items[i].pointer, pointers[i]);
    scf_arena_free(o.arena);
}

static void test_at_most_hundred(void **state) {
    (void)state;
    char text[16384];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"kind\":\"sale\"");
    for (int i = 0; i < 250; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, ",\"unknown-%d\":0", i);
    snprintf(text + n, sizeof text - n, "}");
    struct outcome o = check(&schema, text, false, NULL);
    assert_int_equal(o.faults.count, SCF_MAX_FAULTS);
    assert_int_equal(o.faults.dropped, 150);
    scf_arena_free(o.arena);
}

/* Warnings are kept apart and do not make a body unsound. */
static void test_warnings(void **state) {
    (void)state;
    struct outcome o = check(&schema,
                             K "\"seller\":{\"name\":\"a\",\"uscc\":\"91350211M0000XUF46\"},"
                               "\"occurred_at\":\"2021-07-25 15:15:22\"}",
                             true, NULL);
    assert_true(o.sound);
    assert_int_equal(o.warnings.count, 2);
    assert_string_equal(o.warnings.items[0].pointer, "#/seller/uscc");
    assert_string_equal(o.warnings.items[0].code, "uscc-check-digit");
    assert_string_equal(o.warnings.items[1].pointer, "#/occurred_at");
    assert_string_equal(o.warnings.items[1].code, "lenient-datetime");
    scf_arena_free(o.arena);
}

static void count_calls(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                        const void *ctx) {
    (void)warnings;
    assert_ptr_equal(ctx, "ctx");
    if (scf_json_bool(body, "open", false))
        scf_fault_add(faults, "#/open", "closed", "It must be closed.");
}

static void test_rules(void **state) {
    (void)state;
    static const struct scf_schema ruled = {
        .name = "Ruled", .fields = fields, .rules = count_calls};
    struct outcome o = check(&ruled, K "\"open\":true}", false, "ctx");
    assert_false(o.sound);
    assert_string_equal(o.faults.items[0].code, "closed");
    scf_arena_free(o.arena);
    /* not run, so the wrong context is not seen, when the fields are unsound */
    o = check(&ruled, "{\"open\":true}", false, "other");
    assert_int_equal(o.faults.count, 1);
    scf_arena_free(o.arena);
}

/* An arena without room for faults must not turn an unsound body into a sound one. */
static void test_full_arena(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    const char *text = "{\"kind\":1}";
    cJSON *body = scf_json_parse(arena, text, strlen(text), NULL);
    assert_non_null(body);
    struct scf_arena *tiny = scf_arena_new(1);
    struct scf_faults faults = {.arena = tiny}, warnings = {.arena = tiny};
    struct scf_schema_options options = {.offset_minutes = 0};
    assert_false(scf_schema_check(&schema, body, &options, &faults, &warnings));
    assert_int_equal(faults.count, 0);
    assert_int_equal(faults.dropped, 1);
    scf_arena_free(tiny);
    scf_arena_free(arena);
}

/* Of two steps one needs a member, the other may have another, and neither takes a third. */
static void test_member_uses(void **state) {
    static const struct scf_member_use uses[] = {
        {"amount", UINT64_C(1) << 63, 0}, {"reason", 0, 1}, {"never", 0, 0}};
    static const struct {
        const char *text;
        int step;
        const char *pointers[3], *codes[3];
    } cases[] = {
        {"{\"amount\":1}", 63, {NULL}, {NULL}},
        {"{}", 63, {"#/amount"}, {"required"}},
        {"{\"amount\":null}", 63, {"#/amount"}, {"required"}},
        {"{\"reason\":1,\"never\":1,\"free\":1}",
         63,
         {"#/amount", "#/reason", "#/never"},
         {"required", "not-allowed", "not-allowed"}},
        {"{\"reason\":1}", 0, {NULL}, {NULL}},
        {"{}", 0, {NULL}, {NULL}},
        {"{\"amount\":1}", 0, {"#/amount"}, {"not-allowed"}},
    };
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_arena *arena = scf_arena_new(1 << 20);
        cJSON *body = scf_json_parse(arena, cases[i].text, strlen(cases[i].text), NULL);
        struct scf_faults faults = {.arena = arena};
        size_t n = 0;
        assert_non_null(body);
        scf_member_uses_check(uses, SCF_COUNT(uses), body, cases[i].step, "a step", &faults);
        for (; n < 3 && cases[i].pointers[n]; n++) {
            assert_true(n < faults.count);
            assert_string_equal(faults.items[n].pointer, cases[i].pointers[n]);
            assert_string_equal(faults.items[n].code, cases[i].codes[n]);
        }
        assert_int_equal(faults.count, n);
        scf_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),           cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_structure),       cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_money),           cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_pointer_escapes), cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_at_most_hundred), cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_rules),           cmocka_unit_test(test_full_arena),
        cmocka_unit_test(test_member_uses),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
