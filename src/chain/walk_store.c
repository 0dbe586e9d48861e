/* Walking over a chain's leaf hashes in order. Only the tiles of level 0 are read: every root comes
 * from the leaves themselves, so that a tile of a higher level that says something else is no help
 * to anybody. Relies on tiles and on compact ranges. */
#include "scfd/chain/chain.h"
#include "scfd/chain/tile.h"

enum { TILES = 64, BATCH_BYTES = 4 << 20 }; /* half a megabyte of hashes at a time */

struct scf_chain_walk {
    struct scf_uuid chain_id;
    struct scf_compact tree; /* the leaves walked over */
    struct scf_arena *batch; /* holds `rows` */
    struct scf_rows *rows;   /* consecutive tiles; NULL: none read yet */
    int64_t first_tile;      /* of `rows` */
    bool ended;              /* there are no tiles beyond `rows` */
};

static void free_batch(void *walk) {
    scf_arena_free(((struct scf_chain_walk *)walk)->batch);
}

struct scf_chain_walk *scf_chain_walk_new(struct scf_arena *arena, const struct scf_uuid *chain_id,
                                          enum scf_suite suite) {
    struct scf_chain_walk *w = scf_alloc(arena, 1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->chain_id = *chain_id;
    w->batch = scf_arena_new(BATCH_BYTES);
    scf_compact_init(&w->tree, scf_suite_hash(suite));
    scf_defer(arena, free_batch, w);
    return w;
}

static const struct scf_stmt tiles_stmt = {
    "scf_chain_walk_tiles", "SELECT n, hashes FROM scfd.tile WHERE chain_id = $1 AND level = 0"
                            " AND n >= $2 ORDER BY n LIMIT $3"};

static enum scf_code read_tiles(struct scf_chain_walk *w, struct scf_db *db, int64_t from,
                                struct scf_error *err) {
    struct scf_params p;
    w->rows = NULL;
    w->first_tile = from;
    scf_arena_reset(w->batch);
    scf_params_init(&p, w->batch);
    scf_p_uuid(&p, &w->chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, TILES);
    enum scf_code code = scf_db_run(db, &tiles_stmt, &p, w->batch, &w->rows, err);
    if (code == SCF_OK)
        w->ended = scf_rows_count(w->rows) < TILES;
    return code;
}

/* The hash of the next leaf. A tile that is missing, or short, ends the walk: what comes behind a
 * gap is in no tree. */
static enum scf_code next_hash(struct scf_chain_walk *w, struct scf_db *db, bool *ret_known,
                               struct scf_hash *ret, struct scf_error *err) {
    int64_t index = (int64_t)w->tree.size, tile = index / SCF_TILE_WIDTH;
    size_t at = (size_t)(index % SCF_TILE_WIDTH) * SCF_HASH_LEN;
    *ret_known = false;
    if (w->rows == NULL || (tile - w->first_tile >= TILES && !w->ended)) {
        enum scf_code code = read_tiles(w, db, tile, err);
        if (code != SCF_OK)
            return code;
    }
    int row = (int)(tile - w->first_tile);
    if (row >= scf_rows_count(w->rows) || scf_rows_i64(w->rows, row, 0) != tile)
        return SCF_OK;
    struct scf_str hashes = scf_rows_str(w->rows, row, 1);
    if (hashes.n < at + SCF_HASH_LEN)
        return SCF_OK;
    memcpy(ret->b, hashes.p + at, SCF_HASH_LEN);
    *ret_known = true;
    return SCF_OK;
}

/* Takes in leaves until `size` lie behind; *ret_last is the hash of the last one, if any was. */
static enum scf_code advance(struct scf_chain_walk *w, struct scf_db *db, int64_t size,
                             bool *ret_known, struct scf_hash *ret_last, struct scf_error *err) {
    *ret_known = true;
    while (*ret_known && w->tree.size < (uint64_t)size) {
        enum scf_code code = next_hash(w, db, ret_known, ret_last, err);
        if (code != SCF_OK)
            return code;
        if (*ret_known)
            scf_compact_push(&w->tree, 0, ret_last);
    }
    return SCF_OK;
}

enum scf_code scf_chain_walk_leaf(struct scf_chain_walk *walk, struct scf_db *db, int64_t index,
                                  bool *ret_known, struct scf_hash *ret, struct scf_error *err) {
    SCF_ASSERT(index >= 0 && walk->tree.size <= (uint64_t)index);
    return advance(walk, db, index + 1, ret_known, ret, err);
}

enum scf_code scf_chain_walk_root(struct scf_chain_walk *walk, struct scf_db *db, int64_t size,
                                  bool *ret_known, struct scf_hash *ret, struct scf_error *err) {
    struct scf_hash last;
    SCF_ASSERT(size >= 0 && walk->tree.size <= (uint64_t)size);
    enum scf_code code = advance(walk, db, size, ret_known, &last, err);
    if (code == SCF_OK && *ret_known)
        *ret = scf_compact_root(&walk->tree);
    return code;
}
