/* Checking a proof document with nothing but a verifier key. Relies on codec and the pure parts of
 * this room; reads no file, no network, no database.
 *
 * Every check is reported, also after one has failed, as long as what it needs is there. Nothing in
 * the document is believed because the document says so: the key comes from the caller. */
#include "scfd/chain/block.h"
#include "proof.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"
#include "scfd/codec/json.h"

enum { DOCUMENT_MAX = 1 << 20, ARENA_MAX = 16 << 20 };

struct check {
    struct scf_arena *arena;
    struct scf_buf *report;
    const cJSON *doc;
    bool good;
    bool erased;
    struct scf_record record; /* as the document tells it; leaf_hash as told */
    struct scf_vkey key;
    struct scf_checkpoint checkpoint;
    bool has_checkpoint;
};

static bool SCF_PRINTF(3, 4) step(struct check *c, bool ok, const char *format, ...) {
    va_list args;
    char line[512];
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    scf_buf_puts(c->report, ok ? "ok      " : "FAILED  ");
    scf_buf_puts(c->report, line);
    scf_buf_putc(c->report, '\n');
    c->good &= ok;
    return ok;
}

/* ---- reading the document ---- */

static struct scf_str string(const cJSON *object, const char *name) {
    return scf_str(scf_json_string(object, name)); /* absent: empty, which nothing below accepts */
}

static bool read_kind(struct scf_str name, struct scf_str id, struct scf_record *r) {
    char prefix[16];
    return scf_id_parse_any(id, prefix, &r->id) && scf_record_kind_of_prefix(prefix, &r->kind) &&
           scf_str_is(name, scf_record_kind_name(r->kind));
}

/* What is not told is the suite from before there was a choice. */
static bool read_suite(const cJSON *doc, enum scf_suite *ret) {
    *ret = SCF_SUITE_SHA256_ED25519;
    return scf_json_get(doc, "suite") == NULL ||
           scf_suite_parse(scf_json_string(doc, "suite"), ret);
}

static bool read_digest(const cJSON *object, struct scf_record *r) {
    return r->suite == SCF_SUITE_SM3_SM2
               ? scf_unhex(string(object, "body_sm3"), r->body_sm3.b, SCF_HASH_LEN)
               : scf_unhex(string(object, "body_sha256"), r->body_sha256.b, SCF_HASH_LEN);
}

static bool read_record(struct check *c) {
    const cJSON *object = scf_json_get(c->doc, "record");
    struct scf_record *r = &c->record;
    r->external_id = string(object, "external_id");
    c->erased = scf_json_bool(object, "erased", false);
    return read_suite(c->doc, &r->suite) &&
           read_kind(string(object, "kind"), string(object, "id"), r) &&
           scf_id_parse("node", string(object, "node"), &r->chain_id) &&
           scf_time_parse(string(object, "received_at"), &r->received_us) &&
           scf_json_i64(c->doc, "index", &r->leaf_index) &&
           scf_unhex(string(c->doc, "leaf_hash"), r->leaf_hash.b, SCF_HASH_LEN) &&
           (c->erased ||
            (read_digest(object, r) && scf_unhex(string(object, "salt"), r->salt, SCF_SALT_LEN)));
}

static bool parse(struct check *c, struct scf_str json) {
    struct scf_error err;
    char *text = json.n <= DOCUMENT_MAX ? scf_strndup(c->arena, json.p, json.n) : NULL;
    if (text != NULL && strlen(text) == json.n)
        c->doc = scf_json_parse(c->arena, text, json.n, &err);
    if (!step(c, c->doc != NULL, "the document is JSON"))
        return false;
    return step(c, scf_str_is(string(c->doc, "format"), SCF_PROOF_FORMAT) && read_record(c),
                "the document is a complete %s", SCF_PROOF_FORMAT);
}

/* ---- the leaf ---- */

static bool text_is_rebuilt(struct check *c) {
    struct scf_buf text;
    scf_buf_init(&text, DOCUMENT_MAX);
    scf_leaf_text(&c->record, &text);
    struct scf_str told = string(c->doc, "leaf_text"), rebuilt = {text.data, text.len};
    bool same = !text.overflow && scf_str_eq(told, rebuilt);
    scf_buf_free(&text);
    return same;
}

static enum scf_hash_alg hash_of(const struct check *c) {
    return scf_suite_hash(c->record.suite);
}

static void check_leaf(struct check *c, const struct scf_str *body) {
    if (c->erased) {
        /* Whoever leaves out what a leaf hash is made of can write anything into the rest. */
        step(c, false,
             "the record was erased: a leaf may be in the chain, but nothing said of it here can "
             "be checked");
        return;
    }
    step(c, text_is_rebuilt(c), "the leaf text says what the record says");
    struct scf_hash h = scf_leaf_hash(&c->record);
    step(c, scf_hash_eq(&h, &c->record.leaf_hash), "the leaf hash is that of the leaf text");
    if (body != NULL) {
        bool sm3 = c->record.suite == SCF_SUITE_SM3_SM2;
        h = scf_digest(hash_of(c), body->p, body->n);
        step(c, scf_hash_eq(&h, sm3 ? &c->record.body_sm3 : &c->record.body_sha256),
             "the body given (%zu bytes) has the %s in the leaf", body->n, sm3 ? "SM3" : "SHA-256");
    }
}

/* ---- the tree ---- */

/* The key's name is the origin of one chain, and that ends in the chain's id. */
static bool origin_is_of_chain(const struct check *c) {
    char id[SCF_ID_TEXT];
    scf_id_format("node", &c->record.chain_id, id);
    size_t n = strlen(id);
    struct scf_str origin = c->key.name;
    return origin.n > n + 1 && origin.p[origin.n - n - 1] == '/' &&
           memcmp(origin.p + origin.n - n, id, n) == 0 &&
           scf_str_eq(string(c->doc, "origin"), origin);
}

static bool open_note(struct check *c, const char *what, struct scf_str message,
                      struct scf_str *ret) {
    struct scf_note *note = scf_alloc(c->arena, 1, sizeof *note);
    if (note == NULL)
        return step(c, false, "out of memory");
    enum scf_note_verdict verdict = scf_note_open(message, &c->key, 1, note);
    *ret = note->text;
    return step(c, verdict == SCF_NOTE_OK, "the %s is signed by the key: %s", what,
                scf_note_verdict_text(verdict));
}

static void check_checkpoint(struct check *c) {
    struct scf_str text;
    if (!open_note(c, "checkpoint", string(c->doc, "checkpoint"), &text))
        return;
    int64_t size;
    c->has_checkpoint =
        step(c,
             scf_checkpoint_parse(text, &c->checkpoint) &&
                 scf_str_eq(c->checkpoint.origin, c->key.name) &&
                 scf_json_i64(c->doc, "tree_size", &size) && size == c->checkpoint.size,
             "the checkpoint is of this chain and of the stated size");
}

static bool read_path(const cJSON *doc, struct scf_hash path[SCF_PROOF_MAX], size_t *ret_n) {
    const cJSON *array = scf_json_get(doc, "inclusion_proof"), *item;
    size_t n = 0, length;
    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(item, array) {
        if (n == SCF_PROOF_MAX || !cJSON_IsString(item) ||
            !scf_unbase64(scf_str(item->valuestring), path[n].b, SCF_HASH_LEN, &length) ||
            length != SCF_HASH_LEN)
            return false;
        n++;
    }
    *ret_n = n;
    return true;
}

static void check_inclusion(struct check *c) {
    struct scf_hash path[SCF_PROOF_MAX];
    size_t n;
    const struct scf_checkpoint *point = &c->checkpoint;
    bool in_tree = c->record.leaf_index >= 0 && read_path(c->doc, path, &n) &&
                   scf_merkle_verify_inclusion(hash_of(c), (uint64_t)c->record.leaf_index,
                                               (uint64_t)point->size, &c->record.leaf_hash, path, n,
                                               &point->root);
    step(c, in_tree, "the leaf is number %" PRId64 " of %" PRId64 " under the checkpoint's root",
         c->record.leaf_index, point->size);
}

static void check_block(struct check *c) {
    const cJSON *object = scf_json_get(c->doc, "block");
    struct scf_str text;
    struct scf_block b;
    struct scf_hash told, hash;
    int64_t height;
    if (!open_note(c, "block", string(object, "note"), &text))
        return;
    bool read = scf_block_parse(text, &b) && scf_json_i64(object, "height", &height) &&
                scf_unhex(string(object, "hash"), told.b, SCF_HASH_LEN);
    if (!step(c, read && b.height == height, "the block header is a scfd-block/v1"))
        return;
    hash = scf_digest(hash_of(c), text.p, text.n);
    step(c, scf_hash_eq(&hash, &told), "the block hash is that of the header");
    char time[SCF_TIME_TEXT];
    scf_time_format(b.time_us, time);
    step(c,
         c->has_checkpoint && scf_str_eq(b.origin, c->checkpoint.origin) &&
             b.size == c->checkpoint.size && scf_hash_eq(&b.root, &c->checkpoint.root),
         "block %" PRId64 ", closed at %s, has the checkpoint's size and root", b.height, time);
}

/* The key says what the digests must be, whatever the document calls them. */
static bool check_key(struct check *c, struct scf_str vkey) {
    enum scf_sign_alg alg = scf_suite_signature(c->record.suite);
    return step(c, scf_vkey_parse(vkey, &c->key) && c->key.pub.alg == alg,
                "the verifier key is an %s key", alg == SCF_SM2 ? "SM2" : "Ed25519");
}

/* The key comes from the caller, but whoever reads on goes by what the document names. */
static void check_named_keys(struct check *c, struct scf_str vkey) {
    char *pem = scf_public_key_pem(&c->key.pub);
    step(c,
         pem != NULL && scf_str_eq(string(c->doc, "vkey"), vkey) &&
             scf_str_is(string(c->doc, "public_key_pem"), pem),
         "the document names this key and no other");
    free(pem);
}

bool scf_verify_proof(struct scf_str proof_json, struct scf_str vkey, const struct scf_str *body,
                      struct scf_buf *report) {
    struct check c = {.arena = scf_arena_new(ARENA_MAX), .report = report, .good = true};
    if (parse(&c, proof_json)) {
        check_leaf(&c, body);
        if (check_key(&c, vkey) &&
            step(&c, origin_is_of_chain(&c), "the verifier key is that of the record's chain")) {
            check_named_keys(&c, vkey);
            check_checkpoint(&c);
            if (c.has_checkpoint)
                check_inclusion(&c);
            check_block(&c);
        }
    }
    scf_arena_free(c.arena);
    return c.good;
}
