/* Checkpoints with the cosignatures of witnesses (docs/witnesses.md), as those read them who show
 * chains or make evidence. Who asks the witnesses is the room witness. */
#ifndef SCFD_CHAIN_COSIGNED_H
#define SCFD_CHAIN_COSIGNED_H

#include "scfd/db/db.h"

struct scf_cosigned {
    int64_t size;        /* of the tree; 0: there is none */
    struct scf_str note; /* the checkpoint with our signature and all cosignatures; in the arena */
    int cosignatures, quorum;
};
/* The earliest checkpoint of the chain that covers leaf `index` and has its quorum of cosignatures;
 * when none has, the earliest with any. */
enum scf_code scf_witness_find(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t index,
                               struct scf_cosigned *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The newest one that has its quorum. */
enum scf_code scf_witness_newest(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, struct scf_cosigned *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* How many witnesses a chain wants (0: it asks none), and the largest tree that they cosigned. */
struct scf_witness_standing {
    int quorum;
    int64_t cosigned_size;
};
enum scf_code scf_witness_standing(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *chain_id,
                                   struct scf_witness_standing *ret,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
