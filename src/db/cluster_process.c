/* Child processes of the embedded cluster. fork may happen while other threads run (a restart), so
 * between fork and exec only async-signal-safe calls are made and the environment is built before.
 *
 * PR_SET_PDEATHSIG is what lets the postmaster never outlive us, even after kill -9. Changing the
 * user id clears it, so it is set after that; and it fires when the creating thread ends, so the
 * caller must be the main thread. */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "scfd/base/clock.h"
#include "scfd/base/text.h"
#include "cluster_impl.h"

enum { FAST_SHUTDOWN_MS = 20000, IMMEDIATE_SHUTDOWN_MS = 5000, ORPHANS_MS = 2000, POLL_MS = 10 };

char *scf_cluster_text(const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    SCF_ASSERT(n >= 0);
    return text;
}

void scf_cluster_sleep_ms(int ms) {
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&ts, NULL);
}

/* ---- starting ---- */

static bool become(const struct account *who) {
    if (!who->drop)
        return true;
    return setgroups(0, NULL) == 0 && setgid(who->gid) == 0 && setuid(who->uid) == 0;
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
}

_Noreturn static void child(const struct account *who, pid_t parent, int null_fd, int out_fd,
                            const char *const *argv, const char *const *envp) {
    setsid();
    reset_signals();
    bool ok = dup2(null_fd, 0) == 0 && dup2(out_fd, 1) == 1 && dup2(out_fd, 2) == 2;
    ok = ok && chdir("/") == 0 && become(who) && prctl(PR_SET_PDEATHSIG, SIGINT) == 0;
    if (!ok || getppid() != parent) /* the parent may have died before the prctl */
        _exit(127);
    union { /* execve promises not to write, but its prototype does not say so */
        const char *const *in;
        char *const *out;
    } args = {.in = argv}, env = {.in = envp};
    execve(argv[0], args.out, env.out);
    _exit(127);
}

pid_t scf_spawn(const struct account *who, int out_fd, const char *const *argv) {
    const char *path = getenv("PATH");
    const char *libraries = getenv("LD_LIBRARY_PATH");
    char *path_entry = scf_cluster_text("PATH=%s", path ? path : "/usr/bin:/bin");
    char *library_entry = scf_cluster_text("LD_LIBRARY_PATH=%s", libraries ? libraries : "");
    /* No PG* variable of the caller's gets through. */
    const char *const envp[] = {path_entry, "LC_ALL=C", "TZ=UTC", libraries ? library_entry : NULL,
                                NULL};
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t parent = getpid();
    pid_t pid = null_fd >= 0 ? fork() : -1;
    if (pid == 0)
        child(who, parent, null_fd, out_fd, argv, envp);
    if (null_fd >= 0)
        close(null_fd);
    free(path_entry);
    free(library_entry);
    return pid;
}

int scf_wait(pid_t pid) {
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

bool scf_can_reach(const struct account *who, const char *dir) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(become(who) && access(dir, X_OK) == 0 ? 0 : 1);
    return pid > 0 && scf_wait(pid) == 0;
}

/* ---- stopping ---- */

static bool gone_within(pid_t child_pid, int ms) {
    int64_t end = scf_mono_us() + ms * INT64_C(1000);
    do {
        pid_t done = waitpid(child_pid, NULL, WNOHANG);
        if (done == child_pid || (done < 0 && errno == ECHILD))
            return true;
        scf_cluster_sleep_ms(POLL_MS);
    } while (scf_mono_us() < end);
    return false;
}

void scf_postmaster_stop(pid_t pid) {
    kill(pid, SIGINT);
    if (gone_within(pid, FAST_SHUTDOWN_MS))
        return;
    kill(pid, SIGQUIT);
    if (gone_within(pid, IMMEDIATE_SHUTDOWN_MS))
        return;
    kill(pid, SIGKILL);
    scf_wait(pid);
}

/* A server process of this data directory: they all are called postgres and work in it. */
static bool works_in(pid_t pid, const char *pg_dir) {
    char path[64], target[PATH_MAX], name[16] = "";
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool read = fgets(name, sizeof name, f) != NULL;
    fclose(f);
    return read && strncmp(name, "postgres", 8) == 0 && strcmp(target, pg_dir) == 0;
}

static int is_process(const struct dirent *e) {
    return isdigit((unsigned char)e->d_name[0]);
}

/* Counts them; sends each `sig` unless it is 0. */
static int each_leftover(const char *pg_dir, int sig) {
    struct dirent **entries;
    int n = scandir("/proc", &entries, is_process, alphasort), found = 0;
    if (n < 0)
        return 0;
    for (int i = 0; i < n; i++) {
        uint64_t pid;
        if (scf_parse_u64(scf_str(entries[i]->d_name), INT_MAX, &pid) &&
            works_in((pid_t)pid, pg_dir)) {
            found++;
            if (sig)
                kill((pid_t)pid, sig);
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

static bool leftovers_gone_within(const char *pg_dir, int ms) {
    int64_t end = scf_mono_us() + ms * INT64_C(1000);
    while (each_leftover(pg_dir, 0) > 0) {
        if (scf_mono_us() >= end)
            return false;
        scf_cluster_sleep_ms(POLL_MS);
    }
    return true;
}

/* The process id in postmaster.pid if that process is this cluster's; else 0. */
static pid_t recorded_postmaster(const char *pg_dir) {
    char *path = scf_cluster_text("%s/postmaster.pid", pg_dir);
    char line[32] = "";
    FILE *f = fopen(path, "re");
    free(path);
    if (!f)
        return 0;
    char *read = fgets(line, sizeof line, f);
    fclose(f);
    uint64_t pid;
    struct scf_str digits = {line, strcspn(line, "\n")};
    if (!read || !scf_parse_u64(digits, INT_MAX, &pid))
        return 0;
    return works_in((pid_t)pid, pg_dir) ? (pid_t)pid : 0;
}

static void stop_in(const char *pg_dir) {
    pid_t postmaster = recorded_postmaster(pg_dir);
    if (postmaster)
        kill(postmaster, SIGINT);
    /* Without a postmaster the others notice and leave by themselves. */
    if (!leftovers_gone_within(pg_dir, postmaster ? FAST_SHUTDOWN_MS : ORPHANS_MS)) {
        if (postmaster)
            kill(postmaster, SIGQUIT);
        if (!postmaster || !leftovers_gone_within(pg_dir, IMMEDIATE_SHUTDOWN_MS))
            each_leftover(pg_dir, SIGKILL);
        leftovers_gone_within(pg_dir, ORPHANS_MS);
    }
    /* We hold the lock and nobody works here any more: a remaining file is stale, and its number
     * may by now belong to a stranger, which would make postgres refuse to start. */
    char *path = scf_cluster_text("%s/postmaster.pid", pg_dir);
    if (each_leftover(pg_dir, 0) == 0)
        unlink(path);
    free(path);
}

void scf_leftovers_stop(const char *pg_dir) {
    char *real = realpath(pg_dir, NULL); /* as the kernel reports it */
    if (real)
        stop_in(real);
    free(real);
}
