/* Folding chains into totals in the database, exactly once. */
#ifndef SCFD_CREDIT_ROLLUP_H
#define SCFD_CREDIT_ROLLUP_H

#include "fold.h"
#include "scfd/db/db.h"

enum { SCF_FOLD_BATCH = 8000 }; /* leaves per transaction: about a third of a second */

struct scf_unfolded {
    struct scf_uuid chain_id;
    int64_t folded, size;
};
/* Chains that have leaves beyond their cursor, in random order. */
enum scf_code scf_rollup_pending(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_unfolded **ret, int *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Do the unfolded leaves of a chain hold something of the enterprise or of the contracts? */
enum scf_code scf_rollup_touches(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_unfolded *chain,
                                 const struct scf_uuid *enterprise_id,
                                 const struct scf_uuid *const *contract_keys, size_t key_count,
                                 bool *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Folds a chain up to at least `until` leaves (or its end), a batch per transaction. `wait`: waits
 * for another folder of the same chain, so that on OK everything below `until` is folded; else
 * leaves the chain to that one. From `stop_us` on (monotonic; INT64_MAX: never) no further batch is
 * begun; the first always is. Any thread with its own connection; not inside a transaction. */
enum scf_code scf_rollup_chain(struct scf_db *db, struct scf_templates *templates,
                               const struct scf_uuid *chain_id, int64_t until, bool wait,
                               int64_t stop_us, struct scf_error *err) SCF_MUST_CHECK;

/* ---- rollup_store.c: the steps of one batch, inside its transaction ---- */

/* −1: another folder has it (only without `wait`). */
enum scf_code scf_rollup_lock(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, bool wait, int64_t *ret_folded,
                              struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_rollup_leaves(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, int64_t from,
                                struct scf_record **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_rollup_load(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, struct scf_fold *fold,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Writes everything back with the cursor at `folded`. */
enum scf_code scf_rollup_save(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, struct scf_fold *fold,
                              int64_t folded, struct scf_error *err) SCF_MUST_CHECK;

#endif
