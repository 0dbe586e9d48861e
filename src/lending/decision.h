/* Decisions in the database, as filing needs them. All inside the caller's transaction. */
#ifndef SCFD_LENDING_DECISION_H
#define SCFD_LENDING_DECISION_H

#include "scfd/account/account.h"
#include "view.h"

/* The lender's open decision on the assessment, locked; *ret_id is set when there is one. */
enum scf_code scf_decision_standing(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *assessment_id,
                                    const struct scf_uuid *lender_id,
                                    struct scf_standing_decision *ret, struct scf_uuid *ret_id,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* Closes an open decision in favour of `by`. */
enum scf_code scf_decision_close(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, enum scf_decision_status status,
                                 const struct scf_uuid *by, int64_t now_us,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* The row, and the contracts of its assessment. The members of `d` that rows get from elsewhere are
 * ignored. */
enum scf_code scf_decision_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_decision *d,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* One of the lender's decisions, locked, with what is drawn under it. NOT_FOUND. */
enum scf_code scf_decision_lock(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_uuid *lender_id,
                                struct scf_decision *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The recommended limit of an assessment, which its lenders share. */
struct scf_common_limit {
    int64_t available;   /* minor units: less what the loans of every lender under it use, and less
                          * what loans under other assessments have outstanding against its
                          * contracts (CR-1) */
    int32_t expires_day; /* the last day on which interest of a loan may begin to run */
    struct scf_account *accounts; /* of the decision's contracts, locked, by key */
    size_t account_count;
};
/* Of a locked decision's assessment. The assessment and the limit accounts of the contracts are
 * locked, so that all these loans take turns. */
enum scf_code scf_decision_common_limit(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_decision *d, int64_t now_us,
                                        struct scf_common_limit *ret,
                                        struct scf_error *err) SCF_MUST_CHECK;

#endif
