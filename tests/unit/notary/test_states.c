/* Every step in every state, with every role: what the law of LG-1.3 allows leads where it says,
 * and everything else is refused with an article. The table below was written from the phases of
 * the procedure, not from the code. */
#include <setjmp.h>
#include <cmocka.h>

#include "states.h"

enum {
    L = SCF_ENF_LENDER,
    N = SCF_ENF_NOTARY,
    D = SCF_ENF_DEBTOR,
    G = SCF_ENF_GUARANTOR,
    C = SCF_ENF_COURT,
    A = SCF_ENF_ADMIN,
    P = SCF_ENF_PLATFORM
};

static const struct {
    const char *from, *step, *to; /* to: "resume", "finding", or a state; one of two: good|bad */
    unsigned roles;
} law[] = {
    {"draft", "submit", "submitted", L},
    {"draft", "terminate", "terminated", L},
    {"draft", "link_loan", "draft", L},
    {"submitted", "accept", "accepted", N | A},
    {"submitted", "refuse", "refused", N | A},
    {"submitted", "terminate", "terminated", L | N | A},
    {"submitted", "withdraw", "terminated", L | D | G},
    {"accepted", "identity", "identity_verified", N | A},
    {"identity_verified", "inform", "informed", N | A},
    {"informed", "sign", "signed", N | A},
    {"signed", "review", "under_review", N | A},
    {"under_review", "issue", "issued", N | A},
#define OFFICE(state)                                                                              \
    {state, "require_supplement", "supplement_required", N | A},                                   \
        {state, "refuse", "refused", N | A}, {state, "withdraw", "terminated", L | D | G}, {       \
        state, "terminate", "terminated", L | N | A                                                \
    }
    OFFICE("accepted"),
    OFFICE("identity_verified"),
    OFFICE("informed"),
    OFFICE("signed"),
    OFFICE("under_review"),
    {"supplement_required", "supplement", "resume", L},
    {"supplement_required", "refuse", "refused", N | A},
    {"supplement_required", "terminate", "terminated", L | N | A},
    {"supplement_required", "withdraw", "terminated", L | D | G},
    {"issued", "take_effect", "effective", P},
    {"issued", "link_loan", "issued", L},
    {"effective", "link_loan", "effective", L},
    {"effective", "disburse", "disbursed", P},
    {"effective", "request_amendment", "amendment_pending", L},
    {"disbursed", "perform", "performing", P},
#define OWED(state)                                                                                \
    {state, "request_amendment", "amendment_pending", L}, {state, "default", "defaulted", L}, {    \
        state, "fulfil", "fulfilled", P                                                            \
    }
    OWED("disbursed"),
    OWED("performing"),
    OWED("amended_notarised"),
#define ASSIGNING(state)                                                                           \
    {state, "assign", state, L}, {                                                                 \
        state, "notify_assignment", state, L                                                       \
    }
    ASSIGNING("effective"),
    ASSIGNING("disbursed"),
    ASSIGNING("performing"),
    ASSIGNING("amended_notarised"),
    ASSIGNING("defaulted"),
    ASSIGNING("dunned"),
    {"amendment_pending", "notify_assignment", "amendment_pending", L},
    {"fulfilled", "reopen", "resume", P},
    {"amendment_pending", "amend", "amended_notarised", N | A},
    {"amendment_pending", "reject_amendment", "resume", L | N | A},
    {"amendment_pending", "fulfil", "fulfilled", P},
    {"defaulted", "cure", "performing", L},
    {"defaulted", "dun", "dunned", L},
    {"defaulted", "fulfil", "fulfilled", P},
    {"dunned", "cure", "performing", L},
    {"dunned", "dun", "dunned", L},
    {"dunned", "fulfil", "fulfilled", P},
    {"dunned", "apply_ec", "ec_applied", L},
    {"ec_applied", "fulfil", "fulfilled", P},
    {"verifying", "fulfil", "fulfilled", P},
    {"no_objection", "fulfil", "fulfilled", P},
    {"partial_objection", "fulfil", "fulfilled", P},
    {"objection_with_evidence", "fulfil", "fulfilled", P},
    {"ec_issued", "fulfil", "fulfilled", P},
    {"ec_applied", "send_verification", "verifying", N | A},
    {"ec_applied", "refuse_ec", "ec_refused", N | A},
    {"verifying", "send_verification", "verifying", N | A},
    {"verifying", "reply", "verifying", D | G | N | A},
    {"verifying", "close_verification", "finding", P},
    {"verifying", "refuse_ec", "ec_refused", N | A},
    {"ec_applied", "withdraw_ec", "dunned", L},
    {"verifying", "withdraw_ec", "dunned", L},
    {"no_objection", "withdraw_ec", "dunned", L},
    {"partial_objection", "withdraw_ec", "dunned", L},
    {"objection_with_evidence", "withdraw_ec", "dunned", L},
    {"no_objection", "issue_ec", "ec_issued", N | A},
    {"no_objection", "refuse_ec", "ec_refused", N | A},
    {"partial_objection", "issue_ec", "ec_issued", N | A},
    {"partial_objection", "refuse_ec", "ec_refused", N | A},
    {"objection_with_evidence", "issue_ec", "ec_issued", N | A},
    {"objection_with_evidence", "refuse_ec", "ec_refused", N | A},
    {"ec_issued", "file_enforcement", "enf_filed", L},
    {"enf_filed", "accept_enforcement", "enf_accepted", C | L | A},
    {"enf_filed", "reject_enforcement", "enf_rejected", C | L | A},
    {"enf_accepted", "reject_enforcement", "enf_rejected", C | L | A},
    {"enf_accepted", "send_notice", "notice_sent", C | L | A},
    {"enf_rejected", "apply_reconsideration", "enf_rejected", L | C | A},
    {"measures", "send_notice", "measures", C | L | A},
    {"enf_rejected", "decide_reconsideration", "enf_accepted|enf_rejected", C | L | A},
    {"enf_accepted", "take_measures", "measures", C | L | A},
    {"notice_sent", "take_measures", "measures", C | L | A},
    {"measures", "take_measures", "measures", C | L | A},
    {"notice_sent", "apply_non_enforcement", "non_enforcement_applied", D | G | C | A},
    {"measures", "apply_non_enforcement", "non_enforcement_applied", D | G | C | A},
    {"non_enforcement_applied", "decide_non_enforcement", "non_enforced|resume", C | L | A},
    {"non_enforcement_applied", "take_measures", "non_enforcement_applied", C | L | A},
    {"non_enforcement_applied", "extend_decision", "non_enforcement_applied", C | L | A},
    {"notice_sent", "apply_reconsideration", "notice_sent", D | G | C | A},
    {"measures", "apply_reconsideration", "measures", D | G | C | A},
#define APPEAL(state)                                                                              \
    { state, "decide_reconsideration", "non_enforced|" state, C | L | A }
    APPEAL("notice_sent"),
    APPEAL("measures"),
    APPEAL("suspended"),
    APPEAL("settled"),
    APPEAL("terminated_this_round"),
#define ENFORCING(state)                                                                           \
    {state, "settle", "settled", C | L | A}, {state, "complete", "completed", C | L | A}, {        \
        state, "suspend", "suspended", C | L | A                                                   \
    }
    ENFORCING("enf_accepted"),
    ENFORCING("notice_sent"),
    ENFORCING("measures"),
    {"settled", "complete", "completed", C | L | A},
    {"notice_sent", "end_round", "terminated_this_round", C | L | A},
    {"measures", "end_round", "terminated_this_round", C | L | A},
    {"suspended", "resume_enforcement", "resume", C | L | A},
    {"settled", "resume_enforcement", "measures", C | L | A},
    {"terminated_this_round", "resume_enforcement", "measures", C | L | A},
#define SUIT(state)                                                                                \
    {state, "report_suit", state, C | L | A | D | G}, {                                            \
        state, "end_suit", state, C | L | A | D | G                                                \
    }
    SUIT("effective"),
    SUIT("disbursed"),
    SUIT("performing"),
    SUIT("amendment_pending"),
    SUIT("amended_notarised"),
    SUIT("defaulted"),
    SUIT("dunned"),
    SUIT("ec_applied"),
    SUIT("verifying"),
    SUIT("no_objection"),
    SUIT("partial_objection"),
    SUIT("objection_with_evidence"),
    SUIT("ec_issued"),
    SUIT("enf_rejected"),
    SUIT("enf_filed"),
    SUIT("enf_accepted"),
    SUIT("notice_sent"),
    SUIT("measures"),
    SUIT("non_enforcement_applied"),
    SUIT("suspended"),
    SUIT("settled"),
    SUIT("terminated_this_round"),
};

/* Everything there that some step asks for, and its contrary nowhere. */
static struct scf_enf_facts rich(enum scf_enf_state state, enum scf_enf_step step) {
    bool asked = step == SCF_ENF_STEP_DECIDE_RECONSIDERATION;
    return (struct scf_enf_facts){.state = state,
                                  .resume = SCF_ENF_INFORMED,
                                  .has_loan = step != SCF_ENF_STEP_LINK_LOAN,
                                  .overdue = step != SCF_ENF_STEP_CURE,
                                  .suit_known = true,
                                  .suit_unknown = true,
                                  .application_rejected = true,
                                  .settled = step != SCF_ENF_STEP_FILE_ENFORCEMENT &&
                                             step != SCF_ENF_STEP_REOPEN,
                                  .all_replied = true,
                                  .finding = SCF_ENF_PARTIAL_OBJECTION,
                                  .within_non_enforcement_days = true,
                                  .within_reconsideration_days = true,
                                  .within_decision_days = true,
                                  .unnotified = step == SCF_ENF_STEP_NOTIFY_ASSIGNMENT,
                                  .reconsidering = asked};
}

static const char *expected(const char *to, bool good) {
    static char text[64];
    const char *bar = strchr(to, '|');
    snprintf(text, sizeof text, "%.*s", bar && good ? (int)(bar - to) : (int)strlen(to), to);
    const char *chosen = bar && !good ? bar + 1 : text;
    if (strcmp(chosen, "resume") == 0)
        return "informed";
    return strcmp(chosen, "finding") == 0 ? "partial_objection" : chosen;
}

static void check(enum scf_enf_state state, enum scf_enf_step step, unsigned role, bool good) {
    struct scf_enf_facts facts = rich(state, step);
    struct scf_enf_verdict v = scf_enf_judge(&facts, step, good, role);
    const char *article = scf_enf_rules[v.rule].article;
    assert_non_null(article);
    for (size_t i = 0; i < SCF_COUNT(law); i++) {
        if (strcmp(law[i].from, scf_enf_state_names[state]) != 0 ||
            strcmp(law[i].step, scf_enf_step_names[step]) != 0)
            continue;
        if ((law[i].roles & role) == 0) {
            assert_true(v.forbidden && !v.allowed);
            return;
        }
        if (!v.allowed)
            print_message("%s, %s\n", law[i].from, law[i].step);
        assert_true(v.allowed && !v.forbidden);
        assert_string_equal(scf_enf_state_names[v.to], expected(law[i].to, good));
        return;
    }
    if (v.allowed)
        print_message("%s, %s\n", scf_enf_state_names[state], scf_enf_step_names[step]);
    assert_false(v.allowed);
    assert_int_equal(v.to, state);
}

static void test_every_step_in_every_state(void **unused) {
    (void)unused;
    for (int state = 0; state < SCF_ENF_STATES; state++)
        for (int step = SCF_ENF_STEP_SUBMIT; step < SCF_ENF_STEPS; step++)
            for (unsigned role = 1; role <= P; role *= 2)
                for (int good = 0; good < (step == SCF_ENF_STEP_END_SUIT ? 1 : 2); good++)
                    check((enum scf_enf_state)state, (enum scf_enf_step)step, role, good == 1);
}

/* What must be there, one at a time: without it the step is refused, naming article and lack. */
static void test_needs(void **unused) {
    (void)unused;
    static const struct {
        enum scf_enf_state state;
        enum scf_enf_step step;
        unsigned role;
        const char *article;
    } needs[] = {
        {SCF_ENF_PERFORMING, SCF_ENF_STEP_DEFAULT, L, "公证程序规则 55"},
        {SCF_ENF_VERIFYING, SCF_ENF_STEP_CLOSE_VERIFICATION, P, "公证程序规则 39"},
        {SCF_ENF_NOTICE_SENT, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, D, "规定 13"},
        {SCF_ENF_ENF_REJECTED, SCF_ENF_STEP_APPLY_RECONSIDERATION, L, "规定 7"},
        {SCF_ENF_ENF_REJECTED, SCF_ENF_STEP_DECIDE_RECONSIDERATION, C, "规定 7"},
        {SCF_ENF_PERFORMING, SCF_ENF_STEP_FULFIL, P, "公证程序规则 55"},
        {SCF_ENF_EC_ISSUED, SCF_ENF_STEP_FILE_ENFORCEMENT, L, "规定 5"},
        {SCF_ENF_FULFILLED, SCF_ENF_STEP_REOPEN, P, "公证程序规则 55"},
        {SCF_ENF_MEASURES, SCF_ENF_STEP_APPLY_RECONSIDERATION, D, "规定 21"},
        {SCF_ENF_MEASURES, SCF_ENF_STEP_END_SUIT, C, "规定 23"},
        {SCF_ENF_EFFECTIVE, SCF_ENF_STEP_REPORT_SUIT, D, "规定 22、24"},
        {SCF_ENF_EFFECTIVE, SCF_ENF_STEP_DISBURSE, P, "公证程序规则 55"},
        {SCF_ENF_NON_ENFORCEMENT_APPLIED, SCF_ENF_STEP_EXTEND_DECISION, C, "规定 16"},
    };
    for (size_t i = 0; i < SCF_COUNT(needs); i++) {
        struct scf_enf_facts bare = {.state = needs[i].state};
        struct scf_enf_verdict v = scf_enf_judge(&bare, needs[i].step, true, needs[i].role);
        assert_false(v.allowed);
        assert_false(v.forbidden);
        assert_non_null(v.missing);
        assert_string_equal(scf_enf_rules[v.rule].article, needs[i].article);
    }
}

/* Silence ends a verification only when it was agreed, and when the days are over. */
static void test_silence(void **unused) {
    (void)unused;
    for (int agreed = 0; agreed < 2; agreed++)
        for (int over = 0; over < 2; over++)
            for (int replied = 0; replied < 2; replied++) {
                struct scf_enf_facts f = {.state = SCF_ENF_VERIFYING,
                                          .no_reply_agreed = agreed == 1,
                                          .window_over = over == 1,
                                          .all_replied = replied == 1,
                                          .finding = SCF_ENF_NO_OBJECTION};
                bool ends = replied == 1 || (agreed == 1 && over == 1);
                assert_int_equal(
                    scf_enf_judge(&f, SCF_ENF_STEP_CLOSE_VERIFICATION, true, P).allowed, ends);
            }
}

/* Measures may come before the notice (民诉法 251), which still goes out, once: without it the
 * debtor's days would never begin. */
static void test_notice_after_measures(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_MEASURES};
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_SEND_NOTICE, true, C).allowed);
    f.notified = true;
    assert_false(scf_enf_judge(&f, SCF_ENF_STEP_SEND_NOTICE, true, C).allowed);
}

/* A ruling is reconsidered once. */
static void test_reconsideration(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_ENF_REJECTED,
                              .within_reconsideration_days = true,
                              .asked_reconsideration = true};
    assert_false(scf_enf_judge(&f, SCF_ENF_STEP_APPLY_RECONSIDERATION, true, L).allowed);
    f.asked_reconsideration = false;
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_APPLY_RECONSIDERATION, true, L).allowed);
}

/* 规定 16: the court extends its days once, before they are over. */
static void test_extension(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_NON_ENFORCEMENT_APPLIED,
                              .within_decision_days = true};
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_EXTEND_DECISION, true, C).allowed);
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_EXTEND_DECISION, true, D).forbidden);
    f.decision_extended = true;
    assert_false(scf_enf_judge(&f, SCF_ENF_STEP_EXTEND_DECISION, true, C).allowed);
}

/* Without notice an assignment has no effect on the debtor: nobody applies on it, and nobody
 * assigns anew (民法典 546). */
static void test_assignment(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_DUNNED, .has_loan = true, .unnotified = true};
    const enum scf_enf_step steps[] = {SCF_ENF_STEP_APPLY_EC, SCF_ENF_STEP_ASSIGN};
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        struct scf_enf_verdict v = scf_enf_judge(&f, steps[i], true, L);
        assert_false(v.allowed);
        assert_string_equal(scf_enf_rules[v.rule].article, "民法典 546");
    }
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_NOTIFY_ASSIGNMENT, true, L).allowed);
    f.unnotified = false;
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_APPLY_EC, true, L).allowed);
    assert_false(scf_enf_judge(&f, SCF_ENF_STEP_NOTIFY_ASSIGNMENT, true, L).allowed);
}

/* Once a suit on the instrument is accepted, enforcement is not (规定 24). */
static void test_suit(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_EC_ISSUED, .has_loan = true, .suit = true};
    struct scf_enf_verdict v = scf_enf_judge(&f, SCF_ENF_STEP_FILE_ENFORCEMENT, true, L);
    assert_false(v.allowed);
    assert_string_equal(scf_enf_rules[v.rule].article, "规定 24");
    f.suit = false;
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_FILE_ENFORCEMENT, true, L).allowed);
}

/* A suit of the debtor bars nothing; when the court finds for it, enforcement ends (规定 22, 23),
 * which the debtor does not say itself. */
static void test_debtors_suit(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_EC_ISSUED, .has_loan = true, .suit_known = true};
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_FILE_ENFORCEMENT, true, L).allowed);
    f.state = SCF_ENF_MEASURES;
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_END_SUIT, true, D).forbidden);
    struct scf_enf_verdict v = scf_enf_judge(&f, SCF_ENF_STEP_END_SUIT, true, C);
    assert_true(v.allowed);
    assert_int_equal(v.to, SCF_ENF_NON_ENFORCED);
    assert_string_equal(scf_enf_rules[v.rule].article, "规定 23");
    f.suit_known = false;
    assert_false(scf_enf_judge(&f, SCF_ENF_STEP_END_SUIT, false, C).allowed);
}

/* A court with a node speaks for itself; the creditor only where it has none. */
static void test_court_with_a_node(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_NON_ENFORCEMENT_APPLIED, .has_court = true};
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, false, L).forbidden);
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, false, C).allowed);
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, false, A).allowed);
    f.has_court = false;
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, false, L).allowed);
}

/* A debt that fell due early needs no arrears. */
static void test_acceleration(void **unused) {
    (void)unused;
    struct scf_enf_facts f = {.state = SCF_ENF_DISBURSED, .has_loan = true, .accelerated = true};
    assert_true(scf_enf_judge(&f, SCF_ENF_STEP_DEFAULT, true, L).allowed);
}

/* The nine statuses of the resource, by the states of the procedure. */
static void test_status(void **unused) {
    (void)unused;
    static const struct {
        enum scf_enf_state state;
        const char *status;
        char phase;
    } all[] = {
        {SCF_ENF_DRAFT, "draft", 'A'},
        {SCF_ENF_SUBMITTED, "submitted", 'A'},
        {SCF_ENF_UNDER_REVIEW, "accepted", 'A'},
        {SCF_ENF_SUPPLEMENT_REQUIRED, "accepted", 'A'},
        {SCF_ENF_ISSUED, "issued", 'A'},
        {SCF_ENF_REFUSED, "refused", 'A'},
        {SCF_ENF_TERMINATED, "closed", 'A'},
        {SCF_ENF_PERFORMING, "issued", 'B'},
        {SCF_ENF_FULFILLED, "closed", 'B'},
        {SCF_ENF_DUNNED, "issued", 'C'},
        {SCF_ENF_VERIFYING, "execution_requested", 'C'},
        {SCF_ENF_OBJECTION_WITH_EVIDENCE, "execution_requested", 'C'},
        {SCF_ENF_EC_ISSUED, "execution_issued", 'C'},
        {SCF_ENF_EC_REFUSED, "execution_refused", 'C'},
        {SCF_ENF_MEASURES, "execution_issued", 'D'},
        {SCF_ENF_COMPLETED, "closed", 'D'},
        {SCF_ENF_NON_ENFORCED, "closed", 'D'},
    };
    for (size_t i = 0; i < SCF_COUNT(all); i++) {
        assert_string_equal(scf_enf_status(all[i].state), all[i].status);
        assert_int_equal(scf_enf_phase(all[i].state), all[i].phase);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step_in_every_state),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_acceleration),
        cmocka_unit_test(test_reconsideration),
        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_assignment),
        cmocka_unit_test(test_suit),
        cmocka_unit_test(test_notice_after_measures),
        cmocka_unit_test(test_debtors_suit),
        cmocka_unit_test(test_court_with_a_node),
        cmocka_unit_test(test_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
