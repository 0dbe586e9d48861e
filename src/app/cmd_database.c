/* scfd migrate and scfd audit: the commands that work on a database without a server. Without a
 * database URL they start the embedded cluster of the data directory themselves. */
#include "commands.h"

#include "scfd/base/config.h"
#include "scfd/chain/chain.h"
#include "scfd/codec/sign.h"
#include "scfd/db/cluster.h"
#include "scfd/db/migrate.h"

enum { FEW_CONNECTIONS = 20, REPORT_MAX = 1 << 20, OPTIONS_MAX = 64 };

/* The database that the configuration names. */
struct target {
    struct scf_config config;
    struct scf_cluster *cluster;
    const char *url;
};

static enum scf_code open_target(struct target *t, int argc, char **argv, struct scf_error *err) {
    enum scf_code code = scf_config_load(&t->config, argc, argv, 1, err);
    if (code != SCF_OK)
        return code;
    t->url = t->config.database_url;
    if (t->url)
        return SCF_OK;
    code = scf_cluster_start(t->config.data_dir, FEW_CONNECTIONS, &t->cluster, err);
    if (code == SCF_OK)
        t->url = scf_cluster_url(t->cluster);
    return code;
}

/* Takes `name` out of argv; true when it was there. */
static bool take_flag(int *argc, char **argv, const char *name) {
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
        (*argc)--;
        return true;
    }
    return false;
}

/* Takes `name VALUE` out of argv; NULL when it was not there. */
static const char *take_option(int *argc, char **argv, const char *name) {
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
    if (take_flag(&argc, argv, "--help"))
        return scf_usage("scfd migrate [--plan|--check] [--data DIR | --database-url URL]");
    enum scf_migrate_mode mode = take_flag(&argc, argv, "--plan")    ? SCF_MIGRATE_PLAN
                                 : take_flag(&argc, argv, "--check") ? SCF_MIGRATE_CHECK
                                                                     : SCF_MIGRATE_APPLY;
    struct target target = {0};
    struct scf_error err = {0};
    struct scf_buf report;
    scf_buf_init(&report, REPORT_MAX);
    enum scf_code code = open_target(&target, argc, argv, &err);
    if (code == SCF_OK)
        code = scf_migrate(target.url, mode, &report, &err);
    if (report.len > 0)
        fwrite(report.data, 1, report.len, stdout);
    scf_buf_free(&report);
    scf_cluster_stop(target.cluster);
    return code == SCF_OK ? SCF_EXIT_OK : scf_complain("migrate", &err);
}

/* ---- audit ---- */

static void show_progress(void *ctx, int64_t done, int64_t total) {
    const bool *terminal = ctx;
    double percent = total > 0 ? 100.0 * (double)done / (double)total : 100.0;
    fprintf(stderr, "%saudit: %" PRId64 "/%" PRId64 " leaves (%.1f%%)%s", *terminal ? "\r" : "",
            done, total, percent, *terminal ? "" : "\n");
}

static void report_audit(const struct scf_audit_result *result, bool json) {
    if (json) {
        printf("{\"chains\":%" PRId64 ",\"leaves\":%" PRId64 ",\"tiles\":%" PRId64
               ",\"blocks\":%" PRId64 ",\"faults\":%" PRId64 "}\n",
               result->chains, result->leaves, result->tiles, result->blocks, result->faults);
        return;
    }
    printf("%" PRId64 " chains, %" PRId64 " leaves, %" PRId64 " tiles, %" PRId64 " blocks: %s\n",
           result->chains, result->leaves, result->tiles, result->blocks,
           result->faults == 0 ? "nothing was altered" : "ALTERED");
}

/* The signatures are checked when the log's key is there to tell the public one. */
static bool load_public_key(const struct scf_config *config, uint8_t out[SCF_ED25519_PUBLIC_LEN]) {
    char path[PATH_MAX];
    struct scf_error err = {0};
    struct scf_signing_key *key;
    int n = config->signing_key_file ? snprintf(path, sizeof path, "%s", config->signing_key_file)
                                     : snprintf(path, sizeof path, "%s/log.key", config->data_dir);
    if (n < 0 || (size_t)n >= sizeof path ||
        scf_signing_key_load(path, false, &key, &err) != SCF_OK)
        return false;
    scf_signing_key_public(key, out);
    scf_signing_key_free(key);
    return true;
}

static int run_audit(struct target *t, struct scf_audit_options *options, bool json) {
    struct scf_audit_result result = {0};
    struct scf_error err = {0};
    bool terminal = isatty(STDERR_FILENO);
    options->database_url = t->url;
    options->progress = show_progress;
    options->ctx = &terminal;
    if (scf_audit_run(options, &result, &err) != SCF_OK)
        return scf_complain("audit", &err);
    if (terminal)
        fputc('\n', stderr);
    report_audit(&result, json);
    if (result.faults == 0)
        return SCF_EXIT_OK;
    fprintf(stderr, "scfd: audit: first fault: %s\n", result.first_fault);
    return SCF_EXIT_VERIFICATION;
}

int scf_cmd_audit(int argc, char **argv) {
    if (take_flag(&argc, argv, "--help"))
        return scf_usage("scfd audit [--chain ID] [--json] [--threads N] "
                         "[--data DIR | --database-url URL]");
    bool json = take_flag(&argc, argv, "--json");
    const char *chain = take_option(&argc, argv, "--chain");
    const char *threads = take_option(&argc, argv, "--threads");
    struct scf_uuid chain_id;
    uint64_t thread_count = 2;
    if (chain && !scf_id_parse("chain", scf_str(chain), &chain_id))
        return scf_usage("scfd audit: --chain takes a chain id, like chain_01h45…");
    if (threads && !scf_parse_u64(scf_str(threads), OPTIONS_MAX, &thread_count))
        return scf_usage("scfd audit: --threads takes a number from 1 to 64");
    struct target target = {0};
    struct scf_error err = {0};
    if (open_target(&target, argc, argv, &err) != SCF_OK)
        return scf_complain("audit", &err);
    uint8_t public_key[SCF_ED25519_PUBLIC_LEN];
    bool signatures = load_public_key(&target.config, public_key);
    if (!signatures)
        fprintf(stderr, "scfd: audit: no signing key at hand, signatures are not checked\n");
    struct scf_audit_options options = {.chain_id = chain ? &chain_id : NULL,
                                        .threads = thread_count > 0 ? (int)thread_count : 1,
                                        .public_key = signatures ? public_key : NULL,
                                        .origin = target.config.origin};
    int exit_code = run_audit(&target, &options, json);
    scf_cluster_stop(target.cluster);
    return exit_code;
}
