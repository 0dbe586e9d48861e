/* Witnesses (C2SP tlog-witness, tlog-cosignature): we ask others to cosign the checkpoints of our
 * chains, and cosign those of other logs ourselves. */
#ifndef SCFD_WITNESS_WITNESS_H
#define SCFD_WITNESS_WITNESS_H

#include "scfd/chain/chain.h"

/* Task "witness": shows the newest checkpoints of the chains that want cosignatures to the
 * witnesses that have not seen them yet. */
enum scf_code scf_witness_task(struct scf_db *db, struct scf_arena *arena, void *app,
                               struct scf_error *err) SCF_MUST_CHECK;

/* The earliest checkpoint of the chain that covers leaf `index` and has its quorum of cosignatures;
 * when none has, the earliest with any. */
struct scf_cosigned {
    int64_t size;        /* of the tree; 0: there is none */
    struct scf_str note; /* the checkpoint with our signature and all cosignatures */
    int cosignatures, quorum;
};
enum scf_code scf_witness_find(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t index,
                               struct scf_cosigned *ret, struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_witness_routes[];
extern const size_t scf_witness_route_count;

#endif
