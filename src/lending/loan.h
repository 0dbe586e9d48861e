/* Loans in the database, as filing needs them. All inside the caller's transaction. */
#ifndef SCFD_LENDING_LOAN_H
#define SCFD_LENDING_LOAN_H

#include "decision.h"

#include "scfd/receivable/receivable.h"

/* A contract that a loan finances, and which part of its outstanding principal counts against it.
 */
struct scf_loan_contract {
    struct scf_uuid contract_id, contract_key;
    int64_t weight, financed;
};

/* The invoices that the loan has claimed, each once for every number that it had. */
enum scf_code scf_loan_claimed_invoices(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_uuid *loan_id,
                                        const struct scf_rcv_invoice **ret, size_t *ret_n,
                                        struct scf_error *err) SCF_MUST_CHECK;

/* The lender's loan of this number, as its record. */
enum scf_code scf_loan_find(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *lender_id, const char *loan_no, bool *ret_found,
                            struct scf_uuid *ret_id, struct scf_hash *ret_sha256,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Those of `ids` that are contracts of the decision, in the order of their keys, each business
 * contract once. Faults for the others ("#/contract_ids/2"). */
enum scf_code scf_loan_contracts_of(struct scf_db *db, const struct scf_filing *f,
                                    const struct scf_uuid *decision_id, const struct scf_uuid *ids,
                                    size_t n, struct scf_faults *faults,
                                    struct scf_loan_contract **ret, size_t *ret_n,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* Faults for those of `ids` that are no records of `kind`, or neither visible to the lender nor
 * about one of the contracts. */
enum scf_code scf_loan_check_records(struct scf_db *db, const struct scf_filing *f,
                                     const char *member, enum scf_record_kind kind,
                                     const struct scf_uuid *ids, size_t n,
                                     const struct scf_loan_contract *contracts, size_t contract_n,
                                     struct scf_faults *faults,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* The row, its schedule and its contracts. */
enum scf_code scf_loan_insert(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                              const struct scf_loan_contract *contracts, size_t n,
                              struct scf_error *err) SCF_MUST_CHECK;

/* One of the lender's loans, locked, without its schedule. NOT_FOUND. */
enum scf_code scf_loan_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *lender_id, struct scf_loan *ret,
                            struct scf_error *err) SCF_MUST_CHECK;

/* ---- the ledger (loan_ledger_store.c) ---- */

enum scf_entry_kind {
    SCF_ENTRY_DISBURSEMENT,
    SCF_ENTRY_ACCRUAL,
    SCF_ENTRY_CHARGE,
    SCF_ENTRY_REPAYMENT,
    SCF_ENTRY_REVERSAL
};
/* Books `change` on the locked loan, in memory and as an entry; nothing when it is all zero.
 * EXCEEDS_OUTSTANDING when a balance would fall below zero. */
enum scf_code scf_loan_book(struct scf_db *db, struct scf_arena *arena, struct scf_loan *l,
                            enum scf_entry_kind kind, int32_t value_day,
                            const struct scf_amounts *change, const struct scf_uuid *record_id,
                            int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;
/* Why the outstanding principal changed. */
struct scf_loan_cause {
    struct scf_uuid id; /* the loan, or the repayment */
    const char *prefix;
    bool paid_out;     /* the loan itself: it uses what is available */
    int64_t from_hold; /* of which so much comes out of the loan's hold */
};
/* Writes the balances, paid_to and status of the loan, and spreads the change of its outstanding
 * principal over the limit accounts of its contracts. LIMIT_EXCEEDED only of a loan paid out. */
enum scf_code scf_loan_save(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                            const struct scf_loan_cause *cause, int64_t now_us,
                            struct scf_error *err) SCF_MUST_CHECK;

#endif
