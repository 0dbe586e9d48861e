/* SQL of finding what a block is anchored by. The height at which a chain stands in the ticks never
 * falls, so that the first tick that covers a block is found by halving. */
#include "entry.h"
#include "target.h"
#include "tree.h"
#include "view.h"

struct found_leaf {
    bool found;
    int64_t index;
    struct anchor_leaf leaf;
    struct scf_str page;
};

static const struct scf_stmt page_of = {
    "anchor_page_of", "SELECT page, leaves FROM scfd.anchor_page"
                      " WHERE tick = $1 AND first_chain <= $2 ORDER BY first_chain DESC LIMIT 1"};

/* Where the chain stands in a tick. */
static enum scf_code find_leaf(struct scf_db *db, struct scf_arena *arena, int64_t tick,
                               const struct scf_uuid *chain_id, struct found_leaf *ret,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, tick);
    scf_p_uuid(&p, chain_id);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &page_of, &p, arena, &rows, err);
    if (code)
        return code;
    *ret = (struct found_leaf){.found = false};
    if (scf_rows_count(rows) == 0)
        return SCF_OK;
    int position = 0;
    ret->page = scf_rows_str(rows, 0, 1);
    ret->found = scf_anchor_page_find(ret->page, chain_id, &position, &ret->leaf);
    ret->index = scf_rows_i64(rows, 0, 0) * ANCHOR_PAGE + position;
    return SCF_OK;
}

static const struct scf_stmt newest = {"anchor_newest_tick",
                                       "SELECT coalesce(max(tick), -1) FROM scfd.anchor_tick"};

/* The first tick that covers the block; one beyond the newest when none does. */
static enum scf_code first_covering(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t height, int64_t *ret,
                                    struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &newest, &p, arena, &rows, err);
    if (code)
        return code;
    int64_t low = 0, high = scf_rows_i64(rows, 0, 0) + 1;
    while (code == SCF_OK && low < high) {
        int64_t middle = low + (high - low) / 2;
        struct found_leaf at;
        code = find_leaf(db, arena, middle, chain_id, &at, err);
        if (code == SCF_OK && at.found && at.leaf.height >= height)
            high = middle;
        else
            low = middle + 1;
    }
    if (code == SCF_OK)
        *ret = low;
    return code;
}

/* Of every target the first confirmed entry from tick $1 on, else the first anchored one; rather
 * one whose calendar has named a Bitcoin block than one that has only promises. */
static const struct scf_stmt best = {
    "anchor_best",
    "SELECT " ANCHOR_TARGET_COLUMNS ", " ANCHOR_ENTRY_COLUMNS ", k.note, k.size, k.page_roots"
    " FROM scfd.anchor_target t CROSS JOIN LATERAL ("
    "  (SELECT *, 2 AS rank FROM scfd.anchor_entry WHERE target_id = t.id AND tick >= $1"
    "   AND state = 2 ORDER BY tick LIMIT 1)"
    "  UNION ALL"
    "  (SELECT *, 1 FROM scfd.anchor_entry WHERE target_id = t.id AND tick >= $1 AND state = 1"
    "   AND reference LIKE 'Bitcoin block %' ORDER BY tick LIMIT 1)"
    "  UNION ALL"
    "  (SELECT *, 0 FROM scfd.anchor_entry WHERE target_id = t.id AND tick >= $1 AND state = 1"
    "   ORDER BY tick LIMIT 1)"
    "  ORDER BY rank DESC LIMIT 1) e"
    " JOIN scfd.anchor_tick k ON k.tick = e.tick ORDER BY e.proven_at, t.id"};

static enum scf_code read_one(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, const struct scf_rows *rows, int row,
                              struct scf_anchoring *ret, struct scf_error *err) {
    enum { NOTE = ANCHOR_TARGET_COLUMN_COUNT + ANCHOR_ENTRY_COLUMN_COUNT };
    struct scf_anchor_target *target = scf_alloc(arena, 1, sizeof *target);
    struct found_leaf at;
    if (target == NULL)
        return scf_fail_memory(err);
    *target = scf_anchor_target_read(rows, row, 0);
    struct scf_anchoring a = {
        .target = target,
        .entry = scf_anchor_entry_read(rows, row, ANCHOR_TARGET_COLUMN_COUNT),
        .note = scf_rows_str(rows, row, NOTE),
    };
    a.entry.target = target;
    enum scf_code code = find_leaf(db, arena, a.entry.tick, chain_id, &at, err);
    if (code)
        return code;
    if (!at.found)
        return scf_fail(err, SCF_E_INTERNAL, "A tick has lost a chain.");
    a.block_height = at.leaf.height;
    a.block_hash = at.leaf.block_hash;
    a.index = at.index;
    a.path_count = scf_anchor_path((uint64_t)at.index, (uint64_t)scf_rows_i64(rows, row, NOTE + 1),
                                   at.page, scf_rows_str(rows, row, NOTE + 2), a.path);
    *ret = a;
    return SCF_OK;
}

enum scf_code scf_anchor_find(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t height,
                              struct scf_anchoring **ret, size_t *ret_n, struct scf_error *err) {
    int64_t tick;
    enum scf_code code = first_covering(db, arena, chain_id, height, &tick, err);
    if (code)
        return code;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, tick);
    struct scf_rows *rows;
    code = scf_db_run(db, &best, &p, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct scf_anchoring *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; code == SCF_OK && i < n; i++)
        code = read_one(db, arena, chain_id, rows, i, &list[i], err);
    if (code)
        return code;
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}

/* ---- how far a chain is anchored ---- */

static const struct scf_stmt chain_there = {"anchor_chain_there",
                                            "SELECT EXISTS (SELECT FROM scfd.chain WHERE id = $1)"};

static enum scf_code must_be_there(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *chain_id, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &chain_there, &p, arena, &rows, err);
    if (code == SCF_OK && !scf_rows_bool(rows, 0, 0))
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    return code;
}

/* Of every target the newest entry that proves anything; of its proof one byte. */
static const struct scf_stmt newest_proven = {
    "anchor_newest_proven",
    "SELECT " ANCHOR_TARGET_COLUMNS ", " ANCHOR_ENTRY_COLUMNS
    " FROM scfd.anchor_target t CROSS JOIN LATERAL ("
    "  SELECT tick, target_id, state, attempt, created_at, proven_at, due_at, expires_at,"
    "   substr(proof, 1, 1) AS proof, reference, problem, certificates_end_at,"
    "   algorithms FROM scfd.anchor_entry"
    "   WHERE target_id = t.id AND state IN (1, 2) ORDER BY tick DESC LIMIT 1) e"
    " JOIN scfd.anchor_tick k ON k.tick = e.tick ORDER BY t.name"};

enum scf_code scf_anchor_chain_find(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, struct anchor_reach **ret,
                                    size_t *ret_n, struct scf_error *err) {
    struct scf_rows *rows;
    size_t kept = 0;
    enum scf_code code = must_be_there(db, arena, chain_id, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &newest_proven, NULL, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct anchor_reach *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; code == SCF_OK && i < n; i++) {
        struct anchor_reach *r = &list[kept];
        struct found_leaf at;
        r->target = scf_anchor_target_read(rows, i, 0);
        r->entry = scf_anchor_entry_read(rows, i, ANCHOR_TARGET_COLUMN_COUNT);
        r->entry.target = &r->target;
        code = find_leaf(db, arena, r->entry.tick, chain_id, &at, err);
        if (code || !at.found)
            continue; /* the chain is younger than the tick */
        r->leaf = at.leaf;
        kept++;
    }
    if (code)
        return code;
    *ret = list;
    *ret_n = kept;
    return SCF_OK;
}
