/* What the files of this room share about a connection. A scf_db and everything in it belongs to
 * one thread. */
#ifndef SCFD_DB_DB_IMPL_H
#define SCFD_DB_DB_IMPL_H

#include <libpq-fe.h>

#include "scfd/db/db.h"

/* ---- prepared.c: which statements this connection generation knows ---- */

struct prepared {
    const char *name; /* NULL: free slot */
    const char *sql;
    uint64_t types; /* hash of the parameter OIDs it was prepared with */
};

struct prepared_set {
    struct prepared *slots; /* open addressing; capacity is a power of two */
    size_t used;
    size_t capacity;
};

enum prepared_state { PREPARED_NO, PREPARED_YES, PREPARED_OTHERWISE };

/* OTHERWISE: the name is taken by other SQL or other parameter types, which is our mistake. */
enum prepared_state scf_prepared_find(const struct prepared_set *set, const struct scf_stmt *stmt,
                                      uint64_t types);
void scf_prepared_add(struct prepared_set *set, const struct scf_stmt *stmt, uint64_t types);
/* The hash of their type OIDs; of none for NULL. */
uint64_t scf_params_types(const struct scf_params *params);
void scf_prepared_clear(struct prepared_set *set);

/* ---- the connection ---- */

/* A command sent in pipeline mode whose result is still to be read. */
struct queued {
    const struct scf_stmt *stmt;
    bool is_prepare;
    uint64_t types; /* of a prepare */
};

struct pipeline {
    bool open;
    bool sent; /* nothing may be added any more */
    int added; /* statements, without the Parse messages queued for them */
    int queued_count;
    struct queued queued[2 * SCF_PIPELINE_MAX];
};

struct scf_db {
    char *url;
    char *application_name;
    int statement_timeout_ms;

    PGconn *conn; /* NULL: not connected yet, or given up */
    struct prepared_set prepared;
    /* In a transaction as of the last successful exchange. Stays true when the connection is lost
     * inside one, so that nothing runs outside it by accident. */
    bool in_tx;
    int64_t used_at_us;  /* monotonic */
    int64_t retry_at_us; /* monotonic; not before this may we connect again */
    int64_t backoff_us;
    char constraint[64]; /* of the last unique violation */

    /* A statement other than COMMIT is on its way: a commit that waits for a standby would, when
     * cancelled, claim to be done (PostgreSQL: synchronous_commit). */
    atomic_bool running;
    /* Of cancel.c, guarded by its lock. */
    PGcancel *cancel;
    bool enlisted;
    struct scf_db *prev, *next;

    struct pipeline pipeline;
};

/* Connected and fit for a new command, or DATABASE_UNAVAILABLE. */
enum scf_code scf_db_ready(struct scf_db *db, struct scf_error *err) SCF_MUST_CHECK;
bool scf_db_lost(const struct scf_db *db);
/* Looks whether the server has hung up, which libpq notices only when it reads. Does not wait. */
void scf_db_notice_hang_up(struct scf_db *db);
/* Notes the transaction state after an exchange with the server. */
void scf_db_settle(struct scf_db *db);
/* Closes the connection; the next use opens another. */
void scf_db_drop(struct scf_db *db);
/* Prepares if this connection does not know the statement yet. */
enum scf_code scf_db_prepare(struct scf_db *db, const struct scf_stmt *stmt,
                             const struct scf_params *params, struct scf_error *err) SCF_MUST_CHECK;
/* Refuses a statement whose name or parameters are in disorder. */
enum scf_code scf_db_check_params(const struct scf_stmt *stmt, const struct scf_params *params,
                                  enum prepared_state state, struct scf_error *err) SCF_MUST_CHECK;
/* Turns the result of one statement into rows or an error; takes `res` over. */
enum scf_code scf_db_take(struct scf_db *db, const struct scf_stmt *stmt, PGresult *res,
                          struct scf_arena *arena, struct scf_rows **ret_rows,
                          struct scf_error *err) SCF_MUST_CHECK;
/* Several static statements in one simple query (migrations). */
enum scf_code scf_db_script(struct scf_db *db, const char *sql,
                            struct scf_error *err) SCF_MUST_CHECK;

/* ---- cancel.c ---- */

/* After connecting, and before the connection is closed. Delisting twice does no harm. */
void scf_cancel_enlist(struct scf_db *db);
void scf_cancel_delist(struct scf_db *db);

/* ---- connect.c ---- */

/* A connection with our parameters, also for the listener; never NULL, ask PQstatus. */
PGconn *scf_pg_open(const char *url, const char *application_name);

/* ---- sqlstate.c ---- */

/* Fills *err (may be NULL) with the standard sentence of `code` for the client and a note for the
 * log; returns `code`. */
enum scf_code scf_db_error(struct scf_error *err, enum scf_code code, const char *note, ...)
    SCF_PRINTF(3, 4);
/* DATABASE_UNAVAILABLE with the connection's own message. */
enum scf_code scf_db_lost_error(const struct scf_db *db, const char *what, struct scf_error *err);
/* Turns a failed result (NULL: the connection's own error) into an error; `what` names the
 * statement for the log. */
enum scf_code scf_db_fail(struct scf_db *db, const PGresult *res, const char *what,
                          struct scf_error *err);

/* ---- rows.c ---- */

/* Rows [first, first + count) of a result. */
struct scf_rows {
    PGresult *res;
    int first;
    int count;
};

/* Takes `res` over; NULL when the arena is full (then `res` is cleared). */
struct scf_rows *scf_rows_wrap(struct scf_arena *arena, PGresult *res) SCF_MUST_CHECK;

#endif
