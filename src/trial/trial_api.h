/* Handlers of the routes that try policies out: shadows, backtests. */
#ifndef SCFD_TRIAL_TRIAL_API_H
#define SCFD_TRIAL_TRIAL_API_H

#include "scfd/http/answer.h"

void scf_shadow_get(struct scf_request *rq);      /* GET …/credit-assessments/{id}/shadow */
void scf_shadow_compared(struct scf_request *rq); /* GET …/credit-policies/…/comparison */

extern const struct scf_schema scf_backtest_schema;
void scf_backtest_create(struct scf_request *rq);
void scf_backtest_list(struct scf_request *rq);
void scf_backtest_get(struct scf_request *rq);
void scf_backtest_rows(struct scf_request *rq);

#endif
