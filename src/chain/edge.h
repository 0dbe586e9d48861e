/* The right edge of a tree: the one tile of each level that is still growing. With it a tree of any
 * size is extended leaf by leaf, giving the tiles that changed, without reading anything older.
 *
 * 64 KiB; one thread at a time; pure. */
#ifndef SCFD_CHAIN_EDGE_H
#define SCFD_CHAIN_EDGE_H

#include "scfd/chain/tile.h"

struct scf_edge {
    enum scf_hash_alg alg;
    uint64_t size;
    /* tiles[L] holds (size >> 8L) mod 256 hashes. */
    struct scf_hash tiles[SCF_TILE_LEVELS][SCF_TILE_WIDTH];
    bool grown[SCF_TILE_LEVELS]; /* has hashes that scf_edge_flush has not given out */
    void (*emit)(void *ctx, const struct scf_tile *tile);
    void *ctx;
};

/* Starts at `size`; the caller then fills tiles[L] for every level whose width is not 0.
 * `emit` gets every tile that became full during append, and the partial ones at flush; it must
 * copy the hashes. NULL when nobody wants them. */
void scf_edge_init(struct scf_edge *e, enum scf_hash_alg alg, uint64_t size,
                   void (*emit)(void *ctx, const struct scf_tile *tile), void *ctx);
/* Hashes of level L's growing tile. */
int scf_edge_width(const struct scf_edge *e, int level);
void scf_edge_append(struct scf_edge *e, const struct scf_hash *leaf);
void scf_edge_flush(struct scf_edge *e);
struct scf_hash scf_edge_root(const struct scf_edge *e);

#endif
