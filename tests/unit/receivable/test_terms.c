/* Terms against dates worked out by hand, and priority against the words of 民法典 768 for every
 * small set of claims. */
#include <setjmp.h>
#include <cmocka.h>

#include "terms.h"

#include "scfd/base/clock.h"

static int32_t day(const char *text) {
    int32_t d = 0;
    assert_true(scf_date_parse(scf_str(text), &d));
    return d;
}

/* ---- vouchers ---- */

static enum scf_tenor tenor(const struct scf_policy *p, const char *issued, int days) {
    const struct scf_voucher_rule *rule;
    return scf_voucher_tenor(p, day(issued), day(issued) + days, &rule);
}

/* CR-9.1 to CR-9.3: free before 77号文, then 6 months to a year, and one day 6 months at most. */
static void test_tenor_by_the_day_of_issue(void **state) {
    (void)state;
    const struct scf_voucher_rule rules[] = {{day("2025-06-15"), 183, 365},
                                             {day("2027-01-01"), 183, 183}};
    const struct scf_policy p = {.vouchers = rules, .voucher_count = 2};
    assert_int_equal(tenor(&p, "2025-06-14", 700), SCF_TENOR_FREE);
    assert_int_equal(tenor(&p, "2025-06-15", 183), SCF_TENOR_NORMAL);
    assert_int_equal(tenor(&p, "2025-06-15", 184), SCF_TENOR_REASONED);
    assert_int_equal(tenor(&p, "2026-12-31", 365), SCF_TENOR_REASONED);
    assert_int_equal(tenor(&p, "2026-12-31", 366), SCF_TENOR_TOO_LONG);
    assert_int_equal(tenor(&p, "2027-01-01", 183), SCF_TENOR_NORMAL);
    assert_int_equal(tenor(&p, "2027-01-01", 184), SCF_TENOR_TOO_LONG);
    const struct scf_voucher_rule *rule;
    scf_voucher_tenor(&p, day("2026-12-31"), day("2027-12-31"), &rule);
    assert_ptr_equal(rule, &rules[0]);
}

/* ---- sizes ---- */

static void test_duties_of_debtors(void **state) {
    (void)state;
    assert_int_equal(scf_size_of("public_institution", "small"), SCF_SIZE_PUBLIC);
    assert_int_equal(scf_size_of("joint_stock", "large"), SCF_SIZE_LARGE);
    assert_int_equal(scf_size_of("joint_stock", "medium"), SCF_SIZE_SME);
    assert_int_equal(scf_size_of("joint_stock", NULL), SCF_SIZE_UNKNOWN);
    assert_int_equal(scf_size_of(NULL, NULL), SCF_SIZE_UNKNOWN);
    for (int debtor = 0; debtor < 4; debtor++)
        for (int seller = 0; seller < 4; seller++) {
            bool owes =
                seller == SCF_SIZE_SME && (debtor == SCF_SIZE_LARGE || debtor == SCF_SIZE_PUBLIC);
            int days = 0, agreed = 0;
            assert_int_equal(scf_must_confirm((enum scf_size)debtor, (enum scf_size)seller), owes);
            assert_int_equal(
                scf_payment_days((enum scf_size)debtor, (enum scf_size)seller, &days, &agreed),
                owes);
            if (owes) {
                assert_int_equal(days, debtor == SCF_SIZE_PUBLIC ? 30 : 60);
                assert_int_equal(agreed, 60);
            }
        }
}

/* ---- the register ---- */

static void test_months(void **state) {
    (void)state;
    assert_int_equal(scf_months_later(day("2026-01-31"), 1), day("2026-02-28"));
    assert_int_equal(scf_months_later(day("2024-01-31"), 1), day("2024-02-29"));
    assert_int_equal(scf_months_later(day("2026-12-15"), 1), day("2027-01-15"));
    assert_int_equal(scf_months_later(day("2024-02-29"), 360), day("2054-02-28"));
    assert_int_equal(scf_months_later(day("2026-07-31"), 4), day("2026-11-30"));
}

static void test_term_of_an_entry(void **state) {
    (void)state;
    assert_false(scf_registration_term_ok(day("2026-01-15"), day("2026-02-14")));
    assert_true(scf_registration_term_ok(day("2026-01-15"), day("2026-02-15")));
    assert_true(scf_registration_term_ok(day("2026-01-15"), day("2056-01-15")));
    assert_false(scf_registration_term_ok(day("2026-01-15"), day("2056-01-16")));
}

static void test_working_days(void **state) {
    (void)state;
    /* 2026-11-26 is a Thursday. */
    assert_int_equal(scf_working_days_later(day("2026-11-26"), 0), day("2026-11-26"));
    assert_int_equal(scf_working_days_later(day("2026-11-26"), 1), day("2026-11-27"));
    assert_int_equal(scf_working_days_later(day("2026-11-26"), 2), day("2026-11-30"));
    assert_int_equal(scf_working_days_later(day("2026-11-26"), 10), day("2026-12-10"));
    assert_int_equal(scf_working_days_later(day("2026-11-28"), 10), day("2026-12-11"));
    assert_int_equal(scf_working_days_later(day("1969-12-27"), 1), day("1969-12-29"));
}

/* ---- priority ---- */

/* One of the claims that there can be: registered at 1 or 2 or not; notice at 1, 2 or none. */
static struct scf_claim claim(int n) {
    return (struct scf_claim){.registered = n % 3 != 0,
                              .registered_us = n % 3,
                              .notified = n / 3 != 0,
                              .notified_us = n / 3};
}

/* 民法典 768, clause by clause, said of two claims: −1 the first goes before, 1 the second, 0 they
 * share. */
static int by_the_law(const struct scf_claim *a, const struct scf_claim *b) {
    if (a->registered && !b->registered) /* 已经登记的先于未登记的 */
        return -1;
    if (!a->registered && b->registered)
        return 1;
    if (a->registered && b->registered) /* 均已经登记的，按照登记时间的先后顺序 */
        return (a->registered_us > b->registered_us) - (a->registered_us < b->registered_us);
    if (a->notified && b->notified) /* 均未登记的，由最先到达的转让通知中载明的保理人取得 */
        return (a->notified_us > b->notified_us) - (a->notified_us < b->notified_us);
    return a->notified ? -1 : b->notified ? 1 : 0; /* 既未登记也未通知的，按比例 */
}

static void test_priority_of_all_small_sets(void **state) {
    (void)state;
    enum { KINDS = 9, MOST = 4 };
    for (size_t n = 1; n <= MOST; n++) {
        int sets = 1;
        for (size_t i = 0; i < n; i++)
            sets *= KINDS;
        for (int set = 0; set < sets; set++) {
            struct scf_claim claims[MOST];
            int ranks[MOST], rest = set;
            for (size_t i = 0; i < n; i++, rest /= KINDS)
                claims[i] = claim(rest % KINDS);
            scf_rank_claims(claims, n, ranks);
            bool first = false;
            for (size_t i = 0; i < n; i++) {
                first |= ranks[i] == 1;
                for (size_t k = 0; k < n; k++) {
                    int law = by_the_law(&claims[i], &claims[k]);
                    assert_int_equal((ranks[i] > ranks[k]) - (ranks[i] < ranks[k]), law);
                    assert_int_equal(scf_claim_before(&claims[i], &claims[k]), law < 0);
                }
            }
            assert_true(first); /* somebody is first */
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tenor_by_the_day_of_issue),
        cmocka_unit_test(test_duties_of_debtors),
        cmocka_unit_test(test_months),
        cmocka_unit_test(test_term_of_an_entry),
        cmocka_unit_test(test_working_days),
        cmocka_unit_test(test_priority_of_all_small_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
