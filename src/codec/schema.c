/* The walk over a body along its field table: objects, arrays, absent and unknown members. Leaf
 * values are in schema_scalar.c, reporting in check.c. Recursion follows the table, never the body,
 * and a sound body is checked without allocating. */
#include "check.h"

enum { MAX_FIELDS = 128 };

static void check_value(struct check *c, struct place *at, const struct scf_field *f,
                        const cJSON *item);

/* ---- unknown members ---- */

/* The known name that the writer may have meant: at most a third of it differs. */
static const char *nearest(const struct scf_field *fields, const char *name) {
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (const struct scf_field *f = fields; f->name; f++) {
        size_t distance = scf_edit_distance(scf_str(name), scf_str(f->name));
        if (distance < least && distance <= strlen(f->name) / 3) {
            best = f->name;
            least = distance;
        }
    }
    return best;
}

static void unknown_member(struct check *c, struct place *at, const struct scf_field *fields) {
    const char *meant = c->faults->count < SCF_MAX_FAULTS ? nearest(fields, at->name) : NULL;
    if (meant)
        check_fault(c, at, "unknown-field",
                    "There is no member \"%.64s\" here. Did you mean \"%s\"?", at->name, meant);
    else
        check_fault(c, at, "unknown-field", "There is no member \"%.64s\" here.", at->name);
}

/* ---- objects ---- */

/* Members mostly come in the order of the table, so the search begins behind the last one found. */
static int find_field(const struct scf_field *fields, int count, int hint, const char *name) {
    for (int i = 0, at = hint; i < count; i++, at++) {
        if (at >= count)
            at = 0;
        if (fields[at].name[0] == name[0] && strcmp(fields[at].name, name) == 0)
            return at;
    }
    return -1;
}

static void check_required(struct check *c, struct place *at, const struct scf_field *fields,
                           const bool *seen) {
    for (int i = 0; fields[i].name; i++) {
        if (fields[i].presence != SCF_REQUIRED || seen[i])
            continue;
        struct place missing = {.up = at, .name = fields[i].name};
        check_fault(c, &missing, "required", "The member \"%s\" is required.", fields[i].name);
    }
}

static void check_object(struct check *c, struct place *at, const struct scf_field *fields,
                         const cJSON *object) {
    bool seen[MAX_FIELDS] = {false};
    int count = 0, hint = 0;
    while (fields[count].name)
        count++;
    SCF_ASSERT(count <= MAX_FIELDS);
    at->object = object;
    at->scale = SCALE_NOT_LOOKED;
    for (const cJSON *item = object->child; item; item = item->next) {
        struct place member = {.up = at, .name = item->string};
        int i = find_field(fields, count, hint, item->string);
        if (i < 0) {
            unknown_member(c, &member, fields);
            continue;
        }
        hint = i + 1;
        if (cJSON_IsNull(item))
            continue;
        seen[i] = true;
        check_value(c, &member, &fields[i], item);
    }
    check_required(c, at, fields, seen);
}

static void check_array(struct check *c, struct place *at, const struct scf_field *f,
                        const cJSON *array) {
    int64_t count = 0;
    for (const cJSON *item = array->child; item; item = item->next, count++) {
        struct place element = {.up = at, .index = (int)count};
        check_value(c, &element, f->members, item);
    }
    if (count < f->min)
        check_fault(c, at, "too-few", "The list needs at least %" PRId64 " elements.", f->min);
    else if (field_has_bounds(f) && field_has_max(f) && count > f->max)
        check_fault(c, at, "too-many", "The list may have at most %" PRId64 " elements.", f->max);
}

static void check_value(struct check *c, struct place *at, const struct scf_field *f,
                        const cJSON *item) {
    if (f->type == SCF_T_OBJECT && cJSON_IsObject(item))
        check_object(c, at, f->members, item);
    else if (f->type == SCF_T_OBJECT)
        check_fault(c, at, "wrong-type", "The value must be an object.");
    else if (f->type == SCF_T_ARRAY && cJSON_IsArray(item))
        check_array(c, at, f, item);
    else if (f->type == SCF_T_ARRAY)
        check_fault(c, at, "wrong-type", "The value must be a list.");
    else
        check_scalar(c, at, f, item);
}

/* A list whose arena is full only counts its faults. */
static bool is_empty(const struct scf_faults *faults) {
    return faults->count == 0 && faults->dropped == 0;
}

bool scf_schema_check(const struct scf_schema *schema, const cJSON *body,
                      const struct scf_schema_options *options, struct scf_faults *faults,
                      struct scf_faults *warnings) {
    struct check c = {.options = options, .faults = faults, .warnings = warnings};
    struct place root = {.up = NULL};
    if (cJSON_IsObject(body))
        check_object(&c, &root, schema->fields, body);
    else
        check_fault(&c, &root, "wrong-type", "The body must be a JSON object.");
    if (is_empty(faults) && schema->rules)
        schema->rules(body, faults, warnings, options->rules_ctx);
    return is_empty(faults);
}

/* ---- members of steps ---- */

void scf_member_uses_check(const struct scf_member_use *uses, size_t n, const cJSON *body, int step,
                           const char *step_name, struct scf_faults *faults) {
    uint64_t bit = UINT64_C(1) << step;
    for (size_t i = 0; i < n; i++) {
        bool given = scf_json_get(body, uses[i].member) != NULL;
        char pointer[40];
        snprintf(pointer, sizeof pointer, "#/%s", uses[i].member);
        if ((uses[i].must & bit) != 0 && !given)
            scf_fault_add(faults, pointer, "required", "The step \"%s\" needs it.", step_name);
        else if (((uses[i].must | uses[i].may) & bit) == 0 && given)
            scf_fault_add(faults, pointer, "not-allowed", "The step \"%s\" does not take it.",
                          step_name);
    }
}
