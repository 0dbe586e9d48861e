/* Back-off of jobs and periods of tasks. Pure. */
#include "schedule.h"

#define FIRST_PAUSE_US INT64_C(2000000)
#define LONGEST_PAUSE_US INT64_C(600000000)

int64_t scf_backoff_us(int attempt, uint32_t random) {
    int64_t pause_us = FIRST_PAUSE_US;
    for (int i = 1; i < attempt && pause_us < LONGEST_PAUSE_US; i++)
        pause_us *= 2;
    if (pause_us > LONGEST_PAUSE_US)
        pause_us = LONGEST_PAUSE_US;
    return pause_us / 2 + random % (pause_us / 2 + 1);
}

int scf_task_due(const struct scf_task_slot *slots, size_t n, int64_t now_us) {
    int best = -1;
    for (size_t i = 0; i < n; i++) {
        if (slots[i].running || slots[i].due_us > now_us)
            continue;
        if (best < 0 || slots[i].due_us < slots[best].due_us)
            best = (int)i;
    }
    return best;
}

int64_t scf_task_next_us(const struct scf_task_slot *slots, size_t n) {
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < n; i++)
        if (!slots[i].running && slots[i].due_us < next_us)
            next_us = slots[i].due_us;
    return next_us;
}

void scf_task_begin(struct scf_task_slot *slot, int64_t now_us) {
    SCF_ASSERT(!slot->running);
    slot->running = true;
    slot->due_us = now_us + slot->period_us;
}

void scf_task_end(struct scf_task_slot *slot) {
    SCF_ASSERT(slot->running);
    slot->running = false;
}
