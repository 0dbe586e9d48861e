/* String views, hex, base64, integers, UTF-8 and likeness, without locale. Decoders look at the
 * whole input before they write, so that a refused input leaves the output untouched. */
#include "scfd/base/text.h"

struct scf_str scf_str(const char *text) {
    return (struct scf_str){text, text ? strlen(text) : 0};
}

bool scf_str_eq(struct scf_str a, struct scf_str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool scf_str_is(struct scf_str a, const char *text) {
    return scf_str_eq(a, scf_str(text));
}

bool scf_str_starts(struct scf_str a, const char *prefix) {
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

int scf_name_index(const char *const *names, const char *name) {
    for (int i = 0; name != NULL && names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* ---- hex ---- */

static const char hex_digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                    '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

/* Value + 1 of each hex digit, 0 for everything else. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

void scf_hex(const void *bytes, size_t n, char *out) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex_digits[p[i] >> 4];
        out[2 * i + 1] = hex_digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

bool scf_unhex(struct scf_str hex, void *out, size_t n) {
    if (hex.n % 2 != 0 || hex.n / 2 != n)
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (!hex_values[(uint8_t)hex.p[i]])
            return false;
    uint8_t *bytes = out;
    for (size_t i = 0; i < n; i++) {
        unsigned high = hex_values[(uint8_t)hex.p[2 * i]] - 1u;
        unsigned low = hex_values[(uint8_t)hex.p[2 * i + 1]] - 1u;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- base64 ---- */

static const char standard_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Value + 1 of the 62 characters that both alphabets share, 0 for everything else. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
};

/* Value + 1 of `c` in the alphabet whose last two characters are `c62` and `c63`; 0: not in it. */
static unsigned base64_value(char c, const char *alphabet) {
    if (c == alphabet[62])
        return 63;
    if (c == alphabet[63])
        return 64;
    return base64_values[(uint8_t)c];
}

static void encode64(const uint8_t *p, size_t n, const char *alphabet, bool pad, char *out) {
    for (; n >= 3; n -= 3, p += 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = alphabet[v >> 6 & 63];
        *out++ = alphabet[v & 63];
    }
    if (n) {
        uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        if (n == 2)
            *out++ = alphabet[v >> 6 & 63];
        for (size_t i = n; pad && i < 3; i++)
            *out++ = '=';
    }
    *out = '\0';
}

/* `text` without padding. The bits that the last character has too many must be zero: otherwise two
 * texts would stand for the same bytes. */
static bool decode64(struct scf_str text, const char *alphabet, void *out, size_t max,
                     size_t *ret_n) {
    size_t tail = text.n % 4;
    size_t n = text.n / 4 * 3 + (tail ? tail - 1 : 0);
    if (tail == 1 || n > max)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!base64_value(text.p[i], alphabet))
            return false;
    if (tail) {
        unsigned last = base64_value(text.p[text.n - 1], alphabet) - 1;
        if (last & (tail == 2 ? 15u : 3u))
            return false;
    }
    uint8_t *bytes = out;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0, at = 0; i < text.n; i++) {
        bits = bits << 6 | (base64_value(text.p[i], alphabet) - 1);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[at++] = (uint8_t)(bits >> count);
        }
    }
    *ret_n = n;
    return true;
}

void scf_base64(const void *bytes, size_t n, char *out) {
    encode64(bytes, n, standard_alphabet, true, out);
}

void scf_base64url(const void *bytes, size_t n, char *out) {
    encode64(bytes, n, url_alphabet, false, out);
}

bool scf_unbase64(struct scf_str text, void *out, size_t max, size_t *ret_n) {
    if (text.n % 4 != 0)
        return false;
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return decode64(text, standard_alphabet, out, max, ret_n);
}

bool scf_unbase64url(struct scf_str text, void *out, size_t max, size_t *ret_n) {
    return decode64(text, url_alphabet, out, max, ret_n);
}

/* ---- integers ---- */

bool scf_parse_u64(struct scf_str text, uint64_t max, uint64_t *ret) {
    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(uint8_t)text.p[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (value > max)
        return false;
    *ret = value;
    return true;
}

bool scf_parse_i64(struct scf_str text, int64_t min, int64_t max, int64_t *ret) {
    bool negative = text.n > 0 && text.p[0] == '-';
    if (negative)
        text = (struct scf_str){text.p + 1, text.n - 1};
    uint64_t magnitude;
    if (!scf_parse_u64(text, (uint64_t)INT64_MAX + (negative ? 1 : 0), &magnitude))
        return false;
    int64_t value = (int64_t)(negative ? 0 - magnitude : magnitude);
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}

/* ---- UTF-8 ---- */

static bool is_continuation(uint8_t c) {
    return (c & 0xC0) == 0x80;
}

/* Length of the well-formed sequence that begins with a non-ASCII byte at s; 0 when ill-formed
 * (The Unicode Standard, table 3-7). */
static size_t sequence_length(const uint8_t *s, size_t n) {
    uint8_t first = s[0];
    size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || n < length)
        return 0;
    uint8_t low = 0x80, high = 0xBF; /* bounds of the second byte */
    if (first == 0xE0)
        low = 0xA0; /* overlong */
    else if (first == 0xED)
        high = 0x9F; /* surrogates */
    else if (first == 0xF0)
        low = 0x90; /* overlong */
    else if (first == 0xF4)
        high = 0x8F; /* past U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(s[i]))
            return 0;
    return length;
}

bool scf_utf8_valid(const char *bytes, size_t n) {
    const uint8_t *s = (const uint8_t *)bytes;
    size_t i = 0;
    while (i < n) {
        uint64_t word;
        if (n - i >= sizeof word) { /* eight ASCII bytes at once */
            memcpy(&word, s + i, sizeof word);
            if (!(word & UINT64_C(0x8080808080808080))) {
                i += sizeof word;
                continue;
            }
        }
        size_t length = s[i] < 0x80 ? 1 : sequence_length(s + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

size_t scf_utf8_length(const char *bytes, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += !is_continuation((uint8_t)bytes[i]);
    return count;
}

/* ---- likeness ---- */

static char upper(char c) {
    return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* One row of the matrix at a time. */
size_t scf_edit_distance(struct scf_str a, struct scf_str b) {
    if (a.n > SCF_EDIT_MAX || b.n > SCF_EDIT_MAX)
        return SIZE_MAX;
    size_t row[SCF_EDIT_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t substituted = diagonal + (upper(a.p[i - 1]) != upper(b.p[j - 1]));
            diagonal = row[j];
            row[j] = least(substituted, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.n];
}

/* ---- business numbers ---- */

/* Bytes of the blank character at the start of the text; 0 when there is none. */
static size_t blank_length(struct scf_str text) {
    if (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r'))
        return 1;
    if ((uint8_t)text.p[0] < 0x80)
        return 0;
    if (scf_str_starts(text, "\xc2\xa0")) /* no-break space */
        return 2;
    return scf_str_starts(text, "\xe3\x80\x80") ? 3 : 0; /* ideographic space */
}

size_t scf_normalise(struct scf_str text, char *out) {
    size_t n = 0;
    while (text.n > 0) {
        size_t blank = blank_length(text), step = blank ? blank : 1;
        if (!blank)
            out[n++] = upper(text.p[0]);
        text = (struct scf_str){text.p + step, text.n - step};
    }
    return n;
}
