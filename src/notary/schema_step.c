/* A step as it is reported: the field table, and which members each step needs and takes. */
#include "body.h"

#include "scfd/base/clock.h"
#include "scfd/base/id.h"
#include "scfd/codec/digest.h"

enum { CLOCK_TOLERANCE_S = 300 };

static bool is_sha256(struct scf_str text) {
    uint8_t hash[SCF_HASH_LEN];
    return text.n == 2 * SCF_HASH_LEN && scf_unhex(text, hash, sizeof hash);
}
#define HASH SCF_LIKE(is_sha256, "^[0-9A-Fa-f]{64}$")
#define LINE(max) SCF_SIZE(1, max), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)

static const char *const steps[] = {"submit",
                                    "accept",
                                    "require_supplement",
                                    "supplement",
                                    "identity",
                                    "inform",
                                    "sign",
                                    "review",
                                    "issue",
                                    "refuse",
                                    "terminate",
                                    "link_loan",
                                    "request_amendment",
                                    "amend",
                                    "reject_amendment",
                                    "default",
                                    "cure",
                                    "dun",
                                    "apply_ec",
                                    "send_verification",
                                    "reply",
                                    "issue_ec",
                                    "refuse_ec",
                                    "file_enforcement",
                                    "accept_enforcement",
                                    "reject_enforcement",
                                    "apply_reconsideration",
                                    "decide_reconsideration",
                                    "send_notice",
                                    "take_measures",
                                    "apply_non_enforcement",
                                    "decide_non_enforcement",
                                    "settle",
                                    "complete",
                                    "end_round",
                                    "suspend",
                                    "resume_enforcement",
                                    "report_suit",
                                    "end_suit",
                                    "withdraw",
                                    "withdraw_ec",
                                    "extend_decision",
                                    "assign",
                                    "notify_assignment",
                                    NULL};
enum { PLATFORMS = SCF_ENF_STEP_REOPEN - SCF_ENF_STEP_TAKE_EFFECT + 1, CREATED = 1 };
_Static_assert(SCF_COUNT(steps) - 1 == SCF_ENF_STEPS - PLATFORMS - CREATED,
               "those that are asked for");

static const char *const enterprises[] = {"ent", NULL};
static const char *const loans[] = {"loan", NULL};
static const char *const nodes[] = {"node", NULL};
static const char *const records[] = {"epr",  "ctr", "evt", "inv", "gua", "dec",
                                      "loan", "rep", "rcv", "enf", NULL};
static const char *const methods[] = {"in_person", "face", "certificate", "agent", NULL};
static const char *const modes[] = {"phone",      "post",    "sms",      "email",
                                    "e_delivery", "on_site", "platform", NULL};
static const char *const signing_modes[] = {"on_site", "online", NULL};
static const char *const default_kinds[] = {"overdue", "acceleration", NULL};
static const char *const bases[] = {"respondent_domicile", "property_location", NULL};
static const char *const measure_kinds[] = {"deposit", "movable", "immovable", "other_right", NULL};
static const char *const reason_codes[] = {"instrument_not_eligible",
                                           "no_promise_clause",
                                           "unclear_parties_or_payment",
                                           "no_execution_certificate",
                                           "other_condition",
                                           "identity_not_proven",
                                           "documents_untrue",
                                           "unlawful_content",
                                           "beyond_competence",
                                           "debt_performed",
                                           "objection_justified",
                                           "verification_failed",
                                           "other",
                                           NULL};
enum { COURT_REASONS = 5 }; /* of reject_enforcement: 规定 5 */
static const char *const plaintiffs[] = {"creditor", "debtor", "interested_party", NULL};
static const char *const grounds[] = {
    "absent_without_agent", "incapacity", "conflict_of_interest", "bribery", "serious_breach",
    "public_order",         NULL};
static const char *const results[] = {
    "no_objection", "partial_objection", "objection", "accepted", "upheld",
    "granted",      "partly_granted",    "rejected",  NULL};
enum { RESULT_REPLY = 0, RESULT_RECONSIDER = 3, RESULT_DECIDE = 5, RESULT_END = 8 };

static const struct scf_field text_element[] = {
    SCF_F("", STRING, "One document or explanation", "一项材料或者说明", LINE(300))};
static const struct scf_field id_element[] = {
    SCF_F("", ID, "An enterprise", "企业标识", SCF_AMONG(enterprises))};
static const struct scf_field record_element[] = {
    SCF_F("", ID, "A record that proves it", "证据记录标识", SCF_AMONG(records))};

static const struct scf_field identity_members[] = {
    SCF_F("party_id", ID, "Who", "当事人", SCF_MUST, SCF_AMONG(enterprises)),
    SCF_F("method", ENUM, "How", "核验方式", SCF_MUST, SCF_AMONG(methods)),
    SCF_F("evidence_sha256", STRING, "SHA-256 of the evidence", "核验证据的SHA-256", SCF_MUST,
          HASH),
    SCF_F("certificate_serial", STRING, "Serial of a signature certificate", "签名证书序列号",
          LINE(64)),
    SCF_FIELD_END,
};
static const struct scf_field identity_element[] = {
    {.type = SCF_T_OBJECT, .members = identity_members}};

static const struct scf_field certificate_members[] = {
    SCF_F("no", STRING, "Number of the certificate", "公证书编号", SCF_MUST, LINE(100)),
    SCF_F("issued_on", DATE, "Day", "出具日期", SCF_MUST),
    SCF_F("payment_text", STRING, "The payment as the certificate states it",
          "公证证词载明的给付内容", SCF_MUST, SCF_SIZE(1, 4000)),
    SCF_F("party_ids", ARRAY, "Debtors and guarantors that the certificate names",
          "公证证词载明的债务人与担保人", SCF_MUST, SCF_SIZE(1, 70), SCF_OF(id_element)),
    SCF_FIELD_END,
};
static const struct scf_field dunning_members[] = {
    SCF_F("mode", ENUM, "How", "催告方式", SCF_MUST, SCF_AMONG(modes)),
    SCF_F("sent_on", DATE, "Day", "催告日期", SCF_MUST),
    SCF_F("address", STRING, "Where to", "送达地址", LINE(300)),
    SCF_FIELD_END,
};
static const struct scf_field notice_members[] = {
    SCF_F("mode", ENUM, "How", "通知方式", SCF_MUST, SCF_AMONG(modes)),
    SCF_F("notified_on", DATE, "Day on which it arrived", "通知到达日期", SCF_MUST),
    SCF_F("party_ids", ARRAY, "Debtors and guarantors that were notified", "受通知的债务人与担保人",
          SCF_MUST, SCF_SIZE(1, 70), SCF_OF(id_element)),
    SCF_FIELD_END,
};
#define AMOUNTS                                                                                    \
    SCF_F("principal", MONEY, "Principal", "本金", SCF_MUST, SCF_NOT_NEGATIVE),                    \
        SCF_F("interest", MONEY, "Interest", "利息", SCF_MUST, SCF_NOT_NEGATIVE),                  \
        SCF_F("penalty", MONEY, "Penalty interest", "罚息", SCF_MUST, SCF_NOT_NEGATIVE),           \
        SCF_F("compound", MONEY, "Compound interest", "复利", SCF_MUST, SCF_NOT_NEGATIVE),         \
        SCF_F("fees", MONEY, "Fees", "费用", SCF_MUST, SCF_NOT_NEGATIVE)
static const struct scf_field claim_members[] = {
    SCF_F("as_of", DATE, "Day up to which interest is counted", "计息截止日", SCF_MUST),
    AMOUNTS,
    SCF_FIELD_END,
};
static const struct scf_field disputed_members[] = {AMOUNTS, SCF_FIELD_END};
static const struct scf_field letter_members[] = {
    SCF_F("mode", ENUM, "How it is sent, as agreed", "核实方式", SCF_MUST, SCF_AMONG(modes)),
    SCF_F("address", STRING, "Where to, as agreed", "核实地址", SCF_MUST, LINE(300)),
    SCF_F("letter_no", STRING, "Number of the letter", "核实函编号", LINE(100)),
    SCF_FIELD_END,
};
static const struct scf_field ec_members[] = {
    SCF_F("no", STRING, "Number", "执行证书编号", SCF_MUST, LINE(100)),
    SCF_F("notary_name", STRING, "The notary", "公证员", SCF_MUST, LINE(64)),
    SCF_F("issued_on", DATE, "Day", "出具日期", SCF_MUST),
    SCF_F("as_of", DATE, "Day up to which interest is counted", "计息截止日", SCF_MUST),
    AMOUNTS,
    SCF_F("continuing_interest_rule", STRING, "How interest goes on after that day",
          "后续利息计算规则", SCF_MUST, LINE(500)),
    SCF_FIELD_END,
};
static const struct scf_field court_members[] = {
    SCF_F("name", STRING, "The court", "执行法院", SCF_MUST, LINE(200)),
    SCF_F("basis", ENUM, "Why this one (规定 2)", "管辖依据", SCF_MUST, SCF_AMONG(bases)),
    SCF_F("court_id", ID, "Node of the court, if it has one", "法院节点", SCF_AMONG(nodes)),
    SCF_FIELD_END,
};
static const struct scf_field measure_members[] = {
    SCF_F("kind", ENUM, "On what", "执行标的类型", SCF_MUST, SCF_AMONG(measure_kinds)),
    SCF_F("description", STRING, "What exactly", "说明", SCF_MUST, LINE(300)),
    SCF_F("from", DATE, "First day", "起始日", SCF_MUST),
    SCF_F("until", DATE, "Last day", "届满日", SCF_MUST),
    SCF_F("amount", MONEY, "Amount", "金额", SCF_POSITIVE),
    SCF_FIELD_END,
};
static const struct scf_field measure_element[] = {
    {.type = SCF_T_OBJECT, .members = measure_members}};

static const struct scf_field fields[] = {
    SCF_F("step", ENUM, "The step", "步骤", SCF_MUST, SCF_AMONG(steps)),
    SCF_F("happened_at", TIME, "When (default: now)", "发生时间，缺省为当前"),
    SCF_F("document_sha256", STRING, "SHA-256 of the paper behind the step",
          "步骤所依据文件的SHA-256", HASH),
    SCF_F("video_sha256", STRING, "Of inform: SHA-256 of the recording", "告知录像的SHA-256", HASH),
    SCF_F("reason", STRING, "Why", "理由", SCF_SIZE(1, 2000),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("reason_code", ENUM, "Of refusals: the ground", "不予办理、不予出具或者不予受理的事由",
          SCF_AMONG(reason_codes)),
    SCF_F("acceptance_no", STRING, "Of accept: number of the notice", "受理通知编号", LINE(100)),
    SCF_F("items", ARRAY, "Of require_supplement: what is missing", "需补充的材料", SCF_SIZE(1, 50),
          SCF_OF(text_element)),
    SCF_F("identities", ARRAY, "Of identity: each party", "身份核验", SCF_SIZE(1, 70),
          SCF_OF(identity_element)),
    SCF_F("signing_mode", ENUM, "Of sign: how", "签署方式", SCF_AMONG(signing_modes)),
    SCF_F("amendment", OBJECT, "Of request_amendment: what changes", "变更内容",
          SCF_OF(scf_enf_amendment_members)),
    SCF_F("certificate", OBJECT, "Of issue and amend", "公证书", SCF_OF(certificate_members)),
    SCF_F("loan_id", ID, "Of link_loan", "贷款", SCF_AMONG(loans)),
    SCF_F("default_kind", ENUM, "Of default: in arrears, or due early", "违约类型",
          SCF_AMONG(default_kinds)),
    SCF_F("assignee", OBJECT, "Of assign: the new creditor", "债权受让人",
          SCF_OF(scf_enf_party_members)),
    SCF_F("assigned_on", DATE, "Of assign: day", "债权转让日期"),
    SCF_F("notice", OBJECT, "Of notify_assignment", "债权转让通知", SCF_OF(notice_members)),
    SCF_F("dunning", OBJECT, "Of dun", "催告", SCF_OF(dunning_members)),
    SCF_F("claim", OBJECT, "Of apply_ec: what is owed by the ledger", "申请执行标的",
          SCF_OF(claim_members)),
    SCF_F("accuracy_promise", BOOL,
          "Of apply_ec: the creditor promises that the amounts are accurate",
          "债权人承诺金额真实准确"),
    SCF_F("letter", OBJECT, "Of send_verification", "核实函", SCF_OF(letter_members)),
    SCF_F("result", ENUM,
          "Of reply: no_objection, partial_objection, objection; of decide_reconsideration: "
          "accepted, upheld; of decide_non_enforcement, and of end_suit where a judgment ended it: "
          "granted, partly_granted, rejected",
          "结果", SCF_AMONG(results)),
    SCF_F("party_id", ID, "Of reply and apply_non_enforcement, filed for a party: whose", "当事人",
          SCF_AMONG(enterprises)),
    SCF_F("disputed", OBJECT, "Of a partial objection: what is disputed", "有异议的金额",
          SCF_OF(disputed_members)),
    SCF_F("evidence_record_ids", ARRAY, "Of an objection: records that prove it", "异议证据记录",
          SCF_SIZE(1, 50), SCF_OF(record_element)),
    SCF_F("execution_certificate", OBJECT, "Of issue_ec", "执行证书", SCF_OF(ec_members)),
    SCF_F("court", OBJECT, "Of file_enforcement", "执行法院", SCF_OF(court_members)),
    SCF_F("property_clues_sha256", STRING,
          "Of file_enforcement: SHA-256 of the list of known property, which the debtor does not "
          "read here",
          "财产线索清单的SHA-256，清单本身不在此公开", HASH),
    SCF_F("plaintiff", ENUM, "Of report_suit and end_suit: who sues (规定 22, 24)", "原告",
          SCF_AMONG(plaintiffs)),
    SCF_F("case_no", STRING, "Of accept_enforcement and report_suit: the court's number", "案号",
          LINE(100)),
    SCF_F("served_on", DATE, "When notice or ruling was served", "送达日期"),
    SCF_F("measures", ARRAY, "Of take_measures", "执行措施", SCF_SIZE(1, 50),
          SCF_OF(measure_element)),
    SCF_F("ground", ENUM, "Of apply_non_enforcement (规定 12, 19)", "不予执行事由",
          SCF_AMONG(grounds)),
    SCF_F("known_on", DATE,
          "Of apply_non_enforcement: since when the ground is known (规定 13, 14)",
          "知道或者应当知道之日"),
    SCF_F("currency", CURRENCY, "The case's currency (default CNY)", "币种，与案件一致"),
    SCF_FIELD_END,
};

/* ---- which member belongs to which step ---- */

#define BIT(step) (UINT64_C(1) << SCF_ENF_STEP_##step)
static const struct scf_member_use uses[] = {
    {"document_sha256",
     BIT(SUPPLEMENT) | BIT(INFORM) | BIT(SIGN) | BIT(ISSUE) | BIT(REQUEST_AMENDMENT) | BIT(AMEND) |
         BIT(DUN) | BIT(APPLY_EC) | BIT(ISSUE_EC) | BIT(SETTLE) | BIT(ASSIGN) |
         BIT(NOTIFY_ASSIGNMENT),
     BIT(ACCEPT) | BIT(REFUSE) | BIT(REVIEW) | BIT(SEND_VERIFICATION) | BIT(REPLY) |
         BIT(REFUSE_EC) | BIT(FILE_ENFORCEMENT) | BIT(ACCEPT_ENFORCEMENT) |
         BIT(REJECT_ENFORCEMENT) | BIT(APPLY_RECONSIDERATION) | BIT(DECIDE_RECONSIDERATION) |
         BIT(SEND_NOTICE) | BIT(TAKE_MEASURES) | BIT(APPLY_NON_ENFORCEMENT) |
         BIT(DECIDE_NON_ENFORCEMENT) | BIT(COMPLETE) | BIT(END_ROUND) | BIT(SUSPEND) |
         BIT(RESUME_ENFORCEMENT) | BIT(DEFAULT) | BIT(REPORT_SUIT) | BIT(END_SUIT) | BIT(WITHDRAW) |
         BIT(WITHDRAW_EC) | BIT(EXTEND_DECISION)},
    {"video_sha256", 0, BIT(INFORM)},
    {"reason",
     BIT(REFUSE) | BIT(TERMINATE) | BIT(REQUEST_AMENDMENT) | BIT(REJECT_AMENDMENT) |
         BIT(REFUSE_EC) | BIT(SUSPEND) | BIT(REPORT_SUIT) | BIT(END_SUIT) | BIT(WITHDRAW) |
         BIT(WITHDRAW_EC) | BIT(EXTEND_DECISION),
     BIT(SUPPLEMENT) | BIT(REVIEW) | BIT(DEFAULT) | BIT(CURE) | BIT(REPLY) | BIT(ISSUE_EC) |
         BIT(APPLY_EC) | BIT(REJECT_ENFORCEMENT) | BIT(APPLY_RECONSIDERATION) |
         BIT(DECIDE_RECONSIDERATION) | BIT(APPLY_NON_ENFORCEMENT) | BIT(DECIDE_NON_ENFORCEMENT) |
         BIT(SETTLE) | BIT(COMPLETE) | BIT(END_ROUND) | BIT(RESUME_ENFORCEMENT)},
    {"reason_code", BIT(REFUSE) | BIT(REFUSE_EC) | BIT(REJECT_ENFORCEMENT), 0},
    {"acceptance_no", BIT(ACCEPT), 0},
    {"items", BIT(REQUIRE_SUPPLEMENT), 0},
    {"identities", BIT(IDENTITY), 0},
    {"signing_mode", BIT(SIGN), 0},
    {"amendment", BIT(REQUEST_AMENDMENT), 0},
    {"certificate", BIT(ISSUE) | BIT(AMEND), 0},
    {"loan_id", BIT(LINK_LOAN), 0},
    {"default_kind", BIT(DEFAULT), 0},
    {"assignee", BIT(ASSIGN), 0},
    {"assigned_on", BIT(ASSIGN), 0},
    {"notice", BIT(NOTIFY_ASSIGNMENT), 0},
    {"dunning", BIT(DUN), 0},
    {"claim", BIT(APPLY_EC), 0},
    {"accuracy_promise", BIT(APPLY_EC), 0},
    {"letter", BIT(SEND_VERIFICATION), 0},
    {"result", BIT(REPLY) | BIT(DECIDE_RECONSIDERATION) | BIT(DECIDE_NON_ENFORCEMENT),
     BIT(END_SUIT)},
    {"party_id", 0, BIT(REPLY) | BIT(APPLY_NON_ENFORCEMENT)},
    {"disputed", 0, BIT(REPLY)},
    {"evidence_record_ids", 0, BIT(REPLY)},
    {"execution_certificate", BIT(ISSUE_EC), 0},
    {"court", BIT(FILE_ENFORCEMENT), 0},
    {"property_clues_sha256", 0, BIT(FILE_ENFORCEMENT)},
    {"plaintiff", BIT(REPORT_SUIT) | BIT(END_SUIT), 0},
    {"case_no", BIT(ACCEPT_ENFORCEMENT) | BIT(REPORT_SUIT), 0},
    {"served_on", BIT(REJECT_ENFORCEMENT) | BIT(SEND_NOTICE), BIT(DECIDE_NON_ENFORCEMENT)},
    {"measures", BIT(TAKE_MEASURES), 0},
    {"ground", BIT(APPLY_NON_ENFORCEMENT), 0},
    {"known_on", 0, BIT(APPLY_NON_ENFORCEMENT)},
};

size_t scf_enf_step_needs(enum scf_enf_step step, const char **ret, size_t max) {
    size_t n = 0;
    for (size_t i = 0; i < SCF_COUNT(uses) && n < max; i++)
        if ((uses[i].must >> step & 1) != 0)
            ret[n++] = uses[i].member;
    return n;
}

/* ---- rules ---- */

static void check_choices(const cJSON *body, enum scf_enf_step step, struct scf_faults *faults) {
    int result = scf_body_choice(body, "result", results, -1);
    int first = RESULT_REPLY, end = RESULT_RECONSIDER;
    if (step == SCF_ENF_STEP_DECIDE_RECONSIDERATION) {
        first = RESULT_RECONSIDER;
        end = RESULT_DECIDE;
    } else if (step == SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT || step == SCF_ENF_STEP_END_SUIT) {
        first = RESULT_DECIDE;
        end = RESULT_END;
    }
    if (result >= 0 && (result < first || result >= end))
        scf_fault_add(faults, "#/result", "invalid-choice", "The step \"%s\" has no such result.",
                      scf_enf_step_names[step]);
    int reason = scf_body_choice(body, "reason_code", reason_codes, -1);
    if (step == SCF_ENF_STEP_REJECT_ENFORCEMENT && reason >= COURT_REASONS)
        scf_fault_add(faults, "#/reason_code", "invalid-choice",
                      "The court rejects on the grounds of 规定 5 only.");
}

static void check_reply(const cJSON *body, struct scf_faults *faults) {
    bool partly = scf_body_is(body, "result", "partial_objection");
    bool objects = scf_body_is(body, "result", "objection");
    if (partly != (scf_json_get(body, "disputed") != NULL))
        scf_fault_add(faults, "#/disputed", partly ? "required" : "not-allowed",
                      "What is disputed is said of a partial objection, and of no other.");
    if (objects && !scf_json_get(body, "evidence_record_ids") &&
        !scf_json_get(body, "document_sha256"))
        scf_fault_add(faults, "#/evidence_record_ids", "required",
                      "An objection comes with evidence: records, or a document's SHA-256.");
    if ((partly || objects) && !scf_json_get(body, "reason"))
        scf_fault_add(faults, "#/reason", "required", "An objection says why.");
}

static void check_amendment(const cJSON *body, struct scf_faults *faults) {
    static const char *const terms[] = {"performance", "rate", "securities", "acceleration_clause"};
    const cJSON *amendment = scf_json_get(body, "amendment");
    for (size_t i = 0; i < SCF_COUNT(terms); i++)
        if (scf_json_get(amendment, terms[i]))
            return;
    if (amendment)
        scf_fault_add(faults, "#/amendment", "required",
                      "An amendment changes performance, rate, securities or acceleration.");
}

static void step_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                       const void *rules_ctx) {
    const struct scf_enf_ctx *ctx = rules_ctx;
    enum scf_enf_step step = scf_enf_body_step(body);
    (void)warnings;
    scf_member_uses_check(uses, SCF_COUNT(uses), body, (int)step, scf_enf_step_names[step], faults);
    check_choices(body, step, faults);
    if (scf_enf_body_time(body, ctx) > ctx->now_us + CLOCK_TOLERANCE_S * SCF_US_PER_SECOND)
        scf_fault_add(faults, "#/happened_at", "out-of-range", "The time is in the future.");
    if (step == SCF_ENF_STEP_REPLY)
        check_reply(body, faults);
    if (step == SCF_ENF_STEP_REQUEST_AMENDMENT)
        check_amendment(body, faults);
    if (scf_body_is(body, "default_kind", "acceleration") && !scf_json_get(body, "reason"))
        scf_fault_add(faults, "#/reason", "required", "Why the debt fell due early is to be said.");
    if (step == SCF_ENF_STEP_APPLY_EC && !scf_json_bool(body, "accuracy_promise", false))
        scf_fault_add(faults, "#/accuracy_promise", "required",
                      "The creditor promises that the amounts are accurate (司发通〔2017〕76号).");
}

const struct scf_schema scf_enf_step_schema = {.name = "EnforcementNotarizationStepCreate",
                                               .doc_en = "A step of a notarization for enforcement",
                                               .doc_zh = "赋予强制执行效力公证的一个步骤",
                                               .fields = fields,
                                               .rules = step_rules};

/* ---- reading ---- */

enum scf_enf_step scf_enf_body_step(const cJSON *body) {
    return (enum scf_enf_step)scf_body_choice(body, "step", scf_enf_step_names,
                                              SCF_ENF_STEP_CREATE);
}

int64_t scf_enf_body_time(const cJSON *body, const struct scf_enf_ctx *ctx) {
    int64_t at = ctx->now_us;
    scf_body_time(body, "happened_at", ctx->offset_minutes, &at);
    return at;
}

bool scf_enf_body_good(const cJSON *body) {
    switch (scf_enf_body_step(body)) {
    case SCF_ENF_STEP_DECIDE_RECONSIDERATION:
        return scf_body_is(body, "result", "accepted");
    case SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT:
    case SCF_ENF_STEP_END_SUIT:
        return scf_body_is(body, "result", "granted");
    default:
        return true;
    }
}

struct scf_uuid scf_enf_body_id(const cJSON *object, const char *name) {
    char prefix[16];
    struct scf_uuid id = {{0}};
    const char *text = scf_json_string(object, name);
    if (text && !scf_id_parse_any(scf_str(text), prefix, &id))
        return (struct scf_uuid){{0}};
    return id;
}
