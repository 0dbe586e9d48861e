/* POST /v1/records/{id}/erasure: administrators take the body of a record out of the database. Who
 * asked for it, and why, becomes a record of the platform's chain in the same transaction; it does
 * not repeat what is erased. Relies on erasure_store and on the chain. */
#include "store.h"

#include "scfd/base/clock.h"
#include "scfd/codec/field_table.h"
#include "scfd/erasure/erasure.h"
#include "scfd/exchange/exchange.h"
#include "scfd/http/answer.h"
#include "scfd/party/services.h"

enum { DOCUMENT_MAX = 64 << 10 };

/* ---- the body ---- */

static const struct scf_field fields[] = {
    SCF_F("reason", STRING, "why, in a sentence; do not repeat what is erased",
          "清除原因（请勿复述被清除内容）", SCF_MUST, SCF_SIZE(1, 2000),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("legal_basis", ENUM,
          "what it rests on; only a court_order erases what is evidence of something open",
          "法律依据；仅 court_order 可清除尚在存续业务中的证据", SCF_MUST,
          SCF_AMONG(scf_erasure_basis_names)),
    SCF_F("requested_by", STRING, "who asked for it", "请求人", SCF_MUST, SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("requested_at", TIME, "when it was asked for; not in the future",
          "请求时间，不得晚于当前时间", SCF_MUST),
    SCF_F("reference", STRING, "number of the order or the request; an order has one",
          "文书或请求编号；法院、监管命令必填", SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_FIELD_END};

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    (void)ctx;
    const char *basis = scf_json_string(body, "legal_basis");
    const char *at = scf_json_string(body, "requested_at");
    int64_t us;
    if (basis != NULL && strstr(basis, "_order") != NULL && !scf_json_string(body, "reference"))
        scf_fault_add(faults, "#/reference", "required", "an order has a number");
    if (at != NULL && scf_time_parse(scf_str(at), &us) && us > scf_now_us())
        scf_fault_add(faults, "#/requested_at", "out-of-range", "must not be in the future");
}

static const struct scf_schema erasure_schema = {
    .name = "ErasureCreate",
    .doc_en = "A request to erase the body of a record",
    .doc_zh = "清除记录内容的请求",
    .fields = fields,
    .rules = rules,
};

struct erase {
    struct scf_request *rq;
    struct scf_uuid id; /* of the path */
    enum scf_record_kind kind;
    struct scf_erasure_order order;
    struct scf_record record, erasure;
    struct scf_str document;
    int status;
    struct scf_replay replay;
};

static enum scf_code read_path(struct erase *e, struct scf_error *err) {
    char prefix[16];
    if (scf_id_parse_any(scf_rq_param(e->rq, "id"), prefix, &e->id) &&
        scf_record_kind_of_prefix(prefix, &e->kind))
        return SCF_OK;
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
}

static enum scf_code read_body(struct erase *e, struct scf_error *err) {
    const cJSON *body;
    struct scf_erasure_order *o = &e->order;
    enum scf_code code = scf_rq_valid_body(e->rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    const char *basis = scf_json_string(body, "legal_basis");
    while (strcmp(scf_erasure_basis_names[o->basis], basis) != 0)
        o->basis++;
    o->reason = scf_str(scf_json_string(body, "reason"));
    o->requested_by = scf_str(scf_json_string(body, "requested_by"));
    o->reference = scf_str(scf_json_string(body, "reference"));
    bool read = scf_time_parse(scf_str(scf_json_string(body, "requested_at")), &o->requested_us);
    SCF_ASSERT(read);
    return SCF_OK;
}

/* ---- the record of it ---- */

static enum scf_code write_document(struct erase *e, struct scf_error *err) {
    const struct scf_record *r = &e->record;
    const struct scf_erasure_order *o = &e->order;
    struct scf_buf out;
    scf_buf_init(&out, DOCUMENT_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "erasure");
    scf_jw_id(&w, "id", scf_record_kind_prefix(SCF_REC_ERASURE), &e->erasure.id);
    scf_jw_object(&w, "record");
    scf_jw_id(&w, "id", scf_record_kind_prefix(r->kind), &r->id);
    scf_jw_str(&w, "object", scf_record_kind_name(r->kind));
    scf_jw_id(&w, "chain_id", "chain", &r->chain_id);
    scf_jw_i64(&w, "index", r->leaf_index);
    scf_jw_hex(&w, "leaf_hash", r->leaf_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(&w);
    scf_jw_str(&w, "legal_basis", scf_erasure_basis_names[o->basis]);
    scf_jw_strn(&w, "reason", o->reason.p, o->reason.n);
    scf_jw_strn(&w, "requested_by", o->requested_by.p, o->requested_by.n);
    scf_jw_time(&w, "requested_at", o->requested_us);
    if (o->reference.n > 0)
        scf_jw_strn(&w, "reference", o->reference.p, o->reference.n);
    scf_jw_time(&w, "erased_at", e->erasure.received_us);
    scf_jw_end_object(&w);
    char *text = out.overflow ? NULL : scf_strndup(scf_rq_arena(e->rq), out.data, out.len);
    e->document = (struct scf_str){text, out.len};
    scf_buf_free(&out);
    return text == NULL ? scf_fail_memory(err) : SCF_OK;
}

/* The platform's chain and the node's, which is told, in their order. */
static enum scf_code lock_chains(const struct erase *e, struct scf_db *db, struct scf_error *err) {
    const struct scf_services *services = scf_rq_app(e->rq);
    struct scf_uuid chains[] = {services->installation.platform_id, e->record.chain_id};
    return scf_chain_lock_many(db, scf_rq_arena(e->rq), chains, SCF_COUNT(chains), err);
}

static enum scf_code append_record(struct erase *e, struct scf_db *db, struct scf_error *err) {
    const struct scf_services *services = scf_rq_app(e->rq);
    struct scf_arena *arena = scf_rq_arena(e->rq);
    const struct scf_uuid *platform = &services->installation.platform_id;
    char id[SCF_ID_TEXT];
    e->erasure = (struct scf_record){.chain_id = *platform,
                                     .id = scf_uuid_new(),
                                     .kind = SCF_REC_ERASURE,
                                     .received_us = scf_now_us()};
    enum scf_code code = write_document(e, err);
    if (code != SCF_OK)
        return code;
    scf_id_format(scf_record_kind_prefix(e->record.kind), &e->record.id, id);
    e->erasure.external_id = scf_str(id);
    e->erasure.body = e->document;
    scf_record_prepare(&e->erasure);
    code = scf_chain_append(db, arena, &e->erasure, 1, err);
    if (code == SCF_OK)
        code = scf_erasure_insert(db, arena, &e->record, &e->erasure, e->order.basis, err);
    if (code != SCF_OK || scf_uuid_eq(&e->record.chain_id, platform))
        return code;
    return scf_record_address(db, arena, &e->erasure, &e->record.chain_id, "record.erased", err);
}

/* ---- erasing ---- */

static enum scf_code refuse_kept(struct erase *e, const struct scf_retention *kept,
                                 struct scf_error *err) {
    char id[SCF_ID_TEXT];
    scf_id_format(kept->holder_prefix, &kept->holder_id, id);
    scf_fail(err, SCF_E_RETENTION_DUTY,
             "The record is evidence of %s, which is not over (%s). A court order erases it all "
             "the same.",
             id, kept->rule);
    err->members_json =
        scf_asprintf(scf_rq_arena(e->rq), "{\"rule\":\"%s\",\"holder_id\":\"%s\"}", kept->rule, id);
    return err->code;
}

static enum scf_code may_erase(struct erase *e, struct scf_db *db, struct scf_error *err) {
    const struct scf_retention *kept;
    if (e->record.kind > SCF_REC_GUARANTEE)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "Only what nodes send is erased: enterprises, contracts, workflow events, "
                        "invoices and guarantees.");
    enum scf_code code =
        scf_erasure_retention(db, scf_rq_arena(e->rq), &e->record, scf_now_us(), &kept, err);
    if (code != SCF_OK || kept == NULL || e->order.basis == SCF_BASIS_COURT_ORDER)
        return code;
    return refuse_kept(e, kept, err);
}

static enum scf_code erase_now(struct erase *e, struct scf_db *db, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(e->rq);
    struct scf_uuid job;
    enum scf_code code = may_erase(e, db, err);
    if (code == SCF_OK)
        code = lock_chains(e, db, err);
    if (code == SCF_OK)
        code = scf_erasure_strip(db, arena, &e->record, scf_now_us(), err);
    if (code == SCF_OK)
        code = append_record(e, db, err);
    return code == SCF_OK
               ? scf_job_enqueue(db, arena, SCF_ERASURE_SWEEP, "sweep", "{}", 0, &job, err)
               : code;
}

static enum scf_code erase_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct erase *e = ctx;
    struct scf_arena *arena = scf_rq_arena(e->rq);
    enum scf_code code = scf_key_hold(db, arena, scf_rq_actor(e->rq), scf_now_us(), err);
    if (code == SCF_OK)
        code = scf_idempotency_claim(e->rq, db, &e->replay, err);
    if (code != SCF_OK || e->replay.found)
        return code;
    code = scf_erasure_lock_record(db, arena, &e->id, &e->record, err);
    if (code == SCF_OK && e->record.kind != e->kind)
        code = scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    if (code != SCF_OK)
        return code;
    bool erased = e->record.body.p == NULL;
    e->status = erased ? 200 : 201;
    code =
        erased ? scf_erasure_document(db, arena, &e->id, &e->document, err) : erase_now(e, db, err);
    return code == SCF_OK ? scf_idempotency_store(e->rq, db, e->status, e->document, err) : code;
}

static void reply(struct erase *e) {
    struct scf_buf body;
    scf_buf_init(&body, DOCUMENT_MAX);
    scf_buf_put(&body, e->document.p, e->document.n);
    scf_reply_json(e->rq, e->status, &body);
}

static void handle(struct scf_request *rq) {
    struct scf_error err = {0};
    struct erase e = {.rq = rq};
    if (read_path(&e, &err) != SCF_OK || read_body(&e, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), erase_body, &e, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else if (e.replay.found)
        scf_reply_replay(rq, &e.replay);
    else
        reply(&e);
}

const struct scf_route scf_erasure_routes[] = {
    {.method = "POST",
     .pattern = "/v1/records/{id}/erasure",
     .operation_id = "eraseRecord",
     .tag = "Records",
     .summary = "Erase the body of a record on lawful request; its leaf and every other proof stay",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle,
     .body_type = "application/json",
     .request = &erasure_schema,
     .answers = "201 Erasure,200 Erasure,404,409,422"},
};
const size_t scf_erasure_route_count = SCF_COUNT(scf_erasure_routes);
