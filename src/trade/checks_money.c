/* Sums, tax, payments and the tax authority's word (CR-6.1, CR-6.3). */
#include "checks.h"

/* ---- amounts ---- */

/* In order of issue: the invoices from the one on that passes the amount are at fault. */
void scf_check_invoice_sum(struct scf_checking *k) {
    const struct scf_trade_contract *t = k->c->contract;
    int64_t allowed = scf_money_add(t->amount, k->c->order.changes), sum = 0;
    for (size_t i = 0; i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (!scf_bill_stands(b))
            continue;
        if (strcmp(b->v.currency, t->currency) != 0) {
            scf_check_fail(
                k, b, &b->v.invoice_id, NULL, SCF_DETAIL_INVOICE_CURRENCY,
                SCF_FIGURES(scf_check_text(k, b->v.currency), scf_check_text(k, t->currency)));
            continue;
        }
        sum = scf_money_add(sum, b->v.amount - b->v.reduced);
        if (sum <= allowed)
            scf_check_pass(k);
        else
            scf_check_fail(k, b, &b->v.invoice_id, NULL, SCF_DETAIL_INVOICE_SUM,
                           SCF_FIGURES(scf_check_money(k, sum), scf_check_money(k, allowed)));
    }
}

/* |amount · rate − tax| ≤ tolerance, in millionths of a minor unit, exactly. */
static bool tax_fits(const struct scf_checking *k, const struct scf_fact_line *l) {
    __int128 off = (__int128)l->amount * l->rate_ppm - (__int128)l->tax * SCF_PPM;
    __int128 allowed = k->rule->tolerance_ppm;
    for (int i = 0; i < k->c->scale; i++)
        allowed *= 10;
    return off <= allowed && -off <= allowed;
}

static void check_tax_of(struct scf_checking *k, struct scf_bill *b, const struct scf_fact *f) {
    for (size_t i = 0; i < f->line_count; i++) {
        const struct scf_fact_line *l = &f->lines[i];
        char rate[SCF_MONEY_TEXT];
        if (!l->has_amount || !l->has_tax)
            continue;
        if (tax_fits(k, l)) {
            scf_check_pass(k);
            continue;
        }
        scf_decimal_format(l->rate_ppm, 6, rate);
        scf_check_fail(k, b, &f->record_id, NULL, SCF_DETAIL_LINE_TAX,
                       SCF_FIGURES(scf_check_count(k, (int64_t)i + 1), scf_check_money(k, l->tax),
                                   scf_check_money(k, l->amount), scf_check_text(k, rate)));
    }
}

void scf_check_line_tax(struct scf_checking *k) {
    for (size_t i = 0; i < k->c->bill_count; i++)
        check_tax_of(k, &k->c->bills[i], k->c->bills[i].fact);
    for (size_t i = 0; i < k->c->reducer_count; i++)
        check_tax_of(k, NULL, k->c->reducers[i]);
}

/* ---- payments ---- */

struct account {
    struct scf_uuid key;
};

/* The accounts that invoices give for the buyer. */
static bool collect_accounts(struct scf_checking *k, struct scf_table *ret) {
    if (!scf_table_init(ret, k->c->arena, sizeof(struct scf_uuid), sizeof(struct account),
                        k->c->bill_count)) {
        k->c->full = true;
        return false;
    }
    for (size_t i = 0; i < k->c->bill_count; i++)
        if (!scf_uuid_is_nil(&k->c->bills[i].fact->buyer_account))
            scf_table_put(ret, &k->c->bills[i].fact->buyer_account);
    return true;
}

static enum scf_detail payer_fault(const struct scf_case *c, const struct scf_table *accounts,
                                   const struct scf_fact *f, bool *looked) {
    if (!scf_uuid_is_nil(&f->payer_id)) {
        *looked = true;
        if (!scf_uuid_eq(&f->payer_id, &c->contract->buyer_id))
            return SCF_DETAIL_OTHER_PAYER;
    }
    if (scf_uuid_is_nil(&f->payer_account) || accounts->n == 0)
        return SCF_DETAIL_NONE;
    *looked = true;
    return scf_table_find(accounts, &f->payer_account) == NULL ? SCF_DETAIL_OTHER_PAYER_ACCOUNT
                                                               : SCF_DETAIL_NONE;
}

void scf_check_fund_flow(struct scf_checking *k) {
    const struct scf_uuid *designated = &k->c->order.collection_account;
    struct scf_table accounts;
    if (!collect_accounts(k, &accounts))
        return;
    for (size_t i = 0; i < k->c->word_count; i++) {
        const struct scf_fact *f = k->c->words[i].fact;
        if (!scf_word_is(&k->c->words[i], SCF_REC_WORKFLOW_EVENT) || f->phase != SCF_PHASE_PAID ||
            !f->has_payment)
            continue;
        bool looked = false;
        enum scf_detail fault = payer_fault(k->c, &accounts, f, &looked);
        if (!scf_uuid_is_nil(designated) && !scf_uuid_is_nil(&f->payee_account)) {
            looked = true;
            if (fault == SCF_DETAIL_NONE && !scf_uuid_eq(designated, &f->payee_account))
                fault = SCF_DETAIL_OTHER_PAYEE_ACCOUNT;
        }
        if (fault != SCF_DETAIL_NONE)
            scf_check_fail(k, NULL, &f->record_id, NULL, fault, SCF_NO_FIGURES);
        else if (looked)
            scf_check_pass(k);
    }
}

/* ---- the tax authority ---- */

/* One way only: of an enterprise's trade the installation may see a part, so that less invoiced
 * than declared says nothing, but more than that was never sold, or never declared. Parties to the
 * contract read the finding: it tells the proportion and not what the seller earns. */
void scf_check_declared_revenue(struct scf_checking *k) {
    const struct scf_revenue *r = &k->c->revenue;
    int64_t percent;
    char text[SCF_MONEY_TEXT];
    if (!r->known)
        return;
    if ((__int128)r->invoiced * SCF_PPM <=
        (__int128)r->declared * (SCF_PPM + k->rule->tolerance_ppm)) {
        if (!r->own_word)
            scf_check_pass(k);
        return;
    }
    if (r->declared == 0 || !scf_mul_div_floor(r->invoiced, 10000, r->declared, &percent)) {
        scf_check_fail(k, NULL, &r->record_id, NULL, SCF_DETAIL_NO_REVENUE,
                       SCF_FIGURES(scf_check_count(k, r->months)));
        return;
    }
    scf_money_format(percent, 2, text);
    scf_check_fail(k, NULL, &r->record_id, NULL, SCF_DETAIL_DECLARED_REVENUE,
                   SCF_FIGURES(scf_check_text(k, text), scf_check_count(k, r->months)));
}

/* Without its answer, or a red letter, nothing was checked. */
void scf_check_invoice_cancelled(struct scf_checking *k) {
    for (size_t i = 0; i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (b->v.cancelled)
            scf_check_fail(k, b, &b->v.invoice_id, NULL, SCF_DETAIL_CANCELLED,
                           SCF_FIGURES(scf_check_money(k, b->v.amount)));
        else if (b->tax_state_known || b->v.reduced > 0)
            scf_check_pass(k);
    }
}
