/* GET /v1/credit-assessments/{id} and its receipt, and the table of routes.
 * A conditional GET that finds nothing new costs one read by primary key, which all that wait at
 * that moment share. Relies on assess_store.c. */
#include "assess_api.h"
#include "terms.h"

void scf_assess_etag(const struct scf_uuid *id, int64_t version, char out[SCF_ASSESS_ETAG]) {
    char hex[2 * 4 + 1];
    scf_hex(id->b + sizeof id->b - 4, 4, hex);
    snprintf(out, SCF_ASSESS_ETAG, "%" PRId64 "-%s", version, hex);
}

void scf_assess_reply(struct scf_request *rq, int status, const struct scf_uuid *id) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_assess_row row;
    struct scf_assess_lender *lenders = NULL;
    int n = 0;
    enum scf_code code = scf_assess_get(scf_rq_db(rq), arena, actor, id, &row, &err);
    if (code == SCF_OK && (actor->admin || scf_uuid_eq(&row.node_id, &actor->node_id)))
        code = scf_assess_lenders(scf_rq_db(rq), arena, id, &lenders, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    char etag[SCF_ASSESS_ETAG], quoted[SCF_ASSESS_ETAG + 2];
    scf_assess_etag(id, row.version, etag);
    snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    scf_reply_header(rq, "ETag", quoted);
    struct scf_buf body;
    scf_buf_init(&body, SCF_ASSESS_BODY_MAX);
    scf_assess_write(&body, arena, &row, lenders, n);
    scf_reply_json(rq, status, &body);
}

static bool read_id(struct scf_request *rq, struct scf_uuid *ret, struct scf_error *err) {
    if (scf_id_parse("asm", scf_rq_param(rq, "id"), ret))
        return true;
    scf_fail(err, SCF_E_NOT_FOUND, "There is no such assessment");
    return false;
}

/* A client that is willing to wait waits while the job runs, and while nothing is newer than what
 * it has. */
static bool should_wait(struct scf_request *rq, enum scf_assess_status status, const char *etag) {
    if (!scf_rq_may_wait(rq))
        return false;
    return scf_rq_header(rq, "If-None-Match") != NULL ? scf_rq_has_tag(rq, etag)
                                                      : status < SCF_ASM_SUCCEEDED;
}

/* What the crowd's one query found for a request: its data. */
struct asked {
    struct scf_assess_ask ask;
    struct scf_error err; /* of the query */
};

/* Pollers come in crowds and mostly learn that nothing is new: they share one query. A malformed id
 * is not asked for, and so not found. */
static void prefetch_versions(struct scf_request *const *rqs, size_t n) {
    struct scf_assess_ask *asks[SCF_PREFETCH_MAX];
    struct scf_error err = {0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        struct asked *a = scf_alloc(scf_rq_arena(rqs[i]), 1, sizeof *a);
        scf_rq_set_data(rqs[i], a);
        if (a == NULL || !scf_id_parse("asm", scf_rq_param(rqs[i], "id"), &a->ask.id))
            continue;
        a->ask.actor = scf_rq_actor(rqs[i]);
        asks[count++] = &a->ask;
    }
    if (count == 0 ||
        scf_assess_versions(scf_rq_db(rqs[0]), scf_rq_arena(rqs[0]), asks, count, &err) == SCF_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        struct asked *a = scf_rq_data(rqs[i]);
        if (a != NULL)
            a->err = err;
    }
}

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct asked *a = scf_rq_data(rq);
    char etag[SCF_ASSESS_ETAG], topic[SCF_ASSESS_TOPIC];
    if (a == NULL)
        scf_fail(&err, SCF_E_OVERLOADED, "The server is out of memory for this request");
    else if (a->err.code != SCF_OK)
        err = a->err;
    else if (!a->ask.found)
        scf_fail(&err, SCF_E_NOT_FOUND, "There is no such assessment");
    if (err.code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_assess_etag(&a->ask.id, a->ask.version, etag);
    if (should_wait(rq, a->ask.status, etag)) {
        scf_assess_topic("asm", &a->ask.id, topic);
        scf_rq_wait(rq, topic);
    } else if (!scf_rq_has_tag(rq, etag) || !scf_reply_not_modified(rq, etag)) {
        scf_assess_reply(rq, 200, &a->ask.id);
    }
}

/* The receipt; a lender's with its own part. */
static enum scf_code read_receipt(struct scf_request *rq, const struct scf_uuid *id,
                                  struct scf_buf *ret, struct scf_error *err) {
    struct scf_str receipt;
    struct scf_lender_own own;
    bool found = false;
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    enum scf_code code = scf_assess_receipt(scf_rq_db(rq), arena, actor, id, &receipt, err);
    if (code == SCF_OK && !actor->admin && actor->kind == SCF_NODE_LENDER)
        code = scf_lender_limit_get(scf_rq_db(rq), arena, id, &actor->node_id, &found, &own, err);
    if (code != SCF_OK)
        return code;
    scf_buf_init(ret, receipt.n + (found ? own.part.n + 256 : 0));
    if (found)
        scf_lender_receipt_join(receipt, own.part, ret);
    else
        scf_buf_put(ret, receipt.p, receipt.n);
    return SCF_OK;
}

/* The receipt never changes once it is there. */
static void handle_receipt(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct scf_buf body;
    if (!read_id(rq, &id, &err) || read_receipt(rq, &id, &body, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_hash h = scf_sha256(body.data, body.len);
    char etag[2 * SCF_HASH_LEN + 1];
    scf_hex(h.b, SCF_HASH_LEN, etag);
    if (scf_reply_not_modified(rq, etag))
        scf_buf_free(&body);
    else
        scf_reply_json(rq, 200, &body);
}

static const char *const list_query[] = {"status", "borrower_id", "lender_id", "limit",
                                         "after",  "order",       NULL};

#define ASSESSMENTS "/v1/credit-assessments"
const struct scf_route scf_credit_routes[] = {
    {.method = "POST",
     .pattern = ASSESSMENTS,
     .operation_id = "createCreditAssessment",
     .tag = "Credit",
     .summary = "Compute a limit; Prefer: wait=N holds the answer until it is there",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = scf_assess_create,
     .body_type = "application/json",
     .request = &scf_assess_schema,
     .answers = "201 CreditAssessment,202 CreditAssessment,403,409,422"},
    {.method = "GET",
     .pattern = ASSESSMENTS,
     .operation_id = "listCreditAssessments",
     .tag = "Credit",
     .summary = "List assessments; status=awaiting_decision lists what a lender has to decide",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = scf_assess_list,
     .answers = "200 CreditAssessmentPage,304",
     .query = list_query},
    {.method = "GET",
     .pattern = ASSESSMENTS "/{id}",
     .operation_id = "getCreditAssessment",
     .tag = "Credit",
     .summary = "Read an assessment",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .prefetch = prefetch_versions,
     .answers = "200 CreditAssessment,304,404"},
    {.method = "GET",
     .pattern = ASSESSMENTS "/{id}/receipt",
     .operation_id = "getCreditReceipt",
     .tag = "Credit",
     .summary = "Read every input of the limit, enough to compute it again",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_receipt,
     .answers = "200 CreditReceipt,304,404,409"},
};
const size_t scf_credit_route_count = SCF_COUNT(scf_credit_routes);
