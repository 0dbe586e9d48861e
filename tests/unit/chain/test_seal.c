/* Appending, sealing and proving on a real database. */
#include "../codec/vectors.h"
#include "scfd/chain/block.h"
#include "scfd/chain/merkle.h"
#include "scfd/chain/note.h"
#include "proof_store.h"
#include "world.h"

static struct world w;

static int open_world(void **state) {
    (void)state;
    world_open(&w);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL)
        world_close(&w);
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

static struct scf_chain_state sealed(const struct scf_uuid *chain) {
    struct scf_chain_state s;
    world_ok(&w, scf_chain_sealed_state(w.db, w.arena, chain, &s, &w.err));
    return s;
}

static struct scf_str vkey_of(const struct scf_uuid *chain) {
    struct scf_buf text;
    scf_buf_init(&text, 512);
    struct scf_vkey key = scf_chain_vkey(&w.services, chain, world_suite, w.arena);
    scf_vkey_write(&key, &text);
    struct scf_str ret = scf_str(scf_strndup(w.arena, text.data, text.len));
    scf_buf_free(&text);
    return ret;
}

static char *proof_of(const struct scf_record *r) {
    struct scf_buf out;
    scf_buf_init(&out, 1 << 20);
    world_ok(&w, scf_proof_json(w.db, w.arena, &w.services, r, &out, &w.err));
    char *text = scf_strndup(w.arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static void check_proof(const struct scf_record *r) {
    struct scf_buf report;
    scf_buf_init(&report, 1 << 16);
    if (!scf_verify_proof(scf_str(proof_of(r)), vkey_of(&r->chain_id), &r->body, &report))
        fail_msg("%s", report.data);
    scf_buf_free(&report);
}

/* ---- appending ---- */

static void append_numbers_the_leaves(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *a = world_add(&w, &chain, 3), *b = world_add(&w, &chain, 1);
    assert_int_equal(a[0].leaf_index, 0);
    assert_int_equal(a[2].leaf_index, 2);
    assert_int_equal(b[0].leaf_index, 3);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.event"), 2);
    world_sql(&w, "DELETE FROM scfd.event");
}

static void a_record_reads_back_as_written(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *r = world_records(&w, &chain, 2), got;
    r[0].has_amount = r[0].has_happened = r[0].range_ok = true;
    r[0].amount = -5;
    memcpy(r[0].currency, "CNY", 4);
    r[0].happened_us = 1234567;
    r[0].template_id = 9;
    r[0].weight_expected = 10;
    r[0].weight_present = 7;
    r[0].checks_applicable = 2;
    r[0].checks_passed = 1;
    r[0].measures = SCF_STR("measures");
    r[0].contract_key = r[0].business_key = r[0].enterprise_id = r[0].counterparty_id =
        r[0].revises_id = scf_uuid_new();
    struct world_append a = {&w, r, 2};
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));

    world_ok(&w, scf_record_get(w.db, w.arena, NULL, &r[0].id, &got, &w.err));
    assert_true(scf_uuid_eq(&got.chain_id, &chain) && scf_uuid_eq(&got.id, &r[0].id));
    assert_int_equal(got.kind, SCF_REC_INVOICE);
    assert_true(scf_str_eq(got.external_id, r[0].external_id));
    assert_true(scf_str_eq(got.body, r[0].body));
    assert_int_equal(got.received_us, r[0].received_us);
    assert_memory_equal(got.salt, r[0].salt, SCF_SALT_LEN);
    assert_true(scf_hash_eq(&got.body_sha256, &r[0].body_sha256));
    struct scf_hash h = scf_leaf_hash(&got);
    assert_true(scf_hash_eq(&got.leaf_hash, &h));
    assert_true(got.has_amount && got.amount == -5 && strcmp(got.currency, "CNY") == 0);
    assert_true(got.has_happened && got.happened_us == 1234567);
    assert_true(got.template_id == 9 && got.weight_expected == 10 && got.weight_present == 7);
    assert_true(got.range_ok && got.checks_applicable == 2 && got.checks_passed == 1);
    assert_true(scf_str_is(got.measures, "measures"));
    assert_true(scf_uuid_eq(&got.contract_key, &r[0].contract_key));
    assert_true(scf_uuid_eq(&got.revises_id, &r[0].revises_id));

    world_ok(&w, scf_record_get(w.db, w.arena, NULL, &r[1].id, &got, &w.err));
    assert_false(got.has_amount || got.has_happened || got.range_ok);
    assert_int_equal(got.template_id, 0);
    assert_true(scf_uuid_is_nil(&got.contract_key) && got.measures.n == 0);
}

static void an_external_id_is_taken_once(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *first = world_add(&w, &chain, 1), *again = world_records(&w, &chain, 1);
    again->external_id = first->external_id;
    struct world_append a = {&w, again, 1};
    assert_int_equal(scf_tx_run(w.db, world_append_body, &a, &w.err), SCF_E_DB_CONFLICT);
    again->kind = SCF_REC_CONTRACT; /* of another kind it is another thing */
    scf_record_prepare(again);
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));
    assert_int_equal(again->leaf_index, 1);
}

static void only_those_concerned_see_a_record(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), other = world_chain(&w);
    struct scf_record *r = world_add(&w, &chain, 1), got;
    struct scf_actor owner = {.node_id = chain}, stranger = {.node_id = other},
                     admin = {.admin = true};
    world_ok(&w, scf_record_get(w.db, w.arena, &owner, &r->id, &got, &w.err));
    world_ok(&w, scf_record_get(w.db, w.arena, &admin, &r->id, &got, &w.err));
    assert_int_equal(scf_record_get(w.db, w.arena, &stranger, &r->id, &got, &w.err),
                     SCF_E_NOT_FOUND);
    for (int i = 0; i < 2; i++) { /* the second time changes nothing */
        world_ok(&w, scf_record_address(w.db, w.arena, r, &other, "record.addressed", &w.err));
        world_ok(&w, scf_record_get(w.db, w.arena, &stranger, &r->id, &got, &w.err));
    }
    assert_int_equal(
        world_number(&w, "SELECT count(*) FROM scfd.event WHERE type = 'record.addressed'"), 1);
}

/* ---- sealing ---- */

static void before_the_first_block(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), unknown = scf_uuid_new();
    struct scf_chain_state s = sealed(&chain);
    struct scf_hash empty = scf_digest(scf_suite_hash(world_suite), "", 0);
    assert_int_equal(s.height, -1);
    assert_int_equal(s.size, 0);
    assert_true(scf_hash_eq(&s.root, &empty));
    struct scf_record *r = world_add(&w, &chain, 1);
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    assert_int_equal(scf_proof_json(w.db, w.arena, &w.services, r, &out, &w.err), SCF_E_NOT_SEALED);
    scf_buf_free(&out);
    assert_int_equal(scf_chain_sealed_state(w.db, w.arena, &unknown, &s, &w.err), SCF_E_NOT_FOUND);
}

/* Blocks of uneven sizes across tile borders: every root is that of the definition, blocks are
 * linked, and every proof verifies, also the old ones after the tree has grown. */
static void blocks_have_the_right_roots(void **state) {
    (void)state;
    need_world();
    static const size_t steps[] = {1, 2, 252, 1, 1, 255, 300, 700};
    struct scf_uuid chain = world_chain(&w);
    struct scf_hash leaves[2000], last = {{0}};
    struct scf_record *kept[SCF_COUNT(steps)];
    size_t n = 0;
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        struct scf_record *r = kept[i] = world_add(&w, &chain, steps[i]);
        for (size_t j = 0; j < steps[i]; j++)
            leaves[n++] = r[j].leaf_hash;
        world_seal(&w);
        struct scf_chain_state s = sealed(&chain);
        struct scf_hash root = scf_merkle_root(scf_suite_hash(world_suite), leaves, n);
        assert_int_equal(s.height, i);
        assert_int_equal(s.size, n);
        assert_true(scf_hash_eq(&s.root, &root));
        struct scf_proof_block block;
        world_ok(&w, scf_proof_block(w.db, w.arena, &chain, r->leaf_index, &block, &w.err));
        struct scf_block header;
        struct scf_note *note = scf_alloc(w.arena, 1, sizeof *note);
        struct scf_vkey key;
        assert_true(scf_vkey_parse(vkey_of(&chain), &key));
        assert_int_equal(scf_note_open(block.block_note, &key, 1, note), SCF_NOTE_OK);
        assert_true(scf_block_parse(note->text, &header));
        assert_true(scf_hash_eq(&header.prev, &last));
        last = scf_block_hash(&header, scf_suite_hash(world_suite));
        assert_true(scf_hash_eq(&last, &s.block_hash));
    }
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        check_proof(&kept[i][0]);
        check_proof(&kept[i][steps[i] - 1]);
    }
    world_seal(&w); /* nothing new: no block */
    assert_int_equal(sealed(&chain).height, SCF_COUNT(steps) - 1);
}

static void consistency_from_the_stored_tiles(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_hash leaves[900], proof[SCF_PROOF_MAX];
    struct scf_record *r = world_add(&w, &chain, SCF_COUNT(leaves));
    for (size_t i = 0; i < SCF_COUNT(leaves); i++)
        leaves[i] = r[i].leaf_hash;
    world_seal(&w);
    struct scf_tile_cache *cache = scf_tile_cache_new(3); /* fewer than the tree has: some go */
    for (size_t old = 1; old <= SCF_COUNT(leaves); old += 29) {
        struct scf_range ranges[SCF_PROOF_MAX];
        int n = scf_merkle_consistency(old, SCF_COUNT(leaves), ranges);
        world_ok(&w, scf_proof_hashes(w.db, w.arena, cache, &chain, world_suite, ranges, n, proof,
                                      &w.err));
        struct scf_hash a = scf_merkle_root(scf_suite_hash(world_suite), leaves, old),
                        b = scf_merkle_root(scf_suite_hash(world_suite), leaves, SCF_COUNT(leaves));
        assert_true(scf_merkle_verify_consistency(scf_suite_hash(world_suite), old,
                                                  SCF_COUNT(leaves), &a, &b, proof, (size_t)n));
    }
    scf_tile_cache_free(cache);
}

/* A backlog larger than one transaction takes becomes several blocks in one run; other chains are
 * not kept waiting by it. */
/* As after a restore under a running server, which notices too late: tiles of lost leaves are in
 * memory, and the chain has other leaves at their places now. */
static void tiles_of_lost_leaves_are_forgotten(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), lost = world_chain(&w);
    struct scf_record *r = world_add(&w, &chain, 300);
    struct scf_record *gone = world_add(&w, &lost, 300);
    world_seal(&w);
    struct scf_hash stale[SCF_TILE_WIDTH];
    for (size_t i = 0; i < SCF_COUNT(stale); i++)
        stale[i] = i < 100 ? r[i].leaf_hash : gone[i].leaf_hash;
    struct scf_tile tile = {{0, 0, SCF_TILE_WIDTH}, stale};
    struct scf_chain_consistency c;
    w.services.tiles = scf_tile_cache_new(8);
    for (int64_t from = 90; from < 300; from += 30) {
        scf_tile_cache_put(w.services.tiles, &chain, scf_suite_hash(world_suite), &tile);
        check_proof(&r[from]);
        scf_tile_cache_put(w.services.tiles, &chain, scf_suite_hash(world_suite), &tile);
        world_ok(&w,
                 scf_chain_consistency(w.db, w.arena, &w.services, &chain, from, 300, &c, &w.err));
        struct scf_hash root = sealed(&chain).root;
        assert_memory_equal(c.to_root.b, root.b, SCF_HASH_LEN);
    }
    scf_tile_cache_free(w.services.tiles);
    w.services.tiles = NULL;
}

static void a_backlog_becomes_several_blocks(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), small[70];
    for (int i = 0; i < 7; i++)
        world_add(&w, &chain, 10000);
    for (size_t i = 0; i < SCF_COUNT(small); i++) {
        small[i] = world_chain(&w);
        world_add(&w, &small[i], 1);
    }
    world_seal(&w);
    assert_int_equal(sealed(&chain).size, 70000);
    assert_int_equal(sealed(&chain).height, 2);
    for (size_t i = 0; i < SCF_COUNT(small); i++)
        assert_int_equal(sealed(&small[i]).size, 1);
}

/* How many transactions the tail takes is of no concern to the other chains: they are in blocks
 * after the first of them. */
static void a_backlog_keeps_nobody_waiting(void **state) {
    (void)state;
    need_world();
    struct world outer = w;
    assert_true(world_open(&w));
    struct scf_uuid big = world_chain(&w), small[70]; /* ids ascend: the big one comes first */
    for (int i = 0; i < 4; i++)
        world_add(&w, &big, 10000);
    for (size_t i = 0; i < SCF_COUNT(small); i++) {
        small[i] = world_chain(&w);
        world_add(&w, &small[i], 3);
    }
    world_seal(&w);
    assert_int_equal(sealed(&big).size, 40000);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.block WHERE size = 3"), 70);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.block b WHERE size = 3"
                                      " AND sealed_at > (SELECT max(sealed_at) FROM scfd.block"
                                      " WHERE size = 40000)"),
                     0);
    world_close(&w);
    w = outer;
}

static void *seal_often(void *ctx) {
    (void)ctx;
    struct scf_db *db = scf_db_new(w.url, "sealer", 0);
    struct scf_error err;
    for (int i = 0; i < 60; i++) {
        struct scf_arena *arena = scf_arena_new(8 << 20);
        enum scf_code code = scf_seal_task(db, arena, &w.services, &err);
        scf_arena_free(arena);
        if (code != SCF_OK) {
            scf_db_free(db);
            return "failed";
        }
    }
    scf_db_free(db);
    return NULL;
}

static void two_sealers_make_one_history(void **state) {
    (void)state;
    need_world();
    enum { CHAINS = 5, ROUNDS = 40 };
    struct scf_uuid chains[CHAINS];
    struct scf_record *r[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chains[i] = world_chain(&w);
    pthread_t a, b;
    assert_int_equal(pthread_create(&a, NULL, seal_often, NULL), 0);
    assert_int_equal(pthread_create(&b, NULL, seal_often, NULL), 0);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CHAINS; i++)
            r[i] = world_add(&w, &chains[i], 7);
    void *failed_a, *failed_b;
    pthread_join(a, &failed_a);
    pthread_join(b, &failed_b);
    assert_null(failed_a);
    assert_null(failed_b);
    world_seal(&w);
    for (int i = 0; i < CHAINS; i++) {
        assert_int_equal(sealed(&chains[i]).size, 7 * ROUNDS);
        check_proof(&r[i][6]);
    }
    struct scf_audit_result result;
    struct scf_audit_options options = {.database_url = w.url, .threads = 2};
    world_ok(&w, scf_audit_run(&options, &result, &w.err));
    if (result.faults != 0)
        fail_msg("%s", result.first_fault);
}

/* ---- refusing ---- */

static int64_t height_after(struct scf_uuid chain, const char *sql, bool grows) {
    world_sql(&w, sql);
    if (grows)
        world_add(&w, &chain, 1);
    struct scf_uuid other = world_chain(&w);
    world_add(&w, &other, 1);
    world_seal(&w);
    assert_int_equal(sealed(&other).size, 1); /* the sound ones go on */
    return world_number(&w, "SELECT height FROM scfd.chain_seal ORDER BY chain_id LIMIT 1");
}

/* One contradiction each, in a database where the chain under test is the first by id. */
static void contradictions_are_not_signed(void **state) {
    (void)state;
    need_world();
    static const char *const damages[] = {
        "UPDATE scfd.chain SET size = 3",
        "DELETE FROM scfd.block",
        "UPDATE scfd.chain_seal SET size = 4",
        "UPDATE scfd.chain_seal SET block_hash = sha256('x')",
        "UPDATE scfd.tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1)",
        "UPDATE scfd.tile SET hashes = substr(hashes, 1, 32)",
        "DELETE FROM scfd.tile",
        "UPDATE scfd.chain SET size = 7", /* leaves 5 and 6 are not there */
    };
    for (size_t i = 0; i < SCF_COUNT(damages); i++) {
        struct world outer = w;
        assert_true(world_open(&w));
        struct scf_uuid chain = world_chain(&w);
        world_add(&w, &chain, 5);
        world_seal(&w);
        if (height_after(chain, damages[i], i > 0) != 0)
            fail_msg("signed in spite of: %s", damages[i]);
        world_close(&w);
        w = outer;
    }
}

/* A block past the newest one makes the database refuse the next one of that chain. */
static void a_refused_transaction_is_cut_up(void **state) {
    (void)state;
    need_world();
    struct world outer = w;
    assert_true(world_open(&w));
    struct scf_uuid bad = world_chain(&w), good = world_chain(&w);
    world_add(&w, &bad, 2);
    world_add(&w, &good, 2);
    world_seal(&w);
    world_sql(&w,
              "INSERT INTO scfd.block SELECT chain_id, 1, size + 1, root, prev_hash, block_hash,"
              " sealed_at, block_note, checkpoint_note FROM scfd.block"
              " ORDER BY chain_id LIMIT 1");
    world_add(&w, &bad, 1);
    world_add(&w, &good, 1);
    struct scf_arena *arena = scf_arena_new(8 << 20);
    assert_int_not_equal(scf_seal_task(w.db, arena, &w.services, &w.err), SCF_OK);
    scf_arena_free(arena);
    assert_int_equal(sealed(&bad).size, 2);
    assert_int_equal(sealed(&good).size, 3);
    world_close(&w);
    w = outer;
}

/* ---- what a proof says ---- */

static bool verifies(const char *json, struct scf_str vkey, const struct scf_str *body) {
    struct scf_buf report;
    scf_buf_init(&report, 1 << 16);
    bool good = scf_verify_proof(scf_str(json), vkey, body, &report);
    bool told = report.len > 0 && (strstr(report.data, "FAILED") == NULL) == good;
    scf_buf_free(&report);
    assert_true(told);
    return good;
}

/* Every single character of the document counts, but for what merely repeats the key. */
static void an_altered_proof_fails(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w), other = world_chain(&w);
    struct scf_record *r = world_add(&w, &chain, 5);
    world_seal(&w);
    char *json = proof_of(&r[2]);
    struct scf_str vkey = vkey_of(&chain), body = r[2].body, no = SCF_STR("{}");
    assert_true(verifies(json, vkey, NULL));
    assert_true(verifies(json, vkey, &body));
    assert_false(verifies(json, vkey, &no));
    assert_false(verifies(json, vkey_of(&other), &body));
    assert_false(verifies(json, SCF_STR("nonsense"), &body));
    assert_false(verifies("{}", vkey, NULL));
    assert_false(verifies("", vkey, NULL));
    assert_false(verifies("[", vkey, NULL));
    size_t repeated = (size_t)(strstr(json, "\"vkey\"") - json);
    for (size_t i = 0; i < repeated; i++) {
        char kept = json[i];
        json[i] = kept == 'x' ? 'y' : 'x';
        if (verifies(json, vkey, &body))
            fail_msg("altered at %zu and still believed: %s", i, json);
        json[i] = kept;
    }
}

/* The hash of any leaf would carry any story: such a document never holds. */
static void an_erased_record_keeps_its_place(void **state) {
    (void)state;
    need_world();
    struct scf_uuid chain = world_chain(&w);
    struct scf_record *r = world_add(&w, &chain, 5), got;
    world_seal(&w);
    world_sql(&w,
              scf_asprintf(w.arena,
                           "UPDATE scfd.record SET body = NULL, body_sha256 = NULL, salt = NULL,"
                           " body_sm3 = NULL WHERE external_id = '%s'",
                           r[2].external_id.p));
    world_ok(&w, scf_record_get(w.db, w.arena, NULL, &r[2].id, &got, &w.err));
    assert_null(got.body.p);
    char *json = proof_of(&got);
    assert_false(verifies(json, vkey_of(&chain), NULL));
    assert_false(verifies(json, vkey_of(&chain), &r[2].body));
    check_proof(&r[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_numbers_the_leaves),
        cmocka_unit_test(a_record_reads_back_as_written),
        cmocka_unit_test(an_external_id_is_taken_once),
        cmocka_unit_test(only_those_concerned_see_a_record),
        cmocka_unit_test(before_the_first_block),
        cmocka_unit_test(blocks_have_the_right_roots),
        cmocka_unit_test(consistency_from_the_stored_tiles),
        cmocka_unit_test(tiles_of_lost_leaves_are_forgotten),
        cmocka_unit_test(a_backlog_becomes_several_blocks),
        cmocka_unit_test(a_backlog_keeps_nobody_waiting),
        cmocka_unit_test(two_sealers_make_one_history),
        cmocka_unit_test(contradictions_are_not_signed),
        cmocka_unit_test(a_refused_transaction_is_cut_up),
        cmocka_unit_test(an_altered_proof_fails),
        cmocka_unit_test(an_erased_record_keeps_its_place),
    };
    scf_digest_init();
    int failed = cmocka_run_group_tests_name("sha256-ed25519", tests, open_world, close_world);
    world_suite = SCF_SUITE_SM3_SM2;
    return failed + cmocka_run_group_tests_name("sm3-sm2", tests, open_world, close_world);
}
