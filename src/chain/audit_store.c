/* SQL for the audit. Relies on db. Reads only. */
#include "audit_store.h"

#define STATE                                                                                      \
    "SELECT " SCF_SEAL_STATE_COLUMNS " FROM scfd.chain c"                                          \
    " LEFT JOIN scfd.chain_seal s ON s.chain_id = c.id"                                            \
    " LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"

static const struct scf_stmt list = {"scf_audit_list",
                                     STATE " WHERE $1::uuid IS NULL OR c.id = $1 ORDER BY c.id"};
static const struct scf_stmt now = {"scf_audit_now", STATE " WHERE c.id = $1"};

/* Without a seal row: as before the first block. */
static struct scf_seal_state state_of(const struct scf_rows *rows, int row) {
    struct scf_seal_state s = scf_seal_state_of(rows, row);
    if (scf_rows_null(rows, row, 2))
        s.height = -1;
    return s;
}

enum scf_code scf_audit_list(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, struct scf_audit_chain **ret,
                             size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &list, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_audit_chain *chains = scf_alloc(arena, n, sizeof *chains);
    if (chains == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "There are too many chains for the audit's memory.");
    for (size_t i = 0; i < n; i++) {
        chains[i].number = (int)i;
        chains[i].has_seal = !scf_rows_null(rows, (int)i, 2);
        chains[i].state = state_of(rows, (int)i);
        scf_id_format("node", &chains[i].state.chain_id, chains[i].name);
    }
    *ret = chains;
    *ret_n = n;
    return SCF_OK;
}

enum scf_code scf_audit_now(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *chain_id, struct scf_seal_state *ret,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &now, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "The chain vanished during the audit.");
    if (code == SCF_OK)
        *ret = state_of(rows, 0);
    return code;
}

/* The distinct chain ids of a table by stepping along its primary key: one look-up per chain. */
#define DISTINCT_CHAINS(table)                                                                     \
    "(WITH RECURSIVE d AS ((SELECT chain_id FROM " table " ORDER BY chain_id LIMIT 1)"             \
    " UNION ALL SELECT (SELECT t.chain_id FROM " table " t WHERE t.chain_id > d.chain_id"          \
    " ORDER BY t.chain_id LIMIT 1) FROM d WHERE d.chain_id IS NOT NULL)"                           \
    " SELECT chain_id FROM d WHERE chain_id IS NOT NULL)"
/* clang-format off */
static const struct scf_stmt orphans = {
    "scf_audit_orphans",
    "SELECT x.chain_id, x.what FROM ("
    "SELECT chain_id, 'there are records' AS what FROM " DISTINCT_CHAINS("scfd.record") " r"
    " UNION ALL SELECT chain_id, 'there are tiles' FROM " DISTINCT_CHAINS("scfd.tile") " t"
    " UNION ALL SELECT chain_id, 'there are blocks' FROM " DISTINCT_CHAINS("scfd.block") " b"
    " UNION ALL SELECT chain_id, 'there is a seal' FROM scfd.chain_seal"
    " UNION ALL SELECT id, 'there is a node' FROM scfd.node"
    " UNION ALL SELECT platform_id, 'there is the platform' FROM scfd.installation) x"
    " WHERE NOT EXISTS (SELECT FROM scfd.chain c WHERE c.id = x.chain_id) ORDER BY 1, 2"};
/* clang-format on */

enum scf_code scf_audit_orphans(struct scf_db *db, struct scf_arena *arena, struct scf_rows **ret,
                                struct scf_error *err) {
    return scf_db_run(db, &orphans, NULL, arena, ret, err);
}

/* ---- streams ---- */

static void range_params(struct scf_params *p, struct scf_arena *arena,
                         const struct scf_uuid *chain_id, int64_t first, int64_t past) {
    scf_params_init(p, arena);
    scf_p_uuid(p, chain_id);
    scf_p_i64(p, first);
    scf_p_i64(p, past);
}

static const struct scf_stmt read_leaves = {
    "scf_audit_read_leaves",
    "SELECT leaf_index, id, kind, external_id, received_at, leaf_hash, body_sha256, salt, body,"
    " body_sm3"
    " FROM scfd.record WHERE chain_id = $1 AND leaf_index >= $2 AND leaf_index < $3"
    " ORDER BY leaf_index"};

static const struct scf_stmt read_all_columns = {
    "scf_audit_read_columns",
    "SELECT " SCF_RECORD_COLUMNS ", e.code, p.code FROM scfd.record r"
    " LEFT JOIN scfd.enterprise e ON e.id = r.enterprise_id"
    " LEFT JOIN scfd.enterprise p ON p.id = r.counterparty_id"
    " WHERE r.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < $3 ORDER BY r.leaf_index"};
enum { CODES = SCF_RECORD_COLUMN_COUNT };

struct leaf_reader {
    const struct scf_uuid *chain_id;
    bool (*each)(void *ctx, const struct scf_audit_leaf *leaf);
    void *ctx;
};

static struct scf_audit_leaf leaf_at(const struct scf_rows *row, int digest, int sm3) {
    int salt = digest + 1, body = digest + 2;
    return (struct scf_audit_leaf){
        .has_digest = !scf_rows_null(row, 0, digest),
        .has_salt = !scf_rows_null(row, 0, salt),
        .has_body = !scf_rows_null(row, 0, body),
        .has_sm3 = !scf_rows_null(row, 0, sm3),
        .digest_n = scf_rows_str(row, 0, digest).n,
        .salt_n = scf_rows_str(row, 0, salt).n,
        .sm3_n = scf_rows_str(row, 0, sm3).n,
    };
}

static bool give_leaf(void *ctx, const struct scf_rows *row) {
    const struct leaf_reader *reader = ctx;
    struct scf_str salt = scf_rows_str(row, 0, 7);
    struct scf_audit_leaf leaf = leaf_at(row, 6, 9);
    leaf.kind = scf_rows_i64(row, 0, 2);
    leaf.record = (struct scf_record){
        .chain_id = *reader->chain_id,
        .leaf_index = scf_rows_i64(row, 0, 0),
        .id = scf_rows_uuid(row, 0, 1),
        .external_id = scf_rows_str(row, 0, 3),
        .received_us = scf_rows_time(row, 0, 4),
        .leaf_hash = scf_rows_hash(row, 0, 5),
        .body_sha256 = scf_rows_hash(row, 0, 6),
        .body = scf_rows_str(row, 0, 8),
        .body_sm3 = scf_rows_hash(row, 0, 9),
    };
    memcpy(leaf.record.salt, salt.p, salt.n < SCF_SALT_LEN ? salt.n : SCF_SALT_LEN);
    return reader->each(reader->ctx, &leaf);
}

static bool give_all_columns(void *ctx, const struct scf_rows *row) {
    const struct leaf_reader *reader = ctx;
    struct scf_audit_leaf leaf = leaf_at(row, 7, CODES - 1);
    leaf.kind = scf_rows_i64(row, 0, 3);
    scf_record_read(row, 0, &leaf.record);
    leaf.enterprise_code = scf_rows_str(row, 0, CODES);
    leaf.counterparty_code = scf_rows_str(row, 0, CODES + 1);
    return reader->each(reader->ctx, &leaf);
}

enum scf_code scf_audit_read_leaves(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                    bool all_columns,
                                    bool (*each)(void *ctx, const struct scf_audit_leaf *leaf),
                                    void *ctx, struct scf_error *err) {
    struct scf_params p;
    struct leaf_reader reader = {chain_id, each, ctx};
    range_params(&p, arena, chain_id, first, past);
    return all_columns ? scf_db_stream(db, &read_all_columns, &p, give_all_columns, &reader, err)
                       : scf_db_stream(db, &read_leaves, &p, give_leaf, &reader, err);
}

static const struct scf_stmt read_tiles = {
    "scf_audit_read_tiles", "SELECT n, hashes FROM scfd.tile WHERE chain_id = $1 AND level = 0"
                            " AND n >= $2 AND n < $3 ORDER BY n"};

struct tile_reader {
    bool (*each)(void *ctx, int64_t n, struct scf_str hashes);
    void *ctx;
};

static bool give_tile(void *ctx, const struct scf_rows *row) {
    const struct tile_reader *reader = ctx;
    return reader->each(reader->ctx, scf_rows_i64(row, 0, 0), scf_rows_str(row, 0, 1));
}

enum scf_code scf_audit_read_tiles(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                   bool (*each)(void *ctx, int64_t n, struct scf_str hashes),
                                   void *ctx, struct scf_error *err) {
    struct scf_params p;
    struct tile_reader reader = {each, ctx};
    range_params(&p, arena, chain_id, first, past);
    return scf_db_stream(db, &read_tiles, &p, give_tile, &reader, err);
}

static const struct scf_stmt count_tiles = {"scf_audit_count_tiles",
                                            "SELECT count(*) FROM scfd.tile WHERE chain_id = $1"};

enum scf_code scf_audit_count_tiles(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t *ret,
                                    struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &count_tiles, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

static const struct scf_stmt read_blocks = {
    "scf_audit_read_blocks",
    "SELECT height, size, root, prev_hash, block_hash, sealed_at, block_note, checkpoint_note"
    " FROM scfd.block WHERE chain_id = $1 AND height >= $2 AND height < $3 ORDER BY height"
    " LIMIT 4096"}; /* far more than is asked for: a bound for what somebody may have added */

enum scf_code scf_audit_read_blocks(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                    struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    range_params(&p, arena, chain_id, first, past);
    return scf_db_run(db, &read_blocks, &p, arena, ret, err);
}

static const struct scf_stmt read_origin = {"scf_audit_origin",
                                            "SELECT origin FROM scfd.installation"};

enum scf_code scf_audit_origin(struct scf_db *db, struct scf_arena *arena, const char **ret,
                               struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &read_origin, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) == 1 ? scf_rows_text(rows, 0, 0) : "";
    return code;
}
