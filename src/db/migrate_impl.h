/* For migrate.c and its tests: the same with another set of migrations. */
#ifndef SCFD_DB_MIGRATE_IMPL_H
#define SCFD_DB_MIGRATE_IMPL_H

#include "scfd/db/migrate.h"

enum scf_code scf_migrate_set(const char *database_url, const struct scf_migration *set, int count,
                              enum scf_migrate_mode mode, struct scf_buf *report,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
