/* The growing buffer. Capacity doubles from 64 bytes and always leaves room for the NUL. */
#include "scfd/base/buf.h"

enum { FIRST_CAPACITY = 64 };

void scf_buf_init(struct scf_buf *b, size_t max) {
    SCF_ASSERT(max < SIZE_MAX / 2);
    *b = (struct scf_buf){.max = max};
}

void scf_buf_free(struct scf_buf *b) {
    free(b->data);
    scf_buf_init(b, b->max);
}

void scf_buf_clear(struct scf_buf *b) {
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

char *scf_buf_detach(struct scf_buf *b, size_t *ret_len) {
    char *data = b->data ? b->data : calloc(1, 1);
    if (data)
        data[b->len] = '\0';
    if (ret_len)
        *ret_len = b->len;
    scf_buf_init(b, b->max);
    return data;
}

static bool grow(struct scf_buf *b, size_t need) {
    size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    if (capacity > b->max + 1)
        capacity = b->max + 1;
    char *data = realloc(b->data, capacity);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

char *scf_buf_reserve(struct scf_buf *b, size_t n) {
    if (b->overflow)
        return NULL;
    if (n > b->max - b->len) {
        b->overflow = true;
        return NULL;
    }
    size_t need = b->len + n + 1;
    if (need > b->capacity && !grow(b, need)) {
        b->overflow = true;
        return NULL;
    }
    b->data[b->len + n] = '\0';
    return b->data + b->len;
}

void scf_buf_put(struct scf_buf *b, const void *bytes, size_t n) {
    char *at = scf_buf_reserve(b, n);
    if (!at || n == 0)
        return;
    memcpy(at, bytes, n);
    b->len += n;
}

void scf_buf_puts(struct scf_buf *b, const char *text) {
    scf_buf_put(b, text, strlen(text));
}

void scf_buf_putc(struct scf_buf *b, char c) {
    scf_buf_put(b, &c, 1);
}

void scf_buf_put_i64(struct scf_buf *b, int64_t value) {
    char digits[24];
    char *end = digits + sizeof digits, *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--p = '-';
    scf_buf_put(b, p, (size_t)(end - p));
}

void scf_buf_printf(struct scf_buf *b, const char *format, ...) {
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    SCF_ASSERT(n >= 0);
    if ((size_t)n < sizeof small) {
        scf_buf_put(b, small, (size_t)n);
        return;
    }
    char *at = scf_buf_reserve(b, (size_t)n);
    if (!at)
        return;
    va_start(args, format);
    vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
}
