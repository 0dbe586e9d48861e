/* Rows under their locks, standings, and loans on receivables, on a real database. */
#include <setjmp.h>
#include <cmocka.h>

#include "step.h"
#include "pg.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

static struct scf_test_world w;
static struct scf_uuid seller, debtor, bank, rival, erp;

static struct scf_uuid add_enterprise(const char *code) {
    static const struct scf_stmt insert = {
        "t_enterprise", "INSERT INTO scfd.enterprise (id, code, name, is_stub, created_at,"
                        " updated_at) VALUES ($1, $2, $2, true, $3, $3)"};
    struct scf_uuid id = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    scf_p_text(&p, code);
    scf_p_time(&p, scf_now_us());
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    return id;
}

static struct scf_uuid add_node(enum scf_node_kind kind, const struct scf_uuid *operator_id) {
    static const struct scf_stmt insert = {
        "t_node", "INSERT INTO scfd.node (id, name, kind, operator_enterprise_id, created_at,"
                  " updated_at) VALUES ($1, 'node', $2, $3, $4, $4)"};
    struct scf_uuid id = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    scf_p_i16(&p, (int16_t)kind);
    scf_p_uuid(&p, operator_id);
    scf_p_time(&p, scf_now_us());
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    ok(scf_chain_rows_add(w.db, w.arena, &id, SCF_SUITE_SHA256_ED25519, &w.err));
    return id;
}

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    if (w.url == NULL)
        return 0;
    seller = add_enterprise("seller");
    debtor = add_enterprise("debtor");
    erp = add_node(SCF_NODE_ERP, &seller);
    bank = add_node(SCF_NODE_LENDER, NULL);
    rival = add_node(SCF_NODE_LENDER, NULL);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

static enum scf_code create(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_rcv_move move = {.step = SCF_STEP_CREATE,
                                .good = true,
                                .node_id = erp,
                                .at_us = scf_now_us(),
                                .now_us = scf_now_us()};
    return scf_rcv_create(db, w.arena, ctx, &move, err);
}

static struct scf_receivable offered(const struct scf_uuid *key, const struct scf_uuid *lender) {
    struct scf_receivable r = {.id = scf_uuid_new(),
                               .invoice_key = *key,
                               .invoice_id = scf_uuid_new(),
                               .seller_id = seller,
                               .debtor_id = debtor,
                               .lender_id = *lender,
                               .sender_id = erp,
                               .state = SCF_RCV_DRAFT,
                               .open = true,
                               .currency = "CNY",
                               .amount = 11300000,
                               .issued_day = 20000,
                               .created_us = scf_now_us(),
                               .updated_us = scf_now_us()};
    ok(scf_tx_run(w.db, create, &r, &w.err));
    return r;
}

static enum scf_code save(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_receivable_save(db, w.arena, ctx, err);
}

/* As it is when everything that a loan asks for is done; the loan is paid out a minute later. */
static void make_ready(struct scf_receivable *r, int64_t at_us) {
    r->state = SCF_RCV_NOTIFIED;
    r->confirmed = true;
    r->verification = SCF_VERIFIED_NORMAL;
    r->verified_us = r->searched_us = at_us;
    r->registered_us = at_us + 1;
    r->registration_status = SCF_REG_ACTIVE;
    r->registration_from = scf_day_of(at_us);
    r->registration_to = scf_day_of(at_us) + 365;
    r->registration_no = "ZDW-1";
    r->notified_us = at_us + 2;
    r->proven_clear_us = at_us + 3;
    ok(scf_tx_run(w.db, save, r, &w.err));
}

static struct scf_receivable read_back(const struct scf_uuid *id) {
    const struct scf_actor admin = {.admin = true};
    struct scf_receivable_filter filter = {.actor = &admin, .id = *id, .state = -1};
    struct scf_receivable *r = NULL;
    int n = 0;
    ok(scf_receivable_select(w.db, w.arena, &filter, &r, &n, &w.err));
    assert_int_equal(n, 1);
    return *r;
}

/* ---- rows ---- */

static void test_a_row_comes_back_as_it_was_saved(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_receivable r = offered(&key, &bank);
    int64_t now = scf_now_us();
    make_ready(&r, now);
    r.resume = SCF_RCV_MATCHED;
    r.bar = SCF_BAR_INV;
    r.diluted = 1300000;
    r.confirm_due_us = now + 7;
    r.financed_us = now + 9;
    r.loan_id = scf_uuid_new();
    r.ended_us = now + 11;
    r.registration = "{\"type\":\"保理\"}";
    r.told = SCF_TOLD_REVERIFY | SCF_TOLD_ENDING;
    r.conflict = r.statutory = r.tenor_examined = true;
    r.steps = 12;
    ok(scf_tx_run(w.db, save, &r, &w.err));
    struct scf_receivable b = read_back(&r.id);
    assert_int_equal(b.state, SCF_RCV_NOTIFIED);
    assert_int_equal(b.resume, SCF_RCV_MATCHED);
    assert_int_equal(b.bar, SCF_BAR_INV);
    assert_int_equal(b.diluted, 1300000);
    assert_int_equal(b.confirm_due_us, now + 7);
    assert_int_equal(b.registered_us, now + 1);
    assert_int_equal(b.notified_us, now + 2);
    assert_int_equal(b.proven_clear_us, now + 3);
    assert_int_equal(b.financed_us, now + 9);
    assert_int_equal(b.ended_us, now + 11);
    assert_true(scf_uuid_eq(&b.loan_id, &r.loan_id));
    assert_string_equal(b.registration, "{\"type\":\"保理\"}");
    assert_string_equal(b.registration_no, "ZDW-1");
    assert_int_equal(b.registration_to, scf_day_of(now) + 365);
    assert_int_equal(b.told, SCF_TOLD_REVERIFY | SCF_TOLD_ENDING);
    assert_true(b.conflict && b.statutory && b.tenor_examined && b.confirmed);
    assert_false(b.has_due || b.has_delivered || b.voucher);
    assert_int_equal(b.steps, 12);
    assert_int_equal(b.version, 4); /* created, its step, ready, this */
}

static void test_one_open_receivable_of_an_invoice_and_lender(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_receivable first = offered(&key, &bank), again = first;
    again.id = scf_uuid_new();
    again.steps = 0;
    assert_int_equal(scf_tx_run(w.db, create, &again, &w.err), SCF_E_DB_CONFLICT);
    assert_string_equal(scf_db_constraint(w.db), "receivable_open");
    offered(&key, &rival);
    first.open = false;
    first.state = SCF_RCV_RELEASED;
    ok(scf_tx_run(w.db, save, &first, &w.err));
    offered(&key, &bank);
}

/* ---- standings ---- */

static void test_standings(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid keys[] = {scf_uuid_new(), scf_uuid_new(), scf_uuid_new()};
    struct scf_receivable_standing got[3];
    struct scf_receivable a = offered(&keys[2], &bank), b = offered(&keys[2], &rival);
    struct scf_receivable c = offered(&keys[0], &bank);
    make_ready(&b, scf_now_us());
    c.state = SCF_RCV_DISPUTED;
    c.confirmed = c.conflict = true;
    c.diluted = 300000;
    ok(scf_tx_run(w.db, save, &c, &w.err));
    ok(scf_receivable_standings(w.db, w.arena, keys, 3, got, &w.err));
    assert_true(got[0].exists);
    assert_int_equal(got[0].state, SCF_RCV_DISPUTED);
    assert_false(got[0].confirmed); /* the dispute undoes it */
    assert_true(got[0].registered_by_other);
    assert_int_equal(got[0].net_amount, 11000000);
    assert_false(got[1].exists);
    assert_true(scf_uuid_eq(&got[2].id, &b.id)); /* the one that is further */
    assert_true(got[2].confirmed);
    a.open = b.open = false;
    a.state = b.state = SCF_RCV_RELEASED;
    ok(scf_tx_run(w.db, save, &b, &w.err));
    ok(scf_receivable_standings(w.db, w.arena, &keys[2], 1, got, &w.err));
    assert_true(scf_uuid_eq(&got[0].id, &a.id)); /* the open one before the one that is over */
}

static void test_a_red_letter_freezes_its_seller(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    bool frozen = true;
    struct scf_receivable r = offered(&key, &bank);
    ok(scf_receivable_red_lettered(w.db, w.arena, &seller, &frozen, &w.err));
    assert_false(frozen);
    r.state = SCF_RCV_RED_LETTERED;
    ok(scf_tx_run(w.db, save, &r, &w.err));
    ok(scf_receivable_red_lettered(w.db, w.arena, &seller, &frozen, &w.err));
    assert_true(frozen);
    ok(scf_receivable_red_lettered(w.db, w.arena, &debtor, &frozen, &w.err));
    assert_false(frozen);
    r.state = SCF_RCV_SETTLED;
    ok(scf_tx_run(w.db, save, &r, &w.err));
}

/* ---- loans ---- */

struct lending {
    struct scf_rcv_loan loan;
    size_t unregistered;
};

static enum scf_code disburse(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct lending *l = ctx;
    return scf_receivable_disburse(db, w.arena, &l->loan, &l->unregistered, err);
}

static const struct scf_policy lax = {.reverify_hours = 24};
static const struct scf_policy strict = {.reverify_hours = 24, .registered_only = true};

static enum scf_code lend(const struct scf_policy *policy, const struct scf_rcv_invoice *invoices,
                          size_t n, int64_t disbursed_us, size_t *ret_unregistered) {
    struct scf_uuid loan_id = scf_uuid_new();
    struct lending l = {.loan = {policy, &loan_id, &bank, invoices, n, disbursed_us, scf_now_us()},
                        .unregistered = 99};
    enum scf_code code = scf_tx_run(w.db, disburse, &l, &w.err);
    *ret_unregistered = l.unregistered;
    return code;
}

static void test_what_a_loan_asks_for(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_receivable r = offered(&key, &bank);
    struct scf_rcv_invoice invoice = {key, r.invoice_id};
    int64_t at = scf_now_us() - SCF_US_PER_HOUR;
    size_t n;
    /* Each condition alone, at its edge: not before the registration, the notice, the search. */
    make_ready(&r, at);
    for (int64_t us = 0; us <= 3; us++) {
        assert_int_equal(lend(&lax, &invoice, 1, at + us, &n), SCF_E_STEP_OUT_OF_ORDER);
        assert_non_null(strstr(w.err.members_json, "\"rule\":\"CR-7.3\""));
        assert_int_equal(n, 99); /* untouched */
    }
    r.verified_us = at + 4 - 24 * SCF_US_PER_HOUR - 1;
    ok(scf_tx_run(w.db, save, &r, &w.err));
    assert_int_equal(lend(&lax, &invoice, 1, at + 4, &n), SCF_E_STEP_OUT_OF_ORDER);
    assert_non_null(strstr(w.err.members_json, "\"rule\":\"CR-6.3\""));
    r.verified_us++;
    r.registration_status = SCF_REG_OBJECTED;
    ok(scf_tx_run(w.db, save, &r, &w.err));
    assert_int_equal(lend(&lax, &invoice, 1, at + 4, &n), SCF_E_STEP_OUT_OF_ORDER);
    assert_non_null(strstr(w.err.members_json, "\"rule\":\"CR-3.1 OWN\""));
    r.registration_status = SCF_REG_EXTENDED;
    ok(scf_tx_run(w.db, save, &r, &w.err));
    ok(lend(&strict, &invoice, 1, at + 4, &n));
    assert_int_equal(n, 0);
    assert_int_equal(read_back(&r.id).state, SCF_RCV_FINANCED);
    assert_int_equal(lend(&lax, &invoice, 1, at + 4, &n), SCF_E_STEP_OUT_OF_ORDER);
}

static void test_invoices_without_a_receivable(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new(), renumbered = scf_uuid_new(), record = scf_uuid_new();
    struct scf_receivable r = offered(&key, &bank);
    int64_t at = scf_now_us() - SCF_US_PER_HOUR;
    make_ready(&r, at);
    struct scf_rcv_invoice invoices[] = {
        {key, record}, {renumbered, record}, {scf_uuid_new(), scf_uuid_new()}};
    size_t n;
    assert_int_equal(lend(&strict, invoices, 3, at + 4, &n), SCF_E_STEP_OUT_OF_ORDER);
    assert_int_equal(read_back(&r.id).state, SCF_RCV_NOTIFIED); /* all or nothing */
    ok(lend(&strict, invoices, 2, at + 4, &n));                 /* one invoice under two numbers */
    assert_int_equal(n, 0);
    ok(lend(&lax, &invoices[2], 1, at + 4, &n));
    assert_int_equal(n, 1);
}

static void test_anothers_entry(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_receivable r = offered(&key, &rival);
    struct scf_rcv_invoice invoice = {key, r.invoice_id};
    int64_t at = scf_now_us() - SCF_US_PER_HOUR;
    size_t n;
    ok(lend(&lax, &invoice, 1, at, &n)); /* offered to somebody else, and no more */
    assert_int_equal(n, 1);
    make_ready(&r, at);
    assert_int_equal(lend(&lax, &invoice, 1, at + 4, &n), SCF_E_STEP_OUT_OF_ORDER);
    assert_non_null(strstr(w.err.members_json, "民法典 768"));
    assert_null(strstr(w.err.members_json, "rcv_")); /* not who */
}

struct word {
    struct scf_uuid loan_id;
    bool settled, paid;
};

static enum scf_code repay(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct word *word = ctx;
    return scf_receivable_repaid(db, w.arena, &word->loan_id, word->settled, word->paid,
                                 scf_now_us(), err);
}

/* Every word of the ledger after every other, from every state in which a loan can find it. */
static void test_the_ledgers_word(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct {
        enum scf_receivable_state from, resume;
        bool settled, paid;
        enum scf_receivable_state to, then;
    } cases[] = {
        {SCF_RCV_FINANCED, 0, false, true, SCF_RCV_PART_REPAID, 0},
        {SCF_RCV_FINANCED, 0, false, false, SCF_RCV_FINANCED, 0},
        {SCF_RCV_FINANCED, 0, true, true, SCF_RCV_SETTLED, 0},
        {SCF_RCV_PART_REPAID, 0, false, true, SCF_RCV_PART_REPAID, 0},
        {SCF_RCV_PART_REPAID, 0, false, false, SCF_RCV_FINANCED, 0},
        {SCF_RCV_PART_REPAID, 0, true, true, SCF_RCV_SETTLED, 0},
        {SCF_RCV_OVERDUE, 0, false, true, SCF_RCV_OVERDUE, 0},
        {SCF_RCV_OVERDUE, 0, true, true, SCF_RCV_SETTLED, 0},
        {SCF_RCV_SETTLED, 0, false, true, SCF_RCV_PART_REPAID, 0},
        {SCF_RCV_SETTLED, 0, false, false, SCF_RCV_FINANCED, 0},
        {SCF_RCV_SETTLED, 0, true, true, SCF_RCV_SETTLED, 0},
        {SCF_RCV_DISPUTED, SCF_RCV_FINANCED, false, true, SCF_RCV_DISPUTED, SCF_RCV_PART_REPAID},
        {SCF_RCV_DILUTED, SCF_RCV_PART_REPAID, false, false, SCF_RCV_DILUTED, SCF_RCV_FINANCED},
        {SCF_RCV_DISPUTED, SCF_RCV_OVERDUE, false, true, SCF_RCV_DISPUTED, SCF_RCV_OVERDUE},
        {SCF_RCV_RED_LETTERED, SCF_RCV_FINANCED, true, true, SCF_RCV_SETTLED, SCF_RCV_FINANCED},
        {SCF_RCV_REPURCHASED, 0, true, true, SCF_RCV_REPURCHASED, 0},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_uuid key = scf_uuid_new();
        struct scf_receivable r = offered(&key, &bank);
        make_ready(&r, scf_now_us());
        r.state = cases[i].from;
        r.resume = cases[i].resume;
        r.loan_id = scf_uuid_new();
        r.financed_us = scf_now_us();
        r.open = !scf_rcv_is_over(r.state);
        ok(scf_tx_run(w.db, save, &r, &w.err));
        struct word word = {r.loan_id, cases[i].settled, cases[i].paid};
        ok(scf_tx_run(w.db, repay, &word, &w.err));
        struct scf_receivable got = read_back(&r.id);
        assert_int_equal(got.state, cases[i].to);
        assert_int_equal(got.resume, cases[i].then);
        assert_int_equal(got.open, !scf_rcv_is_over(got.state));
        assert_int_equal(got.ended_us != 0,
                         scf_rcv_is_over(got.state) && !scf_rcv_is_over(cases[i].from));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_comes_back_as_it_was_saved),
        cmocka_unit_test(test_one_open_receivable_of_an_invoice_and_lender),
        cmocka_unit_test(test_standings),
        cmocka_unit_test(test_a_red_letter_freezes_its_seller),
        cmocka_unit_test(test_what_a_loan_asks_for),
        cmocka_unit_test(test_invoices_without_a_receivable),
        cmocka_unit_test(test_anothers_entry),
        cmocka_unit_test(test_the_ledgers_word),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
