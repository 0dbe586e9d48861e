/* /v1/industry-templates: administrators draft and publish, every key may read.
 * Relies on template_store.c, and on http for the manners of the API. */
#include "parse.h"
#include "scfd/base/clock.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/answer.h"
#include "scfd/party/services.h"
#include "store.h"

enum { TEMPLATE_BODY_MAX = 512 << 10 };

/* ---- answers ---- */

static const char *etag_of(struct scf_arena *arena, const struct scf_template_row *row) {
    struct scf_hash h = scf_sha256(row->definition.p, row->definition.n);
    char hex[2 * 4 + 1];
    scf_hex(h.b, 4, hex);
    const char *etag = scf_asprintf(arena, "%" PRId64 "-%s", row->version, hex);
    return etag != NULL ? etag : "0";
}

static void reply_row(struct scf_request *rq, int status, const struct scf_template_row *row) {
    const char *etag = etag_of(scf_rq_arena(rq), row);
    struct scf_buf body;
    scf_buf_init(&body, row->definition.n + 1024);
    scf_template_write(row, false, &body);
    if (status == 201)
        scf_reply_location(rq, "/v1/industry-templates", "tpl", &row->uuid);
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    scf_reply_header(rq, "ETag", quoted);
    scf_reply_json(rq, status, &body);
}

static bool read_id(struct scf_request *rq, struct scf_uuid *ret, struct scf_error *err) {
    if (!scf_id_parse("tpl", scf_rq_param(rq, "id"), ret)) {
        scf_fail(err, SCF_E_NOT_FOUND, "There is no such template");
        return false;
    }
    return true;
}

/* ---- writing ---- */

struct write {
    struct scf_request *rq;
    struct scf_template *parsed;
    struct scf_uuid uuid;
    struct scf_template_row row;
    struct scf_replay replay;
};

static enum scf_code store_reply(struct write *w, struct scf_db *db, int status,
                                 struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, w->row.definition.n + 1024);
    scf_template_write(&w->row, false, &body);
    enum scf_code code =
        scf_idempotency_store(w->rq, db, status, (struct scf_str){body.data, body.len}, err);
    scf_buf_free(&body);
    return code;
}

static enum scf_code create_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct write *w = ctx;
    struct scf_arena *arena = scf_rq_arena(w->rq);
    enum scf_code code = scf_idempotency_claim(w->rq, db, &w->replay, err);
    if (code != SCF_OK || w->replay.found)
        return code;
    code =
        scf_template_insert(db, arena, w->parsed, scf_rq_body(w->rq), scf_now_us(), &w->row, err);
    return code == SCF_OK ? store_reply(w, db, 201, err) : code;
}

static enum scf_code replace_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct write *w = ctx;
    struct scf_arena *arena = scf_rq_arena(w->rq);
    enum scf_code code = scf_template_get(db, arena, &w->uuid, true, &w->row, err);
    if (code == SCF_OK)
        code = scf_rq_if_match(w->rq, etag_of(arena, &w->row), err);
    if (code != SCF_OK)
        return code;
    if (w->row.published) {
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The template is published and cannot change; send a new revision");
    }
    if (!scf_str_is(w->row.code, w->parsed->code) || w->row.applies_to != w->parsed->applies_to ||
        !scf_str_is(w->row.industry_code, w->parsed->industry_code)) {
        return scf_fail(err, SCF_E_CONFLICT,
                        "A draft keeps its code, industry_code and applies_to");
    }
    code = scf_template_update(db, arena, &w->uuid, scf_rq_body(w->rq), scf_now_us(), err);
    return code == SCF_OK ? scf_template_get(db, arena, &w->uuid, false, &w->row, err) : code;
}

static enum scf_code publish_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct write *w = ctx;
    const struct scf_services *services = scf_rq_app(w->rq);
    struct scf_arena *arena = scf_rq_arena(w->rq);
    enum scf_code code = scf_template_get(db, arena, &w->uuid, true, &w->row, err);
    return code == SCF_OK ? scf_template_publish(db, arena, &services->installation.platform_id,
                                                 &w->row, scf_now_us(), err)
                          : code;
}

static enum scf_code parse_body(struct scf_request *rq, struct write *w, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_faults *faults = scf_alloc(arena, 1, sizeof *faults);
    if (faults == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The server is out of memory for this request");
    faults->arena = arena;
    return scf_template_parse(arena, scf_rq_body(rq), faults, &w->parsed, err);
}

static void handle_create(struct scf_request *rq) {
    struct scf_error err = {0};
    struct write w = {.rq = rq};
    if (parse_body(rq, &w, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), create_body, &w, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else if (w.replay.found)
        scf_reply_replay(rq, &w.replay);
    else
        reply_row(rq, 201, &w.row);
}

static void handle_replace(struct scf_request *rq) {
    struct scf_error err = {0};
    struct write w = {.rq = rq};
    if (!read_id(rq, &w.uuid, &err) || parse_body(rq, &w, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), replace_body, &w, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    reply_row(rq, 200, &w.row);
}

static void handle_publish(struct scf_request *rq) {
    struct scf_error err = {0};
    struct write w = {.rq = rq};
    if (!read_id(rq, &w.uuid, &err) ||
        scf_tx_run(scf_rq_db(rq), publish_body, &w, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    reply_row(rq, 200, &w.row);
}

/* ---- reading ---- */

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid uuid;
    struct scf_template_row row;
    if (!read_id(rq, &uuid, &err) ||
        scf_template_get(scf_rq_db(rq), scf_rq_arena(rq), &uuid, false, &row, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    if (!scf_reply_not_modified(rq, etag_of(scf_rq_arena(rq), &row))) {
        struct scf_buf body;
        scf_buf_init(&body, row.definition.n + 1024);
        scf_template_write(&row, false, &body);
        scf_reply_json(rq, 200, &body);
    }
}

static bool read_filter(struct scf_request *rq, struct scf_template_filter *ret,
                        struct scf_error *err) {
    const char *kind = scf_rq_query(rq, "applies_to"), *status = scf_rq_query(rq, "status");
    *ret = (struct scf_template_filter){.code = scf_rq_query(rq, "code"),
                                        .industry_code = scf_rq_query(rq, "industry_code"),
                                        .applies_to = -1,
                                        .published = -1};
    if (kind != NULL) {
        int i = scf_name_index(scf_template_kind_names, kind);
        if (i < 0) {
            scf_fail(err, SCF_E_INVALID_PARAMETER,
                     "applies_to is contract, workflow_event, invoice or guarantee");
            return false;
        }
        ret->applies_to = SCF_REC_CONTRACT + i;
    }
    if (status != NULL) {
        ret->published = strcmp(status, "published") == 0;
        if (!ret->published && strcmp(status, "draft") != 0) {
            scf_fail(err, SCF_E_INVALID_PARAMETER, "status is draft or published");
            return false;
        }
    }
    return true;
}

static void handle_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_template_filter filter;
    struct scf_page page;
    struct scf_template_row *rows;
    int n;
    if (!read_filter(rq, &filter, &err)) {
        scf_reply_error(rq, &err);
        return;
    }
    char *key = scf_asprintf(arena, "templates|%s|%s|%d|%d", filter.code ? filter.code : "",
                             filter.industry_code ? filter.industry_code : "", filter.applies_to,
                             filter.published);
    if (scf_page_read(rq, key, &page, &err) != SCF_OK ||
        scf_template_page(scf_rq_db(rq), arena, &filter, &page, &rows, &n, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, (size_t)(page.limit + 1) * TEMPLATE_BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    bool more = n > page.limit;
    n = more ? page.limit : n;
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (int i = 0; i < n; i++) {
        if (i > 0)
            scf_buf_putc(&body, ',');
        scf_template_write(&rows[i], false, &body);
    }
    scf_jw_end_array(&w);
    const struct scf_template_row *last = n > 0 ? &rows[n - 1] : NULL;
    scf_page_write(rq, &w, key, more, last != NULL ? last->created_us : 0,
                   last != NULL ? &last->uuid : &page.after_id);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, n, &body);
}

static const char *const list_query[] = {"code",  "industry_code", "applies_to", "status",
                                         "limit", "after",         "order",      NULL};

#define TEMPLATES "/v1/industry-templates"
const struct scf_route scf_template_routes[] = {
    {.method = "POST",
     .pattern = TEMPLATES,
     .operation_id = "createIndustryTemplate",
     .tag = "Templates",
     .summary = "Draft a template, or the next revision of one",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle_create,
     .body_type = "application/json",
     .body_max = TEMPLATE_BODY_MAX,
     .request = &scf_template_schema,
     .answers = "201 IndustryTemplate,409,422"},
    {.method = "GET",
     .pattern = TEMPLATES,
     .operation_id = "listIndustryTemplates",
     .tag = "Templates",
     .summary = "List templates",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_list,
     .answers = "200 IndustryTemplatePage,304",
     .query = list_query},
    {.method = "GET",
     .pattern = TEMPLATES "/{id}",
     .operation_id = "getIndustryTemplate",
     .tag = "Templates",
     .summary = "Read a template",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 IndustryTemplate,304,404"},
    {.method = "PUT",
     .pattern = TEMPLATES "/{id}",
     .operation_id = "replaceIndustryTemplate",
     .tag = "Templates",
     .summary = "Replace a draft",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle_replace,
     .body_type = "application/json",
     .body_max = TEMPLATE_BODY_MAX,
     .request = &scf_template_schema,
     .answers = "200 IndustryTemplate,404,409,412,422,428"},
    {.method = "POST",
     .pattern = TEMPLATES "/{id}/publish",
     .operation_id = "publishIndustryTemplate",
     .tag = "Templates",
     .summary = "Publish a draft: it is a record of the platform's chain from then on",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle_publish,
     .answers = "200 IndustryTemplate,404,409"},
};
const size_t scf_template_route_count = SCF_COUNT(scf_template_routes);
