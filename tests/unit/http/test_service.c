/* Service threads with a database: idempotency keys, pages, readiness; and the other ways to
 * listen. */
#include <sys/un.h>

#include "client.h"
#include "pg.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/jsonw.h"

static struct scf_server *server;
static int port;
static struct { const char *url; } w;
static _Atomic int executed;
static char tag[SCF_ID_TEXT];         /* makes the keys of this run new */
static _Atomic bool slow_in, slow_go; /* a slow handler has begun; it may end */

/* ---- handlers ---- */

/* Until the test lets it go; a test that failed before it could must not hang the others. */
static void be_slow(void) {
    int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND;
    slow_in = true;
    while (!slow_go && scf_mono_us() < end)
        usleep(1000);
}

struct write {
    struct scf_request *rq;
    struct scf_replay replay;
    struct scf_buf body;
};

static enum scf_code write_once(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct write *write = ctx;
    enum scf_code code = scf_idempotency_claim(write->rq, db, &write->replay, err);
    if (code != SCF_OK || write->replay.found)
        return code;
    if (scf_rq_header(write->rq, "X-Slow") != NULL)
        be_slow();
    scf_buf_clear(&write->body);
    scf_buf_printf(&write->body, "{\"run\":%d}", atomic_fetch_add(&executed, 1) + 1);
    return scf_idempotency_store(write->rq, db, 201,
                                 (struct scf_str){write->body.data, write->body.len}, err);
}

static void write_handler(struct scf_request *rq) {
    struct write write = {.rq = rq};
    struct scf_error err = {0};
    scf_buf_init(&write.body, 1000);
    enum scf_code code = scf_tx_run(scf_rq_db(rq), write_once, &write, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else if (write.replay.found)
        scf_reply_replay(rq, &write.replay);
    else
        scf_reply_json(rq, 201, &write.body);
    scf_buf_free(&write.body);
}

/* A list of the numbers 1–120, as times, each with the same id. */
static void list_handler(struct scf_request *rq) {
    struct scf_page page;
    struct scf_error err = {0};
    const char *filter = scf_rq_query(rq, "status");
    if (scf_page_read(rq, filter ? filter : "", &page, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    int64_t step = page.descending ? -1 : 1;
    int64_t at = page.has_after ? page.after_time_us : page.descending ? 121 : 0;
    struct scf_buf body;
    scf_buf_init(&body, 65536);
    struct scf_jsonw out = scf_jsonw(&body);
    scf_jw_object(&out, NULL);
    scf_jw_array(&out, "data");
    for (int i = 0; i < page.limit && at + step >= 1 && at + step <= 120; i++)
        scf_jw_i64(&out, NULL, at += step);
    scf_jw_end_array(&out);
    struct scf_uuid id = {{7}};
    scf_page_write(rq, &out, filter ? filter : "", at + step >= 1 && at + step <= 120, at, &id);
    scf_jw_end_object(&out);
    scf_reply_json(rq, 200, &body);
}

/* Two slow statements, one after the other. */
static void slow_handler(struct scf_request *rq) {
    static const struct scf_stmt sleep = {"t_sleep", "SELECT pg_sleep(30)"};
    struct scf_error err = {0};
    executed++;
    enum scf_code code = SCF_OK;
    for (int i = 0; i < 2; i++)
        code = scf_db_run(scf_rq_db(rq), &sleep, NULL, NULL, NULL, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
}

static size_t groups[8]; /* sizes of the groups that prefetch was called with; by one thread */
static size_t group_count;

/* Finds for each request the square of its number. */
static void prefetch_squares(struct scf_request *const *rqs, size_t n) {
    assert_non_null(scf_rq_db(rqs[0]));
    if (group_count < SCF_COUNT(groups))
        groups[group_count++] = n;
    for (size_t i = 0; i < n; i++) {
        int *square = scf_alloc(scf_rq_arena(rqs[i]), 1, sizeof *square);
        int number = scf_rq_param(rqs[i], "n").p[0] - '0';
        *square = number * number;
        scf_rq_set_data(rqs[i], square);
    }
}

static void square_handler(struct scf_request *rq) {
    if (scf_rq_header(rq, "X-Slow") != NULL)
        be_slow();
    struct scf_buf body;
    scf_buf_init(&body, 100);
    scf_buf_printf(&body, "{\"square\":%d}", *(int *)scf_rq_data(rq));
    scf_reply_json(rq, 200, &body);
}

static const char *const list_query[] = {"limit", "after", "order", "status", NULL};
static const struct scf_route routes[] = {
    {.method = "POST",
     .pattern = "/write",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = write_handler,
     .body_type = "application/json",
     .needs_idempotency_key = true},
    {.method = "GET", .pattern = "/slow", .run = SCF_RUN_SERVICE, .handle = slow_handler},
    {.method = "GET",
     .pattern = "/list",
     .run = SCF_RUN_SERVICE,
     .handle = list_handler,
     .query = list_query},
    {.method = "GET",
     .pattern = "/squares/{n}",
     .run = SCF_RUN_SERVICE,
     .prefetch = prefetch_squares,
     .handle = square_handler},
};

static enum scf_code authenticate(void *app, struct scf_str key, struct scf_actor *ret,
                                  struct scf_error *err) {
    (void)app, (void)err;
    struct scf_hash h = scf_sha256(key.p, key.n);
    *ret = (struct scf_actor){.admin = true};
    memcpy(ret->key_id.b, h.b, sizeof ret->key_id.b);
    return SCF_OK;
}

static struct scf_server *start_with(const char *listen, int service_threads) {
    struct scf_server_options o = {.listen = listen,
                                   .database_url = w.url,
                                   .routes = routes,
                                   .route_count = SCF_COUNT(routes),
                                   .service_threads = service_threads,
                                   .authenticate = authenticate};
    struct scf_server *s;
    struct scf_error err = {0};
    if (scf_server_start(&o, &s, &err) != SCF_OK)
        fail_msg("%s", err.detail);
    return s;
}

static struct scf_server *start_on(const char *listen) {
    return start_with(listen, 3);
}

static int start(void **state) {
    (void)state;
    scf_digest_init();
    scf_log_setup(SCF_LOG_ERROR, false);
    w.url = scf_test_database();
    struct scf_uuid u = scf_uuid_new();
    scf_id_format("k", &u, tag);
    if (w.url == NULL)
        return 0;
    server = start_on("127.0.0.1:0");
    port = scf_server_port(server);
    return 0;
}

static int stop(void **state) {
    (void)state;
    if (server != NULL)
        scf_server_stop(server, 5);
    return 0;
}

static void until_slow(void) {
    int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND;
    while (!slow_in && scf_mono_us() < end)
        usleep(1000);
    assert_true(slow_in);
}

static void send_write(int fd, const char *api_key, const char *key, const char *extra,
                       const char *body) {
    char text[1000];
    snprintf(text, sizeof text,
             "POST /write HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
             "Idempotency-Key: %s%s\r\nContent-Type: application/json\r\n%s"
             "Content-Length: %zu\r\n\r\n%s",
             api_key, key, tag, extra, strlen(body), body);
    assert_true(say(fd, text));
}

static struct answer write_as(int fd, const char *api_key, const char *key, const char *body,
                              int status) {
    send_write(fd, api_key, key, "", body);
    struct answer a = hear(fd);
    assert_int_equal(a.status, status);
    return a;
}

static void a_key_runs_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    int fd = dial(port);
    struct answer first = write_as(fd, "k1", "a", "{}", 201);
    assert_null(field(&first, "Idempotent-Replayed"));
    struct answer again = write_as(fd, "k1", "a", "{}", 201);
    assert_string_equal(field(&again, "Idempotent-Replayed"), "true");
    assert_string_equal(again.body, first.body);
    forget(&again);
    again = write_as(fd, "k1", "a", "{ }", 422);
    assert_non_null(strstr(again.body, "idempotency-key-reused"));
    forget(&again);
    again = write_as(fd, "k2", "a", "{ }", 201); /* another API key, another scope */
    assert_string_not_equal(again.body, first.body);
    forget(&again), forget(&first);
    again = write_as(fd, "k1", "a b", "{}", 400);
    assert_non_null(strstr(again.body, "idempotency-key-invalid"));
    forget(&again);
    close(fd);
}

static void a_key_in_flight_is_409(void **state) {
    (void)state;
    NEEDS_DATABASE();
    slow_in = slow_go = false;
    int slow = dial(port), quick = dial(port);
    send_write(slow, "k1", "slow", "X-Slow: 1\r\n", "{}");
    until_slow();
    struct answer a = write_as(quick, "k1", "slow", "{}", 409);
    assert_string_equal(field(&a, "Retry-After"), "1");
    forget(&a);
    slow_go = true;
    a = hear(slow);
    assert_int_equal(a.status, 201);
    forget(&a);
    a = write_as(quick, "k1", "slow", "{}", 201);
    assert_string_equal(field(&a, "Idempotent-Replayed"), "true");
    forget(&a);
    close(slow), close(quick);
}

static void old_keys_are_forgotten(void **state) {
    (void)state;
    NEEDS_DATABASE();
    int fd = dial(port);
    struct answer a = write_as(fd, "k1", "old", "{}", 201);
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_db *db = scf_db_new(w.url, "test", 0);
    struct scf_error err = {0};
    assert_int_equal(scf_idempotency_purge(db, arena, 0, &err), SCF_OK);
    struct answer b = write_as(fd, "k1", "old", "{}", 201);
    assert_string_equal(a.body, b.body);
    forget(&b);
    assert_int_equal(scf_idempotency_purge(db, arena, INT64_MAX / 2, &err), SCF_OK);
    b = write_as(fd, "k1", "old", "{}", 201);
    assert_string_not_equal(a.body, b.body);
    forget(&a), forget(&b);
    scf_db_free(db);
    scf_arena_free(arena);
    close(fd);
}

/* Follows Link headers and counts what it sees. */
static void pages_are_complete(void **state) {
    (void)state;
    NEEDS_DATABASE();
    int fd = dial(port), pages = 0, numbers = 0;
    char path[600] = "/list?order=desc&limit=50&status=a%26b";
    while (path[0] != '\0') {
        char text[800];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
        struct answer a = ask(fd, text, 200);
        pages++;
        for (const char *p = strchr(a.body, '['); *p != ']'; p++)
            numbers += *p == ',' || *p == '[';
        const char *link = field(&a, "Link");
        path[0] = '\0';
        if (link != NULL)
            snprintf(path, sizeof path, "%.*s", (int)strcspn(strstr(link, "/list"), ">"),
                     strstr(link, "/list"));
        forget(&a);
    }
    assert_int_equal(pages, 3);
    assert_int_equal(numbers, 120);
    close(fd);
}

static void cursors_of_other_lists_are_refused(void **state) {
    (void)state;
    NEEDS_DATABASE();
    int fd = dial(port);
    struct answer a = ask(fd, "GET /list?limit=5 HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    const char *at = strstr(a.body, "\"next_cursor\":\"");
    assert_non_null(at);
    char text[400], cursor[100];
    snprintf(cursor, sizeof cursor, "%.54s", at + 15);
    forget(&a);
    static const char *const others[] = {"status=b", "order=desc", "limit=0", "limit=501",
                                         "order=up"};
    for (size_t i = 0; i < SCF_COUNT(others); i++) {
        snprintf(text, sizeof text, "GET /list?after=%s&%s HTTP/1.1\r\nHost: x\r\n\r\n", cursor,
                 others[i]);
        expect(fd, text, 400);
    }
    snprintf(text, sizeof text, "GET /list?after=%s HTTP/1.1\r\nHost: x\r\n\r\n", cursor);
    expect(fd, text, 200);
    close(fd);
}

static void until_queued(int server_port, size_t n) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\nscfd_service_queue_requests %zu\n", n);
    int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND;
    bool queued = false;
    int fd = dial(server_port);
    while (!queued && scf_mono_us() < end) {
        struct answer a = ask(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200);
        queued = strstr(a.body, wanted) != NULL;
        forget(&a);
    }
    close(fd);
    assert_true(queued);
}

/* While the only thread is busy four requests of a route gather, then one of another, then one. */
static void those_that_wait_share_a_prefetch(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const char *const requests[] = {"/squares/2 HTTP/1.1\r\nX-Slow: 1",
                                           "/squares/3 HTTP/1.1",
                                           "/squares/4 HTTP/1.1",
                                           "/squares/5 HTTP/1.1",
                                           "/squares/6 HTTP/1.1",
                                           "/list HTTP/1.1",
                                           "/squares/7 HTTP/1.1"};
    static const char *const answers[] = {"{\"square\":4}",  "{\"square\":9}",  "{\"square\":16}",
                                          "{\"square\":25}", "{\"square\":36}", NULL,
                                          "{\"square\":49}"};
    slow_in = slow_go = false;
    struct scf_server *s = start_with("127.0.0.1:0", 1);
    int fds[SCF_COUNT(requests)];
    for (size_t i = 0; i < SCF_COUNT(requests); i++) {
        char text[200];
        snprintf(text, sizeof text, "GET %s\r\nHost: x\r\n\r\n", requests[i]);
        fds[i] = dial(scf_server_port(s));
        assert_true(say(fds[i], text));
        if (i == 0)
            until_slow();
        until_queued(scf_server_port(s), i); /* so they stand in the queue in this order */
    }
    slow_go = true;
    for (size_t i = 0; i < SCF_COUNT(requests); i++) {
        struct answer a = hear(fds[i]);
        assert_int_equal(a.status, 200);
        if (answers[i] != NULL)
            assert_string_equal(a.body, answers[i]);
        forget(&a);
        close(fds[i]);
    }
    scf_server_stop(s, 1);
    static const size_t expected[] = {1, 4, 1};
    assert_int_equal(group_count, SCF_COUNT(expected));
    assert_memory_equal(groups, expected, sizeof expected);
}

static void readiness_asks_the_database(void **state) {
    (void)state;
    NEEDS_DATABASE();
    scf_server_set_ready(server, true);
    int fd = dial(port);
    struct answer a = ask(fd, "GET /readyz?verbose HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    assert_string_equal(a.body, "[+]serving ok\n[+]db ok\n");
    forget(&a);
    close(fd);
}

static int dial_unix(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void unix_sockets_serve(void **state) {
    (void)state;
    char listen[100];
    snprintf(listen, sizeof listen, "unix:/tmp/scfd-test-%d.sock", (int)getpid());
    for (int round = 0; round < 2; round++) {
        struct scf_server *s = start_on(listen);
        assert_int_equal(scf_server_port(s), 0);
        int fd = dial_unix(listen + 5);
        expect(fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 200);
        close(fd);
        scf_server_stop(s, 1);
        assert_int_equal(access(listen + 5, F_OK), -1);
    }
}

/* The client sends all of it before it listens: it must be read away here as over TCP. */
static void a_refusal_survives_the_body_on_a_unix_socket(void **state) {
    (void)state;
    static char block[65536];
    char listen[100];
    snprintf(listen, sizeof listen, "unix:/tmp/scfd-test-refuse-%d.sock", (int)getpid());
    struct scf_server *s = start_on(listen);
    int fd = dial_unix(listen + 5);
    assert_true(say(fd, "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 6553600\r\n\r\n"));
    for (int i = 0; i < 100; i++)
        assert_true(say_n(fd, block, sizeof block));
    expect(fd, "", 404);
    close(fd);
    scf_server_stop(s, 1);
}

static void a_unix_socket_in_use_is_not_taken(void **state) {
    (void)state;
    char listen[100];
    snprintf(listen, sizeof listen, "unix:/tmp/scfd-test-used-%d.sock", (int)getpid());
    struct scf_server *s = start_on(listen), *second = NULL;
    struct scf_server_options o = {.listen = listen};
    struct scf_error err = {0};
    assert_int_equal(scf_server_start(&o, &second, &err), SCF_E_INVALID_PARAMETER);
    assert_non_null(strstr(err.detail, "another server listens there"));
    assert_int_equal(access(listen + 5, F_OK), 0); /* the refused one did not unlink it */
    scf_server_stop(s, 1);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", listen + 5);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&a, sizeof a), 0);
    close(dead); /* a socket that nobody listens on any more */
    scf_server_stop(start_on(listen), 1);
}

static void bad_addresses_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"nonsense",     "127.0.0.1:",   "127.0.0.1:http",
                                      ":80",          "256.1.1.1:80", "127.0.0.1:65536",
                                      "127.0.0.1:-1", "unix:",        "unix:/no/such/dir/s"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_server_options o = {.listen = bad[i]};
        struct scf_server *s = NULL;
        struct scf_error err = {0};
        assert_int_equal(scf_server_start(&o, &s, &err), SCF_E_INVALID_PARAMETER);
        assert_null(s);
        assert_non_null(strstr(err.detail, bad[i]));
    }
}

/* Three requests are in their handlers, a fourth waits for a thread: all are answered, soon. */
static void stopping_does_not_wait_for_slow_statements(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_server *s = start_on("127.0.0.1:0");
    int fds[4], before = executed;
    for (int i = 0; i < 4; i++) {
        fds[i] = dial(scf_server_port(s));
        assert_true(say(fds[i], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    while (executed < before + 3)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    int64_t began = scf_mono_us();
    assert_true(scf_server_stop(s, 1));
    assert_in_range(scf_mono_us() - began, SCF_US_PER_SECOND, 25 * SCF_US_PER_SECOND);
    assert_int_equal(executed, before + 3);
    for (int i = 0; i < 4; i++) {
        expect(fds[i], "", 503);
        close(fds[i]);
    }
}

/* systemd hands the socket over as descriptor 3. */
static void inherited_sockets_serve_and_stay_open(void **state) {
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof a;
    int saved = dup(3), fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 10), 0);
    getsockname(fd, (struct sockaddr *)&a, &length);
    int keeper = dup(fd);
    if (fd != 3) {
        assert_int_equal(dup2(fd, 3), 3);
        close(fd);
    }
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    struct scf_server *s = start_on("127.0.0.1:1");
    unsetenv("LISTEN_FDS");
    assert_int_equal(scf_server_port(s), ntohs(a.sin_port));
    expect_once(scf_server_port(s), "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    scf_server_stop(s, 1);
    close(dial(ntohs(a.sin_port))); /* systemd's own descriptor goes on listening */
    close(keeper);
    if (saved >= 0) {
        dup2(saved, 3);
        close(saved);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_runs_once),
        cmocka_unit_test(a_key_in_flight_is_409),
        cmocka_unit_test(old_keys_are_forgotten),
        cmocka_unit_test(pages_are_complete),
        cmocka_unit_test(cursors_of_other_lists_are_refused),
        cmocka_unit_test(those_that_wait_share_a_prefetch),
        cmocka_unit_test(readiness_asks_the_database),
        cmocka_unit_test(unix_sockets_serve),
        cmocka_unit_test(a_refusal_survives_the_body_on_a_unix_socket),
        cmocka_unit_test(a_unix_socket_in_use_is_not_taken),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(stopping_does_not_wait_for_slow_statements),
        cmocka_unit_test(inherited_sockets_serve_and_stay_open),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
