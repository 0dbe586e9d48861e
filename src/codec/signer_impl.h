/* What the files of the signer share: OpenSSL's objects. */
#ifndef SCFD_CODEC_SIGNER_IMPL_H
#define SCFD_CODEC_SIGNER_IMPL_H

#include "scfd/codec/signer.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct scf_signer {
    EVP_PKEY *key;          /* read-only once loaded, as are the certificates */
    STACK_OF(X509) * chain; /* the signer's first */
    struct scf_buf pem;     /* the chain */
    char serial[SCF_CERTIFICATE_SERIAL];
    int64_t since_us, until_us;
};

/* PEM to certificates (1 to SCF_CERTIFICATES_MAX; text around them is ignored) and back. NULL or
 * false: it is none, or there is no memory. The stack is freed with scf_certificates_free. */
STACK_OF(X509) * scf_certificates_read(struct scf_str pem);
bool scf_certificates_write(const STACK_OF(X509) * certificates, struct scf_buf *out);
bool scf_certificate_pem(X509 *certificate, struct scf_buf *out);
void scf_certificates_free(STACK_OF(X509) * certificates);
/* 0 when it is none. */
int64_t scf_asn1_time_us(const ASN1_TIME *time);

#endif
