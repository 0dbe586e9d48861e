/* The router: precedence, parameters, methods, and what is no path at all. */
#include <setjmp.h>
#include <cmocka.h>

#include "router.h"

static void nothing(struct scf_request *rq) {
    (void)rq;
}

#define ROUTE(m, p)                                                                                \
    { .method = m, .pattern = p, .handle = nothing }

static const struct scf_route routes[] = {
    ROUTE("GET", "/v1/invoices"),
    ROUTE("POST", "/v1/invoices"),
    ROUTE("POST", "/v1/invoices/bulk"),
    ROUTE("GET", "/v1/invoices/{id}"),
    ROUTE("GET", "/v1/invoices/{id}/proof"),
    ROUTE("GET", "/v1/{kind}/{id}/body"),
    ROUTE("GET", "/tile/{chain}/{rest*}"),
    ROUTE("GET", "/livez"),
};

static const struct scf_route *find(const char *method, const char *path, struct scf_route_match *m,
                                    char allow[64]) {
    bool found = scf_route_find(routes, SCF_COUNT(routes), method, scf_str(path), m, allow);
    assert_int_equal(found, m->route != NULL);
    return m->route;
}

static void assert_route(const char *method, const char *path, const char *pattern) {
    struct scf_route_match m;
    char allow[64];
    const struct scf_route *r = find(method, path, &m, allow);
    if (pattern == NULL) {
        assert_null(r);
    } else {
        assert_non_null(r);
        assert_string_equal(r->pattern, pattern);
    }
}

static void literals_win_over_parameters(void **state) {
    (void)state;
    assert_route("POST", "/v1/invoices/bulk", "/v1/invoices/bulk");
    assert_route("GET", "/v1/invoices/inv_1", "/v1/invoices/{id}");
    assert_route("GET", "/v1/invoices/x/proof", "/v1/invoices/{id}/proof");
}

static void a_literal_that_leads_nowhere_gives_way(void **state) {
    (void)state;
    struct scf_route_match m;
    char allow[64];
    assert_non_null(find("GET", "/v1/invoices/inv_1/body", &m, allow));
    assert_string_equal(m.route->pattern, "/v1/{kind}/{id}/body");
    assert_int_equal(m.n, 2);
    assert_true(scf_str_is(m.names[0], "kind"));
    assert_true(scf_str_is(m.values[0], "invoices"));
    assert_true(scf_str_is(m.names[1], "id"));
    assert_true(scf_str_is(m.values[1], "inv_1"));
}

static void the_rest_takes_slashes(void **state) {
    (void)state;
    struct scf_route_match m;
    char allow[64];
    assert_non_null(find("GET", "/tile/c1/0/x001/067", &m, allow));
    assert_true(scf_str_is(m.values[1], "0/x001/067"));
    assert_route("GET", "/tile/c1/", NULL);
    assert_route("GET", "/tile/c1", NULL);
}

static void paths_are_exact(void **state) {
    (void)state;
    static const char *const none[] = {"",
                                       "/",
                                       "livez",
                                       "/livez/",
                                       "//livez",
                                       "/v1/invoices/",
                                       "/v1//invoices",
                                       "/V1/invoices",
                                       "/v1/invoices/a/b/c",
                                       "/v1/%69nvoices"};
    for (size_t i = 0; i < SCF_COUNT(none); i++) {
        struct scf_route_match m;
        char allow[64];
        assert_null(find("GET", none[i], &m, allow));
        assert_string_equal(allow, "");
    }
}

static void methods_that_are_not_there_name_those_that_are(void **state) {
    (void)state;
    struct scf_route_match m;
    char allow[64];
    assert_null(find("DELETE", "/v1/invoices", &m, allow));
    assert_string_equal(allow, "GET, HEAD, POST, OPTIONS");
    assert_null(find("GET", "/v1/invoices/bulk", &m, allow));
    assert_string_equal(allow, "POST, OPTIONS");
    assert_null(find("get", "/livez", &m, allow));
    assert_string_equal(allow, "GET, HEAD, OPTIONS");
    assert_route("HEAD", "/livez", "/livez");
    assert_route("HEAD", "/v1/invoices/bulk", NULL);
}

static void bad_tables_are_refused(void **state) {
    (void)state;
    static const struct scf_route bad[][2] = {
        {ROUTE("GET", "/a"), ROUTE("GET", "/a")},
        {ROUTE("GET", "/a"), ROUTE("GET", "b")},
        {ROUTE("GET", "/a"), ROUTE("GET", "/b/")},
        {ROUTE("GET", "/a"), ROUTE("GET", "/{}")},
        {ROUTE("GET", "/a"), ROUTE("GET", "/{x")},
        {ROUTE("GET", "/a"), ROUTE("GET", "/{x*}/b")},
        {ROUTE("GET", "/{x}/a"), ROUTE("GET", "/{y}/b")},
        {ROUTE("GET", "/a"), ROUTE("GET", "/{a}/{b}/{c}/{d}/{e}")},
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_router *r = NULL;
        struct scf_error err = {0};
        assert_int_equal(scf_router_new(bad[i], 2, &r, &err), SCF_E_INTERNAL);
        assert_null(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_win_over_parameters),
        cmocka_unit_test(a_literal_that_leads_nowhere_gives_way),
        cmocka_unit_test(the_rest_takes_slashes),
        cmocka_unit_test(paths_are_exact),
        cmocka_unit_test(methods_that_are_not_there_name_those_that_are),
        cmocka_unit_test(bad_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
