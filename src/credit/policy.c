/* Parameters of the model: reading a policy's JSON text. Pure.
 * Relies on codec/schema; the rule behind each number is in docs/credit-model.md. */
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/credit/limit.h"

const char *const scf_qualification_names[] = {
    "business_license", "industry_permit", "safety_license",     "quality_system", "high_tech",
    "credit_rating",    "import_export",   "construction_grade", "other",          NULL};

#define RATIO(field_name)                                                                          \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_DECIMAL, .presence = SCF_REQUIRED, .max = SCF_PPM,     \
        .places = 6                                                                                \
    }
#define OBJECT(field_name, list)                                                                   \
    { .name = (field_name), .type = SCF_T_OBJECT, .presence = SCF_REQUIRED, .members = (list) }
#define INTEGER(field_name, from, to)                                                              \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_INTEGER, .presence = SCF_REQUIRED, .min = (from),      \
        .max = (to)                                                                                \
    }

static const struct scf_field truth_members[] = {RATIO("normativity"), RATIO("timeliness"),
                                                 RATIO("accuracy"), RATIO("checks"), SCF_FIELD_END};
static const struct scf_field bonus_members[] = {RATIO("industry_permit"), RATIO("safety_license"),
                                                 RATIO("quality_system"),  RATIO("high_tech"),
                                                 RATIO("credit_rating"),   SCF_FIELD_END};
static const struct scf_field qualification_members[] = {
    RATIO("base"), OBJECT("bonus", bonus_members), SCF_FIELD_END};
static const struct scf_field history_members[] = {INTEGER("full_periods", 1, 1000), RATIO("full"),
                                                   RATIO("short"), RATIO("none"), SCF_FIELD_END};
static const struct scf_field guarantee_members[] = {RATIO("haircut"), RATIO("cap"), SCF_FIELD_END};
static const struct scf_field policy_fields[] = {RATIO("order_advance_rate"),
                                                 OBJECT("truth_weights", truth_members),
                                                 INTEGER("lateness_horizon_hours", 1, 87600),
                                                 OBJECT("qualification", qualification_members),
                                                 OBJECT("history", history_members),
                                                 OBJECT("guarantee", guarantee_members),
                                                 INTEGER("limit_valid_days", 1, 3650),
                                                 SCF_FIELD_END};
static const struct scf_schema policy_schema = {.name = "CreditPolicy", .fields = policy_fields};

static int64_t ratio(const cJSON *object, const char *name) {
    char text[SCF_MONEY_TEXT];
    int64_t ppm;
    bool sound = scf_json_decimal_text(scf_json_get(object, name), text, sizeof text) &&
                 scf_decimal_parse(scf_str(text), 6, &ppm);
    SCF_ASSERT(sound); /* the schema has checked it */
    return ppm;
}

static int64_t integer(const cJSON *object, const char *name) {
    int64_t value;
    bool sound = scf_json_i64(object, name, &value);
    SCF_ASSERT(sound);
    return value;
}

static void read_params(const cJSON *json, struct scf_policy *p) {
    const cJSON *truth = scf_json_get(json, "truth_weights");
    const cJSON *qualification = scf_json_get(json, "qualification");
    const cJSON *bonus = scf_json_get(qualification, "bonus");
    const cJSON *history = scf_json_get(json, "history");
    const cJSON *guarantee = scf_json_get(json, "guarantee");
    p->advance_ppm = ratio(json, "order_advance_rate");
    for (int i = 0; truth_members[i].name != NULL; i++)
        p->truth_ppm[i] = ratio(truth, truth_members[i].name);
    p->lateness_us = integer(json, "lateness_horizon_hours") * SCF_US_PER_HOUR;
    p->qualification_base_ppm = ratio(qualification, "base");
    for (int i = 0; i < SCF_QUAL_TYPES; i++)
        if (scf_json_get(bonus, scf_qualification_names[i]) != NULL)
            p->qualification_bonus_ppm[i] = ratio(bonus, scf_qualification_names[i]);
    p->history_periods = integer(history, "full_periods");
    for (int i = 0; i < 3; i++)
        p->history_ppm[i] = ratio(history, history_members[i + 1].name);
    p->haircut_ppm = ratio(guarantee, "haircut");
    p->guarantee_cap_ppm = ratio(guarantee, "cap");
    p->valid_days = integer(json, "limit_valid_days");
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
    if (json == NULL || !scf_schema_check(&policy_schema, json, &options, &faults, &warnings)) {
        return scf_fail(err, SCF_E_INTERNAL, "The credit policy %s/%s is unsound: %s", code,
                        version, faults.count > 0 ? faults.items[0].pointer : "no JSON");
    }
    read_params(json, &p);
    if (p.truth_ppm[0] + p.truth_ppm[1] + p.truth_ppm[2] + p.truth_ppm[3] != SCF_PPM) {
        return scf_fail(err, SCF_E_INTERNAL, "The truth weights of %s/%s do not add up to 1", code,
                        version);
    }
    *ret = p;
    return SCF_OK;
}
