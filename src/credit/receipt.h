/* JSON of a limit: the result's members, and the receipt in both directions. Pure. */
#ifndef SCFD_CREDIT_RECEIPT_H
#define SCFD_CREDIT_RECEIPT_H

#include "scfd/codec/jsonw.h"
#include "scfd/credit/limit.h"

/* Members of the result as resources.md names them, into the object `w` stands in. */
void scf_result_write(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                      const struct scf_limit_result *result);

/* {"name","version","sha256"} of the model: its policy. */
void scf_model_write(struct scf_jsonw *w, const char *key, const struct scf_policy *policy);
void scf_chains_write(struct scf_jsonw *w, const char *key, const struct scf_limit_inputs *in);

/* The inputs of a receipt that was parsed; texts point into it or into `arena`. On failure names
 * the first member that is missing or wrong. */
enum scf_code scf_receipt_read(struct scf_arena *arena, const cJSON *receipt,
                               struct scf_limit_inputs *ret, struct scf_error *err) SCF_MUST_CHECK;

int scf_scale_of(const char *currency); /* decimal places; 2 when the currency is unknown */

#endif
