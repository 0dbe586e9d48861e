/* The callbacks libmicrohttpd is given. */
#ifndef SCFD_HTTP_CONNECTION_H
#define SCFD_HTTP_CONNECTION_H

#include <microhttpd.h>

#include "internal.h"

enum MHD_Result scf_on_accept(void *cls, const struct sockaddr *address, socklen_t length);
void scf_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode what);
void *scf_on_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result scf_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *bytes,
                               size_t *n, void **context);
void scf_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                      enum MHD_RequestTerminationCode why);

#endif
