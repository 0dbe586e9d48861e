/* The event feed on a real database: numbers without gaps, in order, for each node its own, and no
 * event missed by a reader who remembers the last number. */
#include <setjmp.h>
#include <cmocka.h>

#include "event_store.h"
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

static struct scf_uuid add_chain(void) {
    static const struct scf_stmt insert = {"t_chain", "INSERT INTO scfd.chain (id) VALUES ($1)"};
    struct scf_uuid id = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    return id;
}

struct appending {
    struct scf_arena *arena;
    struct scf_uuid node_id, object_id;
};

static enum scf_code append_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct appending *a = ctx;
    return scf_event_append(db, a->arena, &a->node_id, "loan.disbursed", "loan", &a->object_id,
                            true, err);
}

struct many {
    struct scf_event_entry *entries;
    size_t n;
};

static enum scf_code append_many_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct many *m = ctx;
    return scf_event_append_many(db, w.arena, m->entries, m->n, err);
}

/* Events of two nodes in turn, after one that is there, and one of a node that has no chain. */
static void many_events_keep_their_order_per_node(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const char *const types[] = {"a", "b", "c", "d", "e", "f"};
    struct scf_uuid nodes[] = {add_chain(), add_chain(), scf_uuid_new()};
    struct appending before = {w.arena, nodes[0], scf_uuid_new()};
    ok(scf_tx_run(w.db, append_body, &before, &w.err));
    struct scf_event_entry entries[6];
    for (size_t i = 0; i < 6; i++)
        entries[i] = (struct scf_event_entry){.node_id = nodes[i == 5 ? 2 : i % 2],
                                              .object_id = scf_uuid_new(),
                                              .object_prefix = "run",
                                              .type = types[i]};
    struct many m = {entries, 6};
    ok(scf_tx_run(w.db, append_many_body, &m, &w.err));
    m.n = 1;
    ok(scf_tx_run(w.db, append_many_body, &m, &w.err));
    static const char *const expected[2][5] = {{"loan.disbursed", "a", "c", "e", "a"}, {"b", "d"}};
    for (int k = 0; k < 2; k++) {
        struct scf_event *events;
        int n;
        ok(scf_event_list(w.db, w.arena, &nodes[k], 0, 10, &events, &n, &w.err));
        assert_int_equal(n, k == 0 ? 5 : 2);
        for (int i = 0; i < n; i++) {
            assert_int_equal(events[i].seq, i + 1);
            assert_string_equal(events[i].type, expected[k][i]);
        }
        if (k == 1)
            assert_true(scf_uuid_eq(&events[1].object_id, &entries[3].object_id));
    }
}

static void events_are_numbered_per_node(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid one = add_chain(), two = add_chain();
    struct appending a = {w.arena, one, scf_uuid_new()};
    for (int i = 0; i < 3; i++)
        ok(scf_tx_run(w.db, append_body, &a, &w.err));
    struct appending b = {w.arena, two, scf_uuid_new()};
    ok(scf_tx_run(w.db, append_body, &b, &w.err));
    struct scf_event *events;
    int n;
    ok(scf_event_list(w.db, w.arena, &one, 0, 10, &events, &n, &w.err));
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(events[i].seq, i + 1);
        assert_string_equal(events[i].type, "loan.disbursed");
        assert_true(events[i].has_object && !events[i].has_leaves);
        assert_true(scf_uuid_eq(&events[i].object_id, &a.object_id));
    }
    ok(scf_event_list(w.db, w.arena, &one, 2, 10, &events, &n, &w.err));
    assert_int_equal(n, 1);
    ok(scf_event_list(w.db, w.arena, &one, 3, 10, &events, &n, &w.err));
    assert_int_equal(n, 0);
    ok(scf_event_list(w.db, w.arena, &one, 0, 2, &events, &n, &w.err));
    assert_int_equal(n, 2);
    ok(scf_event_list(w.db, w.arena, &two, 0, 10, &events, &n, &w.err));
    assert_int_equal(n, 1);
}

static void an_unknown_node_has_no_feed(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct appending a = {w.arena, scf_uuid_new(), scf_uuid_new()};
    assert_int_equal(scf_tx_run(w.db, append_body, &a, &w.err), SCF_E_NOT_FOUND);
}

static void leaves_of_a_commit_are_read(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt insert = {
        "t_leaves", "INSERT INTO scfd.event (chain_id, seq, type, first_leaf, last_leaf, at)"
                    " VALUES ($1, 1, 'records.accepted', 5, 9, '2026-11-22T08:00:00Z')"};
    struct scf_uuid id = add_chain();
    struct scf_params p;
    struct scf_event *events;
    int n;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    ok(scf_db_run(w.db, &insert, &p, w.arena, NULL, &w.err));
    ok(scf_event_list(w.db, w.arena, &id, 0, 10, &events, &n, &w.err));
    assert_int_equal(n, 1);
    assert_true(events[0].has_leaves && !events[0].has_object);
    assert_int_equal(events[0].first_leaf, 5);
    assert_int_equal(events[0].last_leaf, 9);
    assert_true(scf_uuid_eq(&events[0].source_chain_id, &id)); /* the node's own, when not named */
    assert_int_equal(events[0].at_us, INT64_C(1795334400000000));
}

enum { WRITERS = 4, EACH = 60 };

static void *write_events(void *arg) {
    const struct scf_uuid *node_id = arg;
    struct scf_db *db = scf_db_new(w.url, "writer", 0);
    for (int i = 0; i < EACH; i++) {
        struct scf_error err;
        struct appending a = {scf_arena_new(1 << 20), *node_id, scf_uuid_new()};
        SCF_ASSERT(scf_tx_run(db, append_body, &a, &err) == SCF_OK);
        scf_arena_free(a.arena);
    }
    scf_db_free(db);
    return NULL;
}

static void a_reader_misses_nothing_while_others_write(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid node = add_chain();
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_events, &node);
    int64_t last = 0;
    while (last < WRITERS * EACH) {
        struct scf_event *events;
        int n;
        ok(scf_event_list(w.db, w.arena, &node, last, 20, &events, &n, &w.err));
        for (int i = 0; i < n; i++)
            assert_int_equal(events[i].seq, ++last);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(events_are_numbered_per_node),
        TEST(many_events_keep_their_order_per_node),
        TEST(an_unknown_node_has_no_feed),
        TEST(leaves_of_a_commit_are_read),
        TEST(a_reader_misses_nothing_while_others_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
