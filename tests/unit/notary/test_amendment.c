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
    entries[0] = (struct scf_owed_entry){
        day("2026-01-01"), SCF_OWED_DISBURSEMENT, {.principal = 100000}, false};
    entries[1] = (struct scf_owed_entry){
        day("2026-01-11"), SCF_OWED_REPAYMENT, {.principal = -40000, .interest = -121}, false};
    part = (struct scf_owed_instalment){.due_day = day("2026-03-31"), .unpaid_principal = 60000};
    w->ledger = (struct scf_owed){.currency = "CNY",
                                  .principal = 100000,
                                  .rate_ppm = 43500,
                                  .year_days = 360,
                                  .value_day = entries[0].day,
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

static void ask(struct world *w, const char *terms) {
    step(w, SCF_ENF_STEP_REQUEST_AMENDMENT, terms);
    step(w, SCF_ENF_STEP_AMEND, CERTIFICATE);
}

static void assert_after(const char *first, const char *second, int64_t principal,
                         int64_t interest) {
    struct world w;
    begin(&w);
    lend(&w);
    ask(&w, first);
    if (second)
        ask(&w, second);
    parse(&w);
    assert_int_equal(w.s.owed->owed.principal, principal);
    assert_int_equal(w.s.owed->owed.interest, interest);
    assert_int_equal(w.s.owed->paid.principal, 100000 - principal);
    assert_int_equal(w.s.owed->paid.interest + w.s.owed->paid.principal, 40121);
    scf_arena_free(w.arena);
}

#define TERMS(from, rate) "\"effective_on\":\"" from "\",\"rate\":{\"type\":" rate "}"
#define FIXED(from, rate) TERMS(from, "\"fixed\",\"annual_rate\":\"" rate "\"")
#define RATE(no, from, rate) ASK(no, FIXED(from, rate))

static void test_rate(void **unused) {
    (void)unused;
    /* From 1 March: 600.00 × 0.0435 × 49 / 360 = 3.5525, then × 0.03 × 61 / 360 = 3.05. */
    assert_after(RATE("1", "2026-03-01", "0.03"), NULL, 60000, 355 + 305);
    /* Then from 1 April 4 %: 31 days at 3 % (1.55), 30 at 4 % (2.00). */
    assert_after(RATE("1", "2026-03-01", "0.03"), RATE("2", "2026-04-01", "0.04"), 60000,
                 355 + 155 + 200);
    /* A higher rate is not in the ledger, and takes the lower one away: 30 days at 4.35 % (2.175).
     */
    assert_after(RATE("1", "2026-03-01", "0.03"), RATE("2", "2026-04-01", "0.05"), 60000,
                 355 + 155 + 218);
    assert_after(RATE("1", "2026-06-01", "0.03"), NULL, 60000, 798);
    assert_after(ASK("1", TERMS("2026-01-01", "\"lpr\",\"spread_bp\":1")), NULL, 60000, 798);
}

/* What was paid of interest that is not owed any more was paid of principal, on that day. */
static void test_interest_paid_at_the_old_rate(void **unused) {
    (void)unused;
    /* 0.83 of the 1.21 was owed; 599.62 × 0.03 × 110 / 360 = 5.4965. */
    assert_after(RATE("1", "2026-01-01", "0.03"), NULL, 60000 - 38, 550);
    assert_after(ASK("1", TERMS("2026-01-01", "\"none\"")), NULL, 60000 - 121, 0);
}

/* 1,000,000.00 at 10 % from 1 January 2026. */
static void lend_million(struct world *w, const struct scf_owed_entry *entries, size_t n,
                         struct scf_owed_amounts owed) {
    begin(w);
    w->ledger = (struct scf_owed){.currency = "CNY",
                                  .principal = 100000000,
                                  .rate_ppm = 100000,
                                  .year_days = 360,
                                  .value_day = day("2026-01-01"),
                                  .overdue_days = 7,
                                  .owed = owed,
                                  .entries = entries,
                                  .entry_count = n};
    for (size_t i = 0; i < n; i++) {
        w->ledger.booked_day = entries[i].day;
        if (entries[i].kind != SCF_OWED_REPAYMENT)
            continue;
        w->ledger.paid.principal -= entries[i].amounts.principal;
        w->ledger.paid.interest -= entries[i].amounts.interest;
    }
}

static struct scf_owed owed_on(struct world *w, int32_t as_of) {
    struct scf_error err;
    struct scf_owed owed;
    parse(w);
    assert_int_equal(scf_enf_owed_amended(w->arena, w->s.dossier, &w->ledger, as_of, &owed, &err),
                     SCF_OK);
    return owed;
}

#define LENT                                                                                       \
    {                                                                                              \
        .day = 20454, .kind = SCF_OWED_DISBURSEMENT, .amounts = {.principal = 100000000 }          \
    }
/* Two instalments, of 100,000.00 with 40,000.00 after 360 days and the rest after 720. */
#define LOWERED                                                                                    \
    ASK("1",                                                                                       \
        FIXED("2026-01-01", "0.04") ",\"performance\":{\"kind\":\"money\",\"amount\":"             \
                                    "\"1000000.00\",\"schedule\":[{\"due_on\":\"2026-12-27\","     \
                                    "\"principal\":\"100000.00\",\"interest\":\"40000.00\"},"      \
                                    "{\"due_on\":\"2027-12-22\",\"principal\":\"900000.00\","      \
                                    "\"interest\":\"36000.00\"}]}")

/* The debtor pays exactly the first amended instalment, of which the ledger takes 100,000.00 for
 * interest. */
static void test_an_amended_instalment_is_paid(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {
        LENT,
        {20814, SCF_OWED_ACCRUAL, {.interest = 10000000}, false},
        {20814, SCF_OWED_REPAYMENT, {.interest = -10000000, .principal = -4000000}, false}};
    struct world w;
    assert_int_equal(day("2026-01-01"), 20454);
    assert_int_equal(day("2026-12-27"), 20814);
    lend_million(&w, entries, 3, (struct scf_owed_amounts){.principal = 96000000});
    ask(&w, LOWERED);
    struct scf_owed owed = owed_on(&w, 20814 + 10);
    assert_int_equal(owed.owed.principal, 90000000);
    assert_int_equal(owed.paid.principal, 10000000);
    assert_int_equal(owed.paid.interest, 4000000);
    assert_int_equal(owed.instalments[0].unpaid_principal + owed.instalments[0].unpaid_interest, 0);
    assert_int_equal(owed.instalments[1].unpaid_principal, 90000000);
    assert_int_equal(owed.overdue_days, 0);
    /* 360 days on: the ledger has 10 % of 960,000.00, owed are 4 % of 900,000.00. */
    w.ledger.owed.interest = 9600000;
    owed = owed_on(&w, 20814 + 360);
    assert_int_equal(owed.owed.principal, 90000000);
    assert_int_equal(owed.owed.interest, 3600000);
    /* The ledger knows nothing of earlier days. */
    w.ledger.booked_day = 20814 + 360;
    owed = owed_on(&w, 20814 - 200);
    assert_int_equal(owed.owed.interest, 3600000);
    scf_arena_free(w.arena);
}

/* Amended while there was no loan yet, which then came 86 days after the first instalment's day: it
 * is ten days in arrears on the tenth day, not on the 96th. */
static void test_nothing_is_due_before_the_loan(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {
        {20900, SCF_OWED_DISBURSEMENT, {.principal = 100000000}, false}};
    struct world w;
    lend_million(&w, entries, 1, (struct scf_owed_amounts){.principal = 100000000});
    w.ledger.value_day = 20900;
    ask(&w, LOWERED);
    struct scf_owed owed = owed_on(&w, 20910);
    assert_int_equal(owed.instalments[0].due_day, 20900);
    assert_int_equal(owed.instalments[1].due_day, day("2027-12-22"));
    assert_int_equal(owed.overdue_days, 10);
    scf_arena_free(w.arena);
}

/* All was paid at the old rate: 60,000.00 too much, which settles the fees that are owed. */
static void test_more_was_paid_than_is_owed(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {
        LENT,
        {20814, SCF_OWED_ACCRUAL, {.interest = 10000000}, false},
        {20814, SCF_OWED_CHARGE, {.fees = 10000}, false},
        {20814, SCF_OWED_REPAYMENT, {.interest = -10000000, .principal = -100000000}, false}};
    struct world w;
    lend_million(&w, entries, 4, (struct scf_owed_amounts){.fees = 10000});
    ask(&w, LOWERED);
    struct scf_owed owed = owed_on(&w, 20814 + 400);
    assert_int_equal(owed.owed.fees + owed.owed.interest + owed.owed.principal, 0);
    assert_true(owed.settled);
    assert_int_equal(owed.overdue_days, 0);
    scf_arena_free(w.arena);
}

/* The ledger is left with interest that was given up. */
static void test_nothing_is_left(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {
        LENT,
        {20814, SCF_OWED_ACCRUAL, {.interest = 10000000}, false},
        {20814, SCF_OWED_REPAYMENT, {.principal = -100000000}, false}};
    struct world w;
    lend_million(&w, entries, 3, (struct scf_owed_amounts){.interest = 10000000});
    struct scf_owed owed = owed_on(&w, 20820);
    assert_false(owed.settled);
    assert_int_equal(owed.overdue_days, 7);
    ask(&w, RATE("1", "2026-01-01", "0.04"));
    owed = owed_on(&w, 20820);
    assert_false(owed.settled);
    assert_int_equal(owed.owed.interest, 4000000);
    ask(&w, ASK("2", TERMS("2026-01-01", "\"none\"")));
    owed = owed_on(&w, 20820);
    assert_true(owed.settled);
    assert_int_equal(owed.overdue_days, 0);
    assert_int_equal(owed.owed.interest, 0);
    scf_arena_free(w.arena);
}

/* From 1 January to 1 March are 59 days, but two months of 30. */
static void test_months_of_30_days(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {LENT};
    struct world w;
    lend_million(&w, entries, 1,
                 (struct scf_owed_amounts){.interest = 1666667, .principal = 100000000});
    w.ledger.day_count = SCF_D30_360;
    ask(&w, RATE("1", "2026-01-01", "0.04"));
    struct scf_owed owed = owed_on(&w, day("2026-03-01"));
    assert_int_equal(owed.owed.interest, 666667);
    assert_int_equal(owed.rate_ppm, 40000);
    scf_arena_free(w.arena);
}

/* Of two equal repayments the first was taken back, and counts as if it had not been. */
static void test_reversal(void **unused) {
    (void)unused;
    struct world w;
    const struct scf_owed_entry entries[] = {
        {day("2026-01-01"), SCF_OWED_DISBURSEMENT, {.principal = 100000}, false},
        {day("2026-01-11"), SCF_OWED_REPAYMENT, {.principal = -40000}, true},
        {day("2026-02-10"), SCF_OWED_REPAYMENT, {.principal = -40000}, false},
        {day("2026-03-02"), SCF_OWED_REVERSAL, {.principal = 40000}, false}};
    begin(&w);
    lend(&w);
    w.ledger.entries = entries;
    w.ledger.entry_count = 4;
    w.ledger.owed.interest = 1063; /* 4.83 for 40 days on 1,000.00, 5.80 for 80 on 600.00 */
    ask(&w, RATE("1", "2026-01-01", "0.03"));
    struct scf_owed owed = owed_on(&w, day("2026-05-01"));
    assert_int_equal(owed.owed.interest, 333 + 400);
    assert_int_equal(owed.owed.principal, 60000);
    assert_int_equal(owed.rate_ppm, 30000);
    scf_arena_free(w.arena);
}

static bool lacks_schedule(struct world *w, const char *asked) {
    struct scf_error err;
    const cJSON *terms =
        scf_json_get(scf_json_parse(w->arena, asked, strlen(asked), &err), "amendment");
    assert_non_null(terms);
    return scf_enf_lacks_schedule(terms, &w->ledger);
}

/* A lower rate needs a schedule of its own: one of before has another rate in it. */
static void test_a_lower_rate_needs_a_schedule(void **unused) {
    (void)unused;
    static const struct scf_owed_entry entries[] = {LENT};
    struct world w;
    lend_million(&w, entries, 1, (struct scf_owed_amounts){.principal = 100000000});
    parse(&w);
    assert_true(lacks_schedule(&w, RATE("1", "2026-01-01", "0.04")));
    assert_true(lacks_schedule(&w, ASK("1", TERMS("2026-01-01", "\"none\""))));
    assert_false(lacks_schedule(&w, RATE("1", "2026-01-01", "0.1")));
    assert_false(lacks_schedule(&w, ASK("1", TERMS("2026-01-01", "\"lpr\",\"spread_bp\":1"))));
    assert_false(lacks_schedule(&w, ASK("1", SIGNED)));
    assert_false(lacks_schedule(&w, LOWERED));
    ask(&w, LOWERED);
    parse(&w);
    assert_true(lacks_schedule(&w, RATE("2", "2026-06-01", "0.03")));
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
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_drafts_and_older_steps),
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_interest_paid_at_the_old_rate),
        cmocka_unit_test(test_an_amended_instalment_is_paid),
        cmocka_unit_test(test_nothing_is_due_before_the_loan),
        cmocka_unit_test(test_more_was_paid_than_is_owed),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_months_of_30_days),
        cmocka_unit_test(test_reversal),
        cmocka_unit_test(test_a_lower_rate_needs_a_schedule),
        cmocka_unit_test(test_creditor),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
