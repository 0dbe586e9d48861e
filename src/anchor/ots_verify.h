/* See struct scf_anchor_adapter. `trust` has lines "bitcoin <height> <header in 160 hex digits>".
 * True when some block's Merkle root attests the statement, and no trusted header contradicts; the
 * time is that of the earliest trusted header, 0 when none is given. Pure. */
#ifndef SCFD_ANCHOR_OTS_VERIFY_H
#define SCFD_ANCHOR_OTS_VERIFY_H

#include "scfd/base/buf.h"
#include "scfd/base/text.h"

bool ots_verify(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                struct scf_buf *report, int64_t *ret_time_us);

/* See `steps` of the adapter. */
bool ots_steps(struct scf_str proof, struct scf_buf *out);

#endif
