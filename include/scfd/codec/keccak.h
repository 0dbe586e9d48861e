/* Keccak-256 as Ethereum uses it: the sponge of FIPS 202 (Keccak-f[1600], rate 136) with the
 * padding of the original submission (0x01 … 0x80), which is not that of SHA3-256. OpenSSL 3.0 has
 * no such digest. Pure; any thread. */
#ifndef SCFD_CODEC_KECCAK_H
#define SCFD_CODEC_KECCAK_H

#include "scfd/codec/digest.h"

/* `bytes` may be NULL when `n` is 0. Not for secrets: its time depends on `n` only, but its state
 * is not cleansed. */
struct scf_hash scf_keccak256(const void *bytes, size_t n);

#endif
