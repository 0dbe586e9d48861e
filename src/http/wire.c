/* The request head as it was on the wire, and the refusal of everything two servers could read in
 * two ways (request smuggling). Relies on libmicrohttpd 0.9.75:
 *   - the names and values it reports point into the received head, in order, so that an exact
 *     head is tiled by them: "name:" OWS "value" CRLF, nothing between. A bare LF, a folded line, a
 *     NUL or anything else that libmicrohttpd smooths over leaves a gap and is refused;
 *   - the target handed to the URI log callback lies between method and version likewise.
 * What stays with libmicrohttpd: heads it cannot parse at all get its own short 400, 414, 431 or
 * 505 page (not a problem document) and the connection ends; blank lines before a request line are
 * skipped; and inside a chunked body it takes a bare LF for CRLF, which cannot be seen from here.
 */
#include <microhttpd.h>

#include "internal.h"

#if MHD_VERSION >= 0x00097600
#error "the tiling below was checked with libmicrohttpd 0.9.75 only"
#endif

static enum scf_code malformed(struct scf_error *err, const char *why) {
    return scf_fail(err, SCF_E_MALFORMED_REQUEST, "%s", why);
}

/* Letters, digits and `marks` only. */
static bool consists_of(struct scf_str s, const char *marks) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!alnum && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return true;
}

/* RFC 9110 tchar. */
static bool is_token(struct scf_str s) {
    return s.n > 0 && consists_of(s, "!#$%&'*+-.^_`|~");
}

static bool is_field_value(struct scf_str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
                               const char *value, size_t value_n) {
    (void)kind;
    struct scf_request *rq = cls;
    if (rq->header_count == SCF_HEADERS_MAX) {
        rq->header_count++;
        return MHD_NO;
    }
    rq->headers[rq->header_count++] = (struct scf_header){{name, name_n}, {value, value_n}};
    return MHD_YES;
}

/* Only blanks between the colon and the value. */
static bool blank_between(const char *from, const char *to) {
    for (; from < to; from++)
        if (*from != ' ' && *from != '\t')
            return false;
    return from == to;
}

static bool request_line_is_exact(const struct scf_request *rq, const char *method,
                                  const char *version) {
    return rq->target_at == method + strlen(method) + 1 &&
           version == rq->target_at + strlen(rq->target) + 1;
}

/* Do request line and fields tile the head of `size` bytes at `method`? */
static bool head_is_exact(const struct scf_request *rq, const char *method, const char *version,
                          size_t size) {
    enum { CRLF = 2 };
    const char *next = version + strlen(version) + CRLF;
    for (size_t i = 0; i < rq->header_count; i++) {
        const struct scf_header *h = &rq->headers[i];
        if (h->name.p != next || !blank_between(next + h->name.n + 1, h->value.p))
            return false;
        next = h->value.p + h->value.n + CRLF;
    }
    return next + CRLF == method + size;
}

/* Origin form only, visible ASCII, no fragment. */
static enum scf_code check_target(const char *target, struct scf_error *err) {
    if (target[0] != '/')
        return malformed(err, "The request target must be a path that begins with '/'.");
    for (const char *p = target; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '#')
            return malformed(err, "The request target holds a byte that must be percent-encoded.");
    return SCF_OK;
}

/* Fields that may be there once: of two, a server in front could have obeyed the other. */
static enum scf_code check_singletons(const struct scf_request *rq, struct scf_error *err) {
    static const char *const once[] = {"Authorization", "Content-Type", "Content-Encoding",
                                       "Idempotency-Key", "Expect"};
    for (size_t k = 0; k < SCF_COUNT(once); k++) {
        int n = 0;
        for (size_t i = 0; i < rq->header_count; i++)
            n += strcasecmp(rq->headers[i].name.p, once[k]) == 0;
        if (n > 1)
            return scf_fail(err, SCF_E_MALFORMED_REQUEST, "There is more than one %s header.",
                            once[k]);
    }
    return SCF_OK;
}

/* host [":" port] by its bytes (RFC 9110 §7.2): one with others could be another host to a server
 * in front. Empty is allowed. */
static bool is_host(struct scf_str s) {
    return consists_of(s, "-._~%!$&'()*+,;=:[]");
}

/* Finds out how long the body is; refuses what could be read in two ways. */
static enum scf_code check_framing(struct scf_request *rq, bool http_1_0, struct scf_error *err) {
    int hosts = 0, lengths = 0, codings = 0;
    for (size_t i = 0; i < rq->header_count; i++) {
        const struct scf_header *h = &rq->headers[i];
        if (strcasecmp(h->name.p, "Host") == 0) {
            hosts++;
            if (!is_host(h->value))
                return malformed(err, "The Host header is no host and port.");
        } else if (strcasecmp(h->name.p, "Content-Length") == 0) {
            lengths++;
            if (!scf_parse_u64(h->value, UINT64_MAX / 2, &rq->content_length))
                return malformed(err, "Content-Length is not a number.");
        } else if (strcasecmp(h->name.p, "Transfer-Encoding") == 0) {
            codings++;
            rq->chunked = strcasecmp(h->value.p, "chunked") == 0;
        }
    }
    if (hosts > 1 || (hosts == 0 && !http_1_0))
        return malformed(err, "Exactly one Host header is required.");
    if (lengths > 1)
        return malformed(err, "There is more than one Content-Length.");
    if (codings > 0 && lengths > 0)
        return malformed(err, "Content-Length and Transfer-Encoding exclude each other.");
    if (codings > 1 || (codings == 1 && !rq->chunked))
        return malformed(err, "The only Transfer-Encoding accepted is \"chunked\".");
    if (codings > 0 && http_1_0)
        return malformed(err, "HTTP/1.0 has no Transfer-Encoding.");
    return SCF_OK;
}

enum scf_code scf_wire_read_head(struct scf_request *rq, const char *method, const char *version,
                                 struct scf_error *err) {
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, collect, rq);
    if (size->header_size > SCF_HEAD_MAX || rq->header_count > SCF_HEADERS_MAX) {
        rq->header_count = 0;
        return scf_fail(err, SCF_E_HEADERS_TOO_LARGE,
                        "The request head may have %d bytes and %d fields.", SCF_HEAD_MAX,
                        SCF_HEADERS_MAX);
    }
    if (rq->target == NULL || !request_line_is_exact(rq, method, version) ||
        !is_token(scf_str(method)))
        return malformed(err, "The request line is malformed.");
    if (!head_is_exact(rq, method, version, size->header_size))
        return malformed(err, "A header line is malformed.");
    for (size_t i = 0; i < rq->header_count; i++)
        if (!is_token(rq->headers[i].name) || !is_field_value(rq->headers[i].value))
            return malformed(err, "A header line is malformed.");
    enum scf_code code = check_target(rq->target, err);
    if (code != SCF_OK)
        return code;
    code = check_framing(rq, strcmp(version, "HTTP/1.0") == 0, err);
    return code == SCF_OK ? check_singletons(rq, err) : code;
}
