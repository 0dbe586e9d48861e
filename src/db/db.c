/* The life of a connection and the running of single statements. Relies on libpq's blocking calls;
 * pipeline.c, copy.c and stream.c build on scf_db_ready and scf_db_settle. */
#include <poll.h>

#include "scfd/base/clock.h"
#include "scfd/base/metrics.h"
#include "db_impl.h"

enum { BACKOFF_FIRST_US = 50 * 1000, BACKOFF_LAST_US = 1000 * 1000, IDLE_CHECK_US = 50 * 1000 };

struct scf_db *scf_db_new(const char *url, const char *application_name, int statement_timeout_ms) {
    struct scf_db *db = calloc(1, sizeof *db);
    SCF_ASSERT(db);
    db->url = strdup(url);
    db->application_name = strdup(application_name);
    SCF_ASSERT(db->url && db->application_name);
    db->statement_timeout_ms = statement_timeout_ms;
    return db;
}

void scf_db_drop(struct scf_db *db) {
    scf_cancel_delist(db);
    PQfinish(db->conn);
    db->conn = NULL;
    db->pipeline.open = false;
    scf_prepared_clear(&db->prepared);
}

void scf_db_free(struct scf_db *db) {
    if (!db)
        return;
    scf_db_drop(db);
    free(db->url);
    free(db->application_name);
    free(db);
}

bool scf_db_lost(const struct scf_db *db) {
    return !db->conn || PQstatus(db->conn) != CONNECTION_OK;
}

const char *scf_db_constraint(const struct scf_db *db) {
    return db->constraint;
}

/* ---- connecting ---- */

/* Every statement of ours walks an index. A plan made while a table was new and empty would scan or
 * merge the whole of it and be kept for as long as the connection lives: so these ways are closed,
 * and plans are made once. */
static bool set_up_session(struct scf_db *db) {
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%d", db->statement_timeout_ms);
    const char *const values[] = {timeout};
    PGresult *res = PQexecParams(db->conn,
                                 "SELECT set_config('search_path', 'scfd, pg_catalog', false),"
                                 " set_config('synchronous_commit', 'on', false),"
                                 " set_config('timezone', 'UTC', false),"
                                 " set_config('idle_in_transaction_session_timeout', '10s', false),"
                                 " set_config('jit', 'off', false),"
                                 " set_config('enable_seqscan', 'off', false),"
                                 " set_config('enable_hashjoin', 'off', false),"
                                 " set_config('enable_mergejoin', 'off', false),"
                                 " set_config('plan_cache_mode', 'force_generic_plan', false),"
                                 " set_config('statement_timeout', $1, false)",
                                 1, NULL, values, NULL, NULL, 0);
    bool ok = PQresultStatus(res) == PGRES_TUPLES_OK;
    PQclear(res);
    return ok;
}

/* Waits out the back-off of the last failure, so that nobody can spin on a database that is away.
 */
static void wait_for_retry(const struct scf_db *db) {
    int64_t wait_us = db->retry_at_us - scf_mono_us();
    if (wait_us <= 0)
        return;
    struct timespec ts = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    nanosleep(&ts, NULL);
}

static struct scf_metric *connects(const char *labels) {
    return scf_counter("scfd_db_connects_total", labels, "Attempts to connect to PostgreSQL");
}

static void note_refusal(struct scf_db *db) {
    scf_metric_add(connects("result=\"failed\""), 1);
    db->backoff_us = db->backoff_us ? 2 * db->backoff_us : BACKOFF_FIRST_US;
    if (db->backoff_us > BACKOFF_LAST_US)
        db->backoff_us = BACKOFF_LAST_US;
    db->retry_at_us = scf_mono_us() + db->backoff_us;
}

static enum scf_code reconnect(struct scf_db *db, struct scf_error *err) {
    wait_for_retry(db);
    scf_db_drop(db);
    db->conn = scf_pg_open(db->url, db->application_name);
    if (PQstatus(db->conn) != CONNECTION_OK || !set_up_session(db)) {
        scf_db_lost_error(db, "cannot connect", err);
        scf_db_drop(db);
        note_refusal(db);
        return SCF_E_DATABASE_UNAVAILABLE;
    }
    scf_cancel_enlist(db);
    scf_metric_add(connects("result=\"ok\""), 1);
    db->backoff_us = 0;
    db->used_at_us = scf_mono_us();
    return SCF_OK;
}

void scf_db_notice_hang_up(struct scf_db *db) {
    struct pollfd pfd = {.fd = PQsocket(db->conn), .events = POLLIN};
    /* The farewell message comes first, the end of the stream after it. */
    for (int i = 0; i < 2 && poll(&pfd, 1, 0) > 0 && !scf_db_lost(db); i++)
        PQconsumeInput(db->conn);
}

enum scf_code scf_db_ready(struct scf_db *db, struct scf_error *err) {
    SCF_ASSERT(!db->pipeline.open);
    /* After a pause (restart, failover): a statement that was never sent is not worth an error. */
    if (!scf_db_lost(db) && !db->in_tx && scf_mono_us() - db->used_at_us >= IDLE_CHECK_US)
        scf_db_notice_hang_up(db);
    if (!scf_db_lost(db))
        return SCF_OK;
    if (!db->in_tx)
        return reconnect(db, err);
    return scf_db_error(err, SCF_E_DATABASE_UNAVAILABLE,
                        "the connection was lost inside this transaction");
}

void scf_db_settle(struct scf_db *db) {
    db->used_at_us = scf_mono_us();
    if (scf_db_lost(db))
        return;
    PGTransactionStatusType status = PQtransactionStatus(db->conn);
    db->in_tx = status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

enum scf_code scf_db_ping(struct scf_db *db, struct scf_error *err) {
    static const struct scf_stmt stmt = {"scf_db_ping", "SELECT 1"};
    if (scf_db_lost(db))
        db->in_tx = false;
    return scf_db_run(db, &stmt, NULL, NULL, NULL, err);
}

/* ---- running ---- */

enum scf_code scf_db_check_params(const struct scf_stmt *stmt, const struct scf_params *params,
                                  enum prepared_state state, struct scf_error *err) {
    if (params && params->failed)
        return scf_db_error(err, SCF_E_INTERNAL, "%s: a parameter does not fit into its arena",
                            stmt->name);
    if (state == PREPARED_OTHERWISE)
        return scf_db_error(err, SCF_E_INTERNAL,
                            "%s: the name is prepared with other SQL or parameter types",
                            stmt->name);
    return SCF_OK;
}

enum scf_code scf_db_prepare(struct scf_db *db, const struct scf_stmt *stmt,
                             const struct scf_params *params, struct scf_error *err) {
    enum prepared_state state = scf_prepared_find(&db->prepared, stmt, scf_params_types(params));
    enum scf_code code = scf_db_check_params(stmt, params, state, err);
    if (code != SCF_OK || state == PREPARED_YES)
        return code;
    PGresult *res = PQprepare(db->conn, stmt->name, stmt->sql, params ? params->n : 0,
                              params ? params->types : NULL);
    if (PQresultStatus(res) == PGRES_COMMAND_OK)
        scf_prepared_add(&db->prepared, stmt, scf_params_types(params));
    else
        code = scf_db_fail(db, res, stmt->name, err);
    PQclear(res);
    scf_db_settle(db);
    return code;
}

/* A COMMIT of a failed transaction "succeeds" with the tag ROLLBACK. */
static bool commit_rolled_back(const struct scf_stmt *stmt, PGresult *res) {
    return stmt == &SCF_COMMIT && strcmp(PQcmdStatus(res), "ROLLBACK") == 0;
}

enum scf_code scf_db_take(struct scf_db *db, const struct scf_stmt *stmt, PGresult *res,
                          struct scf_arena *arena, struct scf_rows **ret_rows,
                          struct scf_error *err) {
    ExecStatusType status = PQresultStatus(res);
    enum scf_code code = SCF_OK;
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        code = scf_db_fail(db, res, stmt->name, err);
    else if (commit_rolled_back(stmt, res))
        code = scf_db_error(err, SCF_E_INTERNAL, "%s: committed a transaction that had failed",
                            stmt->name);
    if (code != SCF_OK || !ret_rows) {
        PQclear(res);
        return code;
    }
    struct scf_rows *rows = scf_rows_wrap(arena, res);
    if (!rows)
        return scf_db_error(err, SCF_E_INTERNAL, "%s: the rows do not fit into their arena",
                            stmt->name);
    *ret_rows = rows;
    return SCF_OK;
}

static enum scf_code run_once(struct scf_db *db, const struct scf_stmt *stmt,
                              const struct scf_params *params, struct scf_arena *arena,
                              struct scf_rows **ret_rows, struct scf_error *err) {
    enum scf_code code = scf_db_ready(db, err);
    if (code == SCF_OK)
        code = scf_db_prepare(db, stmt, params, err);
    if (code != SCF_OK)
        return code;
    static const int binary[SCF_MAX_PARAMS] = {[0 ... SCF_MAX_PARAMS - 1] = 1};
    atomic_store(&db->running, stmt != &SCF_COMMIT);
    PGresult *res =
        PQexecPrepared(db->conn, stmt->name, params ? params->n : 0, params ? params->values : NULL,
                       params ? params->lengths : NULL, binary, 1);
    atomic_store(&db->running, false);
    scf_db_settle(db);
    return scf_db_take(db, stmt, res, arena, ret_rows, err);
}

/* May be sent again when nobody knows whether the server got it. */
static bool repeatable(const struct scf_stmt *stmt) {
    return stmt == &SCF_BEGIN || strncmp(stmt->sql, "SELECT", 6) == 0;
}

enum scf_code scf_db_run(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params, struct scf_arena *arena,
                         struct scf_rows **ret_rows, struct scf_error *err) {
    enum scf_code code = run_once(db, stmt, params, arena, ret_rows, err);
    bool was_connected = db->conn != NULL; /* reconnect() leaves none when it fails */
    if (code == SCF_E_DATABASE_UNAVAILABLE && was_connected && scf_db_lost(db) && !db->in_tx &&
        repeatable(stmt))
        code = run_once(db, stmt, params, arena, ret_rows, err);
    return code;
}

enum scf_code scf_db_script(struct scf_db *db, const char *sql, struct scf_error *err) {
    enum scf_code code = scf_db_ready(db, err);
    if (code != SCF_OK)
        return code;
    PGresult *res = PQexec(db->conn, sql);
    scf_db_settle(db);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        code = scf_db_fail(db, res, "script", err);
    PQclear(res);
    return code;
}
