/* Installation, nodes, keys and the key directory on a real database: races at first use, and how
 * soon a revocation on one instance is felt on another. */
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>

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

static int64_t number(const struct scf_stmt *stmt) {
    struct scf_rows *rows;
    ok(scf_db_run(w.db, stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

/* ---- the installation ---- */

static void *load_installation(void *arg) {
    struct scf_installation *ret = arg;
    struct scf_error err;
    struct scf_db *db = scf_db_new(w.url, "racer", 0);
    enum scf_code code = scf_installation_load(db, "scfd.example", ret, &err);
    scf_db_free(db);
    return code == SCF_OK ? ret : NULL;
}

static void first_use_races(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt forget = {
        "t_forget", "WITH o AS (DELETE FROM scfd.log_origin) DELETE FROM scfd.installation"};
    static const struct scf_stmt forget_chains = {
        "t_forget_chains", "WITH c AS (DELETE FROM scfd.chain) DELETE FROM scfd.chain_seal"};
    static const struct scf_stmt heads = {"t_heads", "SELECT count(*) FROM scfd.chain"};
    static const struct scf_stmt seals = {"t_seals", "SELECT count(*) FROM scfd.chain_seal"};
    enum { RACERS = 8 };
    for (int round = 0; round < 10; round++) {
        ok(scf_db_run(w.db, &forget, NULL, w.arena, NULL, &w.err));
        ok(scf_db_run(w.db, &forget_chains, NULL, w.arena, NULL, &w.err));
        struct scf_installation loaded[RACERS];
        pthread_t threads[RACERS];
        for (int i = 0; i < RACERS; i++)
            pthread_create(&threads[i], NULL, load_installation, &loaded[i]);
        for (int i = 0; i < RACERS; i++) {
            void *result;
            pthread_join(threads[i], &result);
            assert_non_null(result);
            assert_memory_equal(&loaded[i], &loaded[0], sizeof loaded[0]);
        }
        assert_false(scf_uuid_is_nil(&loaded[0].platform_id));
        assert_int_equal(number(&heads), 1);
        assert_int_equal(number(&seals), 1);
    }
}

static void the_stored_origin_counts(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_installation other;
    ok(scf_installation_load(w.db, "elsewhere.example", &other, &w.err));
    assert_string_equal(other.origin, "scfd.example");
    static const char *const no_names[] = {"", "/a", "a/", "a b", "a+b", "a\tb", "日志", "a\x7f"};
    for (size_t i = 0; i < SCF_COUNT(no_names); i++)
        assert_int_equal(scf_installation_load(w.db, no_names[i], &other, &w.err),
                         SCF_E_INVALID_PARAMETER);
}

/* ---- nodes ---- */

static enum scf_code insert_node_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_node_insert(db, w.arena, ctx, err);
}

static struct scf_node add_node(enum scf_node_kind kind) {
    struct scf_node node = {.id = scf_uuid_new(),
                            .name = "节点",
                            .kind = kind,
                            .offset_minutes = 480,
                            .allowed_kinds = 31,
                            .version = 1,
                            .created_us = scf_now_us(),
                            .updated_us = scf_now_us()};
    ok(scf_tx_run(w.db, insert_node_body, &node, &w.err));
    return node;
}

static enum scf_code update_node_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_node_update(db, w.arena, ctx, err);
}

static void nodes_are_stored_with_their_chain(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt heads = {"t_node_heads",
                                          "SELECT count(*) FROM scfd.chain c JOIN scfd.node n"
                                          " USING (id) JOIN scfd.chain_seal s ON s.chain_id = c.id"
                                          " WHERE c.size = 0 AND s.height = -1 AND s.size = 0"};
    struct scf_node node = add_node(SCF_NODE_LENDER), got;
    assert_int_equal(number(&heads), 1);
    ok(scf_node_get(w.db, w.arena, &node.id, false, &got, &w.err));
    assert_string_equal(got.name, "节点");
    assert_int_equal(got.kind, SCF_NODE_LENDER);
    assert_int_equal(got.created_us, node.created_us);
    assert_true(scf_uuid_is_nil(&got.operator_enterprise_id));
    got.name = "renamed";
    got.status = SCF_NODE_RETIRED;
    got.version = 2;
    ok(scf_tx_run(w.db, update_node_body, &got, &w.err));
    ok(scf_node_get(w.db, w.arena, &node.id, false, &got, &w.err));
    assert_string_equal(got.name, "renamed");
    assert_int_equal(got.status, SCF_NODE_RETIRED);
    struct scf_uuid unknown = scf_uuid_new();
    assert_int_equal(scf_node_get(w.db, w.arena, &unknown, false, &got, &w.err), SCF_E_NOT_FOUND);
}

static void nodes_come_in_pages(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_node nodes[5], *page_nodes;
    for (int i = 0; i < 5; i++)
        nodes[i] = add_node(i % 2 ? SCF_NODE_ERP : SCF_NODE_LENDER);
    int n;
    struct scf_page page = {.limit = 3};
    const struct scf_node_filter any = {-1, -1, NULL};
    const struct scf_node_filter erp = {SCF_NODE_ERP, -1, NULL};
    const struct scf_node_filter own = {-1, -1, &nodes[2].id};
    ok(scf_node_list(w.db, w.arena, &any, &page, &page_nodes, &n, &w.err));
    assert_int_equal(n, 4); /* one more than the limit says that there is more */
    assert_true(scf_uuid_eq(&page_nodes[2].id, &nodes[2].id));
    page = (struct scf_page){.limit = 3,
                             .has_after = true,
                             .after_time_us = page_nodes[2].created_us,
                             .after_id = page_nodes[2].id};
    ok(scf_node_list(w.db, w.arena, &any, &page, &page_nodes, &n, &w.err));
    assert_int_equal(n, 2);
    assert_true(scf_uuid_eq(&page_nodes[0].id, &nodes[3].id));
    page.descending = true;
    ok(scf_node_list(w.db, w.arena, &any, &page, &page_nodes, &n, &w.err));
    assert_int_equal(n, 2);
    assert_true(scf_uuid_eq(&page_nodes[0].id, &nodes[1].id));
    page = (struct scf_page){.limit = 50};
    ok(scf_node_list(w.db, w.arena, &erp, &page, &page_nodes, &n, &w.err));
    assert_int_equal(n, 2);
    ok(scf_node_list(w.db, w.arena, &own, &page, &page_nodes, &n, &w.err));
    assert_int_equal(n, 1);
}

/* ---- keys ---- */

struct made_key {
    char text[SCF_KEY_TEXT];
    struct scf_uuid id;
};

static struct made_key make_key(const struct scf_uuid *node_id, int64_t expires_us) {
    struct made_key key;
    ok(scf_key_create(w.db, w.arena, &installation, node_id, "test", expires_us, key.text, &key.id,
                      &w.err));
    return key;
}

static enum scf_code revoke_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_key_revoke(db, w.arena, ctx, NULL, scf_now_us(), err);
}

/* An instance: a directory with the listener that keeps it fresh. */
struct instance {
    struct scf_keys *keys;
    struct scf_listener *listener;
};

static struct instance start_instance(void) {
    struct instance i;
    ok(scf_keys_open(w.url, &installation, &i.keys, &w.err));
    i.listener = scf_listener_new(w.url);
    scf_listener_subscribe(i.listener, scf_keys_on_notify, i.keys);
    ok(scf_listener_start(i.listener, &w.err));
    return i;
}

static void stop_instance(struct instance *i) {
    scf_listener_stop(i->listener);
    scf_keys_free(i->keys);
}

/* Milliseconds until the instance answers so for the key; fails after a minute. */
static int until(const struct instance *i, const char *key, enum scf_code expected) {
    int64_t start_us = scf_mono_us();
    struct scf_actor actor;
    struct scf_error err;
    while (scf_keys_authenticate(i->keys, scf_str(key), &actor, &err) != expected) {
        if (scf_mono_us() - start_us > 60 * SCF_US_PER_SECOND)
            fail_msg("the instance did not come to answer %s", scf_code_slug(expected));
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return (int)((scf_mono_us() - start_us) / 1000);
}

static void every_instance_feels_a_revocation(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct instance a = start_instance(), b = start_instance();
    struct scf_node node = add_node(SCF_NODE_ERP);
    for (int round = 0; round < 20; round++) {
        struct made_key key = make_key(&node.id, 0);
        until(&a, key.text, SCF_OK);
        until(&b, key.text, SCF_OK);
        ok(scf_tx_run(w.db, revoke_body, &key.id, &w.err));
        until(&a, key.text, SCF_E_UNAUTHENTICATED);
        until(&b, key.text, SCF_E_UNAUTHENTICATED);
    }
    stop_instance(&a);
    stop_instance(&b);
}

static void the_actor_is_the_node(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_keys *keys;
    struct scf_actor actor;
    struct scf_node node = add_node(SCF_NODE_GUARANTOR);
    struct made_key key = make_key(&node.id, 0), admin = make_key(NULL, 0);
    ok(scf_keys_open(w.url, &installation, &keys, &w.err));
    ok(scf_keys_authenticate(keys, scf_str(key.text), &actor, &w.err));
    assert_true(scf_uuid_eq(&actor.node_id, &node.id));
    assert_true(scf_uuid_eq(&actor.key_id, &key.id));
    assert_int_equal(actor.kind, SCF_NODE_GUARANTOR);
    assert_int_equal(actor.offset_minutes, 480);
    assert_int_equal(actor.allowed_kinds, 31);
    assert_false(actor.admin);
    ok(scf_keys_authenticate(keys, scf_str(admin.text), &actor, &w.err));
    assert_true(actor.admin);
    assert_true(scf_uuid_is_nil(&actor.node_id));
    assert_int_equal(scf_keys_authenticate(keys, SCF_STR("nonsense"), &actor, &w.err),
                     SCF_E_UNAUTHENTICATED);
    scf_keys_free(keys);
}

static void expired_keys_and_suspended_nodes_are_out(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct instance i = start_instance();
    struct scf_node node = add_node(SCF_NODE_ERP);
    struct made_key brief = make_key(&node.id, scf_now_us() + SCF_US_PER_SECOND / 2);
    struct made_key key = make_key(&node.id, 0);
    until(&i, key.text, SCF_OK);
    until(&i, brief.text, SCF_E_UNAUTHENTICATED); /* no notification: the clock alone */
    node.status = SCF_NODE_SUSPENDED;
    ok(scf_tx_run(w.db, update_node_body, &node, &w.err));
    until(&i, key.text, SCF_E_UNAUTHENTICATED);
    node.status = SCF_NODE_ACTIVE;
    ok(scf_tx_run(w.db, update_node_body, &node, &w.err));
    until(&i, key.text, SCF_OK);
    until(&i, brief.text, SCF_E_UNAUTHENTICATED);
    stop_instance(&i);
}

static void who_just_got_a_key_can_use_it(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_keys *keys; /* no listener: only the refresh can bring the key */
    struct scf_actor actor;
    ok(scf_keys_open(w.url, &installation, &keys, &w.err));
    struct made_key key = make_key(NULL, 0);
    assert_int_equal(scf_keys_authenticate(keys, scf_str(key.text), &actor, &w.err),
                     SCF_E_UNAUTHENTICATED);
    ok(scf_keys_refresh(keys, &w.err));
    ok(scf_keys_authenticate(keys, scf_str(key.text), &actor, &w.err));
    scf_keys_free(keys);
}

/* The directory of an instance whose listener is cut off. */
static struct instance deaf_instance(void) {
    struct instance i = {0};
    ok(scf_keys_open(w.url, &installation, &i.keys, &w.err));
    scf_keys_on_notify(i.keys, NULL, false);
    return i;
}

static void a_deaf_directory_looks_for_itself(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made_key key = make_key(NULL, 0);
    struct instance i = deaf_instance();
    struct scf_actor actor;
    for (int64_t end_us = scf_mono_us() + 3 * SCF_US_PER_SECOND; scf_mono_us() < end_us;) {
        enum scf_code code = scf_keys_authenticate(i.keys, scf_str(key.text), &actor, &w.err);
        if (code != SCF_OK) /* its reload may be late on a slow machine, but it must come */
            assert_int_equal(code, SCF_E_DATABASE_UNAVAILABLE);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    until(&i, key.text, SCF_OK);
    ok(scf_tx_run(w.db, revoke_body, &key.id, &w.err));
    until(&i, key.text, SCF_E_UNAUTHENTICATED);
    scf_keys_free(i.keys);
}

static void a_deaf_and_blind_directory_answers_nobody(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt hide = {"t_hide", "ALTER TABLE scfd.api_key RENAME TO hidden"};
    static const struct scf_stmt show = {"t_show", "ALTER TABLE scfd.hidden RENAME TO api_key"};
    struct made_key key = make_key(NULL, 0);
    int64_t began_us = scf_mono_us(); /* before it grew deaf: we may be held up after that */
    struct instance i = deaf_instance();
    ok(scf_db_run(w.db, &hide, NULL, w.arena, NULL, &w.err));
    until(&i, key.text, SCF_E_DATABASE_UNAVAILABLE);
    assert_true(scf_mono_us() - began_us >= 1500000); /* not at once */
    assert_int_equal(scf_keys_current(i.keys, &w.err), SCF_E_DATABASE_UNAVAILABLE);
    ok(scf_db_run(w.db, &show, NULL, w.arena, NULL, &w.err));
    until(&i, key.text, SCF_OK);
    scf_keys_on_notify(i.keys, NULL, true);
    ok(scf_keys_refresh(i.keys, &w.err));
    assert_int_equal(scf_keys_current(i.keys, &w.err), SCF_OK);
    scf_keys_free(i.keys);
}

static void *authenticate_much(void *arg) {
    struct scf_keys *keys = arg;
    struct scf_error err;
    struct scf_actor actor;
    for (int i = 0; i < 20000; i++)
        (void)!scf_keys_authenticate(
            keys, SCF_STR("scfd_sk_live_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz2MMcxM"), &actor,
            &err);
    return NULL;
}

static void many_keys_survive_reloads_under_load(void **state) {
    (void)state;
    NEEDS_DATABASE();
    enum { KEYS = 200 };
    struct scf_keys *keys;
    struct scf_actor actor;
    struct made_key made[KEYS];
    pthread_t thread;
    ok(scf_keys_open(w.url, &installation, &keys, &w.err));
    pthread_create(&thread, NULL, authenticate_much, keys);
    for (int i = 0; i < KEYS; i++) {
        made[i] = make_key(NULL, 0);
        scf_keys_on_notify(keys, "keys", true);
    }
    ok(scf_keys_refresh(keys, &w.err));
    for (int i = 0; i < KEYS; i++) {
        ok(scf_keys_authenticate(keys, scf_str(made[i].text), &actor, &w.err));
        assert_true(scf_uuid_eq(&actor.key_id, &made[i].id));
    }
    pthread_join(thread, NULL);
    scf_keys_free(keys);
}

static void only_its_own_node_revokes_a_key(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_node owner = add_node(SCF_NODE_ERP), other = add_node(SCF_NODE_ERP);
    struct made_key key = make_key(&owner.id, 0);
    int64_t now_us = scf_now_us();
    assert_int_equal(scf_key_revoke(w.db, w.arena, &key.id, &other.id, now_us, &w.err),
                     SCF_E_NOT_FOUND);
    ok(scf_key_revoke(w.db, w.arena, &key.id, &owner.id, now_us, &w.err));
    ok(scf_key_revoke(w.db, w.arena, &key.id, NULL, now_us + 5, &w.err));
    struct scf_api_key *keys;
    int n;
    const struct scf_page page = {.limit = 10};
    ok(scf_key_list(w.db, w.arena, &owner.id, &page, &keys, &n, &w.err));
    assert_int_equal(n, 1);
    assert_int_equal(keys[0].revoked_us, now_us); /* the first time stands */
    assert_string_equal(keys[0].hint, key.text + strlen(key.text) - 4);
}

static atomic_bool writers_gone;

static void *wait_for_writers(void *key_id) {
    struct scf_error err;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_db *db = scf_db_new(w.url, "waiter", 0);
    bool done = scf_key_wait_writers(db, arena, key_id, &err) == SCF_OK;
    atomic_store(&writers_gone, done);
    scf_db_free(db);
    scf_arena_free(arena);
    return NULL;
}

/* A commit that still saw the key alive holds the chain: a revocation is not done before it. */
static void a_revocation_waits_for_open_commits(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt lock = {
        "t_lock_chain", "SELECT id FROM scfd.chain WHERE id = $1 FOR NO KEY UPDATE"};
    struct scf_node node = add_node(SCF_NODE_ERP);
    struct made_key key = make_key(&node.id, 0);
    struct scf_db *writer = scf_db_new(w.url, "writer", 0);
    struct scf_params p;
    struct scf_rows *rows;
    pthread_t thread;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &node.id);
    ok(scf_db_run(writer, &SCF_BEGIN, NULL, NULL, NULL, &w.err));
    ok(scf_db_run(writer, &lock, &p, w.arena, &rows, &w.err));
    assert_int_equal(scf_rows_count(rows), 1);
    atomic_store(&writers_gone, false);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_writers, &key.id), 0);
    usleep(200000);
    assert_false(atomic_load(&writers_gone));
    ok(scf_db_run(writer, &SCF_COMMIT, NULL, NULL, NULL, &w.err));
    pthread_join(thread, NULL);
    assert_true(atomic_load(&writers_gone));
    scf_db_free(writer);
}

/* ---- admin.key ---- */

static void read_file(const char *path, char out[SCF_KEY_TEXT]) {
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out, SCF_KEY_TEXT - 1);
    assert_true(n > 0 && out[n - 1] == '\n');
    out[n - 1] = '\0';
    close(fd);
}

static void the_first_admin_key_is_written_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt revoke_all = {
        "t_revoke_all", "UPDATE scfd.api_key SET revoked_at = created_at WHERE node_id IS NULL"};
    char dir[] = "/tmp/scfd-party-XXXXXX", path[64], first[SCF_KEY_TEXT], second[SCF_KEY_TEXT];
    struct stat st;
    struct scf_keys *keys;
    struct scf_actor actor;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/admin.key", dir);
    ok(scf_admin_key_ensure(w.db, &installation, dir, &w.err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    read_file(path, first);
    ok(scf_keys_open(w.url, &installation, &keys, &w.err));
    ok(scf_keys_authenticate(keys, scf_str(first), &actor, &w.err));
    assert_true(actor.admin);

    ok(scf_admin_key_ensure(w.db, &installation, dir, &w.err));
    read_file(path, second);
    assert_string_equal(second, first);

    unlink(path); /* its key lives on: the operator put it elsewhere */
    ok(scf_admin_key_ensure(w.db, &installation, dir, &w.err));
    assert_int_not_equal(access(path, F_OK), 0);

    ok(scf_db_run(w.db, &revoke_all, NULL, w.arena, NULL, &w.err));
    ok(scf_admin_key_ensure(w.db, &installation, dir, &w.err));
    read_file(path, second);
    assert_string_not_equal(second, first);
    ok(scf_keys_refresh(keys, &w.err));
    ok(scf_keys_authenticate(keys, scf_str(second), &actor, &w.err));
    assert_int_equal(scf_keys_authenticate(keys, scf_str(first), &actor, &w.err),
                     SCF_E_UNAUTHENTICATED);
    scf_keys_free(keys);
    unlink(path);
    rmdir(dir);
}

static void an_unwritable_directory_makes_no_key(void **state) {
    (void)state;
    NEEDS_DATABASE();
    bool any;
    assert_int_equal(scf_admin_key_ensure(w.db, &installation, "/nonexistent", &w.err),
                     SCF_E_INTERNAL);
    ok(scf_key_any_admin(w.db, w.arena, scf_now_us(), &any, &w.err));
    assert_false(any);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(first_use_races),
        TEST(the_stored_origin_counts),
        TEST(nodes_are_stored_with_their_chain),
        TEST(nodes_come_in_pages),
        TEST(every_instance_feels_a_revocation),
        TEST(the_actor_is_the_node),
        TEST(expired_keys_and_suspended_nodes_are_out),
        TEST(who_just_got_a_key_can_use_it),
        TEST(a_deaf_directory_looks_for_itself),
        TEST(a_deaf_and_blind_directory_answers_nobody),
        TEST(many_keys_survive_reloads_under_load),
        TEST(only_its_own_node_revokes_a_key),
        TEST(a_revocation_waits_for_open_commits),
        TEST(the_first_admin_key_is_written_once),
        TEST(an_unwritable_directory_makes_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
