/* The set of member names: see name_set.h. Relies on scf_random for the hash key. */
#include "name_set.h"

#include "scfd/base/id.h"
#include "scfd/codec/json.h"
#include "utf8.h"

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static uint64_t hash_key[2]; /* written once under key_once, then read-only */

static void make_hash_key(void) {
    scf_random(hash_key, sizeof hash_key);
}

void name_set_init(struct name_set *set) {
    pthread_once(&key_once, make_hash_key);
    memset(set->inline_slots, 0, sizeof set->inline_slots);
    set->slots = set->inline_slots;
    set->mask = NAME_SET_INLINE - 1;
    set->used = 0;
}

void name_set_free(struct name_set *set) {
    if (set->slots != set->inline_slots)
        free(set->slots);
}

/* ---- SipHash-1-3 (Aumasson and Bernstein; the variant with 1 and 3 rounds) ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits) {
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s) {
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word) {
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

/* Up to 7 bytes and the length as one word. The order of bytes need not be portable: nothing is
 * stored. */
static inline uint64_t last_word(const unsigned char *p, size_t n, size_t length) {
    uint64_t word = (uint64_t)length << 56;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << 8 * i;
    return word;
}

static uint32_t hash_name(const unsigned char *name, size_t n) {
    struct sip s = {
        hash_key[0] ^ UINT64_C(0x736f6d6570736575), hash_key[1] ^ UINT64_C(0x646f72616e646f6d),
        hash_key[0] ^ UINT64_C(0x6c7967656e657261), hash_key[1] ^ UINT64_C(0x7465646279746573)};
    size_t length = n;
    for (; n >= 8; name += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, name, sizeof word);
        sip_word(&s, word);
    }
    sip_word(&s, last_word(name, n, length));
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    uint64_t h = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    return (uint32_t)(h ^ h >> 32);
}

/* ---- names ---- */

static uint32_t hex4(const unsigned char *p) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = p[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* Decodes the escape behind a backslash at *p; moves *p behind it. */
static size_t unescape_one(const unsigned char **p, unsigned char out[4]) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    unsigned char c = *(*p)++;
    if (c != 'u') {
        const char *at = strchr(from, c);
        out[0] = at ? (unsigned char)to[at - from] : c;
        return 1;
    }
    uint32_t point = hex4(*p);
    *p += 4;
    if (point >= 0xD800 && point <= 0xDBFF) { /* the scanner has seen the low half */
        point = 0x10000 + ((point - 0xD800) << 10) + (hex4(*p + 2) - 0xDC00);
        *p += 6;
    }
    return utf8_encode(point, out);
}

/* An escape is never shorter than the bytes it stands for, so the result fits where the raw name
 * fits. */
static size_t unescape(const unsigned char *raw, unsigned char out[SCF_JSON_MAX_KEY]) {
    size_t n = 0;
    while (*raw != '"') {
        if (*raw != '\\') {
            out[n++] = *raw++;
            continue;
        }
        unsigned char bytes[4];
        raw++;
        size_t got = unescape_one(&raw, bytes);
        memcpy(out + n, bytes, got);
        n += got;
    }
    return n;
}

static bool same_name(const unsigned char *a, const unsigned char *b) {
    unsigned char plain_a[SCF_JSON_MAX_KEY], plain_b[SCF_JSON_MAX_KEY];
    size_t n = unescape(a, plain_a);
    return n == unescape(b, plain_b) && memcmp(plain_a, plain_b, n) == 0;
}

/* ---- the table ---- */

static void place(struct name_entry *slots, size_t mask, struct name_entry entry) {
    size_t i = entry.tag & mask;
    while (slots[i].tag != 0)
        i = (i + 1) & mask;
    slots[i] = entry;
}

static bool grow(struct name_set *set) {
    size_t slots_n = (set->mask + 1) * 4;
    struct name_entry *slots = calloc(slots_n, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i <= set->mask; i++)
        if (set->slots[i].tag != 0)
            place(slots, slots_n - 1, set->slots[i]);
    name_set_free(set);
    set->slots = slots;
    set->mask = slots_n - 1;
    return true;
}

enum name_verdict name_set_add(struct name_set *set, uint32_t object, const unsigned char *name,
                               size_t n, bool has_escapes) {
    unsigned char plain[SCF_JSON_MAX_KEY];
    const unsigned char *text = name;
    if (has_escapes) {
        n = unescape(name, plain);
        text = plain;
    }
    uint32_t hash = hash_name(text, n);
    hash += object * UINT32_C(0x9E3779B1); /* spreads one name over the objects that have it */
    struct name_entry entry = {.tag = (uint64_t)object << 32 | hash, .name = name};
    for (size_t i = hash & set->mask; set->slots[i].tag != 0; i = (i + 1) & set->mask)
        if (set->slots[i].tag == entry.tag && same_name(set->slots[i].name, name))
            return NAME_TWICE;
    if (set->used * 2 > set->mask && !grow(set))
        return NAME_NO_MEMORY;
    place(set->slots, set->mask, entry);
    set->used++;
    return NAME_NEW;
}
