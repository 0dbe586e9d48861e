/* Tiles in memory: what is found is what the definition of the tree says, what grew is replaced,
 * what was not used for longest goes, chains are kept apart, and threads may share one. */
#include "../codec/vectors.h"
#include "tile_cache.h"
#include "trees.h"

enum { LEAVES = 600 };
static struct scf_hash leaves[LEAVES];
static const struct scf_uuid chain_a = {{1}}, chain_b = {{2}};

static int begin(void **state) {
    (void)state;
    for (uint64_t i = 0; i < LEAVES; i++)
        leaves[i] = tree_leaf(i);
    return 0;
}

static void put(struct scf_tile_cache *c, const struct scf_uuid *chain, uint64_t n, int width) {
    struct scf_tile tile = {{0, n, width}, leaves + n * SCF_TILE_WIDTH};
    scf_tile_cache_put(c, chain, SCF_SHA256, &tile);
}

static bool has(struct scf_tile_cache *c, const struct scf_uuid *chain, int level, uint64_t index,
                struct scf_hash *ret) {
    struct scf_subtree s = {level, index};
    bool found;
    int missing = scf_tile_cache_get(c, chain, &s, 1, ret, &found);
    assert_int_equal(missing, !found);
    return found;
}

/* Every subtree that lies within the first `size` leaves is found, and no other. */
static void check_all(struct scf_tile_cache *c, size_t size) {
    struct scf_hash got;
    for (int level = 0; level < 8; level++)
        for (size_t i = 0; (i + 1) << level <= LEAVES; i++) {
            bool inside = (i + 1) << level <= size;
            assert_int_equal(has(c, &chain_a, level, i, &got), inside);
            if (!inside)
                continue;
            struct scf_hash want = tree_mth(leaves + (i << level), (size_t)1 << level);
            assert_memory_equal(got.b, want.b, SCF_HASH_LEN);
        }
}

static void subtrees_are_those_of_the_tree(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(8);
    check_all(c, 0);
    for (int width = 1; width <= SCF_TILE_WIDTH; width += 51) {
        put(c, &chain_a, 0, width);
        check_all(c, (size_t)width);
    }
    put(c, &chain_a, 0, 100); /* an older reading says nothing new */
    check_all(c, 256);
    put(c, &chain_a, 1, 256);
    put(c, &chain_a, 2, LEAVES - 512);
    check_all(c, LEAVES);
    scf_tile_cache_free(c);
}

static void upper_levels_are_apart(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(8);
    struct scf_hash got, two[2] = {tree_mth(leaves, 256), tree_mth(leaves + 256, 256)};
    struct scf_tile tile = {{1, 0, 2}, two};
    scf_tile_cache_put(c, &chain_a, SCF_SHA256, &tile);
    assert_false(has(c, &chain_a, 0, 0, &got));
    assert_true(has(c, &chain_a, 8, 1, &got));
    assert_memory_equal(got.b, two[1].b, SCF_HASH_LEN);
    assert_true(has(c, &chain_a, 9, 0, &got));
    struct scf_hash want = tree_mth(leaves, 512);
    assert_memory_equal(got.b, want.b, SCF_HASH_LEN);
    assert_false(has(c, &chain_a, 8, 2, &got));
    scf_tile_cache_free(c);
}

static void chains_are_apart(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(1); /* one bucket: they collide */
    struct scf_hash got;
    put(c, &chain_a, 0, 7);
    assert_false(has(c, &chain_b, 0, 0, &got));
    assert_true(has(c, &chain_a, 0, 0, &got));
    scf_tile_cache_free(c);
}

static void what_was_not_used_for_longest_goes(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(2);
    struct scf_hash got;
    put(c, &chain_a, 0, 256);
    put(c, &chain_a, 1, 256);
    assert_true(has(c, &chain_a, 0, 0, &got)); /* used: 1 is the older one now */
    put(c, &chain_b, 0, 9);
    assert_true(has(c, &chain_a, 0, 0, &got));
    assert_false(has(c, &chain_a, 0, 256, &got));
    assert_true(has(c, &chain_b, 0, 8, &got));
    scf_tile_cache_free(c);
}

static void without_one_nothing_is_found(void **state) {
    (void)state;
    struct scf_hash got;
    put(NULL, &chain_a, 0, 5);
    assert_false(has(NULL, &chain_a, 0, 0, &got));
    scf_tile_cache_free(NULL);
}

/* Readers and writers on a cache that is too small for them. */
static void *use(void *arg) {
    struct scf_tile_cache *c = arg;
    for (int i = 0; i < 2000; i++) {
        struct scf_hash got;
        uint64_t n = (uint64_t)i % 2;
        if (!has(c, i % 3 ? &chain_a : &chain_b, 0, n * 256 + 3, &got))
            put(c, i % 3 ? &chain_a : &chain_b, n, 4 + i % 60);
        else
            assert_memory_equal(got.b, leaves[n * 256 + 3].b, SCF_HASH_LEN);
    }
    return NULL;
}

static void everything_is_forgotten(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(2);
    scf_tile_cache_clear(NULL);
    scf_tile_cache_clear(c);
    for (int round = 0; round < 2; round++) {
        put(c, &chain_a, 0, 256);
        put(c, &chain_a, 1, 256);
        put(c, &chain_a, 2, LEAVES - 512);
        scf_tile_cache_clear(c);
        check_all(c, 0);
    }
    put(c, &chain_a, 0, 100);
    check_all(c, 100);
    scf_tile_cache_free(c);
}

static void threads_share_one(void **state) {
    (void)state;
    struct scf_tile_cache *c = scf_tile_cache_new(3);
    pthread_t threads[4];
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, c), 0);
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    scf_tile_cache_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subtrees_are_those_of_the_tree),
        cmocka_unit_test(upper_levels_are_apart),
        cmocka_unit_test(chains_are_apart),
        cmocka_unit_test(what_was_not_used_for_longest_goes),
        cmocka_unit_test(without_one_nothing_is_found),
        cmocka_unit_test(everything_is_forgotten),
        cmocka_unit_test(threads_share_one),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, begin, NULL);
}
