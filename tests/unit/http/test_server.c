/* A real server spoken to through raw sockets: connections, methods, errors, limits, slow clients.
 */
#include <fcntl.h>
#include <zlib.h>

#include "client.h"
#include "internal.h" /* for a smaller bound of all bodies together */
#include "scfd/codec/digest.h"

/* A test whose thread does not run for a while must not be hung up on. */
enum { BODY_MAX = 1000, CLIENT_TIMEOUT_S = 30, CONNECTIONS = 12 };

static struct scf_server *server;
static int port;

static void reply_text(struct scf_request *rq, const char *text) {
    struct scf_buf b;
    scf_buf_init(&b, 4096);
    scf_buf_puts(&b, text);
    scf_reply(rq, 200, "text/plain", &b);
}

static void hello(struct scf_request *rq) {
    reply_text(rq, "hello");
}

static void item(struct scf_request *rq) {
    struct scf_str id = scf_rq_param(rq, "id");
    const char *q = scf_rq_query(rq, "q");
    reply_text(rq, scf_asprintf(scf_rq_arena(rq), "%.*s|%s", (int)id.n, id.p, q ? q : "-"));
}

static void tagged(struct scf_request *rq) {
    if (!scf_reply_not_modified(rq, "7-abc"))
        reply_text(rq, "seven");
}

static void echo(struct scf_request *rq) {
    struct scf_str text = scf_rq_body(rq);
    assert_int_equal(text.p[text.n], '\0');
    struct scf_buf b;
    scf_buf_init(&b, text.n + 1);
    scf_buf_put(&b, text.p, text.n);
    scf_reply_json(rq, 201, &b);
}

static void send_file(struct scf_request *rq) {
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    scf_reply_file(rq, 200, "application/octet-stream", fd, 100000);
}

static void forgets_to_answer(struct scf_request *rq) {
    (void)rq;
}

static const char *const item_query[] = {"q", NULL};

static const struct scf_route routes[] = {
    {.method = "GET", .pattern = "/hello", .run = SCF_RUN_INLINE, .handle = hello},
    {.method = "GET",
     .pattern = "/item/{id}",
     .run = SCF_RUN_INLINE,
     .handle = item,
     .query = item_query},
    {.method = "GET", .pattern = "/tagged", .run = SCF_RUN_INLINE, .handle = tagged},
    {.method = "GET", .pattern = "/file", .run = SCF_RUN_INLINE, .handle = send_file},
    {.method = "GET", .pattern = "/forgets", .run = SCF_RUN_INLINE, .handle = forgets_to_answer},
    {.method = "POST",
     .pattern = "/echo",
     .run = SCF_RUN_INLINE,
     .handle = echo,
     .body_type = "application/json",
     .body_max = BODY_MAX},
    {.method = "GET",
     .pattern = "/keyed",
     .access = SCF_KEYED,
     .kinds = SCF_KIND(SCF_NODE_ERP),
     .run = SCF_RUN_INLINE,
     .handle = hello},
    {.method = "POST",
     .pattern = "/once",
     .run = SCF_RUN_INLINE,
     .handle = echo,
     .body_type = "application/json",
     .needs_idempotency_key = true},
};

static enum scf_code authenticate(void *app, struct scf_str key, struct scf_actor *ret,
                                  struct scf_error *err) {
    (void)app;
    if (scf_str_is(key, "erp"))
        *ret = (struct scf_actor){.kind = SCF_NODE_ERP};
    else if (scf_str_is(key, "lender"))
        *ret = (struct scf_actor){.kind = SCF_NODE_LENDER};
    else
        return scf_fail(err, SCF_E_UNAUTHENTICATED, "This key is unknown.");
    return SCF_OK;
}

static struct scf_server *start_with(int client_timeout_s) {
    struct scf_server *s;
    struct scf_server_options o = {.listen = "127.0.0.1:0",
                                   .public_base_url = "https://scf.example",
                                   .max_connections = CONNECTIONS,
                                   .client_timeout_s = client_timeout_s,
                                   .routes = routes,
                                   .route_count = SCF_COUNT(routes),
                                   .authenticate = authenticate};
    struct scf_error err = {0};
    assert_int_equal(scf_server_start(&o, &s, &err), SCF_OK);
    return s;
}

static int start(void **state) {
    (void)state;
    scf_digest_init();
    scf_log_setup(SCF_LOG_ERROR, false);
    server = start_with(CLIENT_TIMEOUT_S);
    port = scf_server_port(server);
    assert_true(port > 0);
    return 0;
}

static int stop(void **state) {
    (void)state;
    scf_server_stop(server, 5);
    return 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST(path, head, body) "POST " path " HTTP/1.1\r\nHost: x\r\n" head "\r\n" body
#define JSON "Content-Type: application/json\r\n"

static void one_connection_serves_many_requests(void **state) {
    (void)state;
    int fd = dial(port);
    for (int i = 0; i < 50; i++) {
        struct answer a = ask(fd, GET("/hello"), 200);
        assert_string_equal(a.body, "hello");
        forget(&a);
        a = ask(fd, POST("/echo", JSON "Content-Length: 7\r\n", "{\"a\":1}"), 201);
        assert_string_equal(a.body, "{\"a\":1}");
        forget(&a);
        expect(fd, GET("/nothing"), 404);
        expect(fd, POST("/nothing", "Content-Length: 7\r\n", "{\"a\":1}"), 404);
    }
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state) {
    (void)state;
    int fd = dial(port);
    assert_true(
        say(fd, GET("/item/1") POST("/echo", JSON "Content-Length: 2\r\n", "{}") GET("/item/2")));
    struct answer a = hear(fd), b = hear(fd), c = hear(fd);
    assert_string_equal(a.body, "1|-");
    assert_string_equal(b.body, "{}");
    assert_string_equal(c.body, "2|-");
    forget(&a), forget(&b), forget(&c);
    close(fd);
}

static void bytes_may_come_one_by_one(void **state) {
    (void)state;
    int fd = dial(port), on = 1;
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    const char *text = POST("/echo", JSON "Transfer-Encoding: chunked\r\n",
                            "3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\nTrailer: x\r\n\r\n");
    for (; *text != '\0'; text++)
        assert_true(say_n(fd, text, 1));
    struct answer a = hear(fd);
    assert_int_equal(a.status, 201);
    assert_string_equal(a.body, "[1,2]");
    forget(&a);
    close(fd);
}

static void every_answer_names_version_and_request(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a = ask(fd, GET("/hello"), 200);
    assert_string_equal(field(&a, "Scfd-Version"), SCFD_VERSION);
    assert_memory_equal(field(&a, "Request-Id"), "req_", 4);
    forget(&a);
    a = ask(fd, "GET /nothing HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine-1\r\n\r\n", 404);
    assert_string_equal(field(&a, "Request-Id"), "mine-1");
    assert_non_null(strstr(a.body, "\"request_id\":\"mine-1\""));
    assert_non_null(strstr(a.body, "\"type\":\"https://scf.example/problems/not-found\""));
    assert_non_null(strstr(a.body, "\"instance\":\"/nothing\""));
    assert_string_equal(field(&a, "Content-Type"), "application/problem+json");
    assert_string_equal(field(&a, "Content-Language"), "en");
    forget(&a);
    a = ask(fd, "GET /nothing HTTP/1.1\r\nHost: x\r\nAccept-Language: zh-CN\r\n\r\n", 404);
    assert_string_equal(field(&a, "Content-Language"), "zh-CN");
    assert_non_null(strstr(a.body, "资源不存在"));
    forget(&a);
    close(fd);
}

static void head_and_options_are_derived(void **state) {
    (void)state;
    int fd = dial(port);
    assert_true(say(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    struct answer a = hear_as(fd, true);
    assert_int_equal(a.status, 200);
    assert_string_equal(field(&a, "Content-Length"), "5");
    forget(&a);
    a = ask(fd, "OPTIONS /hello HTTP/1.1\r\nHost: x\r\n\r\n", 204);
    assert_string_equal(field(&a, "Allow"), "GET, HEAD, OPTIONS");
    forget(&a);
    a = ask(fd, "DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405);
    assert_string_equal(field(&a, "Allow"), "POST, OPTIONS");
    forget(&a);
    expect(fd, GET("/hello/"), 404);
    close(fd);
}

static void parameters_are_decoded_strictly(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a = ask(fd, GET("/item/%E4%B8%AD?q=a+b%26c"), 200);
    assert_string_equal(a.body, "中|a b&c");
    forget(&a);
    expect(fd, GET("/item/a%2Fb"), 404);
    expect(fd, GET("/item/a%00b"), 400);
    expect(fd, GET("/item/%ff"), 400);
    expect(fd, GET("/item/%4"), 400);
    expect(fd, GET("/item/a?q=1&q=2"), 400);
    expect(fd, GET("/item/a?r=1"), 400);
    expect(fd, GET("/hello?q=1"), 400);
    close(fd);
}

static void keys_are_asked_for(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a = ask(fd, GET("/keyed"), 401);
    assert_string_equal(field(&a, "WWW-Authenticate"), "Bearer");
    forget(&a);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer erp\r\n\r\n", 200);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: bearer  erp\r\n\r\n", 200);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ZXJwOg==\r\n\r\n", 200);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ZXJwO\r\n\r\n", 401);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Digest erp\r\n\r\n", 401);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nobody\r\n\r\n", 401);
    expect(fd, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer lender\r\n\r\n", 403);
    close(fd);
}

static void entity_tags_answer_304(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a = ask(fd, GET("/tagged"), 200);
    assert_string_equal(field(&a, "ETag"), "\"7-abc\"");
    assert_string_equal(field(&a, "Cache-Control"), "private, no-cache");
    forget(&a);
    expect(fd, "GET /tagged HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"7-abc\"\r\n\r\n", 304);
    expect(fd, "GET /tagged HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"8\"\r\n\r\n", 200);
    close(fd);
}

static void bodies_are_checked_before_they_are_read(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a =
        ask(fd, POST("/echo", "Content-Type: text/xml\r\nContent-Length: 2\r\n", "{}"), 415);
    assert_string_equal(field(&a, "Accept"), "application/json");
    forget(&a);
    a = ask(fd, POST("/echo", JSON "Content-Encoding: br\r\nContent-Length: 2\r\n", "{}"), 415);
    assert_string_equal(field(&a, "Accept-Encoding"), "gzip");
    forget(&a);
    expect(fd, POST("/echo", "Content-Length: 2\r\n", "{}"), 415);
    expect(fd, POST("/once", JSON "Content-Length: 2\r\n", "{}"), 400);
    expect(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 400);
    expect(fd, GET("/hello"), 200);
    a = ask(fd, POST("/echo", JSON "Content-Length: 1001\r\nExpect: 100-continue\r\n", ""), 413);
    assert_non_null(strstr(a.body, "1000"));
    forget(&a);
    expect_end(fd);
    expect_once(port, POST("/echo", JSON "Content-Length: 99999999\r\n", ""), 413);
    expect_once(port, POST("/echo", JSON "Content-Length: 99999999999999999999\r\n", ""), 413);
}

/* The client sends all of it before it listens; the answer is still there. */
static void a_refusal_survives_the_rest_of_the_body(void **state) {
    (void)state;
    static char block[65536];
    for (int round = 0; round < 5; round++) {
        int fd = dial(port);
        assert_true(say(fd, POST("/echo", JSON "Content-Length: 6553600\r\n", "")));
        for (int i = 0; i < 100; i++)
            assert_true(say_n(fd, block, sizeof block));
        expect(fd, "", 413);
        expect_end(fd);
    }
}

static void expect_continue_is_answered_when_the_body_is_wanted(void **state) {
    (void)state;
    int fd = dial(port);
    assert_true(say(fd, POST("/echo", JSON "Content-Length: 2\r\nExpect: 100-continue\r\n", "")));
    struct answer a = hear(fd);
    assert_int_equal(a.status, 100);
    forget(&a);
    expect(fd, "{}", 201);
    close(fd);
}

static void chunked_bodies_are_counted(void **state) {
    (void)state;
    char text[4096] = POST("/echo", JSON "Transfer-Encoding: chunked\r\n", "");
    size_t n = strlen(text);
    for (int i = 0; i < 11; i++) {
        memcpy(text + n, "64\r\n", 4);
        memset(text + n + 4, ' ', 100);
        memcpy(text + n + 104, "\r\n", 2);
        n += 106;
    }
    memcpy(text + n, "0\r\n\r\n", 6);
    expect_once(port, text, 413);
    memcpy(text + n - 106, "0\r\n\r\n", 6); /* ten chunks: exactly the limit */
    expect_once(port, text, 201);
}

static void big_heads_are_431_and_large_ones_work(void **state) {
    (void)state;
    static char text[40000];
    for (int size = 15000; size <= 36000; size += 3000) {
        int n = snprintf(text, sizeof text, "GET /hello HTTP/1.1\r\nHost: x\r\n");
        while (n < size)
            n += snprintf(text + n, sizeof text - (size_t)n, "X-Filler-%d: %0400d\r\n", n, 0);
        snprintf(text + n, sizeof text - (size_t)n, "\r\n");
        int fd = dial(port);
        assert_true(say(fd, text));
        struct answer a = hear(fd);
        assert_int_equal(a.status, n <= 16 * 1024 ? 200 : 431);
        forget(&a);
        close(fd);
    }
}

static void gzipped_bodies_are_inflated_within_bounds(void **state) {
    (void)state;
    static char plain[3000], packed[5000], text[6000];
    memset(plain, ' ', sizeof plain);
    plain[0] = '7';
    for (size_t size = 900; size <= 1800; size += 900) {
        z_stream z = {.next_in = (unsigned char *)plain, .avail_in = (unsigned)size};
        z.next_out = (unsigned char *)packed;
        z.avail_out = sizeof packed;
        assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        deflateEnd(&z);
        int n =
            snprintf(text, sizeof text,
                     POST("/echo", JSON "Content-Encoding: gzip\r\nContent-Length: %zu\r\n", ""),
                     (size_t)z.total_out);
        memcpy(text + n, packed, z.total_out);
        int fd = dial(port);
        assert_true(say_n(fd, text, (size_t)n + z.total_out));
        struct answer a = hear(fd);
        assert_int_equal(a.status, size <= BODY_MAX ? 201 : 413);
        if (a.status == 201) {
            assert_int_equal(a.body_n, size);
            assert_memory_equal(a.body, plain, size);
        }
        forget(&a);
        close(fd);
    }
    expect_once(port, POST("/echo", JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"),
                400);
}

static void files_are_sent_whole(void **state) {
    (void)state;
    int fd = dial(port);
    struct answer a = ask(fd, GET("/file"), 200);
    assert_int_equal(a.body_n, 100000);
    assert_memory_equal(a.body, "\177ELF", 4);
    forget(&a);
    expect(fd, GET("/hello"), 200);
    close(fd);
}

static void a_handler_that_forgets_to_answer_gives_500(void **state) {
    (void)state;
    expect_once(port, GET("/forgets"), 500);
}

/* A byte every 300 ms keeps the inactivity timeout from firing; the total deadline fires. */
static void a_client_that_dribbles_is_cut_off(void **state) {
    (void)state;
    static const char *const beginnings[] = {"", "GET /hello HTTP/1.1\r\n",
                                             POST("/echo", JSON "Content-Length: 900\r\n", "")};
    int fds[SCF_COUNT(beginnings)];
    bool open[SCF_COUNT(beginnings)], any = true;
    struct scf_server *s = start_with(1);
    for (size_t i = 0; i < SCF_COUNT(beginnings); i++) {
        fds[i] = dial(scf_server_port(s));
        open[i] = say(fds[i], beginnings[i]);
    }
    for (int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND; any && scf_mono_us() < end;) {
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        any = false;
        for (size_t i = 0; i < SCF_COUNT(beginnings); i++) {
            open[i] = open[i] && say(fds[i], "a");
            any = any || open[i];
        }
    }
    for (size_t i = 0; i < SCF_COUNT(beginnings); i++) {
        assert_false(open[i]);
        close(fds[i]);
    }
    scf_server_stop(s, 5);
}

/* 200, 503, or 0 when the connection was closed at once. */
static int status_of_hello(int fd) {
    (void)say(fd, GET("/hello"));
    struct answer a = hear(fd);
    int status = a.status;
    forget(&a);
    return status;
}

static void more_connections_than_allowed_get_503_or_are_closed(void **state) {
    (void)state;
    struct scf_server *s = start_with(60); /* none may be idle for too long before the last comes */
    int fds[CONNECTIONS + 30], busy = 0, refused = 0, closed = 0;
    for (size_t i = 0; i < SCF_COUNT(fds); i++) {
        fds[i] = dial(scf_server_port(s));
        int status = status_of_hello(fds[i]);
        busy += status == 200;
        refused += status == 503;
        closed += status == 0;
    }
    assert_in_range(busy, CONNECTIONS - 2, CONNECTIONS); /* one or two may be closing still */
    assert_true(refused > 0);
    assert_int_equal(busy + refused + closed, SCF_COUNT(fds));
    for (size_t i = 0; i < SCF_COUNT(fds); i++)
        close(fds[i]);
    int again = 0; /* the server sees them close a little later */
    for (int64_t end = scf_mono_us() + 60 * SCF_US_PER_SECOND; again != 200;) {
        assert_true(scf_mono_us() < end);
        int fd = dial(scf_server_port(s));
        again = status_of_hello(fd);
        close(fd);
    }
    scf_server_stop(s, 5);
}

/* Both would fit alone. The one that goes too far is refused, the other is not hurt, and the room
 * comes back. */
static void all_bodies_together_are_bounded(void **state) {
    (void)state;
    enum { SIZE = 90000, FIRST = 60000 };
    static const char head[] =
        POST("/once", JSON "Idempotency-Key: k\r\nContent-Length: 90000\r\n", "");
    char *body = malloc(SIZE);
    assert_non_null(body);
    memset(body, 'x', SIZE);
    size_t usual = server->body_bytes_max;
    server->body_bytes_max = 150 * 1024;
    int patient = dial(port), greedy = dial(port);
    assert_true(say(patient, head) && say_n(patient, body, FIRST));
    while (atomic_load(&server->body_bytes) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_true(say(greedy, head));
    (void)say_n(greedy, body, SIZE);
    struct answer a = ask(greedy, "", 503);
    assert_non_null(strstr(a.body, "Too many large bodies"));
    assert_string_equal(field(&a, "Retry-After"), "1");
    forget(&a);
    close(greedy);
    assert_true(say_n(patient, body + FIRST, SIZE - FIRST));
    expect(patient, "", 201);
    close(patient);
    for (int i = 0; i < 60000 && atomic_load(&server->body_bytes) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(atomic_load(&server->body_bytes), 0);
    server->body_bytes_max = usual;
    free(body);
}

static enum scf_code check_result = SCF_OK;

static enum scf_code check(void *ctx, struct scf_db *db, struct scf_error *err) {
    (void)ctx;
    assert_null(db); /* this server has none */
    return check_result == SCF_OK ? SCF_OK : scf_fail(err, check_result, "not yet");
}

static void health(void **state) {
    (void)state;
    scf_server_add_check(server, "keys", check, NULL);
    expect_once(port, GET("/livez"), 200);
    expect_once(port, GET("/readyz"), 503);
    scf_server_set_ready(server, true);
    int fd = dial(port);
    struct answer a = ask(fd, GET("/readyz?verbose"), 200);
    assert_string_equal(a.body, "[+]serving ok\n[+]keys ok\n");
    forget(&a);
    check_result = SCF_E_NOT_SEALED;
    a = ask(fd, GET("/readyz?verbose"), 503);
    assert_string_equal(a.body, "[+]serving ok\n[-]keys not yet\n");
    forget(&a);
    expect(fd, GET("/problems/gone"), 200);
    expect(fd, GET("/problems/none"), 404);
    a = ask(fd, GET("/metrics"), 200);
    assert_non_null(strstr(
        a.body, "scfd_http_requests_total{method=\"GET\",route=\"/item/{id}\",code=\"200\"} "));
    forget(&a);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(every_answer_names_version_and_request),
        cmocka_unit_test(head_and_options_are_derived),
        cmocka_unit_test(parameters_are_decoded_strictly),
        cmocka_unit_test(keys_are_asked_for),
        cmocka_unit_test(entity_tags_answer_304),
        cmocka_unit_test(bodies_are_checked_before_they_are_read),
        cmocka_unit_test(a_refusal_survives_the_rest_of_the_body),
        cmocka_unit_test(expect_continue_is_answered_when_the_body_is_wanted),
        cmocka_unit_test(chunked_bodies_are_counted),
        cmocka_unit_test(big_heads_are_431_and_large_ones_work),
        cmocka_unit_test(gzipped_bodies_are_inflated_within_bounds),
        cmocka_unit_test(files_are_sent_whole),
        cmocka_unit_test(a_handler_that_forgets_to_answer_gives_500),
        cmocka_unit_test(a_client_that_dribbles_is_cut_off),
        cmocka_unit_test(more_connections_than_allowed_get_503_or_are_closed),
        cmocka_unit_test(all_bodies_together_are_bounded),
        cmocka_unit_test(health),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
