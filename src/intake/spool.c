/* Spool files: O_TMPFILE where the file system knows it, else created and unlinked at once. */
#include "spool.h"

#include <fcntl.h>

/* SPOOL_MAX: a body of tiny lines, each refused at length, must not fill the disk that the database
 * may share. */
enum { AHEAD_MAX = 4 << 20, SETTLE_AT = 64 << 10, SPOOL_MAX = 1 << 30 };

static int open_unnamed(const char *dir) {
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/spool-XXXXXX", dir) >= (int)sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

enum scf_code scf_spool_open(struct scf_spool *s, const char *dir, struct scf_error *err) {
    int fd = open_unnamed(dir);
    if (fd < 0) {
        int reason = errno;
        scf_fail(err, SCF_E_OVERLOADED, "The server has no room for the answer; try again later.");
        return scf_note(err, "spool in %s: %s", dir, strerror(reason));
    }
    *s = (struct scf_spool){.fd = fd};
    scf_buf_init(&s->ahead, AHEAD_MAX);
    return SCF_OK;
}

static void write_all(struct scf_spool *s) {
    size_t done = 0;
    s->failed = s->failed || s->size + s->ahead.len > SPOOL_MAX;
    while (done < s->ahead.len && !s->failed) {
        ssize_t n = write(s->fd, s->ahead.data + done, s->ahead.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        s->failed = n <= 0;
        done += n > 0 ? (size_t)n : 0;
    }
    s->size += done;
    s->failed = s->failed || s->ahead.overflow;
    scf_buf_clear(&s->ahead);
}

void scf_spool_settle(struct scf_spool *s) {
    if (s->ahead.len >= SETTLE_AT || s->ahead.overflow)
        write_all(s);
}

bool scf_spool_finish(struct scf_spool *s) {
    write_all(s);
    return !s->failed;
}

void scf_spool_drop(struct scf_spool *s) {
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    scf_buf_free(&s->ahead);
}
