/* Checking the cosigned checkpoint of a bundle, and whether enough witnesses cosigned it. */
#include "check.h"

#include "scfd/base/clock.h"
#include "scfd/chain/note.h"
#include "scfd/witness/cosignature.h"

/* The tree that was cosigned is one that the chain's key signed, and holds the leaf. */
static bool check_tree(struct scf_bundle_check *c) {
    const struct scf_bundle_facts *f = &c->facts;
    struct scf_checkpoint point;
    struct scf_str text;
    bool is_signed = scf_note_text(f->cosigned_note, &text) && scf_checkpoint_parse(text, &point) &&
                     scf_check_chain_note(c, f->cosigned_note, text, point.origin);
    if (!scf_check_step(c, is_signed, "the cosigned checkpoint is signed by the chain's key"))
        return false;
    bool inside = scf_merkle_verify_inclusion(
        f->alg, (uint64_t)f->record.leaf_index, (uint64_t)point.size, &f->record.leaf_hash,
        f->cosigned_path, f->cosigned_path_count, &point.root);
    return scf_check_step(c, inside, "the leaf is in the cosigned tree of %" PRId64 " leaves",
                          point.size);
}

/* A key that was read from a file ends in LF. */
static struct scf_str trimmed(struct scf_str vkey) {
    while (vkey.n > 0 && vkey.p[vkey.n - 1] == '\n')
        vkey.n--;
    return vkey;
}

/* Whether a witness cosigned. */
static bool cosigned_by(struct scf_bundle_check *c, struct scf_str vkey) {
    struct scf_cosigner key;
    struct scf_str line;
    int64_t time_s;
    char time[SCF_TIME_TEXT];
    if (!scf_bundle_cosignature(&c->facts, vkey, &key, &line, &time_s) ||
        time_s > INT64_MAX / SCF_US_PER_SECOND)
        return false;
    scf_time_format(time_s * SCF_US_PER_SECOND, time);
    return scf_check_step(c, true, "witness %.*s cosigned at %s", (int)key.name.n, key.name.p,
                          time);
}

/* Whoever is named twice counts once. */
static int count_given(struct scf_bundle_check *c) {
    const struct scf_bundle_trust *trust = c->trust;
    int count = 0;
    for (size_t i = 0; i < trust->witness_count; i++) {
        struct scf_str vkey = trimmed(trust->witnesses[i]);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= scf_str_eq(vkey, trimmed(trust->witnesses[k]));
        if (!again && cosigned_by(c, vkey))
            count++;
    }
    return count;
}

static int count_own(struct scf_bundle_check *c) {
    struct scf_str rest = c->facts.witness_keys, vkey;
    int count = 0;
    while (scf_bundle_next_witness(&rest, &vkey))
        count += cosigned_by(c, vkey);
    return count;
}

void scf_check_cosigned(struct scf_bundle_check *c) {
    const struct scf_bundle_trust *trust = c->trust;
    int count = 0;
    if (c->facts.witness_keys.n > 0) {
        if (!check_tree(c))
            return;
        count = trust->witness_count > 0 ? count_given(c) : count_own(c);
    }
    if (trust->witness_count > 0)
        scf_check_step(c, count >= trust->quorum,
                       "%d of the witnesses that were given cosigned, "
                       "%d must",
                       count, trust->quorum);
}
