/* Proof texts: the specification's own example, every leaf of many trees against paths computed
 * from the definition of RFC 9162, and that no altered byte passes. */
#include "../codec/vectors.h"
#include "keys.h"
#include "scfd/chain/record.h"
#include "scfd/chain/tlog_proof.h"
#include "trees.h"

static const char ORIGIN[] = "scfd.example/node_00041061050r3gg28a1c60t3gf";
static struct scf_arena *arena;
static struct scf_signing_key *secret;
static struct scf_vkey key;
static char vkey_text[256];

static int begin(void **state) {
    (void)state;
    static const uint8_t seed[32] = {7};
    uint8_t pub[32];
    struct scf_buf text;
    arena = scf_arena_new(16 << 20);
    secret = key_of_seed(seed);
    scf_signing_key_public(secret, pub);
    key = scf_vkey(SCF_STR(ORIGIN), pub);
    scf_buf_init(&text, sizeof vkey_text);
    scf_vkey_write(&key, &text);
    snprintf(vkey_text, sizeof vkey_text, "%s", text.data);
    scf_buf_free(&text);
    return 0;
}

static int end(void **state) {
    (void)state;
    scf_signing_key_free(secret);
    scf_arena_free(arena);
    return 0;
}

/* ---- the form ---- */

/* From the specification; its hashes and its extra line, and a checkpoint that need not be one. */
#define HASHES                                                                                     \
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"                                               \
    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
#define POINT "\nexample.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n"

static bool parses(const char *text) {
    struct scf_tlog_proof p;
    return scf_tlog_proof_parse(scf_str(text), arena, &p);
}

static void the_form_of_the_specification(void **state) {
    (void)state;
    static const char TEXT[] = "c2sp.org/tlog-proof@v1\n"
                               "extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6\n"
                               "index 73894\n" HASHES POINT;
    struct scf_tlog_proof p;
    assert_true(scf_tlog_proof_parse(SCF_STR(TEXT), arena, &p));
    assert_true(scf_str_is(p.extra, "age-v1.2.1-darwin-arm64.tar.gz"));
    assert_int_equal(p.index, 73894);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.path[0].b[0], 0x81); /* "gSKy" is 81 22 b2 */
    assert_true(scf_str_is(p.checkpoint, POINT + 1));
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    scf_tlog_proof_write(&p, &out);
    assert_string_equal(out.data, TEXT);
    scf_buf_free(&out);
}

static void other_forms_are_refused(void **state) {
    (void)state;
    assert_true(parses("c2sp.org/tlog-proof@v1\nindex 0\n" POINT));
    assert_true(parses("c2sp.org/tlog-proof@v1\nindex 1\n" HASHES POINT));
    static const char *const bad[] = {
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 0\n" POINT,
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n" POINT,
        "c2sp.org/tlog-proof@v1\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 00\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 01\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex -1\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex +1\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex  1\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 1\nextra YQ==\n" POINT,
        "c2sp.org/tlog-proof@v1\nextra YQ==\nextra YQ==\nindex 1\n" POINT,
        "c2sp.org/tlog-proof@v1\nextra \nindex 1\n" POINT,
        "c2sp.org/tlog-proof@v1\nextra YQ=\nindex 1\n" POINT,
        "c2sp.org/tlog-proof@v1\nextra YR==\nindex 1\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPl==\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=\n" POINT,
        "c2sp.org/tlog-proof@v1\nindex 1\n" HASHES,
        "c2sp.org/tlog-proof@v1\nindex 1\n" HASHES "\n",
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        if (parses(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void a_path_of_64_hashes_is_the_longest(void **state) {
    (void)state;
    for (int n = SCF_PROOF_MAX; n <= SCF_PROOF_MAX + 1; n++) {
        struct scf_buf out;
        scf_buf_init(&out, 1 << 16);
        scf_buf_puts(&out, "c2sp.org/tlog-proof@v1\nindex 1\n");
        for (int i = 0; i < n; i++)
            scf_buf_puts(&out, "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n");
        scf_buf_puts(&out, POINT);
        assert_int_equal(parses(out.data), n == SCF_PROOF_MAX);
        scf_buf_free(&out);
    }
}

/* ---- what it proves ---- */

static struct scf_record record(uint64_t i) {
    struct scf_record r = {.kind = SCF_REC_INVOICE,
                           .external_id = SCF_STR("INV-\xe5\x8f\x91\xe7\xa5\xa8"),
                           .received_us = INT64_C(1795334400123456) + (int64_t)i,
                           .leaf_index = (int64_t)i,
                           .body = SCF_STR("{\"amount\":\"1.00\"}")};
    for (int j = 0; j < 16; j++) {
        r.chain_id.b[j] = (uint8_t)j; /* ORIGIN's */
        r.id.b[j] = (uint8_t)(i + (uint64_t)j);
    }
    r.body_sha256 = scf_sha256(r.body.p, r.body.n);
    r.leaf_hash = scf_leaf_hash(&r);
    return r;
}

/* The proof text of leaf `index` of the tree over `leaves`; signed as `origin`'s checkpoint. */
static void write_proof(const struct scf_hash *leaves, size_t size, size_t index,
                        const char *origin, struct scf_buf *out) {
    struct scf_checkpoint point = {scf_str(origin), (int64_t)size, tree_mth(leaves, size)};
    struct scf_tlog_proof p = {.index = (int64_t)index};
    struct scf_record r = record(index);
    struct scf_buf text, note, leaf;
    scf_buf_init(&text, 4096);
    scf_buf_init(&note, 4096);
    scf_buf_init(&leaf, 4096);
    scf_checkpoint_write(&point, &text);
    scf_note_write((struct scf_str){text.data, text.len}, &key, secret, &note);
    scf_leaf_text(&r, &leaf);
    p.extra = (struct scf_str){leaf.data, leaf.len};
    p.checkpoint = (struct scf_str){note.data, note.len};
    p.n = (int)tree_path(index, leaves, size, p.path);
    scf_tlog_proof_write(&p, out);
    scf_buf_free(&text);
    scf_buf_free(&note);
    scf_buf_free(&leaf);
}

static bool holds(const char *text, size_t n, const struct scf_str *leaf,
                  const struct scf_str *body) {
    struct scf_buf report;
    scf_buf_init(&report, 1 << 16);
    bool good =
        scf_verify_tlog_proof((struct scf_str){text, n}, scf_str(vkey_text), leaf, body, &report);
    assert_int_equal(good, strstr(report.data, "FAILED") == NULL);
    scf_buf_free(&report);
    return good;
}

static void every_leaf_of_small_trees_is_proven(void **state) {
    (void)state;
    enum { MOST = 20 };
    struct scf_hash leaves[MOST];
    for (uint64_t i = 0; i < MOST; i++)
        leaves[i] = record(i).leaf_hash;
    for (size_t size = 1; size <= MOST; size++)
        for (size_t i = 0; i < size; i++) {
            struct scf_buf out;
            struct scf_str body = record(i).body;
            struct scf_tlog_proof p;
            scf_buf_init(&out, 1 << 16);
            write_proof(leaves, size, i, ORIGIN, &out);
            assert_true(holds(out.data, out.len, NULL, &body));
            assert_true(scf_tlog_proof_parse((struct scf_str){out.data, out.len}, arena, &p));
            struct scf_checkpoint point;
            assert_int_equal(scf_tlog_proof_verify(&p, &key, &leaves[i], &point), SCF_TLOG_OK);
            assert_int_equal(point.size, size);
            assert_int_equal(scf_tlog_proof_verify(&p, &key, &leaves[(i + 1) % MOST], NULL),
                             SCF_TLOG_NOT_IN_TREE);
            scf_buf_free(&out);
        }
}

static void no_altered_byte_passes(void **state) {
    (void)state;
    struct scf_hash leaves[11];
    for (uint64_t i = 0; i < SCF_COUNT(leaves); i++)
        leaves[i] = record(i).leaf_hash;
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    write_proof(leaves, SCF_COUNT(leaves), 6, ORIGIN, &out);
    for (size_t i = 0; i < out.len; i++) {
        out.data[i] ^= 1;
        if (holds(out.data, out.len, NULL, NULL))
            fail_msg("byte %zu of %s", i, out.data);
        out.data[i] ^= 1;
        assert_false(holds(out.data, i, NULL, NULL));
    }
    assert_true(holds(out.data, out.len, NULL, NULL));
    scf_buf_free(&out);
}

static void leaf_and_body_must_be_those(void **state) {
    (void)state;
    struct scf_hash leaves[3];
    struct scf_buf out, leaf;
    struct scf_str wrong_body = SCF_STR("{}");
    for (uint64_t i = 0; i < SCF_COUNT(leaves); i++)
        leaves[i] = record(i).leaf_hash;
    scf_buf_init(&out, 1 << 16);
    scf_buf_init(&leaf, 4096);
    write_proof(leaves, 3, 1, ORIGIN, &out);
    assert_false(holds(out.data, out.len, NULL, &wrong_body));
    struct scf_record other = record(2), same = record(1);
    scf_leaf_text(&other, &leaf);
    struct scf_str leaf_text = {leaf.data, leaf.len};
    assert_false(holds(out.data, out.len, &leaf_text, NULL));
    scf_buf_clear(&leaf);
    scf_leaf_text(&same, &leaf);
    leaf_text = (struct scf_str){leaf.data, leaf.len};
    assert_true(holds(out.data, out.len, &leaf_text, &same.body));
    scf_buf_free(&out);
    scf_buf_free(&leaf);
}

static void another_log_s_checkpoint_does_not_pass(void **state) {
    (void)state;
    struct scf_hash leaves[1] = {record(0).leaf_hash};
    struct scf_tlog_proof p;
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    write_proof(leaves, 1, 0, "other.example/node_00041061050r3gg28a1c60t3gf", &out);
    assert_false(holds(out.data, out.len, NULL, NULL));
    assert_true(scf_tlog_proof_parse((struct scf_str){out.data, out.len}, arena, &p));
    assert_int_equal(scf_tlog_proof_verify(&p, &key, leaves, NULL), SCF_TLOG_OTHER_LOG);
    struct scf_vkey stranger = key;
    stranger.id[0] ^= 1;
    assert_int_equal(scf_tlog_proof_verify(&p, &stranger, leaves, NULL), SCF_TLOG_UNSIGNED);
    scf_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_the_specification),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(a_path_of_64_hashes_is_the_longest),
        cmocka_unit_test(every_leaf_of_small_trees_is_proven),
        cmocka_unit_test(no_altered_byte_passes),
        cmocka_unit_test(leaf_and_body_must_be_those),
        cmocka_unit_test(another_log_s_checkpoint_does_not_pass),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, begin, end);
}
