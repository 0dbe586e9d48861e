/* Long-polls (api-rules R5). A waiting request is parked: suspended, on no thread, on this list
 * under its topic. It runs again on a service thread when the topic is notified or its time is
 * over.
 *
 * No wake-up is lost: a request is put on the list first, with `notified` set, so that its handler
 * looks once more; only then does it park. `lock` guards the list and every `wait` field of the
 * requests on it, except `asked`, `applied` and `until_us`, which belong to the request's owner. */
#include "fields.h"
#include "internal.h"

struct scf_wait_list {
    pthread_mutex_t lock;
    struct scf_request *first;
    int count, cap;
    struct scf_metric *gauge;
};

struct scf_wait_list *scf_waits_new(int cap) {
    struct scf_wait_list *w = calloc(1, sizeof *w);
    SCF_ASSERT(w != NULL);
    pthread_mutex_init(&w->lock, NULL);
    w->cap = cap;
    w->gauge = scf_gauge("scfd_longpoll_waiters", NULL, "Requests waiting for a change");
    return w;
}

void scf_waits_free(struct scf_wait_list *w) {
    if (w == NULL)
        return;
    SCF_ASSERT(w->first == NULL);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void enlist(struct scf_wait_list *w, struct scf_request *rq) {
    rq->wait.prev = NULL;
    rq->wait.next = w->first;
    if (w->first != NULL)
        w->first->wait.prev = rq;
    w->first = rq;
    scf_metric_set(w->gauge, ++w->count);
}

static void delist(struct scf_wait_list *w, struct scf_request *rq) {
    if (rq->wait.prev != NULL)
        rq->wait.prev->wait.next = rq->wait.next;
    else
        w->first = rq->wait.next;
    if (rq->wait.next != NULL)
        rq->wait.next->wait.prev = rq->wait.prev;
    rq->wait.topic = NULL;
    scf_metric_set(w->gauge, --w->count);
}

static void read_preference(struct scf_request *rq) {
    if (rq->wait_seconds >= 0)
        return;
    rq->wait_seconds = scf_prefer_wait(scf_rq_header(rq, "Prefer"));
    rq->wait.until_us = rq->started_us + rq->wait_seconds * SCF_US_PER_SECOND;
}

bool scf_rq_may_wait(const struct scf_request *asked) {
    struct scf_request *rq = &asked->conn->rq; /* the same, but ours to remember the answer in */
    read_preference(rq);
    if (rq->wait_seconds == 0 || atomic_load(&rq->server->draining))
        return false;
    struct scf_wait_list *w = rq->server->waits;
    pthread_mutex_lock(&w->lock);
    bool room = rq->wait.topic != NULL || w->count < w->cap;
    pthread_mutex_unlock(&w->lock);
    rq->wait.applied = room;
    return room && scf_mono_us() < rq->wait.until_us;
}

void scf_rq_wait(struct scf_request *rq, const char *topic) {
    struct scf_wait_list *w = rq->server->waits;
    SCF_ASSERT(!scf_replied(rq) && rq->wait_seconds > 0);
    char *copy = scf_strdup(rq->arena, topic);
    if (copy == NULL) {
        scf_reply_code(rq, SCF_E_INTERNAL, "The request used too much memory.");
        return;
    }
    rq->wait.asked = true;
    pthread_mutex_lock(&w->lock);
    bool listed = rq->wait.topic != NULL;
    bool changed = !listed || strcmp(rq->wait.topic, topic) != 0;
    rq->wait.topic = copy;
    if (changed)
        rq->wait.notified = true;
    if (!listed)
        enlist(w, rq);
    pthread_mutex_unlock(&w->lock);
    if (!listed)
        scf_timer_poke(rq->server);
}

bool scf_waits_settle(struct scf_request *rq) {
    struct scf_wait_list *w = rq->server->waits;
    bool again = false, parked = false;
    pthread_mutex_lock(&w->lock);
    if (rq->wait.asked && !scf_replied(rq)) {
        again = rq->wait.notified || atomic_load(&rq->server->draining) ||
                scf_mono_us() >= rq->wait.until_us;
        parked = !again;
        rq->wait.asked = false;
        rq->wait.notified = false;
        rq->wait.parked = parked;
    } else if (rq->wait.topic != NULL) {
        delist(w, rq);
    }
    pthread_mutex_unlock(&w->lock);
    if (again)
        scf_executor_requeue(rq->server->executor, rq);
    return again || parked;
}

/* With the lock held. */
static void wake(struct scf_request *rq) {
    rq->wait.notified = true;
    if (!rq->wait.parked)
        return;
    rq->wait.parked = false;
    rq->wait.notified = false;
    scf_executor_requeue(rq->server->executor, rq);
}

void scf_waits_notify(struct scf_server *s, const char *topic) {
    pthread_mutex_lock(&s->waits->lock);
    for (struct scf_request *rq = s->waits->first; rq != NULL; rq = rq->wait.next)
        if (topic == NULL || strcmp(rq->wait.topic, topic) == 0)
            wake(rq);
    pthread_mutex_unlock(&s->waits->lock);
}

int64_t scf_waits_expire(struct scf_server *s, int64_t now_us) {
    int64_t next = INT64_MAX;
    pthread_mutex_lock(&s->waits->lock);
    for (struct scf_request *rq = s->waits->first; rq != NULL; rq = rq->wait.next)
        if (rq->wait.until_us <= now_us)
            wake(rq);
        else if (rq->wait.until_us < next)
            next = rq->wait.until_us;
    pthread_mutex_unlock(&s->waits->lock);
    return next;
}
