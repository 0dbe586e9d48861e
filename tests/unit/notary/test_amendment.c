/* Amendments: which of them count, what the dossier says then, and the ledger under them against
 * figures worked out by hand. */
#include <setjmp.h>
#include <cmocka.h>

#include "amendment.h"
#include "succession.h"

#include "scfd/base/clock.h"

static int32_t day(const char *text) {
    int32_t d = 0;
    assert_true(scf_date_parse(scf_str(text), &d));
    return d;
}

struct world {
    struct scf_arena *arena;
    struct scf_enf_step_row rows[50];
    struct scf_owed ledger;
    struct scf_enf_story s;
};

static void begin(struct world *w) {
    memset(w, 0, sizeof *w);
    w->arena = scf_arena_new(8 << 20);
    w->s.rows = w->rows;
    memcpy(w->s.c.currency, "CNY", 3);
    w->s.c.dossier = "{\"performance\":{\"kind\":\"money\",\"amount\":\"1000.00\"},"
                     "\"rate\":{\"type\":\"fixed\",\"annual_rate\":\"0.0435\"},"
                     "\"securities\":[{\"name\":\"A\"}]}";
}

static void step(struct world *w, enum scf_enf_step kind, const char *details) {
    w->rows[w->s.n] = (struct scf_enf_step_row){.seq = (int64_t)w->s.n + 1, .step = kind};
    w->rows[w->s.n++].body = scf_asprintf(w->arena, "{\"details\":%s}", details);
}

static void parse(struct world *w) {
    struct scf_error err;
    w->s.owed = w->ledger.principal ? &w->ledger : NULL;
    assert_int_equal(scf_enf_story_parse(w->arena, &w->s, &err), SCF_OK);
}

#define CERTIFICATE "{\"certificate\":{\"no\":\"GZ-2\",\"issued_on\":\"2026-02-02\"}}"
#define ASK(no, more) "{\"amendment\":{\"no\":\"" no "\"," more "}}"
#define SIGNED "\"signed_on\":\"2026-02-01\",\"effective_on\":\"2026-02-01\""

static const cJSON *terms(const struct world *w, const char *name) {
    return scf_json_get(w->s.dossier, name);
}

/* Only what was notarised changes the dossier; what was drafted stays as it is. */
static void test_what_counts(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, ASK("BC-1", SIGNED ",\"rate\":{\"type\":\"none\"}"));
    w.s.c.state = SCF_ENF_AMENDMENT_PENDING;
    parse(&w);
    assert_ptr_equal(w.s.dossier, w.s.drafted);
    assert_null(scf_enf_unnotarised(&w.s)); /* the notary has still to decide */
    step(&w, SCF_ENF_STEP_REJECT_AMENDMENT, "{}");
    w.s.c.state = SCF_ENF_DISBURSED;
    parse(&w);
    assert_ptr_equal(w.s.dossier, w.s.drafted);
    assert_string_equal(scf_enf_unnotarised(&w.s), "BC-1");
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT,
         ASK("BC-1", SIGNED ",\"securities\":[{\"name\":\"B\"}]"));
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    parse(&w);
    assert_null(scf_enf_unnotarised(&w.s)); /* the same amendment, asked for again */
    assert_true(scf_body_is(cJSON_GetArrayItem(terms(&w, "securities"), 0), "name", "B"));
    assert_true(scf_body_is(terms(&w, "rate"), "annual_rate", "0.0435"));
    assert_true(
        scf_body_is(cJSON_GetArrayItem(scf_json_get(w.s.drafted, "securities"), 0), "name", "A"));
    const cJSON *listed = terms(&w, "amendments");
    assert_int_equal(cJSON_GetArraySize(listed), 1);
    assert_true(scf_body_is(cJSON_GetArrayItem(listed, 0), "no", "BC-1"));
    assert_true(scf_body_is(cJSON_GetArrayItem(listed, 0), "certificate_no", "GZ-2"));
    scf_arena_free(w.arena);
}

/* One that was only drafted, not signed, binds nobody. Steps of the time before requests carried
 * terms change nothing, and their certificate counts. */
static void test_drafts_and_older_steps(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT,
         ASK("BC-1", "\"effective_on\":\"2026-02-01\",\"rate\":{\"type\":\"none\"}"));
    step(&w, SCF_ENF_STEP_REJECT_AMENDMENT, "{}");
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, "{\"reason\":\"x\"}");
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    parse(&w);
    assert_null(scf_enf_unnotarised(&w.s));
    assert_true(scf_body_is(terms(&w, "rate"), "type", "fixed"));
    const cJSON *listed = terms(&w, "amendments");
    assert_int_equal(cJSON_GetArraySize(listed), 1);
    assert_true(scf_body_is(cJSON_GetArrayItem(listed, 0), "certified_on", "2026-02-02"));
    scf_arena_free(w.arena);
}

/* 1,000.00 at 4.35 % of 360 days from 1 January 2026, due 31 March; 400.00 and interest so far were
 * paid on 11 January and, of the 600.00, the interest to 1 May is owed: 7.98 (0.0435 × 600 × 110 /
 * 360 = 7.975). */
static void lend(struct world *w) {
    static struct scf_owed_entry entries[2];
    static struct scf_owed_instalment part;
    entries[0] =
        (struct scf_owed_entry){day("2026-01-01"), SCF_OWED_DISBURSEMENT, {.principal = 100000}};
    entries[1] = (struct scf_owed_entry){
        day("2026-01-11"), SCF_OWED_REPAYMENT, {.principal = -40000, .interest = -121}};
    part = (struct scf_owed_instalment){.due_day = day("2026-03-31"), .unpaid_principal = 60000};
    w->ledger = (struct scf_owed){.currency = "CNY",
                                  .principal = 100000,
                                  .rate_ppm = 43500,
                                  .year_days = 360,
                                  .maturity_day = part.due_day,
                                  .overdue_days = 31,
                                  .booked_day = day("2026-01-11"),
                                  .owed = {.principal = 60000, .interest = 798},
                                  .paid = {.principal = 40000, .interest = 121},
                                  .instalments = &part,
                                  .instalment_count = 1,
                                  .entries = entries,
                                  .entry_count = 2};
    w->s.today = day("2026-05-01");
}

/* Extended by half: what was paid counts for the first instalment. */
static void test_schedule(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    lend(&w);
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT,
         ASK("BC-1", SIGNED ",\"performance\":{\"kind\":\"money\",\"amount\":\"1000.00\","
                            "\"schedule\":[{\"due_on\":\"2026-03-31\",\"principal\":\"400.00\","
                            "\"interest\":\"1.21\"},{\"due_on\":\"2026-04-29\",\"principal\":"
                            "\"100.00\"},{\"due_on\":\"2026-09-30\",\"principal\":\"500.00\"}]}"));
    parse(&w);
    assert_ptr_equal(w.s.owed, &w.ledger);
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    parse(&w);
    assert_ptr_equal(w.s.ledger, &w.ledger);
    assert_int_equal(w.s.owed->overdue_days, 2);
    assert_int_equal(w.s.owed->maturity_day, day("2026-09-30"));
    assert_int_equal(w.s.owed->instalment_count, 3);
    const struct scf_owed_instalment *parts = w.s.owed->instalments;
    assert_int_equal(parts[0].unpaid_principal + parts[0].unpaid_interest, 0);
    assert_int_equal(parts[1].unpaid_principal, 10000);
    assert_int_equal(parts[2].unpaid_principal, 50000);
    assert_int_equal(w.s.owed->owed.interest, 798); /* the rate is the same */
    scf_arena_free(w.arena);
}

static int64_t interest_after(const char *first, const char *second) {
    struct world w;
    begin(&w);
    lend(&w);
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, first);
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    if (second) {
        step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, second);
        step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    }
    parse(&w);
    int64_t left = w.s.owed->owed.interest;
    assert_int_equal(w.s.owed->owed.principal, 60000);
    scf_arena_free(w.arena);
    return left;
}

#define RATE(no, from, rate)                                                                       \
    ASK(no, "\"effective_on\":\"" from "\",\"rate\":{\"type\":\"fixed\",\"annual_rate\":\"" rate   \
            "\"}")

static void test_rate(void **unused) {
    (void)unused;
    /* From 1 March, 61 days: 600.00 × 0.0135 × 61 / 360 = 1.3725 less. */
    assert_int_equal(interest_after(RATE("1", "2026-03-01", "0.03"), NULL), 798 - 137);
    /* From 1 January: 1,000.00 for 10 days and 600.00 for 110: 76,000 × 0.0135 / 360 = 2.85. */
    assert_int_equal(interest_after(RATE("1", "2026-01-01", "0.03"), NULL), 798 - 285);
    /* Then from 1 April 4 %: 31 days at 3 % (0.6975), 30 at 4 % (600.00 × 0.0035 × 30 / 360 =
     * 0.175). */
    assert_int_equal(
        interest_after(RATE("1", "2026-03-01", "0.03"), RATE("2", "2026-04-01", "0.04")),
        798 - 70 - 18);
    /* A higher rate is not in the ledger, and takes the lower one away. */
    assert_int_equal(
        interest_after(RATE("1", "2026-03-01", "0.03"), RATE("2", "2026-04-01", "0.05")), 798 - 70);
    assert_int_equal(interest_after(RATE("1", "2026-06-01", "0.03"), NULL), 798);
    /* Interest given up from the first day: 9.18 less, and no more than is owed. */
    assert_int_equal(interest_after(ASK("1", "\"effective_on\":\"2026-01-01\",\"rate\":{\"type\":"
                                             "\"none\"}"),
                                    NULL),
                     0);
    assert_int_equal(interest_after(ASK("1", "\"effective_on\":\"2026-01-01\",\"rate\":{\"type\":"
                                             "\"lpr\",\"spread_bp\":1}"),
                                    NULL),
                     798);
}

/* A repayment that was taken back counts as if it had not been. */
static void test_reversal(void **unused) {
    (void)unused;
    struct world w;
    struct scf_error err;
    struct scf_owed owed;
    const struct scf_owed_entry entries[] = {
        {day("2026-01-01"), SCF_OWED_DISBURSEMENT, {.principal = 100000}},
        {day("2026-01-11"), SCF_OWED_REPAYMENT, {.principal = -40000}},
        {day("2026-02-11"), SCF_OWED_REVERSAL, {.principal = 40000}}};
    begin(&w);
    lend(&w);
    w.ledger.entries = entries;
    w.ledger.entry_count = 3;
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, RATE("1", "2026-01-01", "0.03"));
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    parse(&w);
    w.ledger.owed.interest = 1450; /* 1,000.00 × 0.0435 × 120 / 360 = 14.50; at 3 %: 10.00 */
    assert_int_equal(
        scf_enf_owed_amended(w.arena, w.s.dossier, &w.ledger, day("2026-05-01"), &owed, &err),
        SCF_OK);
    assert_int_equal(owed.owed.interest, 1000);
    assert_int_equal(owed.rate_ppm, 30000);
    scf_arena_free(w.arena);
}

/* Twice assigned: the newest assignee is the creditor, and what was amended stays so. */
static void test_creditor(void **unused) {
    (void)unused;
    struct world w;
    begin(&w);
    w.s.c.dossier = "{\"creditor\":{\"name\":\"A\"},\"rate\":{\"type\":\"fixed\"}}";
    parse(&w);
    assert_ptr_equal(w.s.dossier, w.s.drafted);
    step(&w, SCF_ENF_STEP_REQUEST_AMENDMENT, ASK("1", SIGNED ",\"rate\":{\"type\":\"none\"}"));
    step(&w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    step(&w, SCF_ENF_STEP_ASSIGN, "{\"assignee\":{\"name\":\"B\"}}");
    parse(&w);
    assert_true(scf_enf_unnotified(&w.s));
    assert_true(scf_body_is(terms(&w, "creditor"), "name", "B"));
    assert_true(scf_body_is(terms(&w, "assignment"), "assignor_name", "A"));
    assert_null(scf_json_get(terms(&w, "assignment"), "notified_on"));
    step(&w, SCF_ENF_STEP_NOTIFY_ASSIGNMENT, "{\"notice\":{\"notified_on\":\"2026-03-01\"}}");
    step(&w, SCF_ENF_STEP_ASSIGN, "{\"assignee\":{\"name\":\"C\"}}");
    step(&w, SCF_ENF_STEP_NOTIFY_ASSIGNMENT, "{\"notice\":{\"notified_on\":\"2026-04-01\"}}");
    parse(&w);
    assert_false(scf_enf_unnotified(&w.s));
    assert_true(scf_body_is(terms(&w, "creditor"), "name", "C"));
    assert_true(scf_body_is(terms(&w, "assignment"), "assignor_name", "B"));
    assert_true(scf_body_is(terms(&w, "assignment"), "notified_on", "2026-04-01"));
    assert_true(scf_body_is(terms(&w, "rate"), "type", "none"));
    assert_true(scf_body_is(scf_json_get(w.s.drafted, "creditor"), "name", "A"));
    scf_arena_free(w.arena);
}

/* A dossier of `text` bytes, amended `n` times, of which one changes the securities and one the
 * rate, and assigned at last, in an arena of its own. */
static enum scf_code read_large(size_t arena, size_t text, int n, struct world *w) {
    struct scf_error err;
    begin(w);
    char *filler = calloc(1, text + 1), no[80];
    memset(filler, 'x', text);
    w->s.c.dossier = scf_asprintf(w->arena,
                                  "{\"creditor\":{\"name\":\"A\"},\"amendments\":[{\"no\":\"0\"}],"
                                  "\"instrument\":{\"text\":\"%s\"}}",
                                  filler);
    free(filler);
    for (int i = 1; i <= n; i++) {
        snprintf(no, sizeof no, "{\"amendment\":{\"no\":\"%d\",\"%s\":%s}}", i,
                 i == 1 ? "securities" : "rate", i == 1 ? "[]" : "{\"type\":\"none\"}");
        step(w, SCF_ENF_STEP_REQUEST_AMENDMENT, no);
        step(w, SCF_ENF_STEP_AMEND, CERTIFICATE);
    }
    step(w, SCF_ENF_STEP_ASSIGN, "{\"assignee\":{\"name\":\"B\"}}");
    struct scf_arena *own = scf_arena_new(arena);
    enum scf_code code = scf_enf_story_parse(own, &w->s, &err);
    if (code == SCF_OK) {
        assert_int_equal(cJSON_GetArraySize(terms(w, "amendments")), n + 1);
        assert_true(
            scf_body_is(cJSON_GetArrayItem(terms(w, "amendments"), n), "certificate_no", "GZ-2"));
        assert_true(scf_body_is(terms(w, "rate"), "type", "none"));
        assert_true(cJSON_IsArray(terms(w, "securities")));
        assert_true(scf_body_is(terms(w, "creditor"), "name", "B"));
        assert_int_equal(strlen(scf_json_string(terms(w, "instrument"), "text")), text);
    }
    scf_arena_free(own);
    scf_arena_free(w->arena);
    return code;
}

/* However many amendments there are, the dossier is in memory twice: drafted and amended. Only what
 * is too large says so; where memory is short, that is said. */
static void test_large(void **unused) {
    (void)unused;
    struct world w;
    enum scf_code code = SCF_OK;
    assert_int_equal(read_large(4 << 20, 400000, 20, &w), SCF_OK);
    for (size_t arena = 1000000; arena > 100000; arena -= 50000) {
        code = read_large(arena, 200000, 3, &w);
        assert_int_not_equal(code, SCF_E_CONFLICT);
    }
    assert_int_not_equal(code, SCF_OK);
    assert_int_equal(read_large(64 << 20, 2 << 20, 1, &w), SCF_E_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_counts), cmocka_unit_test(test_drafts_and_older_steps),
        cmocka_unit_test(test_schedule),    cmocka_unit_test(test_rate),
        cmocka_unit_test(test_reversal),    cmocka_unit_test(test_creditor),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
