/* Trees for tests: the definition of RFC 9162 §2.1 written down as it stands there, to compare the
 * real code with. */
#ifndef SCFD_TESTS_CHAIN_TREES_H
#define SCFD_TESTS_CHAIN_TREES_H

#include "scfd/chain/merkle.h"

/* Of the trees below; a test may set it. */
static enum scf_hash_alg tree_alg = SCF_SHA256;

static inline uint64_t tree_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static inline struct scf_hash tree_leaf(uint64_t i) {
    uint8_t bytes[8];
    memcpy(bytes, &i, sizeof bytes);
    return scf_merkle_leaf(tree_alg, bytes, sizeof bytes);
}

static inline size_t tree_cut(size_t n) {
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

/* MTH(D[n]) */
static inline struct scf_hash tree_mth(const struct scf_hash *d, size_t n) {
    if (n == 0)
        return scf_digest(tree_alg, "", 0);
    if (n == 1)
        return d[0];
    size_t k = tree_cut(n);
    struct scf_hash l = tree_mth(d, k), r = tree_mth(d + k, n - k);
    uint8_t bytes[65] = {1};
    memcpy(bytes + 1, l.b, 32);
    memcpy(bytes + 33, r.b, 32);
    return scf_digest(tree_alg, bytes, sizeof bytes);
}

/* PATH(m, D[n]) */
static inline size_t tree_path(size_t m, const struct scf_hash *d, size_t n, struct scf_hash *out) {
    if (n == 1)
        return 0;
    size_t k = tree_cut(n), count;
    if (m < k) {
        count = tree_path(m, d, k, out);
        out[count] = tree_mth(d + k, n - k);
    } else {
        count = tree_path(m - k, d + k, n - k, out);
        out[count] = tree_mth(d, k);
    }
    return count + 1;
}

/* SUBPROOF(m, D[n], b) */
static inline size_t tree_subproof(size_t m, const struct scf_hash *d, size_t n, bool b,
                                   struct scf_hash *out) {
    if (m == n) {
        if (b)
            return 0;
        out[0] = tree_mth(d, n);
        return 1;
    }
    size_t k = tree_cut(n), count;
    if (m <= k) {
        count = tree_subproof(m, d, k, b, out);
        out[count] = tree_mth(d + k, n - k);
    } else {
        count = tree_subproof(m - k, d + k, n - k, false, out);
        out[count] = tree_mth(d, k);
    }
    return count + 1;
}

#endif
