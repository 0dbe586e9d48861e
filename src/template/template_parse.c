/* Reading a checked definition of a template into struct scf_template. Pure.
 * Relies on scf_template_schema having found the definition sound. */
#include "parse.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/codec/body.h"

const struct scf_grading scf_default_grading = {
    .normativity_ppm = {950000, 850000, 700000},
    .timeliness_us = {24 * SCF_US_PER_HOUR, 72 * SCF_US_PER_HOUR, 168 * SCF_US_PER_HOUR},
    .accuracy_ppm = {970000, 900000, 800000},
    .delay_workflow_ppm = 500000,
    .accuracy_range_ppm = 600000,
    .rating_ppm = {300000, 300000, 400000},
    .score_ppm = {1000000, 850000, 600000, 0},
};

const char *const scf_template_kind_names[] = {"contract", "workflow_event", "invoice", "guarantee",
                                               NULL};
const char *const scf_template_type_names[] = {"string",   "decimal", "integer", "date",
                                               "datetime", "boolean", "enum",    NULL};
const char *const scf_template_period_names[] = {"day", "week", "month", "quarter", NULL};

/* A decimal in millionths; `fallback` when absent. The table has checked the shape. */
int64_t scf_template_ppm(const cJSON *item, int64_t fallback) {
    char text[SCF_MONEY_TEXT];
    int64_t units;
    if (item == NULL || !scf_json_decimal_text(item, text, sizeof text) ||
        !scf_decimal_parse(scf_str(text), 6, &units))
        return fallback;
    return units;
}

int64_t scf_template_ppm_member(const cJSON *object, const char *name) {
    return scf_template_ppm(scf_json_get(object, name), 0);
}

static void read_ppm_array(const cJSON *array, int64_t *out, int n) {
    const cJSON *e = array != NULL ? array->child : NULL;
    for (int i = 0; i < n && e != NULL; i++, e = e->next)
        out[i] = scf_template_ppm(e, 0);
}

struct scf_grading scf_grading_read(const cJSON *json) {
    if (json == NULL)
        return scf_default_grading;
    struct scf_grading g = {0};
    int64_t hours_ppm[3] = {0};
    read_ppm_array(scf_json_get(json, "normativity"), g.normativity_ppm, 3);
    read_ppm_array(scf_json_get(json, "accuracy"), g.accuracy_ppm, 3);
    read_ppm_array(scf_json_get(json, "scores"), g.score_ppm, 4);
    read_ppm_array(scf_json_get(json, "timeliness_hours"), hours_ppm, 3);
    for (int i = 0; i < 3; i++) /* an hour has 3600 million µs: a millionth of it is 3600 µs */
        g.timeliness_us[i] = hours_ppm[i] * (SCF_US_PER_HOUR / SCF_PPM);
    g.delay_workflow_ppm = scf_template_ppm_member(scf_json_get(json, "delay_weights"), "workflow");
    g.accuracy_range_ppm = scf_template_ppm_member(scf_json_get(json, "accuracy_weights"), "range");
    const cJSON *weights = scf_json_get(json, "rating_weights");
    g.rating_ppm[0] = scf_template_ppm_member(weights, "normativity");
    g.rating_ppm[1] = scf_template_ppm_member(weights, "timeliness");
    g.rating_ppm[2] = scf_template_ppm_member(weights, "accuracy");
    return g;
}

static const char *copy(struct scf_arena *arena, const char *text, bool *full) {
    const char *c = text != NULL ? scf_strdup(arena, text) : NULL;
    *full |= text != NULL && c == NULL;
    return c;
}

static const char *const *read_choices(struct scf_arena *arena, const cJSON *array, bool *full) {
    int n = array != NULL ? cJSON_GetArraySize(array) : 0;
    const char **choices = scf_alloc(arena, (size_t)n + 1, sizeof *choices);
    if (choices == NULL) {
        *full = true;
        return NULL;
    }
    const cJSON *e = n > 0 ? array->child : NULL;
    for (int i = 0; i < n; i++, e = e->next)
        choices[i] = copy(arena, e->valuestring, full);
    return choices;
}

static struct scf_template_field read_field(struct scf_arena *arena, const cJSON *json,
                                            bool *full) {
    const cJSON *min = scf_json_get(json, "min"), *max = scf_json_get(json, "max");
    return (struct scf_template_field){
        .key = copy(arena, scf_json_string(json, "key"), full),
        .label_zh = copy(arena, scf_json_string(json, "label_zh"), full),
        .label_en = copy(arena, scf_json_string(json, "label_en"), full),
        .unit = copy(arena, scf_json_string(json, "unit"), full),
        .type = (enum scf_template_type)scf_body_choice(json, "type", scf_template_type_names, 0),
        .weight_ppm = scf_template_ppm(scf_json_get(json, "weight"), SCF_PPM),
        .choices = read_choices(arena, scf_json_get(json, "enum"), full),
        .has_min = min != NULL,
        .has_max = max != NULL,
        .min = scf_template_ppm(min, 0),
        .max = scf_template_ppm(max, 0),
        .fluctuation_ppm = scf_template_ppm(scf_json_get(json, "fluctuation_threshold"), 0),
    };
}

static void read_milestones(struct scf_arena *arena, const cJSON *steps, struct scf_template *t,
                            bool *full) {
    size_t n = steps != NULL ? (size_t)cJSON_GetArraySize(steps) : 0;
    struct scf_template_milestone *list = scf_alloc(arena, n, sizeof *list);
    const cJSON *step;
    *full |= list == NULL;
    t->milestones = list;
    cJSON_ArrayForEach(step, steps) {
        int64_t weight = scf_template_ppm_member(step, "weight");
        if (list != NULL && weight > 0)
            list[t->milestone_count++] = (struct scf_template_milestone){
                copy(arena, scf_json_string(step, "step"), full), weight};
    }
}

struct scf_template *scf_template_read(struct scf_arena *arena, const cJSON *definition) {
    const cJSON *list = scf_json_get(definition, "fields");
    size_t n = (size_t)cJSON_GetArraySize(list);
    struct scf_template *t = scf_alloc(arena, 1, sizeof *t);
    struct scf_template_field *fields = scf_alloc(arena, n, sizeof *fields);
    bool full = t == NULL || fields == NULL;
    if (full)
        return NULL;
    const cJSON *e = list->child;
    for (size_t i = 0; i < n; i++, e = e->next) {
        fields[i] = read_field(arena, e, &full);
        t->watched_count += fields[i].fluctuation_ppm > 0;
    }
    t->code = copy(arena, scf_json_string(definition, "code"), &full);
    t->industry_code = copy(arena, scf_json_string(definition, "industry_code"), &full);
    t->applies_to = (enum scf_record_kind)(
        SCF_REC_CONTRACT + scf_body_choice(definition, "applies_to", scf_template_kind_names, 0));
    read_milestones(arena, scf_json_get(definition, "steps"), t, &full);
    t->fields = fields;
    t->field_count = n;
    t->period = (enum scf_period)scf_body_choice(scf_json_get(definition, "periods"), "accounting",
                                                 scf_template_period_names, 0);
    t->grading = scf_grading_read(scf_json_get(definition, "grading"));
    if (!scf_time_parse(scf_str(scf_json_string(definition, "effective_from")),
                        &t->effective_from_us))
        t->effective_from_us = 0;
    return full ? NULL : t;
}

enum scf_code scf_template_parse(struct scf_arena *arena, struct scf_str text,
                                 struct scf_faults *faults, struct scf_template **ret,
                                 struct scf_error *err) {
    cJSON *json = scf_json_parse(arena, text.p, text.n, err);
    if (json == NULL)
        return err != NULL ? err->code : SCF_E_MALFORMED_JSON;
    struct scf_faults own = {.arena = arena}, warnings = {.arena = arena};
    struct scf_faults *list = faults != NULL ? faults : &own;
    const struct scf_schema_options options = {0};
    if (!scf_schema_check(&scf_template_schema, json, &options, list, &warnings)) {
        scf_fail(err, SCF_E_VALIDATION_FAILED, "The template is invalid: %s %s",
                 list->count > 0 ? list->items[0].pointer : "",
                 list->count > 0 ? list->items[0].detail : "");
        if (err != NULL && faults != NULL)
            err->faults = faults;
        return SCF_E_VALIDATION_FAILED;
    }
    *ret = scf_template_read(arena, json);
    return *ret != NULL ? SCF_OK : scf_fail(err, SCF_E_BODY_TOO_LARGE, "The template is too large");
}
