/* What a field table becomes in the API description and on the reference page. */
#include "scfd/base/money.h"
#include "scfd/codec/schema.h"
#include "vectors.h"

static const char *const kinds[] = {"sale", "lease", NULL};
static const char *const targets[] = {"ctr", "inv", NULL};

static const struct scf_field line_fields[] = {
    {.name = "amount",
     .type = SCF_T_MONEY,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_MONEY_MAX},
    {.name = "tax_rate", .type = SCF_T_DECIMAL, .places = 6, .max = SCF_PPM, .doc_en = "VAT rate"},
    SCF_FIELD_END};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_fields}};
static const struct scf_field id_element[] = {{.type = SCF_T_ID, .choices = targets}};

static const struct scf_field fields[] = {
    {.name = "kind",
     .type = SCF_T_ENUM,
     .presence = SCF_REQUIRED,
     .choices = kinds,
     .doc_en = "what it is",
     .doc_zh = "种类"},
    {.name = "number", .type = SCF_T_STRING, .min = 1, .max = 20, .pattern_text = "^[0-9|]+$"},
    {.name = "title", .type = SCF_T_STRING, .max = 9, .pattern_text = "digits", .doc_en = "name"},
    {.name = "count", .type = SCF_T_INTEGER, .min = -5, .max = 0},
    {.name = "days", .type = SCF_T_INTEGER, .min = 1},
    {.name = "open", .type = SCF_T_BOOL},
    {.name = "lines", .type = SCF_T_ARRAY, .members = line_element, .max = 3},
    {.name = "refs", .type = SCF_T_ARRAY, .members = id_element, .min = 1},
    {.name = "fields", .type = SCF_T_SCALARS, .max = 200},
    SCF_FIELD_END};
static const struct scf_schema schema = {
    .name = "Thing", .doc_en = "A thing.", .doc_zh = "一物。", .fields = fields};

static void test_openapi(void **state) {
    (void)state;
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_schema_openapi(&schema, &out);
    assert_string_equal(
        out.data,
        "{\"type\":\"object\",\"required\":[\"kind\"],\"properties\":{"
        "\"kind\":{\"type\":\"string\",\"enum\":[\"sale\",\"lease\"],\"description\":\"what it "
        "is\","
        "\"x-description-zh\":\"种类\"},"
        "\"number\":{\"type\":\"string\",\"pattern\":\"^[0-9|]+$\",\"minLength\":1,\"maxLength\":"
        "20},"
        "\"title\":{\"type\":\"string\",\"maxLength\":9,\"description\":\"name; digits\"},"
        "\"count\":{\"type\":\"integer\",\"minimum\":-5,\"maximum\":0},"
        "\"days\":{\"type\":\"integer\",\"minimum\":1},"
        "\"open\":{\"type\":\"boolean\"},"
        "\"lines\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"amount\"],"
        "\"properties\":{\"amount\":{\"type\":[\"string\",\"number\"],"
        "\"pattern\":\"^-?(0|[1-9][0-9]{0,15})(\\\\.[0-9]{1,4})?$\"},"
        "\"tax_rate\":{\"type\":[\"string\",\"number\"],"
        "\"pattern\":\"^-?(0|[1-9][0-9]*)(\\\\.[0-9]{1,6})?$\","
        "\"description\":\"VAT rate; 0 to 1\"}},\"additionalProperties\":false},\"maxItems\":3},"
        "\"refs\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
        "\"pattern\":\"^(ctr|inv)_[0-7][0-9a-hjkmnp-tv-z]{25}$\"},\"minItems\":1},"
        "\"fields\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\","
        "\"boolean\",\"null\"]},\"maxProperties\":200}},"
        "\"additionalProperties\":false,\"description\":\"A thing.\","
        "\"x-description-zh\":\"一物。\"}");
    struct scf_json_fault fault;
    assert_true(scf_json_scan(out.data, out.len, SCF_JSON_MAX_DEPTH, &fault));
    scf_buf_free(&out);
}

static void test_markdown(void **state) {
    (void)state;
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_schema_markdown(&schema, &out);
    assert_string_equal(
        out.data, "## Thing\n\nA thing.\n\n一物。\n\n"
                  "| member | type | required | rule | meaning | 含义 |\n"
                  "|---|---|---|---|---|---|\n"
                  "| `kind` | enum | yes | `sale`, `lease` | what it is | 种类 |\n"
                  "| `number` | string |  | 1–20 characters; ^[0-9\\|]+$ |  |  |\n"
                  "| `title` | string |  | 0–9 characters; digits | name |  |\n"
                  "| `count` | integer |  | -5–0 |  |  |\n"
                  "| `days` | integer |  | ≥ 1 |  |  |\n"
                  "| `open` | boolean |  |  |  |  |\n"
                  "| `lines` | list |  | 0–3 elements |  |  |\n"
                  "| `lines[]` | object |  |  |  |  |\n"
                  "| `lines[].amount` | money | yes | > 0 |  |  |\n"
                  "| `lines[].tax_rate` | decimal |  | 0–1, at most 6 places | VAT rate |  |\n"
                  "| `refs` | list |  | ≥ 1 elements |  |  |\n"
                  "| `refs[]` | id |  | `ctr_…`, `inv_…` |  |  |\n"
                  "| `fields` | free object |  | 0–200 members |  |  |\n\n");
    scf_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_openapi),
                                       cmocka_unit_test(test_markdown)};
    return cmocka_run_group_tests_name("schema_docs", tests, NULL, NULL);
}
