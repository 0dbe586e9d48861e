/* The time stamps of bundles. */
#ifndef SCFD_EVIDENCE_STAMP_STORE_H
#define SCFD_EVIDENCE_STAMP_STORE_H

#include "scfd/codec/digest.h"
#include "scfd/db/db.h"

struct scf_evidence_stamp {
    struct scf_str token, ca_pem; /* token.n 0: there is none */
    const char *target;
};

/* The stamp of a manifest, if there is one. In `arena`. */
enum scf_code scf_evidence_stamp_get(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_hash *manifest,
                                     struct scf_evidence_stamp *ret,
                                     struct scf_error *err) SCF_MUST_CHECK;
/* Keeps a stamp unless there is one already, and gives the one that is kept: makers at once, on any
 * instance, agree. */
enum scf_code scf_evidence_stamp_keep(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_hash *manifest, int64_t now_us,
                                      struct scf_evidence_stamp *stamp,
                                      struct scf_error *err) SCF_MUST_CHECK;

#endif
