/* The clock, and dates as arithmetic: no time zone data, no locale, no strftime. Calendar
 * conversion after Howard Hinnant, "chrono-compatible low-level date algorithms" (proleptic
 * Gregorian). */
#include "scfd/base/clock.h"

#include <fcntl.h>
#include <sys/mman.h>

/* ---- reading the clock ---- */

/* Shared with the test that writes it; aligned int64 reads are single reads. */
struct test_clock {
    _Atomic int64_t frozen_us;
    _Atomic int64_t offset_us;
};
static_assert(sizeof(struct test_clock) == 16, "the mapped file is two native int64");

static struct test_clock *test_clock; /* set once before any thread starts */

bool scf_clock_init(void) {
    const char *path = getenv("SCFD_TEST_CLOCK");
    if (!path || !*path)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat st;
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof *test_clock)
        map = mmap(NULL, sizeof *test_clock, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return false;
    test_clock = map;
    return true;
}

static int64_t read_clock(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * SCF_US_PER_SECOND + ts.tv_nsec / 1000;
}

int64_t scf_now_us(void) {
    if (!test_clock)
        return read_clock(CLOCK_REALTIME);
    int64_t frozen = atomic_load_explicit(&test_clock->frozen_us, memory_order_relaxed);
    if (frozen != 0)
        return frozen;
    return read_clock(CLOCK_REALTIME) +
           atomic_load_explicit(&test_clock->offset_us, memory_order_relaxed);
}

int64_t scf_mono_us(void) {
    return read_clock(CLOCK_MONOTONIC);
}

/* ---- calendar ---- */

enum { DAYS_PER_ERA = 146097, DAYS_TO_EPOCH = 719468 }; /* 400 years; 0000-03-01 to 1970-01-01 */
enum { DAY_MIN = -719162, DAY_MAX = 2932896 };          /* 0001-01-01, 9999-12-31 */

int32_t scf_day_from_civil(int year, int month, int mday) {
    int y = month <= 2 ? year - 1 : year; /* years that begin in March */
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

void scf_civil_from_day(int32_t day, int *year, int *month, int *mday) {
    int64_t z = (int64_t)day + DAYS_TO_EPOCH;
    int era = (int)((z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA);
    int day_of_era = (int)(z - (int64_t)era * DAYS_PER_ERA);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    *mday = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t floor_day(int64_t us) {
    return us / SCF_US_PER_DAY - (us % SCF_US_PER_DAY < 0);
}

int32_t scf_day_of(int64_t us) {
    return (int32_t)floor_day(us);
}

/* ---- writing ---- */

/* `width` decimal digits; returns the place after them. */
static char *put_digits(char *p, unsigned value, int width) {
    for (int i = width - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + width;
}

static char *put_char(char *p, char c) {
    *p = c;
    return p + 1;
}

/* Times that four digits of year cannot show are moved to the nearest that they can. */
static int64_t clamp_us(int64_t us) {
    int64_t min = DAY_MIN * SCF_US_PER_DAY, max = (DAY_MAX + 1) * SCF_US_PER_DAY - 1;
    return us < min ? min : us > max ? max : us;
}

static char *put_date(char *p, int32_t day) {
    int year, month, mday;
    scf_civil_from_day(day < DAY_MIN   ? DAY_MIN
                       : day > DAY_MAX ? DAY_MAX
                                       : day,
                       &year, &month, &mday);
    p = put_char(put_digits(p, (unsigned)year, 4), '-');
    p = put_char(put_digits(p, (unsigned)month, 2), '-');
    return put_digits(p, (unsigned)mday, 2);
}

static char *put_clock(char *p, unsigned second_of_day) {
    p = put_char(put_digits(p, second_of_day / 3600, 2), ':');
    p = put_char(put_digits(p, second_of_day / 60 % 60, 2), ':');
    return put_digits(p, second_of_day % 60, 2);
}

void scf_time_format(int64_t us, char out[SCF_TIME_TEXT]) {
    us = clamp_us(us);
    int64_t day = floor_day(us), rest = us - day * SCF_US_PER_DAY;
    char *p = put_char(put_date(out, (int32_t)day), 'T');
    p = put_char(put_clock(p, (unsigned)(rest / SCF_US_PER_SECOND)), '.');
    p = put_digits(p, (unsigned)(rest % SCF_US_PER_SECOND), 6);
    *put_char(p, 'Z') = '\0';
}

void scf_date_format(int32_t day, char out[SCF_TIME_TEXT]) {
    *put_date(out, day) = '\0';
}

/* ---- reading ---- */

/* A reader over the text: each step takes what it names, or sets `bad` for good. */
struct reader {
    const char *p, *end;
    bool bad;
};

static struct reader reader_of(struct scf_str text) {
    return (struct reader){text.p, text.p + text.n, false};
}

static bool peek_is(const struct reader *r, char c) {
    return r->p < r->end && *r->p == c;
}

static void take(struct reader *r, char c) {
    if (peek_is(r, c))
        r->p++;
    else
        r->bad = true;
}

static void take_either(struct reader *r, char a, char b) {
    take(r, peek_is(r, b) ? b : a);
}

static int take_number(struct reader *r, int width, int min, int max) {
    int value = 0;
    for (int i = 0; i < width; i++) {
        if (r->p >= r->end || *r->p < '0' || *r->p > '9') {
            r->bad = true;
            return min;
        }
        value = value * 10 + (*r->p++ - '0');
    }
    if (value < min || value > max)
        r->bad = true;
    return value;
}

static bool finished(const struct reader *r) {
    return !r->bad && r->p == r->end;
}

static int days_in_month(int year, int month) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static int32_t take_date(struct reader *r) {
    int year = take_number(r, 4, 1, 9999);
    take(r, '-');
    int month = take_number(r, 2, 1, 12);
    take(r, '-');
    int mday = take_number(r, 2, 1, 31);
    if (r->bad || mday > days_in_month(year, month)) {
        r->bad = true;
        return 0;
    }
    return scf_day_from_civil(year, month, mday);
}

/* The optional ".digits", as microseconds. */
static int64_t take_fraction(struct reader *r) {
    if (!peek_is(r, '.'))
        return 0;
    r->p++;
    int64_t us = 0;
    int digits = 0;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++, digits++)
        if (digits < 6)
            us = us * 10 + (*r->p - '0');
    if (digits < 1 || digits > 9)
        r->bad = true;
    for (; digits < 6; digits++)
        us *= 10;
    return us;
}

/* HH:MM:SS[.fraction] in microseconds of the day; `*ret_leap` for second 60. */
static int64_t take_clock(struct reader *r, bool *ret_leap) {
    int hour = take_number(r, 2, 0, 23);
    take(r, ':');
    int minute = take_number(r, 2, 0, 59);
    take(r, ':');
    int second = take_number(r, 2, 0, 60);
    int64_t fraction = take_fraction(r);
    *ret_leap = second == 60;
    if (*ret_leap) {
        second = 59;
        fraction = SCF_US_PER_SECOND - 1;
    }
    return ((int64_t)hour * 3600 + minute * 60 + second) * SCF_US_PER_SECOND + fraction;
}

static int take_offset(struct reader *r) {
    bool west = peek_is(r, '-');
    take_either(r, '+', '-');
    int hours = take_number(r, 2, 0, 23);
    take(r, ':');
    int minutes = take_number(r, 2, 0, 59);
    return (west ? -1 : 1) * (hours * 60 + minutes);
}

/* Leap seconds are inserted at 23:59:60 UTC at the end of a month and nowhere else. */
static bool may_leap(int64_t us) {
    int64_t day = floor_day(us);
    int year, month, mday;
    scf_civil_from_day((int32_t)day + 1, &year, &month, &mday);
    return mday == 1 && us - day * SCF_US_PER_DAY == SCF_US_PER_DAY - 1;
}

static bool finish_time(const struct reader *r, int64_t us, bool leap, int64_t *ret_us) {
    if (!finished(r) || us != clamp_us(us) || (leap && !may_leap(us)))
        return false;
    *ret_us = us;
    return true;
}

bool scf_time_parse(struct scf_str text, int64_t *ret_us) {
    struct reader r = reader_of(text);
    bool leap;
    int64_t us = take_date(&r) * SCF_US_PER_DAY;
    take_either(&r, 'T', 't');
    us += take_clock(&r, &leap);
    if (peek_is(&r, 'Z') || peek_is(&r, 'z'))
        r.p++;
    else
        us -= take_offset(&r) * 60 * SCF_US_PER_SECOND;
    return finish_time(&r, us, leap, ret_us);
}

bool scf_time_parse_lenient(struct scf_str text, int offset_minutes, int64_t *ret_us) {
    struct reader r = reader_of(text);
    bool leap;
    int64_t us = take_date(&r) * SCF_US_PER_DAY;
    take_either(&r, 'T', ' ');
    us += take_clock(&r, &leap) - offset_minutes * 60 * SCF_US_PER_SECOND;
    return finish_time(&r, us, leap, ret_us);
}

bool scf_date_parse(struct scf_str text, int32_t *ret_day) {
    struct reader r = reader_of(text);
    int32_t day = take_date(&r);
    if (!finished(&r))
        return false;
    *ret_day = day;
    return true;
}

bool scf_offset_parse(struct scf_str text, int *ret_minutes) {
    struct reader r = reader_of(text);
    int minutes = take_offset(&r);
    if (!finished(&r))
        return false;
    *ret_minutes = minutes;
    return true;
}
