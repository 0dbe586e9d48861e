/* Settings of targets: what adapters share. Pure. */
#ifndef SCFD_ANCHOR_SETTINGS_H
#define SCFD_ANCHOR_SETTINGS_H

#include "scfd/codec/schema.h"

/* Checks settings against the schema of their kind; faults point into "#/settings". True: none. */
bool settings_schema_check(const struct scf_schema *schema, const cJSON *settings,
                           struct scf_faults *faults);

#endif
