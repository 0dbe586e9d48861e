/* Writes with the key held, and POSTs that take effect once. Relies on the key being held (party.h)
 * and on http's idempotency. */
#include "scfd/party/once.h"

#include "scfd/base/clock.h"
#include "scfd/party/party.h"

struct running {
    struct scf_request *rq;
    struct scf_once *once;
    scf_tx_body work;
    void *ctx;
};

static enum scf_code hold_and_work(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct running *r = ctx;
    enum scf_code code =
        scf_key_hold(db, scf_rq_arena(r->rq), scf_rq_actor(r->rq), scf_now_us(), err);
    return code == SCF_OK ? r->work(db, r->ctx, err) : code;
}

enum scf_code scf_tx_run_held(struct scf_request *rq, scf_tx_body work, void *ctx,
                              struct scf_error *err) {
    struct running r = {.rq = rq, .work = work, .ctx = ctx};
    return scf_tx_run(scf_rq_db(rq), hold_and_work, &r, err);
}

static enum scf_code claim_and_work(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct running *r = ctx;
    struct scf_once *once = r->once;
    enum scf_code code = scf_idempotency_claim(once->rq, db, &once->replay, err);
    if (code != SCF_OK || once->replay.found)
        return code;
    code = r->work(db, r->ctx, err);
    struct scf_str answer = {once->answer->data, once->answer->len};
    return code == SCF_OK ? scf_idempotency_store(once->rq, db, once->status, answer, err) : code;
}

enum scf_code scf_once_run(struct scf_once *once, scf_tx_body work, void *ctx,
                           struct scf_error *err) {
    struct running r = {once->rq, once, work, ctx};
    return scf_tx_run_held(once->rq, claim_and_work, &r, err);
}

bool scf_once_settled(struct scf_once *once, enum scf_code code, const struct scf_error *err) {
    if (code == SCF_OK && !once->replay.found)
        return false;
    scf_buf_free(once->answer);
    if (code != SCF_OK)
        scf_reply_error(once->rq, err);
    else
        scf_reply_replay(once->rq, &once->replay);
    return true;
}
