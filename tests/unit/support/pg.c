/* The cluster behind scf_test_database. The migrated database `scfd` serves as the template that
 * each call copies. */
#include "pg.h"

#include <ftw.h>

#include "scfd/codec/digest.h"
#include "scfd/db/cluster.h"
#include "scfd/db/migrate.h"

enum { MAX_DATABASES = 200, CONNECTIONS = 60 };

static struct scf_cluster *cluster;
static char directory[] = "/tmp/scfd-test-XXXXXX";
static char urls[MAX_DATABASES][160];
static int url_count;
static pid_t owner;

static void must(enum scf_code code, const struct scf_error *err, const char *what) {
    if (code == SCF_OK)
        return;
    fprintf(stderr, "test database: %s: %s (%s)\n", what, err->detail, err->note);
    exit(1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void stop(void) {
    if (getpid() != owner) /* a forked child of the test */
        return;
    scf_cluster_stop(cluster);
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void run(struct scf_db *db, const char *name, const char *sql) {
    struct scf_error err;
    struct scf_stmt stmt = {name, sql};
    must(scf_db_run(db, &stmt, NULL, NULL, NULL, &err), &err, sql);
}

static void start(void) {
    struct scf_error err;
    if (!mkdtemp(directory)) {
        perror(directory);
        exit(1);
    }
    scf_digest_init();
    owner = getpid();
    must(scf_cluster_start(directory, CONNECTIONS, &cluster, &err), &err, "start");
    atexit(stop);
    struct scf_db *db = scf_db_new(scf_cluster_url(cluster), "test", 0);
    run(db, "fsync", "ALTER SYSTEM SET fsync = off");
    run(db, "full_page_writes", "ALTER SYSTEM SET full_page_writes = off");
    run(db, "reload", "SELECT pg_reload_conf()");
    scf_db_free(db);
    must(scf_migrate(scf_cluster_url(cluster), SCF_MIGRATE_APPLY, NULL, &err), &err, "migrate");
}

const char *scf_test_database(void) {
    if (!scf_cluster_available()) {
        fprintf(stderr, "skipped: this machine has no PostgreSQL server\n");
        return NULL;
    }
    if (!cluster)
        start();
    SCF_ASSERT(url_count < MAX_DATABASES);
    char *url = urls[url_count++];
    snprintf(url, sizeof urls[0], "host=%s/run user=scfd dbname=postgres", directory);
    struct scf_db *db = scf_db_new(url, "test", 0);
    char sql[64];
    snprintf(sql, sizeof sql, "CREATE DATABASE test_%d TEMPLATE scfd", url_count);
    run(db, "create", sql);
    scf_db_free(db);
    snprintf(url, sizeof urls[0], "host=%s/run user=scfd dbname=test_%d", directory, url_count);
    return url;
}

struct scf_test_world scf_test_world_open(void) {
    struct scf_test_world w = {.url = scf_test_database()};
    if (w.url) {
        w.db = scf_db_new(w.url, "test", 0);
        w.arena = scf_arena_new(64 << 20);
    }
    return w;
}

void scf_test_world_close(struct scf_test_world *w) {
    scf_db_free(w->db);
    scf_arena_free(w->arena);
    *w = (struct scf_test_world){.url = NULL};
}
