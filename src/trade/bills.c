/* The invoices of a contract as claims on its debtor. Of several nodes that report an invoice the
 * one whose word was received first counts, with its newest correction; what any of them says
 * against the claim (cancelled, financed, paid) counts at once. */
#include "view.h"

#include "scfd/base/table.h"

enum { BILL_STEPS = 200000000 }; /* about a second */

int64_t scf_money_add(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        sum = b < 0 ? -SCF_MONEY_MAX : SCF_MONEY_MAX;
    return sum > SCF_MONEY_MAX ? SCF_MONEY_MAX : sum < -SCF_MONEY_MAX ? -SCF_MONEY_MAX : sum;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t magnitude(int64_t v) {
    return v < -SCF_MONEY_MAX ? SCF_MONEY_MAX : v < 0 ? -v : v;
}

bool scf_bill_stands(const struct scf_bill *b) {
    return !b->v.cancelled;
}

/* ---- which word counts ---- */

struct of_chain { /* where a chain first spoke of an invoice */
    struct scf_uuid object_key, chain_id;
    size_t first;
};
struct of_object {
    struct scf_uuid object_key;
    size_t first;
    const struct scf_fact *fact;
    struct scf_bill *bill; /* NULL: a reducer */
};

static bool index_chains(struct scf_case *c, struct scf_table *t) {
    if (!scf_table_init(t, c->arena, 2 * sizeof(struct scf_uuid), sizeof(struct of_chain),
                        c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_word *w = &c->words[i];
        struct of_chain key = {.object_key = w->fact->object_key, .chain_id = w->fact->chain_id};
        if (w->fact->kind != SCF_REC_INVOICE || w->standing == SCF_STANDS_STRANGER ||
            scf_table_find(t, &key) != NULL)
            continue;
        struct of_chain *o = scf_table_put(t, &key);
        o->first = i;
    }
    return true;
}

static bool index_objects(struct scf_case *c, struct scf_table *t) {
    struct scf_table chains;
    if (!index_chains(c, &chains) || !scf_table_init(t, c->arena, sizeof(struct scf_uuid),
                                                     sizeof(struct of_object), c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        if (!scf_word_is(&c->words[i], SCF_REC_INVOICE))
            continue;
        struct of_chain key = {.object_key = f->object_key, .chain_id = f->chain_id};
        const struct of_chain *spoke = scf_table_find(&chains, &key);
        struct of_object *o = scf_table_put(t, &f->object_key);
        if (o->fact == NULL || spoke->first < o->first) {
            o->first = spoke->first;
            o->fact = f;
        }
    }
    return true;
}

/* ---- collecting ---- */

static struct scf_bill bill_of(const struct scf_fact *f) {
    struct scf_bill b = {
        .fact = f,
        .number_key = f->number_key,
        .v = {.invoice_id = f->record_id,
              .invoice_key = f->object_key,
              .debtor_id = f->buyer_id,
              .body_sha256 = f->body_sha256,
              .amount = f->has_amount && f->amount > 0 ? f->amount : 0,
              .issued_day = f->day,
              .has_due = f->has_due,
              .due_day = f->due_day},
    };
    memcpy(b.v.currency, f->currency, sizeof b.v.currency);
    return b;
}

static int by_day(const void *a, const void *b) {
    const struct scf_bill *x = a, *y = b;
    if (x->v.issued_day != y->v.issued_day)
        return x->v.issued_day < y->v.issued_day ? -1 : 1;
    return scf_uuid_compare(&x->v.invoice_id, &y->v.invoice_id);
}

static bool split(struct scf_case *c, struct scf_table *objects) {
    c->bills = scf_alloc(c->arena, objects->n, sizeof *c->bills);
    c->reducers = scf_alloc(c->arena, objects->n, sizeof *c->reducers);
    if (c->bills == NULL || c->reducers == NULL)
        return false;
    for (size_t i = 0; i < objects->n; i++) {
        const struct of_object *o = scf_table_at(objects, i);
        if (!o->fact->reduces)
            c->bills[c->bill_count++] = bill_of(o->fact);
        else if (!o->fact->voided)
            c->reducers[c->reducer_count++] = o->fact;
    }
    if (c->bill_count > 0)
        qsort(c->bills, c->bill_count, sizeof *c->bills, by_day);
    for (size_t i = 0; i < c->bill_count; i++) {
        struct of_object *o = scf_table_find(objects, &c->bills[i].v.invoice_key);
        o->bill = &c->bills[i];
    }
    return true;
}

/* What every node's newest word adds. */
static void hear_all(struct scf_case *c, const struct scf_table *objects) {
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_word *w = &c->words[i];
        if (!scf_word_is(w, SCF_REC_INVOICE))
            continue;
        const struct of_object *o = scf_table_find(objects, &w->fact->object_key);
        struct scf_bill *b = o->bill;
        if (b == NULL)
            continue;
        const struct scf_fact *f = w->fact;
        b->v.cancelled |= f->voided || f->fully_red || f->not_found;
        b->v.financed_elsewhere |= f->financed;
        b->v.paid = f->paid > b->v.paid ? f->paid : b->v.paid;
        b->tax_state_known |= f->tax_state_known;
        b->confirmed |=
            w->standing == SCF_STANDS_BUYER || (w->standing == SCF_STANDS_HOUSE && f->booked);
    }
}

/* ---- by number: several invoices may have the same one, under different codes ---- */

struct of_number {
    struct scf_uuid number_key;
    struct scf_bill *first;
};

static bool index_numbers(struct scf_case *c) {
    if (!scf_table_init(&c->by_number, c->arena, sizeof(struct scf_uuid), sizeof(struct of_number),
                        c->bill_count))
        return false;
    for (size_t k = c->bill_count; k-- > 0;) {
        struct of_number *n = scf_table_put(&c->by_number, &c->bills[k].number_key);
        c->bills[k].next = n->first;
        n->first = &c->bills[k];
    }
    return true;
}

/* May one more bill be looked at? Records may name one number over and over, and many invoices may
 * have it: what costs more than this is too large to be looked at. */
static bool spend(struct scf_case *c) {
    c->full |= c->bill_steps++ == BILL_STEPS;
    return !c->full;
}

/* The first bill of this number, the oldest; NULL: none. */
static struct scf_bill *numbered(struct scf_case *c, const struct scf_uuid *number_key) {
    const struct of_number *n =
        scf_uuid_is_nil(number_key) ? NULL : scf_table_find(&c->by_number, number_key);
    return n != NULL && spend(c) ? n->first : NULL;
}

/* The next one of the same number. */
static struct scf_bill *next_numbered(struct scf_case *c, const struct scf_bill *b) {
    return b->next != NULL && spend(c) ? b->next : NULL;
}

static void reduce(struct scf_bill *b, int64_t *left) {
    int64_t room = b->v.amount - b->v.reduced, part = smaller(room, *left);
    b->v.reduced += part;
    *left -= part;
}

/* Against the invoice that it names; what is left over, or names none, against the newest. */
static void apply_reducers(struct scf_case *c) {
    size_t open = c->bill_count; /* bills from here on are reduced to nothing */
    for (size_t i = 0; i < c->reducer_count; i++) {
        const struct scf_fact *f = c->reducers[i];
        int64_t left = f->has_amount ? magnitude(f->amount) : 0;
        for (struct scf_bill *b = numbered(c, &f->original_key); b != NULL && left > 0;
             b = next_numbered(c, b))
            if (strcmp(f->currency, b->v.currency) == 0)
                reduce(b, &left);
        while (open > 0 && c->bills[open - 1].v.reduced == c->bills[open - 1].v.amount)
            open--;
        for (size_t k = open; k-- > 0 && left > 0 && spend(c);)
            if (strcmp(f->currency, c->bills[k].v.currency) == 0)
                reduce(&c->bills[k], &left);
    }
    for (size_t k = 0; k < c->bill_count; k++) {
        struct scf_trade_invoice *v = &c->bills[k].v;
        v->cancelled |= v->amount > 0 && v->reduced == v->amount;
    }
}

struct named_event {
    struct scf_uuid id;
};

/* Which events the invoices in force bill. */
static bool mark_billed(struct scf_case *c) {
    struct scf_table named;
    size_t n = 0;
    for (size_t k = 0; k < c->bill_count; k++)
        n += c->bills[k].fact->event_count;
    if (!scf_table_init(&named, c->arena, sizeof(struct scf_uuid), sizeof(struct named_event), n))
        return false;
    for (size_t k = 0; k < c->bill_count; k++)
        for (size_t i = 0; i < c->bills[k].fact->event_count && scf_bill_stands(&c->bills[k]); i++)
            scf_table_put(&named, &c->bills[k].fact->event_ids[i]);
    for (size_t i = 0; i < c->word_count; i++)
        c->words[i].billed = scf_word_is(&c->words[i], SCF_REC_WORKFLOW_EVENT) &&
                             scf_table_find(&named, &c->words[i].fact->record_id) != NULL;
    return true;
}

bool scf_bills_collect(struct scf_case *c) {
    struct scf_table objects;
    if (!index_objects(c, &objects) || !split(c, &objects) || !index_numbers(c))
        return false;
    hear_all(c, &objects);
    apply_reducers(c);
    return mark_billed(c);
}

/* ---- payments: of the nodes the one that reports most of an invoice counts ---- */

static bool pays(const struct scf_word *w, const struct scf_uuid *chain, const char *currency) {
    return scf_word_is(w, SCF_REC_WORKFLOW_EVENT) && w->fact->phase == SCF_PHASE_PAID &&
           w->fact->has_amount && scf_uuid_eq(&w->fact->chain_id, chain) &&
           strcmp(w->fact->currency, currency) == 0;
}

static int64_t unpaid(const struct scf_bill *b, int64_t paid) {
    int64_t left = b->v.amount - b->v.reduced - paid;
    return scf_bill_stands(b) && left > 0 ? left : 0;
}

static void pay(const struct scf_case *c, size_t k, int64_t *paid, int64_t *left) {
    int64_t part = smaller(unpaid(&c->bills[k], paid[k]), *left);
    paid[k] += part;
    *left -= part;
}

/* To the invoices that it names, the rest to the oldest; `open`: those before it are paid. */
static void allot(struct scf_case *c, const struct scf_fact *f, int64_t *paid, size_t *open) {
    int64_t left = f->amount;
    for (size_t i = 0; i < f->invoice_ref_count; i++)
        for (struct scf_bill *b = numbered(c, &f->invoice_refs[i]); b != NULL && left > 0;
             b = next_numbered(c, b))
            pay(c, (size_t)(b - c->bills), paid, &left);
    while (*open < c->bill_count && unpaid(&c->bills[*open], paid[*open]) == 0)
        ++*open;
    for (size_t k = *open; k < c->bill_count && left > 0 && spend(c); k++)
        pay(c, k, paid, &left);
}

static bool settle_payments(struct scf_case *c) {
    int64_t *paid = scf_alloc(c->arena, c->bill_count, sizeof *paid);
    struct scf_table chains;
    if (paid == NULL || !scf_table_init(&chains, c->arena, sizeof(struct scf_uuid),
                                        sizeof(struct named_event), c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++)
        if (pays(&c->words[i], &c->words[i].fact->chain_id, c->contract->currency))
            scf_table_put(&chains, &c->words[i].fact->chain_id);
    for (size_t k = 0; k < chains.n; k++) {
        size_t open = 0;
        memset(paid, 0, c->bill_count * sizeof *paid);
        for (size_t i = 0; i < c->word_count; i++)
            if (pays(&c->words[i], scf_table_at(&chains, k), c->contract->currency))
                allot(c, c->words[i].fact, paid, &open);
        for (size_t i = 0; i < c->bill_count; i++)
            c->bills[i].v.paid = paid[i] > c->bills[i].v.paid ? paid[i] : c->bills[i].v.paid;
    }
    return true;
}

/* ---- disputes and returns ---- */

static int64_t open_amount(const struct scf_bill *b) {
    int64_t left = b->v.amount - b->v.reduced - b->v.disputed;
    return scf_bill_stands(b) && left > 0 ? left : 0;
}

static void dispute_one(struct scf_bill *b, int64_t *left) {
    int64_t part = smaller(open_amount(b), *left);
    b->v.disputed += part;
    *left -= part;
}

/* The invoices that it names, else the newest first; as much as it says, or the whole of them. */
static void dispute(struct scf_case *c, const struct scf_fact *f) {
    int64_t left = f->has_amount ? f->amount : INT64_MAX;
    for (size_t i = 0; i < f->invoice_ref_count; i++)
        for (struct scf_bill *b = numbered(c, &f->invoice_refs[i]); b != NULL && left > 0;
             b = next_numbered(c, b))
            dispute_one(b, &left);
    for (size_t k = f->invoice_ref_count > 0 ? 0 : c->bill_count; k-- > 0 && left > 0 && spend(c);)
        dispute_one(&c->bills[k], &left);
}

static void resolve(struct scf_case *c, const struct scf_fact *f) {
    for (size_t i = 0; i < f->invoice_ref_count; i++)
        for (struct scf_bill *b = numbered(c, &f->invoice_refs[i]); b != NULL;
             b = next_numbered(c, b))
            b->v.disputed = 0;
}

/* The last event that ends every dispute: what was disputed before it does not count. */
static size_t last_peace(const struct scf_case *c) {
    for (size_t i = c->word_count; i-- > 0;) {
        const struct scf_fact *f = c->words[i].fact;
        if (f->phase == SCF_PHASE_RESOLVED && scf_word_proves(&c->words[i]) &&
            f->invoice_ref_count == 0)
            return i;
    }
    return 0;
}

/* What was returned and is not yet covered by red letters or credit notes. */
static void add_returns(struct scf_case *c, int64_t returned) {
    for (size_t k = 0; k < c->bill_count; k++)
        returned -= smaller(c->bills[k].v.reduced, returned);
    for (size_t k = c->bill_count; k-- > 0 && returned > 0;) {
        int64_t part = smaller(open_amount(&c->bills[k]), returned);
        c->bills[k].v.disputed += part;
        returned -= part;
    }
}

/* Anybody who counts may dispute; only the buyer, or a system that nobody operates, ends it. */
static void settle_disputes(struct scf_case *c, int64_t returned) {
    bool everything = false; /* all is disputed already, and nothing was resolved since */
    for (size_t i = last_peace(c); i < c->word_count; i++) {
        if (!scf_word_is(&c->words[i], SCF_REC_WORKFLOW_EVENT))
            continue;
        const struct scf_fact *f = c->words[i].fact;
        if (f->phase == SCF_PHASE_DISPUTED && !everything) {
            dispute(c, f);
            everything = f->invoice_ref_count == 0 && !f->has_amount;
        } else if (f->phase == SCF_PHASE_RESOLVED && scf_word_proves(&c->words[i])) {
            resolve(c, f);
            everything = false;
        }
    }
    add_returns(c, returned);
}

/* ---- delivery ---- */

struct proven_event {
    struct scf_uuid id;
};

static bool collect_proofs(struct scf_case *c, struct scf_table *ret) {
    if (!scf_table_init(ret, c->arena, sizeof(struct scf_uuid), sizeof(struct proven_event),
                        c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++)
        if (c->words[i].fact->taking > 0 && scf_word_proves(&c->words[i]))
            scf_table_put(ret, &c->words[i].fact->record_id);
    return true;
}

static bool names_proof(const struct scf_fact *f, const struct scf_table *proofs) {
    for (size_t i = 0; i < f->event_count; i++)
        if (scf_table_find(proofs, &f->event_ids[i]) != NULL)
            return true;
    return false;
}

/* By the events that the invoice names, else in order of issue as far as what was accepted of the
 * contract covers them. Completion is rounded down in each of its parts: a thousandth of the
 * contract is left to that. */
static bool settle_delivery(struct scf_case *c, int64_t completion_ppm) {
    struct scf_table proofs;
    int64_t whole = scf_money_add(c->contract->amount, c->order.changes), covered, sum = 0;
    if (!collect_proofs(c, &proofs))
        return false;
    if (whole < 0 || !scf_mul_div_floor(whole, completion_ppm + 1000, SCF_PPM, &covered))
        covered = 0;
    covered = completion_ppm > 0 ? covered : 0;
    for (size_t k = 0; k < c->bill_count; k++) {
        struct scf_bill *b = &c->bills[k];
        if (!scf_bill_stands(b) || strcmp(b->v.currency, c->contract->currency) != 0)
            continue;
        sum = scf_money_add(sum, b->v.amount - b->v.reduced);
        b->v.delivered = sum <= covered || names_proof(b->fact, &proofs);
    }
    return true;
}

/* Reconciled or paid by the debtor: that confirms the invoices it names, or all. */
static void settle_confirmations(struct scf_case *c) {
    bool all = false;
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        if (!scf_word_proves(&c->words[i]) ||
            (f->phase != SCF_PHASE_RECONCILED && f->phase != SCF_PHASE_PAID))
            continue;
        all |= f->invoice_ref_count == 0;
        for (size_t k = 0; k < f->invoice_ref_count; k++)
            for (struct scf_bill *b = numbered(c, &f->invoice_refs[k]); b != NULL;
                 b = next_numbered(c, b))
                b->confirmed = true;
    }
    for (size_t k = 0; all && k < c->bill_count; k++)
        c->bills[k].confirmed = true;
}

bool scf_bills_settle(struct scf_case *c, int64_t completion_ppm, int64_t returned) {
    settle_confirmations(c);
    settle_disputes(c, returned);
    return settle_payments(c) && settle_delivery(c, completion_ppm);
}
