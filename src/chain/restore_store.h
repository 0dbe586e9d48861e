/* What the rule for restored databases asks the database (docs/restore.md). */
#ifndef SCFD_CHAIN_RESTORE_STORE_H
#define SCFD_CHAIN_RESTORE_STORE_H

#include "scfd/chain/published.h"
#include "scfd/db/db.h"

/* The number of the origin that the database is at. */
enum scf_code scf_restore_generation(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* A chain that lacks a block which was published. */
struct scf_restore_gap {
    struct scf_publication published;
    int64_t height, size; /* of the newest block that is there; −1 and 0: none */
};
enum { SCF_RESTORE_GAPS_MAX = 1000 };
/* Of these publications, those whose block is not in the database: at most SCF_RESTORE_GAPS_MAX. */
enum scf_code scf_restore_gaps(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_publication *items, size_t n,
                               struct scf_restore_gap **ret, size_t *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;

/* What a witness saw of a chain of ours that the database lacks (scfd.seal_refusal): one of them.
 * *ret_found false: nothing. */
struct scf_restore_refusal {
    struct scf_uuid chain_id; /* nil: all */
    int64_t size;
};
enum scf_code scf_restore_refused(struct scf_db *db, struct scf_arena *arena, bool *ret_found,
                                  struct scf_restore_refusal *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* The newest blocks of all chains that are newer than what `items` says of them. */
enum scf_code scf_restore_news(struct scf_db *db, struct scf_arena *arena, int64_t generation,
                               const struct scf_publication *items, size_t n,
                               struct scf_publication **ret, size_t *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
