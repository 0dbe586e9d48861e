/* Bodies of POST /v1/receivables and …/steps: field tables, and what a step's body changes in the
 * row. Private to receivable. Pure; any thread. */
#ifndef SCFD_RECEIVABLE_BODY_H
#define SCFD_RECEIVABLE_BODY_H

#include "step.h"

#include "scfd/codec/body.h"
#include "scfd/codec/field_table.h"

/* Passed as rules_ctx: when the body came in, and the sender's time zone. */
struct scf_rcv_ctx {
    int64_t now_us;
    int offset_minutes;
};

extern const struct scf_schema scf_receivable_schema, scf_rcv_step_schema;
/* The step's first fields, "step" and "happened_at", are said by its record anyway. */
enum { SCF_RCV_STEP_SAID = 2 };

/* The step of a valid body; when it happened. */
enum scf_rcv_step scf_rcv_body_step(const cJSON *body);
int64_t scf_rcv_body_time(const cJSON *body, const struct scf_rcv_ctx *ctx);
/* What the invoice check says; NOT_YET when the body is of another step. */
enum scf_rcv_verification scf_rcv_body_verification(const cJSON *body);
/* The outcome of the step: false for a search that shows an entry which goes before, an invoice
 * that is not in order, a mismatch, reasons that do not hold. */
bool scf_rcv_body_good(const cJSON *body, const struct scf_receivable *r,
                       const struct scf_rcv_ctx *ctx);

/* What the step changes beside the state, `r` having entered it. VALIDATION_FAILED for a value that
 * does not fit this receivable. `arena` holds texts. */
enum scf_code scf_rcv_effect(struct scf_arena *arena, struct scf_receivable *r,
                             enum scf_rcv_step step, const cJSON *body,
                             const struct scf_rcv_ctx *ctx, struct scf_error *err) SCF_MUST_CHECK;
/* The entry that the step "register" reports, in the register's own words (CR-7.5): the JSON that
 * the row keeps. `text` is the description unless the body gives its own. NULL: no memory. */
char *scf_registration_record(struct scf_arena *arena, const cJSON *body,
                              const struct scf_rcv_description *d, const char *text);

/* The members of a body by its field table, in the table's order; the register's modify code is
 * left out wherever it stands. */
void scf_rcv_members_write(struct scf_jsonw *w, const struct scf_field *fields,
                           const cJSON *object);

#endif
