/* /v1/witness/conflicts: every key may read both notes, for whoever holds them can check them; an
 * administrator says that it has seen to a conflict, and the log is cosigned again. Relies on the
 * stores of the room. */
#include "api.h"

#include "conflict_store.h"
#include "log_store.h"
#include "scfd/base/clock.h"

static const struct scf_field reason_fields[] = {{.name = "reason",
                                                  .type = SCF_T_STRING,
                                                  .presence = SCF_REQUIRED,
                                                  .min = 1,
                                                  .max = 1000,
                                                  .doc_en = "what was found out and done",
                                                  .doc_zh = "查明情况与处理说明"},
                                                 SCF_FIELD_END};

const struct scf_schema scf_wit_reason_schema = {
    .name = "WitnessConflictAcknowledge",
    .doc_en = "That somebody has seen to a conflict",
    .doc_zh = "确认已处理冲突",
    .fields = reason_fields,
};

static void reply_conflict(struct scf_request *rq, const struct scf_wit_conflict *c) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_wit_conflict_write(&w, c, true);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, c->acknowledged ? 2 : 1, &out);
}

void scf_wit_conflict_read(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_wit_conflict c;
    enum scf_code code = scf_rq_path_id(rq, "id", "wcf", &id, &err);
    if (code == SCF_OK)
        code = scf_wit_conflict_get(scf_rq_db(rq), scf_rq_arena(rq), &id, false, &c, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_conflict(rq, &c);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_wit_conflict *c = (const struct scf_wit_conflict *)items + i;
    scf_wit_conflict_write(w, c, false);
    return (struct scf_position){c->found_us, c->id};
}

void scf_wit_conflict_list(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct scf_wit_conflict *conflicts;
    int n;
    enum scf_code code = scf_page_read(rq, "witness-conflicts", &page, &err);
    if (code == SCF_OK)
        code = scf_wit_conflict_page(scf_rq_db(rq), scf_rq_arena(rq), &page, &conflicts, &n, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, "witness-conflicts", conflicts, n, write_item);
}

/* ---- POST …/acknowledgement ---- */

struct acknowledging {
    struct scf_request *rq;
    struct scf_uuid id;
    const char *reason;
    struct scf_wit_conflict conflict;
};

/* The log's row before the conflict's, as everywhere. */
static enum scf_code release_log(struct scf_db *db, struct acknowledging *a,
                                 const struct scf_uuid *log_id, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(a->rq);
    struct scf_wit_log log;
    if (scf_uuid_is_nil(log_id))
        return SCF_OK;
    enum scf_code code = scf_wit_log_get(db, arena, log_id, true, &log, err);
    if (code != SCF_OK || !scf_uuid_eq(&log.conflict_id, &a->id))
        return code;
    log.conflict_id = (struct scf_uuid){{0}};
    log.updated_us = scf_now_us();
    return scf_wit_log_save(db, arena, &log, err);
}

static enum scf_code acknowledge(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct acknowledging *a = ctx;
    struct scf_arena *arena = scf_rq_arena(a->rq);
    struct scf_wit_conflict *c = &a->conflict;
    enum scf_code code = scf_wit_conflict_get(db, arena, &a->id, false, c, err);
    if (code == SCF_OK)
        code = release_log(db, a, &c->log_id, err);
    if (code == SCF_OK)
        code = scf_wit_conflict_get(db, arena, &a->id, true, c, err);
    if (code != SCF_OK)
        return code;
    if (c->acknowledged)
        return scf_fail(err, SCF_E_WRONG_STATE, "The conflict is acknowledged already.");
    c->acknowledged = true;
    c->acknowledged_us = scf_now_us();
    c->acknowledged_by = scf_rq_actor(a->rq)->key_id;
    c->reason = scf_str(a->reason);
    return scf_wit_conflict_close(db, arena, scf_rq_app(a->rq), c, err);
}

void scf_wit_conflict_acknowledge(struct scf_request *rq) {
    struct scf_error err;
    const cJSON *body;
    struct acknowledging a = {.rq = rq};
    enum scf_code code = scf_rq_path_id(rq, "id", "wcf", &a.id, &err);
    if (code == SCF_OK)
        code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK) {
        a.reason = scf_json_string(body, "reason");
        code = scf_tx_run_held(rq, acknowledge, &a, &err);
    }
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_conflict(rq, &a.conflict);
}
