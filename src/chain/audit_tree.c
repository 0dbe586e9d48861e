/* Audit of a chain's tree: from the level-0 tiles, in one pass, the upper tiles and the root at
 * every block. Relies on audit_store and edge. */
#include "audit_store.h"
#include "edge.h"

struct walk {
    struct scf_auditor *a;
    const struct scf_audit_chain *chain;
    /* The tree so far, cut at tile size: `low` holds the leaves of the growing tile, `high` the
     * full ones. Their levels do not overlap, so that together they are one compact range. */
    struct scf_compact low, high;
    struct scf_edge upper; /* its leaves are the roots of full level-0 tiles */
    int64_t tile_next;     /* level-0 tile that must come now */
    int64_t tiles;         /* seen or fetched, all levels */
    struct scf_rows *blocks;
    int block; /* row of the next block in `blocks` */
    struct scf_arena *block_arena;
    int64_t height; /* of the next portion of blocks */
    enum scf_code code;
};

/* ---- blocks ---- */

static int64_t tree_size(const struct walk *w) {
    return (int64_t)(w->high.size + w->low.size);
}

static struct scf_hash tree_root(const struct walk *w) {
    struct scf_compact whole = w->high;
    whole.size += w->low.size;
    memcpy(whole.nodes, w->low.nodes, 8 * sizeof whole.nodes[0]);
    return scf_compact_root(&whole);
}

/* Size of the next block, or INT64_MAX after the last. */
static int64_t next_block_size(struct walk *w) {
    while (w->block == scf_rows_count(w->blocks) && w->height <= w->chain->state.height &&
           w->code == SCF_OK) {
        scf_arena_reset(w->block_arena);
        int64_t left = w->chain->state.height + 1 - w->height;
        int64_t past = w->height + (left < SCF_AUDIT_BLOCKS ? left : SCF_AUDIT_BLOCKS);
        w->code = scf_audit_read_blocks(w->a->aside, w->block_arena, &w->chain->state.chain_id,
                                        w->height, past, &w->blocks, &w->a->err);
        w->block = 0;
        w->height = past;
    }
    if (w->code != SCF_OK || w->block == scf_rows_count(w->blocks))
        return INT64_MAX;
    return scf_rows_i64(w->blocks, w->block, 1);
}

/* Blocks that end where the tree now ends; one with a size that never comes is a fault of its own,
 * which the links of the blocks show. */
static void check_roots(struct walk *w) {
    while (next_block_size(w) <= tree_size(w)) {
        int64_t height = scf_rows_i64(w->blocks, w->block, 0);
        struct scf_hash root = tree_root(w), told = scf_rows_hash(w->blocks, w->block, 2);
        bool here = next_block_size(w) == tree_size(w);
        if (!here || !scf_hash_eq(&root, &told)) {
            scf_audit_fault(w->a, w->chain, SCF_AUDIT_BLOCK, height,
                            here ? "the root of block %" PRId64 " is not that of the tree"
                                 : "the sizes of the blocks do not ascend at block %" PRId64,
                            height);
        }
        w->block++;
    }
}

/* ---- tiles ---- */

static void tile_fault(struct walk *w, const struct scf_tile_id *id, const char *what) {
    char path[SCF_TILE_PATH];
    struct scf_tile_id named = {id->level, id->n, SCF_TILE_WIDTH};
    scf_tile_path(&named, path);
    scf_audit_fault(w->a, w->chain, SCF_AUDIT_TILE, (int64_t)id->n << 8 * (id->level + 1), "%s %s",
                    path, what);
}

/* A tile may have grown since the start, but not beyond what is sealed now. */
static void check_width(struct walk *w, const struct scf_tile_id *id, size_t stored) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_seal_state now;
    if (w->code == SCF_OK && stored > (size_t)id->width) {
        w->code = scf_audit_now(w->a->aside, arena, &w->chain->state.chain_id, &now, &w->a->err);
        if (w->code == SCF_OK &&
            stored > (size_t)scf_tile_width(id->level, id->n, (uint64_t)now.sealed))
            tile_fault(w, id, "holds more hashes than are sealed");
    }
    scf_arena_free(arena);
}

static void check_upper(void *ctx, const struct scf_tile *tile) {
    struct walk *w = ctx;
    if (w->code != SCF_OK)
        return;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_tile_row row = {w->chain->state.chain_id, *tile};
    struct scf_tile_id id = tile->id;
    id.level = row.tile.id.level = tile->id.level + 1;
    w->code = scf_tile_rows_read(w->a->aside, arena, &row, 1, &w->a->err);
    if (w->code == SCF_OK) {
        w->tiles += row.tile.id.width > 0;
        if (row.tile.id.width < id.width ||
            memcmp(row.tile.hashes, tile->hashes, (size_t)id.width * SCF_HASH_LEN) != 0)
            tile_fault(w, &id, "is missing or does not follow from the tiles below it");
        check_width(w, &id, (size_t)row.tile.id.width);
    }
    scf_arena_free(arena);
}

/* ---- level 0 ---- */

static void take_hash(struct walk *w, const struct scf_hash *hash) {
    scf_compact_push(&w->low, 0, hash);
    if (w->low.size == SCF_TILE_WIDTH) {
        struct scf_hash root = w->low.nodes[8];
        scf_compact_push(&w->high, 8, &root);
        scf_compact_init(&w->low, w->upper.alg);
        scf_edge_append(&w->upper, &root);
    }
    check_roots(w);
}

/* False: the tree cannot be followed further; what is missing is a fault already. */
static bool take_tile(void *ctx, int64_t n, struct scf_str hashes) {
    struct walk *w = ctx;
    int64_t sealed = w->chain->state.sealed;
    struct scf_tile_id id = {0, (uint64_t)w->tile_next,
                             scf_tile_width(0, (uint64_t)w->tile_next, (uint64_t)sealed)};
    if (n != w->tile_next || hashes.n < (size_t)id.width * SCF_HASH_LEN) {
        tile_fault(w, &id, "is missing or too short");
        return false;
    }
    check_width(w, &id, hashes.n / SCF_HASH_LEN);
    struct scf_hash hash;
    for (int i = 0; i < id.width; i++) {
        memcpy(hash.b, hashes.p + (size_t)i * SCF_HASH_LEN, SCF_HASH_LEN);
        take_hash(w, &hash);
    }
    w->tile_next++;
    w->tiles++;
    return w->code == SCF_OK;
}

/* ---- numbers ---- */

/* How many tiles a tree of this size has. */
static int64_t tiles_of(int64_t size) {
    int64_t n = 0;
    for (int level = 0; level < SCF_TILE_LEVELS; level++) {
        uint64_t hashes = (uint64_t)size >> (8 * level);
        n += (int64_t)((hashes + SCF_TILE_WIDTH - 1) / SCF_TILE_WIDTH);
    }
    return n;
}

/* More tiles than the tree has: they may have been added since the start, but not beyond what is
 * sealed now. */
static enum scf_code check_surplus(struct walk *w) {
    struct scf_seal_state now;
    int64_t stored;
    enum scf_code code = scf_audit_count_tiles(w->a->db, w->a->arena, &w->chain->state.chain_id,
                                               &stored, &w->a->err);
    if (code == SCF_OK && stored != w->tiles) {
        code = scf_audit_now(w->a->db, w->a->arena, &w->chain->state.chain_id, &now, &w->a->err);
        if (code == SCF_OK && stored > tiles_of(now.sealed)) {
            scf_audit_fault(w->a, w->chain, SCF_AUDIT_TILE, INT64_MAX,
                            "%" PRId64 " tiles are stored, but the tree has %" PRId64, stored,
                            tiles_of(now.sealed));
        }
    }
    return code;
}

static enum scf_code walk_tiles(struct walk *w) {
    int64_t sealed = w->chain->state.sealed;
    int64_t past = (sealed + SCF_TILE_WIDTH - 1) / SCF_TILE_WIDTH;
    enum scf_code code = scf_audit_read_tiles(w->a->db, w->a->arena, &w->chain->state.chain_id, 0,
                                              past, take_tile, w, &w->a->err);
    if (code != SCF_OK || w->code != SCF_OK)
        return code != SCF_OK ? code : w->code;
    if (tree_size(w) < sealed) {
        scf_audit_fault(w->a, w->chain, SCF_AUDIT_TILE, tree_size(w),
                        "the tiles end here, but %" PRId64 " leaves are sealed", sealed);
        return SCF_OK;
    }
    scf_edge_flush(&w->upper);
    if (w->code == SCF_OK && next_block_size(w) != INT64_MAX) {
        scf_audit_fault(w->a, w->chain, SCF_AUDIT_BLOCK, scf_rows_i64(w->blocks, w->block, 0),
                        "a block covers more leaves than are sealed");
    }
    return w->code != SCF_OK ? w->code : check_surplus(w);
}

enum scf_code scf_audit_tree(struct scf_auditor *a, const struct scf_audit_chain *chain) {
    struct walk *w = scf_alloc(a->arena, 1, sizeof *w);
    if (w == NULL)
        return scf_fail(&a->err, SCF_E_INTERNAL, "The audit is out of memory.");
    w->a = a;
    w->chain = chain;
    enum scf_hash_alg alg = scf_suite_hash(chain->state.suite);
    scf_compact_init(&w->low, alg);
    scf_compact_init(&w->high, alg);
    scf_edge_init(&w->upper, alg, 0, check_upper, w);
    w->block_arena = scf_arena_new(16 << 20);
    enum scf_code code = scf_audit_read_blocks(a->aside, w->block_arena, &chain->state.chain_id, 0,
                                               0, &w->blocks, &a->err); /* no rows yet */
    if (code == SCF_OK)
        code = walk_tiles(w);
    scf_audit_count(a, 0, w->tiles, 0);
    scf_arena_free(w->block_arena);
    return code;
}
