/* That one tree of a chain extends another. Relies on chain_store for the chain's suite and on
 * proof_store. */
#include "chain_store.h"
#include "proof_store.h"

#include "scfd/chain/chain.h"

static enum scf_code try_proof(struct scf_db *db, struct scf_arena *arena,
                               struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                               enum scf_suite suite, int64_t from, int64_t to,
                               struct scf_chain_consistency *ret, struct scf_error *err) {
    struct scf_range ranges[SCF_PROOF_MAX + 2];
    struct scf_hash hashes[SCF_PROOF_MAX + 2];
    int n = scf_merkle_consistency((uint64_t)from, (uint64_t)to, ranges);
    ranges[n] = (struct scf_range){0, (uint64_t)from};
    ranges[n + 1] = (struct scf_range){0, (uint64_t)to};
    enum scf_code code =
        scf_proof_hashes(db, arena, cache, chain_id, suite, ranges, n + 2, hashes, err);
    if (code != SCF_OK)
        return code;
    memcpy(ret->proof, hashes, (size_t)n * sizeof *hashes);
    ret->n = n;
    ret->from_root = hashes[n];
    ret->to_root = hashes[n + 1];
    return SCF_OK;
}

/* Leads from one root to the other, and to that of the newest block where it is asked of that. */
static bool holds(const struct scf_chain_state *chain, int64_t from, int64_t to,
                  const struct scf_chain_consistency *c) {
    return (to != chain->size || scf_hash_eq(&c->to_root, &chain->root)) &&
           scf_merkle_verify_consistency(scf_suite_hash(chain->suite), (uint64_t)from, (uint64_t)to,
                                         &c->from_root, &c->to_root, c->proof, (size_t)c->n);
}

enum scf_code scf_chain_consistency(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct scf_uuid *chain_id, int64_t from, int64_t to,
                                    struct scf_chain_consistency *ret, struct scf_error *err) {
    struct scf_chain_state chain;
    enum scf_code code = scf_chain_sealed_state(db, arena, chain_id, &chain, err);
    if (code != SCF_OK)
        return code;
    code = try_proof(db, arena, services->tiles, chain_id, chain.suite, from, to, ret, err);
    if (code != SCF_OK || holds(&chain, from, to, ret))
        return code;
    /* The tiles in memory may be those of a database that was restored since. */
    scf_tile_cache_clear(services->tiles);
    code = try_proof(db, arena, NULL, chain_id, chain.suite, from, to, ret, err);
    if (code != SCF_OK || holds(&chain, from, to, ret))
        return code;
    return scf_fail(err, SCF_E_INTERNAL, "The stored tree is damaged; run scfd audit.");
}
