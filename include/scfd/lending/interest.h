/* Interest as integer arithmetic (docs/credit-model.md, Interest), as the ledger of a loan computes
 * it and who computes after it. Pure; any thread.
 *
 * Interest of a period is principal × rate × days / year, rounded half up to minor units, once per
 * period. Days and year follow the day count:
 *   act_360    calendar days / 360 (the default, what banks use)
 *   act_365    calendar days / 365
 *   d30_360    months of 30 days (30E/360: day 31 counts as 30) / 360
 * The first day counts, the last does not. */
#ifndef SCFD_LENDING_INTEREST_H
#define SCFD_LENDING_INTEREST_H

enum scf_day_count { SCF_ACT_360, SCF_ACT_365, SCF_D30_360 };
extern const char *const scf_day_count_names[]; /* in enum order, NULL-terminated */

/* Interest on `principal` (minor units) at `rate_ppm` (millionths a year) from day `from` to day
 * `to` (days since 1970, to ≥ from). False when the amount does not fit. */
bool scf_interest(int64_t principal, int64_t rate_ppm, enum scf_day_count day_count, int32_t from,
                  int32_t to, int64_t *ret) SCF_MUST_CHECK;

#endif
