/* A spool: an answer that grows while the request is still arriving, in a file without a name, so
 * that memory stays constant. One thread at a time. */
#ifndef SCFD_INTAKE_SPOOL_H
#define SCFD_INTAKE_SPOOL_H

#include "scfd/base/buf.h"
#include "scfd/base/err.h"

struct scf_spool {
    int fd;
    uint64_t size;        /* bytes in the file */
    struct scf_buf ahead; /* written, not yet in the file */
    bool failed;          /* sticky: disk full, or more than a spool may hold */
};

enum scf_code scf_spool_open(struct scf_spool *s, const char *dir,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Write into s->ahead, then call this: it empties the buffer into the file when it is large. */
void scf_spool_settle(struct scf_spool *s);
/* Empties the buffer; false when something could not be written. The caller takes s->fd. */
bool scf_spool_finish(struct scf_spool *s) SCF_MUST_CHECK;
void scf_spool_drop(struct scf_spool *s); /* closes; fine after finish with fd = −1 */

#endif
