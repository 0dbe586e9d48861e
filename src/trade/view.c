/* A contract's view from its facts. Relies on the facts being in order of receipt. */
#include "view.h"

enum { YEAR_DAYS = 365 };

/* ---- sums ---- */

static void add_year(const struct scf_case *c, int64_t returned, struct scf_trade_view *v) {
    int32_t to = scf_day_of(c->as_of_us), from = to - YEAR_DAYS;
    int64_t reduced = 0;
    for (size_t i = 0; i < c->bill_count; i++) {
        const struct scf_trade_invoice *b = &c->bills[i].v;
        if (strcmp(b->currency, c->contract->currency) != 0)
            continue;
        bool no_sale = b->cancelled && b->reduced < b->amount; /* void or not found */
        if (!no_sale)
            v->invoiced = scf_money_add(v->invoiced, b->amount - b->reduced);
        if (!no_sale && b->issued_day > from)
            v->sales_12m = scf_money_add(v->sales_12m, b->amount);
    }
    for (size_t i = 0; i < c->reducer_count; i++) {
        const struct scf_fact *f = c->reducers[i];
        int64_t amount = f->has_amount ? f->amount : 0;
        if (f->day > from && strcmp(f->currency, c->contract->currency) == 0)
            reduced = scf_money_add(reduced, amount < 0 ? -amount : amount);
    }
    /* goods that came back are diluted once, by what covers them or by their value */
    v->dilution_12m = reduced > returned ? reduced : returned;
}

static void add_events(const struct scf_case *c, struct scf_trade_view *v) {
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_word *w = &c->words[i];
        v->facts += w->live;
        if (!scf_word_is(w, SCF_REC_WORKFLOW_EVENT) || !w->fact->has_happened)
            continue;
        if (v->events++ == 0 || w->fact->happened_us < v->first_event_us)
            v->first_event_us = w->fact->happened_us;
    }
}

/* ---- chains ---- */

static int by_id(const void *a, const void *b) {
    const struct scf_trade_chain *x = a, *y = b;
    return scf_uuid_compare(&x->chain_id, &y->chain_id);
}

static bool list_chains(struct scf_case *c, const struct scf_fact *facts, const int64_t *folded,
                        size_t n, struct scf_trade_view *v) {
    struct scf_table seen;
    if (!scf_table_init(&seen, c->arena, sizeof(struct scf_uuid), sizeof(struct scf_trade_chain),
                        n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct scf_trade_chain *chain = scf_table_put(&seen, &facts[i].chain_id);
        chain->folded_size = folded[i];
    }
    struct scf_trade_chain *list = scf_alloc(c->arena, seen.n, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < seen.n; i++)
        list[i] = *(const struct scf_trade_chain *)scf_table_at(&seen, i);
    if (seen.n > 0)
        qsort(list, seen.n, sizeof *list, by_id);
    v->chains = list;
    v->chain_count = seen.n;
    return true;
}

/* ---- together ---- */

static bool list_invoices(struct scf_case *c, struct scf_trade_view *v) {
    struct scf_trade_invoice *list = scf_alloc(c->arena, c->bill_count, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < c->bill_count; i++)
        list[i] = c->bills[i].v;
    v->invoices = list;
    v->invoice_count = c->bill_count;
    return true;
}

bool scf_view_make(struct scf_case *c, const struct scf_fact *facts, const int64_t *folded,
                   size_t n, struct scf_trade_view *ret) {
    struct scf_trade_view v = {.contract_key = c->contract->contract_key};
    struct scf_taken proven;
    int scale = scf_currency_scale(scf_str(c->contract->currency));
    c->scale = scale >= 0 ? scale : 2;
    if (!scf_order_read(c->arena, c->contract, &c->order) || !scf_words_read(c, facts, n) ||
        !scf_bills_collect(c) || !scf_takings_sum(c, SCF_TAKEN_PROVEN, &proven) ||
        !scf_progress(c, &proven, &v) || !scf_bills_settle(c, v.completion_ppm, proven.returned) ||
        !scf_checks_run(c, &proven, &v))
        return false;
    v.stage = scf_stage_of(c);
    add_year(c, proven.returned, &v);
    add_events(c, &v);
    if (!list_invoices(c, &v) || !list_chains(c, facts, folded, n, &v))
        return false;
    *ret = v;
    return true;
}
