/* Digests that formats of others still need; nothing of ours relies on them. Any thread. */
#ifndef SCFD_CODEC_OLD_DIGEST_H
#define SCFD_CODEC_OLD_DIGEST_H

#include "scfd/base/text.h"

enum scf_old_digest { SCF_SHA1, SCF_RIPEMD160 };
enum { SCF_OLD_DIGEST_LEN = 20 };

/* False when this machine's OpenSSL has no such algorithm. */
bool scf_old_digest(enum scf_old_digest alg, const void *bytes, size_t n,
                    uint8_t out[SCF_OLD_DIGEST_LEN]) SCF_MUST_CHECK;

#endif
