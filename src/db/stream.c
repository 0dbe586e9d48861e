/* Results too large for memory, row by row in libpq's single-row mode. */
#include "db_impl.h"

static const int BINARY[SCF_MAX_PARAMS] = {[0 ... SCF_MAX_PARAMS - 1] = 1};

static enum scf_code send(struct scf_db *db, const struct scf_stmt *stmt,
                          const struct scf_params *params, struct scf_error *err) {
    if (PQsendQueryPrepared(db->conn, stmt->name, params ? params->n : 0,
                            params ? params->values : NULL, params ? params->lengths : NULL, BINARY,
                            1) &&
        PQsetSingleRowMode(db->conn))
        return SCF_OK;
    enum scf_code code = scf_db_lost_error(db, stmt->name, err);
    scf_db_drop(db);
    return code;
}

/* Nobody wants the rest: tell the server, so that it does not compute and send it. Not inside a
 * transaction, which the cancellation would fail. */
static void cancel(PGconn *conn) {
    char message[256];
    PGcancel *handle = PQgetCancel(conn);
    if (handle)
        PQcancel(handle, message, sizeof message);
    PQfreeCancel(handle);
}

struct consumer {
    bool (*each)(void *ctx, const struct scf_rows *row);
    void *ctx;
    bool stopped;
};

static enum scf_code take(struct scf_db *db, const struct scf_stmt *stmt, PGresult *res,
                          struct consumer *to, struct scf_error *err) {
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_SINGLE_TUPLE && !to->stopped) {
        struct scf_rows row = {.res = res, .first = 0, .count = 1};
        to->stopped = !to->each(to->ctx, &row);
        if (to->stopped && !db->in_tx)
            cancel(db->conn);
    }
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK || to->stopped)
        return SCF_OK; /* a stopped query ends in query_canceled, or with its last row */
    return scf_db_fail(db, res, stmt->name, err);
}

enum scf_code scf_db_stream(struct scf_db *db, const struct scf_stmt *stmt,
                            const struct scf_params *params,
                            bool (*each)(void *ctx, const struct scf_rows *row), void *ctx,
                            struct scf_error *err) {
    enum scf_code code = scf_db_ready(db, err);
    if (code == SCF_OK)
        code = scf_db_prepare(db, stmt, params, err);
    if (code == SCF_OK)
        code = send(db, stmt, params, err);
    if (code != SCF_OK)
        return code;
    struct consumer to = {.each = each, .ctx = ctx};
    atomic_store(&db->running, true);
    for (PGresult *res; (res = PQgetResult(db->conn)) != NULL; PQclear(res))
        if (code == SCF_OK)
            code = take(db, stmt, res, &to, err);
    atomic_store(&db->running, false);
    scf_db_settle(db);
    if (code == SCF_OK && scf_db_lost(db))
        code = scf_db_lost_error(db, stmt->name, err);
    return code;
}
