/* What the sources of this room share: the server, one connection, one request.
 *
 * Ownership of a request. It belongs to the HTTP thread of its connection, except between
 * scf_rq_suspend and the resume, when it belongs to whoever was handed it (an executor thread, the
 * wait list, a feature's own queue). Every hand-over goes through a mutex of the queue it passes
 * or of libmicrohttpd's resume, which makes the plain fields safe. Fields that several threads use
 * at once are atomic, or name their lock. */
#ifndef SCFD_HTTP_INTERNAL_H
#define SCFD_HTTP_INTERNAL_H

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/http/http.h"

#include "query.h"
#include "router.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;
struct scf_executor;
struct scf_gunzip;
struct scf_linger;
struct scf_wait_list;
struct scf_traffic;

enum {
    SCF_HEAD_MAX = 16 * 1024,   /* api-rules R22: request line and headers */
    SCF_HEADERS_MAX = 64,       /* header fields in one request */
    SCF_REPLY_HEADERS_MAX = 16, /* fields a reply may set */
    SCF_REQUEST_ID_MAX = 128,   /* api-rules R18 */
    SCF_LOG_PAIRS = 4,          /* extra fields of one access line */
    SCF_DRAIN_MAX = 256 * 1024, /* an unwanted body up to this size is read away before the
                                   answer, and the connection lives on */
    SCF_DRAIN_CUT = 8 << 20,    /* a body that passed its limit is read away up to here, then
                                   cut off without an answer */
    SCF_BODY_KEEP = 32 * 1024,  /* body memory a connection keeps for its next request */
    SCF_BODIES_MAX = 256 << 20, /* memory of all bodies that outgrew SCF_BODY_KEEP: a crowd of
                                   slow uploads must not use up the machine */
    SCF_BODY_RATE = 16 * 1024,  /* bytes a second a body must bring on average, after the grace */
    SCF_CHECKS_MAX = 16,
    SCF_ARENA_MAX = 64 * 1024 * 1024 /* one request's working memory */
};

struct scf_header {
    struct scf_str name, value; /* both are followed by a NUL */
};

/* What a handler (or the server itself) wants to be sent. */
struct scf_pending_reply {
    int status; /* 0: none yet */
    const char *content_type;
    struct scf_buf body;
    int fd; /* −1: `body` is the body */
    uint64_t fd_size;
    uint64_t sent_size; /* of the body that was given to libmicrohttpd */
    size_t header_count;
    struct {
        const char *name, *value;
    } headers[SCF_REPLY_HEADERS_MAX];
};

/* Where a request stands. Only its HTTP thread reads and writes this. */
enum scf_stage {
    SCF_STAGE_HEAD,    /* the request line was seen, the handler callback was not called yet */
    SCF_STAGE_BODY,    /* the body is wanted and arriving */
    SCF_STAGE_DRAIN,   /* a reply is ready; the rest of the body is read away */
    SCF_STAGE_HANDLER, /* the handler was called */
    SCF_STAGE_SENT     /* the reply was given to libmicrohttpd */
};

struct scf_wait {
    const char *topic; /* NULL: not on the list */
    int64_t until_us;  /* monotonic */
    bool asked;        /* the handler called scf_rq_wait in this run */
    bool notified, parked;
    bool applied; /* answer Preference-Applied */
    struct scf_request *prev, *next;
};

struct scf_request {
    struct scf_server *server;
    struct scf_connection *conn;
    struct MHD_Connection *mhd;
    struct scf_arena *arena;

    /* Cleared for every request up to `body`. */
    enum scf_stage stage;
    bool suspended;   /* HTTP thread only: it called scf_rq_suspend */
    bool stream_open; /* begin was called; end or abort was not */
    bool close;       /* close the connection after the reply */
    bool is_head, is_options;
    bool expect_continue;
    bool has_actor;
    bool chunked;
    bool gzip;
    void (*finish)(struct scf_request *rq); /* set by the resumer */
    const struct scf_route *route;
    int route_index;       /* −1: none matched */
    char *target;          /* raw, as sent; NULL: too long to copy */
    const char *target_at; /* where libmicrohttpd had it */
    const char *path;
    uint64_t content_length, body_received;
    size_t body_counted; /* of server->body_bytes */
    int64_t received_us, started_us;
    int64_t time_left_us; /* of the deadline, while suspended in the middle of the body; else 0 */
    struct scf_db *db;
    struct scf_gunzip *gunzip; /* while a gzipped body arrives */
    void *data;
    int wait_seconds; /* −1: Prefer was not read yet */
    struct scf_wait wait;
    struct scf_request *queue_next;
    size_t header_count;
    size_t log_count;
    struct scf_actor actor;
    struct scf_route_match match;

    /* Kept between the requests of one connection. */
    struct scf_buf body;
    struct scf_query query;
    struct scf_pending_reply reply;
    struct scf_header headers[SCF_HEADERS_MAX];
    const char *log_keys[SCF_LOG_PAIRS], *log_values[SCF_LOG_PAIRS];
    char id[SCF_REQUEST_ID_MAX + 1];
};

struct scf_connection {
    struct scf_server *server;
    int fd;
    bool over_cap;               /* one more than max_connections: gets a 503 and is closed */
    _Atomic int64_t deadline_us; /* monotonic; 0: none. Past it the reaper shuts the socket */
    struct scf_connection *prev, *next; /* guarded by server->connections_lock */
    struct scf_request rq;
};

struct scf_check {
    const char *name;
    scf_ready_check fn;
    void *ctx;
    bool warns; /* what it says does not make the server unready */
};

struct scf_server {
    struct scf_server_options options;
    char *public_base_url, *listen_address, *database_url;
    uint8_t cursor_key[32];
    struct scf_route *routes; /* the caller's and the built-in ones */
    size_t route_count;
    struct scf_router *router;
    struct scf_traffic *traffic; /* metrics per route */
    struct scf_metric *open_connections, *refused_connections;
    struct MHD_Daemon *daemon;
    int listen_fd;
    bool inherited; /* the socket came from systemd */
    int port;
    const char *unlink_path; /* of a Unix socket we made; NULL otherwise */
    _Atomic bool ready, draining;
    _Atomic bool closed; /* no handler may begin any more */
    _Atomic int connection_count, in_flight;
    _Atomic size_t body_bytes;
    size_t body_bytes_max; /* SCF_BODIES_MAX; fixed before serving starts */
    _Atomic int handling;  /* handlers running or suspended; see connection.c */
    pthread_mutex_t connections_lock;
    struct scf_connection *connections;
    struct scf_executor *executor; /* NULL when no route needs one */
    struct scf_wait_list *waits;
    struct scf_linger *linger;
    pthread_t timer;
    bool timer_running;
    pthread_mutex_t timer_lock;
    pthread_cond_t timer_wake;
    bool timer_stop, timer_poked;            /* guarded by timer_lock */
    struct scf_check checks[SCF_CHECKS_MAX]; /* before serving starts; read-only afterwards */
    _Atomic int check_count;
};

/* ---- admit.c: from head to body; HTTP thread ---- */

/* Judges the head and finds the route. True: go on to the body (or, without one, to the handler).
 * False: a reply is ready. */
bool scf_admit(struct scf_request *rq, const char *method, const char *version);

/* ---- wire.c: what was really on the wire; HTTP thread ---- */

enum scf_code scf_wire_read_head(struct scf_request *rq, const char *method, const char *version,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- body.c; HTTP thread ---- */

size_t scf_body_limit(const struct scf_request *rq);
void scf_body_begin(struct scf_request *rq);
/* Takes body bytes into memory or into the stream; how many it took: less than n only when the
 * stream suspended. */
size_t scf_body_take(struct scf_request *rq, const char *bytes, size_t n);
/* All bytes came; false when they are not a whole body: a reply is ready. */
bool scf_body_complete(struct scf_request *rq);
void scf_body_end(struct scf_request *rq);

/* ---- reply.c ---- */

bool scf_replied(const struct scf_request *rq);
/* Gives the pending reply to libmicrohttpd; false when it must close the connection instead. */
bool scf_reply_send(struct scf_request *rq);
void scf_reply_drop(struct scf_request *rq); /* frees a reply that was not sent */
void scf_reply_code(struct scf_request *rq, enum scf_code code, const char *detail);

/* ---- connection.c ---- */

/* Gives the client `us` from now; the reaper enforces it. */
void scf_connection_deadline(struct scf_request *rq, int64_t us);
/* Offers bytes to the stream; what it leaves it gets again after the resume. */
size_t scf_stream_take(struct scf_request *rq, const char *bytes, size_t n);
void scf_stream_abort(struct scf_request *rq);
/* Shuts the sockets whose deadline passed. Timer thread. */
void scf_connections_reap(struct scf_server *s, int64_t now_us);

/* ---- linger.c ---- */

struct scf_linger *scf_linger_start(void);
/* Keeps the connection behind `fd` from being reset when libmicrohttpd closes it. */
void scf_linger_add(struct scf_linger *l, int fd);
void scf_linger_stop(struct scf_linger *l); /* NULL is fine */

/* ---- executor.c: service threads ---- */

struct scf_executor *scf_executor_start(struct scf_server *s, int threads, const char *url,
                                        size_t queue_max);
/* Reserves a place; false when the queue is full. Then suspend, then push (libraries: MHD-1). */
bool scf_executor_reserve(struct scf_executor *e);
void scf_executor_push(struct scf_executor *e, struct scf_request *rq);
/* For a request that was admitted before and runs again: never refused. */
void scf_executor_requeue(struct scf_executor *e, struct scf_request *rq);
void scf_executor_stop(
    struct scf_executor *e); /* runs what is queued, joins, frees; NULL is fine */

/* ---- wait.c: long-polls ---- */

struct scf_wait_list *scf_waits_new(int cap);
void scf_waits_free(struct scf_wait_list *w);
/* After a handler run on a service thread: true when the request stays parked or was queued again;
 * false when it replied (it is then off the list). */
bool scf_waits_settle(struct scf_request *rq);
void scf_waits_notify(struct scf_server *s, const char *topic);
/* Releases those whose time is over; returns the next time to look (monotonic), or INT64_MAX. */
int64_t scf_waits_expire(struct scf_server *s, int64_t now_us);

/* ---- timer.c ---- */

enum scf_code scf_timer_start(struct scf_server *s, struct scf_error *err) SCF_MUST_CHECK;
void scf_timer_stop(struct scf_server *s);
void scf_timer_poke(struct scf_server *s); /* an earlier deadline was added */

/* ---- traffic.c: metrics and the access line ---- */

struct scf_traffic *scf_traffic_new(const struct scf_route *routes, size_t count);
void scf_traffic_free(struct scf_traffic *t);
void scf_traffic_account(struct scf_request *rq, int status);

/* ---- process.c ---- */

void scf_process_measure(void); /* sets the process_* gauges */

/* ---- listen.c ---- */

enum scf_code scf_listen_open(struct scf_server *s, struct scf_error *err) SCF_MUST_CHECK;
void scf_listen_close(struct scf_server *s);

#endif
