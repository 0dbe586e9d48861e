/* Repayment schedules as integer arithmetic (docs/credit-model.md, Interest). Pure; any thread. */
#ifndef SCFD_LENDING_SCHEDULE_H
#define SCFD_LENDING_SCHEDULE_H

#include "scfd/base/arena.h"
#include "scfd/lending/interest.h"

enum scf_repayment_method {
    SCF_BULLET,
    SCF_INTEREST_THEN_PRINCIPAL,
    SCF_EQUAL_INSTALLMENT,
    SCF_EQUAL_PRINCIPAL,
    SCF_SELF_LIQUIDATING
};
extern const char *const scf_method_names[];

/* The day `months` calendar months after `day`; the month's last day where it has no such day. */
int32_t scf_add_months(int32_t day, int months);

struct scf_instalment {
    int32_t due_day;
    int64_t principal, interest;
};

struct scf_terms {
    int64_t principal;
    int64_t rate_ppm; /* a year */
    enum scf_day_count day_count;
    enum scf_repayment_method method;
    int32_t value_day, maturity_day; /* maturity > value */
};

/* The instalments of a loan in order of their due days, the last one due at maturity. bullet and
 * self_liquidating have one. The others are due monthly, counted from the value date so that a
 * short month does not shift the later ones; what remains before maturity is a shorter last period.
 *   interest_then_principal  the interest of each period; the principal with the last
 *   equal_principal          principal / n, rounded down, the last takes the rest; plus interest
 *   equal_installment        the same sum each time: the smallest with which the last instalment is
 *                            no larger than the others; the last takes the rest
 * False when an amount does not fit or the arena is full. */
bool scf_schedule_derive(const struct scf_terms *terms, struct scf_arena *arena,
                         struct scf_instalment **ret, size_t *ret_n) SCF_MUST_CHECK;

#endif
