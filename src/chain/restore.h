/* The rule for restored databases, for the sealer: see scf_log_check in chain.h. */
#ifndef SCFD_CHAIN_RESTORE_H
#define SCFD_CHAIN_RESTORE_H

#include "seal_store.h"

#include "scfd/chain/chain.h"

/* Whether the log may be sealed now. Looks at everything (scf_log_check) after a failure, while it
 * is halted, and once a minute; else only whether a witness saw more. Non-OK: it cannot be known.
 */
enum scf_code scf_restore_may_seal(struct scf_db *db, const struct scf_services *services,
                                   bool *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Inside the sealing transaction, under the locks of these chains: is the log at the origin that
 * this process signs under, and do they hold every block that was published of them? If not the log
 * is halted, and *ret false. Asks of blocks only where another instance has sealed meanwhile. */
enum scf_code scf_restore_holds(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services,
                                const struct scf_seal_state *states, size_t n, bool *ret,
                                struct scf_error *err) SCF_MUST_CHECK;

/* After the commit: remembers these blocks. */
enum scf_code scf_restore_remember(const struct scf_services *services,
                                   const struct scf_sealed_block *blocks, size_t n,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
