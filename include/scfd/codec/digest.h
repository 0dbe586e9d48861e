/* Message digests through OpenSSL; algorithms are fetched once, contexts are per thread
 * (libraries: OSSL-1). Any thread, after scf_digest_init. */
#ifndef SCFD_CODEC_DIGEST_H
#define SCFD_CODEC_DIGEST_H

#include "scfd/base/text.h"

enum scf_hash_alg { SCF_SHA256 = 1, SCF_SM3 = 2 };
enum { SCF_HASH_LEN = 32 };

struct scf_hash {
    uint8_t b[SCF_HASH_LEN];
};

/* Called once by main before any thread; aborts when OpenSSL lacks an algorithm. */
void scf_digest_init(void);

struct scf_hash scf_digest(enum scf_hash_alg alg, const void *bytes, size_t n);
/* H(a || b || …): `parts` views hashed in order, without copying them together. */
struct scf_hash scf_digest_parts(enum scf_hash_alg alg, const struct scf_str *parts, size_t n);
/* The same with SHA-512, where RFC 3161 needs more than SHA-256. No context is kept. */
enum { SCF_SHA512_LEN = 64 };
void scf_sha512_parts(const struct scf_str *parts, size_t n, uint8_t out[SCF_SHA512_LEN]);
struct scf_hash scf_sha256(const void *bytes, size_t n);
struct scf_hash scf_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n);
bool scf_hash_eq(const struct scf_hash *a, const struct scf_hash *b);
/* Constant time. */
bool scf_secret_eq(const void *a, const void *b, size_t n);

/* A running digest for streams; free with _final or _drop. One thread at a time. */
struct scf_digest_stream;
struct scf_digest_stream *scf_digest_begin(enum scf_hash_alg alg);
void scf_digest_update(struct scf_digest_stream *s, const void *bytes, size_t n);
struct scf_hash scf_digest_final(struct scf_digest_stream *s);
void scf_digest_drop(struct scf_digest_stream *s);

#endif
