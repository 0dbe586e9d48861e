/* Numbers are judged by their digits: no strtod, which would ask the locale. */
#include "json_number.h"

#include "scfd/codec/json.h"

/* "-12.50e+3": digits "12.50" up to mantissa_end, whole part up to whole_end, exponent "+3" from
 * `exponent` (NULL when there is none) to `end`. */
struct number {
    const unsigned char *digits, *whole_end, *mantissa_end, *exponent, *end;
};

static inline bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

/* At least one digit; *p moves behind them either way. */
static inline bool take_digits(const unsigned char **p, const unsigned char *end) {
    const unsigned char *first = *p;
    while (*p < end && is_digit(**p))
        ++*p;
    return *p > first;
}

/* The grammar of RFC 8259 §6. */
static bool split(const unsigned char *p, const unsigned char *end, struct number *n) {
    p += *p == '-';
    n->digits = p;
    bool sound = take_digits(&p, end) && (*n->digits != '0' || p == n->digits + 1);
    n->whole_end = p;
    if (sound && p < end && *p == '.') {
        p++;
        sound = take_digits(&p, end);
    }
    n->mantissa_end = p;
    n->exponent = NULL;
    if (sound && p < end && (*p | 0x20) == 'e') {
        n->exponent = ++p;
        p += p < end && (*p == '+' || *p == '-');
        sound = take_digits(&p, end);
    }
    n->end = p;
    return sound;
}

static bool integer_in_range(const unsigned char *p, const unsigned char *end) {
    if (end - p > 16)
        return false;
    int64_t value = 0;
    for (; p < end; p++)
        value = value * 10 + (*p - '0');
    return value <= INT64_C(9007199254740991);
}

/* The exponent, cut at a size that no mantissa of SCF_JSON_MAX_NUMBER digits can undo. */
static int exponent_value(const struct number *n) {
    if (!n->exponent)
        return 0;
    int value = 0;
    for (const unsigned char *p = n->exponent + !is_digit(*n->exponent); p < n->end; p++)
        value = value > 100000 ? value : value * 10 + (*p - '0');
    return *n->exponent == '-' ? -value : value;
}

/* Compares the digits with the first twenty of 2^1024 − 2^970, from which on values round to
 * infinity. `magnitude` is the power of ten of the first digit that is not 0, plus one. */
static bool is_finite(const struct number *n) {
    static const char limit[] = "17976931348623158079";
    size_t compared = 0, limit_n = sizeof limit - 1;
    int magnitude = exponent_value(n), order = 0;
    for (const unsigned char *p = n->digits; p < n->mantissa_end; p++) {
        bool whole = p < n->whole_end;
        if (*p == '.')
            continue;
        if (compared == 0 && *p == '0') {
            magnitude -= !whole;
            continue;
        }
        magnitude += whole;
        if (compared < limit_n && order == 0)
            order = *p - limit[compared];
        compared++;
    }
    if (compared == 0 || magnitude != 309)
        return compared == 0 || magnitude < 309;
    return order < 0 || (order == 0 && compared < limit_n);
}

enum number_verdict json_number_scan(const unsigned char **p, const unsigned char *end) {
    struct number n;
    if (!split(*p, end, &n)) {
        *p = n.end;
        return NUMBER_SYNTAX;
    }
    bool in_range = n.end == n.whole_end ? integer_in_range(n.digits, n.end)
                                         : n.end - *p <= SCF_JSON_MAX_NUMBER && is_finite(&n);
    if (!in_range)
        return NUMBER_OUT_OF_RANGE;
    *p = n.end;
    return NUMBER_OK;
}
