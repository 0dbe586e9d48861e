/* The embedded cluster through its bad days: kill -9 of the postmaster, of its owner, leftovers,
 * stale files, long paths, and directories that must be refused. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/wait.h>

#include "cluster_impl.h"
#include "db_test.h"
#include "scfd/base/clock.h"

static char root[] = "/tmp/scfd-cluster-XXXXXX";
static char dir[100]; /* the data directory most tests share: one initdb */
static struct scf_error err;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int make_root(void **state) {
    (void)state;
    if (!mkdtemp(root) || chmod(root, 0755) != 0)
        return -1;
    snprintf(dir, sizeof dir, "%s/some/data", root);
    return 0;
}

static int remove_root(void **state) {
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct scf_cluster *start_in(const char *data_dir) {
    if (!scf_cluster_available()) {
        print_message("this machine has no PostgreSQL server\n");
        skip();
    }
    struct scf_cluster *c = NULL;
    enum scf_code code = scf_cluster_start(data_dir, 20, &c, &err);
    if (code != SCF_OK)
        print_error("%s\n", err.detail);
    assert_int_equal(code, SCF_OK);
    return c;
}

/* One number out of the cluster's database. */
static int64_t ask_number(const struct scf_cluster *c, const char *sql) {
    struct scf_db *db = scf_db_new(scf_cluster_url(c), "test", 0);
    struct scf_arena *arena = scf_arena_new(1 << 16);
    struct scf_stmt stmt = {"ask", sql};
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &stmt, NULL, arena, &rows, &err);
    if (code != SCF_OK)
        print_error("%s\n", err.note);
    assert_int_equal(code, SCF_OK);
    int64_t n = scf_rows_count(rows) ? scf_rows_i64(rows, 0, 0) : 0;
    scf_arena_free(arena);
    scf_db_free(db);
    return n;
}

static bool gone_within(pid_t pid, int seconds) {
    int64_t end = scf_mono_us() + seconds * SCF_US_PER_SECOND;
    while (kill(pid, 0) == 0 && scf_mono_us() < end)
        scf_cluster_sleep_ms(10);
    return kill(pid, 0) != 0;
}

/* ---- first start ---- */

static void test_first_start(void **state) {
    (void)state;
    char path[200];
    struct scf_cluster *c = start_in(dir);
    assert_true(scf_cluster_pid(c) > 0);
    assert_int_equal(ask_number(c, "SELECT (current_setting('fsync') = 'on'"
                                   " AND current_setting('full_page_writes') = 'on'"
                                   " AND current_setting('data_checksums') = 'on'"
                                   " AND current_setting('listen_addresses') = ''"
                                   " AND current_setting('max_connections') = '20'"
                                   " AND current_setting('wal_level') = 'replica'"
                                   " AND current_setting('max_wal_size') = '4GB'"
                                   " AND pg_encoding_to_char(encoding) = 'UTF8'"
                                   " AND datcollate = 'C')::int"
                                   " FROM pg_database WHERE datname = current_database()"),
                     1);
    struct stat st;
    snprintf(path, sizeof path, "%s/run", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    ask_number(c, "CREATE TABLE public.t AS SELECT 42::int8 AS a");
    scf_cluster_stop(c);

    c = start_in(dir);
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42);
    scf_cluster_stop(c);
}

static void test_half_made_cluster_is_made_anew(void **state) {
    (void)state;
    char other[150], path[200];
    snprintf(other, sizeof other, "%s/half", root);
    assert_int_equal(mkdir(other, 0755), 0);
    snprintf(path, sizeof path, "%s/pg.new", other);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/pg.new/PG_VERSION", other);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("15\n", f);
    fclose(f);
    struct scf_cluster *c = start_in(other);
    assert_int_equal(ask_number(c, "SELECT 1"), 1);
    scf_cluster_stop(c);
}

static void test_long_path(void **state) {
    (void)state;
    char longer[250], record[300], first[128] = "", second[128] = "";
    snprintf(longer, sizeof longer, "%s/%0120d", root, 0);
    snprintf(record, sizeof record, "%s/socket_dir", longer);
    char *lines[] = {first, second};
    for (int i = 0; i < 2; i++) {
        struct scf_cluster *c = start_in(longer);
        assert_int_equal(ask_number(c, "SELECT 1"), 1);
        scf_cluster_stop(c);
        FILE *f = fopen(record, "r");
        assert_non_null(f);
        assert_non_null(fgets(lines[i], 128, f));
        fclose(f);
    }
    assert_string_equal(first, second); /* used again, not left behind */
    first[strcspn(first, "\n")] = '\0';
    struct stat st;
    assert_int_equal(stat(first, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(rmdir(first), 0); /* and empty after a stop */
}

/* ---- refusals ---- */

static void test_a_second_scfd_is_refused(void **state) {
    (void)state;
    struct scf_cluster *c = start_in(dir), *second = NULL;
    assert_int_equal(scf_cluster_start(dir, 20, &second, &err), SCF_E_WRONG_STATE);
    assert_null(second);
    assert_non_null(strstr(err.detail, "Another scfd"));
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42); /* the first is unharmed */
    scf_cluster_stop(c);
}

static void test_attach_beside_a_live_scfd(void **state) {
    (void)state;
    struct scf_cluster *c = start_in(dir), *beside = NULL;
    assert_int_equal(scf_cluster_attach(dir, &beside, &err), SCF_OK);
    assert_int_equal(scf_cluster_pid(beside), 0);
    assert_string_equal(scf_cluster_url(beside), scf_cluster_url(c));
    assert_int_equal(ask_number(beside, "SELECT a FROM public.t"), 42);
    scf_cluster_stop(beside);
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42); /* it still runs */
    scf_cluster_stop(c);
}

static void test_unreachable_directory(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    char closed[150], path[200];
    snprintf(closed, sizeof closed, "%s/closed", root);
    assert_int_equal(mkdir(closed, 0700), 0);
    snprintf(path, sizeof path, "%s/data", closed);
    struct scf_cluster *c = NULL;
    assert_int_equal(scf_cluster_start(path, 20, &c, &err), SCF_E_INTERNAL);
    assert_non_null(strstr(err.detail, "may not enter"));
}

static void test_no_programs(void **state) {
    (void)state;
    struct scf_cluster *c = NULL;
    char other[150];
    snprintf(other, sizeof other, "%s/none", root);
    setenv("SCFD_PG_BIN", "/nonexistent", 1);
    assert_false(scf_cluster_available());
    enum scf_code code = scf_cluster_start(other, 20, &c, &err);
    unsetenv("SCFD_PG_BIN");
    assert_int_equal(code, SCF_E_DATABASE_UNAVAILABLE);
    assert_non_null(strstr(err.detail, "No PostgreSQL server"));
}

/* ---- kill -9 ---- */

static void test_postmaster_killed(void **state) {
    (void)state;
    struct scf_cluster *c = start_in(dir);
    assert_int_equal(scf_cluster_check(c, &err), SCF_OK);
    int first = scf_cluster_pid(c);
    ask_number(c, "UPDATE public.t SET a = a + 1");
    kill(first, SIGKILL);
    siginfo_t info; /* until it is dead, leaving it for check to find */
    assert_int_equal(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(scf_cluster_check(c, &err), SCF_OK);
    assert_true(scf_cluster_pid(c) > 0 && scf_cluster_pid(c) != first);
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 43);
    ask_number(c, "UPDATE public.t SET a = 42");
    scf_cluster_stop(c);
}

static pid_t backend_of(struct scf_db *db, struct scf_arena *arena) {
    static const struct scf_stmt pid = {"pid", "SELECT pg_backend_pid()"};
    struct scf_rows *rows;
    assert_int_equal(scf_db_run(db, &pid, NULL, arena, &rows, &err), SCF_OK);
    return (pid_t)scf_rows_i64(rows, 0, 0);
}

static void test_backend_killed(void **state) {
    (void)state;
    struct scf_cluster *c = start_in(dir);
    int postmaster = scf_cluster_pid(c);
    struct scf_db *db = scf_db_new(scf_cluster_url(c), "victim", 0);
    struct scf_arena *arena = scf_arena_new(1 << 16);
    kill(backend_of(db, arena), SIGKILL);
    /* The postmaster recovers by itself; a few attempts may meet it doing so. */
    enum scf_code code = SCF_E_DATABASE_UNAVAILABLE;
    for (int i = 0; i < 20 && code == SCF_E_DATABASE_UNAVAILABLE; i++)
        code = scf_db_ping(db, &err);
    assert_int_equal(code, SCF_OK);
    assert_int_equal(scf_cluster_check(c, &err), SCF_OK);
    assert_int_equal(scf_cluster_pid(c), postmaster);
    scf_arena_free(arena);
    scf_db_free(db);
    scf_cluster_stop(c);
}

/* When a backend crashes, the others say a warning, no error, and hang up. */
static void test_neighbour_of_a_killed_backend(void **state) {
    (void)state;
    struct scf_cluster *c = start_in(dir);
    struct scf_db *db = scf_db_new(scf_cluster_url(c), "neighbour", 0);
    struct scf_db *other = scf_db_new(scf_cluster_url(c), "victim", 0);
    struct scf_arena *arena = scf_arena_new(1 << 16);
    pid_t own = backend_of(db, arena), victim = backend_of(other, arena);
    assert_int_equal(scf_db_run(db, &SCF_BEGIN, NULL, NULL, NULL, &err), SCF_OK);
    kill(victim, SIGKILL);
    for (int i = 0; i < 60000 && kill(own, 0) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    static const struct scf_stmt one = {"one", "SELECT 1"};
    assert_int_equal(scf_db_run(db, &one, NULL, NULL, NULL, &err), SCF_E_DATABASE_UNAVAILABLE);
    scf_arena_free(arena);
    scf_db_free(other);
    scf_db_free(db);
    scf_cluster_stop(c);
}

/* A process like scfd: starts the cluster, tells the postmaster's pid, waits. */
static pid_t start_owner(int *ret_postmaster) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct scf_cluster *c = NULL;
        if (scf_cluster_start(dir, 20, &c, &err) != SCF_OK)
            _exit(1);
        int postmaster = scf_cluster_pid(c);
        if (write(fds[1], &postmaster, sizeof postmaster) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], ret_postmaster, sizeof *ret_postmaster), sizeof *ret_postmaster);
    close(fds[0]);
    return pid;
}

static void test_owner_killed(void **state) {
    (void)state;
    scf_cluster_stop(start_in(dir)); /* or skip */
    int postmaster = 0;
    pid_t owner = start_owner(&postmaster);
    assert_int_equal(kill(postmaster, 0), 0);
    kill(owner, SIGKILL);
    scf_wait(owner);
    assert_true(gone_within(postmaster, 60));
    struct scf_cluster *c = start_in(dir);
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42);
    scf_cluster_stop(c);
}

static void test_start_does_not_wait_for_the_end_of_the_old(void **state) {
    (void)state;
    scf_cluster_stop(start_in(dir)); /* or skip */
    int postmaster = 0;
    pid_t owner = start_owner(&postmaster);
    kill(owner, SIGKILL);
    scf_wait(owner);
    struct scf_cluster *c = start_in(dir); /* at once: the old one may still be stopping */
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42);
    assert_true(gone_within(postmaster, 60)); /* as soon as init has reaped it */
    scf_cluster_stop(c);
}

/* ---- leftovers ---- */

/* A postmaster that nobody owns: a shell starts it in the background and ends. */
static void start_orphan(void) {
    char *bin = scf_find_postgres(0);
    char *pg_dir = scf_cluster_text("%s/pg", dir);
    char *sockets = scf_cluster_text("%s/run", dir);
    struct stat st;
    assert_int_equal(stat(pg_dir, &st), 0);
    struct account who = {.drop = geteuid() == 0, .uid = st.st_uid, .gid = st.st_gid};
    const char *const argv[] = {
        "/bin/sh",
        "-c",
        "\"$0\"/postgres -D \"$1\" -c listen_addresses= -k \"$2\" </dev/null >/dev/null 2>&1 &",
        bin,
        pg_dir,
        sockets,
        NULL};
    int null_fd = open("/dev/null", O_WRONLY);
    assert_int_equal(scf_wait(scf_spawn(&who, null_fd, argv)), 0);
    close(null_fd);
    free(bin);
    free(pg_dir);
    free(sockets);
}

static int recorded_pid(void) {
    char path[200];
    int pid = 0;
    snprintf(path, sizeof path, "%s/pg/postmaster.pid", dir);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%d", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid;
}

static void test_leftover_postmaster_is_replaced(void **state) {
    (void)state;
    scf_cluster_stop(start_in(dir)); /* or skip */
    start_orphan();
    for (int i = 0; i < 6000 && recorded_pid() == 0; i++)
        scf_cluster_sleep_ms(10);
    int old = recorded_pid();
    assert_true(old > 0);
    struct scf_cluster *c = start_in(dir);
    assert_int_not_equal(scf_cluster_pid(c), old);
    assert_true(gone_within(old, 60));
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42);
    scf_cluster_stop(c);
}

static void test_stale_pid_of_a_stranger(void **state) {
    (void)state;
    scf_cluster_stop(start_in(dir)); /* or skip */
    char path[200];
    snprintf(path, sizeof path, "%s/pg/postmaster.pid", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%d\n%s/pg\n0\n5432\n\n\n\n", (int)getpid(), dir);
    fclose(f);
    struct scf_cluster *c = start_in(dir); /* and we are still alive */
    assert_int_equal(ask_number(c, "SELECT a FROM public.t"), 42);
    scf_cluster_stop(c);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_start),
        cmocka_unit_test(test_half_made_cluster_is_made_anew),
        cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_a_second_scfd_is_refused),
        cmocka_unit_test(test_attach_beside_a_live_scfd),
        cmocka_unit_test(test_unreachable_directory),
        cmocka_unit_test(test_no_programs),
        cmocka_unit_test(test_postmaster_killed),
        cmocka_unit_test(test_backend_killed),
        cmocka_unit_test(test_neighbour_of_a_killed_backend),
        cmocka_unit_test(test_owner_killed),
        cmocka_unit_test(test_start_does_not_wait_for_the_end_of_the_old),
        cmocka_unit_test(test_leftover_postmaster_is_replaced),
        cmocka_unit_test(test_stale_pid_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
