/* Which public key signs a database's blocks. */
#ifndef SCFD_CHAIN_LOG_KEY_STORE_H
#define SCFD_CHAIN_LOG_KEY_STORE_H

#include "scfd/codec/sign.h"
#include "scfd/codec/suite.h"
#include "scfd/db/db.h"

/* Whether `key` is the one that is written down for the suite. *ret_known false: none is yet, and
 * *ret_same is true. */
enum scf_code scf_log_key_compare(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                                  const struct scf_public_key *key, bool *ret_known, bool *ret_same,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* Inside the sealing transaction: writes the key down unless there is one. Waits for another
 * transaction that does so; what it wrote counts, and scf_log_key_compare then sees it. */
enum scf_code scf_log_key_pin(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                              const struct scf_public_key *key, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
