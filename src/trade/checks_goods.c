/* The three-way match of order, acceptance and invoice, per ordered line (CR-6.1). A line takes
 * part when all three name its goods in the same unit. */
#include "checks.h"

/* |a − b| ≤ tolerance · base, exactly. */
static bool within(int64_t a, int64_t b, int64_t tolerance_ppm, int64_t base) {
    __int128 difference = (__int128)a - b;
    difference = difference < 0 ? -difference : difference;
    return difference * SCF_PPM <= (__int128)tolerance_ppm * base;
}

static const char *name_of(const struct scf_checking *k, size_t line) {
    const char *name = k->c->order.lines[line].name;
    return name != NULL ? scf_check_name_text(k, name) : "?";
}

/* What was accepted of an ordered line; −1: nobody says. Proof counts before what the seller says,
 * or it could pass by its own word. */
static int64_t accepted_of(const struct scf_checking *k, size_t line) {
    int64_t proven = k->proven.quantities[line];
    return proven >= 0 ? proven : k->reported.quantities[line];
}

/* Invoices that name the events they bill are compared with these, so that a delivery in parts need
 * not be invoiced at once; else all that was accepted with all that was invoiced. */
void scf_check_quantity_match(struct scf_checking *k) {
    memset(k->failed_lines, 0, k->c->order.line_count * sizeof *k->failed_lines);
    for (size_t i = 0; i < k->c->order.line_count; i++) {
        const struct scf_order_line *l = &k->c->order.lines[i];
        int64_t accepted = k->all_name_events[i] ? k->billed.quantities[i] : -1;
        accepted = accepted >= 0 ? accepted : accepted_of(k, i);
        if (!l->has_quantity || k->invoice_cases[i] == 0 || accepted < 0)
            continue;
        if (within(k->invoiced[i], accepted, k->rule->tolerance_ppm, l->quantity)) {
            scf_check_pass(k);
            continue;
        }
        scf_check_fail(k, NULL, NULL, NULL, SCF_DETAIL_QUANTITY_MATCH,
                       SCF_FIGURES(name_of(k, i), scf_check_quantity(k, k->invoiced[i]),
                                   scf_check_quantity(k, accepted),
                                   scf_check_quantity(k, l->quantity)));
        k->failed_lines[i] = true;
    }
    scf_check_mark_lines(k, k->failed_lines);
}

void scf_check_quantity_ordered(struct scf_checking *k) {
    memset(k->failed_lines, 0, k->c->order.line_count * sizeof *k->failed_lines);
    for (size_t i = 0; i < k->c->order.line_count; i++) {
        const struct scf_order_line *l = &k->c->order.lines[i];
        int64_t accepted = accepted_of(k, i);
        if (!l->has_quantity || accepted < 0)
            continue;
        if (accepted <= l->quantity ||
            within(accepted, l->quantity, k->rule->tolerance_ppm, l->quantity)) {
            scf_check_pass(k);
            continue;
        }
        scf_check_fail(k, NULL, NULL, NULL, SCF_DETAIL_QUANTITY_ORDERED,
                       SCF_FIGURES(name_of(k, i), scf_check_quantity(k, accepted),
                                   scf_check_quantity(k, l->quantity)));
        k->failed_lines[i] = true;
    }
    scf_check_mark_lines(k, k->failed_lines);
}

/* ---- price ---- */

static bool price_of(const struct scf_checking *k, const struct scf_fact_line *l, int64_t *ret) {
    int64_t factor = 1;
    *ret = l->price;
    if (l->has_price)
        return l->price > 0;
    for (int i = k->c->scale; i < SCF_FACT_QUANTITY_PLACES + SCF_FACT_PRICE_PLACES; i++)
        factor *= 10;
    return l->has_amount && l->has_quantity && l->quantity > 0 && l->amount > 0 &&
           scf_mul_div_half_up(l->amount, factor, l->quantity, ret) && *ret > 0;
}

/* Invoices give prices without tax, contracts either way: what their sums do not tell may be read
 * in the way that fits. */
static bool price_fits(const struct scf_checking *k, const struct scf_order_line *order,
                       const struct scf_fact_line *l, int64_t price) {
    int64_t gross = 0, t = k->rule->tolerance_ppm;
    enum scf_price_basis basis = k->c->order.basis;
    bool has_gross =
        l->has_tax && scf_mul_div_half_up(price, SCF_PPM + l->rate_ppm, SCF_PPM, &gross);
    return (basis != SCF_PRICES_WITH_TAX && within(price, order->price, t, order->price)) ||
           (basis != SCF_PRICES_WITHOUT_TAX &&
            within(has_gross ? gross : price, order->price, t, order->price));
}

static const char *price_text(const struct scf_checking *k, int64_t price) {
    char text[SCF_MONEY_TEXT];
    scf_decimal_format(price, SCF_FACT_PRICE_PLACES, text);
    return scf_check_text(k, text);
}

static void check_bill_prices(struct scf_checking *k, struct scf_bill *b) {
    for (size_t i = 0; i < b->fact->line_count; i++) {
        const struct scf_fact_line *l = &b->fact->lines[i];
        int line = scf_order_find(&k->c->order, l);
        int64_t price;
        if (line < 0 || !k->c->order.lines[line].has_price || !price_of(k, l, &price))
            continue;
        const struct scf_order_line *order = &k->c->order.lines[line];
        if (price_fits(k, order, l, price))
            scf_check_pass(k);
        else
            scf_check_fail(k, b, &b->v.invoice_id, NULL, SCF_DETAIL_PRICE_MATCH,
                           SCF_FIGURES(name_of(k, (size_t)line), price_text(k, price),
                                       price_text(k, order->price)));
    }
}

void scf_check_price_match(struct scf_checking *k) {
    for (size_t i = 0; i < k->c->bill_count; i++)
        if (scf_bill_stands(&k->c->bills[i]))
            check_bill_prices(k, &k->c->bills[i]);
}
