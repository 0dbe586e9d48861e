/* What beginning another origin reads and writes; inside its transaction. */
#ifndef SCFD_CHAIN_ORIGIN_STORE_H
#define SCFD_CHAIN_ORIGIN_STORE_H

#include "scfd/chain/block.h"

#include "scfd/db/db.h"

/* Locks the installation; the first origin, the one that counts now, and its number. */
enum scf_code scf_origin_lock(struct scf_db *db, struct scf_arena *arena, const char **ret_first,
                              const char **ret_now, int64_t *ret_generation,
                              struct scf_error *err) SCF_MUST_CHECK;

/* The newest block of a chain that has one. */
struct scf_origin_chain {
    struct scf_uuid id;
    int64_t height, size;
    struct scf_hash root, block_hash;
    struct scf_str checkpoint_note;
};
/* In id order; their seals stay locked, so that nobody signs meanwhile. */
enum scf_code scf_origin_chains(struct scf_db *db, struct scf_arena *arena,
                                struct scf_origin_chain **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;

enum scf_code scf_origin_insert(struct scf_db *db, struct scf_arena *arena, int64_t generation,
                                const char *origin, const char *reason,
                                const struct scf_uuid *record_id, int64_t now_us,
                                struct scf_error *err) SCF_MUST_CHECK;

/* Other processes of this program that are connected to the database. */
enum scf_code scf_origin_users(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
