/* The job "backtest": reads receipts in batches, computes each anew, and puts the rows and how far
 * it is into one transaction, so that it can stop anywhere and go on from there. One receipt is in
 * memory at a time. Relies on backtest.c and backtest_store.c. */
#include "backtest.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

enum { RECEIPT_ARENA = 64 << 20, BATCH_ARENA = 8 << 20, RESULT_BYTES = 1 << 20 };

struct test {
    struct scf_job *job;
    struct scf_backtest backtest;
    struct scf_backtest_request request;
    struct scf_backtest_policies policies;
    struct scf_arena *batch, *receipt;
    struct scf_backtest_row *rows; /* of the batch */
    size_t row_count;
    struct scf_str result;
};

static bool read_payload(const struct scf_job *job, struct scf_uuid *ret) {
    struct scf_error ignored = {0};
    char *text = scf_strndup(job->arena, job->payload.p, job->payload.n);
    const cJSON *json =
        text != NULL ? scf_json_parse(job->arena, text, job->payload.n, &ignored) : NULL;
    const char *id = scf_json_string(json, "id");
    return id != NULL && scf_id_parse("bkt", scf_str(id), ret);
}

/* ---- what to do ---- */

static enum scf_code read_request(struct test *t, struct scf_error *err) {
    struct scf_arena *arena = t->job->arena;
    struct scf_str stored = t->backtest.request;
    char *text = scf_strndup(arena, stored.p, stored.n);
    const cJSON *body = text != NULL ? scf_json_parse(arena, text, stored.n, err) : NULL;
    if (body == NULL ||
        !scf_backtest_request_read(arena, (struct scf_str){text, stored.n}, body, &t->request))
        return scf_fail(err, SCF_E_INTERNAL, "The stored request cannot be read");
    return SCF_OK;
}

static enum scf_code read_policies(struct test *t, struct scf_error *err) {
    struct scf_job *job = t->job;
    const struct scf_backtest_request *r = &t->request;
    struct scf_policy *candidate = scf_alloc(job->arena, 1, sizeof *candidate);
    struct scf_policy_era *eras;
    if (candidate == NULL)
        return scf_fail_memory(err);
    /* up to now: an increment's own time may be a little later than what was asked for */
    enum scf_code code =
        scf_policy_eras(job->db, job->arena, scf_now_us(), &eras, &t->policies.era_count, err);
    t->policies.eras = code == SCF_OK ? eras : NULL;
    if (code != SCF_OK || (r->params.p == NULL && r->code == NULL))
        return code;
    t->policies.candidate = candidate;
    return r->params.p != NULL
               ? scf_policy_parse(job->arena, "candidate", "0", r->params, candidate, err)
               : scf_policy_get(job->db, job->arena, r->code, r->version, candidate, err);
}

/* ---- a batch ---- */

static void compute(void *ctx, struct scf_backtest_row *row, struct scf_str receipt) {
    struct test *t = ctx;
    scf_arena_reset(t->receipt);
    scf_backtest_compute(row, t->receipt, receipt, &t->policies, &t->request);
}

static enum scf_code advance(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct test *t = ctx;
    return scf_backtest_advance(db, t->batch, &t->backtest, t->rows, t->row_count, scf_now_us(),
                                err);
}

static enum scf_code do_batch(struct test *t, struct scf_error *err) {
    struct scf_backtest *b = &t->backtest;
    struct scf_db *db = t->job->db;
    int64_t left = t->request.limit - b->done;
    scf_arena_reset(t->batch);
    t->row_count = 0;
    enum scf_code code = SCF_OK;
    if (left > 0)
        code = scf_backtest_next(db, t->batch, b, &t->request,
                                 left < SCF_BACKTEST_BATCH ? left : SCF_BACKTEST_BATCH, &t->rows,
                                 &t->row_count, err);
    if (code != SCF_OK || t->row_count == 0)
        return code;
    code = scf_backtest_receipts(db, t->batch, t->rows, t->row_count, compute, t, err);
    code = code == SCF_OK ? scf_backtest_loans(db, t->batch, t->rows, t->row_count,
                                               scf_day_of(scf_now_us()), err)
                          : code;
    code = code == SCF_OK ? scf_tx_run(db, advance, t, err) : code;
    if (code != SCF_OK)
        return code;
    const struct scf_backtest_row *last = &t->rows[t->row_count - 1];
    b->begun = true;
    b->last_created_us = last->created_us;
    b->last_id = last->assessment_id;
    b->done += (int64_t)t->row_count;
    return scf_job_progress(t->job, b->done, b->total, "assessments", err);
}

/* ---- the whole ---- */

static enum scf_code store_result(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct test *t = ctx;
    return scf_backtest_succeed(db, t->job->arena, &t->backtest, t->result, scf_now_us(), err);
}

static enum scf_code finish(struct test *t, struct scf_error *err) {
    struct scf_buf result;
    scf_buf_init(&result, RESULT_BYTES);
    enum scf_code code =
        scf_backtest_summarise(t->job->db, t->job->arena, &t->backtest, &result, err);
    if (code == SCF_OK && result.overflow)
        code = scf_fail_memory(err);
    t->result = (struct scf_str){result.data, result.len};
    code = code == SCF_OK ? scf_tx_run(t->job->db, store_result, t, err) : code;
    scf_buf_free(&result);
    return code;
}

static enum scf_code run_test(struct test *t, struct scf_error *err) {
    struct scf_backtest *b = &t->backtest;
    struct scf_job *job = t->job;
    enum scf_code code = read_request(t, err);
    code = code == SCF_OK ? read_policies(t, err) : code;
    code = code == SCF_OK ? scf_backtest_count(job->db, job->arena, b, &t->request, &b->total, err)
                          : code;
    code = code == SCF_OK ? scf_job_progress(job, b->done, b->total, "assessments", err) : code;
    do
        code = code == SCF_OK ? do_batch(t, err) : code;
    while (code == SCF_OK && t->row_count > 0);
    return code == SCF_OK ? finish(t, err) : code;
}

static enum scf_code run(struct scf_job *job, struct scf_error *err) {
    struct test *t = scf_alloc(job->arena, 1, sizeof *t);
    struct scf_uuid id;
    if (t == NULL)
        return scf_fail_memory(err);
    if (!read_payload(job, &id))
        return scf_fail(err, SCF_E_MALFORMED_JSON, "The job names no backtest");
    t->job = job;
    enum scf_code code = scf_backtest_read(job->db, job->arena, &id, &t->backtest, err);
    if (code != SCF_OK)
        return code;
    char text[SCF_ID_TEXT];
    scf_id_format("bkt", &id, text);
    job->result_href = scf_asprintf(job->arena, "/v1/backtests/%s", text);
    if (t->backtest.status >= SCF_BKT_SUCCEEDED)
        return SCF_OK;
    t->batch = scf_arena_new(BATCH_ARENA);
    t->receipt = scf_arena_new(RECEIPT_ARENA);
    code = run_test(t, err);
    scf_arena_free(t->receipt);
    scf_arena_free(t->batch);
    return code;
}

struct failure {
    struct scf_arena *arena;
    struct scf_uuid id;
    const struct scf_error *why;
};

static enum scf_code record_failure(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct failure *f = ctx;
    return scf_backtest_fail(db, f->arena, &f->id, f->why, scf_now_us(), err);
}

static void failed(struct scf_job *job, const struct scf_error *why) {
    struct failure f = {.arena = job->arena, .why = why};
    struct scf_error err = {0};
    if (read_payload(job, &f.id) && scf_tx_run(job->db, record_failure, &f, &err) != SCF_OK)
        scf_log_error("recording a failed backtest", &err);
}

const struct scf_job_kind scf_backtest_job = {
    .name = "backtest", .run = run, .failed = failed, .lease_s = 120, .max_attempts = 5};
