/* That one tree of a chain extends another. Relies on chain_store for the chain's suite and on
 * proof_store. */
#include "chain_store.h"
#include "proof_store.h"

#include "scfd/chain/chain.h"

enum scf_code scf_chain_consistency(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct scf_uuid *chain_id, int64_t from, int64_t to,
                                    struct scf_chain_consistency *ret, struct scf_error *err) {
    struct scf_chain_state chain;
    enum scf_code code = scf_chain_sealed_state(db, arena, chain_id, &chain, err);
    if (code != SCF_OK)
        return code;
    struct scf_range ranges[SCF_PROOF_MAX + 2];
    struct scf_hash hashes[SCF_PROOF_MAX + 2];
    int n = scf_merkle_consistency((uint64_t)from, (uint64_t)to, ranges);
    ranges[n] = (struct scf_range){0, (uint64_t)from};
    ranges[n + 1] = (struct scf_range){0, (uint64_t)to};
    code = scf_proof_hashes(db, arena, services->tiles, chain_id, chain.suite, ranges, n + 2,
                            hashes, err);
    if (code != SCF_OK)
        return code;
    memcpy(ret->proof, hashes, (size_t)n * sizeof *hashes);
    ret->n = n;
    ret->from_root = hashes[n];
    ret->to_root = hashes[n + 1];
    return SCF_OK;
}
