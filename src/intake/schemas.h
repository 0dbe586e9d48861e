/* What the field tables of the intake resources share, and the context of their rules. Private to
 * intake. Static data and pure functions. */
#ifndef SCFD_INTAKE_SCHEMAS_H
#define SCFD_INTAKE_SCHEMAS_H

#include "scfd/base/money.h"
#include "scfd/codec/field_table.h"
#include "scfd/intake/intake.h"

/* Passed as scf_schema_options.rules_ctx. */
struct scf_rules_ctx {
    int64_t received_us;
    int offset_minutes; /* the node's time zone: a plain date begins at its midnight */
};

extern const struct scf_schema scf_schema_enterprise, scf_schema_contract,
    scf_schema_workflow_event, scf_schema_invoice, scf_schema_guarantee;

/* ---- writing tables: one line a field ---- */

/* Decimals: bounds in units of the last place. */
#define SCF_PERCENT .places = 4, .min = 0, .max = 1000000 /* 0 to 100 */
#define SCF_QUANTITY .places = 6, .min = 0, .max = SCF_MONEY_MAX
#define SCF_UNIT_PRICE .places = 8, .min = 0, .max = SCF_MONEY_MAX

enum { SCF_QUANTITY_PLACES = 6, SCF_PRICE_PLACES = 8, SCF_RATE_PLACES = 6, SCF_MAX_LINES = 2000 };

/* The members that every resource begins with; `own_ids` are the prefixes of its own records. */
#define SCF_COMMON_FIELDS(own_ids)                                                                 \
    SCF_F("external_id", STRING, "The sender's own identifier, unique per node and resource",      \
          "发送方自有编号，在节点与资源内唯一", SCF_MUST, SCF_SIZE(1, 128),                        \
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),                                             \
        SCF_F("revises_id", ID, "The record that this one corrects", "被更正的记录",               \
              SCF_AMONG(own_ids)),                                                                 \
        SCF_F("revision_reason", ENUM, "Why there is a new revision", "更正原因",                  \
              SCF_AMONG(scf_revision_reasons)),                                                    \
        SCF_F("source_system", STRING, "Name of the sending system", "来源系统", SCF_SIZE(0, 64)), \
        SCF_F("documents", ARRAY, "Documents that belong to the record", "关联文件",               \
              SCF_SIZE(0, 50), SCF_OF(scf_document_element)),                                      \
        SCF_F("fields", SCALARS, "Fields of the industry template", "行业模板字段",                \
              SCF_SIZE(0, 200)),                                                                   \
        SCF_F("metadata", SCALARS, "The sender's own notes", "发送方附注", SCF_SIZE(0, 20)),       \
        SCF_F("signature", OBJECT, "Signature of the sending system over the request (RFC 9421)",  \
              "发送系统的签名（RFC 9421）", SCF_OF(scf_signature_members))

extern const char *const scf_revision_reasons[];
extern const char *const scf_enterprise_ids[]; /* "ent" */
extern const char *const scf_contract_ids[];   /* "ctr" */
extern const char *const scf_event_ids[];      /* "evt" */
extern const char *const scf_document_ids[];   /* "doc" */
extern const struct scf_field scf_document_element[];
extern const struct scf_field scf_signature_members[];
/* A party by enterprise_id, by uscc and name, or by country_code, registration_no and name. */
extern const struct scf_field scf_party_members[];
extern const struct scf_field scf_clause_members[]; /* present, clause_text */

/* ---- patterns ---- */

#define SCF_DIGITS_TEXT(n) "^[0-9]{" #n "}$"
bool scf_is_2_digits(struct scf_str text);
bool scf_is_6_digits(struct scf_str text);  /* 行政区划代码, postal code */
bool scf_is_13_digits(struct scf_str text); /* GLN */
bool scf_all_digits(struct scf_str text);
/* 15 to 20 digits and upper-case letters. */
#define SCF_TAX_NO_TEXT "^[0-9A-Z]{15,20}$"
bool scf_is_tax_no(struct scf_str text);
#define SCF_PHONE_TEXT "^\\+?[0-9-]{5,20}$"
bool scf_is_phone(struct scf_str text);

#endif
