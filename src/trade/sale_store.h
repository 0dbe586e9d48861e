/* Sales around contracts, for the round-trip check. */
#ifndef SCFD_TRADE_SALE_STORE_H
#define SCFD_TRADE_SALE_STORE_H

#include "fact_store.h"
#include "view.h"

/* The sales around one contract: those of its buyer, those to its seller, and those between the
 * two sets of partners, alike in amount and time to the contract's invoices. */
struct scf_sales {
    const struct scf_sale *list; /* by seller */
    size_t n;
};

/* For each contract, in `ret` (room for n): sales received up to `as_of_us`, reported by a party
 * of the sale or by a node that nobody operates. At most 200 from the buyer, 200 to the seller and
 * 1,000 between partners count, smallest amounts first. `rule` is the policy's. One statement. */
enum scf_code scf_sales_load(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_check_rule *rule,
                             const struct scf_trade_contract *contracts, size_t n,
                             const struct scf_facts *facts, int64_t as_of_us,
                             const struct scf_trade_chain *limits, size_t limit_count,
                             struct scf_sales *ret, struct scf_error *err) SCF_MUST_CHECK;

#endif
