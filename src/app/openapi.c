/* The OpenAPI description, made from the routes and the field tables that the server itself uses,
 * so that it cannot say anything else than the server does. What those do not know is written by
 * hand in openapi/components.json and embedded: answers, shared parameters, prose. The reference
 * page of the fields comes from the same tables. */
#include "openapi.h"

#include "routes.h"
#include "scfd/app/components.h"

enum { SCHEMA_MAX = 1 << 20, SEEN_MAX = 64 };

void scf_openapi_copy(struct scf_jsonw *w, const char *name, const cJSON *value) {
    if (!value)
        return;
    char *text = cJSON_PrintUnformatted(value);
    SCF_ASSERT(text);
    scf_jw_raw(w, name, text, strlen(text));
    free(text);
}

/* ---- request schemas ---- */

/* The distinct request schemas in the order of the routes; returns how many. */
static size_t request_schemas(const struct scf_route *routes, size_t count,
                              const struct scf_schema *ret[SEEN_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bool known = routes[i].request == NULL;
        for (size_t k = 0; k < n && !known; k++)
            known = ret[k] == routes[i].request;
        if (known)
            continue;
        SCF_ASSERT(n < SEEN_MAX);
        ret[n++] = routes[i].request;
    }
    return n;
}

static void write_request_schemas(struct description *d) {
    const struct scf_schema *schemas[SEEN_MAX];
    size_t n = request_schemas(d->routes, d->count, schemas);
    struct scf_buf text;
    scf_buf_init(&text, SCHEMA_MAX);
    for (size_t i = 0; i < n; i++) {
        scf_buf_clear(&text);
        scf_schema_openapi(schemas[i], &text);
        scf_jw_raw(&d->w, schemas[i]->name, text.data, text.len);
    }
    scf_buf_free(&text);
}

/* ---- components ---- */

/* The hand-written components under `name`, as members of the open object. */
static void write_by_hand(struct description *d, const char *name) {
    const cJSON *component;
    cJSON_ArrayForEach(component, scf_json_get(d->hand, name)) {
        scf_openapi_copy(&d->w, component->string, component);
    }
}

static void write_components(struct description *d) {
    scf_jw_object(&d->w, "components");
    scf_jw_object(&d->w, "securitySchemes");
    scf_jw_object(&d->w, "apiKey");
    scf_jw_str(&d->w, "type", "http");
    scf_jw_str(&d->w, "scheme", "bearer");
    scf_jw_str(&d->w, "description", "The API key of a node or of an administrator");
    scf_jw_end_object(&d->w);
    scf_jw_end_object(&d->w);
    scf_openapi_copy(&d->w, "parameters", scf_json_get(d->hand, "parameters"));
    scf_openapi_copy(&d->w, "responses", scf_json_get(d->hand, "responses"));
    scf_jw_object(&d->w, "schemas");
    write_request_schemas(d);
    write_by_hand(d, "schemas");
    scf_jw_end_object(&d->w);
    scf_jw_end_object(&d->w);
}

void scf_openapi_key_security(struct scf_jsonw *w) {
    scf_jw_object(w, NULL);
    scf_jw_array(w, "apiKey");
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void write_info(struct description *d) {
    scf_jw_object(&d->w, "info");
    scf_jw_str(&d->w, "title", "scfd");
    scf_jw_str(&d->w, "version", SCFD_VERSION);
    write_by_hand(d, "info");
    scf_jw_end_object(&d->w);
    scf_jw_array(&d->w, "servers");
    scf_jw_object(&d->w, NULL);
    scf_jw_str(&d->w, "url", "http://127.0.0.1:8080");
    scf_jw_str(&d->w, "description", "Where scfd listens unless it is told otherwise");
    scf_jw_end_object(&d->w);
    scf_jw_end_array(&d->w);
    scf_jw_array(&d->w, "security");
    scf_openapi_key_security(&d->w);
    scf_jw_end_array(&d->w);
    scf_openapi_copy(&d->w, "tags", scf_json_get(d->hand, "tags"));
}

/* ---- the document ---- */

/* The rooms' routes, then those that every server has. The caller frees it with free(). */
static struct scf_route *described_routes(size_t *ret_count) {
    size_t count;
    struct scf_route *routes = scf_all_routes(&count);
    size_t total = count + scf_builtin_route_count;
    struct scf_route *all = realloc(routes, total * sizeof *all);
    SCF_ASSERT(all);
    memcpy(all + count, scf_builtin_routes, scf_builtin_route_count * sizeof *all);
    *ret_count = total;
    return all;
}

void scf_openapi_json(struct scf_buf *out) {
    size_t count;
    struct scf_route *routes = described_routes(&count);
    cJSON *hand = cJSON_Parse(scf_openapi_components);
    SCF_ASSERT(hand); /* embedded at build time */
    struct description d = {scf_jsonw(out), routes, count, hand};
    scf_jw_object(&d.w, NULL);
    scf_jw_str(&d.w, "openapi", "3.1.0");
    write_info(&d);
    scf_openapi_paths(&d);
    write_components(&d);
    scf_jw_end_object(&d.w);
    cJSON_Delete(hand);
    free(routes);
}

void scf_openapi_fields(struct scf_buf *out) {
    size_t count;
    struct scf_route *routes = described_routes(&count);
    const struct scf_schema *schemas[SEEN_MAX];
    size_t n = request_schemas(routes, count, schemas);
    for (size_t i = 0; i < n; i++)
        scf_schema_markdown(schemas[i], out);
    free(routes);
}
