/* Evaluation of one record against an industry template. It runs for every record that comes in, so
 * it looks at each member about once, keeps to integers and allocates twice.
 * Relies on base/money for decimals and on cJSON trees that passed the strict scanner. */
#include "scfd/template/template.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* ---- finding a value ---- */

/* The member `key` (n bytes) of an object. Senders tend to write members in the order of the
 * template: the search begins after the previous hit and goes round once. */
static const cJSON *member(const cJSON *object, const char *key, size_t n, const cJSON **hint) {
    const cJSON *start = *hint != NULL && (*hint)->next != NULL ? (*hint)->next : object->child;
    for (const cJSON *m = start; m != NULL; m = m->next)
        if (strncmp(m->string, key, n) == 0 && m->string[n] == '\0')
            return *hint = m;
    for (const cJSON *m = object->child; m != start; m = m->next)
        if (strncmp(m->string, key, n) == 0 && m->string[n] == '\0')
            return *hint = m;
    return NULL;
}

static const cJSON *element(const cJSON *array, const char *text, size_t n) {
    uint64_t wanted;
    if (!scf_parse_u64((struct scf_str){text, n}, SCF_JSON_MAX_MEMBERS, &wanted))
        return NULL;
    const cJSON *e = array->child;
    while (e != NULL && wanted-- > 0)
        e = e->next;
    return e;
}

static const cJSON *at_path(const cJSON *body, const char *path, const cJSON **hint) {
    const cJSON *node = body, *none = NULL;
    while (node != NULL && *path != '\0') {
        size_t n = strcspn(path, ".");
        if (cJSON_IsObject(node))
            node = member(node, path, n, node == body ? hint : &none);
        else
            node = cJSON_IsArray(node) ? element(node, path, n) : NULL;
        none = NULL;
        path += n + (path[n] == '.');
    }
    return node;
}

/* ---- judging a value ---- */

/* A decimal in millionths. Digits past the sixth are cut; they decide no rating. */
static bool decimal(const cJSON *item, int64_t *ret) {
    char text[SCF_MONEY_TEXT];
    struct scf_str view;
    if (cJSON_IsString(item))
        view = scf_str(item->valuestring);
    else if (scf_json_decimal_text(item, text, sizeof text))
        view = scf_str(text);
    else
        return false;
    int64_t billionths;
    if (scf_decimal_parse(view, 6, ret))
        return true;
    if (!scf_decimal_parse(view, 9, &billionths))
        return false;
    *ret = billionths / 1000;
    return true;
}

static bool is_choice(const struct scf_template_field *f, const char *text) {
    for (const char *const *c = f->choices; *c != NULL; c++)
        if (strcmp(*c, text) == 0)
            return true;
    return false;
}

/* Is it the type? An empty string is what exports write for "nothing". */
static bool has_type(const struct scf_template_field *f, const cJSON *item, int64_t *ret_units) {
    int64_t us;
    int32_t day;
    switch (f->type) {
    case SCF_TT_DECIMAL:
        return decimal(item, ret_units);
    case SCF_TT_INTEGER:
        return decimal(item, ret_units) && *ret_units % SCF_PPM == 0;
    case SCF_TT_BOOLEAN:
        return cJSON_IsBool(item);
    default:
        break;
    }
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
        return false;
    struct scf_str text = scf_str(item->valuestring);
    switch (f->type) {
    case SCF_TT_DATE:
        return scf_date_parse(text, &day);
    case SCF_TT_DATETIME:
        return scf_time_parse(text, &us) || scf_time_parse_lenient(text, 0, &us);
    default:
        return true;
    }
}

static bool is_numeric(const struct scf_template_field *f) {
    return f->type == SCF_TT_DECIMAL || f->type == SCF_TT_INTEGER;
}

/* The valid range of an enumeration is its list. */
static bool in_range(const struct scf_template_field *f, const cJSON *item, int64_t units) {
    if (f->type == SCF_TT_ENUM)
        return is_choice(f, item->valuestring);
    return !is_numeric(f) || ((!f->has_min || units >= f->min) && (!f->has_max || units <= f->max));
}

static void put_measure(uint8_t *out, bool present, int64_t units) {
    uint64_t bits = present ? (uint64_t)units : 0;
    out[0] = present;
    for (int i = 8; i > 0; i--, bits >>= 8)
        out[i] = (uint8_t)bits;
}

/* ---- the whole record ---- */

static bool prepare(const struct scf_template *t, struct scf_arena *arena, struct scf_quality *q) {
    const char **names = scf_alloc(arena, 2 * t->field_count, sizeof *names);
    q->measures_len = t->watched_count * SCF_MEASURE_LEN;
    q->measures = scf_alloc(arena, q->measures_len, 1);
    if (names == NULL || q->measures == NULL)
        return false;
    q->missing = names;
    q->out_of_range = names + t->field_count;
    return true;
}

bool scf_template_evaluate(const struct scf_template *t, const cJSON *body, int64_t received_us,
                           bool has_happened, int64_t happened_us, struct scf_arena *arena,
                           struct scf_quality *ret) {
    struct scf_quality q = {.has_delay = has_happened,
                            .delay_us = has_happened ? received_us - happened_us : 0};
    if (!prepare(t, arena, &q))
        return false;
    const cJSON *fields_hint = NULL, *body_hint = NULL;
    const cJSON *fields = at_path(body, "fields", &body_hint);
    fields = cJSON_IsObject(fields) ? fields : NULL;
    body_hint = NULL;
    uint8_t *measure = q.measures;

    for (size_t i = 0; i < t->field_count; i++) {
        const struct scf_template_field *f = &t->fields[i];
        const cJSON *item =
            fields != NULL ? member(fields, f->key, strlen(f->key), &fields_hint) : NULL;
        if (item == NULL)
            item = at_path(body, f->key, &body_hint);
        int64_t units = 0;
        bool present = item != NULL && has_type(f, item, &units);
        q.weight_expected += f->weight_ppm;
        if (!present) {
            q.missing[q.missing_count++] = f->key;
        } else {
            q.weight_present += f->weight_ppm;
            if (!in_range(f, item, units))
                q.out_of_range[q.out_of_range_count++] = f->key;
        }
        if (f->fluctuation_ppm > 0) {
            put_measure(measure, present, units);
            measure += SCF_MEASURE_LEN;
        }
    }
    q.range_ok = q.out_of_range_count == 0 && q.delay_us >= 0;
    *ret = q;
    return true;
}

static int32_t floor_div(int32_t a, int32_t b) {
    return a / b - (a % b < 0);
}

int32_t scf_period_of(enum scf_period period, int32_t day) {
    int year, month, mday;
    switch (period) {
    case SCF_PERIOD_DAY:
        return day;
    case SCF_PERIOD_WEEK: /* weeks begin on Monday; 1970-01-01 was a Thursday */
        return floor_div(day + 3, 7);
    case SCF_PERIOD_MONTH:
    case SCF_PERIOD_QUARTER:
        break;
    }
    scf_civil_from_day(day, &year, &month, &mday);
    int32_t months = year * 12 + month - 1;
    return period == SCF_PERIOD_MONTH ? months : floor_div(months, 3);
}
