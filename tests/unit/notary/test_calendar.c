/* Working days against dates counted by hand on the notices of the State Council for 2025 and 2026,
 * and against a year that is not known. */
#include <setjmp.h>
#include <cmocka.h>

#include "calendar.h"

#include "scfd/base/clock.h"

static int32_t day(const char *text) {
    int32_t d = 0;
    assert_true(scf_date_parse(scf_str(text), &d));
    return d;
}

static void assert_day(int32_t got, const char *want) {
    char text[SCF_TIME_TEXT];
    scf_date_format(got, text);
    assert_string_equal(text, want);
}

/* Spring Festival 2026: off from 15 to 23 February, worked on Saturdays 14 and 28 February. */
static struct scf_calendar spring(struct scf_cal_year *year, int32_t holidays[10],
                                  int32_t workdays[2]) {
    for (int i = 0; i < 9; i++)
        holidays[i] = day("2026-02-15") + i;
    holidays[9] = day("2026-01-01");
    workdays[0] = day("2026-02-14");
    workdays[1] = day("2026-02-28");
    *year = (struct scf_cal_year){.year = 2026,
                                  .holidays = holidays,
                                  .holiday_count = 10,
                                  .workdays = workdays,
                                  .workday_count = 2};
    return (struct scf_calendar){year, 1};
}

static void test_working_days(void **unused) {
    (void)unused;
    int32_t h[10], w[2];
    struct scf_cal_year year;
    struct scf_calendar c = spring(&year, h, w);
    static const struct {
        const char *day;
        bool working;
    } days[] = {{"2026-02-13", true},  {"2026-02-14", true},  {"2026-02-15", false},
                {"2026-02-20", false}, {"2026-02-23", false}, {"2026-02-24", true},
                {"2026-02-28", true},  {"2026-03-01", false}, {"2026-03-07", false}};
    bool incomplete = false;
    for (size_t i = 0; i < SCF_COUNT(days); i++)
        assert_int_equal(scf_is_working_day(&c, day(days[i].day), &incomplete), days[i].working);
    assert_false(incomplete);
}

/* Accepted on Tuesday 10 February 2026: 11, 12, 13, 14 worked, then 24 to 28 February, then 2 to 7
 * March without the weekend: the 15th working day is 9 March. */
static void test_fifteen_working_days_over_spring_festival(void **unused) {
    (void)unused;
    int32_t h[10], w[2];
    struct scf_cal_year year;
    struct scf_calendar c = spring(&year, h, w);
    bool incomplete = false;
    assert_day(scf_working_day_after(&c, day("2026-02-10"), 4, &incomplete), "2026-02-14");
    assert_day(scf_working_day_after(&c, day("2026-02-10"), 5, &incomplete), "2026-02-24");
    assert_day(scf_working_day_after(&c, day("2026-02-10"), 9, &incomplete), "2026-02-28");
    assert_day(scf_working_day_after(&c, day("2026-02-10"), 15, &incomplete), "2026-03-09");
    assert_int_equal(
        scf_working_days_between(&c, day("2026-02-10"), day("2026-03-09"), &incomplete), 15);
    assert_int_equal(
        scf_working_days_between(&c, day("2026-03-09"), day("2026-02-10"), &incomplete), 0);
    assert_day(scf_working_day_after(&c, day("2026-02-15"), 0, &incomplete), "2026-02-15");
    assert_false(incomplete);
}

/* A period that ends on a day off ends on the next working day (民法典 203). */
static void test_rolling(void **unused) {
    (void)unused;
    int32_t h[10], w[2];
    struct scf_cal_year year;
    struct scf_calendar c = spring(&year, h, w);
    bool incomplete = false;
    assert_day(scf_rolled(&c, day("2026-02-14"), &incomplete), "2026-02-14");
    assert_day(scf_rolled(&c, day("2026-02-15"), &incomplete), "2026-02-24");
    assert_day(scf_rolled(&c, day("2026-03-07"), &incomplete), "2026-03-09");
    assert_false(incomplete);
    assert_day(scf_rolled(&c, day("2027-01-02"), &incomplete), "2027-01-04"); /* a Saturday */
    assert_true(incomplete);
}

/* Weekends only, and the caller learns it. */
static void test_a_year_that_is_not_known(void **unused) {
    (void)unused;
    const struct scf_calendar nothing = {NULL, 0};
    bool incomplete = false;
    assert_day(scf_working_day_after(&nothing, day("2027-09-30"), 15, &incomplete), "2027-10-21");
    assert_true(incomplete);
}

static void test_china(void **unused) {
    (void)unused;
    int64_t us;
    assert_true(scf_time_parse(SCF_STR("2026-11-26T15:59:59Z"), &us));
    assert_day(scf_china_day(us), "2026-11-26");
    assert_day(scf_china_day(us + SCF_US_PER_SECOND), "2026-11-27");
    assert_true(scf_china_midnight(day("2026-11-27")) == us + SCF_US_PER_SECOND);
}

static void test_years(void **unused) {
    (void)unused;
    assert_day(scf_years_after(day("2024-02-29"), 2), "2026-02-28");
    assert_day(scf_years_after(day("2024-02-29"), 4), "2028-02-29");
    assert_day(scf_years_after(day("2026-11-26"), 2), "2028-11-26");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_working_days),
        cmocka_unit_test(test_fifteen_working_days_over_spring_festival),
        cmocka_unit_test(test_rolling),
        cmocka_unit_test(test_a_year_that_is_not_known),
        cmocka_unit_test(test_china),
        cmocka_unit_test(test_years),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
