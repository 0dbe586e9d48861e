/* Evidence bundles: one ASiC-E file (ETSI EN 319 162-1) that proves a record to a stranger, with
 * common tools and without us; and the preservation certificate, the same for people.
 *
 * A bundle is a function of facts: the record, its proof, its anchors, the signer's certificate.
 * The same facts give the same bytes, on every instance and at any time (docs/evidence.md). */
#ifndef SCFD_EVIDENCE_EVIDENCE_H
#define SCFD_EVIDENCE_EVIDENCE_H

#include "scfd/base/buf.h"
#include "scfd/http/http.h"
#include "scfd/party/services.h"

/* ---- checking a bundle (pure) ---- */

enum { SCF_BUNDLE_WITNESSES_MAX = 16 };

struct scf_bundle_trust {
    struct scf_str vkey; /* C2SP verifier key of the record's chain; empty: the bundle's own */
    struct scf_str witnesses[SCF_BUNDLE_WITNESSES_MAX]; /* their verifier keys */
    size_t witness_count;
    int quorum; /* so many of `witnesses` must have cosigned */
    /* Certificates in PEM (of the signer, of timestamp authorities) and headers of blocks, for the
     * anchors; empty: the roots in the bundle. */
    struct scf_str roots;
};

/* A ZIP file: what a bundle begins as. */
bool scf_bundle_is(struct scf_str file) SCF_MUST_CHECK;

/* Checks everything that is in the file, offline; a plain line per step into `report`, "ok" or
 * "FAILED" first. True: all hold. Any other byte anywhere in the file makes it false. Any thread.
 */
bool scf_bundle_verify(struct scf_str file, const struct scf_bundle_trust *trust,
                       struct scf_buf *report) SCF_MUST_CHECK;

/* ---- serving ---- */

/* At the start: writes down which certificates services->evidence_signer has, if nothing is yet,
 * and else compares. EVIDENCE_SIGNER_DIFFERS: this instance makes no bundles (docs/operations.md);
 * those of the database. */
enum scf_code scf_evidence_signer_settle(struct scf_db *db, struct scf_arena *arena,
                                         const struct scf_services *services,
                                         struct scf_error *err) SCF_MUST_CHECK;

/* GET /v1/records/{id}/evidence, GET /v1/records/{id}/preservation-certificate */
extern const struct scf_route scf_evidence_routes[];
extern const size_t scf_evidence_route_count;

#endif
