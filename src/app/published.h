/* The file of what was published, as the configuration names it (docs/restore.md). */
#ifndef SCFD_APP_PUBLISHED_H
#define SCFD_APP_PUBLISHED_H

#include "scfd/db/db.h"
#include "scfd/party/services.h"

/* Its path. INVALID_PARAMETER: too long. */
enum scf_code scf_published_path(const struct scf_config *config, char ret[PATH_MAX],
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Opens it into services->published, for a server that starts: a file that is missing is made, for
 * an instance may be new, unless published_required says that none is. */
enum scf_code scf_open_published(struct scf_db *db, struct scf_services *services,
                                 struct scf_error *err) SCF_MUST_CHECK;

#endif
