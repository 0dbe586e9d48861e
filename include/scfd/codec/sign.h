/* Ed25519 keys and signatures (RFC 8032) through OpenSSL (libraries: OSSL-3).
 * A loaded key is read-only: any thread may sign or verify with it. */
#ifndef SCFD_CODEC_SIGN_H
#define SCFD_CODEC_SIGN_H

#include "scfd/base/err.h"
#include "scfd/base/text.h"

enum { SCF_ED25519_PUBLIC_LEN = 32, SCF_ED25519_SIGNATURE_LEN = 64 };

struct scf_signing_key;

/* Loads a PKCS#8 PEM private key; when the file does not exist and `create`, makes one with mode
 * 0600 (written to a temporary name, synced, linked: of two processes the first wins). Refuses a
 * file that its group or others may read. On failure the code is INTERNAL and the detail is meant
 * for the operator. */
enum scf_code scf_signing_key_load(const char *path, bool create, struct scf_signing_key **ret,
                                   struct scf_error *err) SCF_MUST_CHECK;
void scf_signing_key_free(struct scf_signing_key *key);

void scf_signing_key_public(const struct scf_signing_key *key, uint8_t out[SCF_ED25519_PUBLIC_LEN]);
/* SubjectPublicKeyInfo PEM (what `openssl pkeyutl -pubin` reads); caller frees with free(). */
char *scf_ed25519_public_pem(const uint8_t pub[SCF_ED25519_PUBLIC_LEN]);

void scf_ed25519_sign(const struct scf_signing_key *key, const void *bytes, size_t n,
                      uint8_t out[SCF_ED25519_SIGNATURE_LEN]);
bool scf_ed25519_verify(const uint8_t pub[SCF_ED25519_PUBLIC_LEN], const void *bytes, size_t n,
                        const uint8_t sig[SCF_ED25519_SIGNATURE_LEN]) SCF_MUST_CHECK;

#endif
