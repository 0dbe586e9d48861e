/* Walking over leaf hashes: against the definition of the tree, over more tiles than one read
 * brings, and into gaps. */
#include <setjmp.h>
#include <cmocka.h>

#include "tile_store.h"
#include "trees.h"
#include "world.h"

enum { LEAVES = 64 * 256 + 300 }; /* 65 tiles and a part of one */

static struct world w;
static struct scf_hash leaves[LEAVES];

static int open_world(void **state) {
    (void)state;
    world_open(&w);
    for (uint64_t i = 0; i < LEAVES; i++)
        leaves[i] = tree_leaf(i);
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

/* A chain whose level-0 tiles hold the first `n` leaves; tile `without` is left out. */
static struct scf_uuid chain_of(size_t n, int64_t without) {
    struct scf_uuid id = scf_uuid_new();
    for (size_t at = 0; at < n; at += SCF_TILE_WIDTH) {
        size_t width = n - at < SCF_TILE_WIDTH ? n - at : SCF_TILE_WIDTH;
        struct scf_tile_row row = {id, {{0, at / SCF_TILE_WIDTH, (int)width}, leaves + at}};
        if ((int64_t)(at / SCF_TILE_WIDTH) != without)
            world_ok(&w, scf_tile_rows_write(w.db, w.arena, &row, 1, &w.err));
    }
    return id;
}

static void check_leaf(struct scf_chain_walk *walk, int64_t index) {
    struct scf_hash h;
    bool known;
    world_ok(&w, scf_chain_walk_leaf(walk, w.db, index, &known, &h, &w.err));
    assert_true(known);
    assert_memory_equal(h.b, leaves[index].b, SCF_HASH_LEN);
}

static void check_root(struct scf_chain_walk *walk, size_t size) {
    struct scf_hash h, expected = tree_mth(leaves, size);
    bool known;
    world_ok(&w, scf_chain_walk_root(walk, w.db, (int64_t)size, &known, &h, &w.err));
    assert_true(known);
    assert_memory_equal(h.b, expected.b, SCF_HASH_LEN);
}

static void gives_every_leaf_and_root(void **state) {
    (void)state;
    need_world();
    struct scf_uuid id = chain_of(LEAVES, -1);
    struct scf_chain_walk *walk = scf_chain_walk_new(w.arena, &id, world_suite);
    check_root(walk, 0);
    check_leaf(walk, 0);
    check_root(walk, 1);
    check_root(walk, 1); /* standing still */
    check_leaf(walk, 1);
    check_leaf(walk, 255);
    check_root(walk, 256);
    check_leaf(walk, 256);
    check_root(walk, 16383); /* the last leaf of the first read's last tile is ahead */
    check_leaf(walk, 16383);
    check_leaf(walk, 16384);
    check_root(walk, LEAVES - 1);
    check_leaf(walk, LEAVES - 1);
    check_root(walk, LEAVES);
}

static void ends_where_the_tiles_end(void **state) {
    (void)state;
    need_world();
    const struct {
        size_t n;
        int64_t without, last;
    } cases[] = {{0, -1, -1}, {300, -1, 299}, {1000, 2, 511}, {LEAVES, 64, 16383}};
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_uuid id = chain_of(cases[i].n, cases[i].without);
        struct scf_chain_walk *walk = scf_chain_walk_new(w.arena, &id, world_suite);
        struct scf_hash h;
        bool known = true;
        if (cases[i].last >= 0)
            check_leaf(walk, cases[i].last);
        world_ok(&w, scf_chain_walk_leaf(walk, w.db, cases[i].last + 1, &known, &h, &w.err));
        assert_false(known);
        known = true;
        world_ok(&w, scf_chain_walk_root(walk, w.db, LEAVES + 1, &known, &h, &w.err));
        assert_false(known);
        check_root(walk, (size_t)(cases[i].last + 1)); /* what was walked over still counts */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_every_leaf_and_root),
        cmocka_unit_test(ends_where_the_tiles_end),
    };
    int failed = cmocka_run_group_tests_name("sha256-ed25519", tests, open_world, close_world);
    world_suite = SCF_SUITE_SM3_SM2;
    tree_alg = SCF_SM3;
    return failed + cmocka_run_group_tests_name("sm3-sm2", tests, open_world, close_world);
}
