/* A real Ethereum node for tests: anvil, which tools/anvil.sh brings. */
#ifndef SCFD_TESTS_ANCHOR_ANVIL_H
#define SCFD_TESTS_ANCHOR_ANVIL_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "evm_rpc.h"
#include "scfd/base/clock.h"

extern char **environ;

struct anvil {
    pid_t pid; /* 0: this machine has none */
    int port;
    char url[64];
};

/* The path of the program, or an empty text: then tests are skipped. */
static inline const char *anvil_program(void) {
    static char path[PATH_MAX];
    static bool asked;
    if (asked)
        return path;
    asked = true;
    FILE *f = popen("tools/anvil.sh build", "r");
    if (f && fgets(path, sizeof path, f))
        path[strcspn(path, "\n")] = '\0';
    if (f && pclose(f) != 0)
        path[0] = '\0';
    return path;
}

static inline int anvil_free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SCF_ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    SCF_ASSERT(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* A call to the node; fails the test when it refuses. */
static inline const cJSON *anvil_call(const struct anvil *a, struct scf_arena *arena,
                                      const char *method, const char *params) {
    struct scf_error err = {0};
    const cJSON *result = NULL;
    struct evm_node node = evm_node_open(arena, a->url, INT64_MAX);
    enum scf_code code = evm_call(&node, method, params, &result, NULL, &err);
    evm_node_close(&node);
    if (code != SCF_OK)
        fail_msg("%s %s: %s", method, params, err.detail);
    return result;
}

static inline bool anvil_answers(const struct anvil *a, struct scf_arena *arena) {
    struct scf_error err = {0};
    const cJSON *result = NULL;
    struct evm_node node = evm_node_open(arena, a->url, INT64_MAX);
    enum scf_code code = evm_call(&node, "eth_chainId", "[]", &result, NULL, &err);
    evm_node_close(&node);
    return code == SCF_OK;
}

/* Runs until anvil_stop; `option` and `value` may be NULL. On the port that it had before, if any.
 * False when there is no such program. */
static inline bool anvil_start(struct anvil *a, struct scf_arena *arena, const char *option,
                               const char *value) {
    const char *program = anvil_program();
    char port[16];
    if (program[0] == '\0')
        return false;
    if (a->port == 0)
        a->port = anvil_free_port();
    snprintf(port, sizeof port, "%d", a->port);
    snprintf(a->url, sizeof a->url, "http://127.0.0.1:%d", a->port);
    char *const argv[] = {(char *)(uintptr_t)program,
                          (char *)(uintptr_t) "--silent",
                          (char *)(uintptr_t) "--port",
                          port,
                          (char *)(uintptr_t)option,
                          (char *)(uintptr_t)value,
                          NULL};
    SCF_ASSERT(posix_spawn(&a->pid, program, NULL, NULL, argv, environ) == 0);
    for (int i = 0; i < 3000; i++) {
        if (anvil_answers(a, arena))
            return true;
        usleep(20000);
    }
    fail_msg("anvil does not answer");
    return false;
}

static inline void anvil_stop(struct anvil *a) {
    if (a->pid == 0)
        return;
    kill(a->pid, SIGTERM);
    waitpid(a->pid, NULL, 0);
    a->pid = 0;
}

#endif
