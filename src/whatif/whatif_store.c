/* SQL of the records behind an assessment. Bounded by the chains of the receipt and by how far back
 * each is walked. Relies on scfd.record of the chain room and on sql/0006_credit.sql. */
#include "scfd/base/clock.h"
#include "whatif.h"

/* $1 borrower, $2 and $3 chains and their sizes, $4 from when on, $5 who asks (NULL: everything is
 * visible). Events and invoices are found by walking their chain back from its end. */
static const struct scf_stmt rows_stmt = {
    "scf_whatif_rows",
    "SELECT r.id, r.chain_id, r.revises_id, r.kind, r.received_at, r.happened_at, r.template_id,"
    " r.checks_applicable, r.checks_passed, r.body, $5::uuid IS NULL OR r.chain_id = $5 OR EXISTS"
    " (SELECT FROM scfd.record_addressee a WHERE a.node_id = $5 AND a.record_id = r.id)"
    " FROM unnest($2::uuid[], $3::bigint[]) c(id, size) JOIN LATERAL (SELECT * FROM scfd.record w"
    " WHERE w.chain_id = c.id AND w.leaf_index < c.size AND w.leaf_index >= c.size - $6"
    " AND w.enterprise_id = $1 AND w.kind IN (2, 3) AND w.received_at >= $4"
    " ORDER BY w.leaf_index DESC LIMIT $7) r ON true"
    " ORDER BY r.received_at DESC, r.chain_id, r.leaf_index DESC LIMIT $7"};

struct handing {
    bool (*each)(void *ctx, const struct scf_whatif_row *row);
    void *ctx;
};

static bool hand_over(void *ctx, const struct scf_rows *rows) {
    const struct handing *h = ctx;
    const struct scf_whatif_row row = {
        .id = scf_rows_uuid(rows, 0, 0),
        .chain_id = scf_rows_uuid(rows, 0, 1),
        .revises_id = scf_rows_uuid(rows, 0, 2),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, 0, 3),
        .received_us = scf_rows_time(rows, 0, 4),
        .has_happened = !scf_rows_null(rows, 0, 5),
        .happened_us = scf_rows_time(rows, 0, 5),
        .template_id = (int32_t)scf_rows_i64(rows, 0, 6),
        .checks_applicable = scf_rows_i64(rows, 0, 7),
        .checks_passed = scf_rows_i64(rows, 0, 8),
        .body = scf_rows_str(rows, 0, 9),
        .visible = scf_rows_bool(rows, 0, 10),
    };
    return h->each(h->ctx, &row);
}

static const struct scf_uuid **chain_ids(struct scf_arena *arena,
                                         const struct scf_limit_inputs *in) {
    const struct scf_uuid **ids = scf_alloc(arena, in->chain_count, sizeof *ids);
    for (size_t i = 0; ids != NULL && i < in->chain_count; i++)
        ids[i] = &in->chains[i].chain_id;
    return ids;
}

enum scf_code scf_whatif_rows(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_inputs *in, const struct scf_actor *actor,
                              bool (*each)(void *ctx, const struct scf_whatif_row *row), void *ctx,
                              struct scf_error *err) {
    const struct scf_uuid **ids = chain_ids(arena, in);
    int64_t *sizes = scf_alloc(arena, in->chain_count, sizeof *sizes);
    struct handing h = {each, ctx};
    struct scf_params p;
    if (ids == NULL || sizes == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < in->chain_count; i++)
        sizes[i] = in->chains[i].folded_size;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->borrower_id);
    scf_p_uuid_array(&p, ids, in->chain_count);
    scf_p_i64_array(&p, sizes, NULL, in->chain_count);
    scf_p_time(&p, (int64_t)in->from_day * SCF_US_PER_DAY);
    scf_p_uuid(&p, actor->admin ? NULL : &actor->node_id);
    scf_p_i64(&p, SCF_WHATIF_LEAVES);
    scf_p_i64(&p, SCF_WHATIF_RECORDS + 1);
    return scf_db_stream(db, &rows_stmt, &p, hand_over, &h, err);
}

static const struct scf_stmt series_stmt = {
    "scf_whatif_series", "SELECT chain_id, template_id, state FROM scfd.rollup_series"
                         " WHERE chain_id = ANY($2) AND enterprise_id = $1"};

enum scf_code scf_whatif_series(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_limit_inputs *in, struct scf_whatif_series **ret,
                                size_t *ret_n, struct scf_error *err) {
    const struct scf_uuid **ids = chain_ids(arena, in);
    struct scf_params p;
    struct scf_rows *rows;
    if (ids == NULL)
        return scf_fail_memory(err);
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->borrower_id);
    scf_p_uuid_array(&p, ids, in->chain_count);
    enum scf_code code = scf_db_run(db, &series_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_whatif_series *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = (struct scf_whatif_series){.chain_id = scf_rows_uuid(rows, i, 0),
                                             .template_id = (int32_t)scf_rows_i64(rows, i, 1),
                                             .state = scf_rows_str(rows, i, 2)};
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}

static const struct scf_stmt active_stmt = {
    "scf_whatif_active", "SELECT EXISTS (SELECT FROM scfd.rollup_day WHERE enterprise_id = $1"
                         " AND day BETWEEN $2 AND $3 AND kind IN (2, 3) AND chain_id = ANY ($4))"};

enum scf_code scf_whatif_active(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_limit_inputs *in, int32_t from_day, bool *ret,
                                struct scf_error *err) {
    const struct scf_uuid **ids = chain_ids(arena, in);
    struct scf_params p;
    struct scf_rows *rows;
    if (ids == NULL)
        return scf_fail_memory(err);
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->borrower_id);
    scf_p_date(&p, from_day);
    scf_p_date(&p, in->to_day);
    scf_p_uuid_array(&p, ids, in->chain_count);
    enum scf_code code = scf_db_run(db, &active_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}
