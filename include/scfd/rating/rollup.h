/* Folding chains into totals in the database, exactly once. */
#ifndef SCFD_RATING_ROLLUP_H
#define SCFD_RATING_ROLLUP_H

#include "scfd/base/arena.h"
#include "scfd/party/services.h"
#include "scfd/template/template.h"

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

/* Task "rollup": folds new leaves of every chain into daily totals, in chain order, exactly once. A
 * run takes about half a second at most; what is left then the next one folds. */
enum scf_code scf_rollup_task(struct scf_db *db, struct scf_arena *arena, void *app,
                              struct scf_error *err) SCF_MUST_CHECK;
struct scf_services;
/* What scf_services.fold_contract promises: begins no batch after 0.3 s. Any thread with its own
 * connection; not inside a transaction. */
enum scf_code scf_rollup_contract(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services,
                                  const struct scf_uuid *contract_key,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* What scf_services.fold_contract promises: begins no batch after 0.3 s. Any thread with its own
 * connection; not inside a transaction. */
enum scf_code scf_rollup_contract(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services,
                                  const struct scf_uuid *contract_key,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
