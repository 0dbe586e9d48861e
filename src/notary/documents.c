/* What the papers of a case say. Relies on a dossier that passed the field table. */
#include "claim.h"
#include "deadline.h"
#include "doc.h"
#include "succession.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

const char *const scf_enf_document_names[] = {"application",
                                              "notice",
                                              "clause",
                                              "verification-letter",
                                              "execution-certificate-application",
                                              "settlement",
                                              "execution-certificate-draft",
                                              "execution-certificate-refusal",
                                              "succession",
                                              NULL};
_Static_assert(SCF_COUNT(scf_enf_document_names) == SCF_ENF_DOCUMENTS + 1, "a name each");

/* ---- parts that several have ---- */

static const cJSON *part(const struct scf_doc *d, const char *name) {
    return scf_json_get(d->s->dossier, name);
}

static void put_party(struct scf_doc *d, const char *label, const cJSON *party) {
    const cJSON *agent = scf_json_get(party, "agent");
    const cJSON *address = scf_json_get(party, "service_address");
    scf_doc_fact(d, label, scf_json_string(party, "name"));
    scf_doc_fact(d, "统一社会信用代码", scf_json_string(party, "uscc"));
    scf_doc_fact(d, "法定代表人", scf_json_string(party, "legal_representative"));
    scf_doc_fact(d, "委托代理人", scf_json_string(agent, "name"));
    scf_doc_fact(d, "送达地址", scf_json_string(address, "text"));
    scf_doc_fact(d, "联系电话", scf_json_string(address, "phone"));
    d->y += 350;
}

static void put_parties(struct scf_doc *d, const char *list, const char *label) {
    const cJSON *party;
    cJSON_ArrayForEach(party, part(d, list)) {
        put_party(d, label, party);
    }
}

/* 规定 6: whose debt is notarised. */
static void put_bound(struct scf_doc *d, const char *debtor, const char *guarantor) {
    if (scf_enf_covers_debt(d->s))
        put_parties(d, "debtors", debtor);
    if (scf_enf_covers_guarantees(d->s))
        put_parties(d, "guarantors", guarantor);
}

static void put_office(struct scf_doc *d) {
    const cJSON *office = part(d, "notary_office");
    scf_doc_fact(d, "公证机构", scf_json_string(office, "name"));
    scf_doc_fact(d, "承办公证员", scf_json_string(office, "notary_name"));
}

static void put_instrument(struct scf_doc *d) {
    const cJSON *instrument = part(d, "instrument");
    scf_doc_fact(d, "债权文书", scf_json_string(instrument, "title"));
    scf_doc_fact(d, "合同编号", scf_json_string(instrument, "no"));
    scf_doc_fact(d, "签订日期", scf_json_string(instrument, "signed_on"));
    scf_doc_fact(d, "文件SHA-256", scf_json_string(instrument, "document_sha256"));
    const cJSON *item;
    cJSON_ArrayForEach(item, part(d, "amendments")) {
        scf_doc_fact(d, "补充协议编号", scf_json_string(item, "no"));
        scf_doc_fact(d, "补充协议签订日期", scf_json_string(item, "signed_on"));
        scf_doc_fact(d, "补充协议公证书编号", scf_json_string(item, "certificate_no"));
    }
}

static void put_schedule(struct scf_doc *d) {
    static const char *const head[] = {"期次", "到期日", "本金", "利息"};
    const cJSON *schedule = scf_json_get(part(d, "performance"), "schedule"), *item;
    int no = 0;
    if (cJSON_GetArraySize(schedule) == 0)
        return;
    scf_doc_row(d, head, SCF_COUNT(head), true);
    cJSON_ArrayForEach(item, schedule) {
        char number[16], principal[SCF_MONEY_TEXT], interest[SCF_MONEY_TEXT] = "按合同";
        int64_t minor = 0;
        snprintf(number, sizeof number, "%d", ++no);
        scf_body_money(item, "principal", d->scale, &minor);
        scf_money_format(minor, d->scale, principal);
        if (scf_body_money(item, "interest", d->scale, &minor))
            scf_money_format(minor, d->scale, interest);
        const char *cells[] = {number, scf_json_string(item, "due_on"), principal, interest};
        scf_doc_row(d, cells, SCF_COUNT(cells), false);
    }
    d->y += 500;
}

static void put_securities(struct scf_doc *d) {
    const cJSON *item;
    cJSON_ArrayForEach(item, part(d, "securities")) {
        scf_doc_fact(d, "担保", scf_json_string(item, "name"));
        scf_doc_fact(d, "担保人", scf_json_string(item, "provider_name"));
        scf_doc_fact(d, "担保合同编号", scf_json_string(item, "no"));
        scf_doc_fact(d, "担保范围", scf_json_string(item, "scope"));
        scf_doc_fact(d, "登记编号", scf_json_string(item, "register_no"));
        d->y += 350;
    }
}

static void put_amounts(struct scf_doc *d, const struct scf_owed_amounts *a) {
    scf_doc_money(d, "本金", a->principal);
    scf_doc_money(d, "利息", a->interest);
    scf_doc_money(d, "罚息", a->penalty);
    scf_doc_money(d, "复利", a->compound);
    scf_doc_money(d, "费用", a->fees);
    scf_doc_money(d, "合计", a->principal + a->interest + a->penalty + a->compound + a->fees);
}

static const char *said_string(const struct scf_doc *d, enum scf_enf_step step, const char *object,
                               const char *member) {
    const cJSON *said;
    scf_enf_last(d->s, step, &said);
    return scf_json_string(object ? scf_json_get(said, object) : said, member);
}

/* What can be claimed as of the day, disputed parts taken off. */
static struct scf_owed_amounts claimable(const struct scf_doc *d) {
    struct scf_enf_replies replies = scf_enf_replies(d->s);
    struct scf_owed_amounts a = {0};
    if (!scf_enf_expected(d->s->owed, part(d, "rate"), scf_enf_document_day(d->s),
                          &replies.disputed, &a))
        a = d->s->owed->owed;
    return a;
}

static void put_signatures(struct scf_doc *d, const char *who) {
    d->y += 1200;
    scf_doc_para(d, who);
    scf_doc_para(d, "日期：        年    月    日");
}

/* ---- the papers ---- */

static void application(struct scf_doc *d) {
    scf_doc_fact(d, "申请事项", "赋予债权文书强制执行效力公证");
    put_office(d);
    scf_doc_heading(d, "一、申请人");
    put_party(d, "债权人", part(d, "creditor"));
    put_parties(d, "debtors", "债务人");
    put_parties(d, "guarantors", "担保人");
    scf_doc_heading(d, "二、申请公证的债权文书");
    put_instrument(d);
    put_schedule(d);
    put_securities(d);
    scf_doc_heading(d, "三、申请人声明");
    scf_doc_para(d, "申请人保证所提供的证明材料真实、合法、充分，对债权文书的内容与给付无疑义，"
                    "并已知悉赋予强制执行效力的法律后果（公证法第二十七条、第三十七条）。");
    put_signatures(d, "申请人（签名或者盖章）：");
}

static void notice(struct scf_doc *d) {
    put_office(d);
    put_instrument(d);
    scf_doc_heading(d, "告知事项");
    scf_doc_para(
        d, "一、经公证的债权文书赋予强制执行效力后，债务人不履行或者不适当履行义务的，债权人可以"
           "依法向有管辖权的人民法院申请执行，无需经过诉讼程序（公证法第三十七条、民事诉讼法第二百"
           "四十九条）。");
    scf_doc_para(
        d, "二、债权人申请执行须持公证债权文书与执行证书。公证机构出具执行证书前将按约定方式核实"
           "债务履行情况（公证程序规则第三十九条、第五十五条）。");
    scf_doc_para(
        d, "三、公证的债权文书原则上排除就同一债权提起诉讼；不予出具执行证书、裁定不予执行等情形"
           "除外（法释〔2018〕18号第七条、第八条、第二十条）。");
    scf_doc_para(
        d, "四、被执行人申请不予执行的，应当自执行通知书送达之日起十五日内提出（法释〔2018〕18号"
           "第十三条）。");
    scf_doc_para(
        d, "五、担保仅在公证范围内的，债权人方可对担保人申请执行（法释〔2018〕18号第六条）。");
    scf_doc_para(d, "六、债权文书的补充、变更应当另行办理公证（司发通〔2017〕76号）。");
    put_signatures(d, "被告知人（签名或者盖章）：");
}

static void clause(struct scf_doc *d) {
    const cJSON *agreed = part(d, "verification");
    int64_t days = 0;
    char text[64];
    put_instrument(d);
    put_party(d, "债权人", part(d, "creditor"));
    put_parties(d, "debtors", "债务人");
    put_parties(d, "guarantors", "担保人");
    scf_doc_heading(d, "一、愿意接受强制执行的承诺（公证法第三十七条）");
    const char *promise = scf_json_string(d->s->dossier, "enforcement_clause");
    scf_doc_para(d, promise ? promise : "（未载明）");
    scf_doc_heading(d, "二、担保及其范围（法释〔2018〕18号第六条）");
    put_securities(d);
    scf_doc_heading(d, "三、核实约定（公证程序规则第三十九条）");
    const char *consent = scf_json_string(agreed, "clause");
    scf_doc_para(d, consent ? consent : "（未载明）");
    scf_doc_fact(d, "核实地址", scf_json_string(agreed, "address"));
    if (scf_json_i64(agreed, "objection_days", &days)) {
        snprintf(text, sizeof text, "%" PRId64 " 日（%s）", days,
                 scf_body_is(agreed, "day_kind", "working") ? "工作日" : "自然日");
        scf_doc_fact(d, "异议期限", text);
    }
    scf_doc_heading(d, "四、履行期限与金额");
    put_schedule(d);
}

static void verification_letter(struct scf_doc *d) {
    const cJSON *claim;
    scf_enf_last(d->s, SCF_ENF_STEP_APPLY_EC, &claim);
    struct scf_owed_amounts a = scf_enf_claimed(scf_json_get(claim, "claim"), d->scale);
    put_office(d);
    scf_doc_fact(d, "核实函编号",
                 said_string(d, SCF_ENF_STEP_SEND_VERIFICATION, "letter", "letter_no"));
    put_bound(d, "致债务人", "致担保人");
    put_instrument(d);
    scf_doc_fact(d, "公证书编号", said_string(d, SCF_ENF_STEP_ISSUE, "certificate", "no"));
    scf_doc_para(
        d, "债权人以债务人未履行或者未适当履行还款义务为由，向本处申请出具执行证书。现按约定的核实"
           "方式就下列债务履行情况向你方核实：");
    scf_doc_fact(d, "计息截止日", said_string(d, SCF_ENF_STEP_APPLY_EC, "claim", "as_of"));
    put_amounts(d, &a);
    scf_doc_fact(d, "回复截止日",
                 said_string(d, SCF_ENF_STEP_SEND_VERIFICATION, NULL, "reply_until"));
    scf_doc_para(
        d,
        scf_json_bool(part(d, "verification"), "no_reply_is_no_objection", false)
            ? "对上述情况有异议的，请在回复截止日前书面提出并附证据；按约定，逾期未回复视为无异议。"
            : "请在回复截止日前书面回复；有异议的，请一并提交证据。");
    put_signatures(d, "公证机构（盖章）：");
}

static void ec_application(struct scf_doc *d) {
    const cJSON *claim;
    scf_enf_last(d->s, SCF_ENF_STEP_APPLY_EC, &claim);
    struct scf_owed_amounts a = scf_enf_claimed(scf_json_get(claim, "claim"), d->scale);
    put_office(d);
    put_party(d, "申请人（债权人）", part(d, "creditor"));
    put_bound(d, "被申请执行人（债务人）", "被申请执行人（担保人）");
    put_instrument(d);
    scf_doc_fact(d, "公证书编号", said_string(d, SCF_ENF_STEP_ISSUE, "certificate", "no"));
    scf_doc_heading(d, "申请执行标的");
    scf_doc_fact(d, "计息截止日", said_string(d, SCF_ENF_STEP_APPLY_EC, "claim", "as_of"));
    put_amounts(d, &a);
    scf_doc_fact(d, "违约事实", said_string(d, SCF_ENF_STEP_DEFAULT, NULL, "reason"));
    scf_doc_fact(d, "催告日期", said_string(d, SCF_ENF_STEP_DUN, "dunning", "sent_on"));
    scf_doc_para(
        d, "申请人承诺：上述金额与计算方式真实、准确，已履行部分已经扣除（公证程序规则第五十五条、"
           "司发通〔2017〕76号）。附：经公证的债权文书、合同项下往来资金结算明细表、催告凭证。");
    put_signatures(d, "申请人（盖章）：");
}

static const char *entry_name(enum scf_owed_entry_kind kind) {
    static const char *const names[] = {"放款", "计息", "计费", "还款", "还款冲回"};
    return names[kind];
}

static void put_entry(struct scf_doc *d, const struct scf_owed_entry *e) {
    char day[SCF_TIME_TEXT], text[5][SCF_MONEY_TEXT];
    const int64_t list[] = {e->amounts.principal, e->amounts.interest, e->amounts.penalty,
                            e->amounts.compound, e->amounts.fees};
    const char *cells[7] = {day, entry_name(e->kind)};
    scf_date_format(e->day, day);
    for (size_t i = 0; i < SCF_COUNT(list); i++) {
        scf_money_format(list[i], d->scale, text[i]);
        cells[i + 2] = text[i];
    }
    scf_doc_row(d, cells, SCF_COUNT(cells), false);
}

static void settlement(struct scf_doc *d) {
    static const char *const head[] = {"日期", "摘要", "本金", "利息", "罚息", "复利", "费用"};
    const struct scf_owed *owed = d->s->owed;
    put_instrument(d);
    scf_doc_fact(d, "贷款编号", owed->loan_no);
    scf_doc_money(d, "借款本金", owed->principal);
    scf_doc_date(d, "起息日", owed->value_day);
    scf_doc_date(d, "到期日", owed->maturity_day);
    scf_doc_heading(d, "合同项下往来资金");
    scf_doc_row(d, head, SCF_COUNT(head), true);
    for (size_t i = 0; i < owed->entry_count; i++)
        put_entry(d, &owed->entries[i]);
    scf_doc_heading(d, "已履行");
    put_amounts(d, &owed->paid);
    scf_doc_heading(d, "尚欠（含按约定计算的罚息与复利）");
    struct scf_owed_amounts a;
    static const struct scf_owed_amounts nothing = {0};
    if (!scf_enf_expected(owed, part(d, "rate"), scf_enf_document_day(d->s), &nothing, &a))
        a = owed->owed;
    scf_doc_date(d, "截止日", scf_enf_document_day(d->s));
    put_amounts(d, &a);
}

static void ec_draft(struct scf_doc *d) {
    struct scf_owed_amounts a = claimable(d);
    int32_t deadline;
    put_office(d);
    put_party(d, "申请人", part(d, "creditor"));
    put_bound(d, "被申请执行人（债务人）", "被申请执行人（担保人）");
    put_instrument(d);
    scf_doc_fact(d, "公证书编号", said_string(d, SCF_ENF_STEP_ISSUE, "certificate", "no"));
    scf_doc_heading(d, "一、核实情况");
    scf_doc_fact(d, "核实方式", said_string(d, SCF_ENF_STEP_SEND_VERIFICATION, "letter", "mode"));
    scf_doc_fact(d, "核实结果",
                 scf_enf_replies(d->s).finding == SCF_ENF_NO_OBJECTION ? "无异议"
                 : scf_enf_replies(d->s).finding == SCF_ENF_PARTIAL_OBJECTION
                     ? "部分异议，异议部分不列入执行标的"
                     : "有异议并提交证据");
    scf_doc_heading(d, "二、执行标的");
    scf_doc_date(d, "计息截止日", scf_enf_document_day(d->s));
    put_amounts(d, &a);
    scf_doc_fact(
        d, "后续利息",
        said_string(d, SCF_ENF_STEP_ISSUE_EC, "execution_certificate", "continuing_interest_rule"));
    scf_doc_heading(d, "三、担保");
    put_securities(d);
    scf_doc_heading(d, "四、申请执行的期限");
    if (scf_enf_enforcement_deadline(d->s, &deadline))
        scf_doc_date(d, "申请执行期限届满日（法释〔2018〕18号第九条）", deadline);
    scf_doc_para(d, "本件为草案，以公证机构出具的执行证书为准。");
}

static void ec_refusal(struct scf_doc *d) {
    put_office(d);
    put_party(d, "申请人", part(d, "creditor"));
    put_bound(d, "被申请执行人（债务人）", "被申请执行人（担保人）");
    put_instrument(d);
    scf_doc_fact(d, "公证书编号", said_string(d, SCF_ENF_STEP_ISSUE, "certificate", "no"));
    scf_doc_heading(d, "决定");
    scf_doc_para(d, "经核实，决定不予出具执行证书。");
    scf_doc_fact(d, "理由", said_string(d, SCF_ENF_STEP_REFUSE_EC, NULL, "reason"));
    scf_doc_para(d, "当事人可以就公证债权文书涉及的民事权利义务争议直接向有管辖权的人民法院提起诉讼"
                    "（法释〔2018〕18号第八条）。");
    put_signatures(d, "公证机构（盖章）：");
}

static void put_assignment(void *ctx, const cJSON *assignor, const cJSON *said,
                           const cJSON *notice) {
    struct scf_doc *d = ctx;
    scf_doc_fact(d, "转让人", scf_json_string(assignor, "name"));
    put_party(d, "受让人", scf_json_get(said, "assignee"));
    scf_doc_fact(d, "转让日期", scf_json_string(said, "assigned_on"));
    scf_doc_fact(d, "转让协议SHA-256", scf_json_string(said, "document_sha256"));
    scf_doc_fact(d, "通知到达日期", scf_json_string(scf_json_get(notice, "notice"), "notified_on"));
    scf_doc_fact(d, "转让通知及送达证明SHA-256", scf_json_string(notice, "document_sha256"));
    d->y += 350;
}

static void succession(struct scf_doc *d) {
    put_instrument(d);
    scf_doc_fact(d, "公证书编号", said_string(d, SCF_ENF_STEP_ISSUE, "certificate", "no"));
    scf_doc_heading(d, "债权转让及通知（民法典第五百四十六条）");
    scf_enf_each_assignment(d->s, put_assignment, d);
    put_bound(d, "受通知的债务人", "受通知的担保人");
    put_signatures(d, "债权人（盖章）：");
}

/* ---- all ---- */

static const struct {
    const char *title;
    enum scf_enf_step rests_on; /* its time is the paper's; CREATE: the draft */
    void (*draw)(struct scf_doc *d);
    const char *missing;
} documents[SCF_ENF_DOCUMENTS] = {
    [SCF_DOC_APPLICATION] = {"公证申请书", SCF_ENF_STEP_CREATE, application, ""},
    [SCF_DOC_NOTICE] = {"告知书", SCF_ENF_STEP_ACCEPT, notice, "the notary's acceptance"},
    [SCF_DOC_CLAUSE] = {"债权文书赋予强制执行效力条款", SCF_ENF_STEP_CREATE, clause, ""},
    [SCF_DOC_VERIFICATION_LETTER] = {"债务履行情况核实函", SCF_ENF_STEP_SEND_VERIFICATION,
                                     verification_letter, "the verification letter"},
    [SCF_DOC_EC_APPLICATION] = {"出具执行证书申请书", SCF_ENF_STEP_APPLY_EC, ec_application,
                                "the application for the execution certificate"},
    [SCF_DOC_SETTLEMENT] = {"往来资金结算明细表", SCF_ENF_STEP_CREATE, settlement, "a loan"},
    [SCF_DOC_EC_DRAFT] = {"执行证书（草案）", SCF_ENF_STEP_CLOSE_VERIFICATION, ec_draft,
                          "the end of the verification"},
    [SCF_DOC_EC_REFUSAL] = {"不予出具执行证书决定书", SCF_ENF_STEP_REFUSE_EC, ec_refusal,
                            "the refusal of the execution certificate"},
    [SCF_DOC_SUCCESSION] = {"债权转让及通知情况说明", SCF_ENF_STEP_NOTIFY_ASSIGNMENT, succession,
                            "the notice of an assignment"},
};

const char *scf_enf_document_title(enum scf_enf_document document) {
    return documents[document].title;
}

const char *scf_enf_document_missing(const struct scf_enf_story *s,
                                     enum scf_enf_document document) {
    bool there = scf_enf_last(s, documents[document].rests_on, NULL) != NULL;
    if (document == SCF_DOC_SETTLEMENT)
        there = s->owed != NULL;
    return there ? NULL : documents[document].missing;
}

int32_t scf_enf_document_day(const struct scf_enf_story *s) {
    const cJSON *said;
    int32_t day = s->today;
    scf_enf_last(s, SCF_ENF_STEP_ISSUE_EC, &said);
    if (said && scf_body_day(scf_json_get(said, "execution_certificate"), "as_of", &day))
        return day;
    scf_enf_last(s, SCF_ENF_STEP_APPLY_EC, &said);
    scf_body_day(scf_json_get(said, "claim"), "as_of", &day);
    return day;
}

enum scf_code scf_enf_document_draw(const struct scf_enf_story *s, enum scf_enf_document document,
                                    struct scf_buf *out, struct scf_error *err) {
    const struct scf_enf_step_row *row = scf_enf_last(s, documents[document].rests_on, NULL);
    struct scf_pdf_options options = {.title = documents[document].title,
                                      .subject = "赋予债权文书强制执行效力公证",
                                      .created_us = row ? row->filed_us : s->c.created_us};
    /* Who applied, and what was told, is not amended; the other papers show what is in force. */
    struct scf_enf_story drafted = *s;
    drafted.dossier = s->drafted;
    if (document == SCF_DOC_APPLICATION || document == SCF_DOC_NOTICE)
        s = &drafted;
    struct scf_doc d = {.s = s, .scale = scf_currency_scale(scf_str(s->c.currency))};
    enum scf_code code = scf_pdf_begin(&options, out, &d.pdf, err);
    if (code != SCF_OK)
        return code;
    scf_doc_title(&d, documents[document].title);
    documents[document].draw(&d);
    return scf_pdf_end(d.pdf, err);
}
