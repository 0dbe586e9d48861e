/* Requests that two servers could read in two ways. None of them, and nothing hidden behind them,
 * may get a 2xx; the connection ends. */
#include "client.h"
#include "scfd/codec/digest.h"

static struct scf_server *server;
static int port;
static _Atomic int served;

static void count(struct scf_request *rq) {
    atomic_fetch_add(&served, 1);
    struct scf_buf b;
    scf_buf_init(&b, 16);
    scf_buf_puts(&b, "served");
    scf_reply(rq, 200, "text/plain", &b);
}

static const struct scf_route routes[] = {
    {.method = "GET", .pattern = "/a", .run = SCF_RUN_INLINE, .handle = count},
    {.method = "POST",
     .pattern = "/p",
     .run = SCF_RUN_INLINE,
     .handle = count,
     .body_type = "application/json"},
};

static struct scf_server *start_with(int client_timeout_s) {
    struct scf_server *s;
    struct scf_server_options o = {.listen = "127.0.0.1:0",
                                   .client_timeout_s = client_timeout_s,
                                   .routes = routes,
                                   .route_count = SCF_COUNT(routes)};
    struct scf_error err = {0};
    assert_int_equal(scf_server_start(&o, &s, &err), SCF_OK);
    return s;
}

static int start(void **state) {
    (void)state;
    scf_digest_init();
    scf_log_setup(SCF_LOG_ERROR, false);
    server = start_with(1); /* some cases leave it waiting for more: then the time-out ends them */
    port = scf_server_port(server);
    return 0;
}

static int stop(void **state) {
    (void)state;
    scf_server_stop(server, 5);
    return 0;
}

#define HIDDEN "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
#define JSON "Content-Type: application/json\r\n"
#define POST(head) "POST /p HTTP/1.1\r\nHost: x\r\n" JSON head "\r\n"
#define CASE(text)                                                                                 \
    { text, sizeof(text) - 1 }

static const struct {
    const char *text;
    size_t n;
} cases[] = {
    /* lengths */
    CASE(POST("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") "2\r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Content-Length: 2\r\nContent-Length: 3\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2\r\nContent-Length: 2\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2, 2\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: +2\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: -2\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 0x2\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 02\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2 \r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: \r\n") HIDDEN),
    CASE(POST("Content-Length: 99999999999999999999999\r\n") HIDDEN),
    /* what a server in front may have looked at the other one of */
    CASE(POST("Content-Length: 2\r\nContent-Type: text/plain\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2\r\nAuthorization: a\r\nauthorization: b\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n") "{}" HIDDEN),
    CASE(POST("Content-Length: 2\r\nContent-Encoding: identity\r\n"
              "Content-Encoding: gzip\r\n") "{}" HIDDEN),
    /* codings */
    CASE(POST("Transfer-Encoding: identity\r\n") HIDDEN),
    CASE(POST("Transfer-Encoding: gzip, chunked\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked, identity\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: xchunked\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked \r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: \x0b"
              "chunked\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" HIDDEN),
    CASE("POST /p HTTP/1.0\r\nHost: x\r\n" JSON
         "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" HIDDEN),
    /* field lines */
    CASE(POST("Transfer-Encoding : chunked\r\n") "0\r\n\r\n" HIDDEN),
    CASE(POST("Content-Length : 2\r\n") "{}" HIDDEN),
    CASE(POST(" Content-Length: 2\r\n") "{}" HIDDEN),
    CASE(POST("X: y\r\n Content-Length: 2\r\n") HIDDEN),
    CASE(POST("X: y\r\n\tz\r\n") HIDDEN),
    CASE(POST("Content-Length:\r\n 2\r\n") "{}" HIDDEN),
    CASE(POST("X: a\0b\r\n") HIDDEN),
    CASE(POST("X: a\0\0Content-Length: 2\r\n") HIDDEN),
    CASE(POST("X: a\rContent-Length: 2\r\n") HIDDEN),
    CASE(POST("X: a\nContent-Length: 2\r\n") "{}" HIDDEN),
    CASE(POST("X\0: a\r\n") HIDDEN),
    CASE(POST("Content-Length\n: 2\r\n") "{}" HIDDEN),
    CASE(POST("X(y): a\r\n") HIDDEN),
    CASE(POST("X\x80: a\r\n") HIDDEN),
    CASE(POST("X: \x7f\r\n") HIDDEN),
    CASE(POST(": a\r\n") HIDDEN),
    CASE(POST("no colon\r\n") HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x\r\n\n" HIDDEN),
    /* hosts */
    CASE("GET /a HTTP/1.1\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost : x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x y\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x@y\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1\r\nHost: x\xff\r\n\r\n" HIDDEN),
    /* request lines */
    CASE("GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET  /a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a  HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1 \r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\tHTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE(" GET /a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\0 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\0/b HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\xe4\xb8\xad HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/2.0\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/0.9\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a http/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GET /a HTTP/1.1x\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("GE\0T /a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("G(T /a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
    CASE("\x16\x03\x01\x02\r\n\r\n" HIDDEN),
    CASE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" HIDDEN),
    /* chunks */
    CASE(POST("Transfer-Encoding: chunked\r\n") "g\r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") "-1\r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") "0x2\r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") " 2\r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") "2 \r\n{}\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") "2\r\n{}x\r\n0\r\n\r\n" HIDDEN),
    CASE(POST("Transfer-Encoding: chunked\r\n") "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n" HIDDEN),
};

/* Everything the server says until it closes. */
static void listen_to_the_end(int fd, char *out, size_t room) {
    size_t n = 0;
    for (int c; n + 1 < room && (c = hear_byte(fd)) >= 0;)
        out[n++] = (char)c;
    out[n] = '\0';
}

static void no_ambiguous_request_is_served(void **state) {
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        static char said[65536];
        int fd = dial(port);
        (void)say_n(fd, cases[i].text, cases[i].n);
        listen_to_the_end(fd, said, sizeof said);
        close(fd);
        if (strstr(said, "HTTP/1.1 2") != NULL || atomic_load(&served) != 0)
            fail_msg("case %zu was served:\n%s\n---\n%s", i, cases[i].text, said);
        if (said[0] != '\0' && strncmp(said, "HTTP/1.1 4", 10) != 0 &&
            strncmp(said, "HTTP/1.1 505", 12) != 0)
            fail_msg("case %zu: %s", i, said);
    }
}

static void honest_requests_are(void **state) {
    (void)state;
    atomic_store(&served, 0);
    /* One that hangs up on nobody whose thread did not run for a second. */
    struct scf_server *s = start_with(60);
    int fd = dial(scf_server_port(s));
    expect(fd, HIDDEN, 200);
    expect(fd, "\r\n" HIDDEN, 200);
    expect(fd, POST("Content-Length: 2\r\n") "{}", 200);
    expect(fd, POST("content-length:2\r\nX-Empty:\r\nX:\t y z\t\r\nX-Obs: \xe4\r\n") "{}", 200);
    expect(fd, POST("Transfer-Encoding: Chunked\r\n") "2\r\n{}\r\n0\r\n\r\n", 200);
    close(fd);
    expect_once(scf_server_port(s), "GET /a HTTP/1.0\r\n\r\n", 200);
    assert_int_equal(atomic_load(&served), 6);
    scf_server_stop(s, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_ambiguous_request_is_served),
        cmocka_unit_test(honest_requests_are),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
