/* What the commands that work on a database without a server share. */
#ifndef SCFD_APP_CMD_DATABASE_H
#define SCFD_APP_CMD_DATABASE_H

#include "scfd/base/config.h"
#include "scfd/db/cluster.h"

/* The database that the configuration names. */
struct scf_target {
    struct scf_config config;
    struct scf_cluster *cluster; /* NULL: there is a database URL; stop it at the end */
    const char *url;
};
/* argv holds nothing but configuration any more. A cluster that is not there is made when `create`
 * says so, else NOT_FOUND: what only looks leaves no database behind in a mistyped directory. */
enum scf_code scf_target_open(struct scf_target *t, int argc, char **argv, bool create,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Takes `name` out of argv; true when it was there. */
bool scf_take_flag(int *argc, char **argv, const char *name);
/* Takes `name VALUE` out of argv; NULL when it was not there. */
const char *scf_take_option(int *argc, char **argv, const char *name);

#endif
