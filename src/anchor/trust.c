/* Lines of what a reader trusts. */
#include "trust.h"

static struct scf_str next_line(struct scf_str *rest) {
    const char *end = memchr(rest->p, '\n', rest->n);
    struct scf_str line = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t taken = line.n + (end ? 1 : 0);
    rest->p += taken;
    rest->n -= taken;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static size_t cut(struct scf_str line, struct scf_str words[TRUST_WORDS]) {
    size_t n = 0;
    for (;;) {
        const char *end = line.n > 0 ? memchr(line.p, ' ', line.n) : NULL;
        size_t length = end ? (size_t)(end - line.p) : line.n;
        if (n == TRUST_WORDS)
            return 0;
        words[n++] = (struct scf_str){line.p, length};
        if (!end)
            return n;
        line.p += length + 1;
        line.n -= length + 1;
    }
}

bool trust_next(struct scf_str *rest, const char *kind, struct scf_str words[TRUST_WORDS],
                size_t *ret_n) {
    while (rest->n > 0) {
        struct scf_str line = next_line(rest);
        size_t kind_n = strlen(kind);
        bool ours = scf_str_starts(line, kind) && (line.n == kind_n || line.p[kind_n] == ' ');
        if (!ours)
            continue;
        *ret_n = cut(line, words);
        return true;
    }
    return false;
}
