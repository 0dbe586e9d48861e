/* Putting a bundle together: which files there are, in which order.
 *
 * Names, order and titles are part of scfd-bundle/v1: whoever verifies one puts it together again.
 * Another word in them is another format, and bundles that people kept must go on verifying
 * (tests/kept). */
#include "bundle.h"

#include "scfd/chain/note.h"
#include "scfd/chain/tlog_proof.h"
#include "scfd/codec/json.h"

enum { FILE_MAX = 8 << 20 };

#define TEXT "text/plain"
#define BYTES "application/octet-stream"
#define PEM "application/x-pem-file"

/* ---- files ---- */

void scf_bundle_add(struct scf_bundle *b, const char *name, struct scf_str bytes,
                    const char *media_type, const char *en, const char *zh) {
    b->full |= b->n == SCF_COUNT(b->files);
    if (b->full || name == NULL || (bytes.p == NULL && bytes.n > 0)) {
        b->failed = true;
        return;
    }
    b->files[b->n++] = (struct scf_bundle_file){{scf_str(name), bytes}, media_type, en, zh};
}

void scf_bundle_add_buf(struct scf_bundle *b, const char *name, struct scf_buf *bytes,
                        const char *media_type, const char *en, const char *zh) {
    size_t n = bytes->len;
    char *copy = scf_strndup(b->arena, n > 0 ? bytes->data : "", n);
    b->failed |= bytes->overflow || copy == NULL;
    scf_buf_free(bytes);
    scf_bundle_add(b, name, (struct scf_str){copy, n}, media_type, en, zh);
}

const struct scf_zip_entry *scf_bundle_find(const struct scf_zip_entry *entries, size_t n,
                                            const char *name) {
    for (size_t i = 0; i < n; i++)
        if (scf_str_is(entries[i].name, name))
            return &entries[i];
    return NULL;
}

struct scf_str scf_bundle_bytes(const struct scf_bundle *b, const char *name) {
    for (size_t i = 0; i < b->n; i++)
        if (scf_str_is(b->files[i].entry.name, name))
            return b->files[i].entry.bytes;
    return (struct scf_str){0};
}

const struct scf_zip_entry *scf_bundle_largest(const struct scf_bundle *b) {
    const struct scf_bundle_file *largest = &b->files[0];
    for (size_t i = 1; i < b->n; i++)
        if (b->files[i].entry.bytes.n > largest->entry.bytes.n)
            largest = &b->files[i];
    return &largest->entry;
}

static void list_entries(const struct scf_bundle *b,
                         struct scf_zip_entry ret[SCF_BUNDLE_FILES_MAX]) {
    for (size_t i = 0; i < b->n; i++)
        ret[i] = b->files[i].entry;
}

size_t scf_bundle_size(const struct scf_bundle *b) {
    struct scf_zip_entry entries[SCF_BUNDLE_FILES_MAX];
    list_entries(b, entries);
    return scf_zip_size(entries, b->n);
}

void scf_bundle_write(const struct scf_bundle *b, struct scf_buf *out) {
    struct scf_zip_entry entries[SCF_BUNDLE_FILES_MAX];
    list_entries(b, entries);
    scf_zip_write(entries, b->n, out);
    out->overflow |= b->failed;
}

/* ---- facts ---- */

static struct scf_str string(const cJSON *object, const char *name) {
    return scf_str(scf_json_string(object, name));
}

static bool read_path(const cJSON *proof, struct scf_bundle_facts *f) {
    const cJSON *array = scf_json_get(proof, "inclusion_proof"), *item;
    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(item, array) {
        size_t n;
        if (f->path_count == SCF_PROOF_MAX || !cJSON_IsString(item) ||
            !scf_unbase64(scf_str(item->valuestring), f->path[f->path_count].b, SCF_HASH_LEN, &n) ||
            n != SCF_HASH_LEN)
            return false;
        f->path_count++;
    }
    return true;
}

static bool read_block(const cJSON *proof, struct scf_bundle_facts *f) {
    struct scf_str text;
    f->block_note = string(scf_json_get(proof, "block"), "note");
    return scf_note_text(f->block_note, &text) && scf_block_parse(text, &f->block);
}

bool scf_bundle_facts_read(struct scf_arena *arena, struct scf_bundle_facts *f) {
    struct scf_error err;
    int64_t index;
    char *text = scf_strndup(arena, f->proof_json.p, f->proof_json.n);
    const cJSON *proof = text != NULL && strlen(text) == f->proof_json.n
                             ? scf_json_parse(arena, text, f->proof_json.n, &err)
                             : NULL;
    if (proof == NULL)
        return false;
    f->leaf_text = string(proof, "leaf_text");
    f->checkpoint = string(proof, "checkpoint");
    f->vkey = string(proof, "vkey");
    f->public_pem = string(proof, "public_key_pem");
    f->path_count = 0;
    if (!scf_leaf_parse(f->leaf_text, &f->record) || !scf_json_i64(proof, "index", &index) ||
        index < 0 || !read_path(proof, f) || !read_block(proof, f))
        return false;
    f->record.leaf_index = index;
    f->alg = scf_suite_hash(f->record.suite);
    return true;
}

/* ---- content ---- */

void scf_bundle_put_note(struct scf_bundle *b, const char *stem, struct scf_str note,
                         const char *en, const char *zh) {
    struct scf_str text;
    uint8_t sig[SCF_NOTE_SIGNATURE_MAX];
    size_t n;
    if (!scf_note_split(note, &text, sig, &n)) {
        b->failed = true;
        return;
    }
    struct scf_str bytes = {scf_strndup(b->arena, (const char *)sig, n), n};
    scf_bundle_add(b, scf_asprintf(b->arena, "%s.note", stem), note, TEXT,
                   scf_asprintf(b->arena, "%s, signed (C2SP signed note)", en),
                   scf_asprintf(b->arena, "%s（已签名，C2SP signed note）", zh));
    scf_bundle_add(b, scf_asprintf(b->arena, "%s.txt", stem), text, TEXT, en, zh);
    scf_bundle_add(b, scf_asprintf(b->arena, "%s.sig", stem), bytes, BYTES,
                   scf_asprintf(b->arena, "%s: signature", en),
                   scf_asprintf(b->arena, "%s：签名", zh));
}

void scf_bundle_put_path(struct scf_bundle *b, const char *name, int64_t index, int64_t size,
                         const struct scf_hash *path, size_t n, const char *en, const char *zh) {
    struct scf_buf lines;
    scf_buf_init(&lines, FILE_MAX);
    b->failed |= !scf_path_lines((uint64_t)index, (uint64_t)size, path, n, &lines);
    scf_bundle_add_buf(b, name, &lines, TEXT, en, zh);
}

void scf_bundle_put_vkey(struct scf_bundle *b, const char *name, struct scf_str vkey,
                         const char *en, const char *zh) {
    struct scf_buf line;
    scf_buf_init(&line, FILE_MAX);
    scf_buf_put(&line, vkey.p, vkey.n);
    scf_buf_putc(&line, '\n');
    scf_bundle_add_buf(b, name, &line, TEXT, en, zh);
}

static void put_record(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    scf_bundle_add(b, "evidence/body.json", f->body, "application/json",
                   "The record, byte for byte as received", "记录原文（与接收时逐字节一致）");
    scf_bundle_add(b, "evidence/leaf.txt", f->leaf_text, TEXT,
                   "Leaf: what the chain holds of the record", "叶子文本：链上所载记录要素");
}

static void put_tlog_proof(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    struct scf_buf text;
    bool cosigned = f->witness_keys.n > 0;
    struct scf_tlog_proof proof = {
        .extra = f->leaf_text,
        .index = f->record.leaf_index,
        .n = (int)(cosigned ? f->cosigned_path_count : f->path_count),
        .checkpoint = cosigned ? f->cosigned_note : f->checkpoint,
    };
    memcpy(proof.path, cosigned ? f->cosigned_path : f->path, sizeof proof.path);
    scf_buf_init(&text, FILE_MAX);
    scf_tlog_proof_write(&proof, &text);
    scf_bundle_add_buf(b, "proofs/record.tlog-proof", &text, TEXT,
                       "The proof for tools of transparency logs (C2SP tlog-proof)",
                       "透明日志工具可读的证明（C2SP tlog-proof）");
}

static void put_proofs(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    scf_bundle_add(b, "proofs/proof.json", f->proof_json, "application/json",
                   "The proof that the record is in its chain", "记录在链证明");
    put_tlog_proof(b, f);
    scf_bundle_put_path(b, "proofs/path.txt", f->record.leaf_index, f->block.size, f->path,
                        f->path_count, "Path from the leaf to the tree's root",
                        "叶子至默克尔根的路径");
    scf_bundle_put_note(b, "proofs/checkpoint", f->checkpoint, "The tree's size and root",
                        "默克尔树的大小与根");
    scf_bundle_put_note(b, "proofs/block", f->block_note, "Header of the block", "区块头");
}

static void put_keys(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    scf_bundle_put_vkey(b, "keys/log.vkey", f->vkey, "Verifier key of the chain",
                        "链的验证公钥（C2SP）");
    scf_bundle_add(b, "keys/log.pub.pem", f->public_pem, PEM, "The same key for openssl",
                   "同一公钥（openssl 格式）");
    scf_bundle_put_anchor_key(b, f);
    scf_bundle_add(b, "keys/signer-chain.pem", f->chain_pem, PEM,
                   "Certificates of who signed this bundle", "证据包签署者证书链");
}

/* The index covers what is before it, the sums cover the index too. */
static void put_lists(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    struct scf_buf index, sha256, sm3;
    scf_buf_init(&index, FILE_MAX);
    scf_buf_init(&sha256, FILE_MAX);
    scf_buf_init(&sm3, FILE_MAX);
    scf_bundle_index(b, f, &index);
    scf_bundle_add_buf(b, "index.json", &index, "application/json", "Index of the files",
                       "文件目录");
    scf_bundle_sums(b, SCF_SHA256, &sha256);
    scf_bundle_sums(b, SCF_SM3, &sm3);
    scf_bundle_add_buf(b, "SHA256SUMS", &sha256, TEXT, "SHA-256 of the files", "SHA-256 摘要");
    scf_bundle_add_buf(b, "SM3SUMS", &sm3, TEXT, "SM3 of the files", "SM3 摘要");
}

void scf_bundle_put_content(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    struct scf_buf manifest;
    scf_bundle_add(b, "mimetype", SCF_STR(SCF_BUNDLE_TYPE), TEXT, "What this file is", "文件类型");
    scf_bundle_add(b, "00-README.txt", f->readme, "text/plain; charset=utf-8",
                   "What this bundle is", "证据包说明");
    scf_bundle_add(b, "VERIFY.txt", f->instructions, "text/plain; charset=utf-8",
                   "How to check this bundle", "验证说明");
    put_record(b, f);
    put_proofs(b, f);
    scf_bundle_put_cosigned(b, f);
    for (size_t i = 0; i < f->anchor_count; i++)
        scf_bundle_put_anchor(b, f, &f->anchors[i]);
    put_keys(b, f);
    put_lists(b, f);
    scf_buf_init(&manifest, FILE_MAX);
    scf_bundle_manifest(b, 0, SCF_SIGNATURE_1, "application/pkcs7-signature", &manifest);
    scf_bundle_add_buf(b, SCF_MANIFEST_1, &manifest, "text/xml", "", "");
}

/* ---- signature and time stamp ---- */

void scf_bundle_put_signature(struct scf_bundle *b, struct scf_str der) {
    scf_bundle_add(b, SCF_SIGNATURE_1, der, "application/pkcs7-signature", "", "");
}

void scf_bundle_put_manifest_2(struct scf_bundle *b) {
    struct scf_buf manifest;
    SCF_ASSERT(b->n >= 2);
    scf_buf_init(&manifest, FILE_MAX);
    scf_bundle_manifest(b, b->n - 2, SCF_TIMESTAMP_2, "application/vnd.etsi.timestamp-token",
                        &manifest);
    scf_bundle_add_buf(b, SCF_MANIFEST_2, &manifest, "text/xml", "", "");
}

void scf_bundle_put_timestamp(struct scf_bundle *b, struct scf_str token, struct scf_str ca_pem) {
    scf_bundle_add(b, SCF_TIMESTAMP_2, token, "application/vnd.etsi.timestamp-token", "", "");
    scf_bundle_add(b, SCF_TIMESTAMP_2_ROOTS, ca_pem, PEM, "", "");
}
