/* Tiles (C2SP tlog-tiles): the tree's hashes in pieces of up to 256 of one level. The tile at level
 * L with number N holds the roots of the perfect subtrees of 2^(8L) leaves with the indexes 256·N …
 * ; a partial tile holds the first W of them. Pure; any thread. */
#ifndef SCFD_CHAIN_TILE_H
#define SCFD_CHAIN_TILE_H

#include "scfd/chain/merkle.h"

#include "scfd/base/arena.h"

enum {
    SCF_TILE_WIDTH = 256,
    SCF_TILE_LEVELS = 8, /* 8 × 8 bits hold any size */
    SCF_TILE_PATH = 64
};

struct scf_tile_id {
    int level;
    uint64_t n;
    int width; /* 1–256; less than 256: partial */
};

/* "tile/0/x001/x234/067" or "tile/0/x001/x234/067.p/8". */
void scf_tile_path(const struct scf_tile_id *id, char out[SCF_TILE_PATH]);
/* The exact inverse: level 0–63 without leading zeros, N < 2^63, canonical groups, width 1–255.
 * `path` begins after "tile/". */
bool scf_tile_path_parse(struct scf_str path, struct scf_tile_id *ret) SCF_MUST_CHECK;
/* The same for an entry bundle, whose leaves are those of the tile of level 0; `path` begins after
 * "tile/entries/". Every leaf's index is below 2^63. */
bool scf_entries_path_parse(struct scf_str path, struct scf_tile_id *ret) SCF_MUST_CHECK;
/* How many hashes tile (level, n) holds in a tree of `size` leaves: 0–256. */
int scf_tile_width(int level, uint64_t n, uint64_t size);

/* ---- a few tiles in memory, to answer proofs from ---- */

struct scf_tile {
    struct scf_tile_id id;
    const struct scf_hash *hashes; /* id.width of them */
};
struct scf_tile_set {
    struct scf_tile *items;
    size_t count;
};

/* Tiles (without repetition) in which the subtrees of the ranges lie; `width` is what is needed at
 * least. In `arena`; NULL when it is full. */
struct scf_tile_set *scf_tiles_needed(struct scf_arena *arena, const struct scf_range *ranges,
                                      int n) SCF_MUST_CHECK;
/* The root of a range out of the tiles; false when a hash is missing. */
bool scf_tiles_root(enum scf_hash_alg alg, const struct scf_tile_set *tiles, struct scf_range range,
                    struct scf_hash *ret) SCF_MUST_CHECK;

#endif
