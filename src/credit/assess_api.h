/* Shared by the handlers of /v1/credit-assessments. */
#ifndef SCFD_CREDIT_ASSESS_API_H
#define SCFD_CREDIT_ASSESS_API_H

#include "assess.h"

/* The resource; `lenders` NULL: the reader may not know to whom else it was addressed. */
void scf_assess_write(struct scf_buf *out, struct scf_arena *arena,
                      const struct scf_assess_row *row, const struct scf_assess_lender *lenders,
                      int lender_count);
int scf_assess_status_of(const char *text); /* −1: no status */

enum { SCF_ASSESS_ETAG = 48, SCF_ASSESS_BODY_MAX = 6 << 20 };
void scf_assess_etag(const struct scf_uuid *id, int64_t version, char out[SCF_ASSESS_ETAG]);

void scf_assess_create(struct scf_request *rq); /* POST …, assess_create.c */
void scf_assess_list(struct scf_request *rq);   /* GET …, assess_list.c */

/* Answers with the assessment as the caller may see it. */
void scf_assess_reply(struct scf_request *rq, int status, const struct scf_uuid *id);

#endif
