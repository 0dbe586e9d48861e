/* What proves an anchor on an EVM chain, as a JSON document of one spelling:
 *
 *     {"format":"scfd-evm/v1","chain_id":1,"transaction":"0x…","transaction_hash":"0x…",
 *      "from":"0x…","block_number":1,"block_hash":"0x…","block_time":"…Z","header":"0x…",
 *      "transaction_index":0,"path":["0x…",…]}
 *
 * The signed transaction carries "scfd" and the root; it is the value at its index in the trie
 * under the header's transactionsRoot (`path`, from the root down); the header's Keccak-256 is the
 * block's hash. What remains to be trusted is that the chain has that block. `header` and `path`
 * are null where the node could not give what they are made of. Pure; any thread. */
#ifndef SCFD_ANCHOR_EVM_PROOF_H
#define SCFD_ANCHOR_EVM_PROOF_H

#include "evm_trie.h"
#include "scfd/base/buf.h"
#include "scfd/codec/eth.h"

#define EVM_MARK "scfd"
enum { EVM_DATA = 4 + SCF_HASH_LEN, EVM_PROOF_MAX = 1 << 20 };

/* "scfd" and the root. */
void evm_data_of(const struct scf_hash *root, char out[EVM_DATA]);

struct evm_proof {
    int64_t chain_id;
    struct scf_str transaction; /* as it was sent */
    int64_t block_number;
    struct scf_hash block_hash;
    int64_t block_time_s;
    struct scf_str header; /* empty: none, and no path */
    int64_t index;
    struct evm_trie_path path;
};
void evm_proof_write(const struct evm_proof *p, struct scf_buf *out);
/* The exact inverse; views lie in `arena`. */
bool evm_proof_read(struct scf_arena *arena, struct scf_str text,
                    struct evm_proof *ret) SCF_MUST_CHECK;

/* See struct scf_anchor_adapter. `trust` has lines "evm <chain id> <number> <block hash>". */
bool evm_proof_verify(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                      struct scf_buf *report, int64_t *ret_time_us);

#endif
