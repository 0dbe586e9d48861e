/* Erasure: the body of a record is taken out of the database on lawful request (docs/erasure.md).
 */
#ifndef SCFD_ERASURE_ERASURE_H
#define SCFD_ERASURE_ERASURE_H

#include "scfd/http/http.h"
#include "scfd/work/work.h"

/* POST /v1/records/{id}/erasure */
extern const struct scf_route scf_erasure_routes[];
extern const size_t scf_erasure_route_count;

/* "erasure-sweep": vacuums away the row versions that erasures left, once nobody can see them any
 * more. Enqueued with each erasure; one run does for all that were made before it. */
extern const struct scf_job_kind scf_erasure_sweep_job;
#define SCF_ERASURE_SWEEP "erasure-sweep"

#endif
