/* The OpenAPI description, made from the routes and the field tables that the server itself uses,
 * so that it cannot say anything else than the server does. What those do not know is written by
 * hand in openapi/components.json and embedded: answer components, shared parameters, prose. */
#include "routes.h"

#include "scfd/app/components.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/http.h"

enum { SCHEMA_MAX = 1 << 20, SEEN_MAX = 64 };

static const char problem_ref[] = "{\"$ref\":\"#/components/responses/Problem\"}";

/* What one run of the writer works with. */
struct description {
    struct scf_jsonw w;
    const struct scf_route *routes;
    size_t count;
    const cJSON *hand; /* openapi/components.json */
};

static const char *description_of(const char *status) {
    static const struct {
        const char *status, *text;
    } texts[] = {{"200", "Done, or already there"},
                 {"201", "Created"},
                 {"202", "Accepted; the Location tells how it goes on"},
                 {"204", "Done"},
                 {"304", "Not modified"}};
    for (size_t i = 0; i < SCF_COUNT(texts); i++)
        if (strcmp(texts[i].status, status) == 0)
            return texts[i].text;
    return "Answer";
}

/* A component is JSON; a lower-case word stands for another media type. */
static const char *media_of(const char *component, size_t n) {
    static const struct {
        const char *word, *media;
    } words[] = {{"text", "text/plain"},
                 {"bytes", "application/octet-stream"},
                 {"html", "text/html"},
                 {"ndjson", "application/x-ndjson"}};
    for (size_t i = 0; i < SCF_COUNT(words); i++)
        if (strlen(words[i].word) == n && memcmp(words[i].word, component, n) == 0)
            return words[i].media;
    return "application/json";
}

/* ---- paths ---- */

/* "{rest*}" of a pattern is "{rest}" in OpenAPI. */
static void write_path(struct scf_buf *out, const char *pattern) {
    for (const char *p = pattern; *p; p++)
        if (!(*p == '*' && p[1] == '}'))
            scf_buf_putc(out, *p);
}

static void write_parameter(struct scf_jsonw *w, const char *name, size_t n, const char *in,
                            bool required) {
    scf_jw_object(w, NULL);
    scf_jw_strn(w, "name", name, n);
    scf_jw_str(w, "in", in);
    if (required)
        scf_jw_bool(w, "required", true);
    scf_jw_object(w, "schema");
    scf_jw_str(w, "type", "string");
    scf_jw_end_object(w);
    scf_jw_end_object(w);
}

static void write_parameters(struct scf_jsonw *w, const struct scf_route *route) {
    scf_jw_array(w, "parameters");
    for (const char *p = strchr(route->pattern, '{'); p; p = strchr(p + 1, '{'))
        write_parameter(w, p + 1, strcspn(p + 1, "*}"), "path", true);
    for (const char *const *q = route->query; q && *q; q++)
        write_parameter(w, *q, strlen(*q), "query", false);
    if (route->needs_idempotency_key)
        write_parameter(w, "Idempotency-Key", strlen("Idempotency-Key"), "header", true);
    scf_jw_end_array(w);
}

static void write_ref(struct scf_jsonw *w, const char *key, const char *component, size_t n) {
    char ref[160];
    int length = snprintf(ref, sizeof ref, "#/components/schemas/%.*s", (int)n, component);
    SCF_ASSERT(length > 0 && (size_t)length < sizeof ref);
    scf_jw_object(w, key);
    scf_jw_str(w, "$ref", ref);
    scf_jw_end_object(w);
}

static void write_request_body(struct scf_jsonw *w, const struct scf_route *route) {
    if (!route->body_type)
        return;
    bool ndjson = strcmp(route->body_type, "application/x-ndjson") == 0;
    scf_jw_object(w, "requestBody");
    scf_jw_bool(w, "required", true);
    scf_jw_object(w, "content");
    scf_jw_object(w, route->body_type);
    if (ndjson) {
        scf_jw_object(w, "schema");
        scf_jw_str(w, "type", "string");
        scf_jw_end_object(w);
    }
    if (route->request)
        write_ref(w, ndjson ? "x-itemSchema" : "schema", route->request->name,
                  strlen(route->request->name));
    scf_jw_end_object(w);
    scf_jw_end_object(w);
    scf_jw_end_object(w);
}

/* One entry of `answers`: "201 Record". Components in lower case are media types of plain bytes. */
static void write_answer(struct scf_jsonw *w, const char *entry, size_t n) {
    char status[4] = {0};
    memcpy(status, entry, 3);
    const char *component = n > 4 ? entry + 4 : NULL;
    size_t component_n = n > 4 ? n - 4 : 0;
    if (status[0] >= '4') {
        scf_jw_raw(w, status, problem_ref, sizeof problem_ref - 1);
        return;
    }
    scf_jw_object(w, status);
    scf_jw_str(w, "description", description_of(status));
    if (component) {
        const char *media = media_of(component, component_n);
        scf_jw_object(w, "content");
        scf_jw_object(w, media);
        if (isupper((unsigned char)component[0])) {
            write_ref(w, "schema", component, component_n);
        } else {
            scf_jw_object(w, "schema");
            scf_jw_str(w, "type", strcmp(media, "application/json") == 0 ? "object" : "string");
            scf_jw_end_object(w);
        }
        scf_jw_end_object(w);
        scf_jw_end_object(w);
    }
    scf_jw_end_object(w);
}

static void write_answers(struct scf_jsonw *w, const struct scf_route *route) {
    scf_jw_object(w, "responses");
    for (const char *p = route->answers; p && *p;) {
        size_t n = strcspn(p, ",");
        write_answer(w, p, n);
        p += n + (p[n] == ',');
    }
    if (route->access == SCF_KEYED)
        scf_jw_raw(w, "401", problem_ref, sizeof problem_ref - 1);
    scf_jw_raw(w, "default", problem_ref, sizeof problem_ref - 1);
    scf_jw_end_object(w);
}

static void write_operation(struct scf_jsonw *w, const struct scf_route *route) {
    char method[8] = {0};
    for (size_t i = 0; i + 1 < sizeof method && route->method[i]; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    scf_jw_object(w, method);
    scf_jw_str(w, "operationId", route->operation_id);
    scf_jw_str(w, "summary", route->summary);
    scf_jw_array(w, "tags");
    scf_jw_str(w, NULL, route->tag);
    scf_jw_end_array(w);
    if (route->access == SCF_PUBLIC) {
        scf_jw_array(w, "security");
        scf_jw_end_array(w);
    }
    write_parameters(w, route);
    write_request_body(w, route);
    write_answers(w, route);
    scf_jw_end_object(w);
}

static bool first_of_pattern(const struct scf_route *routes, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].pattern, routes[i].pattern) == 0)
            return false;
    return true;
}

static void write_paths(struct scf_jsonw *w, const struct scf_route *routes, size_t count) {
    struct scf_buf path;
    scf_buf_init(&path, SCHEMA_MAX);
    scf_jw_object(w, "paths");
    for (size_t i = 0; i < count; i++) {
        if (!first_of_pattern(routes, i))
            continue;
        scf_buf_clear(&path);
        write_path(&path, routes[i].pattern);
        scf_jw_object(w, path.data);
        for (size_t k = i; k < count; k++)
            if (strcmp(routes[k].pattern, routes[i].pattern) == 0)
                write_operation(w, &routes[k]);
        scf_jw_end_object(w);
    }
    scf_jw_end_object(w);
    scf_buf_free(&path);
}

/* ---- components ---- */

static void write_request_schemas(struct scf_jsonw *w, const struct scf_route *routes,
                                  size_t count) {
    const struct scf_schema *seen[SEEN_MAX];
    size_t n = 0;
    struct scf_buf text;
    scf_buf_init(&text, SCHEMA_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct scf_schema *schema = routes[i].request;
        bool known = schema == NULL;
        for (size_t k = 0; k < n && !known; k++)
            known = seen[k] == schema;
        if (known)
            continue;
        SCF_ASSERT(n < SEEN_MAX);
        seen[n++] = schema;
        scf_buf_clear(&text);
        scf_schema_openapi(schema, &text);
        scf_jw_raw(w, schema->name, text.data, text.len);
    }
    scf_buf_free(&text);
}

/* The hand-written components under `name`, as members of the open object. */
static void write_embedded(struct scf_jsonw *w, const cJSON *components, const char *name) {
    const cJSON *component;
    cJSON_ArrayForEach(component, scf_json_get(components, name)) {
        char *text = cJSON_PrintUnformatted(component);
        SCF_ASSERT(text);
        scf_jw_raw(w, component->string, text, strlen(text));
        free(text);
    }
}

static void write_components(struct scf_jsonw *w, const struct scf_route *routes, size_t count) {
    cJSON *components = cJSON_Parse(scf_openapi_components);
    SCF_ASSERT(components); /* embedded at build time */
    scf_jw_object(w, "components");
    scf_jw_object(w, "securitySchemes");
    scf_jw_object(w, "apiKey");
    scf_jw_str(w, "type", "http");
    scf_jw_str(w, "scheme", "bearer");
    scf_jw_end_object(w);
    scf_jw_end_object(w);
    scf_jw_object(w, "responses");
    write_embedded(w, components, "responses");
    scf_jw_end_object(w);
    scf_jw_object(w, "schemas");
    write_request_schemas(w, routes, count);
    write_embedded(w, components, "schemas");
    scf_jw_end_object(w);
    scf_jw_end_object(w);
    cJSON_Delete(components);
}

static void write_info(struct scf_jsonw *w) {
    scf_jw_object(w, "info");
    scf_jw_str(w, "title", "scfd");
    scf_jw_str(w, "version", SCFD_VERSION);
    scf_jw_str(w, "summary", "Supply-chain finance: records in, chained and rated; limits out");
    scf_jw_object(w, "license");
    scf_jw_str(w, "name", "See the LICENSE file of the project");
    scf_jw_str(w, "identifier", "LicenseRef-scfd");
    scf_jw_end_object(w);
    scf_jw_end_object(w);
    scf_jw_array(w, "servers");
    scf_jw_object(w, NULL);
    scf_jw_str(w, "url", "http://127.0.0.1:8080");
    scf_jw_end_object(w);
    scf_jw_end_array(w);
    scf_jw_array(w, "security");
    scf_jw_object(w, NULL);
    scf_jw_array(w, "apiKey");
    scf_jw_end_array(w);
    scf_jw_end_object(w);
    scf_jw_end_array(w);
}

void scf_openapi_json(struct scf_buf *out) {
    size_t count;
    struct scf_route *routes = scf_all_routes(&count);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "openapi", "3.1.0");
    write_info(&w);
    write_paths(&w, routes, count);
    write_components(&w, routes, count);
    scf_jw_end_object(&w);
    free(routes);
}
