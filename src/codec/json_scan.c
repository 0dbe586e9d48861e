/* The strict scanner in front of cJSON: one pass, one state machine, no recursion, no allocation
 * for a usual body (libraries: "cJSON duty list"; RFC 8259 grammar, RFC 7493 limits).
 * Relies on name_set.h for duplicate names, json_number.h for numbers, utf8.h for strings. */
#include "scfd/codec/json.h"

#include "json_number.h"
#include "name_set.h"
#include "utf8.h"

enum { MAX_DEPTH = 1024 };

struct scan {
    const unsigned char *start, *p, *end; /* on refusal `p` stays at the place of the fault */
    const char *fault;                    /* NULL while all is well */
    int depth, max_depth;
    uint32_t objects; /* opened so far */
    size_t members, max_members;
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

/* How many of the eight bytes at `p` are plain before the first that is not. The tests below set
 * the high bit of every byte that is not plain; a borrow can set more only above the first one. */
static inline size_t plain_prefix(const unsigned char *p) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, p, sizeof x);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        x = __builtin_bswap64(x);
    uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\';
    uint64_t special = x | ((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) |
                       ((backslash - ones) & ~backslash);
    special &= ones * 0x80;
    return special ? (size_t)__builtin_ctzll(special) / 8 : 8;
}

static inline void skip_plain(struct scan *s) {
    const unsigned char *p = s->p, *end = s->end;
    while (end - p >= 8) {
        size_t n = plain_prefix(p);
        p += n;
        if (n < 8) {
            s->p = p;
            return;
        }
    }
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
            do {
                size_t n = utf8_sequence(s->p, s->end);
                if (n == 0)
                    return refuse(s, "invalid-utf8");
                s->p += n;
            } while (s->p < s->end && *s->p >= 0x80);
        }
    }
    s->p++;
    *ret_has_escapes = has_escapes;
    return true;
}

static bool refuse_at(struct scan *s, const unsigned char *place, const char *code) {
    s->p = place;
    return refuse(s, code);
}

/* The name from its opening quote to s->p joins the names of the innermost object. */
static bool add_name(struct scan *s, const unsigned char *quote, bool has_escapes) {
    size_t n = (size_t)(s->p - quote) - 2;
    if (n > SCF_JSON_MAX_KEY)
        return refuse_at(s, quote, "name-too-long");
    uint32_t object = s->open[s->depth - 1];
    switch (name_set_add(&s->names, object, quote + 1, n, has_escapes)) {
    case NAME_TWICE:
        return refuse_at(s, quote, "duplicate-member");
    case NAME_NO_MEMORY:
        return refuse_at(s, quote, "out-of-memory");
    case NAME_NEW:
        break;
    }
    return true;
}

/* A member name with its colon. */
static bool scan_name(struct scan *s) {
    if (*s->p != '"')
        return refuse(s, "syntax");
    const unsigned char *quote = s->p;
    bool has_escapes;
    if (!scan_string(s, &has_escapes) || !add_name(s, quote, has_escapes))
        return false;
    skip_space(s);
    if (s->p == s->end || *s->p != ':')
        return refuse(s, "syntax");
    s->p++;
    return true;
}

/* ---- structure ---- */

static bool scan_word(struct scan *s, const char *word, size_t n) {
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return refuse(s, "syntax");
    s->p += n;
    return true;
}

static bool scan_number(struct scan *s) {
    if (*s->p != '-' && (*s->p < '0' || *s->p > '9'))
        return refuse(s, "syntax");
    enum number_verdict verdict = json_number_scan(&s->p, s->end);
    if (verdict == NUMBER_OK)
        return true;
    return refuse(s, verdict == NUMBER_SYNTAX ? "syntax" : "number-out-of-range");
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
        return scan_number(s);
    }
}

static bool scan_value(struct scan *s, enum expect *expect) {
    if (s->depth > 0 && ++s->members > s->max_members)
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

bool scf_json_scan_large(const char *text, size_t n, int max_depth, size_t max_members,
                         struct scf_json_fault *ret_fault) {
    SCF_ASSERT(max_depth >= 0 && max_depth <= MAX_DEPTH);
    struct scan s;
    s.start = s.p = (const unsigned char *)text;
    s.end = s.start + n;
    s.fault = NULL;
    s.depth = 0;
    s.max_depth = max_depth;
    s.objects = 0;
    s.members = 0;
    s.max_members = max_members;
    name_set_init(&s.names);
    bool sound = scan_text(&s);
    name_set_free(&s.names);
    if (!sound && ret_fault)
        *ret_fault = locate(&s);
    return sound;
}

bool scf_json_scan(const char *text, size_t n, int max_depth, struct scf_json_fault *ret_fault) {
    return scf_json_scan_large(text, n, max_depth, SCF_JSON_MAX_MEMBERS, ret_fault);
}
