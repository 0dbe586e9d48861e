/* GET /v1/events: what happened that concerns the caller's node, after the number it remembers.
 * `Prefer: wait=N` holds an empty page until there is something (api-rules R5). */
#include "scfd/http/answer.h"

#include "event_json.h"
#include "event_store.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500, BODY_MAX = 1 << 20 };

struct question {
    struct scf_uuid node_id;
    int64_t after_seq;
    int limit;
};

static enum scf_code read_node(struct scf_request *rq, struct scf_uuid *ret,
                               struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    const char *text = scf_rq_query(rq, "node_id");
    if (text == NULL && actor->admin)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "An administrator names the node whose events to read: node_id.");
    if (text == NULL) {
        *ret = actor->node_id;
        return SCF_OK;
    }
    struct scf_uuid id;
    if (!scf_id_parse("node", scf_str(text), &id) ||
        (!actor->admin && !scf_uuid_eq(&id, &actor->node_id)))
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such node.");
    *ret = id;
    return SCF_OK;
}

static enum scf_code read_question(struct scf_request *rq, struct question *ret,
                                   struct scf_error *err) {
    const char *after = scf_rq_query(rq, "after"), *limit = scf_rq_query(rq, "limit");
    int64_t n = LIMIT_DEFAULT, seq = 0;
    if (after && !scf_parse_i64(scf_str(after), 0, INT64_MAX, &seq))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "after is a next_cursor of this feed.");
    if (limit && !scf_parse_i64(scf_str(limit), 1, LIMIT_MAX, &n))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "limit is between 1 and %d.", LIMIT_MAX);
    enum scf_code code = read_node(rq, &ret->node_id, err);
    if (code)
        return code;
    ret->after_seq = seq;
    ret->limit = (int)n;
    return SCF_OK;
}

/* next_cursor is always given: where to go on once there is more. */
static struct scf_buf render(const struct question *q, const struct scf_event *events, int n) {
    int shown = n > q->limit ? q->limit : n;
    int64_t last = shown ? events[shown - 1].seq : q->after_seq;
    char cursor[24];
    snprintf(cursor, sizeof cursor, "%" PRId64, last);
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (int i = 0; i < shown; i++)
        scf_event_write(&w, &events[i]);
    scf_jw_end_array(&w);
    scf_jw_bool(&w, "has_more", n > q->limit);
    scf_jw_str(&w, "next_cursor", cursor);
    scf_jw_end_object(&w);
    return out;
}

static void events_get(struct scf_request *rq) {
    struct scf_error err;
    struct question q;
    struct scf_event *events;
    int n;
    enum scf_code code = read_question(rq, &q, &err);
    if (code == SCF_OK)
        code = scf_event_list(scf_rq_db(rq), scf_rq_arena(rq), &q.node_id, q.after_seq, q.limit + 1,
                              &events, &n, &err);
    if (code) {
        scf_reply_error(rq, &err);
    } else if (n == 0 && scf_rq_may_wait(rq)) {
        char topic[SCF_EVENT_TOPIC];
        scf_event_topic(&q.node_id, topic);
        scf_rq_wait(rq, topic);
    } else {
        struct scf_buf out = render(&q, events, n);
        scf_reply_tagged(rq, 200, n, &out);
    }
}

static const char *const query[] = {"after", "limit", "node_id", NULL};

const struct scf_route scf_exchange_routes[] = {
    {.method = "GET",
     .pattern = "/v1/events",
     .operation_id = "listEvents",
     .tag = "Events",
     .summary = "What happened that concerns this node, in order; Prefer: wait holds an empty page",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = events_get,
     .answers = "200 EventPage,304,404",
     .query = query},
};
const size_t scf_exchange_route_count = SCF_COUNT(scf_exchange_routes);
