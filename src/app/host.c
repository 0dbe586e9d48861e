/* systemd's notification protocol, the limit of open files, signal masks. Main thread. */
#include "host.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scfd/base/log.h"

enum { FEWEST_CONNECTIONS = 16 };

void scf_host_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0; /* abstract socket */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, length);
    close(fd);
}

void scf_host_watchdog(void) {
    if (getenv("WATCHDOG_USEC"))
        scf_host_notify("WATCHDOG=1");
}

/* ---- open files ---- */

/* The server takes an eighth more for a moment, to answer those past the cap. */
static rlim_t files_for(int connections, int others) {
    return (rlim_t)connections + (rlim_t)connections / 8 + FEWEST_CONNECTIONS + (rlim_t)others;
}

int scf_host_connections(int wanted, int others) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    rlim_t needed = files_for(wanted, others);
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    int fitting = wanted;
    while (fitting > FEWEST_CONNECTIONS && files_for(fitting, others) > limit.rlim_cur)
        fitting--;
    if (fitting < wanted)
        scf_log(SCF_LOG_WARN,
                "max_connections is %d instead of %d: the limit of open files is %ju (ulimit -n)",
                fitting, wanted, (uintmax_t)limit.rlim_cur);
    return fitting;
}

/* ---- signals ---- */

void scf_host_block_signals(sigset_t *ret) {
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGHUP);
    sigaddset(ret, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, ret, NULL);
}

static void stop_at_once(int signal_number) {
    (void)signal_number;
    _exit(EXIT_FAILURE);
}

void scf_host_let_signals_kill(void) {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    signal(SIGTERM, stop_at_once);
    signal(SIGINT, stop_at_once);
    pthread_sigmask(SIG_UNBLOCK, &both, NULL);
}
