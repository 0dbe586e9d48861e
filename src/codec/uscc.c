/* 统一社会信用代码 (GB 32100-2015), with the organization code inside it (GB 11714-1997). */
#include "scfd/codec/schema.h"

enum { USCC_LEN = 18 };

/* The value of a symbol plus one; 0 for anything else. There is no I O S V Z. */
static const signed char symbols[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24,
    ['Q'] = 25, ['R'] = 26, ['T'] = 27, ['U'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31,
};

static inline int symbol_value(char c) {
    return symbols[(unsigned char)c] - 1;
}

/* Positions 3 to 8 are the administrative division: digits. */
static bool has_shape(struct scf_str text) {
    if (text.n != USCC_LEN)
        return false;
    for (size_t i = 0; i < USCC_LEN; i++) {
        int value = symbol_value(text.p[i]);
        if (value < 0 || (i >= 2 && i < 8 && value > 9))
            return false;
    }
    return true;
}

/* GB 32100: the weights are 3^i mod 31; the sum over all 18 positions is a multiple of 31. */
static bool outer_check(struct scf_str text) {
    int sum = 0, weight = 1;
    for (size_t i = 0; i < USCC_LEN - 1; i++, weight = weight * 3 % 31)
        sum += symbol_value(text.p[i]) * weight;
    return symbol_value(text.p[USCC_LEN - 1]) == (31 - sum % 31) % 31;
}

/* GB 11714: letters count from A = 10 here, without gaps in the alphabet. */
static bool inner_check(struct scf_str text) {
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < SCF_COUNT(weights); i++) {
        char c = text.p[8 + i];
        sum += (c <= '9' ? c - '0' : c - 'A' + 10) * weights[i];
    }
    return text.p[16] == "0X987654321"[sum % 11];
}

enum scf_uscc_verdict scf_uscc_check(struct scf_str text) {
    if (!has_shape(text))
        return SCF_USCC_BAD_SHAPE;
    return outer_check(text) && inner_check(text) ? SCF_USCC_OK : SCF_USCC_BAD_CHECK;
}
