/* The initial limit of CR-2.3: L0 = C_net·r0·T·q·h + G per contract, summed, at most what was
 * asked. Integer arithmetic that rounds down once per product; pure. Relies on rating.c. */
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "rating.h"

/* Sums of money stop at the largest amount there is, instead of wrapping. */
static int64_t add_money(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum > SCF_MONEY_MAX)
        return SCF_MONEY_MAX;
    return sum;
}

/* amount × the four ratios, rounded down once. The product has up to 142 bits: the last ratio is
 * applied to its two halves, which loses nothing. */
static int64_t advance(int64_t amount, int64_t r0, int64_t t, int64_t q, int64_t h) {
    __int128 p = (__int128)amount * r0 * t * q;
    __int128 high = p / SCF_PPM * h, low = p % SCF_PPM * h / SCF_PPM;
    const __int128 ppm3 = (__int128)SCF_PPM * SCF_PPM * SCF_PPM;
    return (int64_t)((high + low) / ppm3);
}

static int64_t share(int64_t amount, int64_t ppm) {
    return (int64_t)((__int128)amount * ppm / SCF_PPM);
}

/* ---- qualification ---- */

static bool qualification_counts(const struct scf_limit_qualification *q, int type, int32_t day) {
    if (strcmp(q->type, scf_qualification_names[type]) != 0 || q->issued_day > day ||
        (q->has_until && q->until_day < day))
        return false;
    /* "A", "A+", "AA…": the letter grades from A upwards; "A-" is below. */
    return type != SCF_QUAL_CREDIT_RATING || (q->grade[0] == 'A' && q->grade[1] != '-');
}

static bool has_qualification(const struct scf_limit_inputs *in, int type) {
    int32_t day = scf_day_of(in->as_of_us);
    for (size_t i = 0; i < in->qualification_count; i++)
        if (qualification_counts(&in->qualifications[i], type, day))
            return true;
    return false;
}

static enum scf_reason qualify(const struct scf_limit_inputs *in, int64_t *ret_ppm) {
    const struct scf_policy *p = &in->policy;
    int64_t q = p->qualification_base_ppm;
    if (!has_qualification(in, SCF_QUAL_BUSINESS_LICENSE)) {
        *ret_ppm = q;
        return SCF_REASON_NO_BUSINESS_LICENSE;
    }
    for (int type = 0; type < SCF_QUAL_TYPES; type++)
        if (p->qualification_bonus_ppm[type] > 0 && has_qualification(in, type))
            q += p->qualification_bonus_ppm[type];
    *ret_ppm = q < SCF_PPM ? q : SCF_PPM;
    return q > p->qualification_base_ppm ? SCF_REASON_QUALIFICATION_STRONG
                                         : SCF_REASON_QUALIFICATION_BASIC;
}

static enum scf_reason judge_history(const struct scf_limit_inputs *in, int64_t *ret_ppm) {
    const struct scf_policy *p = &in->policy;
    int level = in->history_periods >= p->history_periods ? 0 : in->history_periods > 0 ? 1 : 2;
    static const enum scf_reason reasons[] = {SCF_REASON_HISTORY_FULL, SCF_REASON_HISTORY_SHORT,
                                              SCF_REASON_NO_HISTORY};
    *ret_ppm = p->history_ppm[level];
    return reasons[level];
}

/* ---- cross-checks (CR-6.2) ---- */

struct checks {
    int64_t applicable, passed;
    bool exceed, parties, early;
};

static void apply(struct checks *c, bool passed, bool *failed) {
    c->applicable++;
    c->passed += passed;
    *failed |= !passed;
}

static void check_contract(struct checks *c, const struct scf_limit_contract *k) {
    if (k->duplicate)
        return;
    if (k->invoices + k->invoices_other_currency > 0) {
        apply(c, k->invoices_other_currency == 0 && k->invoiced <= k->amount, &c->exceed);
        apply(c, k->invoices_other_parties == 0, &c->parties);
    }
    if (k->events > 0 && k->has_signed)
        apply(c, k->first_event_us >= k->signed_us, &c->early);
}

static struct checks run_checks(const struct scf_limit_inputs *in) {
    struct checks c = {0};
    for (size_t i = 0; i < in->sum_count; i++) {
        c.applicable += in->sums[i].checks_applicable;
        c.passed += in->sums[i].checks_passed;
    }
    for (size_t i = 0; i < in->contract_count; i++)
        check_contract(&c, &in->contracts[i]);
    return c;
}

static enum scf_reason checks_reason(const struct checks *c) {
    return c->exceed                    ? SCF_REASON_INVOICES_EXCEED_CONTRACT
           : c->parties                 ? SCF_REASON_PARTIES_DIFFER
           : c->early                   ? SCF_REASON_EVENT_BEFORE_SIGNING
           : c->applicable == 0         ? SCF_REASON_NO_CHECKS
           : c->passed == c->applicable ? SCF_REASON_CHECKS_PASSED
                                        : SCF_REASON_CHECKS_FAILED;
}

/* ---- contracts and guarantees ---- */

static enum scf_reason contract_reason(const struct scf_limit_inputs *in,
                                       const struct scf_limit_contract *k, int64_t net) {
    bool open = strcmp(k->status, "pending") == 0 || strcmp(k->status, "active") == 0;
    return !in->operating                           ? SCF_REASON_NOT_OPERATING
           : k->duplicate                           ? SCF_REASON_CONTRACT_DUPLICATE
           : !k->seller_is_borrower                 ? SCF_REASON_SELLER_NOT_BORROWER
           : !open                                  ? SCF_REASON_CONTRACT_NOT_OPEN
           : strcmp(k->currency, in->currency) != 0 ? SCF_REASON_CURRENCY_DIFFERS
           : net == 0                               ? SCF_REASON_CONTRACT_USED_UP
                                                    : SCF_REASON_CONTRACT_COUNTED;
}

/* C_net of CR-2.4, never below nothing. */
static int64_t net_amount(const struct scf_limit_contract *k) {
    __int128 net = (__int128)k->amount - k->prepaid - k->retention - k->financed;
    return net > 0 ? (int64_t)net : 0;
}

/* Whether it counts once it is confirmed. */
static bool guarantee_holds(const struct scf_limit_inputs *in,
                            const struct scf_limit_guarantee *g) {
    int32_t day = scf_day_of(in->as_of_us);
    return strcmp(g->status, "active") == 0 && strcmp(g->currency, in->currency) == 0 &&
           g->obligor_is_borrower && g->amount > 0 && (!g->has_from || g->from_day <= day) &&
           g->expires_day >= day;
}

static struct scf_limit_part compute_part(const struct scf_limit_inputs *in,
                                          const struct scf_limit_contract *k,
                                          const struct scf_limit_result *r) {
    struct scf_limit_part part = {.net = net_amount(k)};
    const struct scf_policy *p = &in->policy;
    part.reason = contract_reason(in, k, part.net);
    if (part.reason != SCF_REASON_CONTRACT_COUNTED) {
        part.net = 0;
        return part;
    }
    part.base =
        advance(part.net, p->advance_ppm, r->truth_ppm, r->qualification_ppm, r->history_ppm);
    for (size_t i = 0; i < k->guarantee_count; i++) {
        const struct scf_limit_guarantee *g = &k->guarantees[i];
        if (!guarantee_holds(in, g))
            continue;
        if (g->unconfirmed)
            part.unconfirmed = true;
        else
            part.guarantees_valid = add_money(part.guarantees_valid, g->amount);
    }
    int64_t counted = share(part.guarantees_valid, SCF_PPM - p->haircut_ppm);
    int64_t cap = share(part.base, p->guarantee_cap_ppm);
    part.guarantee = counted < cap ? counted : cap;
    return part;
}

/* ---- factors and reasons ---- */

static void add_reason(struct scf_limit_result *r, enum scf_reason reason) {
    for (size_t i = 0; i < r->reason_count; i++)
        if (r->reasons[i] == reason)
            return;
    if (r->reason_count < SCF_MAX_REASONS)
        r->reasons[r->reason_count++] = reason;
}

static enum scf_reason graded(enum scf_grade grade, enum scf_reason high) {
    /* the table lists high, fair, low one after another */
    int step = grade == SCF_GRADE_A ? 0 : grade == SCF_GRADE_D ? 2 : 1;
    return (enum scf_reason)((int)high + step);
}

static void add_factor(struct scf_limit_result *r, struct scf_factor f) {
    SCF_ASSERT(r->factor_count < SCF_MAX_FACTORS);
    r->factors[r->factor_count++] = f;
}

static void add_truth_factor(struct scf_limit_result *r, const char *name, int64_t value,
                             int64_t weight, enum scf_reason reason) {
    add_factor(r, (struct scf_factor){.name = name,
                                      .value = value,
                                      .has_weight = true,
                                      .weight_ppm = weight,
                                      .contribution = scf_weighted(weight, value),
                                      .reason = reason});
}

static void add_plain_factor(struct scf_limit_result *r, const char *name, bool money,
                             int64_t value, enum scf_reason reason) {
    add_factor(r, (struct scf_factor){.name = name,
                                      .unit = money ? SCF_FACTOR_MONEY : SCF_FACTOR_RATIO,
                                      .value = value,
                                      .contribution = value,
                                      .reason = reason});
}

static void truth_factors(const struct scf_limit_inputs *in, struct scf_limit_result *r,
                          const struct checks *checks) {
    const struct scf_ratings *g = &r->ratings;
    const int64_t *weight = in->policy.truth_ppm;
    bool timed = g->has_workflow || g->has_invoice;
    bool measured = false;
    for (size_t i = 0; i < in->sum_count; i++)
        measured |= in->sums[i].kind == SCF_REC_WORKFLOW_EVENT && in->sums[i].records > 0;
    add_truth_factor(r, "normativity", g->normativity_ppm, weight[0],
                     !g->has_records ? SCF_REASON_NO_RECORDS
                                     : graded(g->normativity, SCF_REASON_NORMATIVITY_HIGH));
    add_truth_factor(r, "timeliness", g->timeliness_ppm, weight[1],
                     !timed ? SCF_REASON_NO_TIMED_RECORDS
                            : graded(g->timeliness, SCF_REASON_TIMELINESS_HIGH));
    add_truth_factor(r, "accuracy", g->accuracy_ppm, weight[2],
                     !measured ? SCF_REASON_NO_WORKFLOW_EVENTS
                               : graded(g->accuracy, SCF_REASON_ACCURACY_HIGH));
    add_truth_factor(r, "cross_checks", r->checks_ppm, weight[3], checks_reason(checks));
}

/* What lowers the limit first, then what raises it, then the rest. */
static void collect_reasons(const struct scf_limit_inputs *in, const struct checks *checks,
                            struct scf_limit_result *r) {
    static const char *const order[] = {"negative", "positive", "neutral"};
    for (int pass = 0; pass < 3; pass++) {
        if (pass == 0) {
            for (size_t i = 0; i < in->contract_count; i++)
                if (r->parts[i].reason != SCF_REASON_CONTRACT_COUNTED)
                    add_reason(r, r->parts[i].reason);
            for (size_t i = 0; i < in->contract_count; i++)
                if (r->parts[i].unconfirmed)
                    add_reason(r, SCF_REASON_GUARANTEE_UNCONFIRMED);
            if (checks->parties)
                add_reason(r, SCF_REASON_PARTIES_DIFFER);
            if (checks->early)
                add_reason(r, SCF_REASON_EVENT_BEFORE_SIGNING);
            if (r->ratings.overall == SCF_GRADE_D)
                add_reason(r, SCF_REASON_RATING_D);
        }
        for (size_t i = 0; i < r->factor_count; i++)
            if (strcmp(scf_reason_direction(r->factors[i].reason), order[pass]) == 0)
                add_reason(r, r->factors[i].reason);
    }
}

/* T of CR-2.3. Without an event or invoice in the window nothing backs a limit: 0. */
static int64_t truth(const struct scf_limit_inputs *in, const struct scf_limit_result *r) {
    const int64_t *w = in->policy.truth_ppm;
    const struct scf_ratings *g = &r->ratings;
    if (!g->has_records)
        return 0;
    return (w[0] * g->normativity_ppm + w[1] * g->timeliness_ppm + w[2] * g->accuracy_ppm +
            w[3] * r->checks_ppm) /
           SCF_PPM;
}

static void money_factors(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    int64_t net = 0, valid = 0, guarantee = 0;
    bool capped = false, unconfirmed = false;
    enum scf_reason contract = SCF_REASON_CONTRACT_COUNTED;
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_part *part = &r->parts[i];
        net = add_money(net, part->net);
        valid = add_money(valid, part->guarantees_valid);
        guarantee = add_money(guarantee, part->guarantee);
        unconfirmed |= part->unconfirmed;
        capped |= part->guarantee < share(part->guarantees_valid, SCF_PPM - in->policy.haircut_ppm);
        contract = part->reason != SCF_REASON_CONTRACT_COUNTED ? part->reason : contract;
        r->computed = add_money(r->computed, add_money(part->base, part->guarantee));
    }
    add_plain_factor(r, "contract_net", true, net, contract);
    add_plain_factor(r, "guarantee", true, guarantee,
                     capped        ? SCF_REASON_GUARANTEE_CAPPED
                     : valid > 0   ? SCF_REASON_GUARANTEE_COUNTED
                     : unconfirmed ? SCF_REASON_GUARANTEE_UNCONFIRMED
                                   : SCF_REASON_NO_GUARANTEE);
}

bool scf_limit_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                       struct scf_limit_result *ret) {
    struct scf_limit_result r = {.parts = scf_alloc(arena, in->contract_count, sizeof *r.parts)};
    if (r.parts == NULL)
        return false;
    scf_ratings_compute(in->sums, in->sum_count, &in->grading, in->policy.lateness_us, &r.ratings);
    struct checks checks = run_checks(in);
    r.checks_applicable = checks.applicable;
    r.checks_passed = checks.passed;
    r.checks_ppm = scf_ratio_ppm(checks.passed, checks.applicable);
    r.truth_ppm = truth(in, &r);
    truth_factors(in, &r, &checks);
    enum scf_reason qualification = qualify(in, &r.qualification_ppm);
    enum scf_reason history = judge_history(in, &r.history_ppm);
    add_plain_factor(&r, "qualification", false, r.qualification_ppm, qualification);
    add_plain_factor(&r, "history", false, r.history_ppm, history);
    add_plain_factor(&r, "order_advance_rate", false, in->policy.advance_ppm,
                     SCF_REASON_ADVANCE_RATE);
    for (size_t i = 0; i < in->contract_count; i++)
        r.parts[i] = compute_part(in, &in->contracts[i], &r);
    money_factors(in, &r);
    r.limit = r.computed;
    if (in->has_requested && in->requested < r.computed) {
        r.limit = in->requested;
        add_plain_factor(&r, "requested_amount", true, in->requested, SCF_REASON_REQUEST_CAPS);
    }
    r.expires_day = in->to_day + (int32_t)in->policy.valid_days;
    collect_reasons(in, &checks, &r);
    *ret = r;
    return true;
}
