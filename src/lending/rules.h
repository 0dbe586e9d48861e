/* Rules across fields that the three bodies share. All see a body whose single fields are sound. */
#ifndef SCFD_LENDING_RULES_H
#define SCFD_LENDING_RULES_H

#include "schemas.h"

/* The member is needed; `because` ends the sentence. */
void scf_need(const cJSON *body, struct scf_faults *faults, const char *name, const char *because);
/* The member has no place here. */
void scf_forbid(const cJSON *body, struct scf_faults *faults, const char *name,
                const char *because);
/* A time must not be later than five minutes from now. */
void scf_not_future(const cJSON *body, struct scf_faults *faults, const char *name,
                    const struct scf_lending_ctx *ctx);
/* No text twice in a list of texts. */
void scf_no_duplicates(const cJSON *body, struct scf_faults *faults, const char *name);

#endif
