/* Requests that leave the HTTP thread: suspended and resumed, streamed, waiting, and cut short by a
 * shutdown or a client that goes away. */
#include <zlib.h>

#include "client.h"
#include "scfd/codec/digest.h"

/* A test whose thread does not run for a while must not be hung up on, but where that is tested. */
enum { STREAM_BYTES = 8 * 1024 * 1024, TAKE_MAX = 5000, CLIENT_TIMEOUT_S = 30, HASTY_S = 5 };

static struct scf_server *server;
static int port;

/* ---- a thread that resumes what it is given, a little later ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct {
    struct scf_request *rq;
    void (*finish)(struct scf_request *rq);
} handed[64];
static size_t handed_n;
static bool hold, quit; /* all guarded by lock */
static pthread_t resumer;

static void hand_over(struct scf_request *rq, void (*finish)(struct scf_request *rq)) {
    scf_rq_suspend(rq);
    pthread_mutex_lock(&lock);
    assert_true(handed_n < SCF_COUNT(handed));
    handed[handed_n].rq = rq;
    handed[handed_n++].finish = finish;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static void *resume_all(void *arg) {
    (void)arg;
    pthread_mutex_lock(&lock);
    while (!quit) {
        if (handed_n == 0 || hold) {
            pthread_cond_wait(&more, &lock);
            continue;
        }
        handed_n--;
        struct scf_request *rq = handed[handed_n].rq;
        void (*finish)(struct scf_request *) = handed[handed_n].finish;
        pthread_mutex_unlock(&lock);
        scf_rq_resume(rq, finish);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void set_hold(bool value) {
    pthread_mutex_lock(&lock);
    hold = value;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static size_t held(void) {
    pthread_mutex_lock(&lock);
    size_t n = handed_n;
    pthread_mutex_unlock(&lock);
    return n;
}

static void until_held(size_t n) {
    for (int i = 0; i < 2000 && held() != n; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(held(), n);
}

/* ---- handlers ---- */

static void reply_text(struct scf_request *rq, int status, const char *text) {
    struct scf_buf b;
    scf_buf_init(&b, 256);
    scf_buf_puts(&b, text);
    scf_reply(rq, status, "text/plain", &b);
}

static void done(struct scf_request *rq) {
    reply_text(rq, 201, "done");
}

static void twice(struct scf_request *rq) {
    hand_over(rq, done);
}

static void later(struct scf_request *rq) {
    hand_over(rq, twice);
}

/* The stream: counts and sums, takes at most TAKE_MAX bytes, then suspends. */
struct stream {
    uint64_t bytes, sum;
};
static _Atomic int begun, ended, aborted;

static enum scf_code begin(struct scf_request *rq, struct scf_error *err) {
    if (scf_rq_header(rq, "X-Refuse") != NULL)
        return scf_fail(err, SCF_E_WRONG_STATE, "Not now.");
    atomic_fetch_add(&begun, 1);
    scf_rq_set_data(rq, calloc(1, sizeof(struct stream)));
    return SCF_OK;
}

static void refuse(struct scf_request *rq) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_VALIDATION_FAILED, "A line ends with '!'.");
    scf_reply_error(rq, &err);
}

static size_t chunk(struct scf_request *rq, const char *bytes, size_t n) {
    struct stream *s = scf_rq_data(rq);
    size_t take = n > TAKE_MAX ? TAKE_MAX : n;
    for (size_t i = 0; i < take; i++)
        s->sum += (unsigned char)bytes[i] * (s->bytes + i + 1);
    s->bytes += take;
    if (take > 0 && bytes[take - 1] == '!')
        refuse(rq);
    else if (take < n || s->bytes % 3 == 0)
        hand_over(rq, NULL);
    return take;
}

static void finish_stream(struct scf_request *rq) {
    struct stream *s = scf_rq_data(rq);
    char text[64];
    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64, s->bytes, s->sum);
    free(s);
    reply_text(rq, 200, text);
}

static void end(struct scf_request *rq) {
    atomic_fetch_add(&ended, 1);
    hand_over(rq, finish_stream);
}

static void abort_stream(struct scf_request *rq) {
    atomic_fetch_add(&aborted, 1);
    free(scf_rq_data(rq));
}

static const struct scf_stream_ops stream_ops = {begin, chunk, end, abort_stream};

/* The long-poll: waits for `version` to pass what If-None-Match names. */
static _Atomic int version, runs;

static void poll_version(struct scf_request *rq) {
    atomic_fetch_add(&runs, 1);
    char etag[16];
    snprintf(etag, sizeof etag, "%d", atomic_load(&version));
    const char *known = scf_rq_header(rq, "If-None-Match");
    bool same = known != NULL && strncmp(known + 1, etag, strlen(etag)) == 0;
    if (same && scf_rq_may_wait(rq)) {
        scf_rq_wait(rq, "version");
        return;
    }
    if (!scf_reply_not_modified(rq, etag))
        reply_text(rq, 200, etag);
}

static const struct scf_route routes[] = {
    {.method = "GET", .pattern = "/later", .run = SCF_RUN_ASYNC, .handle = later},
    {.method = "POST",
     .pattern = "/stream",
     .run = SCF_RUN_STREAM,
     .stream = &stream_ops,
     .body_type = "application/x-ndjson",
     .body_max = STREAM_BYTES},
    {.method = "GET", .pattern = "/poll", .run = SCF_RUN_SERVICE, .handle = poll_version},
};

static int start_with(int client_timeout_s) {
    atomic_store(&begun, 0), atomic_store(&ended, 0), atomic_store(&aborted, 0);
    atomic_store(&version, 1), atomic_store(&runs, 0);
    handed_n = 0;
    hold = quit = false;
    pthread_create(&resumer, NULL, resume_all, NULL);
    struct scf_server_options o = {.listen = "127.0.0.1:0",
                                   .client_timeout_s = client_timeout_s,
                                   .max_connections = 32,
                                   .routes = routes,
                                   .route_count = SCF_COUNT(routes)};
    struct scf_error err = {0};
    assert_int_equal(scf_server_start(&o, &server, &err), SCF_OK);
    port = scf_server_port(server);
    return 0;
}

static int start(void **state) {
    (void)state;
    return start_with(CLIENT_TIMEOUT_S);
}

static int start_hasty(void **state) {
    (void)state;
    return start_with(HASTY_S);
}

static int stop(void **state) {
    (void)state;
    if (server != NULL)
        scf_server_stop(server, 5);
    server = NULL;
    pthread_mutex_lock(&lock);
    quit = true;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
    pthread_join(resumer, NULL);
    return 0;
}

#define LATER "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
#define STREAM_HEAD "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"

/* ---- tests ---- */

static void suspended_requests_are_resumed_many_times(void **state) {
    (void)state;
    int fd = dial(port);
    for (int i = 0; i < 300; i++)
        expect(fd, LATER, 201);
    assert_true(say(fd, LATER LATER LATER));
    for (int i = 0; i < 3; i++)
        expect(fd, "", 201);
    close(fd);
}

static void *send_stream(void *arg) {
    int fd = *(int *)arg;
    static char block[65536];
    for (size_t sent = 0; sent < STREAM_BYTES; sent += sizeof block) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = (char)('a' + (sent + i) % 23);
        assert_true(say_n(fd, block, sizeof block));
    }
    return NULL;
}

/* Every byte arrives once, in order, although the stream suspends all the time. */
static void streams_push_back(void **state) {
    (void)state;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < STREAM_BYTES; i++)
        sum += ('a' + i % 23) * (i + 1);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%d %" PRIu64, STREAM_BYTES, sum);
    int fd = dial(port);
    char head[256];
    snprintf(head, sizeof head, STREAM_HEAD "Content-Length: %d\r\n\r\n", STREAM_BYTES);
    assert_true(say(fd, head));
    pthread_t sender;
    pthread_create(&sender, NULL, send_stream, &fd);
    struct answer a = hear(fd);
    pthread_join(sender, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, wanted);
    forget(&a);
    expect(fd, LATER, 201);
    close(fd);
    assert_int_equal(atomic_load(&ended), 1);
    assert_int_equal(atomic_load(&aborted), 0);
}

/* The same bytes gzipped: suspended in the middle of inflated windows, whole all the same. */
static void gzipped_streams_push_back(void **state) {
    (void)state;
    enum { PLAIN = 3000000 };
    uint64_t sum = 0, rest = 1;
    unsigned char *plain = malloc(PLAIN), *packed = malloc(PLAIN);
    assert_non_null(plain);
    assert_non_null(packed);
    for (uint64_t i = 0; i < PLAIN; i++) {
        rest = rest * 6364136223846793005u + 1442695040888963407u;
        plain[i] = (unsigned char)('a' + (rest >> 60));
        sum += plain[i] * (i + 1);
    }
    z_stream z = {.next_in = plain, .avail_in = PLAIN, .next_out = packed, .avail_out = PLAIN};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    char wanted[64], head[256];
    snprintf(wanted, sizeof wanted, "%d %" PRIu64, PLAIN, sum);
    snprintf(head, sizeof head, STREAM_HEAD "Content-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
             z.total_out);
    int fd = dial(port);
    assert_true(say(fd, head));
    assert_true(say_n(fd, (char *)packed, z.total_out));
    struct answer a = hear(fd);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, wanted);
    forget(&a);
    snprintf(head, sizeof head, STREAM_HEAD "Content-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
             z.total_out - 1);
    assert_true(say(fd, head));
    assert_true(say_n(fd, (char *)packed, z.total_out - 1)); /* cut short */
    expect(fd, "", 400);
    assert_int_equal(atomic_load(&aborted), 1);
    close(fd);
    free(plain);
    free(packed);
}

/* 100 MB of zeros in 100 KB are not inflated. */
static void gzip_bombs_are_refused(void **state) {
    (void)state;
    enum { ROOM = 200000 };
    static unsigned char zeros[65536], packed[ROOM];
    z_stream z = {.next_out = packed, .avail_out = ROOM};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i < 1600; i++) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        assert_int_equal(deflate(&z, i == 1599 ? Z_FINISH : Z_NO_FLUSH),
                         i == 1599 ? Z_STREAM_END : Z_OK);
    }
    deflateEnd(&z);
    char head[256];
    snprintf(head, sizeof head, STREAM_HEAD "Content-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
             z.total_out);
    int fd = dial(port);
    assert_true(say(fd, head));
    assert_true(say_n(fd, (char *)packed, z.total_out));
    expect(fd, "", 413);
    close(fd);
    assert_int_equal(atomic_load(&aborted), 1);
}

static void a_held_stream_stops_the_client(void **state) {
    (void)state;
    set_hold(true);
    int fd = dial(port), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    char head[256];
    snprintf(head, sizeof head, STREAM_HEAD "Content-Length: %d\r\n\r\n", STREAM_BYTES);
    assert_true(say(fd, head));
    static char block[65536];
    memset(block, 'x', sizeof block);
    size_t sent = 0;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    while (sent < STREAM_BYTES && poll(&p, 1, 300) == 1) {
        ssize_t n = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL);
        assert_true(n > 0);
        sent += (size_t)n;
    }
    assert_in_range(sent, 1, STREAM_BYTES - 1); /* socket buffers filled, then nothing moved */
    set_hold(false);
    while (sent < STREAM_BYTES) {
        size_t n = STREAM_BYTES - sent < sizeof block ? STREAM_BYTES - sent : sizeof block;
        assert_true(say_n(fd, block, n));
        sent += n;
    }
    expect(fd, "", 200);
    close(fd);
}

/* Waiting for us does not count against the client, however long it takes. */
static void a_stream_held_past_the_time_out_goes_on(void **state) {
    (void)state;
    set_hold(true);
    int fd = dial(port);
    assert_true(say(fd, STREAM_HEAD "Content-Length: 6\r\n\r\nabc"));
    until_held(1);
    nanosleep(&(struct timespec){.tv_sec = HASTY_S + 2}, NULL);
    set_hold(false);
    assert_true(say(fd, "def"));
    expect(fd, "", 200);
    close(fd);
    assert_int_equal(atomic_load(&aborted), 0);
}

/* A client that stops in the middle of its body is still cut off after having been held. */
static void a_held_stream_does_not_free_its_client(void **state) {
    (void)state;
    set_hold(true);
    int fd = dial(port);
    assert_true(say(fd, STREAM_HEAD "Content-Length: 6\r\n\r\nabc"));
    until_held(1);
    set_hold(false);
    expect_end(fd);
    close(fd);
    for (int i = 0; i < 1000 && atomic_load(&aborted) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(atomic_load(&aborted), 1);
}

static void a_stream_may_refuse(void **state) {
    (void)state;
    int fd = dial(port);
    expect(fd, STREAM_HEAD "X-Refuse: 1\r\nContent-Length: 3\r\n\r\nabc", 409);
    expect(fd, STREAM_HEAD "Content-Length: 4\r\n\r\nabc!", 422);
    expect(fd, STREAM_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\na!\r\n2\r\nbb\r\n0\r\n\r\n",
           422);
    expect(fd, LATER, 201);
    close(fd);
    assert_int_equal(atomic_load(&begun), 2);
    assert_int_equal(atomic_load(&aborted), 2);
    assert_int_equal(atomic_load(&ended), 0);
}

static void a_client_that_leaves_aborts_its_stream_once(void **state) {
    (void)state;
    int fd = dial(port);
    assert_true(say(fd, STREAM_HEAD "Content-Length: 100\r\n\r\nabcd"));
    for (int i = 0; i < 1000 && atomic_load(&begun) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    close(fd);
    for (int i = 0; i < 1000 && atomic_load(&aborted) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(atomic_load(&aborted), 1);
    fd = dial(port); /* and one that leaves while suspended */
    set_hold(true);
    assert_true(say(fd, STREAM_HEAD "Content-Length: 100\r\n\r\nabc"));
    until_held(1);
    close(fd);
    set_hold(false);
    for (int i = 0; i < 1000 && atomic_load(&aborted) == 1; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(atomic_load(&aborted), 2);
    assert_int_equal(atomic_load(&ended), 0);
}

#define POLL(prefer) "GET /poll HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"1\"\r\n" prefer "\r\n"

static void long_polls_wait_and_wake(void **state) {
    (void)state;
    int fd = dial(port);
    expect(fd, POLL(""), 304);
    int64_t before = scf_mono_us();
    struct answer a = ask(fd, POLL("Prefer: wait=1\r\n"), 304);
    int64_t took = scf_mono_us() - before;
    assert_in_range(took, 950000, 60 * SCF_US_PER_SECOND);
    assert_string_equal(field(&a, "Preference-Applied"), "wait=1");
    forget(&a);
    atomic_store(&runs, 0);
    before = scf_mono_us();
    assert_true(say(fd, POLL("Prefer: wait=30\r\n")));
    for (int i = 0; i < 1000 && atomic_load(&runs) < 2; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    scf_server_notify(server, "other");
    atomic_store(&version, 2);
    scf_server_notify(server, "version");
    a = hear(fd);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "2");
    assert_in_range(atomic_load(&runs), 2, 4);
    assert_true(scf_mono_us() - before < 25 * SCF_US_PER_SECOND);
    forget(&a);
    close(fd);
}

/* 8 of 32 connections may wait; the ninth is answered at once. */
static void waiters_are_capped(void **state) {
    (void)state;
    int fds[9];
    for (int i = 0; i < 9; i++) {
        fds[i] = dial(port);
        assert_true(say(fds[i], POLL("Prefer: wait=30\r\n")));
        int wanted = 2 * (i + 1);
        for (int k = 0; i < 8 && k < 1000 && atomic_load(&runs) < wanted; k++)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    struct answer a = hear(fds[8]);
    assert_int_equal(a.status, 304);
    assert_null(field(&a, "Preference-Applied"));
    forget(&a);
    atomic_store(&version, 2);
    scf_server_notify(server, NULL);
    for (int i = 0; i < 8; i++)
        expect(fds[i], "", 200);
    for (int i = 0; i < 9; i++)
        close(fds[i]);
}

static void *stop_server(void *arg) {
    scf_server_stop(arg, 1);
    return NULL;
}

/* Waiters are released at once, a late resume is still answered or cut off, nothing aborts. */
static void a_shutdown_with_suspended_requests_is_orderly(void **state) {
    (void)state;
    int waiting = dial(port), suspended = dial(port), half = dial(port), idle = dial(port);
    expect(idle, LATER, 201);
    set_hold(true);
    assert_true(say(waiting, POLL("Prefer: wait=30\r\n")));
    assert_true(say(suspended, LATER));
    assert_true(say(half, STREAM_HEAD "Content-Length: 100\r\n\r\nab"));
    until_held(1);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_server, server);
    struct answer a = hear(waiting);
    assert_int_equal(a.status, 304);
    assert_string_equal(field(&a, "Connection"), "close");
    forget(&a);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 500000000}, NULL);
    set_hold(false);
    pthread_join(stopper, NULL);
    server = NULL;
    a = hear(suspended);
    assert_true(a.status == 503 || a.status == 201 || a.status == 0);
    forget(&a);
    close(waiting), close(suspended), close(half), close(idle);
    assert_int_equal(atomic_load(&begun), atomic_load(&aborted));
}

static void an_idle_server_stops_quickly(void **state) {
    (void)state;
    int fd = dial(port);
    expect(fd, LATER, 201);
    int64_t before = scf_mono_us();
    scf_server_stop(server, 30);
    server = NULL;
    assert_true(scf_mono_us() - before < 25 * SCF_US_PER_SECOND);
    expect_end(fd);
}

int main(void) {
    scf_digest_init();
    scf_log_setup(SCF_LOG_ERROR, false);
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
#define HASTY_TEST(f) cmocka_unit_test_setup_teardown(f, start_hasty, stop)
    const struct CMUnitTest tests[] = {
        TEST(suspended_requests_are_resumed_many_times),
        TEST(streams_push_back),
        TEST(gzipped_streams_push_back),
        TEST(gzip_bombs_are_refused),
        TEST(a_held_stream_stops_the_client),
        HASTY_TEST(a_stream_held_past_the_time_out_goes_on),
        HASTY_TEST(a_held_stream_does_not_free_its_client),
        TEST(a_stream_may_refuse),
        TEST(a_client_that_leaves_aborts_its_stream_once),
        TEST(long_polls_wait_and_wake),
        TEST(waiters_are_capped),
        TEST(a_shutdown_with_suspended_requests_is_orderly),
        TEST(an_idle_server_stops_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
