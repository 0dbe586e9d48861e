/* The ledger of a loan under amended terms. The ledger itself goes on as the loan was made; what is
 * enforceable follows the instrument as notarised. */
#include "amendment.h"

#include "scfd/base/money.h"

/* ---- the schedule ---- */

static const cJSON *amended_schedule(const cJSON *dossier) {
    const cJSON *item;
    cJSON_ArrayForEach(item, scf_json_get(dossier, "amendments")) {
        if (scf_json_bool(item, "rescheduled", false))
            return scf_json_get(scf_json_get(dossier, "performance"), "schedule");
    }
    return NULL;
}

static int64_t unpaid(int64_t *paid, int64_t amount) {
    int64_t part = *paid < amount ? *paid : amount;
    *paid -= part;
    return amount - part;
}

static enum scf_code reschedule(struct scf_arena *arena, const cJSON *schedule, int32_t as_of,
                                struct scf_owed *o, struct scf_error *err) {
    int64_t principal = o->principal - o->owed.principal, interest = o->paid.interest;
    int scale = scf_currency_scale(scf_str(o->currency));
    size_t n = 0;
    const cJSON *item;
    struct scf_owed_instalment *list =
        scf_alloc(arena, (size_t)cJSON_GetArraySize(schedule), sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    o->overdue_days = 0;
    cJSON_ArrayForEach(item, schedule) {
        struct scf_owed_instalment part = {0};
        scf_body_day(item, "due_on", &part.due_day);
        scf_body_money(item, "principal", scale, &part.principal);
        scf_body_money(item, "interest", scale, &part.interest);
        part.unpaid_principal = unpaid(&principal, part.principal);
        part.unpaid_interest = unpaid(&interest, part.interest);
        bool open = part.unpaid_principal > 0 || part.unpaid_interest > 0;
        if (open && !o->settled && o->overdue_days == 0 && part.due_day < as_of)
            o->overdue_days = as_of - part.due_day;
        o->maturity_day = part.due_day;
        list[n++] = part;
    }
    o->instalments = list;
    o->instalment_count = n;
    return SCF_OK;
}

/* ---- the rate ---- */

/* Millionths a year; −1: one that is not known here, for it follows the LPR. */
static int64_t rate_of(const cJSON *rate) {
    int64_t annual = -1;
    if (scf_body_is(rate, "type", "none"))
        return 0;
    if (scf_body_is(rate, "type", "fixed"))
        scf_body_decimal(rate, "annual_rate", 6, &annual);
    return annual;
}

/* The day from which an entry changed the principal. A reversal books the interest since the
 * payment that it takes back, so that it counts from the day of that. */
static int32_t since(const struct scf_owed *o, size_t i) {
    const struct scf_owed_entry *e = &o->entries[i];
    for (size_t k = i; e->kind == SCF_OWED_REVERSAL && k > 0; k--)
        if (o->entries[k - 1].kind == SCF_OWED_REPAYMENT &&
            o->entries[k - 1].amounts.principal == -e->amounts.principal)
            return o->entries[k - 1].day;
    return e->day;
}

/* Σ principal × days outstanding between the days. */
static bool weigh(const struct scf_owed *o, int32_t from, int32_t until, int64_t *ret) {
    *ret = 0;
    for (size_t i = 0; i < o->entry_count; i++) {
        int32_t begin = since(o, i);
        int64_t part;
        if (begin < from)
            begin = from;
        if (begin >= until)
            continue;
        if (__builtin_mul_overflow(o->entries[i].amounts.principal, (int64_t)(until - begin),
                                   &part) ||
            __builtin_add_overflow(*ret, part, ret))
            return false;
    }
    return true;
}

/* Until when the rate of an amendment counts: the next one that sets a rate, or the day asked. */
static int32_t rate_end(const cJSON *item, int32_t as_of) {
    int32_t until = as_of, day;
    for (const cJSON *next = item->next; next; next = next->next)
        if (scf_json_get(next, "rate") && scf_body_day(next, "effective_on", &day) && day < until)
            until = day;
    return until;
}

static bool lower_interest(const cJSON *dossier, int32_t as_of, struct scf_owed *o) {
    int64_t lent_at = o->rate_ppm;
    const cJSON *item;
    cJSON_ArrayForEach(item, scf_json_get(dossier, "amendments")) {
        int64_t rate = rate_of(scf_json_get(item, "rate")), weighted, excess;
        int32_t from;
        if (rate < 0 || rate >= lent_at || !scf_body_day(item, "effective_on", &from))
            continue;
        if (!weigh(o, from, rate_end(item, as_of), &weighted) ||
            !scf_mul_div_half_up(weighted, lent_at - rate, (int64_t)SCF_PPM * o->year_days,
                                 &excess))
            return false;
        o->owed.interest -= excess < o->owed.interest ? excess : o->owed.interest;
        o->rate_ppm = rate;
    }
    return true;
}

/* ---- both ---- */

enum scf_code scf_enf_owed_amended(struct scf_arena *arena, const cJSON *dossier,
                                   const struct scf_owed *ledger, int32_t as_of,
                                   struct scf_owed *ret, struct scf_error *err) {
    const cJSON *schedule = amended_schedule(dossier);
    *ret = *ledger;
    if (!lower_interest(dossier, as_of, ret))
        return scf_fail(err, SCF_E_CONFLICT, "The interest under the amended rate does not fit.");
    return cJSON_GetArraySize(schedule) > 0 ? reschedule(arena, schedule, as_of, ret, err) : SCF_OK;
}
