/* scfd audit: recomputes every chain of a database, compares it with checkpoints that somebody
 * kept, and with --deep the columns of the records with their bodies, and the balances of limit
 * accounts and claims with their entries. */
#include "cmd_database.h"
#include "commands.h"
#include "file.h"

#include "scfd/account/account.h"
#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"
#include "scfd/codec/jsonw.h"
#include "scfd/intake/columns.h"
#include "scfd/template/template.h"

enum {
    CHECKPOINTS_MAX = 16384, /* one of each chain */
    THREADS_MAX = 64,
    ORIGIN_MAX = 512,
    PLAIN_EVERY_S = 10,
    JSON_MAX = 4096,
    ARENA_MAX = 1 << 20
};

static const char usage[] =
    "scfd audit [--chain ID] [--deep] [--key VKEY]… [--checkpoint FILE]… [--threads N] [--json]\n"
    "           [--data DIR | --database-url URL]";

struct audit {
    bool json, deep;
    struct scf_uuid chain_id;
    struct scf_buf notes[CHECKPOINTS_MAX];
    struct scf_kept_checkpoint checkpoints[CHECKPOINTS_MAX];
    struct scf_public_key public_keys[SCF_SUITES];
    char origin[ORIGIN_MAX];
    struct scf_templates *templates; /* with --deep */
    struct scf_audit_options options;
    bool terminal;
    int64_t began_us, told_us;
};

/* ---- progress and result ---- */

/* A terminal sees one line that changes; a file gets a line now and then. */
static void show_progress(void *ctx, int64_t done, int64_t total) {
    struct audit *a = ctx;
    int64_t now_us = scf_mono_us(), run_us = now_us - a->began_us;
    if (!a->terminal && done < total && now_us - a->told_us < PLAIN_EVERY_S * SCF_US_PER_SECOND)
        return;
    a->told_us = now_us;
    int64_t rate = run_us > 0 ? done * SCF_US_PER_SECOND / run_us : 0;
    int64_t tenths = total > 0 ? done * 1000 / total : 1000;
    fprintf(stderr,
            "%saudit: %" PRId64 "/%" PRId64 " leaves (%" PRId64 ".%" PRId64 "%%), %" PRId64 "/s%s",
            a->terminal ? "\r" : "", done, total, tenths / 10, tenths % 10, rate,
            a->terminal ? "\033[K" : "\n");
}

static void report_json(const struct audit *a, const struct scf_audit_result *result) {
    struct scf_buf body;
    scf_buf_init(&body, JSON_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_i64(&w, "chains", result->chains);
    scf_jw_i64(&w, "leaves", result->leaves);
    scf_jw_i64(&w, "tiles", result->tiles);
    scf_jw_i64(&w, "blocks", result->blocks);
    scf_jw_i64(&w, "checkpoints", (int64_t)a->options.checkpoint_count);
    scf_jw_i64(&w, "faults", result->faults);
    scf_jw_str(&w, "first_fault", result->faults > 0 ? result->first_fault : NULL);
    scf_jw_end_object(&w);
    printf("%.*s\n", (int)body.len, body.data);
    scf_buf_free(&body);
}

static void report(const struct audit *a, const struct scf_audit_result *result) {
    if (a->json) {
        report_json(a, result);
        return;
    }
    printf("%" PRId64 " chains, %" PRId64 " leaves, %" PRId64 " tiles, %" PRId64 " blocks",
           result->chains, result->leaves, result->tiles, result->blocks);
    if (a->options.checkpoint_count > 0)
        printf(", %zu kept checkpoints", a->options.checkpoint_count);
    printf(": %s\n", result->faults == 0 ? "nothing was altered" : "ALTERED");
}

/* ---- options ---- */

static bool read_checkpoint(struct audit *a, const char *path) {
    size_t n = a->options.checkpoint_count;
    if (n == CHECKPOINTS_MAX) {
        fprintf(stderr, "scfd: audit: at most %d checkpoints at a time\n", CHECKPOINTS_MAX);
        return false;
    }
    a->options.checkpoint_count++;
    if (!scf_read_file("audit", path, &a->notes[n]))
        return false;
    a->checkpoints[n] = (struct scf_kept_checkpoint){path, {a->notes[n].data, a->notes[n].len}};
    return true;
}

static void set_key(struct audit *a, const struct scf_public_key *key) {
    enum scf_suite suite = scf_suite_of_signature(key->alg);
    a->public_keys[suite] = *key;
    a->options.public_keys[suite] = &a->public_keys[suite];
}

/* With a key the origin is the key's: what the database says of itself does not matter then. Keys
 * of several suites are of one installation. */
static bool take_key(struct audit *a, const char *given) {
    struct scf_buf text = {0};
    struct scf_public_key key;
    struct scf_str origin;
    bool good = scf_read_key("audit", given, &text);
    if (good) {
        good = scf_chain_vkey_parse((struct scf_str){text.data, text.len}, &key, &origin) &&
               origin.n < sizeof a->origin &&
               (a->options.origin == NULL || scf_str_is(origin, a->origin));
        if (good)
            memcpy(a->origin, origin.p, origin.n);
        else
            fprintf(stderr, "scfd: audit: --key takes the verifier key of a chain, several of one "
                            "installation's\n");
    }
    scf_buf_free(&text);
    if (good) {
        set_key(a, &key);
        a->options.origin = a->origin;
    }
    return good;
}

/* A key file that is not there is no fault: which signatures were not checked is said in the end.
 */
static void load_public_key(struct audit *a, const char *path, enum scf_sign_alg alg) {
    struct scf_error err = {0};
    struct scf_signing_key *key;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return;
    if (scf_signing_key_load(path, alg, false, &key, &err) != SCF_OK) {
        fprintf(stderr, "scfd: audit: %s\n", err.detail);
        return;
    }
    struct scf_public_key pub = scf_signing_key_public(key);
    set_key(a, &pub);
    scf_signing_key_free(key);
}

/* Without --key the log's own key files tell the public ones. Those in a data directory that nobody
 * named may be another installation's than the database at a URL: that one would seem altered. */
static void load_public_keys(struct audit *a, const struct scf_target *target) {
    const struct scf_config *c = &target->config;
    bool named = target->cluster || scf_config_is_given(c, "data_dir");
    const struct {
        const char *given, *name;
        enum scf_sign_alg alg;
    } files[] = {{c->signing_key_file, "log.key", SCF_ED25519},
                 {c->sm2_key_file, "log-sm2.key", SCF_SM2}};
    for (size_t i = 0; i < SCF_COUNT(files); i++) {
        char path[PATH_MAX];
        int n = files[i].given ? snprintf(path, sizeof path, "%s", files[i].given)
                               : snprintf(path, sizeof path, "%s/%s", c->data_dir, files[i].name);
        if ((files[i].given || named) && n > 0 && (size_t)n < sizeof path)
            load_public_key(a, path, files[i].alg);
    }
}

static int cores(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (int)n;
}

/* SCF_EXIT_OK, or what to exit with. */
static int read_options(struct audit *a, int *argc, char **argv) {
    a->json = scf_take_flag(argc, argv, "--json");
    a->deep = scf_take_flag(argc, argv, "--deep");
    const char *chain = scf_take_option(argc, argv, "--chain");
    const char *threads = scf_take_option(argc, argv, "--threads");
    const char *key, *path;
    uint64_t thread_count = (uint64_t)cores();
    if (chain && !scf_id_parse("chain", scf_str(chain), &a->chain_id) &&
        !scf_id_parse("node", scf_str(chain), &a->chain_id))
        return scf_usage("scfd audit: --chain takes the id of a chain or of its node");
    if (threads &&
        (!scf_parse_u64(scf_str(threads), THREADS_MAX, &thread_count) || thread_count == 0))
        return scf_usage("scfd audit: --threads takes a number from 1 to 64");
    a->options = (struct scf_audit_options){.chain_id = chain ? &a->chain_id : NULL,
                                            .threads = (int)thread_count,
                                            .checkpoints = a->checkpoints};
    while ((key = scf_take_option(argc, argv, "--key")))
        if (!take_key(a, key))
            return SCF_EXIT_USAGE;
    while ((path = scf_take_option(argc, argv, "--checkpoint")))
        if (!read_checkpoint(a, path))
            return SCF_EXIT_USAGE;
    return SCF_EXIT_OK;
}

/* ---- running ---- */

static enum scf_code open_templates(struct audit *a, const char *url, struct scf_error *err) {
    if (!a->deep)
        return SCF_OK;
    a->options.columns = scf_record_columns_check;
    enum scf_code code = scf_templates_open(url, &a->templates, err);
    a->options.columns_ctx = a->templates;
    return code;
}

/* Every balance again from what it is the sum of. */
static enum scf_code check_balances(const struct audit *a, const char *url,
                                    struct scf_audit_result *result, struct scf_error *err) {
    int64_t wrong = 0;
    if (!a->deep || a->options.chain_id)
        return SCF_OK;
    struct scf_db *db = scf_db_new(url, "scfd audit", 0);
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    enum scf_code code = scf_account_check(db, arena, &wrong, err);
    scf_arena_free(arena);
    scf_db_free(db);
    if (code == SCF_OK && wrong > 0 && result->faults == 0)
        snprintf(result->first_fault, sizeof result->first_fault,
                 "%" PRId64 " balances of limit accounts or claims are not the sums of their "
                 "entries",
                 wrong);
    result->faults += wrong;
    return code;
}

static int run(struct audit *a, const struct scf_target *target) {
    struct scf_audit_result result = {0};
    struct scf_error err = {0};
    a->terminal = isatty(STDERR_FILENO);
    a->began_us = a->told_us = scf_mono_us();
    a->options.database_url = target->url;
    a->options.progress = show_progress;
    a->options.ctx = a;
    if (a->options.origin == NULL)
        load_public_keys(a, target);
    enum scf_code code = open_templates(a, target->url, &err);
    if (code == SCF_OK)
        code = scf_audit_run(&a->options, &result, &err);
    if (code == SCF_OK)
        code = check_balances(a, target->url, &result, &err);
    scf_templates_free(a->templates);
    if (code != SCF_OK)
        return scf_complain("audit", &err);
    if (a->terminal)
        fputc('\n', stderr);
    report(a, &result);
    if (result.unsigned_chains > 0)
        fprintf(stderr,
                "scfd: audit: signatures are not checked in %" PRId64 " of %" PRId64
                " chains: give the verifier key of one of them with --key, or the "
                "installation's directory with --data\n",
                result.unsigned_chains, result.chains);
    if (result.faults == 0)
        return SCF_EXIT_OK;
    fprintf(stderr, "scfd: audit: first fault: %s\n", result.first_fault);
    return SCF_EXIT_VERIFICATION;
}

int scf_cmd_audit(int argc, char **argv) {
    if (scf_take_flag(&argc, argv, "--help"))
        return scf_usage(usage);
    static struct audit a;
    struct scf_target target = {0};
    struct scf_error err = {0};
    int exit_code = read_options(&a, &argc, argv);
    if (exit_code == SCF_EXIT_OK) {
        exit_code = scf_target_open(&target, argc, argv, false, &err) == SCF_OK
                        ? run(&a, &target)
                        : scf_complain("audit", &err);
        scf_cluster_stop(target.cluster);
    }
    for (size_t i = 0; i < a.options.checkpoint_count; i++)
        scf_buf_free(&a.notes[i]);
    return exit_code;
}
