/* SQL of the rollups: writing a batch back. Every table takes its rows as arrays in one statement,
 * ordered by key, so that two folders never wait for each other crosswise.
 * Relies on sql/0006_credit.sql. */
#include "rollup_impl.h"

/* Columns of int64 gathered from entries at fixed offsets. */
static enum scf_code put_i64_column(struct scf_params *p, struct scf_arena *arena,
                                    const struct scf_table *t, size_t offset,
                                    struct scf_error *err) {
    int64_t *column = scf_alloc(arena, t->n, sizeof *column);
    if (column == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu rollup rows", t->n);
    for (size_t i = 0; i < t->n; i++)
        memcpy(&column[i], (const uint8_t *)scf_table_at(t, i) + offset, sizeof column[i]);
    scf_p_i64_array(p, column, NULL, t->n);
    return SCF_OK;
}

static enum scf_code put_i32_column(struct scf_params *p, struct scf_arena *arena,
                                    const struct scf_table *t, size_t offset,
                                    struct scf_error *err) {
    int32_t *column = scf_alloc(arena, t->n, sizeof *column);
    if (column == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu rollup rows", t->n);
    for (size_t i = 0; i < t->n; i++)
        memcpy(&column[i], (const uint8_t *)scf_table_at(t, i) + offset, sizeof column[i]);
    scf_p_i32_array(p, column, NULL, t->n);
    return SCF_OK;
}

static enum scf_code put_uuid_column(struct scf_params *p, struct scf_arena *arena,
                                     const struct scf_table *t, size_t offset,
                                     struct scf_error *err) {
    const struct scf_uuid **column = scf_alloc(arena, t->n, sizeof *column);
    if (column == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu rollup rows", t->n);
    for (size_t i = 0; i < t->n; i++)
        column[i] = (const struct scf_uuid *)((const uint8_t *)scf_table_at(t, i) + offset);
    scf_p_uuid_array(p, column, t->n);
    return SCF_OK;
}

/* Which columns a statement takes after $1, in order. */
struct column {
    enum scf_code (*put)(struct scf_params *p, struct scf_arena *arena, const struct scf_table *t,
                         size_t offset, struct scf_error *err);
    size_t offset;
};

static enum scf_code run_columns(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_stmt *stmt, const struct scf_uuid *chain_id,
                                 const struct scf_table *t, const struct column *columns, size_t n,
                                 struct scf_rows **ret_rows, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    for (size_t i = 0; i < n; i++) {
        enum scf_code code = columns[i].put(&p, arena, t, columns[i].offset, err);
        if (code != SCF_OK)
            return code;
    }
    return scf_db_run(db, stmt, &p, arena, ret_rows, err);
}

/* ---- days ---- */

static const struct scf_stmt days_stmt = {
    "scf_rollup_days",
    "INSERT INTO scfd.rollup_day AS d SELECT $1, e, date '1970-01-01' + day, kind, template_id,"
    " n, we, wp, dc, ds, du, ro, fa, fo, ca, cp FROM unnest($2::uuid[], $3::integer[],"
    " $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],"
    " $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],"
    " $16::bigint[]) AS u (e, day, kind, template_id, n, we, wp, dc, ds, du, ro, fa, fo, ca, cp)"
    " ORDER BY e, day, kind, template_id"
    " ON CONFLICT (chain_id, enterprise_id, day, kind, template_id) DO UPDATE SET"
    " records = d.records + excluded.records,"
    " weight_expected = d.weight_expected + excluded.weight_expected,"
    " weight_present = d.weight_present + excluded.weight_present,"
    " delay_count = d.delay_count + excluded.delay_count,"
    " delay_s = d.delay_s + excluded.delay_s, delay_us = d.delay_us + excluded.delay_us,"
    " range_ok = d.range_ok + excluded.range_ok,"
    " fluctuation_applicable = d.fluctuation_applicable + excluded.fluctuation_applicable,"
    " fluctuation_ok = d.fluctuation_ok + excluded.fluctuation_ok,"
    " checks_applicable = d.checks_applicable + excluded.checks_applicable,"
    " checks_passed = d.checks_passed + excluded.checks_passed"};

#define DAY(member) offsetof(struct scf_fold_day, member)
static const struct column day_columns[] = {
    {put_uuid_column, DAY(enterprise_id)}, {put_i32_column, DAY(day)},
    {put_i32_column, DAY(kind)},           {put_i32_column, DAY(template_id)},
    {put_i64_column, DAY(records)},        {put_i64_column, DAY(weight_expected)},
    {put_i64_column, DAY(weight_present)}, {put_i64_column, DAY(delay_count)},
    {put_i64_column, DAY(delay_s)},        {put_i64_column, DAY(delay_us)},
    {put_i64_column, DAY(range_ok)},       {put_i64_column, DAY(fluctuation_applicable)},
    {put_i64_column, DAY(fluctuation_ok)}, {put_i64_column, DAY(checks_applicable)},
    {put_i64_column, DAY(checks_passed)},
};

/* ---- series ---- */

static const struct scf_stmt save_series_stmt = {
    "scf_rollup_save_series",
    "INSERT INTO scfd.rollup_series SELECT $1, e, t, s FROM unnest($2::uuid[], $3::integer[],"
    " $4::bytea[]) AS u (e, t, s) ORDER BY e, t"
    " ON CONFLICT (chain_id, enterprise_id, template_id) DO UPDATE SET state = excluded.state"};

static enum scf_code put_state_column(struct scf_params *p, struct scf_arena *arena,
                                      const struct scf_table *t, size_t offset,
                                      struct scf_error *err) {
    struct scf_str *column = scf_alloc(arena, t->n, sizeof *column);
    bool full = column == NULL;
    for (size_t i = 0; !full && i < t->n; i++) {
        const struct scf_series *s =
            (const struct scf_series *)((const uint8_t *)scf_table_at(t, i) + offset);
        size_t n = SCF_SERIES_HEAD + s->n * SCF_SERIES_FIELD;
        uint8_t *bytes = scf_alloc(arena, n, 1);
        full = bytes == NULL;
        if (!full) {
            scf_series_encode(s, bytes);
            column[i] = (struct scf_str){(const char *)bytes, n};
        }
    }
    if (full)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu series", t->n);
    scf_p_bytes_array(p, column, t->n);
    return SCF_OK;
}

static const struct column series_columns[] = {
    {put_uuid_column, offsetof(struct scf_fold_series, enterprise_id)},
    {put_i32_column, offsetof(struct scf_fold_series, template_id)},
    {put_state_column, offsetof(struct scf_fold_series, series)},
};

/* ---- guarantees ---- */

static const struct scf_stmt guarantee_stmt = {"scf_rollup_guarantee",
                                               "INSERT INTO scfd.contract_guarantee (chain_id, "
                                               "leaf_index, contract_key, record_id, revises_id)"
                                               " VALUES ($1, $2, $3, $4, $5)"};

static enum scf_code save_guarantees(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *chain_id, const struct scf_fold *fold,
                                     struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < fold->guarantee_count; i++) {
        const struct scf_record *r = fold->guarantees[i];
        struct scf_params p;
        scf_params_init(&p, arena);
        scf_p_uuid(&p, chain_id);
        scf_p_i64(&p, r->leaf_index);
        scf_p_uuid(&p, &r->contract_key);
        scf_p_uuid(&p, &r->id);
        scf_p_uuid(&p, scf_uuid_is_nil(&r->revises_id) ? NULL : &r->revises_id);
        code = scf_db_run(db, &guarantee_stmt, &p, arena, NULL, err);
    }
    return code;
}

/* ---- all of it ---- */

static const struct scf_stmt cursor_stmt = {
    "scf_rollup_advance", "UPDATE scfd.rollup_cursor SET folded_size = $2 WHERE chain_id = $1"};

static enum scf_code save_table(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_stmt *stmt, const struct scf_uuid *chain_id,
                                const struct scf_table *t, const struct column *columns, size_t n,
                                struct scf_error *err) {
    return t->n > 0 ? run_columns(db, arena, stmt, chain_id, t, columns, n, NULL, err) : SCF_OK;
}

enum scf_code scf_rollup_save(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, struct scf_fold *fold,
                              int64_t folded, struct scf_error *err) {
    enum scf_code code = save_table(db, arena, &days_stmt, chain_id, &fold->days, day_columns,
                                    SCF_COUNT(day_columns), err);
    if (code == SCF_OK) {
        code = save_table(db, arena, &save_series_stmt, chain_id, &fold->series, series_columns,
                          SCF_COUNT(series_columns), err);
    }
    if (code == SCF_OK)
        code = save_guarantees(db, arena, chain_id, fold, err);
    if (code != SCF_OK)
        return code;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, folded);
    return scf_db_run(db, &cursor_stmt, &p, arena, NULL, err);
}
