/* States and pauses of entries. An entry that is pending beyond its target's patience is given up:
 * the target then takes the next tick, which covers all that this one did. */
#include "pace.h"

#include "scfd/base/clock.h"

#define FIRST_PAUSE_US (2 * SCF_US_PER_SECOND)
#define LONGEST_PAUSE_US (900 * SCF_US_PER_SECOND)
/* Proofs in need of renewal are many and months early: no haste. */
#define RENEWAL_PAUSE_US (6 * SCF_US_PER_HOUR)

static int64_t jitter(int64_t pause_us, uint32_t random) {
    return pause_us / 2 + random % (pause_us / 2 + 1);
}

int64_t scf_anchor_pause_us(int attempt, uint32_t random) {
    int64_t pause_us = FIRST_PAUSE_US;
    for (int i = 1; i < attempt && pause_us < LONGEST_PAUSE_US; i++)
        pause_us *= 2;
    return jitter(pause_us < LONGEST_PAUSE_US ? pause_us : LONGEST_PAUSE_US, random);
}

bool scf_anchor_got_proof(const struct scf_anchor_entry *before,
                          const struct scf_anchor_entry *entry) {
    bool proves = entry->state == SCF_ANCHOR_ANCHORED || entry->state == SCF_ANCHOR_CONFIRMED;
    return proves && (entry->state != before->state || !scf_str_eq(entry->proof, before->proof));
}

static bool patience_is_over(const struct scf_anchor_entry *entry, int64_t now_us) {
    return entry->state == SCF_ANCHOR_PENDING &&
           now_us - entry->created_us >= entry->target->give_up_after_s * SCF_US_PER_SECOND;
}

static void give_up(struct scf_anchor_entry *entry) {
    entry->state = SCF_ANCHOR_FAILED;
    entry->due_us = 0;
}

/* 0: it needs none. */
static int64_t renewal_us(const struct scf_anchor_entry *entry, int64_t now_us, uint32_t random) {
    if (entry->expires_us == 0)
        return 0;
    int64_t early_us = entry->expires_us - entry->target->renew_before_s * SCF_US_PER_SECOND;
    return early_us > now_us ? early_us : now_us + jitter(RENEWAL_PAUSE_US, random);
}

void scf_anchor_stepped(const struct scf_anchor_entry *before, struct scf_anchor_entry *entry,
                        int64_t now_us, uint32_t random) {
    bool brought_on = scf_anchor_got_proof(before, entry) || entry->state != before->state;
    entry->attempt = brought_on ? 0 : before->attempt + 1;
    if (patience_is_over(entry, now_us) || entry->state == SCF_ANCHOR_FAILED)
        give_up(entry);
    else if (entry->due_us == 0 && entry->state == SCF_ANCHOR_CONFIRMED)
        entry->due_us = renewal_us(entry, now_us, random);
    else if (entry->due_us == 0)
        entry->due_us = now_us + scf_anchor_pause_us(entry->attempt + 1, random);
}

void scf_anchor_step_failed(struct scf_anchor_entry *entry, const char *problem, int64_t now_us,
                            uint32_t random) {
    entry->attempt++;
    entry->problem = problem;
    if (patience_is_over(entry, now_us))
        give_up(entry);
    else if (entry->state == SCF_ANCHOR_CONFIRMED)
        entry->due_us = now_us + jitter(RENEWAL_PAUSE_US, random);
    else
        entry->due_us = now_us + scf_anchor_pause_us(entry->attempt, random);
}
