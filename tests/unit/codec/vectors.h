/* Reading the published test vectors, which lie beside the project (SCFD_SHARED_DATA overrides). */
#ifndef SCFD_TESTS_CODEC_VECTORS_H
#define SCFD_TESTS_CODEC_VECTORS_H

#include "scfd/base/prelude.h"

#include <setjmp.h>
#include <cmocka.h>

static inline void vector_path(const char *relative, char out[512]) {
    const char *root = getenv("SCFD_SHARED_DATA");
    snprintf(out, 512, "%s/%s", root ? root : "../shared/data", relative);
}

/* The whole file with a NUL behind it, or NULL when it is not there. Caller frees. */
static inline char *vector_read(const char *path, size_t *ret_n) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t n = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    assert_non_null(text);
    for (size_t got; (got = fread(text + n, 1, capacity - n - 1, f)) > 0; n += got) {
        if (capacity - n - got < 2) {
            capacity *= 2;
            text = realloc(text, capacity);
            assert_non_null(text);
        }
    }
    fclose(f);
    text[n] = '\0';
    *ret_n = n;
    return text;
}

static inline void skip_without(const char *path) {
    print_message("skipped: %s is missing\n", path);
    skip();
}

#endif
