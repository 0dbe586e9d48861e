/* Applying an improvement to the inputs of a limit, as the rollup and the gathering would see it.
 * Pure. */
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "whatif.h"

/* ---- sums ---- */

struct sums {
    struct scf_rating_sums *list;
    size_t n;
};

static bool copy_sums(const struct scf_limit_inputs *in, size_t more, struct scf_arena *arena,
                      struct sums *ret) {
    ret->list = scf_alloc(arena, in->sum_count + more, sizeof *ret->list);
    if (ret->list == NULL)
        return false;
    for (size_t i = 0; i < in->sum_count; i++)
        ret->list[i] = in->sums[i];
    ret->n = in->sum_count;
    return true;
}

/* The sum that a record counts in; a new one when there is none yet. There is room for it. */
static struct scf_rating_sums *sum_of(struct sums *s, const struct scf_whatif_record *r,
                                      int32_t template_id) {
    size_t i = 0;
    while (i < s->n && (s->list[i].kind != r->kind || s->list[i].template_id != template_id ||
                        !scf_uuid_eq(&s->list[i].chain_id, &r->chain_id)))
        i++;
    if (i == s->n)
        s->list[s->n++] = (struct scf_rating_sums){
            .chain_id = r->chain_id, .template_id = template_id, .kind = r->kind};
    return &s->list[i];
}

/* ---- corrections: one more record each, without a delay (revisions have none) ---- */

static void add_correction(struct sums *s, const struct scf_whatif_record *r,
                           const struct scf_improvement *p) {
    struct scf_rating_sums *sum = sum_of(s, r, r->template_id);
    bool complete = p->kind == SCF_IMPROVE_COMPLETE_RECORDS;
    bool values = complete || p->kind == SCF_IMPROVE_CORRECT_VALUES;
    bool comparable = r->comparable;
    int64_t filled = 0;
    for (size_t i = 0; i < r->gap_count; i++) {
        if (!complete && (p->kind != SCF_IMPROVE_FILL_FIELD || r->gaps[i].field != p->field))
            continue;
        filled += r->gaps[i].field->weight_ppm;
        comparable |= r->gaps[i].compared;
    }
    sum->records++;
    sum->weight_expected += r->weight_expected;
    sum->weight_present += r->weight_present + filled;
    sum->range_ok += r->range_ok || values;
    sum->fluctuation_applicable += comparable;
    sum->fluctuation_ok += comparable && (r->within || values || !r->comparable);
    sum->checks_applicable += r->checks_applicable;
    sum->checks_passed +=
        p->kind == SCF_IMPROVE_PASS_RECORD_CHECKS ? r->checks_applicable : r->checks_passed;
}

/* A delay is subtracted as the rollup added it: whole seconds and the rest apart. */
static void deliver(struct sums *s, const struct scf_whatif_record *r, int64_t bound_us) {
    struct scf_rating_sums *sum = sum_of(s, r, r->judged_by);
    sum->delay_s += bound_us / SCF_US_PER_SECOND - r->delay_us / SCF_US_PER_SECOND;
    sum->delay_us += bound_us % SCF_US_PER_SECOND - r->delay_us % SCF_US_PER_SECOND;
}

static bool apply_records(const struct scf_whatif *w, const struct scf_improvement *p,
                          struct scf_arena *arena, struct scf_limit_inputs *in) {
    struct sums s;
    if (!copy_sums(in, p->record_count, arena, &s))
        return false;
    bool late = p->kind == SCF_IMPROVE_DELIVER_ON_TIME;
    for (size_t i = 0; i < p->record_count; i++)
        if (late)
            deliver(&s, p->records[i], in->grading.timeliness_us[0]);
        else
            add_correction(&s, p->records[i], p);
    /* The first record of a period is history. */
    if (!late && !w->period_counted && in->history_periods == w->in->history_periods)
        in->history_periods++;
    in->sums = s.list;
    in->sum_count = s.n;
    return true;
}

/* ---- the borrower ---- */

static bool add_qualification(const struct scf_improvement *p, struct scf_arena *arena,
                              struct scf_limit_inputs *in) {
    size_t n = in->qualification_count;
    struct scf_limit_qualification *list = scf_alloc(arena, n + 1, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        list[i] = in->qualifications[i];
    list[n] = (struct scf_limit_qualification){
        .type = scf_qualification_names[p->qualification],
        .grade = p->qualification == SCF_QUAL_CREDIT_RATING ? "A" : "",
        .issued_day = scf_day_of(in->as_of_us)};
    in->qualifications = list;
    in->qualification_count = n + 1;
    return true;
}

/* ---- contracts ---- */

static bool change_guarantees(const struct scf_improvement *p, struct scf_arena *arena,
                              const struct scf_limit_inputs *in, struct scf_limit_contract *k) {
    size_t n = k->guarantee_count;
    struct scf_limit_guarantee *list = scf_alloc(arena, n + 1, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        list[i] = k->guarantees[i];
    if (p->kind == SCF_IMPROVE_CONFIRM_GUARANTEE) {
        list[p->item].unconfirmed = false;
    } else {
        list[n] = (struct scf_limit_guarantee){.status = "active",
                                               .amount = p->guarantee,
                                               .obligor_is_borrower = true,
                                               .expires_day = INT32_MAX};
        memcpy(list[n].currency, in->currency, sizeof in->currency);
        k->guarantee_count = n + 1;
    }
    k->guarantees = list;
    return true;
}

/* What a milestone adds to completion is its weight, as far as it is not proven; the evidence is an
 * acceptance, so the work is accepted from then on. */
static bool prove(const struct scf_improvement *p, struct scf_arena *arena,
                  struct scf_limit_contract *k) {
    struct scf_trade_view *v = &k->trade;
    struct scf_milestone *list = scf_alloc(arena, v->milestone_count, sizeof *list);
    if (list == NULL)
        return false;
    int64_t completion = 0, part;
    for (size_t i = 0; i < v->milestone_count; i++) {
        list[i] = v->milestones[i];
        if (i == p->item)
            list[i].share_ppm = SCF_PPM;
        if (scf_mul_div_floor(list[i].weight_ppm, list[i].share_ppm, SCF_PPM, &part))
            completion += part;
    }
    v->milestones = list;
    completion = completion < SCF_PPM ? completion : SCF_PPM;
    v->completion_ppm = completion > v->completion_ppm ? completion : v->completion_ppm;
    if (v->stage < SCF_STAGE_ACCEPTED)
        v->stage = SCF_STAGE_ACCEPTED;
    return true;
}

/* Invoices do not say which hard check they failed: they count again once none is left. */
static bool clear_invoices(struct scf_trade_view *v, struct scf_arena *arena) {
    struct scf_trade_invoice *list = scf_alloc(arena, v->invoice_count, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < v->invoice_count; i++) {
        list[i] = v->invoices[i];
        list[i].hard_failed = false;
    }
    v->invoices = list;
    return true;
}

static bool resolve(const struct scf_improvement *p, struct scf_arena *arena,
                    struct scf_limit_contract *k) {
    struct scf_trade_view *v = &k->trade;
    struct scf_finding *list = scf_alloc(arena, v->finding_count, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < v->finding_count; i++)
        list[i] = v->findings[i];
    list[p->item].outcome = SCF_CHECK_PASSED;
    v->passed_ppm += list[p->item].rule->weight_ppm;
    v->findings = list;
    v->hard_failed = false;
    for (size_t i = 0; i < v->finding_count; i++)
        v->hard_failed |= list[i].outcome == SCF_CHECK_FAILED && list[i].rule->severity == SCF_HARD;
    return v->hard_failed || clear_invoices(v, arena);
}

static bool confirm_receivable(const struct scf_improvement *p, struct scf_arena *arena,
                               struct scf_limit_contract *k) {
    size_t n = k->trade.invoice_count;
    struct scf_receivable_standing *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; k->standings != NULL && i < n; i++)
        list[i] = k->standings[i];
    struct scf_receivable_standing *r = &list[p->item];
    if (!r->exists || r->state <= SCF_RCV_CONFIRM_TIMEOUT) /* it goes on from there */
        r->state = SCF_RCV_CONFIRMED;
    r->exists = r->confirmed = true;
    k->standings = list;
    return true;
}

static bool apply_contract(const struct scf_improvement *p, struct scf_arena *arena,
                           struct scf_limit_inputs *in) {
    struct scf_limit_contract *list = scf_alloc(arena, in->contract_count, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < in->contract_count; i++)
        list[i] = in->contracts[i];
    struct scf_limit_contract *k = &list[p->contract];
    in->contracts = list;
    switch (p->kind) {
    case SCF_IMPROVE_PROVE_MILESTONE:
        return prove(p, arena, k);
    case SCF_IMPROVE_RESOLVE_FINDING:
        return resolve(p, arena, k);
    case SCF_IMPROVE_CONFIRM_RECEIVABLE:
        return confirm_receivable(p, arena, k);
    case SCF_IMPROVE_OPEN_CONTRACT:
        k->status = "active";
        return true;
    default:
        return change_guarantees(p, arena, in, k);
    }
}

bool scf_improvement_apply(const struct scf_whatif *w, const struct scf_improvement *p,
                           const struct scf_limit_inputs *in, struct scf_arena *arena,
                           struct scf_limit_inputs *ret) {
    struct scf_limit_inputs changed = *in;
    bool done = true;
    if (p->kind <= SCF_IMPROVE_DELIVER_ON_TIME)
        done = apply_records(w, p, arena, &changed);
    else if (p->kind == SCF_IMPROVE_ADD_QUALIFICATION)
        done = add_qualification(p, arena, &changed);
    else if (p->kind == SCF_IMPROVE_MORE_HISTORY)
        changed.history_periods = in->policy.history_periods;
    else
        done = apply_contract(p, arena, &changed);
    if (done)
        *ret = changed;
    return done;
}
