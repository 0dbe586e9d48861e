/* Holds and claims on a real database: races for one invoice, and random sequences of everything
 * that moves a balance, run by several threads at once. */
#include "world.h"

#include "scfd/party/services.h"

/* ---- one invoice, many threads ---- */

enum { ROUNDS = 150, RACERS = 4 };

struct race {
    pthread_barrier_t *start;
    int lender, won, lost, other;
    uint64_t seed;
    const struct scf_uuid *invoices;
};

static void *race(void *ctx) {
    struct race *r = ctx;
    struct hand h = open_hand(r->seed);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t until = scf_now_us() + SCF_US_PER_HOUR;
        pthread_barrier_wait(r->start);
        struct scf_hold_order o = hold(&h, r->lender, 1, &r->invoices[i], INVOICE_AMOUNT, until);
        r->won += o.code == SCF_OK;
        r->lost += o.code == SCF_E_ALREADY_CLAIMED;
        r->other += o.code != SCF_OK && o.code != SCF_E_ALREADY_CLAIMED;
        if (o.code == SCF_E_ALREADY_CLAIMED) {
            SCF_ASSERT(strstr(o.err.members_json, "\"since\"") != NULL);
            SCF_ASSERT(strstr(o.err.members_json, "\"until\"") != NULL);
            SCF_ASSERT(strstr(o.err.members_json, "node_") == NULL);
        }
        scf_arena_reset(h.arena);
    }
    close_hand(&h);
    return NULL;
}

static void one_wins_each_invoice(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid *invoices = scf_alloc(w.arena, ROUNDS, sizeof *invoices);
    pthread_t threads[RACERS];
    struct race races[RACERS];
    pthread_barrier_t start;
    for (int i = 0; i < ROUNDS; i++)
        add_invoice(&invoices[i]);
    pthread_barrier_init(&start, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        races[i] = (struct race){
            .start = &start, .lender = i % 2, .seed = (uint64_t)i, .invoices = invoices};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &races[i]), 0);
    }
    int won = 0, lost = 0;
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        won += races[i].won;
        lost += races[i].lost;
        assert_int_equal(races[i].other, 0);
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(won, ROUNDS);
    assert_int_equal(lost, ROUNDS * (RACERS - 1));
    assert_int_equal(number("t_twice", "SELECT count(*) FROM scfd.claim_head"
                                       " WHERE claimed <> 100000"),
                     0);
}

/* ---- random sequences ---- */

enum { STEPS = 250, THREADS = 4, OWN = 64 };

struct thing { /* a hold, or the loan that it became */
    struct scf_uuid hold_id, loan_id;
    int64_t amount, used;
    enum { NOTHING, HELD, DRAWN, REPAID } state;
    int lender;
};

struct player {
    struct hand h;
    struct thing things[OWN];
    struct thing *at;  /* the one that the step is about */
    int64_t conflicts; /* claims that a reversal took back above what the invoice is worth */
};

static enum scf_code lock_account(struct player *p, struct scf_db *db, struct scf_account *ret,
                                  struct scf_error *err) {
    return scf_account_lock(db, p->h.arena, &w.contract_key, 1, "CNY", &w.borrower, scf_now_us(),
                            ret, err);
}

static enum scf_code book(struct player *p, struct scf_db *db, struct scf_account *a,
                          enum scf_entry_type type, int64_t amount, int64_t from_hold,
                          struct scf_error *err) {
    const struct scf_account_change change = {.type = type,
                                              .amount = amount,
                                              .from_hold = from_hold,
                                              .source_id = p->at->loan_id,
                                              .source_prefix = "loan",
                                              .period =
                                                  type == SCF_ENTRY_INCREMENT ? "2026-11" : NULL};
    enum scf_code code = scf_account_book(db, p->h.arena, a, &change, scf_now_us(), err);
    bool fresh = type == SCF_ENTRY_HOLD || (type == SCF_ENTRY_USE && amount > from_hold);
    SCF_ASSERT(code != SCF_OK || !fresh || a->held + a->used <= a->granted);
    return code;
}

/* A loan out of the hold, or without one. */
static enum scf_code draw(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct thing *t = p->at;
    struct scf_account a;
    struct scf_hold hold;
    int64_t now = scf_now_us();
    t->loan_id = scf_uuid_new();
    enum scf_code code = lock_account(p, db, &a, err);
    if (code == SCF_OK)
        code = scf_hold_lock(db, p->h.arena, &t->hold_id, &w.lenders[t->lender].node_id, now, &hold,
                             err);
    if (code != SCF_OK)
        return code;
    t->used = 1 + (int64_t)roll(&p->h, (uint64_t)hold.amount);
    code = scf_hold_use(db, p->h.arena, &hold, &a, &t->loan_id, t->used, now, err);
    return code == SCF_OK ? book(p, db, &a, SCF_ENTRY_USE, t->used, t->used, err) : code;
}

static enum scf_code repay(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct scf_account a;
    enum scf_code code = lock_account(p, db, &a, err);
    if (code == SCF_OK)
        code = book(p, db, &a, SCF_ENTRY_REPAY, p->at->used, 0, err);
    return code == SCF_OK ? scf_claims_release(db, p->h.arena, &p->at->loan_id, scf_now_us(), err)
                          : code;
}

static enum scf_code reverse(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct scf_account a;
    int64_t conflicts = 0;
    enum scf_code code = lock_account(p, db, &a, err);
    if (code == SCF_OK)
        code = book(p, db, &a, SCF_ENTRY_REPAY, -p->at->used, 0, err);
    if (code == SCF_OK)
        code = scf_claims_retake(db, p->h.arena, &p->at->loan_id, scf_now_us(), &conflicts, err);
    p->conflicts += conflicts;
    return code;
}

static enum scf_code regrant(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    const struct scf_grant grant = {w.contract_key, (int64_t)roll(&p->h, 1500000)};
    const struct scf_granting g = {.assessment_id = scf_uuid_new(),
                                   .borrower_id = w.borrower,
                                   .currency = "CNY",
                                   .as_of_us = scf_now_us(),
                                   .expires_day = 300000,
                                   .grants = &grant,
                                   .count = 1};
    return scf_account_grant(db, p->h.arena, &g, scf_now_us(), err);
}

static enum scf_code increase(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct scf_account a;
    enum scf_code code = lock_account(p, db, &a, err);
    return code == SCF_OK
               ? book(p, db, &a, SCF_ENTRY_INCREMENT, (int64_t)roll(&p->h, 50000), 0, err)
               : code;
}

static enum scf_code take_back(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct scf_account a;
    enum scf_code code = lock_account(p, db, &a, err);
    return code == SCF_OK
               ? book(p, db, &a, SCF_ENTRY_TAKE_BACK, (int64_t)roll(&p->h, 60000), 0, err)
               : code;
}

static enum scf_code freeze(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct player *p = ctx;
    struct scf_account a;
    enum scf_code code = lock_account(p, db, &a, err);
    if (code != SCF_OK)
        return code;
    return book(p, db, &a, a.frozen ? SCF_ENTRY_UNFREEZE : SCF_ENTRY_FREEZE, 0, 0, err);
}

/* Half of the holds live for a few milliseconds. */
static enum scf_code start(struct player *p) {
    struct thing *t = p->at;
    int64_t life = roll(&p->h, 2) ? SCF_US_PER_HOUR : 1000 + (int64_t)roll(&p->h, 30000);
    t->lender = (int)roll(&p->h, 2);
    t->amount = 1 + (int64_t)roll(&p->h, 60000);
    struct scf_hold_order o = hold(&p->h, t->lender, t->amount, &w.invoices[roll(&p->h, INVOICES)],
                                   (int64_t)roll(&p->h, INVOICE_AMOUNT), scf_now_us() + life);
    t->hold_id = o.hold.id;
    t->state = o.code == SCF_OK ? HELD : NOTHING;
    return o.code;
}

static enum scf_code step(struct player *p) {
    struct thing *t = p->at;
    uint64_t what = roll(&p->h, 20);
    if (what < 4) {
        scf_tx_body const general[] = {regrant, increase, take_back, freeze};
        return scf_tx_run(p->h.db, general[what], p, &p->h.err);
    }
    enum scf_code code;
    switch (t->state) {
    case NOTHING:
        return start(p);
    case HELD:
        if (what < 10) {
            t->state = NOTHING;
            return scf_hold_release(p->h.db, p->h.arena, &w.lenders[t->lender], &t->hold_id,
                                    scf_now_us(), &p->h.err);
        }
        code = scf_tx_run(p->h.db, draw, p, &p->h.err);
        t->state = code == SCF_OK ? DRAWN : NOTHING;
        return code;
    case DRAWN:
        code = scf_tx_run(p->h.db, repay, p, &p->h.err);
        t->state = code == SCF_OK ? REPAID : t->state;
        return code;
    case REPAID:
        code = what < 12 ? SCF_OK : scf_tx_run(p->h.db, reverse, p, &p->h.err);
        t->state = what < 12 ? NOTHING : DRAWN;
        return code;
    }
    return SCF_OK;
}

static void *play(void *ctx) {
    struct player *p = ctx;
    for (int i = 0; i < STEPS; i++) {
        p->at = &p->things[roll(&p->h, OWN / 4)];
        enum scf_code code = step(p);
        bool expected = code == SCF_OK || code == SCF_E_LIMIT_EXCEEDED ||
                        code == SCF_E_ALREADY_CLAIMED || code == SCF_E_WRONG_STATE ||
                        code == SCF_E_VALIDATION_FAILED;
        if (!expected)
            fprintf(stderr, "step: %s (%s)\n", p->h.err.detail, p->h.err.note);
        SCF_ASSERT(expected);
        scf_arena_reset(p->h.arena);
    }
    return NULL;
}

static void no_sequence_breaks_a_balance(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static struct player players[THREADS];
    pthread_t threads[THREADS];
    int64_t wrong = -1;
    for (int i = 0; i < THREADS; i++) {
        players[i] = (struct player){.h = open_hand((uint64_t)i + 7)};
        assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ok(scf_account_check(w.db, w.arena, &wrong, &w.err));
    assert_int_equal(wrong, 0);
    /* money is out on what a reversal takes back, whatever was claimed meanwhile; nobody else gets
     * an invoice above what it is worth */
    int64_t conflicts = 0;
    for (int i = 0; i < THREADS; i++)
        conflicts += players[i].conflicts;
    assert_true(number("t_over", "SELECT count(*) FROM scfd.claim_head WHERE claimed > net") <=
                conflicts);
    assert_int_equal(number("t_over_without_loan",
                            "SELECT count(*) FROM scfd.claim_head h WHERE claimed > net"
                            " AND NOT EXISTS (SELECT FROM scfd.claim c WHERE c.by_loan"
                            " AND c.invoice_key = h.invoice_key AND c.status = 0)"),
                     0);
    /* what was claimed without the loans was claimed while it fitted, so it still does */
    assert_int_equal(number("t_over_by_holds",
                            "SELECT count(*) FROM scfd.claim_head h WHERE net < (SELECT"
                            " coalesce(sum(amount), 0) FROM scfd.claim c WHERE NOT c.by_loan"
                            " AND c.invoice_key = h.invoice_key AND c.status = 0)"),
                     0);
    /* what players still have drawn is what the account says is used */
    int64_t used = 0;
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < OWN; k++)
            used += players[i].things[k].state == DRAWN ? players[i].things[k].used : 0;
    assert_int_equal(number("t_used", "SELECT used FROM scfd.limit_account"), used);
    assert_true(number("t_expired", "SELECT count(*) FROM scfd.limit_entry WHERE type = 5") > 0);
    assert_true(number("t_reversed", "SELECT count(*) FROM scfd.limit_entry WHERE type = 7"
                                     " AND used > 0") > 0);
    for (int i = 0; i < THREADS; i++)
        close_hand(&players[i].h);
}

/* ---- the task ---- */

static void the_task_ends_what_is_over(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct hand h = open_hand(1);
    struct scf_services services = {.installation = {.platform_id = add_node("2", NULL)}};
    struct scf_hold_order soon = hold(&h, 0, 500, &w.invoices[0], 700, scf_now_us() + 300000);
    struct scf_hold_order later =
        hold(&h, 1, 300, &w.invoices[0], 700, scf_now_us() + SCF_US_PER_HOUR);
    assert_int_equal(soon.code, SCF_OK);
    assert_int_equal(later.code, SCF_OK);
    while (scf_now_us() <= soon.hold.expires_us)
        usleep(500);
    ok(scf_hold_task(h.db, h.arena, &services, &w.err));
    ok(scf_hold_task(h.db, h.arena, &services, &w.err)); /* again does nothing */
    assert_int_equal(number("t_held", "SELECT held FROM scfd.limit_account"), 300);
    assert_int_equal(number("t_claimed", "SELECT claimed FROM scfd.claim_head"), 700);
    assert_int_equal(number("t_steps", "SELECT count(*) FROM scfd.record WHERE kind = 13"
                                       " AND external_id LIKE '%/expired'"),
                     1);
    close_hand(&h);
}

static enum scf_code lock_in_little_memory(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(64 << 10);
    enum scf_code code =
        scf_account_lock(db, arena, &w.contract_key, 1, "CNY", &w.borrower, scf_now_us(), ctx, err);
    scf_arena_free(arena);
    return code;
}

/* Whoever comes next must book them all, or nobody could use the account any more. */
static void thousands_expire_at_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_account a;
    int64_t wrong = 0;
    sql("t_holds",
        "INSERT INTO scfd.limit_hold (id, node_id, account_id, assessment_id, contract_id,"
        " contract_key, borrower_id, currency, amount, expires_at, created_at)"
        " SELECT gen_random_uuid(), $2, id, id, id, contract_key, $1, 'CNY', 2,"
        " '2020-01-02', '2020-01-01' FROM scfd.limit_account, generate_series(1, 2500)",
        &w.borrower, &w.lenders[0].node_id);
    sql("t_entry",
        "INSERT INTO scfd.limit_entry (account_id, seq, type, granted, held, used, source_id,"
        " source_prefix, created_at) SELECT id, 2, 3, 0, 5000, 0, $1, 'hold', now()"
        " FROM scfd.limit_account WHERE $2::uuid IS NULL",
        &w.borrower, NULL);
    sql("t_balance",
        "UPDATE scfd.limit_account SET held = 5000, entries = 2 WHERE borrower_id = $1"
        " AND $2::uuid IS NULL",
        &w.borrower, NULL);
    ok(scf_tx_run(w.db, lock_in_little_memory, &a, &w.err));
    assert_int_equal(a.held, 0);
    assert_int_equal(a.entries, 2502);
    ok(scf_account_check(w.db, w.arena, &wrong, &w.err));
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_wins_each_invoice, open_world, close_world),
        cmocka_unit_test_setup_teardown(no_sequence_breaks_a_balance, open_world, close_world),
        cmocka_unit_test_setup_teardown(the_task_ends_what_is_over, open_world, close_world),
        cmocka_unit_test_setup_teardown(thousands_expire_at_once, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
