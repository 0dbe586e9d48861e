/* Definitions of templates: the field table that checks them and the rules across fields.
 * Relies on codec/schema for the checking and on template_parse.c for reading numbers. */
#include "parse.h"

#include "scfd/base/money.h"
#include "scfd/codec/body.h"

/* ---- the table ---- */

static bool all_of(struct scf_str text, const char *alphabet) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\0' || strchr(alphabet, text.p[i]) == NULL)
            return false;
    return true;
}

static bool is_code(struct scf_str text) {
    return text.n >= 2 && text.n <= 64 && all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* Segments of [A-Za-z0-9_] joined by single dots. */
static bool is_key(struct scf_str text) {
    char before = '.';
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' ? before == '.'
                             : !isalnum((unsigned char)text.p[i]) && text.p[i] != '_')
            return false;
        before = text.p[i];
    }
    return before != '.';
}

/* GB/T 4754: section letter, then two to four digits; "*" is every industry. */
static bool is_industry(struct scf_str text) {
    if (scf_str_is(text, "*"))
        return true;
    if (text.n == 0 || text.p[0] < 'A' || text.p[0] > 'T' || text.n == 2 || text.n > 5)
        return false;
    return all_of((struct scf_str){text.p + 1, text.n - 1}, "0123456789");
}

#define PPM_FIELD(field_name, en, zh)                                                              \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_DECIMAL, .presence = SCF_REQUIRED, .min = 0,           \
        .max = SCF_PPM, .places = 6, .doc_en = (en), .doc_zh = (zh)                                \
    }

static const struct scf_field choice_element[] = {{.type = SCF_T_STRING, .min = 1, .max = 128}};
static const struct scf_field field_members[] = {
    {.name = "key",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 64,
     .pattern = is_key,
     .pattern_text = "^[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*$",
     .doc_en = "member of `fields`, else dotted path in the body",
     .doc_zh = "字段名或路径"},
    {.name = "label_zh",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 100,
     .doc_en = "Chinese label",
     .doc_zh = "中文名称"},
    {.name = "label_en",
     .type = SCF_T_STRING,
     .min = 1,
     .max = 100,
     .doc_en = "English label",
     .doc_zh = "英文名称"},
    {.name = "type",
     .type = SCF_T_ENUM,
     .presence = SCF_REQUIRED,
     .choices = scf_template_type_names,
     .doc_en = "value type",
     .doc_zh = "取值类型"},
    {.name = "required",
     .type = SCF_T_BOOL,
     .presence = SCF_REQUIRED,
     .doc_en = "for people; completeness counts every field by its weight",
     .doc_zh = "是否必填（供人参考；完整度只按权重计）"},
    {.name = "weight",
     .type = SCF_T_DECIMAL,
     .min = 1,
     .max = 100 * (int64_t)SCF_PPM,
     .places = 6,
     .doc_en = "weight in completeness, default 1",
     .doc_zh = "完整度权重，默认 1"},
    {.name = "enum",
     .type = SCF_T_ARRAY,
     .min = 1,
     .max = 200,
     .members = choice_element,
     .doc_en = "valid values of an enum",
     .doc_zh = "枚举值"},
    {.name = "min",
     .type = SCF_T_DECIMAL,
     .places = 6,
     .doc_en = "lower bound of the valid range",
     .doc_zh = "有效范围下限"},
    {.name = "max",
     .type = SCF_T_DECIMAL,
     .places = 6,
     .doc_en = "upper bound of the valid range",
     .doc_zh = "有效范围上限"},
    {.name = "fluctuation_threshold",
     .type = SCF_T_DECIMAL,
     .min = 1,
     .max = 1000 * (int64_t)SCF_PPM,
     .places = 6,
     .doc_en = "largest relative deviation from the mean of the period before",
     .doc_zh = "波动阈值：相对上一期均值的最大偏差"},
    {.name = "unit", .type = SCF_T_STRING, .min = 1, .max = 32, .doc_en = "unit", .doc_zh = "单位"},
    {.name = "standard_ref",
     .type = SCF_T_STRING,
     .min = 1,
     .max = 100,
     .doc_en = "the standard the field comes from",
     .doc_zh = "来源标准"},
    SCF_FIELD_END};
static const struct scf_field field_element[] = {{.type = SCF_T_OBJECT, .members = field_members}};

static const struct scf_field step_members[] = {{.name = "step",
                                                 .type = SCF_T_STRING,
                                                 .presence = SCF_REQUIRED,
                                                 .min = 1,
                                                 .max = 64,
                                                 .doc_en = "workflow step",
                                                 .doc_zh = "业务步骤"},
                                                {.name = "order",
                                                 .type = SCF_T_INTEGER,
                                                 .presence = SCF_REQUIRED,
                                                 .min = 1,
                                                 .max = 1000,
                                                 .doc_en = "place in the usual order",
                                                 .doc_zh = "顺序"},
                                                {.name = "expected_within_hours",
                                                 .type = SCF_T_INTEGER,
                                                 .min = 1,
                                                 .max = 87600,
                                                 .doc_en = "usual time after the step before",
                                                 .doc_zh = "距上一步的通常时限（小时）"},
                                                {.name = "weight",
                                                 .type = SCF_T_DECIMAL,
                                                 .min = 1,
                                                 .max = SCF_PPM,
                                                 .places = 6,
                                                 .doc_en = "share of the work that the step "
                                                           "completes: a milestone of contracts "
                                                           "without their own; together at most 1",
                                                 .doc_zh =
                                                     "该步骤完成的工作比例，作为无自有节点合同"
                                                     "的履约节点；合计不超过1"},
                                                SCF_FIELD_END};
static const struct scf_field step_element[] = {{.type = SCF_T_OBJECT, .members = step_members}};

static const struct scf_field periods_members[] = {{.name = "accounting",
                                                    .type = SCF_T_ENUM,
                                                    .presence = SCF_REQUIRED,
                                                    .choices = scf_template_period_names,
                                                    .doc_en = "accounting period",
                                                    .doc_zh = "统计周期"},
                                                   SCF_FIELD_END};

static const struct scf_field ratio_element[] = {
    {.type = SCF_T_DECIMAL, .min = 0, .max = SCF_PPM, .places = 6}};
static const struct scf_field hours_element[] = {
    {.type = SCF_T_DECIMAL, .min = 0, .max = 87600 * (int64_t)SCF_PPM, .places = 6}};
static const struct scf_field delay_weight_members[] = {
    PPM_FIELD("workflow", "λ of CR-2.1", "业务时间差权重"),
    PPM_FIELD("invoice", "1 − λ", "票据时间差权重"), SCF_FIELD_END};
static const struct scf_field accuracy_weight_members[] = {
    PPM_FIELD("range", "μ of CR-2.1", "有效范围权重"),
    PPM_FIELD("fluctuation", "1 − μ", "波动权重"), SCF_FIELD_END};
static const struct scf_field rating_weight_members[] = {
    PPM_FIELD("normativity", "weight in credibility", "规范度权重"),
    PPM_FIELD("timeliness", "weight in credibility", "及时度权重"),
    PPM_FIELD("accuracy", "weight in credibility", "准确度权重"), SCF_FIELD_END};
const struct scf_field scf_grading_fields[] = {
    {.name = "normativity",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 3,
     .max = 3,
     .members = ratio_element,
     .doc_en = "completeness from which A, B, C are given, else D",
     .doc_zh = "规范度 A、B、C 的下限"},
    {.name = "timeliness_hours",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 3,
     .max = 3,
     .members = hours_element,
     .doc_en = "mean delay up to which A, B, C are given, else D",
     .doc_zh = "延迟度 A、B、C 的上限（小时）"},
    {.name = "accuracy",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 3,
     .max = 3,
     .members = ratio_element,
     .doc_en = "accuracy from which A, B, C are given, else D",
     .doc_zh = "准确度 A、B、C 的下限"},
    {.name = "scores",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 4,
     .max = 4,
     .members = ratio_element,
     .doc_en = "scores of A, B, C, D",
     .doc_zh = "A、B、C、D 的分值"},
    {.name = "delay_weights",
     .type = SCF_T_OBJECT,
     .presence = SCF_REQUIRED,
     .members = delay_weight_members,
     .doc_en = "sum 1",
     .doc_zh = "合计为 1"},
    {.name = "accuracy_weights",
     .type = SCF_T_OBJECT,
     .presence = SCF_REQUIRED,
     .members = accuracy_weight_members,
     .doc_en = "sum 1",
     .doc_zh = "合计为 1"},
    {.name = "rating_weights",
     .type = SCF_T_OBJECT,
     .presence = SCF_REQUIRED,
     .members = rating_weight_members,
     .doc_en = "sum 1",
     .doc_zh = "合计为 1"},
    SCF_FIELD_END};

static const struct scf_field template_fields[] = {
    {.name = "code",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 2,
     .max = 64,
     .pattern = is_code,
     .pattern_text = "^[a-z0-9_]{2,64}$",
     .doc_en = "the template's name; a new revision uses it again",
     .doc_zh = "模板代码"},
    {.name = "industry_code",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 5,
     .pattern = is_industry,
     .pattern_text = "^(\\*|[A-T]([0-9]{2,4})?)$",
     .doc_en = "GB/T 4754 code or its beginning; * is every industry",
     .doc_zh = "行业代码"},
    {.name = "applies_to",
     .type = SCF_T_ENUM,
     .presence = SCF_REQUIRED,
     .choices = scf_template_kind_names,
     .doc_en = "kind of record",
     .doc_zh = "适用数据类型"},
    {.name = "fields",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_TEMPLATE_MAX_FIELDS,
     .members = field_element,
     .doc_en = "the fields a record should carry",
     .doc_zh = "字段"},
    {.name = "steps",
     .type = SCF_T_ARRAY,
     .max = 50,
     .members = step_element,
     .doc_en = "the industry's usual steps",
     .doc_zh = "行业步骤"},
    {.name = "periods",
     .type = SCF_T_OBJECT,
     .presence = SCF_REQUIRED,
     .members = periods_members,
     .doc_en = "periods",
     .doc_zh = "周期"},
    {.name = "grading",
     .type = SCF_T_OBJECT,
     .members = scf_grading_fields,
     .doc_en = "rating scale A to D (docs/credit-model.md, Ratings); the default is the table "
               "there",
     .doc_zh = "A–D 评级区间（docs/credit-model.md，Ratings），默认取其表值"},
    {.name = "effective_from",
     .type = SCF_T_TIME,
     .presence = SCF_REQUIRED,
     .doc_en = "records received from then on are judged by it",
     .doc_zh = "生效时间"},
    SCF_FIELD_END};

/* ---- rules across fields ---- */

static void fault_at(struct scf_faults *faults, int i, const char *name, const char *detail) {
    char pointer[64];
    snprintf(pointer, sizeof pointer, "#/fields/%d/%s", i, name);
    scf_fault_add(faults, pointer, "inconsistent", "%s", detail);
}

static void check_field(const cJSON *f, int i, struct scf_faults *faults) {
    int type = scf_body_choice(f, "type", scf_template_type_names, 0);
    bool numeric = type == SCF_TT_DECIMAL || type == SCF_TT_INTEGER;
    const cJSON *min = scf_json_get(f, "min"), *max = scf_json_get(f, "max");
    if (!numeric && (min != NULL || max != NULL))
        fault_at(faults, i, min != NULL ? "min" : "max", "only numbers have a range");
    if (!numeric && scf_json_get(f, "fluctuation_threshold") != NULL)
        fault_at(faults, i, "fluctuation_threshold", "only numbers fluctuate");
    if (min != NULL && max != NULL && scf_template_ppm(min, 0) > scf_template_ppm(max, 0))
        fault_at(faults, i, "max", "must not be below min");
    if ((type == SCF_TT_ENUM) != (scf_json_get(f, "enum") != NULL))
        fault_at(faults, i, "enum", "belongs to the type enum, and only to it");
    for (const cJSON *other = f->prev; i > 0 && other != NULL && other->next != NULL;
         other = other->prev) {
        if (strcmp(scf_json_string(other, "key"), scf_json_string(f, "key")) == 0) {
            fault_at(faults, i, "key", "is used twice");
            break;
        }
    }
}

static void grading_fault(struct scf_faults *faults, const char *base, const char *name,
                          const char *detail) {
    char pointer[96];
    snprintf(pointer, sizeof pointer, "%s/%s", base, name);
    scf_fault_add(faults, pointer, "inconsistent", "%s", detail);
}

void scf_grading_rules(const cJSON *json, const char *base, struct scf_faults *faults) {
    static const char sum[] = "the weights must add up to 1";
    struct scf_grading g = scf_grading_read(json);
    for (int i = 1; i < 3; i++) {
        if (g.normativity_ppm[i] >= g.normativity_ppm[i - 1])
            grading_fault(faults, base, "normativity", "must descend");
        if (g.timeliness_us[i] <= g.timeliness_us[i - 1])
            grading_fault(faults, base, "timeliness_hours", "must ascend");
        if (g.accuracy_ppm[i] >= g.accuracy_ppm[i - 1])
            grading_fault(faults, base, "accuracy", "must descend");
    }
    const cJSON *delay = scf_json_get(json, "delay_weights");
    const cJSON *accuracy = scf_json_get(json, "accuracy_weights");
    if (g.delay_workflow_ppm + scf_template_ppm_member(delay, "invoice") != SCF_PPM)
        grading_fault(faults, base, "delay_weights", sum);
    if (g.accuracy_range_ppm + scf_template_ppm_member(accuracy, "fluctuation") != SCF_PPM)
        grading_fault(faults, base, "accuracy_weights", sum);
    if (g.rating_ppm[0] + g.rating_ppm[1] + g.rating_ppm[2] != SCF_PPM)
        grading_fault(faults, base, "rating_weights", sum);
}

static void check_steps(const cJSON *body, struct scf_faults *faults) {
    const cJSON *step;
    int64_t sum = 0;
    cJSON_ArrayForEach(step, scf_json_get(body, "steps")) {
        sum += scf_template_ppm_member(step, "weight");
    }
    if (sum > SCF_PPM)
        scf_fault_add(faults, "#/steps", "inconsistent", "the weights must add up to at most 1");
}

static void template_rules(const cJSON *body, struct scf_faults *faults,
                           struct scf_faults *warnings, const void *ctx) {
    (void)warnings;
    (void)ctx;
    int i = 0;
    for (const cJSON *f = scf_json_get(body, "fields")->child; f != NULL; f = f->next)
        check_field(f, i++, faults);
    check_steps(body, faults);
    const cJSON *grading = scf_json_get(body, "grading");
    if (grading != NULL)
        scf_grading_rules(grading, "#/grading", faults);
}

const struct scf_schema scf_template_schema = {
    .name = "IndustryTemplateCreate",
    .doc_en = "What the records of an industry should carry, and how they are rated",
    .doc_zh = "行业模板：字段、有效范围、波动阈值与评级区间",
    .fields = template_fields,
    .rules = template_rules,
};
