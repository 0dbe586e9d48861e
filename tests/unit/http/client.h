/* A raw HTTP client for tests: it sends bytes as they are and reads answers back. */
#ifndef SCFD_TESTS_HTTP_CLIENT_H
#define SCFD_TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <cmocka.h>

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/http/http.h"

enum { ANSWER_MAX = 1 << 20, PATIENCE_MS = 20000 };

struct answer {
    int status;        /* 0: the connection was closed without one */
    char *head, *body; /* texts; freed by forget */
    size_t body_n;
};

static inline int dial(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* False when the server closed the connection meanwhile. */
static inline bool say_n(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

static inline bool say(int fd, const char *text) {
    return say_n(fd, text, strlen(text));
}

/* One more byte within PATIENCE_MS; −1 at the end. A server that says nothing fails the test. */
static inline int hear_byte(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    unsigned char c;
    return recv(fd, &c, 1, 0) == 1 ? c : -1;
}

static inline const char *field(const struct answer *a, const char *name) {
    static char value[1024];
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\r\n%s: ", name);
    const char *at = strcasestr(a->head, wanted);
    if (at == NULL)
        return NULL;
    at += strlen(wanted);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

/* Reads one answer; `no_body` for HEAD. */
static inline struct answer hear_as(int fd, bool no_body) {
    struct answer a = {.head = calloc(1, ANSWER_MAX)};
    assert_non_null(a.head);
    size_t n = 0;
    while (n < 4 || memcmp(a.head + n - 4, "\r\n\r\n", 4) != 0) {
        int c = hear_byte(fd);
        if (c < 0)
            return a;
        assert_true(n < ANSWER_MAX - 1);
        a.head[n++] = (char)c;
    }
    assert_memory_equal(a.head, "HTTP/1.1 ", 9);
    a.status = (int)strtol(a.head + 9, NULL, 10);
    const char *length = field(&a, "Content-Length");
    a.body_n = length == NULL || no_body ? 0 : strtoul(length, NULL, 10);
    a.body = calloc(1, a.body_n + 1);
    assert_non_null(a.body);
    for (size_t i = 0; i < a.body_n; i++) {
        int c = hear_byte(fd);
        assert_true(c >= 0);
        a.body[i] = (char)c;
    }
    return a;
}

static inline struct answer hear(int fd) {
    return hear_as(fd, false);
}

static inline void forget(struct answer *a) {
    free(a->head);
    free(a->body);
    *a = (struct answer){0};
}

/* Says, hears, and wants this status. */
static inline struct answer ask(int fd, const char *text, int status) {
    assert_true(say(fd, text));
    struct answer a = hear(fd);
    if (a.status != status)
        print_error("wanted %d, got: %s%s\n", status, a.head, a.body ? a.body : "");
    assert_int_equal(a.status, status);
    return a;
}

static inline void expect(int fd, const char *text, int status) {
    struct answer a = ask(fd, text, status);
    forget(&a);
}

static inline void expect_end(int fd) {
    assert_int_equal(hear_byte(fd), -1);
    close(fd);
}

static inline void expect_once(int port, const char *text, int status) {
    int fd = dial(port);
    expect(fd, text, status);
    close(fd);
}

#endif
