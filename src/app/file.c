/* Files that commands are given. */
#include "file.h"

#include <ctype.h>
#include <fcntl.h>

enum { FILE_BYTES_MAX = 64 << 20, READ_BYTES = 64 << 10 };

bool scf_read_file(const char *command, const char *path, struct scf_buf *out) {
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    scf_buf_init(out, FILE_BYTES_MAX);
    while (n > 0) {
        char *room = scf_buf_reserve(out, READ_BYTES);
        n = room ? read(fd, room, READ_BYTES) : -1;
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        fprintf(stderr, "scfd: %s: %s cannot be read: %s\n", command, path,
                out->overflow ? "too large" : strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    scf_buf_putc(out, 0);
    out->len -= out->len > 0;
    return n == 0 && !out->overflow;
}

/* Text of a key always has a '+'. */
bool scf_read_key(const char *command, const char *given, struct scf_buf *out) {
    if (strchr(given, '+') && access(given, F_OK) != 0) {
        scf_buf_init(out, FILE_BYTES_MAX);
        scf_buf_puts(out, given);
        return !out->overflow;
    }
    if (!scf_read_file(command, given, out))
        return false;
    while (out->len > 0 && isspace((unsigned char)out->data[out->len - 1]))
        out->data[--out->len] = 0;
    return true;
}
