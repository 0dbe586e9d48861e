/* The statement of a tick: the text that anchors prove to have existed. Pure; relies on base text
 * and time. */
#include "scfd/anchor/anchor.h"
#include "scfd/base/clock.h"

enum { STATEMENT_MAX = 1024 };

const char *const scf_anchor_kind_names[] = {"rfc3161", "evm", "opentimestamps", NULL};
static_assert(SCF_COUNT(scf_anchor_kind_names) == SCF_ANCHOR_KINDS + 1, "every kind has a name");
const char *const scf_anchor_state_names[] = {"pending", "anchored", "confirmed", "failed", NULL};

/* ---- writing ---- */

static void put_hash(struct scf_buf *out, const char *label, const struct scf_hash *h) {
    char text[SCF_BASE64_LEN(SCF_HASH_LEN) + 1];
    scf_base64(h->b, SCF_HASH_LEN, text);
    scf_buf_puts(out, label);
    scf_buf_puts(out, text);
    scf_buf_putc(out, '\n');
}

static void put_number(struct scf_buf *out, const char *label, int64_t value) {
    scf_buf_puts(out, label);
    scf_buf_put_i64(out, value);
    scf_buf_putc(out, '\n');
}

void scf_anchor_statement_write(const struct scf_anchor_statement *s, struct scf_buf *out) {
    char time[SCF_TIME_TEXT];
    scf_time_format(s->time_us, time);
    scf_buf_puts(out, "scfd-anchor/v1\norigin ");
    scf_buf_put(out, s->origin.p, s->origin.n);
    scf_buf_putc(out, '\n');
    put_number(out, "tick ", s->tick);
    put_number(out, "size ", s->size);
    put_hash(out, "root ", &s->root);
    put_hash(out, "prev ", &s->prev);
    scf_buf_puts(out, "time ");
    scf_buf_puts(out, time);
    scf_buf_putc(out, '\n');
}

/* ---- reading ---- */

/* Takes one line off the text and cuts its label off it. */
static bool take(struct scf_str *rest, const char *label, struct scf_str *ret) {
    const char *lf = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
    if (lf == NULL || !scf_str_starts(*rest, label))
        return false;
    size_t label_n = strlen(label), line_n = (size_t)(lf - rest->p);
    if (line_n < label_n)
        return false;
    *ret = (struct scf_str){rest->p + label_n, line_n - label_n};
    *rest = (struct scf_str){lf + 1, rest->n - line_n - 1};
    return true;
}

static bool read_hash(struct scf_str text, struct scf_hash *ret) {
    size_t n;
    return scf_unbase64(text, ret->b, SCF_HASH_LEN, &n) && n == SCF_HASH_LEN;
}

static bool is_written_as(const struct scf_anchor_statement *s, struct scf_str text) {
    struct scf_buf again;
    scf_buf_init(&again, STATEMENT_MAX);
    scf_anchor_statement_write(s, &again);
    bool same = !again.overflow && scf_str_eq((struct scf_str){again.data, again.len}, text);
    scf_buf_free(&again);
    return same;
}

bool scf_anchor_statement_parse(struct scf_str text, struct scf_anchor_statement *ret) {
    struct scf_str rest = text, head, tick, size, root, prev, time;
    struct scf_anchor_statement s;
    if (!take(&rest, "scfd-anchor/v1", &head) || head.n != 0 ||
        !take(&rest, "origin ", &s.origin) || !take(&rest, "tick ", &tick) ||
        !take(&rest, "size ", &size) || !take(&rest, "root ", &root) ||
        !take(&rest, "prev ", &prev) || !take(&rest, "time ", &time) || rest.n != 0)
        return false;
    if (s.origin.n == 0 || !scf_parse_i64(tick, 0, INT64_MAX, &s.tick) ||
        !scf_parse_i64(size, 1, INT64_MAX, &s.size) || !read_hash(root, &s.root) ||
        !read_hash(prev, &s.prev) || !scf_time_parse(time, &s.time_us) || !is_written_as(&s, text))
        return false;
    *ret = s;
    return true;
}
