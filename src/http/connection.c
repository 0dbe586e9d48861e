/* The life of a connection and the requests on it, as libmicrohttpd tells it. One request object
 * per connection is used again and again: requests on one connection never overlap (libraries:
 * MHD-10).
 *
 * How a request goes:  target → head (admit) → body → handler → [suspended → resumed] → reply sent.
 * Relies on libraries.md MHD-1, -2, -3, -8 to -11. */
#include "connection.h"

static int64_t client_timeout_us(const struct scf_server *s) {
    return s->options.client_timeout_s * SCF_US_PER_SECOND;
}

/* ---- connections ---- */

/* Connections past the cap get a 503 while there is room for an answer, then are closed at once. */
enum MHD_Result scf_on_accept(void *cls, const struct sockaddr *address, socklen_t length) {
    (void)address, (void)length;
    struct scf_server *s = cls;
    int room = s->options.max_connections / 8 + 16;
    if (atomic_load(&s->connection_count) < s->options.max_connections + room)
        return MHD_YES;
    scf_metric_add(s->refused_connections, 1);
    return MHD_NO;
}

static void connection_open(struct scf_server *s, struct MHD_Connection *mhd, void **context) {
    struct scf_connection *c = calloc(1, sizeof *c);
    SCF_ASSERT(c != NULL);
    c->server = s;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->over_cap = atomic_fetch_add(&s->connection_count, 1) >= s->options.max_connections;
    scf_metric_add(s->open_connections, 1);
    scf_metric_add(s->refused_connections, c->over_cap);
    atomic_init(&c->deadline_us, scf_mono_us() + client_timeout_us(s));
    c->rq.server = s;
    c->rq.conn = c;
    c->rq.mhd = mhd;
    c->rq.reply.fd = -1;
    pthread_mutex_lock(&s->connections_lock);
    c->next = s->connections;
    if (c->next != NULL)
        c->next->prev = c;
    s->connections = c;
    pthread_mutex_unlock(&s->connections_lock);
    *context = c;
}

/* Called before the socket is closed, so that the reaper never shuts a stranger's descriptor. */
static void connection_close(struct scf_server *s, struct scf_connection *c) {
    pthread_mutex_lock(&s->connections_lock);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->connections = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    pthread_mutex_unlock(&s->connections_lock);
    atomic_fetch_sub(&s->connection_count, 1);
    scf_metric_add(s->open_connections, -1);
    scf_arena_free(c->rq.arena);
    scf_buf_free(&c->rq.body);
    free(c);
}

void scf_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_open(cls, mhd, context);
    else
        connection_close(cls, *context);
}

static void set_deadline(struct scf_request *rq, int64_t us) {
    atomic_store_explicit(&rq->conn->deadline_us, us, memory_order_relaxed);
}

void scf_connection_deadline(struct scf_request *rq, int64_t us) {
    set_deadline(rq, scf_mono_us() + us);
}

/* So much more than it has. */
static void extend_deadline(struct scf_request *rq, int64_t us) {
    int64_t deadline = atomic_load_explicit(&rq->conn->deadline_us, memory_order_relaxed);
    if (rq->time_left_us != 0) /* it stands still */
        rq->time_left_us += us;
    else if (deadline != 0)
        set_deadline(rq, deadline + us);
}

/* While we keep the client waiting in the middle of its body, its time stands still. */
static void pause_deadline(struct scf_request *rq) {
    int64_t deadline = atomic_load_explicit(&rq->conn->deadline_us, memory_order_relaxed);
    if (deadline == 0)
        return; /* the reaper was faster */
    int64_t left = deadline - scf_mono_us();
    rq->time_left_us = left > 0 ? left : 1;
    set_deadline(rq, 0);
}

static void resume_deadline(struct scf_request *rq) {
    if (rq->time_left_us == 0)
        return;
    scf_connection_deadline(rq, rq->time_left_us);
    rq->time_left_us = 0;
}

/* A client that dribbles bytes never meets libmicrohttpd's inactivity timeout; this one counts from
 * the beginning of the request. */
void scf_connections_reap(struct scf_server *s, int64_t now_us) {
    pthread_mutex_lock(&s->connections_lock);
    for (struct scf_connection *c = s->connections; c != NULL; c = c->next) {
        int64_t deadline = atomic_load_explicit(&c->deadline_us, memory_order_relaxed);
        if (deadline == 0 || deadline > now_us)
            continue;
        atomic_store_explicit(&c->deadline_us, 0, memory_order_relaxed);
        shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&s->connections_lock);
}

/* ---- requests ---- */

static void request_begin(struct scf_request *rq, const char *target) {
    memset(&rq->stage, 0, offsetof(struct scf_request, body) - offsetof(struct scf_request, stage));
    if (rq->arena == NULL)
        rq->arena = scf_arena_new(SCF_ARENA_MAX);
    rq->received_us = scf_now_us();
    rq->started_us = scf_mono_us();
    rq->route_index = -1;
    rq->wait_seconds = -1;
    rq->target_at = target;
    rq->target = scf_strdup(rq->arena, target);
    rq->query.n = 0;
    rq->path = "";
    rq->id[0] = '\0';
    atomic_fetch_add(&rq->server->in_flight, 1);
    set_deadline(rq, rq->started_us + client_timeout_us(rq->server));
}

/* query.c reads the query. Libmicrohttpd would parse it as well, and when its memory did not
 * suffice for thousands of parameters, it would wait for the rest of a request that it had given up
 * on. The target is a string in its own read buffer, which it is about to cut up. */
static void hide_query(const char *target) {
    const char *mark = strchr(target, '?');
    if (mark != NULL)
        ((char *)(uintptr_t)mark)[1] = '\0';
}

/* Called with the request line, before libmicrohttpd changes the target. What is returned becomes
 * the request's context. */
void *scf_on_target(void *cls, const char *target, struct MHD_Connection *mhd) {
    (void)cls;
    struct scf_connection *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    request_begin(&c->rq, target);
    hide_query(target);
    return &c->rq;
}

void scf_stream_abort(struct scf_request *rq) {
    if (!rq->stream_open)
        return;
    rq->stream_open = false;
    rq->route->stream->abort(rq);
}

/* A stream may answer before its body is complete, from its chunk callback or while suspended. */
static void drain_if_answered(struct scf_request *rq) {
    if (rq->stage != SCF_STAGE_BODY || !scf_replied(rq))
        return;
    scf_stream_abort(rq);
    rq->stage = SCF_STAGE_DRAIN;
}

static void stream_begin(struct scf_request *rq) {
    struct scf_error err = {0};
    if (rq->route->stream->begin(rq, &err) == SCF_OK)
        rq->stream_open = true;
    else
        scf_reply_error(rq, &err);
}

/* The first call: head complete, no body yet. */
static enum MHD_Result on_head(struct scf_request *rq, const char *method, const char *version) {
    rq->stage = SCF_STAGE_BODY;
    if (scf_admit(rq, method, version)) {
        scf_body_begin(rq);
        if (rq->route->run == SCF_RUN_STREAM)
            stream_begin(rq);
    }
    drain_if_answered(rq);
    if (rq->stage == SCF_STAGE_BODY)
        return MHD_YES;
    bool body = rq->chunked || rq->content_length > 0;
    bool now = rq->close || (body && (rq->expect_continue || rq->content_length > SCF_DRAIN_MAX));
    if (now)
        scf_linger_add(rq->server->linger, rq->conn->fd);
    return !now || scf_reply_send(rq) ? MHD_YES : MHD_NO;
}

/* Brackets every call that may suspend. Counting comes before looking at `closed`, and the server
 * sets `closed` before it looks at the count: once that is 0, nothing is suspended and nothing ever
 * will be (libraries: MHD-5). A suspended request leaves when it is resumed. */
static bool enter(struct scf_request *rq) {
    rq->suspended = false;
    atomic_fetch_add(&rq->server->handling, 1);
    if (!atomic_load(&rq->server->closed))
        return true;
    atomic_fetch_sub(&rq->server->handling, 1);
    scf_reply_code(rq, SCF_E_DRAINING, "The server is shutting down.");
    return false;
}

static void leave(struct scf_request *rq) {
    atomic_fetch_sub(&rq->server->handling, 1);
}

size_t scf_stream_take(struct scf_request *rq, const char *bytes, size_t n) {
    size_t taken = n;
    if (enter(rq)) {
        taken = rq->route->stream->chunk(rq, bytes, n);
        if (rq->suspended)
            return taken;
        leave(rq);
    }
    SCF_ASSERT(taken == n || scf_replied(rq));
    drain_if_answered(rq);
    return n;
}

static enum MHD_Result on_body(struct scf_request *rq, const char *bytes, size_t *n) {
    drain_if_answered(rq);
    size_t offered = *n;
    size_t taken = rq->stage == SCF_STAGE_BODY ? scf_body_take(rq, bytes, offered) : offered;
    rq->body_received += taken;
    extend_deadline(rq, (int64_t)taken * SCF_US_PER_SECOND / SCF_BODY_RATE);
    *n = offered - taken;
    bool too_much =
        rq->stage == SCF_STAGE_DRAIN && rq->body_received > scf_body_limit(rq) + SCF_DRAIN_CUT;
    return too_much ? MHD_NO : MHD_YES;
}

static void run_service(struct scf_request *rq) {
    struct scf_executor *e = rq->server->executor;
    if (!scf_executor_reserve(e)) {
        scf_reply_code(rq, SCF_E_OVERLOADED, "Too many requests are waiting.");
        return;
    }
    scf_rq_suspend(rq);
    scf_executor_push(e, rq);
}

/* The whole request is here. */
static void run_handler(struct scf_request *rq) {
    switch (rq->route->run) {
    case SCF_RUN_SERVICE:
        run_service(rq);
        break;
    case SCF_RUN_STREAM:
        rq->stream_open = false;
        rq->route->stream->end(rq);
        break;
    case SCF_RUN_INLINE:
    case SCF_RUN_ASYNC:
        rq->route->handle(rq);
        break;
    }
}

/* Only called when the HTTP thread owns the request again. */
static enum MHD_Result send_or_fail(struct scf_request *rq) {
    if (!scf_replied(rq))
        scf_reply_code(rq, SCF_E_INTERNAL, "The request was left without an answer.");
    return scf_reply_send(rq) ? MHD_YES : MHD_NO;
}

/* Runs one step of the handler, then sends the reply, unless the step suspended: the request may
 * then already belong to another thread. */
static enum MHD_Result step(struct scf_request *rq, void (*fn)(struct scf_request *rq)) {
    if (enter(rq)) {
        fn(rq);
        if (rq->suspended)
            return MHD_YES;
        leave(rq);
    }
    return send_or_fail(rq);
}

static enum MHD_Result on_complete(struct scf_request *rq) {
    if (rq->stage == SCF_STAGE_HANDLER) { /* resumed */
        void (*finish)(struct scf_request *) = rq->finish;
        rq->finish = NULL;
        return finish == NULL || scf_replied(rq) ? send_or_fail(rq) : step(rq, finish);
    }
    drain_if_answered(rq);
    if (rq->stage != SCF_STAGE_BODY || !scf_body_complete(rq))
        return send_or_fail(rq);
    rq->stage = SCF_STAGE_HANDLER;
    set_deadline(rq, 0);
    return step(rq, run_handler);
}

enum MHD_Result scf_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *bytes,
                               size_t *n, void **context) {
    (void)cls, (void)mhd, (void)url;
    struct scf_request *rq = *context;
    resume_deadline(rq);
    if (rq->stage == SCF_STAGE_HEAD)
        return on_head(rq, method, version);
    if (rq->stage == SCF_STAGE_SENT) {
        *n = 0;
        return MHD_YES;
    }
    return *n > 0 ? on_body(rq, bytes, n) : on_complete(rq);
}

/* The end of a request, whichever way; libmicrohttpd never calls this while it is suspended. */
void scf_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                      enum MHD_RequestTerminationCode why) {
    (void)cls, (void)mhd, (void)why;
    struct scf_request *rq = *context;
    if (rq == NULL)
        return;
    *context = NULL;
    scf_stream_abort(rq);
    scf_traffic_account(rq, rq->stage == SCF_STAGE_SENT ? rq->reply.status : 0);
    scf_reply_drop(rq);
    scf_arena_reset(rq->arena);
    scf_body_end(rq);
    atomic_fetch_sub(&rq->server->in_flight, 1);
    scf_connection_deadline(rq, client_timeout_us(rq->server));
}

/* ---- suspending ---- */

void scf_rq_suspend(struct scf_request *rq) {
    rq->suspended = true;
    if (rq->stage == SCF_STAGE_BODY)
        pause_deadline(rq);
    MHD_suspend_connection(rq->mhd);
}

/* Once resumed the request may be gone; the server stays until the count below is 0. */
void scf_rq_resume(struct scf_request *rq, void (*finish)(struct scf_request *rq)) {
    struct scf_server *s = rq->server;
    if (finish != NULL)
        rq->finish = finish;
    MHD_resume_connection(rq->mhd);
    atomic_fetch_sub(&s->handling, 1);
}
