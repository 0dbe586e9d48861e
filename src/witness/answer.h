/* What a witness answers to our checkpoint, and when to ask it again. Pure; any thread. */
#ifndef SCFD_WITNESS_ANSWER_H
#define SCFD_WITNESS_ANSWER_H

#include "scfd/witness/cosignature.h"

enum scf_wit_answer_kind {
    SCF_WIT_COSIGNED,
    SCF_WIT_OTHER_SIZE, /* 409: it has cosigned another tree than we thought */
    SCF_WIT_REFUSED     /* everything else that it says; `problem` is for people */
};
struct scf_wit_answer {
    enum scf_wit_answer_kind kind;
    struct scf_str line; /* the cosignature with its LF, a view into the body */
    int64_t time_s;
    int64_t size;
    const char *problem; /* static */
};
/* A cosignature counts only when it is by this key, over this text, and not from the future: beyond
 * a quarter of an hour after `now_us`, for clocks differ. */
struct scf_wit_answer scf_wit_answer_read(int status, struct scf_str body, struct scf_str text,
                                          const struct scf_cosigner *key, int64_t now_us);

/* How long to leave alone who has failed `failures` times in a row: 2 s, doubling up to 10 min. */
int64_t scf_wit_pause_us(int failures);

#endif
