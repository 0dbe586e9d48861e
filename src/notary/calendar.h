/* The working-day calendar: weekends, holidays on working days, and the Saturdays and Sundays that
 * are worked instead (调休), a year at a time as the State Council announces them. A year that is
 * not known has weekends only, and whoever counts in it is told. Private to notary. Pure; any
 * thread. */
#ifndef SCFD_NOTARY_CALENDAR_H
#define SCFD_NOTARY_CALENDAR_H

#include "scfd/base/text.h"

/* Days since 1970-01-01. */
struct scf_cal_year {
    int year;
    const int32_t *holidays, *workdays; /* days off, and weekend days that are worked */
    size_t holiday_count, workday_count;
};
struct scf_calendar {
    const struct scf_cal_year *years; /* in any order, each year once */
    size_t n;
};

enum { SCF_CHINA_MINUTES = 8 * 60 };
/* The day it is in China. */
int32_t scf_china_day(int64_t us);
/* The first moment of a day in China. */
int64_t scf_china_midnight(int32_t day);

/* *incomplete is set, never cleared, when the day's year is not known. */
bool scf_is_working_day(const struct scf_calendar *c, int32_t day, bool *incomplete);
/* The n-th working day after `day`, which itself does not count (民法典 201); n ≥ 0. */
int32_t scf_working_day_after(const struct scf_calendar *c, int32_t day, int n, bool *incomplete);
/* `day` itself or the next working day: a period that ends on a day off ends then (民法典 203,
 * 民诉法 85). */
int32_t scf_rolled(const struct scf_calendar *c, int32_t day, bool *incomplete);
/* Working days after `from` up to and including `to`; 0 when that is not later. */
int scf_working_days_between(const struct scf_calendar *c, int32_t from, int32_t to,
                             bool *incomplete);
/* The same day `years` later, 29 February becoming 28. */
int32_t scf_years_after(int32_t day, int years);

#endif
