/* RLP. A string below 0x80 is itself; 0x80 + n and 0xb7 + bytes of n begin strings, 0xc0 and 0xf7
 * lists. */
#include "scfd/codec/rlp.h"

enum { SHORT = 55, STRING = 0x80, LIST = 0xc0 };

/* Big-endian without leading zeros; returns how many bytes. */
static size_t shortest(uint64_t value, uint8_t out[8]) {
    size_t n = 0;
    for (int shift = 56; shift >= 0; shift -= 8)
        if (n > 0 || value >> shift != 0)
            out[n++] = (uint8_t)(value >> shift);
    return n;
}

static void put_prefix(struct scf_buf *out, unsigned base, size_t n) {
    uint8_t length[8];
    if (n <= SHORT) {
        scf_buf_putc(out, (char)(base + n));
        return;
    }
    size_t length_n = shortest(n, length);
    scf_buf_putc(out, (char)(base + SHORT + length_n));
    scf_buf_put(out, length, length_n);
}

void scf_rlp_put_bytes(struct scf_buf *out, const void *bytes, size_t n) {
    const uint8_t *p = bytes;
    if (n != 1 || p[0] >= STRING)
        put_prefix(out, STRING, n);
    if (n > 0)
        scf_buf_put(out, bytes, n);
}

void scf_rlp_put_u64(struct scf_buf *out, uint64_t value) {
    uint8_t bytes[8];
    scf_rlp_put_bytes(out, bytes, shortest(value, bytes));
}

void scf_rlp_put_list(struct scf_buf *out, const void *items, size_t n) {
    put_prefix(out, LIST, n);
    if (n > 0)
        scf_buf_put(out, items, n);
}

/* Sets where the payload begins and how long it is; false when that is not the shortest way to say
 * it, or beyond the end. */
static bool measure(const uint8_t *p, size_t n, unsigned base, size_t *ret_at, size_t *ret_n) {
    size_t at = 1, size = p[0] - base;
    if (size > SHORT) {
        size_t digits = size - SHORT;
        if (n - 1 < digits || p[1] == 0)
            return false;
        size = 0;
        for (at = 1; at <= digits; at++)
            size = size << 8 | p[at];
        if (size <= SHORT)
            return false;
    }
    if (size > n - at)
        return false;
    *ret_at = at;
    *ret_n = size;
    return true;
}

bool scf_rlp_next(struct scf_str *in, struct scf_rlp_item *ret) {
    if (in->n == 0)
        return false;
    const uint8_t *p = (const uint8_t *)in->p;
    size_t at = 0, n = 1;
    bool list = p[0] >= LIST;
    if (p[0] >= STRING && !measure(p, in->n, list ? LIST : STRING, &at, &n))
        return false;
    if (p[0] >= STRING && !list && n == 1 && p[at] < STRING)
        return false; /* such a byte is itself */
    *ret =
        (struct scf_rlp_item){.list = list, .payload = {in->p + at, n}, .whole = {in->p, at + n}};
    in->p += at + n;
    in->n -= at + n;
    return true;
}

bool scf_rlp_next_bytes(struct scf_str *in, struct scf_str *ret) {
    struct scf_str rest = *in;
    struct scf_rlp_item item;
    if (!scf_rlp_next(&rest, &item) || item.list)
        return false;
    *in = rest;
    *ret = item.payload;
    return true;
}

bool scf_rlp_next_u64(struct scf_str *in, uint64_t *ret) {
    struct scf_str rest = *in, bytes;
    if (!scf_rlp_next_bytes(&rest, &bytes) || bytes.n > 8 || (bytes.n > 0 && bytes.p[0] == 0))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.n; i++)
        value = value << 8 | (uint8_t)bytes.p[i];
    *in = rest;
    *ret = value;
    return true;
}

bool scf_rlp_open_list(struct scf_str in, struct scf_str *ret_items) {
    struct scf_rlp_item item;
    if (!scf_rlp_next(&in, &item) || !item.list || in.n > 0)
        return false;
    *ret_items = item.payload;
    return true;
}
