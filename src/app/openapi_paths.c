/* The operations of the OpenAPI description, one per route. A shared parameter is a component of
 * openapi/components.json named after it, or "<operationId>.<name>" where it means something of its
 * own. */
#include "openapi.h"

enum { NAME_MAX_BYTES = 160 };

static const char problem_ref[] = "{\"$ref\":\"#/components/responses/Problem\"}";
static const char ndjson_type[] = "application/x-ndjson";

static void write_ref(struct scf_jsonw *w, const char *key, const char *section,
                      struct scf_str component) {
    char ref[NAME_MAX_BYTES];
    int n =
        snprintf(ref, sizeof ref, "#/components/%s/%.*s", section, (int)component.n, component.p);
    SCF_ASSERT(n > 0 && (size_t)n < sizeof ref);
    scf_jw_object(w, key);
    scf_jw_str(w, "$ref", ref);
    scf_jw_end_object(w);
}

static void write_type(struct scf_jsonw *w, const char *type) {
    scf_jw_object(w, "schema");
    scf_jw_str(w, "type", type);
    scf_jw_end_object(w);
}

/* ---- parameters ---- */

/* A component's name has no brackets: "created_at[gte]" is "created_at.gte". */
static void component_name(const char *operation_id, struct scf_str name,
                           char out[NAME_MAX_BYTES]) {
    size_t n = 0;
    for (const char *p = operation_id; *p && n + 2 < NAME_MAX_BYTES; p++)
        out[n++] = *p;
    if (n > 0)
        out[n++] = '.';
    for (size_t i = 0; i < name.n && n + 1 < NAME_MAX_BYTES; i++)
        if (name.p[i] != ']')
            out[n++] = name.p[i] == '[' ? '.' : name.p[i];
    out[n] = '\0';
}

static void write_parameter(struct description *d, const struct scf_route *route,
                            struct scf_str name, const char *in) {
    const cJSON *shared = scf_json_get(d->hand, "parameters");
    const char *scopes[] = {route->operation_id, ""};
    char key[NAME_MAX_BYTES];
    for (size_t i = 0; i < SCF_COUNT(scopes); i++) {
        component_name(scopes[i], name, key);
        if (!scf_json_get(shared, key))
            continue;
        write_ref(&d->w, NULL, "parameters", scf_str(key));
        return;
    }
    scf_jw_object(&d->w, NULL);
    scf_jw_strn(&d->w, "name", name.p, name.n);
    scf_jw_str(&d->w, "in", in);
    if (strcmp(in, "path") == 0)
        scf_jw_bool(&d->w, "required", true);
    write_type(&d->w, "string");
    scf_jw_end_object(&d->w);
}

static bool answers_with(const struct scf_route *route, const char *status) {
    return route->answers && strstr(route->answers, status);
}

static void write_parameters(struct description *d, const struct scf_route *route,
                             const cJSON *added) {
    scf_jw_array(&d->w, "parameters");
    for (const char *p = strchr(route->pattern, '{'); p; p = strchr(p + 1, '{'))
        write_parameter(d, route, (struct scf_str){p + 1, strcspn(p + 1, "*}")}, "path");
    for (const char *const *q = route->query; q && *q; q++)
        write_parameter(d, route, scf_str(*q), "query");
    if (route->needs_idempotency_key)
        write_parameter(d, route, SCF_STR("Idempotency-Key"), "header");
    if (answers_with(route, "304"))
        write_parameter(d, route, SCF_STR("If-None-Match"), "header");
    if (answers_with(route, "428"))
        write_parameter(d, route, SCF_STR("If-Match"), "header");
    const cJSON *name;
    cJSON_ArrayForEach(name, scf_json_get(added, "parameters")) {
        write_ref(&d->w, NULL, "parameters", scf_str(name->valuestring));
    }
    scf_jw_end_array(&d->w);
}

static void write_request_body(struct scf_jsonw *w, const struct scf_route *route) {
    if (!route->body_type)
        return;
    bool ndjson = strcmp(route->body_type, ndjson_type) == 0;
    scf_jw_object(w, "requestBody");
    scf_jw_bool(w, "required", true);
    scf_jw_object(w, "content");
    scf_jw_object(w, route->body_type);
    if (ndjson)
        write_type(w, "string");
    if (route->request)
        write_ref(w, ndjson ? "x-itemSchema" : "schema", "schemas", scf_str(route->request->name));
    scf_jw_end_object(w);
    scf_jw_end_object(w);
    scf_jw_end_object(w);
}

/* ---- answers ---- */

static const char *description_of(const char *status) {
    static const struct {
        const char *status, *text;
    } texts[] = {{"200", "Done, or already there"},
                 {"201", "Created"},
                 {"202", "Accepted; the Location tells how it goes on"},
                 {"204", "Done"},
                 {"304", "Not modified"},
                 {"503", "Not now"}};
    for (size_t i = 0; i < SCF_COUNT(texts); i++)
        if (strcmp(texts[i].status, status) == 0)
            return texts[i].text;
    return "Answer";
}

/* A component is JSON; a lower-case word stands for another media type. */
static const char *media_of(struct scf_str component) {
    static const struct {
        const char *word, *media;
    } words[] = {{"text", "text/plain"},
                 {"bytes", "application/octet-stream"},
                 {"html", "text/html"},
                 {"pdf", "application/pdf"},
                 {"asice", "application/vnd.etsi.asic-e+zip"},
                 {"tlogsize", "text/x.tlog.size"},
                 {"ndjson", ndjson_type}};
    for (size_t i = 0; i < SCF_COUNT(words); i++)
        if (scf_str_is(component, words[i].word))
            return words[i].media;
    return "application/json";
}

/* What comes line by line unless one JSON text is asked for. */
static void write_lines(struct scf_jsonw *w) {
    scf_jw_object(w, ndjson_type);
    write_type(w, "string");
    write_ref(w, "x-itemSchema", "schemas", SCF_STR("BulkLine"));
    scf_jw_end_object(w);
}

static void write_media(struct scf_jsonw *w, struct scf_str component) {
    const char *media = media_of(component);
    scf_jw_object(w, media);
    if (isupper((unsigned char)component.p[0]))
        write_ref(w, "schema", "schemas", component);
    else
        write_type(w, strcmp(media, "application/json") == 0 ? "object" : "string");
    scf_jw_end_object(w);
}

/* A component, or several media types with '|' between them. */
static void write_content(struct scf_jsonw *w, const struct scf_route *route,
                          struct scf_str component) {
    scf_jw_object(w, "content");
    if (route->run == SCF_RUN_STREAM)
        write_lines(w);
    for (size_t from = 0; from < component.n;) {
        const char *p = component.p + from;
        const char *bar = memchr(p, '|', component.n - from);
        size_t n = bar != NULL ? (size_t)(bar - p) : component.n - from;
        write_media(w, (struct scf_str){p, n});
        from += n + 1;
    }
    scf_jw_end_object(w);
}

/* One entry of `answers`: "201 Record", "404". */
static void write_answer(struct scf_jsonw *w, const struct scf_route *route, struct scf_str entry) {
    char status[4] = {0};
    memcpy(status, entry.p, 3);
    if (entry.n <= 4 && status[0] >= '4') {
        scf_jw_raw(w, status, problem_ref, sizeof problem_ref - 1);
        return;
    }
    scf_jw_object(w, status);
    scf_jw_str(w, "description", description_of(status));
    if (entry.n > 4)
        write_content(w, route, (struct scf_str){entry.p + 4, entry.n - 4});
    scf_jw_end_object(w);
}

static void write_answers(struct scf_jsonw *w, const struct scf_route *route) {
    scf_jw_object(w, "responses");
    for (const char *p = route->answers; p && *p;) {
        size_t n = strcspn(p, ",");
        write_answer(w, route, (struct scf_str){p, n});
        p += n + (p[n] == ',');
    }
    if (route->access == SCF_KEYED)
        scf_jw_raw(w, "401", problem_ref, sizeof problem_ref - 1);
    scf_jw_raw(w, "default", problem_ref, sizeof problem_ref - 1);
    scf_jw_end_object(w);
}

/* ---- operations ---- */

/* Nothing; or, where only some servers ask for a key, the key or nothing. */
static void write_security(struct scf_jsonw *w, const struct scf_route *route) {
    scf_jw_array(w, "security");
    if (route->access != SCF_PUBLIC) {
        scf_openapi_key_security(w);
        scf_jw_object(w, NULL);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_operation(struct description *d, const struct scf_route *route) {
    char method[8] = {0};
    for (size_t i = 0; i + 1 < sizeof method && route->method[i]; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    const cJSON *added = scf_json_get(scf_json_get(d->hand, "operations"), route->operation_id);
    scf_jw_object(&d->w, method);
    scf_jw_str(&d->w, "operationId", route->operation_id);
    scf_jw_str(&d->w, "summary", route->summary);
    scf_openapi_copy(&d->w, "description", scf_json_get(added, "description"));
    scf_jw_array(&d->w, "tags");
    scf_jw_str(&d->w, NULL, route->tag);
    scf_jw_end_array(&d->w);
    if (route->access == SCF_PUBLIC || route->public_log)
        write_security(&d->w, route);
    write_parameters(d, route, added);
    write_request_body(&d->w, route);
    write_answers(&d->w, route);
    scf_jw_end_object(&d->w);
}

/* "{rest*}" of a pattern is "{rest}" in OpenAPI. */
static void write_path(struct scf_buf *out, const char *pattern) {
    for (const char *p = pattern; *p; p++)
        if (!(*p == '*' && p[1] == '}'))
            scf_buf_putc(out, *p);
}

static bool first_of_pattern(const struct scf_route *routes, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].pattern, routes[i].pattern) == 0)
            return false;
    return true;
}

void scf_openapi_paths(struct description *d) {
    enum { PATH_MAX_BYTES = 4096 };
    struct scf_buf path;
    scf_buf_init(&path, PATH_MAX_BYTES);
    scf_jw_object(&d->w, "paths");
    for (size_t i = 0; i < d->count; i++) {
        if (!first_of_pattern(d->routes, i))
            continue;
        scf_buf_clear(&path);
        write_path(&path, d->routes[i].pattern);
        scf_jw_object(&d->w, path.data);
        for (size_t k = i; k < d->count; k++)
            if (strcmp(d->routes[k].pattern, d->routes[i].pattern) == 0)
                write_operation(d, &d->routes[k]);
        scf_jw_end_object(&d->w);
    }
    scf_jw_end_object(&d->w);
    scf_buf_free(&path);
}
