/* What proofs read. */
#ifndef SCFD_CHAIN_PROOF_STORE_H
#define SCFD_CHAIN_PROOF_STORE_H

#include "proof.h"
#include "tile_cache.h"
#include "tile_store.h"

#include "scfd/party/services.h"

/* What a proof is made of beside the tree: a record, and the first block that covers it. */
struct scf_proof_ask {
    struct scf_uuid id;            /* of the record */
    const struct scf_actor *actor; /* who asks; NULL: may see everything */
    bool found;                    /* there is such a record, and the actor may see it */
    bool sealed;                   /* `block` is there */
    struct scf_arena *arena;       /* where text of what was found goes */
    /* Without the columns that are no part of a leaf. The body is not read: an empty view unless
     * it was erased. */
    struct scf_record record;
    struct scf_proof_block block;
};
/* Answers several of them with one statement; `arena` holds it meanwhile. */
enum scf_code scf_proof_asks(struct scf_db *db, struct scf_arena *arena,
                             struct scf_proof_ask *const *asks, size_t n,
                             struct scf_error *err) SCF_MUST_CHECK;
/* The first block that covers the leaf; NOT_SEALED when there is none yet. Text in `arena`. */
enum scf_code scf_proof_block(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t leaf_index,
                              struct scf_proof_block *ret, struct scf_error *err) SCF_MUST_CHECK;
/* NOT_SEALED, as it is told to people. */
enum scf_code scf_proof_not_sealed(struct scf_error *err);
/* The roots of the ranges, out of the chain's tiles, those in memory first; `cache` may be NULL.
 * INTERNAL when a tile lacks hashes. */
enum scf_code scf_proof_hashes(struct scf_db *db, struct scf_arena *arena,
                               struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                               enum scf_suite suite, const struct scf_range *ranges, int n,
                               struct scf_hash *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The proof against that block, in either form; it is verified before it is given out. */
enum scf_proof_form { SCF_PROOF_DOCUMENT, SCF_PROOF_TEXT };
enum scf_code scf_proof_build(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              const struct scf_proof_block *block, enum scf_proof_form form,
                              struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
