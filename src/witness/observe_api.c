/* POST /v1/witness/observations: whoever saw a checkpoint of a log that is witnessed here, or of
 * one of our own chains, shows it, and it is compared with what we know. Relies on remember.c, and
 * for our own chains on their trees. */
#include "api.h"

#include "ask_store.h"
#include "judge.h"
#include "remember.h"
#include "request.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/chain/block.h"
#include "scfd/chain/chain.h"
#include "scfd/exchange/exchange.h"

static const struct scf_field observation_fields[] = {{.name = "checkpoint",
                                                       .type = SCF_T_STRING,
                                                       .presence = SCF_REQUIRED,
                                                       .min = 1,
                                                       .max = SCF_WIT_BODY_MAX / 2,
                                                       .doc_en = "the signed note, as it was seen",
                                                       .doc_zh = "所见检查点原文"},
                                                      SCF_FIELD_END};

const struct scf_schema scf_wit_observation_schema = {
    .name = "WitnessObservation",
    .doc_en = "A checkpoint that somebody saw",
    .doc_zh = "第三方所见的检查点",
    .fields = observation_fields,
};

static const struct scf_uuid ALL_CHAINS = {{0}};

struct observation {
    struct scf_request *rq;
    struct scf_str note;
    struct scf_str origin;
    struct scf_uuid chain_id; /* of our own; nil: another's log */
    bool chain_known;
    struct scf_wit_log log;
    struct scf_wit_view view;
    const char *verdict; /* "consistent", "remembered", "ahead", "conflict" */
    struct scf_uuid conflict;
};

static enum scf_code fault(struct observation *o, const char *detail, struct scf_error *err) {
    return scf_fail_fault(scf_rq_arena(o->rq), "#/checkpoint", "invalid-format", detail, err);
}

/* ---- whose it is, and whether they signed it ---- */

/* The chains of other installations have names of the same form, and stay others' logs. */
static bool is_our_own(const struct observation *o, struct scf_uuid *ret) {
    const struct scf_services *services = scf_rq_app(o->rq);
    struct scf_str installation;
    struct scf_uuid chain_id;
    if (!scf_chain_origin_parse(o->origin, &chain_id, &installation) ||
        !scf_str_is(installation, services->installation.origin))
        return false;
    *ret = chain_id;
    return true;
}

static enum scf_code read_keys(struct observation *o, struct scf_vkey keys[SCF_WIT_KEYS_MAX],
                               size_t *ret_n, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(o->rq);
    if (is_our_own(o, &o->chain_id)) {
        *ret_n = SCF_SUITES; /* a lost chain does not say which it was of */
        for (int i = 0; i < SCF_SUITES; i++)
            keys[i] = scf_chain_vkey(scf_rq_app(o->rq), &o->chain_id, (enum scf_suite)i, arena);
        return SCF_OK;
    }
    enum scf_code code = scf_wit_log_by_origin(scf_rq_db(o->rq), arena, o->origin, &o->log, err);
    if (code == SCF_OK && !o->log.active)
        return scf_fail(err, SCF_E_NOT_FOUND, "This log is not witnessed here.");
    if (code == SCF_OK)
        *ret_n = scf_wit_log_keys(&o->log, keys);
    return code;
}

static enum scf_code read_view(struct observation *o, struct scf_error *err) {
    const cJSON *body;
    struct scf_str text;
    struct scf_checkpoint checkpoint;
    struct scf_vkey keys[SCF_WIT_KEYS_MAX];
    size_t n = 0;
    enum scf_code code = scf_rq_valid_body(o->rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    o->note = scf_str(scf_json_string(body, "checkpoint"));
    if (!scf_wit_checkpoint(o->note, &text, &checkpoint))
        return fault(o, "must be a checkpoint, a signed note", err);
    o->origin = checkpoint.origin;
    code = read_keys(o, keys, &n, err);
    if (code != SCF_OK)
        return code;
    return scf_wit_view_open(scf_rq_arena(o->rq), o->note, keys, n, &o->view) == SCF_WIT_FORM_OK
               ? SCF_OK
               : fault(o, "is not signed by a key of this log", err);
}

/* ---- another's log ---- */

static enum scf_code observe_log(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct observation *o = ctx;
    struct scf_arena *arena = scf_rq_arena(o->rq);
    struct scf_uuid id = o->log.id;
    enum scf_code code = scf_wit_log_get(db, arena, &id, true, &o->log, err);
    if (code == SCF_OK)
        code = scf_wit_remember(db, arena, scf_rq_app(o->rq), &o->log, &o->view, &o->conflict, err);
    o->verdict = scf_uuid_is_nil(&o->conflict) ? "remembered" : "conflict";
    return code;
}

/* ---- our own chain ---- */

/* Something was signed with our key that this database does not know: it was put back to an earlier
 * state, or somebody else has the key. Nothing more is sealed until people have seen to it. */
static enum scf_code stop_sealing(struct observation *o, struct scf_db *db, const char *reason,
                                  const char *event, struct scf_error *err) {
    const struct scf_services *services = scf_rq_app(o->rq);
    struct scf_arena *arena = scf_rq_arena(o->rq);
    struct scf_witness_loss loss = {.chain_id = o->chain_known ? o->chain_id : ALL_CHAINS,
                                    .reason = reason,
                                    .size = o->view.checkpoint.size,
                                    .now_us = scf_now_us(),
                                    .note = o->view.note};
    bool is_new;
    enum scf_code code = scf_witness_lost(db, arena, &loss, &is_new, err);
    if (code != SCF_OK || !is_new || event == NULL)
        return code;
    scf_log_kv(SCF_LOG_ERROR, "A checkpoint of a chain was seen that this database does not have",
               "reason", reason, NULL);
    return scf_event_append(db, arena, &services->installation.platform_id, event, "chain",
                            &o->chain_id, true, err);
}

/* The first note is our newest: whoever has both asks us for the consistency proof between the two
 * sizes, which cannot be given. */
static enum scf_code own_conflict(struct observation *o, struct scf_db *db, struct scf_str newest,
                                  struct scf_error *err) {
    struct scf_wit_conflict conflict = {.chain_id = o->chain_id,
                                        .origin = o->origin,
                                        .size = o->view.checkpoint.size,
                                        .root = o->view.checkpoint.root,
                                        .first_note = newest,
                                        .second_note = o->view.note};
    bool is_new;
    enum scf_code code =
        scf_wit_conflict_keep(db, scf_rq_arena(o->rq), scf_rq_app(o->rq), &conflict, &is_new, err);
    o->conflict = conflict.id;
    o->verdict = "conflict";
    return code == SCF_OK ? stop_sealing(o, db, "contradicted", NULL, err) : code;
}

static enum scf_code compare(struct observation *o, struct scf_db *db, bool *ret_same,
                             struct scf_error *err) {
    const struct scf_checkpoint *c = &o->view.checkpoint;
    struct scf_chain_consistency tree;
    if (c->size == 0) {
        *ret_same = !scf_wit_impossible(o->view.alg, c);
        return SCF_OK;
    }
    enum scf_code code = scf_chain_consistency(db, scf_rq_arena(o->rq), scf_rq_app(o->rq),
                                               &o->chain_id, c->size, c->size, &tree, err);
    *ret_same = code == SCF_OK && scf_hash_eq(&tree.to_root, &c->root);
    return code;
}

static enum scf_code observe_own(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct observation *o = ctx;
    struct scf_arena *arena = scf_rq_arena(o->rq);
    struct scf_str newest = {NULL, 0};
    int64_t sealed = 0;
    bool same;
    enum scf_code code = scf_witness_sealed(db, arena, &o->chain_id, &sealed, &newest, err);
    /* We signed for a node that is not there: all of this database is an older copy. */
    o->chain_known = code != SCF_E_NOT_FOUND;
    if (code != SCF_OK && o->chain_known)
        return code;
    if (o->view.checkpoint.size > sealed) {
        o->verdict = "ahead";
        return stop_sealing(o, db, "ahead", "witness.ahead", err);
    }
    code = compare(o, db, &same, err);
    if (code != SCF_OK)
        return code;
    o->verdict = "consistent";
    return same ? SCF_OK : own_conflict(o, db, newest, err);
}

/* ---- answering ---- */

void scf_wit_observe(struct scf_request *rq) {
    struct scf_error err = {0};
    struct observation *o = scf_alloc(scf_rq_arena(rq), 1, sizeof *o);
    enum scf_code code = SCF_OK;
    if (o == NULL) {
        code = scf_fail_memory(&err);
    } else {
        o->rq = rq;
        code = read_view(o, &err);
    }
    if (code == SCF_OK)
        code =
            scf_tx_run_held(rq, scf_uuid_is_nil(&o->chain_id) ? observe_log : observe_own, o, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_strn(&w, "origin", o->origin.p, o->origin.n);
    scf_jw_i64(&w, "size", o->view.checkpoint.size);
    scf_jw_str(&w, "verdict", o->verdict);
    if (!scf_uuid_is_nil(&o->conflict))
        scf_jw_id(&w, "conflict_id", "wcf", &o->conflict);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &out);
}
