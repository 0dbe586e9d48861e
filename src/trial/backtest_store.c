/* SQL of backtests. Reads assessments and, for what became of them, the loans that lending keeps
 * (sql/0007_lending.sql); writes nothing but its own tables (sql/0013_policy.sql). */
#include "backtest.h"
#include "scfd/base/money.h"

/* ---- backtests ---- */

#define COLUMNS                                                                                    \
    "id, job_id, request, result, status, total, done, last_created_at, last_id, problem_code,"    \
    " problem_detail, created_at, updated_at"

static struct scf_backtest read_backtest(const struct scf_rows *rows, int i) {
    return (struct scf_backtest){
        .id = scf_rows_uuid(rows, i, 0),
        .job_id = scf_rows_uuid(rows, i, 1),
        .request = scf_rows_str(rows, i, 2),
        .result = scf_rows_str(rows, i, 3),
        .status = (enum scf_backtest_status)scf_rows_i64(rows, i, 4),
        .total = scf_rows_i64(rows, i, 5),
        .done = scf_rows_i64(rows, i, 6),
        .begun = !scf_rows_null(rows, i, 7),
        .last_created_us = scf_rows_time(rows, i, 7),
        .last_id = scf_rows_uuid(rows, i, 8),
        .problem_code = scf_rows_text(rows, i, 9),
        .problem_detail = scf_rows_text(rows, i, 10),
        .created_us = scf_rows_time(rows, i, 11),
        .updated_us = scf_rows_time(rows, i, 12),
    };
}

static const struct scf_stmt insert_stmt = {
    "scf_backtest_insert", "INSERT INTO scfd.backtest (id, job_id, request, created_at, updated_at)"
                           " VALUES ($1, $2, $3, $4, $4)"};

enum scf_code scf_backtest_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_backtest *b, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &b->id);
    scf_p_uuid(&p, &b->job_id);
    scf_p_str(&p, b->request);
    scf_p_time(&p, b->created_us);
    return scf_db_run(db, &insert_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt read_stmt = {"scf_backtest_read",
                                          "SELECT " COLUMNS " FROM scfd.backtest WHERE id = $1"};

enum scf_code scf_backtest_read(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, struct scf_backtest *ret,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &read_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such backtest");
    *ret = read_backtest(rows, 0);
    return SCF_OK;
}

#define PAGE(key, order, compare)                                                                  \
    " (NOT $1 OR (created_at, " key ") " compare " ($2, $3)) ORDER BY created_at " order ", " key  \
    " " order " LIMIT $4"
static const struct scf_stmt pages[2] = {
    {"scf_backtest_page", "SELECT " COLUMNS " FROM scfd.backtest WHERE" PAGE("id", "ASC", ">")},
    {"scf_backtest_page_desc",
     "SELECT " COLUMNS " FROM scfd.backtest WHERE" PAGE("id", "DESC", "<")}};

static void page_params(struct scf_params *p, struct scf_arena *arena,
                        const struct scf_page *page) {
    scf_params_init(p, arena);
    scf_p_bool(p, page->has_after);
    scf_p_time(p, page->after_time_us);
    scf_p_uuid(p, &page->after_id);
    scf_p_i64(p, page->limit + 1);
}

enum scf_code scf_backtest_page(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_page *page, struct scf_backtest **ret, int *ret_n,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    page_params(&p, arena, page);
    enum scf_code code = scf_db_run(db, &pages[page->descending], &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_backtest *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = read_backtest(rows, i);
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

/* ---- its assessments ---- */

/* $1 from, $2 to, $3 when it was asked for, $4 borrowers (none: all). An assessment is never made
 * for a time after its creation. */
#define CONCERNED                                                                                  \
    " FROM scfd.credit_assessment WHERE status = 2 AND as_of BETWEEN $1 AND $2"                    \
    " AND created_at BETWEEN $1 AND $3 AND updated_at <= $3"                                       \
    " AND (cardinality($4::uuid[]) = 0 OR borrower_id = ANY($4))"

static bool concern_params(struct scf_params *p, struct scf_arena *arena,
                           const struct scf_backtest *b, const struct scf_backtest_request *r) {
    const struct scf_uuid **ids = scf_alloc(arena, r->borrower_count, sizeof *ids);
    if (ids == NULL)
        return false;
    for (size_t i = 0; i < r->borrower_count; i++)
        ids[i] = &r->borrowers[i];
    scf_params_init(p, arena);
    scf_p_time(p, r->from_us);
    scf_p_time(p, r->to_us);
    scf_p_time(p, b->created_us);
    scf_p_uuid_array(p, ids, r->borrower_count);
    return true;
}

static const struct scf_stmt count_stmt = {"scf_backtest_count",
                                           "SELECT count(*) FROM (SELECT" CONCERNED " LIMIT $5) a"};

enum scf_code scf_backtest_count(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_backtest *b,
                                 const struct scf_backtest_request *request, int64_t *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (!concern_params(&p, arena, b, request))
        return scf_fail_memory(err);
    scf_p_i64(&p, request->limit);
    enum scf_code code = scf_db_run(db, &count_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

static const struct scf_stmt next_stmt = {
    "scf_backtest_next", "SELECT id, created_at, as_of, currency, recommended_limit" CONCERNED
                         " AND (NOT $5 OR (created_at, id) > ($6, $7))"
                         " ORDER BY created_at, id LIMIT $8"};

enum scf_code scf_backtest_next(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_backtest *b,
                                const struct scf_backtest_request *request, int64_t n,
                                struct scf_backtest_row **ret, size_t *ret_n,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (!concern_params(&p, arena, b, request))
        return scf_fail_memory(err);
    scf_p_bool(&p, b->begun);
    scf_p_time(&p, b->last_created_us);
    scf_p_uuid(&p, &b->last_id);
    scf_p_i64(&p, n);
    enum scf_code code = scf_db_run(db, &next_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_backtest_row *list = scf_alloc(arena, (size_t)count, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < count; i++) {
        list[i] = (struct scf_backtest_row){
            .assessment_id = scf_rows_uuid(rows, i, 0),
            .created_us = scf_rows_time(rows, i, 1),
            .as_of_us = scf_rows_time(rows, i, 2),
            .recorded = scf_rows_i64(rows, i, 4),
        };
        snprintf(list[i].currency, sizeof list[i].currency, "%s", scf_rows_text(rows, i, 3));
    }
    *ret = list;
    *ret_n = (size_t)count;
    return SCF_OK;
}

static bool row_ids(struct scf_params *p, struct scf_arena *arena,
                    const struct scf_backtest_row *rows, size_t n) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        ids[i] = &rows[i].assessment_id;
    scf_params_init(p, arena);
    scf_p_uuid_array(p, ids, n);
    return true;
}

struct handing {
    struct scf_backtest_row *rows;
    void (*each)(void *ctx, struct scf_backtest_row *row, struct scf_str receipt);
    void *ctx;
};

static bool hand_over(void *ctx, const struct scf_rows *row) {
    struct handing *h = ctx;
    h->each(h->ctx, &h->rows[scf_rows_i64(row, 0, 0) - 1], scf_rows_str(row, 0, 1));
    return true;
}

static const struct scf_stmt receipts_stmt = {
    "scf_backtest_receipts",
    "SELECT w.n, a.receipt FROM unnest($1::uuid[]) WITH ORDINALITY w(id, n)"
    " JOIN scfd.credit_assessment a ON a.id = w.id ORDER BY w.n"};

enum scf_code scf_backtest_receipts(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_backtest_row *rows, size_t n,
                                    void (*each)(void *ctx, struct scf_backtest_row *row,
                                                 struct scf_str receipt),
                                    void *ctx, struct scf_error *err) {
    struct scf_params p;
    struct handing h = {rows, each, ctx};
    if (!row_ids(&p, arena, rows, n))
        return scf_fail_memory(err);
    return scf_db_stream(db, &receipts_stmt, &p, hand_over, &h, err);
}

/* Overdue: principal that an instalment asked for before today is still owed. */
static const struct scf_stmt loans_stmt = {
    "scf_backtest_loans",
    "SELECT w.n, l.principal, l.status < 2 AND l.principal - l.owed_principal < coalesce((SELECT"
    " sum(i.principal) FROM scfd.loan_instalment i WHERE i.loan_id = l.id AND i.due_on < $2), 0)"
    " FROM unnest($1::uuid[]) WITH ORDINALITY w(id, n)"
    " JOIN scfd.credit_decision d ON d.assessment_id = w.id"
    " JOIN scfd.loan l ON l.decision_id = d.id ORDER BY w.n, l.created_at, l.id"};

enum scf_code scf_backtest_loans(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_backtest_row *list, size_t n, int32_t today,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (!row_ids(&p, arena, list, n))
        return scf_fail_memory(err);
    scf_p_date(&p, today);
    enum scf_code code = scf_db_run(db, &loans_stmt, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++)
        scf_backtest_lend(&list[scf_rows_i64(rows, i, 0) - 1], scf_rows_i64(rows, i, 1),
                          scf_rows_bool(rows, i, 2));
    return code;
}

/* ---- how far it is ---- */

static const struct scf_stmt advance_stmt = {
    "scf_backtest_advance",
    "UPDATE scfd.backtest SET status = 1, total = $2, done = $3, last_created_at = $4,"
    " last_id = $5, updated_at = $6 WHERE id = $1 AND status < 2"
    " AND last_id IS NOT DISTINCT FROM $7"};

static const struct scf_stmt row_stmt = {
    "scf_backtest_row",
    "INSERT INTO scfd.backtest_row (backtest_id, created_at, assessment_id, as_of, currency,"
    " recorded_limit, live_limit, new_limit, recorded_grades, new_grades, exact, reproduced, drawn,"
    " loans, loans_above, drawn_above, overdue_kept, overdue_avoided)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"};

static enum scf_code insert_row(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_backtest_row *row,
                                struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, row->created_us);
    scf_p_uuid(&p, &row->assessment_id);
    scf_p_time(&p, row->as_of_us);
    scf_p_text(&p, row->currency);
    scf_p_i64(&p, row->recorded);
    if (row->computed) {
        scf_p_i64(&p, row->live);
        scf_p_i64(&p, row->limit);
    } else {
        scf_p_null(&p, SCF_PG_INT8);
        scf_p_null(&p, SCF_PG_INT8);
    }
    scf_p_text(&p, row->computed ? row->recorded_grades : NULL);
    scf_p_text(&p, row->computed ? row->grades : NULL);
    scf_p_bool(&p, row->exact);
    scf_p_bool(&p, row->reproduced);
    scf_p_i64(&p, row->drawn);
    scf_p_i64(&p, row->loans);
    scf_p_i64(&p, row->loans_above);
    scf_p_i64(&p, row->drawn_above);
    scf_p_i64(&p, row->overdue_kept);
    scf_p_i64(&p, row->overdue_avoided);
    return scf_db_pipeline_add(db, &row_stmt, &p, err);
}

/* In pipelines: a round trip for every few rows. */
static enum scf_code insert_rows(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, const struct scf_backtest_row *rows,
                                 size_t n, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n;) {
        code = scf_db_pipeline_begin(db, err);
        for (int k = 0; code == SCF_OK && k < SCF_PIPELINE_MAX && i < n; k++, i++)
            code = insert_row(db, arena, id, &rows[i], err);
        code = code == SCF_OK ? scf_db_pipeline_sync(db, arena, NULL, err) : code;
    }
    return code;
}

enum scf_code scf_backtest_advance(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_backtest *b, const struct scf_backtest_row *rows,
                                   size_t n, int64_t now_us, struct scf_error *err) {
    const struct scf_backtest_row *last = n > 0 ? &rows[n - 1] : NULL;
    struct scf_params p;
    struct scf_rows *result;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &b->id);
    scf_p_i64(&p, b->total);
    scf_p_i64(&p, b->done + (int64_t)n);
    if (last != NULL || b->begun)
        scf_p_time(&p, last != NULL ? last->created_us : b->last_created_us);
    else
        scf_p_null(&p, SCF_PG_TIMESTAMPTZ);
    scf_p_uuid(&p, last != NULL ? &last->assessment_id : b->begun ? &b->last_id : NULL);
    scf_p_time(&p, now_us);
    scf_p_uuid(&p, b->begun ? &b->last_id : NULL);
    enum scf_code code = scf_db_run(db, &advance_stmt, &p, arena, &result, err);
    if (code == SCF_OK && scf_rows_affected(result) == 0)
        return scf_fail(err, SCF_E_WRONG_STATE, "Another run of the backtest goes on");
    return code == SCF_OK ? insert_rows(db, arena, &b->id, rows, n, err) : code;
}

static const struct scf_stmt succeed_stmt = {
    "scf_backtest_succeed", "UPDATE scfd.backtest SET status = 2, result = $2, updated_at = $3"
                            " WHERE id = $1 AND status < 2"};

enum scf_code scf_backtest_succeed(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_backtest *b, struct scf_str result,
                                   int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &b->id);
    scf_p_str(&p, result);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &succeed_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt fail_stmt = {
    "scf_backtest_fail", "UPDATE scfd.backtest SET status = 3, problem_code = $2,"
                         " problem_detail = $3, updated_at = $4 WHERE id = $1 AND status < 2"};

enum scf_code scf_backtest_fail(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_error *why,
                                int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_text(&p, scf_code_slug(why->code));
    scf_p_text(&p, why->detail);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &fail_stmt, &p, arena, NULL, err);
}

/* ---- rows ---- */

#define ROW_COLUMNS                                                                                \
    "assessment_id, created_at, as_of, currency, recorded_limit, live_limit, new_limit,"           \
    " recorded_grades, new_grades, exact, reproduced, drawn, loans, loans_above, drawn_above,"     \
    " overdue_kept, overdue_avoided"
static const struct scf_stmt row_pages[2] = {
    {"scf_backtest_page_rows",
     "SELECT " ROW_COLUMNS
     " FROM scfd.backtest_row WHERE backtest_id = $5 AND" PAGE("assessment_id", "ASC", ">")},
    {"scf_backtest_page_rows_desc",
     "SELECT " ROW_COLUMNS
     " FROM scfd.backtest_row WHERE backtest_id = $5 AND" PAGE("assessment_id", "DESC", "<")}};

static struct scf_backtest_row read_row(const struct scf_rows *rows, int i) {
    struct scf_backtest_row row = {
        .assessment_id = scf_rows_uuid(rows, i, 0),
        .created_us = scf_rows_time(rows, i, 1),
        .as_of_us = scf_rows_time(rows, i, 2),
        .recorded = scf_rows_i64(rows, i, 4),
        .computed = !scf_rows_null(rows, i, 5),
        .live = scf_rows_i64(rows, i, 5),
        .limit = scf_rows_i64(rows, i, 6),
        .exact = scf_rows_bool(rows, i, 9),
        .reproduced = scf_rows_bool(rows, i, 10),
        .drawn = scf_rows_i64(rows, i, 11),
        .loans = scf_rows_i64(rows, i, 12),
        .loans_above = scf_rows_i64(rows, i, 13),
        .drawn_above = scf_rows_i64(rows, i, 14),
        .overdue_kept = scf_rows_i64(rows, i, 15),
        .overdue_avoided = scf_rows_i64(rows, i, 16),
    };
    snprintf(row.currency, sizeof row.currency, "%s", scf_rows_text(rows, i, 3));
    if (row.computed) {
        memcpy(row.recorded_grades, scf_rows_text(rows, i, 7), SCF_GRADES);
        memcpy(row.grades, scf_rows_text(rows, i, 8), SCF_GRADES);
    }
    return row;
}

enum scf_code scf_backtest_page_rows(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *id, const struct scf_page *page,
                                     struct scf_backtest_row **ret, int *ret_n,
                                     struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    page_params(&p, arena, page);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &row_pages[page->descending], &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_backtest_row *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
