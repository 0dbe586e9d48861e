/* Finds the route of a path. The table is compiled once into a tree whose edges are path segments:
 * a literal edge is tried before a parameter, a parameter before "the rest". Relies on nothing but
 * the table. */
#include "router.h"

enum { PARAMS_MAX = 4, METHODS_MAX = 8 };

struct node {
    struct scf_str literal; /* the edge that leads here; empty for a parameter */
    struct scf_str param;   /* name of the parameter on the edge */
    struct node *children;  /* literal edges */
    struct node *sibling;
    struct node *any;  /* {name} */
    struct node *rest; /* {name*} */
    const struct scf_route *routes[METHODS_MAX];
    int route_count;
};

struct scf_router {
    struct node *root;
};

static void node_free(struct node *n) {
    while (n != NULL) {
        struct node *sibling = n->sibling;
        node_free(n->children);
        node_free(n->any);
        node_free(n->rest);
        free(n);
        n = sibling;
    }
}

static struct node *node_new(void) {
    struct node *n = calloc(1, sizeof *n);
    SCF_ASSERT(n != NULL);
    return n;
}

/* The text up to the next '/' and what follows it. `*more` is false after the last segment. */
static struct scf_str next_segment(struct scf_str *path, bool *more) {
    const char *slash = memchr(path->p, '/', path->n);
    struct scf_str segment = {path->p, slash == NULL ? path->n : (size_t)(slash - path->p)};
    *more = slash != NULL;
    size_t used = segment.n + (*more ? 1 : 0);
    *path = (struct scf_str){path->p + used, path->n - used};
    return segment;
}

static struct node *literal_child(struct node *n, struct scf_str text) {
    for (struct node *c = n->children; c != NULL; c = c->sibling)
        if (scf_str_eq(c->literal, text))
            return c;
    return NULL;
}

/* The node behind the edge `segment` of a pattern, made if need be; NULL when it is malformed. */
static struct node *grow(struct node *n, struct scf_str segment, bool last) {
    if (segment.n == 0)
        return NULL;
    if (segment.p[0] != '{') {
        struct node *c = literal_child(n, segment);
        if (c == NULL) {
            c = node_new();
            c->literal = segment;
            c->sibling = n->children;
            n->children = c;
        }
        return c;
    }
    if (segment.n < 3 || segment.p[segment.n - 1] != '}')
        return NULL;
    struct scf_str name = {segment.p + 1, segment.n - 2};
    bool rest = name.p[name.n - 1] == '*';
    if (rest)
        name.n--;
    if (name.n == 0 || (rest && !last))
        return NULL;
    struct node **edge = rest ? &n->rest : &n->any;
    if (*edge == NULL) {
        *edge = node_new();
        (*edge)->param = name;
    }
    return scf_str_eq((*edge)->param, name) ? *edge : NULL;
}

static enum scf_code add_route(struct scf_router *r, const struct scf_route *route,
                               struct scf_error *err) {
    struct scf_str left = scf_str(route->pattern);
    if (left.n == 0 || left.p[0] != '/')
        return scf_fail(err, SCF_E_INTERNAL, "route %s: must begin with '/'", route->pattern);
    left = (struct scf_str){left.p + 1, left.n - 1};
    struct node *n = r->root;
    int params = 0, depth = 0;
    bool more = true;
    while (more && n != NULL) {
        struct scf_str segment = next_segment(&left, &more);
        params += segment.n > 0 && segment.p[0] == '{';
        depth++;
        n = grow(n, segment, !more);
    }
    if (n == NULL || params > PARAMS_MAX || depth > SCF_SEGMENTS_MAX)
        return scf_fail(err, SCF_E_INTERNAL, "route %s: malformed pattern", route->pattern);
    for (int i = 0; i < n->route_count; i++)
        if (strcmp(n->routes[i]->method, route->method) == 0)
            return scf_fail(err, SCF_E_INTERNAL, "route %s %s is there twice", route->method,
                            route->pattern);
    if (n->route_count == METHODS_MAX)
        return scf_fail(err, SCF_E_INTERNAL, "route %s: too many methods", route->pattern);
    n->routes[n->route_count++] = route;
    return SCF_OK;
}

enum scf_code scf_router_new(const struct scf_route *routes, size_t count, struct scf_router **ret,
                             struct scf_error *err) {
    struct scf_router *r = calloc(1, sizeof *r);
    SCF_ASSERT(r != NULL);
    r->root = node_new();
    for (size_t i = 0; i < count; i++) {
        enum scf_code code = add_route(r, &routes[i], err);
        if (code != SCF_OK) {
            scf_router_free(r);
            return code;
        }
    }
    *ret = r;
    return SCF_OK;
}

void scf_router_free(struct scf_router *r) {
    if (r == NULL)
        return;
    node_free(r->root);
    free(r);
}

static void push_param(struct scf_route_match *m, struct scf_str name, struct scf_str value) {
    m->names[m->n] = name;
    m->values[m->n] = value;
    m->n++;
}

/* The node for the path left, or NULL. Depth is bounded by the depth of the tree, which add_route
 * bounds; each level tries at most three edges. */
static const struct node *walk(const struct node *n, struct scf_str left,
                               struct scf_route_match *m) {
    struct scf_str whole = left;
    bool more;
    struct scf_str segment = next_segment(&left, &more);
    if (segment.n > 0) {
        int params = m->n;
        for (const struct node *c = n->children; c != NULL; c = c->sibling) {
            if (!scf_str_eq(c->literal, segment))
                continue;
            const struct node *found = more ? walk(c, left, m) : (c->route_count > 0 ? c : NULL);
            if (found != NULL)
                return found;
            break;
        }
        if (n->any != NULL) {
            push_param(m, n->any->param, segment);
            const struct node *found =
                more ? walk(n->any, left, m) : (n->any->route_count > 0 ? n->any : NULL);
            if (found != NULL)
                return found;
        }
        m->n = params;
    }
    if (n->rest == NULL || whole.n == 0)
        return NULL;
    push_param(m, n->rest->param, whole);
    return n->rest;
}

static void put_allow(char out[SCF_ALLOW_TEXT], size_t *at, const char *method) {
    int n = snprintf(out + *at, SCF_ALLOW_TEXT - *at, "%s%s", *at == 0 ? "" : ", ", method);
    SCF_ASSERT(n > 0 && *at + (size_t)n < SCF_ALLOW_TEXT);
    *at += (size_t)n;
}

/* GET brings HEAD; OPTIONS is always there. */
static void allow_text(const struct node *n, char out[SCF_ALLOW_TEXT]) {
    size_t at = 0;
    for (int i = 0; i < n->route_count; i++) {
        put_allow(out, &at, n->routes[i]->method);
        if (strcmp(n->routes[i]->method, "GET") == 0)
            put_allow(out, &at, "HEAD");
    }
    put_allow(out, &at, "OPTIONS");
}

enum scf_found scf_router_find(const struct scf_router *r, const char *method, struct scf_str path,
                               struct scf_route_match *ret, char ret_allow[SCF_ALLOW_TEXT]) {
    ret->route = NULL;
    ret->n = 0;
    ret_allow[0] = '\0';
    if (path.n == 0 || path.p[0] != '/')
        return SCF_NO_PATH;
    const struct node *n = walk(r->root, (struct scf_str){path.p + 1, path.n - 1}, ret);
    if (n == NULL)
        return SCF_NO_PATH;
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (int i = 0; i < n->route_count; i++) {
        if (strcmp(n->routes[i]->method, wanted) == 0) {
            ret->route = n->routes[i];
            return SCF_FOUND;
        }
    }
    allow_text(n, ret_allow);
    return strcmp(method, "OPTIONS") == 0 ? SCF_FOUND_OPTIONS : SCF_NO_METHOD;
}

bool scf_route_find(const struct scf_route *routes, size_t count, const char *method,
                    struct scf_str path, struct scf_route_match *ret, char ret_allow[64]) {
    struct scf_router *r;
    ret_allow[0] = '\0';
    if (scf_router_new(routes, count, &r, NULL) != SCF_OK)
        return false;
    enum scf_found found = scf_router_find(r, method, path, ret, ret_allow);
    scf_router_free(r);
    return found == SCF_FOUND;
}
