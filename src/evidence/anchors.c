/* Anchors in a bundle: their files, and reading them back. Relies on the JSON writer and reader. */
#include "bundle.h"

#include "scfd/chain/note.h"
#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"

#define ANCHORS "proofs/anchors/"
#define KEY "keys/anchors.vkey"
#define FORMAT "scfd-anchor-path/v1"

enum { PATH_MAX_BYTES = 64 << 10, STEPS_MAX_BYTES = 256 << 10, NAME_BYTES = 40 };

/* ---- writing ---- */

static void write_hashes(struct scf_jsonw *w, const char *key, const struct scf_hash *hashes,
                         size_t n) {
    scf_jw_array(w, key);
    for (size_t i = 0; i < n; i++)
        scf_jw_base64(w, NULL, hashes[i].b, SCF_HASH_LEN);
    scf_jw_end_array(w);
}

/* path.json is what the other files of the anchor do not say; RFC 8785. */
static void write_path(const struct scf_bundle_anchor *a, struct scf_buf *out) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "format", FORMAT);
    scf_jw_i64(&w, "index", a->index);
    scf_jw_str(&w, "kind", scf_anchor_kind_names[a->kind]);
    write_hashes(&w, "leaf_path", a->leaf_path, a->leaf_path_count);
    write_hashes(&w, "path", a->path, a->path_count);
    scf_jw_i64(&w, "size", a->size);
    scf_jw_end_object(&w);
}

static const char *in(struct scf_bundle *b, const struct scf_bundle_anchor *a, const char *name) {
    return scf_asprintf(b->arena, ANCHORS "%s/%s", a->name, name);
}

/* The size of the anchored block's tree. */
static int64_t block_size(struct scf_str note) {
    struct scf_str text;
    struct scf_block block;
    return scf_note_text(note, &text) && scf_block_parse(text, &block) ? block.size : 0;
}

/* The way of an OpenTimestamps file in steps that a shell can go; none: only scfd and ots can. */
static void put_steps(struct scf_bundle *b, const struct scf_bundle_anchor *a,
                      const struct scf_anchor_adapter *adapter) {
    struct scf_buf steps;
    scf_buf_init(&steps, STEPS_MAX_BYTES);
    if (adapter->steps != NULL && adapter->steps(a->proof, &steps))
        scf_bundle_add_buf(b, in(b, a, "steps.txt"), &steps, "text/plain",
                           "Steps from the statement to the block that attests it",
                           "声明至公链区块的计算步骤");
    else
        scf_buf_free(&steps);
}

static void put_proof(struct scf_bundle *b, const struct scf_bundle_anchor *a) {
    const struct scf_anchor_adapter *adapter = scf_anchor_adapter_of(a->kind);
    if (adapter == NULL) {
        b->failed = true;
        return;
    }
    scf_bundle_add(b, scf_asprintf(b->arena, ANCHORS "%s/proof.%s", a->name, adapter->file_suffix),
                   a->proof, adapter->media_type, "What the anchor proves with", "锚定证明");
    put_steps(b, a, adapter);
    if (a->trust.n > 0)
        scf_bundle_add(b, in(b, a, "tsa-chain.pem"), a->trust, "application/x-pem-file",
                       "Certificates that it is verified with", "验证锚定证明所用证书");
}

void scf_bundle_put_anchor(struct scf_bundle *b, const struct scf_bundle_facts *f,
                           const struct scf_bundle_anchor *a) {
    struct scf_buf path;
    scf_buf_init(&path, PATH_MAX_BYTES);
    write_path(a, &path);
    scf_bundle_add_buf(b, in(b, a, "path.json"), &path, "application/json",
                       "Anchor: places and paths in the trees", "锚定：位置与路径");
    scf_bundle_put_note(b, in(b, a, "statement"), a->note, "Statement that was anchored",
                        "被锚定的声明");
    scf_bundle_put_note(b, in(b, a, "block"), a->block_note, "Header of the anchored block",
                        "被锚定的区块头");
    scf_bundle_put_path(b, in(b, a, "leaf-path.txt"), f->record.leaf_index,
                        block_size(a->block_note), a->leaf_path, a->leaf_path_count,
                        "Path from the leaf to the block's root", "叶子至区块根的路径");
    scf_bundle_put_path(b, in(b, a, "path.txt"), a->index, a->size, a->path, a->path_count,
                        "Path from the block to the statement's root", "区块至声明根的路径");
    put_proof(b, a);
}

void scf_bundle_put_anchor_key(struct scf_bundle *b, const struct scf_bundle_facts *f) {
    struct scf_vkey key;
    struct scf_buf pem;
    if (f->anchor_count == 0)
        return;
    if (!scf_vkey_parse(f->anchor_vkey, &key)) {
        b->failed = true;
        return;
    }
    scf_bundle_put_vkey(b, KEY, f->anchor_vkey, "Verifier key of the statements",
                        "锚定声明的验证公钥（C2SP）");
    char *text = scf_public_key_pem(&key.pub);
    scf_buf_init(&pem, PATH_MAX_BYTES);
    scf_buf_puts(&pem, text);
    free(text);
    scf_bundle_add_buf(b, "keys/anchors.pub.pem", &pem, "application/x-pem-file",
                       "The same key for openssl", "同一公钥（openssl 格式）");
}

void scf_bundle_to_be_trusted(enum scf_anchor_kind kind, const char **ret_en, const char **ret_zh) {
    static const char *const texts[SCF_ANCHOR_KINDS][2] = {
        [SCF_ANCHOR_RFC3161] = {"the authority and its certificates", "时间戳机构及其证书"},
        [SCF_ANCHOR_EVM] = {"that the chain has the block that proof.json names; any node says so",
                            "该链上存在 proof.json 所载区块（可向任一节点查询）"},
        [SCF_ANCHOR_OTS] = {"that the Bitcoin block of that height has that Merkle root; any node "
                            "says so, and when",
                            "比特币该高度区块具有该默克尔根及其时间（可向任一节点查询）"},
    };
    *ret_en = texts[kind][0];
    *ret_zh = texts[kind][1];
}

/* ---- reading ---- */

static bool read_hashes(const cJSON *array, struct scf_hash *ret, size_t *ret_n) {
    const cJSON *item;
    size_t n = 0, length;
    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(item, array) {
        if (n == SCF_PROOF_MAX || !cJSON_IsString(item) ||
            !scf_unbase64(scf_str(item->valuestring), ret[n].b, SCF_HASH_LEN, &length) ||
            length != SCF_HASH_LEN)
            return false;
        n++;
    }
    *ret_n = n;
    return true;
}

static bool read_kind(const char *name, enum scf_anchor_kind *ret) {
    int i = scf_name_index(scf_anchor_kind_names, name);
    if (i < 0)
        return false;
    *ret = (enum scf_anchor_kind)i;
    return scf_anchor_adapter_of(*ret) != NULL;
}

static bool read_path(struct scf_arena *arena, struct scf_str json, struct scf_bundle_anchor *a) {
    struct scf_error err;
    char *text = json.n <= PATH_MAX_BYTES ? scf_strndup(arena, json.p, json.n) : NULL;
    const cJSON *doc =
        text != NULL && strlen(text) == json.n ? scf_json_parse(arena, text, json.n, &err) : NULL;
    return doc != NULL && scf_str_is(scf_str(scf_json_string(doc, "format")), FORMAT) &&
           read_kind(scf_json_string(doc, "kind"), &a->kind) &&
           scf_json_i64(doc, "index", &a->index) && scf_json_i64(doc, "size", &a->size) &&
           a->index >= 0 && a->size > a->index &&
           read_hashes(scf_json_get(doc, "leaf_path"), a->leaf_path, &a->leaf_path_count) &&
           read_hashes(scf_json_get(doc, "path"), a->path, &a->path_count);
}

/* "proofs/anchors/<name>/path.json" into the name; NULL: another file. */
static const char *name_of(struct scf_arena *arena, struct scf_str path) {
    static const char tail[] = "/path.json";
    const size_t head_n = sizeof ANCHORS - 1, tail_n = sizeof tail - 1;
    if (!scf_str_starts(path, ANCHORS) || path.n <= head_n + tail_n ||
        memcmp(path.p + path.n - tail_n, tail, tail_n) != 0)
        return NULL;
    struct scf_str name = {path.p + head_n, path.n - head_n - tail_n};
    return name.n <= NAME_BYTES && memchr(name.p, '/', name.n) == NULL
               ? scf_strndup(arena, name.p, name.n)
               : NULL;
}

static struct scf_str bytes_of(struct scf_arena *arena, const struct scf_zip_entry *entries,
                               size_t n, const char *name, const char *file) {
    const char *path = scf_asprintf(arena, ANCHORS "%s/%s", name, file);
    const struct scf_zip_entry *e = path != NULL ? scf_bundle_find(entries, n, path) : NULL;
    return e != NULL ? e->bytes : (struct scf_str){0};
}

static bool read_one(struct scf_arena *arena, const struct scf_zip_entry *entries, size_t n,
                     struct scf_str json, struct scf_bundle_anchor *a) {
    if (!read_path(arena, json, a))
        return false;
    const char *proof =
        scf_asprintf(arena, "proof.%s", scf_anchor_adapter_of(a->kind)->file_suffix);
    a->note = bytes_of(arena, entries, n, a->name, "statement.note");
    a->block_note = bytes_of(arena, entries, n, a->name, "block.note");
    a->trust = bytes_of(arena, entries, n, a->name, "tsa-chain.pem");
    a->proof = bytes_of(arena, entries, n, a->name, proof != NULL ? proof : "");
    return a->proof.n > 0;
}

/* Without its LF. */
static struct scf_str read_key(const struct scf_zip_entry *entries, size_t n) {
    const struct scf_zip_entry *e = scf_bundle_find(entries, n, KEY);
    return e != NULL && e->bytes.n > 0 ? (struct scf_str){e->bytes.p, e->bytes.n - 1}
                                       : (struct scf_str){0};
}

bool scf_bundle_read_anchors(struct scf_arena *arena, const struct scf_zip_entry *entries, size_t n,
                             struct scf_bundle_facts *f) {
    f->anchor_count = 0;
    f->anchor_vkey = read_key(entries, n);
    for (size_t i = 0; i < n; i++) {
        const char *name = name_of(arena, entries[i].name);
        if (name == NULL)
            continue;
        if (f->anchor_count == SCF_BUNDLE_ANCHORS_MAX)
            return false;
        struct scf_bundle_anchor *a = &f->anchors[f->anchor_count++];
        *a = (struct scf_bundle_anchor){.name = name};
        if (!read_one(arena, entries, n, entries[i].bytes, a))
            return false;
    }
    return true;
}
