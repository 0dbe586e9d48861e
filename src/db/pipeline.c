/* Pipelines: several statements in one round trip. The connection is non-blocking meanwhile, and
 * we read whenever there is something to read: a server that is blocked on sending results does not
 * read what we send (libraries: PG-3). A statement that this connection does not know yet has its
 * Parse queued before it. */
#include <poll.h>

#include "db_impl.h"

static const int BINARY[SCF_MAX_PARAMS] = {[0 ... SCF_MAX_PARAMS - 1] = 1};

enum scf_code scf_db_pipeline_begin(struct scf_db *db, struct scf_error *err) {
    enum scf_code code = scf_db_ready(db, err);
    if (code != SCF_OK)
        return code;
    if (PQsetnonblocking(db->conn, 1) != 0 || !PQenterPipelineMode(db->conn)) {
        scf_db_lost_error(db, "pipeline", err);
        scf_db_drop(db);
        return SCF_E_DATABASE_UNAVAILABLE;
    }
    db->pipeline = (struct pipeline){.open = true};
    return SCF_OK;
}

/* ---- queueing ---- */

static void note_queued(struct pipeline *p, const struct scf_stmt *stmt, bool is_prepare,
                        uint64_t types) {
    p->queued[p->queued_count++] =
        (struct queued){.stmt = stmt, .is_prepare = is_prepare, .types = types};
}

/* Known to the server by the time it reads the next command: prepared before, or queued here. */
static enum prepared_state state_of(const struct scf_db *db, const struct scf_stmt *stmt,
                                    uint64_t types) {
    const struct pipeline *p = &db->pipeline;
    for (int i = 0; i < p->queued_count; i++)
        if (p->queued[i].is_prepare && strcmp(p->queued[i].stmt->name, stmt->name) == 0)
            return p->queued[i].types == types ? PREPARED_YES : PREPARED_OTHERWISE;
    return scf_prepared_find(&db->prepared, stmt, types);
}

static bool send_prepare(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params, uint64_t types) {
    if (!PQsendPrepare(db->conn, stmt->name, stmt->sql, params ? params->n : 0,
                       params ? params->types : NULL))
        return false;
    note_queued(&db->pipeline, stmt, true, types);
    return true;
}

static bool send_execute(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params) {
    if (!PQsendQueryPrepared(db->conn, stmt->name, params ? params->n : 0,
                             params ? params->values : NULL, params ? params->lengths : NULL,
                             BINARY, 1))
        return false;
    note_queued(&db->pipeline, stmt, false, 0);
    db->pipeline.added++;
    return true;
}

enum scf_code scf_db_pipeline_add(struct scf_db *db, const struct scf_stmt *stmt,
                                  const struct scf_params *params, struct scf_error *err) {
    if (!db->pipeline.open) /* given up after an earlier failure */
        return scf_db_lost_error(db, stmt->name, err);
    SCF_ASSERT(db->pipeline.added < SCF_PIPELINE_MAX && !db->pipeline.sent);
    uint64_t types = scf_params_types(params);
    enum prepared_state state = state_of(db, stmt, types);
    enum scf_code code = scf_db_check_params(stmt, params, state, err);
    if (code != SCF_OK) {
        scf_db_drop(db); /* half a pipeline must not run */
        return code;
    }
    bool sent = state == PREPARED_YES || send_prepare(db, stmt, params, types);
    if (sent && send_execute(db, stmt, params))
        return SCF_OK;
    code = scf_db_lost_error(db, stmt->name, err);
    scf_db_drop(db);
    return code;
}

/* ---- sending and collecting ---- */

/* Sends the rest and waits until a result can be read without blocking. */
static bool pump(PGconn *conn) {
    for (;;) {
        int unsent = PQflush(conn);
        if (unsent < 0)
            return false;
        if (unsent == 0 && !PQisBusy(conn))
            return true;
        struct pollfd pfd = {.fd = PQsocket(conn), .events = POLLIN};
        if (unsent > 0)
            pfd.events |= POLLOUT;
        if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
            return false;
        if ((pfd.revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(conn))
            return false;
    }
}

/* The next result; NULL ends a statement's results, or the connection. */
static PGresult *next_result(PGconn *conn) {
    return pump(conn) ? PQgetResult(conn) : NULL;
}

/* The one result of a queued command, with the NULL after it taken away. */
static PGresult *command_result(PGconn *conn) {
    PGresult *res = next_result(conn);
    for (PGresult *more = res ? next_result(conn) : NULL; more; more = next_result(conn))
        PQclear(more);
    return res;
}

struct collected {
    struct scf_rows *rows[SCF_PIPELINE_MAX];
    int n;
    enum scf_code code; /* of the first failure */
};

static void collect_one(struct scf_db *db, const struct queued *q, struct scf_arena *arena,
                        struct collected *out, struct scf_error *err) {
    PGresult *res = scf_db_lost(db) ? NULL : command_result(db->conn);
    if (out->code != SCF_OK) { /* what follows the failure was skipped */
        PQclear(res);
        return;
    }
    if (!res) {
        out->code = scf_db_lost_error(db, q->stmt->name, err);
        return;
    }
    struct scf_rows **slot = q->is_prepare ? NULL : &out->rows[out->n++];
    out->code = scf_db_take(db, q->stmt, res, arena, slot, err);
    if (q->is_prepare && out->code == SCF_OK)
        scf_prepared_add(&db->prepared, q->stmt, q->types);
}

static bool has_commit(const struct pipeline *p) {
    for (int i = 0; i < p->queued_count; i++)
        if (p->queued[i].stmt == &SCF_COMMIT)
            return true;
    return false;
}

/* Out of pipeline mode again, or without a connection. */
static void leave(struct scf_db *db) {
    PGresult *sync = next_result(db->conn);
    bool ok = PQresultStatus(sync) == PGRES_PIPELINE_SYNC && PQexitPipelineMode(db->conn) &&
              PQsetnonblocking(db->conn, 0) == 0;
    PQclear(sync);
    db->pipeline.open = false;
    scf_db_settle(db);
    if (!ok)
        scf_db_drop(db);
}

enum scf_code scf_db_pipeline_send(struct scf_db *db, struct scf_error *err) {
    if (!db->pipeline.open)
        return scf_db_lost_error(db, "pipeline", err);
    atomic_store(&db->running, !has_commit(&db->pipeline));
    /* What the socket does not take now, sync sends. */
    if (PQpipelineSync(db->conn) && PQflush(db->conn) >= 0) {
        db->pipeline.sent = true;
        return SCF_OK;
    }
    enum scf_code code = scf_db_lost_error(db, "pipeline", err);
    scf_db_drop(db);
    atomic_store(&db->running, false);
    return code;
}

enum scf_code scf_db_pipeline_sync(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_rows **ret_rows, struct scf_error *err) {
    struct collected out = {.code = SCF_OK};
    if (!db->pipeline.open || !db->pipeline.sent)
        out.code = scf_db_pipeline_send(db, err);
    if (out.code != SCF_OK)
        return out.code;
    for (int i = 0; i < db->pipeline.queued_count; i++)
        collect_one(db, &db->pipeline.queued[i], arena, &out, err);
    leave(db);
    atomic_store(&db->running, false);
    if (out.code == SCF_OK && ret_rows)
        memcpy(ret_rows, out.rows, sizeof out.rows[0] * (size_t)out.n);
    return out.code;
}
