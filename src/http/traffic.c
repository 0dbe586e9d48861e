/* Metrics per route and status, and the access line. A line for every request would cost more than
 * the request (one write(2) each), so answers below 400 are logged at debug level only: /metrics
 * counts them; 4xx is logged at info and 5xx at warn. */
#include "internal.h"

enum { STATUS_SLOTS = 16 };

struct slot {
    _Atomic int status;
    struct scf_metric *_Atomic counter;
};

struct scf_traffic {
    size_t count;
    struct scf_metric *in_flight;
    struct per_route {
        const char *method, *pattern;
        struct scf_metric *_Atomic duration; /* registered with the first answer */
        struct slot slots[STATUS_SLOTS];     /* filled as statuses appear; never emptied */
    } routes[];                              /* the last: requests that matched no route */
};

struct scf_traffic *scf_traffic_new(const struct scf_route *routes, size_t count) {
    struct scf_traffic *t = calloc(1, sizeof *t + (count + 1) * sizeof t->routes[0]);
    SCF_ASSERT(t != NULL);
    t->count = count;
    t->in_flight = scf_gauge("scfd_http_requests_in_flight", NULL, "Requests being answered");
    for (size_t i = 0; i <= count; i++) {
        struct per_route *r = &t->routes[i];
        r->method = i < count ? routes[i].method : "";
        r->pattern = i < count ? routes[i].pattern : "";
    }
    return t;
}

void scf_traffic_free(struct scf_traffic *t) {
    free(t);
}

static struct scf_metric *new_counter(const struct per_route *r, int status) {
    char labels[320];
    snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",code=\"%d\"", r->method, r->pattern,
             status);
    return scf_counter("scfd_http_requests_total", labels, "Requests answered (code 0: cut off)");
}

/* Registering twice gives the same metric, here and below, so that a lost race does no harm. */
static struct scf_metric *duration_of(struct per_route *r) {
    struct scf_metric *m = atomic_load_explicit(&r->duration, memory_order_acquire);
    if (m != NULL)
        return m;
    char labels[300];
    snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\"", r->method, r->pattern);
    m = scf_histogram("scfd_http_request_duration_seconds", labels,
                      "Time from the request line to the answer sent");
    atomic_store(&r->duration, m);
    return m;
}

static struct scf_metric *counter_for(struct per_route *r, int status) {
    for (size_t i = 0; i < STATUS_SLOTS; i++) {
        struct slot *s = &r->slots[i];
        int expected = atomic_load_explicit(&s->status, memory_order_acquire);
        if (expected == 0 && status != 0 &&
            atomic_compare_exchange_strong(&s->status, &expected, status))
            atomic_store(&s->counter, new_counter(r, status));
        if (atomic_load_explicit(&s->status, memory_order_relaxed) != status)
            continue;
        struct scf_metric *m = atomic_load_explicit(&s->counter, memory_order_acquire);
        return m != NULL ? m : new_counter(r, status);
    }
    return new_counter(r, status);
}

static void write_line(struct scf_request *rq, int status, int64_t us, enum scf_log_level level) {
    const struct scf_route *route = rq->route;
    char code[16], ms[32], in[24], out[24], node[SCF_ID_TEXT] = "";
    snprintf(code, sizeof code, "%d", status);
    snprintf(ms, sizeof ms, "%" PRId64 ".%03" PRId64, us / 1000, us % 1000);
    snprintf(in, sizeof in, "%" PRIu64, rq->body_received);
    snprintf(out, sizeof out, "%" PRIu64, rq->reply.sent_size);
    if (rq->has_actor && !rq->actor.admin)
        scf_id_format("node", &rq->actor.node_id, node);
    const char *pairs[2 * SCF_LOG_PAIRS + 1] = {NULL};
    for (size_t i = 0; i < rq->log_count; i++) {
        pairs[2 * i] = rq->log_keys[i];
        pairs[2 * i + 1] = rq->log_values[i];
    }
    static_assert(SCF_LOG_PAIRS == 4, "as many pairs as below");
    scf_log_kv(level, "request", "request_id", rq->id, "method", route ? route->method : "",
               "route", route ? route->pattern : "", "status", code, "duration_ms", ms, "bytes_in",
               in, "bytes_out", out, "actor",
               !rq->has_actor    ? ""
               : rq->actor.admin ? "admin"
                                 : "node",
               "node_id", node, pairs[0], pairs[1], pairs[2], pairs[3], pairs[4], pairs[5],
               pairs[6], pairs[7], NULL);
}

void scf_traffic_account(struct scf_request *rq, int status) {
    struct scf_traffic *t = rq->server->traffic;
    size_t index = rq->route_index >= 0 ? (size_t)rq->route_index : t->count;
    int64_t us = scf_mono_us() - rq->started_us;
    scf_metric_add(counter_for(&t->routes[index], status), 1);
    scf_metric_observe_us(duration_of(&t->routes[index]), us);
    scf_metric_set(t->in_flight,
                   atomic_load_explicit(&rq->server->in_flight, memory_order_relaxed) - 1);
    enum scf_log_level level = status >= 500   ? SCF_LOG_WARN
                               : status >= 400 ? SCF_LOG_INFO
                                               : SCF_LOG_DEBUG;
    if (scf_log_enabled(level))
        write_line(rq, status, us, level);
}
