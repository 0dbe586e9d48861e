/* /v1/credit-decisions, /v1/loans, /v1/repayments. The three resources differ in what they file,
 * read and write (filing.h, view.h); how they are asked for is the same. */
#include "scfd/lending/lending.h"

#include "view.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"
#include "scfd/party/once.h"

enum { ANSWER_MAX = 8 << 20, FILTER_TEXT = 400 };

struct resource {
    const char *path; /* "/v1/loans" */
    enum scf_record_kind kind;
    const struct scf_lending_stmts *stmts;
    enum scf_code (*file)(struct scf_db *db, struct scf_filing *f, struct scf_error *err);
    void (*write)(struct scf_jsonw *w, const void *item, int64_t now_us, struct scf_arena *arena);
    const char *of, *of_prefix; /* query parameter that names what the items belong to */
};

static void write_decision(struct scf_jsonw *w, const void *item, int64_t now_us,
                           struct scf_arena *arena) {
    scf_decision_write(w, item, now_us, arena);
}

static void write_loan(struct scf_jsonw *w, const void *item, int64_t now_us,
                       struct scf_arena *arena) {
    scf_loan_write(w, item, now_us, arena);
}

static void write_repayment(struct scf_jsonw *w, const void *item, int64_t now_us,
                            struct scf_arena *arena) {
    scf_repayment_write(w, item, now_us, arena);
}

static const struct resource decisions = {.path = "/v1/credit-decisions",
                                          .kind = SCF_REC_CREDIT_DECISION,
                                          .stmts = &scf_decision_stmts,
                                          .file = scf_decision_file,
                                          .write = write_decision,
                                          .of = "assessment_id",
                                          .of_prefix = "asm"};
static const struct resource loans = {.path = "/v1/loans",
                                      .kind = SCF_REC_LOAN,
                                      .stmts = &scf_loan_stmts,
                                      .file = scf_loan_file,
                                      .write = write_loan,
                                      .of = "decision_id",
                                      .of_prefix = "dec"};
static const struct resource repayments = {.path = "/v1/repayments",
                                           .kind = SCF_REC_REPAYMENT,
                                           .stmts = &scf_repayment_stmts,
                                           .file = scf_repayment_file,
                                           .write = write_repayment,
                                           .of = "loan_id",
                                           .of_prefix = "loan"};

/* ---- POST ---- */

struct posting {
    struct scf_request *rq;
    const struct resource *resource;
    struct scf_filing f;
    const struct scf_faults *warnings;
    struct scf_buf answer;
    struct scf_once once;
};

/* The body's, and what the filing itself found. */
static struct scf_faults warnings_of(const struct posting *p) {
    struct scf_faults all = {.arena = p->f.arena};
    for (size_t i = 0; i < p->warnings->count; i++)
        scf_fault_add(&all, p->warnings->items[i].pointer, p->warnings->items[i].code, "%s",
                      p->warnings->items[i].detail);
    if (p->f.unregistered > 0)
        scf_fault_add(&all, "#/invoice_ids", "unregistered-receivable",
                      "%zu of the invoices are no receivables that were searched for, confirmed "
                      "and registered (CR-7.3).",
                      p->f.unregistered);
    return all;
}

/* The resource as it now stands, read back. */
static enum scf_code render(struct posting *p, struct scf_db *db, struct scf_error *err) {
    struct scf_lending_filter filter = {.actor = p->f.lender, .id = p->f.id};
    void *item;
    int n;
    enum scf_code code =
        scf_lending_select(db, p->f.arena, p->resource->stmts, &filter, &item, &n, err);
    if (code != SCF_OK)
        return code;
    scf_buf_clear(&p->answer);
    struct scf_jsonw w = scf_jsonw(&p->answer);
    scf_jw_object(&w, NULL);
    p->resource->write(&w, item, p->f.ctx.now_us, p->f.arena);
    struct scf_faults warnings = warnings_of(p);
    scf_jw_warnings(&w, &warnings);
    scf_jw_end_object(&w);
    return p->answer.overflow ? scf_fail(err, SCF_E_INTERNAL, "The answer is too large.") : SCF_OK;
}

static enum scf_code file_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct posting *p = ctx;
    enum scf_code code = p->resource->file(db, &p->f, err);
    p->once.status = p->f.existed ? 200 : 201;
    return code == SCF_OK ? render(p, db, err) : code;
}

static void reply_posted(struct posting *p) {
    scf_reply_location(p->rq, p->resource->path, scf_record_kind_prefix(p->resource->kind),
                       &p->f.id);
    if (p->f.existed)
        scf_reply_header(p->rq, "Idempotent-Replayed", "true");
    scf_reply_json(p->rq, p->once.status, &p->answer);
}

static void post(struct scf_request *rq, const struct resource *resource) {
    struct scf_error err = {0};
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_faults *warnings;
    struct posting p = {.rq = rq, .resource = resource};
    p.f = (struct scf_filing){.arena = scf_rq_arena(rq),
                              .lender = actor,
                              .kind = resource->kind,
                              .text = scf_rq_body(rq),
                              .ctx = {scf_now_us(), actor->offset_minutes}};
    p.once = (struct scf_once){.rq = rq, .answer = &p.answer};
    scf_buf_init(&p.answer, ANSWER_MAX);
    enum scf_code code = scf_rq_valid_body(rq, &p.f.ctx, &p.f.body, &warnings, &err);
    if (code == SCF_OK) {
        p.warnings = warnings;
        code = scf_once_run(&p.once, file_in_tx, &p, &err);
    }
    if (!scf_once_settled(&p.once, code, &err))
        reply_posted(&p);
}

static void post_decision(struct scf_request *rq) {
    post(rq, &decisions);
}

static void post_loan(struct scf_request *rq) {
    post(rq, &loans);
}

static void post_repayment(struct scf_request *rq) {
    post(rq, &repayments);
}

/* ---- GET one ---- */

static void get(struct scf_request *rq, const struct resource *resource) {
    struct scf_error err = {0};
    struct scf_lending_filter filter = {.actor = scf_rq_actor(rq)};
    struct scf_arena *arena = scf_rq_arena(rq);
    void *item;
    int n;
    enum scf_code code =
        scf_rq_path_id(rq, "id", scf_record_kind_prefix(resource->kind), &filter.id, &err);
    if (code == SCF_OK)
        code = scf_lending_select(scf_rq_db(rq), arena, resource->stmts, &filter, &item, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    resource->write(&w, item, scf_now_us(), arena);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, ((const struct scf_filed *)item)->version, &out);
}

static void get_decision(struct scf_request *rq) {
    get(rq, &decisions);
}

static void get_loan(struct scf_request *rq) {
    get(rq, &loans);
}

static void get_repayment(struct scf_request *rq) {
    get(rq, &repayments);
}

/* ---- GET many ---- */

static enum scf_code read_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, name);
    if (text == NULL || scf_id_parse(prefix, scf_str(text), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s is an identifier that begins with %s_.", name,
                    prefix);
}

static const char *or_none(const char *text) {
    return text ? text : "";
}

static enum scf_code read_filter(struct scf_request *rq, const struct resource *resource,
                                 struct scf_lending_filter *ret, char text[FILTER_TEXT],
                                 struct scf_error *err) {
    *ret = (struct scf_lending_filter){.actor = scf_rq_actor(rq),
                                       .loan_no = scf_rq_query(rq, "loan_no")};
    snprintf(text, FILTER_TEXT, "%s %s %s %.120s", resource->path,
             or_none(scf_rq_query(rq, resource->of)), or_none(scf_rq_query(rq, "borrower_id")),
             or_none(ret->loan_no));
    enum scf_code code = read_id(rq, resource->of, resource->of_prefix, &ret->of, err);
    return code == SCF_OK ? read_id(rq, "borrower_id", "ent", &ret->borrower_id, err) : code;
}

struct listing {
    const struct resource *resource;
    const char *items;
    int64_t now_us;
    struct scf_arena *arena;
};

static struct scf_position write_item(struct scf_jsonw *w, const void *ctx, int i) {
    const struct listing *l = ctx;
    const void *item = l->items + (size_t)i * l->resource->stmts->size;
    const struct scf_filed *filed = item; /* the first member of each */
    l->resource->write(w, item, l->now_us, l->arena);
    return (struct scf_position){filed->created_us, filed->id};
}

static void list(struct scf_request *rq, const struct resource *resource) {
    struct scf_error err = {0};
    struct scf_lending_filter filter;
    struct scf_page page;
    char text[FILTER_TEXT];
    void *items;
    int n;
    enum scf_code code = read_filter(rq, resource, &filter, text, &err);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    filter.page = &page;
    if (code == SCF_OK)
        code = scf_lending_select(scf_rq_db(rq), scf_rq_arena(rq), resource->stmts, &filter, &items,
                                  &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct listing l = {resource, items, scf_now_us(), scf_rq_arena(rq)};
    scf_reply_page(rq, &page, text, &l, n, write_item);
}

static void list_decisions(struct scf_request *rq) {
    list(rq, &decisions);
}

static void list_loans(struct scf_request *rq) {
    list(rq, &loans);
}

static void list_repayments(struct scf_request *rq) {
    list(rq, &repayments);
}

/* ---- routes ---- */

static const char *const decision_query[] = {"assessment_id", "borrower_id", "limit",
                                             "after",         "order",       NULL};
static const char *const loan_query[] = {"decision_id", "borrower_id", "loan_no", "limit",
                                         "after",       "order",       NULL};
static const char *const repayment_query[] = {"loan_id", "limit", "after", "order", NULL};

#define SENDING(path, name, schema, handler, text)                                                 \
    {                                                                                              \
        .method = "POST", .pattern = "/v1/" path, .operation_id = "create" name, .tag = "Lending", \
        .summary = text, .access = SCF_KEYED, .kinds = SCF_KIND(SCF_NODE_LENDER),                  \
        .run = SCF_RUN_SERVICE, .handle = handler, .body_type = "application/json",                \
        .request = &schema, .answers = "201 " name ",200 " name ",400,403,409,422",                \
        .needs_idempotency_key = true                                                              \
    }
#define READING(path, name, list_handler, get_handler, query_names)                                \
    {.method = "GET",                                                                              \
     .pattern = "/v1/" path,                                                                       \
     .operation_id = "list" name "s",                                                              \
     .tag = "Lending",                                                                             \
     .summary = "List what this key may see, oldest first: " path,                                 \
     .access = SCF_KEYED,                                                                          \
     .admin = true,                                                                                \
     .kinds = SCF_ANY_NODE,                                                                        \
     .run = SCF_RUN_SERVICE,                                                                       \
     .handle = list_handler,                                                                       \
     .query = query_names,                                                                         \
     .answers = "200 " name "Page,304,400"},                                                       \
    {                                                                                              \
        .method = "GET", .pattern = "/v1/" path "/{id}", .operation_id = "get" name,               \
        .tag = "Lending", .summary = "Read one: " path, .access = SCF_KEYED, .admin = true,        \
        .kinds = SCF_ANY_NODE, .run = SCF_RUN_SERVICE, .handle = get_handler,                      \
        .answers = "200 " name ",304,404"                                                          \
    }

const struct scf_route scf_lending_routes[] = {
    SENDING("credit-decisions", "CreditDecision", scf_decision_schema, post_decision,
            "Decide on an assessment that was addressed to this lender"),
    READING("credit-decisions", "CreditDecision", list_decisions, get_decision, decision_query),
    SENDING("loans", "Loan", scf_loan_schema, post_loan,
            "Report a loan paid out under an approval"),
    READING("loans", "Loan", list_loans, get_loan, loan_query),
    SENDING("repayments", "Repayment", scf_repayment_schema, post_repayment,
            "Report a repayment received, or its reversal"),
    READING("repayments", "Repayment", list_repayments, get_repayment, repayment_query),
};
const size_t scf_lending_route_count = SCF_COUNT(scf_lending_routes);
