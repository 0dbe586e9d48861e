/* Problem documents (RFC 9457; api-rules R2). Pure. */
#ifndef SCFD_HTTP_PROBLEM_H
#define SCFD_HTTP_PROBLEM_H

#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/base/text.h"

struct scf_problem_context {
    const char *base_url; /* of the type: <base_url>/problems/<slug> */
    const char *instance; /* the path asked for */
    const char *request_id;
    bool chinese;
};

void scf_problem_write(struct scf_buf *out, const struct scf_error *err,
                       const struct scf_problem_context *context);

/* The page behind a problem's type; false when there is no such slug. */
bool scf_problem_page(struct scf_buf *out, struct scf_str slug);

#endif
