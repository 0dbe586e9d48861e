/* Publishing an assessment that was computed: its document, which is the body of its record in the
 * platform's chain, and what is left of the limit for each lender that it is addressed to. */
#ifndef SCFD_CREDIT_PUBLISH_H
#define SCFD_CREDIT_PUBLISH_H

#include "scfd/db/db.h"
#include "scfd/limit/limit.h"

/* The largest document and receipt of one assessment. */
enum { SCF_DOCUMENT_BYTES = 4 << 20, SCF_RECEIPT_BYTES = 16 << 20 };

/* Writes the document, which names the receipt by its digest; the members of the resource but for
 * what changes about an assessment. `out` overflows at its maximum (base/buf.h). Pure. */
void scf_assess_document(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                         struct scf_str receipt, struct scf_buf *out);

/* Computes and saves what is left for each lender that has terms in the currency, inside the
 * transaction that publishes the assessment; for the others the shared limit stands. `receipt` is
 * the assessment's; the lenders are addressed already. INTERNAL: no memory; codes of the database.
 */
enum scf_code scf_lender_limits_publish(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_limit_inputs *in,
                                        const struct scf_limit_result *result,
                                        struct scf_str receipt, const struct scf_uuid *lenders,
                                        size_t n, struct scf_error *err) SCF_MUST_CHECK;

#endif
