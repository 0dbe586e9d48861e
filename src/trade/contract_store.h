/* What the routes of this room ask the database. */
#ifndef SCFD_TRADE_CONTRACT_STORE_H
#define SCFD_TRADE_CONTRACT_STORE_H

#include "scfd/chain/record.h"
#include "scfd/trade/trade.h"

/* Does anybody but the buyer's own chain, the seller's node or one that nobody operates, name this
 * buyer under the contract? */
enum scf_code scf_trade_buyer_known(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_trade_contract *contract,
                                    const struct scf_uuid *chain_id, bool *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Which of the records `actor` may open, with their kinds. */
struct scf_trade_seen {
    struct scf_uuid id;
    enum scf_record_kind kind;
};
enum scf_code scf_trade_visible(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_actor *actor, const struct scf_uuid *const *ids,
                                size_t n, struct scf_trade_seen **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;

#endif
