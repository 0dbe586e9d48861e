/* The router, percent-decoding, the query reader and the header field readers on any bytes: the
 * first line is a method, the second a path, the third a query, the rest a field value. */
#include "scfd/http/http.h"

#include "fields.h"
#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(struct scf_request *rq) {
    (void)rq;
}

static const struct scf_route routes[] = {
    {.method = "GET", .pattern = "/v1/invoices", .handle = nothing},
    {.method = "POST", .pattern = "/v1/invoices", .handle = nothing},
    {.method = "POST", .pattern = "/v1/invoices/bulk", .handle = nothing},
    {.method = "GET", .pattern = "/v1/invoices/{id}", .handle = nothing},
    {.method = "GET", .pattern = "/v1/{kind}/{id}/body", .handle = nothing},
    {.method = "GET", .pattern = "/tile/{chain}/{rest*}", .handle = nothing},
};
static const char *const known[] = {"limit", "after", "created_at[gte]", NULL};

/* Every value lies inside the path, and a match has its route. */
static void check_router(const char *method, struct scf_str path) {
    struct scf_route_match m;
    char allow[64];
    bool found = scf_route_find(routes, SCF_COUNT(routes), method, path, &m, allow);
    SCF_ASSERT(found == (m.route != NULL));
    SCF_ASSERT(m.n >= 0 && m.n <= 4);
    for (int i = 0; found && i < m.n; i++)
        SCF_ASSERT(m.values[i].n > 0 && m.values[i].p >= path.p &&
                   m.values[i].p + m.values[i].n <= path.p + path.n);
}

static void check_query(struct scf_arena *arena, struct scf_str text) {
    struct scf_query q;
    if (scf_query_parse(arena, text, known, &q, NULL) != SCF_OK)
        return;
    for (size_t i = 0; i < q.n; i++)
        SCF_ASSERT(scf_utf8_valid(q.items[i].value, strlen(q.items[i].value)));
}

static struct scf_str next_line(struct scf_str *left) {
    const char *end = left->n == 0 ? NULL : memchr(left->p, '\n', left->n);
    struct scf_str line = {left->p, end == NULL ? left->n : (size_t)(end - left->p)};
    size_t used = line.n + (end != NULL);
    *left = (struct scf_str){left->p + used, left->n - used};
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_str left = {(const char *)data, size};
    struct scf_str method = next_line(&left), path = next_line(&left), query = next_line(&left);
    char *method_text = scf_strndup(arena, method.p, method.n);
    char *value = scf_strndup(arena, left.p, left.n);
    if (method_text != NULL && value != NULL) {
        struct scf_str key;
        check_router(method_text, path);
        check_query(arena, query);
        (void)scf_percent_decode(arena, path, false);
        (void)scf_media_type_matches(value, "application/json");
        (void)scf_prefers_chinese(value);
        (void)scf_etag_listed(value, "1-ab");
        SCF_ASSERT(scf_prefer_wait(value) >= 0 && scf_prefer_wait(value) <= 60);
        if (scf_idempotency_key_text(value, &key))
            SCF_ASSERT(key.n >= 1 && key.n <= 255);
    }
    scf_arena_free(arena);
    return 0;
}
