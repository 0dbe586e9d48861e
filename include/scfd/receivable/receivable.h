/* Receivables: the claim of a seller on a debtor under an invoice, on its way from the invoice to
 * the money (CR-8), and the rules of the trade on that way: the order search → verify → confirm →
 * register → notify → disburse (CR-7.3), the debtor's time to confirm (CR-7.8, 条例 Art.16), the
 * tenor of vouchers (CR-9), and the registration in the unified register 中登网 (CR-7.4, CR-7.5).
 *
 * A receivable's state is checked under its row's lock, in the transaction that changes it; each
 * change is a record of the platform's chain. A step that is out of order is WRONG_STATE, and the
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
};
/* Of `n` invoices by key, in their order. Any thread with its connection. */
enum scf_code scf_receivable_standings(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *invoice_keys, size_t n,
                                       struct scf_receivable_standing *ret,
                                       struct scf_error *err) SCF_MUST_CHECK;

/* ---- for lending; inside its transaction ---- */

/* A loan is paid out on these invoices on `value_day`: every receivable among them is locked, must
 * be the lender's, notified, registered before that day, its invoice verified within
 * policy->reverify_hours, and is financed from then on. Invoices without a receivable pass unless
 * policy->registered_only; `ret_unregistered` counts them. WRONG_STATE names the invoice, the state
 * and the rule. */
enum scf_code
scf_receivable_disburse(struct scf_db *db, struct scf_arena *arena, const struct scf_policy *policy,
                        const struct scf_uuid *lender_node_id, const struct scf_uuid *invoice_keys,
                        size_t n, const struct scf_uuid *loan_id, int32_t value_day, int64_t now_us,
                        size_t *ret_unregistered, struct scf_error *err) SCF_MUST_CHECK;
/* What the loan's ledger says of its receivables: repaid in part, settled, or open again after a
 * reversal. */
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
