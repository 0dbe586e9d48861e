/* Handlers of account_api.c, for the table of routes in hold_api.c. */
#ifndef SCFD_ACCOUNT_API_H
#define SCFD_ACCOUNT_API_H

#include "scfd/http/http.h"

void scf_list_accounts(struct scf_request *rq);
void scf_get_account(struct scf_request *rq);
void scf_unfreeze_account(struct scf_request *rq);
void scf_list_entries(struct scf_request *rq);

#endif
