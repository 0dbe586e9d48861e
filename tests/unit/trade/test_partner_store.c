/* Whose buyers folding makes partners: those that a credible node names, and nobody else's. */
#include <setjmp.h>
#include <cmocka.h>

#include "../chain/world.h"
#include "scfd/trade/trade.h"

static struct world w;

static int open_world(void **state) {
    (void)state;
    (void)world_open(&w);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL)
        world_close(&w);
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

static const char *hex_of(const struct scf_uuid *id) {
    char *text = scf_alloc(w.arena, 1, 33);
    scf_hex(id->b, sizeof id->b, text);
    return text;
}

/* An enterprise, so that it can operate a node. */
static struct scf_uuid enterprise(void) {
    struct scf_uuid id = scf_uuid_new();
    world_sql(&w, scf_asprintf(w.arena,
                               "INSERT INTO scfd.enterprise (id, code, name, is_stub, created_at,"
                               " updated_at) VALUES ('%s', '%s', 'E', true, now(), now())",
                               hex_of(&id), hex_of(&id)));
    return id;
}

/* The chain of a node; `operator_id` NULL: nobody's. */
static struct scf_uuid node_of(const struct scf_uuid *operator_id) {
    struct scf_uuid chain = world_chain(&w);
    const char *operated =
        operator_id != NULL ? scf_asprintf(w.arena, "'%s'", hex_of(operator_id)) : "NULL";
    world_sql(&w, scf_asprintf(w.arena,
                               "INSERT INTO scfd.node (id, name, kind, operator_enterprise_id,"
                               " created_at, updated_at) VALUES ('%s', 'N', %d, %s, now(), now())",
                               hex_of(&chain), SCF_NODE_PROCUREMENT, operated));
    return chain;
}

struct report {
    struct scf_uuid chain, seller, buyer;
    enum scf_record_kind kind;
};

static enum scf_code fold_all(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_trade_fold(db, w.arena, ctx, 0, 1, err);
}

/* One record, alone in its chain. */
static void send(const struct report *r) {
    struct scf_record record = {
        .chain_id = r->chain,
        .id = scf_uuid_new(),
        .kind = r->kind,
        .external_id = scf_str(scf_asprintf(w.arena, "P-%d", w.serial++)),
        .received_us = INT64_C(1760000000000000),
        .business_key = scf_uuid_new(),
        .contract_key = scf_uuid_new(),
        .enterprise_id = r->seller,
        .counterparty_id = r->buyer,
        .body = scf_str("{\"currency\":\"CNY\"}"),
    };
    struct scf_uuid chain = r->chain;
    scf_record_prepare(&record);
    struct world_append a = {&w, &record, 1};
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));
    world_ok(&w, scf_tx_run(w.db, fold_all, &chain, &w.err));
}

static bool are_partners(const struct scf_uuid *seller, const struct scf_uuid *buyer) {
    return world_number(&w, scf_asprintf(w.arena,
                                         "SELECT count(*) FROM scfd.trade_partner"
                                         " WHERE seller_id = '%s' AND buyer_id = '%s'",
                                         hex_of(seller), hex_of(buyer))) == 1;
}

static void a_credible_node_makes_partners(void **state) {
    (void)state;
    need_world();
    struct scf_uuid seller = enterprise(), stranger = enterprise();
    const struct {
        struct scf_uuid chain;
        enum scf_record_kind kind;
        bool expected;
    } cases[] = {
        {world_chain(&w), SCF_REC_CONTRACT, true}, /* the platform's: there is no node */
        {node_of(NULL), SCF_REC_CONTRACT, true},
        {node_of(&seller), SCF_REC_CONTRACT, true},
        {node_of(&stranger), SCF_REC_CONTRACT, false},
        {node_of(&seller), SCF_REC_INVOICE, false}, /* no contract */
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct report r = {cases[i].chain, seller, scf_uuid_new(), cases[i].kind};
        send(&r);
        assert_int_equal(are_partners(&r.seller, &r.buyer), cases[i].expected);
        assert_false(are_partners(&r.buyer, &r.seller));
    }
}

/* The buyer itself: it counts once an assessment names its contract, not before. */
static void the_buyers_own_word_makes_none(void **state) {
    (void)state;
    need_world();
    struct scf_uuid buyer = enterprise();
    struct report r = {node_of(&buyer), scf_uuid_new(), buyer, SCF_REC_CONTRACT};
    send(&r);
    assert_false(are_partners(&r.seller, &buyer));
}

struct pairs {
    const struct scf_uuid *sellers[3], *buyers[3];
};

static enum scf_code add_pairs(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct pairs *p = ctx;
    return scf_trade_partners_add(db, w.arena, p->sellers, p->buyers, 3, err);
}

static void what_is_known_is_passed_over(void **state) {
    (void)state;
    need_world();
    struct scf_uuid a = scf_uuid_new(), b = scf_uuid_new(), c = scf_uuid_new();
    struct pairs p = {{&a, &a, &a}, {&b, &b, &c}};
    for (int i = 0; i < 2; i++)
        world_ok(&w, scf_tx_run(w.db, add_pairs, &p, &w.err));
    assert_true(are_partners(&a, &b) && are_partners(&a, &c));
    assert_false(are_partners(&b, &a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credible_node_makes_partners),
        cmocka_unit_test(the_buyers_own_word_makes_none),
        cmocka_unit_test(what_is_known_is_passed_over),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, open_world, close_world);
}
