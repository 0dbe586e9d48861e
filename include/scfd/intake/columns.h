/* The columns of a stored record against its body: what the audit cannot see, since they are no
 * part of the leaf, and what ratings and limits rest on. */
#ifndef SCFD_INTAKE_COLUMNS_H
#define SCFD_INTAKE_COLUMNS_H

#include "scfd/chain/chain.h"

/* Derives the columns again from the body, as at intake, and says which one differs, or gives NULL.
 * Only what the five kinds of intake carry; of other kinds nothing is compared. `templates` is the
 * catalogue. Goes into scf_audit_options.columns; any thread.
 *
 * What cannot be told any more is taken as it is: the industry that chose the template, and the
 * time zone in which the node sent a plain day. */
enum scf_code scf_record_columns_check(void *templates, struct scf_db *db,
                                       const struct scf_audit_columns *columns,
                                       struct scf_arena *arena, const char **ret,
                                       struct scf_error *err);

#endif
