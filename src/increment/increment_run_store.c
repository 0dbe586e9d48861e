/* SQL of runs being made. Relies on sql/0012_increment.sql. */
#include "increment_store.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for a batch of runs");
}

/* ---- picking ---- */

static const struct scf_stmt pick_stmt = {
    "scf_runs_pick",
    "SELECT id, borrower_id, contract_key, currency, period, as_of, attempt FROM scfd.limit_run"
    " WHERE due_at IS NOT NULL AND due_at <= $2 AND as_of = $1 ORDER BY due_at, id LIMIT $3"
    " FOR UPDATE SKIP LOCKED"};

static void copy_text(char *out, size_t size, struct scf_str text) {
    size_t n = text.n < size - 1 ? text.n : size - 1;
    memcpy(out, text.p, n);
    out[n] = '\0';
}

static struct scf_limit_run read_run(const struct scf_rows *rows, int i) {
    struct scf_limit_run r = {.id = scf_rows_uuid(rows, i, 0),
                              .borrower_id = scf_rows_uuid(rows, i, 1),
                              .contract_key = scf_rows_uuid(rows, i, 2),
                              .as_of_us = scf_rows_time(rows, i, 5),
                              .attempt = (int)scf_rows_i64(rows, i, 6)};
    copy_text(r.currency, sizeof r.currency, scf_rows_str(rows, i, 3));
    copy_text(r.period, sizeof r.period, scf_rows_str(rows, i, 4));
    return r;
}

enum scf_code scf_runs_pick(struct scf_db *db, struct scf_arena *arena, int64_t as_of_us,
                            int64_t now_us, int limit, struct scf_limit_run **ret, size_t *ret_n,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, as_of_us);
    scf_p_time(&p, now_us);
    scf_p_i64(&p, limit);
    enum scf_code code = scf_db_run(db, &pick_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_limit_run *runs = scf_alloc(arena, n, sizeof *runs);
    if (runs == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        runs[i] = read_run(rows, (int)i);
    *ret = runs;
    *ret_n = n;
    return SCF_OK;
}

/* ---- outcomes ---- */

/* What does not apply to an outcome is NULL in its array. */
static const struct scf_stmt finish_stmt = {
    "scf_runs_finish",
    "UPDATE scfd.limit_run r SET status = o.status, due_at = o.due, attempt = o.attempt,"
    " made = r.made + (o.granted IS NOT NULL)::integer,"
    " contract_id = coalesce(o.contract, r.contract_id),"
    " assessment_id = coalesce(o.assessment, r.assessment_id),"
    " completion = coalesce(o.completion, r.completion), target = coalesce(o.target, r.target),"
    " increment = coalesce(r.increment + o.increment, o.increment, r.increment),"
    " take_back = coalesce(r.take_back + o.take_back, o.take_back, r.take_back),"
    " granted = coalesce(o.granted, r.granted), reason = coalesce(o.reason, r.reason),"
    " problem_code = o.code, problem_detail = o.detail,"
    " version = r.version + 1, updated_at = $15 FROM unnest($1::uuid[], $2::smallint[],"
    " $3::timestamptz[], $4::integer[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[],"
    " $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[])"
    " AS o (id, status, due, attempt, contract, assessment, completion, target, increment,"
    " take_back, granted, reason, code, detail) WHERE r.id = o.id"};

struct columns {
    const struct scf_uuid **id, **contract, **assessment;
    int16_t *status;
    int64_t *due, *amounts[5];
    bool *not_due, *no_result;
    int32_t *attempt;
    struct scf_str *reason, *code, *detail;
};

static bool make_columns(struct scf_arena *arena, size_t n, struct columns *c) {
    *c = (struct columns){.id = scf_alloc(arena, 3 * n, sizeof *c->id),
                          .status = scf_alloc(arena, n, sizeof *c->status),
                          .due = scf_alloc(arena, 6 * n, sizeof *c->due),
                          .not_due = scf_alloc(arena, 2 * n, sizeof *c->not_due),
                          .attempt = scf_alloc(arena, n, sizeof *c->attempt),
                          .reason = scf_alloc(arena, 3 * n, sizeof *c->reason)};
    if (c->id == NULL || c->status == NULL || c->due == NULL || c->not_due == NULL ||
        c->attempt == NULL || c->reason == NULL)
        return false;
    c->contract = c->id + n;
    c->assessment = c->id + 2 * n;
    for (size_t k = 0; k < SCF_COUNT(c->amounts); k++)
        c->amounts[k] = c->due + (k + 1) * n;
    c->no_result = c->not_due + n;
    c->code = c->reason + n;
    c->detail = c->reason + 2 * n;
    return true;
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static void put_run(struct columns *c, size_t i, const struct scf_limit_run *r, int64_t now_us) {
    bool failed = r->status == SCF_LIMIT_RUN_FAILED;
    c->id[i] = &r->id;
    c->contract[i] = or_null(&r->contract_id);
    c->assessment[i] = or_null(&r->assessment_id);
    c->status[i] = (int16_t)r->status;
    c->attempt[i] = failed ? r->attempt + 1 : 0;
    c->not_due[i] = !failed;
    c->due[i] = failed ? now_us + scf_increment_backoff_us(r->attempt + 1) : 0;
    c->no_result[i] = failed || r->superseded;
    const int64_t amounts[] = {r->completion_ppm, r->target, r->increment, r->take_back,
                               r->granted};
    for (size_t k = 0; k < SCF_COUNT(amounts); k++)
        c->amounts[k][i] = amounts[k];
    if (!failed) { /* else it stays NULL */
        c->reason[i] = scf_str(r->reason);
    } else {
        c->code[i] = scf_str(scf_code_slug(r->problem.code));
        c->detail[i] = scf_str(r->problem.detail);
    }
}

enum scf_code scf_runs_finish(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_run *runs, size_t n, int64_t now_us,
                              struct scf_error *err) {
    struct columns c;
    if (n == 0)
        return SCF_OK;
    if (!make_columns(arena, n, &c))
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        put_run(&c, i, &runs[i], now_us);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, c.id, n);
    scf_p_i16_array(&p, c.status, n);
    scf_p_time_array(&p, c.due, c.not_due, n);
    scf_p_i32_array(&p, c.attempt, NULL, n);
    scf_p_uuid_array(&p, c.contract, n);
    scf_p_uuid_array(&p, c.assessment, n);
    for (size_t k = 0; k < SCF_COUNT(c.amounts); k++)
        scf_p_i64_array(&p, c.amounts[k], c.no_result, n);
    scf_p_text_array(&p, c.reason, n);
    scf_p_text_array(&p, c.code, n);
    scf_p_text_array(&p, c.detail, n);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &finish_stmt, &p, arena, NULL, err);
}
