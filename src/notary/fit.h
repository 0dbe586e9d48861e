/* What may be notarised at all: an instrument, or what amends it, that meets 公证程序规则 39.
 * Private to notary. Pure but for the case that was opened; one thread, memory in its arena. */
#ifndef SCFD_NOTARY_FIT_H
#define SCFD_NOTARY_FIT_H

#include "take.h"

/* VALIDATION_FAILED with every hard rule of preflight.h that the dossier does not meet. */
enum scf_code scf_enf_submit_fit(struct scf_enf_taking *t, struct scf_error *err) SCF_MUST_CHECK;
/* `terms`: "amendment" of a valid request. VALIDATION_FAILED, at pointers into the request, when
 * what it changes is not fit, when a clause that it changes does not stand in its own text
 * (司发通〔2017〕76号), or when the loan has not the amended terms; CONFLICT: one amendment too
 * many. */
enum scf_code scf_enf_amendment_fit(struct scf_enf_taking *t, const cJSON *terms,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
