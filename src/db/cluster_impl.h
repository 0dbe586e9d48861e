/* Shared by the cluster_*.c files: the embedded cluster's parts and the processes it runs. */
#ifndef SCFD_DB_CLUSTER_IMPL_H
#define SCFD_DB_CLUSTER_IMPL_H

#include "scfd/db/cluster.h"

/* Whom the server programs run as. */
struct account {
    bool drop; /* we are root and must become uid and gid first */
    uid_t uid;
    gid_t gid;
    char name[64];
};

struct scf_cluster {
    char *dir;        /* absolute */
    char *pg_dir;     /* DIR/pg */
    char *new_dir;    /* DIR/pg.new: initdb works here, then it is renamed */
    char *log_path;   /* DIR/pg.log */
    char *bin_dir;    /* where postgres and initdb are */
    char *socket_dir; /* DIR/run, or a short directory when that is too long for a socket */
    char *url;
    struct account account;
    int lock_fd; /* DIR/scfd.lock, held with flock; -1 */
    int max_connections;
    _Atomic int pid; /* of the postmaster; 0 when there is none. Read by any thread */
};

/* malloc'ed printf; aborts without memory. */
char *scf_cluster_text(const char *format, ...) SCF_PRINTF(1, 2) SCF_MUST_CHECK;
void scf_cluster_sleep_ms(int ms);

/* ---- cluster_process.c ---- */

/* Forks and executes argv (argv[0] is a path) as `who`, output to out_fd, in its own session (the
 * terminal's Ctrl-C is not meant for it), to get SIGINT when our calling THREAD dies. -1 when fork
 * fails; a failed exec is exit status 127. */
pid_t scf_spawn(const struct account *who, int out_fd, const char *const *argv);
/* The wait status; blocks. */
int scf_wait(pid_t pid);
/* May `who` search this directory? */
bool scf_can_reach(const struct account *who, const char *dir);
/* SIGINT (fast shutdown), after 20 s SIGQUIT (immediate), at last SIGKILL; waits. A child only. */
void scf_postmaster_stop(pid_t pid);
/* Ends every postgres process that works in this data directory, however it got there. */
void scf_leftovers_stop(const char *pg_dir);

/* ---- cluster_bin.c ---- */

/* Finds the directory of the server programs: of version `major`, or the newest when it is 0.
 * malloc'ed; NULL when there is none. */
char *scf_find_postgres(int major);

/* ---- cluster_files.c ---- */

/* Directories, ownership, the socket directory; the lock when `alone`. */
enum scf_code scf_cluster_claim(struct scf_cluster *c, const char *data_dir, bool alone,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Major version of the existing cluster; 0 when there is none yet. */
int scf_cluster_version(const struct scf_cluster *c);
/* initdb and our settings, all in DIR/pg.new, then the rename. */
enum scf_code scf_cluster_create(struct scf_cluster *c, struct scf_error *err) SCF_MUST_CHECK;
int scf_cluster_open_log(const struct scf_cluster *c);

#endif
