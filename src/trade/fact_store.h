/* Facts in the database. */
#ifndef SCFD_TRADE_FACT_STORE_H
#define SCFD_TRADE_FACT_STORE_H

#include "fact.h"

enum { SCF_FACTS_AT_ONCE = 300000 }; /* of all contracts that are asked for together */

struct scf_facts {
    struct scf_fact *facts; /* by contract, then time of receipt, chain id, leaf */
    int64_t *folded;        /* how far the chain of each is folded */
    size_t n;
};

/* Facts received up to `as_of_us`; `limits` as in scf_trade_views. A contract with too many has one
 * that says so instead. BODY_TOO_LARGE: too many of all together. */
enum scf_code scf_facts_load(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_trade_contract *contracts, size_t n, int64_t as_of_us,
                             const struct scf_trade_chain *limits, size_t limit_count,
                             struct scf_facts *ret, struct scf_error *err) SCF_MUST_CHECK;

/* The facts of one contract among them. */
const struct scf_fact *scf_facts_of(const struct scf_facts *f, const struct scf_uuid *contract_key,
                                    size_t *ret_n);

/* Two parameters: chains and sizes, both SQL NULL without limits. */
enum scf_code scf_facts_add_limits(struct scf_params *p, struct scf_arena *arena,
                                   const struct scf_trade_chain *limits, size_t n,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
