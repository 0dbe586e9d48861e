/* Applying and checking migrations. One connection holds a session-level advisory lock throughout,
 * so that instances that start together migrate one after another. */
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/codec/digest.h"
#include "db_impl.h"
#include "migrate_impl.h"

enum { ARENA_BYTES = 1 << 20, MAX_RECORDED = 1000 };

struct recorded {
    int number;
    struct scf_hash checksum;
};

struct migrating {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_migration *set;
    int count;
    enum scf_migrate_mode mode;
    struct scf_buf *report;
    struct recorded *recorded;
    int recorded_count;
};

static struct scf_hash checksum_of(const struct scf_migration *m) {
    return scf_sha256(m->sql, strlen(m->sql));
}

static void say(const struct migrating *run, const struct scf_migration *m, const char *state) {
    if (run->report)
        scf_buf_printf(run->report, "%04d %s: %s\n", m->number, m->name, state);
}

/* ---- what the database has ---- */

static enum scf_code take_lock(struct migrating *run, struct scf_error *err) {
    static const struct scf_stmt lock = {"scf_migrate_lock",
                                         "SELECT pg_advisory_lock(hashtext('scfd.migrate'))"};
    enum scf_code code = scf_db_run(run->db, &lock, NULL, NULL, NULL, err);
    /* Only after our own wait: a table that is in use must not hold up everybody behind us. */
    return code == SCF_OK ? scf_db_script(run->db, "SET lock_timeout = '10s'", err) : code;
}

static enum scf_code make_table(struct migrating *run, struct scf_error *err) {
    return scf_db_script(run->db,
                         "CREATE SCHEMA IF NOT EXISTS scfd;"
                         "CREATE TABLE IF NOT EXISTS scfd.schema_migration ("
                         "  number integer PRIMARY KEY,"
                         "  name text NOT NULL,"
                         "  checksum bytea NOT NULL CHECK (length(checksum) = 32),"
                         "  applied_at timestamptz NOT NULL);"
                         "COMMENT ON TABLE scfd.schema_migration IS"
                         "  'Migrations applied, with the SHA-256 of the file as it was run.'",
                         err);
}

static enum scf_code table_exists(struct migrating *run, bool *ret, struct scf_error *err) {
    static const struct scf_stmt stmt = {"scf_migrate_table_exists",
                                         "SELECT to_regclass('scfd.schema_migration') IS NOT NULL"};
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(run->db, &stmt, NULL, run->arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}

static enum scf_code load(struct migrating *run, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "scf_migrate_load", "SELECT number, checksum FROM scfd.schema_migration ORDER BY number"};
    bool exists = false;
    enum scf_code code = table_exists(run, &exists, err);
    if (code != SCF_OK || !exists)
        return code;
    struct scf_rows *rows;
    code = scf_db_run(run->db, &stmt, NULL, run->arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    run->recorded =
        n <= MAX_RECORDED ? scf_alloc(run->arena, (size_t)n, sizeof *run->recorded) : NULL;
    if (!run->recorded)
        return scf_db_error(err, SCF_E_INTERNAL, "too many migrations are recorded");
    for (int i = 0; i < n; i++)
        run->recorded[i] = (struct recorded){.number = (int)scf_rows_i64(rows, i, 0),
                                             .checksum = scf_rows_hash(rows, i, 1)};
    run->recorded_count = n;
    return SCF_OK;
}

static const struct recorded *recorded_as(const struct migrating *run, int number) {
    for (int i = 0; i < run->recorded_count; i++)
        if (run->recorded[i].number == number)
            return &run->recorded[i];
    return NULL;
}

/* ---- checks ---- */

static bool is_known(const struct migrating *run, int number) {
    for (int i = 0; i < run->count; i++)
        if (run->set[i].number == number)
            return true;
    return false;
}

static enum scf_code check_unknown(const struct migrating *run, struct scf_error *err) {
    for (int i = 0; i < run->recorded_count; i++)
        if (!is_known(run, run->recorded[i].number))
            return scf_fail(err, SCF_E_WRONG_STATE,
                            "The database has migration %04d, which this program does not know: "
                            "the schema is newer than the program.",
                            run->recorded[i].number);
    return SCF_OK;
}

static enum scf_code check_altered(const struct migrating *run, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (int i = 0; i < run->count; i++) {
        const struct scf_migration *m = &run->set[i];
        const struct recorded *r = recorded_as(run, m->number);
        struct scf_hash ours = checksum_of(m);
        if (!r || scf_hash_eq(&r->checksum, &ours))
            continue;
        say(run, m, "altered");
        code = scf_fail(err, SCF_E_WRONG_STATE,
                        "Migration %04d %s was applied with other content than this program has.",
                        m->number, m->name);
    }
    return code;
}

/* ---- applying ---- */

static enum scf_code record(struct migrating *run, const struct scf_migration *m,
                            struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "scf_migrate_record", "INSERT INTO scfd.schema_migration (number, name, checksum,"
                              " applied_at) VALUES ($1, $2, $3, $4)"};
    struct scf_hash checksum = checksum_of(m);
    struct scf_params p;
    scf_params_init(&p, run->arena);
    scf_p_i32(&p, m->number);
    scf_p_text(&p, m->name);
    scf_p_hash(&p, &checksum);
    scf_p_time(&p, scf_now_us());
    return scf_db_run(run->db, &stmt, &p, run->arena, NULL, err);
}

static enum scf_code apply(struct migrating *run, const struct scf_migration *m,
                           struct scf_error *err) {
    enum scf_code code = scf_db_run(run->db, &SCF_BEGIN, NULL, NULL, NULL, err);
    if (code == SCF_OK)
        code = scf_db_script(run->db, m->sql, err);
    if (code == SCF_OK)
        code = record(run, m, err);
    if (code == SCF_OK)
        code = scf_db_run(run->db, &SCF_COMMIT, NULL, NULL, NULL, err);
    if (code != SCF_OK) {
        scf_log(SCF_LOG_ERROR, "migration %04d %s failed", m->number, m->name);
        scf_db_rollback(run->db);
        return code;
    }
    say(run, m, "applied");
    scf_log(SCF_LOG_INFO, "migration %04d %s applied", m->number, m->name);
    return SCF_OK;
}

static enum scf_code walk(struct migrating *run, struct scf_error *err) {
    int missing = 0;
    for (int i = 0; i < run->count; i++) {
        const struct scf_migration *m = &run->set[i];
        if (recorded_as(run, m->number)) {
            say(run, m, "present");
            continue;
        }
        missing++;
        if (run->mode != SCF_MIGRATE_APPLY) {
            say(run, m, "missing");
            continue;
        }
        enum scf_code code = apply(run, m, err);
        if (code != SCF_OK)
            return code;
    }
    if (run->mode == SCF_MIGRATE_CHECK && missing > 0)
        return scf_fail(err, SCF_E_WRONG_STATE, "%d migration%s missing; run scfd migrate.",
                        missing, missing == 1 ? " is" : "s are");
    return SCF_OK;
}

static enum scf_code migrate(struct migrating *run, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (run->mode == SCF_MIGRATE_APPLY) {
        code = take_lock(run, err);
        if (code == SCF_OK)
            code = make_table(run, err);
    }
    if (code == SCF_OK)
        code = load(run, err);
    if (code == SCF_OK)
        code = check_unknown(run, err);
    if (code == SCF_OK)
        code = check_altered(run, err);
    return code == SCF_OK ? walk(run, err) : code;
}

enum scf_code scf_migrate_set(const char *database_url, const struct scf_migration *set, int count,
                              enum scf_migrate_mode mode, struct scf_buf *report,
                              struct scf_error *err) {
    struct migrating run = {.db = scf_db_new(database_url, "scfd migrate", 0),
                            .arena = scf_arena_new(ARENA_BYTES),
                            .set = set,
                            .count = count,
                            .mode = mode,
                            .report = report};
    enum scf_code code = migrate(&run, err);
    scf_arena_free(run.arena);
    scf_db_free(run.db); /* gives up the advisory lock */
    return code;
}

enum scf_code scf_migrate_serves(struct scf_db *db, struct scf_error *err) {
    struct migrating run = {.db = db,
                            .arena = scf_arena_new(ARENA_BYTES),
                            .set = scf_migrations,
                            .count = scf_migration_count,
                            .mode = SCF_MIGRATE_CHECK};
    enum scf_code code = load(&run, err);
    if (code == SCF_OK)
        code = check_altered(&run, err);
    if (code == SCF_OK)
        code = walk(&run, err);
    scf_arena_free(run.arena);
    return code;
}

enum scf_code scf_migrate(const char *database_url, enum scf_migrate_mode mode,
                          struct scf_buf *report, struct scf_error *err) {
    return scf_migrate_set(database_url, scf_migrations, scf_migration_count, mode, report, err);
}
