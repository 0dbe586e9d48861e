/* Signing keys, made through files as the server does: one with a known seed, and others. */
#ifndef SCFD_TESTS_CHAIN_KEYS_H
#define SCFD_TESTS_CHAIN_KEYS_H

#include "scfd/codec/sign.h"

static inline struct scf_signing_key *key_of_seed(const uint8_t seed[32]) {
    uint8_t der[48] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20}; /* RFC 8410 §7 */
    memcpy(der + 16, seed, 32);
    char base64[SCF_BASE64_LEN(sizeof der) + 1], path[] = "/tmp/scfd-test-key-XXXXXX";
    scf_base64(der, sizeof der, base64);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n", base64);
    close(fd);
    struct scf_signing_key *key = NULL;
    struct scf_error err;
    assert_int_equal(scf_signing_key_load(path, SCF_ED25519, false, &key, &err), SCF_OK);
    unlink(path);
    return key;
}

/* SM2 keys are made at random. */
static inline struct scf_signing_key *fresh_sm2_key(void) {
    char directory[] = "/tmp/scfd-test-key-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
    struct scf_signing_key *key = NULL;
    struct scf_error err;
    assert_int_equal(scf_signing_key_load(path, SCF_SM2, true, &key, &err), SCF_OK);
    unlink(path);
    rmdir(directory);
    return key;
}

#endif
