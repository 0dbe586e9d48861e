/* A small world on a real database: a borrower, a buyer and a lender with their nodes, a contract,
 * and an assessment of 1 000.00 that awaits the lender's decision. */
#ifndef SCFD_TESTS_LENDING_WORLD_H
#define SCFD_TESTS_LENDING_WORLD_H

#include <setjmp.h>
#include <cmocka.h>

#include "repayment.h"
#include "pg.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

struct world {
    const char *url;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_error err;
    struct scf_uuid borrower, buyer, bank;                  /* enterprises */
    struct scf_uuid borrower_node, buyer_node, lender_node; /* nodes */
    struct scf_uuid contract, contract_key, assessment;
    struct scf_actor lender;
};
static struct world w;

/* ---- statements of the tests ---- */

static int64_t ask(const char *name, const char *sql, const struct scf_uuid *id) {
    struct scf_stmt stmt = {name, sql};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, id);
    ok(scf_db_run(w.db, &stmt, &p, w.arena, &rows, &w.err));
    assert_int_equal(scf_rows_count(rows), 1);
    return scf_rows_i64(rows, 0, 0);
}

static struct scf_uuid add_enterprise(const char *name) {
    static const struct scf_stmt insert = {
        "t_enterprise",
        "INSERT INTO scfd.enterprise (id, code, name, is_stub, created_at, updated_at)"
        " VALUES ($1, $1::text, $2, true, $3, $3)"};
    struct scf_uuid id = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    scf_p_text(&p, name);
    scf_p_time(&p, scf_now_us());
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    return id;
}

static struct scf_uuid add_node(enum scf_node_kind kind, const struct scf_uuid *operator_id) {
    static const struct scf_stmt insert = {
        "t_node", "INSERT INTO scfd.node (id, name, kind, operator_enterprise_id, created_at,"
                  " updated_at) VALUES ($1, 'node', $2, $3, $4, $4)"};
    struct scf_uuid id = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    scf_p_i16(&p, (int16_t)kind);
    scf_p_uuid(&p, operator_id);
    scf_p_time(&p, scf_now_us());
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    ok(scf_chain_rows_add(w.db, w.arena, &id, SCF_SUITE_SHA256_ED25519, &w.err));
    return id;
}

static enum scf_code append_record(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_record *r = ctx;
    scf_record_prepare(r);
    return scf_chain_append(db, w.arena, r, 1, err);
}

/* The contract, as `node` reports it under `id`. */
static void add_contract(const struct scf_uuid *node, const struct scf_uuid *id) {
    struct scf_record r = {.chain_id = *node,
                           .id = *id,
                           .kind = SCF_REC_CONTRACT,
                           .external_id = SCF_STR("C-1"),
                           .received_us = scf_now_us(),
                           .body = SCF_STR("{}"),
                           .business_key = w.contract_key,
                           .enterprise_id = w.borrower,
                           .counterparty_id = w.buyer,
                           .has_amount = true,
                           .amount = 500000,
                           .currency = "CNY"};
    ok(scf_tx_run(w.db, append_record, &r, &w.err));
}

/* An invoice under the contract, reported by `node`; `key` says which one it is in business. */
static struct scf_uuid add_invoice_body(const struct scf_uuid *node, const struct scf_uuid *key,
                                        const struct scf_uuid *revises, const char *body) {
    struct scf_uuid id = scf_uuid_new();
    char name[SCF_ID_TEXT];
    scf_id_format("inv", &id, name);
    struct scf_record r = {.chain_id = *node,
                           .id = id,
                           .kind = SCF_REC_INVOICE,
                           .external_id = scf_str(name),
                           .received_us = scf_now_us(),
                           .body = scf_str(body),
                           .business_key = *key,
                           .contract_key = w.contract_key,
                           .enterprise_id = w.borrower,
                           .counterparty_id = w.buyer,
                           .has_amount = true,
                           .amount = 10000,
                           .currency = "CNY"};
    if (revises)
        r.revises_id = *revises;
    ok(scf_tx_run(w.db, append_record, &r, &w.err));
    return id;
}

static struct scf_uuid add_invoice(const struct scf_uuid *node, const struct scf_uuid *key,
                                   const struct scf_uuid *revises) {
    return add_invoice_body(node, key, revises, "{}");
}

/* A guarantee of the contract, sent by `node`; listed as the rollup lists it. */
static void add_guarantee(const struct scf_uuid *node, const struct scf_uuid *guarantor) {
    static const struct scf_stmt insert = {
        "t_guarantee", "INSERT INTO scfd.contract_guarantee (chain_id, leaf_index, contract_key,"
                       " record_id) VALUES ($1, $2, $3, $4)"};
    char id[SCF_ID_TEXT];
    scf_id_format("ent", guarantor, id);
    struct scf_record r = {.chain_id = *node,
                           .id = scf_uuid_new(),
                           .kind = SCF_REC_GUARANTEE,
                           .external_id = SCF_STR("G-1"),
                           .received_us = scf_now_us(),
                           .body = scf_str(scf_asprintf(w.arena, "{\"guarantor_id\":\"%s\"}", id)),
                           .contract_key = w.contract_key,
                           .enterprise_id = w.borrower};
    ok(scf_tx_run(w.db, append_record, &r, &w.err));
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, node);
    scf_p_i64(&p, r.leaf_index);
    scf_p_uuid(&p, &w.contract_key);
    scf_p_uuid(&p, &r.id);
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
}

/* Of 1 000.00, addressed to the lender. */
static struct scf_uuid add_assessment(void) {
    static const struct scf_stmt insert = {
        "t_assessment",
        "WITH a AS (INSERT INTO scfd.credit_assessment (id, borrower_id, request, as_of, status,"
        " currency, recommended_limit, limit_expires_on, receipt, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, 2, 'CNY', 100000, '2999-12-31', '{}', $4, $4)"
        " RETURNING id)"
        " INSERT INTO scfd.credit_assessment_lender (assessment_id, node_id, addressed_at,"
        " created_at) SELECT id, $5, $4, $4 FROM a"};
    struct scf_uuid id = scf_uuid_new();
    char contract[SCF_ID_TEXT];
    scf_id_format("ctr", &w.contract, contract);
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    scf_p_uuid(&p, &w.borrower);
    scf_p_text(&p, scf_asprintf(w.arena, "{\"contract_ids\":[\"%s\"]}", contract));
    scf_p_time(&p, scf_now_us());
    scf_p_uuid(&p, &w.lender_node);
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    return id;
}

static enum scf_code grant_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_account_grant(db, w.arena, ctx, scf_now_us(), err);
}

/* What an assessment of 1 000.00 grants to the contract. */
static void grant_limit(void) {
    const struct scf_grant grant = {w.contract_key, 100000};
    struct scf_granting g = {.assessment_id = w.assessment,
                             .borrower_id = w.borrower,
                             .currency = "CNY",
                             .as_of_us = scf_now_us(),
                             .expires_day = 300000,
                             .grants = &grant,
                             .count = 1};
    ok(scf_tx_run(w.db, grant_in_tx, &g, &w.err));
}

static int open_world(void **state) {
    (void)state;
    w = (struct world){.url = scf_test_database()};
    if (w.url == NULL)
        return 0;
    w.db = scf_db_new(w.url, "test", 0);
    w.arena = scf_arena_new(256 << 20);
    w.borrower = add_enterprise("borrower");
    w.buyer = add_enterprise("buyer");
    w.bank = add_enterprise("bank");
    w.borrower_node = add_node(SCF_NODE_ERP, &w.borrower);
    w.buyer_node = add_node(SCF_NODE_PROCUREMENT, &w.buyer);
    w.lender_node = add_node(SCF_NODE_LENDER, &w.bank);
    w.contract = scf_uuid_new();
    w.contract_key = scf_uuid_new();
    add_contract(&w.borrower_node, &w.contract);
    w.assessment = add_assessment();
    grant_limit();
    w.lender = (struct scf_actor){.key_id = scf_uuid_new(),
                                  .node_id = w.lender_node,
                                  .operator_enterprise_id = w.bank,
                                  .kind = SCF_NODE_LENDER,
                                  .offset_minutes = 480};
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_db_free(w.db);
    scf_arena_free(w.arena);
    return 0;
}

/* ---- filing ---- */

struct attempt {
    enum scf_record_kind kind;
    const char *json;
    const struct scf_actor *lender; /* NULL: that of the world */
    struct scf_filing f;
    struct scf_error err;
    enum scf_code code;
};

static enum scf_code file_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct attempt *a = ctx;
    if (a->kind == SCF_REC_CREDIT_DECISION)
        return scf_decision_file(db, &a->f, err);
    return a->kind == SCF_REC_LOAN ? scf_loan_file(db, &a->f, err)
                                   : scf_repayment_file(db, &a->f, err);
}

/* Files on the connection given; the arena serves this thread only. */
static void file_on(struct scf_db *db, struct scf_arena *arena, struct attempt *a) {
    const struct scf_schema *schema = a->kind == SCF_REC_CREDIT_DECISION ? &scf_decision_schema
                                      : a->kind == SCF_REC_LOAN          ? &scf_loan_schema
                                                                         : &scf_repayment_schema;
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    a->f = (struct scf_filing){.arena = arena,
                               .lender = a->lender ? a->lender : &w.lender,
                               .kind = a->kind,
                               .text = scf_str(a->json),
                               .ctx = {scf_now_us(), 480}};
    const cJSON *body = scf_json_parse(arena, a->json, strlen(a->json), &a->err);
    const struct scf_schema_options options = {.rules_ctx = &a->f.ctx};
    SCF_ASSERT(body != NULL);
    a->code = SCF_E_VALIDATION_FAILED;
    a->f.body = body;
    if (scf_schema_check(schema, body, &options, &faults, &warnings))
        a->code = scf_tx_run(db, file_in_tx, a, &a->err);
}

static struct attempt file(enum scf_record_kind kind, const char *json) {
    struct attempt a = {.kind = kind, .json = json};
    file_on(w.db, w.arena, &a);
    return a;
}

static void *file_on_thread(void *ctx) {
    struct attempt *a = ctx;
    struct scf_db *db = scf_db_new(w.url, "test", 0);
    struct scf_arena *arena = scf_arena_new(16 << 20);
    file_on(db, arena, a);
    scf_db_free(db);
    scf_arena_free(arena);
    return NULL;
}

/* All at once, each on its own thread and connection. */
static void file_together(struct attempt *attempts, size_t n) {
    pthread_t threads[16];
    assert_true(n <= SCF_COUNT(threads));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, file_on_thread, &attempts[i]), 0);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* ---- bodies ---- */

static const char *decision_body(const struct scf_uuid *assessment, const char *limit,
                                 const char *more) {
    char id[SCF_ID_TEXT];
    scf_id_format("asm", assessment, id);
    return scf_asprintf(w.arena,
                        "{\"assessment_id\":\"%s\",\"outcome\":\"approved\","
                        "\"approved_limit\":\"%s\",\"currency\":\"CNY\",\"annual_rate\":\"0.36\","
                        "\"tenor_days\":365,\"valid_until\":\"2999-12-31\",\"decided_by\":\"a\","
                        "\"decided_at\":\"2026-01-01T00:00:00Z\"%s}",
                        id, limit, more);
}

/* 36 % a year on 360 days: 0.1 % a day. */
static const char *loan_body(const struct scf_uuid *decision, const char *loan_no,
                             const char *principal, const char *more) {
    char dec[SCF_ID_TEXT], borrower[SCF_ID_TEXT], contract[SCF_ID_TEXT];
    scf_id_format("dec", decision, dec);
    scf_id_format("ent", &w.borrower, borrower);
    scf_id_format("ctr", &w.contract, contract);
    return scf_asprintf(w.arena,
                        "{\"loan_no\":\"%s\",\"decision_id\":\"%s\",\"borrower_id\":\"%s\","
                        "\"contract_ids\":[\"%s\"],\"principal\":\"%s\",\"currency\":\"CNY\","
                        "\"disbursed_at\":\"2026-01-01T00:00:00Z\",\"value_date\":\"2026-01-01\","
                        "\"maturity_date\":\"2026-06-30\",\"interest\":{\"type\":\"fixed\","
                        "\"annual_rate\":\"0.36\"},\"repayment_method\":\"bullet\"%s}",
                        loan_no, dec, borrower, contract, principal, more);
}

static const char *repayment_body(const struct scf_uuid *loan, const char *amount,
                                  const char *value_date, const char *more) {
    char id[SCF_ID_TEXT];
    scf_id_format("loan", loan, id);
    return scf_asprintf(w.arena,
                        "{\"loan_id\":\"%s\",\"amount\":\"%s\",\"currency\":\"CNY\","
                        "\"paid_at\":\"2026-01-01T00:00:00Z\",\"value_date\":\"%s\"%s}",
                        id, amount, value_date, more);
}

static struct scf_uuid decide(const char *limit, const char *more) {
    struct attempt a = file(SCF_REC_CREDIT_DECISION, decision_body(&w.assessment, limit, more));
    if (a.code != SCF_OK)
        fail_msg("decision: %s (%s)", a.err.detail, a.err.note);
    return a.f.id;
}

static struct scf_uuid lend(const struct scf_uuid *decision, const char *loan_no,
                            const char *principal) {
    struct attempt a = file(SCF_REC_LOAN, loan_body(decision, loan_no, principal, ""));
    if (a.code != SCF_OK)
        fail_msg("loan: %s (%s)", a.err.detail, a.err.note);
    return a.f.id;
}

#endif
