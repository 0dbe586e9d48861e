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
            scf_check_fail(k, b, &b->v.invoice_id, NULL, "An invoice is in %s, the contract in %s.",
                           b->v.currency, t->currency);
            continue;
        }
        sum = scf_money_add(sum, b->v.amount - b->v.reduced);
        if (sum <= allowed)
            scf_check_pass(k);
        else
            scf_check_fail(k, b, &b->v.invoice_id, NULL,
                           "The invoices add up to %s, the contract allows %s.",
                           scf_check_money(k, sum), scf_check_money(k, allowed));
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
        scf_check_fail(k, b, &f->record_id, NULL, "Line %zu: tax %s on %s at a rate of %s.", i + 1,
                       scf_check_money(k, l->tax), scf_check_money(k, l->amount), rate);
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

static const char *payer_fault(const struct scf_case *c, const struct scf_table *accounts,
                               const struct scf_fact *f, bool *looked) {
    if (!scf_uuid_is_nil(&f->payer_id)) {
        *looked = true;
        if (!scf_uuid_eq(&f->payer_id, &c->contract->buyer_id))
            return "The payer is not the debtor.";
    }
    if (scf_uuid_is_nil(&f->payer_account) || accounts->n == 0)
        return NULL;
    *looked = true;
    return scf_table_find(accounts, &f->payer_account) == NULL
               ? "It was paid from another account than the debtor's."
               : NULL;
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
        const char *fault = payer_fault(k->c, &accounts, f, &looked);
        if (!scf_uuid_is_nil(designated) && !scf_uuid_is_nil(&f->payee_account)) {
            looked = true;
            if (fault == NULL && !scf_uuid_eq(designated, &f->payee_account))
                fault = "It was paid into another account than the designated one.";
        }
        if (fault != NULL)
            scf_check_fail(k, NULL, &f->record_id, NULL, "%s", fault);
        else if (looked)
            scf_check_pass(k);
    }
}

/* ---- the tax authority ---- */

/* Without its answer, or a red letter, nothing was checked. */
void scf_check_invoice_cancelled(struct scf_checking *k) {
    for (size_t i = 0; i < k->c->bill_count; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (b->v.cancelled)
            scf_check_fail(k, b, &b->v.invoice_id, NULL,
                           "An invoice of %s was cancelled: void, red, or not found.",
                           scf_check_money(k, b->v.amount));
        else if (b->tax_state_known || b->v.reduced > 0)
            scf_check_pass(k);
    }
}
