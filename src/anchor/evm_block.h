/* The block that holds a transaction, as a proof needs it. Calls out. */
#ifndef SCFD_ANCHOR_EVM_BLOCK_H
#define SCFD_ANCHOR_EVM_BLOCK_H

#include "evm_proof.h"
#include "evm_rpc.h"

struct evm_receipt {
    struct scf_hash block_hash;
    uint64_t block_number, index;
};

/* The receipt of a transaction; *ret_found false when the node knows none. */
enum scf_code evm_receipt_get(const struct evm_node *node, const struct scf_hash *hash,
                              bool *ret_found, struct evm_receipt *ret,
                              struct scf_error *err) SCF_MUST_CHECK;

/* The block that the chain has at the receipt's height now. *ret_canonical: it is the receipt's,
 * and has the transaction where the receipt says. *ret_block in the node's arena. */
enum scf_code evm_block_check(const struct evm_node *node, const struct evm_receipt *r,
                              const struct scf_hash *hash, bool *ret_canonical,
                              const cJSON **ret_block, struct scf_error *err) SCF_MUST_CHECK;

/* A proof of the transaction `raw` in that block. Complete, with header and path, and verified, or,
 * where the node does not give what is needed, without either; *ret_why says then what is missing.
 * Non-OK: the block makes no sense. */
enum scf_code evm_block_prove(const struct evm_node *node, int64_t chain_id, const cJSON *block,
                              const struct evm_receipt *r, struct scf_str raw,
                              struct evm_proof *ret, const char **ret_why,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
