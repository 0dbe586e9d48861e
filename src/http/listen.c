/* The listening socket: from systemd (LISTEN_FDS), a TCP address, or a Unix path. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "internal.h"

enum { BACKLOG = 1024, FIRST_SYSTEMD_FD = 3 };

static enum scf_code fail(struct scf_server *s, struct scf_error *err, const char *what) {
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "listen %s: %s: %s", s->options.listen, what,
                    strerror(errno));
}

/* sd_listen_fds(3), without its library. */
static bool from_systemd(struct scf_server *s) {
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    uint64_t pid_value, count;
    if (!scf_parse_u64(scf_str(pid), INT_MAX, &pid_value) || (pid_t)pid_value != getpid() ||
        !scf_parse_u64(scf_str(fds), INT_MAX, &count) || count < 1)
        return false;
    s->listen_fd = FIRST_SYSTEMD_FD;
    s->inherited = true;
    return fcntl(s->listen_fd, F_SETFD, FD_CLOEXEC) == 0;
}

static enum scf_code bind_and_listen(struct scf_server *s, const struct sockaddr *address,
                                     socklen_t length, struct scf_error *err) {
    int on = 1;
    s->listen_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listen_fd < 0)
        return fail(s, err, "socket");
    if (address->sa_family != AF_UNIX)
        setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s->listen_fd, address, length) == 0 && listen(s->listen_fd, BACKLOG) == 0)
        return SCF_OK;
    enum scf_code code = fail(s, err, "bind");
    close(s->listen_fd);
    s->listen_fd = -1;
    return code;
}

/* What a server that was killed left behind is removed; the socket of one that listens is not. */
static enum scf_code remove_stale(struct scf_server *s, const struct sockaddr_un *address,
                                  struct scf_error *err) {
    struct stat st;
    if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return SCF_OK;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                 errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (stale)
        unlink(address->sun_path);
    errno = EADDRINUSE;
    return stale ? SCF_OK : fail(s, err, "another server listens there");
}

static enum scf_code open_unix(struct scf_server *s, const char *path, struct scf_error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof address.sun_path)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "listen %s: the path is too long",
                        s->options.listen);
    memcpy(address.sun_path, path, n + 1);
    enum scf_code code = remove_stale(s, &address, err);
    if (code == SCF_OK)
        code = bind_and_listen(s, (struct sockaddr *)&address, sizeof address, err);
    if (code == SCF_OK)
        s->unlink_path = path;
    return code;
}

/* "host:port" or "[v6]:port" into two texts. */
static bool split_address(const char *listen, char host[256], char port[16]) {
    const char *colon = strrchr(listen, ':');
    uint64_t number; /* getaddrinfo would take one that is too large modulo 65536 */
    if (colon == NULL || colon == listen || !scf_parse_u64(scf_str(colon + 1), UINT16_MAX, &number))
        return false;
    struct scf_str name = {listen, (size_t)(colon - listen)};
    if (name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = (struct scf_str){name.p + 1, name.n - 2};
    if (name.n >= 256)
        return false;
    snprintf(host, 256, "%.*s", (int)name.n, name.p);
    snprintf(port, 16, "%s", colon + 1);
    return true;
}

static enum scf_code open_tcp(struct scf_server *s, struct scf_error *err) {
    char host[256], port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    if (!split_address(s->options.listen, host, port) ||
        getaddrinfo(host, port, &hints, &found) != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "listen %s: expected HOST:PORT, [IPV6]:PORT or unix:PATH",
                        s->options.listen);
    enum scf_code code = bind_and_listen(s, found->ai_addr, found->ai_addrlen, err);
    freeaddrinfo(found);
    return code;
}

/* The real port, and the base URL when none is configured. */
static void learn_address(struct scf_server *s) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } a = {0};
    socklen_t length = sizeof a;
    char host[INET6_ADDRSTRLEN] = "localhost", url[INET6_ADDRSTRLEN + 32];
    getsockname(s->listen_fd, &a.any, &length);
    if (a.any.sa_family == AF_INET) {
        s->port = ntohs(a.v4.sin_port);
        inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
    } else if (a.any.sa_family == AF_INET6) {
        s->port = ntohs(a.v6.sin6_port);
        inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
    }
    if (s->public_base_url != NULL)
        return;
    const char *form = a.any.sa_family == AF_INET6 ? "http://[%s]:%d"
                       : s->port != 0              ? "http://%s:%d"
                                                   : "http://%s";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(url, sizeof url, form, host, s->port);
#pragma GCC diagnostic pop
    s->public_base_url = strdup(url);
    SCF_ASSERT(s->public_base_url != NULL);
}

enum scf_code scf_listen_open(struct scf_server *s, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (!from_systemd(s)) {
        const char *listen = s->options.listen;
        code = strncmp(listen, "unix:", 5) == 0 ? open_unix(s, listen + 5, err) : open_tcp(s, err);
    }
    if (code == SCF_OK)
        learn_address(s);
    return code;
}

void scf_listen_close(struct scf_server *s) {
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    s->listen_fd = -1;
    if (s->unlink_path != NULL)
        unlink(s->unlink_path);
}
