/* Handlers of /v1/anchor-targets. */
#ifndef SCFD_ANCHOR_TARGET_API_H
#define SCFD_ANCHOR_TARGET_API_H

#include "scfd/http/http.h"

void scf_anchor_target_create_handler(struct scf_request *rq);
void scf_anchor_target_get_handler(struct scf_request *rq);
void scf_anchor_target_list_handler(struct scf_request *rq);
void scf_anchor_target_update_handler(struct scf_request *rq);

#endif
