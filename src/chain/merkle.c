/* Merkle trees of RFC 9162. Relies on the digests only. */
#include "scfd/chain/merkle.h"

struct scf_hash scf_merkle_leaf(enum scf_hash_alg alg, const void *bytes, size_t n) {
    const struct scf_str parts[] = {{"", 1}, {bytes, n}};
    return scf_digest_parts(alg, parts, SCF_COUNT(parts));
}

struct scf_hash scf_merkle_node(enum scf_hash_alg alg, const struct scf_hash *left,
                                const struct scf_hash *right) {
    uint8_t bytes[1 + 2 * SCF_HASH_LEN];
    bytes[0] = 1;
    memcpy(bytes + 1, left->b, SCF_HASH_LEN);
    memcpy(bytes + 1 + SCF_HASH_LEN, right->b, SCF_HASH_LEN);
    return scf_digest(alg, bytes, sizeof bytes);
}

struct scf_hash scf_merkle_empty(enum scf_hash_alg alg) {
    return scf_digest(alg, "", 0);
}

struct scf_hash scf_merkle_root(enum scf_hash_alg alg, const struct scf_hash *leaves, size_t n) {
    struct scf_compact c;
    scf_compact_init(&c, alg);
    for (size_t i = 0; i < n; i++)
        scf_compact_push(&c, 0, &leaves[i]);
    return scf_compact_root(&c);
}

/* ---- compact ranges ---- */

static bool bit(uint64_t value, int i) {
    return (value >> i & 1) != 0;
}

void scf_compact_init(struct scf_compact *c, enum scf_hash_alg alg) {
    c->alg = alg;
    c->size = 0;
}

void scf_compact_push(struct scf_compact *c, int level, const struct scf_hash *hash) {
    SCF_ASSERT(level >= 0 && level < SCF_MERKLE_LEVELS);
    SCF_ASSERT((c->size & ((UINT64_C(1) << level) - 1)) == 0);
    struct scf_hash carry = *hash;
    int i = level;
    for (; bit(c->size, i); i++)
        carry = scf_merkle_node(c->alg, &c->nodes[i], &carry);
    SCF_ASSERT(i < SCF_MERKLE_LEVELS);
    c->nodes[i] = carry;
    c->size += UINT64_C(1) << level;
}

struct scf_hash scf_compact_root(const struct scf_compact *c) {
    if (c->size == 0)
        return scf_merkle_empty(c->alg);
    int i = __builtin_ctzll(c->size);
    struct scf_hash root = c->nodes[i];
    for (i++; i < SCF_MERKLE_LEVELS; i++)
        if (bit(c->size, i))
            root = scf_merkle_node(c->alg, &c->nodes[i], &root);
    return root;
}

/* ---- proofs ---- */

/* The level of the largest perfect subtree that fits in n leaves; n ≥ 1. */
static int top_level(uint64_t n) {
    return 63 - __builtin_clzll(n);
}

/* The largest power of two smaller than n, where the recursion cuts; n ≥ 2. */
static uint64_t cut(uint64_t n) {
    return UINT64_C(1) << top_level(n - 1);
}

int scf_merkle_split(struct scf_range range, struct scf_subtree out[SCF_PROOF_MAX]) {
    int n = 0;
    while (range.begin < range.end) {
        int level = top_level(range.end - range.begin);
        SCF_ASSERT((range.begin & ((UINT64_C(1) << level) - 1)) == 0 && n < SCF_PROOF_MAX);
        out[n++] = (struct scf_subtree){level, range.begin >> level};
        range.begin += UINT64_C(1) << level;
    }
    return n;
}

struct scf_hash scf_merkle_fold(enum scf_hash_alg alg, const struct scf_hash *roots, int n) {
    SCF_ASSERT(n >= 1);
    struct scf_hash h = roots[n - 1];
    for (int i = n - 2; i >= 0; i--)
        h = scf_merkle_node(alg, &roots[i], &h);
    return h;
}

/* The recursions of the RFC go from the root down; the proof lists its hashes from below. */
static void reverse(struct scf_range *ranges, int n) {
    for (int i = 0, j = n - 1; i < j; i++, j--) {
        struct scf_range swap = ranges[i];
        ranges[i] = ranges[j];
        ranges[j] = swap;
    }
}

int scf_merkle_inclusion(uint64_t index, uint64_t size, struct scf_range out[SCF_PROOF_MAX]) {
    SCF_ASSERT(index < size && size <= INT64_MAX);
    struct scf_range r = {0, size};
    int n = 0;
    while (r.end - r.begin > 1) {
        uint64_t middle = r.begin + cut(r.end - r.begin);
        if (index < middle) {
            out[n++] = (struct scf_range){middle, r.end};
            r.end = middle;
        } else {
            out[n++] = (struct scf_range){r.begin, middle};
            r.begin = middle;
        }
    }
    reverse(out, n);
    return n;
}

int scf_merkle_consistency(uint64_t old_size, uint64_t size, struct scf_range out[SCF_PROOF_MAX]) {
    SCF_ASSERT(old_size >= 1 && old_size <= size && size <= INT64_MAX);
    struct scf_range r = {0, size};
    int n = 0;
    while (r.end != old_size) {
        uint64_t middle = r.begin + cut(r.end - r.begin);
        if (old_size <= middle) {
            out[n++] = (struct scf_range){middle, r.end};
            r.end = middle;
        } else {
            out[n++] = (struct scf_range){r.begin, middle};
            r.begin = middle;
        }
    }
    if (r.begin != 0) /* the verifier knows the root of the old tree, but not of a part of it */
        out[n++] = r;
    reverse(out, n);
    return n;
}

/* ---- verification ---- */

bool scf_merkle_verify_inclusion(enum scf_hash_alg alg, uint64_t index, uint64_t size,
                                 const struct scf_hash *leaf, const struct scf_hash *proof,
                                 size_t n, const struct scf_hash *root) {
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct scf_hash r = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            r = scf_merkle_node(alg, &proof[i], &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = scf_merkle_node(alg, &r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && scf_hash_eq(&r, root);
}

bool scf_merkle_verify_consistency(enum scf_hash_alg alg, uint64_t old_size, uint64_t size,
                                   const struct scf_hash *old_root, const struct scf_hash *root,
                                   const struct scf_hash *proof, size_t n) {
    if (old_size == 0 || old_size > size)
        return false;
    if (old_size == size)
        return n == 0 && scf_hash_eq(old_root, root);
    /* The root of an old tree that is one perfect subtree is not repeated in the proof. */
    bool perfect = (old_size & (old_size - 1)) == 0;
    if (!perfect && n == 0)
        return false;
    uint64_t fn = old_size - 1, sn = size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    struct scf_hash fr = perfect ? *old_root : proof[0];
    struct scf_hash sr = fr;
    for (size_t i = perfect ? 0 : 1; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            fr = scf_merkle_node(alg, &proof[i], &fr);
            sr = scf_merkle_node(alg, &proof[i], &sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = scf_merkle_node(alg, &sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && scf_hash_eq(&fr, old_root) && scf_hash_eq(&sr, root);
}
