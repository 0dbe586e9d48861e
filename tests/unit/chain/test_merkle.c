/* Merkle trees against published roots and proofs, and against the definition of the RFC. */
#include "../codec/vectors.h"
#include "trees.h"

#include "scfd/codec/json.h"

enum { MAX = 601, ALL_PAIRS = 130 }; /* sizes 0 to 600; up to 130 exhaustively */
static struct scf_hash leaves[MAX];

static struct scf_hash from_hex(const char *hex) {
    struct scf_hash h;
    assert_true(scf_unhex(scf_str(hex), h.b, SCF_HASH_LEN));
    return h;
}

/* The eight leaves and the roots of sizes 1–8 that certificate-transparency test suites share. */
static void published_roots(void **state) {
    (void)state;
    static const struct {
        const char *leaf, *root;
    } rows[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct scf_hash hashes[SCF_COUNT(rows)];
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        uint8_t leaf[16];
        size_t n = strlen(rows[i].leaf) / 2;
        assert_true(scf_unhex(scf_str(rows[i].leaf), leaf, n));
        hashes[i] = scf_merkle_leaf(SCF_SHA256, leaf, n);
        struct scf_hash root = scf_merkle_root(SCF_SHA256, hashes, i + 1);
        struct scf_hash want = from_hex(rows[i].root);
        assert_memory_equal(root.b, want.b, SCF_HASH_LEN);
    }
    struct scf_hash empty = scf_merkle_root(SCF_SHA256, NULL, 0);
    struct scf_hash want =
        from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_memory_equal(empty.b, want.b, SCF_HASH_LEN);
}

/* ---- transparency-dev vectors ---- */

/* False when the text is no 32-byte hash: some vectors hold such on purpose. */
static bool read_hash(const cJSON *item, const char *name, struct scf_hash *ret) {
    size_t n;
    const char *text = name == NULL ? item->valuestring : scf_json_string(item, name);
    assert_non_null(text);
    return scf_unbase64(scf_str(text), ret->b, SCF_HASH_LEN, &n) && n == SCF_HASH_LEN;
}

static cJSON *load(struct scf_arena *arena, const char *relative) {
    char path[512];
    size_t n = 0;
    vector_path(relative, path);
    char *text = vector_read(path, &n);
    if (text == NULL)
        skip_without(path);
    scf_defer(arena, free, text);
    cJSON *doc = scf_json_parse(arena, text, n, NULL);
    assert_non_null(doc);
    return doc;
}

static size_t read_proof(const cJSON *doc, struct scf_hash proof[SCF_PROOF_MAX]) {
    size_t n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, scf_json_get(doc, "proof")) {
        assert_true(read_hash(item, NULL, &proof[n++]));
    }
    return n;
}

static uint64_t number(const cJSON *doc, const char *name) {
    int64_t v;
    assert_true(scf_json_i64(doc, name, &v));
    return (uint64_t)v;
}

static void check_inclusion(const char *relative) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    cJSON *doc = load(arena, relative);
    struct scf_hash leaf, root, proof[SCF_PROOF_MAX];
    assert_true(read_hash(doc, "leafHash", &leaf) && read_hash(doc, "root", &root));
    size_t n = read_proof(doc, proof);
    uint64_t index = number(doc, "leafIdx"), size = number(doc, "treeSize");
    bool good = !scf_json_bool(doc, "wantErr", true);
    assert_int_equal(scf_merkle_verify_inclusion(SCF_SHA256, index, size, &leaf, proof, n, &root),
                     good);
    for (size_t i = 0; i < n; i++) {
        proof[i].b[i] ^= 1;
        assert_false(scf_merkle_verify_inclusion(SCF_SHA256, index, size, &leaf, proof, n, &root));
        proof[i].b[i] ^= 1;
    }
    assert_false(
        scf_merkle_verify_inclusion(SCF_SHA256, index + size, size, &leaf, proof, n, &root));
    root.b[31] ^= 0x80;
    assert_false(scf_merkle_verify_inclusion(SCF_SHA256, index, size, &leaf, proof, n, &root));
    scf_arena_free(arena);
}

static void check_consistency(const char *relative) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    cJSON *doc = load(arena, relative);
    struct scf_hash old, root, proof[SCF_PROOF_MAX];
    size_t n = read_proof(doc, proof);
    uint64_t size1 = number(doc, "size1"), size2 = number(doc, "size2");
    assert_true(read_hash(doc, "root1", &old) && read_hash(doc, "root2", &root));
    bool good = !scf_json_bool(doc, "wantErr", true);
    assert_int_equal(scf_merkle_verify_consistency(SCF_SHA256, size1, size2, &old, &root, proof, n),
                     good);
    for (size_t i = 0; i < n; i++) {
        proof[i].b[i] ^= 1;
        assert_false(
            scf_merkle_verify_consistency(SCF_SHA256, size1, size2, &old, &root, proof, n));
        proof[i].b[i] ^= 1;
    }
    old.b[0] ^= 1;
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, size1, size2, &old, &root, proof, n));
    scf_arena_free(arena);
}

static void inclusion_vectors(void **state) {
    (void)state;
    char name[64];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "vectors/merkle/inclusion/%d/happy-path.json", i);
        check_inclusion(name);
    }
    check_inclusion("vectors/merkle/inclusion/single-entry/matching-root-and-leaf.json");
}

static void consistency_vectors(void **state) {
    (void)state;
    char name[64];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "vectors/merkle/consistency/%d/happy-path.json", i);
        check_consistency(name);
    }
}

/* The remaining vector has roots of 12 bytes ("don't care 2"): equal sizes, equal roots, no proof.
 */
static void consistency_of_one_with_itself(void **state) {
    (void)state;
    struct scf_hash root = {{7}}, other = {{8}};
    assert_true(scf_merkle_verify_consistency(SCF_SHA256, 1, 1, &root, &root, NULL, 0));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, 1, 1, &root, &other, NULL, 0));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, 1, 1, &root, &root, &other, 1));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, 0, 1, &root, &root, NULL, 0));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, 2, 1, &root, &root, NULL, 0));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, 3, 5, &root, &other, NULL, 0));
}

/* ---- against the definition ---- */

static struct scf_hash range_root(struct scf_range r) {
    return tree_mth(leaves + r.begin, (size_t)(r.end - r.begin));
}

static void roots_equal_the_definition(void **state) {
    (void)state;
    struct scf_compact c;
    scf_compact_init(&c, SCF_SHA256);
    for (size_t n = 0; n < MAX; n++) {
        struct scf_hash want = tree_mth(leaves, n), root = scf_compact_root(&c);
        assert_memory_equal(root.b, want.b, SCF_HASH_LEN);
        scf_compact_push(&c, 0, &leaves[n]);
    }
}

static void subtrees_push_like_their_leaves(void **state) {
    (void)state;
    struct scf_compact c;
    scf_compact_init(&c, SCF_SHA256);
    struct scf_hash a = tree_mth(leaves, 256), b = tree_mth(leaves + 256, 256);
    scf_compact_push(&c, 8, &a);
    scf_compact_push(&c, 8, &b);
    scf_compact_push(&c, 0, &leaves[512]);
    struct scf_hash want = tree_mth(leaves, 513), root = scf_compact_root(&c);
    assert_memory_equal(root.b, want.b, SCF_HASH_LEN);
}

static void check_inclusion_of(size_t index, size_t size) {
    struct scf_hash want[SCF_PROOF_MAX], proof[SCF_PROOF_MAX];
    struct scf_range ranges[SCF_PROOF_MAX];
    size_t n = tree_path(index, leaves, size, want);
    assert_int_equal(scf_merkle_inclusion(index, size, ranges), n);
    for (size_t i = 0; i < n; i++) {
        proof[i] = range_root(ranges[i]);
        assert_memory_equal(proof[i].b, want[i].b, SCF_HASH_LEN);
    }
    struct scf_hash root = tree_mth(leaves, size);
    const struct scf_hash *leaf = &leaves[index];
    assert_true(scf_merkle_verify_inclusion(SCF_SHA256, index, size, leaf, proof, n, &root));
    size_t other = (index + 1) % size;
    if (other != index)
        assert_false(scf_merkle_verify_inclusion(SCF_SHA256, other, size, leaf, proof, n, &root));
    if (n > 0)
        assert_false(
            scf_merkle_verify_inclusion(SCF_SHA256, index, size, leaf, proof, n - 1, &root));
    proof[n] = root;
    assert_false(scf_merkle_verify_inclusion(SCF_SHA256, index, size, leaf, proof, n + 1, &root));
}

/* Every place in every small tree; then places in larger ones. */
static void inclusion_equals_the_definition(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (size_t size = 1; size <= ALL_PAIRS; size++)
        for (size_t index = 0; index < size; index++)
            check_inclusion_of(index, size);
    for (int round = 0; round < 400; round++) {
        size_t size = 1 + tree_random(&seed) % MAX;
        check_inclusion_of(tree_random(&seed) % size, size);
    }
}

static void check_consistency_of(size_t old, size_t size) {
    struct scf_hash want[SCF_PROOF_MAX], proof[SCF_PROOF_MAX];
    struct scf_range ranges[SCF_PROOF_MAX];
    size_t n = tree_subproof(old, leaves, size, true, want);
    assert_int_equal(scf_merkle_consistency(old, size, ranges), n);
    for (size_t i = 0; i < n; i++) {
        proof[i] = range_root(ranges[i]);
        assert_memory_equal(proof[i].b, want[i].b, SCF_HASH_LEN);
    }
    struct scf_hash a = tree_mth(leaves, old), b = tree_mth(leaves, size);
    assert_true(scf_merkle_verify_consistency(SCF_SHA256, old, size, &a, &b, proof, n));
    if (old == size)
        return;
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, old, size, &b, &a, proof, n));
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, old, size, &a, &b, proof, n - 1));
    proof[n] = b;
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, old, size, &a, &b, proof, n + 1));
    proof[0].b[0] ^= 1;
    assert_false(scf_merkle_verify_consistency(SCF_SHA256, old, size, &a, &b, proof, n));
}

static void consistency_equals_the_definition(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (size_t size = 1; size <= ALL_PAIRS; size++)
        for (size_t old = 1; old <= size; old++)
            check_consistency_of(old, size);
    for (int round = 0; round < 400; round++) {
        size_t size = 1 + tree_random(&seed) % MAX;
        check_consistency_of(1 + tree_random(&seed) % size, size);
    }
}

/* Splitting needs no hashing, so it can be tried on trees of any size. */
static void ranges_split_into_their_subtrees(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 1000; round++) {
        uint64_t size = 1 + (tree_random(&seed) << 31 ^ tree_random(&seed)) %
                                ((uint64_t)INT64_MAX >> tree_random(&seed) % 62);
        struct scf_subtree s[SCF_PROOF_MAX];
        int n = scf_merkle_split((struct scf_range){0, size}, s);
        uint64_t at = 0;
        for (int i = 0; i < n; i++) {
            assert_int_equal(s[i].index << s[i].level, at);
            assert_true(i == 0 || s[i].level < s[i - 1].level);
            at += UINT64_C(1) << s[i].level;
        }
        assert_int_equal(at, size);
        assert_int_equal(n, __builtin_popcountll(size));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_roots),
        cmocka_unit_test(inclusion_vectors),
        cmocka_unit_test(consistency_vectors),
        cmocka_unit_test(consistency_of_one_with_itself),
        cmocka_unit_test(roots_equal_the_definition),
        cmocka_unit_test(subtrees_push_like_their_leaves),
        cmocka_unit_test(inclusion_equals_the_definition),
        cmocka_unit_test(consistency_equals_the_definition),
        cmocka_unit_test(ranges_split_into_their_subtrees),
    };
    scf_digest_init();
    for (size_t i = 0; i < MAX; i++)
        leaves[i] = tree_leaf(i);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
