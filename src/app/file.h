/* Files that commands are given. Messages go to stderr, as "scfd: <command>: …". */
#ifndef SCFD_APP_FILE_H
#define SCFD_APP_FILE_H

#include "scfd/base/buf.h"

/* A whole file of at most 64 MiB into `out`, with a NUL behind it; "-" is standard input. False
 * with a message. `out` is to be freed either way. */
bool scf_read_file(const char *command, const char *path, struct scf_buf *out) SCF_MUST_CHECK;
/* A verifier key, given as text or as the name of a file that holds it; likewise. */
bool scf_read_key(const char *command, const char *given, struct scf_buf *out) SCF_MUST_CHECK;

#endif
