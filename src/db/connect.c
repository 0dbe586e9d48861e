/* Opening connections: what every one of ours has in common. libpq does the multi-host and
 * target_session_attrs part of the URL. */
#include "scfd/base/log.h"
#include "db_impl.h"

static void log_notice(void *arg, const char *message) {
    (void)arg;
    if (!scf_log_enabled(SCF_LOG_DEBUG))
        return;
    size_t n = strcspn(message, "\n");
    scf_log(SCF_LOG_DEBUG, "postgres: %.*s", (int)n, message);
}

PGconn *scf_pg_open(const char *url, const char *application_name) {
    /* Later keywords win: the URL may override what stands before it. The keepalives find a dead
     * server within about half a minute. */
    const char *const keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                "keepalives_count", "tcp_user_timeout", "application_name",
                                "dbname",           "client_encoding",  NULL};
    const char *const values[] = {"5", "10",   "5", "3", "25000", application_name,
                                  url, "UTF8", NULL};
    _Static_assert(SCF_COUNT(keys) == SCF_COUNT(values), "one value per key");
    PGconn *conn = PQconnectdbParams(keys, values, 1);
    SCF_ASSERT(conn); /* NULL only without memory for the struct itself */
    PQsetNoticeProcessor(conn, log_notice, NULL);
    return conn;
}
