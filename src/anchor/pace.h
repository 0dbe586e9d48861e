/* When an entry is looked at again, and what becomes of it after a step. Pure; any thread. */
#ifndef SCFD_ANCHOR_PACE_H
#define SCFD_ANCHOR_PACE_H

#include "scfd/anchor/anchor.h"

/* Pause after `attempt` steps in a row (from 1) that did not bring an entry on: 2 s, doubling, at
 * most 15 min; of that a random part between half and all, so that entries that failed together do
 * not come back together. */
int64_t scf_anchor_pause_us(int attempt, uint32_t random);

/* The entry after a step that went well: `before` is as it was, `entry` as the step left it. */
void scf_anchor_stepped(const struct scf_anchor_entry *before, struct scf_anchor_entry *entry,
                        int64_t now_us, uint32_t random);
/* The entry after a step that failed: `entry` is as it was. `problem` lives as long as it. */
void scf_anchor_step_failed(struct scf_anchor_entry *entry, const char *problem, int64_t now_us,
                            uint32_t random);

/* Did the step give a proof, or a better one? */
bool scf_anchor_got_proof(const struct scf_anchor_entry *before,
                          const struct scf_anchor_entry *entry);

#endif
