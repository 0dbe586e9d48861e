/* POST /v1/witness/add-checkpoint (C2SP tlog-witness v1.0.0): a log shows its newest checkpoint and
 * gets a cosignature when that extends the one cosigned last.
 *
 * Nobody needs a key: the log's signature is what counts, and it is verified before the log's row
 * is locked. Checking and storing are one transaction under that lock; it is committed before
 * anything is signed. */
#include "api.h"

#include "judge.h"
#include "remember.h"
#include "scfd/base/clock.h"
#include "scfd/base/metrics.h"
#include "self.h"

struct submission {
    struct scf_request *rq;
    struct scf_wit_request request;
    struct scf_wit_view view;
    struct scf_wit_log log;
    enum scf_wit_verdict verdict;
};

static void count(const char *result) {
    char labels[64];
    snprintf(labels, sizeof labels, "result=\"%s\"", result);
    scf_metric_add(scf_counter("scfd_witness_requests_total", labels,
                               "Checkpoints that logs showed us, by what they were answered."),
                   1);
}

/* ---- reading ---- */

static enum scf_code read_request(struct submission *s, struct scf_error *err) {
    struct scf_str text;
    struct scf_checkpoint checkpoint;
    const char *wrong = scf_wit_request_parse(scf_rq_body(s->rq), &s->request);
    if (wrong == NULL && !scf_wit_checkpoint(s->request.note, &text, &checkpoint))
        wrong = "What follows the empty line must be a checkpoint, a signed note.";
    if (wrong != NULL)
        return scf_fail(err, SCF_E_MALFORMED_REQUEST, "%s", wrong);
    enum scf_code code = scf_wit_log_by_origin(scf_rq_db(s->rq), scf_rq_arena(s->rq),
                                               checkpoint.origin, &s->log, err);
    if (code == SCF_OK && !s->log.active)
        return scf_fail(err, SCF_E_NOT_FOUND, "This log is not witnessed here.");
    return code;
}

static enum scf_code verify(struct submission *s, struct scf_error *err) {
    struct scf_vkey keys[SCF_WIT_KEYS_MAX];
    size_t n = scf_wit_log_keys(&s->log, keys);
    if (scf_wit_view_open(scf_rq_arena(s->rq), s->request.note, keys, n, &s->view) ==
        SCF_WIT_FORM_OK)
        return SCF_OK;
    return scf_fail(err, SCF_E_FORBIDDEN, "No key of this log has signed the checkpoint.");
}

/* ---- deciding ---- */

static enum scf_code cosign(struct submission *s, struct scf_db *db, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(s->rq);
    int64_t now_us = scf_now_us();
    s->log.size = s->view.checkpoint.size;
    s->log.root = s->view.checkpoint.root;
    s->log.cosigned = true;
    s->log.cosigned_s = scf_wit_time(now_us, s->log.cosigned_s);
    s->log.updated_us = now_us;
    s->log.version--; /* what it witnesses with has not changed */
    enum scf_code code = scf_wit_seen_put(db, arena, &s->log.id, &s->view.checkpoint, s->view.note,
                                          true, now_us, err);
    return code == SCF_OK ? scf_wit_log_save(db, arena, &s->log, err) : code;
}

/* Whatever the answer will be, what the log has signed is remembered. */
static enum scf_code decide(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct submission *s = ctx;
    struct scf_arena *arena = scf_rq_arena(s->rq);
    struct scf_uuid id = s->log.id, conflict;
    struct scf_str verified_with = s->log.vkeys;
    enum scf_code code = scf_wit_log_get(db, arena, &id, true, &s->log, err);
    if (code != SCF_OK)
        return code;
    if (!s->log.active || !scf_str_eq(s->log.vkeys, verified_with))
        return scf_fail(err, SCF_E_OVERLOADED, "The log's keys are being changed; try again.");
    struct scf_wit_standing standing = {.halted = !scf_uuid_is_nil(&s->log.conflict_id),
                                        .cosigned = s->log.cosigned,
                                        .size = s->log.size,
                                        .root = s->log.root};
    s->verdict = scf_wit_judge(&standing, &s->request, &s->view.checkpoint);
    code = scf_wit_remember(db, arena, scf_rq_app(s->rq), &s->log, &s->view, &conflict, err);
    if (code != SCF_OK)
        return code;
    if (s->verdict == SCF_WIT_COSIGN && !scf_uuid_is_nil(&conflict))
        s->verdict = SCF_WIT_HALTED;
    return s->verdict == SCF_WIT_COSIGN ? cosign(s, db, err) : SCF_OK;
}

/* ---- answering ---- */

static void reply_cosignature(struct submission *s) {
    const struct scf_services *services = scf_rq_app(s->rq);
    struct scf_cosigner self;
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    if (!scf_wit_self(scf_rq_arena(s->rq), services, &self)) {
        struct scf_error err;
        scf_fail_memory(&err);
        scf_reply_error(s->rq, &err);
        return;
    }
    scf_cosign(s->view.text, s->log.cosigned_s, &self, services->witness_key, &out);
    scf_reply(s->rq, 200, "text/plain; charset=utf-8", &out);
}

static void reply_size(struct submission *s) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    scf_buf_put_i64(&out, s->log.size);
    scf_buf_putc(&out, '\n');
    scf_reply(s->rq, 409, "text/x.tlog.size", &out);
}

static void refuse(struct scf_request *rq, enum scf_code code, const char *detail) {
    struct scf_error err;
    scf_fail(&err, code, "%s", detail);
    scf_reply_error(rq, &err);
}

static void reply(struct submission *s) {
    switch (s->verdict) {
    case SCF_WIT_COSIGN:
        count("cosigned");
        reply_cosignature(s);
        return;
    case SCF_WIT_STALE:
        count("stale");
        reply_size(s);
        return;
    case SCF_WIT_BAD_SIZE:
        count("malformed");
        refuse(s->rq, SCF_E_MALFORMED_REQUEST, "The old size exceeds that of the checkpoint.");
        return;
    case SCF_WIT_BAD_PROOF:
        count("unproven");
        refuse(s->rq, SCF_E_VALIDATION_FAILED, "The consistency proof does not verify.");
        return;
    case SCF_WIT_HALTED:
        count("halted");
        refuse(s->rq, SCF_E_FORBIDDEN,
               "The log has signed checkpoints that contradict each other (GET "
               "/v1/witness/conflicts): it is not cosigned until an administrator has seen to it.");
        return;
    }
}

void scf_wit_add_checkpoint(struct scf_request *rq) {
    struct scf_error err = {0};
    struct submission *s = scf_alloc(scf_rq_arena(rq), 1, sizeof *s);
    if (s == NULL) {
        scf_fail_memory(&err);
        scf_reply_error(rq, &err);
        return;
    }
    s->rq = rq;
    if (read_request(s, &err) == SCF_OK && verify(s, &err) == SCF_OK &&
        scf_tx_run(scf_rq_db(rq), decide, s, &err) == SCF_OK) {
        reply(s);
        return;
    }
    count(err.code == SCF_E_NOT_FOUND           ? "unknown"
          : err.code == SCF_E_FORBIDDEN         ? "unsigned"
          : err.code == SCF_E_MALFORMED_REQUEST ? "malformed"
                                                : "failed");
    scf_reply_error(rq, &err);
}
