/* Tile names, and proofs out of tiles that grew leaf by leaf. */
#include "../codec/vectors.h"
#include "edge.h"
#include "trees.h"

static void names(void **state) {
    (void)state;
    static const struct {
        struct scf_tile_id id;
        const char *path;
    } rows[] = {
        {{0, 0, 256}, "tile/0/000"},
        {{0, 0, 1}, "tile/0/000.p/1"},
        {{1, 999, 256}, "tile/1/999"},
        {{0, 1000, 256}, "tile/0/x001/000"},
        {{0, 1234067, 256}, "tile/0/x001/x234/067"},
        {{0, 1234067, 8}, "tile/0/x001/x234/067.p/8"},
        {{7, INT64_MAX, 255}, "tile/7/x009/x223/x372/x036/x854/x775/807.p/255"},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        char path[SCF_TILE_PATH];
        struct scf_tile_id id;
        scf_tile_path(&rows[i].id, path);
        assert_string_equal(path, rows[i].path);
        assert_true(scf_tile_path_parse(scf_str(path + strlen("tile/")), &id));
        assert_int_equal(id.level, rows[i].id.level);
        assert_int_equal(id.n, rows[i].id.n);
        assert_int_equal(id.width, rows[i].id.width);
    }
}

static void other_spellings_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "0/",
        "/000",
        "0/00",
        "0/0000",
        "00/000",
        "64/000",
        "-1/000",
        "0/x000/000",
        "0/001/000",
        "0/x01/000",
        "0/x001000",
        "0/x001/",
        "0/x001/x",
        "0/000.p",
        "0/000.p/",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p/1/",
        "0/000.p/1.p/1",
        "0/000/",
        "0/0a0",
        "entries/000",
        "0/x010/x000/x000/x000/x000/x000/000",
        "x/000",
        " 0/000",
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_tile_id id;
        if (scf_tile_path_parse(scf_str(bad[i]), &id))
            fail_msg("accepted: %s", bad[i]);
    }
}

/* An entry bundle is named as the tile of its leaves; none has a leaf that no tree can have. */
static void entry_bundles(void **state) {
    (void)state;
    struct scf_tile_id id;
    assert_true(scf_entries_path_parse(SCF_STR("x001/x234/067.p/8"), &id));
    assert_true(id.level == 0 && id.n == 1234067 && id.width == 8);
    assert_true(scf_entries_path_parse(SCF_STR("000"), &id));
    assert_true(id.level == 0 && id.n == 0 && id.width == 256);
    /* 2^55 bundles hold 2^63 leaves; sizes end at 2^63 − 1. */
    assert_true(scf_entries_path_parse(SCF_STR("x036/x028/x797/x018/x963/966"), &id));
    assert_false(scf_entries_path_parse(SCF_STR("x036/x028/x797/x018/x963/967"), &id));
    assert_false(scf_entries_path_parse(SCF_STR("0/000"), &id));
    assert_false(scf_entries_path_parse(SCF_STR(""), &id));
    assert_false(scf_entries_path_parse(SCF_STR("000.p/0"), &id));
}

static void widths(void **state) {
    (void)state;
    assert_int_equal(scf_tile_width(0, 0, 0), 0);
    assert_int_equal(scf_tile_width(0, 0, 255), 255);
    assert_int_equal(scf_tile_width(0, 0, 70000), 256);
    assert_int_equal(scf_tile_width(0, 273, 70000), 112);
    assert_int_equal(scf_tile_width(0, 274, 70000), 0);
    assert_int_equal(scf_tile_width(1, 1, 70000), 17);
    assert_int_equal(scf_tile_width(2, 0, 70000), 1);
    assert_int_equal(scf_tile_width(3, 0, 70000), 0);
    assert_int_equal(scf_tile_width(7, UINT64_MAX, INT64_MAX), 0);
    assert_int_equal(scf_tile_width(8, 0, INT64_MAX), 0);
}

/* ---- a tree in memory ---- */

enum { LEAVES = 66000, TILES = 300 };

static struct scf_hash leaves[LEAVES];

struct store {
    struct scf_tile tiles[TILES];
    size_t n;
};

static void keep(void *ctx, const struct scf_tile *tile) {
    struct store *s = ctx;
    size_t i = 0;
    while (i < s->n && (s->tiles[i].id.level != tile->id.level || s->tiles[i].id.n != tile->id.n))
        i++;
    struct scf_hash *copy = malloc((size_t)tile->id.width * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, tile->hashes, (size_t)tile->id.width * sizeof *copy);
    if (i == s->n) {
        assert_true(s->n++ < TILES);
    } else {
        assert_true(s->tiles[i].id.width <= tile->id.width); /* a tile only grows */
        assert_memory_equal(s->tiles[i].hashes, copy, (size_t)s->tiles[i].id.width * sizeof *copy);
        free((void *)(uintptr_t)s->tiles[i].hashes);
    }
    s->tiles[i] = (struct scf_tile){tile->id, copy};
}

static void drop(struct store *s) {
    for (size_t i = 0; i < s->n; i++)
        free((void *)(uintptr_t)s->tiles[i].hashes);
}

/* What tile_store does: looks the wanted tiles up. */
static void fetch(const struct store *s, struct scf_tile_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = 0; j < s->n; j++) {
            if (s->tiles[j].id.level == set->items[i].id.level &&
                s->tiles[j].id.n == set->items[i].id.n) {
                assert_true(s->tiles[j].id.width >= set->items[i].id.width);
                set->items[i] = s->tiles[j];
            }
        }
    }
}

static size_t answer(const struct store *s, const struct scf_range *ranges, int n,
                     struct scf_hash *proof) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_tile_set *set = scf_tiles_needed(arena, ranges, n);
    assert_non_null(set);
    assert_true(set->count <= 3 * 3); /* O(log n) tiles: three levels here */
    fetch(s, set);
    for (int i = 0; i < n; i++)
        assert_true(scf_tiles_root(SCF_SHA256, set, ranges[i], &proof[i]));
    scf_arena_free(arena);
    return (size_t)n;
}

/* Grows a tree in random steps with a fresh edge every time, as the sealer does. */
static void grow(struct store *s, uint64_t *seed, uint64_t *size, uint64_t step) {
    static struct scf_edge edge;
    scf_edge_init(&edge, SCF_SHA256, *size, keep, s);
    for (int level = 0; level < SCF_TILE_LEVELS; level++) {
        uint64_t n = *size >> (8 * level) >> 8;
        for (size_t i = 0; i < s->n; i++) {
            if (s->tiles[i].id.level == level && s->tiles[i].id.n == n &&
                scf_edge_width(&edge, level) > 0) {
                assert_int_equal(s->tiles[i].id.width, scf_edge_width(&edge, level));
                memcpy(edge.tiles[level], s->tiles[i].hashes,
                       (size_t)s->tiles[i].id.width * SCF_HASH_LEN);
            }
        }
    }
    uint64_t past = *size + 1 + tree_random(seed) % step;
    for (; *size < past && *size < LEAVES; (*size)++)
        scf_edge_append(&edge, &leaves[*size]);
    scf_edge_flush(&edge);
    struct scf_hash root = scf_edge_root(&edge), want = scf_merkle_root(SCF_SHA256, leaves, *size);
    assert_memory_equal(root.b, want.b, SCF_HASH_LEN);
}

static void proofs_from_tiles_verify(void **state) {
    (void)state;
    struct store s = {.n = 0};
    uint64_t seed = 4, size = 0;
    while (size < LEAVES) {
        uint64_t before = size;
        grow(&s, &seed, &size, size < 1000 ? 40 : 5000);
        struct scf_range ranges[SCF_PROOF_MAX];
        struct scf_hash proof[SCF_PROOF_MAX], root = scf_merkle_root(SCF_SHA256, leaves, size);
        for (int i = 0; i < 5; i++) {
            uint64_t index = tree_random(&seed) % size;
            size_t n = answer(&s, ranges, scf_merkle_inclusion(index, size, ranges), proof);
            assert_true(scf_merkle_verify_inclusion(SCF_SHA256, index, size, &leaves[index], proof,
                                                    n, &root));
            assert_false(scf_merkle_verify_inclusion(
                SCF_SHA256, index, size, &leaves[(index + 1) % LEAVES], proof, n, &root));
        }
        if (before > 0) {
            struct scf_hash old = scf_merkle_root(SCF_SHA256, leaves, before);
            size_t n = answer(&s, ranges, scf_merkle_consistency(before, size, ranges), proof);
            assert_true(
                scf_merkle_verify_consistency(SCF_SHA256, before, size, &old, &root, proof, n));
        }
    }
    drop(&s);
}

static void a_missing_hash_is_told(void **state) {
    (void)state;
    struct scf_tile tile = {{0, 0, 3}, leaves};
    struct scf_tile_set set = {&tile, 1};
    struct scf_hash h;
    assert_true(scf_tiles_root(SCF_SHA256, &set, (struct scf_range){0, 3}, &h));
    assert_false(scf_tiles_root(SCF_SHA256, &set, (struct scf_range){0, 4}, &h));
    assert_false(scf_tiles_root(SCF_SHA256, &set, (struct scf_range){256, 257}, &h));
    tile.hashes = NULL;
    assert_false(scf_tiles_root(SCF_SHA256, &set, (struct scf_range){0, 3}, &h));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(entry_bundles),
        cmocka_unit_test(widths),
        cmocka_unit_test(proofs_from_tiles_verify),
        cmocka_unit_test(a_missing_hash_is_told),
    };
    scf_digest_init();
    for (size_t i = 0; i < LEAVES; i++)
        leaves[i] = tree_leaf(i);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
