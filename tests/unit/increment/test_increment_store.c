/* Scheduling on a real database: every account becomes one run of every period that ended after it
 * was made, page by page; what is late or overtaken is reported once. */
#include <setjmp.h>
#include <cmocka.h>

#include "../chain/world.h"
#include "increment_store.h"
#include "scfd/credit/mark.h"

enum { ACCOUNTS = SCF_SCHEDULE_PAGE + 7, LATER = 5 };

static struct world w;
static const int64_t day_us = SCF_US_PER_DAY;
static int64_t now_us; /* 2026-03-01 00:30 */
static struct scf_increment_period january, february;

static int open_world(void **state) {
    (void)state;
    if (!world_open(&w))
        return 0;
    now_us = scf_day_from_civil(2026, 3, 1) * day_us + 30 * 60 * SCF_US_PER_SECOND;
    january = scf_increment_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2026, 1, 1));
    february = scf_increment_period_of(SCF_PERIOD_MONTH, scf_day_from_civil(2026, 2, 1));
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL)
        world_close(&w);
    return 0;
}

#define NEEDS_WORLD()                                                                              \
    if (w.url == NULL)                                                                             \
    skip()

static void add_accounts(int n, const char *created, int initial) {
    char *sql = scf_asprintf(
        w.arena,
        "INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id, granted,"
        " initial, created_at, updated_at) SELECT gen_random_uuid(), gen_random_uuid(),"
        " CASE WHEN i %% 2 = 0 THEN 'CNY' ELSE 'USD' END, gen_random_uuid(), %d, %d, '%s', '%s'"
        " FROM generate_series(1, %d) i",
        initial, initial, created, created, n);
    assert_non_null(sql);
    world_sql(&w, sql);
}

static enum scf_code insert_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_period_insert(db, w.arena, ctx, now_us, err);
}

static enum scf_code schedule_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_runs_schedule(db, w.arena, now_us, ctx, err);
}

struct sweep {
    int64_t newest_us, late_us;
    struct scf_missed_run *runs;
    size_t n;
    bool more;
};

static enum scf_code sweep_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct sweep *s = ctx;
    return scf_runs_sweep(db, w.arena, s->newest_us, s->late_us, now_us, &s->runs, &s->n, &s->more,
                          err);
}

/* Until nothing more is found; how many were reported. */
static size_t sweep(int64_t newest_us, int64_t late_us) {
    struct sweep s = {.newest_us = newest_us, .late_us = late_us};
    size_t total = 0;
    do {
        world_ok(&w, scf_tx_run(w.db, sweep_body, &s, &w.err));
        total += s.n;
    } while (s.more);
    return total;
}

static int schedule_all(void) {
    bool more = true;
    int rounds = 0;
    for (; more; rounds++)
        world_ok(&w, scf_tx_run(w.db, schedule_body, &more, &w.err));
    return rounds;
}

static void schedules_every_account_once(void **state) {
    (void)state;
    NEEDS_WORLD();
    add_accounts(ACCOUNTS, "2026-01-15+00", 100);
    add_accounts(LATER, "2026-02-15+00", 100); /* they belong to February only */
    add_accounts(LATER, "2026-01-15+00", 0);   /* nothing was granted: no increments */
    world_ok(&w, scf_tx_run(w.db, insert_body, &january, &w.err));
    world_ok(&w, scf_tx_run(w.db, insert_body, &february, &w.err));
    world_ok(&w, scf_tx_run(w.db, insert_body, &february, &w.err)); /* another instance */
    assert_int_equal(schedule_all(), 5); /* two pages each, and finding nothing */
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.limit_run"
                                      " WHERE period = '2026-01'"),
                     ACCOUNTS);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.limit_run r"
                                      " JOIN scfd.limit_account a USING (contract_key, currency)"
                                      " WHERE period = '2026-02' AND r.borrower_id = a.borrower_id"
                                      " AND a.initial > 0"),
                     ACCOUNTS + LATER);
    assert_int_equal(schedule_all(), 1);
    bool found;
    int64_t newest_us;
    world_ok(&w, scf_period_newest(w.db, w.arena, &found, &newest_us, &w.err));
    assert_true(found);
    assert_int_equal(newest_us, scf_increment_as_of(&february));
}

static void reports_what_is_overtaken_or_late_once(void **state) {
    (void)state;
    NEEDS_WORLD();
    int64_t newest_us = scf_increment_as_of(&february);
    assert_int_equal(sweep(newest_us, newest_us - day_us), ACCOUNTS); /* January, for good */
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.limit_run WHERE status = 4"
                                      " AND due_at IS NULL AND period = '2026-01'"),
                     ACCOUNTS);
    assert_int_equal(sweep(newest_us, newest_us), 0); /* the grace lasts to this very moment */
    assert_int_equal(sweep(newest_us, newest_us + 1), ACCOUNTS + LATER);
    assert_int_equal(sweep(newest_us, newest_us + 1), 0);
    struct scf_run_counts counts;
    world_ok(&w, scf_runs_count(w.db, w.arena, &counts, &w.err));
    assert_int_equal(counts.due, 0);
    assert_int_equal(counts.overdue, ACCOUNTS + LATER);       /* late, and still to be made */
    assert_int_equal(sweep(newest_us + 1, newest_us + 1), 0); /* overtaken; known already */
    world_ok(&w, scf_runs_count(w.db, w.arena, &counts, &w.err));
    assert_int_equal(counts.overdue, 0);
}

/* ---- the order of locks ---- */

/* Of two accounts the one that goes first belongs to a borrower without financials, so that it is
 * locked for itself, the other with its borrower. */
#define FIRST "'00000000-0000-4000-8000-00000000000a'"
#define SECOND "'00000000-0000-4000-8000-00000000000b'"

static struct scf_uuid key_of(char last) {
    struct scf_uuid id = {{0}};
    id.b[6] = 0x40;
    id.b[8] = 0x80;
    id.b[15] = (unsigned char)last;
    return id;
}

static enum scf_code lock_body(struct scf_db *db, void *arena, struct scf_error *err) {
    const struct scf_uuid first = key_of(0xa), second = key_of(0xb);
    const struct scf_uuid *keys[] = {&second, &first};
    const struct scf_str currencies[] = {SCF_STR("CNY"), SCF_STR("CNY")};
    return scf_borrowers_lock(db, arena, keys, keys, currencies, 2, err);
}

static void *lock_both(void *ctx) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_db *db = scf_db_new(w.url, "lock_both", 0);
    world_ok(&w, scf_tx_run(db, lock_body, arena, ctx));
    scf_db_free(db);
    scf_arena_free(arena);
    return NULL;
}

static int64_t ask(struct scf_db *db, const char *name, const char *sql) {
    const struct scf_stmt stmt = {name, sql};
    struct scf_rows *rows;
    world_ok(&w, scf_db_run(db, &stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

struct obstacle {
    pthread_t thread;
    struct scf_error err; /* of the thread */
    bool second_is_free;
};

/* With the first one locked by this transaction: who waits for it has not locked the second. */
static enum scf_code stand_in_the_way(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct obstacle *o = ctx;
    (void)err;
    (void)ask(db, "t_first",
              "SELECT 1::bigint FROM scfd.limit_account WHERE contract_key = " FIRST " FOR UPDATE");
    assert_int_equal(pthread_create(&o->thread, NULL, lock_both, &o->err), 0);
    while (ask(db, "t_waits", "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        usleep(1000);
    o->second_is_free = ask(db, "t_second",
                            "SELECT count(*) FROM (SELECT FROM scfd.limit_account WHERE"
                            " contract_key = " SECOND " FOR UPDATE SKIP LOCKED) x") == 1;
    return SCF_OK;
}

static void locks_accounts_in_one_order(void **state) {
    (void)state;
    NEEDS_WORLD();
    struct obstacle o = {0};
    world_sql(&w,
              "INSERT INTO scfd.enterprise (id, code, name, is_stub, profile, created_at,"
              " updated_at) VALUES (" SECOND ", 'rich', 'x', true, '{\"financials\":{}}', now(),"
              " now())");
    world_sql(&w, "INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id,"
                  " created_at, updated_at) SELECT gen_random_uuid(), k, 'CNY', k, now(), now()"
                  " FROM unnest(ARRAY[" FIRST ", " SECOND "]::uuid[]) AS k");
    struct scf_db *db = scf_db_new(w.url, "in the way", 0);
    world_ok(&w, scf_tx_run(db, stand_in_the_way, &o, &w.err));
    pthread_join(o.thread, NULL);
    scf_db_free(db);
    assert_true(o.second_is_free);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_every_account_once),
        cmocka_unit_test(reports_what_is_overtaken_or_late_once),
        cmocka_unit_test(locks_accounts_in_one_order),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
