/* The Merkle-Patricia trie over a block's transactions: key rlp(index), value the transaction as it
 * is sent (EIP-2718). Yellow Paper, appendix D. Pure. */
#ifndef SCFD_ANCHOR_EVM_TRIE_H
#define SCFD_ANCHOR_EVM_TRIE_H

#include "scfd/base/arena.h"
#include "scfd/base/text.h"
#include "scfd/codec/digest.h"

enum { EVM_TRIE_PATH_MAX = 8, EVM_TRIE_LEAVES_MAX = 20000 };

struct evm_trie_path {
    struct scf_str nodes[EVM_TRIE_PATH_MAX]; /* from the root down; in the arena */
    size_t n;
};
/* The root over `n` ≥ 1 values, and the nodes that lead to value `index`. False: no memory, or more
 * than EVM_TRIE_LEAVES_MAX. */
bool evm_trie_build(struct scf_arena *arena, const struct scf_str *values, size_t n, size_t index,
                    struct scf_hash *ret_root, struct evm_trie_path *ret_path) SCF_MUST_CHECK;

/* The path leads from the root to exactly this value at this index, and has nothing else. */
bool evm_trie_verify(const struct scf_hash *root, size_t index, struct scf_str value,
                     const struct evm_trie_path *path) SCF_MUST_CHECK;

#endif
