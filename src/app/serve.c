/* scfd serve: wires the rooms together, waits for signals, takes everything down in order.
 *
 * The cluster is forked before any thread exists; signals are blocked before any thread exists, so
 * that only main ever sees one (libraries: SIG-1). Until then a signal just ends the process, and
 * the kernel takes PostgreSQL along: a long recovery can be broken off. */
#include "commands.h"
#include "host.h"
#include "published.h"
#include "ready.h"
#include "routes.h"
#include "scfd/account/account.h"
#include "scfd/anchor/anchor.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/chain/chain.h"
#include "scfd/chain/published.h"
#include "scfd/codec/sign.h"
#include "scfd/codec/signer.h"
#include "scfd/credit/credit.h"
#include "scfd/db/cluster.h"
#include "scfd/db/migrate.h"
#include "scfd/erasure/erasure.h"
#include "scfd/evidence/evidence.h"
#include "scfd/increment/increment.h"
#include "scfd/intake/intake.h"
#include "scfd/notary/notary.h"
#include "scfd/policy/policy.h"
#include "scfd/rating/rollup.h"
#include "scfd/receivable/receivable.h"
#include "scfd/replay/replay.h"
#include "scfd/template/template.h"
#include "scfd/trial/trial.h"
#include "scfd/witness/witness.h"
#include "scfd/work/work.h"

enum {
    CLUSTER_CHECK_MS = 500,
    CALLER_THREADS = 4,
    TICKER_THREADS = 1,
    ADMIN_CONNECTIONS = 80,
    OTHER_FILES = 256 /* beside connections of clients: spools, lingering sockets, logs, epoll */
};

struct running {
    struct scf_config config;
    struct scf_services services;
    struct scf_cluster *cluster;
    struct scf_listener *listener;
    struct scf_route *routes;
    char spool[PATH_MAX];
    sigset_t signals;
    int argc;
    char **argv;
};

/* ---- small helpers ---- */

static enum scf_log_level log_level(const char *name) {
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < SCF_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (enum scf_log_level)i;
    return SCF_LOG_INFO;
}

static enum scf_code make_directory(const char *path, mode_t mode, struct scf_error *err) {
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "The directory %s cannot be made: %s.", path,
                    strerror(errno));
}

static int database_connections(const struct scf_config *c) {
    enum { COMMITTER_LISTENER_CATALOGUES = 6 };
    return (int)(c->service_threads + c->worker_threads) + CALLER_THREADS + TICKER_THREADS +
           COMMITTER_LISTENER_CATALOGUES + ADMIN_CONNECTIONS;
}

/* ---- coming up ---- */

static enum scf_code open_data(struct running *r, struct scf_error *err) {
    const char *dir = r->config.data_dir;
    enum scf_code code = make_directory(dir, 0755, err);
    if (code != SCF_OK)
        return code;
    int n = snprintf(r->spool, sizeof r->spool, "%s/spool", dir);
    if (n < 0 || (size_t)n >= sizeof r->spool)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The data directory's name is too long.");
    r->services.spool_dir = r->spool;
    return make_directory(r->spool, 0700, err);
}

static enum scf_code open_database(struct running *r, struct scf_error *err) {
    r->services.database_url = r->config.database_url;
    if (!r->config.database_url) {
        enum scf_code code = scf_cluster_start(r->config.data_dir, database_connections(&r->config),
                                               &r->cluster, err);
        if (code != SCF_OK)
            return code;
        r->services.database_url = scf_cluster_url(r->cluster);
    }
    return scf_migrate(r->services.database_url, SCF_MIGRATE_APPLY, NULL, err);
}

/* A file in the data directory unless another one is named. */
static bool file_of(const struct running *r, const char *given, const char *name,
                    char out[PATH_MAX]) {
    int n = given ? snprintf(out, PATH_MAX, "%s", given)
                  : snprintf(out, PATH_MAX, "%s/%s", r->config.data_dir, name);
    return n >= 0 && n < PATH_MAX;
}

/* The key in the file that was given, else in the one of this name, made when missing. */
static enum scf_code load_key(const struct running *r, const char *given, const char *name,
                              enum scf_sign_alg alg, struct scf_signing_key **ret,
                              struct scf_error *err) {
    char path[PATH_MAX];
    if (!file_of(r, given, name, path))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The path of a key is too long.");
    return scf_signing_key_load(path, alg, given == NULL, ret, err);
}

static enum scf_code load_keys(struct running *r, struct scf_error *err) {
    const struct scf_config *c = &r->config;
    struct scf_services *s = &r->services;
    enum scf_code code = load_key(r, c->signing_key_file, "log.key", SCF_ED25519, &s->log_key, err);
    if (code == SCF_OK)
        code = load_key(r, c->sm2_key_file, "log-sm2.key", SCF_SM2, &s->sm2_key, err);
    if (c->signing_key_file && !c->sm2_key_file)
        scf_log(SCF_LOG_WARN,
                "signing_key_file is set, sm2_key_file is not: log-sm2.key in the data "
                "directory must be kept, and shared by all instances, too");
    if (code == SCF_OK)
        code = load_key(r, c->witness_key_file, "witness.key", SCF_ED25519, &s->witness_key, err);
    return code == SCF_OK ? scf_witness_check(s, err) : code;
}

/* What is named must be there; only what is not named is made. */
static enum scf_code load_evidence_signer(struct running *r, struct scf_error *err) {
    char key[PATH_MAX], certificate[PATH_MAX], name[64];
    const struct scf_config *c = &r->config;
    if (!file_of(r, c->evidence_key_file, "evidence.key", key) ||
        !file_of(r, c->evidence_certificate_file, "evidence.pem", certificate))
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "The path of a file for evidence is too long.");
    if (c->signing_key_file && !c->evidence_key_file)
        scf_log(
            SCF_LOG_WARN,
            "signing_key_file is set, evidence_key_file is not: evidence.key and evidence.pem in "
            "the data directory must be kept, and shared by all instances, too");
    snprintf(name, sizeof name, "%.50s evidence", c->origin);
    return scf_signer_load(key, certificate, !c->evidence_key_file && !c->evidence_certificate_file,
                           name, scf_now_us(), &r->services.evidence_signer, err);
}

static enum scf_code ship_defaults(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct scf_services *services = ctx;
    enum scf_code code = scf_templates_ship(db, &services->installation.platform_id, err);
    return code == SCF_OK ? scf_policies_ship(db, &services->installation.platform_id, err) : code;
}

static enum scf_code set_up_installation(struct running *r, struct scf_error *err) {
    struct scf_db *db = scf_db_new(r->services.database_url, "scfd start", 60000);
    enum scf_code code =
        scf_installation_load(db, r->config.origin, &r->services.installation, err);
    if (code == SCF_OK)
        code = scf_tx_run(db, ship_defaults, &r->services, err);
    if (code == SCF_OK)
        code = scf_admin_key_ensure(db, &r->services.installation, r->config.data_dir, err);
    scf_db_free(db);
    return code;
}

/* Blocks of two keys would be two logs: better no server than one that seals nothing. */
static enum scf_code check_signing_keys(struct running *r, struct scf_error *err) {
    struct scf_db *db = scf_db_new(r->services.database_url, "scfd start", 60000);
    struct scf_arena *arena = scf_arena_new(1 << 20);
    enum scf_code code = scf_chain_key_check(db, arena, &r->services, err);
    scf_arena_free(arena);
    scf_db_free(db);
    return code;
}

/* Everything but bundles works without the right key: it is said, and bundles are refused. Late,
 * for what an instance that cannot start writes down would bind those that can. */
static enum scf_code check_evidence_signer(struct running *r, struct scf_error *err) {
    struct scf_db *db = scf_db_new(r->services.database_url, "scfd start", 60000);
    struct scf_arena *arena = scf_arena_new(1 << 20);
    enum scf_code code = scf_evidence_signer_settle(db, arena, &r->services, err);
    if (code == SCF_E_EVIDENCE_SIGNER_DIFFERS) {
        scf_log_error("no evidence is signed here", err);
        code = SCF_OK;
    }
    scf_arena_free(arena);
    scf_db_free(db);
    return code;
}

/* What was published, and whether the database still has it: known before the first answer. */
static enum scf_code check_published(struct running *r, struct scf_error *err) {
    struct scf_db *db = scf_db_new(r->services.database_url, "scfd start", 60000);
    enum scf_code code = scf_open_published(db, &r->services, err);
    if (code == SCF_OK)
        code = scf_log_check(db, &r->services, err);
    scf_db_free(db);
    return code;
}

static void on_server_notify(void *server, const char *topic, bool connected) {
    (void)connected;
    scf_server_notify(server, topic);
}

static enum scf_code open_catalogues(struct running *r, struct scf_error *err) {
    struct scf_services *s = &r->services;
    s->fold_contract = scf_rollup_contract;
    s->tiles = scf_tile_cache_new(SCF_TILES_CACHED);
    enum scf_code code = scf_keys_open(s->database_url, &s->installation, &s->keys, err);
    if (code == SCF_OK)
        code = scf_templates_open(s->database_url, &s->templates, err);
    return code;
}

/* Last, for it calls all the others. What was missed until then it makes up for: its first word is
 * that anything may have changed. */
static enum scf_code start_listener(struct running *r, struct scf_error *err) {
    r->listener = scf_listener_new(r->services.database_url);
    scf_listener_subscribe(r->listener, scf_keys_on_notify, r->services.keys);
    scf_listener_subscribe(r->listener, scf_templates_on_notify, r->services.templates);
    scf_listener_subscribe(r->listener, scf_workers_on_notify, r->services.workers);
    scf_listener_subscribe(r->listener, scf_workers_on_notify, r->services.callers);
    scf_listener_subscribe(r->listener, on_server_notify, r->services.server);
    return scf_listener_start(r->listener, err);
}

static enum scf_code purge_idempotency(struct scf_db *db, struct scf_arena *arena, void *app,
                                       struct scf_error *err) {
    const struct scf_services *services = app;
    int64_t older_than = scf_now_us() - services->config->idempotency_ttl_h * SCF_US_PER_HOUR;
    return scf_idempotency_purge(db, arena, older_than, err);
}

static enum scf_code start_work(struct running *r, struct scf_error *err) {
    static const struct scf_job_kind *const kinds[] = {&scf_assess_job, &scf_increment_job,
                                                       &scf_backtest_job, &scf_replay_job, NULL};
    const struct scf_task tasks[] = {
        {.name = "seal", .run = scf_seal_task, .period_ms = r->config.seal_interval_ms},
        {.name = "rollup", .run = scf_rollup_task, .period_ms = 1000},
        {.name = "increments", .run = scf_increment_task, .period_ms = 500},
        {.name = "receivables", .run = scf_receivable_task, .period_ms = 1000},
        {.name = "holds", .run = scf_hold_task, .period_ms = 1000},
        {.name = "witness", .run = scf_witness_task, .period_ms = 1000},
        {.name = "notarizations", .run = scf_notarization_task, .period_ms = 1000},
        {.name = "purge", .run = purge_idempotency, .period_ms = 600000},
    };
    struct scf_workers_options options = {
        .database_url = r->services.database_url,
        .threads = (int)r->config.worker_threads,
        .kinds = kinds,
        .tasks = tasks,
        .task_count = SCF_COUNT(tasks),
        .app = &r->services,
    };
    return scf_workers_start(&options, &r->services.workers, err);
}

/* What calls out may hang, and a sweep takes long: neither may keep blocks from being sealed, so
 * that they have threads of their own. */
static enum scf_code start_callers(struct running *r, struct scf_error *err) {
    static const struct scf_job_kind *const kinds[] = {&scf_witness_job, &scf_erasure_sweep_job,
                                                       NULL};
    /* Two at once: an anchor that hangs does not keep the others waiting. */
    const struct scf_task tasks[] = {
        {.name = "anchor-calls-1", .run = scf_anchor_calls_task, .period_ms = 250},
        {.name = "anchor-calls-2", .run = scf_anchor_calls_task, .period_ms = 250},
    };
    struct scf_workers_options options = {
        .database_url = r->services.database_url,
        .threads = CALLER_THREADS,
        .kinds = kinds,
        .tasks = tasks,
        .task_count = SCF_COUNT(tasks),
        .app = &r->services,
    };
    return scf_workers_start(&options, &r->services.callers, err);
}

/* A tick over many chains takes longer than a block may wait, and must itself wait for nothing that
 * hangs: it shares its thread with nobody. */
static enum scf_code start_ticker(struct running *r, struct scf_error *err) {
    static const struct scf_job_kind *const none[] = {NULL};
    const struct scf_task tasks[] = {
        {.name = "anchor", .run = scf_anchor_task, .period_ms = 500},
    };
    struct scf_workers_options options = {
        .database_url = r->services.database_url,
        .threads = TICKER_THREADS,
        .kinds = none,
        .tasks = tasks,
        .task_count = SCF_COUNT(tasks),
        .app = &r->services,
    };
    return scf_workers_start(&options, &r->services.ticker, err);
}

static enum scf_code authenticate(void *app, struct scf_str key, struct scf_actor *ret,
                                  struct scf_error *err) {
    struct scf_services *services = app;
    return scf_keys_authenticate(services->keys, key, ret, err);
}

static enum scf_code may_write(void *app, struct scf_error *err) {
    return scf_log_may_write(app, err);
}

static enum scf_code start_server(struct running *r, struct scf_error *err) {
    size_t count;
    r->routes = scf_all_routes(&count);
    for (size_t i = 0; i < count; i++) {
        if (r->routes[i].run == SCF_RUN_STREAM)
            r->routes[i].body_max = (size_t)r->config.max_bulk_bytes;
        if (r->routes[i].public_log && scf_config_public_log(&r->config))
            r->routes[i].access = SCF_PUBLIC;
    }
    struct scf_server_options options = {
        .listen = r->config.listen,
        .database_url = r->services.database_url,
        .public_base_url = r->config.public_base_url,
        .spool_dir = r->spool,
        .http_threads = (int)r->config.http_threads,
        .service_threads = (int)r->config.service_threads,
        .max_connections = scf_host_connections((int)r->config.max_connections,
                                                OTHER_FILES + database_connections(&r->config)),
        .client_timeout_s = (int)r->config.client_timeout_s,
        .max_body_bytes = (size_t)r->config.max_body_bytes,
        .cursor_key = r->services.installation.key_secret,
        .routes = r->routes,
        .route_count = count,
        .app = &r->services,
        .authenticate = authenticate,
        .may_write = may_write,
    };
    enum scf_code code = scf_server_start(&options, &r->services.server, err);
    if (code == SCF_OK)
        scf_add_ready_checks(&r->services);
    return code;
}

static enum scf_code start_intake(struct running *r, struct scf_error *err) {
    struct scf_intake_options options = {.database_url = r->services.database_url,
                                         .queue_records = (size_t)r->config.intake_queue,
                                         .services = &r->services};
    return scf_intake_start(&options, &r->services.intake, err);
}

static enum scf_code block_signals(struct running *r, struct scf_error *err) {
    (void)err;
    scf_host_block_signals(&r->signals);
    return SCF_OK;
}

static enum scf_code come_up(struct running *r, struct scf_error *err) {
    enum scf_code (*const steps[])(struct running *, struct scf_error *) = {
        open_data,
        open_database,
        block_signals,
        load_keys,
        load_evidence_signer,
        set_up_installation,
        check_signing_keys,
        check_published,
        open_catalogues,
        start_intake,
        start_work,
        start_callers,
        start_ticker,
        check_evidence_signer,
        start_server,
        start_listener,
    };
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        enum scf_code code = steps[i](r, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

/* ---- going down ---- */

/* The reverse of come_up; every step is fine with what never came up. The server drains first,
 * while the committer and the service threads still answer. What a stuck thread may still use stays
 * until the process ends. */
static void go_down(struct running *r) {
    bool all_ended = true;
    if (r->services.server) {
        struct scf_server *server = r->services.server;
        scf_server_set_ready(server, false);
        sleep((unsigned)r->config.shutdown_delay_s);
        scf_listener_stop(r->listener);
        r->listener = NULL;
        all_ended = scf_server_stop(server, (int)r->config.drain_timeout_s);
    }
    scf_listener_stop(r->listener);
    all_ended = scf_workers_stop(r->services.ticker) && all_ended;
    all_ended = scf_workers_stop(r->services.callers) && all_ended;
    all_ended = scf_workers_stop(r->services.workers) && all_ended;
    if (all_ended) {
        scf_intake_stop(r->services.intake);
        scf_templates_free(r->services.templates);
        scf_keys_free(r->services.keys);
        scf_tile_cache_free(r->services.tiles);
        scf_published_close(r->services.published);
        scf_signing_key_free(r->services.log_key);
        scf_signing_key_free(r->services.sm2_key);
        scf_signer_free(r->services.evidence_signer);
        scf_signing_key_free(r->services.witness_key);
        free(r->routes);
    }
    scf_cluster_stop(r->cluster);
}

/* ---- waiting ---- */

static void reload(const struct running *r) {
    struct scf_config fresh;
    struct scf_error err = {0};
    if (scf_config_load(&fresh, r->argc, r->argv, 1, &err) != SCF_OK) {
        scf_log_error("reload", &err);
        return;
    }
    scf_log_set_level(log_level(fresh.log_level));
    scf_log(SCF_LOG_INFO, "log level is %s", fresh.log_level);
}

/* Returns when told to stop. A second signal during shutdown ends the process at once. */
static int wait_for_signals(struct running *r) {
    struct timespec period = {.tv_sec = CLUSTER_CHECK_MS / 1000,
                              .tv_nsec = CLUSTER_CHECK_MS % 1000 * 1000000L};
    for (;;) {
        int signal_number = sigtimedwait(&r->signals, NULL, &period);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return SCF_EXIT_OK;
        if (signal_number == SIGHUP)
            reload(r);
        scf_host_watchdog();
        if (!r->cluster)
            continue;
        struct scf_error err = {0};
        if (scf_cluster_check(r->cluster, &err) != SCF_OK)
            return scf_complain("the embedded PostgreSQL cannot be kept up", &err);
    }
}

static void announce(const struct running *r) {
    scf_metric_set(scf_gauge("scfd_build_info",
                             "version=\"" SCFD_VERSION "\",revision=\"" SCFD_REVISION "\"",
                             "Always 1."),
                   1);
    if (strcmp(r->config.origin, SCF_DEFAULT_ORIGIN) == 0)
        scf_log(SCF_LOG_WARN, "origin is the default %s: set your own before real use",
                SCF_DEFAULT_ORIGIN);
    scf_log(SCF_LOG_INFO, "scfd %s serves on %s (port %d)", SCFD_VERSION, r->config.listen,
            scf_server_port(r->services.server));
}

static int serve(struct running *r) {
    struct scf_error err = {0};
    signal(SIGPIPE, SIG_IGN);
    enum scf_code code = come_up(r, &err);
    if (code != SCF_OK) {
        int exit_code = scf_complain("cannot start", &err);
        go_down(r);
        return exit_code;
    }
    announce(r);
    scf_server_set_ready(r->services.server, true);
    scf_host_notify("READY=1");
    int exit_code = wait_for_signals(r);
    scf_host_notify("STOPPING=1");
    scf_host_let_signals_kill();
    scf_log(SCF_LOG_INFO, "stopping");
    go_down(r);
    scf_log(SCF_LOG_INFO, "stopped");
    return exit_code;
}

int scf_cmd_serve(int argc, char **argv) {
    static struct running r;
    struct scf_error err = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return scf_usage("scfd serve [--data DIR] [--listen ADDRESS:PORT] [--database-url URL] …\n"
                         "       scfd config example   shows every setting");
    if (scf_config_load(&r.config, argc, argv, 1, &err) != SCF_OK)
        return scf_complain("configuration", &err);
    scf_log_setup(log_level(r.config.log_level), strcmp(r.config.log_format, "text") == 0);
    r.services.config = &r.config;
    r.argc = argc;
    r.argv = argv;
    return serve(&r);
}
