/* Limits on paper: the result as JSON, and the receipt, which is all that a limit rests on,
 * written, read back, and verified by computing the limit again.
 *
 * Pure; any thread. Writers put JSON into a buffer whose overflow is sticky (base/buf.h): the
 * caller looks at it once, at the end. The same inputs give the same bytes. docs/credit-model.md
 * has the members. */
#ifndef SCFD_LIMIT_RECEIPT_H
#define SCFD_LIMIT_RECEIPT_H

#include "scfd/codec/jsonw.h"
#include "scfd/limit/lender.h"

#define SCF_RECEIPT_FORMAT "scfd-receipt/v2"
#define SCF_LENDER_RECEIPT_FORMAT "scfd-lender-receipt/v1"

/* ---- parts of documents; `w` stands in the object that gets them ---- */

/* The members of a result, and of the contracts of `in` that it has parts of. */
void scf_result_write(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                      const struct scf_limit_result *result);
/* An array member (`key` NULL: the whole text): `n` steps of a waterfall; `scale` is the decimal
 * places of the currency. */
void scf_steps_write(struct scf_jsonw *w, const char *key, const struct scf_limit_step *steps,
                     size_t n, int scale);
/* {"name","version","sha256"} of the model: its policy. */
void scf_model_write(struct scf_jsonw *w, const char *key, const struct scf_policy *policy);
/* An array member: the chains of the inputs, how far each was folded, and its sealed tree. */
void scf_chains_write(struct scf_jsonw *w, const char *key, const struct scf_limit_inputs *in);

/* ---- the receipt that all share ---- */

/* All inputs, the checks beside them, their digests, and the result. */
void scf_receipt_write(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                       struct scf_buf *out);
/* The inputs of a receipt that was parsed; texts point into it or into `arena`, lists are in
 * `arena`. VALIDATION_FAILED: a member is missing or wrong; the detail begins with the JSON pointer
 * of the first. INTERNAL: the arena is full. */
enum scf_code scf_receipt_read(struct scf_arena *arena, const cJSON *receipt,
                               struct scf_limit_inputs *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Recomputes the limit from a receipt alone (of either format) and compares every number, and the
 * digest over the inputs. Writes one plain line per step to `report`. True: everything holds. */
bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) SCF_MUST_CHECK;

/* ---- a lender's receipt: the shared one, unchanged, and this lender's part of it ---- */

/* Both. The digest of the receipt stands in the lender's part, so that neither can be replaced
 * alone. */
void scf_lender_receipt_write(struct scf_str receipt, const struct scf_limit_inputs *in,
                              const struct scf_lender_inputs *lender,
                              const struct scf_lender_result *result, struct scf_buf *out);
/* The lender's part by itself, which is kept beside the shared receipt. `checks` NULL: made from
 * the inputs; else these (a verifier's). */
void scf_lender_part_write(struct scf_str receipt, const struct scf_limit_inputs *in,
                           const struct scf_lender_inputs *lender,
                           const struct scf_lender_result *result, const char *checks,
                           struct scf_buf *out);
/* Both put together, from texts that were written before. */
void scf_lender_receipt_join(struct scf_str receipt, struct scf_str part, struct scf_buf *out);

#endif
