/* Percent-decoding and query strings. Nothing is guessed: a broken escape, an unknown name or a
 * name that is there twice is an error the client can see. */
#include "query.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *scf_percent_decode(struct scf_arena *arena, struct scf_str text, bool form) {
    char *out = scf_alloc(arena, text.n + 1, 1);
    if (out == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        out[n++] = c;
    }
    return scf_utf8_valid(out, n) ? out : NULL;
}

static const char *known_name(const char *const *known, const char *name) {
    for (; known != NULL && *known != NULL; known++)
        if (strcmp(*known, name) == 0)
            return *known;
    return NULL;
}

static enum scf_code add_pair(struct scf_arena *arena, struct scf_str pair,
                              const char *const *known, struct scf_query *q,
                              struct scf_error *err) {
    const char *eq = memchr(pair.p, '=', pair.n);
    size_t name_n = eq == NULL ? pair.n : (size_t)(eq - pair.p);
    size_t skip = eq == NULL ? name_n : name_n + 1;
    char *name = scf_percent_decode(arena, (struct scf_str){pair.p, name_n}, true);
    char *value = scf_percent_decode(arena, (struct scf_str){pair.p + skip, pair.n - skip}, true);
    if (name == NULL || value == NULL)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "The query string is not valid percent-encoded UTF-8.");
    const char *found = known_name(known, name);
    if (found == NULL)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "There is no query parameter \"%s\" here.",
                        strlen(name) <= 64 ? name : "…");
    for (size_t i = 0; i < q->n; i++)
        if (q->items[i].name == found)
            return scf_fail(err, SCF_E_INVALID_PARAMETER,
                            "The query parameter \"%s\" is there twice.", found);
    if (q->n == SCF_QUERY_MAX)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "There are too many query parameters.");
    q->items[q->n].name = found;
    q->items[q->n].value = value;
    q->n++;
    return SCF_OK;
}

enum scf_code scf_query_parse(struct scf_arena *arena, struct scf_str text,
                              const char *const *known, struct scf_query *ret,
                              struct scf_error *err) {
    ret->n = 0;
    while (text.n > 0) {
        const char *amp = memchr(text.p, '&', text.n);
        size_t n = amp == NULL ? text.n : (size_t)(amp - text.p);
        if (n > 0) {
            enum scf_code code = add_pair(arena, (struct scf_str){text.p, n}, known, ret, err);
            if (code != SCF_OK) {
                ret->n = 0;
                return code;
            }
        }
        size_t used = n + (amp != NULL ? 1 : 0);
        text = (struct scf_str){text.p + used, text.n - used};
    }
    return SCF_OK;
}
