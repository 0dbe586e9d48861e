/* Claims against a ledger whose figures were worked out by hand. */
#include <setjmp.h>
#include <cmocka.h>

#include "claim.h"

#include "scfd/base/clock.h"

/* Two instalments of 500,000.00: the first due on day 100 and paid but for 200,000.00 and 1,000.00
 * of interest, the second due on day 200. Lent at act/360. */
static const struct scf_owed_instalment parts[] = {
    {.due_day = 100,
     .principal = 50000000,
     .unpaid_principal = 20000000,
     .unpaid_interest = 100000},
    {.due_day = 200,
     .principal = 50000000,
     .unpaid_principal = 50000000,
     .unpaid_interest = 250000},
};
static const struct scf_owed ledger = {
    .currency = "CNY",
    .year_days = 360,
    .booked_day = 90,
    .owed = {.fees = 700, .penalty = 50, .compound = 0, .interest = 260000, .principal = 70000000},
    .instalments = parts,
    .instalment_count = 2,
};
static const struct scf_owed_amounts nothing;

static cJSON *json(struct scf_arena *arena, const char *text) {
    struct scf_error err;
    cJSON *value = scf_json_parse(arena, text, strlen(text), &err);
    assert_non_null(value);
    return value;
}

static void assert_amounts(const struct scf_owed_amounts *a, int64_t principal, int64_t interest,
                           int64_t penalty, int64_t compound, int64_t fees) {
    assert_int_equal(a->principal, principal);
    assert_int_equal(a->interest, interest);
    assert_int_equal(a->penalty, penalty);
    assert_int_equal(a->compound, compound);
    assert_int_equal(a->fees, fees);
}

static void test_without_a_penalty_rate(void **unused) {
    (void)unused;
    struct scf_owed_amounts a;
    assert_true(scf_enf_expected(&ledger, NULL, 150, &nothing, &a));
    assert_amounts(&a, 70000000, 260000, 50, 0, 700);
}

/* 200,000.00 × 2.175 % × 50 / 360 = 604.1666… → 604.17, besides the 0.50 that the ledger has. */
static void test_penalty_on_what_is_overdue(void **unused) {
    (void)unused;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_owed_amounts a;
    const cJSON *rate = json(arena, "{\"type\":\"fixed\",\"penalty_rate\":\"0.02175\"}");
    assert_true(scf_enf_expected(&ledger, rate, 150, &nothing, &a));
    assert_amounts(&a, 70000000, 260000, 60417 + 50, 0, 700);
    assert_true(scf_enf_expected(&ledger, rate, 100, &nothing, &a)); /* on its own day: not yet */
    assert_amounts(&a, 70000000, 260000, 50, 0, 700);
    scf_arena_free(arena);
}

/* On day 210: 200,000.00 × 2.175 % × 110 / 360 = 1,329.17 (1,329.1666…) and 500,000.00 × 2.175 % ×
 * 10 / 360 = 302.08 (302.0833…). Compound: 1,000.00 × … × 110 / 360 = 6.65 (6.6458…); of the second
 * instalment's interest only 2,600.00 − 1,000.00 = 1,600.00 is owed: × 10 / 360 = 0.97 (0.9666…).
 */
static void test_compound_where_agreed(void **unused) {
    (void)unused;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_owed_amounts a;
    const cJSON *rate = json(arena, "{\"penalty_rate\":\"0.02175\",\"compound\":true}");
    assert_true(scf_enf_expected(&ledger, rate, 210, &nothing, &a));
    assert_amounts(&a, 70000000, 260000, 132917 + 30208 + 50, 665 + 97, 700);
    scf_arena_free(arena);
}

static void test_disputed_parts_come_off(void **unused) {
    (void)unused;
    const struct scf_owed_amounts disputed = {.principal = 1000000, .penalty = 51};
    struct scf_owed_amounts a;
    assert_true(scf_enf_expected(&ledger, NULL, 150, &disputed, &a));
    assert_amounts(&a, 69000000, 260000, 0, 0, 700);
}

static enum scf_code check(struct scf_arena *arena, const char *as_of, const char *principal,
                           struct scf_error *err) {
    int32_t today;
    const char *text =
        scf_asprintf(arena,
                     "{\"as_of\":\"%s\",\"principal\":\"%s\",\"interest\":\"2600.00\","
                     "\"penalty\":\"0.50\",\"compound\":\"0.00\",\"fees\":\"7.00\"}",
                     as_of, principal);
    assert_non_null(text);
    assert_true(scf_date_parse(SCF_STR("1970-06-01"), &today));
    return scf_enf_claim_check(arena, &ledger, NULL, json(arena, text), today, &nothing, err);
}

static void test_a_claim_is_the_ledgers_to_the_cent(void **unused) {
    (void)unused;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_error err = {0};
    assert_int_equal(check(arena, "1970-05-31", "700000.00", &err), SCF_OK);
    assert_int_equal(check(arena, "1970-05-31", "700000.01", &err), SCF_E_CONFLICT);
    assert_non_null(strstr(err.detail, "公证程序规则 55"));
    assert_non_null(strstr(err.detail, "0.01"));
    assert_non_null(strstr(err.members_json, "\"expected_amounts\":{\"principal\":\"700000.00\""));
    assert_int_equal(check(arena, "1970-03-31", "700000.00", &err), SCF_E_CONFLICT); /* day 89 */
    assert_int_equal(check(arena, "1970-04-01", "700000.00", &err), SCF_OK);         /* day 90 */
    assert_int_equal(check(arena, "1970-06-02", "700000.00", &err), SCF_E_CONFLICT); /* to come */
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_penalty_rate),
        cmocka_unit_test(test_penalty_on_what_is_overdue),
        cmocka_unit_test(test_compound_where_agreed),
        cmocka_unit_test(test_disputed_parts_come_off),
        cmocka_unit_test(test_a_claim_is_the_ledgers_to_the_cent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
