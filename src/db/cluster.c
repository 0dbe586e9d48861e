/* The embedded cluster: start, watch, stop. The postmaster is a direct child of the main thread
 * (see cluster_process.c for why that matters). Relies on cluster_files.c for the directory and
 * cluster_bin.c for the programs. */
#include <libpq-fe.h>
#include <sys/wait.h>

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "cluster_impl.h"

enum { POLL_MS = 10, SILENT_MS = 60 * 1000, RECOVERING_MS = 3600 * 1000, REPORT_MS = 5000 };

const char *scf_cluster_url(const struct scf_cluster *c) {
    return c->url;
}

int scf_cluster_pid(const struct scf_cluster *c) {
    return atomic_load(&c->pid);
}

/* A keyword string; quotes and backslashes in the path are escaped. */
static char *url_for(const struct scf_cluster *c, const char *database) {
    char host[2 * PATH_MAX];
    size_t n = 0;
    for (const char *p = c->socket_dir; *p && n + 2 < sizeof host; p++) {
        if (*p == '\'' || *p == '\\')
            host[n++] = '\\';
        host[n++] = *p;
    }
    host[n] = '\0';
    return scf_cluster_text("host='%s' port=5432 user=scfd dbname=%s", host, database);
}

/* ---- starting the postmaster ---- */

static enum scf_code launch(struct scf_cluster *c, struct scf_error *err) {
    char *program = scf_cluster_text("%s/postgres", c->bin_dir);
    char *sockets = scf_cluster_text("unix_socket_directories=\"%s\"", c->socket_dir);
    char *connections = scf_cluster_text("max_connections=%d", c->max_connections);
    const char *const argv[] = {program,
                                "-D",
                                c->pg_dir,
                                "-c",
                                "listen_addresses=",
                                "-c",
                                "port=5432",
                                "-c",
                                sockets,
                                "-c",
                                "unix_socket_permissions=0700",
                                "-c",
                                connections,
                                NULL};
    int log_fd = scf_cluster_open_log(c);
    pid_t pid = log_fd >= 0 ? scf_spawn(&c->account, log_fd, argv) : -1;
    if (log_fd >= 0)
        close(log_fd);
    free(program);
    free(sockets);
    free(connections);
    if (pid < 0)
        return scf_fail(err, SCF_E_INTERNAL, "Cannot start PostgreSQL: %s.", strerror(errno));
    atomic_store(&c->pid, pid);
    return SCF_OK;
}

/* True once the postmaster has ended; it is then reaped and forgotten. */
static bool has_ended(struct scf_cluster *c) {
    int pid = atomic_load(&c->pid);
    if (pid == 0)
        return true;
    pid_t done = waitpid(pid, NULL, WNOHANG);
    if (done == 0)
        return false;
    atomic_store(&c->pid, 0);
    return true;
}

/* Until it answers. Crash recovery may take long, and says so; silence may not. */
static enum scf_code await(struct scf_cluster *c, struct scf_error *err) {
    int64_t begin = scf_mono_us(), reported = begin;
    for (;;) {
        if (has_ended(c))
            return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "PostgreSQL did not start; see %s.",
                            c->log_path);
        PGPing answer = PQping(c->url);
        if (answer == PQPING_OK)
            return SCF_OK;
        int64_t now = scf_mono_us(), waited_ms = (now - begin) / 1000;
        if (waited_ms > (answer == PQPING_REJECT ? RECOVERING_MS : SILENT_MS))
            return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "PostgreSQL does not answer; see %s.",
                            c->log_path);
        if (now - reported > REPORT_MS * 1000) {
            scf_log(SCF_LOG_INFO, "PostgreSQL is still starting after %d s",
                    (int)(waited_ms / 1000));
            reported = now;
        }
        scf_cluster_sleep_ms(POLL_MS);
    }
}

/* A first start may have been killed before it got so far: looked up at every start. */
static enum scf_code ensure_database(const struct scf_cluster *c, struct scf_error *err) {
    char *url = url_for(c, "postgres");
    PGconn *conn = PQconnectdb(url);
    free(url);
    PGresult *res = PQexec(conn, "SELECT 1 FROM pg_database WHERE datname = 'scfd'");
    bool ok = PQresultStatus(res) == PGRES_TUPLES_OK;
    if (ok && PQntuples(res) == 0) {
        PQclear(res);
        res = PQexec(conn, "CREATE DATABASE scfd");
        ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    }
    enum scf_code code = SCF_OK;
    if (!ok)
        code = scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "Cannot create the database scfd: %s",
                        PQerrorMessage(conn));
    PQclear(res);
    PQfinish(conn);
    return code;
}

/* The directory of the socket is ours alone, and nothing runs in it now. A killed postmaster that
 * nobody has reaped, or a stranger with its number, would pass for alive. */
static void remove_socket_lock(const struct scf_cluster *c) {
    char *path = scf_cluster_text("%s/.s.PGSQL.5432.lock", c->socket_dir);
    unlink(path);
    free(path);
}

static enum scf_code run_postmaster(struct scf_cluster *c, struct scf_error *err) {
    scf_leftovers_stop(c->pg_dir);
    remove_socket_lock(c);
    enum scf_code code = launch(c, err);
    if (code == SCF_OK)
        code = await(c, err);
    if (code == SCF_OK)
        code = ensure_database(c, err);
    return code;
}

/* ---- the life of the cluster ---- */

static enum scf_code find_programs(struct scf_cluster *c, struct scf_error *err) {
    int major = scf_cluster_version(c);
    c->bin_dir = scf_find_postgres(major);
    if (c->bin_dir)
        return SCF_OK;
    if (major)
        return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE,
                        "PostgreSQL %d, which made %s, is not installed.", major, c->pg_dir);
    return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE,
                    "No PostgreSQL server (14 to 17) was found: install the package postgresql, "
                    "name the directory of its programs in SCFD_PG_BIN, or give --database-url.");
}

static enum scf_code bring_up(struct scf_cluster *c, const char *data_dir, struct scf_error *err) {
    enum scf_code code = scf_cluster_claim(c, data_dir, true, err);
    if (code == SCF_OK)
        code = find_programs(c, err);
    if (code != SCF_OK)
        return code;
    c->url = url_for(c, "scfd");
    if (scf_cluster_version(c) == 0) {
        scf_log(SCF_LOG_INFO, "creating the database cluster in %s", c->pg_dir);
        code = scf_cluster_create(c, err);
    }
    return code == SCF_OK ? run_postmaster(c, err) : code;
}

static struct scf_metric *restarts(void) {
    return scf_counter("scfd_postgres_restarts_total", NULL,
                       "Restarts of the embedded PostgreSQL after it ended by itself");
}

static struct scf_cluster *new_cluster(void) {
    struct scf_cluster *c = calloc(1, sizeof *c);
    SCF_ASSERT(c);
    c->lock_fd = -1;
    return c;
}

enum scf_code scf_cluster_start(const char *data_dir, int max_connections, struct scf_cluster **ret,
                                struct scf_error *err) {
    struct scf_cluster *c = new_cluster();
    (void)restarts(); /* is 0 from the start, not absent */
    c->max_connections = max_connections;
    enum scf_code code = bring_up(c, data_dir, err);
    if (code != SCF_OK) {
        scf_cluster_stop(c);
        return code;
    }
    *ret = c;
    return SCF_OK;
}

enum scf_code scf_cluster_attach(const char *data_dir, struct scf_cluster **ret,
                                 struct scf_error *err) {
    struct scf_cluster *c = new_cluster();
    enum scf_code code = scf_cluster_claim(c, data_dir, false, err);
    if (code != SCF_OK) {
        scf_cluster_stop(c);
        return code;
    }
    c->url = url_for(c, "scfd");
    *ret = c;
    return SCF_OK;
}

enum scf_code scf_cluster_check(struct scf_cluster *c, struct scf_error *err) {
    if (!has_ended(c))
        return SCF_OK;
    scf_log(SCF_LOG_WARN, "PostgreSQL has ended; starting it again");
    scf_metric_add(restarts(), 1);
    return run_postmaster(c, err);
}

void scf_cluster_stop(struct scf_cluster *c) {
    if (!c)
        return;
    if (!has_ended(c))
        scf_postmaster_stop(atomic_load(&c->pid));
    if (c->lock_fd >= 0)
        close(c->lock_fd); /* releases the lock */
    free(c->dir);
    free(c->pg_dir);
    free(c->new_dir);
    free(c->log_path);
    free(c->bin_dir);
    free(c->socket_dir);
    free(c->url);
    free(c);
}
