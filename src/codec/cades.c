/* CAdES-BES signatures. They are made with OpenSSL's RSA and written by cades_der.c; to check one,
 * it is written again and compared, then OpenSSL's CMS verifies it. */
#include "signer_impl.h"

#include "cades_der.h"
#include "scfd/base/clock.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>

enum { DER_MAX = 1 << 20 };

/* ---- signing ---- */

/* RSA with PKCS#1 v1.5 over SHA-256. */
static bool sign(EVP_PKEY *key, const struct scf_buf *attributes, unsigned char *value,
                 size_t *ret_n) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, value, ret_n, (const unsigned char *)attributes->data,
                               attributes->len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

enum scf_code scf_cades_sign(const struct scf_signer *signer, struct scf_str content,
                             int64_t time_us, struct scf_buf *out, struct scf_error *err) {
    struct scf_buf attributes;
    scf_buf_init(&attributes, DER_MAX);
    scf_cades_attributes(sk_X509_value(signer->chain, 0), content, time_us, &attributes);
    size_t n = (size_t)EVP_PKEY_get_size(signer->key);
    unsigned char *value = malloc(n);
    SCF_ASSERT(value);
    bool good = !attributes.overflow && sign(signer->key, &attributes, value, &n);
    if (good)
        scf_cades_encode(signer->chain, &attributes, (struct scf_str){(char *)value, n}, out);
    free(value);
    scf_buf_free(&attributes);
    unsigned long problem = ERR_peek_last_error();
    ERR_clear_error();
    if (good && !out->overflow)
        return SCF_OK;
    scf_fail(err, SCF_E_INTERNAL, "The document could not be signed.");
    return scf_note(err, "rsa: %s", ERR_reason_error_string(problem));
}

/* ---- checking ---- */

static bool refuse(char ret_problem[SCF_SIGNER_PROBLEM], const char *problem) {
    snprintf(ret_problem, SCF_SIGNER_PROBLEM, "%s", problem);
    return false;
}

static CMS_ContentInfo *parse(struct scf_str der) {
    const unsigned char *p = (const unsigned char *)der.p;
    return der.n <= DER_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)der.n) : NULL;
}

/* Everything but the value follows from chain, content and time. What verifiers do not look at
 * (versions, parameters of algorithms, unsigned attributes, other encodings) is compared here. */
static bool is_rebuilt(struct scf_str der, CMS_SignerInfo *si, const STACK_OF(X509) * chain,
                       struct scf_str content, int64_t time_us) {
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
    struct scf_buf attributes, again;
    scf_buf_init(&attributes, DER_MAX);
    scf_buf_init(&again, DER_MAX);
    scf_cades_attributes(sk_X509_value(chain, 0), content, time_us, &attributes);
    scf_cades_encode(chain, &attributes,
                     (struct scf_str){(const char *)ASN1_STRING_get0_data(value),
                                      (size_t)ASN1_STRING_length(value)},
                     &again);
    bool same = !again.overflow && scf_str_eq((struct scf_str){again.data, again.len}, der);
    scf_buf_free(&attributes);
    scf_buf_free(&again);
    return same;
}

static CMS_SignerInfo *only_signer(CMS_ContentInfo *cms) {
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
    return sk_CMS_SignerInfo_num(all) == 1 ? sk_CMS_SignerInfo_value(all, 0) : NULL;
}

static bool read_time(const CMS_SignerInfo *si, int64_t *ret) {
    const X509_ATTRIBUTE *attribute =
        CMS_signed_get_attr(si, CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1));
    const ASN1_TYPE *value =
        attribute != NULL && X509_ATTRIBUTE_count(attribute) == 1
            ? X509_ATTRIBUTE_get0_type((X509_ATTRIBUTE *)(uintptr_t)attribute, 0)
            : NULL;
    if (value == NULL || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME))
        return false;
    *ret = scf_asn1_time_us(value->value.asn1_string);
    return *ret > 0;
}

/* Certificates that are trusted at a time. Also what stands at the end of a chain must be sound: a
 * root's own signature is checked. */
static X509_STORE *make_store(const STACK_OF(X509) * roots, int first, int64_t time_us) {
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();
    bool good = store != NULL && param != NULL &&
                X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CHECK_SS_SIGNATURE |
                                                       X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
                X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) == 1;
    if (good)
        X509_VERIFY_PARAM_set_time(param, (time_t)(time_us / SCF_US_PER_SECOND));
    good = good && X509_STORE_set1_param(store, param) == 1;
    for (int i = first; good && i < sk_X509_num(roots); i++)
        good = X509_STORE_add_cert(store, sk_X509_value(roots, i)) == 1;
    X509_VERIFY_PARAM_free(param);
    if (good)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static BIO *open_view(struct scf_str bytes) {
    return bytes.n <= INT_MAX ? BIO_new_mem_buf(bytes.p, (int)bytes.n) : NULL;
}

static bool verify(CMS_ContentInfo *cms, struct scf_str content, const STACK_OF(X509) * roots,
                   int first, int64_t time_us, char ret_problem[SCF_SIGNER_PROBLEM]) {
    X509_STORE *store = make_store(roots, first, time_us);
    BIO *data = open_view(content);
    bool good = store != NULL && data != NULL &&
                CMS_verify(cms, NULL, store, data, NULL, CMS_BINARY | CMS_CADES) == 1;
    if (!good) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        refuse(ret_problem, reason != NULL ? reason : "it does not verify");
    }
    BIO_free(data);
    X509_STORE_free(store);
    return good;
}

static bool verify_parsed(CMS_ContentInfo *cms, struct scf_str der, struct scf_str content,
                          const STACK_OF(X509) * chain, struct scf_str roots_pem,
                          int64_t *ret_time_us, char ret_problem[SCF_SIGNER_PROBLEM]) {
    CMS_SignerInfo *si = only_signer(cms);
    if (si == NULL)
        return refuse(ret_problem, "it is not of one signer");
    if (!read_time(si, ret_time_us))
        return refuse(ret_problem, "it has no signing time");
    if (!is_rebuilt(der, si, chain, content, *ret_time_us))
        return refuse(ret_problem, "it is not the plain CAdES-BES signature of this content by the "
                                   "first of the chain");
    if (roots_pem.n == 0)
        return verify(cms, content, chain, sk_X509_num(chain) - 1, *ret_time_us, ret_problem);
    STACK_OF(X509) *roots = scf_certificates_read(roots_pem);
    bool good = roots != NULL ? verify(cms, content, roots, 0, *ret_time_us, ret_problem)
                              : refuse(ret_problem, "there are no trusted certificates");
    scf_certificates_free(roots);
    return good;
}

static bool is_canonical(const STACK_OF(X509) * chain, struct scf_str pem) {
    struct scf_buf again;
    scf_buf_init(&again, pem.n);
    bool same = scf_certificates_write(chain, &again) &&
                scf_str_eq((struct scf_str){again.data, again.len}, pem);
    scf_buf_free(&again);
    return same;
}

bool scf_cades_verify(struct scf_str der, struct scf_str content, struct scf_str chain_pem,
                      struct scf_str roots_pem, int64_t *ret_time_us,
                      char ret_problem[SCF_SIGNER_PROBLEM]) {
    STACK_OF(X509) *chain = scf_certificates_read(chain_pem);
    CMS_ContentInfo *cms = parse(der);
    bool good;
    if (chain == NULL || !is_canonical(chain, chain_pem))
        good = refuse(ret_problem, "the chain is not plain PEM of 1 to 8 certificates");
    else if (cms == NULL)
        good = refuse(ret_problem, "it is no CMS");
    else
        good = verify_parsed(cms, der, content, chain, roots_pem, ret_time_us, ret_problem);
    CMS_ContentInfo_free(cms);
    scf_certificates_free(chain);
    ERR_clear_error(); /* what is refused leaves entries behind (libraries: OSSL-7) */
    return good;
}
