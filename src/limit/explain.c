/* Why a limit is what it is: factors with their weights, and reasons, the most telling first. Pure.
 * Relies on reasons.def for texts and directions. */
#include "limit_impl.h"
#include "scfd/base/money.h"
#include "scfd/rating/rating.h"

/* ---- factors ---- */

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

static void truth_factors(const struct scf_limit_inputs *in, const struct scf_checks_sum *checks,
                          struct scf_limit_result *r) {
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
    add_truth_factor(r, "cross_checks", r->checks_ppm, weight[3], scf_checks_reason(checks));
}

static void contract_factor(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    int64_t net = 0;
    enum scf_reason reason = SCF_REASON_CONTRACT_COUNTED;
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_part *part = &r->parts[i];
        net = scf_add_money(net, part->net);
        reason = part->reason != SCF_REASON_CONTRACT_COUNTED ? part->reason : reason;
    }
    add_plain_factor(r, "contract_net", true, net, reason);
}

static void guarantee_factor(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    int64_t valid = 0, guarantee = 0;
    bool capped = false, unconfirmed = false;
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_part *part = &r->parts[i];
        valid = scf_add_money(valid, part->guarantees_valid);
        guarantee = scf_add_money(guarantee, part->guarantee);
        unconfirmed |= part->unconfirmed;
        capped |=
            part->guarantee < scf_share(part->guarantees_valid, SCF_PPM - in->policy.haircut_ppm);
    }
    add_plain_factor(r, "guarantee", true, guarantee,
                     capped        ? SCF_REASON_GUARANTEE_CAPPED
                     : valid > 0   ? SCF_REASON_GUARANTEE_COUNTED
                     : unconfirmed ? SCF_REASON_GUARANTEE_UNCONFIRMED
                                   : SCF_REASON_NO_GUARANTEE);
}

/* Of an increment: how far the work has come, and what that earned. */
static void increment_factors(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    __int128 done = 0, whole = 0;
    bool frozen = false;
    for (size_t i = 0; i < in->contract_count; i++) {
        done += (__int128)r->parts[i].net * in->contracts[i].trade.completion_ppm;
        whole += r->parts[i].net;
        frozen |= r->parts[i].frozen;
    }
    int64_t completion = whole > 0 ? (int64_t)(done / whole) : 0;
    add_plain_factor(r, "completion", false, completion,
                     completion > 0 ? SCF_REASON_WORK_PROVEN : SCF_REASON_NO_WORK_PROVEN);
    add_plain_factor(r, "credibility", false, r->ratings.credibility_ppm,
                     r->ratings.credibility_ppm == 0 ? SCF_REASON_RATING_D
                                                     : SCF_REASON_CREDIBILITY);
    add_plain_factor(r, "increment", true, r->increment,
                     r->increment > 0 ? SCF_REASON_INCREMENT
                     : frozen         ? SCF_REASON_INCREMENT_FROZEN
                                      : SCF_REASON_NO_INCREMENT);
}

enum scf_reason scf_step_reason(enum scf_limit_step_kind kind) {
    static const enum scf_reason reasons[SCF_STEPS] = {
        [SCF_STEP_MODEL] = SCF_REASON_CONTRACT_COUNTED,
        [SCF_STEP_BASE] = SCF_REASON_BASE_CAPS,
        [SCF_STEP_NEED] = SCF_REASON_NEED_CAPS,
        [SCF_STEP_REQUESTED] = SCF_REASON_REQUEST_CAPS,
        [SCF_STEP_DEBTOR] = SCF_REASON_DEBTOR_CAPS,
        [SCF_STEP_REGULATORY] = SCF_REASON_REGULATORY_CAPS,
        [SCF_STEP_LENDER] = SCF_REASON_LENDER_CAPS,
    };
    return reasons[kind];
}

static void step_factors(struct scf_limit_result *r) {
    static const char *const names[] = {[SCF_STEP_BASE] = "borrowing_base",
                                        [SCF_STEP_NEED] = "need_ceiling",
                                        [SCF_STEP_REQUESTED] = "requested_amount"};
    for (int i = SCF_STEP_BASE; i <= SCF_STEP_REQUESTED; i++)
        if (r->steps[i].applies && r->steps[i].adjusted < r->steps[SCF_STEP_MODEL].adjusted)
            add_plain_factor(r, names[i], true, r->steps[i].adjusted,
                             scf_step_reason((enum scf_limit_step_kind)i));
}

/* ---- reasons ---- */

static void add_reason(struct scf_limit_result *r, enum scf_reason reason) {
    for (size_t i = 0; i < r->reason_count; i++)
        if (r->reasons[i] == reason)
            return;
    if (r->reason_count < SCF_MAX_REASONS)
        r->reasons[r->reason_count++] = reason;
}

static void contract_reasons(const struct scf_limit_inputs *in, struct scf_limit_result *r) {
    for (size_t i = 0; i < in->contract_count; i++)
        if (r->parts[i].reason != SCF_REASON_CONTRACT_COUNTED)
            add_reason(r, r->parts[i].reason);
    for (size_t i = 0; i < in->contract_count; i++) {
        if (r->parts[i].unconfirmed)
            add_reason(r, SCF_REASON_GUARANTEE_UNCONFIRMED);
        if (r->parts[i].take_back > 0)
            add_reason(r, SCF_REASON_TAKEN_BACK);
    }
}

static void base_reasons(struct scf_limit_result *r) {
    for (size_t i = 0; i < r->base.line_count; i++) {
        if (r->base.lines[i].code == SCF_OUT_INV)
            add_reason(r, SCF_REASON_INVOICE_CANCELLED);
        if (r->base.lines[i].code != SCF_ELIGIBLE)
            add_reason(r, SCF_REASON_RECEIVABLES_OUT);
        if (r->base.lines[i].warn_assignment)
            add_reason(r, SCF_REASON_ASSIGNMENT_PROHIBITED);
    }
}

/* What lowers the limit first, then what raises it, then the rest. */
static void collect_reasons(const struct scf_limit_inputs *in, const struct scf_checks_sum *checks,
                            struct scf_limit_result *r) {
    static const char *const order[] = {"negative", "positive", "neutral"};
    contract_reasons(in, r);
    if (checks->parties)
        add_reason(r, SCF_REASON_PARTIES_DIFFER);
    if (checks->early)
        add_reason(r, SCF_REASON_EVENT_BEFORE_SIGNING);
    if (r->ratings.overall == SCF_GRADE_D)
        add_reason(r, SCF_REASON_RATING_D);
    base_reasons(r);
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < r->factor_count; i++)
            if (strcmp(scf_reason_direction(r->factors[i].reason), order[pass]) == 0)
                add_reason(r, r->factors[i].reason);
}

void scf_explain(const struct scf_limit_inputs *in, const struct scf_judgements *j,
                 struct scf_limit_result *r) {
    truth_factors(in, &j->checks, r);
    add_plain_factor(r, "qualification", false, r->qualification_ppm, j->qualification);
    add_plain_factor(r, "history", false, r->history_ppm, j->history);
    if (in->kind == SCF_KIND_INITIAL) {
        if (in->product == SCF_PRODUCT_ORDER)
            add_plain_factor(r, "order_advance_rate", false, in->policy.advance_ppm,
                             SCF_REASON_ADVANCE_RATE);
        contract_factor(in, r);
        guarantee_factor(in, r);
    } else {
        contract_factor(in, r);
        increment_factors(in, r);
    }
    step_factors(r);
    collect_reasons(in, &j->checks, r);
}
