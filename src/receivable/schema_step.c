/* A step as it is reported: the field table, and which members each step needs and takes. */
#include "body.h"

#include "scfd/base/clock.h"
#include "terms.h"

enum { CLOCK_TOLERANCE_S = 300 };

static const char *const steps[] = {"submit",
                                    "search",
                                    "verify_invoice",
                                    "match",
                                    "request_confirmation",
                                    "confirm",
                                    "refuse",
                                    "examine_tenor",
                                    "register",
                                    "notify",
                                    "dispute",
                                    "resolve_dispute",
                                    "dilute",
                                    "accept_dilution",
                                    "repurchase",
                                    "release",
                                    "amend_registration",
                                    "extend_registration",
                                    "object_registration",
                                    "cancel_registration",
                                    NULL};
_Static_assert(SCF_COUNT(steps) == SCF_STEP_CANCEL_REGISTRATION + 1, "those that are asked for");

static const char *const results[] = {"normal",       "voided",  "partially_red", "fully_red",
                                      "not_found",    "matched", "mismatched",    "reasonable",
                                      "unreasonable", NULL};
enum { RESULT_VERIFY = 0, RESULT_MATCH = 5, RESULT_TENOR = 7, RESULT_END = 9 };

static const char *const causes[] = {"return",  "credit_note", "rebate", "discount",
                                     "set_off", "dispute",     NULL};
static const char *const change_reasons[] = {"name_change", "correction", "objection_lifted",
                                             "other", NULL};

static bool is_sha256(struct scf_str text) {
    uint8_t hash[SCF_HASH_LEN];
    return text.n == 2 * SCF_HASH_LEN && scf_unhex(text, hash, sizeof hash);
}
#define HASH SCF_LIKE(is_sha256, "^[0-9A-Fa-f]{64}$")

static const struct scf_field entry_members[] = {
    SCF_F("registration_no", STRING, "Number of the entry", "登记证明编号", SCF_MUST,
          SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("registered_at", TIME, "When it was made", "登记时间", SCF_MUST),
    SCF_FIELD_END,
};
static const struct scf_field entry_element[] = {{.type = SCF_T_OBJECT, .members = entry_members}};
static const struct scf_field hash_element[] = {
    SCF_F("", STRING, "SHA-256 of an attachment", "附件的SHA-256", HASH)};

static const struct scf_field registration_members[] = {
    SCF_F("registration_no", STRING, "Number of the entry", "登记证明编号", SCF_MUST,
          SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("registered_at", TIME, "When it was made", "登记时间", SCF_MUST),
    SCF_F("modify_code", STRING,
          "The register's secret for changes: never kept, logged or shown; better not sent",
          "登记修改码：不保存、不记录、不返回，建议不要发送", SCF_SIZE(1, 64)),
    SCF_F("term_from", DATE, "First day of the entry", "登记起始日", SCF_MUST),
    SCF_F("term_to", DATE, "Last day, one month to thirty years later",
          "登记到期日，期限1个月至30年", SCF_MUST),
    SCF_F("main_contract_no", STRING, "Number of the factoring or pledge contract", "主合同编号",
          SCF_SIZE(1, 100), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("max_claim", MONEY, "Highest secured claim", "最高债权额", SCF_POSITIVE),
    SCF_F("description", STRING, "Description, if other than the registration text",
          "财产描述，与登记文本不同时填写", SCF_SIZE(1, 4000)),
    SCF_F("attachments", ARRAY, "SHA-256 of the attachments", "附件的SHA-256", SCF_SIZE(0, 50),
          SCF_OF(hash_element)),
    SCF_F("proof_sha256", STRING, "SHA-256 of the register's proof", "登记证明文件的SHA-256",
          SCF_MUST, HASH),
    SCF_FIELD_END,
};

static const struct scf_field change_members[] = {
    SCF_F("term_to", DATE, "New last day, of an extension", "展期后到期日"),
    SCF_F("reason", ENUM, "Why it is amended", "变更原因", SCF_AMONG(change_reasons)),
    SCF_F("changed_on", DATE, "Day of the change of name: amend within 4 months",
          "名称变更日，4个月内应变更登记"),
    SCF_F("description", STRING, "New description", "变更后的财产描述", SCF_SIZE(1, 4000)),
    SCF_FIELD_END,
};

static const struct scf_field fields[] = {
    SCF_F("step", ENUM, "The step", "步骤", SCF_MUST, SCF_AMONG(steps)),
    SCF_F("happened_at", TIME, "When (default: now)", "发生时间，缺省为当前"),
    SCF_F("result", ENUM,
          "Of verify_invoice: normal … not_found; of match: matched or mismatched; of "
          "examine_tenor: reasonable or unreasonable",
          "查验、匹配或期限审查的结果", SCF_AMONG(results)),
    SCF_F(
        "entries", ARRAY,
        "Of search: the entries that the register shows on this claim; own ones may be among them",
        "查询到的登记，可包含本方登记", SCF_SIZE(0, 50), SCF_OF(entry_element)),
    SCF_F("document_sha256", STRING,
          "SHA-256 of the paper behind the step: search report, confirmation, notice, release, "
          "proof of suit",
          "步骤所依据文件的SHA-256", HASH),
    SCF_F("method", STRING, "How it was verified, or given notice of", "查验或通知方式",
          SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("remaining_amount", MONEY, "Of a partially red invoice: what is left of it",
          "部分红冲后的发票余额", SCF_NOT_NEGATIVE),
    SCF_F("names_lender", BOOL,
          "Of notify: the notice states who the lender is and encloses the vouchers",
          "通知已表明保理人身份并附必要凭证"),
    SCF_F("amount", MONEY, "Of dilute: what comes off the claim", "减少的金额", SCF_POSITIVE),
    SCF_F("cause", ENUM, "Of dilute: why", "减少的原因", SCF_AMONG(causes)),
    SCF_F("reason", STRING, "Why: of refuse, dispute, release, examine_tenor", "理由",
          SCF_SIZE(1, 2000), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("registration", OBJECT, "Of register: the entry", "登记信息",
          SCF_OF(registration_members)),
    SCF_F("registration_change", OBJECT, "Of amend_registration and extend_registration",
          "登记的变更", SCF_OF(change_members)),
    SCF_F("currency", CURRENCY, "The receivable's currency (default CNY)", "币种，与应收账款一致"),
    SCF_FIELD_END,
};

/* ---- which member belongs to which step ---- */

#define BIT(step) (UINT64_C(1) << SCF_STEP_##step)
static const struct scf_member_use uses[] = {
    {"result", BIT(VERIFY_INVOICE) | BIT(MATCH) | BIT(EXAMINE_TENOR), 0},
    {"entries", BIT(SEARCH), 0},
    {"document_sha256", BIT(SEARCH) | BIT(NOTIFY) | BIT(OBJECT_REGISTRATION),
     BIT(VERIFY_INVOICE) | BIT(MATCH) | BIT(REQUEST_CONFIRMATION) | BIT(CONFIRM) | BIT(REFUSE) |
         BIT(EXAMINE_TENOR) | BIT(DISPUTE) | BIT(RESOLVE_DISPUTE) | BIT(DILUTE) |
         BIT(ACCEPT_DILUTION) | BIT(REPURCHASE) | BIT(RELEASE) | BIT(CANCEL_REGISTRATION)},
    {"method", 0, BIT(VERIFY_INVOICE) | BIT(NOTIFY)},
    {"remaining_amount", 0, BIT(VERIFY_INVOICE)},
    {"names_lender", 0, BIT(NOTIFY)},
    {"amount", BIT(DILUTE), 0},
    {"cause", BIT(DILUTE), 0},
    {"reason", BIT(REFUSE) | BIT(DISPUTE) | BIT(RELEASE) | BIT(EXAMINE_TENOR),
     BIT(RESOLVE_DISPUTE) | BIT(DILUTE) | BIT(REPURCHASE) | BIT(OBJECT_REGISTRATION)},
    {"registration", BIT(REGISTER), 0},
    {"registration_change", BIT(AMEND_REGISTRATION) | BIT(EXTEND_REGISTRATION), 0},
};

/* ---- rules ---- */

static void check_result(const cJSON *body, enum scf_rcv_step step, struct scf_faults *faults) {
    int first = RESULT_VERIFY, end = RESULT_MATCH;
    int result = scf_body_choice(body, "result", results, -1);
    if (step == SCF_STEP_MATCH) {
        first = RESULT_MATCH;
        end = RESULT_TENOR;
    } else if (step == SCF_STEP_EXAMINE_TENOR) {
        first = RESULT_TENOR;
        end = RESULT_END;
    }
    if (result >= 0 && (result < first || result >= end))
        scf_fault_add(faults, "#/result", "invalid-choice", "The step \"%s\" has no such result.",
                      scf_rcv_step_names[step]);
    bool partly = scf_body_is(body, "result", "partially_red");
    if (partly != (scf_json_get(body, "remaining_amount") != NULL))
        scf_fault_add(faults, "#/remaining_amount", partly ? "required" : "not-allowed",
                      "What remains is said of a partially red invoice, and of no other.");
}

static void check_registration(const cJSON *body, const struct scf_rcv_ctx *ctx,
                               struct scf_faults *faults, struct scf_faults *warnings) {
    const cJSON *entry = scf_json_get(body, "registration");
    int32_t from, to;
    int64_t at;
    if (entry == NULL)
        return;
    if (scf_body_day(entry, "term_from", &from) && scf_body_day(entry, "term_to", &to) &&
        !scf_registration_term_ok(from, to))
        scf_fault_add(faults, "#/registration/term_to", "out-of-range",
                      "An entry lasts from one month to thirty years (CR-7.4).");
    if (scf_body_time(entry, "registered_at", ctx->offset_minutes, &at) &&
        at > ctx->now_us + CLOCK_TOLERANCE_S * SCF_US_PER_SECOND)
        scf_fault_add(faults, "#/registration/registered_at", "in-future",
                      "The time must not be in the future.");
    if (scf_json_get(entry, "modify_code"))
        scf_fault_add(warnings, "#/registration/modify_code", "not-kept",
                      "The register's modify code is not kept: keep it yourself.");
}

static void check_change(const cJSON *body, enum scf_rcv_step step, const struct scf_rcv_ctx *ctx,
                         struct scf_faults *faults, struct scf_faults *warnings) {
    const cJSON *change = scf_json_get(body, "registration_change");
    int32_t changed;
    int32_t today = scf_day_of(ctx->now_us + ctx->offset_minutes * 60 * SCF_US_PER_SECOND);
    if (change == NULL)
        return;
    const char *need = step == SCF_STEP_EXTEND_REGISTRATION ? "term_to" : "reason";
    if (scf_json_get(change, need) == NULL)
        scf_fault_add(faults,
                      step == SCF_STEP_EXTEND_REGISTRATION ? "#/registration_change/term_to"
                                                           : "#/registration_change/reason",
                      "required", "The step \"%s\" needs it.", scf_rcv_step_names[step]);
    if (scf_body_day(change, "changed_on", &changed) &&
        today > scf_months_later(changed, SCF_NAME_CHANGE_MONTHS))
        scf_fault_add(warnings, "#/registration_change/changed_on", "late",
                      "A change of name is registered within 4 months (CR-7.4).");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    const struct scf_rcv_ctx *c = ctx;
    enum scf_rcv_step step = scf_rcv_body_step(body);
    scf_member_uses_check(uses, SCF_COUNT(uses), body, (int)step, scf_rcv_step_names[step], faults);
    check_result(body, step, faults);
    check_registration(body, c, faults, warnings);
    check_change(body, step, c, faults, warnings);
    if (scf_rcv_body_time(body, c) > c->now_us + CLOCK_TOLERANCE_S * SCF_US_PER_SECOND)
        scf_fault_add(faults, "#/happened_at", "in-future", "The time must not be in the future.");
}

const struct scf_schema scf_rcv_step_schema = {
    .name = "ReceivableStepCreate",
    .doc_en = "A step of a receivable: which, when, and what it rests on",
    .doc_zh = "应收账款的一个步骤",
    .fields = fields,
    .rules = rules,
};

/* ---- reading ---- */

enum scf_rcv_step scf_rcv_body_step(const cJSON *body) {
    int i = scf_body_choice(body, "step", steps, -1);
    SCF_ASSERT(i >= 0); /* the field table let it pass */
    return (enum scf_rcv_step)(i + SCF_STEP_SUBMIT);
}

int64_t scf_rcv_body_time(const cJSON *body, const struct scf_rcv_ctx *ctx) {
    int64_t at = ctx->now_us;
    if (!scf_body_time(body, "happened_at", ctx->offset_minutes, &at))
        return ctx->now_us;
    return at;
}

enum scf_rcv_verification scf_rcv_body_verification(const cJSON *body) {
    int i = scf_body_choice(body, "result", results, -1);
    return i >= RESULT_VERIFY && i < RESULT_MATCH
               ? (enum scf_rcv_verification)(i + SCF_VERIFIED_NORMAL)
               : SCF_VERIFIED_NOT_YET;
}
