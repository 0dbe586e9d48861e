/* What the field tables of the intake resources share, and the context of their rules. Private to
 * intake. Static data and pure functions. */
#ifndef SCFD_INTAKE_SCHEMAS_H
#define SCFD_INTAKE_SCHEMAS_H

#include "scfd/intake/intake.h"

/* Passed as scf_schema_options.rules_ctx. */
struct scf_rules_ctx {
    int64_t received_us;
    int offset_minutes; /* the node's time zone: a plain date begins at its midnight */
};

#endif
