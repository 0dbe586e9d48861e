/* Headers of Ethereum blocks: the RLP list whose Keccak-256 is the block's hash. Pure. */
#ifndef SCFD_ANCHOR_EVM_HEADER_H
#define SCFD_ANCHOR_EVM_HEADER_H

#include "scfd/base/buf.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/json.h"

enum { EVM_HEADER_MAX = 4096 };

/* Out of a block as eth_getBlockByHash answers it. False when a member is missing or malformed.
 * Whether it is the header of the hash the caller sees by hashing: a chain that adds members of its
 * own is not understood. */
bool evm_header_of_json(struct scf_arena *arena, const cJSON *block,
                        struct scf_buf *out) SCF_MUST_CHECK;

struct evm_header {
    struct scf_hash transactions_root;
    uint64_t number, time_s;
};
bool evm_header_read(struct scf_str header, struct evm_header *ret) SCF_MUST_CHECK;

#endif
