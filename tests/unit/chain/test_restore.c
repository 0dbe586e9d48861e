/* The rule for restored databases on a real one: what is compared, when, and what is learned. */
#include "../codec/vectors.h"
#include "scfd/chain/published.h"
#include "world.h"

static struct world w;
static char folder[] = "/tmp/scfd-restore-XXXXXX";
static char path[64];

static struct scf_published *open_file(const char *name) {
    struct scf_published *p;
    bool made;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    world_ok(&w, scf_published_open(path, &w.services.installation.platform_id, true, &p, &made,
                                    &w.err));
    return p;
}

static int open_world(void **state) {
    (void)state;
    if (!world_open(&w))
        return 0;
    assert_non_null(mkdtemp(folder));
    w.services.installation.generation = 1;
    world_sql(&w, "INSERT INTO scfd.log_origin (generation, origin, began_at)"
                  " VALUES (1, 'scfd.example', '2026-01-01')");
    w.services.published = open_file("mine");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url == NULL)
        return 0;
    scf_published_close(w.services.published);
    world_close(&w);
    static const char *const names[] = {"mine", "theirs"};
    for (size_t i = 0; i < SCF_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

static int64_t blocks(const struct scf_uuid *chain) {
    char hex[33];
    scf_hex(chain->b, sizeof chain->b, hex);
    return world_number(
        &w, scf_asprintf(w.arena, "SELECT count(*) FROM scfd.block WHERE chain_id = '%s'", hex));
}

static void on_chain(const struct scf_uuid *chain, const char *format) {
    char hex[33];
    scf_hex(chain->b, sizeof chain->b, hex);
    char *sql = scf_strdup(w.arena, format);
    for (char *at; (at = strstr(sql, "{}")) != NULL;)
        sql = scf_asprintf(w.arena, "%.*s'%s'%s", (int)(at - sql), sql, hex, at + 2);
    world_sql(&w, sql);
}

static bool halted(const char *saying) {
    char why[SCF_HALT_TEXT];
    if (!scf_published_halted(w.services.published, why))
        return false;
    if (strstr(why, saying) == NULL)
        fail_msg("%s", why);
    return true;
}

static int64_t remembered(struct scf_published *p, const struct scf_uuid *chain) {
    struct scf_publication item;
    return scf_published_find(p, chain, &item) ? item.height : -1;
}

/* Takes the newest block of a chain away, as a restore would; what it was is put aside. */
static void cut(const struct scf_uuid *chain) {
    world_sql(&w, "CREATE TABLE IF NOT EXISTS public.aside AS TABLE scfd.block WITH NO DATA");
    on_chain(chain, "INSERT INTO public.aside SELECT * FROM scfd.block WHERE chain_id = {}"
                    " ORDER BY height DESC LIMIT 1");
    on_chain(chain, "DELETE FROM scfd.block b USING public.aside a WHERE b.chain_id = {}"
                    " AND a.chain_id = b.chain_id AND a.height = b.height");
    on_chain(chain, "UPDATE scfd.chain_seal SET (height, size, block_hash) = (SELECT height, size,"
                    " block_hash FROM scfd.block WHERE chain_id = {} ORDER BY height DESC LIMIT 1)"
                    " WHERE chain_id = {}");
}

static void put_back(const struct scf_uuid *chain) {
    on_chain(chain, "INSERT INTO scfd.block SELECT * FROM public.aside WHERE chain_id = {}");
    on_chain(chain, "UPDATE scfd.chain_seal SET (height, size, block_hash) = (SELECT height, size,"
                    " block_hash FROM scfd.block WHERE chain_id = {} ORDER BY height DESC LIMIT 1)"
                    " WHERE chain_id = {}");
    world_sql(&w, "TRUNCATE public.aside");
}

static void what_is_sealed_is_remembered(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    for (int64_t height = 0; height < 3; height++) {
        world_add(&w, &chain, 2);
        world_seal(&w);
        assert_int_equal(remembered(w.services.published, &chain), height);
    }
}

/* Whatever keeps the sealer from looking keeps it from signing. */
static void what_cannot_be_looked_at_is_not_sealed(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    world_add(&w, &chain, 2);
    world_seal(&w);
    world_add(&w, &chain, 1);
    world_sql(&w, "ALTER TABLE scfd.seal_refusal RENAME TO seal_refusal_aside");
    struct scf_arena *arena = scf_arena_new(8 << 20);
    struct scf_error err;
    assert_int_not_equal(scf_seal_task(w.db, arena, &w.services, &err), SCF_OK);
    scf_arena_free(arena);
    world_sql(&w, "ALTER TABLE scfd.seal_refusal_aside RENAME TO seal_refusal");
    assert_int_equal(blocks(&chain), 1);
    world_seal(&w);
    assert_int_equal(blocks(&chain), 2);
}

static void a_block_that_is_missing_stops_everything(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), other = world_chain(&w);
    struct scf_error err;
    for (int i = 0; i < 2; i++) {
        world_add(&w, &chain, 1);
        world_seal(&w);
    }
    cut(&chain);
    world_add(&w, &other, 1);
    world_ok(&w, scf_log_check(w.db, &w.services, &w.err));
    assert_true(halted("was restored to an earlier state"));
    assert_int_equal(scf_log_may_write(&w.services, &err), SCF_E_LOG_RESTORED);
    world_seal(&w);
    assert_int_equal(blocks(&chain), 1);
    assert_int_equal(blocks(&other), 0);
    put_back(&chain);
    world_seal(&w); /* looks again while it is halted */
    assert_false(halted(""));
    assert_int_equal(scf_log_may_write(&w.services, &err), SCF_OK);
    assert_int_equal(blocks(&other), 1);
}

/* The database is restored under a server that runs: no look at everything is due, and only the
 * chain that is about to be sealed shows it. */
static void the_chain_that_is_sealed_shows_it(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    for (int i = 0; i < 2; i++) {
        world_add(&w, &chain, 1);
        world_seal(&w);
    }
    cut(&chain); /* its leaf is still there, and would be sealed anew */
    world_seal(&w);
    assert_true(halted("was restored to an earlier state"));
    assert_int_equal(blocks(&chain), 1);
    put_back(&chain);
    world_seal(&w);
    assert_false(halted(""));
}

static void another_history_of_the_same_height_shows(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_published *mine = w.services.published;
    struct scf_publication other = {.chain_id = chain, .generation = 1, .height = 0, .size = 1};
    memset(other.block_hash.b, 7, SCF_HASH_LEN);
    world_add(&w, &chain, 1);
    w.services.published = NULL; /* as an instance that remembers nothing would */
    world_seal(&w);
    w.services.published = mine;
    world_ok(&w, scf_published_put(mine, &other, 1, &w.err));
    world_add(&w, &chain, 1);
    world_seal(&w);
    assert_true(halted("was restored to an earlier state"));
    assert_int_equal(blocks(&chain), 1);
    on_chain(&chain, "DELETE FROM scfd.block WHERE chain_id = {}"); /* out of the way of others */
    on_chain(&chain, "DELETE FROM scfd.record WHERE chain_id = {}");
    on_chain(&chain, "DELETE FROM scfd.tile WHERE chain_id = {}");
    on_chain(&chain, "DELETE FROM scfd.chain_seal WHERE chain_id = {}");
    on_chain(&chain, "DELETE FROM scfd.chain WHERE id = {}");
    scf_published_close(w.services.published);
    snprintf(path, sizeof path, "%s/mine", folder);
    unlink(path);
    w.services.published = open_file("mine");
}

/* Two instances share the database; each has its file. */
static void what_others_sealed_is_learned(void **state) {
    (void)state;
    need_world();
    struct scf_published *mine = w.services.published, *theirs = open_file("theirs");
    struct scf_uuid chain = world_chain(&w);
    world_add(&w, &chain, 1);
    world_seal(&w);
    w.services.published = theirs;
    world_add(&w, &chain, 1);
    world_seal(&w);
    assert_int_equal(remembered(theirs, &chain), 1);
    assert_int_equal(remembered(mine, &chain), 0);
    w.services.published = mine;
    world_add(&w, &chain, 1);
    world_seal(&w); /* the database holds what is remembered: on it goes */
    assert_int_equal(remembered(mine, &chain), 2);
    assert_int_equal(remembered(theirs, &chain), 1);
    w.services.published = theirs;
    world_ok(&w, scf_log_check(w.db, &w.services, &w.err));
    assert_int_equal(remembered(theirs, &chain), 2);
    w.services.published = mine;
    scf_published_close(theirs);
}

static void what_a_witness_saw_counts(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    world_add(&w, &chain, 1);
    on_chain(&chain, "INSERT INTO scfd.seal_refusal (chain_id, reason, published_size, seen_at)"
                     " VALUES ({}, 'ahead', 40, '2026-01-01')");
    world_seal(&w);
    assert_true(halted("with 40 leaves that the database does not have"));
    assert_int_equal(blocks(&chain), 0);
    world_sql(&w, "DELETE FROM scfd.seal_refusal");
    world_seal(&w);
    assert_false(halted(""));
    assert_int_equal(blocks(&chain), 1);
}

static void an_earlier_origin_is_noticed(void **state) {
    (void)state;
    need_world();
    world_ok(&w, scf_published_begin(w.services.published, 2, &w.err));
    world_ok(&w, scf_log_check(w.db, &w.services, &w.err));
    assert_true(halted("origin number 1, but number 2 was begun"));
    world_sql(&w, "INSERT INTO scfd.log_origin (generation, origin, reason, began_at)"
                  " VALUES (2, 'scfd.example/2', 'a test', '2026-01-02')");
    world_ok(&w, scf_log_check(w.db, &w.services, &w.err));
    assert_true(halted("")); /* this process has the first one's name still */
    w.services.installation.generation = 2;
    world_ok(&w, scf_log_check(w.db, &w.services, &w.err));
    assert_false(halted(""));
}

/* Cut off from the database while another origin was begun, and back before the next look at
 * everything is due: the seal itself notices. */
static void another_origin_is_noticed_when_sealing(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    world_add(&w, &chain, 1);
    world_seal(&w);
    assert_int_equal(blocks(&chain), 1);
    world_sql(&w, "INSERT INTO scfd.log_origin (generation, origin, reason, began_at)"
                  " VALUES (3, 'scfd.example/3', 'a test', '2026-01-03')");
    world_add(&w, &chain, 1);
    world_seal(&w);
    assert_int_equal(blocks(&chain), 1);
    assert_true(halted("number 3 was begun while this process ran"));
    w.services.installation.generation = 3;
    world_seal(&w);
    assert_false(halted(""));
    assert_int_equal(blocks(&chain), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_remembered),
        cmocka_unit_test(what_cannot_be_looked_at_is_not_sealed),
        cmocka_unit_test(a_block_that_is_missing_stops_everything),
        cmocka_unit_test(the_chain_that_is_sealed_shows_it),
        cmocka_unit_test(another_history_of_the_same_height_shows),
        cmocka_unit_test(what_others_sealed_is_learned),
        cmocka_unit_test(what_a_witness_saw_counts),
        cmocka_unit_test(an_earlier_origin_is_noticed),
        cmocka_unit_test(another_origin_is_noticed_when_sealing),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, open_world, close_world);
}
