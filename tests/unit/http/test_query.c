/* Percent-decoding, query strings, and the header fields that have a grammar. */
#include <setjmp.h>
#include <cmocka.h>

#include "fields.h"
#include "query.h"

static int set_up(void **state) {
    *state = scf_arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

static void decodes_what_is_well_formed(void **state) {
    static const struct {
        const char *in, *out;
        bool form;
    } cases[] = {
        {"", "", false},
        {"abc", "abc", false},
        {"%41%6a", "Aj", false},
        {"a+b", "a+b", false},
        {"a+b", "a b", true},
        {"%2B", "+", true},
        {"%e4%b8%ad", "中", false},
        {"%F0%9F%98%80", "😀", false},
        {"100%25", "100%", false},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        char *out = scf_percent_decode(*state, scf_str(cases[i].in), cases[i].form);
        assert_non_null(out);
        assert_string_equal(out, cases[i].out);
    }
}

static void refuses_what_is_not(void **state) {
    static const char *const bad[] = {"%",   "%4",     "%4x",       "%x4",    "a%00b",
                                      "%ff", "%c0%af", "%ed%a0%80", "%e4%b8", "%F4%90%80%80"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_null(scf_percent_decode(*state, scf_str(bad[i]), false));
}

static const char *const known[] = {"limit", "after", "created_at[gte]", NULL};

static enum scf_code parse(void **state, const char *text, struct scf_query *q) {
    struct scf_error err;
    return scf_query_parse(*state, scf_str(text), known, q, &err);
}

static void reads_documented_parameters(void **state) {
    struct scf_query q;
    assert_int_equal(parse(state, "", &q), SCF_OK);
    assert_int_equal(q.n, 0);
    assert_int_equal(
        parse(state, "limit=5&after=&created_at%5Bgte%5D=2026-01-01T00:00:00%2B08:00", &q), SCF_OK);
    assert_int_equal(q.n, 3);
    assert_string_equal(q.items[0].name, "limit");
    assert_string_equal(q.items[0].value, "5");
    assert_string_equal(q.items[1].value, "");
    assert_string_equal(q.items[2].name, "created_at[gte]");
    assert_string_equal(q.items[2].value, "2026-01-01T00:00:00+08:00");
    assert_int_equal(parse(state, "&limit&", &q), SCF_OK);
    assert_int_equal(q.n, 1);
    assert_string_equal(q.items[0].value, "");
}

static void refuses_unknown_repeated_and_broken_ones(void **state) {
    static const char *const bad[] = {"limits=5",  "limit=5&limit=5", "limit=1&%6cimit=2",
                                      "LIMIT=5",   "limit=%zz",       "=5",
                                      "limit=%00", "limit=%ff",       "a%=1"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_query q;
        assert_int_equal(parse(state, bad[i], &q), SCF_E_INVALID_PARAMETER);
        assert_int_equal(q.n, 0);
    }
    struct scf_query q;
    assert_int_equal(scf_query_parse(*state, scf_str("a=1"), NULL, &q, NULL),
                     SCF_E_INVALID_PARAMETER);
}

static void media_types(void **state) {
    (void)state;
    assert_true(scf_media_type_matches("application/json", "application/json"));
    assert_true(scf_media_type_matches("Application/JSON ; charset=UTF-8", "application/json"));
    assert_true(scf_media_type_matches("application/json;charset=\"utf-8\"", "application/json"));
    assert_true(scf_media_type_matches("application/jsonl", "application/x-ndjson"));
    assert_false(scf_media_type_matches(NULL, "application/json"));
    assert_false(scf_media_type_matches("", "application/json"));
    assert_false(scf_media_type_matches("application/jsonx", "application/json"));
    assert_false(scf_media_type_matches("application/jsonl", "application/json"));
    assert_false(scf_media_type_matches("text/plain, application/json", "application/json"));
    assert_false(scf_media_type_matches("application/json; charset=gbk", "application/json"));
}

static void languages(void **state) {
    (void)state;
    assert_false(scf_prefers_chinese(NULL));
    assert_true(scf_prefers_chinese("zh-CN"));
    assert_true(scf_prefers_chinese("ZH"));
    assert_true(scf_prefers_chinese("zh-CN,zh;q=0.9,en;q=0.8"));
    assert_true(scf_prefers_chinese("fr, zh;q=0.3"));
    assert_false(scf_prefers_chinese("en, zh;q=0.9"));
    assert_false(scf_prefers_chinese("zh;q=0"));
    assert_false(scf_prefers_chinese("de, *;q=0.5"));
    assert_false(scf_prefers_chinese("zh;q=abc, en;q=0.1"));
}

static void media(void **state) {
    (void)state;
    static const char html[] = "text/html", pdf[] = "application/pdf";
    static const char browser[] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    assert_true(scf_prefers_media(browser, html, pdf));
    assert_true(scf_prefers_media("application/pdf;q=0.5, text/html", html, pdf));
    assert_true(scf_prefers_media("Text/HTML;level=1", html, pdf));
    assert_true(scf_prefers_media("application/*;q=0.4, text/html;q=0.6, */*", html, pdf));
    assert_false(scf_prefers_media(NULL, html, pdf));
    assert_false(scf_prefers_media("", html, pdf));
    assert_false(scf_prefers_media("*/*", html, pdf));
    assert_false(scf_prefers_media("text/*", html, pdf));
    assert_false(scf_prefers_media("text/html;q=0", html, pdf));
    assert_false(scf_prefers_media("text/html, application/pdf", html, pdf));
    assert_false(scf_prefers_media("text/html;q=0.5, application/pdf;q=0.6, */*;q=0.1", html, pdf));
}

static void entity_tags(void **state) {
    (void)state;
    assert_true(scf_etag_listed("\"3-ab\"", "3-ab"));
    assert_true(scf_etag_listed("\"1-x\", W/\"3-ab\"", "3-ab"));
    assert_true(scf_etag_listed("*", "3-ab"));
    assert_false(scf_etag_listed(NULL, "3-ab"));
    assert_false(scf_etag_listed("3-ab", "3-ab"));
    assert_false(scf_etag_listed("\"3-abc\"", "3-ab"));
}

static void preferences_and_keys(void **state) {
    (void)state;
    assert_int_equal(scf_prefer_wait("wait=7"), 7);
    assert_int_equal(scf_prefer_wait("respond-async, Wait=61"), 60);
    assert_int_equal(scf_prefer_wait("wait=0"), 0);
    assert_int_equal(scf_prefer_wait("wait=-1"), 0);
    assert_int_equal(scf_prefer_wait("waiting=5"), 0);
    assert_int_equal(scf_prefer_wait(NULL), 0);
    struct scf_str key;
    assert_true(scf_idempotency_key_text("\"8e03-978e\"", &key));
    assert_true(scf_str_is(key, "8e03-978e"));
    assert_true(scf_idempotency_key_text("bare", &key));
    assert_true(scf_str_is(key, "bare"));
    assert_false(scf_idempotency_key_text("", &key));
    assert_false(scf_idempotency_key_text("\"\"", &key));
    assert_false(scf_idempotency_key_text("a b", &key));
    assert_false(scf_idempotency_key_text("\xe4\xb8\xad", &key));
    char long_key[257];
    memset(long_key, 'k', 256);
    long_key[256] = '\0';
    assert_false(scf_idempotency_key_text(long_key, &key));
    assert_true(scf_idempotency_key_text(long_key + 1, &key));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decodes_what_is_well_formed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_documented_parameters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_unknown_repeated_and_broken_ones, set_up,
                                        tear_down),
        cmocka_unit_test(media_types),
        cmocka_unit_test(languages),
        cmocka_unit_test(media),
        cmocka_unit_test(entity_tags),
        cmocka_unit_test(preferences_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
