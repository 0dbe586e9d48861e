/* Every step from every state against a table written down apart from the code, after CR-7.3, CR-8
 * and docs/receivables.md; and who may make each. */
#include <setjmp.h>
#include <cmocka.h>

#include "state.h"

enum { EVERYBODY = 63 };

/* What each step does with good and bad outcome: "from… > to", separated by ';'. "=": it stays;
 * "^": back to where it was. Everything else is refused. `lent`: a loan rests on it. */
struct row {
    const char *step;
    bool good, lent;
    const char *law;
};
#define CHECKED                                                                                    \
    "invoice_verified matched confirm_requested confirm_refused confirm_timeout confirmed "        \
    "searched registered notified"
static const struct row law[] = {
    {"submit", true, false, "draft > submitted"},
    {"search", true, false,
     "submitted > =; confirmed > searched; searched registered notified > =; ineligible > ^"},
    {"search", false, false,
     "submitted confirmed searched registered notified > ineligible; ineligible > ="},
    {"search", true, true, "financed part_repaid overdue > ="},
    {"search", false, true, "financed part_repaid overdue > ="},
    {"verify_invoice", true, false,
     "submitted > invoice_verified; " CHECKED " disputed diluted > =; ineligible > ^"},
    {"verify_invoice", false, false, "submitted " CHECKED " > ineligible; ineligible > ="},
    {"verify_invoice", true, true,
     "financed part_repaid overdue disputed diluted > =; red_lettered > ^"},
    {"verify_invoice", false, true,
     "financed part_repaid overdue disputed diluted > red_lettered; red_lettered > ="},
    {"match", true, false, "invoice_verified > matched; ineligible > ^"},
    {"match", false, false, CHECKED " > ineligible"},
    {"request_confirmation", true, false,
     "matched confirm_refused confirm_timeout > confirm_requested"},
    {"confirm", true, false,
     "matched confirm_requested confirm_refused confirm_timeout > confirmed"},
    {"refuse", true, false, "matched confirm_requested confirm_timeout > confirm_refused"},
    {"confirmation_timeout", true, false, "confirm_requested > confirm_timeout"},
    {"examine_tenor", true, false, "submitted " CHECKED " > =; ineligible > ^"},
    {"examine_tenor", false, false, "submitted " CHECKED " > ineligible"},
    {"register", true, false, "searched > registered"},
    {"notify", true, false, "registered > notified"},
    {"disburse", true, false, "notified > financed"},
    {"repay", true, true, "financed > part_repaid"},
    {"settle", true, true, "financed part_repaid overdue disputed diluted red_lettered > settled"},
    {"reopen", true, true, "settled > part_repaid"},
    {"reopen", false, true, "settled part_repaid > financed"},
    {"overdue", true, true, "financed part_repaid > overdue"},
    {"dispute", true, false, CHECKED " > disputed"},
    {"dispute", true, true, "financed part_repaid overdue > disputed"},
    {"resolve_dispute", true, false, "disputed > ^"},
    {"resolve_dispute", true, true, "disputed > ^"},
    {"dilute", true, false, CHECKED " disputed diluted > diluted"},
    {"dilute", true, true, "financed part_repaid overdue disputed diluted > diluted"},
    {"accept_dilution", true, false, "diluted > ^"},
    {"accept_dilution", true, true, "diluted > ^"},
    {"repurchase", true, true,
     "financed part_repaid overdue disputed diluted red_lettered > repurchased"},
    {"release", true, false, "draft submitted ineligible disputed diluted " CHECKED " > released"},
    {"object_registration", true, false,
     "draft submitted " CHECKED " ineligible disputed diluted released > ="},
    {"object_registration", true, true,
     "financed part_repaid settled disputed diluted red_lettered overdue repurchased > ="},
    {"amend_registration", true, false,
     "draft submitted " CHECKED " ineligible disputed diluted > ="},
    {"amend_registration", true, true,
     "financed part_repaid disputed diluted red_lettered overdue > ="},
    {"extend_registration", true, false,
     "draft submitted " CHECKED " ineligible disputed diluted > ="},
    {"extend_registration", true, true,
     "financed part_repaid disputed diluted red_lettered overdue > ="},
    {"cancel_registration", true, false, "released > ="},
    {"cancel_registration", true, true, "settled repurchased > ="},
    {"registration_expired", true, false,
     "draft submitted " CHECKED " ineligible disputed diluted released > ="},
    {"registration_expired", true, true,
     "financed part_repaid settled disputed diluted red_lettered overdue repurchased > ="},
    {"reverification_due", true, true, "financed part_repaid overdue > ="},
    {"registration_ending", true, false,
     "draft submitted " CHECKED " ineligible disputed diluted > ="},
    {"registration_ending", true, true,
     "financed part_repaid disputed diluted red_lettered overdue > ="},
    {"cancellation_overdue", true, false, "released > ="},
    {"cancellation_overdue", true, true, "settled repurchased > ="},
};

/* States that are reached without a loan only, and with one only. */
static bool is_possible(const char *state, bool lent) {
    static const char *const with[] = {"financed", "part_repaid",  "settled",
                                       "overdue",  "red_lettered", "repurchased"};
    static const char *const either[] = {"disputed", "diluted"};
    for (size_t i = 0; i < SCF_COUNT(with); i++)
        if (strcmp(state, with[i]) == 0)
            return lent;
    for (size_t i = 0; i < SCF_COUNT(either); i++)
        if (strcmp(state, either[i]) == 0)
            return true;
    return !lent;
}

/* Where the text leads from a state; NULL: nowhere. */
static const char *leads_to(const char *text, const char *state, char out[40]) {
    while (*text) {
        const char *end = text + strcspn(text, ";"), *arrow = text + strcspn(text, ">");
        size_t n = strlen(state);
        for (const char *p = text; p < arrow; p += strcspn(p, " >") + 1) {
            if (strncmp(p, state, n) == 0 && (p[n] == ' ' || p[n] == '>')) {
                snprintf(out, 40, "%.*s", (int)(end - arrow - 2), arrow + 2);
                return out;
            }
        }
        text = *end ? end + 1 + strspn(end + 1, " ") : end;
    }
    return NULL;
}

static const char *expected(const char *step, bool good, bool lent, const char *state,
                            char out[40]) {
    for (size_t i = 0; i < SCF_COUNT(law); i++)
        if (strcmp(law[i].step, step) == 0 && law[i].good == good && law[i].lent == lent)
            return leads_to(law[i].law, state, out);
    return NULL;
}

/* Has the step no outcome? Then the bad one is as good as the good one. */
static bool has_bad(const char *step) {
    for (size_t i = 0; i < SCF_COUNT(law); i++)
        if (strcmp(law[i].step, step) == 0 && !law[i].good)
            return true;
    return false;
}

static struct scf_rcv_facts everything(enum scf_receivable_state state, bool lent) {
    return (struct scf_rcv_facts){.state = state,
                                  .resume = SCF_RCV_MATCHED,
                                  .verification = SCF_VERIFIED_NOT_FOUND,
                                  .searched = true,
                                  .proven_clear = true,
                                  .financed = lent,
                                  .tenor_reasoned = true,
                                  .tenor_examined = true,
                                  .registered = true};
}

static void check_one(enum scf_rcv_step step, bool good, bool lent,
                      enum scf_receivable_state state) {
    const char *name = scf_rcv_step_names[step], *from = scf_receivable_state_names[state];
    struct scf_rcv_facts f = everything(state, lent);
    char text[40];
    const char *to = expected(name, good || !has_bad(name), lent, from, text);
    f.bar = scf_rcv_bar_of(step);
    struct scf_verdict v = scf_rcv_judge(&f, step, good, EVERYBODY);
    if (to == NULL) {
        if (v.allowed)
            fail_msg("%s (%d) is allowed in %s", name, good, from);
        assert_true(v.rule < SCF_RCV_RULES);
        return;
    }
    if (!v.allowed)
        fail_msg("%s (%d) is refused in %s by %s", name, good, from, scf_rcv_rules[v.rule].id);
    if (strcmp(to, "=") == 0)
        to = from;
    else if (strcmp(to, "^") == 0)
        to = "matched";
    assert_string_equal(scf_receivable_state_names[v.to], to);
}

static void test_every_step_from_every_state(void **state) {
    (void)state;
    for (int step = SCF_STEP_SUBMIT; step < SCF_RCV_STEPS; step++)
        for (int from = 0; from < SCF_RCV_STATES; from++)
            for (int lent = 0; lent < 2; lent++)
                for (int good = 0; good < 2; good++)
                    if (is_possible(scf_receivable_state_names[from], lent))
                        check_one((enum scf_rcv_step)step, good, lent,
                                  (enum scf_receivable_state)from);
}

/* ---- who ---- */

static void test_who_may(void **state) {
    (void)state;
    enum { SENDER = 1, SELLER = 2, DEBTOR = 4, LENDER = 8, ADMIN = 16, PLATFORM = 32 };
    static const struct {
        enum scf_rcv_step step;
        enum scf_receivable_state from;
        bool lent;
        unsigned roles;
    } who[] = {
        {SCF_STEP_SUBMIT, SCF_RCV_DRAFT, false, SENDER | SELLER},
        {SCF_STEP_SEARCH, SCF_RCV_SUBMITTED, false, LENDER | ADMIN},
        {SCF_STEP_VERIFY_INVOICE, SCF_RCV_SUBMITTED, false, LENDER | ADMIN},
        {SCF_STEP_MATCH, SCF_RCV_INVOICE_VERIFIED, false, LENDER | ADMIN},
        {SCF_STEP_REQUEST_CONFIRMATION, SCF_RCV_MATCHED, false, SENDER | SELLER | LENDER},
        {SCF_STEP_CONFIRM, SCF_RCV_CONFIRM_REQUESTED, false, DEBTOR},
        {SCF_STEP_REFUSE, SCF_RCV_CONFIRM_REQUESTED, false, DEBTOR},
        {SCF_STEP_TIMEOUT, SCF_RCV_CONFIRM_REQUESTED, false, PLATFORM},
        {SCF_STEP_EXAMINE_TENOR, SCF_RCV_SUBMITTED, false, LENDER},
        {SCF_STEP_REGISTER, SCF_RCV_SEARCHED, false, LENDER},
        {SCF_STEP_NOTIFY, SCF_RCV_REGISTERED, false, LENDER | SELLER},
        {SCF_STEP_DISBURSE, SCF_RCV_NOTIFIED, false, PLATFORM},
        {SCF_STEP_REPAY, SCF_RCV_FINANCED, true, PLATFORM},
        {SCF_STEP_SETTLE, SCF_RCV_FINANCED, true, PLATFORM},
        {SCF_STEP_REOPEN, SCF_RCV_SETTLED, true, PLATFORM},
        {SCF_STEP_OVERDUE, SCF_RCV_FINANCED, true, PLATFORM},
        {SCF_STEP_DISPUTE, SCF_RCV_CONFIRMED, false, SELLER | DEBTOR | LENDER},
        {SCF_STEP_RESOLVE_DISPUTE, SCF_RCV_DISPUTED, false, DEBTOR | LENDER | ADMIN},
        {SCF_STEP_DILUTE, SCF_RCV_CONFIRMED, false, SELLER | DEBTOR | LENDER},
        {SCF_STEP_ACCEPT_DILUTION, SCF_RCV_DILUTED, false, LENDER},
        {SCF_STEP_REPURCHASE, SCF_RCV_FINANCED, true, LENDER},
        {SCF_STEP_RELEASE, SCF_RCV_SUBMITTED, false, SENDER | SELLER | LENDER},
        {SCF_STEP_RELEASE, SCF_RCV_CONFIRMED, false, LENDER},
        {SCF_STEP_AMEND_REGISTRATION, SCF_RCV_REGISTERED, false, LENDER},
        {SCF_STEP_EXTEND_REGISTRATION, SCF_RCV_REGISTERED, false, LENDER},
        {SCF_STEP_OBJECT_REGISTRATION, SCF_RCV_REGISTERED, false, SELLER | DEBTOR | LENDER},
        {SCF_STEP_CANCEL_REGISTRATION, SCF_RCV_SETTLED, true, LENDER},
        {SCF_STEP_EXPIRE_REGISTRATION, SCF_RCV_REGISTERED, false, PLATFORM},
        {SCF_STEP_REVERIFICATION_DUE, SCF_RCV_FINANCED, true, PLATFORM},
        {SCF_STEP_REGISTRATION_ENDING, SCF_RCV_FINANCED, true, PLATFORM},
        {SCF_STEP_CANCELLATION_OVERDUE, SCF_RCV_SETTLED, true, PLATFORM},
    };
    for (size_t i = 0; i < SCF_COUNT(who); i++) {
        struct scf_rcv_facts f = everything(who[i].from, who[i].lent);
        for (unsigned role = 1; role < EVERYBODY; role *= 2) {
            struct scf_verdict v = scf_rcv_judge(&f, who[i].step, true, role);
            if (v.allowed != ((who[i].roles & role) != 0))
                fail_msg("%s by role %u", scf_rcv_step_names[who[i].step], role);
            assert_int_equal(v.forbidden, !v.allowed);
        }
        assert_false(scf_rcv_judge(&f, who[i].step, true, 0).allowed);
    }
}

/* ---- what a step needs besides its state, and the rule by which it is refused ---- */

static void refused(const struct scf_rcv_facts *f, enum scf_rcv_step step, const char *rule,
                    const char *first) {
    struct scf_verdict v = scf_rcv_judge(f, step, true, EVERYBODY);
    assert_false(v.allowed);
    assert_false(v.forbidden);
    assert_string_equal(scf_rcv_rules[v.rule].id, rule);
    if (first)
        assert_string_equal(v.first, first);
}

static void test_needs(void **state) {
    (void)state;
    struct scf_rcv_facts f = everything(SCF_RCV_SUBMITTED, false);
    f.searched = false;
    refused(&f, SCF_STEP_VERIFY_INVOICE, "CR-7.3", "search");

    f = everything(SCF_RCV_SEARCHED, false);
    f.tenor_examined = false;
    refused(&f, SCF_STEP_REGISTER, "CR-9.1", "examine_tenor");
    f.tenor_reasoned = false;
    assert_true(scf_rcv_judge(&f, SCF_STEP_REGISTER, true, EVERYBODY).allowed);
    refused(&f, SCF_STEP_EXAMINE_TENOR, "CR-9.1", NULL);

    f = everything(SCF_RCV_NOTIFIED, false);
    f.proven_clear = false;
    refused(&f, SCF_STEP_DISBURSE, "CR-7.3", "search");
    f = everything(SCF_RCV_NOTIFIED, false);
    f.registered = false;
    refused(&f, SCF_STEP_DISBURSE, "CR-7.4", NULL);

    f = everything(SCF_RCV_RED_LETTERED, true);
    f.verification = SCF_VERIFIED_FULLY_RED; /* a red letter is for good */
    refused(&f, SCF_STEP_VERIFY_INVOICE, "CR-6.3", "repurchase");
}

static void test_a_bar_is_lifted_by_its_own_step_only(void **state) {
    (void)state;
    static const enum scf_rcv_step cures[] = {SCF_STEP_SEARCH, SCF_STEP_VERIFY_INVOICE,
                                              SCF_STEP_MATCH, SCF_STEP_EXAMINE_TENOR};
    struct scf_rcv_facts f = everything(SCF_RCV_INELIGIBLE, false);
    for (int bar = SCF_BAR_DUP; bar <= SCF_BAR_TERM; bar++) {
        f.bar = (enum scf_rcv_bar)bar;
        assert_string_equal(scf_rcv_due(&f), scf_rcv_step_names[cures[bar - SCF_BAR_DUP]]);
        for (size_t i = 0; i < SCF_COUNT(cures); i++) {
            bool own = (int)i == bar - SCF_BAR_DUP, again = own && i < 2;
            assert_int_equal(scf_rcv_judge(&f, cures[i], true, EVERYBODY).allowed, own);
            assert_int_equal(scf_rcv_judge(&f, cures[i], false, EVERYBODY).allowed, again);
        }
    }
}

/* 民法典 766: with recourse always; 767: without, only a claim that is not what it was; a pledge is
 * never bought back. */
static void test_buying_back(void **state) {
    (void)state;
    static const enum scf_receivable_state states[] = {
        SCF_RCV_FINANCED, SCF_RCV_OVERDUE, SCF_RCV_DISPUTED, SCF_RCV_DILUTED, SCF_RCV_RED_LETTERED};
    for (size_t i = 0; i < SCF_COUNT(states); i++) {
        struct scf_rcv_facts f = everything(states[i], true);
        bool spoiled = i >= 2;
        assert_true(scf_rcv_judge(&f, SCF_STEP_REPURCHASE, true, EVERYBODY).allowed);
        for (int kind = SCF_RCV_NO_RECOURSE; kind <= SCF_RCV_VOUCHER; kind++) {
            f.kind = (enum scf_rcv_kind)kind;
            if (kind == SCF_RCV_PLEDGE)
                refused(&f, SCF_STEP_REPURCHASE, "民法典 445", NULL);
            else if (spoiled)
                assert_true(scf_rcv_judge(&f, SCF_STEP_REPURCHASE, true, EVERYBODY).allowed);
            else
                refused(&f, SCF_STEP_REPURCHASE, "民法典 767", NULL);
        }
    }
}

/* The step that is said to be due is one that can be taken, with nothing but the names known. */
static void test_what_is_due_can_be_done(void **state) {
    (void)state;
    for (int from = 0; from < SCF_RCV_STATES; from++)
        for (int bits = 0; bits < 32; bits++) {
            bool lent = !is_possible(scf_receivable_state_names[from], false);
            struct scf_rcv_facts f = everything((enum scf_receivable_state)from, lent);
            f.searched = bits & 1;
            f.proven_clear = bits & 2;
            f.tenor_examined = bits & 4;
            f.tenor_reasoned = bits & 8;
            f.registered = (bits & 16) || from == SCF_RCV_NOTIFIED;
            f.bar = from == SCF_RCV_INELIGIBLE ? SCF_BAR_DUP : SCF_BAR_NONE;
            const char *due = scf_rcv_due(&f);
            for (int step = 0; due && step < SCF_RCV_STEPS; step++)
                if (strcmp(scf_rcv_step_names[step], due) == 0 && step != SCF_STEP_REPAY)
                    assert_true(
                        scf_rcv_judge(&f, (enum scf_rcv_step)step, true, EVERYBODY).allowed);
        }
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(scf_receivable_state_names[SCF_RCV_CONFIRM_REQUESTED], "confirm_requested");
    assert_string_equal(scf_receivable_state_names[SCF_RCV_RELEASED], "released");
    assert_string_equal(scf_rcv_step_names[SCF_STEP_CANCELLATION_OVERDUE], "cancellation_overdue");
    assert_string_equal(
        scf_rcv_event(SCF_STEP_VERIFY_INVOICE, SCF_RCV_FINANCED, SCF_RCV_RED_LETTERED),
        "receivable.red_lettered_after_financing");
    assert_string_equal(
        scf_rcv_event(SCF_STEP_TIMEOUT, SCF_RCV_CONFIRM_REQUESTED, SCF_RCV_CONFIRM_TIMEOUT),
        "receivable.confirmation_timed_out");
    for (int rule = 0; rule < SCF_RCV_RULES; rule++)
        assert_true(scf_rcv_rules[rule].id && scf_rcv_rules[rule].en && scf_rcv_rules[rule].zh);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step_from_every_state),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_a_bar_is_lifted_by_its_own_step_only),
        cmocka_unit_test(test_buying_back),
        cmocka_unit_test(test_what_is_due_can_be_done),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
