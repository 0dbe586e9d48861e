/* SQL of runs as the API shows them, and of asking for them again. Relies on
 * sql/0012_increment.sql, and on limit_lender of the account room for what lenders see. */
#include "increment_store.h"

/* ---- lists ---- */

/* $1 sees everything; else $2 the enterprise that operates the node (NULL: none), $3 the node. */
#define VISIBLE                                                                                    \
    "($1 OR r.borrower_id = $2 OR EXISTS (SELECT FROM scfd.limit_account a JOIN scfd.limit_lender" \
    " l ON l.account_id = a.id WHERE a.contract_key = r.contract_key AND a.currency = r.currency"  \
    " AND l.node_id = $3))"
#define KEY_OF_CONTRACT                                                                            \
    "(SELECT coalesce(business_key, id) FROM scfd.record WHERE id = $6 AND kind = 1)"
/* Plans are made once for whatever is asked, so that each way of asking is a statement of its own,
 * which says by which index. */
#define RUNS(which)                                                                                \
    "SELECT r.id, r.borrower_id, coalesce(r.contract_id, (SELECT c.id FROM scfd.record c"          \
    " WHERE c.business_key = r.contract_key AND c.kind = 1"                                        \
    " ORDER BY c.received_at, c.chain_id, c.leaf_index LIMIT 1)), r.assessment_id, r.currency,"    \
    " r.period, r.as_of, r.due_at, r.missed_at, r.created_at, r.updated_at, r.status, r.attempt,"  \
    " r.made, r.completion, r.target, r.increment, r.take_back, r.granted, r.version, r.reason,"   \
    " r.problem_code, r.problem_detail FROM scfd.limit_run r WHERE " which " AND " VISIBLE         \
    " AND ($5::uuid IS NULL OR r.borrower_id = $5)"                                                \
    " AND ($7::smallint < 0 OR r.status = $7) AND ($8::text IS NULL OR r.period = $8)"
#define PAGE(order, compare)                                                                       \
    " AND (NOT $9 OR (r.created_at, r.id) " compare " ($10, $11))"                                 \
    " ORDER BY r.created_at " order ", r.id " order " LIMIT $12"
#define PAGES(name, which)                                                                         \
    {                                                                                              \
        {name, RUNS(which) PAGE("ASC", ">")}, {                                                    \
            name "_desc", RUNS(which) PAGE("DESC", "<")                                            \
        }                                                                                          \
    }
static_assert(SCF_REC_CONTRACT == 1, "the number of the statements");

enum { ONE, OF_CONTRACT, OF_BORROWER, OWN, ALL, WAYS };
static const struct scf_stmt page_stmt[WAYS][2] = {
    [ONE] = PAGES("scf_run_one", "r.id = $4"),
    [OF_CONTRACT] = PAGES("scf_runs_of_contract", "r.contract_key = " KEY_OF_CONTRACT),
    [OF_BORROWER] = PAGES("scf_runs_of_borrower", "r.borrower_id = $5"),
    [OWN] = PAGES("scf_runs_own", "r.borrower_id = $2"),
    [ALL] = PAGES("scf_runs_all", "true"),
};

static int way_of(const struct scf_actor *actor, const struct scf_limit_run_filter *filter) {
    if (!scf_uuid_is_nil(&filter->id))
        return ONE;
    if (!scf_uuid_is_nil(&filter->contract_id))
        return OF_CONTRACT;
    if (!scf_uuid_is_nil(&filter->borrower_id))
        return OF_BORROWER;
    return actor->admin || actor->kind == SCF_NODE_LENDER ? ALL : OWN;
}

static struct scf_limit_run_row read_row(const struct scf_rows *rows, int i) {
    return (struct scf_limit_run_row){
        .id = scf_rows_uuid(rows, i, 0),
        .borrower_id = scf_rows_uuid(rows, i, 1),
        .contract_id = scf_rows_uuid(rows, i, 2),
        .assessment_id = scf_rows_uuid(rows, i, 3),
        .currency = scf_rows_text(rows, i, 4),
        .period = scf_rows_text(rows, i, 5),
        .as_of_us = scf_rows_time(rows, i, 6),
        .is_due = !scf_rows_null(rows, i, 7),
        .due_us = scf_rows_time(rows, i, 7),
        .is_missed = !scf_rows_null(rows, i, 8),
        .missed_us = scf_rows_time(rows, i, 8),
        .created_us = scf_rows_time(rows, i, 9),
        .updated_us = scf_rows_time(rows, i, 10),
        .status = (enum scf_limit_run_status)scf_rows_i64(rows, i, 11),
        .attempt = scf_rows_i64(rows, i, 12),
        .made = scf_rows_i64(rows, i, 13),
        .completion_ppm = scf_rows_i64(rows, i, 14),
        .target = scf_rows_i64(rows, i, 15),
        .increment = scf_rows_i64(rows, i, 16),
        .take_back = scf_rows_i64(rows, i, 17),
        .granted = scf_rows_i64(rows, i, 18),
        .has_result = !scf_rows_null(rows, i, 18),
        .version = scf_rows_i64(rows, i, 19),
        .reason = scf_rows_text(rows, i, 20),
        .problem_code = scf_rows_text(rows, i, 21),
        .problem_detail = scf_rows_text(rows, i, 22),
    };
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

enum scf_code scf_runs_page(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_actor *actor,
                            const struct scf_limit_run_filter *filter, const struct scf_page *page,
                            struct scf_limit_run_row **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_bool(&p, actor->admin);
    scf_p_uuid(&p, or_null(&actor->operator_enterprise_id));
    scf_p_uuid(&p, or_null(&actor->node_id));
    scf_p_uuid(&p, or_null(&filter->id));
    scf_p_uuid(&p, or_null(&filter->borrower_id));
    scf_p_uuid(&p, or_null(&filter->contract_id));
    scf_p_i16(&p, (int16_t)filter->status);
    scf_p_text(&p, filter->period);
    scf_p_bool(&p, page->has_after);
    scf_p_time(&p, page->after_time_us);
    scf_p_uuid(&p, &page->after_id);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code =
        scf_db_run(db, &page_stmt[way_of(actor, filter)][page->descending], &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_limit_run_row *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The page is too large");
    for (int i = 0; i < n; i++)
        list[i] = read_row(rows, i);
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

/* ---- again ---- */

static const struct scf_stmt newest_stmt = {
    "scf_runs_newest_period",
    "SELECT period FROM scfd.limit_period ORDER BY as_of DESC LIMIT 1 FOR UPDATE"};

/* What is due stays due as it is. */
static const struct scf_stmt repeat_stmt = {
    "scf_runs_repeat",
    "UPDATE scfd.limit_run SET status = 0, due_at = $4, attempt = 0, version = version + 1,"
    " updated_at = $4 WHERE period = $1 AND ($2::uuid IS NULL OR borrower_id = $2)"
    " AND ($3::uuid IS NULL OR contract_key = (SELECT coalesce(business_key, id)"
    " FROM scfd.record WHERE id = $3 AND kind = 1)) AND status <> 0"};

enum scf_code scf_runs_repeat(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_run_filter *filter, int64_t now_us,
                              int64_t *ret_n, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &newest_stmt, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    const char *newest = scf_rows_count(rows) > 0 ? scf_rows_text(rows, 0, 0) : NULL;
    if (newest == NULL)
        return scf_fail(err, SCF_E_WRONG_STATE, "No period of increments has ended yet");
    if (strcmp(newest, filter->period) != 0) {
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "Only the newest ended period, %s, is run again: what an earlier one would "
                        "grant is in it",
                        newest);
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, filter->period);
    scf_p_uuid(&p, or_null(&filter->borrower_id));
    scf_p_uuid(&p, or_null(&filter->contract_id));
    scf_p_time(&p, now_us);
    code = scf_db_run(db, &repeat_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_n = scf_rows_affected(rows);
    return code;
}
