/* SQL for reading chains and blocks. Relies on db. */
#include "chain_store.h"

#define BLOCK_COLUMNS                                                                              \
    "b.height, b.size, b.root, b.block_hash, b.block_note, b.checkpoint_note, b.sealed_at,"        \
    " b.prev_hash"

/* The columns above, from `col` on. */
static struct scf_block_view block_of(const struct scf_rows *rows, int row, int col) {
    return (struct scf_block_view){
        .block = {.height = scf_rows_i64(rows, row, col),
                  .size = scf_rows_i64(rows, row, col + 1),
                  .root = scf_rows_hash(rows, row, col + 2),
                  .hash = scf_rows_hash(rows, row, col + 3),
                  .block_note = scf_rows_str(rows, row, col + 4),
                  .checkpoint_note = scf_rows_str(rows, row, col + 5)},
        .sealed_us = scf_rows_time(rows, row, col + 6),
        .prev = scf_rows_hash(rows, row, col + 7),
    };
}

/* ---- chains ---- */

#define CHAINS                                                                                     \
    "SELECT c.id, c.size, c.suite, " BLOCK_COLUMNS " FROM scfd.chain c"                            \
    " LEFT JOIN scfd.chain_seal s ON s.chain_id = c.id"                                            \
    " LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"

static const struct scf_stmt get_chain = {"scf_chain_view_get", CHAINS " WHERE c.id = $1"};
static const struct scf_stmt list_up = {"scf_chain_view_list",
                                        CHAINS " WHERE c.id > $1 ORDER BY c.id LIMIT $2"};
static const struct scf_stmt list_down = {"scf_chain_view_list_down",
                                          CHAINS " WHERE c.id < $1 ORDER BY c.id DESC LIMIT $2"};

static struct scf_chain_view chain_of(const struct scf_rows *rows, int row) {
    struct scf_block_view newest = block_of(rows, row, 3);
    return (struct scf_chain_view){
        .id = scf_rows_uuid(rows, row, 0),
        .size = scf_rows_i64(rows, row, 1),
        .suite = scf_suite_of_number(scf_rows_i64(rows, row, 2)),
        .sealed = !scf_rows_null(rows, row, 3),
        .newest = newest.block,
        .sealed_us = newest.sealed_us,
    };
}

enum scf_code scf_chain_view_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_chain_view *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &get_chain, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    *ret = chain_of(rows, 0);
    return SCF_OK;
}

enum scf_code scf_chain_view_list(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *after, bool descending, int limit,
                                  struct scf_chain_view **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, after);
    scf_p_i64(&p, limit);
    enum scf_code code = scf_db_run(db, descending ? &list_down : &list_up, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_chain_view *views = scf_alloc(arena, (size_t)n, sizeof *views);
    if (views == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        views[i] = chain_of(rows, i);
    *ret = views;
    *ret_n = n;
    return SCF_OK;
}

/* ---- blocks ---- */

#define BLOCKS "SELECT " BLOCK_COLUMNS " FROM scfd.block b WHERE b.chain_id = $1"

static const struct scf_stmt get_block = {"scf_block_view_get", BLOCKS " AND b.height = $2"};
static const struct scf_stmt blocks_up = {"scf_block_view_list",
                                          BLOCKS " AND b.height > $2 ORDER BY b.height LIMIT $3"};
static const struct scf_stmt blocks_down = {"scf_block_view_list_down", BLOCKS
                                            " AND b.height < $2 ORDER BY b.height DESC LIMIT $3"};

enum scf_code scf_block_view_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, int64_t height,
                                 struct scf_block_view *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, height);
    enum scf_code code = scf_db_run(db, &get_block, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "The chain has no block of this height.");
    *ret = block_of(rows, 0, 0);
    return SCF_OK;
}

enum scf_code scf_block_view_list(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, int64_t after, bool descending,
                                  int limit, struct scf_block_view **ret, int *ret_n,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, after);
    scf_p_i64(&p, limit);
    enum scf_code code =
        scf_db_run(db, descending ? &blocks_down : &blocks_up, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_block_view *views = scf_alloc(arena, (size_t)n, sizeof *views);
    if (views == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        views[i] = block_of(rows, i, 0);
    *ret = views;
    *ret_n = n;
    return SCF_OK;
}
