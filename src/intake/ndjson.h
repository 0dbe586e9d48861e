/* Splitting newline-delimited JSON as it arrives, in constant memory. Lines end with LF or CR LF;
 * the last one may lack it; blank lines are skipped but counted. Pure; one thread at a time. */
#ifndef SCFD_INTAKE_NDJSON_H
#define SCFD_INTAKE_NDJSON_H

#include "scfd/base/buf.h"
#include "scfd/base/text.h"

enum scf_ndjson_event {
    SCF_NDJSON_MORE,    /* everything taken, no line complete */
    SCF_NDJSON_LINE,    /* `line` holds a line, NUL-terminated, until the next call */
    SCF_NDJSON_TOO_LONG /* a line longer than the bound was dropped */
};

struct scf_ndjson {
    struct scf_buf line;
    int64_t number; /* of the line last reported, from 1 */
    bool skipping;  /* inside a line that is too long */
    bool reported;  /* `line` was handed out: cleared by the next call */
};

void scf_ndjson_init(struct scf_ndjson *s, size_t max_line);
void scf_ndjson_free(struct scf_ndjson *s);
/* Takes bytes up to the end of one line. Returns how many. */
size_t scf_ndjson_next(struct scf_ndjson *s, const char *bytes, size_t n,
                       enum scf_ndjson_event *ret_event);
/* After the last byte: the line without a line end, if there is one. */
enum scf_ndjson_event scf_ndjson_end(struct scf_ndjson *s);

#endif
