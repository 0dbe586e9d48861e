/* Parameters of the model: reading a policy's JSON text. Pure.
 * Relies on codec/schema; the rule behind each number is in docs/credit-model.md. */
#include "schema.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* ---- members that the table has checked ---- */

int64_t scf_policy_ratio(const cJSON *object, const char *name) {
    char text[SCF_MONEY_TEXT];
    int64_t ppm;
    bool sound = scf_json_decimal_text(scf_json_get(object, name), text, sizeof text) &&
                 scf_decimal_parse(scf_str(text), 6, &ppm);
    SCF_ASSERT(sound);
    return ppm;
}

int64_t scf_policy_integer(const cJSON *object, const char *name) {
    int64_t value;
    bool sound = scf_json_i64(object, name, &value);
    SCF_ASSERT(sound);
    return value;
}

static int choice(const cJSON *object, const char *name, const char *const *names) {
    int i = scf_name_index(names, scf_json_string(object, name));
    SCF_ASSERT(i >= 0);
    return i;
}

/* ---- the parts ---- */

static const char *const truth_names[] = {"normativity", "timeliness", "accuracy", "checks"};
static const char *const history_names[] = {"full", "short", "none"};

static void read_model(const cJSON *json, struct scf_policy *p) {
    const cJSON *truth = scf_json_get(json, "truth_weights");
    const cJSON *qualification = scf_json_get(json, "qualification");
    const cJSON *bonus = scf_json_get(qualification, "bonus");
    const cJSON *history = scf_json_get(json, "history");
    const cJSON *guarantee = scf_json_get(json, "guarantee");
    p->advance_ppm = scf_policy_ratio(json, "order_advance_rate");
    for (int i = 0; i < 4; i++)
        p->truth_ppm[i] = scf_policy_ratio(truth, truth_names[i]);
    p->lateness_us = scf_policy_integer(json, "lateness_horizon_hours") * SCF_US_PER_HOUR;
    p->qualification_base_ppm = scf_policy_ratio(qualification, "base");
    for (int i = 0; i < SCF_QUAL_TYPES; i++)
        if (scf_json_get(bonus, scf_qualification_names[i]) != NULL)
            p->qualification_bonus_ppm[i] = scf_policy_ratio(bonus, scf_qualification_names[i]);
    p->history_periods = scf_policy_integer(history, "full_periods");
    for (int i = 0; i < 3; i++)
        p->history_ppm[i] = scf_policy_ratio(history, history_names[i]);
    p->haircut_ppm = scf_policy_ratio(guarantee, "haircut");
    p->guarantee_cap_ppm = scf_policy_ratio(guarantee, "cap");
    p->valid_days = scf_policy_integer(json, "limit_valid_days");
    p->unit = scf_policy_integer(json, "limit_unit");
}

static void read_increment(const cJSON *json, struct scf_policy *p) {
    const cJSON *stages = scf_json_get(json, "stages"),
                *increment = scf_json_get(json, "increment");
    p->combination = (enum scf_combination)choice(json, "credibility", scf_combination_names);
    for (int i = 0; i < SCF_STAGES; i++)
        p->stage_ppm[i] = scf_policy_ratio(stages, scf_stage_names[i]);
    p->increment_period = (enum scf_period)choice(increment, "period", scf_period_names);
    p->increment_grace_hours = scf_policy_integer(increment, "grace_hours");
}

static void read_base(const cJSON *o, struct scf_borrowing_base_policy *b) {
    *b = (struct scf_borrowing_base_policy){
        .advance_ppm = scf_policy_ratio(o, "advance_rate"),
        .max_advance_ppm = scf_policy_ratio(o, "max_advance_rate"),
        .dilution_allowance_ppm = scf_policy_ratio(o, "dilution_allowance"),
        .concentration_ppm = scf_policy_ratio(o, "concentration"),
        .core_concentration_ppm = scf_policy_ratio(o, "core_concentration"),
        .invoice_age_days = scf_policy_integer(o, "invoice_age_days"),
        .past_due_days = scf_policy_integer(o, "past_due_days"),
        .cross_age_ppm = scf_policy_ratio(o, "cross_age"),
        .unconfirmed_advance_ppm = scf_policy_ratio(o, "unconfirmed_advance_rate"),
        .affiliates_allowed = scf_json_bool(o, "affiliates_allowed", false),
    };
}

static void read_regulatory(const cJSON *o, struct scf_regulatory_policy *r) {
    *r = (struct scf_regulatory_policy){
        .single_borrower_ppm = scf_policy_ratio(o, "single_borrower"),
        .single_exposure_ppm = scf_policy_ratio(o, "single_exposure"),
        .group_exposure_ppm = scf_policy_ratio(o, "group_exposure"),
        .factor_same_debtor_ppm = scf_policy_ratio(o, "factor_same_debtor"),
        .factor_affiliates_ppm = scf_policy_ratio(o, "factor_affiliates"),
        .factor_leverage = scf_policy_integer(o, "factor_leverage"),
        .guarantee_single_ppm = scf_policy_ratio(o, "guarantee_single"),
        .guarantee_group_ppm = scf_policy_ratio(o, "guarantee_group"),
        .guarantee_leverage = scf_policy_integer(o, "guarantee_leverage"),
    };
}

static void read_receivables(const cJSON *json, struct scf_policy *p) {
    const cJSON *o = scf_json_get(json, "receivables"), *holds = scf_json_get(json, "holds");
    p->confirmation_days = scf_policy_integer(o, "confirmation_days");
    p->registered_only = scf_json_bool(o, "registered_only", false);
    p->reverify_hours = scf_policy_integer(o, "reverify_hours");
    p->hold_hours = scf_policy_integer(holds, "default_hours");
    p->hold_max_hours = scf_policy_integer(holds, "max_hours");
}

static bool read_checks(const cJSON *json, struct scf_arena *arena, struct scf_policy *p) {
    const cJSON *list = scf_json_get(json, "checks"), *e;
    struct scf_check_rule *rules =
        scf_alloc(arena, (size_t)cJSON_GetArraySize(list), sizeof *rules);
    p->checks = rules;
    if (rules == NULL)
        return false;
    cJSON_ArrayForEach(e, list) {
        struct scf_check_rule *r = &rules[p->check_count];
        *r = (struct scf_check_rule){
            .check = (enum scf_check)choice(e, "code", scf_check_codes),
            .severity = (enum scf_severity)choice(e, "severity", scf_severity_names),
            .weight_ppm = scf_policy_ratio(e, "weight"),
            .tolerance_ppm =
                scf_json_get(e, "tolerance") != NULL ? scf_policy_ratio(e, "tolerance") : 0,
            .days = scf_json_get(e, "days") != NULL ? scf_policy_integer(e, "days") : 0,
        };
        p->check_count++;
    }
    return true;
}

static bool read_vouchers(const cJSON *json, struct scf_arena *arena, struct scf_policy *p) {
    const cJSON *list = scf_json_get(json, "vouchers"), *e;
    struct scf_voucher_rule *rules =
        scf_alloc(arena, (size_t)cJSON_GetArraySize(list), sizeof *rules);
    p->vouchers = rules;
    if (rules == NULL)
        return false;
    cJSON_ArrayForEach(e, list) {
        struct scf_voucher_rule *r = &rules[p->voucher_count];
        bool sound = scf_date_parse(scf_str(scf_json_string(e, "from")), &r->from_day);
        r->normal_days = scf_policy_integer(e, "normal_days");
        r->max_days = scf_policy_integer(e, "max_days");
        SCF_ASSERT(sound);
        p->voucher_count++;
    }
    return true;
}

const struct scf_check_rule *scf_policy_check(const struct scf_policy *p, enum scf_check check) {
    for (size_t i = 0; i < p->check_count; i++)
        if (p->checks[i].check == check)
            return &p->checks[i];
    return NULL;
}

static enum scf_code unsound(const struct scf_policy *p, const struct scf_faults *faults,
                             struct scf_error *err) {
    const struct scf_fault *first = faults->count > 0 ? &faults->items[0] : NULL;
    return scf_fail(err, SCF_E_INTERNAL, "The credit policy %s/%s is unsound: %s %s", p->code,
                    p->version, first != NULL ? first->pointer : "no JSON",
                    first != NULL ? first->detail : "");
}

enum scf_code scf_policy_parse(struct scf_arena *arena, const char *code, const char *version,
                               struct scf_str params, struct scf_policy *ret,
                               struct scf_error *err) {
    struct scf_policy p = {.code = scf_strdup(arena, code),
                           .version = scf_strdup(arena, version),
                           .params = scf_strndup(arena, params.p, params.n),
                           .sha256 = scf_sha256(params.p, params.n)};
    if (p.code == NULL || p.version == NULL || p.params == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the credit policy");
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    const struct scf_schema_options options = {0};
    const cJSON *json = scf_json_parse(arena, p.params, params.n, err);
    if (json == NULL || !scf_schema_check(&scf_policy_schema, json, &options, &faults, &warnings))
        return unsound(&p, &faults, err);
    read_model(json, &p);
    read_increment(json, &p);
    read_base(scf_json_get(json, "borrowing_base"), &p.base);
    read_regulatory(scf_json_get(json, "regulatory"), &p.regulatory);
    read_receivables(json, &p);
    if (!read_checks(json, arena, &p) || !read_vouchers(json, arena, &p))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the credit policy");
    *ret = p;
    return SCF_OK;
}
