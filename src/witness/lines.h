/* Cutting text into lines. Pure. */
#ifndef SCFD_WITNESS_LINES_H
#define SCFD_WITNESS_LINES_H

#include "scfd/base/text.h"

/* Takes the first line off `*rest`, without its LF; false when no LF is left. */
static inline bool scf_wit_line(struct scf_str *rest, struct scf_str *ret) {
    const char *lf = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
    if (lf == NULL)
        return false;
    size_t n = (size_t)(lf - rest->p);
    *ret = (struct scf_str){rest->p, n};
    *rest = (struct scf_str){lf + 1, rest->n - n - 1};
    return true;
}

#endif
