/* The listener: topics of committed transactions, deafness and recovery, stop in every state. */
#include "db_test.h"

#include "scfd/base/clock.h"
#include "scfd/db/listen.h"

/* What a subscriber has seen; filled on the listener's thread, guarded by the mutex. */
struct seen {
    pthread_mutex_t lock;
    char log[400];
};

static void on_topic(void *ctx, const char *topic, bool connected) {
    struct seen *seen = ctx;
    pthread_mutex_lock(&seen->lock);
    size_t n = strlen(seen->log);
    snprintf(seen->log + n, sizeof seen->log - n, "%s%s ", topic ? topic : "NULL",
             connected ? "+" : "-");
    pthread_mutex_unlock(&seen->lock);
}

static bool has_seen(struct seen *seen, const char *log) {
    pthread_mutex_lock(&seen->lock);
    bool same = strcmp(seen->log, log) == 0;
    pthread_mutex_unlock(&seen->lock);
    return same;
}

static void await_log(struct seen *seen, const char *log) {
    int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND;
    struct timespec pause = {.tv_nsec = 2000000};
    while (!has_seen(seen, log) && scf_mono_us() < end)
        nanosleep(&pause, NULL);
    pthread_mutex_lock(&seen->lock);
    assert_string_equal(seen->log, log);
    pthread_mutex_unlock(&seen->lock);
}

static void notify(struct fixture *f, const char *topic) {
    assert_int_equal(scf_db_notify(f->db, f->arena, topic, &f->err), SCF_OK);
}

static void test_topics_and_recovery(void **state) {
    struct fixture *f = fixture(state);
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct seen second = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct scf_listener *l = scf_listener_new(f->url);
    scf_listener_subscribe(l, on_topic, &seen);
    scf_listener_subscribe(l, on_topic, &second);
    assert_false(scf_listener_connected(l));
    assert_int_equal(scf_listener_start(l, &f->err), SCF_OK);
    await_log(&seen, "NULL+ ");
    assert_true(scf_listener_connected(l));

    notify(f, "jobs");
    await_log(&seen, "NULL+ jobs+ ");
    ask(f, "BEGIN");
    notify(f, "never");
    scf_db_rollback(f->db);
    ask(f, "BEGIN");
    notify(f, "keys");
    ask(f, "COMMIT");
    await_log(&seen, "NULL+ jobs+ keys+ ");

    ask(f, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
           " 'scfd listen' AND datname = current_database()");
    await_log(&seen, "NULL+ jobs+ keys+ NULL- NULL+ ");
    notify(f, "again");
    await_log(&seen, "NULL+ jobs+ keys+ NULL- NULL+ again+ ");
    await_log(&second, "NULL+ jobs+ keys+ NULL- NULL+ again+ ");
    scf_listener_stop(l);
    assert_true(has_seen(&seen, "NULL+ jobs+ keys+ NULL- NULL+ again+ NULL- "));
}

static void test_no_server(void **state) {
    struct fixture *f = fixture(state);
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct scf_listener *l = scf_listener_new("host=/nonexistent dbname=x");
    scf_listener_subscribe(l, on_topic, &seen);
    assert_int_equal(scf_listener_start(l, &f->err), SCF_OK);
    await_log(&seen, "NULL- ");
    struct timespec pause = {.tv_nsec = 300000000};
    nanosleep(&pause, NULL);
    assert_false(scf_listener_connected(l));
    scf_listener_stop(l);                   /* returns although it is waiting to try again */
    assert_true(has_seen(&seen, "NULL- ")); /* once, however often it tried */
    scf_listener_stop(scf_listener_new("never started"));
    scf_listener_stop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(test_topics_and_recovery),
        DB_TEST(test_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
