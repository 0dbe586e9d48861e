/* Targets to and from JSON. Pure. */
#ifndef SCFD_ANCHOR_TARGET_SCHEMA_H
#define SCFD_ANCHOR_TARGET_SCHEMA_H

#include "scfd/codec/jsonw.h"
#include "target.h"

extern const struct scf_schema scf_anchor_target_create_schema, scf_anchor_target_update_schema;

/* Takes over what the body names; texts are the body's, settings are copied from `text`, of which
 * `body` is the parsed object, into the arena. False: no memory. */
bool scf_anchor_target_apply(struct scf_arena *arena, struct scf_str text, const cJSON *body,
                             struct scf_anchor_target *target) SCF_MUST_CHECK;
/* What a new target has that the body does not name. */
struct scf_anchor_target scf_anchor_target_defaults(const cJSON *body);
/* Adds the faults of a whole target: of its kind's settings, and of times that cannot be. */
void scf_anchor_target_check(const struct scf_services *services, struct scf_arena *arena,
                             const struct scf_anchor_target *target, struct scf_faults *faults);
/* Its members, without braces. */
void scf_anchor_target_write(struct scf_jsonw *w, const struct anchor_target_row *row);

#endif
