/* What is owed under a loan: allocation of payments, shares, arrears. Pure; any thread. */
#ifndef SCFD_LENDING_LEDGER_H
#define SCFD_LENDING_LEDGER_H

#include "schedule.h"

/* Amounts of one claim by component, minor units. In a balance they are what is outstanding. */
struct scf_amounts {
    int64_t fees, penalty, compound, interest, principal;
};

/* Their sum; false when it does not fit. */
bool scf_amounts_sum(const struct scf_amounts *a, int64_t *ret) SCF_MUST_CHECK;

/* The statutory order (民法典 561): fees, then interest with what goes with it (penalty, compound,
 * interest), then principal. False when more is paid than is owed. */
bool scf_allocate(int64_t amount, const struct scf_amounts *owed,
                  struct scf_amounts *ret) SCF_MUST_CHECK;

/* owed + change, component by component. False, and *owed as it was, when one would fall below
 * zero or not fit. */
bool scf_amounts_add(struct scf_amounts *owed, const struct scf_amounts *change) SCF_MUST_CHECK;
struct scf_amounts scf_amounts_negated(const struct scf_amounts *a);

/* What an allocation pays of fees, penalty and compound interest beyond what the ledger knew of:
 * the lender charges these with the payment that settles them. */
struct scf_amounts scf_charge_of(const struct scf_amounts *allocation,
                                 const struct scf_amounts *owed);

/* Splits `total` over `n` weights (≥ 0, their sum > 0 and within int64): parts ≥ 0 whose sum is
 * exactly `total`, each within one minor unit of its share. */
void scf_split(int64_t total, const int64_t *weights, size_t n, int64_t *ret_parts);
/* The same with at most rooms[i] ≥ 0 for each: what does not fit where its weight would have it
 * goes to the first ones with room. False, with the parts undefined, when all rooms together are
 * too small. */
bool scf_split_within(int64_t total, const int64_t *weights, const int64_t *rooms, size_t n,
                      int64_t *ret_parts) SCF_MUST_CHECK;

/* ---- arrears ---- */

struct scf_loan_position {
    const struct scf_terms *terms;
    const struct scf_instalment *schedule;
    size_t n;
    struct scf_amounts owed; /* the ledger's balance */
    int32_t paid_to_day;     /* to which interest is in the ledger */
    int64_t paid_interest;   /* interest repaid so far */
};

/* Interest not yet in the ledger, from paid_to to `day`; 0 when that is not later. */
bool scf_accrued(const struct scf_loan_position *p, int32_t day, int64_t *ret) SCF_MUST_CHECK;

/* Days since the earliest instalment that is not paid in full although its day has passed; 0 when
 * none. What was repaid counts for the earliest instalments first. An instalment's interest counts
 * only as far as interest is owed at all: after an early repayment less accrues than scheduled. */
int32_t scf_overdue_days(const struct scf_loan_position *p, int32_t today);

/* 商业银行金融资产风险分类办法 (令〔2023〕第1号): overdue special_mention, more than 90 days
 * substandard, more than 270 doubtful, more than 360 loss. */
const char *scf_risk_class(int32_t overdue_days);

#endif
