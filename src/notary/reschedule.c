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
        if (part.due_day < o->value_day) /* amended before the loan was made */
            part.due_day = o->value_day;
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

/* The rate in force on the day: by the newest amendment that sets one from then or earlier, no
 * higher than lent at. *until: comes down to the next day from which one counts. */
static int64_t rate_on(const cJSON *dossier, int64_t lent_at, int32_t day, int32_t *until) {
    int64_t rate = lent_at;
    const cJSON *item;
    cJSON_ArrayForEach(item, scf_json_get(dossier, "amendments")) {
        const cJSON *said = scf_json_get(item, "rate");
        int32_t from;
        if (said == NULL || !scf_body_day(item, "effective_on", &from))
            continue;
        if (from > day) {
            *until = from < *until ? from : *until;
            continue;
        }
        int64_t annual = rate_of(said);
        rate = annual < 0 || annual > lent_at ? lent_at : annual;
    }
    return rate;
}

static bool is_lowered(const cJSON *dossier, int64_t lent_at, int32_t as_of) {
    const cJSON *item;
    cJSON_ArrayForEach(item, scf_json_get(dossier, "amendments")) {
        int64_t rate = rate_of(scf_json_get(item, "rate"));
        int32_t from;
        if (rate >= 0 && rate < lent_at && scf_body_day(item, "effective_on", &from) &&
            from <= as_of)
            return true;
    }
    return false;
}

bool scf_enf_lacks_schedule(const cJSON *terms, const struct scf_owed *ledger) {
    int64_t rate = rate_of(scf_json_get(terms, "rate"));
    const cJSON *schedule = scf_json_get(scf_json_get(terms, "performance"), "schedule");
    return rate >= 0 && rate < ledger->rate_ppm && cJSON_GetArraySize(schedule) == 0;
}

/* The ledger as it would be, had it known the amended rates. */
struct replay {
    int32_t day; /* to which interest is in it */
    int64_t principal, interest;
    int64_t beyond; /* what was paid of both beyond what was owed of both */
};

static bool accrue(const cJSON *dossier, const struct scf_owed *o, int32_t to, struct replay *r) {
    while (r->day < to) {
        int32_t until = to;
        int64_t part, rate = rate_on(dossier, o->rate_ppm, r->day, &until);
        if (!scf_interest(r->principal, rate, o->day_count, r->day, until, &part) ||
            __builtin_add_overflow(r->interest, part, &r->interest))
            return false;
        r->day = until;
    }
    return true;
}

/* What a repayment settled of interest that was not owed settles principal, on that day. */
static void repay(const struct scf_owed_amounts *change, struct replay *r) {
    int64_t rest = -change->interest;
    r->interest = unpaid(&rest, r->interest);
    rest -= change->principal;
    r->principal = unpaid(&rest, r->principal);
    r->beyond += rest;
}

static bool replay(const cJSON *dossier, const struct scf_owed *o, int32_t as_of,
                   struct replay *r) {
    *r = (struct replay){.day = o->value_day};
    for (size_t i = 0; i < o->entry_count; i++) {
        const struct scf_owed_entry *e = &o->entries[i];
        bool paid = e->kind == SCF_OWED_REPAYMENT && !e->reversed;
        if (!paid && e->kind != SCF_OWED_DISBURSEMENT)
            continue;
        if (!accrue(dossier, o, e->day, r))
            return false;
        if (paid)
            repay(&e->amounts, r);
        else
            r->principal += e->amounts.principal;
    }
    return accrue(dossier, o, as_of, r);
}

static bool is_nothing(const struct scf_owed_amounts *a) {
    return (a->fees | a->penalty | a->compound | a->interest | a->principal) == 0;
}

static bool lower_interest(const cJSON *dossier, int32_t as_of, struct scf_owed *o) {
    struct replay r;
    if (!replay(dossier, o, as_of, &r))
        return false;
    int64_t moved = o->owed.principal - r.principal;
    o->owed.principal = r.principal;
    o->paid.principal += moved;
    o->paid.interest -= moved;
    if (r.interest < o->owed.interest) /* rounding by parts must not add to it */
        o->owed.interest = r.interest;
    o->owed.fees = unpaid(&r.beyond, o->owed.fees);
    o->owed.penalty = unpaid(&r.beyond, o->owed.penalty);
    o->owed.compound = unpaid(&r.beyond, o->owed.compound);
    o->owed.interest = unpaid(&r.beyond, o->owed.interest);
    o->rate_ppm = rate_on(dossier, o->rate_ppm, as_of, &(int32_t){INT32_MAX});
    if (is_nothing(&o->owed)) {
        o->settled = true;
        o->overdue_days = 0;
    }
    return true;
}

/* ---- both ---- */

enum scf_code scf_enf_owed_amended(struct scf_arena *arena, const cJSON *dossier,
                                   const struct scf_owed *ledger, int32_t as_of,
                                   struct scf_owed *ret, struct scf_error *err) {
    const cJSON *schedule = amended_schedule(dossier);
    *ret = *ledger;
    if (as_of < ledger->booked_day)
        as_of = ledger->booked_day;
    if (is_lowered(dossier, ledger->rate_ppm, as_of) && !lower_interest(dossier, as_of, ret))
        return scf_fail(err, SCF_E_CONFLICT, "The interest under the amended rate does not fit.");
    return cJSON_GetArraySize(schedule) > 0 ? reschedule(arena, schedule, as_of, ret, err) : SCF_OK;
}
