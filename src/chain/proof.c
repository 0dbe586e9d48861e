/* Writing proof documents. Relies on the JSON writer. */
#include "proof.h"

#include "scfd/chain/tlog_proof.h"
#include "scfd/codec/jsonw.h"

enum { LEAF_TEXT_MAX = 4096 };

static void write_record(struct scf_jsonw *w, const struct scf_record *r, bool erased) {
    scf_jw_object(w, "record");
    scf_jw_id(w, "id", scf_record_kind_prefix(r->kind), &r->id);
    scf_jw_str(w, "kind", scf_record_kind_name(r->kind));
    scf_jw_id(w, "node", "node", &r->chain_id);
    scf_jw_strn(w, "external_id", r->external_id.p, r->external_id.n);
    scf_jw_time(w, "received_at", r->received_us);
    if (erased) {
        scf_jw_bool(w, "erased", true);
    } else {
        scf_jw_hex(w, "body_sha256", r->body_sha256.b, SCF_HASH_LEN);
        scf_jw_hex(w, "salt", r->salt, SCF_SALT_LEN);
    }
    scf_jw_end_object(w);
}

static void write_leaf(struct scf_jsonw *w, const struct scf_record *r, bool erased) {
    if (erased) {
        scf_jw_null(w, "leaf_text");
    } else {
        struct scf_buf text;
        scf_buf_init(&text, LEAF_TEXT_MAX);
        scf_leaf_text(r, &text);
        scf_jw_strn(w, "leaf_text", text.data, text.len);
        w->out->overflow |= text.overflow;
        scf_buf_free(&text);
    }
    scf_jw_hex(w, "leaf_hash", r->leaf_hash.b, SCF_HASH_LEN);
}

static void write_key(struct scf_jsonw *w, const struct scf_vkey *key) {
    struct scf_buf text;
    scf_buf_init(&text, LEAF_TEXT_MAX);
    scf_vkey_write(key, &text);
    scf_jw_strn(w, "vkey", text.data, text.len);
    scf_buf_free(&text);
    char *pem = scf_ed25519_public_pem(key->pub);
    scf_jw_str(w, "public_key_pem", pem);
    free(pem);
}

void scf_proof_write(const struct scf_record *record, const struct scf_proof_block *block,
                     const struct scf_hash *path, int n, const struct scf_vkey *key,
                     struct scf_buf *out) {
    bool erased = record->body.p == NULL;
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "format", SCF_PROOF_FORMAT);
    write_record(&w, record, erased);
    write_leaf(&w, record, erased);
    scf_jw_strn(&w, "origin", key->name.p, key->name.n);
    scf_jw_i64(&w, "index", record->leaf_index);
    scf_jw_i64(&w, "tree_size", block->size);
    scf_jw_array(&w, "inclusion_proof");
    for (int i = 0; i < n; i++)
        scf_jw_base64(&w, NULL, path[i].b, SCF_HASH_LEN);
    scf_jw_end_array(&w);
    scf_jw_strn(&w, "checkpoint", block->checkpoint_note.p, block->checkpoint_note.n);
    scf_jw_object(&w, "block");
    scf_jw_i64(&w, "height", block->height);
    scf_jw_hex(&w, "hash", block->hash.b, SCF_HASH_LEN);
    scf_jw_strn(&w, "note", block->block_note.p, block->block_note.n);
    scf_jw_end_object(&w);
    write_key(&w, key);
    scf_jw_end_object(&w);
}

bool scf_proof_write_text(const struct scf_record *record, const struct scf_proof_block *block,
                          const struct scf_hash *path, int n, struct scf_buf *out) {
    struct scf_buf leaf;
    struct scf_tlog_proof proof = {
        .index = record->leaf_index, .n = n, .checkpoint = block->checkpoint_note};
    memcpy(proof.path, path, (size_t)n * sizeof *path);
    scf_buf_init(&leaf, LEAF_TEXT_MAX);
    if (record->body.p != NULL)
        scf_leaf_text(record, &leaf);
    proof.extra = (struct scf_str){leaf.data, leaf.len};
    scf_tlog_proof_write(&proof, out);
    bool whole = !leaf.overflow && !out->overflow;
    scf_buf_free(&leaf);
    return whole;
}
