/* Definitions: what ships is sound, what is wrong is refused with the place named. */
#include <setjmp.h>
#include <cmocka.h>

#include "parse.h"
#include "scfd/base/clock.h"
#include "scfd/template/shipped.h"

static int set_up(void **state) {
    *state = scf_arena_new(8 << 20);
    return 0;
}
static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

/* Three industries, four kinds of record each, with the thresholds of CR-2.2. */
static void shipped_templates_are_sound(void **state) {
    int seen[3][4] = {{0}}, n = 0;
    for (const char *const *text = scf_shipped_templates; *text != NULL; text++, n++) {
        struct scf_error err = {0};
        struct scf_template *t;
        enum scf_code code = scf_template_parse(*state, scf_str(*text), NULL, &t, &err);
        assert_string_equal(err.detail, "");
        assert_int_equal(code, SCF_OK);
        int industry = strcmp(t->industry_code, "*") == 0      ? 0
                       : strcmp(t->industry_code, "F515") == 0 ? 1
                                                               : 2;
        seen[industry][t->applies_to - SCF_REC_CONTRACT]++;
        assert_memory_equal(&t->grading, &scf_default_grading, sizeof t->grading);
        assert_int_equal(t->period, SCF_PERIOD_MONTH);
        assert_int_equal(t->effective_from_us, 0);
        if (t->applies_to == SCF_REC_WORKFLOW_EVENT)
            assert_true(t->watched_count >= 2);
    }
    assert_int_equal(n, 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(seen[i / 4][i % 4], 1);
}

#define HEAD "{\"code\":\"x_y\",\"industry_code\":\"C36\",\"applies_to\":\"invoice\","
#define TAIL ",\"periods\":{\"accounting\":\"week\"},\"effective_from\":\"2026-01-01T00:00:00Z\"}"
#define GOOD_FIELD "{\"key\":\"a.0.b\",\"label_zh\":\"甲\",\"type\":\"decimal\",\"required\":true"

static void reads_every_member(void **state) {
    const char *text =
        HEAD "\"fields\":[" GOOD_FIELD ",\"label_en\":\"A\",\"weight\":\"1.5\",\"min\":\"-2\","
             "\"max\":3,\"fluctuation_threshold\":\"0.25\",\"unit\":\"kg\"},"
             "{\"key\":\"e\",\"label_zh\":\"乙\",\"type\":\"enum\",\"required\":false,"
             "\"enum\":[\"p\",\"q\"]}],"
             "\"steps\":[{\"step\":\"shipped\",\"order\":1},"
             "{\"step\":\"accepted\",\"order\":2,\"weight\":\"0.75\"}],"
             "\"grading\":{\"normativity\":[\"0.9\",\"0.8\",\"0.6\"],"
             "\"timeliness_hours\":[1,\"2.5\",4],\"accuracy\":[\"0.9\",\"0.5\",\"0\"],"
             "\"scores\":[1,\"0.5\",\"0.25\",0],"
             "\"delay_weights\":{\"workflow\":\"0.7\",\"invoice\":\"0.3\"},"
             "\"accuracy_weights\":{\"range\":\"0.2\",\"fluctuation\":\"0.8\"},"
             "\"rating_weights\":{\"normativity\":\"0.1\",\"timeliness\":\"0.2\","
             "\"accuracy\":\"0.7\"}}" TAIL;
    struct scf_error err = {0};
    struct scf_template *t;
    enum scf_code code = scf_template_parse(*state, scf_str(text), NULL, &t, &err);
    assert_string_equal(err.detail, "");
    assert_int_equal(code, SCF_OK);
    assert_string_equal(t->code, "x_y");
    assert_int_equal(t->applies_to, SCF_REC_INVOICE);
    assert_int_equal(t->field_count, 2);
    assert_int_equal(t->watched_count, 1);
    assert_int_equal(t->period, SCF_PERIOD_WEEK);
    const struct scf_template_field *a = &t->fields[0], *e = &t->fields[1];
    assert_int_equal(a->weight_ppm, 1500000);
    assert_true(a->has_min && a->has_max);
    assert_int_equal(a->min, -2000000);
    assert_int_equal(a->max, 3000000);
    assert_int_equal(a->fluctuation_ppm, 250000);
    assert_string_equal(a->label_en, "A");
    assert_int_equal(e->weight_ppm, 1000000);
    assert_false(e->has_min || e->has_max);
    assert_string_equal(e->choices[1], "q");
    assert_null(e->choices[2]);
    assert_int_equal(t->milestone_count, 1); /* a step without weight is none */
    assert_string_equal(t->milestones[0].step, "accepted");
    assert_int_equal(t->milestones[0].weight_ppm, 750000);
    const struct scf_grading *g = &t->grading;
    assert_int_equal(g->normativity_ppm[2], 600000);
    assert_int_equal(g->timeliness_us[1], 9000 * SCF_US_PER_SECOND); /* 2.5 h */
    assert_int_equal(g->accuracy_ppm[1], 500000);
    assert_int_equal(g->score_ppm[2], 250000);
    assert_int_equal(g->delay_workflow_ppm, 700000);
    assert_int_equal(g->accuracy_range_ppm, 200000);
    assert_int_equal(g->rating_ppm[2], 700000);
}

/* Each text has one thing wrong, at `pointer`. */
static void names_what_is_wrong(void **state) {
    static const struct {
        const char *text, *pointer;
    } cases[] = {
        {HEAD "\"fields\":[]" TAIL, "#/fields"},
        {HEAD "\"fields\":[" GOOD_FIELD
              "},{\"key\":\"a.0.b\",\"label_zh\":\"乙\",\"type\":\"date\","
              "\"required\":true}]" TAIL,
         "#/fields/1/key"},
        {HEAD "\"fields\":[" GOOD_FIELD ",\"min\":2,\"max\":1}]" TAIL, "#/fields/0/max"},
        {HEAD "\"fields\":[" GOOD_FIELD ",\"enum\":[\"x\"]}]" TAIL, "#/fields/0/enum"},
        {HEAD "\"fields\":[" GOOD_FIELD ",\"colour\":1}]" TAIL, "#/fields/0/colour"},
        {HEAD "\"fields\":[{\"key\":\"a..b\",\"label_zh\":\"甲\",\"type\":\"date\","
              "\"required\":true}]" TAIL,
         "#/fields/0/key"},
        {HEAD "\"fields\":[{\"key\":\"a\",\"label_zh\":\"甲\",\"type\":\"date\",\"required\":true,"
              "\"fluctuation_threshold\":1}]" TAIL,
         "#/fields/0/fluctuation_threshold"},
        {HEAD "\"fields\":[" GOOD_FIELD
              "}],\"steps\":[{\"step\":\"a\",\"order\":1,\"weight\":\"0.5\"},"
              "{\"step\":\"b\",\"order\":2,\"weight\":\"0.500001\"}]" TAIL,
         "#/steps"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_error err = {0};
        struct scf_faults faults = {.arena = *state};
        struct scf_template *t = NULL;
        assert_int_equal(scf_template_parse(*state, scf_str(cases[i].text), &faults, &t, &err),
                         SCF_E_VALIDATION_FAILED);
        assert_null(t);
        assert_int_equal(faults.count, 1);
        assert_string_equal(faults.items[0].pointer, cases[i].pointer);
    }
}

static void weights_must_add_up(void **state) {
    const char *text = HEAD "\"fields\":[" GOOD_FIELD "}],"
                            "\"grading\":{\"normativity\":[\"0.8\",\"0.8\",\"0.6\"],"
                            "\"timeliness_hours\":[3,2,4],\"accuracy\":[\"0.9\",\"0.5\",\"0\"],"
                            "\"scores\":[1,\"0.5\",\"0.25\",0],"
                            "\"delay_weights\":{\"workflow\":\"0.7\",\"invoice\":\"0.2\"},"
                            "\"accuracy_weights\":{\"range\":\"0.2\",\"fluctuation\":\"0.8\"},"
                            "\"rating_weights\":{\"normativity\":\"0.1\",\"timeliness\":\"0.2\","
                            "\"accuracy\":\"0.7\"}}" TAIL;
    struct scf_error err = {0};
    struct scf_faults faults = {.arena = *state};
    struct scf_template *t = NULL;
    assert_int_equal(scf_template_parse(*state, scf_str(text), &faults, &t, &err),
                     SCF_E_VALIDATION_FAILED);
    assert_int_equal(faults.count, 3); /* one per sentence that is not true */
    assert_string_equal(faults.items[2].pointer, "#/grading/delay_weights");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shipped_templates_are_sound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_every_member, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(weights_must_add_up, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("template_parse", tests, NULL, NULL);
}
