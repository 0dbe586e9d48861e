/* What an anchoring transaction offers for its place in a block, and which nonce it takes. Pure. */
#ifndef SCFD_ANCHOR_EVM_FEE_H
#define SCFD_ANCHOR_EVM_FEE_H

#include "evm_settings.h"

/* Wei per gas (EIP-1559). */
struct evm_fee {
    uint64_t max_priority, max;
};

/* Twice the base fee, so that six full blocks in a row do not price it out, and the tip; both below
 * the caps. `beat` is what was offered for the same nonce before, or zeros: nodes take another
 * transaction only if it offers a tenth more in both members (some: an eighth). False: the caps do
 * not allow what is needed. */
bool evm_fee_offer(const struct evm_settings *s, uint64_t base, uint64_t tip,
                   const struct evm_fee *beat, struct evm_fee *ret) SCF_MUST_CHECK;

/* Gas that the data of a transaction to an account without code costs: 21000, and 16 a byte that is
 * not zero, 4 a zero (EIP-2028), but no less than 10 a token, of which such bytes are 4 and 1
 * (EIP-7623). */
uint64_t evm_intrinsic_gas(struct scf_str data);

/* a × b, UINT64_MAX when that is more. */
uint64_t evm_times(uint64_t a, uint64_t b);

/* A nonce that one of our entries has. */
struct evm_taken {
    int64_t nonce;
    bool own;  /* of the entry that asks */
    bool dead; /* its entry was given up: whoever comes next offers more for the same nonce */
};
/* The lowest nonce that is free. `latest` and `pending` are the account's transactions that are in
 * blocks, and in the node's pool as well; `taken` ascends and begins at `latest` or above. What the
 * pool has and nobody here knows belongs to somebody else who holds the key. */
int64_t evm_nonce_choose(int64_t latest, int64_t pending, const struct evm_taken *taken, size_t n);

#endif
