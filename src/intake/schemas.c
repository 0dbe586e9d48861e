/* The sub-tables, choices and patterns that several resources share, and the look-up by kind. */
#include "schemas.h"

const struct scf_schema *scf_intake_schema(enum scf_record_kind kind) {
    static const struct scf_schema *const schemas[] = {
        [SCF_REC_ENTERPRISE] = &scf_schema_enterprise,
        [SCF_REC_CONTRACT] = &scf_schema_contract,
        [SCF_REC_WORKFLOW_EVENT] = &scf_schema_workflow_event,
        [SCF_REC_INVOICE] = &scf_schema_invoice,
        [SCF_REC_GUARANTEE] = &scf_schema_guarantee,
    };
    SCF_ASSERT((size_t)kind < SCF_COUNT(schemas));
    return schemas[kind];
}

/* ---- choices ---- */

const char *const scf_revision_reasons[] = {"correction", "amendment", "red_offset", "other", NULL};
const char *const scf_enterprise_ids[] = {"ent", NULL};
const char *const scf_contract_ids[] = {"ctr", NULL};
const char *const scf_event_ids[] = {"evt", NULL};
const char *const scf_document_ids[] = {"doc", NULL};

/* ---- sub-tables ---- */

const struct scf_field scf_document_element[] = {{.type = SCF_T_ID, .choices = scf_document_ids}};

static const char *const signature_algorithms[] = {"ed25519", "ecdsa-p256-sha256", NULL};

const struct scf_field scf_signature_members[] = {
    SCF_F("keyid", STRING, "Which key signed", "签名密钥标识", SCF_MUST, SCF_SIZE(1, 128)),
    SCF_F("alg", ENUM, "Signature algorithm", "签名算法", SCF_MUST,
          SCF_AMONG(signature_algorithms)),
    SCF_F("created", INTEGER, "Seconds since 1970-01-01 at which it was made", "签名时间（秒）",
          SCF_SIZE(0, INT64_C(9007199254740991))),
    SCF_F("nonce", STRING, "Number used once", "随机数", SCF_SIZE(0, 128)),
    SCF_F("tag", STRING, "Purpose of the signature", "签名用途", SCF_SIZE(0, 64)),
    SCF_F("value", STRING, "The signature in base64", "签名值（base64）", SCF_MUST,
          SCF_SIZE(1, 1024)),
    SCF_FIELD_END,
};

const struct scf_field scf_party_members[] = {
    SCF_F("enterprise_id", ID, "A registered enterprise; names the party alone", "已登记企业的编号",
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("uscc", USCC, "Unified social credit code; needs the name beside it",
          "统一社会信用代码，须同时提供名称"),
    SCF_F("name", STRING, "Name as on the licence", "名称", SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("country_code", COUNTRY,
          "Country of a party without a unified social credit code; needs registration_no and name",
          "境外主体的国家或地区，须同时提供注册号和名称"),
    SCF_F("registration_no", STRING, "The foreign party's registration number in that country",
          "境外主体在当地的注册号", SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_FIELD_END,
};

const struct scf_field scf_clause_members[] = {
    SCF_F("present", BOOL, "Whether there is such a clause", "是否有此条款", SCF_MUST),
    SCF_F("clause_text", STRING, "Its wording", "条款原文", SCF_SIZE(0, 4000)),
    SCF_FIELD_END,
};

/* ---- patterns ---- */

bool scf_all_digits(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0;
}

bool scf_is_2_digits(struct scf_str text) {
    return text.n == 2 && scf_all_digits(text);
}

bool scf_is_6_digits(struct scf_str text) {
    return text.n == 6 && scf_all_digits(text);
}

bool scf_is_13_digits(struct scf_str text) {
    return text.n == 13 && scf_all_digits(text);
}

bool scf_is_tax_no(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return text.n >= 15 && text.n <= 20;
}

bool scf_is_phone(struct scf_str text) {
    if (text.n > 0 && text.p[0] == '+')
        text = (struct scf_str){text.p + 1, text.n - 1};
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < '0' || text.p[i] > '9') && text.p[i] != '-')
            return false;
    return text.n >= 5 && text.n <= 20;
}
