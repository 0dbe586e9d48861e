/* The signer of documents: its files, and CAdES through OpenSSL's CMS. */
#include "signer_impl.h"

#include "scfd/base/clock.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum { KEY_BITS = 3072, SERIAL_BYTES = 16, PEM_MAX = 64 << 10, VALID_YEARS = 10 };

/* ---- certificates as text ---- */

void scf_certificates_free(STACK_OF(X509) * certificates) {
    sk_X509_pop_free(certificates, X509_free);
}

bool scf_certificate_pem(X509 *certificate, struct scf_buf *out) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    bool written = bio != NULL && PEM_write_bio_X509(bio, certificate) == 1;
    long n = written ? BIO_get_mem_data(bio, &text) : 0;
    if (n > 0)
        scf_buf_put(out, text, (size_t)n);
    BIO_free(bio);
    return n > 0;
}

/* An empty pass phrase instead of OpenSSL's prompt on the terminal. */
static int no_pass_phrase(char *out, int size, int writing, void *unused) {
    (void)out, (void)size, (void)writing, (void)unused;
    return 0;
}

STACK_OF(X509) * scf_certificates_read(struct scf_str pem) {
    BIO *bio = pem.n <= PEM_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *one;
    bool sound = bio != NULL && all != NULL;
    while (sound && (one = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL)) != NULL)
        if (sk_X509_num(all) == SCF_CERTIFICATES_MAX || sk_X509_push(all, one) == 0) {
            X509_free(one);
            sound = false;
        }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the text is an error too (libraries: OSSL-7) */
    if (sound && sk_X509_num(all) > 0)
        return all;
    scf_certificates_free(all);
    return NULL;
}

bool scf_certificates_write(const STACK_OF(X509) * certificates, struct scf_buf *out) {
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (!scf_certificate_pem(sk_X509_value(certificates, i), out))
            return false;
    return !out->overflow;
}

/* ---- files ---- */

static enum scf_code broken(struct scf_error *err, const char *path, const char *what) {
    ERR_clear_error();
    return scf_fail(err, SCF_E_INTERNAL, "The file %s %s.", path, what);
}

/* A complete file appears under `path` or nothing does; one that is there stays, for link(2),
 * unlike rename, never replaces. */
static enum scf_code publish(const char *path, const char *text, size_t n, struct scf_error *err) {
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return broken(err, path, "has too long a name");
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return broken(err, path, "could not be created");
    bool written = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    written = close(fd) == 0 && written;
    written = written && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    return written ? SCF_OK : broken(err, path, "could not be written");
}

static enum scf_code publish_bio(const char *path, BIO *bio, struct scf_error *err) {
    char *text;
    long n = BIO_get_mem_data(bio, &text);
    return n > 0 ? publish(path, text, (size_t)n, err) : broken(err, path, "could not be made");
}

static enum scf_code create_key(const char *path, struct scf_error *err) {
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    BIO *bio = BIO_new(BIO_s_mem());
    bool made = key != NULL && bio != NULL &&
                PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    enum scf_code code = made ? publish_bio(path, bio, err) : broken(err, path, "cannot be made");
    BIO_free(bio);
    EVP_PKEY_free(key);
    return code;
}

static bool add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_serial(X509 *certificate) {
    uint8_t bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, always as long */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

static bool fill_certificate(X509 *certificate, EVP_PKEY *key, const char *name, int64_t now_us) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    time_t from = (time_t)(now_us / SCF_US_PER_SECOND);
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
                                      (int)strnlen(name, 64), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &from) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_YEARS * 365, 0, &from) != NULL &&
           X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,nonRepudiation") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum scf_code create_certificate(const char *path, EVP_PKEY *key, const char *name,
                                        int64_t now_us, struct scf_error *err) {
    X509 *certificate = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    bool made = certificate != NULL && bio != NULL &&
                fill_certificate(certificate, key, name, now_us) &&
                PEM_write_bio_X509(bio, certificate) == 1;
    enum scf_code code = made ? publish_bio(path, bio, err) : broken(err, path, "cannot be made");
    BIO_free(bio);
    X509_free(certificate);
    return code;
}

static enum scf_code read_key(const char *path, EVP_PKEY **ret, struct scf_error *err) {
    struct stat st;
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return broken(err, path, "could not be opened");
    EVP_PKEY *key = NULL;
    bool open_to_others = fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077);
    if (!open_to_others)
        key = PEM_read_PrivateKey(f, NULL, no_pass_phrase, NULL);
    fclose(f);
    if (open_to_others)
        return broken(err, path, "must be a file that only its owner may read (mode 0600)");
    if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < KEY_BITS) {
        EVP_PKEY_free(key);
        return broken(err, path, "does not hold an unencrypted RSA key of 3072 bits or more");
    }
    *ret = key;
    return SCF_OK;
}

static enum scf_code read_chain(const char *path, STACK_OF(X509) * *ret, struct scf_error *err) {
    char text[PEM_MAX];
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return broken(err, path, "could not be opened");
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    *ret = n < sizeof text ? scf_certificates_read((struct scf_str){text, n}) : NULL;
    return *ret != NULL ? SCF_OK
                        : broken(err, path, "does not hold 1 to 8 certificates in PEM form");
}

/* ---- the signer ---- */

void scf_signer_free(struct scf_signer *signer) {
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->key);
    scf_certificates_free(signer->chain);
    scf_buf_free(&signer->pem);
    free(signer);
}

int64_t scf_asn1_time_us(const ASN1_TIME *time) {
    struct tm tm;
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
        return 0;
    return ((int64_t)scf_day_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 +
            tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) *
           SCF_US_PER_SECOND;
}

/* What is asked of it again and again. */
static bool note_certificate(struct scf_signer *signer) {
    X509 *own = sk_X509_value(signer->chain, 0);
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(own), NULL);
    char *hex = number != NULL ? BN_bn2hex(number) : NULL;
    if (hex != NULL)
        snprintf(signer->serial, sizeof signer->serial, "%s", hex);
    OPENSSL_free(hex);
    BN_free(number);
    signer->since_us = scf_asn1_time_us(X509_get0_notBefore(own));
    signer->until_us = scf_asn1_time_us(X509_get0_notAfter(own));
    scf_buf_init(&signer->pem, PEM_MAX);
    return hex != NULL && scf_certificates_write(signer->chain, &signer->pem);
}

static enum scf_code load(struct scf_signer *signer, const char *key_path,
                          const char *certificate_path, bool create, const char *name,
                          int64_t now_us, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (create && access(key_path, F_OK) != 0 && errno == ENOENT)
        code = create_key(key_path, err);
    code = code == SCF_OK ? read_key(key_path, &signer->key, err) : code;
    if (code == SCF_OK && create && access(certificate_path, F_OK) != 0 && errno == ENOENT)
        code = create_certificate(certificate_path, signer->key, name, now_us, err);
    code = code == SCF_OK ? read_chain(certificate_path, &signer->chain, err) : code;
    if (code != SCF_OK)
        return code;
    if (X509_check_private_key(sk_X509_value(signer->chain, 0), signer->key) != 1)
        return broken(err, certificate_path, "does not begin with the certificate of the key");
    return note_certificate(signer) ? SCF_OK : scf_fail_memory(err);
}

enum scf_code scf_signer_load(const char *key_path, const char *certificate_path, bool create,
                              const char *name, int64_t now_us, struct scf_signer **ret,
                              struct scf_error *err) {
    struct scf_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL)
        return scf_fail_memory(err);
    enum scf_code code = load(signer, key_path, certificate_path, create, name, now_us, err);
    if (code != SCF_OK) {
        scf_signer_free(signer);
        return code;
    }
    *ret = signer;
    return SCF_OK;
}

struct scf_str scf_signer_chain(const struct scf_signer *signer) {
    return (struct scf_str){signer->pem.data, signer->pem.len};
}

const char *scf_signer_serial(const struct scf_signer *signer) {
    return signer->serial;
}

int64_t scf_signer_since_us(const struct scf_signer *signer) {
    return signer->since_us;
}

int64_t scf_signer_until_us(const struct scf_signer *signer) {
    return signer->until_us;
}
