/* Handlers of the routes by which other people's clients read a chain as a C2SP tlog-tiles log. */
#ifndef SCFD_CHAIN_TILE_API_H
#define SCFD_CHAIN_TILE_API_H

#include "scfd/http/http.h"

void scf_tile_get(struct scf_request *rq);    /* /v1/chains/{id}/tile/{rest*} */
void scf_entries_get(struct scf_request *rq); /* /v1/chains/{id}/tile/entries/{rest*} */

/* A chain goes by its own id or by its node's: the uuid is the same. */
bool scf_rq_chain_id(struct scf_request *rq, struct scf_uuid *ret) SCF_MUST_CHECK;

#endif
