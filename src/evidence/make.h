/* Making the bundle of a record: reads what it is made of, signs it. */
#ifndef SCFD_EVIDENCE_MAKE_H
#define SCFD_EVIDENCE_MAKE_H

#include "bundle.h"

#include "scfd/party/services.h"

/* The bundle of a record that the caller may see and that is not erased, as a file in `out`. Text
 * lives in `arena`. NOT_SEALED; those of the database. */
enum scf_code scf_bundle_make(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

/* The preservation certificate of such a record as PDF; `base_url` is where clients reach us. The
 * same codes, and those of scf_certificate_draw. */
enum scf_code scf_certificate_make(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services,
                                   const struct scf_record *record, const char *base_url,
                                   struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
