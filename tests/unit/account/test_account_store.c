/* Limit accounts on a real database: made once, locked, booked, and always the sums of their
 * entries. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/account/account.h"
#include "scfd/base/clock.h"
#include "pg.h"

static struct scf_test_world w;

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

static int64_t number(const char *name, const char *sql) {
    const struct scf_stmt stmt = {name, sql};
    struct scf_rows *rows;
    ok(scf_db_run(w.db, &stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

static void balances_are_sums(void) {
    int64_t wrong = -1;
    ok(scf_account_check(w.db, w.arena, &wrong, &w.err));
    assert_int_equal(wrong, number("t_made_up", "SELECT count(*) FROM scfd.limit_account"
                                                " WHERE held > 0")); /* entries without a hold */
}

/* ---- steps inside a transaction ---- */

struct step {
    struct scf_uuid key;
    struct scf_account_change change;
    struct scf_account account; /* after it */
};

static enum scf_code book_one(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct step *s = ctx;
    struct scf_uuid borrower = {{1}};
    struct scf_account a;
    enum scf_code code =
        scf_account_lock(db, w.arena, &s->key, 1, "CNY", &borrower, scf_now_us(), &a, err);
    if (code == SCF_OK)
        code = scf_account_book(db, w.arena, &a, &s->change, scf_now_us(), err);
    s->account = a;
    return code;
}

static enum scf_code book(const struct scf_uuid *key, enum scf_entry_type type, int64_t amount,
                          struct scf_account *ret) {
    struct step s = {
        .key = *key,
        .change = {
            .type = type, .amount = amount, .source_id = scf_uuid_new(), .source_prefix = "asm"}};
    enum scf_code code = scf_tx_run(w.db, book_one, &s, &w.err);
    if (ret != NULL)
        *ret = s.account;
    return code;
}

static void an_account_is_made_when_it_is_needed(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_account a;
    ok(book(&key, SCF_ENTRY_INITIAL, 100000, &a));
    ok(book(&key, SCF_ENTRY_HOLD, 30000, &a));
    assert_int_equal(book(&key, SCF_ENTRY_HOLD, 70001, NULL), SCF_E_LIMIT_EXCEEDED);
    ok(book(&key, SCF_ENTRY_FREEZE, 0, &a));
    assert_true(a.frozen);
    ok(book(&key, SCF_ENTRY_UNFREEZE, 0, &a));
    assert_int_equal(a.granted, 100000);
    assert_int_equal(a.held, 30000);
    assert_int_equal(a.entries, 4);
    assert_string_equal(a.currency, "CNY");
    assert_int_equal(number("t_ice", "SELECT count(*) FROM scfd.limit_account WHERE frozen"), 0);
    balances_are_sums();
}

struct batch {
    const struct scf_uuid *keys;
    size_t n;
    int rounds;
};

/* Several changes of one account in the same statement, and accounts asked for out of order. */
static enum scf_code book_batch(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct batch *b = ctx;
    struct scf_uuid borrower = {{1}};
    struct scf_account *accounts = scf_alloc(w.arena, b->n, sizeof *accounts);
    size_t n = b->n * (size_t)b->rounds;
    struct scf_account **whose = scf_alloc(w.arena, n, sizeof *whose);
    struct scf_account_change *changes = scf_alloc(w.arena, n, sizeof *changes);
    enum scf_code code =
        scf_account_lock(db, w.arena, b->keys, b->n, "CNY", &borrower, scf_now_us(), accounts, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        whose[i] = &accounts[i % b->n];
        assert_true(scf_uuid_eq(&whose[i]->contract_key, &b->keys[i % b->n]));
        changes[i] = (struct scf_account_change){.type = SCF_ENTRY_INCREMENT,
                                                 .amount = (int64_t)i + 1,
                                                 .source_prefix = "asm",
                                                 .period = "2026-11"};
    }
    return code == SCF_OK ? scf_account_book_many(db, w.arena, whose, changes, n, scf_now_us(), err)
                          : code;
}

static void many_are_booked_at_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    enum { ACCOUNTS = 500 };
    struct scf_uuid *keys = scf_alloc(w.arena, ACCOUNTS, sizeof *keys);
    for (size_t i = 0; i < ACCOUNTS; i++)
        scf_random(&keys[i], sizeof keys[i]);
    struct batch b = {keys, ACCOUNTS, 3};
    ok(scf_tx_run(w.db, book_batch, &b, &w.err));
    balances_are_sums();
    assert_int_equal(number("t_granted", "SELECT sum(increments)::bigint FROM scfd.limit_account"),
                     1500 * 1501 / 2);
}

/* ---- grants ---- */

static enum scf_code grant_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_account_grant(db, w.arena, ctx, scf_now_us(), err);
}

static void grant(const struct scf_uuid *key, int64_t amount, int64_t as_of_us) {
    struct scf_grant grants = {*key, amount};
    struct scf_granting g = {.assessment_id = scf_uuid_new(),
                             .borrower_id = {{1}},
                             .currency = "CNY",
                             .as_of_us = as_of_us,
                             .expires_day = 30000,
                             .grants = &grants,
                             .count = 1};
    ok(scf_tx_run(w.db, grant_in_tx, &g, &w.err));
}

static void assessments_share_one_limit(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    struct scf_account a;
    grant(&key, 100000, 1000);
    grant(&key, 100000, 2000); /* the same again grants nothing more */
    grant(&key, 120000, 3000);
    grant(&key, 90000, 2500); /* as of an earlier time */
    ok(book(&key, SCF_ENTRY_HOLD, 40000, &a));
    assert_int_equal(a.granted, 120000);
    grant(&key, 10000, 4000); /* never below what is held */
    ok(book(&key, SCF_ENTRY_RELEASE, 40000, &a));
    assert_int_equal(a.granted, 40000);
    grant(&key, 10000, 4000);
    ok(book(&key, SCF_ENTRY_INCREMENT, 5000, &a));
    assert_int_equal(a.granted, 15000);
    grant(&key, 0, 5000); /* increments are not an initial limit's to take */
    ok(book(&key, SCF_ENTRY_FREEZE, 0, &a));
    assert_int_equal(a.granted, 5000);
    assert_int_equal(a.initial, 0);
    balances_are_sums();
}

/* ---- races ---- */

struct alone {
    struct scf_arena *arena;
    const struct scf_uuid *key;
};

static enum scf_code hold_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct alone *t = ctx;
    struct scf_uuid borrower = {{1}};
    struct scf_account a;
    const struct scf_account_change change = {
        .type = SCF_ENTRY_HOLD, .amount = 93, .source_prefix = "hold"};
    enum scf_code code =
        scf_account_lock(db, t->arena, t->key, 1, "CNY", &borrower, scf_now_us(), &a, err);
    return code == SCF_OK ? scf_account_book(db, t->arena, &a, &change, scf_now_us(), err) : code;
}

static void *hold_alone(void *ctx) {
    struct alone t = {scf_arena_new(16 << 20), ctx};
    struct scf_db *db = scf_db_new(w.url, "test", 0);
    struct scf_error err = {0};
    for (int i = 0; i < 25; i++) {
        enum scf_code code = scf_tx_run(db, hold_in_tx, &t, &err);
        SCF_ASSERT(code == SCF_OK || code == SCF_E_LIMIT_EXCEEDED);
    }
    scf_db_free(db);
    scf_arena_free(t.arena);
    return NULL;
}

static void racing_holds_stay_within(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid key = scf_uuid_new();
    pthread_t threads[6];
    struct scf_account a;
    ok(book(&key, SCF_ENTRY_INITIAL, 1000, NULL));
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_alone, &key), 0);
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(book(&key, SCF_ENTRY_HOLD, 100, NULL), SCF_E_LIMIT_EXCEEDED);
    ok(book(&key, SCF_ENTRY_UNFREEZE, 0, &a));
    assert_int_equal(a.held, 10 * 93); /* 10 of 150 fitted */
    balances_are_sums();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_account_is_made_when_it_is_needed, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(many_are_booked_at_once, open_world, close_world),
        cmocka_unit_test_setup_teardown(assessments_share_one_limit, open_world, close_world),
        cmocka_unit_test_setup_teardown(racing_holds_stay_within, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
