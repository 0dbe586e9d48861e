/* SQL of the rollups: the cursor, the leaves, what is stored already. Writing back is in
 * rollup_save_store.c. Relies on sql/0006_credit.sql and on scfd.record of the chain room, of which
 * only columns are read, never bodies. */
#include "rollup_impl.h"

/* ---- which chains ---- */

/* In random order: a run that ends early leaves none of them out for good. */
static const struct scf_stmt pending_stmt = {
    "scf_rollup_pending", "SELECT c.id, coalesce(r.folded_size, 0), c.size FROM scfd.chain c"
                          " LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
                          " WHERE c.size > coalesce(r.folded_size, 0)"
                          " ORDER BY random()"};

enum scf_code scf_rollup_pending(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_unfolded **ret, int *ret_n, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &pending_stmt, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_unfolded *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %d chains", n);
    for (int i = 0; i < n; i++) {
        list[i] = (struct scf_unfolded){.chain_id = scf_rows_uuid(rows, i, 0),
                                        .folded = scf_rows_i64(rows, i, 1),
                                        .size = scf_rows_i64(rows, i, 2)};
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

/* Both ends of the range are given, so that no plan looks at more than the unfolded leaves. */
static const struct scf_stmt touches_stmt = {
    "scf_rollup_touches",
    "SELECT EXISTS (SELECT FROM scfd.record WHERE chain_id = $1 AND leaf_index >= $2"
    " AND leaf_index < $3 AND (enterprise_id = $4 OR contract_key = ANY($5)))"};

enum scf_code scf_rollup_touches(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_unfolded *chain,
                                 const struct scf_uuid *enterprise_id,
                                 const struct scf_uuid *const *contract_keys, size_t key_count,
                                 bool *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &chain->chain_id);
    scf_p_i64(&p, chain->folded);
    scf_p_i64(&p, chain->size);
    scf_p_uuid(&p, enterprise_id);
    scf_p_uuid_array(&p, contract_keys, key_count);
    enum scf_code code = scf_db_run(db, &touches_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}

/* ---- the cursor ---- */

static const struct scf_stmt create_cursor = {
    "scf_rollup_create", "INSERT INTO scfd.rollup_cursor (chain_id) VALUES ($1)"
                         " ON CONFLICT DO NOTHING"};
static const struct scf_stmt lock_wait = {
    "scf_rollup_lock", "SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1 FOR UPDATE"};
static const struct scf_stmt lock_skip = {
    "scf_rollup_lock_skip",
    "SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1 FOR UPDATE SKIP LOCKED"};

enum scf_code scf_rollup_lock(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, bool wait, int64_t *ret_folded,
                              struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &create_cursor, &p, arena, NULL, err);
    if (code == SCF_OK)
        code = scf_db_run(db, wait ? &lock_wait : &lock_skip, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_folded = scf_rows_count(rows) > 0 ? scf_rows_i64(rows, 0, 0) : -1;
    return code;
}

/* ---- the leaves ---- */

static const struct scf_stmt leaves_stmt = {
    "scf_rollup_leaves",
    "SELECT leaf_index, id, kind, received_at, revises_id, business_key, contract_key,"
    " enterprise_id, counterparty_id, happened_at, amount, currency, template_id, weight_expected,"
    " weight_present, range_ok, checks_applicable, checks_passed, measures"
    " FROM scfd.record WHERE chain_id = $1 AND leaf_index >= $2 ORDER BY leaf_index LIMIT $3"};

static struct scf_record read_leaf(const struct scf_rows *rows, int i) {
    struct scf_record r = {
        .leaf_index = scf_rows_i64(rows, i, 0),
        .id = scf_rows_uuid(rows, i, 1),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, i, 2),
        .received_us = scf_rows_time(rows, i, 3),
        .revises_id = scf_rows_uuid(rows, i, 4),
        .business_key = scf_rows_uuid(rows, i, 5),
        .contract_key = scf_rows_uuid(rows, i, 6),
        .enterprise_id = scf_rows_uuid(rows, i, 7),
        .counterparty_id = scf_rows_uuid(rows, i, 8),
        .has_happened = !scf_rows_null(rows, i, 9),
        .happened_us = scf_rows_time(rows, i, 9),
        .has_amount = !scf_rows_null(rows, i, 10),
        .amount = scf_rows_i64(rows, i, 10),
        .template_id = (int32_t)scf_rows_i64(rows, i, 12),
        .weight_expected = scf_rows_i64(rows, i, 13),
        .weight_present = scf_rows_i64(rows, i, 14),
        .range_ok = scf_rows_bool(rows, i, 15),
        .checks_applicable = (int16_t)scf_rows_i64(rows, i, 16),
        .checks_passed = (int16_t)scf_rows_i64(rows, i, 17),
        .measures = scf_rows_str(rows, i, 18),
    };
    struct scf_str currency = scf_rows_str(rows, i, 11);
    memcpy(r.currency, currency.p != NULL ? currency.p : "", currency.n < 3 ? currency.n : 3);
    return r;
}

enum scf_code scf_rollup_leaves(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, int64_t from,
                                struct scf_record **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, SCF_FOLD_BATCH);
    enum scf_code code = scf_db_run(db, &leaves_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_record *leaves = scf_alloc(arena, (size_t)n, sizeof *leaves);
    if (leaves == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %d leaves", n);
    for (int i = 0; i < n; i++) {
        leaves[i] = read_leaf(rows, i);
        if (leaves[i].leaf_index != from + i)
            return scf_fail(err, SCF_E_INTERNAL, "A chain has no leaf %" PRId64, from + i);
    }
    *ret = leaves;
    *ret_n = (size_t)n;
    return SCF_OK;
}

/* ---- what is stored already ---- */

static const struct scf_stmt series_stmt = {
    "scf_rollup_series",
    "SELECT enterprise_id, template_id, state FROM scfd.rollup_series WHERE chain_id = $1"
    " AND (enterprise_id, template_id) IN (SELECT * FROM unnest($2::uuid[], $3::integer[]))"};

static enum scf_code load_series(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, struct scf_fold *fold,
                                 struct scf_error *err) {
    size_t n = fold->series.n;
    const struct scf_uuid **enterprises = scf_alloc(arena, n, sizeof *enterprises);
    int32_t *templates = scf_alloc(arena, n, sizeof *templates);
    if (enterprises == NULL || templates == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu series", n);
    for (size_t i = 0; i < n; i++) {
        const struct scf_fold_series *s = scf_table_at(&fold->series, i);
        enterprises[i] = &s->enterprise_id;
        templates[i] = s->template_id;
    }
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_uuid_array(&p, enterprises, n);
    scf_p_i32_array(&p, templates, NULL, n);
    enum scf_code code = scf_db_run(db, &series_stmt, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++) {
        struct scf_fold_series key = {.enterprise_id = scf_rows_uuid(rows, i, 0),
                                      .template_id = (int32_t)scf_rows_i64(rows, i, 1)};
        struct scf_fold_series *s = scf_table_find(&fold->series, &key);
        if (s == NULL ||
            !scf_series_decode(scf_rows_str(rows, i, 2), s->tmpl->watched_count, arena, &s->series))
            code = scf_fail(err, SCF_E_INTERNAL, "A stored series cannot be read");
    }
    return code;
}

enum scf_code scf_rollup_load(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, struct scf_fold *fold,
                              struct scf_error *err) {
    return fold->series.n > 0 ? load_series(db, arena, chain_id, fold, err) : SCF_OK;
}
