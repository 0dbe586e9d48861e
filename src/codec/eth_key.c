/* secp256k1 keys: the file, the address, signatures. Every context is blinded with fresh random
 * bytes before a secret touches it; one lives in every key and is not changed after that. */
#include "eth_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <secp256k1_recovery.h>

#include "scfd/base/id.h"
#include "scfd/codec/keccak.h"

struct scf_eth_key {
    secp256k1_context *context;
    uint8_t secret[SCF_ETH_KEY];
    struct scf_eth_address address;
};

static struct scf_eth_address address_of(const secp256k1_context *context,
                                         const secp256k1_pubkey *public) {
    uint8_t point[65];
    size_t n = sizeof point;
    struct scf_eth_address address;
    secp256k1_ec_pubkey_serialize(context, point, &n, public, SECP256K1_EC_UNCOMPRESSED);
    struct scf_hash hash = scf_keccak256(point + 1, 64);
    memcpy(address.b, hash.b + SCF_HASH_LEN - SCF_ETH_ADDRESS, SCF_ETH_ADDRESS);
    return address;
}

static void blind(secp256k1_context *context) {
    uint8_t seed[32];
    scf_random(seed, sizeof seed);
    SCF_ASSERT(secp256k1_context_randomize(context, seed) == 1);
    OPENSSL_cleanse(seed, sizeof seed);
}

struct scf_eth_key *scf_eth_key_new(const uint8_t secret[SCF_ETH_KEY]) {
    struct scf_eth_key *key = calloc(1, sizeof *key);
    SCF_ASSERT(key);
    key->context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    blind(key->context);
    secp256k1_pubkey public;
    if (secp256k1_ec_pubkey_create(key->context, &public, secret) != 1) {
        scf_eth_key_free(key);
        return NULL;
    }
    memcpy(key->secret, secret, SCF_ETH_KEY);
    key->address = address_of(key->context, &public);
    return key;
}

void scf_eth_key_free(struct scf_eth_key *key) {
    if (!key)
        return;
    secp256k1_context_destroy(key->context);
    OPENSSL_cleanse(key, sizeof *key);
    free(key);
}

struct scf_eth_address scf_eth_key_address(const struct scf_eth_key *key) {
    return key->address;
}

void scf_eth_sign(const struct scf_eth_key *key, const struct scf_hash *digest,
                  struct scf_eth_signature *ret) {
    secp256k1_ecdsa_recoverable_signature signature;
    uint8_t compact[64];
    SCF_ASSERT(secp256k1_ecdsa_sign_recoverable(key->context, &signature, digest->b, key->secret,
                                                NULL, NULL) == 1);
    secp256k1_ecdsa_recoverable_signature_serialize_compact(key->context, compact, &ret->parity,
                                                            &signature);
    memcpy(ret->r, compact, 32);
    memcpy(ret->s, compact + 32, 32);
}

bool scf_eth_recover(const struct scf_eth_signature *s, const struct scf_hash *digest,
                     struct scf_eth_address *ret) {
    uint8_t compact[64];
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey public;
    memcpy(compact, s->r, 32);
    memcpy(compact + 32, s->s, 32);
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_VERIFY);
    bool good = secp256k1_ecdsa_recoverable_signature_parse_compact(context, &signature, compact,
                                                                    s->parity) == 1 &&
                secp256k1_ecdsa_recoverable_signature_convert(context, &plain, &signature) == 1 &&
                secp256k1_ecdsa_signature_normalize(context, NULL, &plain) == 0 && /* low s */
                secp256k1_ecdsa_recover(context, &public, &signature, digest->b) == 1;
    if (good)
        *ret = address_of(context, &public);
    secp256k1_context_destroy(context);
    return good;
}

/* ---- the key file ---- */

/* "0x"?, 64 digits, LF? */
static bool secret_of_text(struct scf_str text, uint8_t out[SCF_ETH_KEY]) {
    if (scf_str_starts(text, "0x"))
        text.p += 2, text.n -= 2;
    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    return scf_unhex(text, out, SCF_ETH_KEY);
}

static enum scf_code read_key(int fd, const char *path, struct scf_eth_key **ret,
                              struct scf_error *err) {
    struct stat st;
    char text[80];
    uint8_t secret[SCF_ETH_KEY];
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return scf_fail(err, SCF_E_INTERNAL, "The EVM key %s is not a file.", path);
    if (st.st_mode & 077)
        return scf_fail(err, SCF_E_INTERNAL,
                        "Others may read the EVM key %s; set its mode to 0600.", path);
    ssize_t n = read(fd, text, sizeof text);
    bool sound = n > 0 && secret_of_text((struct scf_str){text, (size_t)n}, secret);
    struct scf_eth_key *key = sound ? scf_eth_key_new(secret) : NULL;
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(secret, sizeof secret);
    if (!key)
        return scf_fail(err, SCF_E_INTERNAL,
                        "%s does not hold a secp256k1 private key of 64 hex digits.", path);
    *ret = key;
    return SCF_OK;
}

static bool write_fresh_key(int fd) {
    struct scf_eth_key *key = NULL;
    uint8_t secret[SCF_ETH_KEY];
    char text[2 * SCF_ETH_KEY + 2];
    while (!key) { /* all but one in 2^128 numbers are keys */
        scf_random(secret, sizeof secret);
        key = scf_eth_key_new(secret);
    }
    scf_eth_key_free(key);
    scf_hex(secret, sizeof secret, text);
    text[2 * SCF_ETH_KEY] = '\n';
    ssize_t n = write(fd, text, 2 * SCF_ETH_KEY + 1);
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(text, sizeof text);
    return n == 2 * SCF_ETH_KEY + 1 && fsync(fd) == 0;
}

/* A complete file appears or nothing does: link(2) never replaces what another process made. */
static enum scf_code create_key_file(const char *path, struct scf_error *err) {
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return scf_fail(err, SCF_E_INTERNAL, "The path of the EVM key is too long.");
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return scf_fail(err, SCF_E_INTERNAL, "The EVM key %s could not be created: %s.", path,
                        strerror(errno));
    bool written = write_fresh_key(fd);
    written = close(fd) == 0 && written;
    bool linked = written && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    if (!linked)
        return scf_fail(err, SCF_E_INTERNAL, "The EVM key %s could not be written.", path);
    return SCF_OK;
}

enum scf_code scf_eth_key_load(const char *path, bool create, struct scf_eth_key **ret,
                               struct scf_error *err) {
    if (create && access(path, F_OK) != 0 && errno == ENOENT) {
        enum scf_code code = create_key_file(path, err);
        if (code != SCF_OK)
            return code;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return scf_fail(err, SCF_E_INTERNAL, "The EVM key %s could not be opened: %s.", path,
                        strerror(errno));
    enum scf_code code = read_key(fd, path, ret, err);
    close(fd);
    return code;
}
