/* What erasing reads and writes. All but the sweep inside the erasing transaction. */
#ifndef SCFD_ERASURE_STORE_H
#define SCFD_ERASURE_STORE_H

#include "scfd/chain/record.h"

/* Of the request; texts are views. */
struct scf_erasure_order {
    struct scf_str reason, requested_by, reference; /* reference: empty when there is none */
    int basis;                                      /* index of scf_erasure_basis_names */
    int64_t requested_us;
};
enum { SCF_BASIS_COURT_ORDER };
extern const char *const scf_erasure_basis_names[];

/* Locks the record's row and reads it. NOT_FOUND. */
enum scf_code scf_erasure_lock_record(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *id, struct scf_record *ret,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* Why the record has to be kept; NULL: nothing. Locks the limit accounts of its contract and the
 * heads of its claims, so that none comes into being meanwhile. */
struct scf_retention {
    const char *rule; /* "open-loan", "open-hold", "open-claim", "open-receivable" */
    struct scf_uuid holder_id;
    const char *holder_prefix; /* "loan", "hold", "rcv" */
};
enum scf_code scf_erasure_retention(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_record *record, int64_t now_us,
                                    const struct scf_retention **ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Takes the content out of every table that has some of it (docs/erasure.md lists them). */
enum scf_code scf_erasure_strip(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_record *record, int64_t now_us,
                                struct scf_error *err) SCF_MUST_CHECK;

/* That it was done. `erasure` is the record that says so. */
enum scf_code scf_erasure_insert(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *record, const struct scf_record *erasure,
                                 int basis, struct scf_error *err) SCF_MUST_CHECK;
/* The document of the erasure of a record that was erased, in `arena`. */
enum scf_code scf_erasure_document(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *record_id, struct scf_str *ret,
                                   struct scf_error *err) SCF_MUST_CHECK;

/* ---- the sweep ---- */

/* Erased records that wait for it, the oldest 1000. */
struct scf_erasure_pending {
    struct scf_uuid *unseen; /* no transaction sees old row versions of these */
    size_t n_unseen;
    size_t n_seen; /* of these one still may */
};
enum scf_code scf_erasure_pending(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_erasure_pending *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Vacuums the tables that scf_erasure_strip changes. Outside a transaction. */
enum scf_code scf_erasure_vacuum(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Notes the end, for the unseen ones. */
enum scf_code scf_erasure_swept(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_erasure_pending *done, int64_t now_us,
                                struct scf_error *err) SCF_MUST_CHECK;

#endif
