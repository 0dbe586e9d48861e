/* The field tables of nodes and keys, and nodes to and from JSON. Pure. */
#include "node_schema.h"

#include "scfd/base/clock.h"
#include "scfd/party/party.h"

const char *const scf_node_kind_names[] = {"procurement", "erp",    "workflow", "logistics",
                                           "guarantor",   "lender", "insurer",  "regulator",
                                           "notary",      "court",  NULL};
static_assert(SCF_COUNT(scf_node_kind_names) == SCF_NODE_KINDS + 1, "every kind has a name");

static const char *const kind_choices[] = {
    "procurement", "erp",     "business_system", "workflow", "logistics", "guarantor",
    "lender",      "insurer", "regulator",       "notary",   "court",     NULL};
static const char *const status_names[] = {"active", "suspended", "retired", NULL};
/* In the order of enum scf_record_kind: position is the bit of allowed_kinds. */
static const char *const resource_names[] = {"enterprise", "contract",  "workflow_event",
                                             "invoice",    "guarantee", NULL};
static_assert(SCF_COUNT(resource_names) == SCF_NODE_RESOURCES + 1 &&
                  SCF_NODE_ALLOWED_KINDS == (1 << SCF_NODE_RESOURCES) - 1,
              "a bit for every kind of record that nodes send");
static const char *const enterprise_prefix[] = {"ent", NULL};

bool scf_node_kind_parse(const char *name, enum scf_node_kind *ret) {
    if (name && strcmp(name, "business_system") == 0)
        name = "erp";
    int i = scf_name_index(scf_node_kind_names, name);
    if (i >= 0)
        *ret = (enum scf_node_kind)i;
    return i >= 0;
}

bool scf_node_status_parse(const char *name, enum scf_node_status *ret) {
    int i = scf_name_index(status_names, name);
    if (i >= 0)
        *ret = (enum scf_node_status)i;
    return i >= 0;
}

/* ---- field tables ---- */

static bool is_offset(struct scf_str text) {
    int minutes;
    return scf_offset_parse(text, &minutes);
}

static const struct scf_field operator_fields[] = {{.name = "uscc",
                                                    .type = SCF_T_USCC,
                                                    .presence = SCF_REQUIRED,
                                                    .doc_en = "Unified social credit code",
                                                    .doc_zh = "统一社会信用代码"},
                                                   {.name = "name",
                                                    .type = SCF_T_STRING,
                                                    .presence = SCF_REQUIRED,
                                                    .min = 1,
                                                    .max = 200,
                                                    .doc_en = "Name as on the licence",
                                                    .doc_zh = "营业执照上的名称"},
                                                   SCF_FIELD_END};

static const struct scf_field resource_element[] = {{.name = "",
                                                     .type = SCF_T_ENUM,
                                                     .choices = resource_names,
                                                     .doc_en = "A kind of record",
                                                     .doc_zh = "记录类型"},
                                                    SCF_FIELD_END};

#define FIELD_NAME(how)                                                                            \
    {                                                                                              \
        .name = "name", .type = SCF_T_STRING, .presence = how, .min = 1, .max = 200,               \
        .doc_en = "Name of the node", .doc_zh = "节点名称"                                     \
    }
#define FIELDS_SHARED                                                                              \
    {.name = "operator_enterprise_id",                                                             \
     .type = SCF_T_ID,                                                                             \
     .choices = enterprise_prefix,                                                                 \
     .doc_en = "The enterprise that operates the node",                                            \
     .doc_zh = "运营该节点的企业"},                                                                \
        {.name = "operator",                                                                       \
         .type = SCF_T_OBJECT,                                                                     \
         .members = operator_fields,                                                               \
         .doc_en = "The same by code and name; enters the directory when it is new",               \
         .doc_zh = "以代码和名称指定运营企业，目录中没有时自动建立"},                              \
        {.name = "timezone",                                                                       \
         .type = SCF_T_STRING,                                                                     \
         .min = 6,                                                                                 \
         .max = 6,                                                                                 \
         .pattern = is_offset,                                                                     \
         .pattern_text = "^[+-]\\d{2}:\\d{2}$",                                                    \
         .doc_en = "UTC offset of its clocks (+08:00)",                                            \
         .doc_zh = "节点时区（默认 +08:00）"},                                                     \
        {.name = "lenient_datetime",                                                               \
         .type = SCF_T_BOOL,                                                                       \
         .doc_en = "Times without an offset are read in the node's time zone",                     \
         .doc_zh = "无时区偏移的时间按节点时区理解"},                                              \
    {                                                                                              \
        .name = "allowed_resources", .type = SCF_T_ARRAY, .min = 1, .max = SCF_NODE_RESOURCES,     \
        .members = resource_element, .doc_en = "Kinds of records it may send (all)",               \
        .doc_zh = "允许发送的记录类型（默认全部）"                                  \
    }

/* Which enterprise is meant must not depend on which of two members is read first. */
static void one_operator(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                         const void *ctx) {
    (void)warnings;
    (void)ctx;
    if (scf_json_get(body, "operator") && scf_json_get(body, "operator_enterprise_id"))
        scf_fault_add(faults, "#/operator", "not-both",
                      "Give either operator or operator_enterprise_id.");
}

const struct scf_schema scf_node_create_schema = {
    .name = "NodeCreate",
    .doc_en = "A data-exchange node.",
    .doc_zh = "数据交换节点。",
    .fields = (const struct scf_field[]){FIELD_NAME(SCF_REQUIRED),
                                         {.name = "kind",
                                          .type = SCF_T_ENUM,
                                          .presence = SCF_REQUIRED,
                                          .choices = kind_choices,
                                          .doc_en = "What the node is (business_system is erp)",
                                          .doc_zh = "节点类型（business_system 等同 erp）"},
                                         {.name = "chain_suite",
                                          .type = SCF_T_ENUM,
                                          .choices = scf_suite_names,
                                          .doc_en = "Digest and signature of its chain, for good "
                                                    "(sha256-ed25519)",
                                          .doc_zh = "节点链所用的摘要与签名算法，建立后不可更改"
                                                    "（默认 sha256-ed25519）"},
                                         FIELDS_SHARED,
                                         SCF_FIELD_END},
    .rules = one_operator,
};

const struct scf_schema scf_node_update_schema = {
    .name = "NodeUpdate",
    .doc_en = "The members of a node to change.",
    .doc_zh = "要修改的节点成员。",
    .fields =
        (const struct scf_field[]){
            FIELD_NAME(SCF_OPTIONAL),
            {.name = "status",
             .type = SCF_T_ENUM,
             .choices = status_names,
             .doc_en = "A suspended node's keys do not work; retired is final",
             .doc_zh = "停用节点的密钥失效；退役不可恢复"},
            FIELDS_SHARED,
            SCF_FIELD_END},
    .rules = one_operator,
};

const struct scf_schema scf_key_create_schema = {
    .name = "KeyCreate",
    .doc_en = "A new API key.",
    .doc_zh = "新的 API 密钥。",
    .fields = (const struct scf_field[]){{.name = "label",
                                          .type = SCF_T_STRING,
                                          .min = 1,
                                          .max = 100,
                                          .doc_en = "What it is for",
                                          .doc_zh = "用途"},
                                         {.name = "expires_at",
                                          .type = SCF_T_TIME,
                                          .doc_en = "When it stops working (never)",
                                          .doc_zh = "失效时间（默认不失效）"},
                                         SCF_FIELD_END},
};

/* ---- nodes to and from JSON ---- */

static unsigned resource_bits(const cJSON *list) {
    unsigned bits = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        int bit = scf_name_index(resource_names, item->valuestring);
        if (bit >= 0)
            bits |= 1u << bit;
    }
    return bits;
}

void scf_node_apply(const cJSON *body, struct scf_node *node) {
    const char *name = scf_json_string(body, "name");
    const char *timezone_text = scf_json_string(body, "timezone");
    const cJSON *resources = scf_json_get(body, "allowed_resources");
    int minutes;
    if (name)
        node->name = name;
    if (timezone_text && scf_offset_parse(scf_str(timezone_text), &minutes))
        node->offset_minutes = minutes;
    if (resources)
        node->allowed_kinds = resource_bits(resources);
    node->lenient_datetime = scf_json_bool(body, "lenient_datetime", node->lenient_datetime);
}

static void write_offset(struct scf_jsonw *w, int minutes) {
    char text[16];
    int size = abs(minutes);
    snprintf(text, sizeof text, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
    scf_jw_str(w, "timezone", text);
}

static void write_resources(struct scf_jsonw *w, unsigned bits) {
    scf_jw_array(w, "allowed_resources");
    for (int i = 0; resource_names[i]; i++)
        if (bits & (1u << i))
            scf_jw_str(w, NULL, resource_names[i]);
    scf_jw_end_array(w);
}

void scf_node_write(struct scf_jsonw *w, const struct scf_node *node) {
    scf_jw_id(w, "id", "node", &node->id);
    scf_jw_str(w, "object", "node");
    scf_jw_str(w, "name", node->name);
    scf_jw_str(w, "kind", scf_node_kind_names[node->kind]);
    scf_jw_str(w, "chain_suite", scf_suite_names[node->chain_suite]);
    if (scf_uuid_is_nil(&node->operator_enterprise_id))
        scf_jw_null(w, "operator_enterprise_id");
    else
        scf_jw_id(w, "operator_enterprise_id", "ent", &node->operator_enterprise_id);
    write_offset(w, node->offset_minutes);
    scf_jw_bool(w, "lenient_datetime", node->lenient_datetime);
    write_resources(w, node->allowed_kinds);
    scf_jw_str(w, "status", status_names[node->status]);
    scf_jw_i64(w, "version", node->version);
    scf_jw_time(w, "created_at", node->created_us);
    scf_jw_time(w, "updated_at", node->updated_us);
}
