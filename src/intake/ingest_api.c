/* POST of one record: prepare on the HTTP thread, hand to the committer, answer when it is durable.
 */
#include "ingest.h"

#include "commit.h"
#include "scfd/http/answer.h"
#include "tally.h"

/* One request's way through the committer; lives in the request's arena. */
struct sending {
    struct scf_item item;
    struct scf_item *items[1];
    struct scf_group group;
};

enum { ANSWER_MAX = 256 << 10 };

enum scf_record_kind scf_kind_of_path(const char *path) {
    static const char *const segments[] = {
        [SCF_REC_ENTERPRISE] = "enterprises",         [SCF_REC_CONTRACT] = "contracts",
        [SCF_REC_WORKFLOW_EVENT] = "workflow-events", [SCF_REC_INVOICE] = "invoices",
        [SCF_REC_GUARANTEE] = "guarantees",
    };
    static const char prefix[] = "/v1/";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return SCF_REC_KINDS;
    const char *segment = path + sizeof prefix - 1;
    size_t n = strcspn(segment, "/");
    for (size_t kind = 0; kind < SCF_COUNT(segments); kind++)
        if (strlen(segments[kind]) == n && memcmp(segments[kind], segment, n) == 0)
            return (enum scf_record_kind)kind;
    return SCF_REC_KINDS;
}

enum scf_code scf_may_send(const struct scf_actor *actor, enum scf_record_kind kind,
                           struct scf_error *err) {
    if (actor->admin || (actor->allowed_kinds & (1u << kind)))
        return SCF_OK;
    return scf_fail(err, SCF_E_FORBIDDEN, "This node may not send records of this kind.");
}

/* What was sent to /v1/invoices is read at /v1/invoices/inv_…. */
static void add_location(struct scf_request *rq, const struct scf_item *item) {
    bool profile = item->record.kind == SCF_REC_ENTERPRISE;
    scf_reply_location(rq, scf_rq_path(rq),
                       profile ? "ent" : scf_record_kind_prefix(item->record.kind),
                       profile ? &item->enterprise_id : &item->stored.id);
}

static void answer(struct scf_request *rq) {
    struct sending *sending = scf_rq_data(rq);
    struct scf_item *item = &sending->item;
    if (item->outcome == SCF_REFUSED) {
        scf_reply_error(rq, &item->error);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_item_write(item, &w);
    scf_jw_end_object(&w);
    int status = scf_item_status(item);
    if (item->outcome == SCF_REPLAYED)
        scf_reply_header(rq, "Idempotent-Replayed", "true");
    if (status == 201)
        add_location(rq, item);
    scf_reply_json(rq, status, &body);
}

static void committed(struct scf_group *group) {
    scf_rq_resume(group->ctx, answer);
}

void scf_ingest_one(struct scf_request *rq) {
    struct scf_services *services = scf_rq_app(rq);
    struct scf_error err = {0};
    enum scf_record_kind kind = scf_kind_of_path(scf_rq_path(rq));
    struct sending *sending = scf_alloc(scf_rq_arena(rq), 1, sizeof *sending);
    enum scf_code code = scf_may_send(scf_rq_actor(rq), kind, &err);
    const struct scf_idempotency *idempotency = NULL;
    if (code == SCF_OK)
        code = scf_rq_idempotency(rq, &idempotency, &err);
    if (code == SCF_OK && !sending)
        code = scf_fail(&err, SCF_E_INTERNAL, "Out of memory.");
    if (code == SCF_OK && !scf_commit_has_room(services->intake))
        code = scf_fail(&err, SCF_E_OVERLOADED, "Too many records are waiting; try again.");
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    code = scf_item_prepare(services, scf_rq_actor(rq), kind, scf_rq_body(rq),
                            scf_rq_received_us(rq), scf_rq_arena(rq), &sending->item);
    if (code != SCF_OK) {
        scf_tally(kind, SCF_REFUSED);
        scf_reply_error(rq, &sending->item.error);
        return;
    }
    sending->item.idempotency = idempotency;
    sending->items[0] = &sending->item;
    sending->group = (struct scf_group){.items = sending->items,
                                        .count = 1,
                                        .bytes = sending->item.record.body.n,
                                        .done = committed,
                                        .ctx = rq};
    scf_rq_set_data(rq, sending);
    scf_rq_suspend(rq);
    if (!scf_commit_submit(services->intake, &sending->group)) {
        sending->item.outcome = SCF_REFUSED;
        scf_fail(&sending->item.error, SCF_E_DRAINING, "The server is shutting down.");
        scf_tally(kind, SCF_REFUSED);
        scf_rq_resume(rq, answer);
    }
}
