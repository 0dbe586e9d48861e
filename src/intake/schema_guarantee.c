/* Guarantees: surety, security in things and rights, demand guarantees (民法典 担保; ISO 20022
 * tsrv). */
#include "rules.h"

static const char *const own_ids[] = {"gua", NULL};
static const char *const loan_ids[] = {"loan", NULL};
static const char *const kinds[] = {"surety_general",
                                    "surety_joint",
                                    "mortgage",
                                    "pledge_receivables",
                                    "pledge_movables",
                                    "pledge_equity",
                                    "pledge_warehouse_receipt",
                                    "deposit",
                                    "demand_guarantee",
                                    "standby_lc",
                                    "counter_guarantee",
                                    "repurchase",
                                    "other",
                                    NULL};
static const char *const governing_rules[] = {"cn_civil_code", "urdg758", "isp98",
                                              "ucp600",        "other",   NULL};
static const char *const states[] = {"draft",    "active",  "called", "partially_called",
                                     "released", "expired", NULL};

static const struct scf_field demand_members[] = {
    SCF_F("multiple", BOOL, "May be drawn more than once", "可多次索赔"),
    SCF_F("partial", BOOL, "May be drawn in part", "可部分索赔"),
    SCF_F("presentation_text", STRING, "What must be presented", "交单要求", SCF_SIZE(0, 4000)),
    SCF_FIELD_END,
};

static const struct scf_field extend_members[] = {
    SCF_F("enabled", BOOL, "Whether it extends itself", "是否自动展期", SCF_MUST),
    SCF_F("period_days", INTEGER, "By how many days", "展期天数", SCF_SIZE(1, 36500)),
    SCF_F("notice_days", INTEGER, "Notice against it, in days", "通知天数", SCF_SIZE(0, 3650)),
    SCF_FIELD_END,
};

static const struct scf_field collateral_members[] = {
    SCF_F("type", STRING, "Type of the collateral", "担保物类型", SCF_SIZE(0, 64)),
    SCF_F("description", STRING, "Description", "担保物描述", SCF_MUST, SCF_SIZE(1, 2000)),
    SCF_F("owner_id", ID, "Owner", "所有权人企业编号", SCF_MUST, SCF_AMONG(scf_enterprise_ids)),
    SCF_F("certificate_no", STRING, "Number of the title", "权属证号", SCF_SIZE(0, 128)),
    SCF_F("location", STRING, "Where it is", "所在地", SCF_SIZE(0, 300)),
    SCF_F("appraised_value", MONEY, "Appraised value", "评估价值", SCF_NOT_NEGATIVE),
    SCF_F("appraised_on", DATE, "Appraised on", "评估日期"),
    SCF_F("appraiser", STRING, "Appraiser", "评估机构", SCF_SIZE(0, 200)),
    SCF_F("registration_authority", STRING, "Where the security is registered", "登记机关",
          SCF_SIZE(0, 200)),
    SCF_F("registration_no", STRING, "Number in that register", "登记号", SCF_SIZE(0, 128)),
    SCF_F("registered_on", DATE, "Registered on", "登记日期"),
    SCF_F("rank", INTEGER, "Rank of the security", "顺位", SCF_SIZE(1, 1000)),
    SCF_FIELD_END,
};
static const struct scf_field collateral_element[] = {
    {.type = SCF_T_OBJECT, .members = collateral_members}};

static const struct scf_field fields[] = {
    SCF_COMMON_FIELDS(own_ids),
    SCF_F("guarantee_no", STRING, "Number of the guarantee", "担保编号", SCF_MUST, SCF_SIZE(1, 100),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("kind", ENUM, "Kind; a bare 保证 is surety_general", "担保方式；仅写“保证”的为一般保证",
          SCF_MUST, SCF_AMONG(kinds)),
    SCF_F("guarantor_id", ID, "Guarantor", "担保人企业编号", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("obligor_id", ID, "Debtor", "债务人企业编号", SCF_MUST, SCF_AMONG(scf_enterprise_ids)),
    SCF_F("beneficiary_id", ID, "Creditor", "债权人企业编号", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("contract_id", ID,
          "The contract it secures; or name it by contract_no and its seller, or give loan_id",
          "所担保的合同；或用合同编号与卖方指明，或填写借款编号", SCF_AMONG(scf_contract_ids)),
    SCF_F("contract_no", STRING, "Number of that contract; needs seller_uscc or seller",
          "合同编号，须同时提供卖方", SCF_SIZE(1, 100), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("seller_uscc", USCC, "The contract's seller, when it has a unified social credit code",
          "合同卖方的统一社会信用代码"),
    SCF_F("seller", OBJECT,
          "The contract's seller in any of the three forms, such as a foreign one",
          "合同卖方，三种写法之一，例如境外卖方", SCF_OF(scf_party_members)),
    SCF_F("loan_id", ID, "The loan it secures", "所担保的借款", SCF_AMONG(loan_ids)),
    SCF_F("amount", MONEY, "Amount", "担保金额", SCF_MUST, SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217)", "币种", SCF_MUST),
    SCF_F("maximum_amount", MONEY, "Ceiling of a maximum-amount guarantee", "最高额", SCF_POSITIVE),
    SCF_F("coverage_ratio", DECIMAL, "Covered share of the debt, 0 to 1", "担保比例", SCF_FRACTION),
    SCF_F("scope_text", STRING, "What is covered", "担保范围", SCF_SIZE(0, 4000)),
    SCF_F("issued_on", DATE, "Day of issue", "出具日期", SCF_MUST),
    SCF_F("effective_from", DATE, "In force from", "生效日期"),
    SCF_F("expires_on", DATE, "Expires on", "到期日", SCF_MUST),
    SCF_F("surety_period_end", DATE, "End of the surety period (民法典 692)", "保证期间届满日"),
    SCF_F("governing_rules", ENUM, "Governing rules", "适用规则", SCF_AMONG(governing_rules)),
    SCF_F("demand_terms", OBJECT, "Terms of drawing", "索赔条件", SCF_OF(demand_members)),
    SCF_F("auto_extend", OBJECT, "Automatic extension", "自动展期", SCF_OF(extend_members)),
    SCF_F("collateral", ARRAY, "Collateral; required for mortgages and pledges",
          "担保物；抵押和质押必填", SCF_SIZE(0, 500), SCF_OF(collateral_element)),
    SCF_F("corporate_resolution_document_id", ID, "Resolution of the guarantor's body",
          "担保人决议文件", SCF_AMONG(scf_document_ids)),
    SCF_F("enforcement_clause", OBJECT, "Promise of enforcement without a lawsuit",
          "赋予强制执行效力的承诺", SCF_OF(scf_clause_members)),
    SCF_F("status", ENUM, "State", "状态", SCF_MUST, SCF_AMONG(states)),
    SCF_FIELD_END,
};

static void check_collateral(struct scf_rules *r) {
    const char *kind = scf_json_string(r->body, "kind");
    bool in_rem = kind && (strcmp(kind, "mortgage") == 0 || strncmp(kind, "pledge_", 7) == 0);
    if (in_rem && cJSON_GetArraySize(scf_json_get(r->body, "collateral")) == 0)
        scf_fault_add(r->faults, "#/collateral", "required",
                      "A mortgage or pledge needs its collateral.");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    struct scf_rules r = scf_rules_begin(body, faults, warnings, ctx);
    scf_rule_distinct(&r, "guarantor_id", "obligor_id");
    scf_rule_distinct(&r, "guarantor_id", "beneficiary_id");
    scf_rule_distinct(&r, "obligor_id", "beneficiary_id");
    scf_rule_contract(&r, "loan_id");
    scf_rule_days(&r, body, "#", "issued_on", "expires_on");
    scf_rule_days(&r, body, "#", "effective_from", "expires_on");
    check_collateral(&r);
}

const struct scf_schema scf_schema_guarantee = {
    .name = "GuaranteeCreate",
    .doc_en = "A guarantee for a contract or a loan",
    .doc_zh = "合同或借款的担保",
    .fields = fields,
    .rules = rules,
};
