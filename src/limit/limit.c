/* The chain of limits (CR-1): the model's limit of CR-2.3, the borrowing base of receivables, the
 * need ceiling and the requested amount; the lowest of those that apply wins. What one lender's own
 * ceilings make of it is in regulatory.c. Pure.
 * Relies on rating.c, truth.c, part.c, borrowing_base.c, need.c and explain.c. */
#include "limit_impl.h"
#include "scfd/base/money.h"
#include "scfd/rating/rating.h"

const char *const scf_assessment_kind_names[] = {"initial", "incremental", "periodic", NULL};
const char *const scf_product_names[] = {"order", "receivable", NULL};

/* ---- the steps beside the model ---- */

static struct scf_limit_step base_step(const struct scf_limit_inputs *in,
                                       const struct scf_borrowing_base *base) {
    return (struct scf_limit_step){.kind = SCF_STEP_BASE,
                                   .applies = in->product == SCF_PRODUCT_RECEIVABLE,
                                   .has_reported = in->product == SCF_PRODUCT_RECEIVABLE,
                                   .reported = base->balance,
                                   .recomputed = base->base,
                                   .adjusted = base->base,
                                   .rule = "CR-3.2"};
}

/* The need is the borrower's, not the contract's: what its other contracts are granted comes off.
 */
static struct scf_limit_step need_step(const struct scf_limit_inputs *in) {
    struct scf_limit_step s = {.kind = SCF_STEP_NEED, .rule = "CR-4"};
    if (!in->need.known)
        return s;
    s.applies = true;
    s.recomputed = scf_need_compute(&in->need);
    s.adjusted = scf_at_least(s.recomputed - in->need.granted_elsewhere, 0);
    return s;
}

static struct scf_limit_step requested_step(const struct scf_limit_inputs *in) {
    return (struct scf_limit_step){.kind = SCF_STEP_REQUESTED,
                                   .applies = in->has_requested,
                                   .has_reported = in->has_requested,
                                   .reported = in->requested,
                                   .recomputed = in->requested,
                                   .adjusted = in->requested,
                                   .rule = "CR-1"};
}

/* The lowest of the steps that apply, from `first` on; SCF_MONEY_MAX when none does. */
static int64_t lowest(const struct scf_limit_result *r, int first) {
    int64_t least = SCF_MONEY_MAX;
    for (int i = first; i < SCF_STEP_DEBTOR; i++)
        if (r->steps[i].applies)
            least = scf_at_most(least, r->steps[i].adjusted);
    return least;
}

/* ---- the model ---- */

static void compute_initial(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    for (size_t i = 0; i < in->contract_count; i++) {
        scf_part_initial(in, &in->contracts[i], r, &r->parts[i]);
        r->computed =
            scf_add_money(r->computed, scf_add_money(r->parts[i].base, r->parts[i].guarantee));
    }
}

/* min(Z, caps) − granted over all contracts: the caps leave room above what is granted already. */
static void compute_increments(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    for (size_t i = 0; i < in->contract_count; i++)
        r->previous = scf_add_money(r->previous, scf_granted(in, &in->contracts[i]));
    int64_t room = scf_at_least(lowest(r, SCF_STEP_BASE) - r->previous, 0);
    for (size_t i = 0; i < in->contract_count; i++) {
        scf_part_increment(in, &in->contracts[i], r, &room, &r->parts[i]);
        r->increment = scf_add_money(r->increment, r->parts[i].increment);
        r->take_back = scf_add_money(r->take_back, r->parts[i].take_back);
        r->computed = scf_add_money(r->computed, r->parts[i].limit);
    }
    if (!in->operating) /* the accounts keep what was granted, frozen; nobody is to lend on it */
        r->computed = 0;
}

/* The limit over the contracts in proportion to what they add, to the minor unit: each gets what
 * the sum up to it has over the sum before it. */
static void divide(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    __int128 all = 0, so_far = 0;
    int64_t given = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        all += (__int128)r->parts[i].base + r->parts[i].guarantee;
    for (size_t i = 0; i < in->contract_count && all > 0; i++) {
        so_far += (__int128)r->parts[i].base + r->parts[i].guarantee;
        /* below 2^68 by 2^60: 128 bits without a sign hold the product */
        unsigned __int128 product = (unsigned __int128)so_far * (unsigned __int128)r->limit;
        int64_t until = (int64_t)(product / (unsigned __int128)all);
        r->parts[i].limit = until - given;
        given = until;
    }
}

/* CR-1: what is outstanding and committed comes off. A contract's account is shared by all
 * assessments of it. */
static int64_t available(const struct scf_limit_inputs *in, int64_t limit) {
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_contract_is_own(in, &in->contracts[i]))
            limit -=
                scf_at_most(limit, scf_add_money(in->contracts[i].held, in->contracts[i].used));
    return limit;
}

static void close_chain(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    r->steps[SCF_STEP_MODEL] = (struct scf_limit_step){
        .kind = SCF_STEP_MODEL,
        .applies = true,
        .recomputed = r->computed,
        .adjusted = r->computed,
        .rule = "CR-2.3",
    };
    int64_t least = lowest(r, SCF_STEP_MODEL);
    for (int i = 0; i < SCF_STEP_DEBTOR; i++)
        r->steps[i].binding = r->steps[i].applies && r->steps[i].adjusted == least;
    r->limit = least - least % in->policy.unit;
    r->available = available(in, r->limit);
}

bool scf_limit_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                       struct scf_limit_result *ret) {
    struct scf_limit_result r = {.parts = scf_alloc(arena, in->contract_count, sizeof *r.parts)};
    struct scf_judgements j;
    if (r.parts == NULL ||
        (in->product == SCF_PRODUCT_RECEIVABLE && !scf_borrowing_base_compute(in, arena, &r.base)))
        return false;
    scf_ratings_compute(in->sums, in->sum_count, &in->grading, in->policy.combination,
                        in->policy.lateness_us, &r.ratings);
    scf_limit_checks(in, &j.checks);
    r.checks_applicable = j.checks.applicable;
    r.checks_passed = j.checks.passed;
    r.checks_ppm = scf_ratio_ppm(j.checks.passed_ppm, j.checks.applicable_ppm);
    r.truth_ppm = scf_truth(in, &r);
    j.qualification = scf_qualify(in, &r.qualification_ppm);
    j.history = scf_judge_history(in, &r.history_ppm);
    r.steps[SCF_STEP_BASE] = base_step(in, &r.base);
    r.steps[SCF_STEP_NEED] = need_step(in);
    r.steps[SCF_STEP_REQUESTED] = requested_step(in);
    if (in->kind == SCF_KIND_INITIAL)
        compute_initial(in, &r);
    else
        compute_increments(in, &r);
    close_chain(in, &r);
    if (in->kind == SCF_KIND_INITIAL)
        divide(in, &r);
    r.expires_day = in->to_day + (int32_t)in->policy.valid_days;
    scf_explain(in, &j, &r);
    *ret = r;
    return true;
}
