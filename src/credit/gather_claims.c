/* What a limit rests on beside records and rollups: how the receivables of a contract stand, who
 * the debtors are, the borrower's last year. For one assessment and for batches of increments
 * alike. Relies on gather_claims_store.c and on the bodies as intake validated them. */
#include "gather_claims.h"
#include "scfd/limit/receipt.h"
#include "scfd/base/money.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
}

/* ---- receivables ---- */

int64_t scf_gather_financed(const struct scf_limit_contract *k) {
    int64_t sum = 0;
    for (size_t i = 0; i < k->trade.invoice_count; i++) {
        const struct scf_trade_invoice *v = &k->trade.invoices[i];
        if (v->financed_elsewhere && !v->cancelled && strcmp(v->currency, k->currency) == 0)
            sum =
                scf_add_money(sum, scf_at_least(v->amount - scf_add_money(v->reduced, v->paid), 0));
    }
    return sum;
}

enum scf_code scf_gather_standings(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_limit_contract *contracts, size_t n,
                                   struct scf_error *err) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += contracts[i].trade.invoice_count;
    if (count == 0)
        return SCF_OK;
    struct scf_uuid *keys = scf_alloc(arena, count, sizeof *keys);
    struct scf_receivable_standing *standings = scf_alloc(arena, count, sizeof *standings);
    if (keys == NULL || standings == NULL)
        return no_memory(err);
    count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < contracts[i].trade.invoice_count; j++)
            keys[count++] = contracts[i].trade.invoices[j].invoice_key;
    enum scf_code code = scf_receivable_standings(db, arena, keys, count, standings, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        contracts[i].standings = standings;
        standings += contracts[i].trade.invoice_count;
        contracts[i].financed = scf_gather_financed(&contracts[i]);
    }
    return code;
}

/* ---- the last year (CR-4) ---- */

static bool read_money(const cJSON *o, const char *name, int scale, int64_t *ret) {
    char text[SCF_MONEY_TEXT];
    const cJSON *item = scf_json_get(o, name);
    if (item == NULL)
        return true; /* it stays 0 */
    return scf_json_decimal_text(item, text, sizeof text) &&
           scf_money_parse(scf_str(text), scale, ret) && *ret >= 0;
}

static bool read_ratio(const cJSON *o, const char *name, int64_t *ret) {
    char text[SCF_MONEY_TEXT];
    const cJSON *item = scf_json_get(o, name);
    return item == NULL || (scf_json_decimal_text(item, text, sizeof text) &&
                            scf_decimal_parse(scf_str(text), 6, ret));
}

void scf_gather_need(const cJSON *profile, const char *currency, struct scf_limit_need *ret) {
    const cJSON *o = scf_json_get(profile, "financials");
    const char *own = scf_json_string(o, "currency");
    if (o == NULL || strcmp(own != NULL ? own : "CNY", currency) != 0)
        return;
    int scale = scf_scale_of(currency);
    struct scf_limit_need n = {.known = true};
    bool sound = read_money(o, "revenue", scale, &n.revenue) &&
                 read_money(o, "cost_of_sales", scale, &n.cost_of_sales) &&
                 read_ratio(o, "profit_margin", &n.margin_ppm) &&
                 read_ratio(o, "expected_growth", &n.growth_ppm) &&
                 read_money(o, "average_inventory", scale, &n.inventory) &&
                 read_money(o, "average_receivables", scale, &n.receivables) &&
                 read_money(o, "average_payables", scale, &n.payables) &&
                 read_money(o, "average_prepayments", scale, &n.prepayments) &&
                 read_money(o, "average_advances_received", scale, &n.advances_received) &&
                 read_money(o, "own_funds", scale, &n.own_funds) &&
                 read_money(o, "working_capital_loans", scale, &n.working_capital_loans) &&
                 read_money(o, "other_funds", scale, &n.other_funds);
    if (sound)
        *ret = n;
}

int64_t scf_granted_here(const struct scf_limit_inputs *in) {
    int64_t sum = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_contract_is_own(in, &in->contracts[i]))
            sum = scf_add_money(sum, scf_granted(in, &in->contracts[i]));
    return sum;
}

enum scf_code scf_gather_need_sources(struct scf_db *db, struct scf_arena *arena,
                                      struct scf_limit_inputs *inputs, size_t n,
                                      struct scf_error *err) {
    struct scf_need_source *sources = scf_alloc(arena, n, sizeof *sources);
    size_t *which = scf_alloc(arena, n, sizeof *which), count = 0;
    if (sources == NULL || which == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (!inputs[i].need.known)
            continue;
        sources[count] = (struct scf_need_source){.borrower_id = inputs[i].borrower_id,
                                                  .currency = inputs[i].currency};
        which[count++] = i;
    }
    if (count == 0)
        return SCF_OK;
    enum scf_code code = scf_need_sources_read(db, arena, sources, count, err);
    for (size_t i = 0; code == SCF_OK && i < count; i++) {
        struct scf_limit_inputs *in = &inputs[which[i]];
        in->need.record_id = sources[i].record_id;
        in->need.body_sha256 = sources[i].body_sha256;
        in->need.granted_elsewhere = scf_at_least(sources[i].granted - scf_granted_here(in), 0);
    }
    return code;
}

/* ---- debtors ---- */

static const cJSON *entry_of(const cJSON *list, const struct scf_uuid *enterprise_id) {
    const cJSON *e;
    struct scf_uuid id;
    cJSON_ArrayForEach(e, list) {
        const char *text = scf_json_string(e, "enterprise_id");
        if (text != NULL && scf_id_parse("ent", scf_str(text), &id) &&
            scf_uuid_eq(&id, enterprise_id))
            return e;
    }
    return NULL;
}

static void add_debtor(struct scf_limit_debtor *list, size_t *n, const struct scf_uuid *id) {
    for (size_t i = 0; i < *n; i++)
        if (scf_uuid_eq(&list[i].enterprise_id, id))
            return;
    if (!scf_uuid_is_nil(id))
        list[(*n)++] = (struct scf_limit_debtor){.enterprise_id = *id};
}

static size_t collect_debtors(const struct scf_limit_inputs *in, struct scf_limit_debtor *list) {
    size_t n = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        add_debtor(list, &n, &in->contracts[i].buyer_id);
    for (size_t i = 0; i < in->contract_count; i++)
        for (size_t j = 0; j < in->contracts[i].trade.invoice_count; j++)
            if (n < SCF_GATHER_MAX_DEBTORS)
                add_debtor(list, &n, &in->contracts[i].trade.invoices[j].debtor_id);
    return n;
}

/* No more than there can be. */
static size_t most_debtors(const struct scf_limit_inputs *in) {
    size_t invoices = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        invoices += in->contracts[i].trade.invoice_count;
    return in->contract_count +
           (invoices < SCF_GATHER_MAX_DEBTORS ? invoices : SCF_GATHER_MAX_DEBTORS);
}

/* What the borrower's profile says of its debtors. */
static void judge_debtors(const cJSON *profile, const struct scf_limit_inputs *in,
                          struct scf_limit_debtor *list, size_t n) {
    const cJSON *affiliates = scf_json_get(profile, "affiliates");
    const cJSON *set_offs = scf_json_get(profile, "set_offs");
    for (size_t i = 0; i < n; i++) {
        const cJSON *owed = entry_of(set_offs, &list[i].enterprise_id);
        const char *currency = scf_json_string(owed, "currency");
        list[i].affiliated = entry_of(affiliates, &list[i].enterprise_id) != NULL;
        /* what cannot be read, or is in another money, sets off everything */
        if (owed != NULL &&
            (strcmp(currency != NULL ? currency : "CNY", in->currency) != 0 ||
             !read_money(owed, "amount", scf_scale_of(in->currency), &list[i].contra)))
            list[i].contra = SCF_MONEY_MAX;
    }
}

enum scf_code scf_gather_debtors(struct scf_db *db, struct scf_arena *arena,
                                 const cJSON *const *profiles, struct scf_limit_inputs *inputs,
                                 size_t n, struct scf_error *err) {
    size_t most = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        most += most_debtors(&inputs[i]);
    struct scf_limit_debtor *list = scf_alloc(arena, most, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct scf_limit_debtor *own = &list[count];
        inputs[i].debtors = own;
        inputs[i].debtor_count = collect_debtors(&inputs[i], own);
        judge_debtors(profiles[i], &inputs[i], own, inputs[i].debtor_count);
        count += inputs[i].debtor_count;
    }
    return count > 0 ? scf_debtors_read_core(db, arena, list, count, err) : SCF_OK;
}
