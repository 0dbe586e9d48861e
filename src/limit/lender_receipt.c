/* A lender's receipt: the receipt that all share, and the lender's own part with its own digest and
 * checks. Pure. */
#include "receipt_impl.h"
#include "reader.h"
#include "scfd/base/money.h"

static void optional_money(struct scf_jsonw *w, const char *key, bool has, int64_t value,
                           int scale) {
    if (has)
        scf_jw_money(w, key, value, scale);
    else
        scf_jw_null(w, key);
}

static void write_debtors(struct scf_jsonw *w, const struct scf_lender_inputs *l, int scale) {
    scf_jw_array(w, "debtors");
    for (size_t i = 0; i < l->debtor_count; i++) {
        const struct scf_lender_debtor *d = &l->debtors[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "enterprise_id", "ent", &d->enterprise_id);
        scf_jw_bool(w, "affiliated", d->affiliated);
        optional_money(w, "line", d->has_line, d->line, scale);
        scf_jw_money(w, "confirmed_financed", d->confirmed_financed, scale);
        scf_jw_money(w, "direct_loans", d->direct_loans, scale);
        scf_jw_money(w, "financed_here", d->here, scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_terms(struct scf_jsonw *w, const struct scf_lender_inputs *l, int scale) {
    if (!l->known) {
        scf_jw_null(w, "terms");
        return;
    }
    scf_jw_object(w, "terms");
    scf_jw_id(w, "id", "ltm", &l->record_id);
    scf_jw_hex(w, "sha256", l->body_sha256.b, SCF_HASH_LEN);
    scf_jw_str(w, "kind", scf_lender_kind_names[l->kind]);
    optional_money(w, "capital", l->has_capital, l->capital, scale);
    optional_money(w, "tier1_capital", l->has_tier1, l->tier1_capital, scale);
    optional_money(w, "net_assets", l->has_net_assets, l->net_assets, scale);
    optional_money(w, "risk_assets", l->has_risk_assets, l->risk_assets, scale);
    optional_money(w, "single_borrower_cap", l->has_cap, l->single_borrower_cap, scale);
    scf_jw_money(w, "guarantees", l->guarantees, scale);
    scf_jw_money(w, "affiliates", l->affiliates, scale);
    scf_jw_money(w, "loans", l->loans, scale);
    scf_jw_money(w, "exposure", l->exposure, scale);
    scf_jw_money(w, "group_exposure", l->group_exposure, scale);
    scf_jw_money(w, "lent_here", l->here, scale);
    write_debtors(w, l, scale);
    scf_jw_end_object(w);
}

void scf_lender_part_write(struct scf_str receipt, const struct scf_limit_inputs *in,
                           const struct scf_lender_inputs *lender,
                           const struct scf_lender_result *result, const char *checks,
                           struct scf_buf *out) {
    struct scf_buf inputs;
    scf_buf_init(&inputs, out->max);
    struct scf_jsonw iw = scf_jsonw(&inputs), w = scf_jsonw(out);
    struct scf_hash digest = scf_sha256(receipt.p, receipt.n);
    int scale = scf_scale_of(in->currency);
    scf_jw_object(&iw, NULL);
    scf_jw_hex(&iw, "receipt_sha256", digest.b, SCF_HASH_LEN);
    scf_jw_id(&iw, "lender_id", "node", &lender->lender_id);
    write_terms(&iw, lender, scale);
    scf_jw_end_object(&iw);
    scf_jw_object(&w, NULL);
    if (!inputs.overflow)
        scf_receipt_seal(&w, &inputs, "/lender/inputs", checks);
    scf_jw_object(&w, "result");
    scf_jw_money(&w, "lender_limit", result->limit, scale);
    scf_steps_write(&w, "lender_steps", result->steps, SCF_COUNT(result->steps), scale);
    scf_jw_end_object(&w);
    scf_jw_end_object(&w);
    out->overflow |= inputs.overflow;
    scf_buf_free(&inputs);
}

void scf_lender_receipt_join(struct scf_str receipt, struct scf_str part, struct scf_buf *out) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "lender_receipt");
    scf_jw_str(&w, "format", SCF_LENDER_RECEIPT_FORMAT);
    scf_jw_raw(&w, "receipt", receipt.p, receipt.n);
    scf_jw_raw(&w, "lender", part.p, part.n);
    scf_jw_end_object(&w);
}

void scf_lender_receipt_write_with(struct scf_str receipt, const struct scf_limit_inputs *in,
                                   const struct scf_lender_inputs *lender,
                                   const struct scf_lender_result *result, const char *checks,
                                   struct scf_buf *out) {
    struct scf_buf part;
    scf_buf_init(&part, out->max);
    scf_lender_part_write(receipt, in, lender, result, checks, &part);
    scf_lender_receipt_join(receipt, (struct scf_str){part.data, part.len}, out);
    out->overflow |= part.overflow;
    scf_buf_free(&part);
}

void scf_lender_receipt_write(struct scf_str receipt, const struct scf_limit_inputs *in,
                              const struct scf_lender_inputs *lender,
                              const struct scf_lender_result *result, struct scf_buf *out) {
    scf_lender_receipt_write_with(receipt, in, lender, result, NULL, out);
}

/* ---- reading ---- */

static int64_t read_optional(struct scf_reader *r, const cJSON *o, const char *name, int scale,
                             bool *has) {
    *has = scf_rd_has(r, o, name);
    return *has ? scf_rd_money(r, o, name, scale) : 0;
}

static void read_debtors(struct scf_reader *r, const cJSON *o, int scale,
                         struct scf_lender_inputs *l) {
    const cJSON *e;
    struct scf_lender_debtor *d = scf_rd_list(r, o, "debtors", sizeof *d, &l->debtor_count, &e);
    l->debtors = d;
    scf_rd_enter(r, "debtors", 0);
    for (size_t i = 0; e != NULL; e = e->next, d++, i++) {
        scf_rd_enter(r, NULL, i);
        d->enterprise_id = scf_rd_id(r, e, "enterprise_id", "ent");
        d->affiliated = scf_rd_bool(r, e, "affiliated");
        d->line = read_optional(r, e, "line", scale, &d->has_line);
        d->confirmed_financed = scf_rd_money(r, e, "confirmed_financed", scale);
        d->direct_loans = scf_rd_money(r, e, "direct_loans", scale);
        d->here = scf_rd_money(r, e, "financed_here", scale);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_terms(struct scf_reader *r, const cJSON *inputs, int scale,
                       struct scf_lender_inputs *l) {
    l->known = scf_rd_has(r, inputs, "terms");
    if (!l->known)
        return;
    const cJSON *o = scf_json_get(inputs, "terms");
    scf_rd_enter(r, "terms", 0);
    l->record_id = scf_rd_id(r, o, "id", "ltm");
    l->body_sha256 = scf_rd_hex(r, o, "sha256");
    l->kind = (enum scf_lender_kind)scf_rd_choice(r, o, "kind", scf_lender_kind_names);
    l->capital = read_optional(r, o, "capital", scale, &l->has_capital);
    l->tier1_capital = read_optional(r, o, "tier1_capital", scale, &l->has_tier1);
    l->net_assets = read_optional(r, o, "net_assets", scale, &l->has_net_assets);
    l->risk_assets = read_optional(r, o, "risk_assets", scale, &l->has_risk_assets);
    l->single_borrower_cap = read_optional(r, o, "single_borrower_cap", scale, &l->has_cap);
    l->guarantees = scf_rd_money(r, o, "guarantees", scale);
    l->affiliates = scf_rd_money(r, o, "affiliates", scale);
    l->loans = scf_rd_money(r, o, "loans", scale);
    l->exposure = scf_rd_money(r, o, "exposure", scale);
    l->group_exposure = scf_rd_money(r, o, "group_exposure", scale);
    l->here = scf_rd_money(r, o, "lent_here", scale);
    read_debtors(r, o, scale, l);
    scf_rd_leave(r);
}

enum scf_code scf_lender_part_read(struct scf_arena *arena, const cJSON *document, int scale,
                                   struct scf_lender_inputs *ret, struct scf_error *err) {
    struct scf_reader *r = scf_alloc(arena, 1, sizeof *r);
    struct scf_lender_inputs l = {0};
    if (r == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the receipt");
    r->arena = arena;
    const cJSON *o = scf_json_get(scf_json_get(document, "lender"), "inputs");
    scf_rd_enter(r, "lender", 0);
    scf_rd_enter(r, "inputs", 0);
    l.lender_id = scf_rd_id(r, o, "lender_id", "node");
    read_terms(r, o, scale, &l);
    if (r->failed)
        return scf_fail(err, SCF_E_VALIDATION_FAILED, "%s is missing or wrong", r->bad);
    *ret = l;
    return SCF_OK;
}
