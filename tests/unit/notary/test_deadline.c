/* Deadlines against days counted by hand. The calendar has no holidays but 1 to 5 May 2026, and the
 * Saturday of 9 May is worked: the dates are those of the notice for 2026. */
#include <setjmp.h>
#include <cmocka.h>

#include "deadline.h"

#include "scfd/base/clock.h"

static int32_t day(const char *text) {
    int32_t d = 0;
    assert_true(scf_date_parse(scf_str(text), &d));
    return d;
}

struct world {
    struct scf_arena *arena;
    int32_t holidays[5], workdays[1];
    struct scf_cal_year year;
    struct scf_calendar calendar;
    struct scf_enf_step_row rows[20];
    struct scf_owed owed;
    struct scf_owed_instalment parts[2];
    struct scf_enf_story s;
};

static void step(struct world *w, enum scf_enf_step kind, const char *on, const char *details) {
    int64_t us;
    char text[64];
    snprintf(text, sizeof text, "%sT10:00:00+08:00", on);
    assert_true(scf_time_parse(scf_str(text), &us));
    w->rows[w->s.n] = (struct scf_enf_step_row){
        .seq = (int64_t)w->s.n + 1, .step = kind, .happened_us = us, .filed_us = us};
    const char *body = scf_asprintf(w->arena, "{\"details\":%s}", details);
    w->rows[w->s.n].body = body;
    w->s.n++;
}

static void begin(struct world *w, const char *today) {
    memset(w, 0, sizeof *w);
    w->arena = scf_arena_new(1 << 20);
    for (int i = 0; i < 5; i++)
        w->holidays[i] = day("2026-05-01") + i;
    w->workdays[0] = day("2026-05-09");
    w->year = (struct scf_cal_year){2026, w->holidays, w->workdays, 5, 1};
    w->calendar = (struct scf_calendar){&w->year, 1};
    w->s.rows = w->rows;
    w->s.calendar = &w->calendar;
    w->s.today = day(today);
    memcpy(w->s.c.currency, "CNY", 3);
    w->s.c.dossier = "{\"verification\":{\"objection_days\":7},\"debtors\":[]}";
}

/* The due day of a deadline and whether it is done; fails when it is not listed. */
static struct scf_enf_deadline find(struct world *w, const char *code) {
    static struct scf_enf_deadline list[SCF_ENF_DEADLINES_MAX];
    struct scf_error err;
    assert_int_equal(scf_enf_story_parse(w->arena, &w->s, &err), SCF_OK);
    size_t n = scf_enf_deadlines(&w->s, list);
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].code, code) == 0)
            return list[i];
    fail_msg("no deadline %s", code);
    return list[0];
}

static void assert_due(struct world *w, const char *code, const char *article, const char *on,
                       bool done) {
    char text[SCF_TIME_TEXT];
    struct scf_enf_deadline d = find(w, code);
    scf_date_format(d.due_day, text);
    assert_string_equal(text, on);
    assert_string_equal(d.article, article);
    assert_int_equal(d.done, done);
}

/* Accepted on Thursday 23 April 2026: 24, 27, 28, 29, 30 April are five working days, 6 to 9 May
 * four, 11 to 15 May five, and 18 May is the fifteenth. */
static void test_certificate(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-04-24");
    step(&w, SCF_ENF_STEP_ACCEPT, "2026-04-23", "{}");
    assert_due(&w, "issue_certificate", "公证法 30", "2026-05-18", false);
    /* From 27 April to 7 May a supplement was awaited: 28, 29, 30 April, 6 and 7 May do not count.
     */
    step(&w, SCF_ENF_STEP_REQUIRE_SUPPLEMENT, "2026-04-27", "{}");
    step(&w, SCF_ENF_STEP_SUPPLEMENT, "2026-05-07", "{}");
    assert_due(&w, "issue_certificate", "公证法 30", "2026-05-25", false);
    step(&w, SCF_ENF_STEP_ISSUE, "2026-05-20", "{}");
    assert_due(&w, "issue_certificate", "公证法 30", "2026-05-25", true);
    scf_arena_free(w.arena);
}

/* Two years from the earliest instalment that is not paid, then from the application. */
static void test_enforcement_by_instalment(void **unused) {
    (void)unused;
    struct world w;
    int32_t due;
    begin(&w, "2026-08-01");
    w.parts[0] = (struct scf_owed_instalment){.due_day = day("2026-03-31")};
    w.parts[1] = (struct scf_owed_instalment){.due_day = day("2026-06-30"), .unpaid_principal = 1};
    w.owed.instalments = w.parts;
    w.owed.instalment_count = 2;
    assert_false(scf_enf_enforcement_deadline(&w.s, &due)); /* no loan */
    w.s.owed = &w.owed;
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-06-30", false);
    w.parts[0].unpaid_interest = 1;
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-03-31", false);
    w.s.today = day("2026-03-31"); /* its own day is not over */
    assert_false(scf_enf_enforcement_deadline(&w.s, &due));
    step(&w, SCF_ENF_STEP_APPLY_EC, "2026-07-15", "{}");
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-07-15", false);
    scf_arena_free(w.arena);
}

/* Applied on 11 May: the fifteenth working day is 1 June; a verification from 13 to 20 May (five
 * working days) makes it 8 June. The letter of 13 May is answered by 20 May; one of 24 April would
 * end on 1 May and rolls to 6 May. */
static void test_execution_certificate(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-05-12");
    step(&w, SCF_ENF_STEP_APPLY_EC, "2026-05-11", "{}");
    assert_due(&w, "issue_execution_certificate", "司发通〔2017〕76号", "2026-06-01", false);
    step(&w, SCF_ENF_STEP_SEND_VERIFICATION, "2026-05-13", "{}");
    w.s.c.state = SCF_ENF_VERIFYING;
    assert_due(&w, "reply_to_verification", "公证程序规则 39", "2026-05-20", false);
    step(&w, SCF_ENF_STEP_CLOSE_VERIFICATION, "2026-05-20", "{}");
    w.s.c.state = SCF_ENF_NO_OBJECTION;
    assert_due(&w, "issue_execution_certificate", "司发通〔2017〕76号", "2026-06-08", false);
    assert_due(&w, "reply_to_verification", "公证程序规则 39", "2026-05-20", true);
    bool incomplete = false;
    assert_int_equal(scf_enf_objection_end(&w.s, day("2026-04-24"), &incomplete),
                     day("2026-05-06"));
    scf_arena_free(w.arena);
}

/* Filed on Friday 24 April: 7 days end on 1 May, off, so on 6 May; 10 days on 4 May, off, so too;
 * six months on Saturday 24 October, so on Monday the 26th. */
static void test_court(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-04-27");
    step(&w, SCF_ENF_STEP_FILE_ENFORCEMENT, "2026-04-24", "{}");
    assert_due(&w, "register_enforcement", "执行工作规定 16", "2026-05-06", false);
    assert_due(&w, "send_enforcement_notice", "民诉解释 480", "2026-05-06", false);
    assert_due(&w, "go_to_upper_court", "民诉法 237", "2026-10-26", false);
    step(&w, SCF_ENF_STEP_ACCEPT_ENFORCEMENT, "2026-04-28", "{}");
    step(&w, SCF_ENF_STEP_SEND_NOTICE, "2026-04-29", "{\"served_on\":\"2026-05-11\"}");
    assert_due(&w, "register_enforcement", "执行工作规定 16", "2026-05-06", true);
    assert_due(&w, "apply_for_non_enforcement", "规定 13", "2026-05-26", false);
    step(&w, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, "2026-05-20", "{}");
    assert_due(&w, "apply_for_non_enforcement", "规定 13", "2026-05-26", true);
    assert_due(&w, "decide_non_enforcement", "规定 16", "2026-07-20", false); /* 19 July: Sunday */
    step(&w, SCF_ENF_STEP_TAKE_MEASURES, "2026-05-21",
         "{\"measures\":[{\"kind\":\"deposit\",\"until\":\"2027-05-20\"}]}");
    assert_due(&w, "renew_measure", "民诉解释 485", "2027-05-20", false);
    scf_arena_free(w.arena);
}

/* 规定 16: applied for on 20 May 2026, so until Sunday 19 July, and until 18 August when extended;
 * a later application has its own 60 days: from 1 September until Saturday 31 October. */
static void test_extended_decision(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-07-20");
    step(&w, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, "2026-05-20", "{}");
    assert_due(&w, "decide_non_enforcement", "规定 16", "2026-07-20", false);
    assert_true(scf_enf_facts_of(&w.s, NULL).within_decision_days);
    w.s.today++;
    assert_false(scf_enf_facts_of(&w.s, NULL).within_decision_days);
    w.s.applied_day = day("2026-07-20"); /* on which it was done, as it is told later */
    assert_true(scf_enf_facts_of(&w.s, NULL).within_decision_days);
    step(&w, SCF_ENF_STEP_EXTEND_DECISION, "2026-07-20", "{}");
    assert_due(&w, "decide_non_enforcement", "规定 16", "2026-08-18", false);
    assert_true(scf_enf_facts_of(&w.s, NULL).decision_extended);
    step(&w, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, "2026-08-17", "{\"result\":\"rejected\"}");
    assert_due(&w, "decide_non_enforcement", "规定 16", "2026-08-18", true);
    step(&w, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, "2026-09-01", "{}");
    assert_due(&w, "decide_non_enforcement", "规定 16", "2026-11-02", false);
    assert_false(scf_enf_facts_of(&w.s, NULL).decision_extended);
    scf_arena_free(w.arena);
}

/* An application that was withdrawn interrupts nothing, and its letter counts no more. */
static void test_withdrawn_application(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-08-01");
    w.parts[0] = (struct scf_owed_instalment){.due_day = day("2026-03-31"), .unpaid_principal = 1};
    w.owed.instalments = w.parts;
    w.owed.instalment_count = 1;
    w.s.owed = &w.owed;
    step(&w, SCF_ENF_STEP_APPLY_EC, "2026-07-15", "{}");
    step(&w, SCF_ENF_STEP_SEND_VERIFICATION, "2026-07-16", "{}");
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-07-15", false);
    step(&w, SCF_ENF_STEP_WITHDRAW_EC, "2026-07-20", "{}");
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-03-31", false);
    assert_null(scf_enf_last(&w.s, SCF_ENF_STEP_SEND_VERIFICATION, NULL));
    step(&w, SCF_ENF_STEP_APPLY_EC, "2026-07-30", "{}");
    assert_due(&w, "apply_for_enforcement", "规定 9、民诉法 250", "2028-07-30", false);
    assert_null(scf_enf_last(&w.s, SCF_ENF_STEP_SEND_VERIFICATION, NULL));
    scf_arena_free(w.arena);
}

static void test_rejection(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-06-01");
    step(&w, SCF_ENF_STEP_FILE_ENFORCEMENT, "2026-05-11", "{}");
    step(&w, SCF_ENF_STEP_REJECT_ENFORCEMENT, "2026-05-14", "{\"served_on\":\"2026-05-18\"}");
    assert_due(&w, "apply_for_reconsideration", "规定 7", "2026-05-28", false);
    step(&w, SCF_ENF_STEP_APPLY_RECONSIDERATION, "2026-05-20", "{}");
    assert_due(&w, "apply_for_reconsideration", "规定 7", "2026-05-28", true);
    assert_due(&w, "decide_reconsideration", "规定 21", "2026-06-19", false);
    step(&w, SCF_ENF_STEP_DECIDE_RECONSIDERATION, "2026-06-10", "{}");
    assert_due(&w, "decide_reconsideration", "规定 21", "2026-06-19", true);
    scf_arena_free(w.arena);
}

/* The respondent's: its application was rejected on 1 June, served on the 3rd; 13 June is a
 * Saturday. */
static void test_respondents_reconsideration(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-06-01");
    step(&w, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, "2026-06-01",
         "{\"result\":\"rejected\",\"served_on\":\"2026-06-03\"}");
    assert_due(&w, "apply_for_reconsideration", "规定 21", "2026-06-15", false);
    step(&w, SCF_ENF_STEP_APPLY_RECONSIDERATION, "2026-06-10", "{}");
    assert_due(&w, "decide_reconsideration", "规定 21", "2026-07-10", false);
    scf_arena_free(w.arena);
}

/* 规定 7: also when the ten days went by unused the debt can be sued for. */
static void test_reconsideration_that_nobody_asked_for(void **unused) {
    (void)unused;
    struct world w;
    struct scf_error err;
    begin(&w, "2026-05-28");
    step(&w, SCF_ENF_STEP_ISSUE_EC, "2026-05-10", "{}");
    step(&w, SCF_ENF_STEP_REJECT_ENFORCEMENT, "2026-05-14", "{\"served_on\":\"2026-05-18\"}");
    w.s.c.state = SCF_ENF_ENF_REJECTED;
    assert_int_equal(scf_enf_story_parse(w.arena, &w.s, &err), SCF_OK);
    assert_string_equal(scf_enf_route_of(&w.s).path, "enforcement_pack");
    w.s.today++;
    struct scf_enf_route route = scf_enf_route_of(&w.s);
    assert_string_equal(route.path, "civil_pack");
    assert_string_equal(route.reasons[0].article, "规定 7");
    scf_arena_free(w.arena);
}

/* Every freeze has its own last day, until it is renewed. */
static void test_each_measure_is_renewed(void **unused) {
    (void)unused;
    struct world w;
    struct scf_error err;
    struct scf_enf_deadline list[SCF_ENF_DEADLINES_MAX];
    static const char *const days[] = {"2029-06-01", "2028-05-01"};
    begin(&w, "2026-06-10");
    step(&w, SCF_ENF_STEP_TAKE_MEASURES, "2026-06-01",
         "{\"measures\":[{\"kind\":\"deposit\",\"description\":\"a\",\"until\":\"2027-05-01\"},"
         "{\"kind\":\"immovable\",\"description\":\"b\",\"until\":\"2029-06-01\"}]}");
    step(&w, SCF_ENF_STEP_TAKE_MEASURES, "2026-06-02",
         "{\"measures\":[{\"kind\":\"deposit\",\"description\":\"a\",\"until\":\"2028-05-01\"}]}");
    assert_int_equal(scf_enf_story_parse(w.arena, &w.s, &err), SCF_OK);
    assert_int_equal(scf_enf_measure_count(&w.s), 3);
    size_t n = scf_enf_deadlines(&w.s, list), found = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].code, "renew_measure") == 0) {
            assert_true(found < 2);
            assert_int_equal(list[i].due_day, day(days[found++]));
        }
    assert_int_equal(found, 2);
    scf_arena_free(w.arena);
}

/* Due on 31 August 2026: six months on is 28 February 2027, a Sunday, and stays so: 民法典 692.
 * What ends before the debt is due was not agreed. */
static void test_guarantee_periods(void **unused) {
    (void)unused;
    struct world w;
    begin(&w, "2026-06-10");
    w.owed.maturity_day = day("2026-08-31");
    w.s.owed = &w.owed;
    w.s.c.dossier = "{\"securities\":[{\"kind\":\"pledge\"},{\"kind\":\"guarantee\"}]}";
    assert_due(&w, "preserve_guarantee", "担保解释 27、民法典 692", "2027-02-28", false);
    w.s.c.dossier = "{\"securities\":[{\"kind\":\"guarantee\",\"guarantee_mode\":\"joint\","
                    "\"guarantee_until\":\"2028-08-31\"}]}";
    assert_due(&w, "preserve_guarantee", "民法典 692、693", "2028-08-31", false);
    w.s.c.dossier =
        "{\"securities\":[{\"kind\":\"guarantee\",\"guarantee_until\":\"2026-08-31\"}]}";
    step(&w, SCF_ENF_STEP_FILE_ENFORCEMENT, "2026-06-09", "{}");
    assert_due(&w, "preserve_guarantee", "担保解释 27、民法典 692", "2027-02-28", true);
    scf_arena_free(w.arena);
}

/* 规定 6: who is bound follows from what is notarised. */
static void test_who_is_bound(void **unused) {
    (void)unused;
    static const struct {
        const char *coverage;
        size_t n;
    } all[] = {{"principal_debt", 1}, {"guarantee_debt", 2}, {"both", 3}};
    struct world w;
    struct scf_error err;
    struct scf_uuid bound[SCF_ENF_PARTIES_MAX];
    for (size_t i = 0; i < SCF_COUNT(all); i++) {
        begin(&w, "2026-06-10");
        w.s.c.dossier =
            scf_asprintf(w.arena,
                         "{\"coverage\":\"%s\",\"debtors\":[{\"enterprise_id\":\"ent_"
                         "00000000000000000000000001\"}],"
                         "\"guarantors\":[{\"enterprise_id\":\"ent_00000000000000000000000002\"},"
                         "{\"enterprise_id\":\"ent_00000000000000000000000003\"}]}",
                         all[i].coverage);
        assert_int_equal(scf_enf_story_parse(w.arena, &w.s, &err), SCF_OK);
        assert_int_equal(scf_enf_bound(&w.s, bound), all[i].n);
        scf_arena_free(w.arena);
    }
}

static void test_measures_last_by_kind(void **unused) {
    (void)unused;
    assert_int_equal(scf_enf_measure_years("deposit"), 1);
    assert_int_equal(scf_enf_measure_years("movable"), 2);
    assert_int_equal(scf_enf_measure_years("immovable"), 3);
    assert_int_equal(scf_enf_measure_years("other_right"), 3);
    assert_int_equal(scf_enf_measure_years("x"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_enforcement_by_instalment),
        cmocka_unit_test(test_execution_certificate),
        cmocka_unit_test(test_court),
        cmocka_unit_test(test_extended_decision),
        cmocka_unit_test(test_withdrawn_application),
        cmocka_unit_test(test_rejection),
        cmocka_unit_test(test_respondents_reconsideration),
        cmocka_unit_test(test_reconsideration_that_nobody_asked_for),
        cmocka_unit_test(test_each_measure_is_renewed),
        cmocka_unit_test(test_guarantee_periods),
        cmocka_unit_test(test_who_is_bound),
        cmocka_unit_test(test_measures_last_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
