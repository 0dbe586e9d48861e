/* GET /v1/witness/checkpoint: what a log showed us last. A log whose database was put back to an
 * earlier state asks for it, and has the proof in its own signature (claim.c); others compare it
 * with what the log shows them. Nobody needs a key: it is what the log itself has published. */
#include "api.h"

#include "log_store.h"

static enum scf_code find(struct scf_request *rq, struct scf_str *ret_note, struct scf_error *err) {
    const char *origin = scf_rq_query(rq, "origin");
    struct scf_db *db = scf_rq_db(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_wit_log log;
    struct scf_wit_seen seen = {.found = false};
    if (origin == NULL)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "origin must be that of a log.");
    enum scf_code code = scf_wit_log_by_origin(db, arena, scf_str(origin), &log, err);
    if (code == SCF_OK && log.cosigned)
        code = scf_wit_seen_get(db, arena, &log.id, log.size, &seen, err);
    if (code != SCF_OK)
        return code;
    if (!seen.found)
        return scf_fail(err, SCF_E_NOT_FOUND, "Nothing of this log was cosigned here.");
    *ret_note = seen.note;
    return SCF_OK;
}

void scf_wit_checkpoint_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_str note = {NULL, 0};
    char tag[SCF_TAG_TEXT];
    if (find(rq, &note, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    scf_buf_put(&out, note.p, note.n);
    scf_entity_tag(0, &out, tag);
    if (scf_reply_not_modified(rq, tag))
        scf_buf_free(&out);
    else
        scf_reply(rq, 200, "text/plain; charset=utf-8", &out);
}
