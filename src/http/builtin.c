/* The routes every server has: health, metrics, version, and the pages behind problem types
 * (api-rules R2, R19, R20). */
#include "scfd/codec/jsonw.h"

#include "internal.h"
#include "problem.h"

enum { PAGE_MAX = 64 * 1024, METRICS_MAX = 8 * 1024 * 1024 };

static void livez(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, 16);
    scf_buf_puts(&body, "ok\n");
    scf_reply(rq, 200, "text/plain; charset=utf-8", &body);
}

static void check_line(struct scf_buf *out, const char *name, const struct scf_error *err,
                       bool *good) {
    bool ok = err->code == SCF_OK;
    scf_buf_printf(out, "[%c]%s %s\n", ok ? '+' : '-', name, ok ? "ok" : err->detail);
    *good = *good && ok;
}

static void warning_line(struct scf_buf *out, const char *name, const struct scf_error *err) {
    bool ok = err->code == SCF_OK;
    scf_buf_printf(out, "[%c]%s %s\n", ok ? '+' : '!', name, ok ? "ok" : err->detail);
}

static void readyz(struct scf_request *rq) {
    struct scf_server *s = rq->server;
    struct scf_buf body;
    bool good = true;
    scf_buf_init(&body, PAGE_MAX);
    struct scf_error serving = {0};
    if (!atomic_load(&s->ready))
        scf_fail(&serving, SCF_E_DRAINING, "%s",
                 atomic_load(&s->draining) ? "shutting down" : "starting");
    check_line(&body, "serving", &serving, &good);
    if (rq->db != NULL) {
        struct scf_error db = {0};
        db.code = scf_db_ping(rq->db, &db);
        check_line(&body, "db", &db, &good);
    }
    int count = atomic_load(&s->check_count);
    for (int i = 0; i < count; i++) {
        struct scf_error err = {0};
        err.code = s->checks[i].fn(s->checks[i].ctx, rq->db, &err);
        if (s->checks[i].warns)
            warning_line(&body, s->checks[i].name, &err);
        else
            check_line(&body, s->checks[i].name, &err, &good);
    }
    if (scf_rq_query(rq, "verbose") == NULL) {
        scf_buf_clear(&body);
        scf_buf_puts(&body, good ? "ok\n" : "not ready\n");
    }
    if (!good)
        scf_reply_header(rq, "Retry-After", "1");
    scf_reply(rq, good ? 200 : 503, "text/plain; charset=utf-8", &body);
}

static void metrics(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, METRICS_MAX);
    scf_process_measure();
    scf_metrics_write(&body);
    scf_reply(rq, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static void version(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, 256);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "version", SCFD_VERSION);
    scf_jw_str(&w, "revision", SCFD_REVISION);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

static void problem(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, PAGE_MAX);
    if (scf_problem_page(&body, scf_rq_param(rq, "slug"))) {
        scf_reply(rq, 200, "text/html; charset=utf-8", &body);
        return;
    }
    scf_buf_free(&body);
    scf_reply_code(rq, SCF_E_NOT_FOUND, "There is no problem type of that name.");
}

static const char *const readyz_query[] = {"verbose", NULL};

const struct scf_route scf_builtin_routes[] = {
    {.method = "GET",
     .pattern = "/livez",
     .operation_id = "getLiveness",
     .tag = "Server",
     .summary = "Is the process alive?",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_INLINE,
     .handle = livez,
     .answers = "200 text"},
    {.method = "GET",
     .pattern = "/readyz",
     .operation_id = "getReadiness",
     .tag = "Server",
     .summary = "Can the server answer requests now?",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_SERVICE,
     .handle = readyz,
     .query = readyz_query,
     .answers = "200 text,503 text"},
    {.method = "GET",
     .pattern = "/metrics",
     .operation_id = "getMetrics",
     .tag = "Server",
     .summary = "Metrics in the Prometheus text format",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_INLINE,
     .handle = metrics,
     .answers = "200 text"},
    {.method = "GET",
     .pattern = "/version",
     .operation_id = "getVersion",
     .tag = "Server",
     .summary = "The running version",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_INLINE,
     .handle = version,
     .answers = "200 Version"},
    {.method = "GET",
     .pattern = "/problems/{slug}",
     .operation_id = "getProblemType",
     .tag = "Server",
     .summary = "What a problem type means",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_INLINE,
     .handle = problem,
     .answers = "200 html,404"},
};
const size_t scf_builtin_route_count = SCF_COUNT(scf_builtin_routes);
