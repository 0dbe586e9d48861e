/* The right edge of a tree. Relies on merkle and tile coordinates. */
#include "edge.h"

void scf_edge_init(struct scf_edge *e, enum scf_hash_alg alg, uint64_t size,
                   void (*emit)(void *ctx, const struct scf_tile *tile), void *ctx) {
    e->alg = alg;
    e->size = size;
    memset(e->grown, 0, sizeof e->grown);
    e->emit = emit;
    e->ctx = ctx;
}

int scf_edge_width(const struct scf_edge *e, int level) {
    return (int)(e->size >> (8 * level) & (SCF_TILE_WIDTH - 1));
}

static void give(struct scf_edge *e, int level, uint64_t n, int width) {
    e->grown[level] = false;
    if (e->emit != NULL) {
        struct scf_tile tile = {{level, n, width}, e->tiles[level]};
        e->emit(e->ctx, &tile);
    }
}

void scf_edge_append(struct scf_edge *e, const struct scf_hash *leaf) {
    struct scf_hash carry = *leaf;
    for (int level = 0; level < SCF_TILE_LEVELS; level++) {
        int width = scf_edge_width(e, level);
        e->tiles[level][width] = carry;
        e->grown[level] = true;
        if (width + 1 < SCF_TILE_WIDTH)
            break;
        give(e, level, e->size >> (8 * level) >> 8, SCF_TILE_WIDTH);
        carry = scf_merkle_root(e->alg, e->tiles[level], SCF_TILE_WIDTH);
    }
    e->size++;
}

void scf_edge_flush(struct scf_edge *e) {
    for (int level = 0; level < SCF_TILE_LEVELS; level++)
        if (e->grown[level])
            give(e, level, e->size >> (8 * level) >> 8, scf_edge_width(e, level));
}

/* A partial tile's hashes split as a tree of that many leaves does, so its own root and what lies
 * to its right fold into the level's share of the whole. */
struct scf_hash scf_edge_root(const struct scf_edge *e) {
    struct scf_compact c;
    struct scf_hash root = scf_merkle_empty(e->alg);
    bool empty = true;
    for (int level = 0; level < SCF_TILE_LEVELS; level++) {
        int width = scf_edge_width(e, level);
        scf_compact_init(&c, e->alg);
        for (int i = 0; i < width; i++)
            scf_compact_push(&c, 0, &e->tiles[level][i]);
        for (int i = 0; i < 8; i++) {
            if ((width >> i & 1) != 0) {
                root = empty ? c.nodes[i] : scf_merkle_node(e->alg, &c.nodes[i], &root);
                empty = false;
            }
        }
    }
    return root;
}
