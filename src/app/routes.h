/* Every route of the server, gathered from the rooms. */
#ifndef SCFD_APP_ROUTES_H
#define SCFD_APP_ROUTES_H

#include "scfd/http/http.h"

/* A new array; the caller frees it with free(). */
struct scf_route *scf_all_routes(size_t *ret_count);

/* The OpenAPI 3.1 document: as JSON (served), as YAML (openapi/openapi.yaml). */
void scf_openapi_json(struct scf_buf *out);
bool scf_openapi_yaml(struct scf_buf *out) SCF_MUST_CHECK;
/* The members of every request, as Markdown tables in English and Chinese (docs/fields.md). */
void scf_openapi_fields(struct scf_buf *out);

#endif
