/* Assessments: a limit computed on demand, granted to the contracts' accounts, and put before
 * lenders, whose terms bound it.
 *
 * The arithmetic is the limit room's; docs/credit-model.md says where each rule comes from. */
#ifndef SCFD_CREDIT_CREDIT_H
#define SCFD_CREDIT_CREDIT_H

#include "scfd/limit/limit.h"
#include "scfd/party/services.h"
#include "scfd/work/work.h"

extern const struct scf_job_kind scf_assess_job; /* "assess" */

extern const struct scf_route scf_credit_routes[]; /* /v1/credit-assessments… */
extern const size_t scf_credit_route_count;
extern const struct scf_route scf_terms_routes[]; /* /v1/lender-terms… */
extern const size_t scf_terms_route_count;

/* ---- for lending; all inside the caller's transaction ---- */

struct scf_assessment_view {
    struct scf_uuid borrower_id;
    int64_t limit; /* what is left for this lender, minor units of currency */
    char currency[4];
    int32_t expires_day; /* the limit's last day */
    bool awaiting;       /* this lender's decision is still awaited */
};
/* Locks what this lender was addressed, until commit, so that two decisions take turns. NOT_FOUND:
 * no such assessment, or not addressed to the lender; WRONG_STATE: it did not succeed. */
enum scf_code scf_assessment_lock_for_decision(struct scf_db *db, struct scf_arena *arena,
                                               const struct scf_uuid *assessment_id,
                                               const struct scf_uuid *lender_node_id,
                                               struct scf_assessment_view *ret,
                                               struct scf_error *err) SCF_MUST_CHECK;
/* Says that the lender has decided (or, `awaiting`, is to decide again); wakes who waits for the
 * assessment or for the lender's list. The row is locked by the function above. */
enum scf_code scf_assessment_mark_decided(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *assessment_id,
                                          const struct scf_uuid *lender_node_id, bool awaiting,
                                          int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

#endif
