/* Headers of Bitcoin blocks: 80 bytes. Pure. */
#ifndef SCFD_ANCHOR_BITCOIN_H
#define SCFD_ANCHOR_BITCOIN_H

#include "scfd/codec/digest.h"

enum { BITCOIN_HEADER = 80 };

struct bitcoin_header {
    struct scf_hash merkle_root; /* in the order of the bytes in the header */
    struct scf_hash hash;        /* in the order in which people write it: reversed */
    int64_t time_s;
};
/* False when the header's hash is above the target that it states: no work went into it. Whether
 * the target was the chain's is for who knows the chain. */
bool bitcoin_header_read(const uint8_t bytes[BITCOIN_HEADER],
                         struct bitcoin_header *ret) SCF_MUST_CHECK;

#endif
