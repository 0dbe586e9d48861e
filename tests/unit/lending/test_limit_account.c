/* Every transition of decisions, and what is left of a limit. */
#include <setjmp.h>
#include <cmocka.h>

#include "limit_account.h"

static enum scf_code follow(bool exists, enum scf_outcome standing, int64_t loans, bool awaiting,
                            enum scf_outcome next, struct scf_error *err) {
    struct scf_standing_decision s = {.exists = exists, .outcome = standing, .loans = loans};
    return scf_decision_may_follow(&s, awaiting, next, err);
}

static void a_first_decision_must_be_awaited(void **state) {
    (void)state;
    struct scf_error err;
    for (enum scf_outcome next = SCF_APPROVED; next <= SCF_DECLINED; next++) {
        assert_int_equal(follow(false, 0, 0, true, next, &err), SCF_OK);
        assert_int_equal(follow(false, 0, 0, false, next, &err), SCF_E_WRONG_STATE);
        assert_non_null(strstr(err.detail, "\"decided\""));
    }
}

static void withdrawing_needs_an_approval(void **state) {
    (void)state;
    struct scf_error err;
    assert_int_equal(follow(false, 0, 0, true, SCF_WITHDRAWN, &err), SCF_E_WRONG_STATE);
    assert_non_null(strstr(err.detail, "\"awaiting_decision\""));
    assert_int_equal(follow(true, SCF_APPROVED, 0, false, SCF_WITHDRAWN, &err), SCF_OK);
    assert_int_equal(follow(true, SCF_APPROVED_WITH_CONDITIONS, 0, false, SCF_WITHDRAWN, &err),
                     SCF_OK);
    assert_int_equal(follow(true, SCF_DECLINED, 0, false, SCF_WITHDRAWN, &err), SCF_E_WRONG_STATE);
    assert_non_null(strstr(err.detail, "\"declined\""));
    assert_int_equal(follow(true, SCF_WITHDRAWN, 0, false, SCF_WITHDRAWN, &err), SCF_E_WRONG_STATE);
}

static void a_later_decision_supersedes_any(void **state) {
    (void)state;
    struct scf_error err;
    for (enum scf_outcome before = SCF_APPROVED; before <= SCF_WITHDRAWN; before++)
        for (enum scf_outcome next = SCF_APPROVED; next <= SCF_DECLINED; next++)
            assert_int_equal(follow(true, before, 0, false, next, &err), SCF_OK);
}

static void loans_make_a_decision_stand(void **state) {
    (void)state;
    struct scf_error err;
    for (enum scf_outcome next = SCF_APPROVED; next <= SCF_WITHDRAWN; next++) {
        assert_int_equal(follow(true, SCF_APPROVED, 1, false, next, &err), SCF_E_WRONG_STATE);
        assert_non_null(strstr(err.detail, "\"drawn\""));
    }
}

static void a_revolving_limit_comes_back(void **state) {
    (void)state;
    struct scf_drawn drawn = {.ever = 900, .outstanding = 300};
    assert_int_equal(scf_remaining_limit(1000, false, &drawn), 100);
    assert_int_equal(scf_remaining_limit(1000, true, &drawn), 700);
    drawn.outstanding = 1200;
    assert_int_equal(scf_remaining_limit(1000, true, &drawn), 0);
    drawn = (struct scf_drawn){0};
    assert_int_equal(scf_remaining_limit(1000, false, &drawn), 1000);
}

static void only_an_approval_in_force_carries_loans(void **state) {
    (void)state;
    static const struct {
        enum scf_decision_status status;
        enum scf_outcome outcome;
        int32_t today;
        const char *expected;
    } cases[] = {
        {SCF_DECISION_OPEN, SCF_APPROVED, 10, "approved"},
        {SCF_DECISION_OPEN, SCF_APPROVED_WITH_CONDITIONS, 20, "approved"},
        {SCF_DECISION_OPEN, SCF_APPROVED, 9, "not_yet_valid"},
        {SCF_DECISION_OPEN, SCF_APPROVED, 21, "expired"},
        {SCF_DECISION_OPEN, SCF_DECLINED, 15, "declined"},
        {SCF_DECISION_OPEN, SCF_WITHDRAWN, 15, "withdrawn"},
        {SCF_DECISION_SUPERSEDED, SCF_APPROVED, 15, "superseded"},
        {SCF_DECISION_WITHDRAWN, SCF_APPROVED, 15, "withdrawn"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++)
        assert_string_equal(
            scf_decision_state(cases[i].status, cases[i].outcome, 10, 20, cases[i].today),
            cases[i].expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_decision_must_be_awaited),
        cmocka_unit_test(withdrawing_needs_an_approval),
        cmocka_unit_test(a_later_decision_supersedes_any),
        cmocka_unit_test(loans_make_a_decision_stand),
        cmocka_unit_test(a_revolving_limit_comes_back),
        cmocka_unit_test(only_an_approval_in_force_carries_loans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
