/* Audit against checkpoints that somebody kept: the one thing that shows a chain cut back, blocks,
 * seal and all, to an earlier state of itself. Relies on audit_store, note and proof_store. */
#include "audit_store.h"
#include "scfd/chain/note.h"
#include "proof_store.h"

struct kept {
    const char *name;
    struct scf_checkpoint point;
    struct scf_audit_chain chain;
};

static enum scf_code refuse(struct scf_auditor *a, const char *name, const char *why) {
    return scf_fail(&a->err, SCF_E_INVALID_PARAMETER, "%s cannot be compared: %s", name, why);
}

/* Believed only when the key, if there is one, signed it: a forged one would raise a false alarm.
 */
static enum scf_code open_kept(struct scf_auditor *a, const struct scf_kept_checkpoint *kept,
                               struct kept *ret) {
    struct scf_note *note = scf_alloc(a->arena, 1, sizeof *note);
    struct scf_str origin;
    struct scf_uuid *id = &ret->chain.state.chain_id;
    if (note == NULL)
        return scf_fail(&a->err, SCF_E_INTERNAL, "The audit is out of memory.");
    enum scf_note_verdict verdict = scf_note_open(kept->note, NULL, 0, note);
    if (verdict != SCF_NOTE_UNVERIFIED)
        return refuse(a, kept->name, scf_note_verdict_text(verdict));
    if (!scf_checkpoint_parse(note->text, &ret->point) ||
        !scf_chain_origin_parse(ret->point.origin, id, &origin))
        return refuse(a, kept->name, "not the checkpoint of a chain");
    if (a->origin != NULL && !scf_str_is(origin, a->origin))
        return refuse(a, kept->name, "the checkpoint of another installation");
    struct scf_vkey keys[SCF_SUITES];
    size_t n = 0;
    for (int suite = 0; suite < SCF_SUITES; suite++)
        if (a->options->public_keys[suite] != NULL)
            keys[n++] = scf_vkey(ret->point.origin, a->options->public_keys[suite]);
    if (n > 0) {
        verdict = scf_note_open(kept->note, keys, n, note);
        if (verdict != SCF_NOTE_OK)
            return refuse(a, kept->name, scf_note_verdict_text(verdict));
    }
    ret->name = kept->name;
    ret->chain.number = INT_MAX; /* a broken record is to be named rather than what follows of it */
    scf_id_format("node", id, ret->chain.name);
    return SCF_OK;
}

/* What is wrong with the chain; NULL: it contains the tree. */
static enum scf_code compare(struct scf_auditor *a, const struct kept *k, const char **ret_why) {
    struct scf_seal_state now;
    struct scf_hash root;
    const struct scf_uuid *id = &k->chain.state.chain_id;
    struct scf_range whole = {0, (uint64_t)k->point.size};
    enum scf_code code = scf_audit_now(a->db, a->arena, id, &now, &a->err);
    *ret_why = NULL;
    if (code == SCF_E_NOT_FOUND)
        *ret_why = "there is no such chain any more";
    else if (code == SCF_OK && now.sealed < k->point.size)
        *ret_why = "the chain was cut back: fewer leaves are sealed";
    if (code != SCF_OK || *ret_why != NULL)
        return code == SCF_E_NOT_FOUND ? SCF_OK : code;
    code = scf_proof_hashes(a->db, a->arena, NULL, id, now.suite, &whole, 1, &root, &a->err);
    if (code == SCF_E_INTERNAL)
        *ret_why = "tiles that its tree needs are missing";
    else if (code == SCF_OK && !scf_hash_eq(&root, &k->point.root))
        *ret_why = "the chain had another tree when it had that size";
    return code == SCF_E_INTERNAL ? SCF_OK : code;
}

enum scf_code scf_audit_checkpoint(struct scf_auditor *a, const struct scf_kept_checkpoint *kept) {
    struct kept k = {0};
    const char *why;
    enum scf_code code = open_kept(a, kept, &k);
    if (code == SCF_OK)
        code = compare(a, &k, &why);
    if (code == SCF_OK && why != NULL) {
        scf_audit_fault(a, &k.chain, SCF_AUDIT_SEAL, k.point.size,
                        "checkpoint %s of size %" PRId64 ": %s", k.name, k.point.size, why);
    }
    return code;
}
