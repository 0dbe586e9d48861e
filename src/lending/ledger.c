/* Allocation, shares and arrears. Relies on schedule.c for interest and on money.h for 128 bits. */
#include "ledger.h"

#include "scfd/base/money.h"

enum { COMPONENTS = 5 };

/* In the order in which payments settle them. */
static void to_list(const struct scf_amounts *a, int64_t list[COMPONENTS]) {
    memcpy(list, (const int64_t[]){a->fees, a->penalty, a->compound, a->interest, a->principal},
           COMPONENTS * sizeof *list);
}

static struct scf_amounts from_list(const int64_t list[COMPONENTS]) {
    return (struct scf_amounts){list[0], list[1], list[2], list[3], list[4]};
}

bool scf_amounts_sum(const struct scf_amounts *a, int64_t *ret) {
    int64_t list[COMPONENTS], sum = 0;
    to_list(a, list);
    for (int i = 0; i < COMPONENTS; i++)
        if (__builtin_add_overflow(sum, list[i], &sum))
            return false;
    *ret = sum;
    return true;
}

bool scf_allocate(int64_t amount, const struct scf_amounts *owed, struct scf_amounts *ret) {
    int64_t list[COMPONENTS], paid[COMPONENTS];
    to_list(owed, list);
    for (int i = 0; i < COMPONENTS; i++) {
        paid[i] = amount < list[i] ? amount : list[i];
        amount -= paid[i];
    }
    if (amount > 0)
        return false;
    *ret = from_list(paid);
    return true;
}

bool scf_amounts_add(struct scf_amounts *owed, const struct scf_amounts *change) {
    int64_t list[COMPONENTS], delta[COMPONENTS];
    to_list(owed, list);
    to_list(change, delta);
    for (int i = 0; i < COMPONENTS; i++)
        if (__builtin_add_overflow(list[i], delta[i], &list[i]) || list[i] < 0)
            return false;
    *owed = from_list(list);
    return true;
}

struct scf_amounts scf_amounts_negated(const struct scf_amounts *a) {
    return (struct scf_amounts){-a->fees, -a->penalty, -a->compound, -a->interest, -a->principal};
}

static int64_t beyond(int64_t paid, int64_t owed) {
    return paid > owed ? paid - owed : 0;
}

struct scf_amounts scf_charge_of(const struct scf_amounts *allocation,
                                 const struct scf_amounts *owed) {
    return (struct scf_amounts){.fees = beyond(allocation->fees, owed->fees),
                                .penalty = beyond(allocation->penalty, owed->penalty),
                                .compound = beyond(allocation->compound, owed->compound)};
}

void scf_split(int64_t total, const int64_t *weights, size_t n, int64_t *ret_parts) {
    int64_t sum = 0, weight_so_far = 0, given = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    for (size_t i = 0; i < n; i++) {
        int64_t up_to;
        weight_so_far += weights[i];
        bool fits = scf_mul_div_floor(total, weight_so_far, sum, &up_to);
        SCF_ASSERT(fits); /* weight_so_far ≤ sum */
        ret_parts[i] = up_to - given;
        given = up_to;
    }
}

bool scf_split_within(int64_t total, const int64_t *weights, const int64_t *rooms, size_t n,
                      int64_t *ret_parts) {
    int64_t left = 0;
    scf_split(total, weights, n, ret_parts);
    for (size_t i = 0; i < n; i++) {
        int64_t over = ret_parts[i] > rooms[i] ? ret_parts[i] - rooms[i] : 0;
        ret_parts[i] -= over;
        left += over;
    }
    for (size_t i = 0; left > 0 && i < n; i++) {
        int64_t room = rooms[i] - ret_parts[i], more = room < left ? room : left;
        ret_parts[i] += more;
        left -= more;
    }
    return left == 0;
}

/* ---- arrears ---- */

bool scf_accrued(const struct scf_loan_position *p, int32_t day, int64_t *ret) {
    if (day <= p->paid_to_day) {
        *ret = 0;
        return true;
    }
    return scf_interest(p->owed.principal, p->terms->rate_ppm, p->terms->day_count, p->paid_to_day,
                        day, ret);
}

static int64_t min64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Interest of the instalments up to `due_day`, of which `scheduled` is the sum, that is not paid.
 */
static int64_t interest_in_arrears(const struct scf_loan_position *p, int32_t due_day,
                                   int64_t scheduled) {
    int64_t accrued = 0;
    if (!scf_accrued(p, due_day, &accrued))
        accrued = 0; /* what does not fit was refused when the loan was made */
    return min64(scheduled - p->paid_interest, p->owed.interest + accrued);
}

int32_t scf_overdue_days(const struct scf_loan_position *p, int32_t today) {
    int64_t principal = 0, interest = 0;
    int64_t paid_principal = p->terms->principal - p->owed.principal;
    for (size_t i = 0; i < p->n && p->schedule[i].due_day < today; i++) {
        int32_t due = p->schedule[i].due_day;
        principal += p->schedule[i].principal;
        interest += p->schedule[i].interest;
        if (principal > paid_principal || interest_in_arrears(p, due, interest) > 0)
            return today - due;
    }
    return 0;
}

const char *scf_risk_class(int32_t overdue_days) {
    if (overdue_days > 360)
        return "loss";
    if (overdue_days > 270)
        return "doubtful";
    if (overdue_days > 90)
        return "substandard";
    return overdue_days > 0 ? "special_mention" : "normal";
}
