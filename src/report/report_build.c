/* What a report says, section by section, from the assessment's document and receipt. A section
 * without data says so or is left out. Pure. */
#include "report.h"

#include "scfd/base/clock.h"

/* ---- head ---- */

static const char *hex_of(struct scf_report *r, const struct scf_hash *hash) {
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(hash->b, SCF_HASH_LEN, hex);
    return scf_printed(r, "%s", hex);
}

static void add_head(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *d = in->document;
    const cJSON *period = scf_json_at(d, "inputs", "period");
    struct scf_facts key = {.r = r}, facts = {.r = r};
    int64_t revision = 0;
    scf_fact(&key, scf_say(r, "Recommended limit", "建议授信额度"),
             scf_amount_at(r, d, "recommended_limit"));
    scf_fact(&key, scf_say(r, "Limit ends on", "额度到期日"),
             scf_shown(r, scf_json_string(d, "limit_expires_on")));
    scf_fact(&key, scf_say(r, "Overall grade", "综合等级"),
             scf_shown(r, scf_text_at(d, "ratings", "overall")));
    scf_facts_end(&key, SCF_BLOCK_KEY);
    scf_add_block(r, SCF_BLOCK_NOTE, r->disclaimer);

    scf_fact(&facts, scf_say(r, "Borrower", "借款人"), r->borrower);
    scf_fact(&facts, scf_say(r, "Credit code or registration number", "统一社会信用代码"),
             scf_shown(r, in->borrower_code));
    const char *kind = scf_word(r, scf_json_string(d, "kind"));
    const char *increment_period = scf_json_string(d, "increment_period");
    scf_fact(&facts, scf_say(r, "Kind", "评估类型"),
             increment_period != NULL
                 ? scf_printed(r, "%s · %s", kind, scf_shown(r, increment_period))
                 : kind);
    scf_fact(&facts, scf_say(r, "As of (UTC)", "评估时点（UTC）"),
             scf_shown(r, scf_json_string(d, "as_of")));
    scf_fact(&facts, scf_say(r, "Rating window", "评级窗口"),
             scf_printed(r, "%s – %s", scf_shown(r, scf_json_string(period, "from")),
                         scf_shown(r, scf_json_string(period, "to"))));
    scf_fact(&facts, scf_say(r, "Requested amount", "申请金额"),
             scf_amount_at(r, d, "requested_amount"));
    scf_fact(&facts, scf_say(r, "Policy", "授信政策"),
             scf_shown(r, scf_text_at(d, "model", "version")));
    if (scf_json_i64(scf_json_get(d, "template"), "revision", &revision))
        scf_fact(&facts, scf_say(r, "Industry template", "行业模板"),
                 scf_printed(r, "%s/%" PRId64, scf_shown(r, scf_text_at(d, "template", "code")),
                             revision));
    scf_fact(&facts, scf_say(r, "Model limit before caps", "模型额度（未封顶）"),
             scf_amount_at(r, d, "computed_limit"));
    if (scf_json_get(d, "available_limit") != NULL)
        scf_fact(&facts, scf_say(r, "Available: limit less held and used", "可用额度（扣除占用）"),
                 scf_amount_at(r, d, "available_limit"));
    scf_facts_end(&facts, SCF_BLOCK_FACTS);
}

/* ---- ratings ---- */

static void add_ratings(struct scf_report *r, const struct scf_report_inputs *in) {
    const cJSON *d = in->document, *ratings = scf_json_get(d, "ratings");
    const cJSON *counts = scf_json_at(d, "inputs", "counts"),
                *checks = scf_json_get(d, "authenticity");
    struct scf_facts f = {.r = r};
    scf_add_block(r, SCF_BLOCK_HEADING,
                  scf_say(r, "Ratings against the industry template", "按行业模板评级"));
    scf_chart_ratings(r, in);
    scf_fact(&f, scf_say(r, "Mean delay of workflow events", "业务流程平均延迟"),
             scf_hours(r, scf_text_at(ratings, "timeliness", "workflow_delay_h")));
    scf_fact(&f, scf_say(r, "Mean delay of invoices", "发票平均延迟"),
             scf_hours(r, scf_text_at(ratings, "timeliness", "invoice_delay_h")));
    scf_fact(&f, scf_say(r, "Accounting periods with data", "有数据的会计周期数"),
             scf_counted(r, counts, "history_periods"));
    scf_fact(&f, scf_say(r, "Share in valid range", "有效范围内占比"),
             scf_percent(r, scf_text_at(ratings, "accuracy", "in_range_ratio")));
    scf_fact(&f, scf_say(r, "Share within fluctuation", "波动阈值内占比"),
             scf_percent(r, scf_text_at(ratings, "accuracy", "within_fluctuation_ratio")));
    scf_fact(&f, scf_say(r, "Authenticity X", "真实性指数 X"),
             scf_printed(r, "%s (%s/%s)", scf_percent(r, scf_json_string(checks, "score")),
                         scf_counted(r, checks, "checks_passed"),
                         scf_counted(r, checks, "checks_applicable")));
    scf_fact(&f, scf_say(r, "Truth coefficient T", "真实性系数 T"),
             scf_percent(r, scf_json_string(d, "truth_coefficient")));
    scf_fact(&f, scf_say(r, "Execution credibility E", "执行可信度 E"),
             scf_percent(r, scf_json_string(d, "execution_credibility")));
    scf_fact(&f, scf_say(r, "Events / invoices in the window", "窗口内流程 / 发票数"),
             scf_printed(r, "%s / %s", scf_counted(r, counts, "workflow_events"),
                         scf_counted(r, counts, "invoices")));
    scf_facts_end(&f, SCF_BLOCK_FACTS);
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

/* ---- proofs ---- */

static void add_proof(struct scf_report *r, const struct scf_report_inputs *in) {
    enum { QR_SIDE = 11500 };
    const struct scf_record *k = &in->record;
    char chain[SCF_ID_TEXT];
    scf_id_format("chain", &k->chain_id, chain);
    struct scf_facts f = {.r = r};
    struct scf_figure *qr = scf_alloc(r->arena, 1, sizeof *qr);
    const char *url = scf_printed(r, "%s/v1/records/%s/proof", in->base_url, r->id);
    if (qr == NULL) {
        r->failed = true;
        return;
    }
    scf_add_block(r, SCF_BLOCK_HEADING, scf_say(r, "Proofs", "存证与验证"));
    scf_fact(&f, scf_say(r, "Record", "记录编号"), r->id);
    scf_fact(&f, scf_say(r, "Chain and position", "链与位置"),
             scf_printed(r, "%s, %" PRId64, chain, k->leaf_index));
    scf_fact(&f, scf_say(r, "Leaf hash", "叶哈希"), hex_of(r, &k->leaf_hash));
    scf_fact(&f, scf_say(r, "SHA-256 of the record's body", "记录正文 SHA-256"),
             hex_of(r, &k->body_sha256));
    scf_fact(&f, scf_say(r, "SHA-256 of the receipt", "回执 SHA-256"),
             hex_of(r, &in->receipt_sha256));
    scf_fact(&f, scf_say(r, "SHA-256 of the policy", "政策 SHA-256"),
             scf_shown(r, scf_text_at(in->document, "model", "sha256")));
    scf_fact(&f, scf_say(r, "Proof of the record (QR code)", "记录证明（二维码）"), url);
    scf_fig_init(qr, r->arena, QR_SIDE, QR_SIDE);
    scf_fig_qr(qr, 0, 0, QR_SIDE, url);
    qr->alt = scf_printed(r, "QR: %s", url);
    r->failed = r->failed || qr->failed;
    struct scf_block *b = scf_facts_end(&f, SCF_BLOCK_PROOF);
    b->figure = qr;
    b->link = url;
    scf_add_block(
        r, SCF_BLOCK_TEXT,
        scf_say(
            r,
            "To check this limit without a server: download the receipt "
            "(GET /v1/credit-assessments/{id}/receipt) and run: scfd verify receipt.json. It "
            "computes every figure again from the inputs and names the first that differs.",
            "无需服务器即可核对：下载回执（GET /v1/credit-assessments/{id}/receipt），运行 “scfd "
            "verify receipt.json”，程序由输入重算全部数值，并指出首个不符之处。"));
}

static void add_chains(struct scf_report *r, const struct scf_report_inputs *in) {
    const struct scf_report_column columns[] = {
        {scf_say(r, "Chain of the inputs", "输入数据所在链"), 34, false},
        {scf_say(r, "Records used", "采用记录数"), 10, true},
        {scf_say(r, "Sealed size", "封存大小"), 10, true},
        {scf_say(r, "Sealed root", "封存根"), 48, false}, /* 44 characters in one line */
    };
    const cJSON *chains = scf_json_at(in->document, "inputs", "chains"), *c;
    struct scf_report_table t;
    if (scf_list_length(chains) == 0)
        return;
    scf_table_begin(r, &t, scf_say(r, "Chains of the inputs", "输入数据所在链"), columns,
                    SCF_COUNT(columns), scf_list_length(chains));
    cJSON_ArrayForEach(c, chains) {
        int64_t sealed = 0;
        bool empty = !scf_json_i64(c, "sealed_size", &sealed) || sealed == 0;
        scf_table_cell(r, &t, scf_shown(r, scf_json_string(c, "id")));
        scf_table_cell(r, &t, scf_counted(r, c, "folded_size"));
        scf_table_cell(r, &t, scf_counted(r, c, "sealed_size"));
        scf_table_cell(r, &t, scf_shown(r, empty ? NULL : scf_json_string(c, "sealed_root")));
    }
    scf_table_end(&t);
}

bool scf_report_build(const struct scf_report_inputs *in, struct scf_arena *arena,
                      struct scf_report *ret) {
    char id[SCF_ID_TEXT];
    const char *as_of = scf_json_string(in->document, "as_of");
    const char *currency = scf_json_string(in->document, "currency");
    *ret = (struct scf_report){
        .arena = arena, .chinese = in->chinese, .currency = currency != NULL ? currency : ""};
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
    scf_report_limit(ret, in);
    scf_report_parts(ret, in);
    add_proof(ret, in);
    add_chains(ret, in);
    return !ret->failed;
}
