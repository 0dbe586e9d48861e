/* The preservation certificate (电子数据保全证书): what a bundle proves, on paper. Pure but for the
 * drawing lock of codec/pdf. */
#ifndef SCFD_EVIDENCE_CERTIFICATE_H
#define SCFD_EVIDENCE_CERTIFICATE_H

#include "bundle.h"

/* One anchor of the record, in words. */
struct scf_certificate_anchor {
    const char *target, *kind, *state, *reference; /* the reference may be NULL */
    int64_t proven_us;
};

struct scf_certificate {
    const struct scf_bundle_facts *facts;
    const struct scf_record *record; /* with its body and when it happened */
    const char *node_name;           /* NULL: the platform's own chain */
    int64_t node_since_us;
    struct scf_str subject_name, subject_code; /* who runs the node; empty: nobody is named */
    const char *judges;                        /* courts and notaries among the nodes; NULL: none */
    const char *issuer;                        /* origin of the installation */
    const char *signer_serial;
    const char *base_url;
    const struct scf_certificate_anchor *anchors;
    size_t anchor_count;
};

/* A4 pages as PDF into `out`, the same bytes for the same certificate. Codes of scf_pdf_begin and
 * scf_pdf_end. */
enum scf_code scf_certificate_draw(const struct scf_certificate *c, struct scf_arena *arena,
                                   struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
