/* /v1/limit-runs: what became of the increments of each period, and asking for a period again.
 * Relies on increment_list_store.c. */
#include "increment_store.h"
#include "scfd/base/money.h"
#include "scfd/http/answer.h"
#include "scfd/increment/increment.h"
#include "scfd/limit/limit.h"

enum { ANSWER_MAX = 64 << 10, FILTER_TEXT = 200 };

/* ---- the resource ---- */

static void write_problem(struct scf_jsonw *w, const struct scf_limit_run_row *r) {
    scf_jw_object(w, "problem");
    scf_jw_str(w, "code", r->problem_code);
    scf_jw_str(w, "detail", r->problem_detail);
    scf_jw_end_object(w);
}

static void write_result(struct scf_jsonw *w, const struct scf_limit_run_row *r) {
    int scale = scf_scale_of(r->currency);
    scf_jw_ppm(w, "completion_percent", r->completion_ppm * 100);
    scf_jw_money(w, "target", r->target, scale);
    scf_jw_money(w, "incremental_limit", r->increment, scale);
    scf_jw_money(w, "taken_back", r->take_back, scale);
    scf_jw_money(w, "granted", r->granted, scale);
    scf_jw_str(w, "reason", r->reason);
}

static void write_members(struct scf_jsonw *w, const struct scf_limit_run_row *r) {
    scf_jw_str(w, "object", "limit_run");
    scf_jw_id(w, "id", "run", &r->id);
    scf_jw_id(w, "borrower_id", "ent", &r->borrower_id);
    if (!scf_uuid_is_nil(&r->contract_id))
        scf_jw_id(w, "contract_id", "ctr", &r->contract_id);
    scf_jw_str(w, "currency", r->currency);
    scf_jw_str(w, "period", r->period);
    scf_jw_time(w, "as_of", r->as_of_us);
    scf_jw_str(w, "status", scf_limit_run_status_names[r->status]);
    if (r->is_due)
        scf_jw_time(w, "due_at", r->due_us);
    if (r->is_missed)
        scf_jw_time(w, "missed_at", r->missed_us);
    scf_jw_i64(w, "failures", r->attempt);
    scf_jw_i64(w, "made", r->made);
    if (!scf_uuid_is_nil(&r->assessment_id))
        scf_jw_id(w, "assessment_id", "asm", &r->assessment_id);
    if (r->has_result)
        write_result(w, r);
    if (r->problem_code != NULL)
        write_problem(w, r);
    scf_jw_i64(w, "version", r->version);
    scf_jw_time(w, "created_at", r->created_us);
    scf_jw_time(w, "updated_at", r->updated_us);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_limit_run_row *rows = items;
    write_members(w, &rows[i]);
    return (struct scf_position){rows[i].created_us, rows[i].id};
}

/* ---- GET ---- */

static enum scf_code read_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, name);
    if (text == NULL || scf_id_parse(prefix, scf_str(text), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s is an id that begins with %s_", name, prefix);
}

static enum scf_code read_filter(struct scf_request *rq, struct scf_limit_run_filter *ret,
                                 struct scf_error *err) {
    struct scf_limit_run_filter f = {.status = -1, .period = scf_rq_query(rq, "period")};
    const char *status = scf_rq_query(rq, "status");
    struct scf_increment_period period;
    if (status != NULL && (f.status = scf_name_index(scf_limit_run_status_names, status)) < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "status is due, done, frozen, failed or missed");
    if (f.period != NULL && !scf_increment_period_parse(scf_str(f.period), &period))
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "period is a month 2026-11, a week 2026-W47, a quarter 2026-Q4 or a day");
    enum scf_code code = read_id(rq, "borrower_id", "ent", &f.borrower_id, err);
    code = code == SCF_OK ? read_id(rq, "contract_id", "ctr", &f.contract_id, err) : code;
    if (code == SCF_OK)
        *ret = f;
    return code;
}

static const char *or_empty(const char *text) {
    return text != NULL ? text : "";
}

static void handle_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_limit_run_filter filter;
    struct scf_page page;
    struct scf_limit_run_row *rows;
    int n;
    char text[FILTER_TEXT];
    snprintf(text, sizeof text, "runs|%.60s|%.60s|%.10s|%.20s",
             or_empty(scf_rq_query(rq, "borrower_id")), or_empty(scf_rq_query(rq, "contract_id")),
             or_empty(scf_rq_query(rq, "status")), or_empty(scf_rq_query(rq, "period")));
    if (read_filter(rq, &filter, &err) != SCF_OK ||
        scf_page_read(rq, text, &page, &err) != SCF_OK ||
        scf_runs_page(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &filter, &page, &rows, &n,
                      &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, text, rows, n, write_item);
}

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_limit_run_filter filter = {.status = -1};
    const struct scf_page page = {.limit = 1};
    struct scf_limit_run_row *rows;
    int n = 0;
    enum scf_code code = scf_rq_path_id(rq, "id", "run", &filter.id, &err);
    if (code == SCF_OK)
        code = scf_runs_page(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &filter, &page,
                             &rows, &n, &err);
    if (code == SCF_OK && n == 0)
        code = scf_fail(&err, SCF_E_NOT_FOUND, "There is no such run");
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    write_members(&w, &rows[0]);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, rows[0].version, &body);
}

/* ---- POST ---- */

static bool is_period(struct scf_str text) {
    struct scf_increment_period ignored;
    return scf_increment_period_parse(text, &ignored);
}

static const char *const enterprise_ids[] = {"ent", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const struct scf_field order_fields[] = {
    {.name = "period",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 7,
     .max = 10,
     .pattern = is_period,
     .pattern_text = "a month 2026-11, a week 2026-W47, a quarter 2026-Q4 or a day 2026-11-26",
     .doc_en = "the newest ended period",
     .doc_zh = "最近结束的周期"},
    {.name = "contract_id",
     .type = SCF_T_ID,
     .choices = contract_ids,
     .doc_en = "only runs of this contract",
     .doc_zh = "仅该合同"},
    {.name = "borrower_id",
     .type = SCF_T_ID,
     .choices = enterprise_ids,
     .doc_en = "only runs of this enterprise",
     .doc_zh = "仅该借款企业"},
    SCF_FIELD_END};

static const struct scf_schema run_order_schema = {
    .name = "LimitRunOrder",
    .doc_en = "A period whose increments are to be computed again",
    .doc_zh = "重新计算某周期的增量授信",
    .fields = order_fields,
};

struct order {
    struct scf_request *rq;
    struct scf_limit_run_filter filter;
    struct scf_replay replay;
    int64_t runs;
    struct scf_buf answer;
};

static void write_order(struct order *o) {
    struct scf_jsonw w = scf_jsonw(&o->answer);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "limit_run_order");
    scf_jw_str(&w, "period", o->filter.period);
    scf_jw_i64(&w, "runs", o->runs);
    scf_jw_end_object(&w);
}

static enum scf_code order_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct order *o = ctx;
    enum scf_code code = scf_idempotency_claim(o->rq, db, &o->replay, err);
    if (code != SCF_OK || o->replay.found)
        return code;
    code = scf_runs_repeat(db, scf_rq_arena(o->rq), &o->filter, scf_rq_received_us(o->rq), &o->runs,
                           err);
    if (code != SCF_OK)
        return code;
    scf_buf_clear(&o->answer);
    write_order(o);
    return scf_idempotency_store(o->rq, db, 202, (struct scf_str){o->answer.data, o->answer.len},
                                 err);
}

static enum scf_code read_order(struct order *o, struct scf_error *err) {
    const cJSON *body;
    enum scf_code code = scf_rq_valid_body(o->rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    const char *contract = scf_json_string(body, "contract_id");
    const char *borrower = scf_json_string(body, "borrower_id");
    o->filter = (struct scf_limit_run_filter){.period = scf_json_string(body, "period")};
    bool sound =
        (contract == NULL || scf_id_parse("ctr", scf_str(contract), &o->filter.contract_id)) &&
        (borrower == NULL || scf_id_parse("ent", scf_str(borrower), &o->filter.borrower_id));
    return sound ? SCF_OK : scf_fail(err, SCF_E_INTERNAL, "The order cannot be read");
}

static void handle_order(struct scf_request *rq) {
    struct scf_error err = {0};
    struct order o = {.rq = rq};
    scf_buf_init(&o.answer, ANSWER_MAX);
    if (read_order(&o, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), order_body, &o, &err) != SCF_OK) {
        scf_buf_free(&o.answer);
        scf_reply_error(rq, &err);
    } else if (o.replay.found) {
        scf_buf_free(&o.answer);
        scf_reply_replay(rq, &o.replay);
    } else {
        scf_reply_json(rq, 202, &o.answer);
    }
}

/* ---- routes ---- */

static const char *const list_query[] = {"borrower_id", "contract_id", "status", "period",
                                         "limit",       "after",       "order",  NULL};

#define RUNS "/v1/limit-runs"
const struct scf_route scf_run_routes[] = {
    {.method = "POST",
     .pattern = RUNS,
     .operation_id = "createLimitRunOrder",
     .tag = "Credit",
     .summary = "Compute the increments of the newest ended period again",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle_order,
     .body_type = "application/json",
     .request = &run_order_schema,
     .answers = "202 LimitRunOrdered,409,422"},
    {.method = "GET",
     .pattern = RUNS,
     .operation_id = "listLimitRuns",
     .tag = "Credit",
     .summary = "List the runs of increments: one per contract and period",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_list,
     .answers = "200 LimitRunPage,304",
     .query = list_query},
    {.method = "GET",
     .pattern = RUNS "/{id}",
     .operation_id = "getLimitRun",
     .tag = "Credit",
     .summary = "Read a run of an increment",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 LimitRun,304,404"},
};
const size_t scf_run_route_count = SCF_COUNT(scf_run_routes);
