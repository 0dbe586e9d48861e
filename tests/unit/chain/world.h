/* A database with chains for the store tests: services, records, sealing. */
#ifndef SCFD_TESTS_CHAIN_WORLD_H
#define SCFD_TESTS_CHAIN_WORLD_H

#include "keys.h"
#include "pg.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"
#include "scfd/party/node.h"

struct world {
    const char *url;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_services services;
    struct scf_error err;
    int serial;
};

/* Of the chains that world_chain makes; a test may set it. */
static enum scf_suite world_suite = SCF_SUITE_SHA256_ED25519;

/* The key of that suite, for an audit. */
#define WORLD_KEYS(key)                                                                            \
    {                                                                                              \
        world_suite == SCF_SUITE_SHA256_ED25519 ? (key) : NULL,                                    \
            world_suite == SCF_SUITE_SM3_SM2 ? (key) : NULL                                        \
    }

static inline bool world_open(struct world *w) {
    *w = (struct world){.url = scf_test_database()};
    if (w->url == NULL) {
        print_message("skipped: no PostgreSQL server on this machine\n");
        return false;
    }
    static const uint8_t seed[32] = {1, 2, 3};
    w->db = scf_db_new(w->url, "test", 0);
    w->arena = scf_arena_new(256 << 20);
    w->services.database_url = w->url;
    w->services.log_key = key_of_seed(seed);
    w->services.sm2_key = fresh_sm2_key();
    memcpy(w->services.installation.origin, "scfd.example", sizeof "scfd.example");
    return true;
}

static inline void world_close(struct world *w) {
    scf_signing_key_free(w->services.log_key);
    scf_signing_key_free(w->services.sm2_key);
    scf_arena_free(w->arena);
    scf_db_free(w->db);
}

#define world_ok(w, call)                                                                          \
    do {                                                                                           \
        if ((call) != SCF_OK)                                                                      \
            fail_msg("%s: %s (%s)", #call, (w)->err.detail, (w)->err.note);                        \
    } while (0)

static inline void world_sql(struct world *w, const char *sql) {
    /* Statement names must be unique per text. */
    char *name = scf_asprintf(w->arena, "test_%d", w->serial++);
    struct scf_stmt stmt = {name, sql};
    world_ok(w, scf_db_run(w->db, &stmt, NULL, w->arena, NULL, &w->err));
}

static inline int64_t world_number(struct world *w, const char *sql) {
    char *name = scf_asprintf(w->arena, "test_%d", w->serial++);
    struct scf_stmt stmt = {name, sql};
    struct scf_rows *rows;
    world_ok(w, scf_db_run(w->db, &stmt, NULL, w->arena, &rows, &w->err));
    assert_int_equal(scf_rows_count(rows), 1);
    return scf_rows_i64(rows, 0, 0);
}

static inline struct scf_uuid world_chain(struct world *w) {
    struct scf_uuid id = scf_uuid_new();
    world_ok(w, scf_chain_rows_add(w->db, w->arena, &id, world_suite, &w->err));
    return id;
}

struct world_append {
    struct world *w;
    struct scf_record *records;
    size_t n;
};

static inline enum scf_code world_append_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct world_append *a = ctx;
    return scf_chain_append(db, a->w->arena, a->records, a->n, err);
}

/* n invoices with small bodies, prepared. */
static inline struct scf_record *world_records(struct world *w, const struct scf_uuid *chain,
                                               size_t n) {
    struct scf_record *records = scf_alloc(w->arena, n, sizeof *records);
    for (size_t i = 0; i < n; i++) {
        int serial = w->serial++;
        records[i] = (struct scf_record){
            .chain_id = *chain,
            .id = scf_uuid_new(),
            .kind = SCF_REC_INVOICE,
            .external_id = scf_str(scf_asprintf(w->arena, "INV-%d", serial)),
            .received_us = scf_now_us(),
            .body = scf_str(scf_asprintf(w->arena, "{\"external_id\":\"INV-%d\"}", serial)),
        };
        scf_record_prepare(&records[i]);
    }
    return records;
}

static inline struct scf_record *world_add(struct world *w, const struct scf_uuid *chain,
                                           size_t n) {
    struct world_append a = {w, world_records(w, chain, n), n};
    world_ok(w, scf_tx_run(w->db, world_append_body, &a, &w->err));
    return a.records;
}

static inline void world_seal(struct world *w) {
    struct scf_arena *arena = scf_arena_new(8 << 20);
    world_ok(w, scf_seal_task(w->db, arena, &w->services, &w->err));
    scf_arena_free(arena);
}

#endif
