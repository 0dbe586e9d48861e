/* What the tests of batches share: a database, a node with a key, items, and triggers that make the
 * database misbehave. For one test binary at a time: everything is static. */
#ifndef SCFD_TESTS_BATCH_WORLD_H
#define SCFD_TESTS_BATCH_WORLD_H

#include "batch.h"
#include "pg.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

#include <setjmp.h>
#include <cmocka.h>
#include <sys/socket.h>

enum { ITEMS_MAX = 64 };

struct world {
    const char *url;
    struct scf_db *db; /* the test's own connection */
    struct scf_arena *arena;
    struct scf_services services;
    struct scf_actor actor;
    struct scf_batch_context batch;
    struct scf_item *items[ITEMS_MAX];
    size_t count;
    int statements, socket;
    struct scf_error err;
};
static struct world w;

static struct scf_rows *query(const char *sql, const struct scf_params *p) {
    struct scf_rows *rows;
    struct scf_stmt stmt = {scf_asprintf(w.arena, "test_%d", w.statements++), sql};
    ok(scf_db_run(w.db, &stmt, p, w.arena, &rows, &w.err));
    return rows;
}

static int64_t number(const char *sql) {
    return scf_rows_i64(query(sql, NULL), 0, 0);
}

#define records() number("SELECT count(*) FROM scfd.record")
#define chain_size() number("SELECT sum(size)::bigint FROM scfd.chain")

/* ---- the world: a node with a key ---- */

static void add_node(void) {
    w.actor = (struct scf_actor){.key_id = scf_uuid_new(),
                                 .node_id = scf_uuid_new(),
                                 .kind = SCF_NODE_ERP,
                                 .offset_minutes = 480,
                                 .allowed_kinds = 31};
    struct scf_hash digest = {{0}};
    struct scf_params p;
    scf_random(&digest, sizeof digest);
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &w.actor.node_id);
    scf_p_time(&p, scf_now_us());
    query("INSERT INTO scfd.node (id, name, kind, created_at, updated_at)"
          " VALUES ($1, 'node', 1, $2, $2)",
          &p);
    scf_p_uuid(&p, &w.actor.key_id);
    scf_p_hash(&p, &digest);
    query("INSERT INTO scfd.api_key (id, node_id, digest, hint, created_at)"
          " VALUES ($3, $1, $4, 'hint', $2)",
          &p);
    ok(scf_chain_rows_add(w.db, w.arena, &w.actor.node_id, SCF_SUITE_SHA256_ED25519, &w.err));
}

/* The descriptor of the connection that the batch has just opened. */
static int open_socket(void) {
    enum { FDS = 256 };
    struct stat st;
    bool before[FDS];
    for (int fd = 0; fd < FDS; fd++)
        before[fd] = fstat(fd, &st) == 0;
    ok(scf_db_ping(w.batch.db, &w.err));
    for (int fd = 0; fd < FDS; fd++)
        if (!before[fd] && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
            return fd;
    fail_msg("the batch has no connection");
    return -1;
}

static int open_world(void **state) {
    (void)state;
    w = (struct world){.url = scf_test_database()};
    if (!w.url)
        return 0;
    w.db = scf_db_new(w.url, "test", 0);
    w.arena = scf_arena_new(64 << 20);
    add_node();
    ok(scf_templates_open(w.url, &w.services.templates, &w.err));
    const struct scf_intake_options options = {w.url, 100, &w.services};
    ok(scf_intake_start(&options, &w.services.intake, &w.err));
    w.batch = (struct scf_batch_context){.db = scf_db_new(w.url, "batch", 20000),
                                         .templates = w.services.templates,
                                         .industries = scf_industry_cache_new(),
                                         .memory = scf_memory_new()};
    w.socket = open_socket();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (!w.url)
        return 0;
    scf_industry_cache_free(w.batch.industries);
    scf_memory_free(w.batch.memory);
    scf_db_free(w.batch.db);
    scf_intake_stop(w.services.intake);
    scf_templates_free(w.services.templates);
    scf_arena_free(w.arena);
    scf_db_free(w.db);
    return 0;
}

/* ---- items ---- */

static struct scf_item *add(enum scf_record_kind kind, const char *body) {
    struct scf_item *item = scf_alloc(w.arena, 1, sizeof *item);
    char *text = scf_strdup(w.arena, body);
    if (scf_item_prepare(&w.services, &w.actor, kind, scf_str(text), scf_now_us(), w.arena, item))
        fail_msg("%s: %s", item->error.detail,
                 item->faults.count ? item->faults.items[0].pointer : "");
    assert_true(w.count < ITEMS_MAX);
    return w.items[w.count++] = item;
}

static struct scf_item *add_contract(const char *external_id, const char *seller_name) {
    return add(SCF_REC_CONTRACT,
               scf_asprintf(w.arena,
                            "{\"external_id\":\"%s\",\"contract_no\":\"HT-%s\",\"title\":\"t\","
                            "\"contract_type\":\"purchase_order\",\"signed_on\":\"2026-01-02\","
                            "\"buyer\":{\"uscc\":\"91330100123456789B\",\"name\":\"b\"},"
                            "\"seller\":{\"uscc\":\"91330100123456789A\",\"name\":\"%s\"},"
                            "\"amount\":\"100.00\",\"currency\":\"CNY\",\"status\":\"active\","
                            "\"payment_terms\":{\"kind\":\"net_days\",\"days\":60}}",
                            external_id, external_id, seller_name));
}

/* ---- a database that misbehaves ---- */

/* `action` is PL/pgSQL; `when` like "AFTER INSERT ON scfd.record". */
static void misbehave(const char *when, const char *condition, const char *action) {
    query(scf_asprintf(w.arena,
                       "CREATE OR REPLACE FUNCTION public.misbehave() RETURNS trigger"
                       " LANGUAGE plpgsql AS $$ BEGIN IF %s THEN %s END IF; RETURN NEW; END $$",
                       condition, action),
          NULL);
    query(scf_asprintf(w.arena, "CREATE %s FOR EACH ROW EXECUTE FUNCTION public.misbehave()", when),
          NULL);
}

static void behave(void) {
    query("DROP FUNCTION public.misbehave() CASCADE", NULL);
}

#define DIE "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);"
#define AT_INSERT "TRIGGER t BEFORE INSERT ON scfd.record"
#define AT_COMMIT "CONSTRAINT TRIGGER t AFTER INSERT ON scfd.record DEFERRABLE INITIALLY DEFERRED"

/* Cuts the batch's connection once the server sleeps in its commit. */
static void *cut(void *arg) {
    (void)arg;
    static const struct scf_stmt asleep = {
        "t_asleep", "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event = 'PgSleep'"};
    struct scf_arena *arena = scf_arena_new(8 << 20); /* the test's own belongs to its thread */
    struct scf_db *db = scf_db_new(w.url, "cutter", 0);
    struct scf_rows *rows;
    struct scf_error err;
    for (int64_t end = scf_mono_us() + 20 * SCF_US_PER_SECOND; scf_mono_us() < end;) {
        if (scf_db_run(db, &asleep, NULL, arena, &rows, &err) == SCF_OK &&
            scf_rows_i64(rows, 0, 0) > 0)
            break;
        usleep(5000);
        scf_arena_reset(arena);
    }
    shutdown(w.socket, SHUT_RDWR);
    scf_db_free(db);
    scf_arena_free(arena);
    return NULL;
}

static struct scf_idempotency key_used_for(const char *what) {
    return (struct scf_idempotency){SCF_STR("key-1"), scf_sha256(what, strlen(what))};
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
