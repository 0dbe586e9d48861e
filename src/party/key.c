/* The text of an API key: `scfd_sk_live_`, 43 random base62 characters, and the CRC-32 of all
 * before it as 6 base62 characters. Relies on scf_random and HMAC-SHA256. */
#include "key.h"

static const char PREFIX[] = "scfd_sk_live_";
static const char BASE62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum {
    PREFIX_LEN = sizeof PREFIX - 1,
    RANDOM_LEN = 43, /* 43 × log2(62) = 256.03 bits */
    CHECK_LEN = 6,   /* 62^6 > 2^32 */
    KEY_LEN = PREFIX_LEN + RANDOM_LEN + CHECK_LEN
};
static_assert((int)KEY_LEN < (int)SCF_KEY_TEXT, "a key must fit its buffer");

/* CRC-32 of ISO 3309, as in gzip. Bit by bit: keys are short. */
static uint32_t crc32_of(const char *bytes, size_t n) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1u) ? 0xedb88320u : 0u);
    }
    return ~crc;
}

static void check_characters(const char *bytes, size_t n, char out[CHECK_LEN]) {
    uint32_t crc = crc32_of(bytes, n);
    for (int i = CHECK_LEN - 1; i >= 0; i--) {
        out[i] = BASE62[crc % 62];
        crc /= 62;
    }
}

/* Bytes from 248 on are thrown away: 248 is the largest multiple of 62, so that no character is
 * likelier than another. */
static void random_characters(char *out, size_t n) {
    uint8_t pool[64];
    size_t used = sizeof pool;
    for (size_t i = 0; i < n;) {
        if (used == sizeof pool) {
            scf_random(pool, sizeof pool);
            used = 0;
        }
        uint8_t byte = pool[used++];
        if (byte < 248)
            out[i++] = BASE62[byte % 62];
    }
    explicit_bzero(pool, sizeof pool);
}

void scf_key_generate(char out[SCF_KEY_TEXT]) {
    memcpy(out, PREFIX, PREFIX_LEN);
    random_characters(out + PREFIX_LEN, RANDOM_LEN);
    check_characters(out, PREFIX_LEN + RANDOM_LEN, out + PREFIX_LEN + RANDOM_LEN);
    out[KEY_LEN] = '\0';
}

bool scf_key_well_formed(struct scf_str text) {
    if (text.n != KEY_LEN || memcmp(text.p, PREFIX, PREFIX_LEN) != 0)
        return false;
    for (size_t i = PREFIX_LEN; i < KEY_LEN; i++)
        if (text.p[i] == '\0' || strchr(BASE62, text.p[i]) == NULL)
            return false;
    char check[CHECK_LEN];
    check_characters(text.p, KEY_LEN - CHECK_LEN, check);
    return memcmp(text.p + KEY_LEN - CHECK_LEN, check, CHECK_LEN) == 0;
}

void scf_key_hint(const char *text, char out[8]) {
    size_t n = strlen(text);
    SCF_ASSERT(n >= 4);
    memcpy(out, text + n - 4, 5);
}

struct scf_hash scf_key_digest(const uint8_t secret[32], struct scf_str text) {
    return scf_hmac_sha256(secret, 32, text.p, text.n);
}
