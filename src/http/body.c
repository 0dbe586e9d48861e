/* Request bodies that are kept in memory. The buffer belongs to the connection and is used again,
 * so that a small body costs one copy and no allocation. Relies on zlib for gzipped bodies. */
#include <zlib.h>

#include "internal.h"

enum { FIRST_RESERVE = 16 * 1024, INFLATE_RATIO_MAX = 200, INFLATE_RATIO_FREE = 1024 * 1024 };

size_t scf_body_limit(const struct scf_request *rq) {
    if (rq->route == NULL)
        return 0;
    return rq->route->body_max != 0 ? rq->route->body_max : rq->server->options.max_body_bytes;
}

static bool too_large(struct scf_request *rq) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_BODY_TOO_LARGE, "The body may have at most %zu bytes.",
             scf_body_limit(rq));
    rq->close = true;
    scf_reply_error(rq, &err);
    return false;
}

bool scf_body_append(struct scf_request *rq, const char *bytes, size_t n) {
    if (rq->body_received == 0) {
        scf_buf_clear(&rq->body);
        rq->body.max = scf_body_limit(rq) + 1;
        uint64_t first = rq->content_length;
        if (first < FIRST_RESERVE)
            (void)scf_buf_reserve(&rq->body, (size_t)first);
    }
    scf_buf_put(&rq->body, bytes, n);
    return !rq->body.overflow || too_large(rq);
}

/* Inflates up to the route's limit; a ratio that only an attack has is refused early. */
static enum scf_code inflate_body(struct scf_request *rq, struct scf_error *err) {
    enum { STEP = 32 * 1024, GZIP_ONLY = 15 + 16 };
    z_stream z = {.next_in = (unsigned char *)rq->body.data, .avail_in = (unsigned)rq->body.len};
    scf_buf_init(&rq->inflated, scf_body_limit(rq) + STEP);
    if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return scf_fail(err, SCF_E_INTERNAL, "The body could not be inflated.");
    int state = Z_OK;
    while (state == Z_OK) {
        unsigned char *out = (unsigned char *)scf_buf_reserve(&rq->inflated, STEP);
        if (out == NULL)
            break;
        z.next_out = out;
        z.avail_out = STEP;
        state = inflate(&z, Z_NO_FLUSH);
        rq->inflated.len += STEP - z.avail_out;
        bool bomb = rq->inflated.len > INFLATE_RATIO_FREE &&
                    rq->inflated.len / INFLATE_RATIO_MAX > rq->body.len;
        if (bomb || rq->inflated.len > scf_body_limit(rq))
            rq->inflated.overflow = true;
        if (rq->inflated.overflow)
            break;
    }
    bool whole = state == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    if (rq->inflated.overflow)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The inflated body may have at most %zu bytes.",
                        scf_body_limit(rq));
    if (!whole)
        return scf_fail(err, SCF_E_MALFORMED_REQUEST, "The body is not one valid gzip member.");
    if (rq->inflated.len > 0)
        rq->inflated.data[rq->inflated.len] = '\0';
    return SCF_OK;
}

bool scf_body_finish(struct scf_request *rq) {
    if (rq->body_received == 0)
        scf_buf_clear(&rq->body);
    if (!rq->gzip)
        return true;
    struct scf_error err = {0};
    enum scf_code code = inflate_body(rq, &err);
    if (code == SCF_OK)
        return true;
    scf_reply_error(rq, &err);
    return false;
}
