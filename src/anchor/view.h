/* Ticks and their entries as rows, for the API. */
#ifndef SCFD_ANCHOR_VIEW_H
#define SCFD_ANCHOR_VIEW_H

#include "tree.h"

#include "scfd/anchor/anchor.h"

struct anchor_tick_view {
    int64_t tick, size, at_us;
    struct scf_hash root, statement_sha256;
    struct scf_str statement, note;
    struct scf_anchor_entry *entries; /* each with its target */
    int entry_count;
};
/* NOT_FOUND. With its entries. */
enum scf_code scf_anchor_tick_get(struct scf_db *db, struct scf_arena *arena, int64_t tick,
                                  struct anchor_tick_view *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Ticks after (descending: before) one, at most `limit`, with their entries, of whose proofs only
 * the first byte is there. */
enum scf_code scf_anchor_tick_list(struct scf_db *db, struct scf_arena *arena, int64_t after,
                                   bool descending, int limit, struct anchor_tick_view **ret,
                                   int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* The height of the block that first covers a leaf. NOT_SEALED: it is still open. */
enum scf_code scf_anchor_block_of(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, int64_t leaf_index,
                                  int64_t *ret_height, struct scf_error *err) SCF_MUST_CHECK;

/* How far a chain is anchored at a target: the newest tick with a proof that has the chain. */
struct anchor_reach {
    struct scf_anchor_target target;
    struct scf_anchor_entry entry; /* of its proof one byte: it is there */
    struct anchor_leaf leaf;
};
/* One for each target that has any, also retired ones, by name. NOT_FOUND: no such chain. */
enum scf_code scf_anchor_chain_find(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, struct anchor_reach **ret,
                                    size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

#endif
