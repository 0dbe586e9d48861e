/* SQL of credit_assessment and credit_assessment_lender; what lending calls is in lender_store.c.
 * Relies on sql/0006_credit.sql; visibility also rests on scfd.record_addressee of the chain room,
 * since an assessment's record has its id. */
#include "assess.h"
#include "scfd/base/clock.h"

void scf_assess_topic(const char *what, const struct scf_uuid *id, char out[SCF_ASSESS_TOPIC]) {
    char hex[2 * sizeof id->b + 1];
    scf_hex(id->b, sizeof id->b, hex);
    snprintf(out, SCF_ASSESS_TOPIC, "%s:%s", what, hex);
}

enum scf_code scf_assess_notify(struct scf_db *db, struct scf_arena *arena, const char *what,
                                const struct scf_uuid *id, struct scf_error *err) {
    char topic[SCF_ASSESS_TOPIC];
    scf_assess_topic(what, id, topic);
    return scf_db_notify(db, arena, topic, err);
}

/* ---- one row ---- */

static const struct scf_stmt insert_stmt = {
    "scf_assess_insert",
    "INSERT INTO scfd.credit_assessment (id, node_id, borrower_id, request, as_of, created_at,"
    " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)"};

enum scf_code scf_assess_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_assess_row *row, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &row->id);
    scf_p_uuid(&p, scf_uuid_is_nil(&row->node_id) ? NULL : &row->node_id);
    scf_p_uuid(&p, &row->borrower_id);
    scf_p_str(&p, row->request);
    scf_p_time(&p, row->as_of_us);
    scf_p_time(&p, row->created_us);
    return scf_db_run(db, &insert_stmt, &p, arena, NULL, err);
}

/* $1 the assessment, $2 the asking node; NULL asks for everything. */
#define VISIBLE                                                                                    \
    "a.id = $1 AND ($2::uuid IS NULL OR a.node_id = $2 OR EXISTS (SELECT FROM"                     \
    " scfd.record_addressee r WHERE r.node_id = $2 AND r.record_id = $1))"

/* The node that must be allowed to see it; NULL: no check. */
static const struct scf_uuid *visible_to(const struct scf_actor *actor) {
    return actor == NULL || actor->admin ? NULL : &actor->node_id;
}

static void visible_params(struct scf_params *p, struct scf_arena *arena,
                           const struct scf_actor *actor, const struct scf_uuid *id) {
    scf_params_init(p, arena);
    scf_p_uuid(p, id);
    scf_p_uuid(p, visible_to(actor));
}

static enum scf_code not_found(struct scf_error *err) {
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no such assessment");
}

static const struct scf_stmt versions_stmt = {
    "scf_assess_versions",
    "SELECT w.i, a.status, a.version"
    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(id, node, i)"
    " JOIN scfd.credit_assessment a ON a.id = w.id"
    " WHERE w.node IS NULL OR a.node_id = w.node OR EXISTS (SELECT FROM scfd.record_addressee r"
    " WHERE r.node_id = w.node AND r.record_id = w.id)"};

enum scf_code scf_assess_versions(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_assess_ask *const *asks, size_t n,
                                  struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    const struct scf_uuid **nodes = scf_alloc(arena, n, sizeof *nodes);
    if (ids == NULL || nodes == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory to look for assessments.");
    for (size_t i = 0; i < n; i++) {
        ids[i] = &asks[i]->id;
        nodes[i] = visible_to(asks[i]->actor);
    }
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, nodes, n);
    enum scf_code code = scf_db_run(db, &versions_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < n; i++)
        asks[i]->found = false;
    for (int row = 0; row < scf_rows_count(rows); row++) {
        struct scf_assess_ask *ask = asks[scf_rows_i64(rows, row, 0) - 1];
        ask->found = true;
        ask->status = (enum scf_assess_status)scf_rows_i64(rows, row, 1);
        ask->version = scf_rows_i64(rows, row, 2);
    }
    return SCF_OK;
}

/* The row `a` as $2 sees it, without its receipt, which only few ask for. Its document is the body
 * of its record `d`, and stands nowhere else. */
#define ROW_COLUMNS                                                                                \
    "a.id, a.node_id, a.borrower_id, a.status, a.version, a.as_of, a.created_at, a.updated_at,"    \
    " a.request, d.body, a.problem_code, a.problem_detail,"                                        \
    " EXISTS (SELECT FROM scfd.credit_assessment_lender l WHERE l.assessment_id = a.id"            \
    " AND l.awaiting AND (a.node_id IS NOT DISTINCT FROM $2 OR l.node_id = $2 OR $2 IS NULL)),"    \
    " a.currency, own.lender_limit, own.lender_steps"
/* The record; and the address of the asking node, if it is a lender that `a` was addressed to. */
#define BESIDE                                                                                     \
    " LEFT JOIN scfd.record d ON d.id = a.id"                                                      \
    " LEFT JOIN scfd.credit_assessment_lender own ON own.assessment_id = a.id"                     \
    " AND own.node_id = $2"

static struct scf_assess_row read_row(const struct scf_rows *rows, int i) {
    struct scf_str currency = scf_rows_str(rows, i, 13);
    struct scf_assess_row row = {
        .id = scf_rows_uuid(rows, i, 0),
        .node_id = scf_rows_uuid(rows, i, 1),
        .borrower_id = scf_rows_uuid(rows, i, 2),
        .status = (enum scf_assess_status)scf_rows_i64(rows, i, 3),
        .version = scf_rows_i64(rows, i, 4),
        .as_of_us = scf_rows_time(rows, i, 5),
        .created_us = scf_rows_time(rows, i, 6),
        .updated_us = scf_rows_time(rows, i, 7),
        .request = scf_rows_str(rows, i, 8),
        .document = scf_rows_str(rows, i, 9),
        .problem_code = scf_rows_text(rows, i, 10),
        .problem_detail = scf_rows_text(rows, i, 11),
        .awaiting = scf_rows_bool(rows, i, 12),
        .has_lender_limit = !scf_rows_null(rows, i, 14),
        .lender_limit = scf_rows_i64(rows, i, 14),
        .lender_steps = scf_rows_str(rows, i, 15),
    };
    if (currency.p != NULL)
        memcpy(row.currency, currency.p, currency.n < 3 ? currency.n : 3);
    return row;
}

static const struct scf_stmt get_stmt = {"scf_assess_get",
                                         "SELECT " ROW_COLUMNS
                                         " FROM scfd.credit_assessment a" BESIDE " WHERE " VISIBLE};

enum scf_code scf_assess_get(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *id,
                             struct scf_assess_row *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    visible_params(&p, arena, actor, id);
    enum scf_code code = scf_db_run(db, &get_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return not_found(err);
    *ret = read_row(rows, 0);
    return SCF_OK;
}

static const struct scf_stmt receipt_stmt = {
    "scf_assess_receipt",
    "SELECT a.status, a.receipt FROM scfd.credit_assessment a WHERE " VISIBLE};

enum scf_code scf_assess_receipt(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_actor *actor, const struct scf_uuid *id,
                                 struct scf_str *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    visible_params(&p, arena, actor, id);
    enum scf_code code = scf_db_run(db, &receipt_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return not_found(err);
    if (scf_rows_i64(rows, 0, 0) != SCF_ASM_SUCCEEDED)
        return scf_fail(err, SCF_E_WRONG_STATE, "The assessment has no result");
    *ret = scf_rows_str(rows, 0, 1);
    return SCF_OK;
}

/* ---- what becomes of it ---- */

static const struct scf_stmt begin_stmt = {
    "scf_assess_begin", "UPDATE scfd.credit_assessment SET status = 1, version = version + 1,"
                        " updated_at = $2 WHERE id = $1 AND status = 0"};

enum scf_code scf_assess_begin(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &begin_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt succeed_stmt = {
    "scf_assess_succeed",
    "UPDATE scfd.credit_assessment SET status = 2, version = version + 1, updated_at = $2,"
    " currency = $3, recommended_limit = $4, limit_expires_on = $5, receipt = $6,"
    " as_of = $7 WHERE id = $1 AND status < 2"};

enum scf_code scf_assess_succeed(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, const struct scf_limit_inputs *in,
                                 const struct scf_limit_result *result, struct scf_str receipt,
                                 int64_t now_us, bool *ret_first, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, now_us);
    scf_p_text(&p, in->currency);
    scf_p_i64(&p, result->limit);
    scf_p_date(&p, result->expires_day);
    scf_p_str(&p, receipt);
    scf_p_time(&p, in->as_of_us);
    enum scf_code code = scf_db_run(db, &succeed_stmt, &p, arena, &rows, err);
    if (code == SCF_OK) {
        *ret_first = scf_rows_affected(rows) > 0;
        code = scf_assess_notify(db, arena, "asm", id, err);
    }
    return code;
}

static const struct scf_stmt fail_stmt = {
    "scf_assess_fail", "UPDATE scfd.credit_assessment SET status = 3, version = version + 1,"
                       " updated_at = $2, problem_code = $3, problem_detail = $4"
                       " WHERE id = $1 AND status < 2"};

enum scf_code scf_assess_fail(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              const struct scf_error *why, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, now_us);
    scf_p_text(&p, scf_code_slug(why->code));
    scf_p_text(&p, why->detail);
    enum scf_code code = scf_db_run(db, &fail_stmt, &p, arena, NULL, err);
    return code == SCF_OK ? scf_assess_notify(db, arena, "asm", id, err) : code;
}

/* ---- lists ---- */

#define PAGE(order, compare)                                                                       \
    " AND (NOT $5 OR (at, id) " compare " ($6, $7)) ORDER BY at " order ", id " order " LIMIT $8"

/* In status $3 (−1: any); of borrower $2 (NULL: any). */
#define KEYS                                                                                       \
    "SELECT id, version, at FROM (SELECT a.id, a.version, a.created_at AS at FROM"                 \
    " scfd.credit_assessment a"
#define FILTER                                                                                     \
    " AND ($2::uuid IS NULL OR a.borrower_id = $2) AND ($3::smallint < 0 OR a.status = $3)"        \
    " AND $4::uuid IS NULL) k WHERE true"

#define ALL(order, compare) KEYS " WHERE $1::uuid IS NULL" FILTER PAGE(order, compare)
#define OF_BORROWER(order, compare)                                                                \
    KEYS " WHERE a.borrower_id = $2 AND ($1::uuid IS NULL OR a.node_id = $1 OR EXISTS"             \
         " (SELECT FROM scfd.credit_assessment_lender l WHERE l.assessment_id = a.id"              \
         " AND l.node_id = $1))" FILTER                                                            \
         PAGE(order, compare)
#define ASKED_BY KEYS " WHERE a.node_id = $1" FILTER
#define ADDRESSED_TO                                                                               \
    "SELECT id, version, at FROM (SELECT l.assessment_id AS id, a.version, l.created_at AS at"     \
    " FROM scfd.credit_assessment_lender l JOIN scfd.credit_assessment a"                          \
    " ON a.id = l.assessment_id WHERE l.node_id = $1 AND a.node_id IS DISTINCT FROM $1" FILTER
/* What node $1 asked for, and what was addressed to it: a page of each, of which one is made. */
#define SEEN(order, compare)                                                                       \
    "SELECT id, version, at FROM ((" ASKED_BY PAGE(order, compare) ") UNION ALL (" ADDRESSED_TO    \
    PAGE(order, compare) ")) k WHERE true" PAGE(order, compare)

/* What awaits the decision of lender $4 (NULL: any lender). */
#define AWAITING(order, compare)                                                                   \
    "SELECT id, version, at FROM (SELECT a.id, a.version, l.addressed_at AS at, a.borrower_id,"    \
    " a.node_id, l.node_id AS lender, a.status FROM scfd.credit_assessment_lender l"               \
    " JOIN scfd.credit_assessment a ON a.id = l.assessment_id WHERE l.awaiting) w"                 \
    " WHERE ($1::uuid IS NULL OR node_id = $1 OR lender = $1)"                                     \
    " AND ($2::uuid IS NULL OR borrower_id = $2) AND ($3::smallint < 0 OR status = $3)"            \
    " AND ($4::uuid IS NULL OR lender = $4)" PAGE(order, compare)

#define BOTH(name, list)                                                                           \
    {                                                                                              \
        {name, list("ASC", ">")}, {                                                                \
            name "_desc", list("DESC", "<")                                                        \
        }                                                                                          \
    }
static const struct scf_stmt all[2] = BOTH("scf_assess_page", ALL);
static const struct scf_stmt of_borrower[2] = BOTH("scf_assess_of_borrower", OF_BORROWER);
static const struct scf_stmt seen[2] = BOTH("scf_assess_seen", SEEN);
static const struct scf_stmt awaiting[2] = BOTH("scf_assess_awaiting", AWAITING);

/* Each pinned to the index that it walks. */
static const struct scf_stmt *list_of(const struct scf_assess_filter *filter, bool descending) {
    if (filter->awaiting)
        return &awaiting[descending];
    if (!scf_uuid_is_nil(&filter->borrower_id))
        return &of_borrower[descending];
    return scf_uuid_is_nil(&filter->visible_to) ? &all[descending] : &seen[descending];
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

enum scf_code scf_assess_page(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_assess_filter *filter, const struct scf_page *page,
                              struct scf_assess_key **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, or_null(&filter->visible_to));
    scf_p_uuid(&p, or_null(&filter->borrower_id));
    scf_p_i16(&p, (int16_t)filter->status);
    scf_p_uuid(&p, or_null(&filter->lender));
    scf_p_bool(&p, page->has_after);
    scf_p_time(&p, page->after_time_us);
    scf_p_uuid(&p, &page->after_id);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code = scf_db_run(db, list_of(filter, page->descending), &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_assess_key *keys = scf_alloc(arena, (size_t)n, sizeof *keys);
    if (keys == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The page is too large");
    for (int i = 0; i < n; i++) {
        keys[i] = (struct scf_assess_key){scf_rows_uuid(rows, i, 0), scf_rows_i64(rows, i, 1),
                                          scf_rows_time(rows, i, 2)};
    }
    *ret = keys;
    *ret_n = n;
    return SCF_OK;
}

/* $1 ids, $2 who asks, $3 bytes. The lengths are known without reading the documents. */
static const struct scf_stmt rows_stmt = {
    "scf_assess_rows",
    "SELECT " ROW_COLUMNS
    " FROM (SELECT a.*, x.n, sum(b.bytes) OVER (ORDER BY x.n) - b.bytes AS before"
    " FROM unnest($1::uuid[]) WITH ORDINALITY x (id, n) JOIN scfd.credit_assessment a"
    " ON a.id = x.id LEFT JOIN scfd.record d ON d.id = a.id CROSS JOIN LATERAL"
    " (SELECT coalesce(octet_length(d.body), octet_length(a.request)) AS bytes) b) a" BESIDE
    " WHERE a.before < $3 ORDER BY a.n"};

enum scf_code scf_assess_rows(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_actor *actor, const struct scf_assess_key *keys,
                              int n, struct scf_assess_row **ret, int *ret_n,
                              struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, (size_t)n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The page is too large");
    for (int i = 0; i < n; i++)
        ids[i] = &keys[i].id;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, (size_t)n);
    scf_p_uuid(&p, actor->admin ? NULL : &actor->node_id);
    scf_p_i64(&p, SCF_ASSESS_PAGE_BYTES);
    enum scf_code code = scf_db_run(db, &rows_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_assess_row *list = scf_alloc(arena, (size_t)count, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The page is too large");
    for (int i = 0; i < count; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = count;
    return SCF_OK;
}

static const struct scf_stmt lenders_stmt = {
    "scf_assess_lenders", "SELECT node_id, awaiting FROM scfd.credit_assessment_lender"
                          " WHERE assessment_id = $1 ORDER BY addressed_at, node_id LIMIT 500"};

enum scf_code scf_assess_lenders(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_assess_lender **ret,
                                 int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &lenders_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_assess_lender *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "Too many lenders");
    for (int i = 0; i < n; i++)
        list[i] = (struct scf_assess_lender){scf_rows_uuid(rows, i, 0), scf_rows_bool(rows, i, 1)};
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
