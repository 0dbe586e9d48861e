/* What a report says, section by section, from the assessment's document and receipt. A section
 * without data says so or is left out. Pure. */
#include "report.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum { FACTS_MAX = 24 };

static const char absent[] = "–";

static const cJSON *at(const cJSON *object, const char *first, const char *second) {
    return scf_json_get(scf_json_get(object, first), second);
}

static const char *text_at(const cJSON *object, const char *first, const char *second) {
    return scf_json_string(scf_json_get(object, first), second);
}

static size_t length_of(const cJSON *array) {
    return cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
}

/* ---- lists of facts ---- */

struct facts {
    struct scf_report *r;
    struct scf_report_fact list[FACTS_MAX];
    size_t n;
};

static void say(struct facts *f, const char *label, const char *value) {
    SCF_ASSERT(f->n < FACTS_MAX);
    f->list[f->n++] = (struct scf_report_fact){label, value};
}

static struct scf_block *add_facts(struct facts *f, enum scf_block_kind kind) {
    struct scf_block *b = scf_add_block(f->r, kind, NULL);
    struct scf_report_fact *copy = scf_alloc(f->r->arena, f->n, sizeof *copy);
    if (copy == NULL) {
        f->r->failed = true;
        return b;
    }
    memcpy(copy, f->list, f->n * sizeof *copy);
    b->facts = copy;
    b->n = f->n;
    return b;
}

/* ---- head ---- */

static const char *amount(struct scf_report *r, const cJSON *document, const char *name) {
    const char *text = scf_json_string(document, name);
    const char *currency = scf_json_string(document, "currency");
    if (text == NULL)
        return absent;
    return scf_printed(r, "%s %s", currency != NULL ? currency : "", scf_grouped(r, text));
}

static const char *hex_of(struct scf_report *r, const struct scf_hash *hash) {
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(hash->b, SCF_HASH_LEN, hex);
    return scf_printed(r, "%s", hex);
}

static void add_head(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *d = in->document;
    const cJSON *period = at(d, "inputs", "period");
    struct facts key = {.r = r}, facts = {.r = r};
    int64_t revision = 0;
    say(&key, scf_say(r, "Recommended limit", "建议授信额度"), amount(r, d, "recommended_limit"));
    say(&key, scf_say(r, "Limit ends on", "额度到期日"),
        scf_shown(r, scf_json_string(d, "limit_expires_on")));
    say(&key, scf_say(r, "Overall grade", "综合等级"),
        scf_shown(r, text_at(d, "ratings", "overall")));
    add_facts(&key, SCF_BLOCK_KEY);
    scf_add_block(r, SCF_BLOCK_NOTE, r->disclaimer);

    say(&facts, scf_say(r, "Borrower", "借款人"), r->borrower);
    say(&facts, scf_say(r, "Credit code or registration number", "统一社会信用代码"),
        scf_shown(r, in->borrower_code));
    say(&facts, scf_say(r, "Kind", "评估类型"), scf_word(r, scf_json_string(d, "kind")));
    say(&facts, scf_say(r, "As of (UTC)", "评估时点（UTC）"),
        scf_shown(r, scf_json_string(d, "as_of")));
    say(&facts, scf_say(r, "Rating window", "评级窗口"),
        scf_printed(r, "%s – %s", scf_shown(r, scf_json_string(period, "from")),
                    scf_shown(r, scf_json_string(period, "to"))));
    say(&facts, scf_say(r, "Requested amount", "申请金额"), amount(r, d, "requested_amount"));
    say(&facts, scf_say(r, "Policy", "授信政策"), scf_shown(r, text_at(d, "model", "version")));
    if (scf_json_i64(scf_json_get(d, "template"), "revision", &revision))
        say(&facts, scf_say(r, "Industry template", "行业模板"),
            scf_printed(r, "%s/%" PRId64, scf_shown(r, text_at(d, "template", "code")), revision));
    say(&facts, scf_say(r, "Model limit before caps", "模型额度（未封顶）"),
        amount(r, d, "computed_limit"));
    add_facts(&facts, SCF_BLOCK_FACTS);
}

/* ---- ratings ---- */

static const char *counted(struct scf_report *r, const cJSON *counts, const char *name) {
    int64_t n = 0;
    return scf_json_i64(counts, name, &n) ? scf_printed(r, "%" PRId64, n) : absent;
}

static void add_ratings(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *d = in->document, *ratings = scf_json_get(d, "ratings");
    const cJSON *counts = at(d, "inputs", "counts"), *checks = scf_json_get(d, "authenticity");
    struct facts f = {.r = r};
    scf_add_block(r, SCF_BLOCK_HEADING,
                  scf_say(r, "Ratings against the industry template", "按行业模板评级"));
    scf_chart_ratings(r, in);
    say(&f, scf_say(r, "Mean delay of workflow events", "业务流程平均延迟"),
        scf_hours(r, text_at(ratings, "timeliness", "workflow_delay_h")));
    say(&f, scf_say(r, "Mean delay of invoices", "发票平均延迟"),
        scf_hours(r, text_at(ratings, "timeliness", "invoice_delay_h")));
    say(&f, scf_say(r, "Accounting periods with data", "有数据的会计周期数"),
        counted(r, counts, "history_periods"));
    say(&f, scf_say(r, "Share in valid range", "有效范围内占比"),
        scf_percent(r, text_at(ratings, "accuracy", "in_range_ratio")));
    say(&f, scf_say(r, "Share within fluctuation", "波动阈值内占比"),
        scf_percent(r, text_at(ratings, "accuracy", "within_fluctuation_ratio")));
    say(&f, scf_say(r, "Authenticity X", "真实性指数 X"),
        scf_printed(r, "%s (%s/%s)", scf_percent(r, scf_json_string(checks, "score")),
                    counted(r, checks, "checks_passed"), counted(r, checks, "checks_applicable")));
    say(&f, scf_say(r, "Truth coefficient T", "真实性系数 T"),
        scf_percent(r, scf_json_string(d, "truth_coefficient")));
    say(&f, scf_say(r, "Execution credibility E", "执行可信度 E"),
        scf_percent(r, scf_json_string(d, "execution_credibility")));
    say(&f, scf_say(r, "Events / invoices in the window", "窗口内流程 / 发票数"),
        scf_printed(r, "%s / %s", counted(r, counts, "workflow_events"),
                    counted(r, counts, "invoices")));
    add_facts(&f, SCF_BLOCK_FACTS);
}

static void add_delays(struct scf_report *r, const struct scf_report_inputs *in) {
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Delay of the records", "数据上传延迟"));
    if (scf_chart_delays(r, in))
        scf_add_block(
            r, SCF_BLOCK_NOTE,
            scf_say(r,
                    "Mean hours between what happened and its receipt, by the day of "
                    "receipt (UTC); each period is named by its first day.",
                    "业务发生至收到数据的平均小时数，按收到日（UTC）分组；周期以首日标示。"));
    else
        scf_add_block(r, SCF_BLOCK_TEXT,
                      scf_say(r, "No record in the window says when it happened.",
                              "评级窗口内没有可计算延迟的数据。"));
}

/* ---- the limit ---- */

static int64_t minor_of(const char *text, const char *currency) {
    int64_t minor = 0;
    if (text == NULL || currency == NULL ||
        !scf_money_parse(scf_str(text), scf_scale_of(currency), &minor))
        return 0;
    return minor;
}

/* The bar of one step: what counts of it, unless it does not apply. */
static struct scf_bar step_bar(struct scf_report *r, const cJSON *step, const char *currency) {
    const char *adjusted = scf_json_string(step, "adjusted"), *rule = scf_json_string(step, "rule");
    bool applies = scf_json_bool(step, "applies", false);
    bool binding = scf_json_bool(step, "binding", false);
    return (struct scf_bar){
        .label = scf_word(r, scf_json_string(step, "step")),
        .note = binding ? scf_printed(r, "%s%s%s", scf_shown(r, rule), r->chinese ? "，" : ", ",
                                      scf_say(r, "the lowest: it decides", "最低值，决定额度"))
                        : scf_shown(r, rule),
        .value = applies ? scf_grouped(r, adjusted) : scf_say(r, "not applicable", "不适用"),
        .size = applies ? minor_of(adjusted, currency) : 0,
        .strong = binding,
    };
}

static void add_chain_table(struct scf_report *r, const cJSON *waterfall) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Step", "环节"), 30, false},
        {scf_say(r, "Rule", "规则"), 14, false},
        {scf_say(r, "Reported by the borrower", "借款人申报"), 19, true},
        {scf_say(r, "Recomputed", "系统重算"), 19, true},
        {scf_say(r, "Counts", "采用值"), 19, true},
    };
    struct scf_report_table t;
    const cJSON *step;
    scf_table_begin(r, &t, scf_say(r, "Chain of limits", "额度链"), columns, SCF_COUNT(columns),
                    length_of(waterfall));
    cJSON_ArrayForEach(step, waterfall) {
        bool applies = scf_json_bool(step, "applies", false);
        scf_table_cell(r, &t, scf_word(r, scf_json_string(step, "step")));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(step, "rule")));
        scf_table_cell(r, &t, scf_grouped(r, scf_json_string(step, "reported")));
        scf_table_cell(r, &t,
                       applies ? scf_grouped(r, scf_json_string(step, "recomputed")) : absent);
        scf_table_cell(r, &t, applies ? scf_grouped(r, scf_json_string(step, "adjusted")) : absent);
    }
    scf_table_end(&t);
}

static void add_chain(struct scf_report *r, const cJSON *d, const cJSON *waterfall) {
    const char *currency = scf_json_string(d, "currency");
    size_t n = length_of(waterfall), i = 0;
    struct scf_bar *bars = scf_alloc(r->arena, n + 1, sizeof *bars);
    const cJSON *step;
    if (bars == NULL) {
        r->failed = true;
        return;
    }
    cJSON_ArrayForEach(step, waterfall) bars[i++] = step_bar(r, step, currency);
    const char *limit = scf_json_string(d, "recommended_limit");
    bars[i++] = (struct scf_bar){.label = scf_say(r, "Recommended limit", "建议授信额度"),
                                 .value = scf_grouped(r, limit),
                                 .size = minor_of(limit, currency),
                                 .strong = true};
    scf_chart_bars(
        r, bars, i,
        scf_say(r, "Chain of limits; its figures are in the table below", "额度链，数值见下表"));
    add_chain_table(r, waterfall);
}

static const char *factor_value(const cJSON *d, const char *name) {
    const cJSON *factor;
    cJSON_ArrayForEach(factor, scf_json_get(d, "factors")) {
        const char *own = scf_json_string(factor, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return scf_json_string(factor, "value");
    }
    return NULL;
}

/* How the initial limit is made: from the net contract amounts down to the recommendation. */
static void add_composition(struct scf_report *r, const cJSON *d) {
    const char *currency = scf_json_string(d, "currency");
    const char *net = factor_value(d, "contract_net"), *guarantee = factor_value(d, "guarantee");
    const char *computed = scf_json_string(d, "computed_limit");
    const char *requested = scf_json_string(d, "requested_amount");
    const char *limit = scf_json_string(d, "recommended_limit");
    if (net == NULL || guarantee == NULL || computed == NULL || currency == NULL)
        return;
    int64_t base = minor_of(computed, currency) - minor_of(guarantee, currency);
    struct scf_bar bars[6];
    size_t n = 0;
    bars[n++] = (struct scf_bar){.label = scf_say(r, "Net contract amounts", "合同净额合计"),
                                 .value = scf_grouped(r, net),
                                 .size = minor_of(net, currency)};
    bars[n++] = (struct scf_bar){
        .label = scf_say(r, "× r0 × T × q × h", "× r0 × T × q × h"),
        .note = scf_printed(r, "%s × %s × %s × %s",
                            scf_percent(r, factor_value(d, "order_advance_rate")),
                            scf_percent(r, scf_json_string(d, "truth_coefficient")),
                            scf_percent(r, scf_json_string(d, "qualification_score")),
                            scf_percent(r, scf_json_string(d, "history_factor"))),
        .value = scf_money_shown(r, base, currency),
        .size = base};
    bars[n++] = (struct scf_bar){.label = scf_say(r, "+ guarantees", "＋ 担保增额"),
                                 .value = scf_grouped(r, guarantee),
                                 .size = minor_of(guarantee, currency)};
    bars[n++] = (struct scf_bar){.label = scf_say(r, "= model limit", "＝ 模型额度"),
                                 .value = scf_grouped(r, computed),
                                 .size = minor_of(computed, currency)};
    if (requested != NULL)
        bars[n++] =
            (struct scf_bar){.label = scf_say(r, "Requested amount (cap)", "申请金额（上限）"),
                             .value = scf_grouped(r, requested),
                             .size = minor_of(requested, currency)};
    bars[n++] = (struct scf_bar){.label = scf_say(r, "Recommended limit", "建议授信额度"),
                                 .value = scf_grouped(r, limit),
                                 .size = minor_of(limit, currency),
                                 .strong = true};
    scf_chart_bars(r, bars, n,
                   scf_say(r, "From the net contract amounts to the recommended limit",
                           "由合同净额到建议授信额度"));
}

static void add_factors(struct scf_report *r, const cJSON *d) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Factor", "因子"), 22, false}, {scf_say(r, "Value", "取值"), 17, true},
        {scf_say(r, "Weight", "权重"), 11, true},  {scf_say(r, "Contribution", "贡献"), 17, true},
        {scf_say(r, "Reason", "理由"), 40, false},
    };
    const cJSON *factors = scf_json_get(d, "factors"), *f;
    struct scf_report_table t;
    scf_table_begin(r, &t, scf_say(r, "Factors", "因子"), columns, SCF_COUNT(columns),
                    length_of(factors));
    cJSON_ArrayForEach(f, factors) {
        const char *unit = scf_json_string(f, "unit");
        bool money = unit != NULL && strcmp(unit, "money") == 0;
        const char *value = scf_json_string(f, "value");
        const char *contribution = scf_json_string(f, "contribution");
        scf_table_cell(r, &t, scf_word(r, scf_json_string(f, "name")));
        scf_table_cell(r, &t, money ? scf_grouped(r, value) : scf_percent(r, value));
        scf_table_cell(r, &t, scf_percent(r, scf_json_string(f, "weight")));
        scf_table_cell(r, &t, money ? scf_grouped(r, contribution) : scf_percent(r, contribution));
        scf_table_cell(r, &t, scf_word(r, scf_json_string(f, "reason")));
    }
    scf_table_end(&t);
}

static void add_limit(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *waterfall = scf_json_get(in->document, "waterfall");
    const char *currency = scf_json_string(in->document, "currency");
    const char *kind = scf_json_string(in->document, "kind");
    scf_add_block(r, SCF_BLOCK_HEADING,
                  scf_printed(r, "%s (%s)", scf_say(r, "How the limit is made", "额度构成"),
                              currency != NULL ? currency : ""));
    if (kind == NULL || strcmp(kind, "initial") == 0)
        add_composition(r, in->document);
    if (length_of(waterfall) > 0) {
        scf_add_block(r, SCF_BLOCK_TEXT,
                      scf_say(r, "Chain of limits: of the steps that apply the lowest wins.",
                              "额度链：适用环节中取最低值。"));
        add_chain(r, in->document, waterfall);
    }
    add_factors(r, in->document);
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Recommended limits so far", "历次建议额度"));
    scf_chart_history(r, in);
    scf_add_block(r, SCF_BLOCK_NOTE,
                  scf_say(r,
                          "The borrower's assessments in this currency that were recorded before "
                          "this one, by their as-of day; the dark column is this one.",
                          "本次之前已入链的同币种评估，按评估时点排列；深色为本次。"));
}

/* ---- contracts and what belongs to them ---- */

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
                    length_of(contracts));
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

/* The records a finding names, one a line. */
static const char *record_list(struct scf_report *r, const cJSON *records) {
    struct scf_buf text;
    const cJSON *record;
    scf_buf_init(&text, 64 * SCF_ID_TEXT);
    cJSON_ArrayForEach(record, records) {
        if (!cJSON_IsString(record))
            continue;
        if (text.len > 0)
            scf_buf_putc(&text, '\n');
        scf_buf_puts(&text, scf_shown(r, record->valuestring));
    }
    const char *copy = text.len > 0 ? scf_strndup(r->arena, text.data, text.len) : absent;
    scf_buf_free(&text);
    r->failed = r->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static void add_finding(struct scf_report *r, struct scf_report_table *t, const char *contract,
                        const cJSON *f) {
    const char *detail = scf_json_string(f, r->chinese ? "text_zh" : "text_en");
    const char *rule = scf_json_string(f, "code");
    scf_table_cell(r, t, contract);
    scf_table_cell(r, t, scf_word(r, rule != NULL ? rule : scf_json_string(f, "check")));
    scf_table_cell(r, t, scf_word(r, scf_json_string(f, "severity")));
    scf_table_cell(r, t, scf_word(r, scf_json_string(f, "outcome")));
    scf_table_cell(r, t, scf_shown(r, detail != NULL ? detail : scf_json_string(f, "detail")));
    scf_table_cell(r, t, record_list(r, scf_json_get(f, "records")));
}

static void add_findings(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Contract", "合同"), 17, false}, {scf_say(r, "Check", "核验项"), 19, false},
        {scf_say(r, "Kind", "性质"), 9, false},      {scf_say(r, "Outcome", "结果"), 11, false},
        {scf_say(r, "Detail", "说明"), 25, false},   {scf_say(r, "Records", "记录"), 28, false},
    };
    const cJSON *contracts = scf_json_get(in->document, "contracts"), *k, *f;
    struct scf_report_table t;
    size_t n = 0;
    cJSON_ArrayForEach(k, contracts) n += length_of(scf_json_get(k, "findings"));
    if (n == 0)
        return;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Findings of the cross-checks", "交叉核验发现"));
    scf_table_begin(r, &t, scf_say(r, "Findings", "核验发现"), columns, SCF_COUNT(columns), n);
    cJSON_ArrayForEach(k, contracts) {
        const char *contract = contract_name(r, in, scf_json_string(k, "contract_id"));
        cJSON_ArrayForEach(f, scf_json_get(k, "findings")) add_finding(r, &t, contract, f);
    }
    scf_table_end(&t);
}

static void add_guarantees(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Guarantee", "担保"), 34, false}, {scf_say(r, "Contract", "合同"), 22, false},
        {scf_say(r, "State", "状态"), 14, false},     {scf_say(r, "Ends on", "到期日"), 14, false},
        {scf_say(r, "Amount", "担保金额"), 22, true},
    };
    const cJSON *contracts = at(in->receipt, "inputs", "contracts"), *k, *g;
    struct scf_report_table t;
    size_t n = 0;
    cJSON_ArrayForEach(k, contracts) n += length_of(scf_json_get(k, "guarantees"));
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
    const cJSON *list = at(in->receipt, "inputs", "qualifications"), *q;
    struct scf_report_table t;
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Qualifications", "资质"));
    if (length_of(list) == 0) {
        scf_add_block(r, SCF_BLOCK_TEXT, scf_say(r, "None is reported.", "没有资质信息。"));
        return;
    }
    scf_table_begin(r, &t, scf_say(r, "Qualifications", "资质"), columns, SCF_COUNT(columns),
                    length_of(list));
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
                    length_of(reasons));
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

/* ---- proofs ---- */

static void add_proof(struct scf_report *r, const struct scf_report_inputs *in) {
    enum { QR_SIDE = 11500 };
    const struct scf_record *k = &in->record;
    char chain[SCF_ID_TEXT];
    scf_id_format("chain", &k->chain_id, chain);
    struct facts f = {.r = r};
    struct scf_figure *qr = scf_alloc(r->arena, 1, sizeof *qr);
    const char *url = scf_printed(r, "%s/v1/records/%s/proof", in->base_url, r->id);
    if (qr == NULL) {
        r->failed = true;
        return;
    }
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Proofs", "存证与验证"));
    say(&f, scf_say(r, "Record", "记录编号"), r->id);
    say(&f, scf_say(r, "Chain and position", "链与位置"),
        scf_printed(r, "%s, %" PRId64, chain, k->leaf_index));
    say(&f, scf_say(r, "Leaf hash", "叶哈希"), hex_of(r, &k->leaf_hash));
    say(&f, scf_say(r, "SHA-256 of the record's body", "记录正文 SHA-256"),
        hex_of(r, &k->body_sha256));
    say(&f, scf_say(r, "SHA-256 of the receipt", "回执 SHA-256"), hex_of(r, &in->receipt_sha256));
    say(&f, scf_say(r, "SHA-256 of the policy", "政策 SHA-256"),
        scf_shown(r, text_at(in->document, "model", "sha256")));
    say(&f, scf_say(r, "Proof of the record (QR code)", "记录证明（二维码）"), url);
    scf_fig_init(qr, r->arena, QR_SIDE, QR_SIDE);
    scf_fig_qr(qr, 0, 0, QR_SIDE, url);
    qr->alt = scf_printed(r, "QR: %s", url);
    r->failed = r->failed || qr->failed;
    struct scf_block *b = add_facts(&f, SCF_BLOCK_PROOF);
    b->figure = qr;
    b->link = url;
    scf_add_block(
        r, SCF_BLOCK_TEXT,
        scf_say(r,
                "To check this limit without a server: download the receipt "
                "(GET …/credit-assessments/{id}/receipt) and run “scfd verify receipt.json”. It "
                "computes every figure again from the inputs and names the first that differs.",
                "无需服务器即可核对：下载回执（GET …/credit-assessments/{id}/receipt），运行 “scfd "
                "verify receipt.json”，程序由输入重算全部数值，并指出首个不符之处。"));
}

static void add_chains(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Chain of the inputs", "输入数据所在链"), 34, false},
        {scf_say(r, "Records used", "采用记录数"), 12, true},
        {scf_say(r, "Sealed size", "封存大小"), 12, true},
        {scf_say(r, "Sealed root", "封存根"), 44, false},
    };
    const cJSON *chains = at(in->document, "inputs", "chains"), *c;
    struct scf_report_table t;
    if (length_of(chains) == 0)
        return;
    scf_table_begin(r, &t, scf_say(r, "Chains of the inputs", "输入数据所在链"), columns,
                    SCF_COUNT(columns), length_of(chains));
    cJSON_ArrayForEach(c, chains) {
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(c, "id")));
        scf_table_cell(r, &t, counted(r, c, "folded_size"));
        scf_table_cell(r, &t, counted(r, c, "sealed_size"));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(c, "sealed_root")));
    }
    scf_table_end(&t);
}

bool scf_report_build(const struct scf_report_inputs *in, struct scf_arena *arena,
                      struct scf_report *ret) {
    char id[SCF_ID_TEXT];
    const char *as_of = scf_json_string(in->document, "as_of");
    *ret = (struct scf_report){.arena = arena, .chinese = in->chinese};
    scf_id_format("asm", &in->record.id, id);
    ret->id = scf_printed(ret, "%s", id);
    ret->title = scf_say(ret, "Credit assessment report", "授信评估报告");
    ret->borrower = scf_shown(ret, in->borrower_name);
    ret->disclaimer =
        scf_say(ret, "The limit is a recommendation computed from records. The lender decides.",
                "本额度为依据数据计算的建议，是否授信由贷款人决定。");
    if (as_of == NULL || !scf_time_parse(scf_str(as_of), &ret->as_of_us))
        ret->as_of_us = in->record.received_us;
    add_head(ret, in);
    add_ratings(ret, in);
    add_delays(ret, in);
    add_limit(ret, in);
    add_contracts(ret, in);
    add_findings(ret, in);
    add_guarantees(ret, in);
    add_qualifications(ret, in);
    add_reasons(ret, in->document);
    add_proof(ret, in);
    add_chains(ret, in);
    return !ret->failed;
}
