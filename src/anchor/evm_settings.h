/* What a target of kind "evm" is told. Pure. */
#ifndef SCFD_ANCHOR_EVM_SETTINGS_H
#define SCFD_ANCHOR_EVM_SETTINGS_H

#include "scfd/codec/eth.h"
#include "scfd/codec/schema.h"

enum {
    EVM_CONFIRMATIONS = 12,
    EVM_FINALITY = 64, /* two epochs of Ethereum */
    EVM_STUCK_AFTER_S = 180,
    EVM_POLL_S = 15,
    EVM_DEPTH_MAX = 10000
};

struct evm_settings {
    int64_t chain_id;
    bool has_to; /* else the transaction goes to the sender */
    struct scf_eth_address to;
    int64_t confirmations; /* blocks, the transaction's own included */
    int64_t finality;      /* the same; never fewer than confirmations */
    int64_t stuck_after_s, poll_s;
    uint64_t max_fee, max_priority_fee; /* wei per gas */
};

extern const struct scf_schema evm_settings_schema;
/* Of settings that the schema found sound. */
void evm_settings_read(const cJSON *settings, struct evm_settings *ret);

#endif
