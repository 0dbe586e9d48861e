/* The NDJSON splitter: however the bytes are cut, the same lines come out, and they are exactly the
 * lines that a look at the whole text finds. The first byte chooses how the bytes are cut. */
#include "ndjson.h"

enum { MAX_LINE = 64 };

/* What the whole text says: called with each line that must be reported. */
struct expectation {
    const char *text;
    size_t n, at;
    int64_t number;
};

/* The next line to be reported; false at the end. */
static bool next_expected(struct expectation *e, struct scf_str *ret, bool *ret_long) {
    while (e->at < e->n) {
        const char *start = e->text + e->at;
        const char *end = memchr(start, '\n', e->n - e->at);
        size_t length = end ? (size_t)(end - start) : e->n - e->at;
        e->at += length + (end != NULL);
        e->number++;
        *ret_long = length > MAX_LINE;
        if (length > 0 && start[length - 1] == '\r')
            length--;
        *ret = (struct scf_str){start, length};
        bool blank = true;
        for (size_t i = 0; i < length; i++)
            blank = blank && (start[i] == ' ' || start[i] == '\t');
        if (*ret_long || !blank)
            return true;
    }
    return false;
}

static void compare(struct expectation *e, const struct scf_ndjson *s,
                    enum scf_ndjson_event event) {
    struct scf_str line;
    bool too_long;
    if (event == SCF_NDJSON_MORE)
        return;
    SCF_ASSERT(next_expected(e, &line, &too_long));
    SCF_ASSERT(s->number == e->number);
    SCF_ASSERT(too_long == (event == SCF_NDJSON_TOO_LONG));
    if (!too_long)
        SCF_ASSERT(scf_str_eq(line, (struct scf_str){s->line.data, s->line.len}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    size_t step = (size_t)data[0] % 17 + 1;
    const char *text = (const char *)data + 1;
    struct expectation e = {.text = text, .n = size - 1};
    struct scf_ndjson s;
    scf_ndjson_init(&s, MAX_LINE);
    for (size_t at = 0; at < e.n;) {
        enum scf_ndjson_event event;
        size_t piece = e.n - at < step ? e.n - at : step;
        at += scf_ndjson_next(&s, text + at, piece, &event);
        compare(&e, &s, event);
    }
    compare(&e, &s, scf_ndjson_end(&s));
    struct scf_str line;
    bool too_long;
    SCF_ASSERT(!next_expected(&e, &line, &too_long));
    scf_ndjson_free(&s);
    return 0;
}
