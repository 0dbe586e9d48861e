/* What /readyz looks at, beside the database and whether the server is draining. */
#ifndef SCFD_APP_READY_H
#define SCFD_APP_READY_H

#include "scfd/party/services.h"

/* schema, keys, signing-key and workers (api-rules R19), and as a warning log. Before the server is
 * set ready. */
void scf_add_ready_checks(struct scf_services *services);

#endif
