/* Request bodies: counted, inflated, and either kept in memory or handed to a stream. The buffer
 * belongs to the connection and is used again, so that a small body costs one copy and no
 * allocation. */
#include "gunzip.h"
#include "internal.h"

enum { FIRST_RESERVE = 16 * 1024 };

size_t scf_body_limit(const struct scf_request *rq) {
    if (rq->route == NULL)
        return 0;
    return rq->route->body_max != 0 ? rq->route->body_max : rq->server->options.max_body_bytes;
}

static void refuse(struct scf_request *rq, const struct scf_error *err) {
    scf_reply_error(rq, err);
    scf_stream_abort(rq);
    rq->stage = SCF_STAGE_DRAIN;
}

static void too_large(struct scf_request *rq) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_BODY_TOO_LARGE, "The body may have at most %zu bytes.",
             scf_body_limit(rq));
    rq->close = true;
    refuse(rq, &err);
}

/* Counts what the buffer grew by; false when there is no room for it. */
static bool count_memory(struct scf_request *rq) {
    size_t holds = rq->body.capacity > SCF_BODY_KEEP ? rq->body.capacity : 0;
    if (holds <= rq->body_counted)
        return true;
    size_t more = holds - rq->body_counted;
    rq->body_counted = holds;
    return atomic_fetch_add(&rq->server->body_bytes, more) + more <= rq->server->body_bytes_max;
}

static void no_room(struct scf_request *rq) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_OVERLOADED, "Too many large bodies are arriving at once.");
    rq->close = true;
    refuse(rq, &err);
    scf_buf_free(&rq->body);
}

static size_t keep(struct scf_request *rq, const char *bytes, size_t n) {
    if (rq->body_received == 0 && rq->gunzip == NULL)
        (void)scf_buf_reserve(&rq->body, rq->content_length < FIRST_RESERVE
                                             ? (size_t)rq->content_length
                                             : FIRST_RESERVE);
    scf_buf_put(&rq->body, bytes, n);
    if (rq->body.overflow)
        too_large(rq);
    else if (!count_memory(rq))
        no_room(rq);
    return n;
}

static size_t take(struct scf_request *rq, const char *bytes, size_t n) {
    return rq->route->run == SCF_RUN_STREAM ? scf_stream_take(rq, bytes, n) : keep(rq, bytes, n);
}

static bool take_inflated(struct scf_request *rq, const char *bytes, size_t n, size_t *ret_taken) {
    rq->suspended = false;
    *ret_taken = take(rq, bytes, n);
    return !rq->suspended && rq->stage == SCF_STAGE_BODY;
}

static size_t inflate_into(struct scf_request *rq, const char *bytes, size_t n) {
    struct scf_error err = {0};
    size_t taken = n;
    enum scf_code code = scf_gunzip_feed(rq->gunzip, bytes, n, take_inflated, rq, &taken, &err);
    if (code != SCF_OK)
        refuse(rq, &err);
    return rq->stage == SCF_STAGE_BODY ? taken : n;
}

size_t scf_body_take(struct scf_request *rq, const char *bytes, size_t n) {
    if (rq->body_received + n > scf_body_limit(rq)) {
        too_large(rq);
        return n;
    }
    return rq->gunzip != NULL ? inflate_into(rq, bytes, n) : take(rq, bytes, n);
}

void scf_body_begin(struct scf_request *rq) {
    scf_buf_clear(&rq->body);
    rq->body.max = scf_body_limit(rq);
    if (rq->gzip)
        rq->gunzip = scf_gunzip_new(scf_body_limit(rq));
}

bool scf_body_complete(struct scf_request *rq) {
    if (rq->gunzip == NULL || scf_gunzip_complete(rq->gunzip))
        return true;
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_MALFORMED_REQUEST, "The body is not one valid gzip member.");
    refuse(rq, &err);
    return false;
}

void scf_body_end(struct scf_request *rq) {
    scf_gunzip_free(rq->gunzip);
    rq->gunzip = NULL;
    if (rq->body.capacity > SCF_BODY_KEEP)
        scf_buf_free(&rq->body);
    atomic_fetch_sub(&rq->server->body_bytes, rq->body_counted);
    rq->body_counted = 0;
}
