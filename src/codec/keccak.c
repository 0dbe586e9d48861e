/* Keccak-f[1600], FIPS 202 §3.2 to §3.4, with rotations and lanes in the order in which rho and pi
 * visit them. */
#include "scfd/codec/keccak.h"

enum { LANES = 25, ROUNDS = 24, RATE = 136 };

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

static const uint8_t rotation[LANES - 1] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                            27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
static const uint8_t lane[LANES - 1] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                        15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

static uint64_t rotate(uint64_t v, unsigned by) {
    return v << by | v >> (64 - by);
}

static void theta(uint64_t a[LANES]) {
    uint64_t parity[5];
    for (int x = 0; x < 5; x++)
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int x = 0; x < 5; x++) {
        uint64_t d = parity[(x + 4) % 5] ^ rotate(parity[(x + 1) % 5], 1);
        for (int y = 0; y < LANES; y += 5)
            a[y + x] ^= d;
    }
}

static void rho_and_pi(uint64_t a[LANES]) {
    uint64_t moving = a[1];
    for (int i = 0; i < LANES - 1; i++) {
        uint64_t next = a[lane[i]];
        a[lane[i]] = rotate(moving, rotation[i]);
        moving = next;
    }
}

static void chi(uint64_t a[LANES]) {
    for (int y = 0; y < LANES; y += 5) {
        uint64_t row[5];
        memcpy(row, a + y, sizeof row);
        for (int x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

static void permute(uint64_t a[LANES]) {
    for (int r = 0; r < ROUNDS; r++) {
        theta(a);
        rho_and_pi(a);
        chi(a);
        a[0] ^= round_constants[r]; /* iota */
    }
}

/* Lanes are little-endian, whatever the machine is. */
static void absorb(uint64_t a[LANES], const uint8_t block[RATE]) {
    for (int i = 0; i < RATE; i++)
        a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
    permute(a);
}

struct scf_hash scf_keccak256(const void *bytes, size_t n) {
    uint64_t a[LANES] = {0};
    uint8_t last[RATE] = {0};
    const uint8_t *p = bytes;
    for (; n >= RATE; p += RATE, n -= RATE)
        absorb(a, p);
    if (n > 0)
        memcpy(last, p, n);
    last[n] = 0x01;
    last[RATE - 1] |= 0x80;
    absorb(a, last);
    struct scf_hash out;
    for (int i = 0; i < SCF_HASH_LEN; i++)
        out.b[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    return out;
}
