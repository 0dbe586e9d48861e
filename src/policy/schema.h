/* Parameters of a policy as JSON, shared by checking and reading them. Pure. */
#ifndef SCFD_POLICY_SCHEMA_H
#define SCFD_POLICY_SCHEMA_H

#include "scfd/policy/policy.h"

extern const struct scf_schema scf_policy_schema; /* the parameters alone */
extern const char *const scf_combination_names[], *const scf_period_names[]; /* in enum order */

/* Members that the table has found sound: millionths, and a whole number. */
int64_t scf_policy_ratio(const cJSON *object, const char *name);
int64_t scf_policy_integer(const cJSON *object, const char *name);

#endif
