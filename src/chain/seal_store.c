/* SQL for sealing. Relies on db. Statements take whole batches of chains, so that ten thousand
 * small chains do not cost ten thousand round trips. */
#include "seal_store.h"

#include "scfd/chain/merkle.h"
#include "scfd/chain/chain.h"

/* Both tables have one small row per chain; a join over them is milliseconds for 10,000 chains. */
static const struct scf_stmt candidates = {
    "scf_seal_candidates",
    "SELECT c.id FROM scfd.chain c JOIN scfd.chain_seal s ON s.chain_id = c.id"
    " WHERE c.size <> s.size ORDER BY c.id"};

enum scf_code scf_seal_candidates(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_uuid **ret_ids, size_t *ret_n, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &candidates, NULL, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret_ids, ret_n, err) : code;
}

/* ---- locking ---- */

static const struct scf_stmt lock_rows = {
    "scf_seal_lock", "SELECT chain_id FROM scfd.chain_seal WHERE chain_id = ANY ($1)"
                     " ORDER BY chain_id FOR NO KEY UPDATE SKIP LOCKED"};

/* A statement of its own: the one that locks sees the other tables as they were before it waited.
 */
static const struct scf_stmt read_state = {
    "scf_seal_state", "SELECT " SCF_SEAL_STATE_COLUMNS
                      " FROM scfd.chain_seal s JOIN scfd.chain c ON c.id = s.chain_id"
                      " LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"
                      " WHERE s.chain_id = ANY ($1) ORDER BY s.chain_id"};

struct scf_seal_state scf_seal_state_of(const struct scf_rows *rows, int row) {
    return (struct scf_seal_state){
        .chain_id = scf_rows_uuid(rows, row, 0),
        .size = scf_rows_i64(rows, row, 1),
        .height = scf_rows_i64(rows, row, 2),
        .sealed = scf_rows_i64(rows, row, 3),
        .block_hash = scf_rows_hash(rows, row, 4),
        .has_block = !scf_rows_null(rows, row, 5),
        .block_size = scf_rows_i64(rows, row, 5),
        .block_us = scf_rows_time(rows, row, 6),
        .block_root = scf_rows_hash(rows, row, 7),
        .block_block_hash = scf_rows_hash(rows, row, 8),
        .suite = scf_suite_of_number(scf_rows_i64(rows, row, 9)),
    };
}

enum scf_code scf_seal_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *ids,
                            size_t n, struct scf_seal_state **ret, size_t *ret_n,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, ids, n);
    enum scf_code code = scf_db_run(db, &lock_rows, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    struct scf_uuid *mine;
    size_t locked;
    code = scf_rows_uuid_list(rows, arena, &mine, &locked, err);
    if (code != SCF_OK)
        return code;
    struct scf_seal_state *states = scf_alloc(arena, locked, sizeof *states);
    if (states == NULL)
        return scf_fail_memory(err);
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, mine, locked);
    code = scf_db_run(db, &read_state, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_n = (size_t)scf_rows_count(rows);
    for (size_t i = 0; i < *ret_n; i++)
        states[i] = scf_seal_state_of(rows, (int)i);
    *ret = states;
    return SCF_OK;
}

/* ---- leaves ---- */

/* LATERAL with LIMIT keeps every plan on the primary key, whatever the statistics say. */
static const struct scf_stmt leaves = {
    "scf_seal_leaves",
    "SELECT w.i, r.leaf_index, r.leaf_hash, r.received_at"
    " FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS w(c, first, n, i)"
    " CROSS JOIN LATERAL (SELECT leaf_index, leaf_hash, received_at FROM scfd.record"
    " WHERE chain_id = w.c AND leaf_index >= w.first ORDER BY leaf_index LIMIT w.n) r"
    " ORDER BY w.i, r.leaf_index"};

enum scf_code scf_seal_leaves(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_leaf_wish *wishes, size_t n, struct scf_rows **ret,
                              struct scf_error *err) {
    const struct scf_uuid **chains = scf_alloc(arena, n, sizeof *chains);
    int64_t *firsts = scf_alloc(arena, n, sizeof *firsts);
    int64_t *counts = scf_alloc(arena, n, sizeof *counts);
    if (chains == NULL || firsts == NULL || counts == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        chains[i] = &wishes[i].chain_id;
        firsts[i] = wishes[i].first;
        counts[i] = wishes[i].count;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, chains, n);
    scf_p_i64_array(&p, firsts, NULL, n);
    scf_p_i64_array(&p, counts, NULL, n);
    return scf_db_run(db, &leaves, &p, arena, ret, err);
}

/* ---- blocks ---- */

/* The columns of the blocks to write, one array each. */
struct columns {
    const struct scf_uuid **chain;
    int64_t *height, *size, *time;
    struct scf_str *root, *prev, *hash, *block_note, *checkpoint_note;
};

static bool columns_alloc(struct columns *c, struct scf_arena *arena, size_t n) {
    c->chain = scf_alloc(arena, n, sizeof *c->chain);
    c->height = scf_alloc(arena, n, sizeof *c->height);
    c->size = scf_alloc(arena, n, sizeof *c->size);
    c->time = scf_alloc(arena, n, sizeof *c->time);
    c->root = scf_alloc(arena, n, sizeof *c->root);
    c->prev = scf_alloc(arena, n, sizeof *c->prev);
    c->hash = scf_alloc(arena, n, sizeof *c->hash);
    c->block_note = scf_alloc(arena, n, sizeof *c->block_note);
    c->checkpoint_note = scf_alloc(arena, n, sizeof *c->checkpoint_note);
    return c->chain && c->height && c->size && c->time && c->root && c->prev && c->hash &&
           c->block_note && c->checkpoint_note;
}

static struct scf_str hash_view(const struct scf_hash *h) {
    return (struct scf_str){(const char *)h->b, SCF_HASH_LEN};
}

static void columns_fill(struct columns *c, const struct scf_sealed_block *blocks, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct scf_sealed_block *b = &blocks[i];
        c->chain[i] = &b->chain_id;
        c->height[i] = b->block.height;
        c->size[i] = b->block.size;
        c->time[i] = b->block.time_us;
        c->root[i] = hash_view(&b->block.root);
        c->prev[i] = hash_view(&b->block.prev);
        c->hash[i] = hash_view(&b->hash);
        c->block_note[i] = b->block_note;
        c->checkpoint_note[i] = b->checkpoint_note;
    }
}

static const struct scf_stmt insert_blocks = {
    "scf_seal_blocks",
    "INSERT INTO scfd.block (chain_id, height, size, block_hash, root, prev_hash, sealed_at,"
    " block_note, checkpoint_note)"
    " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[],"
    " $6::bytea[], $7::timestamptz[], $8::text[], $9::text[])"};
static const struct scf_stmt move_seals = {
    "scf_seal_move",
    "UPDATE scfd.chain_seal s SET height = w.h, size = w.s, block_hash = w.b"
    " FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[]) AS w(c, h, s, b)"
    " WHERE s.chain_id = w.c"};

enum scf_code scf_seal_write(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_sealed_block *blocks, size_t n,
                             struct scf_error *err) {
    struct columns c;
    if (!columns_alloc(&c, arena, n))
        return scf_fail_memory(err);
    columns_fill(&c, blocks, n);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, c.chain, n);
    scf_p_i64_array(&p, c.height, NULL, n);
    scf_p_i64_array(&p, c.size, NULL, n);
    scf_p_bytes_array(&p, c.hash, n);
    enum scf_code code = scf_db_run(db, &move_seals, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    scf_p_bytes_array(&p, c.root, n);
    scf_p_bytes_array(&p, c.prev, n);
    scf_p_time_array(&p, c.time, NULL, n);
    scf_p_text_array(&p, c.block_note, n);
    scf_p_text_array(&p, c.checkpoint_note, n);
    return scf_db_run(db, &insert_blocks, &p, arena, NULL, err);
}

/* From the chains, for blocks are many; the suite stands in the text for the sake of the partial
 * index. */
#define ANY_NOTE(suite_is)                                                                         \
    "SELECT b.checkpoint_note FROM scfd.chain c CROSS JOIN LATERAL"                                \
    " (SELECT checkpoint_note FROM scfd.block WHERE chain_id = c.id LIMIT 1) b"                    \
    " WHERE c.suite " suite_is " LIMIT 1"
static const struct scf_stmt any_note[SCF_SUITES] = {
    [SCF_SUITE_SHA256_ED25519] = {"scf_seal_any_note", ANY_NOTE("= 0")},
    [SCF_SUITE_SM3_SM2] = {"scf_seal_any_sm2_note", ANY_NOTE("<> 0 AND c.suite = 1")},
};

enum scf_code scf_seal_any_note(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                                struct scf_str *ret_note, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &any_note[suite], NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_note = (struct scf_str){NULL, 0};
    if (scf_rows_count(rows) == 1)
        *ret_note = scf_rows_str(rows, 0, 0);
    return SCF_OK;
}

/* ---- the newest block ---- */

static const struct scf_stmt newest = {
    "scf_chain_sealed_state",
    "SELECT s.height, s.size, s.block_hash, b.root, c.suite FROM scfd.chain_seal s"
    " JOIN scfd.chain c ON c.id = s.chain_id LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND "
    "b.height = s.height"
    " WHERE s.chain_id = $1"};

enum scf_code scf_chain_sealed_state(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *chain_id, struct scf_chain_state *ret,
                                     struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &newest, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    ret->height = scf_rows_i64(rows, 0, 0);
    ret->size = scf_rows_i64(rows, 0, 1);
    ret->block_hash = scf_rows_hash(rows, 0, 2);
    ret->suite = scf_suite_of_number(scf_rows_i64(rows, 0, 4));
    ret->root = scf_rows_null(rows, 0, 3) ? scf_merkle_empty(scf_suite_hash(ret->suite))
                                          : scf_rows_hash(rows, 0, 3);
    return SCF_OK;
}
