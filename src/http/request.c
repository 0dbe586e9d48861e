/* What handlers may ask a request. Headers are views into libmicrohttpd's memory, which stays as it
 * is until the reply was sent; so these may be called from whichever thread owns the request. */
#include "fields.h"
#include "internal.h"

struct scf_arena *scf_rq_arena(struct scf_request *rq) {
    return rq->arena;
}

const struct scf_actor *scf_rq_actor(const struct scf_request *rq) {
    return rq->has_actor ? &rq->actor : NULL;
}

const struct scf_route *scf_rq_route(const struct scf_request *rq) {
    return rq->route;
}

struct scf_db *scf_rq_db(struct scf_request *rq) {
    return rq->db;
}

void *scf_rq_app(struct scf_request *rq) {
    return rq->server->options.app;
}

const char *scf_rq_path(const struct scf_request *rq) {
    return rq->path;
}

struct scf_str scf_rq_body(const struct scf_request *rq) {
    return rq->body.len == 0 ? (struct scf_str){"", 0}
                             : (struct scf_str){rq->body.data, rq->body.len};
}

struct scf_str scf_rq_param(const struct scf_request *rq, const char *name) {
    for (int i = 0; i < rq->match.n; i++)
        if (scf_str_is(rq->match.names[i], name))
            return rq->match.values[i];
    return (struct scf_str){NULL, 0};
}

const char *scf_rq_query(const struct scf_request *rq, const char *name) {
    for (size_t i = 0; i < rq->query.n; i++)
        if (strcmp(rq->query.items[i].name, name) == 0)
            return rq->query.items[i].value;
    return NULL;
}

const char *scf_rq_header(const struct scf_request *rq, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < rq->header_count; i++) {
        const struct scf_header *h = &rq->headers[i];
        if (h->name.n == n && strncasecmp(h->name.p, name, n) == 0)
            return h->value.p;
    }
    return NULL;
}

bool scf_rq_chinese(const struct scf_request *rq) {
    return scf_prefers_chinese(scf_rq_header(rq, "Accept-Language"));
}

bool scf_rq_prefers(const struct scf_request *rq, const char *media, const char *other) {
    return scf_prefers_media(scf_rq_header(rq, "Accept"), media, other);
}

const char *scf_rq_base_url(const struct scf_request *rq) {
    return rq->server->public_base_url;
}

int64_t scf_rq_received_us(const struct scf_request *rq) {
    return rq->received_us;
}

void scf_rq_set_data(struct scf_request *rq, void *data) {
    rq->data = data;
}

void *scf_rq_data(const struct scf_request *rq) {
    return rq->data;
}

void scf_rq_log(struct scf_request *rq, const char *key, const char *value) {
    char *copy = scf_strdup(rq->arena, value);
    if (copy == NULL || rq->log_count == SCF_LOG_PAIRS)
        return;
    rq->log_keys[rq->log_count] = key;
    rq->log_values[rq->log_count] = copy;
    rq->log_count++;
}
