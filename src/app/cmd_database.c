/* scfd migrate, and what the commands that work on a database without a server share. Without a
 * database URL they start the embedded cluster of the data directory themselves, or use it where a
 * server runs it. */
#include "cmd_database.h"

#include "commands.h"

#include "scfd/db/migrate.h"

enum { FEW_CONNECTIONS = 20, REPORT_MAX = 1 << 20 };

/* Of a mistyped directory. */
static enum scf_code expect_cluster(const char *data_dir, struct scf_error *err) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/pg/PG_VERSION", data_dir);
    bool fits = n > 0 && (size_t)n < sizeof path;
    if (fits && (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)))
        return SCF_OK;
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no database in %s.", data_dir);
}

enum scf_code scf_target_open(struct scf_target *t, int argc, char **argv, bool create,
                              struct scf_error *err) {
    enum scf_code code = scf_config_load(&t->config, argc, argv, 1, err);
    if (code != SCF_OK)
        return code;
    t->url = t->config.database_url;
    if (t->url)
        return SCF_OK;
    if (!create && (code = expect_cluster(t->config.data_dir, err)) != SCF_OK)
        return code;
    code = scf_cluster_start(t->config.data_dir, FEW_CONNECTIONS, &t->cluster, err);
    if (code == SCF_E_WRONG_STATE) /* a server is running: work beside it */
        code = scf_cluster_attach(t->config.data_dir, &t->cluster, err);
    if (code == SCF_OK)
        t->url = scf_cluster_url(t->cluster);
    return code;
}

bool scf_take_flag(int *argc, char **argv, const char *name) {
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
        (*argc)--;
        return true;
    }
    return false;
}

const char *scf_take_option(int *argc, char **argv, const char *name) {
    for (int i = 1; i + 1 < *argc; i++) {
        if (strcmp(argv[i], name) != 0)
            continue;
        const char *value = argv[i + 1];
        memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof *argv);
        *argc -= 2;
        return value;
    }
    return NULL;
}

/* ---- migrate ---- */

int scf_cmd_migrate(int argc, char **argv) {
    if (scf_take_flag(&argc, argv, "--help"))
        return scf_usage("scfd migrate [--plan|--check] [--data DIR | --database-url URL]");
    enum scf_migrate_mode mode = scf_take_flag(&argc, argv, "--plan")    ? SCF_MIGRATE_PLAN
                                 : scf_take_flag(&argc, argv, "--check") ? SCF_MIGRATE_CHECK
                                                                         : SCF_MIGRATE_APPLY;
    struct scf_target target = {0};
    struct scf_error err = {0};
    struct scf_buf report;
    scf_buf_init(&report, REPORT_MAX);
    enum scf_code code = scf_target_open(&target, argc, argv, mode == SCF_MIGRATE_APPLY, &err);
    if (code == SCF_OK)
        code = scf_migrate(target.url, mode, &report, &err);
    if (report.len > 0)
        fwrite(report.data, 1, report.len, stdout);
    scf_buf_free(&report);
    scf_cluster_stop(target.cluster);
    return code == SCF_OK ? SCF_EXIT_OK : scf_complain("migrate", &err);
}
