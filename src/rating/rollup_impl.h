/* The steps of folding one batch, private to this room. */
#ifndef SCFD_RATING_ROLLUP_IMPL_H
#define SCFD_RATING_ROLLUP_IMPL_H

#include "scfd/rating/fold.h"
#include "scfd/rating/rollup.h"

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

/* ---- watch_store.c ---- */

/* Of leaves that are folded: those that may cancel a claimed invoice are noted, for the task
 * "holds" to look at. `from` and `until` are leaf indexes of the chain; `red`: there are invoices
 * below zero among them, which may cancel others. */
enum scf_code scf_rollup_watch(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t from, int64_t until,
                               bool red, struct scf_error *err) SCF_MUST_CHECK;

#endif
