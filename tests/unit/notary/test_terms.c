/* A loan against the instrument: equal fits, and each thing that goes beyond it does not. */
#include <setjmp.h>
#include <cmocka.h>

#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/base/id.h"

static int32_t day(const char *text) {
    int32_t d = 0;
    assert_true(scf_date_parse(scf_str(text), &d));
    return d;
}

static struct scf_owed loan(const char *borrower) {
    struct scf_owed owed = {.currency = "CNY",
                            .principal = 10000,
                            .rate_ppm = 43500,
                            .maturity_day = day("2026-12-31")};
    assert_true(scf_id_parse("ent", scf_str(borrower), &owed.borrower_id));
    return owed;
}

#define ENTERPRISE "ent_00000000000000000000000001"
#define DOSSIER(performance)                                                                       \
    "{\"debtors\":[{\"enterprise_id\":\"" ENTERPRISE "\"}],\"rate\":{\"type\":\"fixed\","          \
    "\"annual_rate\":\"0.0435\"},\"performance\":{\"kind\":\"money\"," performance "}}"

static const char *where(const char *dossier, const struct scf_owed *owed) {
    struct scf_error err;
    struct scf_arena *arena = scf_arena_new(1 << 16);
    cJSON *body = scf_json_parse(arena, dossier, strlen(dossier), &err);
    assert_non_null(body);
    struct scf_enf_mismatch wrong = scf_enf_loan_mismatch(body, owed);
    assert_int_equal(wrong.pointer == NULL, wrong.detail == NULL);
    scf_arena_free(arena);
    return wrong.pointer ? wrong.pointer : "";
}

static void test_terms(void **unused) {
    (void)unused;
    static const char plain[] = DOSSIER("\"amount\":\"100.00\",\"deadline\":\"2026-12-31\"");
    struct scf_owed owed = loan(ENTERPRISE);
    assert_string_equal(where(plain, &owed), "");
    owed.principal++;
    assert_string_equal(where(plain, &owed), "#/performance/amount");
    owed = loan(ENTERPRISE);
    owed.maturity_day++;
    assert_string_equal(where(plain, &owed), "#/performance/deadline");
    owed = loan(ENTERPRISE);
    owed.rate_ppm++;
    assert_string_equal(where(plain, &owed), "#/rate/annual_rate");
    owed = loan(ENTERPRISE);
    memcpy(owed.currency, "USD", 3);
    assert_string_equal(where(plain, &owed), "#/currency");
    owed = loan("ent_00000000000000000000000002");
    assert_string_equal(where(plain, &owed), "#/debtors");
}

/* Of a revolving contract what is drawn counts; of instalments the last. */
static void test_drawn_and_instalments(void **unused) {
    (void)unused;
    struct scf_owed owed = loan(ENTERPRISE);
    assert_string_equal(where(DOSSIER("\"amount\":\"900.00\",\"drawn_amount\":\"99.99\""), &owed),
                        "#/performance/amount");
    assert_string_equal(
        where(DOSSIER("\"amount\":\"100.00\",\"schedule\":[{\"due_on\":\"2026-06-30\"},"
                      "{\"due_on\":\"2026-12-31\"}]"),
              &owed),
        "");
    assert_string_equal(
        where(DOSSIER("\"amount\":\"100.00\",\"schedule\":[{\"due_on\":\"2026-06-30\"}]"), &owed),
        "#/performance/deadline");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_drawn_and_instalments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
