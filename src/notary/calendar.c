/* Counting working days. Relies on the calendar of base/clock only. */
#include "calendar.h"

#include "scfd/base/clock.h"

int32_t scf_china_day(int64_t us) {
    return scf_day_of(us + SCF_CHINA_MINUTES * 60 * SCF_US_PER_SECOND);
}

int64_t scf_china_midnight(int32_t day) {
    return day * SCF_US_PER_DAY - SCF_CHINA_MINUTES * 60 * SCF_US_PER_SECOND;
}

static const struct scf_cal_year *year_of(const struct scf_calendar *c, int32_t day) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    for (size_t i = 0; i < c->n; i++)
        if (c->years[i].year == year)
            return &c->years[i];
    return NULL;
}

static bool among(const int32_t *days, size_t n, int32_t day) {
    for (size_t i = 0; i < n; i++)
        if (days[i] == day)
            return true;
    return false;
}

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int32_t day) {
    int weekday = ((day + 3) % 7 + 7) % 7; /* Monday 0 */
    return weekday >= 5;
}

bool scf_is_working_day(const struct scf_calendar *c, int32_t day, bool *incomplete) {
    const struct scf_cal_year *year = year_of(c, day);
    if (year == NULL) {
        *incomplete = true;
        return !is_weekend(day);
    }
    if (among(year->holidays, year->holiday_count, day))
        return false;
    return !is_weekend(day) || among(year->workdays, year->workday_count, day);
}

int32_t scf_working_day_after(const struct scf_calendar *c, int32_t day, int n, bool *incomplete) {
    while (n > 0)
        if (scf_is_working_day(c, ++day, incomplete))
            n--;
    return day;
}

int32_t scf_rolled(const struct scf_calendar *c, int32_t day, bool *incomplete) {
    while (!scf_is_working_day(c, day, incomplete))
        day++;
    return day;
}

int scf_working_days_between(const struct scf_calendar *c, int32_t from, int32_t to,
                             bool *incomplete) {
    int n = 0;
    while (from < to)
        n += scf_is_working_day(c, ++from, incomplete);
    return n;
}

int32_t scf_years_after(int32_t day, int years) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    if (month == 2 && mday == 29) {
        int later = year + years;
        bool leap = (later % 4 == 0 && later % 100 != 0) || later % 400 == 0;
        mday = leap ? 29 : 28;
    }
    return scf_day_from_civil(year + years, month, mday);
}
