/* The embedded cluster: PostgreSQL as our child in DIR/pg, on a Unix socket in DIR/run, no TCP.
 *
 * Started by main before any thread exists (fork). It finds the server binaries of versions 17 to
 * 14 (SCFD_PG_BIN names another directory), runs initdb once (checksums on, UTF-8, C locale), keeps
 * fsync on, and as root runs everything as `postgres` or else another unprivileged account, which
 * must be able to enter DIR. A postmaster left over from a killed scfd on the same directory is
 * stopped and started anew; a live scfd on the same directory is refused (flock on DIR/scfd.lock).
 * When DIR/run is too long for a socket, a short private directory is used and recorded in
 * DIR/socket_dir. PostgreSQL's log is DIR/pg.log.
 *
 * The postmaster dies with us, even after kill -9: the kernel sends it SIGINT (fast shutdown) when
 * the THREAD that started it ends. So start and check are for the main thread only, which must stay
 * until the end. scf_cluster_pid: any thread. */
#ifndef SCFD_DB_CLUSTER_H
#define SCFD_DB_CLUSTER_H

#include "scfd/base/err.h"

struct scf_cluster;

/* Is there a PostgreSQL server on this machine that start could use? */
bool scf_cluster_available(void);
/* Starts (and on first use creates) the cluster; returns when it answers. `max_connections` is what
 * this scfd needs plus room for administrators. Errors are for the operator: err->detail. */
enum scf_code scf_cluster_start(const char *data_dir, int max_connections, struct scf_cluster **ret,
                                struct scf_error *err) SCF_MUST_CHECK;
/* The cluster of a live scfd on this directory (start answered WRONG_STATE): only its URL. It has
 * no pid here, check must not be called, and stop leaves it running. */
enum scf_code scf_cluster_attach(const char *data_dir, struct scf_cluster **ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* libpq keyword string for its database `scfd`; owned by the cluster. */
const char *scf_cluster_url(const struct scf_cluster *c);
/* 0 while there is none. */
int scf_cluster_pid(const struct scf_cluster *c);
/* Called when main was told that a child died: restarts a dead postmaster; fails when it cannot. */
enum scf_code scf_cluster_check(struct scf_cluster *c, struct scf_error *err) SCF_MUST_CHECK;
/* Fast shutdown, waits; immediate after 20 s. NULL is fine. */
void scf_cluster_stop(struct scf_cluster *c);

#endif
