/* The embedded cluster: PostgreSQL as our child in DIR/pg, on a Unix socket in DIR/run, no TCP.
 *
 * Started by main before any thread exists (fork). It finds the server binaries of versions 17 to
 * 14, runs initdb once (checksums on, UTF-8, C locale), keeps fsync on, and as root runs everything
 * as `postgres` or else another unprivileged account. A postmaster left over from a killed scfd on
 * the same directory is stopped and started anew; a live scfd on the same directory is refused
 * (flock). The postmaster dies with us: PR_SET_PDEATHSIG plus a watchdog pipe.
 * main thread only, except scf_cluster_pid. */
#ifndef SCFD_DB_CLUSTER_H
#define SCFD_DB_CLUSTER_H

#include "scfd/base/err.h"

struct scf_cluster;

/* Starts (and on first use creates) the cluster; returns when it answers. `max_connections` is what
 * this scfd needs plus room for administrators. */
enum scf_code scf_cluster_start(const char *data_dir, int max_connections, struct scf_cluster **ret,
                                struct scf_error *err) SCF_MUST_CHECK;
/* libpq URL or keyword string for it; owned by the cluster. */
const char *scf_cluster_url(const struct scf_cluster *c);
int scf_cluster_pid(const struct scf_cluster *c);
/* Called when main was told that a child died: restarts a dead postmaster; fails when it cannot. */
enum scf_code scf_cluster_check(struct scf_cluster *c, struct scf_error *err) SCF_MUST_CHECK;
/* Fast shutdown, waits; immediate after 20 s. NULL is fine. */
void scf_cluster_stop(struct scf_cluster *c);

#endif
