/* Reason codes: distinct, complete in both languages, and in the documentation as they are. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/base/buf.h"
#include "scfd/limit/limit.h"

static void distinct_and_complete(void **state) {
    (void)state;
    for (int i = 0; i < SCF_REASON_COUNT; i++) {
        enum scf_reason a = (enum scf_reason)i;
        assert_true(strlen(scf_reason_text(a, false)) > 10);
        assert_true(scf_utf8_length(scf_reason_text(a, true), strlen(scf_reason_text(a, true))) >
                    4);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(scf_reason_slug(a), scf_reason_slug((enum scf_reason)j));
    }
}

static void documentation_lists_them(void **state) {
    (void)state;
    FILE *f = fopen("docs/credit-model.md", "r");
    if (f == NULL) {
        print_message("skipped: docs/credit-model.md is not below the working directory\n");
        skip();
    }
    static char doc[64 << 10];
    size_t n = fread(doc, 1, sizeof doc - 1, f);
    fclose(f);
    assert_in_range(n, 1, sizeof doc - 2);
    for (int i = 0; i < SCF_REASON_COUNT; i++) {
        enum scf_reason r = (enum scf_reason)i;
        struct scf_buf line;
        scf_buf_init(&line, 1024);
        scf_buf_printf(&line, "| `%s` | %s | %s / %s |\n", scf_reason_slug(r),
                       scf_reason_direction(r), scf_reason_text(r, false),
                       scf_reason_text(r, true));
        if (strstr(doc, line.data) == NULL)
            fail_msg("docs/credit-model.md lacks: %s", line.data);
        scf_buf_free(&line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distinct_and_complete),
        cmocka_unit_test(documentation_lists_them),
    };
    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
