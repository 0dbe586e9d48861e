/* /v1/lender-terms: lenders send their terms, and read their own; administrators read all.
 * Relies on terms_store.c, and on http for the manners of the API. */
#include "terms.h"

#include "scfd/limit/receipt.h"
#include "scfd/base/clock.h"
#include "scfd/credit/credit.h"
#include "scfd/http/answer.h"

enum { TERMS_BODY_MAX = 512 << 10, ANSWER_BYTES = 1 << 20 };

static void write_members(struct scf_jsonw *w, const struct scf_terms_row *row) {
    scf_jw_str(w, "object", "lender_terms");
    scf_jw_id(w, "id", "ltm", &row->id);
    scf_jw_id(w, "lender_id", "node", &row->lender_id);
    scf_jw_strn(w, "external_id", row->external_id.p, row->external_id.n);
    scf_jw_str(w, "currency", row->currency);
    scf_jw_time(w, "created_at", row->created_us);
    if (row->body.p == NULL) { /* erased */
        scf_jw_null(w, "sha256");
        scf_jw_null(w, "terms");
        return;
    }
    scf_jw_hex(w, "sha256", row->body_sha256.b, SCF_HASH_LEN);
    scf_jw_raw(w, "terms", row->body.p, row->body.n);
}

static void render(const struct scf_terms_row *row, struct scf_buf *out) {
    scf_buf_init(out, ANSWER_BYTES);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    write_members(&w, row);
    scf_jw_end_object(&w);
}

/* ---- POST ---- */

struct create {
    struct scf_request *rq;
    struct scf_terms_row row;
    bool existed;
    struct scf_replay replay;
};

static enum scf_code create_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct create *c = ctx;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    const struct scf_actor *actor = scf_rq_actor(c->rq);
    struct scf_buf answer;
    enum scf_code code = scf_key_hold(db, arena, actor, scf_now_us(), err);
    code = code == SCF_OK ? scf_idempotency_claim(c->rq, db, &c->replay, err) : code;
    if (code != SCF_OK || c->replay.found)
        return code;
    c->row.id = scf_uuid_new();
    c->row.created_us = scf_now_us();
    code = scf_terms_insert(db, arena, &c->row, &c->existed, err);
    if (code == SCF_OK) /* as it stands: its external id and time may be those of before */
        code = scf_terms_get(db, arena, &c->row.id, &actor->node_id, &c->row, err);
    if (code != SCF_OK)
        return code;
    render(&c->row, &answer);
    code = scf_idempotency_store(c->rq, db, c->existed ? 200 : 201,
                                 (struct scf_str){answer.data, answer.len}, err);
    scf_buf_free(&answer);
    return code;
}

static void reply_created(const struct create *c) {
    char id[SCF_ID_TEXT], location[SCF_ID_TEXT + 32];
    struct scf_buf body;
    scf_id_format("ltm", &c->row.id, id);
    snprintf(location, sizeof location, "/v1/lender-terms/%s", id);
    scf_reply_header(c->rq, "Location", location);
    if (c->existed)
        scf_reply_header(c->rq, "Idempotent-Replayed", "true");
    render(&c->row, &body);
    scf_reply_json(c->rq, c->existed ? 200 : 201, &body);
}

static void handle_create(struct scf_request *rq) {
    struct scf_error err = {0};
    const cJSON *body;
    struct create c = {.rq = rq};
    enum scf_code code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK) {
        c.row.lender_id = scf_rq_actor(rq)->node_id;
        c.row.external_id = scf_str(scf_json_string(body, "external_id"));
        c.row.body = scf_rq_body(rq);
        memcpy(c.row.currency, scf_json_string(body, "currency"), sizeof c.row.currency);
        code = scf_tx_run(scf_rq_db(rq), create_in_tx, &c, &err);
    }
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else if (c.replay.found)
        scf_reply_replay(rq, &c.replay);
    else
        reply_created(&c);
}

/* ---- GET ---- */

static const struct scf_uuid *own(struct scf_request *rq) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    return actor->admin ? NULL : &actor->node_id;
}

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct scf_terms_row row;
    struct scf_buf body;
    if (scf_rq_path_id(rq, "id", "ltm", &id, &err) != SCF_OK ||
        scf_terms_get(scf_rq_db(rq), scf_rq_arena(rq), &id, own(rq), &row, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    render(&row, &body);
    scf_reply_tagged(rq, 200, 1, &body);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_terms_row *row = (const struct scf_terms_row *)items + i;
    write_members(w, row);
    return (struct scf_position){row->created_us, row->id};
}

static void handle_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct scf_terms_row *rows;
    int n;
    if (scf_page_read(rq, "lender-terms", &page, &err) != SCF_OK ||
        scf_terms_page(scf_rq_db(rq), scf_rq_arena(rq), own(rq), &page, &rows, &n, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, "lender-terms", rows, n, write_item);
}

static const char *const list_query[] = {"limit", "after", "order", NULL};

#define TERMS "/v1/lender-terms"
const struct scf_route scf_terms_routes[] = {
    {.method = "POST",
     .pattern = TERMS,
     .operation_id = "createLenderTerms",
     .tag = "Credit",
     .summary =
         "Send a lender's capital, lines and caps; the newest in a currency counts from then "
         "on",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = handle_create,
     .body_type = "application/json",
     .body_max = TERMS_BODY_MAX,
     .request = &scf_terms_schema,
     .answers = "200 LenderTerms,201 LenderTerms,409,422"},
    {.method = "GET",
     .pattern = TERMS,
     .operation_id = "listLenderTerms",
     .tag = "Credit",
     .summary = "List the lender's own terms",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = handle_list,
     .answers = "200 LenderTermsPage,304",
     .query = list_query},
    {.method = "GET",
     .pattern = TERMS "/{id}",
     .operation_id = "getLenderTerms",
     .tag = "Credit",
     .summary = "Read the lender's own terms",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 LenderTerms,304,404"},
};
const size_t scf_terms_route_count = SCF_COUNT(scf_terms_routes);
