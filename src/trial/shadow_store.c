/* SQL of what shadow policies said. Relies on sql/0013_policy.sql. */
#include "scfd/base/money.h"
#include "shadow_impl.h"

/* ---- writing ---- */

static const struct scf_stmt save_stmt = {
    "scf_shadows_save",
    "INSERT INTO scfd.credit_shadow (assessment_id, code, version, currency, recorded_limit,"
    " shadow_limit, recorded_grades, shadow_grades, exact, result)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};

static enum scf_code save(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                          const struct scf_shadow *s, const struct scf_buf *text,
                          struct scf_error *err) {
    char recorded[SCF_GRADES + 1], shadow[SCF_GRADES + 1];
    scf_grades_of(&result->ratings, recorded);
    scf_grades_of(&s->result.ratings, shadow);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->assessment_id);
    scf_p_text(&p, s->policy.code);
    scf_p_text(&p, s->policy.version);
    scf_p_text(&p, in->currency);
    scf_p_i64(&p, result->limit);
    scf_p_i64(&p, s->result.limit);
    scf_p_text(&p, recorded);
    scf_p_text(&p, shadow);
    scf_p_bool(&p, s->exact);
    scf_p_str(&p, (struct scf_str){text->data, text->len});
    return scf_db_run(db, &save_stmt, &p, arena, NULL, err);
}

enum scf_code scf_shadows_save(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in,
                               const struct scf_limit_result *result,
                               const struct scf_shadow *shadows, size_t n, struct scf_error *err) {
    enum { RESULT_BYTES = 4 << 20 };
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        struct scf_buf text;
        scf_buf_init(&text, RESULT_BYTES);
        struct scf_jsonw w = scf_jsonw(&text);
        scf_jw_object(&w, NULL);
        scf_result_write(&w, &shadows[i].inputs, &shadows[i].result);
        scf_jw_end_object(&w);
        if (!text.overflow) /* else too large to be looked at by anybody */
            code = save(db, arena, in, result, &shadows[i], &text, err);
        scf_buf_free(&text);
    }
    return code;
}

/* ---- reading ---- */

static const struct scf_stmt read_stmt = {
    "scf_shadows_read",
    "SELECT s.code, s.version, s.currency, s.recorded_limit, s.shadow_limit, s.recorded_grades,"
    " s.shadow_grades, s.exact, s.result"
    " FROM scfd.credit_assessment a LEFT JOIN scfd.credit_shadow s ON s.assessment_id = a.id"
    " WHERE a.id = $1 ORDER BY s.code, s.version"};

static struct scf_shadow_row read_row(const struct scf_rows *rows, int i) {
    return (struct scf_shadow_row){
        .code = scf_rows_text(rows, i, 0),
        .version = scf_rows_text(rows, i, 1),
        .currency = scf_rows_text(rows, i, 2),
        .recorded = scf_rows_i64(rows, i, 3),
        .shadow = scf_rows_i64(rows, i, 4),
        .recorded_grades = scf_rows_text(rows, i, 5),
        .shadow_grades = scf_rows_text(rows, i, 6),
        .exact = scf_rows_bool(rows, i, 7),
        .result = scf_rows_str(rows, i, 8),
    };
}

enum scf_code scf_shadows_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *assessment_id, struct scf_shadow_row **ret,
                               size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    enum scf_code code = scf_db_run(db, &read_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    if (n == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such assessment");
    n = scf_rows_null(rows, 0, 0) ? 0 : n; /* the assessment alone */
    struct scf_shadow_row *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}

/* Sums of money stop at the largest amount there is. */
#define TOTAL(expression) "least(coalesce(sum(" expression "), 0), 999999999999999999)::bigint"
#define TOTALS                                                                                     \
    " currency, count(*), count(*) FILTER (WHERE new > recorded),"                                 \
    " count(*) FILTER (WHERE new < recorded), " TOTAL("recorded") ", " TOTAL("new") ", " TOTAL(    \
        "greatest(new - recorded, 0)") ", " TOTAL("greatest(recorded - new, 0)")

static const struct scf_stmt totals_stmt = {
    "scf_shadow_totals",
    "SELECT " TOTALS " FROM (SELECT currency, recorded_limit AS recorded, shadow_limit AS new"
    " FROM scfd.credit_shadow WHERE code = $1 AND version = $2) s"
    " GROUP BY currency ORDER BY currency"};
static const struct scf_stmt moves_stmt = {
    "scf_shadow_moves",
    "SELECT g.i, substr(recorded_grades, g.i, 1), substr(shadow_grades, g.i, 1), count(*)"
    " FROM scfd.credit_shadow, generate_series(1, 4) g(i) WHERE code = $1 AND version = $2"
    " AND substr(recorded_grades, g.i, 1) <> substr(shadow_grades, g.i, 1)"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"};

bool scf_comparison_read(const struct scf_rows *totals, const struct scf_rows *moves,
                         struct scf_arena *arena, struct scf_comparison *ret) {
    int n = scf_rows_count(totals), m = scf_rows_count(moves);
    struct scf_shadow_total *t = scf_alloc(arena, (size_t)n, sizeof *t);
    struct scf_grade_move *g = scf_alloc(arena, (size_t)m, sizeof *g);
    if (t == NULL || g == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        t[i] = (struct scf_shadow_total){
            .assessments = scf_rows_i64(totals, i, 1),
            .raised = scf_rows_i64(totals, i, 2),
            .lowered = scf_rows_i64(totals, i, 3),
            .recorded = scf_rows_i64(totals, i, 4),
            .shadow = scf_rows_i64(totals, i, 5),
            .raised_by = scf_rows_i64(totals, i, 6),
            .lowered_by = scf_rows_i64(totals, i, 7),
        };
        snprintf(t[i].currency, sizeof t[i].currency, "%s", scf_rows_text(totals, i, 0));
    }
    for (int i = 0; i < m; i++) {
        g[i] = (struct scf_grade_move){
            .rating = (int)scf_rows_i64(moves, i, 0) - 1,
            .count = scf_rows_i64(moves, i, 3),
        };
        g[i].from[0] = scf_rows_text(moves, i, 1)[0];
        g[i].to[0] = scf_rows_text(moves, i, 2)[0];
    }
    *ret = (struct scf_comparison){t, (size_t)n, g, (size_t)m};
    return true;
}

enum scf_code scf_shadow_compare(struct scf_db *db, struct scf_arena *arena, const char *code_text,
                                 const char *version, struct scf_comparison *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *totals, *moves;
    scf_params_init(&p, arena);
    scf_p_text(&p, code_text);
    scf_p_text(&p, version);
    enum scf_code code = scf_db_run(db, &totals_stmt, &p, arena, &totals, err);
    code = code == SCF_OK ? scf_db_run(db, &moves_stmt, &p, arena, &moves, err) : code;
    if (code == SCF_OK && !scf_comparison_read(totals, moves, arena, ret))
        return scf_fail_memory(err);
    return code;
}
