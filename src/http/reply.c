/* Answers: what handlers set, and how it is given to libmicrohttpd. Only scf_reply_send touches
 * libmicrohttpd, on the HTTP thread; the response owns its bytes (libraries: MHD-2, MHD-11). */
#include <microhttpd.h>

#include "fields.h"
#include "internal.h"
#include "problem.h"

enum { PROBLEM_MAX = 256 * 1024 };

bool scf_replied(const struct scf_request *rq) {
    return rq->reply.status != 0;
}

static void add_header(struct scf_request *rq, const char *name, const char *value) {
    struct scf_pending_reply *r = &rq->reply;
    SCF_ASSERT(r->header_count < SCF_REPLY_HEADERS_MAX);
    r->headers[r->header_count].name = name;
    r->headers[r->header_count].value = value;
    r->header_count++;
}

void scf_reply_header(struct scf_request *rq, const char *name, const char *value) {
    char *name_copy = scf_strdup(rq->arena, name), *value_copy = scf_strdup(rq->arena, value);
    if (name_copy != NULL && value_copy != NULL)
        add_header(rq, name_copy, value_copy);
}

void scf_reply(struct scf_request *rq, int status, const char *content_type, struct scf_buf *body) {
    SCF_ASSERT(!scf_replied(rq));
    if (body->overflow) {
        scf_buf_free(body);
        scf_reply_code(rq, SCF_E_INTERNAL, "The answer is too large.");
        return;
    }
    rq->reply.status = status;
    rq->reply.content_type = content_type;
    rq->reply.body = *body;
    scf_buf_init(body, body->max);
}

void scf_reply_json(struct scf_request *rq, int status, struct scf_buf *body) {
    scf_reply(rq, status, "application/json", body);
}

void scf_reply_file(struct scf_request *rq, int status, const char *content_type, int fd,
                    uint64_t size) {
    SCF_ASSERT(!scf_replied(rq));
    rq->reply.status = status;
    rq->reply.content_type = content_type;
    rq->reply.fd = fd;
    rq->reply.fd_size = size;
}

/* ---- errors ---- */

static const char *retry_after(enum scf_code code) {
    if (code == SCF_E_DATABASE_UNAVAILABLE)
        return "5";
    if (code == SCF_E_LOG_RESTORED) /* until an operator has decided how to go on */
        return "60";
    if (scf_code_status(code) == 503 || code == SCF_E_IDEMPOTENCY_IN_FLIGHT)
        return "1";
    return NULL;
}

static void log_failure(struct scf_request *rq, const struct scf_error *err) {
    scf_rq_log(rq, "error", scf_code_slug(err->code));
    if (err->note[0] == '\0' && scf_code_status(err->code) < 500)
        return;
    char what[SCF_REQUEST_ID_MAX + 32];
    snprintf(what, sizeof what, "request %s failed", rq->id);
    scf_log_error(what, err);
}

void scf_problem_json(const struct scf_request *rq, const struct scf_error *err,
                      struct scf_buf *out) {
    struct scf_problem_context context = {.base_url = rq->server->public_base_url,
                                          .instance = rq->path,
                                          .request_id = rq->id,
                                          .chinese = scf_rq_chinese(rq)};
    scf_problem_write(out, err, &context);
    if (!out->overflow)
        return;
    struct scf_error plain = *err; /* too many long faults: the same without them */
    plain.faults = NULL;
    plain.members_json = NULL;
    scf_buf_clear(out);
    scf_problem_write(out, &plain, &context);
}

void scf_reply_error(struct scf_request *rq, const struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, PROBLEM_MAX);
    scf_problem_json(rq, err, &body);
    if (retry_after(err->code) != NULL)
        add_header(rq, "Retry-After", retry_after(err->code));
    if (err->code == SCF_E_UNAUTHENTICATED)
        add_header(rq, "WWW-Authenticate", "Bearer");
    add_header(rq, "Content-Language", scf_rq_chinese(rq) ? "zh-CN" : "en");
    log_failure(rq, err);
    scf_reply(rq, scf_code_status(err->code), "application/problem+json", &body);
}

void scf_reply_code(struct scf_request *rq, enum scf_code code, const char *detail) {
    struct scf_error err = {0};
    scf_fail(&err, code, "%s", detail);
    scf_reply_error(rq, &err);
}

bool scf_rq_has_tag(const struct scf_request *rq, const char *etag) {
    return scf_etag_listed(scf_rq_header(rq, "If-None-Match"), etag);
}

bool scf_reply_not_modified(struct scf_request *rq, const char *etag) {
    char *quoted = scf_asprintf(rq->arena, "\"%s\"", etag);
    if (quoted == NULL)
        return false;
    add_header(rq, "ETag", quoted);
    add_header(rq, "Cache-Control", "private, no-cache");
    if (!scf_rq_has_tag(rq, etag))
        return false;
    struct scf_buf none;
    scf_buf_init(&none, 1);
    scf_reply(rq, 304, NULL, &none);
    return true;
}

void scf_reply_replay(struct scf_request *rq, const struct scf_replay *replay) {
    struct scf_buf body;
    scf_buf_init(&body, replay->body.n + 1);
    scf_buf_put(&body, replay->body.p, replay->body.n);
    add_header(rq, "Idempotent-Replayed", "true");
    scf_reply_json(rq, replay->status, &body);
}

/* ---- to libmicrohttpd ---- */

static struct MHD_Response *make_response(struct scf_pending_reply *r) {
    if (r->fd >= 0) {
        struct MHD_Response *response = MHD_create_response_from_fd64(r->fd_size, r->fd);
        if (response != NULL)
            r->fd = -1;
        return response;
    }
    size_t n;
    char *bytes = scf_buf_detach(&r->body, &n);
    if (n == 0) {
        free(bytes);
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(bytes);
    return response;
}

static void put_headers(struct scf_request *rq, struct MHD_Response *response) {
    struct scf_pending_reply *r = &rq->reply;
    if (r->content_type != NULL)
        MHD_add_response_header(response, "Content-Type", r->content_type);
    MHD_add_response_header(response, "Scfd-Version", SCFD_VERSION);
    MHD_add_response_header(response, "Request-Id", rq->id);
    for (size_t i = 0; i < r->header_count; i++)
        MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
    if (rq->wait.applied) {
        char text[16];
        snprintf(text, sizeof text, "wait=%d", rq->wait_seconds);
        MHD_add_response_header(response, "Preference-Applied", text);
    }
    if (rq->close || atomic_load_explicit(&rq->server->draining, memory_order_relaxed))
        MHD_add_response_header(response, "Connection", "close");
}

bool scf_reply_send(struct scf_request *rq) {
    struct scf_pending_reply *r = &rq->reply;
    uint64_t size = r->fd >= 0 ? r->fd_size : r->body.len;
    struct MHD_Response *response = make_response(r);
    if (response == NULL)
        return false;
    put_headers(rq, response);
    rq->stage = SCF_STAGE_SENT;
    r->sent_size = rq->is_head ? 0 : size;
    int64_t grace = rq->server->options.client_timeout_s * SCF_US_PER_SECOND;
    scf_connection_deadline(rq, grace + (int64_t)(size / SCF_BODY_RATE) * SCF_US_PER_SECOND);
    enum MHD_Result queued = MHD_queue_response(rq->mhd, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return queued == MHD_YES;
}

void scf_reply_drop(struct scf_request *rq) {
    struct scf_pending_reply *r = &rq->reply;
    scf_buf_free(&r->body);
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->status = 0;
    r->sent_size = 0;
    r->content_type = NULL;
    r->header_count = 0;
}
