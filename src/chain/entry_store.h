/* The records of a run of leaves, as far as they are part of a leaf text. */
#ifndef SCFD_CHAIN_ENTRY_STORE_H
#define SCFD_CHAIN_ENTRY_STORE_H

#include "scfd/chain/record.h"

struct scf_entry {
    bool erased; /* digest and salt are gone */
    struct scf_record record;
};

/* Those of the leaves [from, from + count) that a block covers, in order; fewer than `count` when
 * the newest one ends before. Text in `arena`. */
enum scf_code scf_entries_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t from, int count,
                               struct scf_entry **ret, int *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
