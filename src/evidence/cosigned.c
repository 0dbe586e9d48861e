/* The cosigned checkpoint in a bundle: its files, and reading it back. It may be of a larger tree
 * than the record's block; record.tlog-proof then leads to it. Relies on witness/cosignature. */
#include "bundle.h"

#include "scfd/chain/tlog_proof.h"
#include "scfd/witness/cosignature.h"

#define COSIGNED "proofs/cosigned/"
#define KEYS "proofs/witness-keys.txt"

enum { MESSAGE_MAX = 128 << 10 };

/* ---- lines ---- */

/* Cuts the first line off; false: there is none, or it has no LF. */
static bool take_line(struct scf_str *rest, struct scf_str *ret) {
    const char *lf = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (lf == NULL)
        return false;
    *ret = (struct scf_str){rest->p, (size_t)(lf - rest->p)};
    rest->n -= ret->n + 1;
    rest->p = lf + 1;
    return true;
}

bool scf_bundle_cosignature(const struct scf_bundle_facts *f, struct scf_str vkey,
                            struct scf_cosigner *ret_key, struct scf_str *ret_line,
                            int64_t *ret_time_s) {
    struct scf_str text;
    if (!scf_note_text(f->cosigned_note, &text) || !scf_cosigner_parse(vkey, ret_key))
        return false;
    struct scf_str lines = {text.p + text.n + 1, f->cosigned_note.n - text.n - 1};
    return scf_cosignature_find(lines, text, ret_key, ret_line, ret_time_s);
}

/* ---- writing ---- */

/* "name base64(id ‖ time ‖ signature)": what a witness signed, for openssl. */
static void put_signature(struct scf_bundle *b, const char *stem, struct scf_str line) {
    enum { SKIPPED = SCF_COSIGNER_KEY_ID + 8, RAW = SKIPPED + SCF_ED25519_SIGNATURE_LEN };
    uint8_t raw[RAW];
    size_t n;
    const char *blank = memrchr(line.p, ' ', line.n);
    struct scf_buf sig;
    scf_buf_init(&sig, RAW);
    /* The line ends in LF. */
    if (blank == NULL ||
        !scf_unbase64((struct scf_str){blank + 1, line.n - (size_t)(blank - line.p) - 2}, raw, RAW,
                      &n) ||
        n != RAW)
        b->failed = true;
    else
        scf_buf_put(&sig, raw + SKIPPED, RAW - SKIPPED);
    scf_bundle_add_buf(b, scf_asprintf(b->arena, "%s.sig", stem), &sig, "application/octet-stream",
                       "Cosignature of a witness: Ed25519 signature", "见证者联署：Ed25519 签名");
}

static void put_cosignature(struct scf_bundle *b, const struct scf_bundle_facts *f, int number,
                            struct scf_str vkey) {
    struct scf_cosigner key;
    struct scf_str line, text;
    int64_t time_s;
    const char *stem = scf_asprintf(b->arena, COSIGNED "%02d", number);
    if (stem == NULL || !scf_bundle_cosignature(f, vkey, &key, &line, &time_s) ||
        !scf_note_text(f->cosigned_note, &text)) {
        b->failed = true;
        return;
    }
    struct scf_buf message, pem;
    scf_buf_init(&message, MESSAGE_MAX);
    scf_buf_init(&pem, MESSAGE_MAX);
    scf_buf_printf(&message, "cosignature/v1\ntime %" PRId64 "\n", time_s);
    scf_buf_put(&message, text.p, text.n);
    struct scf_public_key pub;
    bool read = scf_public_key_read(SCF_ED25519, key.pub, sizeof key.pub, &pub);
    SCF_ASSERT(read); /* it has as many bytes as the algorithm */
    char *key_pem = scf_public_key_pem(&pub);
    scf_buf_puts(&pem, key_pem);
    free(key_pem);
    scf_bundle_add_buf(b, scf_asprintf(b->arena, "%s.txt", stem), &message, "text/plain",
                       "What a witness cosigned", "见证者联署内容");
    put_signature(b, stem, line);
    scf_bundle_add_buf(b, scf_asprintf(b->arena, "%s.pub.pem", stem), &pem,
                       "application/x-pem-file", "Key of that witness", "该见证者公钥");
}

void scf_bundle_put_cosigned(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    struct scf_str rest = f->witness_keys, vkey;
    struct scf_checkpoint point = {0};
    struct scf_str text;
    if (f->witness_keys.n == 0)
        return;
    if (!scf_note_text(f->cosigned_note, &text) || !scf_checkpoint_parse(text, &point))
        b->failed = true;
    scf_bundle_add(b, KEYS, f->witness_keys, "text/plain", "Verifier keys of the witnesses",
                   "见证者公钥（C2SP）");
    scf_bundle_put_note(b, COSIGNED "checkpoint", f->cosigned_note, "The tree that was cosigned",
                        "经见证者联署的默克尔树");
    scf_bundle_put_path(b, COSIGNED "path.txt", f->record.leaf_index, point.size, f->cosigned_path,
                        f->cosigned_path_count, "Path from the leaf to that tree's root",
                        "叶子至该树根的路径");
    for (int number = 1; take_line(&rest, &vkey); number++)
        put_cosignature(b, f, number, vkey);
    b->failed |= rest.n > 0;
}

/* ---- reading ---- */

bool scf_bundle_read_cosigned(struct scf_arena *arena, const struct scf_zip_entry *entries,
                              size_t n, struct scf_bundle_facts *f) {
    const struct scf_zip_entry *keys = scf_bundle_find(entries, n, KEYS),
                               *tlog = scf_bundle_find(entries, n, "proofs/record.tlog-proof");
    struct scf_tlog_proof *proof = scf_alloc(arena, 1, sizeof *proof);
    if (keys == NULL)
        return true;
    if (proof == NULL || tlog == NULL || !scf_tlog_proof_parse(tlog->bytes, arena, proof))
        return false;
    f->witness_keys = keys->bytes;
    f->cosigned_note = proof->checkpoint;
    f->cosigned_path_count = (size_t)proof->n;
    memcpy(f->cosigned_path, proof->path, sizeof f->cosigned_path);
    return f->witness_keys.n > 0;
}

bool scf_bundle_next_witness(struct scf_str *rest, struct scf_str *ret_vkey) {
    return take_line(rest, ret_vkey);
}
