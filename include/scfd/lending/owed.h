/* What is owed under a loan on a day, for rooms that rest on the ledger: notarization for
 * enforcement, papers for courts.
 *
 * Interest not yet in the ledger is computed as lending.h says, at the loan's rate on the
 * outstanding principal. What was repaid counts for the earliest instalments first. */
#ifndef SCFD_LENDING_OWED_H
#define SCFD_LENDING_OWED_H

#include "scfd/db/db.h"
#include "scfd/lending/interest.h"

/* Minor units of the loan's currency. */
struct scf_owed_amounts {
    int64_t fees, penalty, compound, interest, principal;
};
struct scf_owed_instalment {
    int32_t due_day;
    int64_t principal, interest;               /* scheduled */
    int64_t unpaid_principal, unpaid_interest; /* of them, as of the day */
};
enum scf_owed_entry_kind {
    SCF_OWED_DISBURSEMENT,
    SCF_OWED_ACCRUAL,
    SCF_OWED_CHARGE,
    SCF_OWED_REPAYMENT,
    SCF_OWED_REVERSAL
};
/* A change of what is owed: payments are negative. */
struct scf_owed_entry {
    int32_t day;
    enum scf_owed_entry_kind kind;
    struct scf_owed_amounts amounts;
    bool reversed; /* a repayment that was taken back: nothing counts as if it had been */
};
struct scf_owed {
    struct scf_uuid loan_id, lender_id /* node */, borrower_id /* enterprise */;
    const char *loan_no;
    char currency[4];
    int64_t principal, rate_ppm; /* lent; a year */
    enum scf_day_count day_count;
    int year_days; /* 360 or 365, of the day count */
    int32_t value_day, maturity_day;
    bool repaying, settled;
    int32_t overdue_days;
    int32_t booked_day;           /* the newest day that the ledger knows something of */
    struct scf_owed_amounts owed; /* as of the day */
    struct scf_owed_amounts paid; /* so far, ≥ 0 */
    const struct scf_owed_instalment *instalments;
    size_t instalment_count;
    const struct scf_owed_entry *entries; /* in the ledger's order */
    size_t entry_count;
};
/* As of `day`, which is booked_day or later: earlier days are not known to the ledger any more, and
 * the answer is then that of booked_day. `lock`: inside a transaction, lets nobody change the
 * ledger until it ends. NOT_FOUND. Any thread with its connection; memory in `arena`. */
enum scf_code scf_lending_owed(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *loan_id, int32_t day, bool lock,
                               struct scf_owed *ret, struct scf_error *err) SCF_MUST_CHECK;

#endif
