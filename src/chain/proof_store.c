/* Building proofs from the database: one statement for the records and blocks of all who ask at the
 * same time, and one for tiles that are not in memory. Relies on db, tile_store and tile_cache.
 *
 * A proof is made against the first block that covers the record, not the newest: it then never
 * changes, and its block says how early the record was there. */
#include "proof_store.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/note.h"

/* ---- records and blocks ---- */

#define BLOCK_COLUMNS                                                                              \
    "b.height, b.size, b.root, b.block_hash, b.block_note, b.checkpoint_note, c.suite"
#define BLOCK_OF_CHAIN " FROM scfd.block b JOIN scfd.chain c ON c.id = b.chain_id"

/* The columns above, from `col` on. Text is a view into `rows`. */
static struct scf_proof_block block_of(const struct scf_rows *rows, int row, int col) {
    return (struct scf_proof_block){
        .height = scf_rows_i64(rows, row, col),
        .size = scf_rows_i64(rows, row, col + 1),
        .root = scf_rows_hash(rows, row, col + 2),
        .hash = scf_rows_hash(rows, row, col + 3),
        .block_note = scf_rows_str(rows, row, col + 4),
        .checkpoint_note = scf_rows_str(rows, row, col + 5),
        .suite = (enum scf_suite)scf_rows_i64(rows, row, col + 6),
    };
}

enum scf_code scf_proof_not_sealed(struct scf_error *err) {
    return scf_fail(err, SCF_E_NOT_SEALED,
                    "The record is on disk and in its chain, but its block is not sealed yet.");
}

static const struct scf_stmt covering_block = {
    "scf_proof_block", "SELECT " BLOCK_COLUMNS BLOCK_OF_CHAIN
                       " WHERE b.chain_id = $1 AND b.size > $2 ORDER BY b.size LIMIT 1"};

enum scf_code scf_proof_block(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t leaf_index,
                              struct scf_proof_block *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, leaf_index);
    enum scf_code code = scf_db_run(db, &covering_block, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_proof_not_sealed(err);
    *ret = block_of(rows, 0, 0);
    return SCF_OK;
}

/* Who sees everything asks as no node. Bodies may be large, and are not needed. */
static const struct scf_stmt asked = {
    "scf_proof_asks",
    "SELECT w.i, r.chain_id, r.leaf_index, r.kind, r.external_id, r.received_at, r.leaf_hash,"
    " r.body_sha256, r.salt, r.body IS NULL, r.body_sm3, b.*"
    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(id, node, i)"
    " JOIN scfd.record r ON r.id = w.id AND (w.node IS NULL OR r.chain_id = w.node OR EXISTS"
    " (SELECT FROM scfd.record_addressee a WHERE a.node_id = w.node AND a.record_id = r.id))"
    " LEFT JOIN LATERAL (SELECT " BLOCK_COLUMNS BLOCK_OF_CHAIN
    " WHERE b.chain_id = r.chain_id AND b.size > r.leaf_index ORDER BY b.size LIMIT 1) b ON true"};
enum { ASKED_BLOCK = 11 /* its first column */ };

static bool keep(struct scf_arena *arena, struct scf_str *text) {
    text->p = scf_strndup(arena, text->p, text->n);
    return text->p != NULL;
}

static bool read_asked(const struct scf_rows *rows, int row, struct scf_proof_ask *ask) {
    struct scf_record *r = &ask->record;
    *r = (struct scf_record){
        .chain_id = scf_rows_uuid(rows, row, 1),
        .id = ask->id,
        .leaf_index = scf_rows_i64(rows, row, 2),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, row, 3),
        .external_id = scf_rows_str(rows, row, 4),
        .received_us = scf_rows_time(rows, row, 5),
        .leaf_hash = scf_rows_hash(rows, row, 6),
        .body_sha256 = scf_rows_hash(rows, row, 7),
        .body_sm3 = scf_rows_hash(rows, row, 10),
    };
    struct scf_str salt = scf_rows_str(rows, row, 8);
    memcpy(r->salt, salt.p, salt.n < SCF_SALT_LEN ? salt.n : SCF_SALT_LEN);
    if (!scf_rows_bool(rows, row, 9))
        r->body = SCF_STR("");
    ask->found = true;
    ask->sealed = !scf_rows_null(rows, row, ASKED_BLOCK);
    if (ask->sealed)
        ask->block = block_of(rows, row, ASKED_BLOCK);
    r->suite = ask->block.suite;
    return keep(ask->arena, &r->external_id) &&
           (!ask->sealed || (keep(ask->arena, &ask->block.block_note) &&
                             keep(ask->arena, &ask->block.checkpoint_note)));
}

static bool put_asks(struct scf_params *p, struct scf_arena *arena,
                     struct scf_proof_ask *const *asks, size_t n) {
    const struct scf_uuid **ids = scf_alloc(arena, 2 * n, sizeof *ids);
    if (ids == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct scf_actor *actor = asks[i]->actor;
        ids[i] = &asks[i]->id;
        ids[n + i] = actor == NULL || actor->admin ? NULL : &actor->node_id;
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, ids, n);
    scf_p_uuid_array(p, ids + n, n);
    return true;
}

enum scf_code scf_proof_asks(struct scf_db *db, struct scf_arena *arena,
                             struct scf_proof_ask *const *asks, size_t n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (!put_asks(&p, arena, asks, n))
        return scf_fail_memory(err);
    enum scf_code code = scf_db_run(db, &asked, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++)
        if (!read_asked(rows, i, asks[scf_rows_i64(rows, i, 0) - 1]))
            code = scf_fail_memory(err);
    return code;
}

/* ---- the tree ---- */

/* The hashes that a proof's ranges are folded from: subtrees, and what was found of them. */
struct parts {
    int n;
    struct scf_subtree *subtrees;
    struct scf_hash *hashes;
    bool *found;
};

static bool split(struct scf_arena *arena, const struct scf_range *ranges, int n,
                  struct parts *ret) {
    struct scf_subtree some[SCF_PROOF_MAX];
    struct parts p = {.n = 0};
    for (int i = 0; i < n; i++)
        p.n += scf_merkle_split(ranges[i], some);
    p.subtrees = scf_alloc(arena, (size_t)p.n + 1, sizeof *p.subtrees);
    p.hashes = scf_alloc(arena, (size_t)p.n + 1, sizeof *p.hashes);
    p.found = scf_alloc(arena, (size_t)p.n + 1, sizeof *p.found);
    if (p.subtrees == NULL || p.hashes == NULL || p.found == NULL)
        return false;
    for (int i = 0, at = 0; i < n; i++) {
        int count = scf_merkle_split(ranges[i], some);
        memcpy(p.subtrees + at, some, (size_t)count * sizeof *some);
        at += count;
    }
    *ret = p;
    return true;
}

static struct scf_range range_of(const struct scf_subtree *s) {
    return (struct scf_range){s->index << s->level, (s->index + 1) << s->level};
}

/* Reads the tiles of the subtrees that were not found, and keeps them for others. */
static enum scf_code read_missing(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                                  enum scf_hash_alg alg, struct parts *p, int missing,
                                  struct scf_error *err) {
    struct scf_range *ranges = scf_alloc(arena, (size_t)missing, sizeof *ranges);
    if (ranges == NULL)
        return scf_fail_memory(err);
    for (int i = 0, at = 0; i < p->n; i++)
        if (!p->found[i])
            ranges[at++] = range_of(&p->subtrees[i]);
    struct scf_tile_set *tiles = scf_tiles_needed(arena, ranges, missing);
    if (tiles == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_tile_set_read(db, arena, chain_id, tiles, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < tiles->count; i++)
        if (tiles->items[i].id.width > 0)
            scf_tile_cache_put(cache, chain_id, alg, &tiles->items[i]);
    for (int i = 0; i < p->n; i++) {
        struct scf_range range = range_of(&p->subtrees[i]);
        if (!p->found[i] && !scf_tiles_root(alg, tiles, range, &p->hashes[i])) {
            scf_fail(err, SCF_E_INTERNAL, "The stored tree is damaged; run scfd audit.");
            return scf_note(err, "no hash for leaves [%" PRIu64 ", %" PRIu64 ")", range.begin,
                            range.end);
        }
    }
    return SCF_OK;
}

enum scf_code scf_proof_hashes(struct scf_db *db, struct scf_arena *arena,
                               struct scf_tile_cache *cache, const struct scf_uuid *chain_id,
                               enum scf_suite suite, const struct scf_range *ranges, int n,
                               struct scf_hash *ret, struct scf_error *err) {
    struct scf_subtree some[SCF_PROOF_MAX];
    struct parts p;
    enum scf_hash_alg alg = scf_suite_hash(suite);
    if (!split(arena, ranges, n, &p))
        return scf_fail_memory(err);
    int missing = scf_tile_cache_get(cache, chain_id, p.subtrees, p.n, p.hashes, p.found);
    if (missing > 0) {
        enum scf_code code = read_missing(db, arena, cache, chain_id, alg, &p, missing, err);
        if (code != SCF_OK)
            return code;
    }
    for (int i = 0, at = 0; i < n; i++) {
        int count = scf_merkle_split(ranges[i], some);
        ret[i] = count == 0 ? scf_merkle_empty(alg) : scf_merkle_fold(alg, p.hashes + at, count);
        at += count;
    }
    return SCF_OK;
}

/* ---- proofs ---- */

/* *ret_good: the path leads from the leaf to the block's root. */
static enum scf_code try_path(struct scf_db *db, struct scf_arena *arena,
                              struct scf_tile_cache *cache, const struct scf_record *record,
                              const struct scf_proof_block *block,
                              struct scf_hash path[SCF_PROOF_MAX], int *ret_n, bool *ret_good,
                              struct scf_error *err) {
    struct scf_range ranges[SCF_PROOF_MAX];
    uint64_t index = (uint64_t)record->leaf_index, size = (uint64_t)block->size;
    int n = scf_merkle_inclusion(index, size, ranges);
    enum scf_code code =
        scf_proof_hashes(db, arena, cache, &record->chain_id, block->suite, ranges, n, path, err);
    if (code != SCF_OK)
        return code;
    *ret_n = n;
    *ret_good = scf_merkle_verify_inclusion(scf_suite_hash(block->suite), index, size,
                                            &record->leaf_hash, path, (size_t)n, &block->root);
    return SCF_OK;
}

/* It is verified before it is given out. When it is wrong the tiles in memory may be those of a
 * database that was restored since: then those that are stored count. */
static enum scf_code read_path(struct scf_db *db, struct scf_arena *arena,
                               struct scf_tile_cache *cache, const struct scf_record *record,
                               const struct scf_proof_block *block,
                               struct scf_hash path[SCF_PROOF_MAX], int *ret_n,
                               struct scf_error *err) {
    bool good;
    enum scf_code code = try_path(db, arena, cache, record, block, path, ret_n, &good, err);
    if (code == SCF_OK && !good && cache != NULL) {
        scf_tile_cache_clear(cache);
        code = try_path(db, arena, NULL, record, block, path, ret_n, &good, err);
    }
    if (code != SCF_OK || good)
        return code;
    return scf_fail(err, SCF_E_INTERNAL,
                    "The stored tree does not contain this record as stored; run scfd audit.");
}

enum scf_code scf_proof_build(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              const struct scf_proof_block *block, enum scf_proof_form form,
                              struct scf_buf *out, struct scf_error *err) {
    struct scf_hash path[SCF_PROOF_MAX];
    int n = 0;
    enum scf_code code = read_path(db, arena, services->tiles, record, block, path, &n, err);
    if (code != SCF_OK)
        return code;
    struct scf_vkey key;
    if (!scf_chain_vkey_of(services, block->suite, block->checkpoint_note, &key))
        return scf_fail(err, SCF_E_INTERNAL, "The stored checkpoint is damaged; run scfd audit.");
    if (!scf_note_names_key(block->checkpoint_note, &key))
        return scf_fail(err, SCF_E_INTERNAL,
                        "This instance does not have the key that signed the record's block.");
    if (form == SCF_PROOF_TEXT)
        scf_proof_write_text(record, block, path, n, out);
    else
        scf_proof_write(record, block, path, n, &key, out);
    return out->overflow ? scf_fail(err, SCF_E_INTERNAL, "The proof does not fit.") : SCF_OK;
}

static enum scf_code find_and_build(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct scf_record *record, enum scf_proof_form form,
                                    struct scf_buf *out, struct scf_error *err) {
    struct scf_proof_block block;
    enum scf_code code =
        scf_proof_block(db, arena, &record->chain_id, record->leaf_index, &block, err);
    if (code != SCF_OK)
        return code;
    return scf_proof_build(db, arena, services, record, &block, form, out, err);
}

enum scf_code scf_proof_json(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) {
    return find_and_build(db, arena, services, record, SCF_PROOF_DOCUMENT, out, err);
}

enum scf_code scf_proof_text(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) {
    return find_and_build(db, arena, services, record, SCF_PROOF_TEXT, out, err);
}
