/* Keys held by writes, on a real database: a revocation waits for them, and only good keys are
 * held.
 */
#include <setjmp.h>
#include <cmocka.h>

#include "key_store.h"
#include "node_store.h"
#include "pg.h"
#include "scfd/base/clock.h"

static struct scf_test_world w;
static struct scf_installation installation;

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    if (w.url)
        ok(scf_installation_load(w.db, "scfd.example", &installation, &w.err));
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

static enum scf_code insert_node_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_node_insert(db, w.arena, ctx, err);
}

static enum scf_code update_node_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_node_update(db, w.arena, ctx, err);
}

static struct scf_node add_node(void) {
    struct scf_node node = {.id = scf_uuid_new(),
                            .name = "lender",
                            .kind = SCF_NODE_LENDER,
                            .offset_minutes = 480,
                            .allowed_kinds = 31,
                            .version = 1,
                            .created_us = scf_now_us(),
                            .updated_us = scf_now_us()};
    ok(scf_tx_run(w.db, insert_node_body, &node, &w.err));
    return node;
}

static struct scf_uuid make_key(const struct scf_uuid *node_id, int64_t expires_us) {
    char text[SCF_KEY_TEXT];
    struct scf_uuid id;
    ok(scf_key_create(w.db, w.arena, &installation, node_id, "test", expires_us, text, &id,
                      &w.err));
    return id;
}

static enum scf_code revoke_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_key_revoke(db, w.arena, ctx, NULL, scf_now_us(), err);
}

struct hold {
    struct scf_actor actor;
    pthread_t revoker;
    _Atomic bool revoked; /* by the other thread, committed */
    bool too_early;
};

static void *revoke_on_thread(void *ctx) {
    struct hold *h = ctx;
    struct scf_error err;
    struct scf_db *db = scf_db_new(w.url, "revoker", 0);
    assert_int_equal(scf_tx_run(db, revoke_body, &h->actor.key_id, &err), SCF_OK);
    h->revoked = true;
    scf_db_free(db);
    return NULL;
}

static enum scf_code hold_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct hold *h = ctx;
    return scf_key_hold(db, w.arena, &h->actor, scf_now_us(), err);
}

/* Meanwhile the arena is the revoker's alone. */
static enum scf_code hold_and_wait(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct hold *h = ctx;
    enum scf_code code = hold_body(db, ctx, err);
    assert_int_equal(pthread_create(&h->revoker, NULL, revoke_on_thread, h), 0);
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    h->too_early = h->revoked;
    return code;
}

static void a_revocation_waits_for_the_write_that_holds_the_key(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_node node = add_node();
    struct scf_uuid key = make_key(&node.id, 0);
    struct hold h = {.actor = {.key_id = key, .node_id = node.id}};
    ok(scf_tx_run(w.db, hold_and_wait, &h, &w.err));
    assert_false(h.too_early);
    pthread_join(h.revoker, NULL);
    assert_true(h.revoked);
    assert_int_equal(scf_tx_run(w.db, hold_body, &h, &w.err), SCF_E_UNAUTHENTICATED);
}

static enum scf_code holding(struct scf_uuid key, const struct scf_node *node) {
    struct hold h = {.actor = {.key_id = key, .admin = node == NULL}};
    if (node)
        h.actor.node_id = node->id;
    return scf_tx_run(w.db, hold_body, &h, &w.err);
}

static void only_good_keys_are_held(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_node node = add_node();
    struct scf_uuid key = make_key(&node.id, 0);
    ok(holding(make_key(NULL, 0), NULL));
    ok(holding(key, &node));
    assert_int_equal(holding(make_key(&node.id, scf_now_us() - 1), &node), SCF_E_UNAUTHENTICATED);
    node.status = SCF_NODE_SUSPENDED;
    ok(scf_tx_run(w.db, update_node_body, &node, &w.err));
    assert_int_equal(holding(key, &node), SCF_E_UNAUTHENTICATED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_revocation_waits_for_the_write_that_holds_the_key,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(only_good_keys_are_held, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
