/* The borrowing base (CR-3): which receivables may be lent on, how far one debtor counts, and at
 * which rate. Integer arithmetic that rounds down, but for the dilution, which lowers the rate and
 * is rounded up. Pure.
 *
 * The concentration base is the gross eligible total before any excess is removed; it is not
 * iterated. What a debtor can set off, and what is over its limit, comes off the part that is
 * advanced at the higher rate first. */
#include "limit_impl.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/base/table.h"

const char *const scf_ineligibility_codes[] = {"",     "INV",    "DUP",   "OWN", "CSG",  "BILL",
                                               "CUR",  "FUT",    "CHECK", "AFF", "TERM", "AGE",
                                               "XAGE", "NOCONF", "DISP",  NULL};

struct work {
    const struct scf_limit_inputs *in;
    const struct scf_borrowing_base_policy *policy;
    int32_t day;
    struct scf_borrowing_base b;
    size_t *debtor_of;                     /* of each line */
    const struct scf_limit_debtor **known; /* of each debtor of the base; NULL: nothing is */
    struct scf_table index;                /* struct entry: debtors of the base by their id */
};

struct entry {
    struct scf_uuid id;
    size_t at; /* 1 + position in b.debtors; 0: new */
};

static const struct scf_trade_invoice *invoice_of(const struct work *w,
                                                  const struct scf_base_line *l) {
    return &w->in->contracts[l->contract].trade.invoices[l->invoice];
}

/* ---- debtors ---- */

static const struct scf_limit_debtor *known_debtor(const struct scf_limit_inputs *in,
                                                   const struct scf_uuid *id) {
    for (size_t i = 0; i < in->debtor_count; i++)
        if (scf_uuid_eq(&in->debtors[i].enterprise_id, id))
            return &in->debtors[i];
    return NULL;
}

/* Invoices may name as many debtors as they like: each is looked for in a table. */
static size_t debtor_index(struct work *w, const struct scf_uuid *id) {
    struct entry *e = scf_table_put(&w->index, id);
    if (e->at == 0) {
        const struct scf_limit_debtor *known = known_debtor(w->in, id);
        w->known[w->b.debtor_count] = known;
        w->b.debtors[w->b.debtor_count] =
            (struct scf_base_debtor){.enterprise_id = *id, .core = known != NULL && known->core};
        e->at = ++w->b.debtor_count;
    }
    return e->at - 1;
}

/* ---- eligibility (CR-3.1) ---- */

/* The term of a voucher, or of any claim, beyond what was lawful at its issue (CR-9). */
static bool term_too_long(const struct scf_policy *p, const struct scf_trade_invoice *v) {
    int64_t most = INT64_MAX;
    for (size_t i = 0; i < p->voucher_count && p->vouchers[i].from_day <= v->issued_day; i++)
        most = p->vouchers[i].max_days;
    return v->has_due && (int64_t)v->due_day - v->issued_day > most;
}

static bool too_old(const struct work *w, const struct scf_trade_invoice *v) {
    return (int64_t)w->day - v->issued_day > w->policy->invoice_age_days ||
           (v->has_due && (int64_t)w->day - v->due_day > w->policy->past_due_days);
}

/* All tests but those that need the other receivables of the debtor. */
static enum scf_ineligibility test(const struct work *w, const struct scf_limit_contract *k,
                                   const struct scf_trade_invoice *v,
                                   const struct scf_receivable_standing *s,
                                   const struct scf_limit_debtor *d) {
    return v->cancelled                                                   ? SCF_OUT_INV
           : s != NULL && s->exists && s->registered_by_other             ? SCF_OUT_DUP
           : v->financed_elsewhere                                        ? SCF_OUT_OWN
           : k->consignment                                               ? SCF_OUT_CSG
           : k->paid_by_bill                                              ? SCF_OUT_BILL
           : strcmp(v->currency, w->in->currency) != 0                    ? SCF_OUT_CUR
           : !v->delivered                                                ? SCF_OUT_FUT
           : v->hard_failed                                               ? SCF_OUT_CHECK
           : d != NULL && d->affiliated && !w->policy->affiliates_allowed ? SCF_OUT_AFF
           : term_too_long(&w->in->policy, v)                             ? SCF_OUT_TERM
           : too_old(w, v)                                                ? SCF_OUT_AGE
                                                                          : SCF_ELIGIBLE;
}

static void add_line(struct work *w, size_t contract, size_t invoice) {
    const struct scf_limit_contract *k = &w->in->contracts[contract];
    const struct scf_trade_invoice *v = &k->trade.invoices[invoice];
    const struct scf_receivable_standing *s = k->standings != NULL ? &k->standings[invoice] : NULL;
    struct scf_base_line *l = &w->b.lines[w->b.line_count];
    size_t at = debtor_index(w, &v->debtor_id);
    w->debtor_of[w->b.line_count++] = at;
    *l = (struct scf_base_line){
        .contract = contract,
        .invoice = invoice,
        .code = test(w, k, v, s, w->known[at]),
        .balance = scf_at_least(v->amount - scf_add_money(v->reduced, v->paid), 0),
        .confirmed = s != NULL && s->exists && s->confirmed,
        .warn_assignment = k->assignment_prohibited,
    };
    /* what is void, or in another money, is no balance of the debtor */
    struct scf_base_debtor *d = &w->b.debtors[at];
    if (l->code == SCF_OUT_INV || l->code == SCF_OUT_CUR)
        l->balance = 0;
    d->balance = scf_add_money(d->balance, l->balance);
    if (too_old(w, v))
        d->aged = scf_add_money(d->aged, l->balance);
    w->b.balance = scf_add_money(w->b.balance, l->balance);
}

/* Cross-aging, confirmation and disputes of what has passed so far. */
static void finish_line(struct work *w, size_t i) {
    struct scf_base_line *l = &w->b.lines[i];
    struct scf_base_debtor *d = &w->b.debtors[w->debtor_of[i]];
    bool cross_aged = (__int128)d->aged * SCF_PPM > (__int128)d->balance * w->policy->cross_age_ppm;
    if (l->code != SCF_ELIGIBLE)
        return;
    if (cross_aged || (!l->confirmed && w->policy->unconfirmed_advance_ppm == 0)) {
        l->code = cross_aged ? SCF_OUT_XAGE : SCF_OUT_NOCONF;
        return;
    }
    int64_t disputed = invoice_of(w, l)->disputed;
    l->eligible = scf_at_least(l->balance - disputed, 0);
    if (disputed > 0)
        l->code = SCF_OUT_DISP;
    d->gross = scf_add_money(d->gross, l->eligible);
    if (!l->confirmed)
        d->unconfirmed = scf_add_money(d->unconfirmed, l->eligible);
}

/* ---- rates (CR-3.2) ---- */

static int64_t advance_rate(struct work *w) {
    __int128 sales = 0, dilution = 0;
    for (size_t i = 0; i < w->in->contract_count; i++) {
        if (!scf_contract_is_own(w->in, &w->in->contracts[i]))
            continue;
        sales += w->in->contracts[i].trade.sales_12m;
        dilution += w->in->contracts[i].trade.dilution_12m;
    }
    if (sales > 0 && dilution > 0) {
        __int128 up = (dilution * SCF_PPM + sales - 1) / sales;
        w->b.dilution_ppm = up < SCF_PPM ? (int64_t)up : SCF_PPM;
    } else if (dilution > 0) {
        w->b.dilution_ppm = SCF_PPM;
    }
    int64_t over = scf_at_least(w->b.dilution_ppm - w->policy->dilution_allowance_ppm, 0);
    return scf_at_least(scf_at_most(w->policy->max_advance_ppm, w->policy->advance_ppm - over), 0);
}

static void set_off(struct work *w, size_t i) {
    struct scf_base_debtor *d = &w->b.debtors[i];
    d->contra = w->known[i] != NULL ? scf_at_most(w->known[i]->contra, d->gross) : 0;
    d->gross -= d->contra;
    d->unconfirmed = scf_at_most(d->unconfirmed, d->gross);
}

static void lend_on(struct work *w, struct scf_base_debtor *d) {
    int64_t limit = scf_share(w->b.gross, d->core ? w->policy->core_concentration_ppm
                                                  : w->policy->concentration_ppm);
    int64_t lower = scf_at_most(w->b.advance_ppm, w->policy->unconfirmed_advance_ppm);
    d->excess = scf_at_least(d->gross - limit, 0);
    d->net = d->gross - d->excess;
    int64_t unconfirmed = scf_at_most(d->unconfirmed, d->net);
    __int128 ppm =
        (__int128)(d->net - unconfirmed) * w->b.advance_ppm + (__int128)unconfirmed * lower;
    d->base = (int64_t)(ppm / SCF_PPM);
}

bool scf_borrowing_base_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                                struct scf_borrowing_base *ret) {
    struct work w = {.in = in, .policy = &in->policy.base, .day = scf_day_of(in->as_of_us)};
    size_t n = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        n += in->contracts[i].trade.invoice_count;
    w.b.lines = scf_alloc(arena, n, sizeof *w.b.lines);
    w.b.debtors = scf_alloc(arena, n, sizeof *w.b.debtors);
    w.debtor_of = scf_alloc(arena, n, sizeof *w.debtor_of);
    w.known = scf_alloc(arena, n, sizeof *w.known);
    if (w.b.lines == NULL || w.b.debtors == NULL || w.debtor_of == NULL || w.known == NULL ||
        !scf_table_init(&w.index, arena, sizeof(struct scf_uuid), sizeof(struct entry), n))
        return false;
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_contract_reason(in, &in->contracts[i], 1) == SCF_REASON_CONTRACT_COUNTED)
            for (size_t j = 0; j < in->contracts[i].trade.invoice_count; j++)
                add_line(&w, i, j);
    for (size_t i = 0; i < w.b.line_count; i++)
        finish_line(&w, i);
    for (size_t i = 0; i < w.b.debtor_count; i++) {
        set_off(&w, i);
        w.b.gross = scf_add_money(w.b.gross, w.b.debtors[i].gross);
    }
    w.b.advance_ppm = advance_rate(&w);
    for (size_t i = 0; i < w.b.debtor_count; i++) {
        lend_on(&w, &w.b.debtors[i]);
        w.b.net = scf_add_money(w.b.net, w.b.debtors[i].net);
        w.b.base = scf_add_money(w.b.base, w.b.debtors[i].base);
    }
    *ret = w.b;
    return true;
}
