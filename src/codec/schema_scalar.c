/* Leaf values of a body: one short function per type. */
#include "check.h"

#include "scfd/base/clock.h"
#include "scfd/base/id.h"
#include "scfd/base/money.h"
#include "scfd/codec/field_table.h"

/* Members of an unknown currency are checked no finer than the finest currency: the currency itself
 * is reported at its own place. */
enum { FINEST_SCALE = 4, DEFAULT_SCALE = 2 /* CNY */, DECIMAL_TEXT = 64 };

typedef void scalar_fn(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item);

/* The text of a value that must be a string; the empty view after reporting that it is none. */
static bool want_string(struct check *c, struct place *at, const cJSON *item, struct scf_str *ret) {
    if (!cJSON_IsString(item)) {
        check_fault(c, at, "wrong-type", "The value must be a string.");
        return false;
    }
    *ret = scf_str(item->valuestring);
    return true;
}

static bool in_choices(const char *const *choices, const char *text) {
    for (; *choices; choices++)
        if (strcmp(*choices, text) == 0)
            return true;
    return false;
}

enum { CHOICE_LIST = 200 };

/* "a, b, c" for a message; a long list ends in "…". */
static const char *join_choices(const char *const *choices, char out[CHOICE_LIST]) {
    size_t n = 0;
    out[0] = '\0';
    for (; *choices; choices++) {
        bool fits = n + strlen(*choices) + sizeof ", , …" <= CHOICE_LIST;
        n += (size_t)snprintf(out + n, CHOICE_LIST - n, "%s%s", n ? ", " : "",
                              fits ? *choices : "…");
        if (!fits)
            break;
    }
    return out;
}

static bool in_range(const struct scf_field *f, int64_t value) {
    if (!field_has_bounds(f))
        return true;
    return value >= f->min && (!field_has_max(f) || value <= f->max);
}

/* ---- text ---- */

static void check_string(struct check *c, struct place *at, const struct scf_field *f,
                         const cJSON *item) {
    struct scf_str text;
    if (!want_string(c, at, item, &text))
        return;
    int64_t length = (int64_t)scf_utf8_length(text.p, text.n);
    if (length < f->min)
        check_fault(c, at, "too-short", "The text needs at least %" PRId64 " characters.", f->min);
    else if (f->max > 0 && length > f->max)
        check_fault(c, at, "too-long", "The text may have at most %" PRId64 " characters.", f->max);
    else if (f->pattern && !f->pattern(text))
        check_fault(c, at, "invalid-format", "The text must be: %s.", f->pattern_text);
}

static void check_enum(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item) {
    struct scf_str text;
    char list[CHOICE_LIST];
    if (want_string(c, at, item, &text) && !in_choices(f->choices, text.p))
        check_fault(c, at, "invalid-choice", "The value must be one of: %s.",
                    join_choices(f->choices, list));
}

static void check_id(struct check *c, struct place *at, const struct scf_field *f,
                     const cJSON *item) {
    struct scf_str text;
    struct scf_uuid id;
    char prefix[16], list[CHOICE_LIST];
    if (!want_string(c, at, item, &text))
        return;
    if (!scf_id_parse_any(text, prefix, &id) || !in_choices(f->choices, prefix))
        check_fault(c, at, "invalid-format",
                    "The value must be an identifier that begins with: %s.",
                    join_choices(f->choices, list));
}

static bool upper_letters(struct scf_str text, size_t n) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 'A' || text.p[i] > 'Z')
            return false;
    return text.n == n;
}

static void check_currency(struct check *c, struct place *at, const struct scf_field *f,
                           const cJSON *item) {
    (void)f;
    struct scf_str text;
    if (want_string(c, at, item, &text) && scf_currency_scale(text) < 0)
        check_fault(c, at, "invalid-format", "The value must be an ISO 4217 currency code.");
}

static void check_country(struct check *c, struct place *at, const struct scf_field *f,
                          const cJSON *item) {
    (void)f;
    struct scf_str text;
    if (want_string(c, at, item, &text) && !upper_letters(text, 2))
        check_fault(c, at, "invalid-format", "The value must be an ISO 3166-1 alpha-2 code.");
}

static void check_uscc(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item) {
    (void)f;
    struct scf_str text;
    if (!want_string(c, at, item, &text))
        return;
    enum scf_uscc_verdict verdict = scf_uscc_check(text);
    if (verdict == SCF_USCC_BAD_SHAPE)
        check_fault(c, at, "invalid-format",
                    "The value must be the 18 characters of a unified social credit code.");
    else if (verdict == SCF_USCC_BAD_CHECK)
        check_warn(c, at, "uscc-check-digit",
                   "The check character of this unified social credit code does not match.");
}

/* ---- numbers ---- */

/* The scale of the nearest currency member at or above a place. */
static int money_scale(struct place *at) {
    for (struct place *p = at; p; p = p->up) {
        if (p->object && p->scale == SCALE_NOT_LOOKED) {
            const char *currency = scf_json_string(p->object, "currency");
            int scale = currency ? scf_currency_scale(scf_str(currency)) : SCALE_NONE;
            p->scale = currency && scale < 0 ? FINEST_SCALE : scale;
        }
        if (p->object && p->scale != SCALE_NONE)
            return p->scale;
    }
    return DEFAULT_SCALE;
}

/* The decimal text of a string or number; reports anything else. */
static bool want_decimal(struct check *c, struct place *at, const cJSON *item,
                         char buffer[DECIMAL_TEXT], struct scf_str *ret) {
    if (cJSON_IsString(item)) {
        *ret = scf_str(item->valuestring);
        return true;
    }
    if (!cJSON_IsNumber(item)) {
        check_fault(c, at, "wrong-type", "The value must be a decimal string.");
        return false;
    }
    if (!scf_json_decimal_text(item, buffer, DECIMAL_TEXT)) {
        check_fault(c, at, "invalid-format",
                    "The number has more than 15 significant digits; send it as a string.");
        return false;
    }
    *ret = scf_str(buffer);
    return true;
}

static void range_fault(struct check *c, struct place *at, const struct scf_field *f, int places) {
    char min[SCF_MONEY_TEXT], max[SCF_MONEY_TEXT];
    scf_decimal_format(f->min, places, min);
    scf_decimal_format(f->max, places, max);
    if (field_has_max(f))
        check_fault(c, at, "out-of-range", "The value must be between %s and %s.", min, max);
    else
        check_fault(c, at, "out-of-range", "The value must be at least %s.", min);
}

static void check_money(struct check *c, struct place *at, const struct scf_field *f,
                        const cJSON *item) {
    char buffer[DECIMAL_TEXT];
    struct scf_str text;
    int64_t minor;
    if (!want_decimal(c, at, item, buffer, &text))
        return;
    int scale = money_scale(at);
    if (!scf_money_parse(text, scale, &minor))
        check_fault(c, at, "invalid-format",
                    "The amount must be a decimal number with at most %d decimal places.", scale);
    else if (!in_range(f, minor))
        range_fault(c, at, f, scale);
}

static void check_decimal(struct check *c, struct place *at, const struct scf_field *f,
                          const cJSON *item) {
    char buffer[DECIMAL_TEXT];
    struct scf_str text;
    int64_t units;
    if (!want_decimal(c, at, item, buffer, &text))
        return;
    if (!scf_decimal_parse(text, f->places, &units))
        check_fault(c, at, "invalid-format",
                    "The value must be a decimal number with at most %d decimal places.",
                    f->places);
    else if (!in_range(f, units))
        range_fault(c, at, f, f->places);
}

static void check_integer(struct check *c, struct place *at, const struct scf_field *f,
                          const cJSON *item) {
    const double safe = 9007199254740991.0; /* 2^53 − 1 */
    double value = cJSON_IsNumber(item) ? item->valuedouble : safe + 1;
    if (value < -safe || value > safe || (double)(int64_t)value != value)
        check_fault(c, at, "wrong-type", "The value must be an integer.");
    else if (!in_range(f, (int64_t)value))
        range_fault(c, at, f, 0);
}

/* ---- the rest ---- */

static void check_bool(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item) {
    (void)f;
    if (!cJSON_IsBool(item))
        check_fault(c, at, "wrong-type", "The value must be true or false.");
}

static void check_date(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item) {
    (void)f;
    struct scf_str text;
    int32_t day;
    if (want_string(c, at, item, &text) && !scf_date_parse(text, &day))
        check_fault(c, at, "invalid-format", "The value must be a calendar day, YYYY-MM-DD.");
}

static void check_time(struct check *c, struct place *at, const struct scf_field *f,
                       const cJSON *item) {
    (void)f;
    struct scf_str text;
    int64_t us;
    if (!want_string(c, at, item, &text) || scf_time_parse(text, &us))
        return;
    if (!c->options->lenient_datetime ||
        !scf_time_parse_lenient(text, c->options->offset_minutes, &us))
        check_fault(c, at, "invalid-format",
                    "The value must be an RFC 3339 time with an offset, "
                    "like 2026-11-22T08:00:00+08:00.");
    else
        check_warn(c, at, "lenient-datetime",
                   "The time has no offset; the time zone of the node was used.");
}

static void check_scalars(struct check *c, struct place *at, const struct scf_field *f,
                          const cJSON *item) {
    if (!cJSON_IsObject(item)) {
        check_fault(c, at, "wrong-type", "The value must be an object.");
        return;
    }
    int64_t count = 0;
    for (const cJSON *member = item->child; member; member = member->next, count++) {
        if (!cJSON_IsObject(member) && !cJSON_IsArray(member))
            continue;
        struct place inner = {.up = at, .name = member->string};
        check_fault(c, &inner, "wrong-type", "The value must be a string, a number or a boolean.");
    }
    if (field_has_max(f) && count > f->max)
        check_fault(c, at, "too-many", "There may be at most %" PRId64 " members.", f->max);
}

void check_scalar(struct check *c, struct place *at, const struct scf_field *f, const cJSON *item) {
    static scalar_fn *const by_type[] = {
        [SCF_T_STRING] = check_string,
        [SCF_T_ENUM] = check_enum,
        [SCF_T_MONEY] = check_money,
        [SCF_T_DECIMAL] = check_decimal,
        [SCF_T_INTEGER] = check_integer,
        [SCF_T_BOOL] = check_bool,
        [SCF_T_DATE] = check_date,
        [SCF_T_TIME] = check_time,
        [SCF_T_CURRENCY] = check_currency,
        [SCF_T_COUNTRY] = check_country,
        [SCF_T_ID] = check_id,
        [SCF_T_USCC] = check_uscc,
        [SCF_T_SCALARS] = check_scalars,
    };
    SCF_ASSERT((size_t)f->type < SCF_COUNT(by_type) && by_type[f->type]);
    by_type[f->type](c, at, f, item);
}

/* ---- patterns ---- */

/* Control characters are U+0000–001F, U+007F and U+0080–009F (two bytes C2 80–9F). */
bool scf_is_visible(struct scf_str text) {
    bool ink = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        bool c1 = c == 0xC2 && i + 1 < text.n && (uint8_t)text.p[i + 1] < 0xA0;
        if (c < 0x20 || c == 0x7F || c1)
            return false;
        ink |= c != ' ';
    }
    return ink;
}
