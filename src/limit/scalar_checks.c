/* Walking the values of a JSON text with their pointers, without a tree. Pure. */
#include "scalar_checks.h"

#include "scfd/codec/digest.h"

enum { PATH_MAX_BYTES = 1000, MAX_NESTING = 64 };

struct walk {
    const char *p, *end;
    scf_scalar_fn *fn;
    void *ctx;
    size_t n; /* bytes of the path */
    int depth;
    char path[PATH_MAX_BYTES + 1];
};

static void skip_blanks(struct walk *w) {
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\r' || *w->p == '\t'))
        w->p++;
}

/* The text of a string with its quotes. */
static struct scf_str take_string(struct walk *w) {
    const char *start = w->p++;
    while (w->p < w->end && *w->p != '"')
        w->p += *w->p == '\\' ? 2 : 1;
    w->p = w->p < w->end ? w->p + 1 : w->end;
    return (struct scf_str){start, (size_t)(w->p - start)};
}

/* A number, true, false or null. */
static struct scf_str take_word(struct walk *w) {
    const char *start = w->p;
    while (w->p < w->end && strchr(",]} \t\r\n", *w->p) == NULL)
        w->p++;
    return (struct scf_str){start, (size_t)(w->p - start)};
}

static void emit(struct walk *w, struct scf_str text, bool is_array) {
    const struct scf_scalar scalar = {{w->path, w->n}, text, is_array};
    w->fn(w->ctx, &scalar);
}

/* Adds a step to the path; a name that does not fit is cut. */
static void step(struct walk *w, const char *name, size_t n) {
    if (w->n < PATH_MAX_BYTES)
        w->path[w->n++] = '/';
    if (n > PATH_MAX_BYTES - w->n)
        n = PATH_MAX_BYTES - w->n;
    memcpy(w->path + w->n, name, n);
    w->n += n;
}

static size_t put_number(char out[24], size_t value) {
    char digits[24];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

static void walk_value(struct walk *w);

static void walk_object(struct walk *w, size_t at) {
    w->p++;
    for (skip_blanks(w); w->p < w->end && *w->p != '}'; skip_blanks(w)) {
        struct scf_str name = take_string(w);
        step(w, name.p + 1, name.n > 2 ? name.n - 2 : 0);
        skip_blanks(w);
        w->p++; /* the colon */
        walk_value(w);
        w->n = at;
        skip_blanks(w);
        if (w->p < w->end && *w->p == ',')
            w->p++;
    }
    w->p++;
}

static void walk_array(struct walk *w, size_t at) {
    char number[24];
    size_t count = 0;
    w->p++;
    for (skip_blanks(w); w->p < w->end && *w->p != ']'; skip_blanks(w)) {
        step(w, number, put_number(number, count++));
        walk_value(w);
        w->n = at;
        skip_blanks(w);
        if (w->p < w->end && *w->p == ',')
            w->p++;
    }
    w->p++;
    char text[28] = "[";
    size_t n = 1 + put_number(text + 1, count);
    text[n++] = ']';
    emit(w, (struct scf_str){text, n}, true);
}

/* Recurses at most MAX_NESTING deep. */
static void walk_value(struct walk *w) {
    skip_blanks(w);
    if (w->p >= w->end)
        return;
    if (*w->p != '{' && *w->p != '[') {
        emit(w, *w->p == '"' ? take_string(w) : take_word(w), false);
        return;
    }
    if (w->depth == MAX_NESTING) {
        w->p = w->end;
        return;
    }
    w->depth++;
    if (*w->p == '{')
        walk_object(w, w->n);
    else
        walk_array(w, w->n);
    w->depth--;
}

void scf_scalars_walk(struct scf_str json, const char *base, scf_scalar_fn *fn, void *ctx) {
    struct walk w = {.p = json.p, .end = json.p + json.n, .fn = fn, .ctx = ctx};
    w.n = strlen(base) < PATH_MAX_BYTES ? strlen(base) : PATH_MAX_BYTES;
    memcpy(w.path, base, w.n);
    walk_value(&w);
}

uint32_t scf_scalar_check(const struct scf_scalar *scalar) {
    const struct scf_str parts[] = {scalar->pointer, SCF_STR("\n"), scalar->text};
    struct scf_hash h = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

static void put_check(void *ctx, const struct scf_scalar *scalar) {
    static const char digits[] = "0123456789abcdef";
    uint32_t check = scf_scalar_check(scalar);
    char text[8];
    for (int i = 7; i >= 0; i--, check >>= 4)
        text[i] = digits[check & 15];
    scf_buf_put(ctx, text, sizeof text);
}

void scf_scalar_checks(struct scf_str json, const char *base, struct scf_buf *out) {
    scf_scalars_walk(json, base, put_check, out);
}
