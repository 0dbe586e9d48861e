/* The server seen from its host: systemd, the limit of open files, signals. */
#ifndef SCFD_APP_HOST_H
#define SCFD_APP_HOST_H

#include <signal.h>

#include "scfd/base/prelude.h"

/* One datagram of systemd's notification protocol ("READY=1"); silent without NOTIFY_SOCKET. */
void scf_host_notify(const char *state);
/* Tells systemd's watchdog that we live, when there is one. */
void scf_host_watchdog(void);

/* Raises the limit of open files so that `wanted` client connections fit beside `others` files;
 * returns how many do, having said so when they are fewer. */
int scf_host_connections(int wanted, int others);

/* Blocks the signals we wait for, in this thread and those it will start. */
void scf_host_block_signals(sigset_t *ret);
/* From now on SIGTERM and SIGINT end the process at once. */
void scf_host_let_signals_kill(void);

#endif
