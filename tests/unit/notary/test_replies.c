/* Which answers to a verification letter count: those to the last letter of an application that was
 * not withdrawn, of each party the last. */
#include <setjmp.h>
#include <cmocka.h>

#include "case.h"

struct world {
    struct scf_arena *arena;
    struct scf_enf_step_row rows[10];
    struct scf_enf_story s;
    char dossier[300], who[2][SCF_ID_TEXT];
};

static void begin(struct world *w) {
    memset(w, 0, sizeof *w);
    w->arena = scf_arena_new(1 << 20);
    for (int i = 0; i < 2; i++)
        scf_id_format("ent", &(struct scf_uuid){{(unsigned char)(i + 1)}}, w->who[i]);
    snprintf(
        w->dossier, sizeof w->dossier,
        "{\"debtors\":[{\"enterprise_id\":\"%s\"}],\"guarantors\":[{\"enterprise_id\":\"%s\"}]}",
        w->who[0], w->who[1]);
    w->s.rows = w->rows;
    w->s.c.dossier = w->dossier;
    memcpy(w->s.c.currency, "CNY", 3);
}

static void step(struct world *w, enum scf_enf_step kind, const char *details) {
    w->rows[w->s.n] = (struct scf_enf_step_row){.seq = (int64_t)w->s.n + 1, .step = kind};
    w->rows[w->s.n++].body = scf_asprintf(w->arena, "{\"details\":%s}", details);
}

static void reply(struct world *w, int who, const char *more) {
    step(w, SCF_ENF_STEP_REPLY,
         scf_asprintf(w->arena, "{\"party_id\":\"%s\",%s}", w->who[who], more));
}

static struct scf_enf_replies replies(struct world *w) {
    struct scf_error err;
    assert_int_equal(scf_enf_story_parse(w->arena, &w->s, &err), SCF_OK);
    return scf_enf_replies(&w->s);
}

#define FINE "\"result\":\"no_objection\""
#define OBJECTS "\"result\":\"objection\""
#define PARTLY(amount) "\"result\":\"partial_objection\",\"disputed\":{\"interest\":\"" amount "\"}"

static void test_to_the_last_letter(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    step(&w, SCF_ENF_STEP_APPLY_EC, "{}");
    step(&w, SCF_ENF_STEP_SEND_VERIFICATION, "{}");
    reply(&w, 0, OBJECTS);
    reply(&w, 0, PARTLY("1.50"));
    struct scf_enf_replies r = replies(&w);
    assert_int_equal(r.parties, 2);
    assert_int_equal(r.replied, 1);
    assert_int_equal(r.finding, SCF_ENF_PARTIAL_OBJECTION);
    assert_int_equal(r.disputed.interest, 150);
    step(&w, SCF_ENF_STEP_SEND_VERIFICATION, "{}");
    reply(&w, 1, FINE);
    r = replies(&w);
    assert_int_equal(r.replied, 1);
    assert_int_equal(r.finding, SCF_ENF_NO_OBJECTION);
    assert_int_equal(r.disputed.interest, 0);
    scf_arena_free(w.arena);
}

static void test_none_of_a_withdrawn_application(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    step(&w, SCF_ENF_STEP_APPLY_EC, "{}");
    step(&w, SCF_ENF_STEP_SEND_VERIFICATION, "{}");
    reply(&w, 0, OBJECTS);
    reply(&w, 1, PARTLY("1.50"));
    assert_int_equal(replies(&w).finding, SCF_ENF_OBJECTION_WITH_EVIDENCE);
    step(&w, SCF_ENF_STEP_WITHDRAW_EC, "{}");
    for (int i = 0; i < 2; i++) {
        struct scf_enf_replies r = replies(&w);
        assert_int_equal(r.parties, 2);
        assert_int_equal(r.replied, 0);
        assert_int_equal(r.finding, SCF_ENF_NO_OBJECTION);
        assert_int_equal(r.disputed.interest, 0);
        assert_false(scf_enf_facts_of(&w.s, NULL).all_replied);
        step(&w, SCF_ENF_STEP_APPLY_EC, "{}"); /* applied for anew, and no letter sent yet */
    }
    scf_arena_free(w.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_last_letter),
        cmocka_unit_test(test_none_of_a_withdrawn_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
