/* Shared by params.c and params_array.c. */
#ifndef SCFD_DB_PARAMS_IMPL_H
#define SCFD_DB_PARAMS_IMPL_H

#include "scfd/db/db.h"
#include "wire.h"

/* Adds a parameter of n bytes and returns where they go; NULL (and p->failed) when the arena is
 * full. */
char *scf_param_space(struct scf_params *p, unsigned type_oid, size_t n) SCF_MUST_CHECK;

#endif
