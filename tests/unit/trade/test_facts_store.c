/* Facts on a real database: folded in pieces or at once, chains in any order, the views are the
 * same; views as of a time and of smaller chains; many contracts at once. */
#include <setjmp.h>
#include <cmocka.h>

#include "../chain/world.h"
#include "policy_text.h"
#include "scfd/trade/trade.h"

static struct world w;
static struct scf_policy policy;

enum { CONTRACTS = 40 };

static int open_world(void **state) {
    (void)state;
    if (world_open(&w))
        world_ok(&w,
                 scf_policy_parse(w.arena, "default", "1", scf_str(policy_text), &policy, &w.err));
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

static struct scf_uuid tagged(uint8_t tag, int n) {
    struct scf_uuid u = {{tag}};
    memcpy(u.b + 12, &n, sizeof n);
    return u;
}

/* `i` goes through the contracts; every fourth record is an invoice, the rest are acceptances. */
static struct scf_record leaf(const struct scf_uuid *chain, int serial, int64_t received_us) {
    bool invoice = serial % 4 == 3;
    struct scf_record r = {
        .chain_id = *chain,
        .id = scf_uuid_new(),
        .kind = invoice ? SCF_REC_INVOICE : SCF_REC_WORKFLOW_EVENT,
        .external_id = scf_str(scf_asprintf(w.arena, "T-%d-%d", w.serial, serial)),
        .received_us = received_us,
        .contract_key = tagged(3, serial % CONTRACTS),
        .enterprise_id = tagged(1, 1),
        .counterparty_id = tagged(2, 1),
        .has_amount = true,
        .amount = 100 + serial,
        .currency = "CNY",
    };
    if (invoice)
        r.business_key = tagged(6, serial);
    r.body = scf_str(
        invoice ? scf_asprintf(w.arena,
                               "{\"invoice_no\":\"%d\",\"issued_on\":\"2025-10-01\","
                               "\"currency\":\"CNY\"}",
                               serial)
                : scf_asprintf(w.arena, "{\"external_id\":\"%d\",\"step\":\"accepted\"}", serial));
    scf_record_prepare(&r);
    return r;
}

static void append(struct scf_record *records, size_t n) {
    struct world_append a = {&w, records, n};
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));
}

struct range {
    const struct scf_uuid *chain;
    int64_t from, until;
};

static enum scf_code fold_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct range *r = ctx;
    return scf_trade_fold(db, w.arena, r->chain, r->from, r->until, err);
}

static void fold(const struct scf_uuid *chain, int64_t from, int64_t until) {
    struct range r = {chain, from, until};
    world_ok(&w, scf_tx_run(w.db, fold_body, &r, &w.err));
}

static struct scf_trade_contract contract_of(int i) {
    return (struct scf_trade_contract){.contract_key = tagged(3, CONTRACTS - 1 - i),
                                       .seller_id = tagged(1, 1),
                                       .buyer_id = tagged(2, 1),
                                       .currency = "CNY",
                                       .amount = 1000000};
}

static void views(int64_t as_of_us, const struct scf_trade_chain *limits, size_t limit_count,
                  struct scf_trade_view *ret) {
    struct scf_trade_contract contracts[CONTRACTS];
    for (int i = 0; i < CONTRACTS; i++)
        contracts[i] = contract_of(i);
    world_ok(&w, scf_trade_views(w.db, w.arena, &policy, contracts, CONTRACTS, as_of_us, limits,
                                 limit_count, ret, &w.err));
}

static void same_view(const struct scf_trade_view *a, const struct scf_trade_view *b) {
    assert_memory_equal(a->contract_key.b, b->contract_key.b, 16);
    assert_int_equal(a->stage, b->stage);
    assert_int_equal(a->completion_ppm, b->completion_ppm);
    assert_int_equal(a->invoiced, b->invoiced);
    assert_int_equal(a->facts, b->facts);
    assert_int_equal(a->invoice_count, b->invoice_count);
    for (size_t i = 0; i < a->invoice_count; i++)
        assert_memory_equal(a->invoices[i].invoice_id.b, b->invoices[i].invoice_id.b, 16);
    assert_int_equal(a->passed_ppm, b->passed_ppm);
    assert_int_equal(a->applicable_ppm, b->applicable_ppm);
}

enum { PER_CHAIN = 1000 };
static const int64_t start = INT64_C(1760000000000000);

static void order_of_folding_does_not_matter(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chains[2] = {world_chain(&w), world_chain(&w)};
    for (int c = 0; c < 2; c++) { /* both report the same: the earlier one of each counts */
        struct scf_record *records = scf_alloc(w.arena, PER_CHAIN, sizeof *records);
        w.serial++;
        for (int i = 0; i < PER_CHAIN; i++)
            records[i] = leaf(&chains[c], i, start + i * 10 + ((i + c) % 2 ? 3 : 0));
        append(records, PER_CHAIN);
    }
    struct scf_trade_view *once = scf_alloc(w.arena, CONTRACTS, sizeof *once);
    struct scf_trade_view *pieces = scf_alloc(w.arena, CONTRACTS, sizeof *pieces);
    fold(&chains[0], 0, PER_CHAIN);
    fold(&chains[1], 0, PER_CHAIN);
    views(INT64_MAX - 1, NULL, 0, once);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.trade_fact"), 2 * PER_CHAIN);
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    for (int i = 0; i < PER_CHAIN; i += 333)
        fold(&chains[1], i, i + 333 < PER_CHAIN ? i + 333 : PER_CHAIN);
    fold(&chains[0], 0, PER_CHAIN);
    views(INT64_MAX - 1, NULL, 0, pieces);
    for (int i = 0; i < CONTRACTS; i++)
        same_view(&once[i], &pieces[i]);
    /* contract k: every 40th record from k on; 25 from each chain, an invoice where k % 4 is 3 */
    for (int i = 0; i < CONTRACTS; i++) {
        int k = CONTRACTS - 1 - i;
        assert_int_equal(once[i].invoice_count, k % 4 == 3 ? PER_CHAIN / CONTRACTS : 0);
        assert_int_equal(once[i].chain_count, 2);
    }
}

static void the_past_is_seen_again(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *records = scf_alloc(w.arena, 400, sizeof *records);
    struct scf_trade_view *past = scf_alloc(w.arena, CONTRACTS, sizeof *past);
    struct scf_trade_view *again = scf_alloc(w.arena, CONTRACTS, sizeof *again);
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    w.serial++;
    for (int i = 0; i < 400; i++)
        records[i] = leaf(&chain, i, start + i);
    append(records, 400);
    fold(&chain, 0, 200);
    const struct scf_trade_chain limit = {chain, 200};
    views(INT64_MAX - 1, NULL, 0, past);
    fold(&chain, 200, 400);
    views(INT64_MAX - 1, &limit, 1, again); /* by the sizes of then */
    for (int i = 0; i < CONTRACTS; i++)
        same_view(&past[i], &again[i]);
    views(start + 199, NULL, 0, again); /* by the time of then */
    for (int i = 0; i < CONTRACTS; i++)
        same_view(&past[i], &again[i]);
    views(INT64_MAX - 1, NULL, 0, again);
    assert_int_equal(again[0].facts, 10);
    assert_int_equal(past[0].facts, 5);
    views(INT64_MAX - 1, &limit, 0, again); /* limits without any chain: nothing counts */
    assert_int_equal(again[0].facts, 0);
}

/* Replays make facts out of records, in whatever order these come: nothing tells the views apart.
 */
static void records_give_the_same_views(void **state) {
    (void)state;
    need_world();
    enum { N = 400, MOVED = 7 };
    static const struct scf_uuid nobody;
    struct scf_uuid chains[2] = {world_chain(&w), world_chain(&w)};
    struct scf_record *records[2];
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    for (int c = 0; c < 2; c++) {
        records[c] = scf_alloc(w.arena, N, sizeof *records[c]);
        w.serial++;
        for (int i = 0; i < N; i++)
            records[c][i] = leaf(&chains[c], i, start + i * 10 + (i + c) % 2);
        /* the last one corrects another, and moves it to another contract */
        records[c][N - 1].revises_id = records[c][MOVED].id;
        append(records[c], N);
        fold(&chains[c], 0, N);
    }
    const struct scf_trade_chain limits[2] = {{chains[0], N}, {chains[1], N / 2}};
    struct scf_trade_view *stored = scf_alloc(w.arena, CONTRACTS, sizeof *stored);
    views(INT64_MAX - 1, limits, 2, stored);
    struct scf_trade_again *again = scf_trade_again_new(w.arena);
    for (int i = N - 1; i >= 0; i--) {
        for (int c = 0; c < 2; c++) {
            const struct scf_uuid *before = i == N - 1 ? &records[c][MOVED].contract_key : &nobody;
            world_ok(&w, scf_trade_again_add(again, &records[c][i], before, &nobody, -1, &w.err));
        }
    }
    for (int i = 0; i < CONTRACTS; i++) {
        struct scf_trade_view view;
        struct scf_trade_contract contract = contract_of(i);
        world_ok(&w, scf_trade_again_views(again, &policy, &contract, 1, INT64_MAX - 1, limits, 2,
                                           &view, &w.err));
        same_view(&stored[i], &view);
        assert_true(view.facts > 0);
        assert_int_equal(view.chain_count, stored[i].chain_count);
        for (size_t k = 0; k < view.chain_count; k++) /* as the limits say, not as was folded */
            assert_int_equal(view.chains[k].folded_size,
                             scf_uuid_eq(&view.chains[k].chain_id, &chains[0]) ? N : N / 2);
    }
}

static void erased_bodies_claim_nothing(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record records[2];
    struct scf_trade_view *view = scf_alloc(w.arena, CONTRACTS, sizeof *view);
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    w.serial++;
    records[0] = leaf(&chain, 39, start);
    records[1] = leaf(&chain, 79, start);
    append(records, 2);
    world_sql(&w, "UPDATE scfd.record SET body = NULL WHERE leaf_index = 0 AND contract_key ="
                  " '03000000-0000-0000-0000-000027000000'");
    fold(&chain, 0, 2);
    views(INT64_MAX - 1, NULL, 0, view);
    assert_int_equal(view[0].facts, 1);
    assert_int_equal(view[0].invoice_count, 1);
}

/* More than is written at once: every leaf still leaves its fact, once. */
static void large_bodies_are_folded_in_turns(void **state) {
    (void)state;
    need_world();
    enum { LARGE = 120, LINES = 2000 };
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *records = scf_alloc(w.arena, LARGE, sizeof *records);
    struct scf_buf body;
    scf_buf_init(&body, 1 << 20);
    scf_buf_puts(&body, "{\"invoice_no\":\"1\",\"issued_on\":\"2025-10-01\",\"lines\":[");
    for (int i = 0; i < LINES; i++)
        scf_buf_printf(&body,
                       "%s{\"item_code\":\"%060d\",\"goods_name\":\"%0300d\",\"quantity\":\"1\","
                       "\"amount\":\"1.00\",\"tax_rate\":\"0.13\",\"tax_amount\":\"0.13\"}",
                       i > 0 ? "," : "", i, i);
    scf_buf_puts(&body, "]}");
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    w.serial++;
    for (int i = 0; i < LARGE; i++) {
        records[i] = leaf(&chain, 39 + 40 * i, start + i);
        records[i].body = (struct scf_str){body.data, body.len};
        scf_record_prepare(&records[i]);
    }
    append(records, LARGE);
    fold(&chain, 0, LARGE);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.trade_fact"), LARGE);
    assert_int_equal(world_number(&w, "SELECT count(DISTINCT leaf_index) FROM scfd.trade_fact"),
                     LARGE);
    /* long names do not fill the facts */
    assert_true(world_number(&w, "SELECT max(octet_length(detail))::bigint FROM scfd.trade_fact") <
                (int64_t)body.len * 5 / 8);
    assert_true(world_number(&w, "SELECT sum(octet_length(detail))::bigint FROM scfd.trade_fact") >
                32 << 20); /* more than one COPY */
    scf_buf_free(&body);
}

/* One more than a contract may have, in the midst of others that are seen as ever. */
static void a_contract_that_is_too_large_spoils_no_other(void **state) {
    (void)state;
    need_world();
    enum { LARGE = 20 };
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *records = scf_alloc(w.arena, 400, sizeof *records);
    struct scf_trade_view *view = scf_alloc(w.arena, CONTRACTS, sizeof *view);
    struct scf_error err = {0};
    struct scf_arena *usual = w.arena;
    w.arena = scf_arena_new(512 << 20); /* as increments have it */
    world_sql(&w, "DELETE FROM scfd.trade_fact");
    w.serial++;
    for (int i = 0; i < 400; i++)
        records[i] = leaf(&chain, i, start + i);
    append(records, 400);
    fold(&chain, 0, 400);
    const char *more = scf_asprintf(
        w.arena,
        "INSERT INTO scfd.trade_fact (contract_key, chain_id, leaf_index, record_id, kind,"
        " received_at, object_key) SELECT '03000000-0000-0000-0000-0000%02x000000',"
        " gen_random_uuid(), n, gen_random_uuid(), 2, '2025-10-09', gen_random_uuid()"
        " FROM generate_series(1, %d) n",
        LARGE, SCF_TRADE_MAX_FACTS - 10);
    world_sql(&w, more);
    views(INT64_MAX - 1, NULL, 0, view); /* as many as it may have */
    for (int i = 0; i < CONTRACTS; i++)
        assert_false(view[i].too_large);
    world_sql(&w,
              "INSERT INTO scfd.trade_fact (contract_key, chain_id, leaf_index, record_id, kind,"
              " received_at, object_key) SELECT contract_key, gen_random_uuid(), 1,"
              " gen_random_uuid(), 2, '2025-10-09', gen_random_uuid() FROM scfd.trade_fact"
              " GROUP BY contract_key");
    views(INT64_MAX - 1, NULL, 0, view);
    for (int i = 0; i < CONTRACTS; i++) {
        bool large = CONTRACTS - 1 - i == LARGE;
        assert_int_equal(view[i].too_large, large);
        assert_int_equal(view[i].facts, large ? 0 : 10); /* what was erased claims nothing */
        assert_int_equal(scf_trade_view_fits(&view[i], &err),
                         large ? SCF_E_BODY_TOO_LARGE : SCF_OK);
    }
    scf_arena_free(w.arena);
    w.arena = usual;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_folding_does_not_matter),
        cmocka_unit_test(the_past_is_seen_again),
        cmocka_unit_test(records_give_the_same_views),
        cmocka_unit_test(erased_bodies_claim_nothing),
        cmocka_unit_test(large_bodies_are_folded_in_turns),
        cmocka_unit_test(a_contract_that_is_too_large_spoils_no_other),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, open_world, close_world);
}
