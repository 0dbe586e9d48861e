/* One thread for everything that is due at a time: long-polls whose time is over, and clients that
 * are too slow. It wakes at least once a second. */
#include "internal.h"

static struct timespec monotonic(int64_t us) {
    return (struct timespec){.tv_sec = us / SCF_US_PER_SECOND,
                             .tv_nsec = us % SCF_US_PER_SECOND * 1000};
}

static void *timer_main(void *arg) {
    struct scf_server *s = arg;
    pthread_setname_np(pthread_self(), "scfd-timer");
    int64_t reap_at = 0;
    pthread_mutex_lock(&s->timer_lock);
    while (!s->timer_stop) {
        pthread_mutex_unlock(&s->timer_lock);
        int64_t now = scf_mono_us();
        if (now >= reap_at) {
            scf_connections_reap(s, now);
            reap_at = now + SCF_US_PER_SECOND;
        }
        int64_t next = scf_waits_expire(s, now);
        struct timespec until = monotonic(next < reap_at ? next : reap_at);
        pthread_mutex_lock(&s->timer_lock);
        if (!s->timer_stop && !s->timer_poked)
            pthread_cond_timedwait(&s->timer_wake, &s->timer_lock, &until);
        s->timer_poked = false;
    }
    pthread_mutex_unlock(&s->timer_lock);
    return NULL;
}

enum scf_code scf_timer_start(struct scf_server *s, struct scf_error *err) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->timer_lock, NULL);
    pthread_cond_init(&s->timer_wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&s->timer, NULL, timer_main, s) != 0)
        return scf_fail(err, SCF_E_INTERNAL, "The timer thread could not be started.");
    s->timer_running = true;
    return SCF_OK;
}

void scf_timer_poke(struct scf_server *s) {
    pthread_mutex_lock(&s->timer_lock);
    s->timer_poked = true;
    pthread_cond_signal(&s->timer_wake);
    pthread_mutex_unlock(&s->timer_lock);
}

void scf_timer_stop(struct scf_server *s) {
    if (!s->timer_running)
        return;
    pthread_mutex_lock(&s->timer_lock);
    s->timer_stop = true;
    pthread_cond_signal(&s->timer_wake);
    pthread_mutex_unlock(&s->timer_lock);
    pthread_join(s->timer, NULL);
    pthread_mutex_destroy(&s->timer_lock);
    pthread_cond_destroy(&s->timer_wake);
    s->timer_running = false;
}
