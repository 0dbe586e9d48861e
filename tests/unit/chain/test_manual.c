/* Runs the commands of docs/evidence.md, as they stand there, on proofs made by the real code, and
 * shows that they notice alterations. */
#include "../codec/vectors.h"
#include "scfd/chain/block.h"
#include "keys.h"
#include "proof.h"
#include "trees.h"

enum { LEAVES = 11, TARGET = 6 };
static const char BODY[] = "{\"external_id\":\"INV-\xe5\x8f\x91\xe7\xa5\xa8\",\"amount\":\"1.00\"}";
static const char ORIGIN[] = "scfd.example/node_00041061050r3gg28a1c60t3gf";

static char directory[] = "/tmp/scfd-test-manual-XXXXXX";
static char vkey[256];
static enum scf_suite suite;

static void write_file(const char *name, const void *bytes, size_t n) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* The indented or plain ```sh blocks below a heading of the manual, one behind the other. */
static void write_script(const char *heading) {
    size_t n = 0;
    char *text = vector_read("docs/evidence.md", &n);
    if (text == NULL)
        fail_msg("docs/evidence.md is not there; run this test in the project's directory");
    struct scf_buf script;
    scf_buf_init(&script, 1 << 16);
    scf_buf_puts(&script, "set -eu\n");
    bool below = false, inside = false;
    int blocks = 0;
    for (char *line = text, *next; *line != '\0'; line = next) {
        next = strchr(line, '\n') + 1;
        char *start = line + strspn(line, " ");
        size_t indent = (size_t)(start - line) < 3 ? (size_t)(start - line) : 3;
        if (strncmp(line, "## ", 3) == 0)
            below = strncmp(line, heading, strlen(heading)) == 0;
        if (strncmp(start, "```", 3) == 0) {
            inside = below && strncmp(start, "```sh", 5) == 0;
            blocks += inside;
        } else if (inside) {
            scf_buf_put(&script, line + indent, (size_t)(next - line) - indent);
        }
    }
    assert_int_equal(blocks, 6);
    assert_false(script.overflow);
    write_file("check.sh", script.data, script.len);
    scf_buf_free(&script);
    free(text);
}

static struct scf_record record(int i) {
    struct scf_record r = {.kind = SCF_REC_INVOICE,
                           .external_id = SCF_STR("INV-\xe5\x8f\x91\xe7\xa5\xa8"),
                           .received_us = INT64_C(1795334400123456) + i,
                           .suite = suite,
                           .leaf_index = i,
                           .body = {BODY, sizeof BODY - 1}};
    for (int j = 0; j < 16; j++) {
        r.chain_id.b[j] = (uint8_t)j;
        r.id.b[j] = (uint8_t)(i + j);
    }
    scf_record_prepare(&r);
    return r;
}

static struct scf_str note(struct scf_buf *out, const struct scf_buf *text,
                           const struct scf_vkey *key, const struct scf_signing_key *secret) {
    scf_note_write((struct scf_str){text->data, text->len}, key, secret, out);
    return (struct scf_str){out->data, out->len};
}

/* The proof of leaf TARGET of a tree of eleven. */
static void write_proof(void) {
    static const uint8_t seed[32] = {42};
    struct scf_signing_key *secret =
        suite == SCF_SUITE_SM3_SM2 ? fresh_sm2_key() : key_of_seed(seed);
    struct scf_public_key pub = scf_signing_key_public(secret);
    struct scf_vkey key = scf_vkey(SCF_STR(ORIGIN), &pub);
    struct scf_hash leaves[LEAVES], path[SCF_PROOF_MAX];
    struct scf_record target = record(TARGET);
    for (int i = 0; i < LEAVES; i++)
        leaves[i] = i == TARGET ? target.leaf_hash : record(i).leaf_hash;
    struct scf_block block = {.origin = SCF_STR(ORIGIN),
                              .height = 3,
                              .size = LEAVES,
                              .root = tree_mth(leaves, LEAVES),
                              .prev = {{5}},
                              .time_us = INT64_C(1795334401000000)};
    struct scf_checkpoint point = {block.origin, block.size, block.root};
    struct scf_buf b[6];
    for (size_t i = 0; i < SCF_COUNT(b); i++)
        scf_buf_init(&b[i], 1 << 16);
    scf_block_write(&block, &b[0]);
    scf_checkpoint_write(&point, &b[1]);
    struct scf_proof_block proven = {.suite = suite,
                                     .height = 3,
                                     .size = LEAVES,
                                     .root = block.root,
                                     .hash = scf_block_hash(&block, scf_suite_hash(suite)),
                                     .block_note = note(&b[2], &b[0], &key, secret),
                                     .checkpoint_note = note(&b[3], &b[1], &key, secret)};
    int n = (int)tree_path(TARGET, leaves, LEAVES, path);
    scf_proof_write(&target, &proven, path, n, &key, &b[4]);
    scf_vkey_write(&key, &b[5]);
    write_file("proof.json", b[4].data, b[4].len);
    write_file("body.json", BODY, sizeof BODY - 1);
    snprintf(vkey, sizeof vkey, "%s", b[5].data);
    for (size_t i = 0; i < SCF_COUNT(b); i++)
        scf_buf_free(&b[i]);
    scf_signing_key_free(secret);
}

static int run(const char *key) {
    char command[1024];
    snprintf(command, sizeof command, "cd %s && VKEY='%s' sh check.sh >out.txt 2>&1", directory,
             key);
    return system(command);
}

static void jq(const char *filter) {
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && jq '%s' proof.json >new.json && mv new.json proof.json", directory, filter);
    assert_int_equal(system(command), 0);
}

static void need_tools(void) {
    if (system("command -v jq python3 openssl sha256sum >/dev/null 2>&1") != 0) {
        print_message("skipped: jq, python3, openssl or sha256sum is missing\n");
        skip();
    }
}

static void the_manual_holds(void **state) {
    (void)state;
    need_tools();
    write_proof();
    if (run(vkey) != 0) {
        char show[128];
        snprintf(show, sizeof show, "cat %s/out.txt >&2", directory);
        fail_msg("the commands of docs/evidence.md failed (%d)", system(show));
    }
}

static void the_manual_notices(void **state) {
    (void)state;
    need_tools();
    static const char *const changes[] = {
        ".record.external_id = \"other\"",
        ".record.received_at |= sub(\"2026\"; \"2025\")",
        ".leaf_text |= sub(\"invoice\"; \"contract\")",
        ".leaf_hash |= sub(\"^..\"; \"00\")",
        ".index += 1",
        ".tree_size += 1",
        ".inclusion_proof |= .[1:]",
        ".inclusion_proof |= reverse",
        ".checkpoint |= sub(\"\\n11\\n\"; \"\\n12\\n\")",
        ".block.note |= sub(\"height 3\"; \"height 4\")",
        ".block.hash |= sub(\"^..\"; \"00\")",
        ".block.note = .checkpoint",
        ".origin += \"x\"",
    };
    for (size_t i = 0; i < SCF_COUNT(changes); i++) {
        write_proof();
        jq(changes[i]);
        if (run(vkey) == 0)
            fail_msg("not noticed: %s", changes[i]);
    }
    write_proof();
    write_file("body.json", "{}", 2);
    assert_int_not_equal(run(vkey), 0);
    write_proof();
    char other[sizeof vkey];
    memcpy(other, vkey, sizeof other);
    char *last = other + strlen(other) - 8; /* before any padding */
    *last = *last == 'A' ? 'B' : 'A';
    assert_int_not_equal(run(other), 0);
}

static int begin(void **state) {
    (void)state;
    assert_non_null(mkdtemp(directory));
    suite = SCF_SUITE_SHA256_ED25519;
    write_script("## Without scfd\n");
    return 0;
}

static int begin_sm3(void **state) {
    (void)state;
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(directory));
    suite = SCF_SUITE_SM3_SM2;
    tree_alg = SCF_SM3;
    write_script("## Without scfd: SM3 and SM2\n");
    return 0;
}

static int end(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_holds),
        cmocka_unit_test(the_manual_notices),
    };
    scf_digest_init();
    int failed = cmocka_run_group_tests_name("sha256-ed25519", tests, begin, end);
    return failed + cmocka_run_group_tests_name("sm3-sm2", tests, begin_sm3, end);
}
