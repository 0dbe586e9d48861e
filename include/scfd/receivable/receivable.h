/* Receivables: the claim of a seller on a debtor under an invoice, on its way from the invoice to
 * the money (CR-8), and the rules of the trade on that way: the order search → verify → confirm →
 * register → notify → disburse (CR-7.3), the debtor's time to confirm (CR-7.8, 条例 Art.16), the
 * tenor of vouchers (CR-9), and the registration in the unified register 中登网 (CR-7.4, CR-7.5).
 *
 * A receivable's state is checked under its row's lock, in the transaction that changes it; each
 * change is a record of the platform's chain: at once, or, for what a loan or a repayment brings
 * about, a moment later by the task. A step that is out of order is STEP_OUT_OF_ORDER, and the
 * problem names the rule. */
#ifndef SCFD_RECEIVABLE_RECEIVABLE_H
#define SCFD_RECEIVABLE_RECEIVABLE_H

#include "scfd/policy/policy.h"
#include "scfd/work/work.h"

/* Numbers are stored. */
enum scf_receivable_state {
    SCF_RCV_DRAFT,
    SCF_RCV_SUBMITTED,
    SCF_RCV_INVOICE_VERIFIED,
    SCF_RCV_MATCHED,
    SCF_RCV_CONFIRM_REQUESTED,
    SCF_RCV_CONFIRMED,
    SCF_RCV_CONFIRM_REFUSED,
    SCF_RCV_CONFIRM_TIMEOUT,
    SCF_RCV_SEARCHED,
    SCF_RCV_REGISTERED,
    SCF_RCV_NOTIFIED,
    SCF_RCV_FINANCED,
    SCF_RCV_PART_REPAID,
    SCF_RCV_SETTLED,
    /* side states */
    SCF_RCV_DISPUTED,
    SCF_RCV_DILUTED,
    SCF_RCV_RED_LETTERED,
    SCF_RCV_OVERDUE,
    SCF_RCV_REPURCHASED,
    SCF_RCV_INELIGIBLE,
    SCF_RCV_RELEASED,
    SCF_RCV_STATES
};
extern const char *const scf_receivable_state_names[]; /* "confirm_requested" …, NULL-terminated */

/* What a limit needs to know of an invoice's receivable. */
struct scf_receivable_standing {
    bool exists;
    struct scf_uuid id;
    enum scf_receivable_state state;
    bool confirmed;           /* the debtor confirmed, and nothing has undone it */
    bool registered_by_other; /* an earlier conflicting entry was found in the register (DUP) */
    int64_t net_amount;       /* what is left of the claim, minor units of the invoice's currency */
};
/* Of `n` invoices by key, in their order; of several lenders' receivables on one invoice the one
 * that is furthest. Any thread with its connection. */
enum scf_code scf_receivable_standings(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *invoice_keys, size_t n,
                                       struct scf_receivable_standing *ret,
                                       struct scf_error *err) SCF_MUST_CHECK;

/* Has an invoice of the seller turned out void, red or unknown after it was financed, and the
 * matter is not settled (CR-6.3)? Then its limits are frozen. Any thread with its connection. */
enum scf_code scf_receivable_red_lettered(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *seller_id, bool *ret,
                                          struct scf_error *err) SCF_MUST_CHECK;

/* ---- for lending; inside its transaction ---- */

/* An invoice that a loan names: the record, and what it is in business. One that was corrected
 * under another number stands there once for each number, with the same invoice_id. */
struct scf_rcv_invoice {
    struct scf_uuid invoice_key, invoice_id;
};
struct scf_rcv_loan {
    const struct scf_policy *policy; /* in force now */
    const struct scf_uuid *loan_id, *lender_id /* node */;
    const struct scf_rcv_invoice *invoices;
    size_t invoice_count;
    int64_t disbursed_us, now_us;
};
/* A loan was paid out: every open receivable of the lender on its invoices is locked, and must by
 * then have been notified, registered, searched for once more, and its invoice verified within
 * policy->reverify_hours (CR-7.3, CR-6.3); it is financed from then on. Invoices of which the
 * lender has no receivable pass unless policy->registered_only, or another lender's entry stands;
 * `ret_unregistered` counts them. STEP_OUT_OF_ORDER names the rule, and of a receivable of the
 * lender's own also its state and the step that is due. */
enum scf_code scf_receivable_disburse(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_rcv_loan *loan, size_t *ret_unregistered,
                                      struct scf_error *err) SCF_MUST_CHECK;
/* What the loan's ledger says of its receivables: repaid in part, settled, or open again after a
 * reversal. Nothing to do for a loan without any. */
enum scf_code scf_receivable_repaid(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *loan_id, bool settled,
                                    bool anything_paid, int64_t now_us,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Task "receivables": confirmation timers that ran out, invoices due for verification again, days
 * past due, registrations that end. */
enum scf_code scf_receivable_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                  struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_receivable_routes[]; /* /v1/receivables… */
extern const size_t scf_receivable_route_count;

#endif
