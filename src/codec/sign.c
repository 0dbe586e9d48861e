/* Ed25519 and SM2 through OpenSSL, and the key files. Ed25519 is one-shot with no digest
 * (libraries: OSSL-3); SM2 hashes the signer's identity in front of the message, which OpenSSL must
 * be told on both sides (OSSL-4). */
#include "scfd/codec/sign.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* What OpenSSL, and people, call the algorithms. */
static const char *name_of(enum scf_sign_alg alg) {
    return alg == SCF_SM2 ? "SM2" : "ED25519";
}

/* ---- public keys ---- */

size_t scf_public_key_len(enum scf_sign_alg alg) {
    return alg == SCF_SM2 ? SCF_SM2_PUBLIC_LEN : SCF_ED25519_PUBLIC_LEN;
}

bool scf_public_key_read(enum scf_sign_alg alg, const void *bytes, size_t n,
                         struct scf_public_key *ret) {
    if (n != scf_public_key_len(alg))
        return false;
    *ret = (struct scf_public_key){.alg = alg};
    memcpy(ret->bytes, bytes, n);
    return true;
}

bool scf_public_key_eq(const struct scf_public_key *a, const struct scf_public_key *b) {
    return a->alg == b->alg && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* SubjectPublicKeyInfo is a fixed beginning and the key (RFC 8410; GB/T 35276 with id-ecPublicKey
 * and the curve 1.2.156.10197.1.301). */
char *scf_public_key_pem(const struct scf_public_key *pub) {
    static const uint8_t ed25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    static const uint8_t sm2[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                  0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c,
                                  0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00};
    const uint8_t *begin = pub->alg == SCF_SM2 ? sm2 : ed25519;
    size_t begin_n = pub->alg == SCF_SM2 ? sizeof sm2 : sizeof ed25519;
    size_t n = scf_public_key_len(pub->alg);
    uint8_t der[sizeof sm2 + SCF_PUBLIC_MAX];
    memcpy(der, begin, begin_n);
    memcpy(der + begin_n, pub->bytes, n);
    BIO *out = BIO_new(BIO_s_mem());
    char *text, *pem;
    SCF_ASSERT(out && PEM_write_bio(out, PEM_STRING_PUBLIC, "", der, (long)(begin_n + n)) > 0);
    long text_n = BIO_get_mem_data(out, &text);
    pem = strndup(text, (size_t)text_n);
    BIO_free(out);
    SCF_ASSERT(pem);
    return pem;
}

/* OpenSSL's view of a public key; NULL when it is no point of the curve. */
static EVP_PKEY *public_pkey(const struct scf_public_key *pub) {
    if (pub->alg == SCF_ED25519)
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub->bytes,
                                           SCF_ED25519_PUBLIC_LEN);
    struct scf_public_key copy = *pub; /* parameters are not const */
    char group[] = "SM2";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.bytes, SCF_SM2_PUBLIC_LEN),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *pkey = NULL;
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* ---- secret keys ---- */

struct scf_signing_key {
    EVP_PKEY *pkey; /* read-only once loaded */
    struct scf_public_key public;
};

/* The public half; a key file may hold an SM2 point in compressed form. */
static bool read_public(EVP_PKEY *pkey, enum scf_sign_alg alg, struct scf_public_key *ret) {
    size_t n = scf_public_key_len(alg);
    *ret = (struct scf_public_key){.alg = alg};
    if (alg == SCF_ED25519)
        return EVP_PKEY_get_raw_public_key(pkey, ret->bytes, &n) == 1 &&
               n == SCF_ED25519_PUBLIC_LEN;
    return EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                          "uncompressed") == 1 &&
           EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, ret->bytes,
                                           sizeof ret->bytes, &n) == 1 &&
           n == SCF_SM2_PUBLIC_LEN;
}

/* Takes the EVP key over; NULL when it is of another algorithm. */
static struct scf_signing_key *adopt(EVP_PKEY *pkey, enum scf_sign_alg alg) {
    struct scf_signing_key *key = malloc(sizeof *key);
    if (!key || !EVP_PKEY_is_a(pkey, name_of(alg)) || !read_public(pkey, alg, &key->public)) {
        EVP_PKEY_free(pkey);
        free(key);
        return NULL;
    }
    key->pkey = pkey;
    return key;
}

void scf_signing_key_free(struct scf_signing_key *key) {
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

/* ---- the key file ---- */

/* An empty pass phrase instead of OpenSSL's prompt on the terminal. */
static int no_pass_phrase(char *out, int size, int writing, void *unused) {
    (void)out, (void)size, (void)writing, (void)unused;
    return 0;
}

static enum scf_code read_key(FILE *f, const char *path, enum scf_sign_alg alg,
                              struct scf_signing_key **ret, struct scf_error *err) {
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s is not a file.", path);
    if (st.st_mode & 077)
        return scf_fail(err, SCF_E_INTERNAL,
                        "Others may read the signing key %s; set its mode to 0600.", path);
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, no_pass_phrase, NULL);
    struct scf_signing_key *key = pkey ? adopt(pkey, alg) : NULL;
    ERR_clear_error();
    if (!key)
        return scf_fail(err, SCF_E_INTERNAL,
                        "%s does not hold an unencrypted %s private key in PEM form.", path,
                        alg == SCF_SM2 ? "SM2" : "Ed25519");
    *ret = key;
    return SCF_OK;
}

/* Writes a fresh key to a descriptor that this function closes. */
static bool write_fresh_key(int fd, enum scf_sign_alg alg) {
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return false;
    }
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, name_of(alg));
    bool written = pkey && PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
                   fflush(f) == 0 && fsync(fd) == 0;
    EVP_PKEY_free(pkey);
    return fclose(f) == 0 && written;
}

/* Makes the new name itself durable. */
static bool sync_directory_of(const char *path) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (!slash)
        snprintf(directory, sizeof directory, ".");
    else
        slash[slash == directory] = '\0'; /* the root keeps its slash */
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

/* A complete key file appears under `path` or nothing does. When another process was faster its
 * key stays: link(2), unlike rename, never replaces. */
static enum scf_code create_key_file(const char *path, enum scf_sign_alg alg,
                                     struct scf_error *err) {
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return scf_fail(err, SCF_E_INTERNAL, "The path of the signing key is too long.");
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be created: %s.", path,
                        strerror(errno));
    bool written = write_fresh_key(fd, alg);
    bool linked = written && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    if (!linked || !sync_directory_of(path))
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be written.", path);
    return SCF_OK;
}

enum scf_code scf_signing_key_load(const char *path, enum scf_sign_alg alg, bool create,
                                   struct scf_signing_key **ret, struct scf_error *err) {
    if (create && access(path, F_OK) != 0 && errno == ENOENT) {
        enum scf_code code = create_key_file(path, alg, err);
        if (code != SCF_OK)
            return code;
    }
    FILE *f = fopen(path, "re");
    if (!f)
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be opened: %s.", path,
                        strerror(errno));
    enum scf_code code = read_key(f, path, alg, ret, err);
    fclose(f);
    return code;
}

/* ---- use ---- */

struct scf_public_key scf_signing_key_public(const struct scf_signing_key *key) {
    return key->public;
}

/* Ready for the key: SM2 takes its digest and the identity, Ed25519 neither. */
static bool begin(EVP_MD_CTX *ctx, EVP_PKEY *pkey, enum scf_sign_alg alg,
                  int (*init)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *,
                              EVP_PKEY *)) {
    EVP_PKEY_CTX *of_key = NULL; /* belongs to ctx */
    if (alg == SCF_ED25519)
        return init(ctx, NULL, NULL, NULL, pkey) == 1;
    return init(ctx, &of_key, EVP_sm3(), NULL, pkey) == 1 &&
           EVP_PKEY_CTX_set1_id(of_key, SCF_SM2_IDENTITY, sizeof SCF_SM2_IDENTITY - 1) == 1;
}

void scf_sign(const struct scf_signing_key *key, const void *bytes, size_t n,
              struct scf_signature *ret) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ret->n = sizeof ret->bytes;
    bool done = ctx && begin(ctx, key->pkey, key->public.alg, EVP_DigestSignInit) &&
                EVP_DigestSign(ctx, ret->bytes, &ret->n, bytes, n) == 1;
    SCF_ASSERT(done);
    EVP_MD_CTX_free(ctx);
}

bool scf_verify(const struct scf_public_key *pub, const void *bytes, size_t n, const void *sig,
                size_t sig_n) {
    EVP_PKEY *pkey = public_pkey(pub);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && begin(ctx, pkey, pub->alg, EVP_DigestVerifyInit) &&
                EVP_DigestVerify(ctx, sig, sig_n, bytes, n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error(); /* a refused signature leaves entries behind (libraries: OSSL-7) */
    return good;
}
