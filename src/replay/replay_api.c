/* POST and GET /v1/credit-assessments/{id}/replay. Whoever may read a receipt may have it replayed:
 * the result tells no more than the receipt, but for which of it is wrong. Relies on replay_job.c
 * and on work for the job. */
#include "replay.h"
#include "scfd/credit/assessment.h"
#include "scfd/http/answer.h"
#include "scfd/replay/replay.h"

enum { BODY_MAX = 4 << 20 };

struct ordered { /* a request that has its job: its data when the handler runs again */
    struct scf_uuid assessment_id, job_id;
};

/* ---- answering ---- */

static void reply_document(struct scf_request *rq, struct scf_str document) {
    struct scf_buf body;
    scf_buf_init(&body, BODY_MAX);
    scf_buf_put(&body, document.p, document.n);
    scf_reply_tagged(rq, 200, 1, &body);
}

static void reply_job(struct scf_request *rq, const struct scf_uuid *job_id) {
    char id[SCF_ID_TEXT];
    struct scf_buf body;
    scf_id_format("job", job_id, id);
    const char *location = scf_asprintf(scf_rq_arena(rq), "/v1/jobs/%s", id);
    scf_reply_header(rq, "Location", location != NULL ? location : "/v1/jobs");
    scf_reply_header(rq, "Retry-After", "1");
    scf_buf_init(&body, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "job");
    scf_jw_str(&w, "id", id);
    scf_jw_str(&w, "kind", "replay");
    scf_jw_end_object(&w);
    scf_reply_json(rq, 202, &body);
}

/* The result of this very job, or the job. */
static void answer(struct scf_request *rq, const struct ordered *o) {
    struct scf_error err = {0};
    struct scf_uuid job;
    struct scf_str document;
    bool there;
    char topic[SCF_ASSESS_TOPIC];
    if (scf_replay_result(scf_rq_db(rq), scf_rq_arena(rq), &o->assessment_id, &there, &job,
                          &document, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
    } else if (there && scf_uuid_eq(&job, &o->job_id)) {
        reply_document(rq, document);
    } else if (scf_rq_may_wait(rq)) {
        scf_assess_topic("replay", &o->assessment_id, topic);
        scf_rq_wait(rq, topic);
    } else {
        reply_job(rq, &o->job_id);
    }
}

/* ---- ordering ---- */

struct order {
    struct scf_request *rq;
    struct ordered *ordered;
};

static enum scf_code order_job(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct order *o = ctx;
    char id[SCF_ID_TEXT], payload[SCF_ID_TEXT + 16];
    scf_id_format("asm", &o->ordered->assessment_id, id);
    snprintf(payload, sizeof payload, "{\"id\":\"%s\"}", id);
    const struct scf_job_order order = {.kind = "replay",
                                        .dedupe_key = id,
                                        .payload_json = payload,
                                        .requested_by = scf_rq_actor(o->rq)};
    return scf_job_order(db, scf_rq_arena(o->rq), &order, &o->ordered->job_id, err);
}

static void handle_post(struct scf_request *rq) {
    struct scf_error err = {0};
    struct ordered *o = scf_rq_data(rq); /* set when the handler runs again */
    struct scf_str receipt;
    if (o != NULL) {
        answer(rq, o);
        return;
    }
    o = scf_alloc(scf_rq_arena(rq), 1, sizeof *o);
    struct order order = {rq, o};
    enum scf_code code = o == NULL ? scf_fail(&err, SCF_E_OVERLOADED, "Out of memory") : SCF_OK;
    if (code == SCF_OK)
        code = scf_rq_path_id(rq, "id", "asm", &o->assessment_id, &err);
    if (code == SCF_OK) /* it is visible, and there is something to replay */
        code = scf_assess_receipt(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq),
                                  &o->assessment_id, &receipt, &err);
    if (code == SCF_OK)
        code = scf_tx_run(scf_rq_db(rq), order_job, &order, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_rq_set_data(rq, o);
    answer(rq, o);
}

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id, job;
    struct scf_str receipt, document;
    bool there = false;
    enum scf_code code = scf_rq_path_id(rq, "id", "asm", &id, &err);
    if (code == SCF_OK)
        code = scf_assess_receipt(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &id, &receipt,
                                  &err);
    if (code == SCF_OK)
        code =
            scf_replay_result(scf_rq_db(rq), scf_rq_arena(rq), &id, &there, &job, &document, &err);
    if (code == SCF_OK && !there)
        code = scf_fail(&err, SCF_E_NOT_FOUND, "The assessment was not replayed yet");
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_document(rq, document);
}

#define REPLAY "/v1/credit-assessments/{id}/replay"
const struct scf_route scf_replay_routes[] = {
    {.method = "POST",
     .pattern = REPLAY,
     .operation_id = "replayCreditAssessment",
     .tag = "Credit",
     .summary = "Compute a past limit again from the chains as they were, and compare; "
                "Prefer: wait=N holds the answer until it is there",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_post,
     .answers = "200 CreditReplay,202 JobOrder,404,409"},
    {.method = "GET",
     .pattern = REPLAY,
     .operation_id = "getCreditReplay",
     .tag = "Credit",
     .summary = "Read the newest replay of an assessment",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 CreditReplay,304,404,409"},
};
const size_t scf_replay_route_count = SCF_COUNT(scf_replay_routes);
