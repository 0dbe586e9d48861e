/* Errors of the server and of the connection, classified by SQLSTATE only: message texts change
 * between versions and languages. They go into the private note, never to the client. */
#include "db_impl.h"

static bool starts(const char *state, const char *prefix) {
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

static enum scf_code classify(const char *state) {
    static const struct {
        const char *prefix;
        enum scf_code code;
    } table[] = {
        {"40001", SCF_E_SOFT},                 /* serialization_failure */
        {"40P01", SCF_E_SOFT},                 /* deadlock_detected */
        {"23505", SCF_E_DB_CONFLICT},          /* unique_violation */
        {"08", SCF_E_DATABASE_UNAVAILABLE},    /* connection exceptions */
        {"57P0", SCF_E_DATABASE_UNAVAILABLE},  /* shutdown, crash, starting up */
        {"53", SCF_E_DATABASE_UNAVAILABLE},    /* no memory, disk full, too many connections */
        {"25006", SCF_E_DATABASE_UNAVAILABLE}, /* read only: this server is no longer the primary */
        {"57014", SCF_E_DATABASE_UNAVAILABLE}, /* statement_timeout */
        {"55P03", SCF_E_DATABASE_UNAVAILABLE}, /* lock_timeout */
    };
    for (size_t i = 0; i < SCF_COUNT(table); i++)
        if (starts(state, table[i].prefix))
            return table[i].code;
    return SCF_E_INTERNAL;
}

static const char *detail_of(enum scf_code code) {
    switch (code) {
    case SCF_E_SOFT:
        return "The transaction lost a race; try again.";
    case SCF_E_DB_CONFLICT:
        return "Something with this key exists already.";
    case SCF_E_DATABASE_UNAVAILABLE:
        return "The database is unavailable; try again.";
    default:
        return "The server failed.";
    }
}

enum scf_code scf_db_error(struct scf_error *err, enum scf_code code, const char *note, ...) {
    scf_fail(err, code, "%s", detail_of(code));
    if (err) {
        va_list args;
        va_start(args, note);
        vsnprintf(err->note, sizeof err->note, note, args);
        va_end(args);
    }
    return code;
}

enum scf_code scf_db_lost_error(const struct scf_db *db, const char *what, struct scf_error *err) {
    const char *message = db->conn ? PQerrorMessage(db->conn) : "not connected";
    return scf_db_error(err, SCF_E_DATABASE_UNAVAILABLE, "%s: connection lost: %.*s", what,
                        (int)strcspn(message, "\n"), message);
}

enum scf_code scf_db_fail(struct scf_db *db, const PGresult *res, const char *what,
                          struct scf_error *err) {
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    /* When a neighbour crashed, a backend leaves with a warning: libpq then has a failed write, and
     * a connection that still looks good. */
    if (!state && !scf_db_lost(db))
        scf_db_notice_hang_up(db);
    if (scf_db_lost(db))
        return scf_db_lost_error(db, what, err);
    if (!state) /* libpq itself refused: out of memory, or a call out of order */
        return scf_db_error(err, SCF_E_INTERNAL, "%s: %s", what, PQerrorMessage(db->conn));
    enum scf_code code = classify(state);
    const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (code == SCF_E_DB_CONFLICT)
        snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
    scf_db_error(err, code, "%s: %s %s", what, state, constraint ? constraint : message);
    if (starts(state, "25006"))
        scf_db_drop(db); /* so that the next use looks for the new primary */
    return code;
}
