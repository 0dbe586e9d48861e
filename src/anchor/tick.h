/* Ticks: making the one that is due. */
#ifndef SCFD_ANCHOR_TICK_H
#define SCFD_ANCHOR_TICK_H

#include "scfd/anchor/anchor.h"

/* Makes a tick if some target is due for one: its interval has passed, none of its entries is
 * pending, and there is a newer block than in its last tick, or that one failed. *ret_made false:
 * nothing was due, or another instance is at it. */
enum scf_code scf_anchor_tick_make(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services, bool *ret_made,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
