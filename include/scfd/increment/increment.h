/* Increments over time: when a period ends, what its contracts' progress adds to their limits
 * (docs/credit-model.md, "Increments: when"). */
#ifndef SCFD_INCREMENT_ROOM_H
#define SCFD_INCREMENT_ROOM_H

#include "scfd/work/work.h"

/* Task "increments": schedules the runs of periods that ended, reports those that were not made in
 * time, and makes what is due, in batches, for less than half a second. Several instances share the
 * work, and where there is much of it so do the threads that run jobs (scf_increment_job). */
enum scf_code scf_increment_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                 struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_job_kind scf_increment_job; /* "increment_batches" */

extern const struct scf_route scf_run_routes[]; /* /v1/limit-runs… */
extern const size_t scf_run_route_count;

#endif
