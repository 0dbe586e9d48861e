/* /v1/backtests: administrators ask for one, follow its job, and read totals and rows.
 * Relies on backtest_store.c and on work for the job. */
#include "backtest.h"
#include "scfd/base/clock.h"
#include "scfd/party/party.h"
#include "trial_api.h"

enum { BODY_MAX = 2 << 20 };

/* ---- the resource ---- */

static const char *const status_names[] = {"queued", "running", "succeeded", "failed"};

static void write_members(struct scf_jsonw *w, const struct scf_backtest *b) {
    scf_jw_str(w, "object", "backtest");
    scf_jw_id(w, "id", "bkt", &b->id);
    scf_jw_id(w, "job_id", "job", &b->job_id);
    scf_jw_str(w, "status", status_names[b->status]);
    scf_jw_i64(w, "done", b->done);
    scf_jw_i64(w, "total", b->total);
    scf_jw_time(w, "created_at", b->created_us);
    scf_jw_time(w, "updated_at", b->updated_us);
    if (b->problem_code != NULL) {
        scf_jw_object(w, "problem");
        scf_jw_str(w, "code", b->problem_code);
        scf_jw_str(w, "detail", b->problem_detail);
        scf_jw_end_object(w);
    }
    scf_jw_raw(w, "request", b->request.p, b->request.n);
    if (b->result.n > 0)
        scf_jw_raw(w, "result", b->result.p, b->result.n);
}

static struct scf_buf render(const struct scf_backtest *b) {
    struct scf_buf body;
    scf_buf_init(&body, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    write_members(&w, b);
    scf_jw_end_object(&w);
    return body;
}

/* ---- asking for one ---- */

struct create {
    struct scf_request *rq;
    struct scf_backtest backtest;
    struct scf_replay replay;
};

static enum scf_code read_body(struct create *c, struct scf_error *err) {
    const cJSON *body;
    struct scf_backtest_request r;
    struct scf_policy policy;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    enum scf_code code = scf_rq_valid_body(c->rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    if (!scf_backtest_request_read(arena, scf_rq_body(c->rq), body, &r))
        return scf_fail_memory(err);
    if (r.code != NULL) {
        code = scf_policy_get(scf_rq_db(c->rq), arena, r.code, r.version, &policy, err);
        if (code == SCF_E_NOT_FOUND)
            return scf_fail_fault(arena, "#/policy", "unknown-reference",
                                  "there is no such credit policy", err);
    }
    return code;
}

static enum scf_code create_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct create *c = ctx;
    struct scf_backtest *b = &c->backtest;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    char id[SCF_ID_TEXT], payload[SCF_ID_TEXT + 16];
    enum scf_code code = scf_key_hold(db, arena, scf_rq_actor(c->rq), scf_now_us(), err);
    code = code == SCF_OK ? scf_idempotency_claim(c->rq, db, &c->replay, err) : code;
    if (code != SCF_OK || c->replay.found)
        return code;
    *b = (struct scf_backtest){.id = scf_uuid_new(), .request = scf_rq_body(c->rq)};
    b->created_us = b->updated_us = scf_now_us();
    scf_id_format("bkt", &b->id, id);
    snprintf(payload, sizeof payload, "{\"id\":\"%s\"}", id);
    const struct scf_job_order order = {
        .kind = "backtest", .payload_json = payload, .requested_by = scf_rq_actor(c->rq)};
    code = scf_job_order(db, arena, &order, &b->job_id, err);
    code = code == SCF_OK ? scf_backtest_insert(db, arena, b, err) : code;
    if (code != SCF_OK)
        return code;
    struct scf_buf body = render(b);
    code = scf_idempotency_store(c->rq, db, 202, (struct scf_str){body.data, body.len}, err);
    scf_buf_free(&body);
    return code;
}

void scf_backtest_create(struct scf_request *rq) {
    struct scf_error err = {0};
    struct create c = {.rq = rq};
    if (read_body(&c, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), create_body, &c, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
    } else if (c.replay.found) {
        scf_reply_replay(rq, &c.replay);
    } else {
        char id[SCF_ID_TEXT], location[SCF_ID_TEXT + 32];
        scf_id_format("bkt", &c.backtest.id, id);
        snprintf(location, sizeof location, "/v1/backtests/%s", id);
        scf_reply_header(rq, "Location", location);
        scf_reply_header(rq, "Retry-After", "1");
        struct scf_buf body = render(&c.backtest);
        scf_reply_json(rq, 202, &body);
    }
}

/* ---- reading ---- */

void scf_backtest_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct scf_backtest b;
    if (scf_rq_path_id(rq, "id", "bkt", &id, &err) != SCF_OK ||
        scf_backtest_read(scf_rq_db(rq), scf_rq_arena(rq), &id, &b, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body = render(&b);
    scf_reply_tagged(rq, 200, b.done, &body);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_backtest *b = (const struct scf_backtest *)items + i;
    write_members(w, b);
    return (struct scf_position){b->created_us, b->id};
}

void scf_backtest_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct scf_backtest *list;
    int n;
    if (scf_page_read(rq, "backtests", &page, &err) != SCF_OK ||
        scf_backtest_page(scf_rq_db(rq), scf_rq_arena(rq), &page, &list, &n, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, "backtests", list, n, write_item);
}

static struct scf_position write_row(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_backtest_row *row = (const struct scf_backtest_row *)items + i;
    int scale = scf_scale_of(row->currency);
    scf_jw_id(w, "assessment_id", "asm", &row->assessment_id);
    scf_jw_time(w, "as_of", row->as_of_us);
    scf_jw_str(w, "currency", row->currency);
    scf_jw_money(w, "recorded", row->recorded, scale);
    scf_jw_bool(w, "reproduced", row->reproduced);
    if (row->computed) {
        scf_jw_money(w, "live", row->live, scale);
        scf_jw_money(w, "new", row->limit, scale);
        scf_jw_money(w, "difference", row->limit - row->recorded, scale);
        scf_grades_write(w, "recorded_grades", row->recorded_grades);
        scf_grades_write(w, "new_grades", row->grades);
        scf_jw_bool(w, "exact", row->exact);
    }
    scf_jw_i64(w, "loans", row->loans);
    scf_jw_money(w, "drawn", row->drawn, scale);
    scf_jw_i64(w, "loans_above", row->loans_above);
    scf_jw_money(w, "drawn_above", row->drawn_above, scale);
    scf_jw_i64(w, "overdue_kept", row->overdue_kept);
    scf_jw_i64(w, "overdue_avoided", row->overdue_avoided);
    return (struct scf_position){row->created_us, row->assessment_id};
}

void scf_backtest_rows(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_uuid id;
    struct scf_page page;
    struct scf_backtest b;
    struct scf_backtest_row *rows;
    int n;
    char text[SCF_ID_TEXT], filter[SCF_ID_TEXT + 16];
    if (scf_rq_path_id(rq, "id", "bkt", &id, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_id_format("bkt", &id, text);
    snprintf(filter, sizeof filter, "rows|%s", text);
    if (scf_page_read(rq, filter, &page, &err) != SCF_OK ||
        scf_backtest_read(scf_rq_db(rq), arena, &id, &b, &err) != SCF_OK ||
        scf_backtest_page_rows(scf_rq_db(rq), arena, &id, &page, &rows, &n, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, filter, rows, n, write_row);
}
