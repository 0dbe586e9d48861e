/* Writing a receipt: the inputs, their digest, and the result. The same inputs give the same bytes.
 * Counts that may pass 2^53 are written as decimal strings. Pure. */
#include "receipt.h"
#include "scfd/base/money.h"

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

static void write_policy(struct scf_jsonw *w, const struct scf_policy *p) {
    scf_jw_object(w, "policy");
    scf_jw_str(w, "code", p->code);
    scf_jw_str(w, "version", p->version);
    scf_jw_hex(w, "sha256", p->sha256.b, SCF_HASH_LEN);
    scf_jw_str(w, "params", p->params);
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
        if (q->has_until)
            scf_jw_date(w, "valid_until", q->until_day);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_guarantees(struct scf_jsonw *w, const struct scf_limit_contract *k) {
    scf_jw_array(w, "guarantees");
    for (size_t i = 0; i < k->guarantee_count; i++) {
        const struct scf_limit_guarantee *g = &k->guarantees[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "gua", &g->record_id);
        scf_jw_hex(w, "sha256", g->body_sha256.b, SCF_HASH_LEN);
        scf_jw_str(w, "status", g->status);
        scf_jw_str(w, "currency", g->currency);
        scf_jw_money(w, "amount", g->amount, scf_scale_of(g->currency));
        scf_jw_bool(w, "obligor_is_borrower", g->obligor_is_borrower);
        if (g->unconfirmed)
            scf_jw_bool(w, "unconfirmed", true);
        if (g->has_from)
            scf_jw_date(w, "effective_from", g->from_day);
        scf_jw_date(w, "expires_on", g->expires_day);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_contract(struct scf_jsonw *w, const struct scf_limit_contract *k) {
    int scale = scf_scale_of(k->currency);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "id", "ctr", &k->record_id);
    scf_jw_hex(w, "sha256", k->body_sha256.b, SCF_HASH_LEN);
    scf_jw_str(w, "status", k->status);
    scf_jw_str(w, "currency", k->currency);
    scf_jw_money(w, "amount", k->amount, scale);
    scf_jw_money(w, "prepaid", k->prepaid, scale);
    scf_jw_money(w, "retention", k->retention, scale);
    scf_jw_money(w, "financed", k->financed, scale);
    scf_jw_bool(w, "seller_is_borrower", k->seller_is_borrower);
    scf_jw_bool(w, "duplicate", k->duplicate);
    if (k->has_signed)
        scf_jw_time(w, "signed_at", k->signed_us);
    write_guarantees(w, k);
    scf_jw_end_object(w);
}

static void write_inputs(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    scf_jw_object(w, NULL);
    scf_jw_id(w, "assessment_id", "asm", &in->assessment_id);
    scf_jw_id(w, "borrower_id", "ent", &in->borrower_id);
    scf_jw_time(w, "as_of", in->as_of_us);
    scf_jw_date(w, "window_from", in->from_day);
    scf_jw_date(w, "window_to", in->to_day);
    scf_jw_str(w, "currency", in->currency);
    if (in->has_requested)
        scf_jw_money(w, "requested_amount", in->requested, scf_scale_of(in->currency));
    scf_jw_bool(w, "operating", in->operating);
    scf_jw_i64(w, "history_periods", in->history_periods);
    write_policy(w, &in->policy);
    write_template(w, in);
    scf_chains_write(w, "chains", in);
    write_sums(w, in);
    write_qualifications(w, in);
    scf_jw_array(w, "contracts");
    for (size_t i = 0; i < in->contract_count; i++)
        write_contract(w, &in->contracts[i]);
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

void scf_receipt_write(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                       struct scf_buf *out) {
    struct scf_buf inputs;
    scf_buf_init(&inputs, out->max);
    struct scf_jsonw iw = scf_jsonw(&inputs), w = scf_jsonw(out);
    write_inputs(&iw, in);
    if (inputs.overflow) {
        out->overflow = true;
        scf_buf_free(&inputs);
        return;
    }
    struct scf_hash digest = scf_sha256(inputs.data, inputs.len);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "credit_receipt");
    scf_jw_str(&w, "format", "scfd-receipt/v1");
    scf_jw_raw(&w, "inputs", inputs.data, inputs.len);
    scf_jw_hex(&w, "inputs_sha256", digest.b, SCF_HASH_LEN);
    scf_jw_object(&w, "result");
    scf_result_write(&w, in, result);
    scf_jw_end_object(&w);
    scf_jw_end_object(&w);
    scf_buf_free(&inputs);
}
