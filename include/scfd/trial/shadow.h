/* Shadow policies: what an assessment's inputs give under another policy, kept beside the
 * assessment and without any effect on it. For those who make assessments.
 *
 * Lists and their texts are in `arena`. Any thread with its connection. */
#ifndef SCFD_TRIAL_SHADOW_H
#define SCFD_TRIAL_SHADOW_H

#include "scfd/db/db.h"
#include "scfd/limit/limit.h"

struct scf_shadow {
    struct scf_policy policy;
    bool exact;
    struct scf_limit_inputs inputs;
    struct scf_limit_result result;
};
/* The shadow policies in force at a time; none is no error. Policies that cannot be read are logged
 * and left out: a shadow must not cost an assessment. Codes: of the database. */
enum scf_code scf_shadow_policies(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                  struct scf_policy **ret, size_t *ret_n,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* What `n` of them make of the inputs. Those for which there is no memory are logged and left out;
 * *ret_n: how many there are. Pure but for the log. */
struct scf_shadow *scf_shadows_under(const struct scf_policy *policies, size_t n,
                                     const struct scf_limit_inputs *in, struct scf_arena *arena,
                                     size_t *ret_n);
/* Both, for one assessment at its time. */
enum scf_code scf_shadows_compute(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_limit_inputs *in, struct scf_shadow **ret,
                                  size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* Keeps them beside the assessment; inside the transaction of its outcome. `in` and `result` are
 * the assessment's own. Codes: of the database; INTERNAL when memory is short. */
enum scf_code scf_shadows_save(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in,
                               const struct scf_limit_result *result,
                               const struct scf_shadow *shadows, size_t n,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
