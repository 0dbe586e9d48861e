/* Lending: the lender's decision on an assessment, loans under a decision, repayments. */
#ifndef SCFD_LENDING_LENDING_H
#define SCFD_LENDING_LENDING_H

#include "scfd/party/services.h"

/* /v1/credit-decisions…, /v1/loans…, /v1/repayments… */
extern const struct scf_route scf_lending_routes[];
extern const size_t scf_lending_route_count;

#endif
