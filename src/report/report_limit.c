/* What a report says of the limit: how it is made, the chain of limits, the borrowing base, and
 * what was recommended before. Pure. */
#include "report.h"

/* ---- how the model limit is made ---- */

static const char *factor_value(const cJSON *d, const char *name) {
    const cJSON *factor;
    cJSON_ArrayForEach(factor, scf_json_get(d, "factors")) {
        const char *own = scf_json_string(factor, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return scf_json_string(factor, "value");
    }
    return NULL;
}

static struct scf_bar bar_at(struct scf_report *r, const char *label, const cJSON *object,
                             const char *name) {
    return (struct scf_bar){.label = label,
                            .value = scf_grouped(r, scf_json_string(object, name)),
                            .size = scf_minor_at(r, object, name)};
}

static struct scf_bar recommended_bar(struct scf_report *r, const cJSON *d) {
    struct scf_bar bar =
        bar_at(r, scf_say(r, "Recommended limit", "建议授信额度"), d, "recommended_limit");
    bar.strong = true;
    return bar;
}

/* Of the ratios between net amount and base; the rate differs by contract where the stage sets it.
 */
static struct scf_bar base_bar(struct scf_report *r, const cJSON *d, int64_t base) {
    const char *rate = factor_value(d, "order_advance_rate");
    return (struct scf_bar){
        .label = rate != NULL ? "× r0 × T × q × h" : "× a × T × q × h",
        .note = scf_printed(r, "%s × %s × %s × %s", rate != NULL ? scf_percent(r, rate) : "a",
                            scf_percent(r, scf_json_string(d, "truth_coefficient")),
                            scf_percent(r, scf_json_string(d, "qualification_score")),
                            scf_percent(r, scf_json_string(d, "history_factor"))),
        .value = scf_money_shown(r, base, r->currency),
        .size = base,
    };
}

/* The value of a factor of money as a bar. */
static struct scf_bar factor_bar(struct scf_report *r, const char *label, const cJSON *d,
                                 const char *name) {
    const cJSON *factor;
    cJSON_ArrayForEach(factor, scf_json_get(d, "factors")) {
        const char *own = scf_json_string(factor, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return bar_at(r, label, factor, "value");
    }
    return (struct scf_bar){.label = label, .value = scf_absent};
}

/* From the net contract amounts down to the recommendation. */
static void add_initial(struct scf_report *r, const cJSON *d) {
    if (factor_value(d, "contract_net") == NULL || factor_value(d, "guarantee") == NULL)
        return;
    struct scf_bar bars[6];
    size_t n = 0;
    struct scf_bar guarantee =
        factor_bar(r, scf_say(r, "+ guarantees", "＋ 担保增额"), d, "guarantee");
    bars[n++] =
        factor_bar(r, scf_say(r, "Net contract amounts", "合同净额合计"), d, "contract_net");
    bars[n++] = base_bar(r, d, scf_minor_at(r, d, "computed_limit") - guarantee.size);
    bars[n++] = guarantee;
    bars[n++] = bar_at(r, scf_say(r, "= model limit", "＝ 模型额度"), d, "computed_limit");
    if (scf_json_get(d, "requested_amount") != NULL)
        bars[n++] = bar_at(r, scf_say(r, "Requested amount (cap)", "申请金额（上限）"), d,
                           "requested_amount");
    bars[n++] = recommended_bar(r, d);
    scf_chart_bars(r, bars, n,
                   scf_say(r, "From the net contract amounts to the recommended limit",
                           "由合同净额到建议授信额度"));
}

/* From what was granted so far to the recommendation. */
static void add_increment(struct scf_report *r, const cJSON *d) {
    const struct scf_bar bars[] = {
        bar_at(r, scf_say(r, "Granted so far", "已授额度"), d, "previous_limit"),
        bar_at(r, scf_say(r, "+ increment", "＋ 增量额度"), d, "incremental_limit"),
        bar_at(r, scf_say(r, "− taken back", "－ 收回额度"), d, "taken_back"),
        bar_at(r, scf_say(r, "= model limit", "＝ 模型额度"), d, "computed_limit"),
        recommended_bar(r, d),
    };
    scf_chart_bars(r, bars, SCF_COUNT(bars),
                   scf_say(r, "From what was granted so far to the recommended limit",
                           "由已授额度到建议授信额度"));
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
                    scf_list_length(factors));
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

/* ---- the chain of limits ---- */

/* The bar of one step: what counts of it, unless it does not apply. */
static struct scf_bar step_bar(struct scf_report *r, const cJSON *step) {
    const char *rule = scf_shown(r, scf_json_string(step, "rule"));
    bool applies = scf_json_bool(step, "applies", false);
    bool binding = scf_json_bool(step, "binding", false);
    struct scf_bar bar = {.value = scf_say(r, "not applicable", "不适用")};
    if (applies)
        bar = bar_at(r, NULL, step, "adjusted");
    bar.label = scf_word(r, scf_json_string(step, "step"));
    bar.note = binding ? scf_printed(r, "%s · %s", rule,
                                     scf_say(r, "the lowest: it decides", "最低值，决定额度"))
                       : rule;
    bar.strong = binding;
    return bar;
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
                    scf_list_length(waterfall));
    cJSON_ArrayForEach(step, waterfall) {
        bool applies = scf_json_bool(step, "applies", false);
        scf_table_cell(r, &t, scf_word(r, scf_json_string(step, "step")));
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(step, "rule")));
        scf_table_cell(r, &t, scf_grouped(r, scf_json_string(step, "reported")));
        scf_table_cell(r, &t,
                       applies ? scf_grouped(r, scf_json_string(step, "recomputed")) : scf_absent);
        scf_table_cell(r, &t,
                       applies ? scf_grouped(r, scf_json_string(step, "adjusted")) : scf_absent);
    }
    scf_table_end(&t);
}

static void add_chain(struct scf_report *r, const cJSON *d, const cJSON *waterfall) {
    size_t n = 0;
    struct scf_bar *bars = scf_alloc(r->arena, scf_list_length(waterfall) + 1, sizeof *bars);
    const cJSON *step;
    if (bars == NULL) {
        r->failed = true;
        return;
    }
    cJSON_ArrayForEach(step, waterfall) bars[n++] = step_bar(r, step);
    bars[n++] = recommended_bar(r, d);
    scf_add_block(r, SCF_BLOCK_TEXT,
                  scf_say(r, "Chain of limits: of the steps that apply the lowest wins.",
                          "额度链：适用环节中取最低值。"));
    scf_chart_bars(
        r, bars, n,
        scf_say(r, "Chain of limits; its figures are in the table below", "额度链，数值见下表"));
    add_chain_table(r, waterfall);
}

/* ---- the borrowing base ---- */

static void add_debtors(struct scf_report *r, const struct scf_report_inputs *in,
                        const cJSON *debtors) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Debtor", "付款人"), 24, false},
        {scf_say(r, "Balance", "余额"), 15, true},
        {scf_say(r, "Eligible", "合格"), 15, true},
        {scf_say(r, "Set off", "抵销"), 13, true},
        {scf_say(r, "Over concentration", "超集中度"), 15, true},
        {scf_say(r, "Net eligible", "净合格"), 15, true},
        {scf_say(r, "Base", "借款基数"), 15, true},
    };
    static const char *const amounts[] = {
        "balance", "gross_eligible", "set_off", "concentration_excess", "net_eligible", "base"};
    struct scf_report_table t;
    const cJSON *debtor;
    scf_table_begin(r, &t, scf_say(r, "Debtors", "付款人"), columns, SCF_COUNT(columns),
                    scf_list_length(debtors));
    cJSON_ArrayForEach(debtor, debtors) {
        const char *name = scf_debtor_name(in, scf_json_string(debtor, "enterprise_id"));
        scf_table_cell(r, &t, scf_shown(r, name));
        for (size_t i = 0; i < SCF_COUNT(amounts); i++)
            scf_table_cell(r, &t, scf_grouped(r, scf_json_string(debtor, amounts[i])));
    }
    scf_table_end(&t);
}

/* Per reason, how many receivables are out, wholly or in part, and by how much. */
static void add_ineligible(struct scf_report *r, const cJSON *receivables) {
    enum { CODES_MAX = 16 };
    const char *codes[CODES_MAX];
    int64_t counts[CODES_MAX] = {0}, amounts[CODES_MAX] = {0};
    size_t n = 0, i;
    const cJSON *line;
    cJSON_ArrayForEach(line, receivables) {
        const char *code = scf_json_string(line, "reason");
        for (i = 0; code != NULL && i < n && strcmp(codes[i], code) != 0; i++)
            continue;
        if (code == NULL || i == CODES_MAX)
            continue;
        codes[i] = code;
        n = i == n ? n + 1 : n;
        counts[i]++;
        amounts[i] += scf_minor_at(r, line, "balance") - scf_minor_at(r, line, "eligible");
    }
    if (n == 0)
        return;
    const struct scf_report_column columns[] = {
        {scf_say(r, "Why receivables are not eligible", "应收账款不合格原因"), 60, false},
        {scf_say(r, "Receivables", "笔数"), 15, true},
        {scf_say(r, "Amount", "金额"), 25, true},
    };
    struct scf_report_table t;
    scf_table_begin(r, &t, scf_say(r, "Ineligible receivables", "不合格应收账款"), columns,
                    SCF_COUNT(columns), n);
    for (i = 0; i < n; i++) {
        scf_table_cell(r, &t, scf_word(r, codes[i]));
        scf_table_cell(r, &t, scf_printed(r, "%" PRId64, counts[i]));
        scf_table_cell(r, &t, scf_money_shown(r, amounts[i], r->currency));
    }
    scf_table_end(&t);
}

static void add_base(struct scf_report *r, const struct scf_report_inputs *in, const cJSON *base) {
    struct scf_facts f = {.r = r};
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Borrowing base", "借款基数"));
    scf_fact(&f, scf_say(r, "Receivables", "应收账款余额"), scf_amount_at(r, base, "balance"));
    scf_fact(&f, scf_say(r, "Gross eligible", "合格总额"),
             scf_amount_at(r, base, "gross_eligible"));
    scf_fact(&f, scf_say(r, "Net eligible", "净合格额"), scf_amount_at(r, base, "net_eligible"));
    scf_fact(&f, scf_say(r, "Dilution", "稀释率"),
             scf_percent(r, scf_json_string(base, "dilution")));
    scf_fact(&f, scf_say(r, "Advance rate", "预付比例"),
             scf_percent(r, scf_json_string(base, "advance_rate")));
    scf_fact(&f, scf_say(r, "Borrowing base", "借款基数"), scf_amount_at(r, base, "base"));
    scf_facts_end(&f, SCF_BLOCK_FACTS);
    add_debtors(r, in, scf_json_get(base, "debtors"));
    add_ineligible(r, scf_json_get(base, "receivables"));
}

/* ---- all of it ---- */

static void add_history(struct scf_report *r, const struct scf_report_inputs *in) {
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Recommended limits so far", "历次建议额度"));
    scf_chart_history(r, in);
    scf_add_block(
        r, SCF_BLOCK_NOTE,
        scf_say(r,
                "The borrower's assessments in this currency that were recorded before "
                "this one and that its reader may see, by their as-of day; the dark "
                "column is this one.",
                "本次之前已入链且读者有权查看的同币种评估，按评估时点排列；深色为本次。"));
}

void scf_report_limit(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *d = in->document, *waterfall = scf_json_get(d, "waterfall");
    const cJSON *base = scf_json_get(d, "borrowing_base");
    scf_add_block(
        r, SCF_BLOCK_HEADING,
        scf_printed(r, "%s (%s)", scf_say(r, "How the limit is made", "额度构成"), r->currency));
    if (scf_json_get(d, "previous_limit") != NULL)
        add_increment(r, d);
    else
        add_initial(r, d);
    if (scf_list_length(waterfall) > 0)
        add_chain(r, d, waterfall);
    add_factors(r, d);
    if (cJSON_IsObject(base))
        add_base(r, in, base);
    add_history(r, in);
}
