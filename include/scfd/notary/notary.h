/* Notarization for enforcement (赋强公证): a creditor's contract that a notary office certifies, so
 * that the debtor's default leads to enforcement without a trial. Sources: 公证法 25–37,
 * 公证程序规则 39 and 55, 法释〔2018〕18号 (规定), 司发通〔2017〕76号, 民诉法 235–267, 民诉解释
 * 461–517.
 *
 * Preflight says whether a contract is fit before anybody signs, and writes nothing. A case belongs
 * to the lender's node and is addressed to the notary's; from its submission on the nodes of
 * debtors and guarantors see it, and the court's when it is named. It is moved by steps: each is
 * judged under the case's row lock by one table (states, who may, what must be there) in the
 * transaction that writes it, and is a record of the platform's chain. A refusal names the article
 * it rests on: 409 step-out-of-order with state and article, or 422 with every fault.
 *
 * An amendment that is notarised replaces terms of the dossier (schedule, rate, securities):
 * arrears, amounts and deadlines follow it. A claim may be assigned; its new creditor applies for
 * the execution certificate once debtors and guarantors were notified (民法典 546).
 *
 * What the ledger knows is not told but read: that the loan was paid out, is being repaid, is
 * settled, is in arrears. The amounts of an execution certificate are those of the ledger on its
 * day, with penalty interest by the rule of the instrument, without what was disputed with reason;
 * others are 409 conflict with the difference.
 *
 * Deadlines are counted in China's days by the working-day calendars (scfd.working_calendar), which
 * administrators add to. */
#ifndef SCFD_NOTARY_NOTARY_H
#define SCFD_NOTARY_NOTARY_H

#include "scfd/http/http.h"

/* Task "notarizations": verifications whose days are over, and what ledgers show. `app` is the
 * services. Any worker thread. */
enum scf_code scf_notarization_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                    struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_notary_routes[]; /* /v1/enforcement-notarizations…,
                                                      /v1/working-calendars */
extern const size_t scf_notary_route_count;

#endif
