/* Remembering checkpoints and finding split views. Relies on the stores of the room. */
#include "remember.h"

#include "judge.h"
#include "request.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

/* The digest of the tree is that of the key which signed: notes with a wrong signature by any of
 * the keys are refused before. */
static enum scf_hash_alg alg_of_signer(struct scf_str note, const struct scf_vkey *keys, size_t n) {
    size_t i = 0;
    while (i + 1 < n && !scf_note_names_key(note, &keys[i]))
        i++;
    return scf_suite_hash(scf_suite_of_signature(keys[i].pub.alg));
}

enum scf_wit_form scf_wit_view_open(struct scf_arena *arena, struct scf_str note,
                                    const struct scf_vkey *keys, size_t n,
                                    struct scf_wit_view *ret) {
    struct scf_note parts;
    if (!scf_wit_checkpoint(note, &ret->text, &ret->checkpoint))
        return SCF_WIT_FORM_MALFORMED;
    if (scf_note_open(note, keys, n, &parts) != SCF_NOTE_OK)
        return SCF_WIT_FORM_UNSIGNED;
    ret->alg = alg_of_signer(note, keys, n);
    struct scf_buf stripped;
    scf_buf_init(&stripped, note.n + 1);
    scf_wit_note_strip(note, ret->text, keys, n, &stripped);
    scf_defer(arena, free, stripped.data);
    SCF_ASSERT(!stripped.overflow); /* it is no longer than the note */
    ret->note = (struct scf_str){stripped.data, stripped.len};
    return SCF_WIT_FORM_OK;
}

static enum scf_code contradiction(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services, struct scf_wit_log *log,
                                   const struct scf_wit_view *view, struct scf_str first_note,
                                   struct scf_uuid *ret_conflict, struct scf_error *err) {
    if (!scf_uuid_is_nil(&log->conflict_id)) {
        *ret_conflict = log->conflict_id;
        return SCF_OK;
    }
    struct scf_wit_conflict conflict = {.log_id = log->id,
                                        .origin = log->origin,
                                        .size = view->checkpoint.size,
                                        .root = view->checkpoint.root,
                                        .first_note = first_note,
                                        .second_note = view->note};
    bool is_new;
    enum scf_code code = scf_wit_conflict_keep(db, arena, services, &conflict, &is_new, err);
    *ret_conflict = conflict.id;
    if (code != SCF_OK || !is_new)
        return code; /* it was acknowledged already */
    char *origin = scf_strndup(arena, log->origin.p, log->origin.n);
    scf_log_kv(SCF_LOG_ERROR, "A witnessed log has signed two views that contradict each other",
               "origin", origin == NULL ? "" : origin, NULL);
    log->conflict_id = conflict.id;
    log->updated_us = conflict.found_us;
    return scf_wit_log_save(db, arena, log, err);
}

enum scf_code scf_wit_remember(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_services *services, struct scf_wit_log *log,
                               const struct scf_wit_view *view, struct scf_uuid *ret_conflict,
                               struct scf_error *err) {
    const struct scf_checkpoint *c = &view->checkpoint;
    struct scf_wit_seen seen;
    *ret_conflict = (struct scf_uuid){{0}};
    if (scf_wit_impossible(view->alg, c))
        return contradiction(db, arena, services, log, view, (struct scf_str){NULL, 0},
                             ret_conflict, err);
    enum scf_code code = scf_wit_seen_get(db, arena, &log->id, c->size, &seen, err);
    if (code != SCF_OK)
        return code;
    if (!seen.found)
        return scf_wit_seen_put(db, arena, &log->id, c, view->note, false, scf_now_us(), err);
    if (scf_hash_eq(&seen.root, &c->root))
        return SCF_OK;
    return contradiction(db, arena, services, log, view, seen.note, ret_conflict, err);
}
