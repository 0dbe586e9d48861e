/* Statements: the text as the header of this format shows it, and that nothing else is read. */
#include "scfd/anchor/anchor.h"

#include <setjmp.h>
#include <cmocka.h>

static const char text[] = "scfd-anchor/v1\n"
                           "origin log.example/a/anchors\n"
                           "tick 7\n"
                           "size 3\n"
                           "root AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
                           "prev AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "time 2026-11-26T08:00:00.000001Z\n";

static void a_statement_is_written_and_read(void **state) {
    (void)state;
    struct scf_anchor_statement s = {.origin = SCF_STR("log.example/a/anchors"),
                                     .tick = 7,
                                     .size = 3,
                                     .time_us = INT64_C(1795680000000001)};
    memset(s.root.b, 1, sizeof s.root.b);
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    scf_anchor_statement_write(&s, &out);
    assert_string_equal(out.data, text);
    scf_buf_free(&out);
    struct scf_anchor_statement back;
    assert_true(scf_anchor_statement_parse(SCF_STR(text), &back));
    assert_true(scf_str_eq(back.origin, s.origin));
    assert_int_equal(back.tick, 7);
    assert_int_equal(back.size, 3);
    assert_true(scf_hash_eq(&back.root, &s.root));
    assert_true(scf_hash_eq(&back.prev, &s.prev));
    assert_int_equal(back.time_us, s.time_us);
}

/* `text` with the first `from` replaced. */
static void refused(const char *from, const char *to) {
    char other[1024];
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(other, sizeof other, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    struct scf_anchor_statement s;
    if (scf_anchor_statement_parse(scf_str(other), &s))
        fail_msg("\"%s\" for \"%s\" is read", to, from);
}

static void other_spellings_are_refused(void **state) {
    (void)state;
    refused("v1", "v2");
    refused("v1\n", "v1 \n");
    refused("origin log.example/a/anchors", "origin ");
    refused("tick 7", "tick 07");
    refused("tick 7", "tick +7");
    refused("tick 7", "tick -1");
    refused("tick 7", "tick  7");
    refused("tick 7", "tick 9223372036854775808");
    refused("size 3", "size 0");
    refused("size 3\n", "");
    refused("size 3\n", "size 3\nsize 3\n");
    refused("AQE=", "AQF="); /* trailing bits */
    refused("AQE=", "AQE");
    refused(".000001Z", ".000001+00:00");
    refused(".000001Z", ".0000010Z");
    refused("08:00:00.000001Z\n", "08:00:00.000001Z");
    refused("08:00:00.000001Z\n", "08:00:00.000001Z\n\n");
    refused("\n", "\r\n");
    struct scf_anchor_statement s;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_false(scf_anchor_statement_parse((struct scf_str){text, n}, &s));
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_written_and_read),
        cmocka_unit_test(other_spellings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
