/* The strict scanner in front of cJSON: one pass, one state machine, no recursion, no allocation
 * for a usual body (libraries: "cJSON duty list"; RFC 8259 grammar, RFC 7493 limits).
 * Relies on name_set.h for duplicate names and utf8.h for the bytes of strings. */
#include "scfd/codec/json.h"

#include "name_set.h"
#include "utf8.h"

enum { MAX_DEPTH = 1024 };

struct scan {
    const unsigned char *start, *p, *end; /* on refusal `p` stays at the place of the fault */
    const char *fault;                    /* NULL while all is well */
    int depth, max_depth;
    uint32_t objects; /* opened so far */
    size_t members;
    struct name_set names;
    uint32_t open[MAX_DEPTH]; /* per level: the object's number, or 0 for an array */
};

/* What may come next. The FIRST forms also allow the closing bracket. */
enum expect { FIRST_NAME, NAME, FIRST_ELEMENT, VALUE, AFTER_VALUE };

static bool refuse(struct scan *s, const char *code) {
    s->fault = code;
    return false;
}

static inline void skip_space(struct scan *s) {
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

/* ---- strings ---- */

/* Bytes of a string that need no look: printable ASCII except '"' and '\'. */
static const bool plain_byte[256] = {
    [' '] = 1,
    ['!'] = 1,
    ['#' ... '['] = 1,
    [']' ... 0x7F] = 1,
};

/* The same question for eight bytes at once; may say no where the answer is yes. */
static inline bool plain_word(const unsigned char *p) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x, special;
    memcpy(&x, p, sizeof x);
    uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\';
    special = x | ((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) |
              ((backslash - ones) & ~backslash);
    return (special & ones * 0x80) == 0;
}

static inline void skip_plain(struct scan *s) {
    const unsigned char *p = s->p, *end = s->end;
    while (end - p >= 8 && plain_word(p))
        p += 8;
    while (p < end && plain_byte[*p])
        p++;
    s->p = p;
}

static bool read_hex4(const struct scan *s, const unsigned char *p, uint32_t *ret) {
    if (s->end - p < 4)
        return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = p[i], lower = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

/* At "\u": four hex digits, and the low half when they are a high surrogate. */
static bool scan_unicode_escape(struct scan *s) {
    uint32_t point, low;
    if (!read_hex4(s, s->p + 2, &point))
        return refuse(s, "syntax");
    if (point == 0)
        return refuse(s, "nul-in-string");
    if (point < 0xD800 || point > 0xDFFF) {
        s->p += 6;
        return true;
    }
    bool paired = point <= 0xDBFF && s->end - s->p >= 12 && s->p[6] == '\\' && s->p[7] == 'u' &&
                  read_hex4(s, s->p + 8, &low) && low >= 0xDC00 && low <= 0xDFFF;
    if (!paired)
        return refuse(s, "lone-surrogate");
    s->p += 12;
    return true;
}

static bool scan_escape(struct scan *s) {
    if (s->end - s->p < 2)
        return refuse(s, "syntax");
    switch (s->p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        s->p += 2;
        return true;
    case 'u':
        return scan_unicode_escape(s);
    default:
        return refuse(s, "syntax");
    }
}

/* At the opening quote; leaves `p` behind the closing one. */
static bool scan_string(struct scan *s, bool *ret_has_escapes) {
    bool has_escapes = false;
    s->p++;
    for (;;) {
        skip_plain(s);
        if (s->p == s->end)
            return refuse(s, "syntax");
        if (*s->p == '"')
            break;
        if (*s->p == '\\') {
            has_escapes = true;
            if (!scan_escape(s))
                return false;
        } else if (*s->p < 0x20) {
            return refuse(s, "control-character");
        } else {
            size_t n = utf8_sequence(s->p, s->end);
            if (n == 0)
                return refuse(s, "invalid-utf8");
            s->p += n;
        }
    }
    s->p++;
    *ret_has_escapes = has_escapes;
    return true;
}

/* A member name with its colon. */
static bool scan_name(struct scan *s) {
    if (*s->p != '"')
        return refuse(s, "syntax");
    const unsigned char *quote = s->p;
    bool has_escapes;
    if (!scan_string(s, &has_escapes))
        return false;
    size_t n = (size_t)(s->p - quote) - 2;
    enum name_verdict verdict =
        n > SCF_JSON_MAX_KEY
            ? NAME_NEW
            : name_set_add(&s->names, s->open[s->depth - 1], quote + 1, n, has_escapes);
    if (n > SCF_JSON_MAX_KEY || verdict != NAME_NEW) {
        s->p = quote;
        return refuse(s, n > SCF_JSON_MAX_KEY    ? "name-too-long"
                         : verdict == NAME_TWICE ? "duplicate-member"
                                                 : "out-of-memory");
    }
    skip_space(s);
    if (s->p == s->end || *s->p != ':')
        return refuse(s, "syntax");
    s->p++;
    return true;
}

/* ---- numbers ---- */

static inline bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static const unsigned char *skip_digits(const struct scan *s, const unsigned char *p) {
    while (p < s->end && is_digit(*p))
        p++;
    return p;
}

/* Digits without sign, fraction or exponent: at most 2^53 − 1. */
static bool integer_in_range(const unsigned char *p, const unsigned char *end) {
    if (end - p > 16)
        return false;
    int64_t value = 0;
    for (; p < end; p++)
        value = value * 10 + (*p - '0');
    return value <= INT64_C(9007199254740991);
}

/* Would the decimal number [p, end) overflow a double? Compares its digits with the first twenty of
 * 2^1024 − 2^970, from which on values round to infinity, so that no locale and no strtod is asked.
 * `end` is where the exponent begins. */
static bool overflows(const unsigned char *p, const unsigned char *end, int64_t exponent) {
    static const char limit[] = "17976931348623158079";
    size_t compared = 0;
    int64_t magnitude = exponent; /* power of ten of the first non-zero digit, plus one */
    int order = 0;
    bool fraction = false;
    for (; p < end; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        if (compared == 0 && *p == '0') {
            magnitude -= fraction;
            continue;
        }
        magnitude += !fraction;
        if (compared < sizeof limit - 1 && order == 0)
            order = *p - limit[compared];
        compared++;
    }
    if (compared == 0)
        return false;
    bool all_equal = order == 0 && compared >= sizeof limit - 1;
    return magnitude > 309 || (magnitude == 309 && (order > 0 || all_equal));
}

/* The exponent's value, cut at a size that no mantissa of SCF_JSON_MAX_NUMBER digits can undo. */
static int64_t exponent_value(const unsigned char *p, const unsigned char *end) {
    bool negative = *p == '-';
    int64_t value = 0;
    for (p += !is_digit(*p); p < end; p++)
        value = value > 100000 ? value : value * 10 + (*p - '0');
    return negative ? -value : value;
}

static bool scan_number(struct scan *s) {
    const unsigned char *first = s->p, *p = s->p + (*s->p == '-'), *digits = p;
    p = skip_digits(s, p);
    const unsigned char *whole_end = p, *mantissa_end;
    bool sound = p > digits && (*digits != '0' || p == digits + 1);
    if (sound && p < s->end && *p == '.') {
        const unsigned char *fraction = ++p;
        p = skip_digits(s, p);
        sound = p > fraction;
    }
    mantissa_end = p;
    int64_t exponent = 0;
    if (sound && p < s->end && (*p | 0x20) == 'e') {
        const unsigned char *text = ++p;
        p += p < s->end && (*p == '+' || *p == '-');
        const unsigned char *exponent_digits = p;
        p = skip_digits(s, p);
        sound = p > exponent_digits;
        exponent = sound ? exponent_value(text, p) : 0;
    }
    if (!sound) {
        s->p = p;
        return refuse(s, "syntax");
    }
    bool in_range = p == whole_end ? integer_in_range(digits, p)
                                   : p - first <= SCF_JSON_MAX_NUMBER &&
                                         !overflows(digits, mantissa_end, exponent);
    if (!in_range)
        return refuse(s, "number-out-of-range");
    s->p = p;
    return true;
}

/* ---- structure ---- */

static bool scan_word(struct scan *s, const char *word, size_t n) {
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return refuse(s, "syntax");
    s->p += n;
    return true;
}

static bool open_level(struct scan *s, bool object) {
    if (s->depth == s->max_depth)
        return refuse(s, "too-deep");
    s->open[s->depth++] = object ? ++s->objects : 0;
    s->p++;
    return true;
}

static bool scan_scalar(struct scan *s) {
    bool has_escapes;
    switch (*s->p) {
    case '"':
        return scan_string(s, &has_escapes);
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        return *s->p == '-' || is_digit(*s->p) ? scan_number(s) : refuse(s, "syntax");
    }
}

static bool scan_value(struct scan *s, enum expect *expect) {
    if (s->depth > 0 && ++s->members > SCF_JSON_MAX_MEMBERS)
        return refuse(s, "too-many-members");
    if (*s->p == '{') {
        *expect = FIRST_NAME;
        return open_level(s, true);
    }
    if (*s->p == '[') {
        *expect = FIRST_ELEMENT;
        return open_level(s, false);
    }
    *expect = AFTER_VALUE;
    return scan_scalar(s);
}

/* A comma or the bracket that closes the innermost level. */
static bool scan_after(struct scan *s, enum expect *expect) {
    if (s->depth == 0)
        return refuse(s, "trailing-text");
    bool object = s->open[s->depth - 1] != 0;
    if (*s->p == ',') {
        *expect = object ? NAME : VALUE;
    } else if (*s->p == (object ? '}' : ']')) {
        s->depth--;
        *expect = AFTER_VALUE;
    } else {
        return refuse(s, "syntax");
    }
    s->p++;
    return true;
}

static bool scan_step(struct scan *s, enum expect *expect) {
    switch (*expect) {
    case FIRST_NAME:
        if (*s->p == '}')
            return scan_after(s, expect);
        break;
    case FIRST_ELEMENT:
        if (*s->p == ']')
            return scan_after(s, expect);
        return scan_value(s, expect);
    case VALUE:
        return scan_value(s, expect);
    case AFTER_VALUE:
        return scan_after(s, expect);
    case NAME:
        break;
    }
    *expect = VALUE;
    return scan_name(s);
}

static bool scan_text(struct scan *s) {
    if (s->end - s->p >= 3 && memcmp(s->p, "\xEF\xBB\xBF", 3) == 0)
        return refuse(s, "byte-order-mark");
    skip_space(s);
    if (s->p == s->end)
        return refuse(s, "empty");
    enum expect expect = VALUE;
    while (s->p < s->end) {
        if (!scan_step(s, &expect))
            return false;
        skip_space(s);
    }
    return expect == AFTER_VALUE && s->depth == 0 ? true : refuse(s, "syntax");
}

static struct scf_json_fault locate(const struct scan *s) {
    size_t offset = (size_t)(s->p - s->start), line = 1, line_start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (s->start[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return (struct scf_json_fault){s->fault, offset, line, offset - line_start + 1};
}

bool scf_json_scan(const char *text, size_t n, int max_depth, struct scf_json_fault *ret_fault) {
    SCF_ASSERT(max_depth >= 0 && max_depth <= MAX_DEPTH);
    struct scan s;
    s.start = s.p = (const unsigned char *)text;
    s.end = s.start + n;
    s.fault = NULL;
    s.depth = 0;
    s.max_depth = max_depth;
    s.objects = 0;
    s.members = 0;
    name_set_init(&s.names);
    bool sound = scan_text(&s);
    name_set_free(&s.names);
    if (!sound && ret_fault)
        *ret_fault = locate(&s);
    return sound;
}
