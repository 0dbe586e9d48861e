/* Repayments in the database, as filing needs them. All inside the caller's transaction. */
#ifndef SCFD_LENDING_REPAYMENT_H
#define SCFD_LENDING_REPAYMENT_H

#include "loan.h"

/* A repayment of the loan, which is locked. NOT_FOUND. */
enum scf_code scf_repayment_get(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_uuid *loan_id,
                                struct scf_repayment *ret, struct scf_error *err) SCF_MUST_CHECK;
/* CONFLICT with existing_id when the lender's receipt number was used for another repayment. */
enum scf_code scf_repayment_check_receipt(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *lender_id, const char *receipt_no,
                                          struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_repayment_insert(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_repayment *r, const char *receipt_no,
                                   struct scf_error *err) SCF_MUST_CHECK;
/* Repayments of the loan that were not reversed. */
enum scf_code scf_repayment_count(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *loan_id, int64_t *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
