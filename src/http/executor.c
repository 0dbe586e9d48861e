/* The service threads: each owns a database connection and runs SERVICE handlers from one bounded
 * queue (libraries: PG-1, PG-2). A request that waited too long is answered 503 instead of being
 * run for a client that has given up.
 *
 * `lock` guards the queue; a request in the queue belongs to nobody else. */
#include "internal.h"

enum { STATEMENT_TIMEOUT_MS = 30000, QUEUE_DEADLINE_S = 20 };

struct scf_executor {
    struct scf_server *server;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct scf_request *head, **tail;
    size_t reserved, queue_max; /* queued, or about to be */
    bool stop;
    struct scf_metric *waiting;
    int thread_count;
    struct service_thread {
        struct scf_executor *executor;
        struct scf_db *db;
        pthread_t thread;
    } threads[];
};

bool scf_executor_reserve(struct scf_executor *e) {
    pthread_mutex_lock(&e->lock);
    bool room = !e->stop && e->reserved < e->queue_max;
    e->reserved += room;
    pthread_mutex_unlock(&e->lock);
    return room;
}

static void append(struct scf_executor *e, struct scf_request *rq) {
    rq->queue_next = NULL;
    *e->tail = rq;
    e->tail = &rq->queue_next;
    scf_metric_add(e->waiting, 1);
    pthread_cond_signal(&e->work);
}

void scf_executor_push(struct scf_executor *e, struct scf_request *rq) {
    pthread_mutex_lock(&e->lock);
    append(e, rq);
    pthread_mutex_unlock(&e->lock);
}

void scf_executor_requeue(struct scf_executor *e, struct scf_request *rq) {
    pthread_mutex_lock(&e->lock);
    e->reserved++;
    append(e, rq);
    pthread_mutex_unlock(&e->lock);
}

/* With the lock held: the first request leaves the queue. */
static struct scf_request *take(struct scf_executor *e) {
    struct scf_request *rq = e->head;
    e->head = rq->queue_next;
    if (e->head == NULL)
        e->tail = &e->head;
    e->reserved--;
    scf_metric_add(e->waiting, -1);
    return rq;
}

/* The next request, with those right behind it that may share its prefetch; 0 when stopped and
 * empty. */
static size_t pop(struct scf_executor *e, struct scf_request *ret[SCF_PREFETCH_MAX]) {
    size_t n = 0;
    pthread_mutex_lock(&e->lock);
    while (e->head == NULL && !e->stop)
        pthread_cond_wait(&e->work, &e->lock);
    if (e->head != NULL)
        ret[n++] = take(e);
    while (n > 0 && n < SCF_PREFETCH_MAX && ret[0]->route->prefetch != NULL && e->head != NULL &&
           e->head->route == ret[0]->route)
        ret[n++] = take(e);
    pthread_mutex_unlock(&e->lock);
    return n;
}

static void run(struct scf_request *rq, struct scf_db *db) {
    int64_t waited = scf_mono_us() - rq->started_us;
    bool stale = rq->wait.topic == NULL && waited > QUEUE_DEADLINE_S * SCF_US_PER_SECOND;
    if (atomic_load(&rq->server->closed)) {
        scf_reply_code(rq, SCF_E_DRAINING, "The server is shutting down.");
    } else if (stale) {
        scf_reply_code(rq, SCF_E_OVERLOADED, "The request waited too long for a free thread.");
    } else {
        rq->db = db;
        rq->route->handle(rq);
        rq->db = NULL;
    }
    if (!scf_waits_settle(rq))
        scf_rq_resume(rq, NULL);
}

static void prefetch(struct scf_request *const *rqs, size_t n, struct scf_db *db) {
    const struct scf_route *route = rqs[0]->route;
    if (route->prefetch == NULL || atomic_load(&rqs[0]->server->closed))
        return;
    for (size_t i = 0; i < n; i++)
        rqs[i]->db = db;
    route->prefetch(rqs, n);
}

static void *service_main(void *arg) {
    struct service_thread *t = arg;
    pthread_setname_np(pthread_self(), "scfd-service");
    struct scf_request *rqs[SCF_PREFETCH_MAX];
    size_t n;
    while ((n = pop(t->executor, rqs)) > 0) {
        prefetch(rqs, n, t->db);
        for (size_t i = 0; i < n; i++)
            run(rqs[i], t->db);
    }
    return NULL;
}

struct scf_executor *scf_executor_start(struct scf_server *s, int threads, const char *url,
                                        size_t queue_max) {
    struct scf_executor *e = calloc(1, sizeof *e + (size_t)threads * sizeof e->threads[0]);
    SCF_ASSERT(e != NULL);
    e->server = s;
    e->tail = &e->head;
    e->queue_max = queue_max;
    e->waiting =
        scf_gauge("scfd_service_queue_requests", NULL, "Requests waiting for a service thread");
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->work, NULL);
    for (int i = 0; i < threads; i++) {
        struct service_thread *t = &e->threads[i];
        t->executor = e;
        t->db = url == NULL ? NULL : scf_db_new(url, "scfd service", STATEMENT_TIMEOUT_MS);
        if (pthread_create(&t->thread, NULL, service_main, t) != 0) {
            scf_db_free(t->db);
            break;
        }
        e->thread_count++;
    }
    if (e->thread_count == threads)
        return e;
    scf_executor_stop(e);
    return NULL;
}

void scf_executor_stop(struct scf_executor *e) {
    if (e == NULL)
        return;
    pthread_mutex_lock(&e->lock);
    e->stop = true;
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
    for (int i = 0; i < e->thread_count; i++) {
        pthread_join(e->threads[i].thread, NULL);
        scf_db_free(e->threads[i].db);
    }
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->work);
    free(e);
}
