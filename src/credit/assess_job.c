/* The job "assess": gathers, computes, and puts the outcome into the platform's chain and before
 * the lenders, in one transaction. Runs at least once; a second run finds the outcome and stops.
 * Relies on gather.c, on the limit room for result and receipt, on assess_document.c and
 * assess_store.c, on trial for shadows, and for increments on increment_book.c. */
#include "assess.h"
#include "terms.h"
#include "scfd/credit/publish.h"
#include "increment_book.h"
#include "grant.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/trial/shadow.h"

struct outcome {
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct scf_assess_row *row;
    const struct scf_assess_request *request;
    struct scf_limit_inputs in;
    struct scf_limit_result result;
    struct scf_grounds grounds;
    struct scf_shadow *shadows;
    size_t shadow_count;
    struct scf_buf document, receipt;
    struct scf_increment increment; /* of the contracts' accounts; empty of an initial limit */
    int64_t now_us;
};

/* ---- computing ---- */

/* Documents are written again when the transaction is tried again. */
static enum scf_code compute(struct outcome *o, struct scf_error *err) {
    if (!scf_limit_compute(&o->in, o->arena, &o->result))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    scf_buf_clear(&o->receipt);
    scf_buf_clear(&o->document);
    scf_receipt_write(&o->in, &o->result, &o->receipt);
    scf_assess_document(&o->in, &o->result, (struct scf_str){o->receipt.data, o->receipt.len},
                        &o->document);
    if (o->receipt.overflow || o->document.overflow)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The assessment rests on too many records");
    return SCF_OK;
}

/* Everything that follows from the inputs, before anything is locked that others wait for. */
static enum scf_code prepare(struct scf_db *db, struct outcome *o, struct scf_error *err) {
    enum scf_code code = compute(o, err);
    code = code == SCF_OK ? scf_grounds_read(db, o->arena, &o->in, &o->grounds, err) : code;
    return code == SCF_OK
               ? scf_shadows_compute(db, o->arena, &o->in, &o->shadows, &o->shadow_count, err)
               : code;
}

/* ---- the transaction ---- */

/* Every chain that gets a record or an event, in id order, after the limit accounts. */
static enum scf_code lock_chains(struct scf_db *db, struct outcome *o, struct scf_error *err) {
    size_t n = 0, lenders = o->request->lender_count;
    struct scf_uuid *ids = scf_alloc(o->arena, lenders + o->increment.event_count + 1, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    ids[n++] = o->services->installation.platform_id;
    for (size_t i = 0; i < lenders; i++)
        ids[n++] = o->request->lenders[i];
    for (size_t i = 0; i < o->increment.event_count; i++)
        ids[n++] = o->increment.events[i].node_id;
    return scf_chain_lock_many(db, o->arena, ids, n, err);
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
        .amount = o->result.limit,
    };
    memcpy(ret->currency, o->in.currency, 4);
    scf_record_prepare(ret);
    return scf_chain_append(db, o->arena, ret, 1, err);
}

/* The buyers of contracts that have a limit account from now on: what their nodes send counts for
 * the increments, which name no contract. */
static enum scf_code note_partners(struct scf_db *db, struct outcome *o, struct scf_error *err) {
    size_t n = 0, most = o->in.contract_count;
    const struct scf_uuid **sellers = scf_alloc(o->arena, most, sizeof *sellers);
    const struct scf_uuid **buyers = scf_alloc(o->arena, most, sizeof *buyers);
    if (sellers == NULL || buyers == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < most; i++) {
        if (!scf_grant_applies(&o->in, i) || scf_uuid_is_nil(&o->in.contracts[i].buyer_id))
            continue;
        sellers[n] = &o->in.borrower_id;
        buyers[n++] = &o->in.contracts[i].buyer_id;
    }
    return scf_trade_partners_add(db, o->arena, sellers, buyers, n, err);
}

/* A first run: the assessment's row is written, and what it grants is in the limit accounts. */
static enum scf_code succeed(struct scf_db *db, struct outcome *o, bool *ret_first,
                             struct scf_error *err) {
    enum scf_code code = scf_assess_succeed(db, o->arena, &o->row->id, &o->in, &o->result,
                                            (struct scf_str){o->receipt.data, o->receipt.len},
                                            o->now_us, ret_first, err);
    if (code != SCF_OK || !*ret_first)
        return code;
    code =
        o->in.kind == SCF_KIND_INITIAL
            ? scf_assess_grant(db, o->arena, &o->in, &o->result, o->now_us, err)
            : scf_increment_book(db, o->arena, &o->in, &o->result, &o->increment, o->now_us, err);
    return code == SCF_OK ? note_partners(db, o, err) : code;
}

static enum scf_code publish(struct scf_db *db, struct outcome *o, struct scf_error *err) {
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
    if (code == SCF_OK)
        code =
            scf_event_append_many(db, o->arena, o->increment.events, o->increment.event_count, err);
    if (code == SCF_OK)
        code = scf_lender_limits_publish(db, o->arena, &o->in, &o->result,
                                         (struct scf_str){o->receipt.data, o->receipt.len},
                                         o->request->lenders, o->request->lender_count, err);
    return code == SCF_OK ? scf_shadows_save(db, o->arena, &o->in, &o->result, o->shadows,
                                             o->shadow_count, err)
                          : code;
}

static enum scf_code publish_initial(struct scf_db *db, void *ctx, struct scf_error *err) {
    return publish(db, ctx, err);
}

/* An increment is decided under the accounts' locks, on what is read after they are held: nothing
 * that another assessment or a run of a period did in between is overlooked. */
static enum scf_code publish_increment(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct outcome *o = ctx;
    int64_t as_of_us;
    enum scf_code code =
        scf_increment_lock(db, o->arena, o->request, scf_now_us(), &o->increment, &as_of_us, err);
    if (code == SCF_OK)
        code = scf_assess_read(db, o->arena, o->services, &o->row->id, o->request, as_of_us, &o->in,
                               err);
    code = code == SCF_OK ? prepare(db, o, err) : code;
    return code == SCF_OK ? publish(db, o, err) : code;
}

/* ---- the job ---- */

static void free_buf(void *buf) {
    scf_buf_free(buf);
}

static enum scf_code initial(struct scf_job *job, struct outcome *o, struct scf_error *err) {
    enum scf_code code = scf_assess_gather(job->db, job->arena, o->services, &o->row->id,
                                           o->request, o->row->as_of_us, &o->in, err);
    code = code == SCF_OK ? prepare(job->db, o, err) : code;
    return code == SCF_OK ? scf_tx_run(job->db, publish_initial, o, err) : code;
}

static enum scf_code incremental(struct scf_job *job, struct outcome *o, struct scf_error *err) {
    enum scf_code code = scf_assess_fold(job->db, job->arena, o->services, o->request, err);
    return code == SCF_OK ? scf_tx_run(job->db, publish_increment, o, err) : code;
}

static enum scf_code finish(struct scf_job *job, const struct scf_assess_row *row,
                            const struct scf_assess_request *request, struct scf_error *err) {
    struct outcome *o = scf_alloc(job->arena, 1, sizeof *o);
    if (o == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
    *o = (struct outcome){.arena = job->arena,
                          .services = job->app,
                          .row = row,
                          .request = request,
                          .now_us = scf_now_us()};
    scf_buf_init(&o->document, SCF_DOCUMENT_BYTES);
    scf_buf_init(&o->receipt, SCF_RECEIPT_BYTES);
    scf_defer(job->arena, free_buf, &o->document);
    scf_defer(job->arena, free_buf, &o->receipt);
    return request->kind == SCF_KIND_INITIAL ? initial(job, o, err) : incremental(job, o, err);
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
    return code == SCF_OK ? finish(job, &row, &request, err) : code;
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
