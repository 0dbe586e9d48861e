/* A lender's decision: the field table, and what each outcome needs. */
#include "limit_account.h"
#include "rules.h"

static const char *const assessment_ids[] = {"asm", NULL};
static const char *const lender_ids[] = {"node", "ent", NULL};
static const char *const document_ids[] = {"doc", NULL};
static const char *const reasons[] = {
    "insufficient_data", "policy", "exposure_limit", "adverse_record", "industry", "other", NULL};
const char *const scf_limit_type_names[] = {"one_off", "revolving", NULL};

static const struct scf_field condition_element[] = {
    SCF_F("", STRING, "A condition", "条件", SCF_SIZE(1, 1000))};
static const struct scf_field reason_element[] = {
    SCF_F("", ENUM, "A reason", "原因", SCF_AMONG(reasons))};
static const struct scf_field document_element[] = {
    SCF_F("", ID, "A document", "文件编号", SCF_AMONG(document_ids))};

static const struct scf_field fields[] = {
    SCF_F("external_id", STRING, "The lender's own identifier (default: the decision's id)",
          "贷款方自有编号（默认同决定编号）", SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("assessment_id", ID, "The assessment decided on", "所决定的授信评估", SCF_MUST,
          SCF_AMONG(assessment_ids)),
    SCF_F("lender_id", ID, "The node of the key, or the enterprise that operates it",
          "密钥所属节点，或运营该节点的企业", SCF_AMONG(lender_ids)),
    SCF_F("outcome", ENUM, "What was decided", "决定结果", SCF_MUST, SCF_AMONG(scf_outcome_names)),
    SCF_F("approved_limit", MONEY, "Approved amount, at most the recommended limit",
          "批准额度，不高于建议额度", SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency of the assessment", "币种，与评估一致"),
    SCF_F("annual_rate", DECIMAL, "Rate a year, 0 to 0.36", "年利率，0 至 0.36", .places = 6,
          .min = 0, .max = 360000),
    SCF_F("tenor_days", INTEGER, "Longest term of a loan in days", "最长借款天数",
          SCF_SIZE(1, 1825)),
    SCF_F("limit_type", ENUM, "Whether repaid principal can be lent again (default one_off)",
          "额度是否可循环（默认一次性）", SCF_AMONG(scf_limit_type_names)),
    SCF_F("valid_from", DATE, "First day of the approval (default: today)", "生效日（默认当日）"),
    SCF_F("valid_until", DATE, "Last day of the approval", "有效期截止日"),
    SCF_F("conditions", ARRAY, "Conditions", "附加条件", SCF_SIZE(1, 50),
          SCF_OF(condition_element)),
    SCF_F("decline_reasons", ARRAY, "Why it was declined", "拒绝原因", SCF_SIZE(1, 6),
          SCF_OF(reason_element)),
    SCF_F("decided_by", STRING, "Who decided", "决定人", SCF_MUST, SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("decided_at", TIME, "When", "决定时间", SCF_MUST),
    SCF_F("contract_document_id", ID, "The credit agreement", "授信合同文件",
          SCF_AMONG(document_ids)),
    SCF_F("documents", ARRAY, "Documents", "关联文件", SCF_SIZE(0, 50), SCF_OF(document_element)),
    SCF_F("metadata", SCALARS, "The sender's own notes", "发送方附注", SCF_SIZE(0, 20)),
    SCF_FIELD_END,
};

static const char *const approval_members[] = {"approved_limit", "currency",    "annual_rate",
                                               "tenor_days",     "valid_until", NULL};

static void check_approval(const cJSON *body, struct scf_faults *faults,
                           const struct scf_lending_ctx *ctx) {
    static const char because[] = "in an approval";
    for (const char *const *name = approval_members; *name; name++)
        scf_need(body, faults, *name, because);
    scf_forbid(body, faults, "decline_reasons", because);
    if (scf_body_is(body, "outcome", "approved_with_conditions"))
        scf_need(body, faults, "conditions", "in an approval with conditions");
    int32_t until = 0, from = scf_lending_today(ctx);
    bool given = scf_body_day(body, "valid_from", &from);
    if (scf_body_day(body, "valid_until", &until) && until < from)
        scf_fault_add(faults, "#/valid_until", "date-order", "The day must not be before %s.",
                      given ? "valid_from" : "today");
}

static void check_refusal(const cJSON *body, struct scf_faults *faults, const char *because) {
    for (const char *const *name = approval_members; *name; name++)
        scf_forbid(body, faults, *name, because);
    scf_forbid(body, faults, "valid_from", because);
    scf_forbid(body, faults, "limit_type", because);
    scf_forbid(body, faults, "conditions", because);
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    scf_not_future(body, faults, "decided_at", ctx);
    if (scf_body_is(body, "outcome", "declined")) {
        scf_need(body, faults, "decline_reasons", "when the outcome is declined");
        check_refusal(body, faults, "when the outcome is declined");
    } else if (scf_body_is(body, "outcome", "withdrawn")) {
        check_refusal(body, faults, "when the outcome is withdrawn");
    } else {
        check_approval(body, faults, ctx);
    }
}

const struct scf_schema scf_decision_schema = {
    .name = "DecisionCreate",
    .doc_en = "A lender's decision on an assessment that was addressed to it",
    .doc_zh = "贷款方对授信评估的决定",
    .fields = fields,
    .rules = rules,
};
