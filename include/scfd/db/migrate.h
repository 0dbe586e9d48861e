/* Migrations: numbered files sql/NNNN_name.sql, embedded in the binary, each run in one transaction
 * under an advisory lock and recorded with its SHA-256 in scfd.schema_migration. A recorded
 * checksum that differs from the embedded file is an error, as is a schema newer than the binary.
 * main thread, before serving. */
#ifndef SCFD_DB_MIGRATE_H
#define SCFD_DB_MIGRATE_H

#include "scfd/base/buf.h"
#include "scfd/db/db.h"

struct scf_migration {
    int number;
    const char *name;
    const char *sql;
};
/* Generated from sql/ by the Makefile (build/gen/migrations.c). */
extern const struct scf_migration scf_migrations[];
extern const int scf_migration_count;

enum scf_migrate_mode { SCF_MIGRATE_APPLY, SCF_MIGRATE_PLAN, SCF_MIGRATE_CHECK };

/* APPLY runs what is missing; PLAN only lists it in `report`; CHECK fails with WRONG_STATE when
 * anything is missing or altered. `report` (may be NULL) gets one plain line per migration. */
enum scf_code scf_migrate(const char *database_url, enum scf_migrate_mode mode,
                          struct scf_buf *report, struct scf_error *err) SCF_MUST_CHECK;

/* Is everything there that this program needs, unaltered? WRONG_STATE otherwise. A newer migration
 * does not matter: while instances are replaced one after another, the old ones go on serving. */
enum scf_code scf_migrate_serves(struct scf_db *db, struct scf_error *err) SCF_MUST_CHECK;

#endif
