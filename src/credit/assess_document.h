/* The document of an assessment: the body of its record in the platform's chain. Pure. */
#ifndef SCFD_CREDIT_ASSESS_DOCUMENT_H
#define SCFD_CREDIT_ASSESS_DOCUMENT_H

#include "scfd/limit/receipt.h"

enum { SCF_DOCUMENT_BYTES = 4 << 20, SCF_RECEIPT_BYTES = 16 << 20 };

/* Writes the document, which names the receipt by its digest. */
void scf_assess_document(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                         struct scf_str receipt, struct scf_buf *out);

#endif
