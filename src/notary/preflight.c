/* The rules of fitness, one function each. Relies on a body that the field table accepted. */
#include "preflight.h"

#include "scfd/base/money.h"
#include "scfd/codec/body.h"
#include "scfd/codec/schema.h"

const struct scf_fit_text scf_fit_texts[SCF_FIT_RULES] = {
    [SCF_FIT_INSTRUMENT_KIND] = {"instrument-kind", "规定 5(1)、司发通〔2017〕76号",
                                 "The instrument is of a kind that may be given enforceability.",
                                 "债权文书属于可以赋予强制执行效力的范围。", false},
    [SCF_FIT_PAYMENT_CONTENT] = {"payment-content", "公证程序规则 39(1)、公证法 37",
                                 "The instrument is about the payment of money, goods or "
                                 "securities.",
                                 "债权文书以给付货币、物品或者有价证券为内容。", false},
    [SCF_FIT_UNDISPUTED] = {"undisputed", "公证程序规则 39(2)",
                            "The relation is clear, and creditor and debtor have no dispute about "
                            "the payment.",
                            "债权债务关系明确，双方对给付内容无疑义。", false},
    [SCF_FIT_DRAWN_AMOUNT] = {"drawn-amount", "公证程序规则 39(2)、规定 5(3)",
                              "Of a revolving or maximum-amount contract the drawn amount can be "
                              "determined.",
                              "循环或者最高额合同的实际发生额能够确定。", false},
    [SCF_FIT_AMOUNT_AND_DATES] =
        {"amount-and-dates", "公证程序规则 39(3)、民诉解释 461",
         "Amounts and days of performance are stated, and the instalments add up to the principal.",
         "履行的内容、金额与期限明确，各期本金之和等于本金总额。", false},
    [SCF_FIT_RATE] = {"rate-rule", "公证程序规则 39(3)", "The rule of interest is clear.",
                      "利率及其调整规则明确。", false},
    [SCF_FIT_PROMISE_CLAUSE] =
        {"promise-clause", "公证法 37、公证程序规则 39(4)、规定 5(2)",
         "The text of the instrument contains the debtor's promise to accept enforcement.",
         "债权文书中载明债务人不履行或者不适当履行义务时愿意接受强制执行的承诺。", false},
    [SCF_FIT_VERIFICATION] =
        {"verification", "公证程序规则 39(5)",
         "The way of verification is agreed: mode, address, 1 to 30 days to object.",
         "约定了核实方式、地址及1至30日的异议期限。", false},
    [SCF_FIT_VERIFICATION_CLAUSE] =
        {"verification-clause", "公证程序规则 39(5)",
         "The text of the instrument contains the consent to the notary's verification.",
         "债权文书中载明债务人同意公证机构核实债务履行情况。", false},
    [SCF_FIT_SECURITIES_NAMED] =
        {"securities-named", "规定 6",
         "Each security is named in the enforcement clause, separately and with its scope.",
         "强制执行条款逐一列明各项担保及其担保范围。", false},
    [SCF_FIT_PARTIES] = {"parties", "规定 5(3)、民诉解释 461",
                         "Every party has its unified social credit code and legal representative.",
                         "各方当事人的统一社会信用代码与法定代表人明确。", false},
    [SCF_FIT_DISTINCT] = {"distinct-parties", "规定 5(3)",
                          "Creditor, debtors and guarantors are different parties.",
                          "债权人、债务人与担保人为不同主体。", false},
    [SCF_FIT_AGENTS] = {"agent-authority", "规定 12(1)",
                        "An agent has special authority, proven by a document.",
                        "代理人具有特别授权并附授权文件。", false},
    [SCF_FIT_RESOLUTIONS] = {"guarantor-resolution", "公司法 15",
                             "Every guarantor company has a resolution of its board or "
                             "shareholders.",
                             "担保人提供担保经董事会或者股东会决议。", false},
    [SCF_FIT_COMPETENCE] =
        {"competence", "公证法 25",
         "The notary office is that of a party's domicile, the place of the act or, for "
         "immovables, of the immovable.",
         "公证机构为住所地、行为地或者不动产所在地的公证机构。", false},
    [SCF_FIT_CONFLICT] = {"conflict-of-interest", "规定 12(3)、公证法 23",
                          "The notary has no interest in the matter.",
                          "公证员与公证事项无利害关系。", false},
    [SCF_FIT_ONLINE] = {"online-signing", "规定 12(1)",
                        "Signing online needs an office that offers it and evidence of identity.",
                        "在线签署须公证机构具备条件并留存身份核验证据。", false},
    [SCF_FIT_ASSIGNMENT] = {"assignment-notice", "民法典 546",
                            "The debtor was notified of an assignment of the claim, which has no "
                            "effect on him else.",
                            "债权转让已通知债务人，未经通知对债务人不发生效力。", false},
    [SCF_FIT_AMENDMENTS] = {"amendment-notarised", "司发通〔2017〕76号",
                            "Every supplement, amendment or extension of the instrument is "
                            "notarised too; else it is not enforceable.",
                            "债权文书的补充、变更与展期均已办理公证，未经公证的不能强制执行。",
                            false},
    [SCF_FIT_NO_REPLY] =
        {"no-reply-rule", "公证程序规则 39(5)",
         "It is agreed that no reply within the days means no objection; else everybody has to "
         "reply.",
         "约定逾期未回复视为无异议；未约定的须取得各方回复。", true},
    [SCF_FIT_OUTSIDE_SCOPE] = {"outside-scope", "规定 6",
                               "Securities outside the notarised scope are not enforceable.",
                               "未纳入公证范围的担保不能强制执行。", true},
    [SCF_FIT_RATE_CAP] =
        {"rate-cap", "规定 11、法发〔2017〕22号 2",
         "Interest, penalty and fees together stay within the cap: what exceeds it is not "
         "enforced.",
         "利息、罚息与费用合计不超过上限，超过部分不予执行。", true},
    [SCF_FIT_SERVICE_ADDRESS] = {"service-address", "公证实务",
                                 "Every party has confirmed an address for service.",
                                 "各方当事人已确认送达地址。", true},
    [SCF_FIT_JURISDICTION] = {"jurisdiction", "规定 2",
                              "The clause on jurisdiction does not name arbitration or a court "
                              "for enforcement other than the statutory one.",
                              "已载明管辖条款，执行由被执行人住所地或者财产所在地法院管辖。", true},
    [SCF_FIT_ACCELERATION] = {"acceleration", "公证程序规则 55",
                              "Of several instalments it is agreed when all fall due early.",
                              "分期履行的约定了提前到期的条件。", true},
};

struct looking {
    const cJSON *body;
    struct scf_preflight *p;
};

static void miss(struct looking *l, enum scf_fit_rule rule, const char *pointer,
                 const char *detail) {
    const struct scf_fit_text *text = &scf_fit_texts[rule];
    l->p->met[rule] = false;
    scf_fault_add(&l->p->faults, pointer, text->code, "%s (%s)", detail, text->article);
}

static const cJSON *part(const struct looking *l, const char *name) {
    return scf_json_get(l->body, name);
}

static bool is_said(const cJSON *object, const char *name) {
    const char *text = scf_json_string(object, name);
    return text != NULL && text[strspn(text, " \t\r\n")] != '\0';
}

/* ---- the instrument ---- */

static void instrument_kind(struct looking *l) {
    if (scf_body_is(part(l, "instrument"), "kind", "trade_contract") ||
        scf_body_is(part(l, "instrument"), "kind", "other"))
        miss(l, SCF_FIT_INSTRUMENT_KIND, "#/instrument/kind",
             "A contract of this kind is none of the list.");
}

static bool is_money(const struct looking *l) {
    return scf_body_is(part(l, "performance"), "kind", "money");
}

static void payment_content(struct looking *l) {
    const cJSON *performance = part(l, "performance");
    int64_t amount = 0;
    if (is_money(l) &&
        (!scf_body_money(performance, "amount", scf_body_scale(l->body), &amount) || amount <= 0))
        miss(l, SCF_FIT_PAYMENT_CONTENT, "#/performance/amount", "No amount of money is stated.");
    if (!is_money(l) && !is_said(performance, "method_text"))
        miss(l, SCF_FIT_PAYMENT_CONTENT, "#/performance/method_text",
             "What is to be given is not described.");
}

static void undisputed(struct looking *l) {
    if (!scf_json_bool(l->body, "debt_undisputed", false))
        miss(l, SCF_FIT_UNDISPUTED, "#/debt_undisputed",
             "Creditor and debtor have not declared that they agree.");
}

/* 最高额: what will be owed must be known from the file. */
static void drawn_amount(struct looking *l) {
    const cJSON *performance = part(l, "performance");
    bool open = scf_json_bool(performance, "revolving", false) ||
                scf_body_is(part(l, "instrument"), "kind", "credit_line");
    if (open && !scf_json_get(performance, "drawn_amount"))
        miss(l, SCF_FIT_DRAWN_AMOUNT, "#/performance/drawn_amount",
             "What was drawn under the limit is not stated.");
}

/* A day before the instrument was signed is a slip of the pen, where the instrument itself makes
 * the debt. One of an earlier debt (a restructuring, a guarantee) names days that have passed. */
static void check_day(struct looking *l, const cJSON *object, const char *name,
                      const char *pointer) {
    const cJSON *instrument = part(l, "instrument");
    int32_t signed_day, day;
    if (!scf_body_is(instrument, "kind", "loan") && !scf_body_is(instrument, "kind", "credit_line"))
        return;
    if (scf_body_day(instrument, "signed_on", &signed_day) && scf_body_day(object, name, &day) &&
        day < signed_day)
        miss(l, SCF_FIT_AMOUNT_AND_DATES, pointer,
             "The day lies before the instrument was signed.");
}

static void check_sum(struct looking *l, const cJSON *schedule) {
    const cJSON *performance = part(l, "performance"), *item;
    int scale = scf_body_scale(l->body), i = 0;
    int64_t sum = 0, part_of = 0, whole = 0;
    int32_t before = INT32_MIN, day = 0;
    bool fits = true;
    cJSON_ArrayForEach(item, schedule) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "#/performance/schedule/%d/due_on", i++);
        if (scf_body_day(item, "due_on", &day) && day <= before)
            miss(l, SCF_FIT_AMOUNT_AND_DATES, pointer,
                 "The days of the instalments do not ascend.");
        check_day(l, item, "due_on", pointer);
        before = day;
        if (scf_body_money(item, "principal", scale, &part_of))
            fits = fits && !__builtin_add_overflow(sum, part_of, &sum);
    }
    const char *name = scf_json_get(performance, "drawn_amount") ? "drawn_amount" : "amount";
    if (scf_body_money(performance, name, scale, &whole) && (!fits || sum != whole))
        miss(l, SCF_FIT_AMOUNT_AND_DATES, "#/performance/schedule",
             "The principal of the instalments does not add up to the amount.");
}

static void amount_and_dates(struct looking *l) {
    const cJSON *performance = part(l, "performance");
    const cJSON *schedule = scf_json_get(performance, "schedule");
    bool listed = cJSON_GetArraySize(schedule) > 0;
    check_day(l, performance, "deadline", "#/performance/deadline");
    if (listed)
        check_sum(l, schedule);
    else if (is_money(l))
        miss(l, SCF_FIT_AMOUNT_AND_DATES, "#/performance/schedule",
             "The instalments are not stated as dates and amounts.");
    if (!listed && !scf_json_get(performance, "deadline"))
        miss(l, SCF_FIT_AMOUNT_AND_DATES, "#/performance/deadline",
             "The day by which the debtor performs is not stated.");
}

static void rate_rule(struct looking *l) {
    const cJSON *rate = part(l, "rate");
    if (!is_money(l))
        return;
    if (rate == NULL)
        miss(l, SCF_FIT_RATE, "#/rate",
             "No rule of interest is stated; say none if there is none.");
    if (scf_body_is(rate, "type", "fixed") && !scf_json_get(rate, "annual_rate"))
        miss(l, SCF_FIT_RATE, "#/rate/annual_rate", "The fixed rate is not stated.");
    if (scf_body_is(rate, "type", "lpr") && !scf_json_get(rate, "spread_bp"))
        miss(l, SCF_FIT_RATE, "#/rate/spread_bp", "The spread over the LPR is not stated.");
    if (scf_body_is(rate, "type", "lpr") && !is_said(rate, "reset_rule"))
        miss(l, SCF_FIT_RATE, "#/rate/reset_rule", "When the rate is set anew is not stated.");
}

/* ---- clauses ---- */

bool scf_enf_stands_in(const char *text, const char *clause) {
    return text != NULL && clause != NULL && strstr(text, clause) != NULL;
}

/* In the text of the instrument, or of what amends it. */
static bool text_has(const struct looking *l, const char *clause) {
    const cJSON *item;
    bool found = scf_enf_stands_in(scf_json_string(part(l, "instrument"), "text"), clause);
    cJSON_ArrayForEach(item, part(l, "amendments")) {
        found = found || scf_enf_stands_in(scf_json_string(item, "text"), clause);
    }
    return found;
}

static void promise_clause(struct looking *l) {
    const char *clause = scf_json_string(l->body, "enforcement_clause");
    if (!is_said(l->body, "enforcement_clause") || strstr(clause, "强制执行") == NULL)
        miss(l, SCF_FIT_PROMISE_CLAUSE, "#/enforcement_clause",
             "The clause does not promise to accept enforcement (强制执行).");
    else if (!text_has(l, clause))
        miss(l, SCF_FIT_PROMISE_CLAUSE, "#/enforcement_clause",
             "The clause does not stand in the text of the instrument.");
}

static void verification(struct looking *l) {
    const cJSON *agreed = part(l, "verification");
    int64_t days = 0;
    if (!scf_json_get(agreed, "mode"))
        miss(l, SCF_FIT_VERIFICATION, "#/verification/mode", "No way of verification is agreed.");
    if (!is_said(agreed, "address"))
        miss(l, SCF_FIT_VERIFICATION, "#/verification/address",
             "No address for the verification is agreed.");
    if (!scf_json_i64(agreed, "objection_days", &days) || days < 1 || days > 30)
        miss(l, SCF_FIT_VERIFICATION, "#/verification/objection_days",
             "The days to object are not from 1 to 30.");
    if (!scf_json_bool(agreed, "no_reply_is_no_objection", false))
        miss(l, SCF_FIT_NO_REPLY, "#/verification/no_reply_is_no_objection",
             "What silence means is not agreed.");
}

static void verification_clause(struct looking *l) {
    const cJSON *agreed = part(l, "verification");
    if (!is_said(agreed, "clause") || !text_has(l, scf_json_string(agreed, "clause")))
        miss(l, SCF_FIT_VERIFICATION_CLAUSE, "#/verification/clause",
             "The consent to verification does not stand in the text of the instrument.");
}

static void securities(struct looking *l) {
    const char *clause = scf_json_string(l->body, "enforcement_clause");
    bool covered = !scf_body_is(l->body, "coverage", "principal_debt");
    const cJSON *list = part(l, "securities"), *item;
    int i = 0;
    if (covered && cJSON_GetArraySize(list) == 0)
        miss(l, SCF_FIT_SECURITIES_NAMED, "#/securities",
             "The scope covers guarantees, and none is named.");
    if (!covered && cJSON_GetArraySize(list) > 0)
        miss(l, SCF_FIT_OUTSIDE_SCOPE, "#/coverage",
             "The securities are outside the scope that is notarised.");
    if (scf_body_is(l->body, "coverage", "guarantee_debt") &&
        cJSON_GetArraySize(part(l, "guarantors")) == 0)
        miss(l, SCF_FIT_SECURITIES_NAMED, "#/guarantors",
             "Only guarantees are notarised, and no guarantor is named.");
    cJSON_ArrayForEach(item, list) {
        const char *name = scf_json_string(item, "name");
        char pointer[64];
        snprintf(pointer, sizeof pointer, "#/securities/%d", i++);
        if (!covered)
            continue;
        if (name == NULL || clause == NULL || strstr(clause, name) == NULL)
            miss(l, SCF_FIT_SECURITIES_NAMED, pointer,
                 "The enforcement clause does not name this security.");
        if (!is_said(item, "scope"))
            miss(l, SCF_FIT_SECURITIES_NAMED, pointer, "The scope of this security is not stated.");
    }
}

/* ---- parties ---- */

typedef void (*of_party)(struct looking *l, const cJSON *party, const char *pointer, char role);

/* role: 'c' creditor, 'd' debtor, 'g' guarantor. */
static void each_party(struct looking *l, of_party look) {
    static const struct {
        const char *name;
        char role;
    } lists[] = {{"debtors", 'd'}, {"guarantors", 'g'}};
    look(l, part(l, "creditor"), "#/creditor", 'c');
    for (size_t k = 0; k < SCF_COUNT(lists); k++) {
        const cJSON *party;
        int i = 0;
        cJSON_ArrayForEach(party, part(l, lists[k].name)) {
            char pointer[40];
            snprintf(pointer, sizeof pointer, "#/%s/%d", lists[k].name, i++);
            look(l, party, pointer, lists[k].role);
        }
    }
}

static const char *below(char out[80], const char *pointer, const char *member) {
    snprintf(out, 80, "%s/%s", pointer, member);
    return out;
}

static void identified(struct looking *l, const cJSON *party, const char *pointer, char role) {
    const char *uscc = scf_json_string(party, "uscc");
    char at[80];
    (void)role;
    if (uscc == NULL || scf_uscc_check(scf_str(uscc)) != SCF_USCC_OK)
        miss(l, SCF_FIT_PARTIES, below(at, pointer, "uscc"),
             "The unified social credit code is missing or wrong.");
    if (!is_said(party, "legal_representative"))
        miss(l, SCF_FIT_PARTIES, below(at, pointer, "legal_representative"),
             "The legal representative is not named.");
}

static void agents(struct looking *l, const cJSON *party, const char *pointer, char role) {
    const cJSON *agent = scf_json_get(party, "agent");
    char at[80];
    (void)role;
    if (agent == NULL)
        return;
    if (!scf_body_is(agent, "authority", "special"))
        miss(l, SCF_FIT_AGENTS, below(at, pointer, "agent/authority"),
             "The agent has no special authority.");
    if (!scf_json_get(agent, "document_sha256"))
        miss(l, SCF_FIT_AGENTS, below(at, pointer, "agent/document_sha256"),
             "The authority is not proven.");
}

static void resolutions(struct looking *l, const cJSON *party, const char *pointer, char role) {
    char at[80];
    if (role == 'g' && !scf_json_get(party, "resolution"))
        miss(l, SCF_FIT_RESOLUTIONS, below(at, pointer, "resolution"),
             "There is no resolution to guarantee.");
}

static void addresses(struct looking *l, const cJSON *party, const char *pointer, char role) {
    char at[80];
    (void)role;
    if (!scf_json_get(party, "service_address"))
        miss(l, SCF_FIT_SERVICE_ADDRESS, below(at, pointer, "service_address"),
             "No address for service is confirmed.");
}

/* A party against all before it. */
static void distinct(struct looking *l, const cJSON *party, const char *pointer, char role) {
    const char *uscc = scf_json_string(party, "uscc");
    const cJSON *other;
    int same = 0;
    if (uscc == NULL)
        return;
    if (role != 'c')
        same += scf_body_is(part(l, "creditor"), "uscc", uscc);
    cJSON_ArrayForEach(other, part(l, "debtors")) {
        if (other != party && role != 'c')
            same += scf_body_is(other, "uscc", uscc);
    }
    cJSON_ArrayForEach(other, part(l, "guarantors")) {
        if (other != party && role == 'g')
            same += scf_body_is(other, "uscc", uscc);
    }
    if (same > 0)
        miss(l, SCF_FIT_DISTINCT, pointer, "The same party stands here twice.");
}

/* ---- the notary ---- */

/* Offices serve the city or prefecture: the first four digits of a division code. */
static bool same_city(const char *a, const char *b) {
    return a != NULL && b != NULL && strncmp(a, b, 4) == 0;
}

static bool any_domicile(const struct looking *l, const char *region) {
    static const char *const lists[] = {"debtors", "guarantors"};
    if (same_city(region, scf_json_string(part(l, "creditor"), "region_code")))
        return true;
    for (size_t k = 0; k < SCF_COUNT(lists); k++) {
        const cJSON *party;
        cJSON_ArrayForEach(party, part(l, lists[k])) {
            if (same_city(region, scf_json_string(party, "region_code")))
                return true;
        }
    }
    return false;
}

static void competence(struct looking *l) {
    const cJSON *instrument = part(l, "instrument");
    const char *region = scf_json_string(part(l, "notary_office"), "region_code");
    const char *immovable = scf_json_string(instrument, "immovable_region_code");
    bool competent = immovable != NULL
                         ? same_city(region, immovable)
                         : any_domicile(l, region) ||
                               same_city(region, scf_json_string(instrument, "place_region_code"));
    if (!competent)
        miss(l, SCF_FIT_COMPETENCE, "#/notary_office/region_code",
             immovable
                 ? "The office is not that of the immovable's place."
                 : "The office is not that of a party's domicile or of the place of the act.");
}

static void conflict(struct looking *l) {
    if (scf_json_bool(part(l, "notary_office"), "conflict_of_interest", false))
        miss(l, SCF_FIT_CONFLICT, "#/notary_office/conflict_of_interest",
             "The notary has an interest in the matter.");
}

static void online(struct looking *l) {
    const cJSON *signing = part(l, "signing");
    if (!scf_body_is(signing, "mode", "online"))
        return;
    if (!scf_json_bool(part(l, "notary_office"), "online_signing", false))
        miss(l, SCF_FIT_ONLINE, "#/signing/mode", "The office does not offer signing online.");
    if (!scf_json_bool(signing, "identity_evidence", false))
        miss(l, SCF_FIT_ONLINE, "#/signing/identity_evidence",
             "No evidence of identity will be kept.");
}

static void assignment(struct looking *l) {
    const cJSON *given = part(l, "assignment");
    if (given && !scf_json_get(given, "notified_on"))
        miss(l, SCF_FIT_ASSIGNMENT, "#/assignment/notified_on", "The debtor was not notified.");
    if (given && !scf_json_get(given, "notice_sha256"))
        miss(l, SCF_FIT_ASSIGNMENT, "#/assignment/notice_sha256", "The notice is not proven.");
}

static void amendments(struct looking *l) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, part(l, "amendments")) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "#/amendments/%d", i++);
        if (!scf_json_get(item, "certificate_no") && !scf_json_bool(item, "included", false))
            miss(l, SCF_FIT_AMENDMENTS, pointer,
                 "The amendment or extension is not notarised, nor will be with the instrument.");
    }
}

/* ---- advice ---- */

/* Millionths a year of interest, penalty and fees together; the caps of CR-12: four times the LPR
 * between others, 24 % for financial institutions. */
static void rate_cap(struct looking *l) {
    const cJSON *rate = part(l, "rate");
    int64_t annual = 0, penalty = 0, fees = 0, lpr = 0, spread = 0, cap = 240000;
    bool has_lpr = scf_body_decimal(rate, "lpr_1y", 6, &lpr);
    if (!scf_body_decimal(rate, "annual_rate", 6, &annual) && has_lpr &&
        scf_json_i64(rate, "spread_bp", &spread))
        annual = lpr + spread * 100;
    scf_body_decimal(rate, "penalty_rate", 6, &penalty);
    scf_body_decimal(rate, "fees_rate", 6, &fees);
    if (scf_body_is(l->body, "lender_type", "other") && has_lpr)
        cap = 4 * lpr;
    if (annual + penalty + fees > cap)
        miss(l, SCF_FIT_RATE_CAP, "#/rate", "Interest, penalty and fees exceed the cap together.");
}

static void remaining_advice(struct looking *l) {
    const cJSON *schedule = scf_json_get(part(l, "performance"), "schedule");
    if (!is_said(part(l, "instrument"), "jurisdiction_clause"))
        miss(l, SCF_FIT_JURISDICTION, "#/instrument/jurisdiction_clause",
             "The clause on jurisdiction is not stated.");
    if (cJSON_GetArraySize(schedule) > 1 && !is_said(l->body, "acceleration_clause"))
        miss(l, SCF_FIT_ACCELERATION, "#/acceleration_clause",
             "When the instalments fall due early is not agreed.");
}

/* ---- all ---- */

void scf_enf_preflight(const cJSON *body, struct scf_arena *arena, struct scf_preflight *ret) {
    static void (*const rules[])(struct looking *) = {
        instrument_kind, payment_content,  undisputed,   drawn_amount,        amount_and_dates,
        rate_rule,       promise_clause,   verification, verification_clause, securities,
        competence,      conflict,         online,       assignment,          amendments,
        rate_cap,        remaining_advice,
    };
    static const of_party party_rules[] = {identified, agents, resolutions, addresses, distinct};
    struct looking l = {.body = body, .p = ret};
    *ret = (struct scf_preflight){.fit = true, .faults = {.arena = arena}};
    for (size_t i = 0; i < SCF_FIT_RULES; i++)
        ret->met[i] = true;
    for (size_t i = 0; i < SCF_COUNT(rules); i++)
        rules[i](&l);
    for (size_t i = 0; i < SCF_COUNT(party_rules); i++)
        each_party(&l, party_rules[i]);
    for (size_t i = 0; i < SCF_FIT_RULES; i++)
        ret->fit = ret->fit && (ret->met[i] || scf_fit_texts[i].advice);
}

/* ---- writing ---- */

/* LG-1.2: the six conditions of 规则 39. */
static void conditions_write(struct scf_jsonw *w, const struct scf_preflight *p) {
    const bool *met = p->met;
    bool other = true;
    for (size_t i = 0; i < SCF_FIT_RULES; i++)
        if (!scf_fit_texts[i].advice &&
            (i < SCF_FIT_PAYMENT_CONTENT || i > SCF_FIT_VERIFICATION_CLAUSE))
            other = other && met[i];
    scf_jw_object(w, "conditions");
    scf_jw_bool(w, "payment_content", met[SCF_FIT_PAYMENT_CONTENT]);
    scf_jw_bool(w, "debt_clear_and_undisputed",
                met[SCF_FIT_UNDISPUTED] && met[SCF_FIT_DRAWN_AMOUNT]);
    scf_jw_bool(w, "mode_content_time_clear", met[SCF_FIT_AMOUNT_AND_DATES] && met[SCF_FIT_RATE]);
    scf_jw_bool(w, "enforcement_promise_clause", met[SCF_FIT_PROMISE_CLAUSE]);
    scf_jw_bool(w, "consent_to_notary_verification",
                met[SCF_FIT_VERIFICATION] && met[SCF_FIT_VERIFICATION_CLAUSE]);
    scf_jw_bool(w, "other_statutory", other);
    scf_jw_end_object(w);
}

void scf_enf_preflight_write(struct scf_jsonw *w, const struct scf_preflight *p) {
    scf_jw_bool(w, "fit", p->fit);
    conditions_write(w, p);
    scf_jw_array(w, "rules");
    for (size_t i = 0; i < SCF_FIT_RULES; i++) {
        const struct scf_fit_text *text = &scf_fit_texts[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", text->code);
        scf_jw_str(w, "level", text->advice ? "advice" : "hard");
        scf_jw_bool(w, "met", p->met[i]);
        scf_jw_str(w, "article", text->article);
        scf_jw_object(w, "text");
        scf_jw_str(w, "en", text->en);
        scf_jw_str(w, "zh", text->zh);
        scf_jw_end_object(w);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_array(w, "faults");
    for (size_t i = 0; i < p->faults.count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "pointer", p->faults.items[i].pointer);
        scf_jw_str(w, "code", p->faults.items[i].code);
        scf_jw_str(w, "detail", p->faults.items[i].detail);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}
