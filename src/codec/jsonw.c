/* The JSON writer. Whatever it is given, its output is valid JSON in valid UTF-8: bytes that are
 * not UTF-8 (a client's path, a text cut in the middle) are written as U+FFFD. */
#include "scfd/codec/jsonw.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "utf8.h"

struct scf_jsonw scf_jsonw(struct scf_buf *out) {
    return (struct scf_jsonw){.out = out, .comma = false};
}

/* What stands before a value, the comma and the member name, and then `text`, which needs no
 * escaping. All in one go: most of what is written is short. */
static void put_member(struct scf_jsonw *w, const char *key, const char *quote, const char *text,
                       size_t text_n) {
    size_t n = key ? strlen(key) : 0;
    char *p = scf_buf_reserve(w->out, n + text_n + 6);
    if (!p)
        return;
    char *start = p;
    if (w->comma)
        *p++ = ',';
    if (key) {
        *p++ = '"';
        memcpy(p, key, n);
        p += n;
        *p++ = '"';
        *p++ = ':';
    }
    if (*quote)
        *p++ = *quote;
    memcpy(p, text, text_n);
    p += text_n;
    if (*quote)
        *p++ = *quote;
    *p = '\0';
    w->out->len += (size_t)(p - start);
    w->comma = true;
}

static void lead(struct scf_jsonw *w, const char *key) {
    put_member(w, key, "", "", 0);
}

static void begin(struct scf_jsonw *w, const char *key, char bracket) {
    put_member(w, key, "", &bracket, 1);
    w->comma = false;
}

static void end(struct scf_jsonw *w, char bracket) {
    scf_buf_putc(w->out, bracket);
    w->comma = true;
}

void scf_jw_object(struct scf_jsonw *w, const char *key) {
    begin(w, key, '{');
}

void scf_jw_end_object(struct scf_jsonw *w) {
    end(w, '}');
}

void scf_jw_array(struct scf_jsonw *w, const char *key) {
    begin(w, key, '[');
}

void scf_jw_end_array(struct scf_jsonw *w) {
    end(w, ']');
}

/* ---- strings ---- */

static inline bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escape(struct scf_buf *out, unsigned char c) {
    static const char digits[] = "0123456789abcdef";
    static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
    if (c == '"' || c == '\\') { /* nearly all of them, in JSON that is held in a string */
        scf_buf_put(out, (char[2]){'\\', (char)c}, 2);
        return;
    }
    const char *at = c ? strchr(from, c) : NULL;
    char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (at)
        text[1] = to[at - from];
    scf_buf_put(out, text, at ? 2 : sizeof text);
}

/* Writes the run that begins with a byte that is not plain; returns its length. */
static size_t put_special(struct scf_buf *out, const unsigned char *p, const unsigned char *limit) {
    if (*p < 0x80) {
        put_escape(out, *p);
        return 1;
    }
    size_t n = utf8_sequence(p, limit);
    if (n == 0) {
        scf_buf_put(out, "\xEF\xBF\xBD", 3);
        return 1;
    }
    while (p + n < limit && p[n] >= 0x80) {
        size_t more = utf8_sequence(p + n, limit);
        if (more == 0)
            break;
        n += more;
    }
    scf_buf_put(out, p, n);
    return n;
}

static void put_string(struct scf_buf *out, const char *value, size_t n) {
    const unsigned char *p = (const unsigned char *)value, *limit = p + n;
    scf_buf_putc(out, '"');
    while (p < limit) {
        const unsigned char *run = p;
        while (p < limit && is_plain(*p))
            p++;
        if (p > run)
            scf_buf_put(out, run, (size_t)(p - run));
        if (p < limit)
            p += put_special(out, p, limit);
    }
    scf_buf_putc(out, '"');
}

void scf_jw_str(struct scf_jsonw *w, const char *key, const char *value) {
    if (value)
        scf_jw_strn(w, key, value, strlen(value));
    else
        scf_jw_null(w, key);
}

void scf_jw_strn(struct scf_jsonw *w, const char *key, const char *value, size_t n) {
    size_t plain = 0;
    while (plain < n && is_plain((unsigned char)value[plain]))
        plain++;
    if (plain == n) {
        put_member(w, key, "\"", value, n);
        return;
    }
    lead(w, key);
    put_string(w->out, value, n);
}

/* ---- other values ---- */

void scf_jw_i64(struct scf_jsonw *w, const char *key, int64_t value) {
    lead(w, key);
    scf_buf_put_i64(w->out, value);
}

void scf_jw_bool(struct scf_jsonw *w, const char *key, bool value) {
    put_member(w, key, "", value ? "true" : "false", value ? 4 : 5);
}

void scf_jw_null(struct scf_jsonw *w, const char *key) {
    put_member(w, key, "", "null", 4);
}

void scf_jw_raw(struct scf_jsonw *w, const char *key, const char *json, size_t n) {
    lead(w, key);
    scf_buf_put(w->out, json, n);
}

/* Text that needs no escaping. */
static void put_plain(struct scf_jsonw *w, const char *key, const char *text) {
    put_member(w, key, "\"", text, strlen(text));
}

void scf_jw_id(struct scf_jsonw *w, const char *key, const char *prefix, const struct scf_uuid *u) {
    char text[SCF_ID_TEXT];
    scf_id_format(prefix, u, text);
    put_plain(w, key, text);
}

void scf_jw_time(struct scf_jsonw *w, const char *key, int64_t us) {
    char text[SCF_TIME_TEXT];
    scf_time_format(us, text);
    put_plain(w, key, text);
}

void scf_jw_date(struct scf_jsonw *w, const char *key, int32_t day) {
    char text[SCF_TIME_TEXT];
    scf_date_format(day, text);
    put_plain(w, key, text);
}

void scf_jw_money(struct scf_jsonw *w, const char *key, int64_t minor, int scale) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(minor, scale, text);
    put_plain(w, key, text);
}

void scf_jw_ppm(struct scf_jsonw *w, const char *key, int64_t ppm) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(ppm, 6, text);
    put_plain(w, key, text);
}

/* Encoders that write n characters and a NUL straight into the buffer. */
static void put_encoded(struct scf_jsonw *w, const char *key, const void *bytes, size_t n,
                        size_t text_n, void (*encode)(const void *, size_t, char *)) {
    lead(w, key);
    scf_buf_putc(w->out, '"');
    char *p = scf_buf_reserve(w->out, text_n + 1);
    if (!p)
        return;
    encode(bytes, n, p);
    w->out->len += text_n;
    scf_buf_putc(w->out, '"');
}

void scf_jw_hex(struct scf_jsonw *w, const char *key, const void *bytes, size_t n) {
    put_encoded(w, key, bytes, n, 2 * n, scf_hex);
}

void scf_jw_base64(struct scf_jsonw *w, const char *key, const void *bytes, size_t n) {
    put_encoded(w, key, bytes, n, SCF_BASE64_LEN(n), scf_base64);
}
