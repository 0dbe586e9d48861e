/* Invoices as claims: whose word counts, and what is taken off them. */
#include "cases.h"

static struct story s;

static const cJSON *plain(struct story *t) {
    return json_of(t, "{'amount':'1000.00','currency':'CNY','signed_on':'2025-10-01'}");
}

static struct scf_fact *bill(int who, const char *no, const char *total, const char *more) {
    return INVOICE(&s, who,
                   "{'invoice_no':'%s','issued_on':'2025-10-0%s','total_amount':'%s',"
                   "'currency':'CNY'%s}",
                   no, no, total, more);
}

static const struct scf_trade_invoice *shown(size_t i) {
    assert_true(i < s.view.invoice_count);
    return &s.view.invoices[i];
}

/* The word that was received first counts, with its own corrections; what a later one says
 * otherwise does not, however the chains are sorted. */
static void the_first_word_counts(void **state) {
    (void)state;
    static const int orders[][2] = {{SELLER, BUYER}, {BUYER, SELLER}};
    for (size_t i = 0; i < SCF_COUNT(orders); i++) {
        begin(&s, plain);
        bill(STRANGER, "1", "777.00", "");
        struct scf_fact *first = bill(orders[i][0], "1", "100.00", "");
        bill(orders[i][1], "1", "900.00", "");
        look(&s);
        assert_int_equal(s.view.invoice_count, 1);
        assert_int_equal(shown(0)->amount, 10000);
        struct scf_fact *corrected = bill(orders[i][0], "1", "120.00", "");
        corrected->revises_id = first->record_id;
        look(&s);
        assert_int_equal(s.view.invoice_count, 1);
        assert_int_equal(shown(0)->amount, 12000);
        assert_memory_equal(shown(0)->invoice_id.b, corrected->record_id.b, 16);
        corrected->readable = false; /* moved away: what others say is left */
        look(&s);
        assert_int_equal(shown(0)->amount, 90000);
        end(&s);
    }
}

static void red_letters_and_credit_notes_reduce(void **state) {
    (void)state;
    begin(&s, plain);
    bill(SELLER, "1", "300.00", "");
    bill(SELLER, "2", "500.00", "");
    bill(SELLER, "3", "-100.00", ",'red_invoice':true,'original_invoice_no':'1'");
    bill(SELLER, "4", "50.00", ",'kind':'credit_note'"); /* names none: off the newest */
    bill(SELLER, "5", "-9.00",
         ",'red_invoice':true,'original_invoice_no':'1','tax_status':"
         "'voided'"); /* itself void */
    look(&s);
    assert_int_equal(s.view.invoice_count, 2);
    assert_int_equal(shown(0)->reduced, 10000);
    assert_int_equal(shown(1)->reduced, 5000);
    assert_int_equal(s.view.invoiced, 65000);
    assert_int_equal(s.view.sales_12m, 80000);
    assert_int_equal(s.view.dilution_12m, 15000);
    bill(SELLER, "6", "-260.00", ",'red_invoice':true,'original_invoice_no':'1'");
    look(&s); /* 60 more than is left of it: the rest is not lost */
    assert_true(shown(0)->cancelled);
    assert_int_equal(shown(0)->reduced, 30000);
    assert_int_equal(shown(1)->reduced, 11000);
    end(&s);
}

static void payments_go_to_what_they_name(void **state) {
    (void)state;
    begin(&s, plain);
    bill(SELLER, "1", "300.00", "");
    bill(SELLER, "2", "500.00", ",'payment':{'paid_amount':'20.00'}");
    EVENT(&s, SELLER,
          "{'event_id':'a','step':'paid','amount':'100.00','currency':'CNY',"
          "'business_refs':[{'type':'inv','value':'2'}]}");
    EVENT(&s, BUYER, "{'event_id':'b','step':'paid','amount':'350.00','currency':'CNY'}");
    look(&s); /* the nodes may report the same payment: of each invoice the larger sum */
    assert_int_equal(shown(0)->paid, 30000);
    assert_int_equal(shown(1)->paid, 10000);
    end(&s);
}

static void disputes_and_returns(void **state) {
    (void)state;
    begin(&s, plain);
    bill(SELLER, "1", "300.00", "");
    bill(SELLER, "2", "500.00", "");
    EVENT(&s, BUYER,
          "{'event_id':'a','step':'disputed','business_refs':[{'type':'inv','value':"
          "'1'}]}");
    look(&s);
    assert_int_equal(shown(0)->disputed, 30000);
    assert_int_equal(shown(1)->disputed, 0);
    EVENT(&s, SELLER, "{'event_id':'b','step':'dispute_resolved'}"); /* says the seller */
    say(&s, BANK, SCF_NODE_LENDER, SCF_REC_WORKFLOW_EVENT,
        json_of(&s, "{'event_id':'b2','step':'dispute_resolved'}"));
    look(&s);
    assert_int_equal(shown(0)->disputed, 30000);
    EVENT(&s, BUYER, "{'event_id':'c','step':'dispute_resolved'}");
    EVENT(&s, BUYER, "{'event_id':'d','step':'disputed','amount':'550.00','currency':'CNY'}");
    look(&s); /* the newest first */
    assert_int_equal(shown(1)->disputed, 50000);
    assert_int_equal(shown(0)->disputed, 5000);
    EVENT(&s, BUYER, "{'event_id':'e','step':'returned','amount':'40.00','currency':'CNY'}");
    look(&s);
    assert_int_equal(shown(0)->disputed, 9000);
    assert_int_equal(s.view.dilution_12m, 4000);
    end(&s);
}

static void delivery_is_proven_or_covered(void **state) {
    (void)state;
    begin(&s, plain);
    bill(SELLER, "1", "300.00", "");
    bill(SELLER, "2", "500.00", "");
    look(&s);
    assert_false(shown(0)->delivered);
    EVENT(&s, SELLER, "{'event_id':'a','step':'accepted','amount':'300.00','currency':'CNY'}");
    look(&s);
    assert_false(shown(0)->delivered);
    EVENT(&s, BUYER, "{'event_id':'b','step':'accepted','amount':'300.00','currency':'CNY'}");
    look(&s);
    assert_true(shown(0)->delivered);
    assert_false(shown(1)->delivered);
    EVENT(&s, BUYER, "{'event_id':'c','step':'accepted','amount':'500.00','currency':'CNY'}");
    look(&s);
    assert_true(shown(1)->delivered);
    end(&s);
}

static void financing_is_heard_from_the_concerned(void **state) {
    (void)state;
    static const struct {
        int who, kind;
        bool heard;
    } rows[] = {{STRANGER, SCF_NODE_ERP, false},
                {BANK, SCF_NODE_LENDER, true},
                {BUYER, SCF_NODE_ERP, true},
                {NOBODY, SCF_NODE_ERP, true}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        bill(SELLER, "1", "300.00", ",'financing':{'status':'none'}");
        look(&s);
        assert_false(shown(0)->financed_elsewhere);
        say(&s, rows[i].who, rows[i].kind, SCF_REC_INVOICE,
            json_of(&s, "{'invoice_no':'1','issued_on':'2025-10-01','total_amount':'300.00',"
                        "'currency':'CNY','financing':{'status':'pledged'}}"));
        look(&s);
        assert_int_equal(shown(0)->financed_elsewhere, rows[i].heard);
        end(&s);
    }
}

/* The database orders facts by receipt, chain, leaf: whatever order chains were folded in, the
 * rows are the same. Of equal times the lower chain id is first. */
static void ties_go_to_the_lower_chain(void **state) {
    (void)state;
    begin(&s, plain);
    bill(SELLER, "1", "300.00", "");
    bill(BUYER, "1", "400.00", "");
    s.facts[1].received_us = s.facts[0].received_us;
    assert_true(scf_uuid_compare(&s.facts[0].chain_id, &s.facts[1].chain_id) < 0);
    look(&s);
    assert_int_equal(shown(0)->amount, 30000);
    end(&s);
}

/* Many invoices of one number, and many events that name it a hundred times each: the view is
 * refused instead of keeping a thread for minutes. */
static void what_names_one_number_over_and_over_is_refused(void **state) {
    (void)state;
    enum { BILLS = 3000, EVENTS = 2000 };
    begin(&s, plain);
    struct scf_uuid refs[100];
    const struct scf_fact invoice = *bill(SELLER, "1", "1.00", "");
    struct scf_fact event = *EVENT(&s, BUYER, "{'step':'reconciled'}");
    for (size_t i = 0; i < SCF_COUNT(refs); i++)
        refs[i] = invoice.number_key;
    event.invoice_refs = refs;
    event.invoice_ref_count = SCF_COUNT(refs);
    struct scf_fact *facts = scf_alloc(s.arena, BILLS + EVENTS, sizeof *facts);
    int64_t *folded = scf_alloc(s.arena, BILLS + EVENTS, sizeof *folded);
    assert_true(facts != NULL && folded != NULL);
    for (size_t i = 0; i < BILLS + EVENTS; i++) {
        facts[i] = i < BILLS ? invoice : event;
        facts[i].leaf_index = (int64_t)i;
        facts[i].record_id = facts[i].object_key = uuid_of(9, i + 1);
    }
    struct scf_case c = {.arena = s.arena, .policy = &s.policy, .contract = &s.contract};
    assert_true(scf_view_make(&c, facts, folded, BILLS + EVENTS / 10, &s.view));
    assert_int_equal(s.view.invoice_count, BILLS);
    c = (struct scf_case){.arena = s.arena, .policy = &s.policy, .contract = &s.contract};
    assert_false(scf_view_make(&c, facts, folded, BILLS + EVENTS, &s.view));
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_word_counts),
        cmocka_unit_test(red_letters_and_credit_notes_reduce),
        cmocka_unit_test(payments_go_to_what_they_name),
        cmocka_unit_test(disputes_and_returns),
        cmocka_unit_test(delivery_is_proven_or_covered),
        cmocka_unit_test(financing_is_heard_from_the_concerned),
        cmocka_unit_test(ties_go_to_the_lower_chain),
        cmocka_unit_test(what_names_one_number_over_and_over_is_refused),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
