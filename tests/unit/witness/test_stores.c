/* What the tables of witnesses are asked: quorums, the checkpoint that covers a leaf, what is shown
 * next, and how much is remembered of a log. */
#include "scfd/base/prelude.h"

#include <setjmp.h>
#include <cmocka.h>

#include "ask_store.h"
#include "log_store.h"
#include "pg.h"
#include "scfd/base/clock.h"
#include "scfd/chain/cosigned.h"

static struct scf_test_world w;

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL)
        scf_test_world_close(&w);
    return 0;
}

static void run(const struct scf_stmt *stmt, const struct scf_uuid *chain, int64_t size) {
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, chain);
    scf_p_i64(&p, size);
    ok(scf_db_run(w.db, stmt, &p, w.arena, NULL, &w.err));
}

static const struct scf_stmt add_chain = {
    "test_add_chain", "WITH c AS (INSERT INTO scfd.chain (id, size) VALUES ($1, $2))"
                      " INSERT INTO scfd.chain_seal (chain_id, height, size, block_hash)"
                      " VALUES ($1, -1, 0, decode(repeat('00', 32), 'hex'))"};
static const struct scf_stmt add_block = {
    "test_add_block",
    "WITH b AS (INSERT INTO scfd.block (chain_id, height, size, root, prev_hash, block_hash,"
    " sealed_at, block_note, checkpoint_note) VALUES ($1, $2, $2, decode(repeat('00', 32), 'hex'),"
    " decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '2026-01-01Z', '',"
    " 'note ' || $2 || E'\\n'))"
    " UPDATE scfd.chain_seal SET height = $2, size = $2 WHERE chain_id = $1"};

static void gain(const struct scf_uuid *chain, const struct scf_uuid *witness, int64_t size,
                 const char *line) {
    struct scf_witness_gain g = {.witness_id = *witness,
                                 .chain_id = *chain,
                                 .size = size,
                                 .line = scf_str(line),
                                 .time_s = 1,
                                 .now_us = 1};
    ok(scf_witness_gained(w.db, w.arena, &g, &w.err));
}

static void check_found(const struct scf_uuid *chain, int64_t index, int64_t size,
                        const char *note) {
    struct scf_cosigned found;
    ok(scf_witness_find(w.db, w.arena, chain, index, &found, &w.err));
    assert_int_equal(found.size, size);
    assert_true(size == 0 || scf_str_is(found.note, note));
}

static void advance(int64_t now_s, int64_t tick_s, int64_t stale_s) {
    struct scf_witness_pace pace = {tick_s * SCF_US_PER_SECOND, stale_s * SCF_US_PER_SECOND,
                                    now_s * SCF_US_PER_SECOND};
    ok(scf_witness_advance(w.db, w.arena, &pace, &w.err));
}

static int64_t shown_to(const struct scf_uuid *witness, const struct scf_uuid *chain) {
    struct scf_witness_showing *list;
    size_t n;
    ok(scf_witness_showings(w.db, w.arena, witness, INT64_C(1) << 60, 100, &list, &n, &w.err));
    for (size_t i = 0; i < n; i++)
        if (scf_uuid_eq(&list[i].chain_id, chain))
            return list[i].size;
    return 0;
}

static void the_checkpoint_that_covers_a_leaf(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid chain = scf_uuid_new(), one = scf_uuid_new(), two = scf_uuid_new();
    struct scf_witness_standing standing;
    struct scf_cosigned newest;
    run(&add_chain, &chain, 9);
    for (int64_t size = 3; size <= 9; size += 3)
        run(&add_block, &chain, size);
    ok(scf_witness_want(w.db, w.arena, &chain, 2, 1, &w.err));
    check_found(&chain, 0, 0, NULL);
    gain(&chain, &one, 3, "one\n");
    check_found(&chain, 0, 3, "note 3\none\n"); /* better than none */
    gain(&chain, &one, 6, "one\n");
    gain(&chain, &two, 6, "two\n");
    gain(&chain, &two, 6, "again\n"); /* the first one stays */
    gain(&chain, &one, 9, "one\n");
    check_found(&chain, 0, 6, "note 6\none\ntwo\n");
    check_found(&chain, 5, 6, "note 6\none\ntwo\n");
    check_found(&chain, 6, 9, "note 9\none\n");
    check_found(&chain, 9, 0, NULL);
    ok(scf_witness_standing(w.db, w.arena, &chain, &standing, &w.err));
    assert_int_equal(standing.quorum, 2);
    assert_int_equal(standing.cosigned_size, 6);
    ok(scf_witness_want(w.db, w.arena, &chain, 1, 2, &w.err));
    ok(scf_witness_newest(w.db, w.arena, &chain, &newest, &w.err));
    assert_int_equal(newest.size, 9);
    ok(scf_witness_want(w.db, w.arena, &chain, 3, 3, &w.err));
    ok(scf_witness_newest(w.db, w.arena, &chain, &newest, &w.err));
    assert_int_equal(newest.size, 0);
}

static void the_quorum_of_the_installation(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid chain = scf_uuid_new(), own = scf_uuid_new(), none = scf_uuid_new();
    struct scf_witness_standing standing;
    run(&add_chain, &chain, 1);
    run(&add_chain, &own, 1);
    ok(scf_witness_want(w.db, w.arena, &own, 0, 1, &w.err));
    assert_int_equal(scf_witness_want(w.db, w.arena, &none, 1, 1, &w.err), SCF_E_NOT_FOUND);
    for (int64_t quorum = 2; quorum >= 0; quorum--) {
        ok(scf_witness_default(w.db, w.arena, quorum, 1, &w.err));
        ok(scf_witness_default(w.db, w.arena, quorum, 2, &w.err));
        ok(scf_witness_standing(w.db, w.arena, &chain, &standing, &w.err));
        assert_int_equal(standing.quorum, quorum);
        ok(scf_witness_standing(w.db, w.arena, &own, &standing, &w.err));
        assert_int_equal(standing.quorum, 0);
    }
}

static void what_is_shown_next(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid chain = scf_uuid_new(), witness = scf_uuid_new();
    run(&add_chain, &chain, 9);
    run(&add_block, &chain, 3);
    advance(100, 100, 90);
    assert_int_equal(shown_to(&witness, &chain), 0); /* it wants none */
    ok(scf_witness_want(w.db, w.arena, &chain, 1, 1, &w.err));
    advance(101, 100, 91);
    assert_int_equal(shown_to(&witness, &chain), 3); /* the first one at once */
    run(&add_block, &chain, 6);
    advance(111, 110, 100);
    assert_int_equal(shown_to(&witness, &chain), 3); /* without its quorum, and not stale */
    advance(112, 110, 101);
    assert_int_equal(shown_to(&witness, &chain), 6); /* stale */
    gain(&chain, &witness, 6, "line\n");
    assert_int_equal(shown_to(&witness, &chain), 0);
    run(&add_block, &chain, 9);
    advance(113, 110, 103);
    assert_int_equal(shown_to(&witness, &chain), 0); /* not before the next tick */
    advance(120, 120, 110);
    assert_int_equal(shown_to(&witness, &chain), 9);
}

static enum scf_code see_many(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct scf_uuid *log = ctx;
    enum scf_code code = SCF_OK;
    for (int64_t size = 1; code == SCF_OK && size <= SCF_WIT_SEEN_MAX + 10; size++) {
        struct scf_checkpoint c = {.size = size};
        code = scf_wit_seen_put(db, w.arena, log, &c, SCF_STR("note\n"), size == 5, 1, err);
    }
    return code;
}

/* The oldest are forgotten, but none that was cosigned. */
static void memory_has_an_end(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_wit_log log = {
        .id = scf_uuid_new(), .origin = SCF_STR("log"), .vkeys = SCF_STR(""), .created_us = 1};
    struct scf_wit_seen seen;
    ok(scf_wit_log_insert(w.db, w.arena, &log, &w.err));
    ok(scf_tx_run(w.db, see_many, &log.id, &w.err));
    for (int64_t size = 1; size <= 12; size++) {
        ok(scf_wit_seen_get(w.db, w.arena, &log.id, size, &seen, &w.err));
        assert_true(seen.found == (size == 5 || size > 10));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checkpoint_that_covers_a_leaf),
        cmocka_unit_test(the_quorum_of_the_installation),
        cmocka_unit_test(what_is_shown_next),
        cmocka_unit_test(memory_has_an_end),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
