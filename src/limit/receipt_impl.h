/* Parts of a receipt, shared by the files that write it (receipt.c, receipt_contract.c,
 * lender_receipt.c), read it back and verify it. All pure. */
#ifndef SCFD_LIMIT_RECEIPT_IMPL_H
#define SCFD_LIMIT_RECEIPT_IMPL_H

#include "scfd/limit/receipt.h"

/* "inputs", "checks" and the digests of both, of a receipt or of a lender's part, from the JSON of
 * the inputs; `base` is the pointer of the inputs. `checks` NULL: made from the inputs; else these:
 * a verifier compares digests first, and makes checks only to name what does not agree, since they
 * cost as much as all the rest. */
void scf_receipt_seal(struct scf_jsonw *w, const struct scf_buf *inputs, const char *base,
                      const char *checks);
void scf_receipt_write_with(const struct scf_limit_inputs *in,
                            const struct scf_limit_result *result, const char *checks,
                            struct scf_buf *out);
/* `checks` of the receipt inside is that of the text; of the lender's part as above. */
void scf_lender_receipt_write_with(struct scf_str receipt, const struct scf_limit_inputs *in,
                                   const struct scf_lender_inputs *lender,
                                   const struct scf_lender_result *result, const char *checks,
                                   struct scf_buf *out);
/* Optional members: null when absent, so that leaving one out is told from its absence. */
void scf_receipt_day(struct scf_jsonw *w, const char *key, bool has, int32_t day);
void scf_receipt_time(struct scf_jsonw *w, const char *key, bool has, int64_t us);

struct scf_reader;
void scf_receipt_write_contract(struct scf_jsonw *w, const struct scf_limit_contract *k);
/* "contracts" of the inputs `o`; the policy of `in` is set. */
void scf_receipt_read_contracts(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in);

/* The lender's part of its receipt; fails as scf_receipt_read does. */
enum scf_code scf_lender_part_read(struct scf_arena *arena, const cJSON *document, int scale,
                                   struct scf_lender_inputs *ret,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
