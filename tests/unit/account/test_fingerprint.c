/* Fingerprints against values computed by Python's hashlib over texts written out by hand. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/account/account.h"
#include "scfd/base/clock.h"

#define SELLER SCF_STR("91330100MA27XXXX1A")
#define BUYER SCF_STR("91330200MA28YYYY2B")

static int set_up(void **state) {
    *state = scf_arena_new(1 << 20);
    scf_digest_init();
    return 0;
}

static int tear_down(void **state) {
    scf_arena_free(*state);
    return 0;
}

static int32_t day(const char *text) {
    int32_t ret = 0;
    assert_true(scf_date_parse(scf_str(text), &ret));
    return ret;
}

static void assert_hex(struct scf_hash hash, const char *hex) {
    char text[2 * SCF_HASH_LEN + 1];
    scf_hex(hash.b, SCF_HASH_LEN, text);
    assert_string_equal(text, hex);
}

static struct scf_invoice_identity digital(void) {
    return (struct scf_invoice_identity){.invoice_no = SCF_STR("26332000000012345678"),
                                         .issued_day = day("2026-11-25"),
                                         .amount = 11300000,
                                         .seller = SELLER,
                                         .buyer = BUYER};
}

/* sha256("|26332000000012345678|2026-11-25|11300000|91330100MA27XXXX1A|91330200MA28YYYY2B") */
#define DIGITAL "9039ed9d281e20f34991bae10f2fe1d225712fe3146c971b442c1da3e9233d1b"

static void of_invoices(void **state) {
    (void)state;
    struct scf_invoice_identity i = digital();
    assert_hex(scf_invoice_fingerprint(&i), DIGITAL);
    i = (struct scf_invoice_identity){.invoice_code = SCF_STR("3300194130"),
                                      .invoice_no = SCF_STR("00123456"),
                                      .issued_day = day("2024-02-29"),
                                      .amount = 1,
                                      .seller = SELLER,
                                      .buyer = SCF_STR("DE:HRB123456")};
    assert_hex(scf_invoice_fingerprint(&i),
               "a89b32207ee06e303ac3582199790194fed7ea6675cf0f358f5df8494286987a");
}

/* Code "ab 12" is AB12; a number longer than any buffer; a red amount. */
static void whatever_their_length(void **state) {
    (void)state;
    char number[300];
    memset(number, 'x', sizeof number);
    struct scf_invoice_identity i = {.invoice_code = SCF_STR("ab 12"),
                                     .invoice_no = {number, sizeof number},
                                     .issued_day = day("2026-01-01"),
                                     .amount = -11300,
                                     .seller = SCF_STR("A"),
                                     .buyer = SCF_STR("B")};
    assert_hex(scf_invoice_fingerprint(&i),
               "a2eb8391ff712cc5b953aeccc37df4e242e854f022160b6b9eb3e8768ab81074");
}

/* However a system writes the number. */
static void blanks_and_case_do_not_matter(void **state) {
    (void)state;
    struct scf_invoice_identity i = digital();
    i.invoice_no = SCF_STR(" 2633 2000\xe3\x80\x80 0000\xc2\xa0 12345678");
    i.seller = SCF_STR("91330100ma27xxxx1a");
    assert_hex(scf_invoice_fingerprint(&i), DIGITAL);
}

static void every_field_matters(void **state) {
    (void)state;
    struct scf_invoice_identity changed[6];
    struct scf_hash whole, other;
    for (size_t k = 0; k < SCF_COUNT(changed); k++)
        changed[k] = digital();
    whole = scf_invoice_fingerprint(&changed[0]);
    changed[0].invoice_code = SCF_STR("1");
    changed[1].invoice_no = SCF_STR("26332000000012345679");
    changed[2].issued_day++;
    changed[3].amount++;
    changed[4].seller = BUYER;
    changed[5].buyer = SELLER;
    for (size_t k = 0; k < SCF_COUNT(changed); k++) {
        other = scf_invoice_fingerprint(&changed[k]);
        assert_false(scf_hash_eq(&whole, &other));
    }
}

static void of_receivables(void **state) {
    const struct scf_str numbers[] = {SCF_STR("26332000000012345679"), SCF_STR("0012 3456"),
                                      SCF_STR("26332000000012345678")};
    struct scf_receivable_identity r = {.seller = SELLER,
                                        .buyer = BUYER,
                                        .contract_no = SCF_STR("ht-2026/7"),
                                        .invoice_nos = numbers,
                                        .invoice_count = SCF_COUNT(numbers),
                                        .amount = 22600000,
                                        .has_due = true,
                                        .due_day = day("2027-02-23")};
    struct scf_hash hash;
    assert_true(scf_receivable_fingerprint(&r, *state, &hash));
    assert_hex(hash, "854fb99303ef7bc9b7398f61c3dacf17ff77011ae9716c49bfc443d38dbeaa72");
    r = (struct scf_receivable_identity){.seller = SCF_STR("A"), .buyer = SCF_STR("B")};
    assert_true(scf_receivable_fingerprint(&r, *state, &hash)); /* "A|B|||0|" */
    assert_hex(hash, "9361e08dc8dc9ac43418990830ce1be73dfe54b3f668e854cb4d4d5676b20dbd");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_invoices),
        cmocka_unit_test(whatever_their_length),
        cmocka_unit_test(blanks_and_case_do_not_matter),
        cmocka_unit_test(every_field_matters),
        cmocka_unit_test(of_receivables),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
