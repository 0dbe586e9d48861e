/* Policies that are tried out: shadows, which say beside every assessment what they would have said
 * (shadow.h), and backtests, which compute recorded assessments again. Neither has any effect on a
 * limit; docs/credit-model.md and docs/operations.md, "A new credit policy". */
#ifndef SCFD_TRIAL_ROOM_H
#define SCFD_TRIAL_ROOM_H

#include "scfd/work/work.h"

extern const struct scf_job_kind scf_backtest_job; /* "backtest" */

/* Shadows of an assessment, comparisons of a policy, /v1/backtests… */
extern const struct scf_route scf_trial_routes[];
extern const size_t scf_trial_route_count;

#endif
