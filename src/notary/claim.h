/* What may be claimed in an execution certificate, by the ledger of the loan and the rule of
 * penalty interest of the instrument. Private to notary. Pure; any thread. */
#ifndef SCFD_NOTARY_CLAIM_H
#define SCFD_NOTARY_CLAIM_H

#include "scfd/codec/json.h"
#include "scfd/lending/owed.h"

/* Principal, interest and fees: what the ledger owes on its day. Penalty and compound interest:
 * what the ledger owes of them, and for each instalment that is overdue on `as_of` its unpaid
 * principal (and, where `rate` says compound, its unpaid interest, as far as interest is owed at
 * all) × penalty rate × days overdue / days of the loan's year, rounded half up. `disputed` comes
 * off, component by component, down to 0. False: it does not fit. `rate` may be NULL: no penalty
 * rate. */
bool scf_enf_expected(const struct scf_owed *owed, const cJSON *rate, int32_t as_of,
                      const struct scf_owed_amounts *disputed,
                      struct scf_owed_amounts *ret) SCF_MUST_CHECK;
/* The amounts of a valid claim. */
struct scf_owed_amounts scf_enf_claimed(const cJSON *claim, int scale);
/* CONFLICT naming 规则 55 with claimed, expected and difference, where they differ; of what was due
 * on a day that the ledger has passed, or that is still to come, too. `arena` holds the members. */
enum scf_code scf_enf_claim_check(struct scf_arena *arena, const struct scf_owed *owed,
                                  const cJSON *rate, const cJSON *claim, int32_t today,
                                  const struct scf_owed_amounts *disputed,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
