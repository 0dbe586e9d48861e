/* Interest by day count, and the schedules derived from it. Relies on money.h for rounding. */
#include "schedule.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

const char *const scf_day_count_names[] = {"act_360", "act_365", "d30_360", NULL};
const char *const scf_method_names[] = {
    "bullet",          "interest_then_principal", "equal_installment",
    "equal_principal", "self_liquidating",        NULL};

/* ---- interest ---- */

/* Days since a fixed day when every month has 30. */
static int64_t day_of_30(int32_t day) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    return INT64_C(360) * year + 30 * month + (mday > 30 ? 30 : mday);
}

bool scf_interest(int64_t principal, int64_t rate_ppm, enum scf_day_count day_count, int32_t from,
                  int32_t to, int64_t *ret) {
    int64_t days = day_count == SCF_D30_360 ? day_of_30(to) - day_of_30(from) : (int64_t)to - from;
    int64_t year = day_count == SCF_ACT_365 ? 365 : 360;
    int64_t rate_days;
    if (days < 0 || __builtin_mul_overflow(rate_ppm, days, &rate_days))
        return false;
    return scf_mul_div_half_up(principal, rate_days, year * SCF_PPM, ret);
}

/* ---- periods ---- */

static int days_in_month(int year, int month) {
    int next_year = month == 12 ? year + 1 : year, next_month = month == 12 ? 1 : month + 1;
    return scf_day_from_civil(next_year, next_month, 1) - scf_day_from_civil(year, month, 1);
}

int32_t scf_add_months(int32_t day, int months) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    int total = month - 1 + months;
    year += total / 12;
    month = total % 12 + 1;
    int last = days_in_month(year, month);
    return scf_day_from_civil(year, month, mday < last ? mday : last);
}

static bool is_monthly(enum scf_repayment_method method) {
    return method == SCF_INTEREST_THEN_PRINCIPAL || method == SCF_EQUAL_INSTALLMENT ||
           method == SCF_EQUAL_PRINCIPAL;
}

static size_t count_periods(const struct scf_terms *t) {
    int n = 1;
    while (is_monthly(t->method) && scf_add_months(t->value_day, n) < t->maturity_day)
        n++;
    return (size_t)n;
}

static void set_due_days(const struct scf_terms *t, struct scf_instalment *list, size_t n) {
    for (size_t i = 0; i + 1 < n; i++)
        list[i].due_day = scf_add_months(t->value_day, (int)i + 1);
    list[n - 1].due_day = t->maturity_day;
}

/* Interest of period i on what is still owed in it. */
static bool period_interest(const struct scf_terms *t, const struct scf_instalment *list, size_t i,
                            int64_t owed, int64_t *ret) {
    int32_t from = i == 0 ? t->value_day : list[i - 1].due_day;
    return scf_interest(owed, t->rate_ppm, t->day_count, from, list[i].due_day, ret);
}

/* ---- methods ---- */

/* Every instalment but the last repays `part`; the last repays the rest. */
static bool fixed_principal(const struct scf_terms *t, int64_t part, struct scf_instalment *list,
                            size_t n) {
    int64_t owed = t->principal;
    for (size_t i = 0; i < n; i++) {
        list[i].principal = i + 1 < n ? part : owed;
        if (!period_interest(t, list, i, owed, &list[i].interest))
            return false;
        owed -= list[i].principal;
    }
    return true;
}

/* Every instalment but the last is `payment`, interest included. False when an amount does not fit,
 * as when the payment is far too small. */
static bool fixed_payment(const struct scf_terms *t, int64_t payment, struct scf_instalment *list,
                          size_t n) {
    int64_t owed = t->principal;
    for (size_t i = 0; i < n; i++) {
        if (!period_interest(t, list, i, owed, &list[i].interest))
            return false;
        int64_t part = payment - list[i].interest;
        list[i].principal = i + 1 < n && part < owed ? part : owed;
        if (__builtin_sub_overflow(owed, list[i].principal, &owed))
            return false;
    }
    return true;
}

static bool is_enough(const struct scf_terms *t, int64_t payment, struct scf_instalment *list,
                      size_t n) {
    int64_t last;
    return fixed_payment(t, payment, list, n) &&
           !__builtin_add_overflow(list[n - 1].principal, list[n - 1].interest, &last) &&
           last <= payment;
}

/* What is left at the end falls as the payment grows, so the smallest sufficient one is found by
 * halving. Principal and the interest of the whole term together are always enough. */
static bool equal_payment(const struct scf_terms *t, struct scf_instalment *list, size_t n) {
    int64_t interest, high, low = t->principal / (int64_t)n;
    if (!scf_interest(t->principal, t->rate_ppm, t->day_count, t->value_day, t->maturity_day,
                      &interest) ||
        __builtin_add_overflow(t->principal, interest + 1, &high))
        return false;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (is_enough(t, middle, list, n))
            high = middle;
        else
            low = middle + 1;
    }
    return fixed_payment(t, low, list, n);
}

bool scf_schedule_derive(const struct scf_terms *terms, struct scf_arena *arena,
                         struct scf_instalment **ret, size_t *ret_n) {
    SCF_ASSERT(terms->maturity_day > terms->value_day && terms->principal > 0);
    size_t n = count_periods(terms);
    struct scf_instalment *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return false;
    set_due_days(terms, list, n);
    bool fits;
    if (terms->method == SCF_EQUAL_INSTALLMENT)
        fits = equal_payment(terms, list, n);
    else if (terms->method == SCF_EQUAL_PRINCIPAL)
        fits = fixed_principal(terms, terms->principal / (int64_t)n, list, n);
    else
        fits = fixed_principal(terms, 0, list, n);
    if (!fits)
        return false;
    *ret = list;
    *ret_n = n;
    return true;
}
