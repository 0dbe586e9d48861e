/* Writing a receipt: the inputs, their digest and checks, and the result. The same inputs give the
 * same bytes. Counts that may pass 2^53 are written as decimal strings. Pure. */
#include "receipt_impl.h"
#include "scalar_checks.h"
#include "scfd/base/money.h"

enum { USUAL_BYTES = 16 << 10 }; /* of the inputs: they grow beyond it step by step */

void scf_receipt_day(struct scf_jsonw *w, const char *key, bool has, int32_t day) {
    if (has)
        scf_jw_date(w, key, day);
    else
        scf_jw_null(w, key);
}

void scf_receipt_time(struct scf_jsonw *w, const char *key, bool has, int64_t us) {
    if (has)
        scf_jw_time(w, key, us);
    else
        scf_jw_null(w, key);
}

static void write_big(struct scf_jsonw *w, const char *key, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    scf_jw_str(w, key, text);
}

static void write_ppm_array(struct scf_jsonw *w, const char *key, const int64_t *ppm, int n) {
    scf_jw_array(w, key);
    for (int i = 0; i < n; i++)
        scf_jw_ppm(w, NULL, ppm[i]);
    scf_jw_end_array(w);
}

static void write_template(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    const struct scf_grading *g = &in->grading;
    scf_jw_object(w, "template");
    scf_jw_id(w, "id", "tpl", &in->template_id);
    scf_jw_str(w, "code", in->template_code);
    scf_jw_i64(w, "revision", in->template_revision);
    write_ppm_array(w, "normativity", g->normativity_ppm, 3);
    scf_jw_array(w, "timeliness_us");
    for (int i = 0; i < 3; i++)
        scf_jw_i64(w, NULL, g->timeliness_us[i]);
    scf_jw_end_array(w);
    write_ppm_array(w, "accuracy", g->accuracy_ppm, 3);
    scf_jw_ppm(w, "delay_workflow_weight", g->delay_workflow_ppm);
    scf_jw_ppm(w, "accuracy_range_weight", g->accuracy_range_ppm);
    write_ppm_array(w, "rating_weights", g->rating_ppm, 3);
    write_ppm_array(w, "scores", g->score_ppm, 4);
    scf_jw_end_object(w);
}

/* The digest follows from the text before it: an altered text is named first. */
static void write_policy(struct scf_jsonw *w, const struct scf_policy *p) {
    scf_jw_object(w, "policy");
    scf_jw_str(w, "code", p->code);
    scf_jw_str(w, "version", p->version);
    scf_jw_str(w, "params", p->params);
    scf_jw_hex(w, "sha256", p->sha256.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

static void write_sums(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    scf_jw_array(w, "sums");
    for (size_t i = 0; i < in->sum_count; i++) {
        const struct scf_rating_sums *s = &in->sums[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "chain_id", "chain", &s->chain_id);
        scf_jw_i64(w, "template", s->template_id);
        scf_jw_str(w, "kind", scf_record_kind_name(s->kind));
        scf_jw_i64(w, "records", s->records);
        write_big(w, "weight_expected", s->weight_expected);
        write_big(w, "weight_present", s->weight_present);
        scf_jw_i64(w, "delay_count", s->delay_count);
        write_big(w, "delay_s", s->delay_s);
        write_big(w, "delay_us", s->delay_us);
        scf_jw_i64(w, "range_ok", s->range_ok);
        scf_jw_i64(w, "fluctuation_applicable", s->fluctuation_applicable);
        scf_jw_i64(w, "fluctuation_ok", s->fluctuation_ok);
        scf_jw_i64(w, "checks_applicable", s->checks_applicable);
        scf_jw_i64(w, "checks_passed", s->checks_passed);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_qualifications(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    scf_jw_array(w, "qualifications");
    for (size_t i = 0; i < in->qualification_count; i++) {
        const struct scf_limit_qualification *q = &in->qualifications[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "type", q->type);
        scf_jw_str(w, "grade", q->grade);
        scf_jw_date(w, "issued_on", q->issued_day);
        scf_receipt_day(w, "valid_until", q->has_until, q->until_day);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_debtors(struct scf_jsonw *w, const struct scf_limit_inputs *in, int scale) {
    scf_jw_array(w, "debtors");
    for (size_t i = 0; i < in->debtor_count; i++) {
        const struct scf_limit_debtor *d = &in->debtors[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "enterprise_id", "ent", &d->enterprise_id);
        scf_jw_bool(w, "core", d->core);
        scf_jw_bool(w, "affiliated", d->affiliated);
        scf_jw_money(w, "contra", d->contra, scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_need(struct scf_jsonw *w, const struct scf_limit_need *n, int scale) {
    if (!n->known) {
        scf_jw_null(w, "need");
        return;
    }
    scf_jw_object(w, "need");
    scf_jw_id(w, "record_id", "epr", &n->record_id);
    scf_jw_hex(w, "sha256", n->body_sha256.b, SCF_HASH_LEN);
    scf_jw_money(w, "revenue", n->revenue, scale);
    scf_jw_money(w, "cost_of_sales", n->cost_of_sales, scale);
    scf_jw_ppm(w, "margin", n->margin_ppm);
    scf_jw_ppm(w, "growth", n->growth_ppm);
    scf_jw_money(w, "inventory", n->inventory, scale);
    scf_jw_money(w, "receivables", n->receivables, scale);
    scf_jw_money(w, "payables", n->payables, scale);
    scf_jw_money(w, "prepayments", n->prepayments, scale);
    scf_jw_money(w, "advances_received", n->advances_received, scale);
    scf_jw_money(w, "own_funds", n->own_funds, scale);
    scf_jw_money(w, "working_capital_loans", n->working_capital_loans, scale);
    scf_jw_money(w, "other_funds", n->other_funds, scale);
    scf_jw_money(w, "granted_elsewhere", n->granted_elsewhere, scale);
    scf_jw_end_object(w);
}

static void write_inputs(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    int scale = scf_scale_of(in->currency);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "assessment_id", "asm", &in->assessment_id);
    scf_jw_id(w, "borrower_id", "ent", &in->borrower_id);
    scf_jw_str(w, "kind", scf_assessment_kind_names[in->kind]);
    scf_jw_str(w, "product", scf_product_names[in->product]);
    scf_jw_str(w, "period", in->period != NULL ? in->period : "");
    scf_jw_time(w, "as_of", in->as_of_us);
    scf_jw_date(w, "window_from", in->from_day);
    scf_jw_date(w, "window_to", in->to_day);
    scf_jw_str(w, "currency", in->currency);
    if (in->has_requested)
        scf_jw_money(w, "requested_amount", in->requested, scale);
    else
        scf_jw_null(w, "requested_amount");
    scf_jw_bool(w, "operating", in->operating);
    scf_jw_i64(w, "history_periods", in->history_periods);
    write_policy(w, &in->policy);
    write_template(w, in);
    scf_chains_write(w, "chains", in);
    write_sums(w, in);
    write_qualifications(w, in);
    write_debtors(w, in, scale);
    write_need(w, &in->need, scale);
    scf_jw_array(w, "contracts");
    for (size_t i = 0; i < in->contract_count; i++)
        scf_receipt_write_contract(w, &in->contracts[i]);
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

void scf_receipt_seal(struct scf_jsonw *w, const struct scf_buf *inputs, const char *base,
                      const char *checks) {
    struct scf_str text = {inputs->data, inputs->len};
    struct scf_hash digest = scf_sha256(text.p, text.n);
    scf_jw_raw(w, "inputs", text.p, text.n);
    scf_jw_hex(w, "inputs_sha256", digest.b, SCF_HASH_LEN);
    scf_jw_raw(w, "checks", "\"", 1);
    size_t from = w->out->len;
    if (checks != NULL)
        scf_buf_puts(w->out, checks);
    else
        scf_scalar_checks(text, base, w->out);
    digest = w->out->overflow ? digest : scf_sha256(w->out->data + from, w->out->len - from);
    scf_buf_putc(w->out, '"');
    scf_jw_hex(w, "checks_sha256", digest.b, SCF_HASH_LEN);
}

void scf_receipt_write_with(const struct scf_limit_inputs *in,
                            const struct scf_limit_result *result, const char *checks,
                            struct scf_buf *out) {
    struct scf_buf inputs;
    scf_buf_init(&inputs, out->max);
    (void)scf_buf_reserve(&inputs, USUAL_BYTES);
    struct scf_jsonw iw = scf_jsonw(&inputs), w = scf_jsonw(out);
    write_inputs(&iw, in);
    if (inputs.overflow) {
        out->overflow = true;
        scf_buf_free(&inputs);
        return;
    }
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "credit_receipt");
    scf_jw_str(&w, "format", SCF_RECEIPT_FORMAT);
    scf_receipt_seal(&w, &inputs, "/inputs", checks);
    scf_jw_object(&w, "result");
    scf_result_write(&w, in, result);
    scf_jw_end_object(&w);
    scf_jw_end_object(&w);
    scf_buf_free(&inputs);
}

void scf_receipt_write(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                       struct scf_buf *out) {
    scf_receipt_write_with(in, result, NULL, out);
}
