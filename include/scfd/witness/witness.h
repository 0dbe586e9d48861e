/* Witnesses (C2SP tlog-witness v1.0.0, tlog-cosignature v1.0.1; docs/witnesses.md): we ask others
 * to cosign the checkpoints of our chains, and cosign those of other logs ourselves. Whoever reads
 * what was cosigned includes chain/cosigned.h (scf_witness_find). */
#ifndef SCFD_WITNESS_WITNESS_H
#define SCFD_WITNESS_WITNESS_H

#include "scfd/chain/chain.h"
#include "scfd/chain/cosigned.h"
#include "scfd/work/work.h"

/* At the start: whether the configured name of this witness is one. INVALID_PARAMETER. */
enum scf_code scf_witness_check(const struct scf_services *services,
                                struct scf_error *err) SCF_MUST_CHECK;

/* Task "witness": chooses which checkpoints are shown, orders a job for each witness that has not
 * seen them, and counts what alarms are about. Calls nobody. `app` is the services. */
enum scf_code scf_witness_task(struct scf_db *db, struct scf_arena *arena, void *app,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Job "witness", of one witness: shows it the checkpoints, for some seconds at most, and ends with
 * the first call that is not answered. */
extern const struct scf_job_kind scf_witness_job;

/* /v1/witness…, /v1/witnesses…, /v1/chains/{id}/witness-quorum */
extern const struct scf_route scf_witness_routes[];
extern const size_t scf_witness_route_count;

#endif
