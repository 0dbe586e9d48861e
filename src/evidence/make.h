/* Making the bundle of a record: reads what it is made of, signs it. */
#ifndef SCFD_EVIDENCE_MAKE_H
#define SCFD_EVIDENCE_MAKE_H

#include "bundle.h"

#include "scfd/party/services.h"

/* The bundle of a record that the caller may see and that is not erased, as a file in `out`. Text
 * lives in `arena`. With `stamped`, and where a timestamp authority is configured, it is
 * time-stamped; the first time that calls out, so that no transaction may be open. NOT_SEALED;
 * EVIDENCE_SIGNER_DIFFERS; SIGNER_ENDED: the certificate is not valid at the bundle's moment;
 * BUNDLE_TOO_LARGE: more than SCF_ZIP_BYTES_MAX bytes or SCF_BUNDLE_FILES_MAX files;
 * TIMESTAMP_UNAVAILABLE: no authority answers, or SCF_STAMPING_MAX threads wait for them already;
 * INTERNAL; those of the database. */
enum { SCF_STAMPING_MAX = 2 };
enum scf_code scf_bundle_make(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              bool stamped, struct scf_buf *out,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Before anything is signed: EVIDENCE_SIGNER_DIFFERS when the installation's certificates are not
 * those of this process, also when nothing is written down any more because they are being changed;
 * those of the database. */
enum scf_code scf_evidence_signer_check(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_services *services,
                                        struct scf_error *err) SCF_MUST_CHECK;

/* The preservation certificate of such a record as PDF; `base_url` is where clients reach us.
 * NOT_SEALED; EVIDENCE_SIGNER_DIFFERS; those of the database and of scf_certificate_draw. */
enum scf_code scf_certificate_make(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services,
                                   const struct scf_record *record, const char *base_url,
                                   struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
