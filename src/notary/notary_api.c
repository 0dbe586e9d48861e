/* /v1/enforcement-notarizations: preflight, drafting, reading, steps. */
#include "scfd/notary/notary.h"

#include "api.h"
#include "preflight.h"

#include "scfd/base/clock.h"
#include "scfd/party/once.h"

enum { FILTER_TEXT = 200 };

/* ---- POST ---- */

void scf_enf_post_run(struct scf_enf_post *p, scf_tx_body work) {
    struct scf_once once = {.rq = p->rq, .status = 201, .answer = &p->answer};
    struct scf_error err = {0};
    struct scf_faults *warnings = NULL;
    p->arena = scf_rq_arena(p->rq);
    p->actor = scf_rq_actor(p->rq);
    p->services = scf_rq_app(p->rq);
    p->ctx = (struct scf_enf_ctx){scf_now_us(), p->actor->offset_minutes};
    scf_buf_init(&p->answer, SCF_ENF_ANSWER_MAX);
    enum scf_code code = scf_rq_valid_body(p->rq, &p->ctx, &p->body, &warnings, &err);
    p->warnings = warnings;
    if (code == SCF_OK)
        code = scf_once_run(&once, work, p, &err);
    if (scf_once_settled(&once, code, &err))
        return;
    if (p->location[0] != '\0')
        scf_reply_header(p->rq, "Location", p->location);
    scf_reply_json(p->rq, 201, &p->answer);
}

enum scf_code scf_enf_answer(struct scf_enf_post *p, const struct scf_enf_story *s,
                             struct scf_error *err) {
    char id[SCF_ID_TEXT];
    scf_id_format("enf", &p->id, id);
    snprintf(p->location, sizeof p->location, "/v1/enforcement-notarizations/%s", id);
    scf_buf_clear(&p->answer);
    struct scf_jsonw w = scf_jsonw(&p->answer);
    scf_jw_object(&w, NULL);
    scf_enf_case_write(&w, s);
    scf_jw_warnings(&w, p->warnings);
    scf_jw_end_object(&w);
    return p->answer.overflow ? scf_fail(err, SCF_E_INTERNAL, "The answer is too large.") : SCF_OK;
}

static void post_draft(struct scf_request *rq) {
    struct scf_enf_post p = {.rq = rq};
    scf_enf_post_run(&p, scf_enf_draft);
}

/* What came on paper to a court or an administrator came when they say, and so did what a party
 * reports of the court; what a party says for itself comes now. */
static bool speaks_for_itself(const struct scf_enf_taking *t, enum scf_enf_step step) {
    return step != SCF_ENF_STEP_EXTEND_DECISION &&
           (scf_enf_roles(&t->s, t->actor) & (SCF_ENF_COURT | SCF_ENF_ADMIN)) == 0;
}

/* Whoever does not see the case learns nothing of it, not even from the body's faults against it.
 */
static enum scf_code step_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_enf_post *p = ctx;
    struct scf_enf_filter filter = {.actor = p->actor, .id = p->id, .state = -1};
    struct scf_enf_taking t = {.db = db,
                               .arena = p->arena,
                               .platform_id = &p->services->installation.platform_id,
                               .actor = p->actor};
    enum scf_enf_step step = scf_enf_body_step(p->body);
    int64_t happened_us = scf_enf_body_time(p->body, &p->ctx);
    struct scf_enf_verdict verdict;
    struct scf_enf_case *seen;
    const char *details;
    int n;
    enum scf_code code = scf_enf_select(db, p->arena, &filter, &seen, &n, err);
    if (code == SCF_OK)
        code = scf_enf_open(&t, &p->id, false, p->ctx.now_us, err);
    if (code == SCF_OK) /* the task may not have been here yet */
        code = scf_enf_advance(&t, err);
    if (code == SCF_OK && !speaks_for_itself(&t, step))
        t.s.applied_day = scf_china_day(happened_us);
    if (code == SCF_OK)
        code = scf_enf_check(&t, step, p->body, &verdict, err);
    if (code == SCF_OK)
        code = scf_enf_effect(&t, step, p->body, happened_us, &details, err);
    if (code == SCF_OK)
        code = scf_enf_add(&t, step, &verdict, happened_us, details, err);
    if (code == SCF_OK)
        code = scf_enf_advance(&t, err);
    if (code == SCF_OK)
        code = scf_enf_close(&t, err);
    return code == SCF_OK ? scf_enf_answer(p, &t.s, err) : code;
}

static void post_step(struct scf_request *rq) {
    struct scf_enf_post p = {.rq = rq};
    struct scf_error err = {0};
    if (scf_rq_path_id(rq, "id", "enf", &p.id, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_enf_post_run(&p, step_in_tx);
}

static void post_preflight(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_faults *warnings = NULL;
    struct scf_preflight p;
    struct scf_buf out;
    const cJSON *body;
    if (scf_rq_valid_body(rq, NULL, &body, &warnings, &err) != SCF_OK ||
        scf_enf_dossier_text(scf_rq_arena(rq), body, &err) == NULL) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_enf_preflight(body, scf_rq_arena(rq), &p);
    scf_buf_init(&out, SCF_ENF_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_enf_preflight_write(&w, &p);
    scf_jw_warnings(&w, warnings);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &out);
}

/* ---- GET ---- */

enum scf_code scf_enf_fill(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_calendar *calendar, int64_t now_us,
                           struct scf_enf_story *s, struct scf_owed *owed, struct scf_error *err) {
    struct scf_enf_step_row *rows;
    s->calendar = calendar;
    s->now_us = now_us;
    s->today = scf_china_day(now_us);
    enum scf_code code = scf_enf_steps(db, arena, &s->c.id, 0, &rows, &s->n, err);
    if (code != SCF_OK)
        return code;
    s->rows = rows;
    if (!scf_uuid_is_nil(&s->c.loan_id)) {
        s->owed = owed;
        code = scf_lending_owed(db, arena, &s->c.loan_id, s->today, false, owed, err);
    }
    return code == SCF_OK ? scf_enf_story_parse(arena, s, err) : code;
}

enum scf_code scf_enf_read(struct scf_request *rq, struct scf_enf_story *ret,
                           struct scf_error *err) {
    struct scf_enf_filter filter = {.actor = scf_rq_actor(rq), .state = -1};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_db *db = scf_rq_db(rq);
    struct scf_owed *owed = scf_alloc(arena, 1, sizeof *owed);
    struct scf_calendar *calendar;
    struct scf_enf_case *c;
    int n;
    if (owed == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_rq_path_id(rq, "id", "enf", &filter.id, err);
    if (code == SCF_OK)
        code = scf_enf_select(db, arena, &filter, &c, &n, err);
    if (code == SCF_OK)
        code = scf_calendar_load(db, arena, &calendar, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_enf_story){.c = *c};
    return scf_enf_fill(db, arena, calendar, scf_now_us(), ret, owed, err);
}

static void get_case(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_enf_story s;
    struct scf_buf out;
    if (scf_enf_read(rq, &s, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_buf_init(&out, SCF_ENF_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_enf_case_write(&w, &s);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, s.c.version, &out);
}

/* A list has what the row says; the rest is in the one. */
static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_enf_case *c = (const struct scf_enf_case *)items + i;
    const char phase[] = {scf_enf_phase(c->state), '\0'};
    scf_jw_id(w, "id", "enf", &c->id);
    scf_jw_str(w, "object", "enforcement_notarization");
    scf_jw_str(w, "phase", phase);
    scf_jw_str(w, "state", scf_enf_state_names[c->state]);
    scf_jw_str(w, "status", scf_enf_status(c->state));
    scf_jw_id(w, "lender_id", "node", &c->lender_id);
    scf_jw_id(w, "notary_id", "node", &c->notary_id);
    if (!scf_uuid_is_nil(&c->loan_id))
        scf_jw_id(w, "loan_id", "loan", &c->loan_id);
    scf_jw_str(w, "currency", c->currency);
    scf_jw_i64(w, "version", c->version);
    scf_jw_time(w, "created_at", c->created_us);
    scf_jw_time(w, "updated_at", c->updated_us);
    return (struct scf_position){c->created_us, c->id};
}

static enum scf_code read_filter(struct scf_request *rq, struct scf_enf_filter *ret,
                                 struct scf_error *err) {
    const char *loan = scf_rq_query(rq, "loan_id"), *state = scf_rq_query(rq, "state");
    *ret = (struct scf_enf_filter){.actor = scf_rq_actor(rq),
                                   .state = scf_name_index(scf_enf_state_names, state)};
    if (loan && !scf_id_parse("loan", scf_str(loan), &ret->loan_id))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "loan_id is no identifier of a loan.");
    if (state && ret->state < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "There is no such state.");
    return SCF_OK;
}

static void list_cases(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_enf_filter filter;
    struct scf_page page;
    struct scf_enf_case *items;
    char text[FILTER_TEXT];
    const char *loan = scf_rq_query(rq, "loan_id");
    int n;
    enum scf_code code = read_filter(rq, &filter, &err);
    snprintf(text, sizeof text, "enforcement-notarizations %.60s %d", loan ? loan : "",
             filter.state);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    filter.page = &page;
    if (code == SCF_OK)
        code = scf_enf_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, &items, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, text, items, n, write_item);
}

static struct scf_position write_step(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_enf_step_row *s = (const struct scf_enf_step_row *)items + i;
    scf_jw_i64(w, "seq", s->seq);
    scf_jw_str(w, "step", scf_enf_step_names[s->step]);
    scf_jw_str(w, "from", scf_enf_state_names[s->from]);
    scf_jw_str(w, "to", scf_enf_state_names[s->to]);
    scf_jw_time(w, "happened_at", s->happened_us);
    scf_jw_time(w, "filed_at", s->filed_us);
    if (!scf_uuid_is_nil(&s->node_id))
        scf_jw_id(w, "node_id", "node", &s->node_id);
    scf_jw_id(w, "record_id", "enf", &s->record_id);
    scf_jw_raw(w, "body", s->body, strlen(s->body));
    return (struct scf_position){s->seq, s->record_id};
}

static void list_steps(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_enf_filter filter = {.actor = scf_rq_actor(rq), .state = -1};
    struct scf_enf_case *c;
    struct scf_enf_step_row *rows;
    struct scf_page page;
    char text[FILTER_TEXT];
    int n;
    snprintf(text, sizeof text, "%.90s", scf_rq_path(rq));
    enum scf_code code = scf_rq_path_id(rq, "id", "enf", &filter.id, &err);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_enf_select(scf_rq_db(rq), arena, &filter, &c, &n, &err);
    if (code == SCF_OK)
        code = scf_enf_steps_page(scf_rq_db(rq), arena, &filter.id, &page, &rows, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, text, rows, n, write_step);
}

/* ---- routes ---- */

static const char *const list_query[] = {"loan_id", "state", "limit", "after", "order", NULL};
static const char *const page_query[] = {"limit", "after", "order", NULL};
static const char *const calendar_query[] = {"year", NULL};

#define CASES "/v1/enforcement-notarizations"
#define PARTIES                                                                                    \
    (SCF_KIND(SCF_NODE_PROCUREMENT) | SCF_KIND(SCF_NODE_ERP) | SCF_KIND(SCF_NODE_GUARANTOR) |      \
     SCF_KIND(SCF_NODE_LENDER) | SCF_KIND(SCF_NODE_NOTARY) | SCF_KIND(SCF_NODE_COURT))
#define READING(path, id, text, handler, answer, names)                                            \
    {                                                                                              \
        .method = "GET", .pattern = path, .operation_id = id, .tag = "Notarization",               \
        .summary = text, .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE,                \
        .run = SCF_RUN_SERVICE, .handle = handler, .answers = answer, .query = names               \
    }

const struct scf_route scf_notary_routes[] = {
    {.method = "POST",
     .pattern = CASES "/preflight",
     .operation_id = "preflightEnforcementNotarization",
     .tag = "Notarization",
     .summary = "Whether a contract is fit to be notarized for enforcement; nothing is written",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = PARTIES,
     .run = SCF_RUN_SERVICE,
     .handle = post_preflight,
     .body_type = "application/json",
     .request = &scf_enf_preflight_schema,
     .answers = "200 Preflight,400,403,422"},
    {.method = "POST",
     .pattern = CASES,
     .operation_id = "createEnforcementNotarization",
     .tag = "Notarization",
     .summary = "Draft a notarization for enforcement",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_LENDER),
     .run = SCF_RUN_SERVICE,
     .handle = post_draft,
     .body_type = "application/json",
     .request = &scf_enf_create_schema,
     .answers = "201 EnforcementNotarization,400,403,409,422",
     .needs_idempotency_key = true},
    READING(CASES, "listEnforcementNotarizations",
            "List the notarizations that this key may see, oldest first", list_cases,
            "200 EnforcementNotarizationPage,304,400", list_query),
    READING(CASES "/{id}", "getEnforcementNotarization",
            "Read a notarization: what can follow, what is due, which way is open", get_case,
            "200 EnforcementNotarization,304,404", NULL),
    READING(CASES "/{id}/steps", "listEnforcementNotarizationSteps",
            "List the steps of a notarization, oldest first", list_steps,
            "200 EnforcementNotarizationStepPage,304,400,404", page_query),
    {.method = "POST",
     .pattern = CASES "/{id}/steps",
     .operation_id = "createEnforcementNotarizationStep",
     .tag = "Notarization",
     .summary = "Take a step; a refusal names its article",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = PARTIES,
     .run = SCF_RUN_SERVICE,
     .handle = post_step,
     .body_type = "application/json",
     .request = &scf_enf_step_schema,
     .answers = "201 EnforcementNotarization,400,403,404,409,422",
     .needs_idempotency_key = true},
    READING(CASES "/{id}/documents", "listEnforcementNotarizationDocuments",
            "List the papers of a notarization, with their digests", scf_enf_list_documents,
            "200 EnforcementDocumentList,304,404,500,503", NULL),
    READING(CASES "/{id}/documents/{name}", "getEnforcementNotarizationDocument",
            "Read a paper of a notarization as PDF", scf_enf_get_document,
            "200 pdf,304,404,409,500,503", NULL),
    READING("/v1/working-calendars", "listWorkingCalendars",
            "The working-day calendars, all versions", scf_calendars_list,
            "200 WorkingCalendarList,304,400", calendar_query),
    {.method = "POST",
     .pattern = "/v1/working-calendars",
     .operation_id = "createWorkingCalendar",
     .tag = "Notarization",
     .summary = "Add a version of a year's working days",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = scf_calendar_post,
     .body_type = "application/json",
     .request = &scf_enf_calendar_schema,
     .answers = "201 WorkingCalendar,400,403,422"},
};
const size_t scf_notary_route_count = SCF_COUNT(scf_notary_routes);
