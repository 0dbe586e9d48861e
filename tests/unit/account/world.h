/* A small world on a real database: a borrower with a contract of two invoices' worth and more, two
 * lenders to whom an assessment was addressed, and holds filed as the API files them. */
#ifndef SCFD_TESTS_ACCOUNT_WORLD_H
#define SCFD_TESTS_ACCOUNT_WORLD_H

#include <setjmp.h>
#include <cmocka.h>

#include "hold.h"
#include "pg.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

enum { INVOICES = 12, INVOICE_AMOUNT = 100000 };

struct world {
    const char *url;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_error err;
    struct scf_uuid borrower, buyer, banks[2];
    struct scf_uuid borrower_node;
    struct scf_actor lenders[2];
    struct scf_uuid contract, contract_key, assessment;
    struct scf_uuid invoices[INVOICES];
};
static struct world w;

static void sql(const char *name, const char *text, const struct scf_uuid *a,
                const struct scf_uuid *b) {
    const struct scf_stmt stmt = {name, text};
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, a);
    scf_p_uuid(&p, b);
    ok(scf_db_run(w.db, &stmt, &p, w.arena, NULL, &w.err));
}

static int64_t number(const char *name, const char *text) {
    const struct scf_stmt stmt = {name, text};
    struct scf_rows *rows;
    ok(scf_db_run(w.db, &stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

static struct scf_uuid add_enterprise(void) {
    struct scf_uuid id = scf_uuid_new();
    sql("t_enterprise",
        "INSERT INTO scfd.enterprise (id, code, name, is_stub, created_at, updated_at)"
        " VALUES ($1, $2::uuid::text, 'x', true, now(), now())",
        &id, &id);
    return id;
}

static struct scf_uuid add_node(const char *kind, const struct scf_uuid *operator_id) {
    struct scf_uuid id = scf_uuid_new();
    sql(kind,
        scf_asprintf(w.arena,
                     "INSERT INTO scfd.node (id, name, kind, operator_enterprise_id, created_at,"
                     " updated_at) VALUES ($1, 'node', %s, $2, now(), now())",
                     kind),
        &id, operator_id);
    ok(scf_chain_rows_add(w.db, w.arena, &id, SCF_SUITE_SHA256_ED25519, &w.err));
    return id;
}

static struct scf_actor add_lender(const struct scf_uuid *bank) {
    struct scf_actor actor = {.key_id = scf_uuid_new(),
                              .node_id = add_node("5", bank),
                              .operator_enterprise_id = *bank,
                              .kind = SCF_NODE_LENDER};
    sql("t_key",
        "INSERT INTO scfd.api_key (id, node_id, digest, hint, created_at) VALUES ($1, $2,"
        " sha256($1::uuid::text::bytea), 'x', now())",
        &actor.key_id, &actor.node_id);
    return actor;
}

static enum scf_code append(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_record *r = ctx;
    scf_record_prepare(r);
    return scf_chain_append(db, w.arena, r, 1, err);
}

static void add_record(struct scf_record r, const struct scf_uuid *id, const char *body) {
    char name[SCF_ID_TEXT];
    scf_id_format("x", id, name);
    r.chain_id = w.borrower_node;
    r.id = *id;
    r.external_id = scf_str(name);
    r.received_us = scf_now_us();
    r.body = scf_str(body);
    r.enterprise_id = w.borrower;
    r.counterparty_id = w.buyer;
    r.has_amount = true;
    memcpy(r.currency, "CNY", 4);
    ok(scf_tx_run(w.db, append, &r, &w.err));
}

static void add_invoice(struct scf_uuid *ret) {
    *ret = scf_uuid_new();
    char no[SCF_ID_TEXT];
    scf_id_format("no", ret, no);
    struct scf_record r = {.kind = SCF_REC_INVOICE,
                           .business_key = scf_uuid_new(),
                           .contract_key = w.contract_key,
                           .amount = INVOICE_AMOUNT};
    add_record(r, ret,
               scf_asprintf(w.arena, "{\"invoice_no\":\"%s\",\"issued_on\":\"2026-01-01\"}", no));
}

static enum scf_code grant_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_account_grant(db, w.arena, ctx, scf_now_us(), err);
}

static void add_assessment(int64_t amount) {
    w.assessment = scf_uuid_new();
    sql("t_assessment",
        "INSERT INTO scfd.credit_assessment (id, borrower_id, request, as_of, status,"
        " currency, recommended_limit, limit_expires_on, receipt, created_at, updated_at)"
        " VALUES ($1, $2, '{}', now(), 2, 'CNY', 1000000000, '2999-12-31', '{}', now(), now())",
        &w.assessment, &w.borrower);
    for (int i = 0; i < 2; i++)
        sql("t_addressed",
            "INSERT INTO scfd.credit_assessment_lender (assessment_id, node_id, addressed_at,"
            " created_at) VALUES ($1, $2, now(), now())",
            &w.assessment, &w.lenders[i].node_id);
    const struct scf_grant grant = {w.contract_key, amount};
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
    w.borrower = add_enterprise();
    w.buyer = add_enterprise();
    w.borrower_node = add_node("1", &w.borrower);
    for (int i = 0; i < 2; i++) {
        w.banks[i] = add_enterprise();
        w.lenders[i] = add_lender(&w.banks[i]);
    }
    w.contract = scf_uuid_new();
    w.contract_key = scf_uuid_new();
    struct scf_record r = {
        .kind = SCF_REC_CONTRACT, .business_key = w.contract_key, .amount = 100000000};
    add_record(r, &w.contract, "{}");
    for (int i = 0; i < INVOICES; i++)
        add_invoice(&w.invoices[i]);
    add_assessment(1000000);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_db_free(w.db);
    scf_arena_free(w.arena);
    return 0;
}

/* ---- one thread's tools ---- */

struct hand {
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_error err;
    uint64_t dice;
};

static struct hand open_hand(uint64_t seed) {
    return (struct hand){.db = scf_db_new(w.url, "test", 0),
                         .arena = scf_arena_new(64 << 20),
                         .dice = seed * 0x9e3779b97f4a7c15u + 1};
}

static void close_hand(struct hand *h) {
    scf_db_free(h->db);
    scf_arena_free(h->arena);
}

static uint64_t roll(struct hand *h, uint64_t n) {
    h->dice ^= h->dice << 13; /* xorshift64: the same sequence on every machine */
    h->dice ^= h->dice >> 7;
    h->dice ^= h->dice << 17;
    return h->dice % n;
}

/* Files a hold of `amount` with a claim of `claimed` (0: none) on an invoice. */
static struct scf_hold_order hold(struct hand *h, int lender, int64_t amount,
                                  const struct scf_uuid *invoice, int64_t claimed,
                                  int64_t expires_us) {
    char asm_id[SCF_ID_TEXT], ctr[SCF_ID_TEXT], inv[SCF_ID_TEXT], until[SCF_TIME_TEXT];
    scf_id_format("asm", &w.assessment, asm_id);
    scf_id_format("ctr", &w.contract, ctr);
    scf_id_format("inv", invoice, inv);
    scf_time_format(expires_us, until);
    const char *claims =
        claimed == 0 ? ""
                     : scf_asprintf(h->arena,
                                    ",\"invoices\":[{\"invoice_id\":\"%s\",\"amount\":\"%" PRId64
                                    ".%02d\"}]",
                                    inv, claimed / 100, (int)(claimed % 100));
    char *text =
        scf_asprintf(h->arena,
                     "{\"assessment_id\":\"%s\",\"contract_id\":\"%s\",\"amount\":\"%" PRId64
                     ".%02d\",\"currency\":\"CNY\",\"expires_at\":\"%s\"%s}",
                     asm_id, ctr, amount / 100, (int)(amount % 100), until, claims);
    struct scf_faults *faults = scf_alloc(h->arena, 2, sizeof *faults);
    struct scf_hold_order o = {
        .arena = h->arena, .lender = &w.lenders[lender], .text = scf_str(text)};
    const struct scf_hold_ctx ctx = {scf_now_us(), 0};
    const struct scf_schema_options options = {.rules_ctx = &ctx};
    faults[0].arena = faults[1].arena = h->arena;
    scf_buf_init(&o.answer, SCF_HOLD_ANSWER_MAX);
    o.body = scf_json_parse(h->arena, text, strlen(text), &h->err);
    SCF_ASSERT(o.body != NULL);
    o.warnings = &faults[1];
    if (!scf_schema_check(&scf_hold_schema, o.body, &options, &faults[0], &faults[1]))
        o.code = SCF_E_VALIDATION_FAILED;
    else if (scf_hold_file_alone(h->db, &o, &h->err) != SCF_OK)
        o.code = h->err.code;
    scf_buf_free(&o.answer);
    return o;
}

#endif
