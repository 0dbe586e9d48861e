/* The signer of documents: an RSA key and its X.509 certificate, and CAdES-BES signatures with it
 * (ETSI EN 319 122-1; RFC 5652, RFC 5035), in one form that no library decides about.
 *
 * RSA with PKCS#1 v1.5 and a signing time that is given, not looked up: the same content and time
 * give the same bytes every time (ECDSA draws a random number for each signature).
 * A loaded signer is read-only: any thread. */
#ifndef SCFD_CODEC_SIGNER_H
#define SCFD_CODEC_SIGNER_H

#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/base/text.h"

enum {
    SCF_SIGNER_PROBLEM = 160,
    SCF_CERTIFICATES_MAX = 8,   /* in one chain */
    SCF_CERTIFICATE_SERIAL = 64 /* hex, with its NUL */
};

struct scf_signer;

/* Loads a PEM private key (RSA of at least 3072 bits, PKCS#8, not encrypted, readable for its owner
 * only) and a PEM file of certificates, the signer's first, then those that lead to its root. With
 * `create` what is missing is made: a key of 3072 bits and a self-signed certificate for `name`,
 * valid for ten years from `now_us` (written to a temporary name, synced, linked: of two processes
 * the first wins). On failure the code is INTERNAL and the detail is meant for the operator. */
enum scf_code scf_signer_load(const char *key_path, const char *certificate_path, bool create,
                              const char *name, int64_t now_us, struct scf_signer **ret,
                              struct scf_error *err) SCF_MUST_CHECK;
void scf_signer_free(struct scf_signer *signer);

/* The certificates, PEM as OpenSSL writes it, nothing between them. Lives as long as the signer. */
struct scf_str scf_signer_chain(const struct scf_signer *signer);
/* Hex digits of the certificate's serial number; and since when it is valid. */
const char *scf_signer_serial(const struct scf_signer *signer);
int64_t scf_signer_since_us(const struct scf_signer *signer);
int64_t scf_signer_until_us(const struct scf_signer *signer);

/* Appends a detached CAdES-BES signature (DER) over `content` that names `time_us`, whole seconds,
 * as its signing time. INTERNAL. */
enum scf_code scf_cades_sign(const struct scf_signer *signer, struct scf_str content,
                             int64_t time_us, struct scf_buf *out,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Checks such a signature as strictly as it is made: DER, one signer, no unsigned attributes, no
 * revocation lists, exactly the certificates of `chain_pem` (in the form of scf_signer_chain), the
 * first of which signed; the chain leads at the signing time to a certificate of `roots_pem`, or
 * (empty) to the last of the chain itself. *ret_time_us: the signing time, which is the signer's
 * own word. Pure; any thread. */
bool scf_cades_verify(struct scf_str der, struct scf_str content, struct scf_str chain_pem,
                      struct scf_str roots_pem, int64_t *ret_time_us,
                      char ret_problem[SCF_SIGNER_PROBLEM]) SCF_MUST_CHECK;

#endif
