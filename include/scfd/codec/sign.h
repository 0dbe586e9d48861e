/* Keys and signatures through OpenSSL: Ed25519 (RFC 8032; libraries: OSSL-3) and SM2 with SM3
 * (GB/T 32918.2-2016, with the signer's identity 1234567812345678 of GB/T 35276-2017; libraries:
 * OSSL-4). A loaded key is read-only: any thread may sign or verify with it. */
#ifndef SCFD_CODEC_SIGN_H
#define SCFD_CODEC_SIGN_H

#include "scfd/base/err.h"
#include "scfd/base/text.h"

enum scf_sign_alg { SCF_ED25519 = 1, SCF_SM2 = 2 };

enum {
    SCF_ED25519_PUBLIC_LEN = 32,
    SCF_ED25519_SIGNATURE_LEN = 64,
    SCF_SM2_PUBLIC_LEN = 65,    /* the uncompressed point: 0x04, x, y */
    SCF_SM2_SIGNATURE_MAX = 72, /* DER: a sequence of two integers; 70 to 72 bytes as a rule */
    SCF_PUBLIC_MAX = SCF_SM2_PUBLIC_LEN,
    SCF_SIGNATURE_MAX = SCF_SM2_SIGNATURE_MAX
};

#define SCF_SM2_IDENTITY "1234567812345678"

/* ---- public keys ---- */

struct scf_public_key {
    enum scf_sign_alg alg;
    uint8_t bytes[SCF_PUBLIC_MAX]; /* the first scf_public_key_len(alg) of them; the rest is 0 */
};
size_t scf_public_key_len(enum scf_sign_alg alg);
/* False when there are not as many bytes as the algorithm has. Whether an SM2 point lies on the
 * curve shows when something is verified: nothing is by one that does not. */
bool scf_public_key_read(enum scf_sign_alg alg, const void *bytes, size_t n,
                         struct scf_public_key *ret) SCF_MUST_CHECK;
bool scf_public_key_eq(const struct scf_public_key *a, const struct scf_public_key *b);
/* SubjectPublicKeyInfo PEM (what `openssl pkeyutl -pubin` reads); caller frees with free(). */
char *scf_public_key_pem(const struct scf_public_key *pub);

/* ---- secret keys ---- */

struct scf_signing_key;

/* Loads a PKCS#8 PEM private key of the algorithm; when the file does not exist and `create`, makes
 * one with mode 0600 (written to a temporary name, synced, linked: of two processes the first
 * wins). Refuses a file that its group or others may read. On failure the code is INTERNAL and the
 * detail is meant for the operator. */
enum scf_code scf_signing_key_load(const char *path, enum scf_sign_alg alg, bool create,
                                   struct scf_signing_key **ret,
                                   struct scf_error *err) SCF_MUST_CHECK;
void scf_signing_key_free(struct scf_signing_key *key);

struct scf_public_key scf_signing_key_public(const struct scf_signing_key *key);

/* ---- use ---- */

struct scf_signature {
    size_t n;
    uint8_t bytes[SCF_SIGNATURE_MAX]; /* Ed25519: 64 bytes; SM2: DER */
};
/* Ed25519 gives the same signature every time, SM2 another one (it takes a random number). */
void scf_sign(const struct scf_signing_key *key, const void *bytes, size_t n,
              struct scf_signature *ret);
bool scf_verify(const struct scf_public_key *pub, const void *bytes, size_t n, const void *sig,
                size_t sig_n) SCF_MUST_CHECK;

#endif
