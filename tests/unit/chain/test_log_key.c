/* Which key signs a database, on a real one: the one of its blocks, and of several new instances
 * the first. */
#include "../codec/vectors.h"
#include "seal.h"
#include "world.h"

static struct world w;

static void need_world(void) {
    if (!world_open(&w))
        skip();
}

static int64_t sealed(const struct scf_uuid *chain) {
    struct scf_chain_state s;
    world_ok(&w, scf_chain_sealed_state(w.db, w.arena, chain, &s, &w.err));
    return s.size;
}

/* An instance that came with a key of its own. */
static void one_key_signs_a_database(void **state) {
    (void)state;
    need_world();
    static const uint8_t seed[32] = {9, 9, 9};
    struct scf_uuid old = world_chain(&w), fresh = world_chain(&w);
    world_add(&w, &old, 2);
    world_ok(&w, scf_chain_key_check(w.db, w.arena, &w.services, &w.err)); /* nothing signed yet */
    world_seal(&w);
    world_ok(&w, scf_chain_key_check(w.db, w.arena, &w.services, &w.err));
    bool sm2 = world_suite == SCF_SUITE_SM3_SM2;
    struct scf_signing_key **own = sm2 ? &w.services.sm2_key : &w.services.log_key, *right = *own;
    *own = sm2 ? fresh_sm2_key() : key_of_seed(seed);
    assert_int_equal(scf_chain_key_check(w.db, w.arena, &w.services, &w.err),
                     SCF_E_INVALID_PARAMETER);
    world_add(&w, &old, 1);
    world_add(&w, &fresh, 1);
    world_seal(&w);
    assert_int_equal(sealed(&old), 2);
    assert_int_equal(sealed(&fresh), 0);
    scf_signing_key_free(*own);
    *own = right;
    world_seal(&w);
    assert_int_equal(sealed(&old), 3);
    assert_int_equal(sealed(&fresh), 1);
    world_close(&w);
}

struct stranger {
    struct scf_services services;
    struct scf_uuid chain;
    enum scf_code code;
    struct scf_seal_tally tally;
    struct scf_error err;
};

static void *seal_as(void *ctx) {
    struct stranger *s = ctx;
    struct scf_db *db = scf_db_new(w.url, "stranger", 0);
    struct scf_sealing *sealing = scf_sealing_new(&s->services, false);
    s->code = scf_seal_chains(sealing, db, &s->chain, 1, &s->tally, &s->err);
    scf_sealing_free(sealing);
    scf_db_free(db);
    return NULL;
}

static void wait_for_waiting(void) {
    for (int i = 0; i < 1000; i++) {
        if (world_number(&w, "SELECT count(*) FROM pg_locks WHERE NOT granted") > 0)
            return;
        usleep(10000);
    }
    fail_msg("nobody waits for a lock");
}

/* Two new instances with keys of their own, at the same time on a new database: neither sees a
 * block of the other's. The one that writes its key down first signs. */
static void of_two_new_instances_one_signs(void **state) {
    (void)state;
    need_world();
    static const uint8_t seed[32] = {9, 9, 9};
    struct scf_uuid mine = world_chain(&w);
    struct stranger other = {.services = w.services, .chain = world_chain(&w)};
    other.services.log_key = key_of_seed(seed);
    other.services.sm2_key = fresh_sm2_key();
    world_add(&w, &mine, 1);
    world_add(&w, &other.chain, 1);
    world_ok(&w, scf_chain_key_check(w.db, w.arena, &other.services, &w.err));

    struct scf_public_key key = scf_signing_key_public(scf_chain_secret(&w.services, world_suite));
    char hex[2 * SCF_PUBLIC_MAX + 1];
    scf_hex(key.bytes, scf_public_key_len(key.alg), hex);
    world_sql(&w, "BEGIN");
    world_sql(&w, scf_asprintf(w.arena,
                               "INSERT INTO scfd.log_key (suite, public_key, since)"
                               " VALUES (%d, '\\x%s', now())",
                               world_suite, hex));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, seal_as, &other), 0);
    wait_for_waiting();
    world_sql(&w, "COMMIT");
    pthread_join(thread, NULL);
    assert_int_equal(other.code, SCF_OK);
    assert_int_equal(other.tally.refused, 1);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.block"), 0);

    world_seal(&w);
    assert_int_equal(sealed(&mine), 1);
    assert_int_equal(sealed(&other.chain), 1);
    assert_int_equal(scf_chain_key_check(w.db, w.arena, &other.services, &w.err),
                     SCF_E_INVALID_PARAMETER);
    scf_signing_key_free(other.services.log_key);
    scf_signing_key_free(other.services.sm2_key);
    world_close(&w);
}

/* A database from before keys were written down. */
static void a_block_says_which_key_until_one_is_written_down(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    world_add(&w, &chain, 1);
    world_seal(&w);
    world_sql(&w, "DELETE FROM scfd.log_key");
    struct scf_services other = w.services;
    static const uint8_t seed[32] = {9, 9, 9};
    other.log_key = key_of_seed(seed);
    other.sm2_key = fresh_sm2_key();
    assert_int_equal(scf_chain_key_check(w.db, w.arena, &other, &w.err), SCF_E_INVALID_PARAMETER);
    world_add(&w, &chain, 1);
    world_seal(&w);
    assert_int_equal(sealed(&chain), 2);
    assert_int_equal(world_number(&w, "SELECT suite FROM scfd.log_key"), world_suite);
    scf_signing_key_free(other.log_key);
    scf_signing_key_free(other.sm2_key);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_signs_a_database),
        cmocka_unit_test(of_two_new_instances_one_signs),
        cmocka_unit_test(a_block_says_which_key_until_one_is_written_down),
    };
    scf_digest_init();
    int failed = cmocka_run_group_tests_name("sha256-ed25519", tests, NULL, NULL);
    world_suite = SCF_SUITE_SM3_SM2;
    return failed + cmocka_run_group_tests_name("sm3-sm2", tests, NULL, NULL);
}
