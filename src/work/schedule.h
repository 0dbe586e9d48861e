/* When things run: back-off of jobs and the periods of tasks. Pure. */
#ifndef SCFD_WORK_SCHEDULE_H
#define SCFD_WORK_SCHEDULE_H

#include "scfd/base/prelude.h"

/* Pause before a job runs again after its `attempt`th run (from 1) failed: 2 s, doubling, at most
 * 10 min; of that a random part between half and all, so that jobs that failed together do not come
 * back together. `random` is any random number. */
int64_t scf_backoff_us(int attempt, uint32_t random);

struct scf_task_slot {
    int64_t period_us;
    int64_t due_us; /* monotonic */
    bool running;
};

/* The task that is due longest and does not run; −1: none. */
int scf_task_due(const struct scf_task_slot *slots, size_t n, int64_t now_us);
/* When the next task that does not run is due; INT64_MAX: none. */
int64_t scf_task_next_us(const struct scf_task_slot *slots, size_t n);
/* A run begins: the next one is due a period from now. A task that takes longer than its period is
 * due again as soon as it is done; what it missed is not made up for. */
void scf_task_begin(struct scf_task_slot *slot, int64_t now_us);
void scf_task_end(struct scf_task_slot *slot);

#endif
