/* The HTTP side: routes as data, requests, replies, waiting. libmicrohttpd is hidden in src/http.
 *
 * Threads. HTTP threads (MHD epoll pool) read requests, authenticate from memory and run INLINE,
 * ASYNC and STREAM handlers: these must not block. Service threads, each with its own database
 * connection, run SERVICE handlers. Only HTTP threads touch MHD objects; the one call that crosses
 * is scf_rq_resume (libraries: MHD-1, MHD-2). A request is owned by one thread at a time; every
 * hand-over goes through a locked queue. */
#ifndef SCFD_HTTP_HTTP_H
#define SCFD_HTTP_HTTP_H

#include "scfd/base/arena.h"
#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/base/id.h"
#include "scfd/codec/schema.h"
#include "scfd/codec/suite.h"
#include "scfd/db/db.h"

struct scf_request;

/* ---- who is asking ---- */

/* Node kinds as bits, so that a route can say who may use it. */
enum scf_node_kind {
    SCF_NODE_PROCUREMENT,
    SCF_NODE_ERP,
    SCF_NODE_WORKFLOW,
    SCF_NODE_LOGISTICS,
    SCF_NODE_GUARANTOR,
    SCF_NODE_LENDER,
    SCF_NODE_INSURER,
    SCF_NODE_REGULATOR,
    SCF_NODE_NOTARY,
    SCF_NODE_COURT,
    SCF_NODE_KINDS
};
#define SCF_KIND(kind) (1u << (kind))
#define SCF_ANY_NODE ((1u << SCF_NODE_KINDS) - 1)

struct scf_actor {
    struct scf_uuid key_id;
    struct scf_uuid node_id;                /* nil for an administrator */
    struct scf_uuid operator_enterprise_id; /* nil when the node has none */
    enum scf_node_kind kind;
    bool admin;
    bool lenient_datetime;
    int offset_minutes;     /* the node's time zone */
    unsigned allowed_kinds; /* record kinds the node may send, as bits of enum scf_record_kind */
    enum scf_suite suite;   /* of the node's chain; of an administrator's, the platform's */
};

/* ---- routes ---- */

enum scf_access {
    SCF_PUBLIC, /* no key: health, version, documentation */
    SCF_KEYED   /* a key; `kinds` says of which node kinds, administrators where `admin` */
};

enum scf_run {
    SCF_RUN_INLINE,  /* on the HTTP thread, no database, microseconds */
    SCF_RUN_SERVICE, /* on a service thread with a database connection */
    SCF_RUN_ASYNC,   /* on the HTTP thread; suspends, somebody resumes it later */
    SCF_RUN_STREAM   /* body handed over piece by piece as it arrives */
};

struct scf_stream_ops {
    /* Before any body; a non-OK code answers at once. */
    enum scf_code (*begin)(struct scf_request *rq, struct scf_error *err);
    /* Returns how much it took. Having taken less than n it must have suspended the request; after
     * the resume the rest is offered again. */
    size_t (*chunk)(struct scf_request *rq, const char *bytes, size_t n);
    /* The body is complete: reply, or suspend and reply from the finish callback of the resume. */
    void (*end)(struct scf_request *rq);
    /* The client went away, or the body broke a limit (the server answers); always the last call
     * when `end` was not reached. */
    void (*abort)(struct scf_request *rq);
};

enum { SCF_PREFETCH_MAX = 64 };

struct scf_route {
    const char *method;  /* "GET"; HEAD and OPTIONS are derived */
    const char *pattern; /* "/v1/records/{id}/proof"; a last "{rest*}" matches slashes too */
    const char *operation_id, *tag, *summary;
    enum scf_access access;
    bool admin;     /* administrators may */
    unsigned kinds; /* node kinds that may, SCF_KIND bits */
    enum scf_run run;
    void (*handle)(struct scf_request *rq);
    /* SCF_RUN_SERVICE, optional: called with the requests of this route that wait for a service
     * thread, 1 to SCF_PREFETCH_MAX, before `handle` is called for each. It lets a crowd share one
     * query, or one transaction; what comes of it goes into each request's own arena and data, and
     * `handle` answers with it. It must not reply. A request may still be refused after it (the
     * server stops, or it waited too long): what it wrote must be safe to ask for again. */
    void (*prefetch)(struct scf_request *const *rqs, size_t n);
    const struct scf_stream_ops *stream; /* SCF_RUN_STREAM */
    const char *body_type;            /* "application/json", "application/x-ndjson"; NULL: none */
    size_t body_max;                  /* 0: the configured body limit */
    const struct scf_schema *request; /* documentation, and the validator the handler calls */
    const char *answers;              /* "201 Record,200 Record,409,422": status and component */
    const char *const *query;         /* documented query parameters, NULL-terminated; any other
                                         one is 400 invalid-parameter */
    bool needs_idempotency_key;
    bool public_log;  /* KEYED, but public where the operator made the log public (config) */
    bool when_halted; /* a write that is let through though options.may_write says no */
};

/* ---- the request as a handler sees it ---- */

struct scf_arena *scf_rq_arena(struct scf_request *rq); /* freed after the reply was sent */
const struct scf_actor *scf_rq_actor(const struct scf_request *rq); /* NULL on PUBLIC routes */
const struct scf_route *scf_rq_route(const struct scf_request *rq);
struct scf_db *scf_rq_db(struct scf_request *rq);      /* SERVICE handlers only */
void *scf_rq_app(struct scf_request *rq);              /* the server's `app` pointer */
const char *scf_rq_path(const struct scf_request *rq); /* as sent, without the query */
/* The bytes received, inflated if they came gzipped; a NUL follows. Not of a STREAM. */
struct scf_str scf_rq_body(const struct scf_request *rq);
struct scf_str scf_rq_param(const struct scf_request *rq, const char *name); /* path parameter */
const char *scf_rq_query(const struct scf_request *rq, const char *name); /* decoded; NULL absent */
const char *scf_rq_header(const struct scf_request *rq, const char *name); /* case-insensitive */
bool scf_rq_chinese(const struct scf_request *rq); /* Accept-Language prefers zh */
/* Accept names `media` ("text/html"), with a higher quality than it gives `other`; a range with an
 * asterisk counts for `other` only, which is what who does not care gets. */
bool scf_rq_prefers(const struct scf_request *rq, const char *media, const char *other);
const char *scf_rq_base_url(const struct scf_request *rq); /* how clients reach this server */
int64_t scf_rq_received_us(const struct scf_request *rq);  /* wall clock when the headers arrived */
void scf_rq_set_data(struct scf_request *rq, void *data);
void *scf_rq_data(const struct scf_request *rq);

/* ---- replying: exactly once per request, from the thread that owns it ---- */

void scf_reply_header(struct scf_request *rq, const char *name, const char *value); /* copies */
/* Takes the buffer's memory. */
void scf_reply(struct scf_request *rq, int status, const char *content_type, struct scf_buf *body);
void scf_reply_json(struct scf_request *rq, int status, struct scf_buf *body);
void scf_reply_error(struct scf_request *rq, const struct scf_error *err); /* RFC 9457 */
/* The problem document that scf_reply_error would send, as text: for one line of a bulk answer.
 * `out` is empty before. On the thread that owns the request. */
void scf_problem_json(const struct scf_request *rq, const struct scf_error *err,
                      struct scf_buf *out);
/* Takes the descriptor; sends `size` bytes from its start. */
void scf_reply_file(struct scf_request *rq, int status, const char *content_type, int fd,
                    uint64_t size);
/* Sets ETag and Cache-Control (api-rules R4). When If-None-Match matches, replies 304 and returns
 * true: the handler then returns. `etag` without quotes. */
bool scf_reply_not_modified(struct scf_request *rq, const char *etag);
/* Does If-None-Match list this tag (without quotes)? Before a wait: the client has this state. */
bool scf_rq_has_tag(const struct scf_request *rq, const char *etag);
/* Appends one log field to the access line ("record_count" …). */
void scf_rq_log(struct scf_request *rq, const char *key, const char *value);

/* ---- ASYNC and STREAM ---- */

/* On the HTTP thread, before the request is handed to anybody else. The client's time-out stands
 * still until the resume. */
void scf_rq_suspend(struct scf_request *rq);
/* Any thread, once per suspend. `finish` (NULL for a STREAM chunk) runs on the HTTP thread and
 * replies. */
void scf_rq_resume(struct scf_request *rq, void (*finish)(struct scf_request *rq));

/* ---- long-poll (SERVICE handlers; api-rules R5) ---- */

/* True when the client sent Prefer: wait=N, the time is not over, the server is not draining and
 * the cap on waiters is not reached. */
bool scf_rq_may_wait(const struct scf_request *rq);
/* Instead of replying: run this handler again when `topic` is notified, or when the time is over
 * (then scf_rq_may_wait is false and the handler must reply). No wake-up is lost: the request is
 * registered first and the handler runs once more right after. */
void scf_rq_wait(struct scf_request *rq, const char *topic);

/* ---- pages (api-rules R3) ---- */

struct scf_page {
    int limit;       /* 1–500, default 50 */
    bool descending; /* order=desc */
    bool has_after;
    int64_t after_time_us; /* position after which to go on: (time, id) */
    struct scf_uuid after_id;
};
/* Reads limit, after, order. `filter` is the text of the other filters: a cursor is only good for
 * the filter it was made with (HMAC). Codes: INVALID_PARAMETER. */
enum scf_code scf_page_read(struct scf_request *rq, const char *filter, struct scf_page *ret,
                            struct scf_error *err) SCF_MUST_CHECK;
/* The position as parameters of a list statement, and the limit plus one, by which has_more is
 * known, in the way in which the statement tells the first page.
 *
 * "NOT $1 OR (time, id) > ($2, $3) … LIMIT $4" */
void scf_p_page_flag(struct scf_params *p, const struct scf_page *page);
/* "$1 IS NULL OR (time, id) > ($1, $2) … LIMIT $3"; `page` NULL: not a list, LIMIT 1 */
void scf_p_page_null(struct scf_params *p, const struct scf_page *page);
/* "(time, id) > ($1, $2) … LIMIT $3": the first page goes on from an end of time, so that one
 * condition which an index can always answer serves every page */
void scf_p_page_edge(struct scf_params *p, const struct scf_page *page);
/* Writes "has_more", "next_cursor" and the Link header; `w` is inside the page object. */
struct scf_jsonw;
void scf_page_write(struct scf_request *rq, struct scf_jsonw *w, const char *filter, bool has_more,
                    int64_t last_time_us, const struct scf_uuid *last_id);

/* ---- idempotency (api-rules R1), inside the write's transaction ---- */

/* What the first request with a key was answered. */
struct scf_replay {
    bool found; /* false: this is the first one */
    int status;
    struct scf_str body; /* in the request's arena */
};
/* Claims (API key, Idempotency-Key) for this request. When ret->found, write nothing: end the
 * transaction, then scf_reply_replay. Else write, and scf_idempotency_store before the commit.
 * Codes: IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT. Without a key on a
 * route that does not need one nothing is claimed, found or stored. */
enum scf_code scf_idempotency_claim(struct scf_request *rq, struct scf_db *db,
                                    struct scf_replay *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Stores the reply that will be sent after the commit. */
enum scf_code scf_idempotency_store(struct scf_request *rq, struct scf_db *db, int status,
                                    struct scf_str body, struct scf_error *err) SCF_MUST_CHECK;
/* What scfd.idempotency.fingerprint is: SHA-256 of method, path and body. Pure. */
struct scf_hash scf_idempotency_fingerprint(const char *method, const char *path,
                                            struct scf_str body);
/* The key and what it stands for, for a committer that writes the rows of many requests at once
 * (scfd.idempotency: api_key_id, key, fingerprint, status). *ret NULL: the request names no key;
 * else it lives as long as the request. IDEMPOTENCY_KEY_INVALID. */
struct scf_idempotency {
    struct scf_str key;
    struct scf_hash fingerprint; /* SHA-256 of method, path and body */
};
enum scf_code scf_rq_idempotency(struct scf_request *rq, const struct scf_idempotency **ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Sends that answer again, with Idempotent-Replayed: true. */
void scf_reply_replay(struct scf_request *rq, const struct scf_replay *replay);
/* Forgets keys older than a time; for a periodic task. Any thread with its own `db`. */
enum scf_code scf_idempotency_purge(struct scf_db *db, struct scf_arena *arena,
                                    int64_t older_than_us, struct scf_error *err) SCF_MUST_CHECK;

/* ---- the server ---- */

struct scf_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0", "unix:/path"; systemd's LISTEN_FDS wins */
    const char *database_url;
    const char *public_base_url; /* for problem types and links; NULL: derived from `listen` */
    const char *spool_dir;       /* for streamed bodies and answers */
    /* 0: a default. There are two HTTP threads at least. */
    int http_threads, service_threads, max_connections, client_timeout_s;
    size_t max_body_bytes; /* of routes without a body_max; 0: 2 MiB */
    const struct scf_route *routes;
    size_t route_count;
    void *app;
    const uint8_t *cursor_key; /* 32 bytes, the same on every instance; NULL: a random one */
    /* From memory, on an HTTP thread. UNAUTHENTICATED, DATABASE_UNAVAILABLE. */
    enum scf_code (*authenticate)(void *app, struct scf_str key, struct scf_actor *ret,
                                  struct scf_error *err);
    /* May anything be written now? Asked from memory, on an HTTP thread, for every operation that
     * is not GET; non-OK is the answer. NULL: yes. */
    enum scf_code (*may_write)(void *app, struct scf_error *err);
};

struct scf_server;

enum scf_code scf_server_start(const struct scf_server_options *options, struct scf_server **ret,
                               struct scf_error *err) SCF_MUST_CHECK;
int scf_server_port(const struct scf_server *s); /* the real one when 0 was asked; 0 for unix: */
/* Another line of /readyz: `fn` runs on a service thread, with its connection, and must be quick.
 * Call before scf_server_set_ready(s, true). `name` must be static. */
typedef enum scf_code (*scf_ready_check)(void *ctx, struct scf_db *db, struct scf_error *err);
void scf_server_add_check(struct scf_server *s, const char *name, scf_ready_check fn, void *ctx);
/* The same, but what it says is only told ("[!]name …"): the server is ready all the same. */
void scf_server_add_warning(struct scf_server *s, const char *name, scf_ready_check fn, void *ctx);
void scf_server_set_ready(struct scf_server *s, bool ready);
/* Called by the listener's subscriber: wakes the waiters of a topic; NULL wakes all. Any thread. */
void scf_server_notify(struct scf_server *s, const char *topic);
/* Not ready → stop accepting → wake waiters → drain up to `drain_s` → cancel the statements that
 * still run → stop (libraries: MHD-5/6). Frees the server. False: a request was never resumed; then
 * the server stays, and whatever its handlers use must stay too. */
bool scf_server_stop(struct scf_server *s, int drain_s);

/* /livez, /readyz, /metrics, /version, /problems/{slug}: every server has them before its own. */
extern const struct scf_route scf_builtin_routes[];
extern const size_t scf_builtin_route_count;

/* The route for a method and path, and its path parameters; the router alone, for tests and
 * fuzzing. Returns NULL: no such path (*ret_allow empty) or method not allowed (*ret_allow filled,
 * "GET, HEAD, OPTIONS"). */
struct scf_route_match {
    const struct scf_route *route;
    struct scf_str names[4], values[4];
    int n;
};
bool scf_route_find(const struct scf_route *routes, size_t count, const char *method,
                    struct scf_str path, struct scf_route_match *ret, char ret_allow[64]);

#endif
