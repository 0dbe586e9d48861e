/* Handlers of /v1/nodes, /v1/api-keys and /v1/enterprises, for the route table. */
#ifndef SCFD_PARTY_HANDLERS_H
#define SCFD_PARTY_HANDLERS_H

#include "scfd/http/http.h"

void scf_node_create_handler(struct scf_request *rq);
void scf_node_list_handler(struct scf_request *rq);
void scf_node_get_handler(struct scf_request *rq);
void scf_node_update_handler(struct scf_request *rq);

void scf_node_key_create_handler(struct scf_request *rq);
void scf_node_key_list_handler(struct scf_request *rq);
void scf_admin_key_create_handler(struct scf_request *rq);
void scf_key_list_handler(struct scf_request *rq);
void scf_key_revoke_handler(struct scf_request *rq);

void scf_enterprise_list_handler(struct scf_request *rq);
void scf_enterprise_get_handler(struct scf_request *rq);

/* After a key was made: waits until this instance knows it. A failure is only logged, for the
 * answer must show the key and the directory goes on trying. */
void scf_party_refresh_keys(struct scf_request *rq);

#endif
