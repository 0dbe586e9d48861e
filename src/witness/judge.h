/* What a witness answers to a checkpoint whose signature is good (C2SP tlog-witness v1.0.0,
 * add-checkpoint). Pure; any thread. */
#ifndef SCFD_WITNESS_JUDGE_H
#define SCFD_WITNESS_JUDGE_H

#include "request.h"

enum scf_wit_verdict {
    SCF_WIT_COSIGN,
    SCF_WIT_BAD_SIZE,  /* 400: the old size exceeds the new one */
    SCF_WIT_STALE,     /* 409: another size was cosigned last, or the same one with another root */
    SCF_WIT_BAD_PROOF, /* 422 */
    SCF_WIT_HALTED     /* 403: the log contradicted itself, nobody has looked at it yet */
};

/* What is known of a log. */
struct scf_wit_standing {
    bool halted;
    bool cosigned; /* the next two are there */
    int64_t size;  /* 0 when nothing was cosigned yet */
    struct scf_hash root;
};

enum scf_wit_verdict scf_wit_judge(const struct scf_wit_standing *log,
                                   const struct scf_wit_request *request,
                                   const struct scf_checkpoint *checkpoint);

/* An empty tree has one root: a checkpoint with another contradicts itself. */
bool scf_wit_impossible(const struct scf_checkpoint *checkpoint);

/* The time of the next cosignature, POSIX seconds: now, but never before the last one. */
int64_t scf_wit_time(int64_t now_us, int64_t last_s);

#endif
