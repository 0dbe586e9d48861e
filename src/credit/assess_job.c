/* The job "assess": gathers, computes, and puts the outcome into the platform's chain and before
 * the lenders, in one transaction. Runs at least once; a second run finds the outcome and stops.
 * Relies on gather.c, limit.c, receipt.c and assess_store.c. */
#include "assess.h"
#include "grant.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

enum { DOCUMENT_BYTES = 4 << 20, RECEIPT_BYTES = 16 << 20 };

struct outcome {
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct scf_assess_row *row;
    const struct scf_assess_request *request;
    const struct scf_limit_inputs *in;
    const struct scf_limit_result *result;
    struct scf_grounds grounds;
    struct scf_buf document, receipt;
    int64_t now_us;
};

/* ---- the document: the record's body ---- */

static int64_t count_of(const struct scf_limit_inputs *in, enum scf_record_kind kind) {
    int64_t n = 0;
    for (size_t i = 0; i < in->sum_count; i++)
        n += in->sums[i].kind == kind ? in->sums[i].records : 0;
    return n;
}

static void write_inputs(struct scf_jsonw *w, const struct outcome *o) {
    struct scf_hash receipt = scf_sha256(o->receipt.data, o->receipt.len);
    int64_t guarantees = 0;
    for (size_t i = 0; i < o->in->contract_count; i++)
        guarantees += (int64_t)o->in->contracts[i].guarantee_count;
    scf_jw_object(w, "inputs");
    scf_jw_object(w, "counts");
    scf_jw_i64(w, "contracts", (int64_t)o->in->contract_count);
    scf_jw_i64(w, "workflow_events", count_of(o->in, SCF_REC_WORKFLOW_EVENT));
    scf_jw_i64(w, "invoices", count_of(o->in, SCF_REC_INVOICE));
    scf_jw_i64(w, "guarantees", guarantees);
    scf_jw_i64(w, "history_periods", o->in->history_periods);
    scf_jw_end_object(w);
    scf_jw_object(w, "period");
    scf_jw_date(w, "from", o->in->from_day);
    scf_jw_date(w, "to", o->in->to_day);
    scf_jw_end_object(w);
    scf_chains_write(w, "chains", o->in);
    scf_jw_hex(w, "receipt_sha256", receipt.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

static void write_document(struct outcome *o) {
    struct scf_jsonw w = scf_jsonw(&o->document);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "credit_assessment");
    scf_jw_id(&w, "id", "asm", &o->row->id);
    scf_jw_str(&w, "kind", "initial");
    scf_jw_id(&w, "borrower_id", "ent", &o->row->borrower_id);
    scf_jw_array(&w, "contract_ids");
    for (size_t i = 0; i < o->in->contract_count; i++)
        scf_jw_id(&w, NULL, "ctr", &o->in->contracts[i].record_id);
    scf_jw_end_array(&w);
    scf_jw_time(&w, "as_of", o->in->as_of_us);
    if (o->in->has_requested)
        scf_jw_money(&w, "requested_amount", o->in->requested, scf_scale_of(o->in->currency));
    scf_model_write(&w, "model", &o->in->policy);
    scf_jw_object(&w, "template");
    scf_jw_id(&w, "id", "tpl", &o->in->template_id);
    scf_jw_str(&w, "code", o->in->template_code);
    scf_jw_i64(&w, "revision", o->in->template_revision);
    scf_jw_end_object(&w);
    write_inputs(&w, o);
    scf_result_write(&w, o->in, o->result);
    scf_jw_end_object(&w);
}

/* ---- the transaction ---- */

static int id_order(const void *a, const void *b) {
    return scf_uuid_compare(a, b);
}

/* Every chain that gets a record or an event, in id order, after the limit accounts. */
static enum scf_code lock_chains(struct scf_db *db, struct outcome *o, struct scf_error *err) {
    size_t n = o->request->lender_count + 1;
    struct scf_uuid *ids = scf_alloc(o->arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    memcpy(ids, o->request->lenders, (n - 1) * sizeof *ids);
    ids[n - 1] = o->services->installation.platform_id;
    qsort(ids, n, sizeof *ids, id_order);
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        int64_t size;
        code = scf_chain_lock(db, o->arena, &ids[i], &size, err);
    }
    return code;
}

static enum scf_code append(struct scf_db *db, struct outcome *o, struct scf_record *ret,
                            struct scf_error *err) {
    char *external_id = scf_alloc(o->arena, 1, SCF_ID_TEXT);
    if (external_id == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    scf_id_format("asm", &o->row->id, external_id);
    *ret = (struct scf_record){
        .chain_id = o->services->installation.platform_id,
        .id = o->row->id,
        .kind = SCF_REC_CREDIT_ASSESSMENT,
        .external_id = scf_str(external_id),
        .received_us = o->now_us,
        .body = {o->document.data, o->document.len},
        .enterprise_id = o->row->borrower_id,
        .has_amount = true,
        .amount = o->result->limit,
    };
    memcpy(ret->currency, o->in->currency, 4);
    scf_record_prepare(ret);
    return scf_chain_append(db, o->arena, ret, 1, err);
}

/* A first run: the assessment's row is written, and what it grants is in the limit accounts. */
static enum scf_code succeed(struct scf_db *db, struct outcome *o, bool *ret_first,
                             struct scf_error *err) {
    enum scf_code code = scf_assess_succeed(db, o->arena, &o->row->id, o->in, o->result,
                                            (struct scf_str){o->document.data, o->document.len},
                                            (struct scf_str){o->receipt.data, o->receipt.len},
                                            o->now_us, ret_first, err);
    if (code != SCF_OK || !*ret_first || o->in->kind != SCF_KIND_INITIAL)
        return code;
    return scf_assess_grant(db, o->arena, o->in, o->result, o->now_us, err);
}

static enum scf_code publish(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct outcome *o = ctx;
    bool first = false;
    enum scf_code code = succeed(db, o, &first, err);
    if (code != SCF_OK || !first) /* another run was faster: its outcome stands */
        return code;
    struct scf_record record;
    code = lock_chains(db, o, err);
    if (code == SCF_OK)
        code = append(db, o, &record, err);
    for (size_t i = 0; code == SCF_OK && i < o->request->lender_count; i++)
        code = scf_grounds_address(db, o->arena, &record, &o->grounds, &o->request->lenders[i],
                                   o->now_us, err);
    return code;
}

/* ---- the job ---- */

static void free_buf(void *buf) {
    scf_buf_free(buf);
}

static enum scf_code finish(struct scf_job *job, const struct scf_assess_row *row,
                            const struct scf_assess_request *request,
                            const struct scf_limit_inputs *in, struct scf_error *err) {
    struct scf_limit_result result;
    struct outcome *o = scf_alloc(job->arena, 1, sizeof *o);
    if (o == NULL || !scf_limit_compute(in, job->arena, &result))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    *o = (struct outcome){.arena = job->arena,
                          .services = job->app,
                          .row = row,
                          .request = request,
                          .in = in,
                          .result = &result,
                          .now_us = scf_now_us()};
    scf_buf_init(&o->document, DOCUMENT_BYTES);
    scf_buf_init(&o->receipt, RECEIPT_BYTES);
    scf_defer(job->arena, free_buf, &o->document);
    scf_defer(job->arena, free_buf, &o->receipt);
    scf_receipt_write(in, &result, &o->receipt);
    write_document(o);
    if (o->receipt.overflow || o->document.overflow)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The assessment rests on too many records");
    enum scf_code code = scf_grounds_read(job->db, job->arena, in, &o->grounds, err);
    return code == SCF_OK ? scf_tx_run(job->db, publish, o, err) : code;
}

static bool read_payload(const struct scf_job *job, struct scf_uuid *ret) {
    struct scf_error ignored = {0};
    char *text = scf_strndup(job->arena, job->payload.p, job->payload.n);
    const cJSON *json =
        text != NULL ? scf_json_parse(job->arena, text, job->payload.n, &ignored) : NULL;
    const char *id = scf_json_string(json, "id");
    return id != NULL && scf_id_parse("asm", scf_str(id), ret);
}

static enum scf_code run(struct scf_job *job, struct scf_error *err) {
    struct scf_uuid id;
    struct scf_assess_row row;
    struct scf_assess_request request;
    struct scf_limit_inputs in;
    if (!read_payload(job, &id))
        return scf_fail(err, SCF_E_MALFORMED_JSON, "The job names no assessment");
    enum scf_code code = scf_assess_get(job->db, job->arena, NULL, &id, &row, err);
    if (code != SCF_OK || row.status >= SCF_ASM_SUCCEEDED)
        return code;
    char *text = scf_strndup(job->arena, row.request.p, row.request.n);
    const cJSON *body = text != NULL ? scf_json_parse(job->arena, text, row.request.n, err) : NULL;
    if (body == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The stored request cannot be read");
    code = scf_assess_request_read(job->arena, body, &request, err);
    code = code == SCF_OK ? scf_assess_begin(job->db, job->arena, &id, scf_now_us(), err) : code;
    code = code == SCF_OK ? scf_assess_gather(job->db, job->arena, job->app, &id, &request,
                                              row.as_of_us, &in, err)
                          : code;
    return code == SCF_OK ? finish(job, &row, &request, &in, err) : code;
}

struct failure {
    struct scf_arena *arena;
    struct scf_uuid id;
    const struct scf_error *why;
};

static enum scf_code record_failure(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct failure *f = ctx;
    return scf_assess_fail(db, f->arena, &f->id, f->why, scf_now_us(), err);
}

static void failed(struct scf_job *job, const struct scf_error *why) {
    struct failure f = {.arena = job->arena, .why = why};
    struct scf_error err = {0};
    if (read_payload(job, &f.id) && scf_tx_run(job->db, record_failure, &f, &err) != SCF_OK)
        scf_log_error("recording a failed assessment", &err);
}

const struct scf_job_kind scf_assess_job = {
    .name = "assess", .run = run, .failed = failed, .lease_s = 300, .max_attempts = 5};
