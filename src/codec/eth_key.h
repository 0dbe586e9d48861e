/* Recoverable signatures, for transactions. */
#ifndef SCFD_CODEC_ETH_KEY_H
#define SCFD_CODEC_ETH_KEY_H

#include "scfd/codec/eth.h"

struct scf_eth_signature {
    uint8_t r[32], s[32];
    int parity; /* of the point's y: 0 or 1 */
};
void scf_eth_sign(const struct scf_eth_key *key, const struct scf_hash *digest,
                  struct scf_eth_signature *ret);
/* Whose signature it is; false when it is none, or has a high s (EIP-2). */
bool scf_eth_recover(const struct scf_eth_signature *s, const struct scf_hash *digest,
                     struct scf_eth_address *ret) SCF_MUST_CHECK;

#endif
