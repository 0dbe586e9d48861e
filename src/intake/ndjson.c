/* The NDJSON splitter. */
#include "ndjson.h"

void scf_ndjson_init(struct scf_ndjson *s, size_t max_line) {
    *s = (struct scf_ndjson){.number = 0};
    scf_buf_init(&s->line, max_line);
}

void scf_ndjson_free(struct scf_ndjson *s) {
    scf_buf_free(&s->line);
}

static bool is_blank(const struct scf_buf *line) {
    for (size_t i = 0; i < line->len; i++)
        if (line->data[i] != ' ' && line->data[i] != '\t')
            return false;
    return true;
}

static void begin_line(struct scf_ndjson *s) {
    if (!s->reported)
        return;
    scf_buf_clear(&s->line);
    s->reported = false;
}

/* The collected line is complete: what is it? */
static enum scf_ndjson_event close_line(struct scf_ndjson *s) {
    s->number++;
    s->reported = true;
    if (s->skipping) {
        s->skipping = false;
        return SCF_NDJSON_TOO_LONG;
    }
    if (s->line.len > 0 && s->line.data[s->line.len - 1] == '\r')
        s->line.data[--s->line.len] = 0;
    return is_blank(&s->line) ? SCF_NDJSON_MORE : SCF_NDJSON_LINE;
}

static void collect(struct scf_ndjson *s, const char *bytes, size_t n) {
    if (s->skipping)
        return;
    scf_buf_put(&s->line, bytes, n);
    s->skipping = s->line.overflow;
}

size_t scf_ndjson_next(struct scf_ndjson *s, const char *bytes, size_t n,
                       enum scf_ndjson_event *ret_event) {
    begin_line(s);
    const char *end = memchr(bytes, '\n', n);
    collect(s, bytes, end ? (size_t)(end - bytes) : n);
    *ret_event = end ? close_line(s) : SCF_NDJSON_MORE;
    return end ? (size_t)(end - bytes) + 1 : n;
}

enum scf_ndjson_event scf_ndjson_end(struct scf_ndjson *s) {
    begin_line(s);
    if (s->line.len == 0 && !s->skipping)
        return SCF_NDJSON_MORE;
    return close_line(s);
}
