/* Ed25519 through OpenSSL, one-shot with no digest (libraries: OSSL-3), and the key file. */
#include "scfd/codec/sign.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

struct scf_signing_key {
    EVP_PKEY *pkey; /* read-only once loaded */
    uint8_t public[SCF_ED25519_PUBLIC_LEN];
};

/* Takes the EVP key over; NULL when it is no Ed25519 key. */
static struct scf_signing_key *adopt(EVP_PKEY *pkey) {
    struct scf_signing_key *key = malloc(sizeof *key);
    size_t n = sizeof key->public;
    bool sound = key && EVP_PKEY_is_a(pkey, "ED25519") &&
                 EVP_PKEY_get_raw_public_key(pkey, key->public, &n) == 1 && n == sizeof key->public;
    if (!sound) {
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

static enum scf_code read_key(FILE *f, const char *path, struct scf_signing_key **ret,
                              struct scf_error *err) {
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s is not a file.", path);
    if (st.st_mode & 077)
        return scf_fail(err, SCF_E_INTERNAL,
                        "Others may read the signing key %s; set its mode to 0600.", path);
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, no_pass_phrase, NULL);
    struct scf_signing_key *key = pkey ? adopt(pkey) : NULL;
    ERR_clear_error();
    if (!key)
        return scf_fail(err, SCF_E_INTERNAL,
                        "%s does not hold an unencrypted Ed25519 private key in PEM form.", path);
    *ret = key;
    return SCF_OK;
}

/* Writes a fresh key to a descriptor that this function closes. */
static bool write_fresh_key(int fd) {
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return false;
    }
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
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
static enum scf_code create_key_file(const char *path, struct scf_error *err) {
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return scf_fail(err, SCF_E_INTERNAL, "The path of the signing key is too long.");
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be created: %s.", path,
                        strerror(errno));
    bool written = write_fresh_key(fd);
    bool linked = written && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    if (!linked || !sync_directory_of(path))
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be written.", path);
    return SCF_OK;
}

enum scf_code scf_signing_key_load(const char *path, bool create, struct scf_signing_key **ret,
                                   struct scf_error *err) {
    if (create && access(path, F_OK) != 0 && errno == ENOENT) {
        enum scf_code code = create_key_file(path, err);
        if (code != SCF_OK)
            return code;
    }
    FILE *f = fopen(path, "re");
    if (!f)
        return scf_fail(err, SCF_E_INTERNAL, "The signing key %s could not be opened: %s.", path,
                        strerror(errno));
    enum scf_code code = read_key(f, path, ret, err);
    fclose(f);
    return code;
}

/* ---- use ---- */

void scf_signing_key_public(const struct scf_signing_key *key,
                            uint8_t out[SCF_ED25519_PUBLIC_LEN]) {
    memcpy(out, key->public, sizeof key->public);
}

char *scf_ed25519_public_pem(const uint8_t pub[SCF_ED25519_PUBLIC_LEN]) {
    /* SubjectPublicKeyInfo of RFC 8410 is these twelve bytes and the key. */
    static const uint8_t prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t der[sizeof prefix + SCF_ED25519_PUBLIC_LEN];
    char body[SCF_BASE64_LEN(sizeof der) + 1], *pem = NULL;
    memcpy(der, prefix, sizeof prefix);
    memcpy(der + sizeof prefix, pub, SCF_ED25519_PUBLIC_LEN);
    scf_base64(der, sizeof der, body);
    int n = asprintf(&pem, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", body);
    SCF_ASSERT(n > 0);
    return pem;
}

void scf_ed25519_sign(const struct scf_signing_key *key, const void *bytes, size_t n,
                      uint8_t out[SCF_ED25519_SIGNATURE_LEN]) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t out_n = SCF_ED25519_SIGNATURE_LEN;
    bool done = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(ctx, out, &out_n, bytes, n) == 1;
    SCF_ASSERT(done && out_n == SCF_ED25519_SIGNATURE_LEN);
    EVP_MD_CTX_free(ctx);
}

bool scf_ed25519_verify(const uint8_t pub[SCF_ED25519_PUBLIC_LEN], const void *bytes, size_t n,
                        const uint8_t sig[SCF_ED25519_SIGNATURE_LEN]) {
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, SCF_ED25519_PUBLIC_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, sig, SCF_ED25519_SIGNATURE_LEN, bytes, n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error(); /* a refused signature leaves entries behind (libraries: OSSL-7) */
    return good;
}
