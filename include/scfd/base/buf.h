/* A growing byte buffer that is born with its maximum.
 *
 * Writing past the maximum (or out of memory) sets `overflow`, which is sticky: write everything,
 * then check once. The data is always followed by a NUL that does not count in `len`.
 * Thread safety: one thread at a time. */
#ifndef SCFD_BASE_BUF_H
#define SCFD_BASE_BUF_H

struct scf_buf {
    char *data; /* NULL until the first write */
    size_t len;
    size_t capacity;
    size_t max;
    bool overflow;
};

void scf_buf_init(struct scf_buf *b, size_t max);
void scf_buf_free(struct scf_buf *b);  /* frees and re-initialises with the same max */
void scf_buf_clear(struct scf_buf *b); /* len = 0, overflow = false, keeps the memory */
char *scf_buf_detach(struct scf_buf *b, size_t *ret_len); /* caller frees with free() */

void scf_buf_put(struct scf_buf *b, const void *bytes, size_t n);
void scf_buf_puts(struct scf_buf *b, const char *text);
void scf_buf_putc(struct scf_buf *b, char c);
void scf_buf_put_i64(struct scf_buf *b, int64_t value); /* decimal text, no printf */
void scf_buf_printf(struct scf_buf *b, const char *format, ...) SCF_PRINTF(2, 3);

/* Makes room for n more bytes and returns where they go (then advance len yourself); NULL sets
 * overflow. The NUL is put after all n: who writes fewer puts it there himself. */
char *scf_buf_reserve(struct scf_buf *b, size_t n);

#endif
