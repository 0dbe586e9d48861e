/* Terms and priority. Relies on the calendar of base/clock only. */
#include "terms.h"

#include "scfd/base/clock.h"

/* ---- vouchers ---- */

enum scf_tenor scf_voucher_tenor(const struct scf_policy *policy, int32_t issued_day,
                                 int32_t due_day, const struct scf_voucher_rule **ret_rule) {
    const struct scf_voucher_rule *rule = NULL;
    for (size_t i = 0; i < policy->voucher_count && policy->vouchers[i].from_day <= issued_day; i++)
        rule = &policy->vouchers[i];
    *ret_rule = rule;
    if (rule == NULL)
        return SCF_TENOR_FREE;
    int64_t days = (int64_t)due_day - issued_day;
    if (days > rule->max_days)
        return SCF_TENOR_TOO_LONG;
    return days > rule->normal_days ? SCF_TENOR_REASONED : SCF_TENOR_NORMAL;
}

/* ---- sizes ---- */

static bool is(const char *text, const char *what) {
    return text != NULL && strcmp(text, what) == 0;
}

enum scf_size scf_size_of(const char *enterprise_type, const char *size_class) {
    if (is(enterprise_type, "public_institution"))
        return SCF_SIZE_PUBLIC;
    if (is(size_class, "large"))
        return SCF_SIZE_LARGE;
    return size_class != NULL ? SCF_SIZE_SME : SCF_SIZE_UNKNOWN;
}

bool scf_must_confirm(enum scf_size debtor, enum scf_size seller) {
    return seller == SCF_SIZE_SME && (debtor == SCF_SIZE_LARGE || debtor == SCF_SIZE_PUBLIC);
}

bool scf_payment_days(enum scf_size debtor, enum scf_size seller, int *ret_days, int *ret_agreed) {
    if (!scf_must_confirm(debtor, seller)) /* the same two: Art.9 and Art.16 */
        return false;
    *ret_days = debtor == SCF_SIZE_PUBLIC ? 30 : 60;
    *ret_agreed = 60;
    return true;
}

/* ---- the register ---- */

static int days_of_month(int year, int month) {
    int next_year = month == 12 ? year + 1 : year, next = month == 12 ? 1 : month + 1;
    return scf_day_from_civil(next_year, next, 1) - scf_day_from_civil(year, month, 1);
}

int32_t scf_months_later(int32_t day, int months) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    int count = year * 12 + month - 1 + months;
    year = count / 12;
    month = count % 12 + 1;
    int last = days_of_month(year, month);
    return scf_day_from_civil(year, month, mday < last ? mday : last);
}

bool scf_registration_term_ok(int32_t from_day, int32_t to_day) {
    enum { LEAST_MONTHS = 1, MOST_MONTHS = 30 * 12 };
    return to_day >= scf_months_later(from_day, LEAST_MONTHS) &&
           to_day <= scf_months_later(from_day, MOST_MONTHS);
}

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int32_t day) {
    int weekday = ((day + 3) % 7 + 7) % 7; /* Monday 0 */
    return weekday >= 5;
}

int32_t scf_working_days_later(int32_t day, int n) {
    while (n > 0)
        if (!is_weekend(++day))
            n--;
    return day;
}

/* ---- priority ---- */

bool scf_claim_before(const struct scf_claim *a, const struct scf_claim *b) {
    if (a->registered != b->registered)
        return a->registered;
    if (a->registered)
        return a->registered_us < b->registered_us;
    if (a->notified != b->notified)
        return a->notified;
    return a->notified && a->notified_us < b->notified_us;
}

void scf_rank_claims(const struct scf_claim *claims, size_t n, int *ret_ranks) {
    for (size_t i = 0; i < n; i++) {
        ret_ranks[i] = 1;
        for (size_t k = 0; k < n; k++)
            ret_ranks[i] += scf_claim_before(&claims[k], &claims[i]);
    }
}
