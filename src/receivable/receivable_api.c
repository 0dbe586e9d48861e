/* /v1/receivables: offering, reading, and the text for the register. */
#include "api.h"

#include "scfd/base/clock.h"
#include "scfd/party/once.h"

enum { FILTER_TEXT = 300 };

/* ---- POST ---- */

void scf_rcv_post_run(struct scf_rcv_post *p, scf_tx_body work) {
    struct scf_once once = {.rq = p->rq, .status = 201, .answer = &p->answer};
    struct scf_error err = {0};
    struct scf_faults *warnings = NULL;
    p->arena = scf_rq_arena(p->rq);
    p->actor = scf_rq_actor(p->rq);
    p->services = scf_rq_app(p->rq);
    p->ctx = (struct scf_rcv_ctx){scf_now_us(), p->actor->offset_minutes};
    scf_buf_init(&p->answer, SCF_RCV_ANSWER_MAX);
    enum scf_code code = scf_rq_valid_body(p->rq, &p->ctx, &p->body, &warnings, &err);
    p->warnings = warnings;
    if (code == SCF_OK)
        code = scf_once_run(&once, work, p, &err);
    if (scf_once_settled(&once, code, &err))
        return;
    scf_reply_location(p->rq, "/v1/receivables", "rcv", &p->id);
    scf_reply_json(p->rq, 201, &p->answer);
}

static void add_all(struct scf_faults *to, const struct scf_faults *from) {
    for (size_t i = 0; from && i < from->count; i++)
        scf_fault_add(to, from->items[i].pointer, from->items[i].code, "%s", from->items[i].detail);
}

enum scf_code scf_rcv_answer(struct scf_rcv_post *p, struct scf_db *db,
                             const struct scf_faults *more, struct scf_error *err) {
    struct scf_receivable_filter filter = {.actor = p->actor, .id = p->id, .state = -1};
    struct scf_faults warnings = {.arena = p->arena};
    struct scf_receivable *r;
    int n;
    enum scf_code code = scf_receivable_select(db, p->arena, &filter, &r, &n, err);
    if (code != SCF_OK)
        return code;
    add_all(&warnings, p->warnings);
    add_all(&warnings, more);
    scf_buf_clear(&p->answer);
    struct scf_jsonw w = scf_jsonw(&p->answer);
    scf_jw_object(&w, NULL);
    scf_receivable_write(&w, r);
    scf_jw_warnings(&w, &warnings);
    scf_jw_end_object(&w);
    return p->answer.overflow ? scf_fail(err, SCF_E_INTERNAL, "The answer is too large.") : SCF_OK;
}

static void post_receivable(struct scf_request *rq) {
    struct scf_rcv_post p = {.rq = rq};
    scf_rcv_post_run(&p, scf_rcv_offer);
}

/* ---- GET ---- */

static enum scf_code get_one(struct scf_request *rq, struct scf_receivable **ret,
                             struct scf_error *err) {
    struct scf_receivable_filter filter = {.actor = scf_rq_actor(rq), .state = -1};
    int n;
    enum scf_code code = scf_rq_path_id(rq, "id", "rcv", &filter.id, err);
    return code == SCF_OK
               ? scf_receivable_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, ret, &n, err)
               : code;
}

static void get_receivable(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_receivable *r;
    if (get_one(rq, &r, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_RCV_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_receivable_write(&w, r);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, r->version, &out);
}

static void get_text(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_receivable *r;
    struct scf_rcv_description d;
    const char *text;
    enum scf_code code = get_one(rq, &r, &err);
    if (code == SCF_OK)
        code = scf_rcv_describe(scf_rq_db(rq), scf_rq_arena(rq), r, &d, &err);
    if (code == SCF_OK)
        code = scf_rcv_text(scf_rq_arena(rq), &d, &text, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_hash hash = scf_sha256(text, strlen(text));
    struct scf_buf out;
    scf_buf_init(&out, SCF_RCV_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_id(&w, "receivable_id", "rcv", &r->id);
    scf_jw_str(&w, "type", scf_registration_type(r->kind));
    scf_jw_str(&w, "text", text);
    scf_jw_hex(&w, "sha256", hash.b, SCF_HASH_LEN);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, r->version, &out);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_receivable *r = (const struct scf_receivable *)items + i;
    scf_receivable_write(w, r);
    return (struct scf_position){r->created_us, r->id};
}

static enum scf_code read_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, name);
    *ret = (struct scf_uuid){{0}};
    if (text == NULL || scf_id_parse(prefix, scf_str(text), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s is no identifier of the kind %s_….", name,
                    prefix);
}

static enum scf_code read_state(struct scf_request *rq, int *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, "state");
    *ret = scf_name_index(scf_receivable_state_names, text);
    if (text && *ret < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "There is no such state.");
    return SCF_OK;
}

static const char *or_none(const char *text) {
    return text ? text : "";
}

static void list_receivables(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_receivable_filter filter = {.actor = scf_rq_actor(rq)};
    struct scf_page page;
    struct scf_receivable *items;
    char text[FILTER_TEXT];
    int n;
    enum scf_code code = read_id(rq, "seller_id", "ent", &filter.seller_id, &err);
    if (code == SCF_OK)
        code = read_id(rq, "debtor_id", "ent", &filter.debtor_id, &err);
    if (code == SCF_OK)
        code = read_id(rq, "invoice_id", "inv", &filter.invoice_id, &err);
    if (code == SCF_OK)
        code = read_state(rq, &filter.state, &err);
    snprintf(text, sizeof text, "receivables %.60s %.60s %.60s %d",
             or_none(scf_rq_query(rq, "seller_id")), or_none(scf_rq_query(rq, "debtor_id")),
             or_none(scf_rq_query(rq, "invoice_id")), filter.state);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    filter.page = &page;
    if (code == SCF_OK)
        code = scf_receivable_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, &items, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, text, items, n, write_item);
}

/* ---- routes ---- */

static const char *const list_query[] = {"seller_id", "debtor_id", "invoice_id", "state",
                                         "limit",     "after",     "order",      NULL};
static const char *const page_query[] = {"limit", "after", "order", NULL};

#define READING(path, id, text, handler, answer, names)                                            \
    {                                                                                              \
        .method = "GET", .pattern = "/v1/receivables" path, .operation_id = id,                    \
        .tag = "Receivables", .summary = text, .access = SCF_KEYED, .admin = true,                 \
        .kinds = SCF_ANY_NODE, .run = SCF_RUN_SERVICE, .handle = handler, .answers = answer,       \
        .query = names                                                                             \
    }

const struct scf_route scf_receivable_routes[] = {
    {.method = "POST",
     .pattern = "/v1/receivables",
     .operation_id = "createReceivable",
     .tag = "Receivables",
     .summary = "Offer the claim under an invoice to a lender",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_PROCUREMENT) | SCF_KIND(SCF_NODE_ERP) | SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = post_receivable,
     .body_type = "application/json",
     .request = &scf_receivable_schema,
     .answers = "201 Receivable,400,403,409,422",
     .needs_idempotency_key = true},
    READING("", "listReceivables", "List the receivables that this key may see, oldest first",
            list_receivables, "200 ReceivablePage,304,400", list_query),
    READING("/{id}", "getReceivable", "Read a receivable", get_receivable, "200 Receivable,304,404",
            NULL),
    READING("/{id}/registration-text", "getRegistrationText",
            "The description of the claim for the register of movables financing", get_text,
            "200 RegistrationText,304,404", NULL),
    READING("/{id}/steps", "listReceivableSteps", "List the steps of a receivable, oldest first",
            scf_rcv_list_steps, "200 ReceivableStepPage,304,400,404", page_query),
    {.method = "POST",
     .pattern = "/v1/receivables/{id}/steps",
     .operation_id = "createReceivableStep",
     .tag = "Receivables",
     .summary = "Take a step; one that is out of order is refused with the rule's name",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_KIND(SCF_NODE_PROCUREMENT) | SCF_KIND(SCF_NODE_ERP) | SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = scf_rcv_post_step,
     .body_type = "application/json",
     .request = &scf_rcv_step_schema,
     .answers = "201 Receivable,400,403,404,409,422",
     .needs_idempotency_key = true},
};
const size_t scf_receivable_route_count = SCF_COUNT(scf_receivable_routes);
