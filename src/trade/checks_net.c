/* Goods on their way, and sales that come back to where they began (CR-6.1). */
#include "checks.h"

/* ---- logistics ---- */

/* The fastest and heaviest that is plausible (default): speed from dispatch to receipt, gross
 * weight of a lorry by GB 1589. */
enum { LORRY_G = 49000000 };
static const struct {
    const char *mode;
    int64_t km_per_hour;
} fastest[] = {{"road", 120}, {"rail", 350}, {"sea", 60}, {"air", 1000}};

static int64_t limit_of(const char *mode) {
    for (size_t i = 0; i < SCF_COUNT(fastest); i++)
        if (strcmp(fastest[i].mode, mode) == 0)
            return fastest[i].km_per_hour;
    return 1000;
}

struct receipt {
    struct scf_uuid waybill;
    const struct scf_fact *fact; /* the first one under it */
};

static bool collect_receipts(struct scf_checking *k, struct scf_table *ret) {
    if (!scf_table_init(ret, k->c->arena, sizeof(struct scf_uuid), sizeof(struct receipt),
                        k->c->word_count)) {
        k->c->full = true;
        return false;
    }
    for (size_t i = 0; i < k->c->word_count; i++) {
        const struct scf_fact *f = k->c->words[i].fact;
        if (!scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) || f->taking == 0 ||
            !f->has_happened || scf_uuid_is_nil(&f->shipment.waybill))
            continue;
        struct receipt *r = scf_table_put(ret, &f->shipment.waybill);
        r->fact = r->fact == NULL ? f : r->fact;
    }
    return true;
}

static void check_shipment(struct scf_checking *k, const struct scf_table *receipts,
                           const struct scf_fact *f) {
    const struct scf_fact_shipment *s = &f->shipment;
    if (scf_uuid_is_nil(&s->waybill)) {
        scf_check_fail(k, NULL, &f->record_id, NULL, SCF_DETAIL_NO_WAYBILL, SCF_NO_FIGURES);
        return;
    }
    int64_t lorries = s->vehicles > 0 ? s->vehicles : 1;
    if (strcmp(s->mode, "road") == 0 && s->weight_g / lorries > LORRY_G) {
        scf_check_fail(
            k, NULL, &f->record_id, NULL, SCF_DETAIL_TOO_HEAVY,
            SCF_FIGURES(scf_check_quantity(k, s->weight_g * 1000), scf_check_count(k, lorries)));
        return;
    }
    const struct receipt *under = scf_table_find(receipts, &s->waybill);
    const struct scf_fact *got = under != NULL ? under->fact : NULL;
    if (got != NULL && f->has_happened && s->distance_m > 0) {
        /* metres per (µs / 3.6·10^9) against km/h × 1000 */
        __int128 took = got->happened_us - f->happened_us;
        if ((__int128)s->distance_m * SCF_US_PER_HOUR > took * limit_of(s->mode) * 1000) {
            int64_t minutes = (int64_t)(took / (60 * SCF_US_PER_SECOND));
            scf_check_fail(k, NULL, &f->record_id, &got->record_id, SCF_DETAIL_TOO_FAST,
                           SCF_FIGURES(scf_check_quantity(k, s->distance_m * 1000),
                                       scf_check_count(k, minutes)));
            return;
        }
    }
    scf_check_pass(k);
}

void scf_check_logistics(struct scf_checking *k) {
    struct scf_table receipts;
    if (!collect_receipts(k, &receipts))
        return;
    for (size_t i = 0; i < k->c->word_count; i++) {
        const struct scf_fact *f = k->c->words[i].fact;
        if (scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) &&
            f->phase == SCF_PHASE_DISPATCH && f->shipment.present)
            check_shipment(k, &receipts, f);
    }
}

/* ---- round trips ---- */

enum { SEARCH_STEPS = 1000000 };

struct search {
    const struct scf_case *c;
    const struct scf_bill *bill;
    int64_t tolerance_ppm, days;
    const struct scf_sale *path[3];
    size_t depth;
    int64_t *steps; /* left of the contract's: a bound, whatever the graph */
};

static bool alike(const struct search *s, const struct scf_sale *sale) {
    __int128 off = (__int128)sale->amount - s->bill->v.amount;
    off = off < 0 ? -off : off;
    int64_t apart = (int64_t)sale->day - s->bill->v.issued_day;
    return off * SCF_PPM <= (__int128)s->tolerance_ppm * s->bill->v.amount && apart <= s->days &&
           apart >= -s->days;
}

static int compare_seller(const struct scf_sale *sale, const struct scf_uuid *seller) {
    return scf_uuid_compare(&sale->seller_id, seller);
}

/* Sales are sorted by seller. */
static size_t first_sale(const struct scf_case *c, const struct scf_uuid *seller) {
    size_t low = 0, high = c->sale_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_seller(&c->sales[middle], seller) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* An outsider is a party to every sale that it makes up, from the buyer to itself and from itself
 * to the seller: on its word alone nobody's goods have come back. */
static bool is_vouched(const struct search *s) {
    for (size_t i = 0; i < s->depth; i++)
        if (s->path[i]->vouched)
            return true;
    return false;
}

/* Does a chain of sales lead from `from` back to the invoice's seller? */
static bool leads_back(struct search *s, const struct scf_uuid *from) {
    const struct scf_case *c = s->c;
    for (size_t i = first_sale(c, from);
         i < c->sale_count && compare_seller(&c->sales[i], from) == 0 && (*s->steps)-- > 0; i++) {
        const struct scf_sale *sale = &c->sales[i];
        if (!alike(s, sale))
            continue;
        s->path[s->depth++] = sale;
        if ((scf_uuid_eq(&sale->buyer_id, &s->bill->fact->seller_id) && is_vouched(s)) ||
            (s->depth < SCF_COUNT(s->path) && leads_back(s, &sale->buyer_id)))
            return true;
        s->depth--;
    }
    return false;
}

void scf_check_round_trip(struct scf_checking *k) {
    int64_t steps = SEARCH_STEPS;
    for (size_t i = 0; k->c->sales_known && i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        struct search s = {.c = k->c,
                           .bill = b,
                           .tolerance_ppm = k->rule->tolerance_ppm,
                           .days = k->rule->days,
                           .steps = &steps};
        if (!scf_bill_stands(b) || b->v.amount == 0)
            continue;
        if (!leads_back(&s, &b->fact->buyer_id)) {
            scf_check_pass(k);
            continue;
        }
        scf_check_fail(k, b, &b->v.invoice_id, &s.path[0]->record_id, SCF_DETAIL_ROUND_TRIP,
                       SCF_FIGURES(scf_check_money(k, b->v.amount),
                                   scf_check_count(k, (int64_t)s.depth),
                                   scf_check_count(k, k->rule->days)));
        for (size_t n = 1; n < s.depth; n++)
            scf_check_name(k, &s.path[n]->record_id);
    }
}
