/* What the handlers of the room share. Private to receivable. */
#ifndef SCFD_RECEIVABLE_API_H
#define SCFD_RECEIVABLE_API_H

#include "gather.h"

#include "scfd/http/answer.h"
#include "scfd/party/services.h"

enum { SCF_RCV_ANSWER_MAX = 1 << 20 };

/* A POST on its way: what was sent, and the answer that is sent after the commit. */
struct scf_rcv_post {
    struct scf_request *rq;
    struct scf_arena *arena;
    const struct scf_actor *actor;
    const struct scf_services *services;
    struct scf_rcv_ctx ctx;
    const cJSON *body;
    const struct scf_faults *warnings; /* of the body */
    struct scf_uuid id;                /* of the receivable */
    struct scf_buf answer;
};

/* Validates the body, runs `work` in a transaction that holds the key and the Idempotency-Key, and
 * answers 201. `work` ends with scf_rcv_answer; it may run several times. */
void scf_rcv_post_run(struct scf_rcv_post *p, scf_tx_body work);
/* Writes the receivable as it now stands into the answer. `more`: warnings besides the body's. */
enum scf_code scf_rcv_answer(struct scf_rcv_post *p, struct scf_db *db,
                             const struct scf_faults *more, struct scf_error *err) SCF_MUST_CHECK;

/* create.c: works of POST /v1/receivables. `ctx` is a struct scf_rcv_post. */
enum scf_code scf_rcv_offer(struct scf_db *db, void *ctx, struct scf_error *err) SCF_MUST_CHECK;

/* step_api.c */
void scf_rcv_post_step(struct scf_request *rq);
void scf_rcv_list_steps(struct scf_request *rq);

#endif
