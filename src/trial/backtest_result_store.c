/* The totals of a backtest, read from its rows: an aggregate each, however many rows there are.
 * Relies on sql/0013_policy.sql and on shadow.c for the comparison. */
#include "backtest.h"
#include "scfd/base/money.h"

/* Sums of money stop at the largest amount there is. */
#define TOTAL(expression) "least(coalesce(sum(" expression "), 0), 999999999999999999)::bigint"
#define ROWS " FROM scfd.backtest_row WHERE backtest_id = $1"

static const struct scf_stmt counts_stmt = {
    "scf_backtest_counts", "SELECT count(*), count(*) FILTER (WHERE new_limit IS NOT NULL),"
                           " count(*) FILTER (WHERE reproduced),"
                           " count(*) FILTER (WHERE NOT exact AND new_limit IS NOT NULL),"
                           " (SELECT assessment_id" ROWS
                           " AND NOT reproduced ORDER BY created_at, assessment_id LIMIT 1)" ROWS};
static const struct scf_stmt totals_stmt = {
    "scf_backtest_totals",
    "SELECT currency, count(*), count(*) FILTER (WHERE new_limit > recorded_limit),"
    " count(*) FILTER (WHERE new_limit < recorded_limit), " TOTAL("recorded_limit") ", " TOTAL(
        "new_limit") ", " TOTAL("greatest(new_limit - recorded_limit, "
                                "0)") ", " TOTAL("greatest(recorded_"
                                                 "limit - new_limit, "
                                                 "0)") ROWS
    " AND new_limit IS NOT NULL GROUP BY currency ORDER BY currency"};
static const struct scf_stmt moves_stmt = {
    "scf_backtest_moves",
    "SELECT g.i, substr(recorded_grades, g.i, 1), substr(new_grades, g.i, 1), count(*)"
    " FROM scfd.backtest_row, generate_series(1, 4) g(i) WHERE backtest_id = $1"
    " AND substr(recorded_grades, g.i, 1) <> substr(new_grades, g.i, 1)"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"};
static const struct scf_stmt outcomes_stmt = {
    "scf_backtest_outcomes",
    "SELECT currency, sum(loans)::bigint, " TOTAL("drawn") ", sum(loans_above)::bigint, " TOTAL(
        "drawn_above") ", sum(overdue_kept)::bigint, sum(overdue_avoided)::bigint" ROWS
                       " AND loans > 0 GROUP BY currency ORDER BY currency"};

/* By how much of the recorded limit the new one differs, in millionths rounded away from nothing,
 * so that only what is equal counts as unchanged. */
static const int64_t edges[] = {-500000, -200000, -100000, -50000, 0,      1,
                                50001,   100001,  200001,  500001, 1000001};
static const struct scf_stmt spread_stmt = {
    "scf_backtest_spread",
    "SELECT width_bucket(CASE WHEN new_limit = recorded_limit THEN 0"
    " WHEN recorded_limit = 0 THEN 2000000"
    " WHEN new_limit > recorded_limit THEN least(ceil((new_limit - recorded_limit) * "
    "1000000::numeric"
    " / recorded_limit), 2000000)::bigint"
    " ELSE floor((new_limit - recorded_limit) * 1000000::numeric / recorded_limit)::bigint END,"
    " $2::bigint[]), count(*)" ROWS " AND new_limit IS NOT NULL GROUP BY 1 ORDER BY 1"};

struct summary {
    struct scf_rows *counts, *totals, *moves, *outcomes, *spread;
};

static enum scf_code run(struct scf_db *db, struct scf_arena *arena, const struct scf_stmt *stmt,
                         const struct scf_uuid *id, struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    if (stmt == &spread_stmt)
        scf_p_i64_array(&p, edges, NULL, SCF_COUNT(edges));
    return scf_db_run(db, stmt, &p, arena, ret, err);
}

static void write_counts(struct scf_jsonw *w, const struct scf_rows *rows) {
    scf_jw_i64(w, "assessments", scf_rows_i64(rows, 0, 0));
    scf_jw_i64(w, "computed", scf_rows_i64(rows, 0, 1));
    scf_jw_i64(w, "inexact", scf_rows_i64(rows, 0, 3));
    scf_jw_object(w, "reproduced");
    scf_jw_i64(w, "count", scf_rows_i64(rows, 0, 2));
    scf_jw_i64(w, "of", scf_rows_i64(rows, 0, 0));
    if (!scf_rows_null(rows, 0, 4)) {
        struct scf_uuid first = scf_rows_uuid(rows, 0, 4);
        scf_jw_id(w, "first_that_differs", "asm", &first);
    }
    scf_jw_end_object(w);
}

static void write_outcomes(struct scf_jsonw *w, const struct scf_rows *rows) {
    scf_jw_array(w, "outcomes");
    for (int i = 0; i < scf_rows_count(rows); i++) {
        int scale = scf_scale_of(scf_rows_text(rows, i, 0));
        scf_jw_object(w, NULL);
        scf_jw_str(w, "currency", scf_rows_text(rows, i, 0));
        scf_jw_i64(w, "loans", scf_rows_i64(rows, i, 1));
        scf_jw_money(w, "drawn", scf_rows_i64(rows, i, 2), scale);
        scf_jw_i64(w, "loans_above", scf_rows_i64(rows, i, 3));
        scf_jw_money(w, "drawn_above", scf_rows_i64(rows, i, 4), scale);
        scf_jw_i64(w, "overdue_kept", scf_rows_i64(rows, i, 5));
        scf_jw_i64(w, "overdue_avoided", scf_rows_i64(rows, i, 6));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* The edges as people write them: the ones above nothing are inclusive. */
static void write_edge(struct scf_jsonw *w, const char *key, int i) {
    if (i < 0 || i >= (int)SCF_COUNT(edges))
        scf_jw_null(w, key);
    else
        scf_jw_ppm(w, key, edges[i] > 0 ? edges[i] - 1 : edges[i]);
}

static void write_spread(struct scf_jsonw *w, const struct scf_rows *rows) {
    scf_jw_array(w, "distribution");
    for (int i = 0; i < scf_rows_count(rows); i++) {
        int bucket = (int)scf_rows_i64(rows, i, 0);
        scf_jw_object(w, NULL);
        write_edge(w, "from", bucket - 1);
        write_edge(w, "to", bucket);
        scf_jw_i64(w, "count", scf_rows_i64(rows, i, 1));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

enum scf_code scf_backtest_summarise(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_backtest *b, struct scf_buf *out,
                                     struct scf_error *err) {
    struct summary s;
    struct scf_comparison comparison;
    enum scf_code code = run(db, arena, &counts_stmt, &b->id, &s.counts, err);
    code = code == SCF_OK ? run(db, arena, &totals_stmt, &b->id, &s.totals, err) : code;
    code = code == SCF_OK ? run(db, arena, &moves_stmt, &b->id, &s.moves, err) : code;
    code = code == SCF_OK ? run(db, arena, &outcomes_stmt, &b->id, &s.outcomes, err) : code;
    code = code == SCF_OK ? run(db, arena, &spread_stmt, &b->id, &s.spread, err) : code;
    if (code != SCF_OK)
        return code;
    if (!scf_comparison_read(s.totals, s.moves, arena, &comparison))
        return scf_fail_memory(err);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    write_counts(&w, s.counts);
    scf_comparison_write(&w, &comparison);
    write_outcomes(&w, s.outcomes);
    write_spread(&w, s.spread);
    scf_jw_end_object(&w);
    return SCF_OK;
}
