/* RFC 3161 over OpenSSL's TS and PKCS7. OpenSSL verifies the signature, the ESS certificate and the
 * chain; what the token says is compared here, since its own comparison needs the whole request. */
#include "scfd/codec/timestamp.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "scfd/base/clock.h"

enum { AUTH_LEVEL = 2 /* 112 bits */, OID_TEXT = 128, TEXT_MAX = 200 };

/* Says what failed, and for the log why; leaves OpenSSL's queue empty. */
static enum scf_code refuse(struct scf_error *err, const char *what) {
    char reason[200] = "";
    unsigned long last = ERR_peek_last_error();
    if (last)
        ERR_error_string_n(last, reason, sizeof reason);
    ERR_clear_error();
    scf_fail(err, SCF_E_UPSTREAM, "%s", what);
    if (last && err)
        (void)scf_note(err, "%s", reason);
    return SCF_E_UPSTREAM;
}

bool scf_timestamp_oid_valid(const char *oid) {
    if (oid[0] < '0' || oid[0] > '2' || strlen(oid) >= OID_TEXT)
        return false;
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    char again[OID_TEXT];
    bool same = object && OBJ_obj2txt(again, sizeof again, object, 1) > 0 && !strcmp(again, oid);
    ASN1_OBJECT_free(object);
    ERR_clear_error();
    return same;
}

/* ---- what is trusted ---- */

struct trust {
    X509_STORE *roots;
    STACK_OF(X509) * helpers; /* owned */
    int root_count, count;
};

static void trust_free(struct trust *t) {
    X509_STORE_free(t->roots);
    sk_X509_pop_free(t->helpers, X509_free);
}

/* Takes the certificate. */
static bool trust_add(struct trust *t, X509 *cert) {
    bool root = X509_self_signed(cert, 0) == 1;
    t->count++;
    t->root_count += root;
    if (root) {
        bool ok = X509_STORE_add_cert(t->roots, cert) == 1;
        X509_free(cert);
        return ok;
    }
    if (sk_X509_push(t->helpers, cert) > 0)
        return true;
    X509_free(cert);
    return false;
}

/* An empty pass phrase instead of OpenSSL's prompt on the terminal. */
static int no_pass_phrase(char *out, int size, int writing, void *unused) {
    (void)out, (void)size, (void)writing, (void)unused;
    return 0;
}

/* False: not PEM of certificates only, too many, none that is a root. */
static bool trust_read(struct scf_str pem, struct trust *ret) {
    struct trust t = {X509_STORE_new(), sk_X509_new_null(), 0, 0};
    BIO *bio =
        pem.n > 0 && pem.n <= SCF_TIMESTAMP_TRUST_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    bool ok = t.roots && t.helpers && bio;
    while (ok) {
        X509 *cert = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
        if (cert == NULL)
            break;
        ok = trust_add(&t, cert) && t.count <= SCF_TIMESTAMP_CERTS_MAX;
    }
    ok = ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && t.root_count > 0;
    ERR_clear_error();
    BIO_free(bio);
    if (ok)
        *ret = t;
    else
        trust_free(&t);
    return ok;
}

bool scf_timestamp_trust_valid(struct scf_str pem) {
    struct trust t;
    if (!trust_read(pem, &t))
        return false;
    trust_free(&t);
    return true;
}

/* ---- requests ---- */

static bool set_imprint(TS_REQ *request, const struct scf_timestamp_want *want) {
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    uint8_t bytes[SCF_SHA512_LEN];
    int n = want->sha512 ? SCF_SHA512_LEN : SCF_HASH_LEN;
    memcpy(bytes, want->sha512 ? want->sha512 : want->digest.b, (size_t)n);
    ASN1_OBJECT *hash = OBJ_nid2obj(want->sha512 ? NID_sha512 : NID_sha256);
    bool ok = imprint && algorithm && X509_ALGOR_set0(algorithm, hash, V_ASN1_NULL, NULL) == 1 &&
              TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
              TS_MSG_IMPRINT_set_msg(imprint, bytes, n) == 1 &&
              TS_REQ_set_msg_imprint(request, imprint) == 1; /* all of them copy */
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    return ok;
}

static ASN1_INTEGER *nonce_integer(const uint8_t nonce[SCF_TIMESTAMP_NONCE]) {
    BIGNUM *number = BN_bin2bn(nonce, SCF_TIMESTAMP_NONCE, NULL);
    ASN1_INTEGER *integer = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    BN_free(number);
    return integer;
}

static bool set_nonce(TS_REQ *request, const uint8_t *nonce) {
    if (nonce == NULL)
        return true;
    ASN1_INTEGER *integer = nonce_integer(nonce);
    bool ok = integer && TS_REQ_set_nonce(request, integer) == 1;
    ASN1_INTEGER_free(integer);
    return ok;
}

static bool set_policy(TS_REQ *request, const char *oid) {
    if (oid == NULL)
        return true;
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    bool ok = object && TS_REQ_set_policy_id(request, object) == 1;
    ASN1_OBJECT_free(object);
    return ok;
}

enum scf_code scf_timestamp_request(const struct scf_timestamp_want *want, struct scf_buf *out,
                                    struct scf_error *err) {
    if (want->policy_oid && !scf_timestamp_oid_valid(want->policy_oid))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The policy is no object identifier.");
    TS_REQ *request = TS_REQ_new();
    unsigned char *der = NULL;
    int n = -1;
    if (request && TS_REQ_set_version(request, 1) && set_imprint(request, want) &&
        set_nonce(request, want->nonce) && set_policy(request, want->policy_oid) &&
        TS_REQ_set_cert_req(request, 1))
        n = i2d_TS_REQ(request, &der);
    if (n > 0)
        scf_buf_put(out, der, (size_t)n);
    OPENSSL_free(der);
    TS_REQ_free(request);
    ERR_clear_error();
    return n > 0 && !out->overflow ? SCF_OK : scf_fail_memory(err);
}

/* ---- responses ---- */

/* The status text of a refusal, as far as it is printable ASCII. */
static void status_text(const TS_STATUS_INFO *status, char out[TEXT_MAX]) {
    const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(status);
    const ASN1_UTF8STRING *text =
        sk_ASN1_UTF8STRING_num(texts) > 0 ? sk_ASN1_UTF8STRING_value(texts, 0) : NULL;
    int n = text ? ASN1_STRING_length(text) : 0;
    int kept = 0;
    for (int i = 0; i < n && kept < TEXT_MAX - 1; i++) {
        unsigned char c = ASN1_STRING_get0_data(text)[i];
        if (c >= 0x20 && c < 0x7f)
            out[kept++] = (char)c;
    }
    out[kept] = '\0';
}

static enum scf_code granted(TS_RESP *response, struct scf_error *err) {
    const TS_STATUS_INFO *info = TS_RESP_get_status_info(response);
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
    if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS)
        return SCF_OK;
    char text[TEXT_MAX];
    status_text(info, text);
    return scf_fail(err, SCF_E_UPSTREAM, "The authority refuses: status %ld%s%s.", status,
                    text[0] ? ", " : "", text);
}

static enum scf_code token_der(struct scf_arena *arena, PKCS7 *token, struct scf_str *ret,
                               struct scf_error *err) {
    unsigned char *der = NULL;
    int n = i2d_PKCS7(token, &der);
    char *copy = n > 0 ? scf_strndup(arena, (const char *)der, (size_t)n) : NULL;
    OPENSSL_free(der);
    if (copy == NULL)
        return refuse(err, "The token cannot be encoded.");
    *ret = (struct scf_str){copy, (size_t)n};
    return SCF_OK;
}

enum scf_code scf_timestamp_response(struct scf_arena *arena, struct scf_str response,
                                     struct scf_str *ret_token, struct scf_error *err) {
    ERR_clear_error();
    if (response.n == 0 || response.n > SCF_TIMESTAMP_MAX)
        return refuse(err, "The answer is empty or too large.");
    const unsigned char *at = (const unsigned char *)response.p;
    TS_RESP *parsed = d2i_TS_RESP(NULL, &at, (long)response.n);
    if (parsed == NULL || at != (const unsigned char *)response.p + response.n) {
        TS_RESP_free(parsed);
        return refuse(err, "The answer is no timestamp response.");
    }
    enum scf_code code = granted(parsed, err);
    if (code == SCF_OK && TS_RESP_get_token(parsed) == NULL)
        code = refuse(err, "The answer has no token.");
    if (code == SCF_OK)
        code = token_der(arena, TS_RESP_get_token(parsed), ret_token, err);
    TS_RESP_free(parsed);
    ERR_clear_error();
    return code;
}

/* ---- reading a token ---- */

bool scf_timestamp_cut(struct scf_str *rest, struct scf_str *ret) {
    const unsigned char *at = (const unsigned char *)rest->p;
    long n = 0;
    int tag, class;
    if (rest->n == 0 || rest->n > LONG_MAX)
        return false;
    int flags = ASN1_get_object(&at, &n, &tag, &class, (long)rest->n);
    ERR_clear_error();
    /* 0x80: an error; 0x01: an indefinite length, which DER does not know. */
    if (flags & 0x81 || tag != V_ASN1_SEQUENCE || n < 0)
        return false;
    size_t whole = (size_t)(at - (const unsigned char *)rest->p) + (size_t)n;
    if (whole > rest->n)
        return false;
    *ret = (struct scf_str){rest->p, whole};
    *rest = (struct scf_str){rest->p + whole, rest->n - whole};
    return true;
}

struct token {
    PKCS7 *p7;
    TS_TST_INFO *info;
};

static void token_free(struct token *t) {
    TS_TST_INFO_free(t->info);
    PKCS7_free(t->p7);
}

/* Encoded again it must be the same bytes: a second spelling of one token is not accepted. */
static bool is_canonical(PKCS7 *p7, struct scf_str token) {
    unsigned char *der = NULL;
    int n = i2d_PKCS7(p7, &der);
    bool same = n > 0 && (size_t)n == token.n && memcmp(der, token.p, token.n) == 0;
    OPENSSL_free(der);
    return same;
}

/* What the signature does not cover must be as RFC 5652 wants it, so that a token has one form: the
 * versions, and the digest algorithms, which are the signer's and nothing else. */
static bool has_sound_frame(const PKCS7_SIGNED *sign) {
    if (ASN1_INTEGER_get(sign->version) != 3 || sk_PKCS7_SIGNER_INFO_num(sign->signer_info) != 1 ||
        sk_X509_ALGOR_num(sign->md_algs) != 1)
        return false;
    const PKCS7_SIGNER_INFO *signer = sk_PKCS7_SIGNER_INFO_value(sign->signer_info, 0);
    return ASN1_INTEGER_get(signer->version) == 1 &&
           X509_ALGOR_cmp(sk_X509_ALGOR_value(sign->md_algs, 0), signer->digest_alg) == 0;
}

static enum scf_code token_read(struct scf_str token, struct token *ret, struct scf_error *err) {
    const unsigned char *at = (const unsigned char *)token.p;
    if (token.n == 0 || token.n > SCF_TIMESTAMP_MAX)
        return refuse(err, "The token is empty or too large.");
    struct token t = {.p7 = d2i_PKCS7(NULL, &at, (long)token.n)};
    const char *fault = NULL;
    if (t.p7 == NULL || at != (const unsigned char *)token.p + token.n ||
        !PKCS7_type_is_signed(t.p7) || t.p7->d.sign == NULL)
        fault = "The token is no signed message.";
    else if (!is_canonical(t.p7, token))
        fault = "The token is not in canonical form.";
    else if (!has_sound_frame(t.p7->d.sign))
        fault = "The token's frame is not as RFC 5652 wants it.";
    else if ((t.info = PKCS7_to_TS_TST_INFO(t.p7)) == NULL)
        fault = "The signed message is no timestamp.";
    if (fault) {
        token_free(&t);
        return refuse(err, fault);
    }
    *ret = t;
    return SCF_OK;
}

/* ---- what it says ---- */

/* NID_undef: unknown, or with parameters, which none of those meant here has. */
static int algorithm_nid(const X509_ALGOR *algorithm) {
    const ASN1_OBJECT *object;
    int parameter;
    X509_ALGOR_get0(&object, &parameter, NULL, algorithm);
    bool plain = parameter == V_ASN1_UNDEF || parameter == V_ASN1_NULL;
    return plain ? OBJ_obj2nid(object) : NID_undef;
}

static int imprint_nid(TS_TST_INFO *info) {
    return algorithm_nid(TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info)));
}

/* By a kind of hash that is known to be one that `want` has. */
static bool imprint_is(TS_TST_INFO *info, const struct scf_timestamp_want *want) {
    const ASN1_OCTET_STRING *message = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));
    bool wide = imprint_nid(info) == NID_sha512;
    int n = wide ? SCF_SHA512_LEN : SCF_HASH_LEN;
    return ASN1_STRING_length(message) == n &&
           memcmp(ASN1_STRING_get0_data(message), wide ? want->sha512 : want->digest.b,
                  (size_t)n) == 0;
}

static bool hash_is_known(TS_TST_INFO *info, const struct scf_timestamp_want *want) {
    int nid = imprint_nid(info);
    return nid == NID_sha256 || (nid == NID_sha512 && want->sha512);
}

static bool nonce_is(TS_TST_INFO *info, const uint8_t *nonce) {
    const ASN1_INTEGER *got = TS_TST_INFO_get_nonce(info);
    if (nonce == NULL)
        return true;
    ASN1_INTEGER *wanted = nonce_integer(nonce);
    bool same = got && wanted && ASN1_INTEGER_cmp(got, wanted) == 0;
    ASN1_INTEGER_free(wanted);
    return same;
}

static bool policy_is(TS_TST_INFO *info, const char *oid, char text[OID_TEXT]) {
    int n = OBJ_obj2txt(text, OID_TEXT, TS_TST_INFO_get_policy_id(info), 1);
    return n > 0 && n < OID_TEXT && (oid == NULL || strcmp(text, oid) == 0);
}

static const char *fault_of_info(TS_TST_INFO *info, const struct scf_timestamp_want *want,
                                 char policy[OID_TEXT]) {
    if (TS_TST_INFO_get_version(info) != 1)
        return "The token is of another version than 1.";
    if (!hash_is_known(info, want))
        return "The token is over another kind of hash than was asked for.";
    if (!imprint_is(info, want))
        return "The token is over another hash.";
    if (!nonce_is(info, want->nonce))
        return "The token has not the nonce that was asked for.";
    if (!policy_is(info, want->policy_oid, policy))
        return "The token was made under another policy.";
    return NULL;
}

/* GeneralizedTime in DER: YYYYMMDDHHMMSS[.f…]Z. */
static bool read_time(const ASN1_GENERALIZEDTIME *time, int64_t *ret_us) {
    struct tm tm;
    int n = ASN1_STRING_length(time);
    const char *text = (const char *)ASN1_STRING_get0_data(time);
    if (ASN1_TIME_to_tm(time, &tm) != 1 || n < 15 || text[n - 1] != 'Z')
        return false;
    int64_t us = (int64_t)timegm(&tm) * SCF_US_PER_SECOND, unit = SCF_US_PER_SECOND / 10;
    if (n > 15 && (text[14] != '.' || n == 16))
        return false;
    for (int i = 15; i < n - 1; i++, unit /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        us += unit * (text[i] - '0');
    }
    *ret_us = us;
    return true;
}

static bool read_certificate_end(const X509 *cert, int64_t *ret_us) {
    struct tm tm;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
        return false;
    *ret_us = (int64_t)timegm(&tm) * SCF_US_PER_SECOND;
    return true;
}

static const char *serial_text(struct scf_arena *arena, const TS_TST_INFO *info) {
    BIGNUM *number = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    char *copy = hex ? scf_strdup(arena, hex) : NULL;
    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c + ('a' - 'A'));
    OPENSSL_free(hex);
    BN_free(number);
    return copy;
}

/* ---- who signed it ---- */

/* A digest of 256 bits or more, and a signature algorithm that goes with it: OpenSSL goes by the
 * certificate's key alone and would let any other name stand. */
static bool algorithms_are_sound(const PKCS7_SIGNER_INFO *signer) {
    int digest = algorithm_nid(signer->digest_alg), of_signature = NID_undef, key = NID_undef;
    int signature = algorithm_nid(signer->digest_enc_alg);
    if (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512 && digest != NID_sm3)
        return false;
    if (signature == NID_rsaEncryption)
        return true;
    return OBJ_find_sigid_algs(signature, &of_signature, &key) == 1 && of_signature == digest;
}

static const char *digest_name(int nid) {
    return nid == NID_sha384   ? "sha384"
           : nid == NID_sha512 ? "sha512"
           : nid == NID_sm3    ? "sm3"
                               : "sha256";
}

static void name_key(EVP_PKEY *key, char *out, size_t size) {
    int id = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    if (id == EVP_PKEY_ED25519)
        snprintf(out, size, "ed25519");
    else if (id == EVP_PKEY_SM2)
        snprintf(out, size, "sm2");
    else if (id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS)
        snprintf(out, size, "rsa-%d", EVP_PKEY_get_bits(key));
    else
        snprintf(out, size, "%s-%d", id == EVP_PKEY_EC ? "ec" : "other",
                 key ? EVP_PKEY_get_bits(key) : 0);
}

/* The names of what a token rests on. */
static void name_algorithms(const struct token *t, const X509 *signer, struct scf_timestamp *ret) {
    char key[24];
    const PKCS7_SIGNER_INFO *by = sk_PKCS7_SIGNER_INFO_value(t->p7->d.sign->signer_info, 0);
    name_key(signer ? X509_get0_pubkey(signer) : NULL, key, sizeof key);
    ret->over_sha512 = imprint_nid(t->info) == NID_sha512;
    snprintf(ret->algorithms, sizeof ret->algorithms, "%s %s %s", digest_name(imprint_nid(t->info)),
             digest_name(algorithm_nid(by->digest_alg)), key);
}

static bool set_moment(X509_STORE *roots, int64_t time_us) {
    X509_VERIFY_PARAM *how = X509_STORE_get0_param(roots);
    X509_VERIFY_PARAM_set_time(how, (time_t)(time_us / SCF_US_PER_SECOND));
    X509_VERIFY_PARAM_set_auth_level(how, AUTH_LEVEL);
    return X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_TIMESTAMP_SIGN) == 1;
}

/* The certificates that may help: those given, and those in the token. The list is the caller's,
 * its certificates are not. */
static STACK_OF(X509) * all_helpers(PKCS7 *p7, STACK_OF(X509) * given) {
    STACK_OF(X509) *all = sk_X509_dup(given);
    for (int i = 0; all && i < sk_X509_num(p7->d.sign->cert); i++)
        if (sk_X509_push(all, sk_X509_value(p7->d.sign->cert, i)) <= 0) {
            sk_X509_free(all);
            return NULL;
        }
    return all;
}

/* The first end of a certificate in the chain from the signer to a root. */
static bool chain_end(struct trust *trust, X509 *signer, STACK_OF(X509) * helpers,
                      int64_t *ret_us) {
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ok = ctx && X509_STORE_CTX_init(ctx, trust->roots, signer, helpers) == 1 &&
              X509_verify_cert(ctx) == 1;
    const STACK_OF(X509) *chain = ok ? X509_STORE_CTX_get0_chain(ctx) : NULL;
    int64_t first_us = INT64_MAX;
    for (int i = 0; ok && i < sk_X509_num(chain); i++) {
        int64_t end_us;
        ok = read_certificate_end(sk_X509_value(chain, i), &end_us);
        if (ok && end_us < first_us)
            first_us = end_us;
    }
    X509_STORE_CTX_free(ctx);
    if (ok)
        *ret_us = first_us;
    return ok;
}

/* Fills what `ret` has of the signer, its time being there. */
static enum scf_code check_signer(struct token *t, struct trust *trust, struct scf_timestamp *ret,
                                  struct scf_error *err) {
    X509 *signer = NULL;
    STACK_OF(X509) *helpers = all_helpers(t->p7, trust->helpers);
    const char *fault = NULL;
    if (helpers == NULL || !set_moment(trust->roots, ret->time_us))
        fault = "There is no memory to verify the token.";
    else if (!algorithms_are_sound(sk_PKCS7_SIGNER_INFO_value(t->p7->d.sign->signer_info, 0)))
        fault = "The token is signed with a weak or unknown algorithm.";
    else if (TS_RESP_verify_signature(t->p7, helpers, trust->roots, &signer) != 1)
        fault = "The token's signature or certificate does not verify.";
    else if (!chain_end(trust, signer, helpers, &ret->expires_us))
        fault = "The token's certificate leads to no trusted root.";
    else
        name_algorithms(t, signer, ret);
    X509_free(signer);
    sk_X509_free(helpers);
    return fault ? refuse(err, fault) : SCF_OK;
}

/* Without roots: the signature alone, with the certificate in the token. */
static enum scf_code check_signature(struct token *t, struct scf_timestamp *ret,
                                     struct scf_error *err) {
    const char *fault = NULL;
    STACK_OF(X509) *signers = NULL;
    if (!algorithms_are_sound(sk_PKCS7_SIGNER_INFO_value(t->p7->d.sign->signer_info, 0)))
        fault = "The token is signed with a weak or unknown algorithm.";
    else if (PKCS7_verify(t->p7, NULL, NULL, NULL, NULL, PKCS7_NOVERIFY | PKCS7_BINARY) != 1 ||
             (signers = PKCS7_get0_signers(t->p7, NULL, 0)) == NULL ||
             !read_certificate_end(sk_X509_value(signers, 0), &ret->expires_us))
        fault = "The token's signature does not verify with the certificate in it.";
    else
        name_algorithms(t, sk_X509_value(signers, 0), ret);
    sk_X509_free(signers);
    return fault ? refuse(err, fault) : SCF_OK;
}

/* `trust` NULL: without roots. */
static enum scf_code check_token(struct scf_arena *arena, struct token *t,
                                 const struct scf_timestamp_want *want, struct trust *trust,
                                 struct scf_timestamp *ret, struct scf_error *err) {
    char policy[OID_TEXT];
    struct scf_timestamp found;
    const char *fault = fault_of_info(t->info, want, policy);
    if (fault)
        return refuse(err, fault);
    if (!read_time(TS_TST_INFO_get_time(t->info), &found.time_us))
        return refuse(err, "The token's time is malformed.");
    enum scf_code code =
        trust ? check_signer(t, trust, &found, err) : check_signature(t, &found, err);
    if (code)
        return code;
    found.serial = serial_text(arena, t->info);
    found.policy_oid = scf_strdup(arena, policy);
    if (found.serial == NULL || found.policy_oid == NULL)
        return scf_fail_memory(err);
    *ret = found;
    return SCF_OK;
}

static enum scf_code verify(struct scf_arena *arena, struct scf_str token,
                            const struct scf_timestamp_want *want, struct trust *trust,
                            struct scf_timestamp *ret, struct scf_error *err) {
    struct token t = {NULL, NULL};
    ERR_clear_error();
    enum scf_code code = token_read(token, &t, err);
    if (code == SCF_OK)
        code = check_token(arena, &t, want, trust, ret, err);
    token_free(&t);
    ERR_clear_error();
    return code;
}

enum scf_code scf_timestamp_verify(struct scf_arena *arena, struct scf_str token,
                                   const struct scf_timestamp_want *want, struct scf_str trust_pem,
                                   struct scf_timestamp *ret, struct scf_error *err) {
    struct trust trust;
    if (!trust_read(trust_pem, &trust))
        return refuse(err, "There is no certificate to trust.");
    enum scf_code code = verify(arena, token, want, &trust, ret, err);
    trust_free(&trust);
    return code;
}

enum scf_code scf_timestamp_verify_alone(struct scf_arena *arena, struct scf_str token,
                                         const struct scf_timestamp_want *want,
                                         struct scf_timestamp *ret, struct scf_error *err) {
    return verify(arena, token, want, NULL, ret, err);
}
