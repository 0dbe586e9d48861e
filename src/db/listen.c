/* The listening thread. The subscriber table is written before start and only read after; the
 * connection belongs to the thread; `connected` is atomic; stop is told through an eventfd. */
#include <poll.h>
#include <sys/eventfd.h>

#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/db/listen.h"
#include "db_impl.h"

enum { MAX_SUBSCRIBERS = 16, BACKOFF_FIRST_MS = 50, BACKOFF_LAST_MS = 400 };

struct subscriber {
    void (*fn)(void *ctx, const char *topic, bool connected);
    void *ctx;
};

struct scf_listener {
    char *url;
    struct subscriber subscribers[MAX_SUBSCRIBERS];
    int subscriber_count;
    pthread_t thread;
    bool started;
    int stop_fd; /* readable once stop was called */
    atomic_bool connected;
    struct scf_metric *gauge;
};

struct scf_listener *scf_listener_new(const char *database_url) {
    struct scf_listener *l = calloc(1, sizeof *l);
    SCF_ASSERT(l);
    l->url = strdup(database_url);
    l->stop_fd = eventfd(0, EFD_CLOEXEC);
    l->gauge = scf_gauge("scfd_listener_connected", NULL,
                         "1: news from the database and other instances arrive at once");
    SCF_ASSERT(l->url && l->stop_fd >= 0);
    return l;
}

void scf_listener_subscribe(struct scf_listener *l,
                            void (*fn)(void *ctx, const char *topic, bool connected), void *ctx) {
    SCF_ASSERT(!l->started && l->subscriber_count < MAX_SUBSCRIBERS);
    l->subscribers[l->subscriber_count++] = (struct subscriber){.fn = fn, .ctx = ctx};
}

bool scf_listener_connected(const struct scf_listener *l) {
    return atomic_load(&l->connected);
}

/* ---- the thread ---- */

static void tell(struct scf_listener *l, const char *topic, bool connected) {
    atomic_store(&l->connected, connected);
    scf_metric_set(l->gauge, connected);
    for (int i = 0; i < l->subscriber_count; i++)
        l->subscribers[i].fn(l->subscribers[i].ctx, topic, connected);
}

/* Waits for input on `fd` (-1: none), for stop, or for the time; false when told to stop. */
static bool wait_for(const struct scf_listener *l, int fd, int timeout_ms) {
    struct pollfd fds[] = {{.fd = l->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(fds, 2, timeout_ms) < 0 && errno == EINTR)
        ;
    return fds[0].revents == 0;
}

static PGconn *connect_and_listen(const struct scf_listener *l) {
    PGconn *conn = scf_pg_open(l->url, "scfd listen");
    PGresult *res = PQexec(conn, "LISTEN scfd");
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    PQclear(res);
    if (ok)
        return conn;
    PQfinish(conn);
    return NULL;
}

/* Hands topics on until the connection is lost (true) or stop was called (false). */
static bool serve(struct scf_listener *l, PGconn *conn) {
    for (;;) {
        if (!PQconsumeInput(conn) || PQstatus(conn) != CONNECTION_OK)
            return true;
        for (PGnotify *n; (n = PQnotifies(conn)) != NULL; PQfreemem(n))
            tell(l, n->extra, true);
        if (!wait_for(l, PQsocket(conn), -1))
            return false;
    }
}

static void *run(void *arg) {
    struct scf_listener *l = arg;
    int backoff_ms = BACKOFF_FIRST_MS;
    bool told_deaf = false;
    for (bool going = true; going;) {
        PGconn *conn = connect_and_listen(l);
        if (!conn) {
            if (!told_deaf)
                tell(l, NULL, false);
            told_deaf = true;
            going = wait_for(l, -1, backoff_ms);
            backoff_ms = 2 * backoff_ms < BACKOFF_LAST_MS ? 2 * backoff_ms : BACKOFF_LAST_MS;
            continue;
        }
        backoff_ms = BACKOFF_FIRST_MS;
        told_deaf = false;
        tell(l, NULL, true); /* what happened while we were deaf is unknown */
        going = serve(l, conn);
        PQfinish(conn);
        if (going) {
            scf_log(SCF_LOG_WARN, "the listener lost its database connection");
            tell(l, NULL, false);
            told_deaf = true;
        }
    }
    if (!told_deaf)
        tell(l, NULL, false); /* who lives on must not rely on news that nobody brings any more */
    return NULL;
}

enum scf_code scf_listener_start(struct scf_listener *l, struct scf_error *err) {
    int rc = pthread_create(&l->thread, NULL, run, l);
    if (rc != 0)
        return scf_db_error(err, SCF_E_INTERNAL, "cannot start the listener: %s", strerror(rc));
    l->started = true;
    return SCF_OK;
}

void scf_listener_stop(struct scf_listener *l) {
    if (!l)
        return;
    if (l->started) {
        int rc = eventfd_write(l->stop_fd, 1);
        SCF_ASSERT(rc == 0);
        pthread_join(l->thread, NULL);
    }
    close(l->stop_fd);
    free(l->url);
    free(l);
}
