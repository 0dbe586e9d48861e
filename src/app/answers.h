/* What the answers of the API look like: descriptions, media types and schemas for OpenAPI. */
#ifndef SCFD_APP_ANSWERS_H
#define SCFD_APP_ANSWERS_H

#include "scfd/base/text.h"

/* A component that answers refer to by name; `schema` is JSON text. */
struct scf_answer_component {
    const char *name, *schema;
};
extern const struct scf_answer_component scf_answer_components[]; /* ends with name NULL */

extern const char scf_answer_problem[]; /* the response object of every error */

const char *scf_answer_description(const char *status);
/* "application/json" for a component; the media type that a lower-case word stands for. */
const char *scf_answer_media(const char *component, size_t n);

#endif
