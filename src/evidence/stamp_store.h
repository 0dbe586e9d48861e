/* What bundles read and keep of their own: time stamps, and keys of witnesses. */
#ifndef SCFD_EVIDENCE_STAMP_STORE_H
#define SCFD_EVIDENCE_STAMP_STORE_H

#include "scfd/codec/digest.h"
#include "scfd/db/db.h"

struct scf_evidence_stamp {
    struct scf_str token, ca_pem; /* token.n 0: there is none */
    const char *target;
    bool possible; /* there is an authority that could be asked */
};

/* The stamp of a manifest, if there is one, and whether there could be. In `arena`. */
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

/* Verifier keys of who cosigned the chain's tree of that size, a line each; empty: nobody. */
enum scf_code scf_evidence_witness_keys(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_uuid *chain_id, int64_t size,
                                        struct scf_str *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Names of the active nodes of courts and notaries, in words; NULL: there are none. */
enum scf_code scf_evidence_judges(struct scf_db *db, struct scf_arena *arena, const char **ret,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
