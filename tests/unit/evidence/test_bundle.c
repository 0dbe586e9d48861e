/* A bundle put together from its facts, for each suite, and every single byte of it altered: in the
 * file, and in each entry with the container made to fit. The pieces come from a key of its own;
 * what they mean to openssl and others is tested in tests/api/test_evidence.py. */
#include "bundle.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/note.h"
#include "scfd/codec/jsonw.h"
#include "scfd/codec/signer.h"

#include <setjmp.h>

#include <cmocka.h>

enum { FILE_MAX = 1 << 20, LEAVES = 11, INDEX = 6 };

static struct scf_arena *arena;
static struct scf_signing_key *log_key, *other_key; /* the second is of Ed25519 */
static struct scf_signer *signer;
static char dir[32];
static enum scf_suite suite; /* that all tests are run with */
static struct scf_str file;  /* the bundle, without anchors */

static const char body[] = "{\"contract_no\":\"HT-1\",\"amount\":\"1.00\"}";

static struct scf_str keep(struct scf_buf *b) {
    assert_false(b->overflow);
    struct scf_str kept = {scf_strndup(arena, b->data, b->len), b->len};
    assert_non_null(kept.p);
    scf_buf_free(b);
    return kept;
}

static struct scf_buf empty(void) {
    struct scf_buf b;
    scf_buf_init(&b, FILE_MAX);
    return b;
}

static enum scf_hash_alg alg(void) {
    return scf_suite_hash(suite);
}

/* ---- a tree of its own ---- */

struct tree {
    struct scf_record record;
    struct scf_hash leaves[LEAVES], root, path[SCF_PROOF_MAX];
    int n;
    struct scf_vkey key;
};

static void grow(struct tree *t) {
    t->record = (struct scf_record){.chain_id = scf_uuid_new(),
                                    .id = scf_uuid_new(),
                                    .kind = SCF_REC_CONTRACT,
                                    .suite = suite,
                                    .external_id = SCF_STR("HT \"1\"\\ 合同"),
                                    .received_us = INT64_C(1795334400123456),
                                    .leaf_index = INDEX,
                                    .body = {body, sizeof body - 1}};
    scf_record_prepare(&t->record);
    for (int i = 0; i < LEAVES; i++)
        t->leaves[i] = scf_digest(alg(), &i, sizeof i);
    t->leaves[INDEX] = t->record.leaf_hash;
    t->root = scf_merkle_root(alg(), t->leaves, LEAVES);
    struct scf_range ranges[SCF_PROOF_MAX];
    t->n = scf_merkle_inclusion(INDEX, LEAVES, ranges);
    for (int i = 0; i < t->n; i++)
        t->path[i] = scf_merkle_root(alg(), t->leaves + ranges[i].begin,
                                     (size_t)(ranges[i].end - ranges[i].begin));
    struct scf_public_key pub = scf_signing_key_public(log_key);
    struct scf_buf origin = empty();
    scf_chain_origin("test.example/log", &t->record.chain_id, &origin);
    t->key = scf_vkey(keep(&origin), &pub);
}

static struct scf_str note_of(struct scf_buf *text, const struct scf_vkey *key,
                              const struct scf_signing_key *secret) {
    struct scf_buf note = empty();
    scf_note_write((struct scf_str){text->data, text->len}, key, secret, &note);
    scf_buf_free(text);
    return keep(&note);
}

static struct scf_str signed_note(struct scf_buf *text, const struct tree *t) {
    return note_of(text, &t->key, log_key);
}

static struct scf_block block_of(const struct tree *t) {
    return (struct scf_block){.origin = t->key.name,
                              .height = 3,
                              .size = LEAVES,
                              .root = t->root,
                              .time_us = INT64_C(1795334401000000)};
}

static void write_record(struct scf_jsonw *w, const struct scf_record *r) {
    struct scf_buf leaf = empty();
    scf_jw_object(w, "record");
    scf_jw_id(w, "id", "ctr", &r->id);
    scf_jw_str(w, "kind", "contract");
    scf_jw_id(w, "node", "node", &r->chain_id);
    scf_jw_strn(w, "external_id", r->external_id.p, r->external_id.n);
    scf_jw_time(w, "received_at", r->received_us);
    if (suite == SCF_SUITE_SM3_SM2)
        scf_jw_hex(w, "body_sm3", r->body_sm3.b, SCF_HASH_LEN);
    else
        scf_jw_hex(w, "body_sha256", r->body_sha256.b, SCF_HASH_LEN);
    scf_jw_hex(w, "salt", r->salt, SCF_SALT_LEN);
    scf_jw_end_object(w);
    scf_leaf_text(r, &leaf);
    scf_jw_strn(w, "leaf_text", leaf.data, leaf.len);
    scf_jw_hex(w, "leaf_hash", r->leaf_hash.b, SCF_HASH_LEN);
    scf_buf_free(&leaf);
}

static void write_tree(struct scf_jsonw *w, const struct tree *t) {
    struct scf_buf text = empty();
    const struct scf_checkpoint point = {.origin = t->key.name, .size = LEAVES, .root = t->root};
    scf_jw_strn(w, "origin", t->key.name.p, t->key.name.n);
    scf_jw_i64(w, "index", INDEX);
    scf_jw_i64(w, "tree_size", LEAVES);
    scf_jw_array(w, "inclusion_proof");
    for (int i = 0; i < t->n; i++)
        scf_jw_base64(w, NULL, t->path[i].b, SCF_HASH_LEN);
    scf_jw_end_array(w);
    scf_checkpoint_write(&point, &text);
    struct scf_str note = signed_note(&text, t);
    scf_jw_strn(w, "checkpoint", note.p, note.n);
}

static struct scf_str proof_of(const struct tree *t) {
    struct scf_buf out = empty(), text = empty(), vkey = empty();
    struct scf_jsonw w = scf_jsonw(&out);
    struct scf_block block = block_of(t);
    struct scf_hash hash = scf_block_hash(&block, alg());
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "format", "scfd-proof/v1");
    if (suite == SCF_SUITE_SM3_SM2)
        scf_jw_str(&w, "suite", "sm3-sm2");
    write_record(&w, &t->record);
    write_tree(&w, t);
    scf_block_write(&block, &text);
    struct scf_str note = signed_note(&text, t);
    scf_jw_object(&w, "block");
    scf_jw_i64(&w, "height", block.height);
    scf_jw_hex(&w, "hash", hash.b, SCF_HASH_LEN);
    scf_jw_strn(&w, "note", note.p, note.n);
    scf_jw_end_object(&w);
    scf_vkey_write(&t->key, &vkey);
    scf_jw_strn(&w, "vkey", vkey.data, vkey.len);
    char *pem = scf_public_key_pem(&t->key.pub);
    scf_jw_str(&w, "public_key_pem", pem);
    free(pem);
    scf_buf_free(&vkey);
    scf_jw_end_object(&w);
    return keep(&out);
}

/* ---- the bundle ---- */

static void add_anchor(struct scf_bundle_facts *f, const struct scf_bundle_anchor *anchor,
                       const struct scf_vkey *key) {
    struct scf_buf vkey = empty();
    scf_vkey_write(key, &vkey);
    f->anchor_vkey = keep(&vkey);
    f->anchors[0] = *anchor;
    f->anchor_count = 1;
}

/* `anchor` may be NULL. */
static struct scf_str made(const struct tree *t, const struct scf_bundle_anchor *anchor,
                           const struct scf_vkey *anchor_key) {
    struct scf_buf text = empty(), readme = empty(), der = empty(), out = empty();
    struct scf_error err = {0};
    struct scf_bundle_facts f = {
        .proof_json = proof_of(t), .body = t->record.body, .chain_pem = scf_signer_chain(signer)};
    struct scf_bundle b = {.arena = arena};
    const struct scf_instructions i = {.file_name = "x.asice", .suite = suite, .signed_us = 1};
    scf_instructions_write(&i, &text);
    f.instructions = keep(&text);
    if (anchor != NULL)
        add_anchor(&f, anchor, anchor_key);
    assert_true(scf_bundle_facts_read(arena, &f));
    scf_readme_write(&f, &readme);
    f.readme = keep(&readme);
    scf_bundle_put_content(&b, &f);
    assert_int_equal(scf_cades_sign(signer, scf_bundle_bytes(&b, SCF_MANIFEST_1),
                                    f.block.time_us + 1000000, &der, &err),
                     SCF_OK);
    scf_bundle_put_signature(&b, keep(&der));
    scf_bundle_write(&b, &out);
    return keep(&out);
}

static struct tree tree;

static int set_up(void **state) {
    (void)state;
    char path[64], certificate[64];
    struct scf_error err = {0};
    scf_digest_init();
    arena = scf_arena_new(64 << 20);
    snprintf(dir, sizeof dir, "/tmp/scfd-bundle-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/log", dir);
    assert_int_equal(scf_signing_key_load(path, scf_suite_signature(suite), true, &log_key, &err),
                     SCF_OK);
    snprintf(path, sizeof path, "%s/other", dir);
    assert_int_equal(scf_signing_key_load(path, SCF_ED25519, true, &other_key, &err), SCF_OK);
    snprintf(path, sizeof path, "%s/key", dir);
    snprintf(certificate, sizeof certificate, "%s/pem", dir);
    assert_int_equal(
        scf_signer_load(path, certificate, true, "test", INT64_C(1795334400000000), &signer, &err),
        SCF_OK);
    grow(&tree);
    file = made(&tree, NULL, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[64];
    scf_signing_key_free(log_key);
    scf_signing_key_free(other_key);
    scf_signer_free(signer);
    scf_arena_free(arena);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

/* ---- checks ---- */

/* A bundle that is refused says why. */
static bool holds(struct scf_str bytes) {
    struct scf_buf report = empty();
    const struct scf_bundle_trust trust = {0};
    bool good = scf_bundle_verify(bytes, &trust, &report);
    assert_true(report.len > 0);
    assert_true(good == (strstr(report.data, "FAILED") == NULL));
    scf_buf_free(&report);
    return good;
}

static void test_it_holds(void **state) {
    (void)state;
    assert_true(scf_bundle_is(file));
    assert_true(holds(file));
    assert_false(scf_bundle_is((struct scf_str){file.p, 3}));
}

/* Every position, several bit patterns. */
static void test_every_byte_of_the_file_counts(void **state) {
    (void)state;
    static const unsigned char patterns[] = {0x01, 0x20, 0x80, 0xff};
    char *copy = scf_strndup(arena, file.p, file.n);
    for (size_t i = 0; i < file.n; i++)
        for (size_t k = 0; k < SCF_COUNT(patterns); k++) {
            copy[i] = (char)(file.p[i] ^ (char)patterns[k]);
            if (holds((struct scf_str){copy, file.n}))
                fail_msg("byte %zu, pattern %02x", i, patterns[k]);
            copy[i] = file.p[i];
        }
    assert_true(holds((struct scf_str){copy, file.n}));
}

/* As one would who means it: the container is written anew around the altered entry. */
static void test_every_entry_counts_in_a_sound_container(void **state) {
    (void)state;
    struct scf_zip_entry entries[SCF_BUNDLE_FILES_MAX];
    const char *problem;
    size_t n, at = 0;
    assert_true(scf_zip_read(file, entries, SCF_COUNT(entries), &n, &problem));
    for (size_t e = 0; e < n; e++) {
        struct scf_str kept = entries[e].bytes;
        char *copy = scf_strndup(arena, kept.p, kept.n);
        entries[e].bytes.p = copy;
        for (size_t i = e % 5; i < kept.n; i += 5, at++) {
            struct scf_buf out = empty();
            copy[i] = (char)(kept.p[i] ^ (1 << at % 8));
            scf_zip_write(entries, n, &out);
            if (holds((struct scf_str){out.data, out.len}))
                fail_msg("%.*s, byte %zu", (int)entries[e].name.n, entries[e].name.p, i);
            copy[i] = kept.p[i];
            scf_buf_free(&out);
        }
        entries[e].bytes = kept;
    }
}

static void test_truncated(void **state) {
    (void)state;
    for (size_t n = 0; n < file.n; n += 13)
        assert_false(holds((struct scf_str){file.p, n}));
}

static void test_another_key(void **state) {
    (void)state;
    struct scf_buf report = empty();
    struct scf_bundle_trust trust = {.vkey = SCF_STR("no key")};
    assert_false(scf_bundle_verify(file, &trust, &report));
    assert_non_null(strstr(report.data, "FAILED  the bundle names the verifier key"));
    scf_buf_free(&report);
}

/* ---- who signed what is anchored ---- */

/* The report on a bundle with an anchor that proves nothing: what was signed is looked at first. */
static const char *report_on(const char *installation, const struct scf_uuid *node,
                             const struct scf_signing_key *secret) {
    struct scf_buf origin = empty(), text = empty(), statement = empty(), report = empty();
    struct scf_public_key pub = scf_signing_key_public(secret);
    struct scf_vkey key = scf_vkey(SCF_STR("test.example/log/anchors"), &pub);
    struct scf_bundle_anchor a = {.name = "x", .kind = SCF_ANCHOR_RFC3161, .size = 1};
    struct scf_block block = block_of(&tree);
    scf_chain_origin(installation, node, &origin);
    block.origin = keep(&origin);
    scf_block_write(&block, &text);
    struct scf_vkey chain = scf_vkey(block.origin, &tree.key.pub);
    a.block_note = note_of(&text, &chain, log_key);
    struct scf_hash hash = scf_block_hash(&block, alg());
    const struct scf_anchor_statement s = {
        .origin = key.name, .size = 1, .root = scf_merkle_leaf(SCF_SHA256, hash.b, SCF_HASH_LEN)};
    scf_anchor_statement_write(&s, &statement);
    a.note = note_of(&statement, &key, secret);
    memcpy(a.leaf_path, tree.path, sizeof a.leaf_path);
    a.leaf_path_count = (size_t)tree.n;
    a.proof = SCF_STR("none");
    const struct scf_bundle_trust trust = {0};
    assert_false(scf_bundle_verify(made(&tree, &a, &key), &trust, &report));
    return keep(&report).p;
}

static void has(const char *report, const char *line) {
    if (strstr(report, line) == NULL)
        fail_msg("not in the report: %s\n%s", line, report);
}

static void test_the_key_of_the_anchors(void **state) {
    (void)state;
    const struct scf_uuid *node = &tree.record.chain_id;
    const char *report;
    if (suite == SCF_SUITE_SHA256_ED25519) {
        has(report_on("test.example/log", node, other_key),
            "FAILED  keys/anchors.vkey is the chain's key under another name\n");
        report = report_on("test.example/log", node, log_key);
        has(report, "ok      keys/anchors.vkey is the chain's key under another name\n");
    } else {
        report = report_on("test.example/log", node, other_key);
        has(report, "note    keys/anchors.vkey is the bundle's own");
        /* Statements are not signed with SM2. */
        has(report_on("test.example/log", node, log_key), "FAILED  anchor x: the statement is ");
    }
    has(report, "ok      anchor x: the block is signed by the chain's key\n"
                "ok      anchor x: the statement is signed by keys/anchors.vkey\n"
                "ok      anchor x: the leaf is in block 3\n"
                "ok      anchor x: the block is in the tree of tick 0\n"
                "FAILED  anchor x: the rfc3161 proof leads from the statement to nothing\n");
}

/* After a restore the chain goes on under another origin, and is anchored under that. */
static void test_another_origin_of_the_chain(void **state) {
    (void)state;
    const struct scf_signing_key *key = suite == SCF_SUITE_SHA256_ED25519 ? log_key : other_key;
    const struct scf_uuid stranger = scf_uuid_new();
    has(report_on("test.example/log/2", &tree.record.chain_id, key),
        "ok      anchor x: the leaf is in block 3\n");
    has(report_on("test.example/log", &stranger, key),
        "FAILED  anchor x: the block is signed by the chain's key\n");
}

/* The sides of RFC 9162 §2.1.3.2, folded as VERIFY.txt does it, against the tree's own root. */
static void test_sides_of_a_path(void **state) {
    (void)state;
    struct scf_hash leaves[33];
    for (int i = 0; i < 33; i++)
        leaves[i] = scf_sha256(&i, sizeof i);
    for (size_t size = 1; size <= 33; size++) {
        struct scf_hash root = scf_merkle_root(SCF_SHA256, leaves, size);
        for (size_t index = 0; index < size; index++) {
            struct scf_range ranges[SCF_PROOF_MAX];
            struct scf_hash path[SCF_PROOF_MAX], h = leaves[index];
            struct scf_buf text = empty();
            int n = scf_merkle_inclusion(index, size, ranges);
            for (int i = 0; i < n; i++)
                path[i] = scf_merkle_root(SCF_SHA256, leaves + ranges[i].begin,
                                          ranges[i].end - ranges[i].begin);
            assert_true(scf_path_lines(index, size, path, (size_t)n, &text));
            const char *line = text.data;
            for (int i = 0; i < n; i++) {
                bool left = strncmp(line, "left ", 5) == 0;
                h = left ? scf_merkle_node(SCF_SHA256, &path[i], &h)
                         : scf_merkle_node(SCF_SHA256, &h, &path[i]);
                line = strchr(line, '\n') + 1;
            }
            assert_true(scf_hash_eq(&h, &root));
            assert_true(n == 0 || !scf_path_lines(index, size, path, (size_t)n - 1, &text));
            assert_false(scf_path_lines(index, size, path, (size_t)n + 1, &text));
            assert_false(scf_path_lines(size, size, path, (size_t)n, &text));
            scf_buf_free(&text);
        }
    }
}

static void test_notes_that_are_none(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "text\n",
                                      "text\n\n",
                                      "text\n\n\xe2\x80\x94 name",
                                      "text\n\n\xe2\x80\x94 name AAAA\n",
                                      "text\n\n\xe2\x80\x94 name !!!!\n",
                                      "text\n\nAAAA\n"};
    struct scf_str text;
    uint8_t sig[SCF_NOTE_SIGNATURE_MAX];
    size_t n;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_note_split(scf_str(bad[i]), &text, sig, &n));
}

static void test_so_many_files(void **state) {
    (void)state;
    struct scf_bundle *b = scf_alloc(arena, 1, sizeof *b);
    assert_non_null(b);
    b->arena = arena;
    for (int i = 0; i < SCF_BUNDLE_FILES_MAX; i++)
        scf_bundle_add(b, "a.txt", SCF_STR("a"), "text/plain", "a", "a");
    assert_true(b->n == SCF_BUNDLE_FILES_MAX && !b->full && !b->failed);
    scf_bundle_add(b, "a.txt", SCF_STR("a"), "text/plain", "a", "a");
    assert_true(b->n == SCF_BUNDLE_FILES_MAX && b->full && b->failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_holds),
        cmocka_unit_test(test_so_many_files),
        cmocka_unit_test(test_every_byte_of_the_file_counts),
        cmocka_unit_test(test_every_entry_counts_in_a_sound_container),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_the_key_of_the_anchors),
        cmocka_unit_test(test_another_origin_of_the_chain),
        cmocka_unit_test(test_sides_of_a_path),
        cmocka_unit_test(test_notes_that_are_none),
    };
    int failed = 0;
    for (suite = 0; suite < SCF_SUITES; suite++)
        failed += cmocka_run_group_tests(tests, set_up, tear_down);
    return failed;
}
