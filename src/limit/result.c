/* The result of a limit as JSON, for the assessment and its receipt alike. Pure. */
#include "scfd/limit/receipt.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

int scf_scale_of(const char *currency) {
    int scale = scf_currency_scale(scf_str(currency));
    return scale >= 0 ? scale : 2;
}

static const char *grade_text(enum scf_grade grade) {
    static const char *const texts[] = {"A", "B", "C", "D"};
    return texts[grade];
}

static void write_hours(struct scf_jsonw *w, const char *key, bool present, int64_t us) {
    if (present)
        scf_jw_ppm(w, key, us / (SCF_US_PER_HOUR / SCF_PPM));
    else
        scf_jw_null(w, key);
}

static void write_ratings(struct scf_jsonw *w, const struct scf_ratings *r) {
    scf_jw_object(w, "ratings");
    scf_jw_object(w, "normativity");
    scf_jw_ppm(w, "score", r->normativity_ppm);
    scf_jw_str(w, "grade", grade_text(r->normativity));
    scf_jw_ppm(w, "field_completeness", r->normativity_ppm);
    scf_jw_end_object(w);
    scf_jw_object(w, "timeliness");
    scf_jw_ppm(w, "score", r->timeliness_ppm);
    scf_jw_str(w, "grade", grade_text(r->timeliness));
    write_hours(w, "workflow_delay_h", r->has_workflow, r->workflow_us);
    write_hours(w, "invoice_delay_h", r->has_invoice, r->invoice_us);
    write_hours(w, "weighted_delay_h", r->has_workflow || r->has_invoice, r->delay_us);
    scf_jw_end_object(w);
    scf_jw_object(w, "accuracy");
    scf_jw_ppm(w, "score", r->accuracy_ppm);
    scf_jw_str(w, "grade", grade_text(r->accuracy));
    scf_jw_ppm(w, "in_range_ratio", r->in_range_ppm);
    if (r->has_compared)
        scf_jw_ppm(w, "within_fluctuation_ratio", r->within_ppm);
    else
        scf_jw_null(w, "within_fluctuation_ratio");
    scf_jw_end_object(w);
    scf_jw_str(w, "overall", grade_text(r->overall));
    scf_jw_end_object(w);
}

static void write_amount(struct scf_jsonw *w, const char *key, const struct scf_factor *f,
                         int64_t value, int scale) {
    if (f->unit == SCF_FACTOR_MONEY)
        scf_jw_money(w, key, value, scale);
    else
        scf_jw_ppm(w, key, value);
}

static void write_factors(struct scf_jsonw *w, const struct scf_limit_result *r, int scale) {
    scf_jw_array(w, "factors");
    for (size_t i = 0; i < r->factor_count; i++) {
        const struct scf_factor *f = &r->factors[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "name", f->name);
        scf_jw_str(w, "unit", f->unit == SCF_FACTOR_MONEY ? "money" : "ratio");
        write_amount(w, "value", f, f->value, scale);
        if (f->has_weight)
            scf_jw_ppm(w, "weight", f->weight_ppm);
        else
            scf_jw_null(w, "weight");
        write_amount(w, "contribution", f, f->contribution, scale);
        scf_jw_str(w, "reason", scf_reason_slug(f->reason));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static const char *const step_names[] = {"model",  "borrowing_base", "need",  "requested",
                                         "debtor", "regulatory",     "lender"};

static void write_optional(struct scf_jsonw *w, const char *key, bool has, int64_t value,
                           int scale) {
    if (has)
        scf_jw_money(w, key, value, scale);
    else
        scf_jw_null(w, key);
}

/* CR-1.1: of each step what was reported, what was computed, and what counts. */
void scf_steps_write(struct scf_jsonw *w, const char *key, const struct scf_limit_step *steps,
                     size_t n, int scale) {
    scf_jw_array(w, key);
    for (size_t i = 0; i < n; i++) {
        const struct scf_limit_step *s = &steps[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "step", step_names[s->kind]);
        scf_jw_bool(w, "applies", s->applies);
        scf_jw_bool(w, "binding", s->binding);
        scf_jw_str(w, "rule", s->rule);
        bool lowers = s->binding && s->kind != SCF_STEP_MODEL;
        scf_jw_str(w, "reason", lowers ? scf_reason_slug(scf_step_reason(s->kind)) : NULL);
        write_optional(w, "reported", s->has_reported, s->reported, scale);
        write_optional(w, "recomputed", s->applies, s->recomputed, scale);
        write_optional(w, "adjusted", s->applies, s->adjusted, scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* ---- the borrowing base ---- */

static void write_base_lines(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                             const struct scf_borrowing_base *b, int scale) {
    scf_jw_array(w, "receivables");
    for (size_t i = 0; i < b->line_count; i++) {
        const struct scf_base_line *l = &b->lines[i];
        const struct scf_trade_invoice *v = &in->contracts[l->contract].trade.invoices[l->invoice];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "invoice_id", "inv", &v->invoice_id);
        scf_jw_money(w, "balance", l->balance, scale);
        scf_jw_money(w, "eligible", l->eligible, scale);
        scf_jw_str(w, "reason", l->code != SCF_ELIGIBLE ? scf_ineligibility_codes[l->code] : NULL);
        scf_jw_bool(w, "confirmed", l->confirmed);
        scf_jw_str(w, "warning", l->warn_assignment ? "NASSIGN" : NULL);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_base_debtors(struct scf_jsonw *w, const struct scf_borrowing_base *b, int scale) {
    scf_jw_array(w, "debtors");
    for (size_t i = 0; i < b->debtor_count; i++) {
        const struct scf_base_debtor *d = &b->debtors[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "enterprise_id", "ent", &d->enterprise_id);
        scf_jw_bool(w, "core", d->core);
        scf_jw_money(w, "balance", d->balance, scale);
        scf_jw_money(w, "aged", d->aged, scale);
        scf_jw_money(w, "gross_eligible", d->gross, scale);
        scf_jw_money(w, "set_off", d->contra, scale);
        scf_jw_money(w, "concentration_excess", d->excess, scale);
        scf_jw_money(w, "net_eligible", d->net, scale);
        scf_jw_money(w, "base", d->base, scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_base(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                       const struct scf_limit_result *r, int scale) {
    const struct scf_borrowing_base *b = &r->base;
    if (in->product != SCF_PRODUCT_RECEIVABLE) {
        scf_jw_null(w, "borrowing_base");
        return;
    }
    scf_jw_object(w, "borrowing_base");
    scf_jw_money(w, "balance", b->balance, scale);
    scf_jw_money(w, "gross_eligible", b->gross, scale);
    scf_jw_money(w, "net_eligible", b->net, scale);
    scf_jw_ppm(w, "dilution", b->dilution_ppm);
    scf_jw_ppm(w, "advance_rate", b->advance_ppm);
    scf_jw_money(w, "base", b->base, scale);
    write_base_debtors(w, b, scale);
    write_base_lines(w, in, b, scale);
    scf_jw_end_object(w);
}

/* ---- contracts ---- */

static void write_parts(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                        const struct scf_limit_result *r, int scale) {
    scf_jw_array(w, "contracts");
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_part *part = &r->parts[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "contract_id", "ctr", &in->contracts[i].record_id);
        scf_jw_money(w, "net_amount", part->net, scale);
        scf_jw_money(w, "base", part->base, scale);
        scf_jw_money(w, "guarantees_valid", part->guarantees_valid, scale);
        scf_jw_money(w, "guarantee", part->guarantee, scale);
        scf_jw_ppm(w, "rate", part->rate_ppm);
        scf_jw_money(w, "limit", part->limit, scale);
        if (in->kind != SCF_KIND_INITIAL) {
            scf_jw_str(w, "stage", scf_stage_names[in->contracts[i].trade.stage]);
            scf_jw_ppm(w, "completion", in->contracts[i].trade.completion_ppm);
            scf_jw_money(w, "target", part->target, scale);
            scf_jw_money(w, "increment", part->increment, scale);
            scf_jw_money(w, "take_back", part->take_back, scale);
            scf_jw_bool(w, "frozen", part->frozen);
        }
        scf_jw_str(w, "reason", scf_reason_slug(part->reason));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* A reason's contribution is that of the factor it belongs to; null for one that has none. */
static void write_contribution(struct scf_jsonw *w, const struct scf_limit_result *r,
                               enum scf_reason reason, int scale) {
    for (size_t i = 0; i < r->factor_count; i++) {
        if (r->factors[i].reason == reason) {
            write_amount(w, "contribution", &r->factors[i], r->factors[i].contribution, scale);
            return;
        }
    }
    scf_jw_null(w, "contribution");
}

static void write_reasons(struct scf_jsonw *w, const struct scf_limit_result *r, int scale) {
    scf_jw_array(w, "reasons");
    for (size_t i = 0; i < r->reason_count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", scf_reason_slug(r->reasons[i]));
        scf_jw_str(w, "direction", scf_reason_direction(r->reasons[i]));
        write_contribution(w, r, r->reasons[i], scale);
        scf_jw_str(w, "text_zh", scf_reason_text(r->reasons[i], true));
        scf_jw_str(w, "text_en", scf_reason_text(r->reasons[i], false));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

void scf_result_write(struct scf_jsonw *w, const struct scf_limit_inputs *in,
                      const struct scf_limit_result *r) {
    int scale = scf_scale_of(in->currency);
    write_ratings(w, &r->ratings);
    scf_jw_object(w, "authenticity");
    scf_jw_ppm(w, "score", r->checks_ppm);
    scf_jw_i64(w, "checks_applicable", r->checks_applicable);
    scf_jw_i64(w, "checks_passed", r->checks_passed);
    scf_jw_end_object(w);
    scf_jw_ppm(w, "truth_coefficient", r->truth_ppm);
    scf_jw_ppm(w, "execution_credibility", r->ratings.credibility_ppm);
    scf_jw_ppm(w, "qualification_score", r->qualification_ppm);
    scf_jw_ppm(w, "history_factor", r->history_ppm);
    scf_jw_money(w, "computed_limit", r->computed, scale);
    if (in->kind != SCF_KIND_INITIAL) {
        scf_jw_money(w, "previous_limit", r->previous, scale);
        scf_jw_money(w, "incremental_limit", r->increment, scale);
        scf_jw_money(w, "taken_back", r->take_back, scale);
    }
    scf_jw_money(w, "recommended_limit", r->limit, scale);
    scf_jw_money(w, "available_limit", r->available, scale);
    scf_jw_str(w, "currency", in->currency);
    scf_jw_date(w, "limit_expires_on", r->expires_day);
    scf_steps_write(w, "waterfall", r->steps, SCF_COUNT(r->steps), scale);
    write_base(w, in, r, scale);
    write_factors(w, r, scale);
    write_parts(w, in, r, scale);
    write_reasons(w, r, scale);
}

void scf_model_write(struct scf_jsonw *w, const char *key, const struct scf_policy *policy) {
    char version[128];
    snprintf(version, sizeof version, "%s/%s", policy->code, policy->version);
    scf_jw_object(w, key);
    scf_jw_str(w, "name", "scfd-initial");
    scf_jw_str(w, "version", version);
    scf_jw_hex(w, "sha256", policy->sha256.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

void scf_chains_write(struct scf_jsonw *w, const char *key, const struct scf_limit_inputs *in) {
    scf_jw_array(w, key);
    for (size_t i = 0; i < in->chain_count; i++) {
        const struct scf_limit_chain *c = &in->chains[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "chain", &c->chain_id);
        scf_jw_i64(w, "folded_size", c->folded_size);
        scf_jw_i64(w, "sealed_size", c->sealed_size);
        scf_jw_base64(w, "sealed_root", c->sealed_root.b, SCF_HASH_LEN);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}
