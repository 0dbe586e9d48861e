/* SQL of periods and of scheduling their runs. Relies on sql/0012_increment.sql and on
 * limit_account of the account room. */
#include "increment_store.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the runs of a period");
}

/* ---- periods ---- */

static const struct scf_stmt newest_stmt = {
    "scf_period_newest", "SELECT as_of FROM scfd.limit_period ORDER BY as_of DESC LIMIT 1"};

enum scf_code scf_period_newest(struct scf_db *db, struct scf_arena *arena, bool *ret_found,
                                int64_t *ret_as_of_us, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &newest_stmt, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_found = scf_rows_count(rows) > 0;
    if (*ret_found)
        *ret_as_of_us = scf_rows_time(rows, 0, 0);
    return SCF_OK;
}

static const struct scf_stmt insert_stmt = {
    "scf_period_insert", "INSERT INTO scfd.limit_period (period, as_of, created_at)"
                         " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"};

enum scf_code scf_period_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_increment_period *period, int64_t now_us,
                                struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, period->text);
    scf_p_time(&p, scf_increment_as_of(period));
    scf_p_time(&p, now_us);
    return scf_db_run(db, &insert_stmt, &p, arena, NULL, err);
}

/* ---- accounts become runs ---- */

static const struct scf_stmt open_period_stmt = {
    "scf_runs_schedule",
    "SELECT period, as_of, after_key, after_currency FROM scfd.limit_period WHERE NOT complete"
    " ORDER BY as_of LIMIT 1 FOR UPDATE SKIP LOCKED"};

/* An account belongs to the periods that ended after its first grant. */
static const struct scf_stmt accounts_stmt = {
    "scf_runs_accounts",
    "SELECT borrower_id, contract_key, currency FROM scfd.limit_account"
    " WHERE (contract_key, currency) > (coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid),"
    " coalesce($2, '')) AND created_at <= $3 AND initial > 0"
    " ORDER BY contract_key, currency LIMIT $4"};

static const struct scf_stmt add_runs_stmt = {
    "scf_runs_add",
    "INSERT INTO scfd.limit_run (id, borrower_id, contract_key, currency, period, as_of, due_at,"
    " created_at, updated_at) SELECT id, borrower, key, currency, $5, $6, $6, $7, $7"
    " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])"
    " AS a (id, borrower, key, currency) ON CONFLICT DO NOTHING"};

static const struct scf_stmt advance_stmt = {
    "scf_runs_advance", "UPDATE scfd.limit_period SET after_key = $2, after_currency = $3,"
                        " complete = $4 WHERE period = $1"};

static enum scf_code add_runs(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_rows *period, const struct scf_rows *accounts,
                              int64_t now_us, struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(accounts);
    struct scf_uuid *ids = scf_alloc(arena, 3 * n, sizeof *ids);
    const struct scf_uuid **pointers = scf_alloc(arena, 3 * n, sizeof *pointers);
    struct scf_str *currencies = scf_alloc(arena, n, sizeof *currencies);
    if (ids == NULL || pointers == NULL || currencies == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        ids[i] = scf_uuid_new();
        ids[n + i] = scf_rows_uuid(accounts, (int)i, 0);
        ids[2 * n + i] = scf_rows_uuid(accounts, (int)i, 1);
        currencies[i] = scf_rows_str(accounts, (int)i, 2);
    }
    for (size_t i = 0; i < 3 * n; i++)
        pointers[i] = &ids[i];
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, pointers, n);
    scf_p_uuid_array(&p, pointers + n, n);
    scf_p_uuid_array(&p, pointers + 2 * n, n);
    scf_p_text_array(&p, currencies, n);
    scf_p_text(&p, scf_rows_text(period, 0, 0));
    scf_p_time(&p, scf_rows_time(period, 0, 1));
    scf_p_time(&p, now_us);
    return scf_db_run(db, &add_runs_stmt, &p, arena, NULL, err);
}

static enum scf_code advance(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_rows *period, const struct scf_rows *accounts,
                             bool complete, struct scf_error *err) {
    int last = scf_rows_count(accounts) - 1;
    struct scf_uuid key = last >= 0 ? scf_rows_uuid(accounts, last, 1) : (struct scf_uuid){{0}};
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, scf_rows_text(period, 0, 0));
    scf_p_uuid(&p, last >= 0 ? &key : NULL);
    scf_p_text(&p, last >= 0 ? scf_rows_text(accounts, last, 2) : NULL);
    scf_p_bool(&p, complete);
    return scf_db_run(db, &advance_stmt, &p, arena, NULL, err);
}

enum scf_code scf_runs_schedule(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                bool *ret_more, struct scf_error *err) {
    struct scf_rows *period, *accounts;
    *ret_more = false;
    enum scf_code code = scf_db_run(db, &open_period_stmt, NULL, arena, &period, err);
    if (code != SCF_OK || scf_rows_count(period) == 0)
        return code;
    bool begun = !scf_rows_null(period, 0, 2);
    struct scf_uuid after = scf_rows_uuid(period, 0, 2);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, begun ? &after : NULL);
    scf_p_text(&p, begun ? scf_rows_text(period, 0, 3) : NULL);
    scf_p_time(&p, scf_rows_time(period, 0, 1));
    scf_p_i64(&p, SCF_SCHEDULE_PAGE);
    code = scf_db_run(db, &accounts_stmt, &p, arena, &accounts, err);
    if (code != SCF_OK)
        return code;
    bool complete = scf_rows_count(accounts) < SCF_SCHEDULE_PAGE;
    code = add_runs(db, arena, period, accounts, now_us, err);
    code = code == SCF_OK ? advance(db, arena, period, accounts, complete, err) : code;
    if (code == SCF_OK)
        *ret_more = true; /* this period goes on, or another one is open */
    return code;
}

/* ---- runs that were not made ---- */

static const struct scf_stmt sweep_stmt = {
    "scf_runs_sweep",
    "WITH open AS MATERIALIZED (SELECT id, missed_at IS NULL AS fresh FROM scfd.limit_run"
    " WHERE due_at IS NOT NULL AND (as_of < $1 OR (as_of < $2 AND missed_at IS NULL))"
    " ORDER BY as_of, id LIMIT $4 FOR UPDATE SKIP LOCKED)"
    " UPDATE scfd.limit_run r SET status = 4, missed_at = coalesce(missed_at, $3),"
    " due_at = CASE WHEN as_of < $1 THEN NULL ELSE due_at END, version = version + 1,"
    " updated_at = $3 FROM open WHERE r.id = open.id"
    " RETURNING r.id, r.borrower_id, r.contract_key, open.fresh"};

enum scf_code scf_runs_sweep(struct scf_db *db, struct scf_arena *arena, int64_t newest_us,
                             int64_t late_us, int64_t now_us, struct scf_missed_run **ret,
                             size_t *ret_n, bool *ret_more, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, newest_us);
    scf_p_time(&p, late_us);
    scf_p_time(&p, now_us);
    scf_p_i64(&p, SCF_SWEEP_PAGE);
    enum scf_code code = scf_db_run(db, &sweep_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_missed_run *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    *ret_n = 0;
    for (int i = 0; i < n; i++)
        if (scf_rows_bool(rows, i, 3))
            list[(*ret_n)++] = (struct scf_missed_run){
                scf_rows_uuid(rows, i, 0), scf_rows_uuid(rows, i, 1), scf_rows_uuid(rows, i, 2)};
    *ret = list;
    *ret_more = n == SCF_SWEEP_PAGE;
    return SCF_OK;
}

static const struct scf_stmt count_stmt = {
    "scf_runs_count",
    "SELECT count(*) FILTER (WHERE missed_at IS NULL), count(*) FILTER (WHERE missed_at IS NOT"
    " NULL) FROM (SELECT missed_at FROM scfd.limit_run WHERE due_at IS NOT NULL LIMIT 100000) r"};

enum scf_code scf_runs_count(struct scf_db *db, struct scf_arena *arena, struct scf_run_counts *ret,
                             struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &count_stmt, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret = (struct scf_run_counts){scf_rows_i64(rows, 0, 0), scf_rows_i64(rows, 0, 1)};
    return code;
}
