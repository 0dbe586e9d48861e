/* Periods against the calendar (Python's datetime and isocalendar), and when runs are due. */
#include <setjmp.h>
#include <cmocka.h>

#include "increment.h"

static int32_t day(int year, int month, int mday) {
    return scf_day_from_civil(year, month, mday);
}

static void expect(enum scf_period kind, int32_t at, const char *text, int32_t first,
                   int32_t last) {
    struct scf_increment_period p = scf_increment_period_of(kind, at);
    assert_string_equal(p.text, text);
    assert_int_equal(p.first_day, first);
    assert_int_equal(p.last_day, last);
    struct scf_increment_period read;
    assert_true(scf_increment_period_parse(scf_str(text), &read));
    assert_int_equal(read.first_day, first);
    assert_int_equal(read.last_day, last);
}

static void months_days_and_quarters(void **state) {
    (void)state;
    expect(SCF_PERIOD_MONTH, day(2026, 11, 26), "2026-11", day(2026, 11, 1), day(2026, 11, 30));
    expect(SCF_PERIOD_MONTH, day(2024, 2, 29), "2024-02", day(2024, 2, 1), day(2024, 2, 29));
    expect(SCF_PERIOD_MONTH, day(2026, 12, 31), "2026-12", day(2026, 12, 1), day(2026, 12, 31));
    expect(SCF_PERIOD_DAY, day(2026, 11, 26), "2026-11-26", day(2026, 11, 26), day(2026, 11, 26));
    expect(SCF_PERIOD_QUARTER, day(2026, 11, 26), "2026-Q4", day(2026, 10, 1), day(2026, 12, 31));
    expect(SCF_PERIOD_QUARTER, day(2026, 1, 1), "2026-Q1", day(2026, 1, 1), day(2026, 3, 31));
    expect(SCF_PERIOD_MONTH, day(1969, 12, 31), "1969-12", day(1969, 12, 1), day(1969, 12, 31));
}

/* isocalendar() of these days; the last two of 2024 lie in 2025-W01, the first of 2027 in 2026-W53
 */
static void weeks_are_those_of_iso_8601(void **state) {
    (void)state;
    expect(SCF_PERIOD_WEEK, day(2026, 11, 22), "2026-W47", day(2026, 11, 16), day(2026, 11, 22));
    expect(SCF_PERIOD_WEEK, day(2026, 11, 23), "2026-W48", day(2026, 11, 23), day(2026, 11, 29));
    expect(SCF_PERIOD_WEEK, day(2024, 12, 30), "2025-W01", day(2024, 12, 30), day(2025, 1, 5));
    expect(SCF_PERIOD_WEEK, day(2027, 1, 1), "2026-W53", day(2026, 12, 28), day(2027, 1, 3));
    expect(SCF_PERIOD_WEEK, day(1969, 12, 31), "1970-W01", day(1969, 12, 29), day(1970, 1, 4));
}

static void reads_nothing_but_periods(void **state) {
    (void)state;
    static const char *const bad[] = {"",         "2026",     "2026-13",    "2026-00",   "2026-1",
                                      "2026-Q5",  "2026-Q0",  "2025-W53",   "2026-W00",  "2026-W54",
                                      "2026-W4",  "2026-w47", "2026-11-31", "2026-11-3", "202a-11",
                                      "0000-W01", "2026-1a",  "2026-11 ",   "2026_11"};
    struct scf_increment_period p;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_increment_period_parse(scf_str(bad[i]), &p));
}

static void a_period_ends_with_its_last_moment(void **state) {
    (void)state;
    int64_t first_of_december = (int64_t)day(2026, 12, 1) * SCF_US_PER_DAY;
    assert_string_equal(scf_increment_period_ended(SCF_PERIOD_MONTH, first_of_december - 1).text,
                        "2026-10");
    struct scf_increment_period p = scf_increment_period_ended(SCF_PERIOD_MONTH, first_of_december);
    assert_string_equal(p.text, "2026-11");
    assert_int_equal(scf_increment_as_of(&p), first_of_december - 1);
}

/* Every day of eight years: periods follow each other without gap or overlap. */
static void periods_tile_the_calendar(void **state) {
    (void)state;
    for (int kind = SCF_PERIOD_DAY; kind <= SCF_PERIOD_QUARTER; kind++) {
        int32_t next = INT32_MIN;
        for (int32_t d = day(2023, 1, 1); d < day(2031, 1, 1); d++) {
            struct scf_increment_period p = scf_increment_period_of((enum scf_period)kind, d), read;
            assert_true(p.first_day <= d && d <= p.last_day);
            if (next != INT32_MIN && d == next)
                assert_int_equal(p.first_day, d);
            next = p.last_day + 1;
            assert_true(scf_increment_period_parse(scf_str(p.text), &read));
            assert_int_equal(read.first_day, p.first_day);
        }
    }
}

static void catches_up_with_what_ended_since(void **state) {
    (void)state;
    struct scf_increment_period p[3];
    int64_t now = (int64_t)day(2026, 12, 5) * SCF_US_PER_DAY;
    size_t n = scf_increment_periods_since(SCF_PERIOD_MONTH, day(2026, 9, 30), now, p, 3);
    assert_int_equal(n, 2);
    assert_string_equal(p[0].text, "2026-10");
    assert_string_equal(p[1].text, "2026-11");
    assert_int_equal(scf_increment_periods_since(SCF_PERIOD_MONTH, p[1].last_day, now, p, 3), 0);
    n = scf_increment_periods_since(SCF_PERIOD_DAY, day(2000, 1, 1), now, p, 3);
    assert_int_equal(n, 3); /* the newest ones */
    assert_string_equal(p[0].text, "2026-12-02");
    assert_string_equal(p[2].text, "2026-12-04");
    /* the period was changed from weeks to months in between: the week of November 22nd was run */
    n = scf_increment_periods_since(SCF_PERIOD_MONTH, day(2026, 11, 22), now, p, 3);
    assert_int_equal(n, 1);
    assert_string_equal(p[0].text, "2026-11");
}

static void waits_longer_after_every_failure(void **state) {
    (void)state;
    assert_int_equal(scf_increment_backoff_us(1), 60 * SCF_US_PER_SECOND);
    assert_int_equal(scf_increment_backoff_us(2), 120 * SCF_US_PER_SECOND);
    assert_int_equal(scf_increment_backoff_us(9), 256 * 60 * SCF_US_PER_SECOND);
    assert_int_equal(scf_increment_backoff_us(10), 6 * SCF_US_PER_HOUR);
    assert_int_equal(scf_increment_backoff_us(INT32_MAX), 6 * SCF_US_PER_HOUR);
}

static void is_overdue_after_the_grace(void **state) {
    (void)state;
    int64_t as_of = (int64_t)day(2026, 12, 1) * SCF_US_PER_DAY - 1;
    assert_false(scf_increment_overdue(as_of, 24, as_of + 24 * SCF_US_PER_HOUR));
    assert_true(scf_increment_overdue(as_of, 24, as_of + 24 * SCF_US_PER_HOUR + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_days_and_quarters),
        cmocka_unit_test(weeks_are_those_of_iso_8601),
        cmocka_unit_test(reads_nothing_but_periods),
        cmocka_unit_test(a_period_ends_with_its_last_moment),
        cmocka_unit_test(periods_tile_the_calendar),
        cmocka_unit_test(catches_up_with_what_ended_since),
        cmocka_unit_test(waits_longer_after_every_failure),
        cmocka_unit_test(is_overdue_after_the_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
