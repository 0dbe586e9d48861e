/* UUIDv7 and its TypeID text.
 *
 * The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562 §6.2, method
 * 3); they and the milliseconds form one 60-bit counter that never repeats in a thread. The
 * remaining 62 bits are random. */
#include "scfd/base/id.h"
#include "scfd/base/clock.h"

#include <openssl/rand.h>

enum { POOL_BYTES = 256, SUFFIX = 26 };

void scf_random(void *out, size_t n) {
    SCF_ASSERT(n <= INT_MAX);
    int rc = RAND_priv_bytes(out, (int)n);
    SCF_ASSERT(rc == 1); /* no entropy: nothing that is signed or hidden would be safe */
}

/* Eight random bytes from the thread's pool. */
static uint64_t random_bits(void) {
    static _Thread_local uint8_t pool[POOL_BYTES];
    static _Thread_local size_t left;
    uint64_t bits;
    if (left < sizeof bits) {
        scf_random(pool, sizeof pool);
        left = sizeof pool;
    }
    left -= sizeof bits;
    memcpy(&bits, pool + left, sizeof bits);
    return bits;
}

/* Milliseconds << 12 | 4096ths of a millisecond, greater than ever before in this thread. */
static uint64_t next_tick(void) {
    static _Thread_local uint64_t last;
    uint64_t us = (uint64_t)scf_now_us();
    uint64_t tick = us / 1000 << 12 | (us % 1000 << 12) / 1000;
    last = tick > last ? tick : last + 1;
    return last;
}

static void put_be64(uint8_t *out, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

struct scf_uuid scf_uuid_new(void) {
    uint64_t tick = next_tick();
    struct scf_uuid u;
    put_be64(u.b, (tick >> 12) << 16 | 7u << 12 | (tick & 0xFFF));
    put_be64(u.b + 8, UINT64_C(2) << 62 | random_bits() >> 2);
    return u;
}

bool scf_uuid_is_nil(const struct scf_uuid *u) {
    static const struct scf_uuid nil;
    return scf_uuid_eq(u, &nil);
}

bool scf_uuid_eq(const struct scf_uuid *a, const struct scf_uuid *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int scf_uuid_compare(const struct scf_uuid *a, const struct scf_uuid *b) {
    return memcmp(a->b, b->b, sizeof a->b);
}

/* ---- TypeID ---- */

static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Value + 1 of each lower-case character, 0 for everything else. */
static const uint8_t crockford_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['g'] = 17, ['h'] = 18, ['j'] = 19, ['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24,
    ['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28, ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32,
};

/* 26 characters of 5 bits are 130 bits: the first character holds only the top three. */
static void encode_suffix(const struct scf_uuid *u, char *out) {
    uint32_t bits = 0;
    unsigned count = 2; /* two leading zero bits */
    for (size_t i = 0; i < sizeof u->b; i++) {
        bits = bits << 8 | u->b[i];
        for (count += 8; count >= 5; count -= 5)
            *out++ = crockford[bits >> (count - 5) & 31];
    }
    *out = '\0';
}

static bool decode_suffix(const char *text, struct scf_uuid *ret) {
    if (text[0] > '7')
        return false;
    struct scf_uuid u;
    uint32_t bits = 0;
    unsigned count = 0;
    size_t at = 0;
    for (size_t i = 0; i < SUFFIX; i++) {
        unsigned value = crockford_values[(uint8_t)text[i]];
        if (!value)
            return false;
        bits = bits << 5 | (value - 1);
        count += i == 0 ? 3 : 5;
        if (count >= 8) {
            count -= 8;
            u.b[at++] = (uint8_t)(bits >> count);
        }
    }
    *ret = u;
    return true;
}

void scf_id_format(const char *prefix, const struct scf_uuid *u, char out[SCF_ID_TEXT]) {
    size_t n = strlen(prefix);
    SCF_ASSERT(n <= 16);
    memcpy(out, prefix, n);
    out[n] = '_';
    encode_suffix(u, out + n + 1);
}

bool scf_id_parse(const char *prefix, struct scf_str text, struct scf_uuid *ret) {
    size_t n = strlen(prefix);
    return text.n == n + 1 + SUFFIX && scf_str_starts(text, prefix) && text.p[n] == '_' &&
           decode_suffix(text.p + n + 1, ret);
}

bool scf_id_parse_any(struct scf_str text, char ret_prefix[16], struct scf_uuid *ret) {
    if (text.n < 2 + 1 + SUFFIX || text.n > 8 + 1 + SUFFIX)
        return false;
    size_t n = text.n - SUFFIX - 1;
    for (size_t i = 0; i < n; i++)
        if (text.p[i] < 'a' || text.p[i] > 'z')
            return false;
    if (text.p[n] != '_' || !decode_suffix(text.p + n + 1, ret))
        return false;
    memcpy(ret_prefix, text.p, n);
    ret_prefix[n] = '\0';
    return true;
}
