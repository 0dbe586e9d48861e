/* Lending: the lender's decision on an assessment, loans under a decision, repayments.
 *
 * Each is a record in the LENDER's chain, the body byte for byte as received, and is addressed to
 * the nodes of the borrower, of the buyers and guarantors of the assessment's contracts, and to
 * those whose chains hold these contracts or guarantees. A guarantee counts here when it comes from
 * the guarantor's own node, or the loan names it. Everything below is checked under locks in the
 * transaction that writes, and so is the key, which writes nothing once its revocation is
 * acknowledged. An amount too large is 409 limit-exceeded or exceeds-outstanding with the
 * figures, a step that the state does not allow is 409 wrong-state naming the state.
 *
 * Decisions. The assessment was addressed to the lender. approved_limit ≤ recommended_limit, in its
 * currency. At most one decision per assessment and lender is open: a later one supersedes it,
 * `withdrawn` takes an approval back; neither once a loan was drawn.
 *
 * Loans. Drawn under an approval on a day from valid_from to valid_until, for its borrower,
 * contracts of its assessment, in its currency, at most at its rate and for its tenor. What is left
 * of the limit: a revolving limit less outstanding principal, a one-off limit (the default) less
 * everything ever drawn. Several lenders may approve the same assessment; what they lend together
 * stays within its recommended limit, less what is outstanding against its contracts under other
 * assessments. A loan claims the invoices that it names as a whole until it is settled: another
 * loan that names the same invoice (its number, whichever node reported it, and its corrections) is
 * 409 invoice-already-financed with the invoices. So is a loan on an invoice of which the newest
 * record of its seller's or buyer's node, of a lender's, or of one that no enterprise operates says
 * that it is pledged, factored, sold or securitised, but not to the lender's enterprise. When a
 * hold has claimed a part of it, it is 409 already-claimed (account/account.h). A loan that names a
 * hold uses that: at most its amount, for its contract alone; its claims become the loan's. Taking
 * back the payment that settled a loan opens it again, whoever finances its invoices by then: what
 * happened is recorded, and its claims count again beside those that another has by then.
 *
 * The ledger. What is owed under a loan is the sum of its entries. Simple interest runs on the
 * outstanding principal by the loan's rate and day count, from the value date, the first day
 * counting and the last not. A repayment first books the interest from the day to which it is
 * booked (at the beginning the value date) up to its own value date, rounded half up, and then
 * settles fees, penalty, compound interest, interest, principal in this order (民法典 561), or as
 * its allocation says. Fees, penalty and compound interest are not computed here: an allocation
 * that names more of them than is owed charges the difference as it settles it. Nothing is settled
 * that is not owed. A reversal takes a repayment back in full and books the interest that would
 * have run. Whether a loan is overdue follows from its schedule and the day it is at the lender.
 *
 * The outstanding principal of a loan is what it uses of the limit accounts of its contracts
 * (account/account.h): in proportion to their amounts as far as each has room, else where there is
 * some. What is used under a contract the next assessment takes off. */
#ifndef SCFD_LENDING_LENDING_H
#define SCFD_LENDING_LENDING_H

#include "scfd/party/services.h"

/* /v1/credit-decisions…, /v1/loans…, /v1/repayments… Sending is for lenders' keys and needs an
 * Idempotency-Key; reading for the lender, those addressed, and administrators. */
extern const struct scf_route scf_lending_routes[];
extern const size_t scf_lending_route_count;

#endif
