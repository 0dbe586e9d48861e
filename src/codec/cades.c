/* CAdES-BES signatures, made and checked through OpenSSL's CMS. */
#include "signer_impl.h"

#include "scfd/base/clock.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>

/* ---- signing ---- */

/* UTCTime until 2049, as RFC 5652 §11.3 wants it. */
static bool add_time(CMS_SignerInfo *si, int64_t time_us) {
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(time_us / SCF_US_PER_SECOND));
    bool added = time != NULL &&
                 CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, time->type, time, -1) == 1;
    ASN1_TIME_free(time);
    return added;
}

static BIO *open_view(struct scf_str bytes) {
    return bytes.n <= INT_MAX ? BIO_new_mem_buf(bytes.p, (int)bytes.n) : NULL;
}

/* The signature with all attributes; without a private key in `key` only its value is missing. */
static CMS_ContentInfo *build(const STACK_OF(X509) * chain, EVP_PKEY *key, struct scf_str content,
                              int64_t time_us, CMS_SignerInfo **ret_si, bool *ret_signed) {
    const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_CADES;
    BIO *data = open_view(content);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    *ret_si = cms == NULL ? NULL
                          : CMS_add1_signer(cms, sk_X509_value(chain, 0), key, EVP_sha256(), flags);
    bool good = data != NULL && *ret_si != NULL && add_time(*ret_si, time_us);
    for (int i = 1; good && i < sk_X509_num(chain); i++)
        good = CMS_add1_cert(cms, sk_X509_value(chain, i)) == 1;
    *ret_signed = good && CMS_final(cms, data, NULL, CMS_BINARY | CMS_DETACHED) == 1;
    BIO_free(data);
    if (good)
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

enum scf_code scf_cades_sign(const struct scf_signer *signer, struct scf_str content,
                             int64_t time_us, struct scf_buf *out, struct scf_error *err) {
    CMS_SignerInfo *si;
    bool done;
    CMS_ContentInfo *cms = build(signer->chain, signer->key, content, time_us, &si, &done);
    unsigned char *der = NULL;
    int n = cms != NULL && done ? i2d_CMS_ContentInfo(cms, &der) : -1;
    if (n > 0)
        scf_buf_put(out, der, (size_t)n);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    unsigned long problem = ERR_peek_last_error();
    ERR_clear_error();
    if (n > 0)
        return SCF_OK;
    scf_fail(err, SCF_E_INTERNAL, "The document could not be signed.");
    return scf_note(err, "cms: %s", ERR_reason_error_string(problem));
}

/* ---- checking ---- */

static bool refuse(char ret_problem[SCF_SIGNER_PROBLEM], const char *problem) {
    snprintf(ret_problem, SCF_SIGNER_PROBLEM, "%s", problem);
    return false;
}

static bool is_encoded(CMS_ContentInfo *cms, struct scf_str der) {
    unsigned char *again = NULL;
    int n = i2d_CMS_ContentInfo(cms, &again);
    bool same = n >= 0 && (size_t)n == der.n && memcmp(again, der.p, der.n) == 0;
    OPENSSL_free(again);
    return same;
}

/* The signature, if these bytes are how it is written in DER. */
static CMS_ContentInfo *parse(struct scf_str der) {
    const unsigned char *p = (const unsigned char *)der.p;
    CMS_ContentInfo *cms = der.n <= INT_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)der.n) : NULL;
    if (cms != NULL && p == (const unsigned char *)der.p + der.n && is_encoded(cms, der))
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

/* Everything but the value follows from chain, content and time. What verifiers do not look at
 * (versions, parameters of algorithms) is compared here. */
static bool is_rebuilt(struct scf_str der, CMS_SignerInfo *si, const STACK_OF(X509) * chain,
                       struct scf_str content, int64_t time_us) {
    CMS_SignerInfo *own;
    bool done;
    EVP_PKEY *public_key = X509_get0_pubkey(sk_X509_value(chain, 0));
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
    CMS_ContentInfo *cms =
        public_key != NULL ? build(chain, public_key, content, time_us, &own, &done) : NULL;
    bool same = cms != NULL &&
                ASN1_STRING_set(CMS_SignerInfo_get0_signature(own), ASN1_STRING_get0_data(value),
                                ASN1_STRING_length(value)) == 1 &&
                is_encoded(cms, der);
    CMS_ContentInfo_free(cms);
    return same;
}

static bool contains(const STACK_OF(X509) * all, const X509 *one) {
    for (int i = 0; i < sk_X509_num(all); i++)
        if (X509_cmp(sk_X509_value(all, i), one) == 0)
            return true;
    return false;
}

static bool has_exactly(CMS_ContentInfo *cms, const STACK_OF(X509) * chain) {
    STACK_OF(X509) *own = CMS_get1_certs(cms);
    STACK_OF(X509_CRL) *lists = CMS_get1_crls(cms);
    bool same = lists == NULL && own != NULL && sk_X509_num(own) == sk_X509_num(chain);
    for (int i = 0; same && i < sk_X509_num(chain); i++)
        same = contains(own, sk_X509_value(chain, i));
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
    scf_certificates_free(own);
    return same;
}

/* The only one who signed; NULL when there is not exactly one, or unsigned attributes. */
static CMS_SignerInfo *only_signer(CMS_ContentInfo *cms, X509 *certificate) {
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
    CMS_SignerInfo *si = sk_CMS_SignerInfo_num(all) == 1 ? sk_CMS_SignerInfo_value(all, 0) : NULL;
    return si != NULL && CMS_unsigned_get_attr_count(si) <= 0 &&
                   CMS_SignerInfo_cert_cmp(si, certificate) == 0
               ? si
               : NULL;
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
    if (!has_exactly(cms, chain))
        return refuse(ret_problem, "its certificates are not those of the chain");
    CMS_SignerInfo *si = only_signer(cms, sk_X509_value(chain, 0));
    if (si == NULL)
        return refuse(ret_problem, "it is not the one plain signature of the chain's first");
    if (!read_time(si, ret_time_us))
        return refuse(ret_problem, "it has no signing time");
    if (!is_rebuilt(der, si, chain, content, *ret_time_us))
        return refuse(ret_problem, "it is not the plain CAdES-BES signature of this content");
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
        good = refuse(ret_problem, "it is not CMS in DER");
    else
        good = verify_parsed(cms, der, content, chain, roots_pem, ret_time_us, ret_problem);
    CMS_ContentInfo_free(cms);
    scf_certificates_free(chain);
    ERR_clear_error(); /* what is refused leaves entries behind (libraries: OSSL-7) */
    return good;
}
