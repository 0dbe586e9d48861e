/* Terms: tenor of vouchers (CR-9.1), payment terms (CR-9.4), the debtor's duty to confirm (CR-7.8),
 * terms of registration (CR-7.4), and who goes before whom (民法典 768). Private to receivable.
 * Pure; any thread. Days are days since 1970-01-01. */
#ifndef SCFD_RECEIVABLE_TERMS_H
#define SCFD_RECEIVABLE_TERMS_H

#include "scfd/policy/policy.h"

/* ---- vouchers (CR-9.1, 77号文 Art.11) ---- */

enum scf_tenor {
    SCF_TENOR_FREE,     /* issued before the first rule */
    SCF_TENOR_NORMAL,   /* at most normal_days */
    SCF_TENOR_REASONED, /* needs reasons, which the lender must examine */
    SCF_TENOR_TOO_LONG  /* never */
};
/* By the rule that was in force on the day of issue, which *ret_rule names (NULL: none was). */
enum scf_tenor scf_voucher_tenor(const struct scf_policy *policy, int32_t issued_day,
                                 int32_t due_day, const struct scf_voucher_rule **ret_rule);

/* ---- who owes what to a small enterprise (条例) ---- */

enum scf_size { SCF_SIZE_UNKNOWN, SCF_SIZE_LARGE, SCF_SIZE_PUBLIC, SCF_SIZE_SME };
/* From a profile's enterprise_type ("public_institution": 机关、事业单位) and size_class; NULL:
 * not said. A size of medium, small or micro is an SME's. */
enum scf_size scf_size_of(const char *enterprise_type, const char *size_class);
/* Must the debtor confirm within the policy's days by law (条例 Art.16)? */
bool scf_must_confirm(enum scf_size debtor, enum scf_size seller);
/* How many days after delivery the debtor must have paid (条例 Art.9): 60 for a large enterprise,
 * for a public one 30, or up to 60 where the contract says so; *ret_agreed is the longer. False: no
 * rule for these two. */
bool scf_payment_days(enum scf_size debtor, enum scf_size seller, int *ret_days, int *ret_agreed);

/* ---- the register (CR-7.4) ---- */

/* The same day n calendar months later, or that month's last day. */
int32_t scf_months_later(int32_t day, int months);
/* From one month to thirty years? */
bool scf_registration_term_ok(int32_t from_day, int32_t to_day);
/* The n-th working day after a day: Saturdays and Sundays do not count. Public holidays are not
 * known here, so that the result is never too late. */
int32_t scf_working_days_later(int32_t day, int n);

enum { SCF_CANCEL_WORKING_DAYS = 10, SCF_NAME_CHANGE_MONTHS = 4 };

/* ---- priority (民法典 768, 担保解释 66) ---- */

struct scf_claim {
    bool registered;
    int64_t registered_us;
    bool notified; /* the notice reached the debtor */
    int64_t notified_us;
};
/* Registered before unregistered; of two registered ones the earlier; of two that are not, the one
 * whose notice reached the debtor first, and any with a notice before one without. */
bool scf_claim_before(const struct scf_claim *a, const struct scf_claim *b);
/* Gives each claim its rank: 1 and how many go before it. Claims of one rank share pro rata.
 * `ret_ranks` has room for n. */
void scf_rank_claims(const struct scf_claim *claims, size_t n, int *ret_ranks);

#endif
