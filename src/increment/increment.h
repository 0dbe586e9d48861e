/* Increments over time: which periods there are, which runs are due, and what became of them. One
 * run per (enterprise, contract, currency, period); docs/credit-model.md, "Increments".
 *
 * Periods are calendar periods in UTC. A period's run is due once it has ended, and is made as of
 * its last moment. The target is cumulative (CR-2.3), so that only the newest ended period needs to
 * be run: what an earlier one would have granted is in it. */
#ifndef SCFD_INCREMENT_INCREMENT_H
#define SCFD_INCREMENT_INCREMENT_H

#include "scfd/base/clock.h"
#include "scfd/template/template.h"

/* ---- periods: increment.c, pure, any thread ---- */

enum { SCF_PERIOD_TEXT = 16 };

struct scf_increment_period {
    char text[SCF_PERIOD_TEXT]; /* "2026-11", "2026-W47", "2026-11-26", "2026-Q4" */
    int32_t first_day, last_day;
};
/* The period that a day lies in. Weeks are those of ISO 8601: from Monday, named after the year of
 * their Thursday. */
struct scf_increment_period scf_increment_period_of(enum scf_period kind, int32_t day);
/* The newest period that has ended at a time. */
struct scf_increment_period scf_increment_period_ended(enum scf_period kind, int64_t now_us);
/* Reads what scf_increment_period_of writes. False: no period. */
bool scf_increment_period_parse(struct scf_str text,
                                struct scf_increment_period *ret) SCF_MUST_CHECK;
/* The last moment of a period: what its runs are made as of. */
int64_t scf_increment_as_of(const struct scf_increment_period *p);

/* Periods that ended after `last_day` (of the period before, of whatever kind) and up to `now_us`,
 * oldest first, the newest `max` of them. Returns how many. */
size_t scf_increment_periods_since(enum scf_period kind, int32_t last_day, int64_t now_us,
                                   struct scf_increment_period *ret, size_t max);

/* ---- runs ---- */

/* Numbers are stored. */
enum scf_limit_run_status {
    SCF_LIMIT_RUN_DUE,    /* to be made at due_at */
    SCF_LIMIT_RUN_DONE,   /* made; an increment of nothing is one too */
    SCF_LIMIT_RUN_FROZEN, /* made; a rating of D froze the increment */
    SCF_LIMIT_RUN_FAILED, /* went wrong; tried again at due_at */
    SCF_LIMIT_RUN_MISSED, /* not made in time: made up for at due_at, or never when a newer period
                           * ended
                           */
    SCF_LIMIT_RUN_STATUSES
};
extern const char *const scf_limit_run_status_names[]; /* "due" …, in enum order, NULL-terminated */

/* How long to wait after `attempt` failures (from 1): a minute, doubling, at most six hours. */
int64_t scf_increment_backoff_us(int attempt);
/* Whether a run that is not made at `now_us` is to be reported. */
bool scf_increment_overdue(int64_t as_of_us, int64_t grace_hours, int64_t now_us);

#endif
