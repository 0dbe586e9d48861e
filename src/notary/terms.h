/* Is a loan the debt that the instrument promises? Private to notary. Pure; any thread. */
#ifndef SCFD_NOTARY_TERMS_H
#define SCFD_NOTARY_TERMS_H

#include "scfd/codec/json.h"
#include "scfd/lending/owed.h"

/* Where a loan differs from a dossier. */
struct scf_enf_mismatch {
    const char *pointer; /* into the dossier */
    const char *detail;  /* NULL: it fits */
};
/* Lent to a debtor of the dossier, in its currency, no more than its amount (of a revolving
 * contract: than what is drawn), for no longer than its last day, at no more than its fixed rate:
 * beyond that the debt was not notarised (公证程序规则 39(3), 司发通〔2017〕76号). */
struct scf_enf_mismatch scf_enf_loan_mismatch(const cJSON *dossier, const struct scf_owed *owed);
/* Where the terms of an amendment differ from the loan: an amended schedule is that of all that was
 * lent. Pointers go into the body of the step. */
struct scf_enf_mismatch scf_enf_amendment_mismatch(const cJSON *amendment,
                                                   const struct scf_owed *owed);

#endif
