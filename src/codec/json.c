/* cJSON behind the scanner, and reading of members. What the scanner lets through holds no NUL, no
 * duplicate name and no number that a double cannot carry, so cJSON's looseness cannot show. */
#include "scfd/codec/json.h"

/* cJSON takes one block per value and string; through malloc that is more than half of the cost of
 * reading a body (measured: 17 % of all CPU time under a load of small invoices). While this thread
 * parses, the blocks come from the arena of the document instead, and are never given back one by
 * one. Whatever else uses cJSON, on any thread, gets malloc and free as before. */
static _Thread_local struct scf_arena *parsing_into;

static void *parser_malloc(size_t n) {
    return parsing_into ? scf_alloc_unset(parsing_into, n) : malloc(n);
}

static void parser_free(void *p) {
    if (!parsing_into)
        free(p);
}

static void install_hooks(void) {
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = parser_malloc, .free_fn = parser_free});
}

static cJSON *parse_into(struct scf_arena *arena, const char *text, size_t n) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_hooks);
    parsing_into = arena;
    /* With require_null_terminated the length counts the NUL (libraries: JSON-2). */
    cJSON *tree = cJSON_ParseWithLengthOpts(text, n + 1, NULL, 1);
    parsing_into = NULL;
    return tree;
}

/* The reason as the end of the sentence "The JSON text is invalid at line 1, column 2: …". */
static const char *fault_reason(const char *code) {
    static const char *const reasons[][2] = {
        {"syntax", "this is not JSON"},
        {"duplicate-member", "the object has this member twice"},
        {"invalid-utf8", "the bytes are not UTF-8"},
        {"nul-in-string", "a string holds U+0000"},
        {"control-character", "a control character stands unescaped in a string"},
        {"lone-surrogate", "half of a surrogate pair stands alone"},
        {"number-out-of-range", "the number is too large or too long; send it as a string"},
        {"name-too-long", "the member name is too long"},
        {"trailing-text", "there is text after the end of the value"},
        {"empty", "there is no value"},
        {"byte-order-mark", "the text begins with a byte order mark"},
        {"out-of-memory", "there was no memory to check its names"},
    };
    for (size_t i = 0; i < SCF_COUNT(reasons); i++)
        if (strcmp(reasons[i][0], code) == 0)
            return reasons[i][1];
    return code;
}

/* A limit of ours has its own problem: the text may be good JSON. */
static void refuse(const struct scf_json_fault *fault, struct scf_error *err) {
    if (strcmp(fault->code, "too-deep") == 0)
        scf_fail(err, SCF_E_TOO_DEEP, "Line %zu, column %zu: a body may nest at most %d deep.",
                 fault->line, fault->column, SCF_JSON_MAX_DEPTH);
    else if (strcmp(fault->code, "too-many-members") == 0)
        scf_fail(err, SCF_E_TOO_MANY_MEMBERS,
                 "Line %zu, column %zu: a body may have at most %d members and elements.",
                 fault->line, fault->column, SCF_JSON_MAX_MEMBERS);
    else
        scf_fail(err, SCF_E_MALFORMED_JSON, "The JSON text is invalid at line %zu, column %zu: %s.",
                 fault->line, fault->column, fault_reason(fault->code));
}

static cJSON *parse(struct scf_arena *arena, const char *text, size_t n, size_t max_members,
                    struct scf_error *err) {
    struct scf_json_fault fault;
    if (!scf_json_scan_large(text, n, SCF_JSON_MAX_DEPTH, max_members, &fault)) {
        refuse(&fault, err);
        return NULL;
    }
    cJSON *tree = parse_into(arena, text, n);
    if (!tree) {
        scf_fail(err, SCF_E_INTERNAL, "The JSON text could not be read.");
        scf_note(err, "cJSON refused %zu bytes that the scanner accepted (out of memory?)", n);
        return NULL;
    }
    return tree;
}

cJSON *scf_json_parse(struct scf_arena *arena, const char *text, size_t n, struct scf_error *err) {
    return parse(arena, text, n, SCF_JSON_MAX_MEMBERS, err);
}

cJSON *scf_json_parse_large(struct scf_arena *arena, const char *text, size_t n,
                            struct scf_error *err) {
    return parse(arena, text, n, SCF_JSON_LARGE_MEMBERS, err);
}

const cJSON *scf_json_parse_unscanned(struct scf_arena *arena, const char *text, size_t n) {
    return parse_into(arena, text, n);
}

/* cJSON's own look-up calls strcmp for every member; the first letter mostly tells. */
const cJSON *scf_json_get(const cJSON *object, const char *name) {
    if (!cJSON_IsObject(object))
        return NULL;
    for (const cJSON *item = object->child; item; item = item->next)
        if (item->string[0] == name[0] && strcmp(item->string, name) == 0)
            return cJSON_IsNull(item) ? NULL : item;
    return NULL;
}

const char *scf_json_string(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(scf_json_get(object, name));
}

bool scf_json_bool(const cJSON *object, const char *name, bool fallback) {
    const cJSON *item = scf_json_get(object, name);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

bool scf_json_item_i64(const cJSON *item, int64_t *ret) {
    if (cJSON_IsString(item))
        return scf_parse_i64(scf_str(item->valuestring), INT64_MIN, INT64_MAX, ret);
    const double safe = 9007199254740991.0; /* 2^53 − 1 */
    if (!cJSON_IsNumber(item) || item->valuedouble < -safe || item->valuedouble > safe)
        return false;
    int64_t value = (int64_t)item->valuedouble;
    if ((double)value != item->valuedouble)
        return false;
    *ret = value;
    return true;
}

bool scf_json_i64(const cJSON *object, const char *name, int64_t *ret) {
    return scf_json_item_i64(scf_json_get(object, name), ret);
}

/* ---- decimals ---- */

enum { SIGNIFICANT_DIGITS = 15 };

/* Finds units and places with value == units / 10^places, units < 10^15. Both operands of that
 * division are exact doubles, so it is correctly rounded: it gives `value` back exactly when
 * `value` is the double nearest to that decimal. */
static bool shortest_decimal(double value, int64_t *ret_units, int *ret_places) {
    const double units_end = 1e15;
    double scale = 1;
    for (int places = 0; places <= SIGNIFICANT_DIGITS; places++, scale *= 10) {
        if (value * scale >= units_end)
            return false;
        double units = (double)(int64_t)(value * scale + 0.5);
        if (units < units_end && units / scale == value) {
            *ret_units = (int64_t)units;
            *ret_places = places;
            return true;
        }
    }
    return false;
}

static bool write_decimal(char *out, size_t out_size, bool negative, int64_t units, int places) {
    char digits[40];
    size_t n = sizeof digits;
    for (int i = 0; units > 0 || i <= places; i++, units /= 10) {
        if (i == places && places > 0)
            digits[--n] = '.';
        digits[--n] = (char)('0' + units % 10);
    }
    if (negative)
        digits[--n] = '-';
    size_t length = sizeof digits - n;
    if (length >= out_size)
        return false;
    memcpy(out, digits + n, length);
    out[length] = '\0';
    return true;
}

bool scf_json_decimal_text(const cJSON *item, char *out, size_t out_size) {
    if (cJSON_IsString(item)) {
        size_t n = strlen(item->valuestring);
        if (n >= out_size)
            return false;
        memcpy(out, item->valuestring, n + 1);
        return true;
    }
    if (!cJSON_IsNumber(item))
        return false;
    bool negative = item->valuedouble < 0;
    int64_t units;
    int places;
    return shortest_decimal(negative ? -item->valuedouble : item->valuedouble, &units, &places) &&
           write_decimal(out, out_size, negative, units, places);
}

/* ---- a member's bytes: the text is known to be sound, so only its structure is followed ---- */

static const char *skip_space(const char *p) {
    return p + strspn(p, " \t\n\r");
}

static const char *skip_string(const char *quote) {
    const char *p = quote + 1;
    while (*p != '"')
        p += *p == '\\' ? 2 : 1;
    return p + 1;
}

/* From the first byte of a value to the first one behind it. */
static const char *skip_value(const char *p) {
    if (*p == '"')
        return skip_string(p);
    if (*p != '{' && *p != '[')
        return p + strcspn(p, ",}] \t\n\r");
    int depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p);
        } else {
            depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
            p++;
        }
    } while (depth > 0);
    return p;
}

bool scf_json_member_text(struct scf_str text, const cJSON *object, const char *name,
                          struct scf_str *ret) {
    const char *p = skip_space(text.p) + 1; /* behind the brace */
    for (const cJSON *m = object->child; m != NULL; m = m->next) {
        p = skip_space(skip_string(skip_space(p))) + 1; /* behind the colon */
        const char *value = skip_space(p);
        p = skip_value(value);
        if (strcmp(m->string, name) == 0) {
            *ret = (struct scf_str){value, (size_t)(p - value)};
            return true;
        }
        p = skip_space(p) + 1; /* behind the comma */
    }
    return false;
}
