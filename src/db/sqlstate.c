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

static int first_line(const char *text) {
    return (int)strcspn(text, "\n");
}

static enum scf_code fail_lost(const struct scf_db *db, const char *what, struct scf_error *err) {
    const char *message = db->conn ? PQerrorMessage(db->conn) : "not connected";
    scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "%s", detail_of(SCF_E_DATABASE_UNAVAILABLE));
    scf_note(err, "%s: connection lost: %.*s", what, first_line(message), message);
    return SCF_E_DATABASE_UNAVAILABLE;
}

enum scf_code scf_db_fail(struct scf_db *db, const PGresult *res, const char *what,
                          struct scf_error *err) {
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    if (scf_db_lost(db))
        return fail_lost(db, what, err);
    if (!state) {
        /* libpq itself refused: out of memory, or a call out of order. */
        scf_fail(err, SCF_E_INTERNAL, "%s", detail_of(SCF_E_INTERNAL));
        const char *message = PQerrorMessage(db->conn);
        scf_note(err, "%s: %.*s", what, first_line(message), message);
        return SCF_E_INTERNAL;
    }
    enum scf_code code = classify(state);
    const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (code == SCF_E_DB_CONFLICT)
        snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
    scf_fail(err, code, "%s", detail_of(code));
    scf_note(err, "%s: %s %s", what, state, constraint ? constraint : message ? message : "");
    if (starts(state, "25006"))
        scf_db_drop(db); /* so that the next use looks for the new primary */
    return code;
}
