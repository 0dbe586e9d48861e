/* A field table as an OpenAPI 3.1 schema object. What is written here is what the validator does;
 * `null`, which counts as absent, is not written down. */
#include "check.h"

#include "scfd/base/money.h"
#include "scfd/codec/jsonw.h"

/* Any currency's amount (api-rules R11); the finest currencies have four places. */
#define MONEY_PATTERN "^-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,4})?$"
#define USCC_PATTERN "^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"
#define ID_SUFFIX_PATTERN "_[0-7][0-9a-hjkmnp-tv-z]{25}$"

static void field_keywords(struct scf_jsonw *w, const struct scf_field *f);

static void one_type(struct scf_jsonw *w, const char *type, const char *format,
                     const char *pattern) {
    scf_jw_str(w, "type", type);
    if (format)
        scf_jw_str(w, "format", format);
    if (pattern)
        scf_jw_str(w, "pattern", pattern);
}

/* A decimal string; a JSON number is tolerated (api-rules R11). */
static void decimal_type(struct scf_jsonw *w, const char *pattern) {
    scf_jw_array(w, "type");
    scf_jw_str(w, NULL, "string");
    scf_jw_str(w, NULL, "number");
    scf_jw_end_array(w);
    scf_jw_str(w, "pattern", pattern);
}

static void decimal_places(struct scf_jsonw *w, int places) {
    char pattern[64];
    if (places > 0)
        snprintf(pattern, sizeof pattern, "^-?(0|[1-9][0-9]*)(\\.[0-9]{1,%d})?$", places);
    else
        snprintf(pattern, sizeof pattern, "^-?(0|[1-9][0-9]*)$");
    decimal_type(w, pattern);
}

static void id_type(struct scf_jsonw *w, const char *const *prefixes) {
    struct scf_buf pattern;
    scf_buf_init(&pattern, 4096);
    scf_buf_puts(&pattern, "^(");
    for (size_t i = 0; prefixes[i]; i++)
        scf_buf_printf(&pattern, "%s%s", i ? "|" : "", prefixes[i]);
    scf_buf_puts(&pattern, ")" ID_SUFFIX_PATTERN);
    one_type(w, "string", NULL, pattern.data);
    scf_buf_free(&pattern);
}

static void enum_type(struct scf_jsonw *w, const char *const *choices) {
    scf_jw_str(w, "type", "string");
    scf_jw_array(w, "enum");
    for (; *choices; choices++)
        scf_jw_str(w, NULL, *choices);
    scf_jw_end_array(w);
}

static void scalars_type(struct scf_jsonw *w) {
    scf_jw_str(w, "type", "object");
    scf_jw_object(w, "additionalProperties");
    scf_jw_array(w, "type");
    scf_jw_str(w, NULL, "string");
    scf_jw_str(w, NULL, "number");
    scf_jw_str(w, NULL, "boolean");
    scf_jw_str(w, NULL, "null");
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void bounds(struct scf_jsonw *w, const struct scf_field *f) {
    static const struct {
        const char *low, *high;
    } words[] = {
        [SCF_T_STRING] = {"minLength", "maxLength"},
        [SCF_T_INTEGER] = {"minimum", "maximum"},
        [SCF_T_ARRAY] = {"minItems", "maxItems"},
        [SCF_T_SCALARS] = {NULL, "maxProperties"},
    };
    const char *low = words[f->type].low, *high = words[f->type].high;
    bool low_matters = f->min > 0 || f->type == SCF_T_INTEGER; /* a length is never below 0 */
    if (low && low_matters && field_has_bounds(f))
        scf_jw_i64(w, low, f->min);
    if (high && field_has_bounds(f) && field_has_max(f))
        scf_jw_i64(w, high, f->max);
}

/* Bounds of decimals have no keyword, since the values are strings: they are told in words. */
static void description(struct scf_jsonw *w, const struct scf_field *f) {
    struct scf_buf text;
    scf_buf_init(&text, 4096);
    scf_buf_puts(&text, f->doc_en ? f->doc_en : "");
    if (f->pattern_text && f->pattern_text[0] != '^')
        scf_buf_printf(&text, "%s%s", text.len ? "; " : "", f->pattern_text);
    if (f->type == SCF_T_DECIMAL && field_has_bounds(f)) {
        char min[SCF_MONEY_TEXT], max[SCF_MONEY_TEXT];
        scf_decimal_format(f->min, f->places, min);
        scf_decimal_format(f->max, f->places, max);
        scf_buf_printf(&text, field_has_max(f) ? "%s%s to %s" : "%s%s or more",
                       text.len ? "; " : "", min, max);
    }
    if (text.len)
        scf_jw_strn(w, "description", text.data, text.len);
    if (f->doc_zh)
        scf_jw_str(w, "x-description-zh", f->doc_zh);
    scf_buf_free(&text);
}

static void required_names(struct scf_jsonw *w, const struct scf_field *fields) {
    bool any = false;
    for (const struct scf_field *f = fields; f->name; f++) {
        if (f->presence != SCF_REQUIRED)
            continue;
        if (!any)
            scf_jw_array(w, "required");
        any = true;
        scf_jw_str(w, NULL, f->name);
    }
    if (any)
        scf_jw_end_array(w);
}

static void object_type(struct scf_jsonw *w, const struct scf_field *fields) {
    scf_jw_str(w, "type", "object");
    required_names(w, fields);
    scf_jw_object(w, "properties");
    for (const struct scf_field *f = fields; f->name; f++) {
        scf_jw_object(w, f->name);
        field_keywords(w, f);
        scf_jw_end_object(w);
    }
    scf_jw_end_object(w);
    scf_jw_bool(w, "additionalProperties", false);
}

static void array_type(struct scf_jsonw *w, const struct scf_field *element) {
    scf_jw_str(w, "type", "array");
    scf_jw_object(w, "items");
    field_keywords(w, element);
    scf_jw_end_object(w);
}

static void type_keywords(struct scf_jsonw *w, const struct scf_field *f) {
    switch (f->type) {
    case SCF_T_STRING:
        one_type(w, "string", NULL,
                 f->pattern_text && f->pattern_text[0] == '^' ? f->pattern_text : NULL);
        break;
    case SCF_T_ENUM:
        enum_type(w, f->choices);
        break;
    case SCF_T_MONEY:
        decimal_type(w, MONEY_PATTERN);
        break;
    case SCF_T_DECIMAL:
        decimal_places(w, f->places);
        break;
    case SCF_T_INTEGER:
        one_type(w, "integer", NULL, NULL);
        break;
    case SCF_T_BOOL:
        one_type(w, "boolean", NULL, NULL);
        break;
    case SCF_T_DATE:
        one_type(w, "string", "date", NULL);
        break;
    case SCF_T_TIME:
        one_type(w, "string", "date-time", NULL);
        break;
    case SCF_T_CURRENCY:
        one_type(w, "string", NULL, "^[A-Z]{3}$");
        break;
    case SCF_T_COUNTRY:
        one_type(w, "string", NULL, "^[A-Z]{2}$");
        break;
    case SCF_T_ID:
        id_type(w, f->choices);
        break;
    case SCF_T_USCC:
        one_type(w, "string", NULL, USCC_PATTERN);
        break;
    case SCF_T_ARRAY:
        array_type(w, f->members);
        break;
    case SCF_T_SCALARS:
        scalars_type(w);
        break;
    case SCF_T_OBJECT:
        object_type(w, f->members);
        break;
    }
}

static void field_keywords(struct scf_jsonw *w, const struct scf_field *f) {
    type_keywords(w, f);
    bounds(w, f);
    description(w, f);
}

void scf_schema_openapi(const struct scf_schema *schema, struct scf_buf *out) {
    const struct scf_field root = {.type = SCF_T_OBJECT,
                                   .members = schema->fields,
                                   .doc_en = schema->doc_en,
                                   .doc_zh = schema->doc_zh};
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    field_keywords(&w, &root);
    scf_jw_end_object(&w);
}
