/* Ticks on a real database: 10,000 chains in one, found again leaf by leaf; who is due; leases. */
#include <setjmp.h>

#include <cmocka.h>

#include "../chain/world.h"
#include "entry.h"
#include "tick.h"

/* Of our own computing, and of all: the second also waits for the database and other processes. */
enum { CHAINS = 10000, OWN_MAX_US = 2000000, TIME_MAX_US = 60000000 };

static struct world w;

static int open_world(void **state) {
    (void)state;
    world_open(&w);
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

static bool make_tick(void) {
    bool made;
    world_ok(&w, scf_anchor_tick_make(w.db, w.arena, &w.services, &made, &w.err));
    return made;
}

static void add_target(const char *name) {
    world_sql(&w, scf_asprintf(
                      w.arena,
                      "INSERT INTO scfd.anchor_target (uid, name, kind, url, settings, interval_s,"
                      " give_up_after_s, renew_before_s, silent_after_s, created_at, updated_at)"
                      " VALUES (gen_random_uuid(), '%s', 0, 'http://x', '{}', 3600, 600, 600, 600,"
                      " now(), now())",
                      name));
}

static void nothing_is_due_without_targets_and_blocks(void **state) {
    (void)state;
    need_world();
    assert_false(make_tick());
    add_target("first");
    assert_false(make_tick());
}

static int64_t own_us(void) {
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
    return t.tv_sec * SCF_US_PER_SECOND + t.tv_nsec / 1000;
}

/* Ids in no order, heights that tell the chains apart. */
static void ten_thousand_chains_in_one_tick(void **state) {
    (void)state;
    need_world();
    world_sql(&w, "INSERT INTO scfd.chain_seal (chain_id, height, size, block_hash)"
                  " SELECT md5(i::text)::uuid, i, i + 1, sha256(i::text::bytea)"
                  " FROM generate_series(0, 9999) i");
    int64_t began_us = scf_mono_us(), own_began_us = own_us();
    assert_true(make_tick());
    assert_true(own_us() - own_began_us < OWN_MAX_US);
    assert_true(scf_mono_us() - began_us < TIME_MAX_US);
    assert_int_equal(world_number(&w, "SELECT size FROM scfd.anchor_tick"), CHAINS);
    assert_int_equal(world_number(&w, "SELECT blocks FROM scfd.anchor_tick"),
                     INT64_C(10000) * 10001 / 2);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.anchor_page"), 40);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.anchor_entry WHERE state = 0"), 1);
    assert_false(make_tick()); /* its entry is pending */
}

static struct scf_anchor_entry lease(void) {
    struct scf_anchor_entry e;
    bool found;
    world_ok(&w, scf_anchor_entry_lease(w.db, w.arena, scf_now_us(), &e, &found, &w.err));
    assert_true(found);
    return e;
}

static void an_entry_has_one_holder(void **state) {
    (void)state;
    need_world();
    struct scf_anchor_entry e = lease(), other;
    bool found;
    assert_string_equal(e.target->name, "first");
    world_ok(&w, scf_anchor_entry_lease(w.db, w.arena, scf_now_us(), &other, &found, &w.err));
    assert_false(found);
    struct scf_anchor_statement s;
    assert_true(scf_anchor_statement_parse(e.statement, &s));
    assert_string_equal("scfd.example/anchors", scf_strndup(w.arena, s.origin.p, s.origin.n));
    assert_true(scf_hash_eq(&s.root, &e.root));
    int64_t lease_us = e.due_us;
    /* Who has lost the lease changes nothing. */
    struct scf_anchor_entry late = e;
    late.state = SCF_ANCHOR_FAILED;
    world_ok(&w, scf_anchor_entry_save(w.db, w.arena, &late, lease_us + 1, true, 5, &w.err));
    e.state = SCF_ANCHOR_CONFIRMED;
    e.proof = SCF_STR("proof");
    e.reference = "r";
    e.proven_us = scf_now_us();
    e.due_us = 0;
    world_ok(&w, scf_anchor_entry_save(w.db, w.arena, &e, lease_us, true, scf_now_us(), &w.err));
    assert_int_equal(world_number(&w, "SELECT state FROM scfd.anchor_entry"), SCF_ANCHOR_CONFIRMED);
    assert_int_equal(
        world_number(&w, "SELECT count(*) FROM scfd.anchor_target WHERE last_good_at IS NOT NULL"),
        1);
}

/* The ids of some chains, by their numbers. */
static struct scf_uuid chain_number(int i) {
    struct scf_stmt stmt = {scf_asprintf(w.arena, "chain_%d", i),
                            scf_asprintf(w.arena, "SELECT md5('%d')::uuid", i)};
    struct scf_rows *rows;
    world_ok(&w, scf_db_run(w.db, &stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_uuid(rows, 0, 0);
}

static void check_found(int i) {
    struct scf_uuid id = chain_number(i);
    struct scf_anchoring *a;
    size_t n;
    world_ok(&w, scf_anchor_find(w.db, w.arena, &id, i, &a, &n, &w.err));
    assert_int_equal(n, 1);
    assert_int_equal(a->block_height, i);
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    struct scf_hash block = scf_sha256(text, strlen(text));
    assert_true(scf_hash_eq(&block, &a->block_hash));
    struct scf_hash leaf = scf_merkle_leaf(SCF_SHA256, block.b, sizeof block.b);
    assert_true(scf_merkle_verify_inclusion(SCF_SHA256, (uint64_t)a->index, CHAINS, &leaf, a->path,
                                            (size_t)a->path_count, &a->entry.root));
    world_ok(&w, scf_anchor_find(w.db, w.arena, &id, i + 1, &a, &n, &w.err));
    assert_int_equal(n, 0); /* a block that no tick covers yet */
}

static void every_chain_is_found_in_it(void **state) {
    (void)state;
    need_world();
    for (int i = 0; i < CHAINS; i += 97)
        check_found(i);
    check_found(CHAINS - 1);
    struct scf_uuid none = scf_uuid_new();
    struct scf_anchoring *a;
    size_t n;
    world_ok(&w, scf_anchor_find(w.db, w.arena, &none, 0, &a, &n, &w.err));
    assert_int_equal(n, 0);
}

static void the_first_tick_that_covers_counts(void **state) {
    (void)state;
    need_world();
    struct scf_uuid id = chain_number(0);
    for (int round = 1; round <= 5; round++) {
        world_sql(&w, "UPDATE scfd.chain_seal SET height = height + 1"
                      " WHERE chain_id = md5('0')::uuid");
        world_sql(&w, "UPDATE scfd.anchor_tick SET at = at - interval '2 hours'");
        assert_true(make_tick());
        struct scf_anchor_entry e = lease();
        int64_t lease_us = e.due_us;
        e.state = round == 2 ? SCF_ANCHOR_FAILED : SCF_ANCHOR_CONFIRMED;
        e.proof = SCF_STR("proof");
        e.due_us = 0;
        world_ok(&w,
                 scf_anchor_entry_save(w.db, w.arena, &e, lease_us, true, scf_now_us(), &w.err));
    }
    static const int64_t expected[] = {0, 1, 3, 3, 4, 5}; /* the second has failed */
    for (int64_t height = 0; height <= 5; height++) {
        struct scf_anchoring *a;
        size_t n;
        world_ok(&w, scf_anchor_find(w.db, w.arena, &id, height, &a, &n, &w.err));
        assert_int_equal(n, 1);
        assert_int_equal(a->entry.tick, expected[height]);
        assert_int_equal(a->block_height, expected[height]);
    }
}

static void a_target_that_failed_takes_the_next_at_once(void **state) {
    (void)state;
    need_world();
    assert_false(make_tick());
    world_sql(&w, "UPDATE scfd.anchor_entry SET state = 3 WHERE tick = 5");
    assert_true(make_tick());
    add_target("second"); /* a new one does not wait for news */
    assert_true(make_tick());
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.anchor_entry WHERE tick = 7"), 1);
    world_sql(&w, "UPDATE scfd.anchor_target SET active = false");
    world_sql(&w, "UPDATE scfd.chain_seal SET height = height + 1");
    world_sql(&w, "UPDATE scfd.anchor_entry SET state = 3");
    assert_false(make_tick());
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_without_targets_and_blocks),
        cmocka_unit_test(ten_thousand_chains_in_one_tick),
        cmocka_unit_test(an_entry_has_one_holder),
        cmocka_unit_test(every_chain_is_found_in_it),
        cmocka_unit_test(the_first_tick_that_covers_counts),
        cmocka_unit_test(a_target_that_failed_takes_the_next_at_once),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
