/* Deciding claims over heads in memory. */
#include <setjmp.h>
#include <cmocka.h>

#include "claim.h"

enum { WANTS = 3, NET = 1000 };

struct fixture {
    struct scf_arena *arena;
    struct scf_claim_want wants[WANTS];
    struct scf_claim_invoice invoices[WANTS];
    struct scf_uuid keys[WANTS + 1];
    struct scf_claim_head heads[WANTS + 1];
    struct scf_claim_live live[16];
    struct scf_claim_row rows[16];
    struct scf_claim_book book;
    struct scf_error err;
};

/* Three invoices; the third was corrected and has a second number. */
static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = scf_arena_new(1 << 20);
    for (uint8_t i = 0; i < WANTS + 1; i++)
        f->keys[i].b[15] = f->heads[i].key.b[15] = (uint8_t)(i + 1);
    for (size_t i = 0; i < WANTS; i++) {
        f->wants[i] = (struct scf_claim_want){.amount = 400, .currency = "CNY"};
        f->invoices[i] = (struct scf_claim_invoice){.found = true,
                                                    .currency = "CNY",
                                                    .number = "",
                                                    .first_key = i,
                                                    .key_count = i == 2 ? 2 : 1,
                                                    .net = NET};
    }
    f->book = (struct scf_claim_book){.arena = f->arena,
                                      .now_us = 5000,
                                      .wants = f->wants,
                                      .invoices = f->invoices,
                                      .n = WANTS,
                                      .keys = f->keys,
                                      .heads = f->heads,
                                      .head_count = WANTS + 1,
                                      .live = f->live,
                                      .live_max = SCF_COUNT(f->live),
                                      .rows = f->rows,
                                      .row_max = SCF_COUNT(f->rows)};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    scf_arena_free(f->arena);
    free(f);
    return 0;
}

static enum scf_code claim(struct fixture *f, uint8_t holder, size_t first, size_t count,
                           bool by_loan) {
    const struct scf_claimant claimant = {.holder_id = {{holder}},
                                          .by_loan = by_loan,
                                          .until_us = by_loan ? INT64_MAX : 9000,
                                          .first = first,
                                          .count = count,
                                          .member = by_loan ? "invoice_ids" : "invoices"};
    f->err = (struct scf_error){0};
    return scf_claims_decide(&f->book, &claimant, f->arena, &f->err);
}

static void parts_add_up_to_the_net_amount(void **state) {
    struct fixture *f = *state;
    assert_int_equal(claim(f, 1, 0, 1, false), SCF_OK);
    assert_int_equal(claim(f, 2, 0, 1, false), SCF_OK);
    assert_int_equal(claim(f, 3, 0, 1, false), SCF_E_ALREADY_CLAIMED);
    assert_non_null(strstr(f->err.members_json, "\"remaining\":\"2.00\""));
    assert_non_null(strstr(f->err.members_json, "\"since\":\"1970-01-01T00:00:00.005000Z\""));
    assert_non_null(strstr(f->err.members_json, "\"until\":\"1970-01-01T00:00:00.009000Z\""));
    f->wants[0].amount = 200;
    assert_int_equal(claim(f, 3, 0, 1, false), SCF_OK);
    assert_int_equal(f->heads[0].claimed, NET);
    assert_int_equal(f->book.row_count, 3);
}

static void a_loser_leaves_no_trace(void **state) {
    struct fixture *f = *state;
    f->heads[1].claimed = 700; /* the second of three does not fit */
    f->live[f->book.live_count++] = (struct scf_claim_live){
        .key = f->keys[1], .since_us = 1, .until_us = INT64_MAX, .by_loan = true};
    assert_int_equal(claim(f, 1, 0, 3, false), SCF_E_ALREADY_CLAIMED);
    assert_null(strstr(f->err.members_json, "until")); /* a loan has no end that is known */
    assert_int_equal(f->heads[0].claimed, 0);
    assert_int_equal(f->heads[1].claimed, 700);
    assert_int_equal(f->heads[2].claimed, 0);
    assert_int_equal(f->book.row_count, 0);
    assert_false(f->heads[0].touched);
}

static void a_claim_counts_at_every_number(void **state) {
    struct fixture *f = *state;
    f->wants[2].amount = NET;
    assert_int_equal(claim(f, 1, 2, 1, false), SCF_OK);
    assert_int_equal(f->heads[2].claimed, NET);
    assert_int_equal(f->heads[3].claimed, NET);
    assert_int_equal(f->book.row_count, 2);
    f->wants[0].amount = 1; /* somebody names it by the second number alone */
    f->invoices[0].first_key = 3;
    assert_int_equal(claim(f, 2, 0, 1, false), SCF_E_ALREADY_CLAIMED);
}

static void the_same_invoice_twice_is_one_claim(void **state) {
    struct fixture *f = *state;
    f->invoices[1].first_key = 0;
    assert_int_equal(claim(f, 1, 0, 2, false), SCF_OK);
    assert_int_equal(f->book.row_count, 1);
    assert_int_equal(f->rows[0].amount, 800);
    f->wants[0].amount = f->wants[1].amount = 101;
    assert_int_equal(claim(f, 2, 0, 2, false), SCF_E_ALREADY_CLAIMED);
    assert_int_equal(f->heads[0].claimed, 800);
}

static void a_loan_claims_the_whole(void **state) {
    struct fixture *f = *state;
    f->wants[0].amount = 0;
    assert_int_equal(claim(f, 1, 0, 1, true), SCF_OK);
    assert_int_equal(f->rows[0].amount, NET);
    assert_int_equal(claim(f, 2, 0, 1, true), SCF_E_INVOICE_FINANCED);
    f->wants[0].amount = 1;
    assert_int_equal(claim(f, 3, 0, 1, false), SCF_E_ALREADY_CLAIMED);
    f->wants[1].amount = 1;
    assert_int_equal(claim(f, 4, 1, 1, false), SCF_OK);
    f->wants[1].amount = 0; /* a hold on a part is in the way of a loan on the whole */
    assert_int_equal(claim(f, 5, 1, 1, true), SCF_E_ALREADY_CLAIMED);
}

static void what_is_financed_elsewhere_is_refused(void **state) {
    struct fixture *f = *state;
    f->invoices[1].elsewhere = true;
    assert_int_equal(claim(f, 1, 0, 2, false), SCF_E_INVOICE_FINANCED);
    assert_int_equal(f->heads[0].claimed, 0);
}

static void faults_name_the_place(void **state) {
    struct fixture *f = *state;
    f->invoices[0].found = false;
    memcpy(f->wants[1].currency, "USD", 4);
    f->wants[2].amount = NET + 1;
    assert_int_equal(claim(f, 1, 0, 3, false), SCF_E_VALIDATION_FAILED);
    assert_int_equal(f->err.faults->count, 3);
    assert_string_equal(f->err.faults->items[0].pointer, "#/invoices/0/invoice_id");
    assert_string_equal(f->err.faults->items[1].pointer, "#/invoices/1/invoice_id");
    assert_string_equal(f->err.faults->items[2].pointer, "#/invoices/2/amount");
    f->invoices[0].found = true;
    f->invoices[0].net = 0; /* void, or all red */
    f->wants[0].amount = 0;
    assert_int_equal(claim(f, 1, 0, 1, true), SCF_E_VALIDATION_FAILED);
    assert_string_equal(f->err.faults->items[0].pointer, "#/invoice_ids/0");
}

/* The receivable is worth half of its invoice: whoever names it gets no more than that; whoever
 * names the invoice takes of it what is left. */
static void a_receivable_has_a_bound_of_its_own(void **state) {
    struct fixture *f = *state;
    f->invoices[0].receivable = (struct scf_claim_receivable){
        .found = true, .id = {{9}}, .key = f->keys[WANTS], .fingerprint = {{7}}, .net = NET / 2};
    f->wants[0].receivable_id = f->invoices[0].receivable.id;
    assert_int_equal(claim(f, 1, 0, 1, false), SCF_OK);
    assert_int_equal(f->book.row_count, 2);
    assert_int_equal(f->rows[1].amount, 400);
    assert_int_equal(f->rows[1].fingerprint.b[0], 7);
    assert_int_equal(f->rows[1].receivable_id.b[0], 9);
    assert_int_equal(claim(f, 2, 0, 1, false), SCF_E_ALREADY_CLAIMED);
    assert_int_equal(f->heads[0].claimed, 400);
    assert_int_equal(f->heads[WANTS].claimed, 400);
    f->wants[0].receivable_id = (struct scf_uuid){{0}};
    assert_int_equal(claim(f, 3, 0, 1, false), SCF_OK);
    assert_int_equal(f->heads[0].claimed, 800);
    assert_int_equal(f->heads[WANTS].claimed, NET / 2);
    f->wants[0].receivable_id = f->invoices[0].receivable.id;
    f->wants[0].amount = NET / 2 + 1;
    assert_int_equal(claim(f, 4, 0, 1, false), SCF_E_VALIDATION_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_add_up_to_the_net_amount, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loser_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_claim_counts_at_every_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_invoice_twice_is_one_claim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loan_claims_the_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_financed_elsewhere_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults_name_the_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_receivable_has_a_bound_of_its_own, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
