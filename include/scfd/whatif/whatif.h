/* What would raise a limit: single changes to the data behind an assessment, each with the exact
 * amount that it adds (docs/credit-model.md, "What would raise a limit"). */
#ifndef SCFD_WHATIF_ROOM_H
#define SCFD_WHATIF_ROOM_H

#include "scfd/http/http.h"

/* GET /v1/credit-assessments/{id}/improvements */
extern const struct scf_route scf_whatif_routes[];
extern const size_t scf_whatif_route_count;

#endif
