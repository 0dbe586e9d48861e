/* The listener: one thread and connection that LISTENs on the channel "scfd" and hands each topic
 * to the subscribers. When the connection is lost, cannot be had at the start, or is given up at
 * stop, they get topic NULL ("anything may have changed; I am deaf"), and once more NULL when it is
 * there.
 *
 * Subscribers are registered before start and called on the listener's thread: be quick. */
#ifndef SCFD_DB_LISTEN_H
#define SCFD_DB_LISTEN_H

#include "scfd/base/err.h"

struct scf_listener;

struct scf_listener *scf_listener_new(const char *database_url);
void scf_listener_subscribe(struct scf_listener *l,
                            void (*fn)(void *ctx, const char *topic, bool connected), void *ctx);
enum scf_code scf_listener_start(struct scf_listener *l, struct scf_error *err) SCF_MUST_CHECK;
/* Is the connection up and LISTENing? Any thread. */
bool scf_listener_connected(const struct scf_listener *l);
void scf_listener_stop(struct scf_listener *l); /* joins and frees; NULL is fine */

#endif
