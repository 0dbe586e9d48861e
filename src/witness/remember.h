/* What a log has signed is remembered, and a contradiction found and kept. */
#ifndef SCFD_WITNESS_REMEMBER_H
#define SCFD_WITNESS_REMEMBER_H

#include "conflict_store.h"
#include "log_store.h"

/* A checkpoint that a log's key has signed. */
struct scf_wit_view {
    enum scf_hash_alg alg; /* of the log's tree: the key that signed it tells */
    struct scf_checkpoint checkpoint;
    struct scf_str text; /* of the note */
    struct scf_str note; /* with the signatures of the log alone */
};

enum scf_wit_form { SCF_WIT_FORM_OK, SCF_WIT_FORM_MALFORMED, SCF_WIT_FORM_UNSIGNED };
/* Reads a note and verifies it with the keys. OK: *ret is complete, in `arena` and the note. */
enum scf_wit_form scf_wit_view_open(struct scf_arena *arena, struct scf_str note,
                                    const struct scf_vkey *keys, size_t n,
                                    struct scf_wit_view *ret) SCF_MUST_CHECK;

/* In a transaction that has locked the log: remembers the view. When it contradicts one seen before
 * (same size, other root) or itself (an empty tree with another root than that of nothing),
 * *ret_conflict is the id of the conflict that is kept, the log is halted by it if it is a new one,
 * and the view is not remembered; nil otherwise. A log that is halted gets no second conflict. */
enum scf_code scf_wit_remember(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_services *services, struct scf_wit_log *log,
                               const struct scf_wit_view *view, struct scf_uuid *ret_conflict,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
