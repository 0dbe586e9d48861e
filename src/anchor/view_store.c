/* SQL of ticks and entries as the API shows them. */
#include "view.h"

#include "entry.h"
#include "target.h"

#define SELECT_TICKS                                                                               \
    "SELECT k.tick, k.size, k.root, k.statement_sha256, k.statement, k.note, k.at"                 \
    " FROM scfd.anchor_tick k"

static const struct scf_stmt get = {"anchor_tick_get", SELECT_TICKS " WHERE k.tick = $1"};
static const struct scf_stmt list_up = {"anchor_tick_list",
                                        SELECT_TICKS " WHERE k.tick > $1 ORDER BY k.tick LIMIT $2"};
static const struct scf_stmt list_down = {"anchor_tick_list_down", SELECT_TICKS
                                          " WHERE k.tick < $1 ORDER BY k.tick DESC LIMIT $2"};
#define SELECT_ENTRIES(entries)                                                                    \
    "SELECT " ANCHOR_TARGET_COLUMNS ", " ANCHOR_ENTRY_COLUMNS " FROM " entries " e"                \
    " JOIN scfd.anchor_tick k ON k.tick = e.tick JOIN scfd.anchor_target t ON t.id = e.target_id"  \
    " WHERE e.tick = ANY ($1) ORDER BY t.name"
static const struct scf_stmt whole_entries = {"anchor_entries_whole",
                                              SELECT_ENTRIES("scfd.anchor_entry")};
/* A list tells of a proof only that it is there: one byte of each is read. */
static const struct scf_stmt listed_entries = {
    "anchor_entries_listed",
    SELECT_ENTRIES("(SELECT tick, target_id, state, attempt, created_at, proven_at, due_at,"
                   " expires_at, substr(proof, 1, 1) AS proof, reference, problem,"
                   " certificates_end_at, algorithms"
                   " FROM scfd.anchor_entry)")};

static struct anchor_tick_view read_tick(const struct scf_rows *rows, int row) {
    return (struct anchor_tick_view){
        .tick = scf_rows_i64(rows, row, 0),
        .size = scf_rows_i64(rows, row, 1),
        .root = scf_rows_hash(rows, row, 2),
        .statement_sha256 = scf_rows_hash(rows, row, 3),
        .statement = scf_rows_str(rows, row, 4),
        .note = scf_rows_str(rows, row, 5),
        .at_us = scf_rows_time(rows, row, 6),
    };
}

/* Hands each tick its entries. */
static enum scf_code distribute(struct scf_arena *arena, const struct scf_rows *rows,
                                struct anchor_tick_view *ticks, int n, struct scf_error *err) {
    int count = scf_rows_count(rows);
    struct scf_anchor_target *targets = scf_alloc(arena, (size_t)count, sizeof *targets);
    struct scf_anchor_entry *entries = scf_alloc(arena, (size_t)count, sizeof *entries);
    if (targets == NULL || entries == NULL)
        return scf_fail_memory(err);
    int used = 0;
    for (int k = 0; k < n; k++) {
        ticks[k].entries = entries + used;
        for (int row = 0; row < count; row++) {
            if (scf_rows_i64(rows, row, ANCHOR_TARGET_COLUMN_COUNT) != ticks[k].tick)
                continue;
            targets[used] = scf_anchor_target_read(rows, row, 0);
            entries[used] = scf_anchor_entry_read(rows, row, ANCHOR_TARGET_COLUMN_COUNT);
            entries[used].target = &targets[used];
            used++;
            ticks[k].entry_count++;
        }
    }
    return SCF_OK;
}

static enum scf_code add_entries(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_stmt *entries, struct anchor_tick_view *ticks,
                                 int n, struct scf_error *err) {
    int64_t *numbers = scf_alloc(arena, (size_t)n, sizeof *numbers);
    if (numbers == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        numbers[i] = ticks[i].tick;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64_array(&p, numbers, NULL, (size_t)n);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, entries, &p, arena, &rows, err);
    return code ? code : distribute(arena, rows, ticks, n, err);
}

enum scf_code scf_anchor_tick_get(struct scf_db *db, struct scf_arena *arena, int64_t tick,
                                  struct anchor_tick_view *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, tick);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &get, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such tick.");
    struct anchor_tick_view view = read_tick(rows, 0);
    code = add_entries(db, arena, &whole_entries, &view, 1, err);
    if (code == SCF_OK)
        *ret = view;
    return code;
}

enum scf_code scf_anchor_tick_list(struct scf_db *db, struct scf_arena *arena, int64_t after,
                                   bool descending, int limit, struct anchor_tick_view **ret,
                                   int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, after);
    scf_p_i64(&p, limit);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, descending ? &list_down : &list_up, &p, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct anchor_tick_view *ticks = scf_alloc(arena, (size_t)n, sizeof *ticks);
    if (ticks == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        ticks[i] = read_tick(rows, i);
    code = add_entries(db, arena, &listed_entries, ticks, n, err);
    if (code)
        return code;
    *ret = ticks;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt block_of = {"anchor_block_of",
                                         "SELECT height FROM scfd.block WHERE chain_id = $1"
                                         " AND size > $2 ORDER BY size LIMIT 1"};

enum scf_code scf_anchor_block_of(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, int64_t leaf_index,
                                  int64_t *ret_height, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, leaf_index);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &block_of, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_SEALED, "The record's block is not sealed yet.");
    *ret_height = scf_rows_i64(rows, 0, 0);
    return SCF_OK;
}
