/* The one clock. Wall time is UTC microseconds since 1970-01-01 (the "µs" of every API here); dates
 * are days since 1970-01-01. Durations are measured with the monotonic clock only.
 *
 * Tests set the wall clock: when the environment names a file in SCFD_TEST_CLOCK, its 16 bytes are
 * mapped shared and read at every call as two native int64: `frozen_us` (0 = not frozen) and
 * `offset_us` (added to the real time when not frozen). Monotonic time is never altered.
 * Any thread. */
#ifndef SCFD_BASE_CLOCK_H
#define SCFD_BASE_CLOCK_H

#include "scfd/base/text.h"

/* Maps the test clock if SCFD_TEST_CLOCK is set. Called once by main; false when the file is bad.
 */
bool scf_clock_init(void) SCF_MUST_CHECK;

int64_t scf_now_us(void);  /* wall clock */
int64_t scf_mono_us(void); /* monotonic */

#define SCF_US_PER_SECOND INT64_C(1000000)
#define SCF_US_PER_HOUR (INT64_C(3600) * SCF_US_PER_SECOND)
#define SCF_US_PER_DAY (INT64_C(24) * SCF_US_PER_HOUR)

/* 9999-12-31T23:59:59.999999Z, the last moment that a time on the wire can name. */
#define SCF_TIME_LAST_US INT64_C(253402300799999999)

/* "2026-11-22T08:00:00.123456Z", always 6 decimals. Here and below: what is before the year 0001 or
 * after 9999 is shown as the first or last moment, or day, between them. */
enum { SCF_TIME_TEXT = 32 };
void scf_time_format(int64_t us, char out[SCF_TIME_TEXT]);
/* "2026-11-22". */
void scf_date_format(int32_t day, char out[SCF_TIME_TEXT]);

/* RFC 3339 with offset ("Z" or ±HH:MM), 0–9 decimals (digits past 6 are cut); years 0001–9999;
 * a leap second :60 reads as :59.999999. False otherwise. */
bool scf_time_parse(struct scf_str text, int64_t *ret_us) SCF_MUST_CHECK;
/* The same without offset, "T" or one space between (api-rules R12), taken at `offset_minutes`. */
bool scf_time_parse_lenient(struct scf_str text, int offset_minutes,
                            int64_t *ret_us) SCF_MUST_CHECK;
/* "YYYY-MM-DD", a real calendar day. */
bool scf_date_parse(struct scf_str text, int32_t *ret_day) SCF_MUST_CHECK;
/* "+08:00" into minutes. */
bool scf_offset_parse(struct scf_str text, int *ret_minutes) SCF_MUST_CHECK;

void scf_civil_from_day(int32_t day, int *year, int *month, int *mday);
int32_t scf_day_from_civil(int year, int month, int mday);
int32_t scf_day_of(int64_t us); /* UTC day, floor */

#endif
