/* Checking the anchors of a bundle: from the record's leaf to a block, from the block to the
 * statement of a tick, from the statement to what a target proves. */
#include "check.h"

#include "scfd/base/clock.h"
#include "scfd/chain/note.h"

struct anchor_check {
    struct scf_bundle_check *c;
    const struct scf_bundle_anchor *a;
    struct scf_str text; /* of the statement */
    struct scf_block block;
    struct scf_anchor_statement statement;
};

static bool check_block(struct anchor_check *k) {
    struct scf_str note = k->a->block_note, text;
    return scf_note_text(note, &text) && scf_block_parse(text, &k->block) &&
           scf_check_chain_note(k->c, note, text, k->block.origin);
}

/* Statements are signed by the installation's Ed25519 key under the name that they state. */
static bool check_statement(struct anchor_check *k) {
    struct scf_vkey key;
    if (!scf_vkey_parse(k->c->facts.anchor_vkey, &key) || key.pub.alg != SCF_ED25519 ||
        !scf_note_text(k->a->note, &k->text) || !scf_anchor_statement_parse(k->text, &k->statement))
        return false;
    key = scf_vkey(k->statement.origin, &key.pub);
    return scf_check_note(k->c, k->a->note, k->text, &key);
}

static bool check_notes(struct anchor_check *k) {
    const char *name = k->a->name;
    return scf_check_step(k->c, check_block(k), "anchor %s: the block is signed by the chain's key",
                          name) &&
           scf_check_step(k->c, check_statement(k),
                          "anchor %s: the statement is signed by keys/anchors.vkey", name);
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

static void check_proof(struct anchor_check *k) {
    const struct scf_bundle_anchor *a = k->a;
    const struct scf_bundle_trust *trust = k->c->trust;
    struct scf_str trusted = trust->roots.n > 0 ? trust->roots : a->trust;
    struct scf_buf lines;
    int64_t time_us = 0;
    char time[SCF_TIME_TEXT];
    scf_buf_init(&lines, 64 << 10);
    bool good =
        scf_anchor_adapter_of(a->kind)->verify(a->proof, k->text, trusted, &lines, &time_us);
    scf_time_format(time_us, time);
    scf_check_step(k->c, good, "anchor %s: %s proves the statement at %s", a->name,
                   scf_anchor_kind_names[a->kind], good ? time : "no time");
    put_lines(k, &lines);
    scf_buf_free(&lines);
    if (good && time_us > k->c->latest_us)
        k->c->latest_us = time_us;
}

/* One key signs statements and chains of Ed25519. Those of SM2 have another, so that nothing given
 * from elsewhere tells whose statement it is; what an anchor proves does not rest on that. */
static void check_key(struct scf_bundle_check *c) {
    struct scf_vkey chain, anchors;
    bool read = scf_vkey_parse(c->vkey, &chain) && scf_vkey_parse(c->facts.anchor_vkey, &anchors);
    if (!read || chain.pub.alg == SCF_ED25519)
        scf_check_step(c,
                       read && memcmp(chain.pub.bytes, anchors.pub.bytes,
                                      scf_public_key_len(SCF_ED25519)) == 0,
                       "keys/anchors.vkey is the chain's key under another name");
    else
        scf_buf_puts(c->report, "note    keys/anchors.vkey is the bundle's own: compare it with "
                                "what the operator publishes\n");
}

void scf_check_anchors(struct scf_bundle_check *c) {
    if (c->facts.anchor_count > 0)
        check_key(c);
    for (size_t i = 0; i < c->facts.anchor_count; i++) {
        struct anchor_check *k = scf_alloc(c->arena, 1, sizeof *k);
        if (k == NULL) {
            scf_check_step(c, false, "out of memory");
            return;
        }
        k->c = c;
        k->a = &c->facts.anchors[i];
        if (check_notes(k) && check_paths(k))
            check_proof(k);
    }
}
