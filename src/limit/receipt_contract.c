/* A contract in a receipt, in both directions: its record, account, guarantees, and what its papers
 * say together. Pure. */
#include "receipt_impl.h"
#include "reader.h"
#include "scfd/base/clock.h"

enum { MAX_CONTRACTS = 100 }; /* of one assessment: their sums are computed in 128 bits */

static const char *const outcome_names[] = {"not_applicable", "passed", "failed", NULL};

/* ---- writing ---- */

static void write_guarantees(struct scf_jsonw *w, const struct scf_limit_contract *k) {
    scf_jw_array(w, "guarantees");
    for (size_t i = 0; i < k->guarantee_count; i++) {
        const struct scf_limit_guarantee *g = &k->guarantees[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "gua", &g->record_id);
        scf_jw_hex(w, "sha256", g->body_sha256.b, SCF_HASH_LEN);
        scf_jw_str(w, "status", g->status);
        scf_jw_str(w, "currency", g->currency);
        scf_jw_money(w, "amount", g->amount, scf_scale_of(g->currency));
        scf_jw_bool(w, "obligor_is_borrower", g->obligor_is_borrower);
        scf_jw_bool(w, "unconfirmed", g->unconfirmed);
        scf_receipt_day(w, "effective_from", g->has_from, g->from_day);
        scf_jw_date(w, "expires_on", g->expires_day);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_ids(struct scf_jsonw *w, const char *key, const struct scf_uuid *ids, size_t n) {
    scf_jw_array(w, key);
    for (size_t i = 0; i < n; i++)
        scf_jw_id(w, NULL, "rec", &ids[i]);
    scf_jw_end_array(w);
}

static void write_milestones(struct scf_jsonw *w, const struct scf_trade_view *t) {
    scf_jw_array(w, "milestones");
    for (size_t i = 0; i < t->milestone_count; i++) {
        const struct scf_milestone *m = &t->milestones[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", m->code != NULL ? m->code : "");
        scf_jw_ppm(w, "weight", m->weight_ppm);
        scf_jw_ppm(w, "share", m->share_ppm);
        write_ids(w, "evidence", m->evidence, m->evidence_count);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* The name of the text and its figures; empty where nothing failed. */
static void write_detail(struct scf_jsonw *w, const struct scf_finding *f) {
    scf_jw_array(w, "detail");
    if (f->detail != SCF_DETAIL_NONE)
        scf_jw_str(w, NULL, scf_detail_slug(f->detail));
    for (size_t i = 0; i < scf_detail_figures(f->detail); i++)
        scf_jw_str(w, NULL, f->figures[i]);
    scf_jw_end_array(w);
}

static void write_findings(struct scf_jsonw *w, const struct scf_trade_view *t) {
    scf_jw_array(w, "findings");
    for (size_t i = 0; i < t->finding_count; i++) {
        const struct scf_finding *f = &t->findings[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", scf_check_codes[f->rule->check]);
        scf_jw_str(w, "outcome", outcome_names[f->outcome]);
        scf_jw_i64(w, "cases", f->cases);
        scf_jw_i64(w, "failures", f->failures);
        write_detail(w, f);
        write_ids(w, "records", f->records, f->record_count);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_standing(struct scf_jsonw *w, const struct scf_receivable_standing *s) {
    if (s == NULL || !s->exists) {
        scf_jw_null(w, "receivable");
        return;
    }
    scf_jw_object(w, "receivable");
    scf_jw_id(w, "id", "rcv", &s->id);
    scf_jw_str(w, "state", scf_receivable_state_names[s->state]);
    scf_jw_bool(w, "confirmed", s->confirmed);
    scf_jw_bool(w, "registered_by_other", s->registered_by_other);
    scf_jw_end_object(w);
}

static void write_invoice(struct scf_jsonw *w, const struct scf_trade_invoice *v,
                          const struct scf_receivable_standing *s) {
    int scale = scf_scale_of(v->currency);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "id", "inv", &v->invoice_id);
    scf_jw_id(w, "key", "key", &v->invoice_key);
    scf_jw_id(w, "debtor_id", "ent", &v->debtor_id);
    scf_jw_hex(w, "sha256", v->body_sha256.b, SCF_HASH_LEN);
    scf_jw_str(w, "currency", v->currency);
    scf_jw_money(w, "amount", v->amount, scale);
    scf_jw_money(w, "reduced", v->reduced, scale);
    scf_jw_money(w, "disputed", v->disputed, scale);
    scf_jw_money(w, "paid", v->paid, scale);
    scf_jw_date(w, "issued_on", v->issued_day);
    scf_receipt_day(w, "due_on", v->has_due, v->due_day);
    scf_jw_bool(w, "delivered", v->delivered);
    scf_jw_bool(w, "cancelled", v->cancelled);
    scf_jw_bool(w, "financed_elsewhere", v->financed_elsewhere);
    scf_jw_bool(w, "hard_failed", v->hard_failed);
    write_standing(w, s);
    scf_jw_end_object(w);
}

static void write_trade(struct scf_jsonw *w, const struct scf_limit_contract *k, int scale) {
    const struct scf_trade_view *t = &k->trade;
    scf_jw_object(w, "trade");
    scf_jw_str(w, "stage", scf_stage_names[t->stage]);
    scf_jw_ppm(w, "completion", t->completion_ppm);
    write_milestones(w, t);
    write_findings(w, t);
    scf_jw_array(w, "invoices");
    for (size_t i = 0; i < t->invoice_count; i++)
        write_invoice(w, &t->invoices[i], k->standings != NULL ? &k->standings[i] : NULL);
    scf_jw_end_array(w);
    scf_jw_money(w, "sales_12m", t->sales_12m, scale);
    scf_jw_money(w, "dilution_12m", t->dilution_12m, scale);
    scf_jw_money(w, "invoiced", t->invoiced, scale);
    scf_jw_i64(w, "events", t->events);
    scf_receipt_time(w, "first_event_at", t->events > 0, t->first_event_us);
    scf_jw_i64(w, "facts", t->facts);
    scf_jw_array(w, "chains");
    for (size_t i = 0; i < t->chain_count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "chain", &t->chains[i].chain_id);
        scf_jw_i64(w, "folded_size", t->chains[i].folded_size);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void write_account(struct scf_jsonw *w, const struct scf_limit_contract *k, int scale) {
    scf_jw_object(w, "account");
    scf_jw_money(w, "initial_limit", k->initial_limit, scale);
    scf_jw_money(w, "increments", k->increments, scale);
    scf_jw_money(w, "held", k->held, scale);
    scf_jw_money(w, "used", k->used, scale);
    scf_jw_bool(w, "frozen", k->frozen);
    scf_jw_ppm(w, "best_credibility", k->best_credibility_ppm);
    scf_jw_end_object(w);
}

void scf_receipt_write_contract(struct scf_jsonw *w, const struct scf_limit_contract *k) {
    int scale = scf_scale_of(k->currency);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "id", "ctr", &k->record_id);
    scf_jw_hex(w, "sha256", k->body_sha256.b, SCF_HASH_LEN);
    scf_jw_str(w, "status", k->status);
    scf_jw_str(w, "currency", k->currency);
    scf_jw_money(w, "amount", k->amount, scale);
    scf_jw_money(w, "prepaid", k->prepaid, scale);
    scf_jw_money(w, "retention", k->retention, scale);
    scf_jw_money(w, "financed", k->financed, scale);
    scf_jw_id(w, "buyer_id", "ent", &k->buyer_id);
    scf_jw_bool(w, "seller_is_borrower", k->seller_is_borrower);
    scf_jw_bool(w, "duplicate", k->duplicate);
    scf_jw_bool(w, "assignment_prohibited", k->assignment_prohibited);
    scf_jw_bool(w, "consignment", k->consignment);
    scf_jw_bool(w, "paid_by_bill", k->paid_by_bill);
    scf_receipt_time(w, "signed_at", k->has_signed, k->signed_us);
    write_guarantees(w, k);
    write_account(w, k, scale);
    write_trade(w, k, scale);
    scf_jw_end_object(w);
}

/* ---- reading ---- */

static void read_guarantees(struct scf_reader *r, const cJSON *o, struct scf_limit_contract *k) {
    const cJSON *e;
    struct scf_limit_guarantee *g =
        scf_rd_list(r, o, "guarantees", sizeof *g, &k->guarantee_count, &e);
    k->guarantees = g;
    scf_rd_enter(r, "guarantees", 0);
    for (size_t i = 0; e != NULL; e = e->next, g++, i++) {
        scf_rd_enter(r, NULL, i);
        g->record_id = scf_rd_id(r, e, "id", "gua");
        g->body_sha256 = scf_rd_hex(r, e, "sha256");
        g->status = scf_rd_text(r, e, "status");
        scf_rd_currency(r, e, g->currency);
        g->amount = scf_rd_money(r, e, "amount", scf_scale_of(g->currency));
        g->obligor_is_borrower = scf_rd_bool(r, e, "obligor_is_borrower");
        g->unconfirmed = scf_rd_bool(r, e, "unconfirmed");
        g->has_from = scf_rd_has(r, e, "effective_from");
        g->from_day = g->has_from ? scf_rd_day(r, e, "effective_from") : 0;
        g->expires_day = scf_rd_day(r, e, "expires_on");
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static struct scf_uuid *read_ids(struct scf_reader *r, const cJSON *o, const char *name,
                                 size_t *ret_n) {
    const cJSON *e;
    struct scf_uuid *ids = scf_rd_list(r, o, name, sizeof *ids, ret_n, &e);
    scf_rd_enter(r, name, 0);
    for (size_t i = 0; e != NULL; e = e->next, i++) {
        scf_rd_enter(r, NULL, i);
        ids[i] = scf_rd_id_item(r, e, "rec");
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
    return ids;
}

static void read_milestones(struct scf_reader *r, const cJSON *o, struct scf_trade_view *t) {
    const cJSON *e;
    struct scf_milestone *m = scf_rd_list(r, o, "milestones", sizeof *m, &t->milestone_count, &e);
    t->milestones = m;
    scf_rd_enter(r, "milestones", 0);
    for (size_t i = 0; e != NULL; e = e->next, m++, i++) {
        scf_rd_enter(r, NULL, i);
        m->code = scf_rd_text(r, e, "code");
        m->weight_ppm = scf_rd_ratio(r, e, "weight");
        m->share_ppm = scf_rd_ratio(r, e, "share");
        m->evidence = read_ids(r, e, "evidence", &m->evidence_count);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_detail(struct scf_reader *r, const cJSON *o, struct scf_finding *f) {
    const cJSON *array = scf_json_get(o, "detail");
    scf_rd_complain(r, scf_detail_read(array, &f->detail, f->figures), "detail");
}

static void read_findings(struct scf_reader *r, const cJSON *o, const struct scf_policy *policy,
                          struct scf_trade_view *t) {
    const cJSON *e;
    struct scf_finding *f = scf_rd_list(r, o, "findings", sizeof *f, &t->finding_count, &e);
    t->findings = f;
    scf_rd_complain(r, t->finding_count <= SCF_CHECKS, "findings");
    scf_rd_enter(r, "findings", 0);
    for (size_t i = 0; e != NULL; e = e->next, f++, i++) {
        scf_rd_enter(r, NULL, i);
        f->rule =
            scf_policy_check(policy, (enum scf_check)scf_rd_choice(r, e, "code", scf_check_codes));
        scf_rd_complain(r, f->rule != NULL, "code");
        f->outcome = (enum scf_outcome_of_check)scf_rd_choice(r, e, "outcome", outcome_names);
        f->cases = scf_rd_integer(r, e, "cases");
        f->failures = scf_rd_integer(r, e, "failures");
        read_detail(r, e, f);
        const struct scf_uuid *ids = read_ids(r, e, "records", &f->record_count);
        scf_rd_complain(r, f->record_count <= SCF_FINDING_RECORDS, "records");
        if (f->record_count > 0 && f->record_count <= SCF_FINDING_RECORDS)
            memcpy(f->records, ids, f->record_count * sizeof *ids);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_standing(struct scf_reader *r, const cJSON *invoice,
                          struct scf_receivable_standing *s) {
    if (!scf_rd_has(r, invoice, "receivable"))
        return;
    const cJSON *o = scf_json_get(invoice, "receivable");
    scf_rd_enter(r, "receivable", 0);
    s->exists = true;
    s->id = scf_rd_id(r, o, "id", "rcv");
    s->state = (enum scf_receivable_state)scf_rd_choice(r, o, "state", scf_receivable_state_names);
    s->confirmed = scf_rd_bool(r, o, "confirmed");
    s->registered_by_other = scf_rd_bool(r, o, "registered_by_other");
    scf_rd_leave(r);
}

static void read_invoice(struct scf_reader *r, const cJSON *o, struct scf_trade_invoice *v) {
    scf_rd_currency(r, o, v->currency);
    int scale = scf_scale_of(v->currency);
    v->invoice_id = scf_rd_id(r, o, "id", "inv");
    v->invoice_key = scf_rd_id(r, o, "key", "key");
    v->debtor_id = scf_rd_id(r, o, "debtor_id", "ent");
    v->body_sha256 = scf_rd_hex(r, o, "sha256");
    v->amount = scf_rd_money(r, o, "amount", scale);
    v->reduced = scf_rd_money(r, o, "reduced", scale);
    v->disputed = scf_rd_money(r, o, "disputed", scale);
    v->paid = scf_rd_money(r, o, "paid", scale);
    v->issued_day = scf_rd_day(r, o, "issued_on");
    v->has_due = scf_rd_has(r, o, "due_on");
    v->due_day = v->has_due ? scf_rd_day(r, o, "due_on") : 0;
    v->delivered = scf_rd_bool(r, o, "delivered");
    v->cancelled = scf_rd_bool(r, o, "cancelled");
    v->financed_elsewhere = scf_rd_bool(r, o, "financed_elsewhere");
    v->hard_failed = scf_rd_bool(r, o, "hard_failed");
}

static void read_invoices(struct scf_reader *r, const cJSON *o, struct scf_limit_contract *k) {
    const cJSON *e;
    struct scf_trade_invoice *v =
        scf_rd_list(r, o, "invoices", sizeof *v, &k->trade.invoice_count, &e);
    struct scf_receivable_standing *s = scf_alloc(r->arena, k->trade.invoice_count, sizeof *s);
    k->trade.invoices = v;
    k->standings = s;
    scf_rd_complain(r, s != NULL, "invoices");
    scf_rd_enter(r, "invoices", 0);
    for (size_t i = 0; s != NULL && e != NULL; e = e->next, i++) {
        scf_rd_enter(r, NULL, i);
        read_invoice(r, e, &v[i]);
        read_standing(r, e, &s[i]);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_trade_chains(struct scf_reader *r, const cJSON *o, struct scf_trade_view *t) {
    const cJSON *e;
    struct scf_trade_chain *c = scf_rd_list(r, o, "chains", sizeof *c, &t->chain_count, &e);
    t->chains = c;
    scf_rd_enter(r, "chains", 0);
    for (size_t i = 0; e != NULL; e = e->next, c++, i++) {
        scf_rd_enter(r, NULL, i);
        c->chain_id = scf_rd_id(r, e, "id", "chain");
        c->folded_size = scf_rd_integer(r, e, "folded_size");
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_trade(struct scf_reader *r, const cJSON *contract, const struct scf_policy *policy,
                       struct scf_limit_contract *k, int scale) {
    const cJSON *o = scf_json_get(contract, "trade");
    struct scf_trade_view *t = &k->trade;
    scf_rd_complain(r, cJSON_IsObject(o), "trade");
    scf_rd_enter(r, "trade", 0);
    t->stage = (enum scf_stage)scf_rd_choice(r, o, "stage", scf_stage_names);
    t->completion_ppm = scf_rd_ratio(r, o, "completion");
    read_milestones(r, o, t);
    read_findings(r, o, policy, t);
    read_invoices(r, o, k);
    t->sales_12m = scf_rd_money(r, o, "sales_12m", scale);
    t->dilution_12m = scf_rd_money(r, o, "dilution_12m", scale);
    t->invoiced = scf_rd_money_any(r, o, "invoiced", scale);
    t->events = scf_rd_integer(r, o, "events");
    if (scf_rd_has(r, o, "first_event_at"))
        t->first_event_us = scf_rd_time(r, o, "first_event_at");
    t->facts = scf_rd_integer(r, o, "facts");
    read_trade_chains(r, o, t);
    scf_rd_leave(r);
}

static void read_account(struct scf_reader *r, const cJSON *contract, struct scf_limit_contract *k,
                         int scale) {
    const cJSON *o = scf_json_get(contract, "account");
    scf_rd_complain(r, cJSON_IsObject(o), "account");
    scf_rd_enter(r, "account", 0);
    k->initial_limit = scf_rd_money(r, o, "initial_limit", scale);
    k->increments = scf_rd_money(r, o, "increments", scale);
    k->held = scf_rd_money(r, o, "held", scale);
    k->used = scf_rd_money(r, o, "used", scale);
    k->frozen = scf_rd_bool(r, o, "frozen");
    k->best_credibility_ppm = scf_rd_ratio(r, o, "best_credibility");
    scf_rd_leave(r);
}

static void read_contract(struct scf_reader *r, const cJSON *o, const struct scf_policy *policy,
                          struct scf_limit_contract *k) {
    k->record_id = scf_rd_id(r, o, "id", "ctr");
    k->body_sha256 = scf_rd_hex(r, o, "sha256");
    k->status = scf_rd_text(r, o, "status");
    scf_rd_currency(r, o, k->currency);
    int scale = scf_scale_of(k->currency);
    k->amount = scf_rd_money(r, o, "amount", scale);
    k->prepaid = scf_rd_money(r, o, "prepaid", scale);
    k->retention = scf_rd_money(r, o, "retention", scale);
    k->financed = scf_rd_money(r, o, "financed", scale);
    k->buyer_id = scf_rd_id(r, o, "buyer_id", "ent");
    k->seller_is_borrower = scf_rd_bool(r, o, "seller_is_borrower");
    k->duplicate = scf_rd_bool(r, o, "duplicate");
    k->assignment_prohibited = scf_rd_bool(r, o, "assignment_prohibited");
    k->consignment = scf_rd_bool(r, o, "consignment");
    k->paid_by_bill = scf_rd_bool(r, o, "paid_by_bill");
    k->has_signed = scf_rd_has(r, o, "signed_at");
    k->signed_us = k->has_signed ? scf_rd_time(r, o, "signed_at") : 0;
    read_guarantees(r, o, k);
    read_account(r, o, k, scale);
    read_trade(r, o, policy, k, scale);
}

void scf_receipt_read_contracts(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_contract *k =
        scf_rd_list(r, o, "contracts", sizeof *k, &in->contract_count, &e);
    in->contracts = k;
    scf_rd_complain(r, in->contract_count <= MAX_CONTRACTS, "contracts");
    scf_rd_enter(r, "contracts", 0);
    for (size_t i = 0; e != NULL; e = e->next, k++, i++) {
        scf_rd_enter(r, NULL, i);
        read_contract(r, e, &in->policy, k);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}
