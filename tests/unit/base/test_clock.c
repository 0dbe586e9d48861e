/* Dates and times against values from other calendars programs (GNU date -u -d … +%s), RFC 3339's
 * own examples, and the edges of the calendar. */
#include "scfd/base/clock.h"
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>

static void test_days(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t day;
    } rows[] = {
        {"1970-01-01", 0},       {"1969-12-31", -1},      {"2000-02-29", 11016},
        {"2000-03-01", 11017},   {"1900-02-28", -25509},  {"1900-03-01", -25508},
        {"2026-11-22", 20779},   {"0001-01-01", -719162}, {"9999-12-31", 2932896},
        {"1600-02-29", -135081},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        int32_t day = 1;
        char text[SCF_TIME_TEXT];
        assert_true(scf_date_parse(scf_str(rows[i].text), &day));
        assert_int_equal(day, rows[i].day);
        scf_date_format(rows[i].day, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_every_day_of_four_centuries(void **state) {
    (void)state;
    for (int32_t day = -146097; day <= 146097; day++) {
        int year, month, mday;
        scf_civil_from_day(day, &year, &month, &mday);
        assert_int_equal(scf_day_from_civil(year, month, mday), day);
        int next_year, next_month, next_mday;
        scf_civil_from_day(day + 1, &next_year, &next_month, &next_mday);
        bool same_month = next_month == month && next_mday == mday + 1;
        bool new_month = next_mday == 1 && (next_month == month + 1 || next_year == year + 1);
        assert_true(same_month || new_month);
    }
}

static void test_bad_dates(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",           "2026-02-29",  "1900-02-29",  "2100-02-29",  "2026-04-31",
        "2026-00-10", "2026-13-10",  "2026-01-00",  "2026-01-32",  "0000-01-01",
        "26-01-01",   "2026-1-1",    "2026/01/01",  "2026-01-01 ", " 2026-01-01",
        "20260101",   "2026-01-01T", "+2026-01-01", "-001-01-01"};
    int32_t day = 5;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_date_parse(scf_str(bad[i]), &day));
    assert_int_equal(day, 5);
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2026-11-22T08:00:00.123456Z", 1795334400123456},
        {"2026-11-22T16:00:00.123456+08:00", 1795334400123456},
        {"2026-11-22t08:00:00z", 1795334400000000},
        {"1985-04-12T23:20:50.52Z", 482196050520000},        /* RFC 3339 §5.8 */
        {"1996-12-19T16:39:57-08:00", 851042397000000},      /* RFC 3339 §5.8 */
        {"1937-01-01T12:00:27.87+00:20", -1041337172130000}, /* RFC 3339 §5.8 */
        {"1990-12-31T23:59:60Z", 662687999999999},           /* RFC 3339 §5.8, a leap second */
        {"1990-12-31T15:59:60-08:00", 662687999999999},      /* the same instant */
        {"2016-12-31T23:59:60.5Z", 1483228799999999},
        {"2024-02-29T12:00:00.1234569Z", 1709208000123456}, /* digits past six are cut */
        {"2024-02-29T12:00:00.123456789-00:00", 1709208000123456},
        {"0001-01-01T00:00:00Z", -62135596800000000},
        {"9999-12-31T23:59:59.999999Z", 253402300799999999},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        int64_t us = 5;
        assert_true(scf_time_parse(scf_str(rows[i].text), &us));
        assert_true(us == rows[i].us);
    }
}

static void test_bad_times(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T08:00Z",
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z",
        "2026-11-22T08:00:61Z",
        "2026-11-22T08:00:60Z",      /* not at the end of a day */
        "2026-11-22T23:59:60Z",      /* not at the end of a month */
        "2016-12-31T23:59:60+08:00", /* 15:59:60 UTC */
        "2026-02-29T08:00:00Z",
        "2026-11-22T08:00:00.Z",
        "2026-11-22T08:00:00.1234567890Z",
        "2026-11-22T08:00:00+8:00",
        "2026-11-22T08:00:00+0800",
        "2026-11-22T08:00:00+24:00",
        "2026-11-22T08:00:00+08:60",
        "2026-11-22T08:00:00ZZ",
        "2026-11-22T08:00:00Z ",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01", /* falls into year 0 */
        "9999-12-31T23:59:59-00:01", /* falls into year 10000 */
        "2026-11-22T-8:00:00Z",
    };
    int64_t us = 5;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_time_parse(scf_str(bad[i]), &us));
    assert_true(us == 5);
}

static void test_lenient_times(void **state) {
    (void)state;
    int64_t us = 0;
    assert_true(scf_time_parse_lenient(SCF_STR("2021-07-25 15:15:22"), 480, &us));
    assert_true(us == 1627197322000000); /* 07:15:22Z */
    assert_true(scf_time_parse_lenient(SCF_STR("2021-07-25T15:15:22.5"), -60, &us));
    assert_true(us == 1627229722500000); /* 16:15:22.5Z */
    assert_false(scf_time_parse_lenient(SCF_STR("2021-07-25  15:15:22"), 480, &us));
    assert_false(scf_time_parse_lenient(SCF_STR("2021-07-25 15:15:22Z"), 480, &us));
    assert_false(scf_time_parse_lenient(SCF_STR("2021-07-25 15:15"), 480, &us));
    assert_true(us == 1627229722500000);
}

static void test_offsets(void **state) {
    (void)state;
    int minutes = 0;
    assert_true(scf_offset_parse(SCF_STR("+08:00"), &minutes));
    assert_int_equal(minutes, 480);
    assert_true(scf_offset_parse(SCF_STR("-03:30"), &minutes));
    assert_int_equal(minutes, -210);
    static const char *const bad[] = {"",      "Z",      "08:00",  "+8:00",
                                      "+08:0", "+24:00", "+08:60", "+08:00 "};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_offset_parse(scf_str(bad[i]), &minutes));
    assert_int_equal(minutes, -210);
}

static void test_writes(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {1795334400123456, "2026-11-22T08:00:00.123456Z"},
        {784111777000000, "1994-11-06T08:49:37.000000Z"},
        {-62135596800000000, "0001-01-01T00:00:00.000000Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        char text[SCF_TIME_TEXT];
        scf_time_format(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
    }
    assert_int_equal(scf_day_of(-1), -1);
    assert_int_equal(scf_day_of(0), 0);
    assert_int_equal(scf_day_of(SCF_US_PER_DAY - 1), 0);
    assert_int_equal(scf_day_of(-SCF_US_PER_DAY), -1);
}

static void test_the_test_clock(void **state) {
    (void)state;
    char path[] = "/tmp/scfd-clock-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    setenv("SCFD_TEST_CLOCK", path, 1);
    assert_false(scf_clock_init()); /* empty file */

    int64_t real = scf_now_us();
    int64_t settings[2] = {0, SCF_US_PER_DAY};
    assert_int_equal(pwrite(fd, settings, sizeof settings, 0), sizeof settings);
    assert_true(scf_clock_init());
    int64_t moved = scf_now_us() - real;
    assert_in_range(moved, SCF_US_PER_DAY, SCF_US_PER_DAY + 10 * SCF_US_PER_SECOND);

    settings[0] = 1795334400123456;
    assert_int_equal(pwrite(fd, settings, sizeof settings, 0), sizeof settings);
    assert_true(scf_now_us() == 1795334400123456);
    int64_t before = scf_mono_us();
    assert_true(scf_mono_us() >= before);
    setenv("SCFD_TEST_CLOCK", "/nonexistent/clock", 1);
    assert_false(scf_clock_init());
    unsetenv("SCFD_TEST_CLOCK");
    assert_true(scf_clock_init());
    close(fd);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),           cmocka_unit_test(test_every_day_of_four_centuries),
        cmocka_unit_test(test_bad_dates),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_bad_times),      cmocka_unit_test(test_lenient_times),
        cmocka_unit_test(test_offsets),        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_the_test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
