/* Replaying an assessment: every input of its receipt derived again from the records of the chains
 * as they were, and compared with the receipt (docs/credit-model.md, "Receipt"). Changes nothing
 * but its own results; may run any number of times. */
#ifndef SCFD_REPLAY_ROOM_H
#define SCFD_REPLAY_ROOM_H

#include "scfd/work/work.h"

extern const struct scf_job_kind scf_replay_job; /* "replay" */

extern const struct scf_route scf_replay_routes[]; /* /v1/credit-assessments/{id}/replay */
extern const size_t scf_replay_route_count;

#endif
