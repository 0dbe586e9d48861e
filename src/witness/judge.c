/* The rules of add-checkpoint, in the order of the specification. Relies on chain/merkle. */
#include "judge.h"

#include "scfd/base/clock.h"
#include "scfd/chain/merkle.h"

bool scf_wit_impossible(const struct scf_checkpoint *checkpoint) {
    struct scf_hash empty = scf_merkle_empty(SCF_SHA256);
    return checkpoint->size == 0 && !scf_hash_eq(&checkpoint->root, &empty);
}

/* From nothing any tree is consistent, and from a tree to itself only its own root; neither needs a
 * proof. */
static bool proven(const struct scf_wit_standing *log, const struct scf_wit_request *request,
                   const struct scf_checkpoint *checkpoint) {
    if (request->old_size == 0 || request->old_size == checkpoint->size)
        return request->proof_count == 0 && !scf_wit_impossible(checkpoint);
    return scf_merkle_verify_consistency(SCF_SHA256, (uint64_t)request->old_size,
                                         (uint64_t)checkpoint->size, &log->root, &checkpoint->root,
                                         request->proof, (size_t)request->proof_count);
}

enum scf_wit_verdict scf_wit_judge(const struct scf_wit_standing *log,
                                   const struct scf_wit_request *request,
                                   const struct scf_checkpoint *checkpoint) {
    if (request->old_size > checkpoint->size)
        return SCF_WIT_BAD_SIZE;
    if (request->old_size != log->size)
        return SCF_WIT_STALE;
    if (log->cosigned && log->size == checkpoint->size &&
        !scf_hash_eq(&log->root, &checkpoint->root))
        return SCF_WIT_STALE;
    if (!proven(log, request, checkpoint))
        return SCF_WIT_BAD_PROOF;
    return log->halted ? SCF_WIT_HALTED : SCF_WIT_COSIGN;
}

int64_t scf_wit_time(int64_t now_us, int64_t last_s) {
    int64_t now_s = now_us < 0 ? 0 : now_us / SCF_US_PER_SECOND;
    return now_s > last_s ? now_s : last_s;
}
