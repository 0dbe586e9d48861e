/* The two halves of the OpenAPI writer: paths, and everything around them. */
#ifndef SCFD_APP_OPENAPI_H
#define SCFD_APP_OPENAPI_H

#include "scfd/codec/jsonw.h"
#include "scfd/http/http.h"

/* What one run of the writer works with. */
struct description {
    struct scf_jsonw w;
    const struct scf_route *routes;
    size_t count;
    const cJSON *hand; /* openapi/components.json */
};

/* "paths": every route, with what the hand-written file adds to its operation. */
void scf_openapi_paths(struct description *d);

/* `name`: a JSON value of the hand-written file, copied; nothing when it is NULL. */
void scf_openapi_copy(struct scf_jsonw *w, const char *name, const cJSON *value);
/* An item of "security": the API key. */
void scf_openapi_key_security(struct scf_jsonw *w);

#endif
