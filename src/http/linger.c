/* Closing without a reset (RFC 9112 §9.6). When a body is refused before it is read, closing the
 * socket would make the kernel send a reset, which can destroy the answer before the client has
 * read it. So a duplicate of the descriptor is kept here and what the client still sends is thrown
 * away, until it closes or its time is over.
 *
 * `lock` guards `items` and `count`; only the thread removes. */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "internal.h"

enum { LINGER_MAX = 64, LINGER_S = 5, DISCARD = 256 * 1024 };

struct scf_linger {
    pthread_t thread;
    pthread_mutex_t lock;
    int wake; /* eventfd */
    bool stop;
    int count;
    struct {
        int fd;
        int64_t until_us;
    } items[LINGER_MAX];
    char nowhere[DISCARD]; /* the thread's: what nobody reads */
};

static void poke(struct scf_linger *l) {
    uint64_t one = 1;
    ssize_t written = write(l->wake, &one, sizeof one);
    (void)written; /* full means it is awake anyway */
}

void scf_linger_add(struct scf_linger *l, int fd) {
    pthread_mutex_lock(&l->lock);
    int copy = l->count < LINGER_MAX ? dup(fd) : -1;
    if (copy >= 0) {
        l->items[l->count].fd = copy;
        l->items[l->count++].until_us = scf_mono_us() + LINGER_S * SCF_US_PER_SECOND;
    }
    pthread_mutex_unlock(&l->lock);
    if (copy >= 0)
        poke(l);
}

/* True at the end of the stream. MSG_TRUNC: of a TCP socket the kernel drops the bytes without
 * copying them; of a Unix socket it copies all the same, and wants a place to. */
static bool discard(struct scf_linger *l, int fd) {
    ssize_t n = recv(fd, l->nowhere, sizeof l->nowhere, MSG_DONTWAIT | MSG_TRUNC);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* With the lock held: closes what is over. `ready` are the poll results of the first `n`. */
static void sweep(struct scf_linger *l, const struct pollfd *ready, int n) {
    int64_t now = scf_mono_us();
    for (int i = n - 1; i >= 0; i--) {
        bool over = l->stop || now >= l->items[i].until_us;
        if (!over && (ready[i].revents == 0 || !discard(l, l->items[i].fd)))
            continue;
        close(l->items[i].fd);
        l->items[i] = l->items[--l->count];
    }
}

static void *linger_main(void *arg) {
    struct scf_linger *l = arg;
    struct pollfd fds[LINGER_MAX + 1];
    pthread_setname_np(pthread_self(), "scfd-linger");
    pthread_mutex_lock(&l->lock);
    while (!l->stop || l->count > 0) {
        int n = l->count;
        for (int i = 0; i < n; i++)
            fds[i] = (struct pollfd){.fd = l->items[i].fd, .events = POLLIN};
        fds[n] = (struct pollfd){.fd = l->wake, .events = POLLIN};
        pthread_mutex_unlock(&l->lock);
        poll(fds, (nfds_t)n + 1, n == 0 ? -1 : 1000);
        uint64_t pokes;
        if (fds[n].revents != 0 && read(l->wake, &pokes, sizeof pokes) < 0)
            scf_log(SCF_LOG_ERROR, "linger: %s", strerror(errno));
        pthread_mutex_lock(&l->lock);
        sweep(l, fds, n);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

struct scf_linger *scf_linger_start(void) {
    struct scf_linger *l = calloc(1, sizeof *l);
    SCF_ASSERT(l != NULL);
    pthread_mutex_init(&l->lock, NULL);
    l->wake = eventfd(0, EFD_CLOEXEC);
    if (l->wake >= 0 && pthread_create(&l->thread, NULL, linger_main, l) == 0)
        return l;
    if (l->wake >= 0)
        close(l->wake);
    free(l);
    return NULL;
}

void scf_linger_stop(struct scf_linger *l) {
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_mutex_unlock(&l->lock);
    poke(l);
    pthread_join(l->thread, NULL);
    close(l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
