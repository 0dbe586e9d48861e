/* Checking the anchors of a bundle: from the record's leaf to a block, from the block to the
 * statement of a tick, from the statement to what a target proves. */
#include "check.h"

#include "scfd/base/clock.h"
#include "scfd/chain/note.h"

struct anchor_check {
    struct scf_bundle_check *c;
    const struct scf_bundle_anchor *a;
    struct scf_vkey chain_key;
    struct scf_vkey block_key;  /* the same key under the name that the block has */
    struct scf_vkey anchor_key; /* of the statement */
    struct scf_block block;
    struct scf_anchor_statement statement;
};

/* Blocks and statements may be of a later origin of the same log than the record is. */
static bool read_keys(struct anchor_check *k) {
    struct scf_str text, vkey = k->a->note_key;
    if (!scf_vkey_parse(k->c->vkey, &k->chain_key) || !scf_note_text(k->a->block_note, &text) ||
        !scf_block_parse(text, &k->block) ||
        !scf_bundle_same_log(k->chain_key.name, k->block.origin))
        return false;
    k->block_key = scf_vkey(k->block.origin, &k->chain_key.pub);
    return vkey.n > 0 && scf_vkey_parse((struct scf_str){vkey.p, vkey.n - 1}, &k->anchor_key) &&
           scf_bundle_same_log(k->chain_key.name, k->anchor_key.name);
}

/* Statements are signed with the installation's Ed25519 key, which the key of a chain of another
 * suite says nothing about. */
static bool check_whose(struct anchor_check *k) {
    if (k->chain_key.pub.alg == k->anchor_key.pub.alg)
        return scf_check_step(k->c, scf_public_key_eq(&k->chain_key.pub, &k->anchor_key.pub),
                              "anchor %s: the statement's key is the chain's", k->a->name);
    scf_buf_printf(k->c->report,
                   "note    anchor %s: the statement is signed with another key than the chain; "
                   "compare statement.vkey with what the operator publishes\n",
                   k->a->name);
    return true;
}

static bool open_note(struct anchor_check *k, struct scf_str message, const struct scf_vkey *key,
                      struct scf_str *ret_text) {
    struct scf_note *note = scf_alloc(k->c->arena, 1, sizeof *note);
    if (note == NULL || scf_note_open(message, key, 1, note) != SCF_NOTE_OK)
        return false;
    *ret_text = note->text;
    return true;
}

static bool check_notes(struct anchor_check *k) {
    struct scf_str text;
    bool block = open_note(k, k->a->block_note, &k->block_key, &text);
    bool statement = open_note(k, k->a->note, &k->anchor_key, &text) &&
                     scf_anchor_statement_parse(text, &k->statement) &&
                     scf_str_eq(k->statement.origin, k->anchor_key.name);
    return scf_check_step(k->c, block, "anchor %s: the block is signed by the chain's key",
                          k->a->name) &&
           scf_check_step(k->c, statement, "anchor %s: the statement is signed by its key",
                          k->a->name);
}

static bool check_paths(struct anchor_check *k) {
    const struct scf_bundle_anchor *a = k->a;
    const struct scf_record *r = &k->c->facts.record;
    struct scf_hash block = scf_block_hash(&k->block, k->c->facts.alg),
                    leaf = scf_merkle_leaf(SCF_SHA256, block.b, SCF_HASH_LEN);
    bool in_block = scf_merkle_verify_inclusion(k->c->facts.alg, (uint64_t)r->leaf_index,
                                                (uint64_t)k->block.size, &r->leaf_hash,
                                                a->leaf_path, a->leaf_path_count, &k->block.root);
    bool in_tick = a->size == k->statement.size &&
                   scf_merkle_verify_inclusion(SCF_SHA256, (uint64_t)a->index, (uint64_t)a->size,
                                               &leaf, a->path, a->path_count, &k->statement.root);
    return scf_check_step(k->c, in_block, "anchor %s: the leaf is in block %" PRId64, a->name,
                          k->block.height) &&
           scf_check_step(k->c, in_tick, "anchor %s: the block is in the tree of tick %" PRId64,
                          a->name, k->statement.tick);
}

/* The adapter's own lines, each with the anchor's name before it. */
static void put_lines(struct anchor_check *k, const struct scf_buf *lines) {
    const char *p = lines->len > 0 ? lines->data : "";
    for (size_t n; *p != '\0'; p += n + (p[n] == '\n')) {
        n = strcspn(p, "\n");
        scf_buf_printf(k->c->report, "        %.*s\n", (int)n, p);
    }
}

static void put_to_be_trusted(struct anchor_check *k) {
    const char *en, *zh;
    scf_bundle_to_be_trusted(k->a->kind, &en, &zh);
    if (k->c->trust->roots.n == 0)
        scf_buf_printf(k->c->report, "note    anchor %s: to be trusted, or looked up: %s\n",
                       k->a->name, en);
}

static void check_proof(struct anchor_check *k) {
    const struct scf_bundle_anchor *a = k->a;
    const struct scf_bundle_trust *trust = k->c->trust;
    struct scf_str text, trusted = trust->roots.n > 0 ? trust->roots : a->trust;
    struct scf_buf lines;
    int64_t time_us = 0;
    char time[SCF_TIME_TEXT];
    scf_buf_init(&lines, 64 << 10);
    bool good = open_note(k, a->note, &k->anchor_key, &text) &&
                scf_anchor_adapter_of(a->kind)->verify(a->proof, text, trusted, &lines, &time_us);
    scf_time_format(time_us, time);
    if (good && time_us > 0)
        scf_check_step(k->c, true, "anchor %s: %s proves the statement at %s", a->name,
                       scf_anchor_kind_names[a->kind], time);
    else
        scf_check_step(k->c, good, "anchor %s: the %s proof leads from the statement to %s",
                       a->name, scf_anchor_kind_names[a->kind],
                       good ? "a block; when it was is to be looked up" : "nothing");
    put_lines(k, &lines);
    if (good)
        put_to_be_trusted(k);
    scf_buf_free(&lines);
    /* Bitcoin's time comes from the reader's headers: whoever signed did not know it. */
    if (good && a->kind != SCF_ANCHOR_OTS && time_us > k->c->latest_us)
        k->c->latest_us = time_us;
}

void scf_check_anchors(struct scf_bundle_check *c) {
    for (size_t i = 0; i < c->facts.anchor_count; i++) {
        struct anchor_check *k = scf_alloc(c->arena, 1, sizeof *k);
        if (k == NULL) {
            scf_check_step(c, false, "out of memory");
            return;
        }
        k->c = c;
        k->a = &c->facts.anchors[i];
        if (!read_keys(k))
            scf_check_step(c, false, "anchor %s: block and statement are of this log", k->a->name);
        else if (check_whose(k) && check_notes(k) && check_paths(k))
            check_proof(k);
    }
}
