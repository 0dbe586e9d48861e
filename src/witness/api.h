/* The handlers of the room. */
#ifndef SCFD_WITNESS_API_H
#define SCFD_WITNESS_API_H

#include "scfd/http/answer.h"
#include "scfd/party/once.h"
#include "scfd/party/services.h"

enum { SCF_WIT_ANSWER_MAX = 1 << 20 };

extern const struct scf_schema scf_wit_log_schema, scf_wit_reason_schema,
    scf_wit_observation_schema, scf_wit_witness_schema, scf_wit_quorum_schema;

void scf_wit_self_get(struct scf_request *rq);       /* GET /v1/witness */
void scf_wit_add_checkpoint(struct scf_request *rq); /* POST /v1/witness/add-checkpoint */
void scf_wit_checkpoint_get(struct scf_request *rq); /* GET /v1/witness/checkpoint */
void scf_wit_log_post(struct scf_request *rq);       /* /v1/witness/logs */
void scf_wit_log_list(struct scf_request *rq);
void scf_wit_log_read(struct scf_request *rq); /* /v1/witness/logs/{id} */
void scf_wit_log_delete(struct scf_request *rq);
void scf_wit_conflict_list(struct scf_request *rq); /* /v1/witness/conflicts… */
void scf_wit_conflict_read(struct scf_request *rq);
void scf_wit_conflict_acknowledge(struct scf_request *rq);
void scf_wit_observe(struct scf_request *rq);      /* POST /v1/witness/observations */
void scf_wit_witness_post(struct scf_request *rq); /* /v1/witnesses… */
void scf_wit_witness_list(struct scf_request *rq);
void scf_wit_witness_read(struct scf_request *rq);
void scf_wit_witness_delete(struct scf_request *rq);
void scf_wit_quorum_put(struct scf_request *rq); /* PUT /v1/chains/{id}/witness-quorum */

#endif
