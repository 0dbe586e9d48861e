/* Every cross-check of CR-6.1: what passes, what fails, the figure on the tolerance and the one
 * beyond it, and that nothing is passed without data. */
#include "cases.h"

static struct story s;

static const cJSON *plain(struct story *t) {
    return json_of(t, "{'amount':'10000.00','currency':'CNY','signed_on':'2025-10-01',"
                      "'collection_account':{'account_no':'6222 0000'}}");
}

/* 1,000 at 10.00 without tax, 13 % */
static const cJSON *goods(struct story *t) {
    return json_of(t, "{'amount':'11300.00','amount_excl_tax':'10000.00','currency':'CNY',"
                      "'signed_on':'2025-10-01','lines':[{'item_code':'B-1','item_name':'bearing',"
                      "'unit':'pc','quantity':'1000','unit_price':'10','amount':'10000.00',"
                      "'tax_rate':'0.13'}]}");
}

static void happens(const char *step, const char *at) {
    EVENT(&s, BUYER, "{'event_id':'%s %s','step':'%s','occurred_at':'%sT12:00:00Z'}", step, at,
          step, at);
}

static struct scf_fact *bill(const char *no, const char *day, const char *total) {
    return INVOICE(&s, SELLER,
                   "{'invoice_no':'%s','issued_on':'%s','total_amount':'%s','currency':'CNY'}", no,
                   day, total);
}

static void assert_detail(const struct story *t, enum scf_check check, const char *en,
                          const char *zh) {
    assert_string_equal(text_of(t, finding(t, check), false), en);
    assert_string_equal(text_of(t, finding(t, check), true), zh);
}

static void nothing_is_passed_without_data(void **state) {
    (void)state;
    begin(&s, plain);
    look(&s);
    for (size_t i = 0; i < s.view.finding_count; i++)
        assert_int_equal(s.view.findings[i].outcome, NOTHING);
    assert_int_equal(s.view.finding_count, SCF_CHECKS);
    assert_int_equal(s.view.applicable_ppm, 0);
    assert_false(s.view.hard_failed);
    end(&s);
}

static void parties(void **state) {
    (void)state;
    begin(&s, plain);
    bill("1", "2025-10-02", "1.00");
    look(&s);
    assert_outcome(&s, SCF_CHECK_PARTIES, PASSED);
    bill("2", "2025-10-02", "1.00")->buyer_id = enterprise(CARRIER);
    look(&s);
    assert_outcome(&s, SCF_CHECK_PARTIES, FAILED);
    assert_int_equal(finding(&s, SCF_CHECK_PARTIES)->failures, 1);
    assert_memory_equal(finding(&s, SCF_CHECK_PARTIES)->records[0].b, s.facts[1].record_id.b, 16);
    assert_false(s.view.invoices[0].hard_failed);
    assert_true(s.view.invoices[1].hard_failed);
    assert_true(s.view.hard_failed);
    end(&s);
}

static void deliveries_are_to_or_from_a_party(void **state) {
    (void)state;
    begin(&s, plain);
    EVENT(&s, BUYER,
          "{'event_id':'1','step':'shipped','actor_enterprise_id':'%s','counterparty_id':'%s'}",
          ent(&s, CARRIER), ent(&s, BUYER));
    look(&s);
    assert_outcome(&s, SCF_CHECK_PARTIES, PASSED);
    EVENT(&s, BUYER, "{'event_id':'2','step':'shipped','actor_enterprise_id':'%s'}",
          ent(&s, CARRIER));
    look(&s);
    assert_outcome(&s, SCF_CHECK_PARTIES, FAILED);
    end(&s);
}

static void signed_first(void **state) {
    (void)state;
    begin(&s, plain);
    /* 1 October there, 30 September in UTC: not before the day of signing */
    EVENT(&s, BUYER,
          "{'event_id':'1','step':'received','occurred_at':'2025-10-01T02:00:00+08:00'}");
    happens("shipped", "2025-09-01"); /* hard on receipts only */
    look(&s);
    assert_outcome(&s, SCF_CHECK_SIGNED_FIRST, PASSED);
    happens("received", "2025-09-30");
    look(&s);
    assert_outcome(&s, SCF_CHECK_SIGNED_FIRST, FAILED);
    assert_detail(&s, SCF_CHECK_SIGNED_FIRST,
                  "\"received\" on 2025-09-30, before the contract was signed on 2025-10-01.",
                  "“received”发生于2025-09-30，早于合同签订日2025-10-01。");
    end(&s);
}

static void step_order(void **state) {
    (void)state;
    begin(&s, plain);
    happens("order_confirmed", "2025-10-02");
    happens("shipped", "2025-10-05");
    happens("received", "2025-10-05");
    happens("accepted", "2025-10-07");
    bill("1", "2025-10-02", "1.00");
    look(&s);
    assert_outcome(&s, SCF_CHECK_STEP_ORDER, PASSED);
    assert_int_equal(finding(&s, SCF_CHECK_STEP_ORDER)->cases, 5);
    bill("2", "2025-10-01", "1.00"); /* a day before the order */
    look(&s);
    assert_int_equal(finding(&s, SCF_CHECK_STEP_ORDER)->failures, 1);
    happens("accepted", "2025-10-04"); /* before it was received */
    look(&s);
    assert_int_equal(finding(&s, SCF_CHECK_STEP_ORDER)->failures, 2);
    assert_false(s.view.hard_failed); /* soft */
    assert_true(s.view.passed_ppm < s.view.applicable_ppm);
    end(&s);
}

static void the_seller_inspects_what_leaves_its_works(void **state) {
    (void)state;
    begin(&s, plain);
    EVENT(&s, SELLER, "{'event_id':'1','step':'inspected','occurred_at':'2025-10-03T00:00:00Z'}");
    happens("shipped", "2025-10-05");
    happens("received", "2025-10-06");
    look(&s);
    assert_outcome(&s, SCF_CHECK_STEP_ORDER, PASSED);
    EVENT(&s, BUYER, "{'event_id':'2','step':'inspected','occurred_at':'2025-10-03T00:00:00Z'}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_STEP_ORDER, FAILED);
    end(&s);
}

static void due_after(void **state) {
    (void)state;
    begin(&s, plain);
    INVOICE(&s, SELLER,
            "{'invoice_no':'1','issued_on':'2025-10-02','due_on':'2025-10-07',"
            "'total_amount':'1.00','currency':'CNY'}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_DUE_AFTER, NOTHING);
    happens("accepted", "2025-10-07");
    look(&s);
    assert_outcome(&s, SCF_CHECK_DUE_AFTER, PASSED);
    INVOICE(&s, SELLER,
            "{'invoice_no':'2','issued_on':'2025-10-02','due_on':'2025-10-06',"
            "'total_amount':'1.00','currency':'CNY'}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_DUE_AFTER, FAILED);
    end(&s);
}

static struct scf_fact *takes(const char *quantity) {
    return EVENT(&s, BUYER,
                 "{'event_id':'%s','step':'accepted','items':[{'item_code':'B-1','unit':'PC',"
                 "'quantity':'%s'}]}",
                 quantity, quantity);
}

static struct scf_fact *bills(const char *no, const char *quantity, const char *price,
                              const char *more) {
    return INVOICE(&s, SELLER,
                   "{'invoice_no':'%s','issued_on':'2025-10-08','total_amount':'1.13',"
                   "'currency':'CNY','lines':[{'goods_name':'*x*Bearing','unit':'pc',"
                   "'quantity':'%s','unit_price':'%s','amount':'1.00','tax_rate':'0.13',"
                   "'tax_amount':'0.13'}]%s}",
                   no, quantity, price, more);
}

/* τ = 2 % of 1,000 ordered: 20 pieces either way, not a millionth more */
static void quantity_match(void **state) {
    (void)state;
    static const struct {
        const char *invoiced;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"500", PASSED},
                {"520", PASSED},
                {"520.000001", FAILED},
                {"480", PASSED},
                {"479.999999", FAILED}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, goods);
        bills("1", rows[i].invoiced, "10", "");
        look(&s);
        assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, NOTHING); /* nothing was accepted yet */
        takes("500");
        look(&s);
        assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, rows[i].outcome);
        assert_int_equal(s.view.invoices[0].hard_failed, rows[i].outcome == FAILED);
        end(&s);
    }
}

/* Deliveries in two parts, of which the second is not invoiced yet: the invoice that names its
 * event matches it. A red letter takes off what it cancels. */
static void quantity_of_named_events(void **state) {
    (void)state;
    char id[SCF_ID_TEXT];
    begin(&s, goods);
    scf_id_format("evt", &takes("500")->record_id, id);
    takes("400");
    bills("1", "500", "10", scf_asprintf(s.arena, ",'workflow_event_ids':['%s']", id));
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, PASSED);
    assert_true(s.view.invoices[0].delivered);
    bills("2", "-500", "10", ",'red_invoice':true,'original_invoice_no':'1'")->amount = -113;
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, NOTHING); /* no invoice is in force */
    assert_true(s.view.invoices[0].cancelled);
    end(&s);
}

/* The seller cannot pass by its own word, not even by billing its own event. */
static void quantity_is_the_buyers_word(void **state) {
    (void)state;
    char id[SCF_ID_TEXT];
    begin(&s, goods);
    struct scf_fact *claim =
        EVENT(&s, SELLER,
              "{'event_id':'s','step':'accepted','items':[{'item_code':'B-1','quantity':"
              "'600'}]}");
    scf_id_format("evt", &claim->record_id, id);
    bills("1", "600", "10", scf_asprintf(s.arena, ",'workflow_event_ids':['%s']", id));
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, PASSED); /* nobody says otherwise … */
    assert_false(s.view.invoices[0].delivered);           /* … but it proves no delivery */
    EVENT(&s, BUYER,
          "{'event_id':'b','step':'received','items':[{'item_code':'B-1','quantity':"
          "'400'}]}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_MATCH, FAILED);
    end(&s);
}

static void quantity_ordered(void **state) {
    (void)state;
    begin(&s, goods);
    takes("1050"); /* + 5 % */
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_ORDERED, PASSED);
    takes("0.000001");
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_ORDERED, FAILED);
    assert_detail(&s, SCF_CHECK_QUANTITY_ORDERED, "bearing: accepted 1050.000001 of 1000 ordered.",
                  "bearing：验收数量1050.000001，订购数量1000。");
    end(&s);
}

static void other_units_are_not_compared(void **state) {
    (void)state;
    begin(&s, goods);
    EVENT(&s, BUYER,
          "{'event_id':'1','step':'accepted','items':[{'item_code':'B-1','unit':'box',"
          "'quantity':'5000'}]}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_QUANTITY_ORDERED, NOTHING);
    end(&s);
}

/* ± 1 % of 10.00; the contract's lines add up to its amount without tax, so that is what counts */
static void price_match(void **state) {
    (void)state;
    static const struct {
        const char *price;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"10.1", PASSED}, {"9.9", PASSED}, {"10.10000001", FAILED}, {"11.3", FAILED}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, goods);
        bills("1", "1", rows[i].price, "");
        look(&s);
        assert_outcome(&s, SCF_CHECK_PRICE_MATCH, rows[i].outcome);
        end(&s);
    }
}

static void invoice_sum(void **state) {
    (void)state;
    begin(&s, plain);
    bill("1", "2025-10-02", "6000.00");
    bill("2", "2025-10-03", "4000.00");
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, PASSED);
    assert_int_equal(s.view.invoiced, 1000000);
    bill("3", "2025-10-04", "0.01");
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, FAILED);
    assert_false(s.view.invoices[1].hard_failed);
    assert_true(s.view.invoices[2].hard_failed); /* the one that passes the amount */
    struct scf_fact *red = bill("4", "2025-10-05", "-0.01");
    red->reduces = true;
    red->original_key = s.facts[0].number_key;
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, PASSED);
    assert_int_equal(s.view.invoices[0].reduced, 1);
    assert_int_equal(s.view.dilution_12m, 1);
    memcpy(bill("5", "2025-10-06", "0.00")->currency, "USD", 4);
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, FAILED);
    end(&s);
}

static const cJSON *changed(struct story *t) {
    return json_of(t, "{'amount':'100.00','currency':'CNY','signed_on':'2025-10-01',"
                      "'change_orders':[{'number':'1','approved_on':'2025-11-01','amount':'10.00'},"
                      "{'number':'2','amount':'50.00'}]}");
}

static void change_orders_count_when_approved(void **state) {
    (void)state;
    begin(&s, changed);
    bill("1", "2025-10-02", "110.00");
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, PASSED);
    bill("2", "2025-10-03", "0.01");
    look(&s);
    assert_outcome(&s, SCF_CHECK_INVOICE_SUM, FAILED);
    end(&s);
}

/* 0.13 · 100.50 = 13.065: ± 0.06 leaves 13.01 to 13.12 */
static void line_tax(void **state) {
    (void)state;
    static const struct {
        const char *tax;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"13.01", PASSED}, {"13.12", PASSED}, {"13.00", FAILED}, {"13.13", FAILED}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        INVOICE(&s, SELLER,
                "{'invoice_no':'1','issued_on':'2025-10-08','total_amount':'1.00','currency':'CNY',"
                "'lines':[{'goods_name':'x','amount':'100.50','tax_rate':'0.13','tax_amount':"
                "'%s'}]}",
                rows[i].tax);
        look(&s);
        assert_outcome(&s, SCF_CHECK_LINE_TAX, rows[i].outcome);
        end(&s);
    }
}

static void fund_flow(void **state) {
    (void)state;
    static const struct {
        const char *payment;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"'bank_receipt_no':'1'", NOTHING},
                {"'payer_id':'%s'", PASSED},
                {"'payer_id':'%s','payee_account_no':'62220000'", PASSED},
                {"'payer_id':'%s','payee_account_no':'62220001'", FAILED},
                {"'payer_account_no':'1111 22'", PASSED},
                {"'payer_account_no':'1111 23'", FAILED}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        INVOICE(&s, SELLER,
                "{'invoice_no':'1','issued_on':'2025-10-08','total_amount':'1.00',"
                "'currency':'CNY','buyer':{'bank_account':'111122'}}");
        char payment[200];
        const char *name = strstr(rows[i].payment, "%s");
        snprintf(payment, sizeof payment, "%.*s%s%s",
                 (int)(name != NULL ? name - rows[i].payment : (long)strlen(rows[i].payment)),
                 rows[i].payment, name != NULL ? ent(&s, BUYER) : "", name != NULL ? name + 2 : "");
        EVENT(&s, SELLER, "{'event_id':'1','step':'paid','payment':{%s}}", payment);
        look(&s);
        assert_outcome(&s, SCF_CHECK_FUND_FLOW, rows[i].outcome);
        EVENT(&s, SELLER, "{'event_id':'2','step':'paid','payment':{'payer_id':'%s'}}",
              ent(&s, CARRIER));
        look(&s);
        assert_outcome(&s, SCF_CHECK_FUND_FLOW, FAILED);
        end(&s);
    }
}

/* 120 km/h on the road: 240 km in two hours, not in a minute less; 49 t on a lorry */
static void logistics(void **state) {
    (void)state;
    static const struct {
        const char *received_at, *weight;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"10:00", "49000", PASSED}, {"09:59", "1", FAILED}, {"10:00", "49000.001", FAILED}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        EVENT(&s, SELLER, "{'event_id':'0','step':'shipped'}");
        look(&s);
        assert_outcome(&s, SCF_CHECK_LOGISTICS, NOTHING);
        EVENT(&s, SELLER,
              "{'event_id':'1','step':'shipped','occurred_at':'2025-10-02T08:00:00Z','shipment':{"
              "'waybill_no':'SF 1','mode':'road','distance_km':'240','weight_kg':'%s'}}",
              rows[i].weight);
        EVENT(&s, BUYER,
              "{'event_id':'2','step':'received','occurred_at':'2025-10-02T%s:00Z','shipment':{"
              "'waybill_no':'sf1'}}",
              rows[i].received_at);
        look(&s);
        assert_outcome(&s, SCF_CHECK_LOGISTICS, rows[i].outcome);
        end(&s);
    }
    begin(&s, plain);
    EVENT(&s, SELLER, "{'event_id':'1','step':'shipped','shipment':{'carrier':'x'}}");
    look(&s);
    assert_outcome(&s, SCF_CHECK_LOGISTICS, FAILED); /* a shipment without a waybill */
    end(&s);
}

static struct scf_sale sale(int seller, int buyer, int64_t amount, int32_t day) {
    return (struct scf_sale){
        enterprise(seller), enterprise(buyer), uuid_of(8, (uint64_t)seller), amount, day, true};
}

static struct scf_sale made_up(int seller, int buyer, int64_t amount, int32_t day) {
    struct scf_sale one = sale(seller, buyer, amount, day);
    one.vouched = false;
    return one;
}

/* within 30 days, ± 10 % of 100.00 */
static void round_trip(void **state) {
    (void)state;
    int32_t day = scf_day_from_civil(2025, 10, 2);
    const struct {
        struct scf_sale sales[3];
        size_t n;
        enum scf_outcome_of_check outcome;
    } rows[] = {
        {.n = 0, .outcome = PASSED},
        {{sale(BUYER, SELLER, 11000, day + 30)}, 1, FAILED},
        {{sale(BUYER, SELLER, 11001, day)}, 1, PASSED},
        {{sale(BUYER, SELLER, 10000, day + 31)}, 1, PASSED},
        {{sale(BUYER, CARRIER, 9000, day - 30), sale(CARRIER, SELLER, 9500, day)}, 2, FAILED},
        {{sale(BUYER, CARRIER, 10000, day), sale(BANK, SELLER, 10000, day)}, 2, PASSED},
        {{sale(BUYER, CARRIER, 10000, day), sale(CARRIER, BANK, 10000, day),
          sale(BANK, SELLER, 10000, day)},
         3,
         FAILED},
        /* on an outsider's word alone; then also on that of a party */
        {{made_up(BUYER, CARRIER, 10000, day), made_up(CARRIER, SELLER, 10000, day)}, 2, PASSED},
        {{made_up(BUYER, CARRIER, 10000, day), sale(CARRIER, SELLER, 10000, day)}, 2, FAILED},
        {{sale(BUYER, CARRIER, 10000, day), made_up(CARRIER, SELLER, 10000, day)}, 2, FAILED},
        {{sale(BUYER, CARRIER, 10000, day), sale(CARRIER, BUYER, 10000, day)}, 2, PASSED},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        bill("1", "2025-10-02", "100.00");
        look(&s);
        assert_outcome(&s, SCF_CHECK_ROUND_TRIP, NOTHING); /* nobody looked */
        s.made.sales = rows[i].sales;
        s.made.sale_count = rows[i].n;
        s.made.sales_known = true;
        look(&s);
        assert_outcome(&s, SCF_CHECK_ROUND_TRIP, rows[i].outcome);
        assert_false(s.view.hard_failed); /* an alert */
        end(&s);
    }
}

static void invoice_cancelled(void **state) {
    (void)state;
    static const struct {
        const char *members;
        enum scf_outcome_of_check outcome;
    } rows[] = {{"", NOTHING},
                {",'verification':{'status':'unverified'}", NOTHING},
                {",'verification':{'status':'verified'}", PASSED},
                {",'tax_status':'normal'", PASSED},
                {",'tax_status':'partially_red'", PASSED},
                {",'tax_status':'voided'", FAILED},
                {",'tax_status':'fully_red'", FAILED},
                {",'verification':{'status':'not_found'}", FAILED}};
    static const int sayers[] = {SELLER, BANK, STRANGER};
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        for (size_t k = 0; k < SCF_COUNT(sayers); k++) {
            begin(&s, plain);
            bill("1", "2025-10-02", "100.00");
            say(&s, sayers[k], sayers[k] == BANK ? SCF_NODE_LENDER : SCF_NODE_ERP, SCF_REC_INVOICE,
                json_of(&s,
                        "{'invoice_no':'1','issued_on':'2025-10-02','total_amount':'100.00',"
                        "'currency':'CNY'%s}",
                        rows[i].members));
            look(&s);
            bool heard = sayers[k] != STRANGER; /* a stranger says nothing about it */
            assert_outcome(&s, SCF_CHECK_INVOICE_CANCELLED, heard ? rows[i].outcome : NOTHING);
            assert_int_equal(s.view.invoice_count, 1);
            assert_int_equal(s.view.invoices[0].cancelled, heard && rows[i].outcome == FAILED);
            end(&s);
        }
    }
}

/* X = passed / applicable: with weights of one, 2 of 3 */
static void the_ratio_is_weighed(void **state) {
    (void)state;
    begin(&s, plain);
    bill("1", "2025-10-02", "10000.01"); /* parties pass, order passes, the sum fails */
    look(&s);
    assert_int_equal(s.view.applicable_ppm, 3 * SCF_PPM);
    assert_int_equal(s.view.passed_ppm, 2 * SCF_PPM);
    assert_true(s.view.hard_failed);
    end(&s);
}

/* 10,000 declared and ± 20 %: 12,000 passes, a cent more does not; the seller's own word never
 * passes, but fails. */
static void declared_revenue(void **state) {
    (void)state;
    static const struct {
        struct scf_revenue r;
        enum scf_outcome_of_check outcome;
        const char *detail;
    } rows[] = {
        {{false, false, {{0}}, 1, 1000000, 2000000}, SCF_CHECK_NOT_APPLICABLE, ""},
        {{true, false, {{0}}, 1, 1000000, 1200000}, SCF_CHECK_PASSED, ""},
        {{true, false, {{0}}, 1, 1000000, 0}, SCF_CHECK_PASSED, ""},
        {{true, false, {{9}}, 3, 1000000, 1200001},
         SCF_CHECK_FAILED,
         "The seller's invoices are 120.00 % of the sales that it declared for 3 months."},
        {{true, true, {{0}}, 1, 1000000, 1000000}, SCF_CHECK_NOT_APPLICABLE, ""},
        {{true, true, {{9}}, 1, 1000000, 1500000},
         SCF_CHECK_FAILED,
         "The seller's invoices are 150.00 % of the sales that it declared for 1 months."},
        {{true, false, {{9}}, 2, 0, 1},
         SCF_CHECK_FAILED,
         "The seller declared next to no sales for 2 months, and invoiced some."},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        begin(&s, plain);
        s.made.revenue = rows[i].r;
        look(&s);
        assert_outcome(&s, SCF_CHECK_DECLARED_REVENUE, rows[i].outcome);
        const struct scf_finding *f = finding(&s, SCF_CHECK_DECLARED_REVENUE);
        assert_string_equal(text_of(&s, f, false), rows[i].detail);
        assert_int_equal(f->record_count, rows[i].outcome == SCF_CHECK_FAILED);
        assert_false(s.view.hard_failed);
        end(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_passed_without_data),
        cmocka_unit_test(parties),
        cmocka_unit_test(deliveries_are_to_or_from_a_party),
        cmocka_unit_test(signed_first),
        cmocka_unit_test(step_order),
        cmocka_unit_test(the_seller_inspects_what_leaves_its_works),
        cmocka_unit_test(due_after),
        cmocka_unit_test(quantity_match),
        cmocka_unit_test(quantity_of_named_events),
        cmocka_unit_test(quantity_is_the_buyers_word),
        cmocka_unit_test(quantity_ordered),
        cmocka_unit_test(other_units_are_not_compared),
        cmocka_unit_test(price_match),
        cmocka_unit_test(invoice_sum),
        cmocka_unit_test(change_orders_count_when_approved),
        cmocka_unit_test(line_tax),
        cmocka_unit_test(fund_flow),
        cmocka_unit_test(logistics),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(invoice_cancelled),
        cmocka_unit_test(the_ratio_is_weighed),
        cmocka_unit_test(declared_revenue),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
