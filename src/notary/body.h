/* Bodies of the room: field tables, and what each step needs. Private to notary. Pure; any thread.
 */
#ifndef SCFD_NOTARY_BODY_H
#define SCFD_NOTARY_BODY_H

#include "states.h"

#include "scfd/codec/body.h"
#include "scfd/codec/field_table.h"

/* Passed as rules_ctx: when the body came in, and the sender's time zone. */
struct scf_enf_ctx {
    int64_t now_us;
    int offset_minutes;
};

extern const struct scf_schema scf_enf_preflight_schema, scf_enf_create_schema, scf_enf_step_schema,
    scf_enf_calendar_schema;
/* schema_case.c: what a request for an amendment carries, and a party. */
extern const struct scf_field scf_enf_amendment_members[], scf_enf_party_members[];
/* The step's first fields, "step" and "happened_at", are said by its record anyway. */
enum { SCF_ENF_STEP_SAID = 2 };

/* Of a valid step body. */
enum scf_enf_step scf_enf_body_step(const cJSON *body);
int64_t scf_enf_body_time(const cJSON *body, const struct scf_enf_ctx *ctx);
/* The outcome that states.h calls good. */
bool scf_enf_body_good(const cJSON *body);
/* Names of the members that a step needs, at most `max`; returns how many. */
size_t scf_enf_step_needs(enum scf_enf_step step, const char **ret, size_t max);
/* An identifier in a valid body, whatever its prefix; nil when absent. */
struct scf_uuid scf_enf_body_id(const cJSON *object, const char *name);

#endif
