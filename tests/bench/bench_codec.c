/* Nanoseconds per scan, parse, check, write and digest of a usual invoice of about 600 bytes: a
 * tool for whoever changes the codec. Prints the best of several rounds. */
#include "scfd/base/clock.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"
#include "scfd/codec/schema.h"

static const char invoice[] =
    "{\"external_id\":\"INV-2026-000001\",\"kind\":\"digital_vat_special\","
    "\"invoice_no\":\"26332000000012345678\",\"issued_on\":\"2026-11-20\",\"due_on\":\"2027-02-"
    "18\","
    "\"seller\":{\"name\":\"杭州示例科技有限公司\",\"tax_no\":\"91330100799655058B\"},"
    "\"buyer\":{\"name\":\"上海样例贸易有限公司\",\"tax_no\":\"9131000063159284XQ\"},"
    "\"amount_excl_tax\":\"100000.00\",\"tax_amount\":\"13000.00\",\"total_amount\":\"113000.00\","
    "\"currency\":\"CNY\",\"lines\":[{\"goods_name\":\"*电子元件*控制板\",\"quantity\":\"100\","
    "\"unit_price\":\"1000\",\"amount\":\"100000.00\",\"tax_rate\":\"0.13\","
    "\"tax_amount\":\"13000.00\"}],\"contract_ids\":[\"ctr_01h455vb4pex5vsknk084sn02q\"]}";

enum { ROUNDS = 7, TIMES = 20000 };

static struct scf_arena *arena;
static struct scf_buf out;
static cJSON *tree;
static volatile unsigned sink;

static const char *const kinds[] = {"digital_vat_special", "vat_special", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const struct scf_field id_element[] = {{.type = SCF_T_ID, .choices = contract_ids}};
static const struct scf_field party_fields[] = {
    {.name = "name", .type = SCF_T_STRING, .presence = SCF_REQUIRED, .min = 1, .max = 200},
    {.name = "tax_no", .type = SCF_T_USCC},
    SCF_FIELD_END};
static const struct scf_field line_fields[] = {
    {.name = "goods_name", .type = SCF_T_STRING, .max = 200},
    {.name = "quantity", .type = SCF_T_DECIMAL, .places = 6},
    {.name = "unit_price", .type = SCF_T_DECIMAL, .places = 6},
    {.name = "amount", .type = SCF_T_MONEY},
    {.name = "tax_rate", .type = SCF_T_DECIMAL, .places = 6},
    {.name = "tax_amount", .type = SCF_T_MONEY},
    SCF_FIELD_END};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_fields}};
static const struct scf_field fields[] = {
    {.name = "external_id", .type = SCF_T_STRING, .presence = SCF_REQUIRED, .max = 128},
    {.name = "kind", .type = SCF_T_ENUM, .choices = kinds},
    {.name = "invoice_no", .type = SCF_T_STRING, .max = 64},
    {.name = "issued_on", .type = SCF_T_DATE},
    {.name = "due_on", .type = SCF_T_DATE},
    {.name = "seller", .type = SCF_T_OBJECT, .members = party_fields},
    {.name = "buyer", .type = SCF_T_OBJECT, .members = party_fields},
    {.name = "amount_excl_tax", .type = SCF_T_MONEY},
    {.name = "tax_amount", .type = SCF_T_MONEY},
    {.name = "total_amount", .type = SCF_T_MONEY},
    {.name = "currency", .type = SCF_T_CURRENCY},
    {.name = "lines", .type = SCF_T_ARRAY, .members = line_element, .max = 100},
    {.name = "contract_ids", .type = SCF_T_ARRAY, .members = id_element, .max = 10},
    SCF_FIELD_END};
static const struct scf_schema schema = {.name = "Invoice", .fields = fields};

static void scan(void) {
    struct scf_json_fault fault;
    SCF_ASSERT(scf_json_scan(invoice, sizeof invoice - 1, SCF_JSON_MAX_DEPTH, &fault));
}

static void plain_cjson(void) {
    cJSON *own = cJSON_ParseWithLengthOpts(invoice, sizeof invoice, NULL, 1);
    SCF_ASSERT(own);
    cJSON_Delete(own);
}

static void scan_and_parse(void) {
    SCF_ASSERT(scf_json_parse(arena, invoice, sizeof invoice - 1, NULL));
    scf_arena_reset(arena);
}

static void check(void) {
    struct scf_schema_options options = {.offset_minutes = 480};
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    SCF_ASSERT(scf_schema_check(&schema, tree, &options, &faults, &warnings));
}

static void write_answer(void) {
    scf_buf_clear(&out);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "external_id", "INV-2026-000001");
    scf_jw_time(&w, "received_at", INT64_C(1795334400123456));
    scf_jw_hex(&w, "sha256", invoice, 32);
    scf_jw_object(&w, "chain");
    scf_jw_i64(&w, "index", 123456);
    scf_jw_hex(&w, "leaf_hash", invoice, 32);
    scf_jw_end_object(&w);
    scf_jw_array(&w, "warnings");
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    sink += (unsigned)out.len;
}

static void sha256_body(void) {
    sink += scf_sha256(invoice, sizeof invoice - 1).b[0];
}

static void sha256_leaf(void) {
    sink += scf_sha256(invoice, 300).b[0];
}

static void sm3_body(void) {
    sink += scf_digest(SCF_SM3, invoice, sizeof invoice - 1).b[0];
}

static void hmac(void) {
    sink += scf_hmac_sha256("0123456789abcdef0123456789abcdef", 32, invoice, 48).b[0];
}

static void measure(const char *what, void (*fn)(void)) {
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = scf_mono_us();
        for (int i = 0; i < TIMES; i++)
            fn();
        int64_t took = scf_mono_us() - start;
        best = took < best ? took : best;
    }
    printf("%-28s %7.0f ns\n", what, (double)best * 1000.0 / TIMES);
}

int main(void) {
    scf_digest_init();
    struct scf_arena *keep = scf_arena_new(1 << 20);
    arena = scf_arena_new(1 << 20);
    scf_buf_init(&out, 1 << 16);
    tree = scf_json_parse(keep, invoice, sizeof invoice - 1, NULL);
    SCF_ASSERT(tree);
    printf("invoice of %zu bytes\n", sizeof invoice - 1);
    measure("scan", scan);
    measure("cJSON parse + delete", plain_cjson);
    measure("scan + parse + delete", scan_and_parse);
    measure("schema check", check);
    measure("write an answer", write_answer);
    measure("sha256, body", sha256_body);
    measure("sha256, 300 bytes", sha256_leaf);
    measure("sm3, body", sm3_body);
    measure("hmac-sha256, 48 bytes", hmac);
    scf_buf_free(&out);
    scf_arena_free(arena);
    scf_arena_free(keep);
    return 0;
}
