/* What the audit reads. */
#ifndef SCFD_CHAIN_AUDIT_STORE_H
#define SCFD_CHAIN_AUDIT_STORE_H

#include "audit.h"
#include "tile_store.h"

/* All chains (or the one), in id order. */
enum scf_code scf_audit_list(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, struct scf_audit_chain **ret,
                             size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* The same of one chain as it is now. */
enum scf_code scf_audit_now(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *chain_id, struct scf_seal_state *ret,
                            struct scf_error *err) SCF_MUST_CHECK;
/* Ids that records, tiles, blocks, seals or nodes name and that are no chains; what names them. */
enum scf_code scf_audit_orphans(struct scf_db *db, struct scf_arena *arena, struct scf_rows **ret,
                                struct scf_error *err) SCF_MUST_CHECK;

/* A stored record as the audit sees it; lengths are checked, since anything may be altered. */
struct scf_audit_leaf {
    int64_t kind; /* may be no kind */
    bool has_body, has_digest, has_salt, has_sm3;
    size_t digest_n, salt_n, sm3_n;
    struct scf_record record; /* without the kind */
    struct scf_str enterprise_code, counterparty_code;
};
/* Leaves first ≤ index < past in order; with all columns, or only with what the leaf is made of. */
enum scf_code scf_audit_read_leaves(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                    bool all_columns,
                                    bool (*each)(void *ctx, const struct scf_audit_leaf *leaf),
                                    void *ctx, struct scf_error *err) SCF_MUST_CHECK;

/* Level-0 tiles first ≤ n < past in order. */
enum scf_code scf_audit_read_tiles(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                   bool (*each)(void *ctx, int64_t n, struct scf_str hashes),
                                   void *ctx, struct scf_error *err) SCF_MUST_CHECK;
/* How many tiles of the chain are stored at all levels. */
enum scf_code scf_audit_count_tiles(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Blocks first ≤ height < past in order, 4096 at most: height, size, root, prev_hash, block_hash,
 * sealed_at, block_note, checkpoint_note. */
enum scf_code scf_audit_read_blocks(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t first, int64_t past,
                                    struct scf_rows **ret, struct scf_error *err) SCF_MUST_CHECK;

/* The origin that the installation row names; "" when there is no such row. */
enum scf_code scf_audit_origin(struct scf_db *db, struct scf_arena *arena, const char **ret,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
