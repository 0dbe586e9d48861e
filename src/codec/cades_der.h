/* The encoding of CAdES-BES signatures, all of whose bytes follow from certificates, content,
 * signing time and the value of the signature. Pure; any thread. What cannot be written sets
 * out->overflow. */
#ifndef SCFD_CODEC_CADES_DER_H
#define SCFD_CODEC_CADES_DER_H

#include "signer_impl.h"

/* Appends the signed attributes in the form that is signed: content type, signing time (whole
 * seconds of `time_us`), digest of `content`, the signer's certificate. */
void scf_cades_attributes(X509 *certificate, struct scf_str content, int64_t time_us,
                          struct scf_buf *out);
/* Appends the ContentInfo: detached, one signer (whose certificate is the chain's first), the
 * chain's certificates, no revocation lists, no unsigned attributes. */
void scf_cades_encode(const STACK_OF(X509) * chain, const struct scf_buf *attributes,
                      struct scf_str value, struct scf_buf *out);

#endif
