/* SQL of increments, of whichever kind: the accounts of contracts and their locks, the marks of
 * what was assessed last, and who is told. Relies on sql/0012_increment.sql, on limit_account of
 * the account room, and on nodes and addressees. */
#include "increment_book.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the limit accounts");
}

/* ---- contracts ---- */

static const struct scf_stmt keys_stmt = {
    "scf_contract_keys",
    "SELECT coalesce(r.business_key, r.id), r.currency FROM unnest($1::uuid[]) WITH ORDINALITY"
    " AS w (id, i) JOIN scfd.record r ON r.id = w.id AND r.kind = 1 ORDER BY w.i"};
static_assert(SCF_REC_CONTRACT == 1, "the number of the statements");

static bool id_array(struct scf_params *p, struct scf_arena *arena, const struct scf_uuid *ids,
                     size_t n) {
    const struct scf_uuid **list = scf_alloc(arena, n, sizeof *list);
    for (size_t i = 0; list != NULL && i < n; i++)
        list[i] = &ids[i];
    if (list != NULL)
        scf_p_uuid_array(p, list, n);
    return list != NULL;
}

enum scf_code scf_contract_keys(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *ids, size_t n, struct scf_uuid *ret,
                                char ret_currency[4], struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    if (!id_array(&p, arena, ids, n))
        return no_memory(err);
    enum scf_code code = scf_db_run(db, &keys_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != (int)n)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such contract");
    for (size_t i = 0; i < n; i++)
        ret[i] = scf_rows_uuid(rows, (int)i, 0);
    struct scf_str currency = scf_rows_str(rows, 0, 1);
    snprintf(ret_currency, 4, "%.*s", (int)currency.n, currency.p);
    return SCF_OK;
}

static const struct scf_stmt without_stmt = {
    "scf_contracts_without_limit",
    "SELECT w.i FROM unnest($1::uuid[]) WITH ORDINALITY AS w (id, i) WHERE NOT EXISTS"
    " (SELECT FROM scfd.record r JOIN scfd.limit_account a"
    " ON a.contract_key = coalesce(r.business_key, r.id) WHERE r.id = w.id AND a.initial > 0)"};

enum scf_code scf_contracts_without_limit(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *ids, size_t n, size_t **ret,
                                          size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    if (!id_array(&p, arena, ids, n))
        return no_memory(err);
    enum scf_code code = scf_db_run(db, &without_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    size_t *list = scf_alloc(arena, count, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < count; i++)
        list[i] = (size_t)scf_rows_i64(rows, (int)i, 0) - 1;
    *ret = list;
    *ret_n = count;
    return SCF_OK;
}

/* One statement, for locks that are taken in two go round in circles with those who take both in
 * order. OFFSET 0 keeps the planner from joining with the whole table. */
static const struct scf_stmt borrowers_stmt = {
    "scf_borrowers_lock",
    "SELECT FROM scfd.limit_account WHERE id = ANY (ARRAY (SELECT a.id FROM scfd.limit_account a"
    " JOIN scfd.enterprise e ON e.id = a.borrower_id WHERE a.borrower_id = ANY ($1::uuid[])"
    " AND e.profile -> 'financials' IS NOT NULL UNION SELECT a.id"
    " FROM unnest($2::uuid[], $3::text[]) AS w (k, c) CROSS JOIN LATERAL (SELECT id"
    " FROM scfd.limit_account WHERE contract_key = w.k AND currency = w.c OFFSET 0) a))"
    " ORDER BY currency, contract_key FOR NO KEY UPDATE"};

enum scf_code scf_borrowers_lock(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *const *borrowers,
                                 const struct scf_uuid *const *contract_keys,
                                 const struct scf_str *currencies, size_t n,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, borrowers, n);
    scf_p_uuid_array(&p, contract_keys, n);
    scf_p_text_array(&p, currencies, n);
    return scf_db_run(db, &borrowers_stmt, &p, arena, &rows, err);
}

/* ---- marks ---- */

/* OFFSET 0 keeps the planner from joining with the whole table. */
static const struct scf_stmt marks_stmt = {
    "scf_marks_read",
    "SELECT w.i, m.as_of, m.assessment_id, m.frozen_at IS NOT NULL, m.best_credibility"
    " FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS w (k, c, i) CROSS JOIN LATERAL"
    " (SELECT * FROM scfd.limit_mark WHERE contract_key = w.k AND currency = w.c OFFSET 0) m"};

enum scf_code scf_marks_read(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *const *contract_keys,
                             const struct scf_str *currencies, size_t n, struct scf_limit_mark *ret,
                             struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, contract_keys, n);
    scf_p_text_array(&p, currencies, n);
    enum scf_code code = scf_db_run(db, &marks_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct scf_limit_mark){.as_of_us = INT64_MIN};
    for (int row = 0; row < scf_rows_count(rows); row++) {
        struct scf_limit_mark *m = &ret[scf_rows_i64(rows, row, 0) - 1];
        m->as_of_us = scf_rows_time(rows, row, 1);
        m->assessment_id = scf_rows_uuid(rows, row, 2);
        m->frozen = scf_rows_bool(rows, row, 3);
        m->best_credibility_ppm = scf_rows_i64(rows, row, 4);
    }
    return SCF_OK;
}

static const struct scf_stmt write_marks_stmt = {
    "scf_marks_write",
    "INSERT INTO scfd.limit_mark AS m (contract_key, currency, as_of, assessment_id,"
    " best_credibility, frozen_at) SELECT k, c, a, s, e, CASE WHEN f = 1 THEN $6::timestamptz END"
    " FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[], $5::smallint[],"
    " $7::bigint[]) AS w (k, c, a, s, f, e) ON CONFLICT (contract_key, currency) DO UPDATE SET"
    " as_of = excluded.as_of, assessment_id = excluded.assessment_id,"
    " best_credibility = excluded.best_credibility,"
    " frozen_at = CASE WHEN excluded.frozen_at IS NULL THEN NULL"
    " ELSE coalesce(m.frozen_at, excluded.frozen_at) END"};

enum scf_code scf_marks_write(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *const *contract_keys,
                              const struct scf_str *currencies, const struct scf_limit_mark *marks,
                              size_t n, int64_t now_us, struct scf_error *err) {
    if (n == 0)
        return SCF_OK;
    int64_t *as_of = scf_alloc(arena, 2 * n, sizeof *as_of);
    const struct scf_uuid **assessments = scf_alloc(arena, n, sizeof *assessments);
    int16_t *frozen = scf_alloc(arena, n, sizeof *frozen);
    if (as_of == NULL || assessments == NULL || frozen == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        as_of[i] = marks[i].as_of_us;
        as_of[n + i] = marks[i].best_credibility_ppm;
        assessments[i] = &marks[i].assessment_id;
        frozen[i] = marks[i].frozen;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, contract_keys, n);
    scf_p_text_array(&p, currencies, n);
    scf_p_time_array(&p, as_of, NULL, n);
    scf_p_uuid_array(&p, assessments, n);
    scf_p_i16_array(&p, frozen, n);
    scf_p_time(&p, now_us);
    scf_p_i64_array(&p, as_of + n, NULL, n);
    return scf_db_run(db, &write_marks_stmt, &p, arena, NULL, err);
}

/* ---- who is told ---- */

/* Of the contract's records every revision counts: any of them may have been addressed. */
static const struct scf_stmt concerned_stmt = {
    "scf_concerned_read",
    "WITH w AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (b, k, i))"
    " SELECT w.i, n.id, false FROM w JOIN scfd.node n ON n.operator_enterprise_id = w.b"
    " WHERE n.status = 0 UNION"
    " SELECT w.i, n.id, true FROM w JOIN scfd.record r ON r.business_key = w.k AND r.kind = 1"
    " JOIN scfd.record_addressee a ON a.record_id = r.id"
    " JOIN scfd.node n ON n.id = a.node_id AND n.kind = 5 AND n.status = 0 ORDER BY 1, 2"};
static_assert(SCF_REC_CONTRACT == 1 && SCF_NODE_LENDER == 5, "the numbers of concerned_stmt");

enum scf_code scf_concerned_read(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *const *borrowers,
                                 const struct scf_uuid *const *contract_keys, size_t n,
                                 struct scf_concerned **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, borrowers, n);
    scf_p_uuid_array(&p, contract_keys, n);
    enum scf_code code = scf_db_run(db, &concerned_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_concerned *list = scf_alloc(arena, count, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct scf_concerned){.which = (size_t)scf_rows_i64(rows, (int)i, 0) - 1,
                                         .node_id = scf_rows_uuid(rows, (int)i, 1),
                                         .lender = scf_rows_bool(rows, (int)i, 2)};
    *ret = list;
    *ret_n = count;
    return SCF_OK;
}
