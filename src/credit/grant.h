/* What an initial assessment grants to the limit accounts of its contracts. Private to credit. */
#ifndef SCFD_CREDIT_GRANT_H
#define SCFD_CREDIT_GRANT_H

#include "scfd/account/account.h"
#include "scfd/limit/limit.h"

/* The initial limit of contract i of the assessment; 0 for one that grants nothing. What was asked
 * for caps the assessment, not its contracts: several lenders may be asked for a part each. Every
 * other ceiling is spread over them in proportion to what they add, to the minor unit. Pure. */
int64_t scf_grant_amount(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                         size_t i);
/* Whether the assessment says anything about the account of contract i: not of one that stands
 * earlier in the list, is in another currency, or is sold by another. Pure. */
bool scf_grant_applies(const struct scf_limit_inputs *in, size_t i);

/* Grants to the accounts of the contracts, inside the transaction that publishes an initial
 * assessment, before chains are locked. */
enum scf_code scf_assess_grant(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in,
                               const struct scf_limit_result *result, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
