/* How far a backtest is: rows and cursor in one transaction, and one run at a time. */
#include <setjmp.h>
#include <cmocka.h>

#include "backtest.h"
#include "pg.h"

enum { N = 5, T = 1000000 };

static struct scf_test_world w;
static struct scf_uuid ids[N];
static const struct scf_backtest_request everything = {
    .from_us = 0, .to_us = 100 * T, .limit = SCF_BACKTEST_MAX};

static const struct scf_stmt assessment_stmt = {
    "test_assessment",
    "INSERT INTO scfd.credit_assessment (id, borrower_id, request, as_of, status, currency,"
    " recommended_limit, receipt, created_at, updated_at)"
    " VALUES ($1, $1, '{}', $2, 2, 'CNY', $3, $4, $2, $2)"};

static int set_up(void **state) {
    (void)state;
    w = scf_test_world_open();
    for (int i = 0; w.url != NULL && i < N; i++) {
        struct scf_params p;
        scf_params_init(&p, w.arena);
        ids[i] = scf_uuid_new();
        scf_p_uuid(&p, &ids[i]);
        scf_p_time(&p, (i + 1) * (int64_t)T);
        scf_p_i64(&p, 100 + i);
        scf_p_text(&p, scf_asprintf(w.arena, "receipt %d", i));
        ok(scf_db_run(w.db, &assessment_stmt, &p, w.arena, NULL, &w.err));
    }
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

static struct scf_backtest make(void) {
    struct scf_backtest b = {.id = scf_uuid_new(),
                             .job_id = scf_uuid_new(),
                             .request = scf_str("{}"),
                             .created_us = 50 * (int64_t)T,
                             .total = N};
    ok(scf_backtest_insert(w.db, w.arena, &b, &w.err));
    return b;
}

struct step {
    struct scf_backtest *b;
    struct scf_backtest_row *rows;
    size_t n;
};

static enum scf_code advance(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct step *s = ctx;
    return scf_backtest_advance(db, w.arena, s->b, s->rows, s->n, T, err);
}

static enum scf_code go_on(struct scf_backtest *b, int64_t n, struct step *ret) {
    *ret = (struct step){.b = b};
    ok(scf_backtest_next(w.db, w.arena, b, &everything, n, &ret->rows, &ret->n, &w.err));
    return scf_tx_run(w.db, advance, ret, &w.err);
}

static void moved(struct scf_backtest *b, const struct step *s) {
    b->begun = true;
    b->last_created_us = s->rows[s->n - 1].created_us;
    b->last_id = s->rows[s->n - 1].assessment_id;
    b->done += (int64_t)s->n;
}

static void one_run_goes_on_and_the_other_stops(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct step s;
    struct scf_backtest b = make(), late, read;
    assert_int_equal(go_on(&b, 2, &s), SCF_OK);
    late = b; /* a run that lost its lease and does not know */
    assert_int_equal(go_on(&late, 2, &s), SCF_E_WRONG_STATE);
    ok(scf_backtest_read(w.db, w.arena, &b.id, &read, &w.err));
    assert_int_equal(read.done, 2);
    assert_true(read.begun);
    assert_memory_equal(read.last_id.b, ids[1].b, 16);
    /* a new run goes on from what is stored */
    assert_int_equal(go_on(&read, 10, &s), SCF_OK);
    assert_int_equal(s.n, 3);
    moved(&read, &s);
    assert_int_equal(go_on(&read, 10, &s), SCF_OK);
    assert_int_equal(s.n, 0);
    const struct scf_page page = {.limit = 10};
    struct scf_backtest_row *rows;
    int n;
    ok(scf_backtest_page_rows(w.db, w.arena, &b.id, &page, &rows, &n, &w.err));
    assert_int_equal(n, N);
    for (int i = 0; i < n; i++) {
        assert_memory_equal(rows[i].assessment_id.b, ids[i].b, 16);
        assert_int_equal(rows[i].recorded, 100 + i);
        assert_false(rows[i].computed);
    }
}

static void a_finished_one_stays(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct step s;
    struct scf_backtest b = make(), read;
    ok(scf_backtest_succeed(w.db, w.arena, &b, scf_str("{\"a\":1}"), 9, &w.err));
    assert_int_equal(go_on(&b, 2, &s), SCF_E_WRONG_STATE);
    const struct scf_error why = {.code = SCF_E_INTERNAL, .detail = "too late"};
    ok(scf_backtest_fail(w.db, w.arena, &b.id, &why, 10, &w.err));
    ok(scf_backtest_read(w.db, w.arena, &b.id, &read, &w.err));
    assert_int_equal(read.status, SCF_BKT_SUCCEEDED);
    assert_null(read.problem_code);
}

static void what_was_not_there_when_it_was_asked_for(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_backtest b = make();
    struct scf_backtest_row *rows;
    size_t n;
    int64_t count;
    b.created_us = 3 * (int64_t)T;
    ok(scf_backtest_count(w.db, w.arena, &b, &everything, &count, &w.err));
    assert_int_equal(count, 3);
    ok(scf_backtest_next(w.db, w.arena, &b, &everything, 10, &rows, &n, &w.err));
    assert_int_equal(n, 3);
    struct scf_backtest_request some = everything;
    some.from_us = 2 * (int64_t)T, some.borrowers = &ids[1], some.borrower_count = 2;
    ok(scf_backtest_count(w.db, w.arena, &b, &some, &count, &w.err));
    assert_int_equal(count, 2);
}

static void collect(void *ctx, struct scf_backtest_row *row, struct scf_str receipt) {
    char *out = ctx;
    assert_int_equal(receipt.n, 9);
    out[strlen(out)] = receipt.p[8];
    assert_int_equal(row->recorded, 100 + receipt.p[8] - '0'); /* each row its own */
}

static void receipts_come_with_their_rows(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_backtest b = make();
    struct scf_backtest_row *rows;
    size_t n;
    char seen[N + 1] = "";
    ok(scf_backtest_next(w.db, w.arena, &b, &everything, 10, &rows, &n, &w.err));
    ok(scf_backtest_receipts(w.db, w.arena, rows, n, collect, seen, &w.err));
    assert_string_equal(seen, "01234");
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_goes_on_and_the_other_stops),
        cmocka_unit_test(a_finished_one_stays),
        cmocka_unit_test(what_was_not_there_when_it_was_asked_for),
        cmocka_unit_test(receipts_come_with_their_rows),
    };
    return cmocka_run_group_tests_name("backtest_store", tests, set_up, tear_down);
}
