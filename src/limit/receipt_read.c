/* Reading the inputs of a receipt back; what a contract says is in receipt_contract.c. Pure.
 * Every member must be there, null where it says nothing, so that none can be left out unseen. */
#include "receipt_impl.h"
#include "reader.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* Counts are below 2^53: this many of them add up in 64 bits. */
enum { MAX_SUMS = 1000 };

static void read_template(struct scf_reader *r, const cJSON *inputs, struct scf_limit_inputs *in) {
    const cJSON *o = scf_json_get(inputs, "template"), *e;
    struct scf_grading *g = &in->grading;
    size_t n = 0;
    scf_rd_complain(r, cJSON_IsObject(o), "template");
    scf_rd_enter(r, "template", 0);
    in->template_id = scf_rd_id(r, o, "id", "tpl");
    in->template_code = scf_rd_text(r, o, "code");
    in->template_revision = scf_rd_integer(r, o, "revision");
    scf_rd_ratios(r, o, "normativity", g->normativity_ppm, 3);
    scf_rd_ratios(r, o, "accuracy", g->accuracy_ppm, 3);
    scf_rd_ratios(r, o, "rating_weights", g->rating_ppm, 3);
    scf_rd_ratios(r, o, "scores", g->score_ppm, 4);
    g->delay_workflow_ppm = scf_rd_ratio(r, o, "delay_workflow_weight");
    g->accuracy_range_ppm = scf_rd_ratio(r, o, "accuracy_range_weight");
    (void)scf_rd_list(r, o, "timeliness_us", 1, &n, &e);
    scf_rd_complain(r, n == 3, "timeliness_us");
    scf_rd_enter(r, "timeliness_us", 0);
    for (size_t i = 0; i < 3 && e != NULL; i++, e = e->next) {
        bool sound = cJSON_IsNumber(e) && e->valuedouble >= 0 && e->valuedouble <= 9e15 &&
                     (double)(int64_t)e->valuedouble == e->valuedouble;
        scf_rd_enter(r, NULL, i);
        scf_rd_complain(r, sound, NULL);
        scf_rd_leave(r);
        g->timeliness_us[i] = sound ? (int64_t)e->valuedouble : 0;
    }
    scf_rd_leave(r);
    scf_rd_leave(r);
}

static void read_chains(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_chain *c = scf_rd_list(r, o, "chains", sizeof *c, &in->chain_count, &e);
    in->chains = c;
    scf_rd_enter(r, "chains", 0);
    for (size_t i = 0; e != NULL; e = e->next, c++, i++) {
        scf_rd_enter(r, NULL, i);
        c->chain_id = scf_rd_id(r, e, "id", "chain");
        c->folded_size = scf_rd_integer(r, e, "folded_size");
        c->sealed_size = scf_rd_integer(r, e, "sealed_size");
        c->sealed_root = scf_rd_base64(r, e, "sealed_root");
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static enum scf_record_kind record_kind(struct scf_reader *r, const cJSON *o) {
    const char *name = scf_rd_text(r, o, "kind");
    for (int k = 0; k < SCF_REC_KINDS; k++)
        if (strcmp(scf_record_kind_name((enum scf_record_kind)k), name) == 0)
            return (enum scf_record_kind)k;
    scf_rd_complain(r, false, "kind");
    return SCF_REC_ENTERPRISE;
}

static void read_sums(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_rating_sums *s = scf_rd_list(r, o, "sums", sizeof *s, &in->sum_count, &e);
    in->sums = s;
    scf_rd_complain(r, in->sum_count <= MAX_SUMS, "sums");
    scf_rd_enter(r, "sums", 0);
    for (size_t i = 0; e != NULL; e = e->next, s++, i++) {
        scf_rd_enter(r, NULL, i);
        *s = (struct scf_rating_sums){
            .chain_id = scf_rd_id(r, e, "chain_id", "chain"),
            .template_id = (int32_t)scf_rd_integer(r, e, "template"),
            .kind = record_kind(r, e),
            .records = scf_rd_integer(r, e, "records"),
            .weight_expected = scf_rd_integer(r, e, "weight_expected"),
            .weight_present = scf_rd_integer(r, e, "weight_present"),
            .delay_count = scf_rd_integer(r, e, "delay_count"),
            .delay_s = scf_rd_integer(r, e, "delay_s"),
            .delay_us = scf_rd_integer(r, e, "delay_us"),
            .range_ok = scf_rd_integer(r, e, "range_ok"),
            .fluctuation_applicable = scf_rd_integer(r, e, "fluctuation_applicable"),
            .fluctuation_ok = scf_rd_integer(r, e, "fluctuation_ok"),
            .checks_applicable = scf_rd_integer(r, e, "checks_applicable"),
            .checks_passed = scf_rd_integer(r, e, "checks_passed"),
        };
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_qualifications(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_qualification *q =
        scf_rd_list(r, o, "qualifications", sizeof *q, &in->qualification_count, &e);
    in->qualifications = q;
    scf_rd_enter(r, "qualifications", 0);
    for (size_t i = 0; e != NULL; e = e->next, q++, i++) {
        scf_rd_enter(r, NULL, i);
        q->type = scf_rd_text(r, e, "type");
        q->grade = scf_rd_text(r, e, "grade");
        q->issued_day = scf_rd_day(r, e, "issued_on");
        q->has_until = scf_rd_has(r, e, "valid_until");
        q->until_day = q->has_until ? scf_rd_day(r, e, "valid_until") : 0;
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_debtors(struct scf_reader *r, const cJSON *o, int scale,
                         struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_debtor *d = scf_rd_list(r, o, "debtors", sizeof *d, &in->debtor_count, &e);
    in->debtors = d;
    scf_rd_enter(r, "debtors", 0);
    for (size_t i = 0; e != NULL; e = e->next, d++, i++) {
        scf_rd_enter(r, NULL, i);
        d->enterprise_id = scf_rd_id(r, e, "enterprise_id", "ent");
        d->core = scf_rd_bool(r, e, "core");
        d->affiliated = scf_rd_bool(r, e, "affiliated");
        d->contra = scf_rd_money(r, e, "contra", scale);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

static void read_need(struct scf_reader *r, const cJSON *inputs, int scale,
                      struct scf_limit_need *need) {
    if (!scf_rd_has(r, inputs, "need"))
        return;
    const cJSON *o = scf_json_get(inputs, "need");
    const int64_t ten = 10 * (int64_t)SCF_PPM;
    scf_rd_enter(r, "need", 0);
    *need = (struct scf_limit_need){
        .known = true,
        .record_id = scf_rd_id(r, o, "record_id", "epr"),
        .body_sha256 = scf_rd_hex(r, o, "sha256"),
        .revenue = scf_rd_money(r, o, "revenue", scale),
        .cost_of_sales = scf_rd_money(r, o, "cost_of_sales", scale),
        .margin_ppm = scf_rd_ratio_within(r, o, "margin", -(int64_t)SCF_PPM, SCF_PPM),
        .growth_ppm = scf_rd_ratio_within(r, o, "growth", -(int64_t)SCF_PPM, ten),
        .inventory = scf_rd_money(r, o, "inventory", scale),
        .receivables = scf_rd_money(r, o, "receivables", scale),
        .payables = scf_rd_money(r, o, "payables", scale),
        .prepayments = scf_rd_money(r, o, "prepayments", scale),
        .advances_received = scf_rd_money(r, o, "advances_received", scale),
        .own_funds = scf_rd_money(r, o, "own_funds", scale),
        .working_capital_loans = scf_rd_money(r, o, "working_capital_loans", scale),
        .other_funds = scf_rd_money(r, o, "other_funds", scale),
        .granted_elsewhere = scf_rd_money(r, o, "granted_elsewhere", scale),
    };
    scf_rd_leave(r);
}

static void read_head(struct scf_reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    in->assessment_id = scf_rd_id(r, o, "assessment_id", "asm");
    in->borrower_id = scf_rd_id(r, o, "borrower_id", "ent");
    in->kind = (enum scf_assessment_kind)scf_rd_choice(r, o, "kind", scf_assessment_kind_names);
    in->product = (enum scf_product)scf_rd_choice(r, o, "product", scf_product_names);
    in->period = scf_rd_text(r, o, "period");
    in->as_of_us = scf_rd_time(r, o, "as_of");
    in->from_day = scf_rd_day(r, o, "window_from");
    in->to_day = scf_rd_day(r, o, "window_to");
    scf_rd_currency(r, o, in->currency);
    in->has_requested = scf_rd_has(r, o, "requested_amount");
    if (in->has_requested)
        in->requested = scf_rd_money(r, o, "requested_amount", scf_scale_of(in->currency));
    in->operating = scf_rd_bool(r, o, "operating");
    in->history_periods = scf_rd_integer(r, o, "history_periods");
}

static void read_policy(struct scf_reader *r, const cJSON *inputs, struct scf_policy *ret) {
    const cJSON *o = scf_json_get(inputs, "policy");
    struct scf_error ignored = {0};
    scf_rd_complain(r, cJSON_IsObject(o), "policy");
    scf_rd_enter(r, "policy", 0);
    const char *code = scf_rd_text(r, o, "code"), *version = scf_rd_text(r, o, "version");
    const char *params = scf_rd_text(r, o, "params");
    if (!r->failed) {
        bool sound =
            scf_policy_parse(r->arena, code, version, scf_str(params), ret, &ignored) == SCF_OK;
        scf_rd_complain(r, sound, "params");
    }
    scf_rd_leave(r);
}

enum scf_code scf_receipt_read(struct scf_arena *arena, const cJSON *receipt,
                               struct scf_limit_inputs *ret, struct scf_error *err) {
    struct scf_reader *r = scf_alloc(arena, 1, sizeof *r);
    struct scf_limit_inputs in = {0};
    const cJSON *o = scf_json_get(receipt, "inputs");
    if (r == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the receipt");
    r->arena = arena;
    scf_rd_complain(r, cJSON_IsObject(o), "inputs");
    scf_rd_enter(r, "inputs", 0);
    read_head(r, o, &in);
    read_policy(r, o, &in.policy);
    read_template(r, o, &in);
    read_chains(r, o, &in);
    read_sums(r, o, &in);
    read_qualifications(r, o, &in);
    int scale = scf_scale_of(in.currency);
    read_debtors(r, o, scale, &in);
    read_need(r, o, scale, &in.need);
    if (!r->failed) /* contracts point to the policy's rules */
        scf_receipt_read_contracts(r, o, &in);
    if (r->failed)
        return scf_fail(err, SCF_E_VALIDATION_FAILED, "%s is missing or wrong", r->bad);
    *ret = in;
    return SCF_OK;
}
