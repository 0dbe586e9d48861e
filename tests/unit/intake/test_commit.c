/* The committer's queue: whatever happens to the database or to the batches around it, each group
 * is told once, when it is decided, and not later than it must be. Nothing here is accepted (the
 * API key does not exist), which makes no difference to the queue. */
#include "commit.h"
#include "pg.h"

#include "scfd/base/clock.h"

#include <setjmp.h>
#include <cmocka.h>

enum { QUEUE_RECORDS = 5, PATIENCE_US = 60 * SCF_US_PER_SECOND };

struct world {
    const char *url;
    struct scf_db *db, *other_db; /* the test's own connections */
    struct scf_arena *arena;
    struct scf_services services;
    int statements;
    struct scf_error err;
};
static struct world w;

static struct scf_rows *query(struct scf_db *db, const char *sql, const struct scf_params *p) {
    struct scf_rows *rows;
    struct scf_stmt stmt = {scf_asprintf(w.arena, "test_%d", w.statements++), sql};
    ok(scf_db_run(db, &stmt, p, w.arena, &rows, &w.err));
    return rows;
}

static int open_world(void **state) {
    (void)state;
    w = (struct world){.url = scf_test_database()};
    if (!w.url)
        return 0;
    w.db = scf_db_new(w.url, "test", 0);
    w.other_db = scf_db_new(w.url, "test", 0);
    w.arena = scf_arena_new(64 << 20);
    ok(scf_templates_open(w.url, &w.services.templates, &w.err));
    const struct scf_intake_options options = {w.url, QUEUE_RECORDS, &w.services};
    ok(scf_intake_start(&options, &w.services.intake, &w.err));
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (!w.url)
        return 0;
    scf_intake_stop(w.services.intake);
    scf_templates_free(w.services.templates);
    scf_arena_free(w.arena);
    scf_db_free(w.other_db);
    scf_db_free(w.db);
    return 0;
}

/* ---- groups ---- */

struct sending {
    struct scf_group group;
    atomic_int told;
    atomic_bool too_early; /* told before every item was decided */
};

static void note_told(struct scf_group *group) {
    struct sending *s = group->ctx;
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i]->outcome == SCF_PENDING)
            s->too_early = true;
    s->told++;
}

/* `count` records for the chain, in `arena`. */
static struct sending *sending_of(struct scf_arena *arena, struct scf_uuid chain, size_t count) {
    static const char body[] =
        "{\"external_id\":\"c\",\"contract_no\":\"HT-1\",\"title\":\"t\",\"contract_type\":"
        "\"purchase_order\",\"signed_on\":\"2026-01-02\",\"buyer\":{\"uscc\":\"91330100123456789B\""
        ",\"name\":\"b\"},\"seller\":{\"uscc\":\"91330100123456789A\",\"name\":\"s\"},\"amount\":"
        "\"100.00\",\"currency\":\"CNY\",\"status\":\"active\",\"payment_terms\":{\"kind\":"
        "\"net_days\",\"days\":60}}";
    const struct scf_actor actor = {
        .key_id = scf_uuid_new(), .node_id = chain, .kind = SCF_NODE_ERP, .allowed_kinds = 31};
    struct sending *s = scf_alloc(arena, 1, sizeof *s);
    struct scf_item **items = scf_alloc(arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = scf_alloc(arena, 1, sizeof *items[i]);
        if (scf_item_prepare(&w.services, &actor, SCF_REC_CONTRACT,
                             scf_str(scf_strdup(arena, body)), scf_now_us(), arena, items[i]))
            fail_msg("%s", items[i]->error.detail);
    }
    s->group = (struct scf_group){.items = items, .count = count, .done = note_told, .ctx = s};
    return s;
}

static void submit(struct sending *s) {
    assert_true(scf_commit_submit(w.services.intake, &s->group));
}

static bool is_told(const struct sending *s) {
    for (int64_t until = scf_mono_us() + PATIENCE_US; s->told == 0 && scf_mono_us() < until;)
        usleep(1000);
    return s->told == 1 && !s->too_early;
}

/* ---- chains that somebody else holds ---- */

static struct scf_uuid chain_held_by(struct scf_db *db) {
    struct scf_params p;
    struct scf_uuid chain = scf_uuid_new();
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &chain);
    query(db, "INSERT INTO scfd.chain (id) VALUES ($1)", &p);
    ok(scf_db_run(db, &SCF_BEGIN, NULL, NULL, NULL, &w.err));
    query(db, "SELECT FROM scfd.chain WHERE id = $1 FOR NO KEY UPDATE", &p);
    return chain;
}

static void let_go(struct scf_db *db) {
    ok(scf_db_run(db, &SCF_COMMIT, NULL, NULL, NULL, &w.err));
}

static void await_blocked_batch(void) {
    static const char blocked[] = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    int64_t until = scf_mono_us() + PATIENCE_US;
    while (scf_rows_i64(query(w.db, blocked, NULL), 0, 0) == 0)
        assert_true(scf_mono_us() < until);
}

/* ---- tests ---- */

static void an_answer_does_not_wait_for_the_next_batch(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct sending *first = sending_of(w.arena, chain_held_by(w.db), 1);
    struct sending *second = sending_of(w.arena, chain_held_by(w.other_db), 1);
    submit(first);
    await_blocked_batch();
    submit(second);
    assert_int_equal(first->told, 0);
    let_go(w.db);
    assert_true(is_told(first));
    assert_int_equal(second->told, 0);
    let_go(w.other_db);
    assert_true(is_told(second));
}

/* Uploads have bounds of their own. */
static void single_records_fill_the_queue(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid chain = chain_held_by(w.db);
    struct sending *taken = sending_of(w.arena, chain, 1), *queued[QUEUE_RECORDS];
    struct sending *upload = sending_of(w.arena, chain, 2 * QUEUE_RECORDS);
    upload->group.bulk = true;
    submit(taken);
    await_blocked_batch();
    submit(upload);
    for (size_t i = 0; i < QUEUE_RECORDS; i++) {
        assert_true(scf_commit_has_room(w.services.intake));
        submit(queued[i] = sending_of(w.arena, chain, 1));
    }
    assert_false(scf_commit_has_room(w.services.intake));
    let_go(w.db);
    for (size_t i = 0; i < QUEUE_RECORDS; i++)
        assert_true(is_told(queued[i]));
    assert_true(is_told(taken) && is_told(upload));
    assert_true(scf_commit_has_room(w.services.intake));
}

enum { SENDERS = 3, GROUPS = 150 };

struct sender {
    pthread_t thread;
    struct scf_arena *arena;
    struct sending *sent[GROUPS];
};

static void *send_all(void *arg) {
    struct sender *sender = arg;
    for (int i = 0; i < GROUPS; i++) {
        struct sending *s = sending_of(sender->arena, scf_uuid_new(), i % 7 == 0 ? 20 : 1);
        s->group.bulk = s->group.count > 1;
        s->group.atomic = i % 21 == 0;
        sender->sent[i] = s;
        submit(s);
        usleep(i % 10 == 0 ? 1000 : 0);
    }
    return NULL;
}

/* Alone, in crowds, in uploads, while the connection is cut, and what is queued when it stops. */
static void every_group_is_told_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct sender senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i].arena = scf_arena_new(64 << 20);
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    for (int i = 0; i < 10; i++)
        query(w.db,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE application_name = 'scfd committer' AND datname = current_database()",
              NULL);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i].thread, NULL);
    scf_intake_stop(w.services.intake);
    w.services.intake = NULL;
    for (int i = 0; i < SENDERS; i++) {
        for (int k = 0; k < GROUPS; k++) {
            assert_int_equal(senders[i].sent[k]->told, 1);
            assert_false(senders[i].sent[k]->too_early);
        }
        scf_arena_free(senders[i].arena);
    }
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_answer_does_not_wait_for_the_next_batch),
        WORLD_TEST(single_records_fill_the_queue),
        WORLD_TEST(every_group_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
