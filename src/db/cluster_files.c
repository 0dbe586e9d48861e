/* Files of the embedded cluster: who may enter DIR, the lock, where the socket lives, and initdb
 * with our settings. As root everything of PostgreSQL's belongs to an unprivileged account. */
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scfd/base/text.h"
#include "cluster_impl.h"

#define SOCKET_NAME "/.s.PGSQL.5432"

/* Start-up errors are for the operator, who sees the detail. */
static enum scf_code fail_errno(struct scf_error *err, const char *what, const char *path) {
    return scf_fail(err, SCF_E_INTERNAL, "Cannot %s %s: %s.", what, path, strerror(errno));
}

/* ---- the data directory ---- */

static bool make_dir(const char *path, mode_t mode) {
    return mkdir(path, mode) == 0 || errno == EEXIST;
}

/* mkdir -p; the last one with our mode. */
static bool make_path(const char *path, mode_t mode) {
    char *copy = scf_cluster_text("%s", path);
    bool ok = true;
    for (char *slash = strchr(copy + 1, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = make_dir(copy, 0755);
        *slash = '/';
    }
    ok = ok && make_dir(copy, mode);
    free(copy);
    return ok;
}

static enum scf_code open_dir(struct scf_cluster *c, const char *data_dir, struct scf_error *err) {
    /* The account needs to pass through DIR, not to read it. */
    if (!make_path(data_dir, c->account.drop ? 0711 : 0700))
        return fail_errno(err, "create", data_dir);
    c->dir = realpath(data_dir, NULL);
    if (!c->dir)
        return fail_errno(err, "open", data_dir);
    c->pg_dir = scf_cluster_text("%s/pg", c->dir);
    c->new_dir = scf_cluster_text("%s/pg.new", c->dir);
    c->log_path = scf_cluster_text("%s/pg.log", c->dir);
    return SCF_OK;
}

static enum scf_code lock(struct scf_cluster *c, struct scf_error *err) {
    char *path = scf_cluster_text("%s/scfd.lock", c->dir);
    c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum scf_code code = SCF_OK;
    if (c->lock_fd < 0)
        code = fail_errno(err, "open", path);
    else if (flock(c->lock_fd, LOCK_EX | LOCK_NB) != 0)
        code = scf_fail(err, SCF_E_WRONG_STATE, "Another scfd is running on %s.", c->dir);
    free(path);
    return code;
}

/* ---- the account ---- */

static bool named_account(const char *name, struct account *ret) {
    char text[4096];
    struct passwd space, *pw = NULL;
    if (getpwnam_r(name, &space, text, sizeof text, &pw) != 0 || !pw || pw->pw_uid == 0)
        return false;
    *ret = (struct account){.drop = true, .uid = pw->pw_uid, .gid = pw->pw_gid};
    snprintf(ret->name, sizeof ret->name, "%s", pw->pw_name);
    return true;
}

static enum scf_code choose_account(struct account *ret, struct scf_error *err) {
    if (geteuid() != 0) {
        *ret = (struct account){.drop = false, .uid = geteuid(), .gid = getegid()};
        return SCF_OK;
    }
    static const char *const names[] = {"postgres", "scfd", "nobody"};
    for (size_t i = 0; i < SCF_COUNT(names); i++)
        if (named_account(names[i], ret))
            return SCF_OK;
    return scf_fail(err, SCF_E_INTERNAL,
                    "PostgreSQL does not run as root, and there is no account postgres, scfd or "
                    "nobody to run it as.");
}

/* A cluster that exists keeps its owner. */
static enum scf_code keep_owner(struct scf_cluster *c, struct scf_error *err) {
    struct stat st;
    if (stat(c->pg_dir, &st) != 0)
        return SCF_OK;
    if (!c->account.drop && st.st_uid != c->account.uid)
        return scf_fail(err, SCF_E_INTERNAL, "%s belongs to another account.", c->pg_dir);
    if (!c->account.drop || st.st_uid == c->account.uid || st.st_uid == 0)
        return SCF_OK;
    c->account.uid = st.st_uid;
    c->account.gid = st.st_gid;
    snprintf(c->account.name, sizeof c->account.name, "uid %u", (unsigned)st.st_uid);
    return SCF_OK;
}

static enum scf_code let_in(const struct scf_cluster *c, struct scf_error *err) {
    struct stat st;
    if (!c->account.drop || scf_can_reach(&c->account, c->dir))
        return SCF_OK;
    if (stat(c->dir, &st) == 0 && chmod(c->dir, (st.st_mode & 07777) | 0011) == 0 &&
        scf_can_reach(&c->account, c->dir))
        return SCF_OK;
    return scf_fail(err, SCF_E_INTERNAL,
                    "PostgreSQL runs as %s, which may not enter %s: choose a --data directory "
                    "outside private directories, or run scfd as an ordinary user.",
                    c->account.name, c->dir);
}

/* ---- the socket directory ---- */

static bool own_private_dir(const struct scf_cluster *c, const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return false;
    if (c->account.drop && (st.st_uid == 0 || st.st_uid == c->account.uid) &&
        lchown(path, c->account.uid, c->account.gid) == 0)
        st.st_uid = c->account.uid;
    return st.st_uid == c->account.uid && chmod(path, 0700) == 0;
}

static bool fits_socket(const char *dir) {
    return strlen(dir) + strlen(SOCKET_NAME) < sizeof((struct sockaddr_un *)0)->sun_path;
}

/* The directory that an earlier start recorded, if it is still ours. */
static char *recorded_socket_dir(const struct scf_cluster *c, const char *record) {
    char line[128] = "";
    FILE *f = fopen(record, "re");
    if (!f)
        return NULL;
    bool read = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return read && own_private_dir(c, line) ? scf_cluster_text("%s", line) : NULL;
}

static char *new_socket_dir(const struct scf_cluster *c, const char *record) {
    const char *runtime = c->account.drop ? NULL : getenv("XDG_RUNTIME_DIR");
    char *dir = scf_cluster_text("%s/scfd-XXXXXX", runtime && *runtime ? runtime : "/tmp");
    FILE *f = mkdtemp(dir) && own_private_dir(c, dir) ? fopen(record, "we") : NULL;
    bool ok = f && fprintf(f, "%s\n", dir) > 0;
    if (f)
        ok = fclose(f) == 0 && ok;
    if (ok)
        return dir;
    free(dir);
    return NULL;
}

static enum scf_code place_socket(struct scf_cluster *c, struct scf_error *err) {
    char *usual = scf_cluster_text("%s/run", c->dir);
    if (fits_socket(usual)) {
        c->socket_dir = usual;
        if (make_dir(usual, 0700) && own_private_dir(c, usual))
            return SCF_OK;
        return fail_errno(err, "use", usual);
    }
    free(usual);
    char *record = scf_cluster_text("%s/socket_dir", c->dir);
    c->socket_dir = recorded_socket_dir(c, record);
    if (!c->socket_dir)
        c->socket_dir = new_socket_dir(c, record);
    enum scf_code code = SCF_OK;
    if (!c->socket_dir)
        code = fail_errno(err, "make a short socket directory, recorded in", record);
    free(record);
    return code;
}

enum scf_code scf_cluster_claim(struct scf_cluster *c, const char *data_dir, bool alone,
                                struct scf_error *err) {
    enum scf_code code = choose_account(&c->account, err);
    if (code == SCF_OK)
        code = open_dir(c, data_dir, err);
    if (code == SCF_OK && alone)
        code = lock(c, err);
    if (code == SCF_OK)
        code = keep_owner(c, err);
    if (code == SCF_OK)
        code = let_in(c, err);
    if (code == SCF_OK)
        code = place_socket(c, err);
    return code;
}

/* ---- the cluster itself ---- */

int scf_cluster_version(const struct scf_cluster *c) {
    char *path = scf_cluster_text("%s/PG_VERSION", c->pg_dir);
    char line[16] = "";
    FILE *f = fopen(path, "re");
    free(path);
    if (!f)
        return 0;
    uint64_t major = 0;
    bool read = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    struct scf_str digits = {line, strspn(line, "0123456789")};
    return read && scf_parse_u64(digits, 1000, &major) ? (int)major : 0;
}

int scf_cluster_open_log(const struct scf_cluster *c) {
    enum { KEEP_BYTES = 16 << 20 };
    struct stat st;
    if (stat(c->log_path, &st) == 0 && st.st_size > KEEP_BYTES) {
        char *old = scf_cluster_text("%s.1", c->log_path);
        rename(c->log_path, old);
        free(old);
    }
    return open(c->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool remove_tree(const char *path) {
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

static long shared_buffers_mb(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    long quarter = pages > 0 && page_size > 0 ? pages / 4 / ((1 << 20) / page_size) : 256;
    return quarter < 16 ? 16 : quarter > 256 ? 256 : quarter;
}

/* fsync, full_page_writes and autovacuum keep their default: on. */
static bool write_settings(const struct scf_cluster *c) {
    char *path = scf_cluster_text("%s/postgresql.conf", c->new_dir);
    FILE *f = fopen(path, "ae");
    free(path);
    if (!f)
        return false;
    fprintf(f,
            "\n# Set by scfd when it made this cluster; change what you like. Addresses, sockets\n"
            "# and max_connections are given on the command line.\n"
            "shared_buffers = %ldMB\n"
            "wal_level = replica\n"
            "wal_compression = off\n" /* costs more CPU than the disk it saves */
            "min_wal_size = 512MB\n"  /* recycled segments are cheaper than new ones */
            "max_wal_size = 4GB\n"
            "checkpoint_timeout = 15min\n"
            "checkpoint_completion_target = 0.9\n"
            "logging_collector = off\n"
            "log_timezone = 'UTC'\n"
            "log_line_prefix = '%%m [%%p] '\n"
            "timezone = 'UTC'\n",
            shared_buffers_mb());
    bool ok = fflush(f) == 0 && fsync(fileno(f)) == 0;
    return fclose(f) == 0 && ok;
}

static enum scf_code initdb(struct scf_cluster *c, struct scf_error *err) {
    char *program = scf_cluster_text("%s/initdb", c->bin_dir);
    const char *const argv[] = {program,
                                "-D",
                                c->new_dir,
                                "-U",
                                "scfd",
                                "-E",
                                "UTF8",
                                "--locale=C",
                                "--data-checksums",
                                "--auth-local=trust", /* the socket directory is private */
                                "--auth-host=reject",
                                "--no-instructions",
                                NULL};
    int log_fd = scf_cluster_open_log(c);
    pid_t pid = log_fd >= 0 ? scf_spawn(&c->account, log_fd, argv) : -1;
    int status = pid > 0 ? scf_wait(pid) : -1;
    if (log_fd >= 0)
        close(log_fd);
    free(program);
    if (status != 0)
        return scf_fail(err, SCF_E_INTERNAL, "initdb failed; see %s.", c->log_path);
    return SCF_OK;
}

static bool sync_dir(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

enum scf_code scf_cluster_create(struct scf_cluster *c, struct scf_error *err) {
    scf_leftovers_stop(c->new_dir);
    if (!remove_tree(c->new_dir) || mkdir(c->new_dir, 0700) != 0)
        return fail_errno(err, "create", c->new_dir);
    if (c->account.drop && lchown(c->new_dir, c->account.uid, c->account.gid) != 0)
        return fail_errno(err, "give away", c->new_dir);
    enum scf_code code = initdb(c, err);
    if (code != SCF_OK)
        return code;
    if (!write_settings(c) || rename(c->new_dir, c->pg_dir) != 0 || !sync_dir(c->dir))
        return fail_errno(err, "set up", c->pg_dir);
    return SCF_OK;
}
