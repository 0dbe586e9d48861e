/* What a report says of what the limit rests on: contracts, their progress and findings,
 * guarantees, qualifications, and the reasons. Pure. */
#include "report.h"

static const struct scf_report_contract *known(const struct scf_report_inputs *in, const char *id) {
    struct scf_uuid u;
    if (id == NULL || !scf_id_parse("ctr", scf_str(id), &u))
        return NULL;
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_uuid_eq(&in->contracts[i].id, &u))
            return &in->contracts[i];
    return NULL;
}

/* What people call the contract; its id when its record does not tell any more. */
static const char *contract_name(struct scf_report *r, const struct scf_report_inputs *in,
                                 const char *id) {
    const struct scf_report_contract *k = known(in, id);
    return scf_shown(r, k != NULL && k->contract_no != NULL ? k->contract_no : id);
}

static void add_contracts(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Contract", "合同"), 25, false},
        {scf_say(r, "Buyer", "买方"), 21, false},
        {scf_say(r, "Net amount", "合同净额"), 17, true},
        {scf_say(r, "Base", "基础额度"), 16, true},
        {scf_say(r, "Guarantee", "担保增额"), 15, true},
        {scf_say(r, "Reason", "理由"), 20, false},
    };
    const cJSON *contracts = scf_json_get(in->document, "contracts"), *k;
    struct scf_report_table t;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Contracts", "合同"));
    scf_table_begin(r, &t, scf_say(r, "Contracts", "合同"), columns, SCF_COUNT(columns),
                    scf_list_length(contracts));
    cJSON_ArrayForEach(k, contracts) {
        const char *id = scf_json_string(k, "contract_id");
        const struct scf_report_contract *names = known(in, id);
        bool titled = names != NULL && names->title != NULL;
        const char *number = contract_name(r, in, id);
        scf_table_cell(
            r, &t, titled ? scf_printed(r, "%s\n%s", number, scf_shown(r, names->title)) : number);
        scf_table_cell(r, &t, scf_shown(r, names != NULL ? names->buyer : NULL));
        scf_table_cell(r, &t, scf_grouped(r, scf_json_string(k, "net_amount")));
        scf_table_cell(r, &t, scf_grouped(r, scf_json_string(k, "base")));
        scf_table_cell(r, &t, scf_grouped(r, scf_json_string(k, "guarantee")));
        scf_table_cell(r, &t, scf_word(r, scf_json_string(k, "reason")));
    }
    scf_table_end(&t);
}

/* ---- progress of the work ---- */

/* Of an increment: how far the work has come, and what it earned. */
static void add_progress(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Contract", "合同"), 21, false},
        {scf_say(r, "Stage", "阶段"), 14, false},
        {scf_say(r, "Completion", "完成程度"), 12, true},
        {scf_say(r, "Target", "目标额度"), 16, true},
        {scf_say(r, "Increment", "增量"), 15, true},
        {scf_say(r, "Taken back", "收回"), 15, true},
        {scf_say(r, "Limit", "额度"), 16, true},
    };
    static const char *const amounts[] = {"target", "increment", "take_back", "limit"};
    const cJSON *contracts = scf_json_get(in->document, "contracts"), *k;
    struct scf_report_table t;
    if (scf_json_get(in->document, "previous_limit") == NULL)
        return;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Progress of the work", "履约进度"));
    scf_table_begin(r, &t, scf_say(r, "Progress of the work", "履约进度"), columns,
                    SCF_COUNT(columns), scf_list_length(contracts));
    cJSON_ArrayForEach(k, contracts) {
        const char *stage = scf_word(r, scf_json_string(k, "stage"));
        if (scf_json_bool(k, "frozen", false))
            stage = scf_printed(r, "%s · %s", stage, scf_say(r, "frozen", "已冻结"));
        scf_table_cell(r, &t, contract_name(r, in, scf_json_string(k, "contract_id")));
        scf_table_cell(r, &t, stage);
        scf_table_cell(r, &t, scf_percent(r, scf_json_string(k, "completion")));
        for (size_t i = 0; i < SCF_COUNT(amounts); i++)
            scf_table_cell(r, &t, scf_grouped(r, scf_json_string(k, amounts[i])));
    }
    scf_table_end(&t);
}

/* ---- findings ---- */

/* Every finding of every contract of the receipt is given to `each`. */
typedef void (*finding_fn)(void *ctx, const cJSON *contract, const cJSON *finding);

static void each_finding(const struct scf_report_inputs *in, finding_fn each, void *ctx) {
    const cJSON *contract, *finding;
    cJSON_ArrayForEach(contract, scf_json_at(in->receipt, "inputs", "contracts")) {
        const cJSON *findings = scf_json_at(contract, "trade", "findings");
        cJSON_ArrayForEach(finding, findings) each(ctx, contract, finding);
    }
}

static bool outcome_is(const cJSON *finding, const char *outcome) {
    const char *own = scf_json_string(finding, "outcome");
    return own != NULL && strcmp(own, outcome) == 0;
}

/* Per check, over all contracts: for how many it passed, failed, and did not apply. */
enum { CHECKS_MAX = 32, DETAIL_MAX = 4096 };
struct tally {
    const char *codes[CHECKS_MAX];
    int passed[CHECKS_MAX], failed[CHECKS_MAX], other[CHECKS_MAX];
    size_t n, failures;
};

static void count_finding(void *ctx, const cJSON *contract, const cJSON *finding) {
    struct tally *t = ctx;
    const char *code = scf_json_string(finding, "code");
    size_t i = 0;
    (void)contract;
    while (code != NULL && i < t->n && strcmp(t->codes[i], code) != 0)
        i++;
    if (code == NULL || i == CHECKS_MAX)
        return;
    t->codes[i] = code;
    t->n = i == t->n ? t->n + 1 : t->n;
    if (outcome_is(finding, "failed")) {
        t->failed[i]++;
        t->failures++;
    } else if (outcome_is(finding, "passed")) {
        t->passed[i]++;
    } else {
        t->other[i]++;
    }
}

/* "hard", "soft" or "alert": the policy's rule, whose text the receipt holds. */
static const char *severity_of(const cJSON *policy, const char *code) {
    const cJSON *rule;
    cJSON_ArrayForEach(rule, scf_json_get(policy, "checks")) {
        const char *own = scf_json_string(rule, "code");
        if (own != NULL && strcmp(own, code) == 0)
            return scf_json_string(rule, "severity");
    }
    return NULL;
}

static void add_summary(struct scf_report *r, const struct tally *tally, const cJSON *policy) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Check (number of contracts)", "核验项（合同数）"), 46, false},
        {scf_say(r, "Kind", "性质"), 14, false},
        {scf_say(r, "Passed", "通过"), 12, true},
        {scf_say(r, "Failed", "未通过"), 12, true},
        {scf_say(r, "Not applicable", "不适用"), 16, true},
    };
    struct scf_report_table t;
    scf_table_begin(r, &t, scf_say(r, "Cross-checks", "交叉核验"), columns, SCF_COUNT(columns),
                    tally->n);
    for (size_t i = 0; i < tally->n; i++) {
        scf_table_cell(r, &t, scf_word(r, tally->codes[i]));
        scf_table_cell(r, &t, scf_word(r, severity_of(policy, tally->codes[i])));
        scf_table_cell(r, &t, scf_printed(r, "%d", tally->passed[i]));
        scf_table_cell(r, &t, scf_printed(r, "%d", tally->failed[i]));
        scf_table_cell(r, &t, scf_printed(r, "%d", tally->other[i]));
    }
    scf_table_end(&t);
}

/* The records a finding names, one a line. */
static const char *record_list(struct scf_report *r, const struct scf_report_inputs *in,
                               const cJSON *records) {
    struct scf_buf text;
    const cJSON *record;
    scf_buf_init(&text, 64 * SCF_ID_TEXT);
    cJSON_ArrayForEach(record, records) {
        if (text.len > 0)
            scf_buf_putc(&text, '\n');
        scf_buf_puts(&text, scf_shown(r, scf_record_name(r, in, cJSON_GetStringValue(record))));
    }
    const char *copy = text.len > 0 ? scf_strndup(r->arena, text.data, text.len) : scf_absent;
    scf_buf_free(&text);
    r->failed = r->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

struct failures {
    struct scf_report *r;
    const struct scf_report_inputs *in;
    struct scf_report_table table;
};

static const char *detail_text(struct scf_report *r, const cJSON *finding) {
    const char *figures[SCF_DETAIL_FIGURES];
    enum scf_detail detail;
    struct scf_buf text;
    if (!scf_detail_read(scf_json_get(finding, "detail"), &detail, figures))
        return scf_absent;
    scf_buf_init(&text, DETAIL_MAX);
    scf_detail_text(detail, figures, r->chinese, &text);
    const char *shown = scf_shown(r, text.len > 0 ? text.data : NULL);
    scf_buf_free(&text);
    return shown;
}

static void add_failure(void *ctx, const cJSON *contract, const cJSON *finding) {
    struct failures *f = ctx;
    struct scf_report *r = f->r;
    if (!outcome_is(finding, "failed"))
        return;
    scf_table_cell(r, &f->table, contract_name(r, f->in, scf_json_string(contract, "id")));
    scf_table_cell(r, &f->table, scf_word(r, scf_json_string(finding, "code")));
    scf_table_cell(r, &f->table,
                   scf_printed(r, "%s / %s", scf_counted(r, finding, "failures"),
                               scf_counted(r, finding, "cases")));
    scf_table_cell(r, &f->table, detail_text(r, finding));
    scf_table_cell(r, &f->table, record_list(r, f->in, scf_json_get(finding, "records")));
}

static void add_findings(struct scf_report *r, const struct scf_report_inputs *in,
                         const cJSON *policy) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Contract", "合同"), 17, false},
        {scf_say(r, "Failed check", "未通过项"), 18, false},
        {scf_say(r, "Cases", "次数"), 9, true},
        {scf_say(r, "Of the first failure", "首个问题说明"), 27, false},
        {scf_say(r, "Records", "记录"), 31, false},
    };
    struct tally tally = {0};
    struct failures f = {.r = r, .in = in};
    each_finding(in, count_finding, &tally);
    if (tally.n == 0)
        return;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Cross-checks", "交叉核验"));
    add_summary(r, &tally, policy);
    if (tally.failures == 0)
        return;
    scf_table_begin(r, &f.table, scf_say(r, "Failed checks", "未通过的核验"), columns,
                    SCF_COUNT(columns), tally.failures);
    each_finding(in, add_failure, &f);
    scf_table_end(&f.table);
}

/* ---- guarantees, qualifications, reasons ---- */

static void add_guarantees(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Guarantee", "担保"), 34, false}, {scf_say(r, "Contract", "合同"), 22, false},
        {scf_say(r, "State", "状态"), 14, false},     {scf_say(r, "Ends on", "到期日"), 14, false},
        {scf_say(r, "Amount", "担保金额"), 22, true},
    };
    const cJSON *contracts = scf_json_at(in->receipt, "inputs", "contracts"), *k, *g;
    struct scf_report_table t;
    size_t n = 0;
    cJSON_ArrayForEach(k, contracts) n += scf_list_length(scf_json_get(k, "guarantees"));
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Guarantees", "担保"));
    if (n == 0) {
        scf_add_block(r, SCF_BLOCK_TEXT, scf_say(r, "None is reported.", "没有担保。"));
        return;
    }
    scf_table_begin(r, &t, scf_say(r, "Guarantees", "担保"), columns, SCF_COUNT(columns), n);
    cJSON_ArrayForEach(k, contracts) {
        const char *contract = contract_name(r, in, scf_json_string(k, "id"));
        cJSON_ArrayForEach(g, scf_json_get(k, "guarantees")) {
            const char *state = scf_word(r, scf_json_string(g, "status"));
            if (scf_json_bool(g, "unconfirmed", false))
                state =
                    scf_printed(r, "%s%s", state,
                                scf_say(r, ", not confirmed by the guarantor", "，担保人未确认"));
            scf_table_cell(r, &t, scf_shown(r, scf_json_string(g, "id")));
            scf_table_cell(r, &t, contract);
            scf_table_cell(r, &t, state);
            scf_table_cell(r, &t, scf_shown(r, scf_json_string(g, "expires_on")));
            scf_table_cell(r, &t,
                           scf_printed(r, "%s %s", scf_shown(r, scf_json_string(g, "currency")),
                                       scf_grouped(r, scf_json_string(g, "amount"))));
        }
    }
    scf_table_end(&t);
}

static void add_qualifications(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Qualification", "资质"), 40, false},
        {scf_say(r, "Grade", "等级"), 20, false},
        {scf_say(r, "Issued on", "发证日期"), 20, false},
        {scf_say(r, "Valid until", "有效期至"), 20, false},
    };
    const cJSON *list = scf_json_at(in->receipt, "inputs", "qualifications"), *q;
    struct scf_report_table t;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Qualifications", "资质"));
    if (scf_list_length(list) == 0) {
        scf_add_block(r, SCF_BLOCK_TEXT, scf_say(r, "None is reported.", "没有资质信息。"));
        return;
    }
    scf_table_begin(r, &t, scf_say(r, "Qualifications", "资质"), columns, SCF_COUNT(columns),
                    scf_list_length(list));
    cJSON_ArrayForEach(q, list) {
        scf_table_cell(r, &t, scf_word(r, scf_json_string(q, "type")));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(q, "grade")));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(q, "issued_on")));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(q, "valid_until")));
    }
    scf_table_end(&t);
}

/* A reason's contribution is that of the factor it belongs to, in its unit. */
static bool is_ratio(const cJSON *d, const char *reason) {
    const cJSON *factor;
    cJSON_ArrayForEach(factor, scf_json_get(d, "factors")) {
        const char *own = scf_json_string(factor, "reason"),
                   *unit = scf_json_string(factor, "unit");
        if (own != NULL && reason != NULL && unit != NULL && strcmp(own, reason) == 0)
            return strcmp(unit, "ratio") == 0;
    }
    return false;
}

static void add_reasons(struct scf_report *r, const cJSON *d) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Effect", "影响"), 16, false},
        {scf_say(r, "Reason", "理由"), 64, false},
        {scf_say(r, "Contribution", "贡献"), 20, true},
    };
    const cJSON *reasons = scf_json_get(d, "reasons"), *reason;
    struct scf_report_table t;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Reasons", "理由"));
    scf_table_begin(r, &t, scf_say(r, "Reasons", "理由"), columns, SCF_COUNT(columns),
                    scf_list_length(reasons));
    cJSON_ArrayForEach(reason, reasons) {
        const char *text = scf_json_string(reason, r->chinese ? "text_zh" : "text_en");
        const char *value = scf_json_string(reason, "contribution");
        bool ratio = is_ratio(d, scf_json_string(reason, "code"));
        scf_table_cell(r, &t, scf_word(r, scf_json_string(reason, "direction")));
        scf_table_cell(r, &t, scf_shown(r, text));
        scf_table_cell(r, &t, ratio ? scf_percent(r, value) : scf_grouped(r, value));
    }
    scf_table_end(&t);
}

void scf_report_parts(struct scf_report *r, const struct scf_report_inputs *in) {
    const char *params = scf_text_at(scf_json_get(in->receipt, "inputs"), "policy", "params");
    struct scf_error ignored = {0};
    const cJSON *policy =
        params != NULL ? scf_json_parse(r->arena, params, strlen(params), &ignored) : NULL;
    add_contracts(r, in);
    add_progress(r, in);
    add_findings(r, in, policy);
    add_guarantees(r, in);
    add_qualifications(r, in);
    add_reasons(r, in->document);
}
