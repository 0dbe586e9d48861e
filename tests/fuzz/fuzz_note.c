/* Notes, checkpoints, verifier keys, proof texts, leaf texts and block headers on any bytes: what
 * is read is written again as it was, and nothing that nobody signed passes. */
#include "scfd/chain/block.h"
#include "scfd/chain/record.h"
#include "scfd/chain/tlog_proof.h"

enum { TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    scf_digest_init();
    return 0;
}

static struct scf_buf written;

static void check_same(struct scf_str text) {
    SCF_ASSERT(scf_str_eq(text, (struct scf_str){written.data, written.len}));
    scf_buf_clear(&written);
}

static bool within(struct scf_str part, struct scf_str whole) {
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_note(struct scf_str text, const struct scf_vkey *key) {
    static struct scf_note note;
    struct scf_checkpoint point;
    enum scf_note_verdict verdict = scf_note_open(text, key, 1, &note);
    /* A key that was made up here has signed nothing. */
    SCF_ASSERT(verdict != SCF_NOTE_OK);
    (void)scf_note_verdict_text(verdict);
    if (scf_note_names_key(text, key))
        SCF_ASSERT(verdict != SCF_NOTE_UNVERIFIED);
    if (scf_checkpoint_parse(text, &point)) {
        SCF_ASSERT(point.size >= 0 && within(point.origin, text));
        scf_checkpoint_write(&point, &written);
        SCF_ASSERT(written.len <= text.n && memcmp(written.data, text.p, written.len) == 0);
        scf_buf_clear(&written);
    }
}

static void check_proof(struct scf_str text, const struct scf_vkey *key, struct scf_arena *arena) {
    struct scf_tlog_proof proof;
    struct scf_hash leaf = scf_merkle_leaf(SCF_SHA256, text.p, text.n);
    struct scf_buf vkey;
    if (!scf_tlog_proof_parse(text, arena, &proof))
        return;
    SCF_ASSERT(within(proof.checkpoint, text) && proof.n <= SCF_PROOF_MAX && proof.index >= 0);
    scf_tlog_proof_write(&proof, &written);
    check_same(text);
    SCF_ASSERT(scf_tlog_proof_verify(&proof, key, &leaf, NULL) == SCF_TLOG_UNSIGNED);
    scf_buf_init(&vkey, TEXT_MAX);
    scf_vkey_write(key, &vkey);
    SCF_ASSERT(
        !scf_verify_tlog_proof(text, (struct scf_str){vkey.data, vkey.len}, NULL, &text, &written));
    scf_buf_clear(&written);
    scf_buf_free(&vkey);
}

static void check_texts(struct scf_str text) {
    struct scf_record record;
    struct scf_block block;
    struct scf_vkey key;
    if (scf_leaf_parse(text, &record)) {
        scf_leaf_text(&record, &written);
        check_same(text);
    }
    if (scf_block_parse(text, &block)) {
        scf_block_write(&block, &written);
        check_same(text);
    }
    if (scf_vkey_parse(text, &key))
        SCF_ASSERT(scf_note_name_valid(key.name) && within(key.name, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t bytes[] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5,
                                    0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
                                    0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a,
                                    0x68, 0xf7, 0x07, 0x51, 0x1a}; /* RFC 8032, 7.1, test 1; it
                                                                      signs an empty text only,
                                                                      which is no note */
    struct scf_public_key pub;
    SCF_ASSERT(scf_public_key_read(SCF_ED25519, bytes, sizeof bytes, &pub));
    struct scf_vkey key = scf_vkey(SCF_STR("scfd.example/node_00041061050r3gg28a1c60t3gf"), &pub);
    struct scf_str text = {(const char *)data, size};
    struct scf_arena *arena = scf_arena_new(1 << 20);
    if (written.max == 0)
        scf_buf_init(&written, TEXT_MAX);
    check_note(text, &key);
    check_proof(text, &key, arena);
    check_texts(text);
    scf_arena_free(arena);
    return 0;
}
