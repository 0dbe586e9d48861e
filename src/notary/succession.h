/* Change of creditor: the claim is assigned, and the debtor notified, without which the assignment
 * has no effect on him (民法典 546). Private to notary. Pure; any thread. */
#ifndef SCFD_NOTARY_SUCCESSION_H
#define SCFD_NOTARY_SUCCESSION_H

#include "case.h"

/* Is there an assignment of which debtors and guarantors were not notified? */
bool scf_enf_unnotified(const struct scf_enf_story *s);
/* Is the code that of a party of the dossier? */
bool scf_enf_is_in_case(const cJSON *dossier, const char *uscc);
/* "creditor" and "assignment" as a dossier has them, by the newest assignment, which there is. */
void scf_enf_creditor_write(struct scf_jsonw *w, const struct scf_enf_story *s);
/* How the claim came to the creditor, oldest first, as an array under "succession"; nothing when it
 * was not assigned. */
void scf_enf_succession_write(struct scf_jsonw *w, const struct scf_enf_story *s);

/* Calls `visit` for every assignment with the creditor before it, what it said, and what its notice
 * said (NULL: none). */
void scf_enf_each_assignment(const struct scf_enf_story *s,
                             void (*visit)(void *ctx, const cJSON *assignor, const cJSON *said,
                                           const cJSON *notice),
                             void *ctx);

#endif
