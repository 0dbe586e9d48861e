/* Completion and stage against figures worked out by hand; whose word proves what; negation;
 * independence of the order of arrival across chains. */
#include "cases.h"

static struct story s;

/* 100 bearings at 6,000.00 in all, 50 seals at 4,000.00: weights 0.6 and 0.4 */
static const cJSON *two_lines(struct story *t) {
    return json_of(t,
                   "{'amount':'10000.00','currency':'CNY','signed_on':'2025-10-01','lines':["
                   "{'item_code':'B-1','item_name':'bearing','quantity':'100','amount':'6000.00'},"
                   "{'item_code':'S-1','item_name':'seal','quantity':'50','amount':'4000.00'}]}");
}

static const cJSON *two_milestones(struct story *t) {
    return json_of(t, "{'amount':'9000.00','currency':'CNY','signed_on':'2025-10-01','milestones':["
                      "{'code':'M1','percentage':'30'},{'code':'M2','amount':'3000.00'},"
                      "{'title':'nameless','percentage':'10'}]}");
}

static const cJSON *bare(struct story *t) {
    return json_of(t, "{'amount':'10000.00','currency':'CNY','signed_on':'2025-10-01'}");
}

static void taken(int who, const char *id, const char *step, const char *item, int quantity) {
    EVENT(&s, who,
          "{'event_id':'%s','step':'%s','occurred_at':'2025-10-05T08:00:00+08:00',"
          "'items':[{'item_code':'%s','quantity':'%d'}]}",
          id, step, item, quantity);
}

static const cJSON *same_name(struct story *t) {
    return json_of(t, "{'amount':'10000.00','currency':'CNY','signed_on':'2025-10-01','lines':["
                      "{'item_code':'S','item_name':'coat','quantity':'10','amount':'2500.00'},"
                      "{'item_code':'M','item_name':'coat','quantity':'10','amount':'7500.00'}]}");
}

/* 0.2 for what is finished, 0.5 for what is shipped by its amount, 0.3 for what is accepted. */
static void steps_of_the_industry_are_milestones(void **state) {
    (void)state;
    static const struct scf_template_milestone steps[] = {
        {"production_completed", 200000}, {"shipped", 500000}, {"accepted", 300000}};
    static const struct scf_template industry = {.milestones = steps, .milestone_count = 3};
    begin(&s, bare);
    s.contract.tmpl = &industry;
    EVENT(&s, SELLER,
          "{'event_id':'0','step':'production_completed','occurred_at':'2025-10-02T00:00:00Z'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0); /* the seller's word proves nothing */
    EVENT(&s, BUYER,
          "{'event_id':'1','step':'production_completed','occurred_at':'2025-10-02T00:00:00Z'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 200000);
    assert_int_equal(s.view.milestone_count, 3);
    assert_string_equal(s.view.milestones[1].code, "shipped");
    EVENT(&s, BUYER,
          "{'event_id':'2','step':'shipped','occurred_at':'2025-10-03T00:00:00Z',"
          "'amount':'2500.00','currency':'CNY'}");
    EVENT(&s, BUYER,
          "{'event_id':'3','step':'shipped','occurred_at':'2025-10-04T00:00:00Z',"
          "'amount':'3500.00','currency':'CNY'}");
    look(&s); /* 0.2 + 0.5 · 0.6 */
    assert_int_equal(s.view.completion_ppm, 500000);
    assert_int_equal(s.view.milestones[1].share_ppm, 600000);
    assert_int_equal(s.view.milestones[1].evidence_count, 2);
    end(&s);
}

static void milestones_of_the_contract_go_before_the_industrys(void **state) {
    (void)state;
    static const struct scf_template_milestone steps[] = {{"shipped", SCF_PPM}};
    static const struct scf_template industry = {.milestones = steps, .milestone_count = 1};
    begin(&s, two_milestones);
    s.contract.tmpl = &industry;
    EVENT(&s, BUYER, "{'event_id':'1','step':'shipped','occurred_at':'2025-10-03T00:00:00Z'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    assert_string_equal(s.view.milestones[0].code, "M1");
    end(&s);
}

/* Two codes are two goods, whatever their names. */
static void codes_tell_goods_of_one_name_apart(void **state) {
    (void)state;
    begin(&s, same_name);
    EVENT(&s, BUYER,
          "{'external_id':'1','step':'accepted','occurred_at':'2025-10-02T00:00:00Z',"
          "'items':[{'item_code':'M','quantity':'10'}]}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 750000);
    EVENT(&s, BUYER,
          "{'external_id':'2','step':'accepted','occurred_at':'2025-10-02T00:00:00Z',"
          "'items':[{'item_code':'S','quantity':'5'},{'item_code':'L','quantity':'9'}]}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 875000);
    end(&s);
}

static void lines_are_weighed(void **state) {
    (void)state;
    begin(&s, two_lines);
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    assert_int_equal(s.view.stage, SCF_STAGE_PREPARATION);
    taken(BUYER, "e1", "accepted", "b-1 ", 50); /* written otherwise: the same goods */
    taken(BUYER, "e2", "accepted", "S-1", 50);
    look(&s);
    assert_int_equal(s.view.completion_ppm, 700000); /* 0.6 · 50/100 + 0.4 · 50/50 */
    assert_int_equal(s.view.stage, SCF_STAGE_ACCEPTED);
    assert_int_equal(s.view.milestone_count, 2);
    assert_int_equal(s.view.milestones[0].evidence_count, 1);
    assert_memory_equal(s.view.milestones[0].evidence[0].b, s.facts[0].record_id.b, 16);
    taken(BUYER, "e3", "accepted", "B-1", 500); /* more than ordered is no more than all */
    look(&s);
    assert_int_equal(s.view.completion_ppm, SCF_PPM);
    end(&s);
}

static void steps_and_nodes_do_not_add_up(void **state) {
    (void)state;
    begin(&s, two_lines);
    taken(BUYER, "r1", "received", "B-1", 80);
    taken(NOBODY, "w1", "received", "B-1", 60); /* the same goods, through another system */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 480000); /* 0.6 · 0.8 */
    taken(BUYER, "a1", "accepted", "B-1", 20);       /* of what was received, 20 are accepted */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 120000);
    taken(BUYER, "b1", "returned", "B-1", 5);
    look(&s);
    assert_int_equal(s.view.completion_ppm, 90000); /* 0.6 · 15/100 */
    end(&s);
}

/* The seller's word alone, and any stranger's, prove nothing. */
static void only_buyer_and_house_prove(void **state) {
    (void)state;
    static const struct {
        int who;
        int node_kind;
        int64_t completion;
    } words[] = {{SELLER, SCF_NODE_ERP, 0},     {STRANGER, SCF_NODE_ERP, 0},
                 {BANK, SCF_NODE_LENDER, 0},    {NOBODY, SCF_NODE_LENDER, 0},
                 {BUYER, SCF_NODE_ERP, 600000}, {NOBODY, SCF_NODE_PROCUREMENT, 600000}};
    for (size_t i = 0; i < SCF_COUNT(words); i++) {
        begin(&s, two_lines);
        say(&s, words[i].who, words[i].node_kind, SCF_REC_WORKFLOW_EVENT,
            json_of(&s, "{'event_id':'x','step':'accepted','items':[{'item_code':'B-1',"
                        "'quantity':'100'}],'business_refs':[{'type':'recadv','value':'1'}]}"));
        look(&s);
        assert_int_equal(s.view.completion_ppm, words[i].completion);
        assert_int_equal(s.view.stage, words[i].completion > 0    ? SCF_STAGE_ACCEPTED
                                       : words[i].who == STRANGER ? SCF_STAGE_PREPARATION
                                                                  : SCF_STAGE_PRODUCTION);
        end(&s);
    }
}

/* The buyer passes on what the seller reported first: the buyer's word still proves it. */
static void quick_seller_takes_nothing(void **state) {
    (void)state;
    begin(&s, two_lines);
    taken(SELLER, "urn:1", "accepted", "B-1", 100);
    taken(BUYER, "urn:1", "accepted", "B-1", 100);
    look(&s);
    assert_int_equal(s.view.completion_ppm, 600000);
    taken(NOBODY, "urn:1", "accepted", "B-1", 100); /* and once more: nothing new */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 600000);
    assert_int_equal(s.view.events, 2); /* the seller's word, and the first one that proves */
    end(&s);
}

static void milestones_need_their_event(void **state) {
    (void)state;
    begin(&s, two_milestones);
    look(&s);
    assert_int_equal(s.view.milestone_count, 3);
    assert_int_equal(s.view.milestones[1].weight_ppm, 333333);
    EVENT(&s, SELLER, "{'event_id':'1','step':'accepted','milestone_code':'M1'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    EVENT(&s, BUYER, "{'event_id':'2','step':'production_completed','milestone_code':'M1'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 300000);
    EVENT(&s, BUYER, "{'event_id':'3','step':'production_started','milestone_code':'M2'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 300000);
    EVENT(&s, BUYER,
          "{'event_id':'4','step':'accepted','milestone_code':'M2','amount':'1000.00',"
          "'currency':'CNY'}");
    look(&s);
    assert_int_equal(s.view.milestones[1].share_ppm, 333333);
    assert_int_equal(s.view.completion_ppm, 411110); /* 0.3 + ⌊0.333333²⌋ */
    end(&s);
}

static void a_whole_is_measured(void **state) {
    (void)state;
    begin(&s, bare);
    EVENT(&s, BUYER, "{'event_id':'1','step':'received'}"); /* of what? it does not say */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    assert_int_equal(s.view.stage, SCF_STAGE_ACCEPTED);
    EVENT(&s, BUYER, "{'event_id':'2','step':'received','amount':'2500.00','currency':'CNY'}");
    EVENT(&s, BUYER, "{'event_id':'3','step':'received','amount':'9.00','currency':'USD'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 250000);
    EVENT(&s, SELLER, "{'event_id':'4','step':'other','completion_percent':'90'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 250000);
    EVENT(&s, NOBODY, "{'event_id':'5','step':'other','completion_percent':'40.5'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 405000);
    EVENT(&s, BUYER, "{'event_id':'6','step':'accepted'}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, SCF_PPM);
    end(&s);
}

static void an_error_is_taken_back(void **state) {
    (void)state;
    begin(&s, two_lines);
    taken(BUYER, "e1", "accepted", "B-1", 100);
    EVENT(&s, SELLER,
          "{'event_id':'e1','step':'accepted','error_declaration':{'reason':'did_not_occur'}}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 600000); /* only who reported it takes it back */
    EVENT(&s, BUYER,
          "{'event_id':'e1','step':'accepted','error_declaration':{'reason':'did_not_occur'}}");
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    assert_int_equal(s.view.facts, 0);
    taken(BUYER, "e2", "accepted", "B-1", 40); /* what really happened */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 240000);
    struct scf_fact *f =
        say(&s, BUYER, SCF_NODE_ERP, SCF_REC_WORKFLOW_EVENT,
            json_of(&s, "{'event_id':'e9','step':'accepted','error_declaration':{'reason':'x'}}"));
    f->revises_id = s.facts[3].record_id; /* named as the record that it corrects */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    end(&s);
}

static void a_correction_replaces(void **state) {
    (void)state;
    begin(&s, two_lines);
    taken(BUYER, "e1", "accepted", "B-1", 100);
    taken(BUYER, "e1b", "accepted", "B-1", 10);
    s.facts[1].revises_id = s.facts[0].record_id;
    look(&s);
    assert_int_equal(s.view.completion_ppm, 60000);
    s.facts[1].readable = false; /* it was moved to another contract */
    look(&s);
    assert_int_equal(s.view.completion_ppm, 0);
    end(&s);
}

static void stages_need_evidence(void **state) {
    (void)state;
    begin(&s, bare);
    EVENT(&s, SELLER, "{'event_id':'1','step':'order_confirmed'}");
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_PREPARATION);
    EVENT(&s, SELLER, "{'event_id':'2','step':'shipped'}"); /* says the seller */
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_PRODUCTION);
    EVENT(&s, SELLER, "{'event_id':'3','step':'shipped','shipment':{'waybill_no':'SF1'}}");
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_SHIPPED);
    INVOICE(&s, SELLER, "{'invoice_no':'1','issued_on':'2025-10-06','total_amount':'100.00'}");
    EVENT(&s, BUYER, "{'event_id':'4','step':'accepted'}");
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_ACCEPTED); /* invoiced, but not confirmed */
    EVENT(&s, BUYER,
          "{'event_id':'5','step':'reconciled','business_refs':[{'type':'inv',"
          "'value':'2'}]}");
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_ACCEPTED); /* another invoice */
    EVENT(&s, BUYER,
          "{'event_id':'6','step':'reconciled','business_refs':[{'type':'inv',"
          "'value':'1'}]}");
    look(&s);
    assert_int_equal(s.view.stage, SCF_STAGE_INVOICED);
    end(&s);
}

/* What is kept of a body gives the same view as the body. */
static void digests_say_the_same(void **state) {
    (void)state;
    int64_t completion[2], sales[2];
    for (int pass = 0; pass < 2; pass++) {
        begin(&s, two_lines);
        s.through_digest = pass == 1;
        taken(BUYER, "e1", "accepted", "B-1", 33);
        EVENT(&s, BUYER,
              "{'event_id':'2','external_id':'x','step':'paid','payment':{"
              "'payer_account_no':'6222 0001','payer_id':'%s'}}",
              ent(&s, BUYER));
        INVOICE(&s, SELLER,
                "{'invoice_no':'7','kind':'other','issued_on':'2026-01-02','currency':'CNY',"
                "'total_amount':'113.00','buyer':{'name':'b','bank_account':'62220001'},'lines':["
                "{'goods_name':'*x*bearing','quantity':1,'amount':100.00,'tax_rate':0.13,"
                "'tax_amount':'13.00'}]}");
        look(&s);
        completion[pass] = s.view.completion_ppm;
        sales[pass] = s.view.sales_12m;
        assert_outcome(&s, SCF_CHECK_LINE_TAX, PASSED);
        assert_outcome(&s, SCF_CHECK_FUND_FLOW, PASSED);
        assert_int_equal(finding(&s, SCF_CHECK_FUND_FLOW)->cases, 1);
        end(&s);
    }
    assert_int_equal(completion[0], completion[1]);
    assert_int_equal(completion[0], 198000);
    assert_int_equal(sales[0], 11300);
    assert_int_equal(sales[1], 11300);
}

/* Nothing of it points into the body any more. */
static void an_owned_fact_needs_no_body(void **state) {
    (void)state;
    begin(&s, two_lines);
    const cJSON *body = json_of(
        &s, "{'step':'shipped','milestone_code':'M','shipment':{'waybill_no':'1','mode':'rail'},"
            "'items':[{'item_code':'B-1','unit':'kg'},{'item_code':'B-2','unit':'kg'},"
            "{'item_code':'B-3'},{'item_code':'B-4','unit':'EA'}]}");
    struct scf_fact read = {.kind = SCF_REC_WORKFLOW_EVENT}, owned = {.kind = read.kind};
    assert_true(scf_fact_read(s.arena, body, &read) && scf_fact_read(s.arena, body, &owned));
    assert_true(scf_fact_own(s.arena, &owned));
    assert_true(owned.step != read.step && owned.milestone != read.milestone &&
                owned.shipment.mode != read.shipment.mode);
    assert_string_equal(owned.step, "shipped");
    assert_string_equal(owned.milestone, "M");
    assert_string_equal(owned.shipment.mode, "rail");
    for (size_t i = 0; i < 4; i++) {
        assert_true(scf_str_eq(owned.lines[i].unit, read.lines[i].unit));
        assert_true(i == 2 || owned.lines[i].unit.p != read.lines[i].unit.p);
    }
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_tell_goods_of_one_name_apart),
        cmocka_unit_test(steps_of_the_industry_are_milestones),
        cmocka_unit_test(milestones_of_the_contract_go_before_the_industrys),
        cmocka_unit_test(lines_are_weighed),
        cmocka_unit_test(steps_and_nodes_do_not_add_up),
        cmocka_unit_test(only_buyer_and_house_prove),
        cmocka_unit_test(quick_seller_takes_nothing),
        cmocka_unit_test(milestones_need_their_event),
        cmocka_unit_test(a_whole_is_measured),
        cmocka_unit_test(an_error_is_taken_back),
        cmocka_unit_test(a_correction_replaces),
        cmocka_unit_test(stages_need_evidence),
        cmocka_unit_test(digests_say_the_same),
        cmocka_unit_test(an_owned_fact_needs_no_body),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
