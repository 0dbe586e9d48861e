/* Lending on a real database: races against one limit and one decision, what is filed twice, and a
 * ledger whose entries add up to every balance. */
#include "world.h"

#include "scfd/lending/owed.h"

enum { ROUNDS = 8 };

/* ---- races ---- */

static void one_of_two_loans_wins_the_limit(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", "");
    lend(&decision, "first", "300.00");
    struct attempt loans[6];
    for (size_t i = 0; i < SCF_COUNT(loans); i++)
        loans[i] = (struct attempt){
            .kind = SCF_REC_LOAN,
            .json = loan_body(&decision, scf_asprintf(w.arena, "L%zu", i), "400.00", "")};
    file_together(loans, SCF_COUNT(loans));
    int won = 0;
    for (size_t i = 0; i < SCF_COUNT(loans); i++) {
        won += loans[i].code == SCF_OK;
        if (loans[i].code != SCF_OK)
            assert_int_equal(loans[i].code, SCF_E_LIMIT_EXCEEDED);
    }
    assert_int_equal(won, 1);
    assert_int_equal(ask("t_drawn",
                         "SELECT sum(principal)::bigint FROM scfd.loan WHERE decision_id = $1",
                         &decision),
                     70000);
}

static void a_loan_and_a_new_decision_exclude_each_other(void **state) {
    (void)state;
    NEEDS_DATABASE();
    int loans = 0;
    for (int round = 0; round < ROUNDS; round++) {
        w.assessment = add_assessment();
        struct scf_uuid first = decide("1000.00", "");
        struct attempt both[2] = {
            {.kind = SCF_REC_LOAN,
             .json = loan_body(&first, scf_asprintf(w.arena, "R%d", round), "1.00", "")},
            {.kind = SCF_REC_CREDIT_DECISION, .json = decision_body(&w.assessment, "500.00", "")}};
        file_together(both, 2);
        bool lent = both[0].code == SCF_OK;
        assert_int_equal(both[lent].code, SCF_E_WRONG_STATE);
        assert_int_equal(both[!lent].code, SCF_OK);
        loans += lent;
        assert_int_equal(ask("t_open",
                             "SELECT count(*) FROM scfd.credit_decision"
                             " WHERE assessment_id = $1 AND status = 0",
                             &w.assessment),
                         1);
    }
    print_message("the loan came first in %d of %d rounds\n", loans, ROUNDS);
}

static void decisions_at_once_leave_one_open(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct attempt decisions[5];
    for (size_t i = 0; i < SCF_COUNT(decisions); i++)
        decisions[i] = (struct attempt){
            .kind = SCF_REC_CREDIT_DECISION,
            .json = decision_body(&w.assessment, scf_asprintf(w.arena, "%zu.00", i + 1), "")};
    file_together(decisions, SCF_COUNT(decisions));
    for (size_t i = 0; i < SCF_COUNT(decisions); i++)
        assert_int_equal(decisions[i].code, SCF_OK);
    assert_int_equal(ask("t_open2",
                         "SELECT count(*) FROM scfd.credit_decision"
                         " WHERE assessment_id = $1 AND status = 0",
                         &w.assessment),
                     1);
    assert_int_equal(ask("t_superseded",
                         "SELECT count(*) FROM scfd.credit_decision d WHERE assessment_id = $1"
                         " AND EXISTS (SELECT FROM scfd.credit_decision n"
                         " WHERE n.id = d.superseded_by AND n.supersedes_id = d.id)",
                         &w.assessment),
                     4);
    assert_int_equal(ask("t_leaves", "SELECT size FROM scfd.chain WHERE id = $1", &w.lender_node),
                     5);
}

/* ---- the same again ---- */

static void the_same_loan_is_filed_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", "");
    struct attempt same[4];
    for (size_t i = 0; i < SCF_COUNT(same); i++)
        same[i] = (struct attempt){.kind = SCF_REC_LOAN,
                                   .json = loan_body(&decision, "N-1", "600.00", "")};
    file_together(same, SCF_COUNT(same));
    int fresh = 0;
    for (size_t i = 0; i < SCF_COUNT(same); i++) {
        assert_int_equal(same[i].code, SCF_OK);
        assert_true(scf_uuid_eq(&same[i].f.id, &same[0].f.id));
        fresh += !same[i].f.existed;
    }
    assert_int_equal(fresh, 1);
    struct attempt other = file(SCF_REC_LOAN, loan_body(&decision, "N-1", "1.00", ""));
    assert_int_equal(other.code, SCF_E_EXTERNAL_ID_CONFLICT);
    assert_non_null(strstr(other.err.members_json, "existing_id"));
    /* The number stays taken when the external id is another. */
    other = file(SCF_REC_LOAN,
                 loan_body(&decision, "N-1", "1.00", ",\"external_id\":\"something else\""));
    assert_int_equal(other.code, SCF_E_EXTERNAL_ID_CONFLICT);
}

static void a_resent_decision_does_not_supersede_itself(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const char *body = decision_body(&w.assessment, "10.00", ",\"external_id\":\"D-1\"");
    struct attempt first = file(SCF_REC_CREDIT_DECISION, body);
    struct attempt again = file(SCF_REC_CREDIT_DECISION, body);
    assert_int_equal(first.code, SCF_OK);
    assert_int_equal(again.code, SCF_OK);
    assert_true(again.f.existed && !first.f.existed);
    assert_true(scf_uuid_eq(&first.f.id, &again.f.id));
}

static void a_receipt_number_counts_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "100.00");
    const char *receipt = ",\"bank_receipt_no\":\"B-1\"";
    struct attempt both[2] = {
        {.kind = SCF_REC_REPAYMENT, .json = repayment_body(&loan, "1.00", "2026-01-02", receipt)},
        {.kind = SCF_REC_REPAYMENT, .json = repayment_body(&loan, "2.00", "2026-01-02", receipt)}};
    file_together(both, 2);
    bool first = both[0].code == SCF_OK;
    assert_int_equal(both[!first].code, SCF_OK);
    assert_int_equal(both[first].code, SCF_E_CONFLICT);
}

/* ---- the ledger ---- */

static struct scf_loan read_loan(const struct scf_uuid *id) {
    struct scf_lending_filter filter = {.actor = &w.lender, .id = *id};
    void *item;
    int n;
    ok(scf_lending_select(w.db, w.arena, &scf_loan_stmts, &filter, &item, &n, &w.err));
    return *(const struct scf_loan *)item;
}

/* Balances are the sums of the entries, and the principal is what counts against the contract. */
static void assert_balanced(const struct scf_uuid *loan) {
    assert_int_equal(
        ask("t_balanced",
            "SELECT count(*) FROM scfd.loan l, (SELECT sum(fees) f, sum(penalty) p, sum(compound) "
            "c,"
            " sum(interest) i, sum(principal) q, count(*) n FROM scfd.loan_entry WHERE loan_id = $1"
            ") e WHERE l.id = $1 AND (l.owed_fees, l.owed_penalty, l.owed_compound,"
            " l.owed_interest, l.owed_principal, l.entries) = (e.f, e.p, e.c, e.i, e.q, e.n)",
            loan),
        1);
    struct scf_loan l = read_loan(loan);
    assert_int_equal(ask("t_exposure",
                         "SELECT used FROM scfd.limit_account WHERE contract_key = $1",
                         &w.contract_key),
                     l.owed.principal);
}

static struct scf_uuid repay(const struct scf_uuid *loan, const char *amount, const char *day,
                             const char *more) {
    struct attempt a = file(SCF_REC_REPAYMENT, repayment_body(loan, amount, day, more));
    if (a.code != SCF_OK)
        fail_msg("repayment: %s (%s)", a.err.detail, a.err.note);
    assert_balanced(loan);
    return a.f.id;
}

/* 1 000.00 at 0.1 % a day from 1 January. */
static void interest_is_settled_before_principal(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "1000.00");
    assert_balanced(&loan);
    repay(&loan, "4.00", "2026-01-11", ""); /* of 10.00 interest */
    struct scf_loan l = read_loan(&loan);
    assert_int_equal(l.owed.interest, 600);
    assert_int_equal(l.owed.principal, 100000);
    assert_int_equal(l.status, SCF_LOAN_REPAYING);
    repay(&loan, "516.00", "2026-01-21", ""); /* 6.00 + 10.00 interest, 500.00 principal */
    l = read_loan(&loan);
    assert_int_equal(l.owed.interest, 0);
    assert_int_equal(l.owed.principal, 50000);
    assert_int_equal(l.paid_interest, 2000);
    repay(&loan, "505.00", "2026-01-31", "");
    l = read_loan(&loan);
    assert_int_equal(l.status, SCF_LOAN_SETTLED);
    assert_int_equal(l.owed.principal, 0);
    struct attempt late = file(SCF_REC_REPAYMENT, repayment_body(&loan, "1.00", "2026-02-01", ""));
    assert_int_equal(late.code, SCF_E_WRONG_STATE);
}

static void nothing_is_settled_that_is_not_owed(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "100.00");
    static const char *const refused[][2] = {
        {"101.01", ""}, /* 100.00 and ten days' 1.00 */
        {"1.01", ",\"allocation\":{\"interest\":\"1.01\"}"},
        {"100.01", ",\"allocation\":{\"principal\":\"100.01\"}"}};
    for (size_t i = 0; i < SCF_COUNT(refused); i++) {
        struct attempt a = file(SCF_REC_REPAYMENT,
                                repayment_body(&loan, refused[i][0], "2026-01-11", refused[i][1]));
        assert_int_equal(a.code, SCF_E_EXCEEDS_OUTSTANDING);
        assert_non_null(strstr(a.err.members_json, "\"principal\":\"100.00\""));
        assert_balanced(&loan);
    }
    repay(&loan, "1.00", "2026-01-11", "");
    struct attempt early = file(SCF_REC_REPAYMENT, repayment_body(&loan, "1.00", "2026-01-10", ""));
    assert_int_equal(early.code, SCF_E_WRONG_STATE);
}

static void fees_are_charged_with_their_payment(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "100.00");
    struct scf_uuid paid = repay(&loan, "30.00", "2026-01-01",
                                 ",\"allocation\":{\"fees\":\"20.00\",\"principal\":\"10.00\"}");
    struct scf_loan l = read_loan(&loan);
    assert_int_equal(l.owed.fees, 0);
    assert_int_equal(l.owed.principal, 9000);
    char more[SCF_ID_TEXT + 32], id[SCF_ID_TEXT];
    scf_id_format("rep", &paid, id);
    snprintf(more, sizeof more, ",\"reversal_of\":\"%s\"", id);
    repay(&loan, "30.00", "2026-01-05", more);
    l = read_loan(&loan);
    assert_int_equal(l.owed.fees, 2000); /* the fee was due, its payment did not come about */
    assert_int_equal(l.owed.principal, 10000);
    assert_int_equal(l.status, SCF_LOAN_DISBURSED);
}

/* Reversed, the loan owes what it would owe had there never been the repayment. */
static void a_reversal_restores_the_interest(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "1000.00");
    struct scf_uuid paid = repay(&loan, "510.00", "2026-01-11", "");
    repay(&loan, "5.00", "2026-01-21", ""); /* interest on 500.00 */
    char more[SCF_ID_TEXT + 32], id[SCF_ID_TEXT];
    scf_id_format("rep", &paid, id);
    snprintf(more, sizeof more, ",\"reversal_of\":\"%s\"", id);
    repay(&loan, "510.00", "2026-01-25", more);
    struct scf_loan l = read_loan(&loan);
    assert_int_equal(l.owed.principal, 100000);
    assert_int_equal(l.owed.interest, 2000 - 500); /* 20 days on 1 000.00, less what was paid */
    assert_int_equal(l.status, SCF_LOAN_REPAYING);
    struct attempt twice =
        file(SCF_REC_REPAYMENT, repayment_body(&loan, "510.00", "2026-01-26", more));
    assert_int_equal(twice.code, SCF_E_WRONG_STATE);
}

/* Of two that are alike, the one that was taken back is known by more than its amounts. */
static void what_was_reversed_is_known(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const char part[] = ",\"allocation\":{\"principal\":\"100.00\"}";
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "1000.00");
    struct scf_uuid first = repay(&loan, "100.00", "2026-01-11", part);
    repay(&loan, "100.00", "2026-02-10", part);
    char more[SCF_ID_TEXT + 32], id[SCF_ID_TEXT];
    scf_id_format("rep", &first, id);
    snprintf(more, sizeof more, ",\"reversal_of\":\"%s\"", id);
    repay(&loan, "100.00", "2026-03-02", more);
    struct scf_owed owed;
    int32_t day;
    assert_true(scf_date_parse(SCF_STR("2026-01-11"), &day));
    ok(scf_lending_owed(w.db, w.arena, &loan, day, false, &owed, &w.err));
    size_t repayments = 0;
    for (size_t i = 0; i < owed.entry_count; i++) {
        const struct scf_owed_entry *e = &owed.entries[i];
        repayments += e->kind == SCF_OWED_REPAYMENT;
        assert_int_equal(e->reversed, e->kind == SCF_OWED_REPAYMENT && e->day == day);
    }
    assert_int_equal(repayments, 2);
    assert_int_equal(owed.day_count, SCF_ACT_360);
}

/* ---- who is told ---- */

static bool sees(const struct scf_uuid *node, const struct scf_uuid *loan) {
    struct scf_actor actor = {.node_id = *node};
    struct scf_lending_filter filter = {.actor = &actor, .id = *loan};
    void *item;
    int n;
    enum scf_code code =
        scf_lending_select(w.db, w.arena, &scf_loan_stmts, &filter, &item, &n, &w.err);
    assert_true(code == SCF_OK || code == SCF_E_NOT_FOUND);
    return code == SCF_OK;
}

static void those_concerned_see_it(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "N", "1.00");
    struct scf_uuid stranger = add_node(SCF_NODE_ERP, NULL);
    assert_true(sees(&w.borrower_node, &loan));
    assert_true(sees(&w.buyer_node, &loan));
    assert_true(sees(&w.lender_node, &loan));
    assert_false(sees(&stranger, &loan));
    assert_int_equal(ask("t_events",
                         "SELECT count(*) FROM scfd.event WHERE chain_id = $1"
                         " AND type IN ('credit_decision.approved', 'loan.disbursed')",
                         &w.buyer_node),
                     2);
    assert_int_equal(ask("t_awaiting",
                         "SELECT count(*) FROM scfd.credit_assessment_lender"
                         " WHERE assessment_id = $1 AND awaiting",
                         &w.assessment),
                     0);
}

/* The number of a contract is no secret: a contract or a guarantee sent under it opens nothing. */
static void who_only_names_the_contract_learns_nothing(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid surety = add_enterprise("surety"), rival = add_enterprise("rival");
    struct scf_uuid surety_node = add_node(SCF_NODE_GUARANTOR, &surety);
    struct scf_uuid curious = add_node(SCF_NODE_ERP, &rival), made_up = scf_uuid_new();
    add_contract(&curious, &made_up);
    add_guarantee(&curious, &surety);
    struct scf_uuid decision = decide("1000.00", ""), loan = lend(&decision, "1", "1.00");
    assert_false(sees(&curious, &loan));
    assert_false(sees(&surety_node, &loan));
    add_guarantee(&surety_node, &surety);
    struct scf_uuid sureties_system = add_node(SCF_NODE_GUARANTOR, NULL);
    add_guarantee(&sureties_system, &surety);
    loan = lend(&decision, "2", "1.00");
    assert_false(sees(&curious, &loan));
    assert_true(sees(&surety_node, &loan));
    assert_true(sees(&sureties_system, &loan));
}

static void foreign_contracts_carry_no_loan(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", ""), own = w.contract;
    w.contract = scf_uuid_new();
    struct attempt a = file(SCF_REC_LOAN, loan_body(&decision, "N", "1.00", ""));
    w.contract = own;
    assert_int_equal(a.code, SCF_E_VALIDATION_FAILED);
    assert_string_equal(a.err.faults->items[0].pointer, "#/contract_ids/0");
}

/* ---- invoices ---- */

static const char *financing(const struct scf_uuid *decision, const char *loan_no,
                             const struct scf_uuid *invoice) {
    char id[SCF_ID_TEXT];
    scf_id_format("inv", invoice, id);
    return loan_body(decision, loan_no, "10.00",
                     scf_asprintf(w.arena, ",\"invoice_ids\":[\"%s\"]", id));
}

static struct attempt finance(const struct scf_uuid *decision, const char *loan_no,
                              const struct scf_uuid *invoice) {
    return file(SCF_REC_LOAN, financing(decision, loan_no, invoice));
}

/* The same invoice is the same record, another node's record of it, and a correction of it. */
static void an_invoice_is_financed_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new(), corrected = scf_uuid_new(), other = scf_uuid_new();
    struct scf_uuid decision = decide("1000.00", "");
    struct scf_uuid sellers = add_invoice(&w.borrower_node, &key, NULL);
    struct scf_uuid buyers = add_invoice(&w.buyer_node, &key, NULL);
    struct scf_uuid correction = add_invoice(&w.borrower_node, &corrected, &sellers);
    struct scf_uuid unlike = add_invoice(&w.borrower_node, &other, NULL);
    assert_int_equal(finance(&decision, "1", &correction).code, SCF_OK);
    const struct scf_uuid *same[] = {&sellers, &buyers, &correction};
    for (size_t i = 0; i < SCF_COUNT(same); i++) {
        struct attempt a = finance(&decision, "2", same[i]);
        assert_int_equal(a.code, SCF_E_INVOICE_FINANCED);
        char id[SCF_ID_TEXT];
        scf_id_format("inv", same[i], id);
        assert_non_null(strstr(a.err.members_json, id));
        assert_non_null(strstr(a.err.members_json, "\"loan_id\":\"loan_"));
    }
    assert_int_equal(finance(&decision, "2", &unlike).code, SCF_OK);
    assert_int_equal(finance(&decision, "1", &correction).f.existed, true); /* sent again */
}

/* What the newest record of its parties says of it, but for what it says of this lender. A stranger
 * who copies the invoice keeps nobody from his money. */
static void an_invoice_financed_elsewhere_carries_no_loan(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new(), decision = decide("1000.00", "");
    char bank[SCF_ID_TEXT];
    scf_id_format("ent", &w.bank, bank);
    struct scf_uuid sellers = add_invoice(&w.borrower_node, &key, NULL);
    struct scf_uuid pledged =
        add_invoice_body(&w.buyer_node, &key, NULL, "{\"financing\":{\"status\":\"factored\"}}");
    struct attempt a = finance(&decision, "1", &sellers);
    assert_int_equal(a.code, SCF_E_INVOICE_FINANCED);
    assert_null(strstr(a.err.members_json, "loan_id"));
    add_invoice_body(&w.buyer_node, &key, &pledged, "{\"financing\":{\"status\":\"none\"}}");
    add_invoice_body(&w.borrower_node, &key, &sellers,
                     scf_asprintf(w.arena,
                                  "{\"financing\":{\"status\":\"pledged\","
                                  "\"financier_id\":\"%s\"}}",
                                  bank));
    struct scf_uuid stranger = add_enterprise("stranger");
    struct scf_uuid node = add_node(SCF_NODE_ERP, &stranger);
    add_invoice_body(&node, &key, NULL, "{\"financing\":{\"status\":\"pledged\"}}");
    assert_int_equal(finance(&decision, "1", &sellers).code, SCF_OK);
}

static void a_settled_loan_frees_its_invoices(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new(), decision = decide("1000.00", "");
    struct scf_uuid invoice = add_invoice(&w.borrower_node, &key, NULL);
    struct scf_uuid loan = finance(&decision, "1", &invoice).f.id;
    struct scf_uuid paid = repay(&loan, "10.00", "2026-01-01", "");
    char more[SCF_ID_TEXT + 32], id[SCF_ID_TEXT];
    scf_id_format("rep", &paid, id);
    snprintf(more, sizeof more, ",\"reversal_of\":\"%s\"", id);
    repay(&loan, "10.00", "2026-01-02", more);
    assert_int_equal(finance(&decision, "2", &invoice).code, SCF_E_INVOICE_FINANCED);
    repay(&loan, "10.01", "2026-01-02", ""); /* with the interest of a day */
    assert_int_equal(finance(&decision, "2", &invoice).code, SCF_OK);
}

/* Lenders that finance the same two invoices, named in opposite orders. */
static void lenders_at_once_finance_an_invoice_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_actor lenders[6];
    struct attempt loans[6];
    for (int round = 0; round < ROUNDS; round++) {
        struct scf_uuid keys[2] = {scf_uuid_new(), scf_uuid_new()};
        char ids[2][SCF_ID_TEXT];
        for (int i = 0; i < 2; i++) {
            struct scf_uuid invoice = add_invoice(&w.borrower_node, &keys[i], NULL);
            scf_id_format("inv", &invoice, ids[i]);
        }
        struct scf_actor own = w.lender;
        for (size_t i = 0; i < SCF_COUNT(loans); i++) {
            w.lender.node_id = w.lender_node = add_node(SCF_NODE_LENDER, &w.bank);
            lenders[i] = w.lender;
            w.assessment = add_assessment();
            struct scf_uuid decision = decide("1000.00", "");
            const char *named = scf_asprintf(w.arena, ",\"invoice_ids\":[\"%s\",\"%s\"]",
                                             ids[i % 2], ids[(i + 1) % 2]);
            loans[i] = (struct attempt){.kind = SCF_REC_LOAN,
                                        .json = loan_body(&decision, "N", "10.00", named),
                                        .lender = &lenders[i]};
        }
        file_together(loans, SCF_COUNT(loans));
        int won = 0;
        for (size_t i = 0; i < SCF_COUNT(loans); i++) {
            won += loans[i].code == SCF_OK;
            if (loans[i].code != SCF_OK)
                assert_int_equal(loans[i].code, SCF_E_INVOICE_FINANCED);
        }
        assert_int_equal(won, 1);
        w.lender = own;
    }
}

/* ---- several lenders ---- */

static void address_to(const struct scf_uuid *node) {
    static const struct scf_stmt insert = {
        "t_address", "INSERT INTO scfd.credit_assessment_lender (assessment_id, node_id,"
                     " addressed_at, created_at) VALUES ($1, $2, $3, $3)"};
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &w.assessment);
    scf_p_uuid(&p, node);
    scf_p_time(&p, scf_now_us());
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
}

static void lenders_share_the_recommended_limit(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_actor first = w.lender, second = w.lender;
    second.node_id = add_node(SCF_NODE_LENDER, &w.bank);
    address_to(&second.node_id);
    struct scf_uuid by_first = decide("1000.00", "");
    w.lender = second;
    struct scf_uuid by_second = decide("1000.00", "");
    struct attempt both[2] = {
        {.kind = SCF_REC_LOAN, .json = loan_body(&by_first, "A", "600.00", ""), .lender = &first},
        {.kind = SCF_REC_LOAN,
         .json = loan_body(&by_second, "B", "600.00", ""),
         .lender = &second}};
    file_together(both, 2);
    bool first_won = both[0].code == SCF_OK;
    assert_int_equal(both[!first_won].code, SCF_OK);
    assert_int_equal(both[first_won].code, SCF_E_LIMIT_EXCEEDED);
    struct attempt rest = {
        .kind = SCF_REC_LOAN, .json = loan_body(&by_second, "C", "400.01", ""), .lender = &second};
    file_on(w.db, w.arena, &rest);
    assert_int_equal(rest.code, SCF_E_LIMIT_EXCEEDED);
    assert_non_null(strstr(rest.err.members_json, "\"remaining_limit\":\"400.00\""));
    rest.json = loan_body(&by_second, "C", "400.00", "");
    file_on(w.db, w.arena, &rest);
    assert_int_equal(rest.code, SCF_OK);
}

/* Two assessments of one contract, each of 1 000.00: what is lent under one the other lacks. */
static void assessments_of_a_contract_share_it(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decisions[2] = {decide("1000.00", "")};
    w.assessment = add_assessment();
    decisions[1] = decide("1000.00", "");
    struct attempt both[2] = {
        {.kind = SCF_REC_LOAN, .json = loan_body(&decisions[0], "A", "600.00", "")},
        {.kind = SCF_REC_LOAN, .json = loan_body(&decisions[1], "B", "600.00", "")}};
    file_together(both, 2);
    int won = both[0].code == SCF_OK ? 0 : 1;
    assert_int_equal(both[won].code, SCF_OK);
    assert_int_equal(both[!won].code, SCF_E_LIMIT_EXCEEDED);
    struct attempt more = file(SCF_REC_LOAN, loan_body(&decisions[!won], "C", "400.01", ""));
    assert_int_equal(more.code, SCF_E_LIMIT_EXCEEDED);
    assert_non_null(strstr(more.err.members_json, "\"remaining_limit\":\"400.00\""));
    repay(&both[won].f.id, "600.00", "2026-01-01", "");
    assert_int_equal(file(SCF_REC_LOAN, loan_body(&decisions[!won], "D", "1000.00", "")).code,
                     SCF_OK);
}

/* However long the decision is valid: its limit is the assessment's. */
static void no_loan_begins_after_the_limit_expired(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", "");
    static const struct scf_stmt expire = {
        "t_expire", "UPDATE scfd.credit_assessment SET limit_expires_on = $2 WHERE id = $1"};
    static const enum scf_code wanted[] = {SCF_E_WRONG_STATE, SCF_OK};
    int32_t value_day;
    assert_true(scf_date_parse(SCF_STR("2026-01-01"), &value_day));
    for (int late = 0; late < 2; late++) {
        struct scf_params p;
        scf_params_init(&p, w.arena);
        scf_p_uuid(&p, &w.assessment);
        scf_p_date(&p, value_day - 1 + late);
        ok(scf_db_run(w.db, &expire, &p, w.arena, NULL, &w.err));
        struct attempt a = file(SCF_REC_LOAN, loan_body(&decision, "N", "1.00", ""));
        assert_int_equal(a.code, wanted[late]);
        if (a.code != SCF_OK)
            assert_non_null(strstr(a.err.detail, "ends on 202"));
    }
}

static void the_rate_is_that_of_the_decision(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid decision = decide("1000.00", "");
    static const struct scf_stmt lower = {
        "t_lower", "UPDATE scfd.credit_decision SET annual_rate = 359999 WHERE id = $1"};
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &decision);
    ok(scf_db_run(w.db, &lower, &p, w.arena, NULL, &w.err));
    struct attempt a = file(SCF_REC_LOAN, loan_body(&decision, "N", "1.00", ""));
    assert_int_equal(a.code, SCF_E_VALIDATION_FAILED);
    assert_string_equal(a.err.faults->items[0].pointer, "#/interest/annual_rate");
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(one_of_two_loans_wins_the_limit),
        STORE_TEST(a_loan_and_a_new_decision_exclude_each_other),
        STORE_TEST(decisions_at_once_leave_one_open),
        STORE_TEST(the_same_loan_is_filed_once),
        STORE_TEST(a_resent_decision_does_not_supersede_itself),
        STORE_TEST(a_receipt_number_counts_once),
        STORE_TEST(interest_is_settled_before_principal),
        STORE_TEST(nothing_is_settled_that_is_not_owed),
        STORE_TEST(fees_are_charged_with_their_payment),
        STORE_TEST(a_reversal_restores_the_interest),
        STORE_TEST(what_was_reversed_is_known),
        STORE_TEST(those_concerned_see_it),
        STORE_TEST(who_only_names_the_contract_learns_nothing),
        STORE_TEST(foreign_contracts_carry_no_loan),
        STORE_TEST(an_invoice_is_financed_once),
        STORE_TEST(an_invoice_financed_elsewhere_carries_no_loan),
        STORE_TEST(a_settled_loan_frees_its_invoices),
        STORE_TEST(lenders_at_once_finance_an_invoice_once),
        STORE_TEST(lenders_share_the_recommended_limit),
        STORE_TEST(assessments_of_a_contract_share_it),
        STORE_TEST(no_loan_begins_after_the_limit_expired),
        STORE_TEST(the_rate_is_that_of_the_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
