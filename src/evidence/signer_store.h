/* Which certificates the installation signs evidence with. */
#ifndef SCFD_EVIDENCE_SIGNER_STORE_H
#define SCFD_EVIDENCE_SIGNER_STORE_H

#include "scfd/codec/digest.h"
#include "scfd/db/db.h"

/* Writes the digest of the certificates down unless there is one: of instances that start at once,
 * one does, and is told so by *ret. */
enum scf_code scf_evidence_signer_pin(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_hash *chain, int64_t now_us, bool *ret,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* Whether that digest is the one that is written down; false also where there is none. */
enum scf_code scf_evidence_signer_same(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_hash *chain, bool *ret,
                                       struct scf_error *err) SCF_MUST_CHECK;

#endif
