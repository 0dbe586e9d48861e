/* Tiles in memory, for proofs. In a full tile a proof needs the roots over 1, 2, 4, … 128 hashes
 * beside its leaf: 247 digests for each level. Kept here is the whole pyramid above each tile, so
 * that they are looked up; without it a proof would cost more than everything else about its
 * request.
 *
 * Trees only grow, so that what a tile said of its first hashes stays true for ever: a partial tile
 * that grew since is merely short, and is replaced when somebody needs more of it. Only a restored
 * database says something else (docs/restore.md): then everything is forgotten. Nothing in here
 * says what a record is, or who may see it: that is asked of the database for every request.
 * Any thread; a lock inside, held for look-ups only. */
#ifndef SCFD_CHAIN_TILE_CACHE_H
#define SCFD_CHAIN_TILE_CACHE_H

#include "scfd/chain/chain.h"
#include "scfd/chain/tile.h"

/* Fills ret[i] and sets found[i] for those of the subtrees that are in memory; the number of those
 * that are not. `cache` NULL: none is. */
int scf_tile_cache_get(struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                       const struct scf_subtree *subtrees, int n, struct scf_hash *ret,
                       bool *found) SCF_MUST_CHECK;
/* Keeps a tile (id.width ≥ 1 hashes, copied), unless as much of it is kept already; the one that
 * was not used for longest goes when there are too many. `cache` NULL: does nothing. */
void scf_tile_cache_put(struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                        enum scf_hash_alg alg, const struct scf_tile *tile);
/* Forgets everything. `cache` NULL: does nothing. */
void scf_tile_cache_clear(struct scf_tile_cache *cache);

#endif
