/* Template definitions as JSON: the texts of templates/ and of POST /v1/industry-templates. */
#ifndef SCFD_TEMPLATE_PARSE_H
#define SCFD_TEMPLATE_PARSE_H

#include "scfd/template/template.h"

/* The schema of a definition ("IndustryTemplateCreate"). Static. */
extern const struct scf_schema scf_template_schema;

/* A definition that passed scf_template_schema as a template in `arena` (strings too). Identity
 * (id, uuid, revision, published) is the caller's to fill. NULL: the arena is full. Pure. */
struct scf_template *scf_template_read(struct scf_arena *arena,
                                       const cJSON *definition) SCF_MUST_CHECK;

/* Scans, checks and reads a definition text. `faults` (may be NULL) gets every fault; the code is
 * then VALIDATION_FAILED. */
enum scf_code scf_template_parse(struct scf_arena *arena, struct scf_str text,
                                 struct scf_faults *faults, struct scf_template **ret,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* Names as the definition writes them, in enum order (kinds from SCF_REC_CONTRACT). */
extern const char *const scf_template_kind_names[], *const scf_template_type_names[],
                                                        *const scf_template_period_names[];

/* Decimals of a sound definition in millionths. */
int64_t scf_template_ppm(const cJSON *item, int64_t fallback);
int64_t scf_template_ppm_member(const cJSON *object, const char *name); /* absent: 0 */

/* The grading of CR-2.2, for definitions without `grading`. */
extern const struct scf_grading scf_default_grading;

#endif
