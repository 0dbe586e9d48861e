/* Texts of failed checks: their figures, how receipts carry them, and names that are cut. */
#include <setjmp.h>
#include <cmocka.h>

#include "checks.h"

/* Every text, in both languages, has each of its figures once, and its name leads back to it. */
static void texts_have_their_figures(void **state) {
    (void)state;
    const char *figures[SCF_DETAIL_FIGURES] = {"<0>", "<1>", "<2>", "<3>"};
    for (int d = SCF_DETAIL_NONE + 1; d < SCF_DETAIL_COUNT; d++) {
        size_t n = scf_detail_figures((enum scf_detail)d);
        enum scf_detail found = SCF_DETAIL_NONE;
        assert_in_range(n, 0, SCF_DETAIL_FIGURES);
        assert_true(scf_detail_find(scf_detail_slug((enum scf_detail)d), &found));
        assert_int_equal(found, d);
        for (int chinese = 0; chinese < 2; chinese++) {
            struct scf_buf text;
            scf_buf_init(&text, 4096);
            scf_detail_text((enum scf_detail)d, figures, chinese, &text);
            for (size_t i = 0; i < SCF_DETAIL_FIGURES; i++) {
                const char *at = strstr(text.data, figures[i]);
                assert_int_equal(at != NULL, i < n);
                assert_true(at == NULL || strstr(at + 1, figures[i]) == NULL);
            }
            assert_null(strchr(text.data, '{'));
            scf_buf_free(&text);
        }
    }
}

static void receipts_carry_details(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_error err = {0};
    static const struct {
        const char *json;
        bool sound;
        enum scf_detail detail;
    } rows[] = {
        {"[]", true, SCF_DETAIL_NONE},
        {"[\"other-buyer\"]", true, SCF_DETAIL_OTHER_BUYER},
        {"[\"invoices-beyond-contract\",\"2\",\"1\"]", true, SCF_DETAIL_INVOICE_SUM},
        {"[\"invoices-beyond-contract\",\"2\"]", false, SCF_DETAIL_NONE},
        {"[\"invoices-beyond-contract\",\"2\",\"1\",\"0\"]", false, SCF_DETAIL_NONE},
        {"[\"invoices-beyond-contract\",\"2\",1]", false, SCF_DETAIL_NONE},
        {"[\"\"]", false, SCF_DETAIL_NONE},
        {"[\"nothing\"]", false, SCF_DETAIL_NONE},
        {"[1]", false, SCF_DETAIL_NONE},
        {"\"other-buyer\"", false, SCF_DETAIL_NONE},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        const char *figures[SCF_DETAIL_FIGURES];
        enum scf_detail detail;
        const cJSON *json = scf_json_parse(arena, rows[i].json, strlen(rows[i].json), &err);
        assert_int_equal(scf_detail_read(json, &detail, figures), rows[i].sound);
        if (rows[i].sound)
            assert_int_equal(detail, rows[i].detail);
    }
    scf_arena_free(arena);
}

/* A name is cut between two characters. */
static void long_names_stay_readable(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_case c = {.arena = arena};
    const struct scf_checking k = {.c = &c};
    char name[121];
    for (int i = 0; i < 40; i++)
        memcpy(name + 3 * i, "轴", 3);
    name[120] = '\0';
    assert_int_equal(strlen(scf_check_name_text(&k, name)), 99);
    name[99] = '\0';
    assert_string_equal(scf_check_name_text(&k, name), name);
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_have_their_figures),
        cmocka_unit_test(receipts_carry_details),
        cmocka_unit_test(long_names_stay_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
