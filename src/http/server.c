/* Starting and stopping. The threads: libmicrohttpd's pool, the executor's, one timer. Stopping
 * follows libraries.md MHD-5 and MHD-6. */
#include "connection.h"

#include <sys/socket.h>

enum {
    POOL_MEMORY = 24 * 1024, /* per connection; libmicrohttpd clears all of it for every request */
    QUEUE_PER_THREAD = 64,
    STRAGGLER_S = 10, /* from cancelling a statement to the end of its handler */
    POLL_NS = 2000000,
    DEFAULT_CONNECTIONS = 4096,
    DEFAULT_TIMEOUT_S = 15,
    DEFAULT_BODY = 2 * 1024 * 1024
};

static char *copy(const char *text) {
    char *c = text == NULL ? NULL : strdup(text);
    SCF_ASSERT(text == NULL || c != NULL);
    return c;
}

static void take_options(struct scf_server *s, const struct scf_server_options *o) {
    s->options = *o;
    s->listen_address = copy(o->listen);
    s->options.listen = s->listen_address;
    s->public_base_url = copy(o->public_base_url);
    s->database_url = copy(o->database_url);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (s->options.http_threads <= 0)
        s->options.http_threads = (int)cores;
    if (s->options.http_threads < 2)
        s->options.http_threads = 2;
    if (s->options.service_threads <= 0)
        s->options.service_threads = 2;
    if (s->options.max_connections <= 0)
        s->options.max_connections = DEFAULT_CONNECTIONS;
    if (s->options.client_timeout_s <= 0)
        s->options.client_timeout_s = DEFAULT_TIMEOUT_S;
    if (s->options.max_body_bytes == 0)
        s->options.max_body_bytes = DEFAULT_BODY;
    s->body_bytes_max = SCF_BODIES_MAX;
    if (o->cursor_key != NULL)
        memcpy(s->cursor_key, o->cursor_key, sizeof s->cursor_key);
    else
        scf_random(s->cursor_key, sizeof s->cursor_key);
}

static enum scf_code build_routes(struct scf_server *s, struct scf_error *err) {
    size_t own = scf_builtin_route_count, given = s->options.route_count;
    s->route_count = own + given;
    s->routes = calloc(s->route_count, sizeof *s->routes);
    SCF_ASSERT(s->routes != NULL);
    memcpy(s->routes, scf_builtin_routes, own * sizeof *s->routes);
    if (given > 0)
        memcpy(s->routes + own, s->options.routes, given * sizeof *s->routes);
    s->traffic = scf_traffic_new(s->routes, s->route_count);
    return scf_router_new(s->routes, s->route_count, &s->router, err);
}

static void on_mhd_message(void *cls, const char *format, va_list args) {
    (void)cls;
    if (!scf_log_enabled(SCF_LOG_DEBUG))
        return;
    char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof text, format, args);
#pragma GCC diagnostic pop
    text[strcspn(text, "\n")] = '\0';
    scf_log_kv(SCF_LOG_DEBUG, "libmicrohttpd", "message", text, NULL);
}

/* libmicrohttpd divides its limit among its threads and lets the surplus hang in the backlog. So it
 * is told a limit that one thread alone could serve, and scf_on_accept keeps the real one. */
static enum scf_code start_daemon(struct scf_server *s, struct scf_error *err) {
    const struct scf_server_options *o = &s->options;
    unsigned threads = (unsigned)o->http_threads;
    unsigned limit = (unsigned)(o->max_connections + o->max_connections / 8 + 16) * threads;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    s->daemon = MHD_start_daemon(
        flags, 0, scf_on_accept, s, scf_on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_message,
        NULL, MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)o->client_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, scf_on_target, s,
        MHD_OPTION_NOTIFY_CONNECTION, scf_on_connection, s, MHD_OPTION_NOTIFY_COMPLETED,
        scf_on_completed, s, MHD_OPTION_END);
    if (s->daemon == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The HTTP server could not be started.");
    return SCF_OK;
}

static void make_metrics(struct scf_server *s) {
    s->open_connections =
        scf_gauge("scfd_http_connections", NULL, "Client connections that are open");
    s->refused_connections = scf_counter("scfd_http_connections_refused_total", NULL,
                                         "Client connections past max_connections");
}

static enum scf_code start_all(struct scf_server *s, struct scf_error *err) {
    make_metrics(s);
    enum scf_code code = build_routes(s, err);
    if (code != SCF_OK || (code = scf_listen_open(s, err)) != SCF_OK)
        return code;
    s->waits = scf_waits_new(s->options.max_connections / 4);
    int threads = s->options.service_threads;
    s->executor =
        scf_executor_start(s, threads, s->database_url, (size_t)threads * QUEUE_PER_THREAD);
    if (s->executor == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The service threads could not be started.");
    s->linger = scf_linger_start();
    if (s->linger == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "A thread could not be started.");
    if ((code = scf_timer_start(s, err)) != SCF_OK)
        return code;
    return start_daemon(s, err);
}

static void free_server(struct scf_server *s) {
    scf_executor_stop(s->executor);
    scf_timer_stop(s);
    scf_linger_stop(s->linger);
    scf_listen_close(s);
    scf_waits_free(s->waits);
    scf_router_free(s->router);
    scf_traffic_free(s->traffic);
    pthread_mutex_destroy(&s->connections_lock);
    free(s->routes);
    free(s->public_base_url);
    free(s->listen_address);
    free(s->database_url);
    free(s);
}

enum scf_code scf_server_start(const struct scf_server_options *options, struct scf_server **ret,
                               struct scf_error *err) {
    struct scf_server *s = calloc(1, sizeof *s);
    SCF_ASSERT(s != NULL);
    s->listen_fd = -1;
    pthread_mutex_init(&s->connections_lock, NULL);
    take_options(s, options);
    enum scf_code code = start_all(s, err);
    if (code != SCF_OK) {
        free_server(s);
        return code;
    }
    *ret = s;
    return SCF_OK;
}

int scf_server_port(const struct scf_server *s) {
    return s->port;
}

static void add_check(struct scf_server *s, struct scf_check check) {
    int n = atomic_load(&s->check_count);
    SCF_ASSERT(n < SCF_CHECKS_MAX);
    s->checks[n] = check;
    atomic_store(&s->check_count, n + 1);
}

void scf_server_add_check(struct scf_server *s, const char *name, scf_ready_check fn, void *ctx) {
    add_check(s, (struct scf_check){name, fn, ctx, false});
}

void scf_server_add_warning(struct scf_server *s, const char *name, scf_ready_check fn, void *ctx) {
    add_check(s, (struct scf_check){name, fn, ctx, true});
}

void scf_server_set_ready(struct scf_server *s, bool ready) {
    atomic_store(&s->ready, ready);
}

void scf_server_notify(struct scf_server *s, const char *topic) {
    scf_waits_notify(s, topic);
}

/* Polls: a shutdown is rare, and a condition variable would tax every request. */
static bool wait_for_zero(_Atomic int *count, int64_t us) {
    int64_t until = scf_mono_us() + us;
    while (atomic_load(count) > 0) {
        if (scf_mono_us() >= until)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
    return true;
}

/* A handler may run one statement after the other: each is cancelled. */
static bool cut_short(struct scf_server *s) {
    int64_t until = scf_mono_us() + STRAGGLER_S * SCF_US_PER_SECOND;
    while (!wait_for_zero(&s->handling, SCF_US_PER_SECOND / 10)) {
        if (scf_mono_us() >= until)
            return false;
        scf_db_cancel_running();
    }
    return true;
}

bool scf_server_stop(struct scf_server *s, int drain_s) {
    atomic_store(&s->ready, false);
    atomic_store(&s->draining, true);
    MHD_quiesce_daemon(s->daemon);
    if (!s->inherited) /* systemd goes on listening for the next instance */
        shutdown(s->listen_fd, SHUT_RDWR);
    scf_waits_notify(s, NULL);
    bool drained = wait_for_zero(&s->in_flight, drain_s * SCF_US_PER_SECOND);
    atomic_store(&s->closed, true);
    if (!cut_short(s)) {
        scf_log(SCF_LOG_ERROR, "%d requests were never resumed; their server is left as it is",
                atomic_load(&s->handling));
        return false; /* stopping it would abort the process (libraries: MHD-5) */
    }
    if (!drained)
        scf_log(SCF_LOG_WARN, "%d requests were cut off", atomic_load(&s->in_flight));
    scf_executor_stop(s->executor);
    s->executor = NULL;
    scf_timer_stop(s);
    MHD_stop_daemon(s->daemon);
    free_server(s);
    return true;
}
