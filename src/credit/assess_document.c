/* Writing the document of an assessment; the members of the result are in result.c. Pure. */
#include "scfd/credit/publish.h"
#include "scfd/limit/receipt.h"

static int64_t count_of(const struct scf_limit_inputs *in, enum scf_record_kind kind) {
    int64_t n = 0;
    for (size_t i = 0; i < in->sum_count; i++)
        n += in->sums[i].kind == kind ? in->sums[i].records : 0;
    return n;
}

static void write_counts(struct scf_jsonw *w, const struct scf_limit_inputs *in) {
    int64_t guarantees = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        guarantees += (int64_t)in->contracts[i].guarantee_count;
    scf_jw_object(w, "counts");
    scf_jw_i64(w, "contracts", (int64_t)in->contract_count);
    scf_jw_i64(w, "workflow_events", count_of(in, SCF_REC_WORKFLOW_EVENT));
    scf_jw_i64(w, "invoices", count_of(in, SCF_REC_INVOICE));
    scf_jw_i64(w, "guarantees", guarantees);
    scf_jw_i64(w, "history_periods", in->history_periods);
    scf_jw_end_object(w);
}

static void write_inputs(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                         struct scf_str receipt) {
    struct scf_hash digest = scf_sha256(receipt.p, receipt.n);
    scf_jw_object(w, "inputs");
    write_counts(w, in);
    scf_jw_object(w, "period");
    scf_jw_date(w, "from", in->from_day);
    scf_jw_date(w, "to", in->to_day);
    scf_jw_end_object(w);
    scf_chains_write(w, "chains", in);
    scf_jw_i64(w, "chains_left_out", in->chains_left_out);
    scf_jw_hex(w, "receipt_sha256", digest.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

/* Of all contracts together, by their amounts. */
static int64_t completion(const struct scf_limit_inputs *in) {
    __int128 all = 0, done = 0;
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_contract *k = &in->contracts[i];
        if (k->duplicate || strcmp(k->currency, in->currency) != 0)
            continue;
        all += k->amount;
        done += (__int128)k->amount * k->trade.completion_ppm;
    }
    return all > 0 ? (int64_t)(done / all) : 0;
}

void scf_assess_document(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                         struct scf_str receipt, struct scf_buf *out) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "credit_assessment");
    scf_jw_id(&w, "id", "asm", &in->assessment_id);
    scf_jw_str(&w, "kind", scf_assessment_kind_names[in->kind]);
    if (in->period != NULL && in->period[0] != '\0')
        scf_jw_str(&w, "increment_period", in->period);
    scf_jw_id(&w, "borrower_id", "ent", &in->borrower_id);
    scf_jw_array(&w, "contract_ids");
    for (size_t i = 0; i < in->contract_count; i++)
        scf_jw_id(&w, NULL, "ctr", &in->contracts[i].record_id);
    scf_jw_end_array(&w);
    scf_jw_time(&w, "as_of", in->as_of_us);
    if (in->has_requested)
        scf_jw_money(&w, "requested_amount", in->requested, scf_scale_of(in->currency));
    scf_model_write(&w, "model", &in->policy);
    scf_jw_object(&w, "template");
    scf_jw_id(&w, "id", "tpl", &in->template_id);
    scf_jw_str(&w, "code", in->template_code);
    scf_jw_i64(&w, "revision", in->template_revision);
    scf_jw_end_object(&w);
    write_inputs(&w, in, receipt);
    if (in->kind != SCF_KIND_INITIAL)
        scf_jw_ppm(&w, "completion_percent", completion(in) * 100);
    scf_result_write(&w, in, result);
    scf_jw_end_object(&w);
}
