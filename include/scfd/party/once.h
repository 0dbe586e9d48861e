/* The transactions in which requests write. For SERVICE handlers, on the thread that owns the
 * request. */
#ifndef SCFD_PARTY_ONCE_H
#define SCFD_PARTY_ONCE_H

#include "scfd/http/http.h"

/* scf_tx_run on the request's connection, in which its API key is held before `work` (party.h). */
enum scf_code scf_tx_run_held(struct scf_request *rq, scf_tx_body work, void *ctx,
                              struct scf_error *err) SCF_MUST_CHECK;

/* A POST that takes effect once: one transaction in which the API key is held, the Idempotency-Key
 * is claimed, the work is done, and its answer is stored for whoever repeats the request
 * (api-rules R1). */
struct scf_once {
    struct scf_request *rq;
    int status;             /* of the answer; the work may set it */
    struct scf_buf *answer; /* what the work writes; the caller's, who has initialised it */
    struct scf_replay replay;
};

/* Runs the transaction; `work` gets `ctx`. It may run several times: what it writes into the answer
 * begins with scf_buf_clear. Codes: those of scf_key_hold, scf_idempotency_claim, `work`. */
enum scf_code scf_once_run(struct scf_once *once, scf_tx_body work, void *ctx,
                           struct scf_error *err) SCF_MUST_CHECK;

/* When there is nothing new to answer: replies with the error, or with what the first request was
 * answered, frees the answer and returns true. `code` is that of scf_once_run or of what failed
 * before it. */
bool scf_once_settled(struct scf_once *once, enum scf_code code, const struct scf_error *err);

#endif
