/* Credit: rollups of what the records carry, ratings, the limit, and assessments. */
#ifndef SCFD_CREDIT_CREDIT_H
#define SCFD_CREDIT_CREDIT_H

#include "scfd/party/services.h"
#include "scfd/work/work.h"

/* Task "rollup": folds new leaves of every chain into daily totals, in chain order, exactly once. */
enum scf_code scf_rollup_task(struct scf_db *db, struct scf_arena *arena, void *app,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Recomputes the limit from a receipt ("scfd-receipt/v1" JSON) alone; one plain line per step goes to
 * `report`. True: the limit and every factor come out as stated. Pure. */
bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) SCF_MUST_CHECK;

extern const struct scf_job_kind scf_assess_job; /* "assess" */

extern const struct scf_route scf_credit_routes[]; /* /v1/credit-assessments… */
extern const size_t scf_credit_route_count;

#endif
