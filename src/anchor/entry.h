/* Entries as rows, and the alarm over them. */
#ifndef SCFD_ANCHOR_ENTRY_H
#define SCFD_ANCHOR_ENTRY_H

#include "scfd/anchor/anchor.h"

/* The columns of an entry (aliases e, and k for its tick) as scf_anchor_entry_read reads them. */
#define ANCHOR_ENTRY_COLUMNS                                                                       \
    "e.tick, k.statement, k.root, k.statement_sha256, e.state, e.attempt, e.created_at,"           \
    " e.proven_at, e.due_at, e.expires_at, e.proof, e.reference, e.problem,"                       \
    " e.certificates_end_at, e.algorithms"
enum { ANCHOR_ENTRY_COLUMN_COUNT = 15 };
/* From column `col` on; without a target. Its texts live as long as the rows. */
struct scf_anchor_entry scf_anchor_entry_read(const struct scf_rows *rows, int row, int col);

/* Leases the entry that is due longest: nobody else gets it until the lease is over. `due_us` of
 * the entry is the lease's end. *ret_found false: none is due. */
enum scf_code scf_anchor_entry_lease(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                     struct scf_anchor_entry *ret, bool *ret_found,
                                     struct scf_error *err) SCF_MUST_CHECK;
/* Keeps what became of a leased entry, unless the lease is lost. `good`: its target gave a proof.
 */
enum scf_code scf_anchor_entry_save(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_anchor_entry *entry, int64_t lease_us,
                                    bool good, int64_t now_us,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Entries that were put off, or made, by a clock that was ahead and has been set back are due now:
 * they would else rest until that time comes, without an alarm. `now_us`: the clock as it is. */
enum scf_code scf_anchor_entries_recall(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                        struct scf_error *err) SCF_MUST_CHECK;

/* How long a target has owed a proof. */
struct anchor_lag {
    int32_t target_id;
    struct scf_uuid uid;
    const char *name;
    bool active, is_silent; /* is_silent: the alarm stands */
    int64_t owed_since_us;  /* the first tick since its last proof; 0: it owes none */
    int64_t silent_after_s;
};
enum scf_code scf_anchor_lags(struct scf_db *db, struct scf_arena *arena, struct anchor_lag **ret,
                              int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Raises or ends the alarm and tells the platform's feed. *ret_changed false: it stands so already,
 * or another instance was first. */
enum scf_code scf_anchor_set_silent(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct anchor_lag *lag, bool silent, bool *ret_changed,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
