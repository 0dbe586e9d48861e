/* version (4), previous hash (32), Merkle root (32), time (4), bits (4), nonce (4); little-endian.
 */
#include "bitcoin.h"

enum { MERKLE_ROOT = 36, TIME = 68, BITS = 72 };

static uint32_t little_endian(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A floating number of base 256: exponent, 23 bits of mantissa and a sign that must not be set.
 * False when it is negative, zero or beyond 256 bits. */
static bool target_of(uint32_t bits, uint8_t out[SCF_HASH_LEN]) {
    int exponent = (int)(bits >> 24);
    uint32_t mantissa = bits & 0x7fffff;
    if ((bits & 0x800000) != 0 || mantissa == 0)
        return false;
    memset(out, 0, SCF_HASH_LEN);
    bool any = false;
    for (int i = 0; i < 3; i++) { /* big-endian: byte `exponent` from the end is the first */
        uint8_t byte = (uint8_t)(mantissa >> (16 - 8 * i));
        int at = SCF_HASH_LEN - exponent + i;
        if (byte == 0 || at >= SCF_HASH_LEN)
            continue;
        if (at < 0)
            return false;
        out[at] = byte;
        any = true;
    }
    return any;
}

bool bitcoin_header_read(const uint8_t bytes[BITCOIN_HEADER], struct bitcoin_header *ret) {
    uint8_t target[SCF_HASH_LEN];
    struct bitcoin_header h = {.time_s = little_endian(bytes + TIME)};
    struct scf_hash once = scf_sha256(bytes, BITCOIN_HEADER);
    struct scf_hash twice = scf_sha256(once.b, SCF_HASH_LEN);
    for (int i = 0; i < SCF_HASH_LEN; i++)
        h.hash.b[i] = twice.b[SCF_HASH_LEN - 1 - i];
    memcpy(h.merkle_root.b, bytes + MERKLE_ROOT, SCF_HASH_LEN);
    if (!target_of(little_endian(bytes + BITS), target) ||
        memcmp(h.hash.b, target, SCF_HASH_LEN) > 0)
        return false;
    *ret = h;
    return true;
}
