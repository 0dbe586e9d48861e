/* From the head of a request to "go on" or a ready answer: wire, capacity, route, key, query, body
 * headers, in that order. Runs on the HTTP thread with nothing but memory. */
#include "scfd/codec/digest.h"

#include "fields.h"
#include "internal.h"

static bool refuse(struct scf_request *rq, const struct scf_error *err) {
    scf_reply_error(rq, err);
    return false;
}

static bool refuse_code(struct scf_request *rq, enum scf_code code, const char *detail) {
    scf_reply_code(rq, code, detail);
    return false;
}

/* X-Request-Id when it is 1–128 visible ASCII characters, or a fresh one. */
static void choose_id(struct scf_request *rq) {
    const char *given = scf_rq_header(rq, "X-Request-Id");
    size_t n = given == NULL ? 0 : strlen(given);
    bool good = n > 0 && n <= SCF_REQUEST_ID_MAX;
    for (size_t i = 0; good && i < n; i++)
        good = given[i] > ' ' && given[i] < 0x7f;
    if (good) {
        memcpy(rq->id, given, n + 1);
        return;
    }
    static_assert(sizeof rq->id >= SCF_ID_TEXT, "a made id fits");
    struct scf_uuid u = scf_uuid_new();
    scf_id_format("req", &u, rq->id);
}

/* Splits the target and decodes the path parameters into the arena. */
static bool decode_params(struct scf_request *rq) {
    for (int i = 0; i < rq->match.n; i++) {
        struct scf_str raw = rq->match.values[i];
        if (memchr(raw.p, '%', raw.n) == NULL)
            continue;
        char *text = scf_percent_decode(rq->arena, raw, false);
        if (text == NULL)
            return refuse_code(rq, SCF_E_MALFORMED_REQUEST,
                               "The path is not valid percent-encoded UTF-8.");
        size_t slashes = 0, raw_slashes = 0;
        for (const char *p = text; *p != '\0'; p++)
            slashes += *p == '/';
        for (size_t k = 0; k < raw.n; k++)
            raw_slashes += raw.p[k] == '/';
        if (slashes != raw_slashes)
            return refuse_code(rq, SCF_E_NOT_FOUND, "There is nothing at this path.");
        rq->match.values[i] = scf_str(text);
    }
    return true;
}

/* What a POST or PATCH of this path may carry (api-rules R22). */
static void tell_media_types(struct scf_request *rq, struct scf_str path) {
    static const char *const headers[][2] = {{"POST", "Accept-Post"}, {"PATCH", "Accept-Patch"}};
    char allow[SCF_ALLOW_TEXT];
    for (size_t i = 0; i < SCF_COUNT(headers); i++) {
        struct scf_route_match match;
        if (scf_router_find(rq->server->router, headers[i][0], path, &match, allow) == SCF_FOUND &&
            match.route->body_type != NULL)
            scf_reply_header(rq, headers[i][1], match.route->body_type);
    }
}

static bool find_route(struct scf_request *rq, const char *method, struct scf_str path) {
    char allow[SCF_ALLOW_TEXT];
    switch (scf_router_find(rq->server->router, method, path, &rq->match, allow)) {
    case SCF_FOUND:
        rq->route = rq->match.route;
        rq->route_index = (int)(rq->route - rq->server->routes);
        return true;
    case SCF_FOUND_OPTIONS:
        rq->is_options = true;
        scf_reply_header(rq, "Allow", allow);
        tell_media_types(rq, path);
        struct scf_buf none;
        scf_buf_init(&none, 1);
        scf_reply(rq, 204, NULL, &none);
        return false;
    case SCF_NO_METHOD:
        scf_reply_header(rq, "Allow", allow);
        return refuse_code(rq, SCF_E_METHOD_NOT_ALLOWED, "This path does not take that method.");
    case SCF_NO_PATH:
        break;
    }
    return refuse_code(rq, SCF_E_NOT_FOUND, "There is nothing at this path.");
}

/* Bearer, or Basic with the key as user name; in the arena or the head. Empty when there is none.
 */
static struct scf_str presented_key(struct scf_request *rq) {
    const char *auth = scf_rq_header(rq, "Authorization");
    if (auth == NULL)
        return (struct scf_str){NULL, 0};
    if (strncasecmp(auth, "Bearer ", 7) == 0)
        return scf_str(auth + 7 + strspn(auth + 7, " "));
    if (strncasecmp(auth, "Basic ", 6) != 0)
        return (struct scf_str){NULL, 0};
    struct scf_str encoded = scf_str(auth + 6 + strspn(auth + 6, " "));
    char *text = scf_alloc(rq->arena, encoded.n + 1, 1);
    size_t n;
    if (text == NULL || !scf_unbase64(encoded, text, encoded.n, &n))
        return (struct scf_str){NULL, 0};
    const char *colon = memchr(text, ':', n);
    return (struct scf_str){text, colon == NULL ? n : (size_t)(colon - text)};
}

static bool authorize(struct scf_request *rq) {
    const struct scf_route *route = rq->route;
    if (route->access == SCF_PUBLIC)
        return true;
    struct scf_str key = presented_key(rq);
    if (key.n == 0)
        return refuse_code(rq, SCF_E_UNAUTHENTICATED,
                           "Send an API key as \"Authorization: Bearer KEY\".");
    struct scf_error err = {0};
    SCF_ASSERT(rq->server->options.authenticate != NULL);
    if (rq->server->options.authenticate(rq->server->options.app, key, &rq->actor, &err) != SCF_OK)
        return refuse(rq, &err);
    rq->has_actor = true;
    bool may = rq->actor.admin ? route->admin : (route->kinds & SCF_KIND(rq->actor.kind)) != 0;
    return may || refuse_code(rq, SCF_E_FORBIDDEN, "This key may not use this operation.");
}

/* Reading is always possible. */
static bool check_halt(struct scf_request *rq) {
    const struct scf_server_options *o = &rq->server->options;
    struct scf_error err = {0};
    if (o->may_write == NULL || rq->route->when_halted || strcmp(rq->route->method, "GET") == 0)
        return true;
    return o->may_write(o->app, &err) == SCF_OK || refuse(rq, &err);
}

static bool check_type(struct scf_request *rq) {
    const char *type = scf_rq_header(rq, "Content-Type");
    if (scf_media_type_matches(type, rq->route->body_type))
        return true;
    scf_reply_header(rq, "Accept", rq->route->body_type);
    return refuse_code(rq, SCF_E_UNSUPPORTED_MEDIA_TYPE,
                       "The Content-Type of this operation is in the Accept header of the answer.");
}

static bool check_coding(struct scf_request *rq) {
    const char *coding = scf_rq_header(rq, "Content-Encoding");
    if (coding == NULL || strcasecmp(coding, "identity") == 0)
        return true;
    rq->gzip = strcasecmp(coding, "gzip") == 0;
    if (rq->gzip)
        return true;
    scf_reply_header(rq, "Accept-Encoding", "gzip");
    return refuse_code(rq, SCF_E_UNSUPPORTED_MEDIA_TYPE,
                       "The only Content-Encoding supported is gzip.");
}

static bool check_body(struct scf_request *rq) {
    bool has_body = rq->chunked || rq->content_length > 0;
    if (rq->route->body_type == NULL)
        return !has_body ||
               refuse_code(rq, SCF_E_MALFORMED_REQUEST, "This operation takes no request body.");
    if (rq->content_length > scf_body_limit(rq)) {
        struct scf_error err = {0};
        scf_fail(&err, SCF_E_BODY_TOO_LARGE, "The body may have at most %zu bytes.",
                 scf_body_limit(rq));
        return refuse(rq, &err);
    }
    return check_type(rq) && check_coding(rq);
}

static bool check_idempotency_key(struct scf_request *rq) {
    if (!rq->route->needs_idempotency_key || scf_rq_header(rq, "Idempotency-Key") != NULL)
        return true;
    return refuse_code(rq, SCF_E_IDEMPOTENCY_KEY_INVALID,
                       "This operation requires an Idempotency-Key header.");
}

static bool read_query(struct scf_request *rq, struct scf_str text) {
    struct scf_error err = {0};
    enum scf_code code = scf_query_parse(rq->arena, text, rq->route->query, &rq->query, &err);
    return code == SCF_OK || refuse(rq, &err);
}

bool scf_admit(struct scf_request *rq, const char *method, const char *version) {
    struct scf_error err = {0};
    enum scf_code code = scf_wire_read_head(rq, method, version, &err);
    choose_id(rq);
    if (code != SCF_OK) {
        rq->close = true;
        return refuse(rq, &err);
    }
    const char *expect = scf_rq_header(rq, "Expect");
    rq->expect_continue = expect != NULL;
    if (rq->conn->over_cap) {
        rq->close = true;
        return refuse_code(rq, SCF_E_OVERLOADED, "There are too many connections.");
    }
    struct scf_str path = scf_str(rq->target), query = {NULL, 0};
    const char *mark = strchr(rq->target, '?');
    if (mark != NULL) {
        path.n = (size_t)(mark - rq->target);
        query = scf_str(mark + 1);
    }
    rq->target[path.n] = '\0';
    rq->path = rq->target;
    rq->is_head = strcmp(method, "HEAD") == 0;
    return find_route(rq, method, path) && decode_params(rq) && authorize(rq) && check_halt(rq) &&
           read_query(rq, query) && check_body(rq) && check_idempotency_key(rq);
}
