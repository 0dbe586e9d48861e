/* The tree of a tick against RFC 9162's own definition, computed naively here: roots of all sizes
 * around the page's borders, and every path. */
#include "tree.h"

#include <setjmp.h>
#include <cmocka.h>

enum { LEAVES = 1300 };

static uint8_t bytes[LEAVES * ANCHOR_LEAF];

/* MTH of section 2.1.1, by its recursion, over SHA-256 alone. */
static struct scf_hash naive_root(size_t begin, size_t end) {
    uint8_t input[1 + 2 * SCF_HASH_LEN];
    if (end - begin == 1) {
        input[0] = 0;
        memcpy(input + 1, bytes + begin * ANCHOR_LEAF + 24, SCF_HASH_LEN);
        return scf_sha256(input, 1 + SCF_HASH_LEN);
    }
    size_t k = 1;
    while (2 * k < end - begin)
        k *= 2;
    struct scf_hash left = naive_root(begin, begin + k), right = naive_root(begin + k, end);
    input[0] = 1;
    memcpy(input + 1, left.b, SCF_HASH_LEN);
    memcpy(input + 1 + SCF_HASH_LEN, right.b, SCF_HASH_LEN);
    return scf_sha256(input, sizeof input);
}

static struct scf_str page_of(size_t page, size_t size) {
    size_t first = page * ANCHOR_PAGE, n = size - first < ANCHOR_PAGE ? size - first : ANCHOR_PAGE;
    return (struct scf_str){(const char *)bytes + first * ANCHOR_LEAF, n * ANCHOR_LEAF};
}

static struct scf_str roots_of(size_t size, uint8_t out[]) {
    size_t pages = scf_anchor_pages(size);
    for (size_t i = 0; i < pages; i++) {
        struct scf_hash root = scf_anchor_page_root(page_of(i, size));
        memcpy(out + i * SCF_HASH_LEN, root.b, SCF_HASH_LEN);
    }
    return (struct scf_str){(const char *)out, pages * SCF_HASH_LEN};
}

static void check_size(size_t size, size_t step) {
    uint8_t room[8 * SCF_HASH_LEN];
    struct scf_str roots = roots_of(size, room);
    struct scf_hash expected = naive_root(0, size), got = scf_anchor_root(roots);
    assert_true(scf_hash_eq(&expected, &got));
    for (size_t i = 0; i < size; i += step) {
        struct scf_hash path[SCF_PROOF_MAX];
        int n = scf_anchor_path(i, size, page_of(i / ANCHOR_PAGE, size), roots, path);
        struct scf_hash leaf =
            scf_merkle_leaf(SCF_SHA256, bytes + i * ANCHOR_LEAF + 24, SCF_HASH_LEN);
        if (!scf_merkle_verify_inclusion(SCF_SHA256, i, size, &leaf, path, (size_t)n, &expected))
            fail_msg("leaf %zu of %zu", i, size);
    }
}

static void roots_and_paths_are_those_of_the_rfc(void **state) {
    (void)state;
    for (size_t size = 1; size <= 20; size++)
        check_size(size, 1);
    static const size_t sizes[] = {255, 256, 257,  258,  300,  511,  512,  513,  767,
                                   768, 769, 1023, 1024, 1025, 1279, 1280, 1281, 1300};
    for (size_t i = 0; i < SCF_COUNT(sizes); i++)
        check_size(sizes[i], 7);
}

static void leaves_are_read_back_and_found(void **state) {
    (void)state;
    struct scf_str page = page_of(1, LEAVES);
    for (int i = 0; i < ANCHOR_PAGE; i++) {
        int position = -1;
        struct anchor_leaf found;
        struct anchor_leaf leaf = scf_anchor_leaf_read(bytes + (ANCHOR_PAGE + i) * ANCHOR_LEAF);
        assert_int_equal(leaf.height, (ANCHOR_PAGE + i) * INT64_C(1000003));
        assert_true(scf_anchor_page_find(page, &leaf.chain_id, &position, &found));
        assert_int_equal(position, i);
        assert_int_equal(found.height, leaf.height);
        leaf.chain_id.b[15] ^= 1; /* odd ids are there, even ones are not */
        assert_false(scf_anchor_page_find(page, &leaf.chain_id, &position, &found));
    }
    struct scf_uuid none;
    memset(none.b, 0xff, sizeof none.b);
    assert_false(scf_anchor_page_find(page, &none, &(int){0}, &(struct anchor_leaf){0}));
}

static int set_up(void **state) {
    (void)state;
    for (int i = 0; i < LEAVES; i++) {
        struct anchor_leaf leaf = {.height = i * INT64_C(1000003)};
        leaf.chain_id.b[13] = (uint8_t)(i >> 7);
        leaf.chain_id.b[15] = (uint8_t)(i << 1 | 1);
        leaf.block_hash = scf_sha256(&i, sizeof i);
        scf_anchor_leaf_write(&leaf, bytes + i * ANCHOR_LEAF);
    }
    return 0;
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_and_paths_are_those_of_the_rfc),
        cmocka_unit_test(leaves_are_read_back_and_found),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
