/* POST /v1/credit-assessments: checks what the request names, queues the job, and, when the client
 * would rather wait, holds the answer until the job is done.
 * Relies on assess_store.c, on party and chain for what is named, and on work for the job. */
#include "assess_api.h"
#include "increment_book.h"
#include "scfd/base/clock.h"
#include "scfd/party/enterprise.h"

struct create {
    struct scf_request *rq;
    struct scf_assess_request request;
    struct scf_assess_row row;
    struct scf_replay replay;
    struct scf_faults faults;
};

/* ---- who asks ---- */

/* The installation's own business systems: the administrator tied them to no enterprise. */
static bool acts_for_everyone(const struct scf_actor *actor) {
    bool business = actor->kind == SCF_NODE_PROCUREMENT || actor->kind == SCF_NODE_ERP ||
                    actor->kind == SCF_NODE_WORKFLOW;
    return !actor->admin && business && scf_uuid_is_nil(&actor->operator_enterprise_id);
}

/* Whoever could have any enterprise assessed would read, in ratings and sums, what other nodes sent
 * about it. Lenders and regulators get the assessments that are addressed to them. */
static enum scf_code check_asker(const struct create *c, struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(c->rq);
    if (actor->admin || acts_for_everyone(actor) ||
        scf_uuid_eq(&actor->operator_enterprise_id, &c->request.borrower_id))
        return SCF_OK;
    return scf_fail(err, SCF_E_FORBIDDEN,
                    "Only a node that the borrower operates, a business system that no enterprise "
                    "operates, or an administrator, may ask for its assessment.");
}

/* Bad days of late would be left out of an assessment made for an earlier one. A system whose clock
 * is slow, or that sends again, gets a day. */
static enum scf_code check_time(const struct create *c, struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(c->rq);
    if (actor->admin || acts_for_everyone(actor) ||
        c->row.created_us - c->row.as_of_us <= SCF_US_PER_DAY)
        return SCF_OK;
    return scf_fail(
        err, SCF_E_FORBIDDEN,
        "A borrower's node may not ask for an assessment as_of more than 24 hours ago.");
}

/* ---- what the request names ---- */

static void add_faults(struct create *c, const char *member, const size_t *positions, size_t n,
                       const char *what) {
    for (size_t i = 0; i < n; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "#/%s/%zu", member, positions[i]);
        scf_fault_add(&c->faults, pointer, "unknown-reference", "%s", what);
    }
}

/* A system that acts for everyone does so for those whose contracts it holds. */
static enum scf_code check_contracts(struct create *c, struct scf_db *db, struct scf_error *err) {
    size_t *unknown, n = 0;
    const struct scf_actor *actor = scf_rq_actor(c->rq);
    const struct scf_uuid *party = acts_for_everyone(actor) ? &c->request.borrower_id : NULL;
    enum scf_code code =
        scf_assess_unknown_contracts(db, scf_rq_arena(c->rq), actor, party, c->request.contracts,
                                     c->request.contract_count, &unknown, &n, err);
    if (code == SCF_OK)
        add_faults(c, "contract_ids", unknown, n,
                   party ? "there is no such contract of the borrower"
                         : "there is no such contract");
    return code;
}

/* An increment adds to an initial limit. */
static enum scf_code check_limits(struct create *c, struct scf_db *db, struct scf_error *err) {
    size_t *without, n = 0;
    if (c->request.kind == SCF_KIND_INITIAL)
        return SCF_OK;
    enum scf_code code = scf_contracts_without_limit(db, scf_rq_arena(c->rq), c->request.contracts,
                                                     c->request.contract_count, &without, &n, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "#/contract_ids/%zu", without[i]);
        scf_fault_add(&c->faults, pointer, "no-initial-limit",
                      "the contract has no initial limit to add to");
    }
    return code;
}

static enum scf_code check_lenders(struct create *c, struct scf_db *db, struct scf_error *err) {
    size_t *unknown, n = 0;
    if (c->request.lender_count == 0)
        return SCF_OK;
    enum scf_code code = scf_assess_unknown_lenders(db, scf_rq_arena(c->rq), c->request.lenders,
                                                    c->request.lender_count, &unknown, &n, err);
    if (code == SCF_OK)
        add_faults(c, "lender_ids", unknown, n, "there is no such active lender node");
    return code;
}

static enum scf_code check_borrower(struct create *c, struct scf_db *db, struct scf_error *err) {
    struct scf_enterprise enterprise;
    const char *profile;
    enum scf_code code = scf_enterprise_get(db, scf_rq_arena(c->rq), &c->request.borrower_id,
                                            &enterprise, &profile, err);
    if (code == SCF_E_NOT_FOUND) {
        scf_fault_add(&c->faults, "#/borrower_id", "unknown-reference",
                      "there is no such enterprise");
        code = SCF_OK;
    }
    const struct scf_services *services = scf_rq_app(c->rq);
    const char *wanted = c->request.template_code;
    if (wanted != NULL && scf_templates_by_code(services->templates, SCF_REC_WORKFLOW_EVENT,
                                                scf_str(wanted), c->row.as_of_us) == NULL) {
        scf_fault_add(&c->faults, "#/template_code", "unknown-reference",
                      "no published workflow template has this code");
    }
    return code;
}

static enum scf_code check_references(struct create *c, struct scf_error *err) {
    struct scf_db *db = scf_rq_db(c->rq);
    enum scf_code code = check_borrower(c, db, err);
    code = code == SCF_OK ? check_contracts(c, db, err) : code;
    if (code == SCF_OK && c->faults.count == 0)
        code = check_limits(c, db, err);
    code = code == SCF_OK ? check_lenders(c, db, err) : code;
    if (code == SCF_OK && c->faults.count > 0) {
        code = scf_fail(err, SCF_E_VALIDATION_FAILED, "The request names what does not exist");
        err->faults = &c->faults;
    }
    return code;
}

static enum scf_code read_request(struct create *c, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(c->rq);
    struct scf_str text = scf_rq_body(c->rq);
    int64_t now_us = scf_rq_received_us(c->rq);
    c->faults = (struct scf_faults){.arena = arena};
    struct scf_faults warnings = {.arena = arena};
    const struct scf_schema_options options = {.rules_ctx = &now_us};
    const cJSON *body = scf_json_parse(arena, text.p, text.n, err);
    if (body == NULL)
        return err->code;
    if (!scf_schema_check(&scf_assess_schema, body, &options, &c->faults, &warnings)) {
        scf_fail(err, SCF_E_VALIDATION_FAILED, "The request is invalid");
        err->faults = &c->faults;
        return SCF_E_VALIDATION_FAILED;
    }
    enum scf_code code = scf_assess_request_read(arena, body, &c->request, err);
    const struct scf_actor *actor = scf_rq_actor(c->rq);
    c->row = (struct scf_assess_row){
        .id = scf_uuid_new(),
        .node_id = actor->node_id,
        .borrower_id = c->request.borrower_id,
        .version = 1,
        .as_of_us = c->request.has_as_of ? c->request.as_of_us : now_us,
        .created_us = now_us,
        .updated_us = now_us,
        .request = text,
    };
    return code;
}

/* ---- queueing ---- */

static enum scf_code enqueue(struct create *c, struct scf_db *db, struct scf_error *err) {
    char id[SCF_ID_TEXT], payload[SCF_ID_TEXT + 16];
    struct scf_uuid job;
    scf_id_format("asm", &c->row.id, id);
    snprintf(payload, sizeof payload, "{\"id\":\"%s\"}", id);
    return scf_job_enqueue(db, scf_rq_arena(c->rq), "assess", id, payload, 0, &job, err);
}

static enum scf_code store_reply(struct create *c, struct scf_db *db, struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, SCF_ASSESS_BODY_MAX);
    scf_assess_write(&body, scf_rq_arena(c->rq), &c->row, NULL, 0);
    enum scf_code code =
        scf_idempotency_store(c->rq, db, 202, (struct scf_str){body.data, body.len}, err);
    scf_buf_free(&body);
    return code;
}

static enum scf_code create_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct create *c = ctx;
    enum scf_code code =
        scf_key_hold(db, scf_rq_arena(c->rq), scf_rq_actor(c->rq), scf_now_us(), err);
    code = code == SCF_OK ? scf_idempotency_claim(c->rq, db, &c->replay, err) : code;
    if (code != SCF_OK || c->replay.found)
        return code;
    code = scf_assess_insert(db, scf_rq_arena(c->rq), &c->row, err);
    code = code == SCF_OK ? enqueue(c, db, err) : code;
    return code == SCF_OK ? store_reply(c, db, err) : code;
}

/* ---- answering ---- */

/* 201 once there is an outcome, 202 before; either way the client knows where to look. */
static void answer(struct scf_request *rq, const struct scf_uuid *id) {
    struct scf_error err = {0};
    struct scf_assess_ask ask = {.id = *id}, *asks[] = {&ask};
    char text[SCF_ID_TEXT], location[SCF_ID_TEXT + 32], topic[SCF_ASSESS_TOPIC];
    if (scf_assess_versions(scf_rq_db(rq), scf_rq_arena(rq), asks, 1, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    bool done = ask.status >= SCF_ASM_SUCCEEDED;
    if (!done && scf_rq_may_wait(rq)) {
        scf_assess_topic("asm", id, topic);
        scf_rq_wait(rq, topic);
        return;
    }
    scf_id_format("asm", id, text);
    snprintf(location, sizeof location, "/v1/credit-assessments/%s", text);
    scf_reply_header(rq, "Location", location);
    if (!done)
        scf_reply_header(rq, "Retry-After", "1");
    scf_assess_reply(rq, done ? 201 : 202, id);
}

void scf_assess_create(struct scf_request *rq) {
    struct scf_error err = {0};
    const struct scf_uuid *known = scf_rq_data(rq); /* set when the handler runs again */
    if (known != NULL) {
        answer(rq, known);
        return;
    }
    struct create *c = scf_alloc(scf_rq_arena(rq), 1, sizeof *c);
    if (c == NULL) {
        scf_fail(&err, SCF_E_OVERLOADED, "The server is out of memory for this request");
        scf_reply_error(rq, &err);
        return;
    }
    c->rq = rq;
    if (read_request(c, &err) != SCF_OK || check_asker(c, &err) != SCF_OK ||
        check_time(c, &err) != SCF_OK || check_references(c, &err) != SCF_OK ||
        scf_tx_run(scf_rq_db(rq), create_body, c, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
    } else if (c->replay.found) {
        scf_reply_replay(rq, &c->replay);
    } else {
        scf_rq_set_data(rq, &c->row.id);
        answer(rq, &c->row.id);
    }
}
