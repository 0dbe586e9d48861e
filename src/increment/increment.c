/* Calendar arithmetic of increments. Pure. */
#include "increment.h"

const char *const scf_limit_run_status_names[] = {"due",    "done",   "frozen",
                                                  "failed", "missed", NULL};

/* ---- periods ---- */

static struct scf_increment_period day_of(int32_t day) {
    struct scf_increment_period p = {.first_day = day, .last_day = day};
    char text[SCF_TIME_TEXT];
    scf_date_format(day, text);
    memcpy(p.text, text, strlen(text) + 1);
    return p;
}

static struct scf_increment_period week_of(int32_t day) {
    int year, month, mday;
    int32_t weekday = (day + 3) % 7; /* Monday 0; 1970-01-01 was a Thursday */
    if (weekday < 0)
        weekday += 7;
    struct scf_increment_period p = {.first_day = day - weekday, .last_day = day - weekday + 6};
    int32_t thursday = p.first_day + 3;
    scf_civil_from_day(thursday, &year, &month, &mday);
    int32_t week = (thursday - scf_day_from_civil(year, 1, 1)) / 7 + 1;
    snprintf(p.text, sizeof p.text, "%04u-W%02u", (unsigned)year % 10000, (unsigned)week % 100);
    return p;
}

/* `length` months, beginning with the first of the year. */
static struct scf_increment_period months_of(int32_t day, int length) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    int first = (month - 1) / length * length + 1, next = first + length;
    struct scf_increment_period p = {.first_day = scf_day_from_civil(year, first, 1)};
    p.last_day = scf_day_from_civil(next > 12 ? year + 1 : year, next > 12 ? 1 : next, 1) - 1;
    unsigned n = (unsigned)((month - 1) / length + 1);
    if (length == 1)
        snprintf(p.text, sizeof p.text, "%04u-%02u", (unsigned)year % 10000, n % 100);
    else
        snprintf(p.text, sizeof p.text, "%04u-Q%u", (unsigned)year % 10000, n % 10);
    return p;
}

struct scf_increment_period scf_increment_period_of(enum scf_period kind, int32_t day) {
    switch (kind) {
    case SCF_PERIOD_DAY:
        return day_of(day);
    case SCF_PERIOD_WEEK:
        return week_of(day);
    case SCF_PERIOD_MONTH:
        return months_of(day, 1);
    case SCF_PERIOD_QUARTER:
        break;
    }
    return months_of(day, 3);
}

struct scf_increment_period scf_increment_period_ended(enum scf_period kind, int64_t now_us) {
    struct scf_increment_period running = scf_increment_period_of(kind, scf_day_of(now_us));
    return scf_increment_period_of(kind, running.first_day - 1);
}

int64_t scf_increment_as_of(const struct scf_increment_period *p) {
    return ((int64_t)p->last_day + 1) * SCF_US_PER_DAY - 1;
}

size_t scf_increment_periods_since(enum scf_period kind, int32_t last_day, int64_t now_us,
                                   struct scf_increment_period *ret, size_t max) {
    /* backwards from the newest: however long nothing ran, the work is bounded */
    struct scf_increment_period p = scf_increment_period_ended(kind, now_us);
    size_t n = 0;
    while (n < max && p.last_day > last_day) {
        ret[n++] = p;
        p = scf_increment_period_of(kind, p.first_day - 1);
    }
    for (size_t i = 0; i < n / 2; i++) {
        struct scf_increment_period swap = ret[i];
        ret[i] = ret[n - 1 - i];
        ret[n - 1 - i] = swap;
    }
    return n;
}

/* ---- reading ---- */

static bool number(struct scf_str text, size_t from, size_t digits, int *ret) {
    int value = 0;
    for (size_t i = from; i < from + digits; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = value * 10 + (text.p[i] - '0');
    }
    *ret = value;
    return true;
}

/* A day of the period that the text seems to name; the text decides whether it does. */
static bool guess(struct scf_str text, enum scf_period *kind, int32_t *day) {
    int year, n;
    if (text.n == 10) {
        *kind = SCF_PERIOD_DAY;
        return scf_date_parse(text, day);
    }
    if (text.n < 7 || text.n > 8 || text.p[4] != '-' || !number(text, 0, 4, &year) || year < 1)
        return false;
    if (text.n == 8 && text.p[5] == 'W' && number(text, 6, 2, &n)) {
        *kind = SCF_PERIOD_WEEK; /* January 4th lies in the first week */
        *day = scf_day_from_civil(year, 1, 4) + (n - 1) * 7;
        return true;
    }
    if (text.n == 7 && text.p[5] == 'Q' && number(text, 6, 1, &n) && n >= 1 && n <= 4) {
        *kind = SCF_PERIOD_QUARTER;
        *day = scf_day_from_civil(year, n * 3, 1);
        return true;
    }
    if (text.n == 7 && number(text, 5, 2, &n) && n >= 1 && n <= 12) {
        *kind = SCF_PERIOD_MONTH;
        *day = scf_day_from_civil(year, n, 1);
        return true;
    }
    return false;
}

bool scf_increment_period_parse(struct scf_str text, struct scf_increment_period *ret) {
    enum scf_period kind;
    int32_t day;
    if (!guess(text, &kind, &day))
        return false;
    struct scf_increment_period p = scf_increment_period_of(kind, day);
    if (!scf_str_is(text, p.text)) /* week 53 of a year that has 52 */
        return false;
    *ret = p;
    return true;
}

/* ---- runs ---- */

int64_t scf_increment_backoff_us(int attempt) {
    const int64_t longest = 6 * SCF_US_PER_HOUR;
    int64_t pause = 60 * SCF_US_PER_SECOND;
    for (int i = 1; i < attempt && pause < longest; i++)
        pause *= 2;
    return pause < longest ? pause : longest;
}

bool scf_increment_overdue(int64_t as_of_us, int64_t grace_hours, int64_t now_us) {
    return now_us - as_of_us > grace_hours * SCF_US_PER_HOUR;
}
