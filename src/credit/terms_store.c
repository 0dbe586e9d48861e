/* SQL of lenders' terms. Relies on sql/0011_limit_chain.sql; the bodies stand in scfd.record. */
#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"

/* ---- writing ---- */

static const struct scf_stmt find_stmt = {"scf_terms_find",
                                          "SELECT id, body_sha256 FROM scfd.record WHERE"
                                          " chain_id = $1 AND kind = $2 AND external_id = $3"};
static const struct scf_stmt insert_stmt = {
    "scf_terms_insert", "INSERT INTO scfd.lender_terms (id, lender_id, currency, created_at)"
                        " VALUES ($1, $2, $3, $4)"};

static enum scf_code find(struct scf_db *db, struct scf_arena *arena, struct scf_terms_row *row,
                          bool *ret_existed, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &row->lender_id);
    scf_p_i16(&p, SCF_REC_LENDER_TERMS);
    scf_p_str(&p, row->external_id);
    enum scf_code code = scf_db_run(db, &find_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_existed = scf_rows_count(rows) > 0;
    if (!*ret_existed)
        return SCF_OK;
    struct scf_hash theirs = scf_rows_hash(rows, 0, 1), ours = scf_sha256(row->body.p, row->body.n);
    row->id = scf_rows_uuid(rows, 0, 0);
    return scf_hash_eq(&theirs, &ours) ? SCF_OK
                                       : scf_fail(err, SCF_E_EXTERNAL_ID_CONFLICT,
                                                  "This external_id already names other content.");
}

enum scf_code scf_terms_insert(struct scf_db *db, struct scf_arena *arena,
                               struct scf_terms_row *row, bool *ret_existed,
                               struct scf_error *err) {
    int64_t size;
    enum scf_code code = scf_chain_lock(db, arena, &row->lender_id, &size, err);
    code = code == SCF_OK ? find(db, arena, row, ret_existed, err) : code;
    if (code != SCF_OK || *ret_existed)
        return code;
    struct scf_record record = {.chain_id = row->lender_id,
                                .id = row->id,
                                .kind = SCF_REC_LENDER_TERMS,
                                .external_id = row->external_id,
                                .received_us = row->created_us,
                                .body = row->body};
    scf_record_prepare(&record);
    row->body_sha256 = record.body_sha256;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &row->id);
    scf_p_uuid(&p, &row->lender_id);
    scf_p_text(&p, row->currency);
    scf_p_time(&p, row->created_us);
    code = scf_chain_append(db, arena, &record, 1, err);
    return code == SCF_OK ? scf_db_run(db, &insert_stmt, &p, arena, NULL, err) : code;
}

/* ---- reading ---- */

#define COLUMNS                                                                                    \
    "SELECT t.id, t.lender_id, r.external_id, r.body, r.body_sha256, t.currency, t.created_at"     \
    " FROM scfd.lender_terms t JOIN scfd.record r ON r.id = t.id"

static struct scf_terms_row read_row(const struct scf_rows *rows, int i) {
    struct scf_terms_row row = {.id = scf_rows_uuid(rows, i, 0),
                                .lender_id = scf_rows_uuid(rows, i, 1),
                                .external_id = scf_rows_str(rows, i, 2),
                                .created_us = scf_rows_time(rows, i, 6)};
    if (!scf_rows_null(rows, i, 3)) { /* else it is erased */
        row.body = scf_rows_str(rows, i, 3);
        row.body_sha256 = scf_rows_hash(rows, i, 4);
    }
    struct scf_str currency = scf_rows_str(rows, i, 5);
    memcpy(row.currency, currency.p, currency.n < 3 ? currency.n : 3);
    return row;
}

static const struct scf_stmt get_stmt = {
    "scf_terms_get", COLUMNS " WHERE t.id = $1 AND ($2::uuid IS NULL OR t.lender_id = $2)"};

enum scf_code scf_terms_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *lender_id, struct scf_terms_row *ret,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, lender_id);
    enum scf_code code = scf_db_run(db, &get_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There are no such terms");
    *ret = read_row(rows, 0);
    return SCF_OK;
}

#define PAGE(order, compare)                                                                       \
    COLUMNS " WHERE ($1::uuid IS NULL OR t.lender_id = $1) AND (NOT $2 OR (t.created_at, "         \
            "t.id) " compare " ($3, $4)) ORDER BY t.created_at " order ", t.id " order " LIMIT $5"
static const struct scf_stmt page_stmts[2] = {{"scf_terms_page", PAGE("ASC", ">")},
                                              {"scf_terms_page_desc", PAGE("DESC", "<")}};

enum scf_code scf_terms_page(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *lender_id, const struct scf_page *page,
                             struct scf_terms_row **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, lender_id);
    scf_p_bool(&p, page->has_after);
    scf_p_time(&p, page->after_time_us);
    scf_p_uuid(&p, &page->after_id);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code = scf_db_run(db, &page_stmts[page->descending], &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_terms_row *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The page is too large");
    for (int i = 0; i < n; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt newest_stmt = {
    "scf_terms_newest", "SELECT n.* FROM unnest($1::uuid[]) AS l (id) CROSS JOIN LATERAL (" COLUMNS
                        " WHERE t.lender_id = l.id AND t.currency = $2 AND t.created_at <= $3"
                        " ORDER BY t.created_at DESC, t.id DESC LIMIT 1) n"};

enum scf_code scf_terms_newest(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *lenders, size_t n, const char *currency,
                               int64_t at_us, struct scf_terms_row **ret, size_t *ret_n,
                               struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu lenders", n);
    for (size_t i = 0; i < n; i++)
        ids[i] = &lenders[i];
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_text(&p, currency);
    scf_p_time(&p, at_us);
    enum scf_code code = scf_db_run(db, &newest_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_terms_row *list = scf_alloc(arena, (size_t)count, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %d terms", count);
    for (int i = 0; i < count; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = (size_t)count;
    return SCF_OK;
}
