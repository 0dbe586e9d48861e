/* Merkle trees as in RFC 9162 §2.1 (the same trees as RFC 6962): hashes, roots, and inclusion and
 * consistency proofs.
 *
 * Everything is said in two terms. A subtree is a perfect one: 2^level leaves, of which the first
 * is index·2^level. A range is a run of leaves [begin, end) as the tree's own recursion cuts them;
 * its root is folded from the roots of the subtrees it splits into. A proof is a list of ranges, so
 * that whoever can look up subtrees (tiles) can answer it. Pure; any thread. */
#ifndef SCFD_CHAIN_MERKLE_H
#define SCFD_CHAIN_MERKLE_H

#include "scfd/codec/digest.h"

enum { SCF_MERKLE_LEVELS = 63 }; /* sizes are int64 in the database */
enum { SCF_PROOF_MAX = 64 };     /* hashes in one proof */

struct scf_subtree {
    int level;
    uint64_t index;
};

struct scf_range {
    uint64_t begin, end;
};

/* H(0x00 || bytes), H(0x01 || left || right), H(""). */
struct scf_hash scf_merkle_leaf(enum scf_hash_alg alg, const void *bytes, size_t n);
struct scf_hash scf_merkle_node(enum scf_hash_alg alg, const struct scf_hash *left,
                                const struct scf_hash *right);
struct scf_hash scf_merkle_empty(enum scf_hash_alg alg);
/* Root over leaf hashes. */
struct scf_hash scf_merkle_root(enum scf_hash_alg alg, const struct scf_hash *leaves, size_t n);

/* ---- compact ranges ---- */

/* What is needed to go on appending to a tree: for every bit of `size` the root of that subtree. */
struct scf_compact {
    enum scf_hash_alg alg;
    uint64_t size;
    struct scf_hash nodes[SCF_MERKLE_LEVELS]; /* nodes[i] counts when bit i of size is set */
};
void scf_compact_init(struct scf_compact *c, enum scf_hash_alg alg);
/* Appends a subtree of 2^level leaves; `size` must be a multiple of 2^level. */
void scf_compact_push(struct scf_compact *c, int level, const struct scf_hash *hash);
struct scf_hash scf_compact_root(const struct scf_compact *c);

/* ---- proofs ---- */

/* The subtrees of a range, left to right, for a range that the tree's recursion produces (begin is
 * a multiple of the largest power of two ≤ its length). Returns how many (≤ SCF_PROOF_MAX). */
int scf_merkle_split(struct scf_range range, struct scf_subtree out[SCF_PROOF_MAX]);
/* The root of a range from the roots of its subtrees; n ≥ 1. */
struct scf_hash scf_merkle_fold(enum scf_hash_alg alg, const struct scf_hash *roots, int n);

/* The ranges whose roots are the proof, in proof order; the number of them. index < size;
 * 1 ≤ old_size ≤ size. */
int scf_merkle_inclusion(uint64_t index, uint64_t size, struct scf_range out[SCF_PROOF_MAX]);
int scf_merkle_consistency(uint64_t old_size, uint64_t size, struct scf_range out[SCF_PROOF_MAX]);

/* RFC 9162 §2.1.3.2 and §2.1.4.2. */
bool scf_merkle_verify_inclusion(enum scf_hash_alg alg, uint64_t index, uint64_t size,
                                 const struct scf_hash *leaf, const struct scf_hash *proof,
                                 size_t n, const struct scf_hash *root) SCF_MUST_CHECK;
bool scf_merkle_verify_consistency(enum scf_hash_alg alg, uint64_t old_size, uint64_t size,
                                   const struct scf_hash *old_root, const struct scf_hash *root,
                                   const struct scf_hash *proof, size_t n) SCF_MUST_CHECK;

#endif
