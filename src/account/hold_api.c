/* POST, GET /v1/limit-holds, GET /v1/limit-holds/{id}, POST …/{id}/release. */
#include "api.h"
#include "hold.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"

enum { FILTER_TEXT = 160 };

/* ---- POST: many requests in one transaction ---- */

static void free_answer(void *order) {
    scf_buf_free(&((struct scf_hold_order *)order)->answer);
}

/* Lives as long as the request. */
static struct scf_hold_order *make_order(struct scf_request *rq) {
    struct scf_hold_order *o = scf_alloc(scf_rq_arena(rq), 1, sizeof *o);
    if (o == NULL)
        return NULL;
    const struct scf_actor *actor = scf_rq_actor(rq);
    const struct scf_hold_ctx ctx = {scf_now_us(), actor->offset_minutes};
    struct scf_faults *warnings = NULL;
    o->arena = scf_rq_arena(rq);
    o->lender = actor;
    o->text = scf_rq_body(rq);
    scf_buf_init(&o->answer, SCF_HOLD_ANSWER_MAX);
    scf_defer(o->arena, free_answer, o);
    o->code = scf_rq_valid_body(rq, &ctx, &o->body, &warnings, &o->err);
    if (o->code == SCF_OK)
        o->code = scf_rq_idempotency(rq, &o->idempotency, &o->err);
    o->warnings = warnings;
    o->done = o->code != SCF_OK;
    scf_rq_set_data(rq, o);
    return o;
}

/* Group commit. What cannot be filed together is left to the handler, which files it alone. */
static void prefetch(struct scf_request *const *rqs, size_t n) {
    struct scf_hold_order *orders[SCF_PREFETCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        struct scf_hold_order *o = make_order(rqs[i]);
        if (o != NULL && !o->done)
            orders[count++] = o;
    }
    if (count > 0)
        scf_holds_file_together(scf_rq_db(rqs[0]), orders, count);
}

static void reply(struct scf_request *rq, struct scf_hold_order *o) {
    if (o->code != SCF_OK) {
        scf_reply_error(rq, &o->err);
        return;
    }
    if (o->replay.found) {
        scf_reply_replay(rq, &o->replay);
        return;
    }
    scf_reply_location(rq, "/v1/limit-holds", "hold", &o->hold.id);
    if (o->existed)
        scf_reply_header(rq, "Idempotent-Replayed", "true");
    struct scf_buf body = o->answer;
    scf_buf_init(&o->answer, SCF_HOLD_ANSWER_MAX); /* the reply takes the memory */
    scf_reply_json(rq, o->status, &body);
}

static void post_hold(struct scf_request *rq) {
    struct scf_hold_order *o = scf_rq_data(rq);
    struct scf_error err = {0};
    if (o == NULL)
        o = make_order(rq);
    if (o == NULL) {
        (void)scf_fail(&err, SCF_E_INTERNAL, "No memory for the hold.");
        scf_reply_error(rq, &err);
        return;
    }
    if (!o->done && scf_hold_file_alone(scf_rq_db(rq), o, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    reply(rq, o);
}

/* ---- GET ---- */

static void write_item(struct scf_jsonw *w, const struct scf_hold_item *item, int64_t now_us) {
    scf_hold_write(w, &item->hold, &item->filed, item->claims, item->claim_count, NULL, now_us);
}

/* Changes by itself when its time is over, which the version does not say. */
static int64_t version_of(const struct scf_hold *hold, int64_t now_us) {
    bool over = hold->status == SCF_HOLD_HELD && hold->expires_us <= now_us;
    return hold->version + over;
}

static void show(struct scf_request *rq, const struct scf_uuid *id) {
    struct scf_error err = {0};
    const struct scf_hold_filter filter = {
        .actor = scf_rq_actor(rq), .id = *id, .status = -1, .now_us = scf_now_us()};
    struct scf_hold_item *item;
    int n;
    if (scf_hold_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, &item, &n, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_HOLD_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_item(&w, item, filter.now_us);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, version_of(&item->hold, filter.now_us), &out);
}

static void get_hold(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    if (scf_rq_path_id(rq, "id", "hold", &id, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        show(rq, &id);
}

static void release_hold(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    const cJSON *body;
    enum scf_code code = scf_rq_path_id(rq, "id", "hold", &id, &err);
    if (code == SCF_OK)
        code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK)
        code = scf_hold_release(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &id,
                                scf_now_us(), &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        show(rq, &id);
}

struct listing {
    const struct scf_hold_item *items;
    int64_t now_us;
};

static struct scf_position write_listed(struct scf_jsonw *w, const void *ctx, int i) {
    const struct listing *l = ctx;
    write_item(w, &l->items[i], l->now_us);
    return (struct scf_position){l->items[i].hold.created_us, l->items[i].hold.id};
}

static enum scf_code read_status(struct scf_request *rq, int *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, "status");
    *ret = scf_name_index(scf_hold_status_names, text);
    if (text != NULL && *ret < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "status is held, used, released or expired.");
    return SCF_OK;
}

static void list_holds(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct scf_hold_filter filter = {
        .actor = scf_rq_actor(rq), .now_us = scf_now_us(), .page = &page};
    struct scf_hold_item *items;
    char text[FILTER_TEXT];
    int n;
    enum scf_code code = read_status(rq, &filter.status, &err);
    snprintf(text, sizeof text, "limit-holds %d", filter.status);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_hold_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, &items, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    const struct listing l = {items, filter.now_us};
    scf_reply_page(rq, &page, text, &l, n, write_listed);
}

/* ---- routes ---- */

static const char *const hold_query[] = {"status", "limit", "after", "order", NULL};
static const char *const account_query[] = {"borrower_id", "contract_id", "limit",
                                            "after",       "order",       NULL};
static const char *const entry_query[] = {"limit", "after", "order", NULL};

#define READING(path, id, text, handler, ...)                                                      \
    {                                                                                              \
        .method = "GET", .pattern = path, .operation_id = id, .tag = "Limits", .summary = text,    \
        .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE, .run = SCF_RUN_SERVICE,         \
        .handle = handler, __VA_ARGS__                                                             \
    }

const struct scf_route scf_account_routes[] = {
    {.method = "POST",
     .pattern = "/v1/limit-holds",
     .operation_id = "createLimitHold",
     .tag = "Limits",
     .summary = "Reserve an amount of a contract's limit, and claim the invoices it is to finance",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = post_hold,
     .prefetch = prefetch,
     .body_type = "application/json",
     .request = &scf_hold_schema,
     .answers = "201 LimitHold,200 LimitHold,400,403,409,422",
     .needs_idempotency_key = true},
    READING("/v1/limit-holds", "listLimitHolds", "List this lender's holds, oldest first",
            list_holds, .query = hold_query, .answers = "200 LimitHoldPage,304,400"),
    READING("/v1/limit-holds/{id}", "getLimitHold", "Read a hold", get_hold,
            .answers = "200 LimitHold,304,404"),
    {.method = "POST",
     .pattern = "/v1/limit-holds/{id}/release",
     .operation_id = "releaseLimitHold",
     .tag = "Limits",
     .summary = "Give a hold and its claims back; again is fine",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = release_hold,
     .body_type = "application/json",
     .request = &scf_hold_release_schema,
     .answers = "200 LimitHold,400,403,404,409,422"},
    READING("/v1/limit-accounts", "listLimitAccounts",
            "List the limit accounts that this key may see, oldest first", scf_list_accounts,
            .query = account_query, .answers = "200 LimitAccountPage,304,400"),
    READING("/v1/limit-accounts/{id}", "getLimitAccount", "Read a limit account", scf_get_account,
            .answers = "200 LimitAccount,304,404"),
    {.method = "POST",
     .pattern = "/v1/limit-accounts/{id}/unfreeze",
     .operation_id = "unfreezeLimitAccount",
     .tag = "Limits",
     .summary = "Lift a freeze, for a reason that is recorded",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = scf_unfreeze_account,
     .body_type = "application/json",
     .request = &scf_unfreeze_schema,
     .answers = "200 LimitAccount,400,403,404,409,422"},
    READING("/v1/limit-accounts/{id}/entries", "listLimitEntries",
            "List the entries of a limit account, oldest first", scf_list_entries,
            .query = entry_query, .answers = "200 LimitEntryPage,304,400,404"),
};
const size_t scf_account_route_count = SCF_COUNT(scf_account_routes);
