/* One UTF-8 sequence at a time, for the scanner and the writer (RFC 3629, table 3-7 of Unicode:
 * no overlong forms, no surrogates, nothing above U+10FFFF). Private to codec. */
#ifndef SCFD_SRC_CODEC_UTF8_H
#define SCFD_SRC_CODEC_UTF8_H

#include "scfd/base/prelude.h"

static inline bool utf8_continues(unsigned char c) {
    return (c & 0xC0) == 0x80;
}

/* The length of the well-formed sequence of two or more bytes at `p`, 0 when there is none. */
static inline size_t utf8_sequence(const unsigned char *p, const unsigned char *end) {
    size_t left = (size_t)(end - p);
    unsigned char c = p[0];
    if (c >= 0xC2 && c <= 0xDF)
        return left >= 2 && utf8_continues(p[1]) ? 2 : 0;
    if (c >= 0xE0 && c <= 0xEF) {
        unsigned char low = c == 0xE0 ? 0xA0 : 0x80, high = c == 0xED ? 0x9F : 0xBF;
        return left >= 3 && p[1] >= low && p[1] <= high && utf8_continues(p[2]) ? 3 : 0;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        unsigned char low = c == 0xF0 ? 0x90 : 0x80, high = c == 0xF4 ? 0x8F : 0xBF;
        bool sound = left >= 4 && p[1] >= low && p[1] <= high && utf8_continues(p[2]) &&
                     utf8_continues(p[3]);
        return sound ? 4 : 0;
    }
    return 0;
}

/* The code point (not a surrogate) as UTF-8; returns the number of bytes written. */
static inline size_t utf8_encode(uint32_t c, unsigned char out[4]) {
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (unsigned char)(0xC0 | c >> 6);
        out[1] = (unsigned char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (unsigned char)(0xE0 | c >> 12);
        out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (unsigned char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (unsigned char)(0xF0 | c >> 18);
    out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (unsigned char)(0x80 | (c & 0x3F));
    return 4;
}

#endif
