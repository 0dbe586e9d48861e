/* Who and when: parties and the order of things (CR-6.1). Days are those that the senders wrote. */
#include "checks.h"

/* ---- parties ---- */

static bool is_delivery(const struct scf_fact *f) {
    return f->phase == SCF_PHASE_DISPATCH || f->taking > 0;
}

static bool is_party(const struct scf_case *c, const struct scf_uuid *id) {
    return scf_uuid_eq(id, &c->contract->seller_id) || scf_uuid_eq(id, &c->contract->buyer_id);
}

static void check_invoice_parties(struct scf_checking *k, struct scf_bill *b) {
    const struct scf_trade_contract *t = k->c->contract;
    if (scf_uuid_eq(&b->fact->seller_id, &t->seller_id) &&
        scf_uuid_eq(&b->fact->buyer_id, &t->buyer_id))
        scf_check_pass(k);
    else
        scf_check_fail(k, b, &b->v.invoice_id, NULL,
                       scf_uuid_eq(&b->fact->seller_id, &t->seller_id) ? SCF_DETAIL_OTHER_BUYER
                                                                       : SCF_DETAIL_OTHER_SELLER,
                       SCF_NO_FIGURES);
}

/* A carrier or an inspector may act, but then for or with a party: an event that names two
 * enterprises of which neither is one, or whose only one is nobody that the contract knows, is of
 * some other trade. */
static void check_event_parties(struct scf_checking *k, const struct scf_word *w) {
    const struct scf_fact *f = w->fact;
    const struct scf_case *c = k->c;
    bool known = is_party(c, &f->actor_id) || is_party(c, &f->counterparty_id);
    for (size_t i = 0; i < c->order.party_count; i++)
        known |= scf_uuid_eq(&c->order.parties[i], &f->actor_id);
    if (scf_uuid_is_nil(&f->actor_id))
        return;
    if (known)
        scf_check_pass(k);
    else
        scf_check_fail(k, NULL, &f->record_id, NULL, SCF_DETAIL_NEITHER_PARTY,
                       SCF_FIGURES(scf_check_text(k, f->step)));
}

void scf_check_parties(struct scf_checking *k) {
    for (size_t i = 0; i < k->c->bill_count; i++)
        check_invoice_parties(k, &k->c->bills[i]);
    for (size_t i = 0; i < k->c->word_count; i++)
        if (scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) &&
            is_delivery(k->c->words[i].fact))
            check_event_parties(k, &k->c->words[i]);
}

/* ---- time ---- */

void scf_check_signed_first(struct scf_checking *k) {
    const struct scf_trade_contract *t = k->c->contract;
    for (size_t i = 0; t->has_signed && i < k->c->word_count; i++) {
        const struct scf_fact *f = k->c->words[i].fact;
        if (!scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) || f->taking == 0 || !f->has_day)
            continue;
        if (f->day >= t->signed_day)
            scf_check_pass(k);
        else
            scf_check_fail(k, NULL, &f->record_id, NULL, SCF_DETAIL_BEFORE_SIGNING,
                           SCF_FIGURES(scf_check_text(k, f->step), scf_check_day(k, f->day),
                                       scf_check_day(k, t->signed_day)));
    }
}

/* The seller inspects what leaves its works: that is no acceptance. */
static bool is_own_inspection(const struct scf_checking *k, const struct scf_word *w) {
    return strcmp(w->fact->step, "inspected") == 0 &&
           (w->standing == SCF_STANDS_SELLER ||
            scf_uuid_eq(&w->fact->actor_id, &k->c->contract->seller_id));
}

/* The first event of each phase: with deliveries in parts the first ones still keep the order. */
static const struct scf_fact *first_of(const struct scf_checking *k, enum scf_phase phase) {
    const struct scf_fact *first = NULL;
    for (size_t i = 0; i < k->c->word_count; i++) {
        const struct scf_fact *f = k->c->words[i].fact;
        if (scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) && f->phase == phase &&
            f->has_happened && f->has_day && !is_own_inspection(k, &k->c->words[i]) &&
            (first == NULL || f->happened_us < first->happened_us))
            first = f;
    }
    return first;
}

static void check_phases(struct scf_checking *k) {
    static const enum scf_phase order[] = {SCF_PHASE_ORDER, SCF_PHASE_DISPATCH, SCF_PHASE_RECEIPT,
                                           SCF_PHASE_ACCEPTANCE};
    const struct scf_fact *before = NULL;
    for (size_t i = 0; i < SCF_COUNT(order); i++) {
        const struct scf_fact *f = first_of(k, order[i]);
        if (f == NULL)
            continue;
        if (before != NULL && f->happened_us >= before->happened_us)
            scf_check_pass(k);
        else if (before != NULL)
            scf_check_fail(k, NULL, &before->record_id, &f->record_id, SCF_DETAIL_STEPS_REVERSED,
                           SCF_FIGURES(scf_check_text(k, f->step), scf_check_day(k, f->day),
                                       scf_check_text(k, before->step),
                                       scf_check_day(k, before->day)));
        before = f;
    }
}

/* contract ≤ order ≤ dispatch ≤ receipt ≤ acceptance; invoice ≥ order, which is the signing where
 * nothing confirms the order. */
void scf_check_step_order(struct scf_checking *k) {
    const struct scf_trade_contract *t = k->c->contract;
    const struct scf_fact *ordered = first_of(k, SCF_PHASE_ORDER);
    bool known = ordered != NULL || t->has_signed;
    int32_t day = ordered != NULL ? ordered->day : t->signed_day;
    if (ordered != NULL && t->has_signed && ordered->day < t->signed_day)
        scf_check_fail(
            k, NULL, &ordered->record_id, NULL, SCF_DETAIL_ORDER_BEFORE_SIGNING,
            SCF_FIGURES(scf_check_day(k, ordered->day), scf_check_day(k, t->signed_day)));
    else if (ordered != NULL && t->has_signed)
        scf_check_pass(k);
    check_phases(k);
    for (size_t i = 0; known && i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (b->v.issued_day >= day)
            scf_check_pass(k);
        else
            scf_check_fail(k, b, &b->v.invoice_id, ordered != NULL ? &ordered->record_id : NULL,
                           SCF_DETAIL_INVOICE_BEFORE_ORDER,
                           SCF_FIGURES(scf_check_day(k, b->v.issued_day), scf_check_day(k, day)));
    }
}

void scf_check_due_after(struct scf_checking *k) {
    const struct scf_fact *taken = first_of(k, SCF_PHASE_ACCEPTANCE);
    taken = taken != NULL ? taken : first_of(k, SCF_PHASE_RECEIPT);
    for (size_t i = 0; taken != NULL && i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (!b->v.has_due)
            continue;
        if (b->v.due_day >= taken->day)
            scf_check_pass(k);
        else
            scf_check_fail(k, b, &b->v.invoice_id, &taken->record_id, SCF_DETAIL_DUE_BEFORE_TAKING,
                           SCF_FIGURES(scf_check_day(k, b->v.due_day),
                                       scf_check_text(k, taken->step),
                                       scf_check_day(k, taken->day)));
    }
}
