/* Folding on a real database: exactly once, the same in one go and in pieces, with two folders at
 * work; totals against plain SQL over the records. */
#include <setjmp.h>
#include <cmocka.h>

#include "../chain/world.h"
#include "policy_text.h"
#include "rollup_impl.h"

static struct world w;
static struct scf_templates *templates;

static enum scf_code ship(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_templates_ship(db, ctx, err);
}

static int open_world(void **state) {
    (void)state;
    if (!world_open(&w))
        return 0;
    struct scf_uuid platform = world_chain(&w);
    world_ok(&w, scf_tx_run(w.db, ship, &platform, &w.err));
    world_ok(&w, scf_tx_run(w.db, ship, &platform, &w.err)); /* again: nothing is added */
    world_ok(&w, scf_templates_open(w.url, &templates, &w.err));
    w.services.templates = templates;
    w.services.installation.platform_id = platform;
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL) {
        scf_templates_free(templates);
        world_close(&w);
    }
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

/* ---- made-up leaves: the same for the same serial ---- */

static uint64_t rnd(uint64_t *x) {
    *x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *x >> 33;
}

static struct scf_uuid uuid(uint8_t tag, uint64_t n) {
    struct scf_uuid u = {{tag}};
    memcpy(u.b + 1, &n, sizeof n);
    return u;
}

/* `space` keeps the invoices of two chains apart. */
static struct scf_record leaf(const struct scf_uuid *chain, uint8_t space, int i) {
    uint64_t x = (uint64_t)i * 977 + 5;
    bool invoice = rnd(&x) % 3 == 0, guarantee = !invoice && rnd(&x) % 17 == 0;
    struct scf_record r = {
        .chain_id = *chain,
        .id = scf_uuid_new(),
        .kind = invoice     ? SCF_REC_INVOICE
                : guarantee ? SCF_REC_GUARANTEE
                            : SCF_REC_WORKFLOW_EVENT,
        .external_id = scf_str(scf_asprintf(w.arena, "R-%d-%d", space, i)),
        .body = SCF_STR("{}"),
        .enterprise_id = uuid(1, rnd(&x) % 5),
        .counterparty_id = uuid(2, rnd(&x) % 2),
        .has_happened = rnd(&x) % 10 != 0,
        .has_amount = true,
        .amount = (int64_t)(rnd(&x) % 100000) - 5000,
        .currency = "CNY",
        .weight_expected = 10000000,
        .weight_present = (int64_t)(rnd(&x) % 10000000),
        .range_ok = rnd(&x) % 8 != 0,
        .checks_applicable = 3,
        .checks_passed = (int16_t)(rnd(&x) % 4),
    };
    /* about an hour apart, now and then out of order, some minutes into a negative lag */
    r.received_us =
        SCF_US_PER_DAY * 20000 + i * SCF_US_PER_HOUR - (int64_t)(rnd(&x) % 3) * SCF_US_PER_DAY;
    r.happened_us =
        r.received_us - (int64_t)(rnd(&x) % 400000) * 1000003 + 5 * 60 * SCF_US_PER_SECOND;
    if (rnd(&x) % 4 != 0)
        r.contract_key = uuid(3, rnd(&x) % 4);
    if (invoice) { /* every fifth is sent again as a revision of one before */
        bool revises = i > 50 && rnd(&x) % 5 == 0;
        r.business_key = uuid(space, revises ? rnd(&x) % 50 : (uint64_t)i);
        r.revises_id = revises ? uuid(9, 1) : uuid(0, 0);
        r.contract_key = uuid(3, 1 + r.business_key.b[1] % 3);
    }
    if (r.kind == SCF_REC_WORKFLOW_EVENT) {
        const struct scf_template *t =
            scf_templates_for(templates, SCF_REC_WORKFLOW_EVENT, SCF_STR("F5154"), r.received_us);
        uint8_t *m = scf_alloc(w.arena, t->watched_count, SCF_MEASURE_LEN);
        for (size_t k = 0; k < t->watched_count; k++) {
            uint8_t *one = m + k * SCF_MEASURE_LEN;
            one[0] = rnd(&x) % 5 != 0;
            one[8] = one[0] ? (uint8_t)(100 + rnd(&x) % 100) : 0;
        }
        r.template_id = t->id;
        r.measures = (struct scf_str){(char *)m, t->watched_count * SCF_MEASURE_LEN};
    }
    scf_record_prepare(&r);
    return r;
}

static void append(const struct scf_uuid *chain, uint8_t space, int from, int to) {
    struct scf_record *records = scf_alloc(w.arena, (size_t)(to - from), sizeof *records);
    for (int i = from; i < to; i++)
        records[i - from] = leaf(chain, space, i);
    struct world_append a = {&w, records, (size_t)(to - from)};
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));
}

static void fold(const struct scf_uuid *chain) {
    world_ok(&w, scf_rollup_chain(w.db, templates, chain, INT64_MAX, true, INT64_MAX, &w.err));
}

static int64_t number(const char *sql, const struct scf_uuid *a, const struct scf_uuid *b) {
    struct scf_stmt stmt = {scf_asprintf(w.arena, "rollup_%d", w.serial++), sql};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, a);
    if (b != NULL)
        scf_p_uuid(&p, b);
    world_ok(&w, scf_db_run(w.db, &stmt, &p, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

/* ---- tests ---- */

static void templates_are_found(void **state) {
    (void)state;
    need_world();
    const int64_t now = scf_now_us();
    const struct scf_template *t;
    t = scf_templates_for(templates, SCF_REC_INVOICE, SCF_STR("F5154"), now);
    assert_string_equal(t->code, "medical_distribution_invoice");
    t = scf_templates_for(templates, SCF_REC_INVOICE, SCF_STR("F51"), now);
    assert_string_equal(t->code, "general_invoice");
    t = scf_templates_for(templates, SCF_REC_CONTRACT, SCF_STR("C3670"), now);
    assert_string_equal(t->code, "manufacturing_parts_contract");
    t = scf_templates_for(templates, SCF_REC_CONTRACT, SCF_STR(""), now);
    assert_string_equal(t->code, "general_contract");
    assert_ptr_equal(t, scf_templates_by_id(templates, t->id));
    assert_null(scf_templates_by_id(templates, 999));
    assert_null(scf_templates_for(templates, SCF_REC_CONTRACT, SCF_STR(""), -1));
    assert_null(scf_templates_for(templates, SCF_REC_LOAN, SCF_STR(""), now));
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.industry_template"), 12);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.record WHERE kind = 9"), 12);
}

static void seeded_policy_is_the_documented_one(void **state) {
    (void)state;
    need_world();
    struct scf_stmt stmt = {"policy", "SELECT params FROM scfd.credit_policy"};
    struct scf_rows *rows;
    world_ok(&w, scf_db_run(w.db, &stmt, NULL, w.arena, &rows, &w.err));
    assert_int_equal(scf_rows_count(rows), 1);
    assert_string_equal(scf_rows_text(rows, 0, 0), policy_text);
}

#define SAME(table, columns)                                                                       \
    "SELECT (SELECT count(*) FROM (SELECT " columns " FROM scfd." table                            \
    " WHERE chain_id = $1 EXCEPT SELECT " columns " FROM scfd." table                              \
    " WHERE chain_id = $2) x) + (SELECT count(*) FROM (SELECT " columns " FROM scfd." table        \
    " WHERE chain_id = $2 EXCEPT SELECT " columns " FROM scfd." table " WHERE chain_id = $1) y)"
#define DAY_COLUMNS                                                                                \
    "enterprise_id, day, kind, template_id, records, weight_expected, weight_present, "            \
    "delay_count, delay_s, delay_us, range_ok, fluctuation_applicable, fluctuation_ok, "           \
    "checks_applicable, checks_passed"

static void one_go_equals_pieces(void **state) {
    (void)state;
    need_world();
    enum { N = 3000 };
    struct scf_uuid whole = world_chain(&w), pieces = world_chain(&w);
    append(&whole, 10, 0, N);
    fold(&whole);
    for (int i = 0, step = 1; i < N; i += step, step = step * 3 % 701 + 1) {
        append(&pieces, 11, i, i + step < N ? i + step : N);
        fold(&pieces);
    }
    assert_true(number("SELECT count(*) FROM scfd.rollup_day WHERE chain_id = $1", &whole, NULL) >
                500);
    assert_true(number("SELECT sum(fluctuation_applicable)::bigint FROM scfd.rollup_day"
                       " WHERE chain_id = $1",
                       &whole, NULL) > 500);
    assert_int_equal(number(SAME("rollup_day", DAY_COLUMNS), &whole, &pieces), 0);
    assert_int_equal(
        number(SAME("rollup_series", "enterprise_id, template_id, state"), &whole, &pieces), 0);
    assert_int_equal(number(SAME("trade_fact", "contract_key, leaf_index"), &whole, &pieces), 0);
    assert_int_equal(
        number(SAME("contract_guarantee", "leaf_index, contract_key"), &whole, &pieces), 0);

    /* the same figures from the records themselves */
    static const char *const equal[] = {
        "SELECT (SELECT sum(records) FROM scfd.rollup_day WHERE chain_id = $1)::bigint"
        " - (SELECT count(*) FROM scfd.record WHERE chain_id = $1)",
        "SELECT (SELECT sum(delay_s * 1000000 + delay_us) FROM scfd.rollup_day WHERE chain_id = $1)"
        "::bigint - (SELECT sum(greatest(0, extract(epoch FROM received_at - happened_at)"
        " * 1000000)) FROM scfd.record WHERE chain_id = $1 AND revises_id IS NULL)::bigint",
        "SELECT (SELECT sum(range_ok) FROM scfd.rollup_day WHERE chain_id = $1)::bigint"
        " - (SELECT count(*) FROM scfd.record WHERE chain_id = $1 AND range_ok)",
        "SELECT (SELECT count(*) FROM scfd.trade_fact WHERE chain_id = $1)"
        " - (SELECT count(*) FROM scfd.record WHERE chain_id = $1 AND kind BETWEEN 1 AND 3"
        " AND contract_key IS NOT NULL)",
    };
    for (size_t i = 0; i < SCF_COUNT(equal); i++)
        assert_int_equal(number(equal[i], &pieces, NULL), 0);
}

static void folding_again_changes_nothing(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    append(&chain, 12, 0, 100);
    fold(&chain);
    int64_t before = number("SELECT sum(records)::bigint FROM scfd.rollup_day WHERE chain_id = $1",
                            &chain, NULL);
    fold(&chain);
    world_ok(&w, scf_rollup_task(w.db, w.arena, &w.services, &w.err));
    assert_int_equal(number("SELECT sum(records)::bigint FROM scfd.rollup_day WHERE chain_id = $1",
                            &chain, NULL),
                     before);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.chain c LEFT JOIN"
                                      " scfd.rollup_cursor r ON r.chain_id = c.id"
                                      " WHERE coalesce(r.folded_size, 0) <> c.size"),
                     0);
}

struct folder {
    struct scf_uuid chain;
    bool wait;
    atomic_bool *stop;
    enum scf_code code;
};

static void *fold_until_stopped(void *ctx) {
    struct folder *f = ctx;
    struct scf_error err = {0};
    struct scf_db *db = scf_db_new(w.url, "folder", 0);
    while (f->code == SCF_OK && !atomic_load(f->stop))
        f->code = scf_rollup_chain(db, templates, &f->chain, INT64_MAX, f->wait, INT64_MAX, &err);
    scf_db_free(db);
    return NULL;
}

static void two_folders_fold_exactly_once(void **state) {
    (void)state;
    need_world();
    enum { BATCHES = 60, SIZE = 50 };
    atomic_bool stop = false;
    struct folder folders[3] = {{.chain = world_chain(&w), .wait = true, .stop = &stop}};
    folders[1] = folders[2] = folders[0];
    folders[2].wait = false;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fold_until_stopped, &folders[i]), 0);
    for (int i = 0; i < BATCHES; i++)
        append(&folders[0].chain, 13, i * SIZE, (i + 1) * SIZE);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(folders[i].code, SCF_OK);
    }
    fold(&folders[0].chain);
    struct scf_uuid once = world_chain(&w);
    append(&once, 14, 0, BATCHES * SIZE);
    fold(&once);
    assert_int_equal(number(SAME("rollup_day", DAY_COLUMNS), &once, &folders[0].chain), 0);
    assert_int_equal(
        number(SAME("trade_fact", "contract_key, leaf_index"), &once, &folders[0].chain), 0);
}

static void skips_what_another_folds(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    append(&chain, 16, 0, 10);
    struct scf_db *other = scf_db_new(w.url, "other", 0);
    int64_t folded;
    world_sql(&w, "BEGIN");
    world_ok(&w, scf_rollup_lock(w.db, w.arena, &chain, true, &folded, &w.err));
    assert_int_equal(folded, 0);
    world_sql(&w, "COMMIT");
    world_sql(&w, "BEGIN");
    world_ok(&w, scf_rollup_lock(w.db, w.arena, &chain, true, &folded, &w.err));
    world_ok(&w, scf_rollup_chain(other, templates, &chain, INT64_MAX, false, INT64_MAX, &w.err));
    world_sql(&w, "COMMIT");
    assert_int_equal(
        number("SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1", &chain, NULL), 0);
    world_ok(&w, scf_rollup_chain(other, templates, &chain, INT64_MAX, false, INT64_MAX, &w.err));
    assert_int_equal(
        number("SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1", &chain, NULL), 10);
    scf_db_free(other);
}

static int64_t folded_size(const struct scf_uuid *chain) {
    return number("SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1", chain, NULL);
}

/* A backlog is folded in runs that end in time, each of which gets on by a batch at least. */
static void stops_in_time(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    append(&chain, 17, 0, SCF_FOLD_BATCH + 10);
    world_ok(&w, scf_rollup_chain(w.db, templates, &chain, INT64_MAX, false, 0, &w.err));
    assert_int_equal(folded_size(&chain), SCF_FOLD_BATCH);
    world_ok(&w, scf_rollup_chain(w.db, templates, &chain, INT64_MAX, false, 0, &w.err));
    assert_int_equal(folded_size(&chain), SCF_FOLD_BATCH + 10);
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_found),
        cmocka_unit_test(seeded_policy_is_the_documented_one),
        cmocka_unit_test(one_go_equals_pieces),
        cmocka_unit_test(folding_again_changes_nothing),
        cmocka_unit_test(two_folders_fold_exactly_once),
        cmocka_unit_test(skips_what_another_folds),
        cmocka_unit_test(stops_in_time),
    };
    return cmocka_run_group_tests_name("rollup", tests, open_world, close_world);
}
