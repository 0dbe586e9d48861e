/* How far the work has come. Completion is counted in four ways: by the milestones that events
 * name, by the steps of the industry's template, by the ordered lines, and for the contract as a
 * whole. Each is a share that is proven, so
 * the one that proves most counts. */
#include "view.h"

enum { EVIDENCE = 10 };

struct parts {
    struct scf_milestone *list;
    size_t n;
};

static int64_t total(const struct parts *p) {
    int64_t sum = 0, part;
    for (size_t i = 0; i < p->n; i++)
        if (scf_mul_div_floor(p->list[i].weight_ppm, p->list[i].share_ppm, SCF_PPM, &part))
            sum += part;
    return sum < SCF_PPM ? sum : SCF_PPM;
}

static int64_t share_of(int64_t part, int64_t whole) {
    if (part <= 0 || whole <= 0)
        return 0;
    return part >= whole ? SCF_PPM : scf_ratio_ppm(part, whole);
}

static bool parts_init(struct scf_case *c, size_t n, struct parts *p) {
    p->n = n;
    p->list = scf_alloc(c->arena, n, sizeof *p->list);
    return p->list != NULL;
}

static bool add_evidence(struct scf_case *c, struct scf_milestone *m, const struct scf_word *w) {
    struct scf_uuid *list = NULL;
    size_t n = m->evidence_count;
    if (n == EVIDENCE || (n > 0 && scf_uuid_eq(&m->evidence[n - 1], &w->fact->record_id)))
        return true; /* enough, or the same record's next line */
    if (m->evidence == NULL)
        m->evidence = scf_alloc(c->arena, EVIDENCE, sizeof *m->evidence);
    if (m->evidence == NULL)
        return false;
    list = (struct scf_uuid *)(uintptr_t)m->evidence; /* ours until the view is handed over */
    list[m->evidence_count++] = w->fact->record_id;
    return true;
}

/* ---- by milestones ---- */

static bool completes(const struct scf_word *w) {
    const char *step = w->fact->step;
    return scf_word_proves(w) && w->fact->milestone != NULL &&
           (w->fact->taking > 0 || w->fact->phase == SCF_PHASE_RECONCILED ||
            strcmp(step, "production_completed") == 0 || strcmp(step, "closed") == 0);
}

static bool by_milestones(struct scf_case *c, struct parts *p) {
    if (!parts_init(c, c->order.milestone_count, p))
        return false;
    for (size_t i = 0; i < p->n; i++) {
        const struct scf_order_milestone *from = &c->order.milestones[i];
        struct scf_milestone *m = &p->list[i];
        int64_t amount = 0;
        *m = (struct scf_milestone){.code = from->code, .weight_ppm = from->weight_ppm};
        for (size_t k = 0; k < c->word_count && *from->code != '\0'; k++) {
            const struct scf_fact *f = c->words[k].fact;
            if (!completes(&c->words[k]) || strcmp(f->milestone, from->code) != 0)
                continue;
            bool partial = f->has_amount && from->has_amount && from->amount > 0 &&
                           strcmp(f->currency, c->contract->currency) == 0;
            amount = partial ? scf_money_add(amount, f->amount) : amount;
            int64_t share = partial ? share_of(amount, from->amount) : SCF_PPM;
            m->share_ppm = share > m->share_ppm ? share : m->share_ppm;
            if (!add_evidence(c, m, &c->words[k]))
                return false;
        }
    }
    return true;
}

/* ---- by the template's steps ---- */

/* A share of the contract where the event has an amount; else the step is done. */
static int64_t share_of_step(const struct scf_case *c, const struct scf_fact *f, int64_t *amount) {
    if (!f->has_amount || strcmp(f->currency, c->contract->currency) != 0)
        return SCF_PPM;
    *amount = scf_money_add(*amount, f->amount);
    return share_of(*amount, scf_money_add(c->contract->amount, c->order.changes));
}

static bool by_steps(struct scf_case *c, struct parts *p) {
    const struct scf_template *t = c->contract->tmpl;
    bool theirs = t != NULL && c->order.milestone_count == 0;
    if (!parts_init(c, theirs ? t->milestone_count : 0, p))
        return false;
    for (size_t i = 0; i < p->n; i++) {
        struct scf_milestone *m = &p->list[i];
        int64_t amount = 0;
        *m = (struct scf_milestone){.code = t->milestones[i].step,
                                    .weight_ppm = t->milestones[i].weight_ppm};
        for (size_t k = 0; k < c->word_count; k++) {
            const struct scf_word *w = &c->words[k];
            if (!scf_word_is(w, SCF_REC_WORKFLOW_EVENT) || !scf_word_proves(w) ||
                strcmp(w->fact->step, m->code) != 0)
                continue;
            int64_t share = share_of_step(c, w->fact, &amount);
            m->share_ppm = share > m->share_ppm ? share : m->share_ppm;
            if (!add_evidence(c, m, w))
                return false;
        }
    }
    return true;
}

/* ---- by ordered lines ---- */

/* The value of an ordered line; −1: it cannot be told. */
static int64_t value_of(const struct scf_case *c, const struct scf_order_line *l) {
    int64_t divisor = 1, value;
    if (l->has_amount)
        return l->amount;
    for (int i = c->scale; i < SCF_FACT_QUANTITY_PLACES + SCF_FACT_PRICE_PLACES; i++)
        divisor *= 10;
    bool known = l->has_quantity && l->has_price &&
                 scf_mul_div_floor(l->quantity, l->price, divisor, &value);
    return known && value <= SCF_MONEY_MAX ? value : -1;
}

/* Which records prove the lines, in one pass. */
static bool name_lines(struct scf_case *c, struct parts *p) {
    for (size_t k = 0; k < c->word_count; k++) {
        const struct scf_fact *f = c->words[k].fact;
        if (f->taking == 0 || !scf_word_proves(&c->words[k]))
            continue;
        for (size_t i = 0; i < f->line_count; i++) {
            int line = scf_order_find(&c->order, &f->lines[i]);
            if (line >= 0 && f->lines[i].has_quantity && p->list[line].share_ppm > 0 &&
                !add_evidence(c, &p->list[line], &c->words[k]))
                return false;
        }
    }
    return true;
}

/* Nothing when a line has neither a value nor a quantity: then shares cannot be weighed. */
static bool by_lines(struct scf_case *c, const struct scf_taken *proven, struct parts *p) {
    int64_t whole = 0;
    if (!parts_init(c, c->order.line_count, p))
        return false;
    for (size_t i = 0; i < p->n; i++) {
        int64_t value = value_of(c, &c->order.lines[i]);
        if (value < 0 || !c->order.lines[i].has_quantity) {
            p->n = 0;
            return true;
        }
        whole = scf_money_add(whole, value);
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct scf_order_line *l = &c->order.lines[i];
        p->list[i] = (struct scf_milestone){
            .code = scf_asprintf(c->arena, "line-%zu", i + 1),
            .weight_ppm = share_of(value_of(c, l), whole),
            .share_ppm = share_of(proven->quantities[i], l->quantity),
        };
        if (p->list[i].code == NULL)
            return false;
    }
    return name_lines(c, p);
}

/* ---- as a whole ---- */

/* An acceptance without any measure is one of everything only where there is nothing to measure. */
static bool accepts_all(const struct scf_case *c, const struct scf_fact *f) {
    return f->taking == SCF_TAKING_RANKS - 1 && !f->has_amount && !f->has_completion &&
           f->line_count == 0 && f->milestone == NULL && c->order.line_count == 0 &&
           c->order.milestone_count == 0;
}

static bool measures(const struct scf_case *c, const struct scf_fact *f) {
    return f->taking > 0 && f->has_amount && strcmp(f->currency, c->contract->currency) == 0;
}

static bool by_whole(struct scf_case *c, const struct scf_taken *proven, struct parts *p) {
    if (!parts_init(c, 1, p))
        return false;
    struct scf_milestone *m = &p->list[0];
    int64_t most = share_of(proven->amount, scf_money_add(c->contract->amount, c->order.changes));
    *m = (struct scf_milestone){.code = "whole", .weight_ppm = SCF_PPM};
    for (size_t k = 0; k < c->word_count; k++) {
        const struct scf_fact *f = c->words[k].fact;
        if (!scf_word_is(&c->words[k], SCF_REC_WORKFLOW_EVENT) || !scf_word_proves(&c->words[k]))
            continue;
        bool stated = f->has_completion && f->phase != SCF_PHASE_RETURNED;
        int64_t share = accepts_all(c, f) ? SCF_PPM : stated ? f->completion_ppm : 0;
        most = share > most ? share : most;
        if ((share > 0 || measures(c, f)) && !add_evidence(c, m, &c->words[k]))
            return false;
    }
    m->share_ppm = most < SCF_PPM ? most : SCF_PPM;
    return true;
}

/* ---- together ---- */

bool scf_progress(struct scf_case *c, const struct scf_taken *proven, struct scf_trade_view *view) {
    struct parts ways[4] = {{0}};
    if (!by_milestones(c, &ways[0]) || !by_steps(c, &ways[1]) || !by_lines(c, proven, &ways[2]) ||
        !by_whole(c, proven, &ways[3]))
        return false;
    /* of equal ones the first that there is: milestones before lines; there is always a whole */
    const struct parts *best = NULL;
    for (size_t i = 0; i < SCF_COUNT(ways); i++)
        if (ways[i].n > 0 && (best == NULL || total(&ways[i]) > total(best)))
            best = &ways[i];
    view->milestones = best->list;
    view->milestone_count = best->n;
    view->completion_ppm = total(best);
    return true;
}

/* A shipment counts on the word of anybody but the seller, or with a transport paper: something
 * that can be asked for. */
static enum scf_stage stage_by(const struct scf_word *w) {
    const struct scf_fact *f = w->fact;
    if (f->taking > 0 && scf_word_proves(w))
        return SCF_STAGE_ACCEPTED;
    if (f->phase == SCF_PHASE_DISPATCH &&
        (w->standing != SCF_STANDS_SELLER || !scf_uuid_is_nil(&f->shipment.waybill)))
        return SCF_STAGE_SHIPPED;
    bool began =
        f->phase == SCF_PHASE_PRODUCTION || f->phase == SCF_PHASE_DISPATCH || f->taking > 0;
    return began ? SCF_STAGE_PRODUCTION : SCF_STAGE_PREPARATION;
}

enum scf_stage scf_stage_of(const struct scf_case *c) {
    enum scf_stage stage = SCF_STAGE_PREPARATION;
    for (size_t i = 0; i < c->word_count; i++) {
        if (!scf_word_is(&c->words[i], SCF_REC_WORKFLOW_EVENT))
            continue;
        enum scf_stage by = stage_by(&c->words[i]);
        stage = by > stage ? by : stage;
    }
    for (size_t k = 0; stage == SCF_STAGE_ACCEPTED && k < c->bill_count; k++)
        if (c->bills[k].confirmed && scf_bill_stands(&c->bills[k]))
            stage = SCF_STAGE_INVOICED;
    return stage;
}
