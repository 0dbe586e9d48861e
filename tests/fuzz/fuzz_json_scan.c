/* The scanner against cJSON, in both directions.
 *
 * What the scanner accepts, cJSON must read, and the tree must keep every promise of json.h, each
 * checked here in the plainest way. What cJSON reads into such a tree, however loosely, must pass
 * the scanner once our writer has written it down: the scanner refuses nothing that is sound. */
#include <math.h>

#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"

/* Linked in place of scf_random: the key of the set of names must be the same in every run, or the
 * same inputs take other ways. */
void __wrap_scf_random(void *out, size_t n);
void __wrap_scf_random(void *out, size_t n) {
    memset(out, 7, n);
}

struct census {
    size_t members;
    int depth;
};

static bool sound_text(const char *text) {
    return scf_utf8_valid(text, strlen(text));
}

static bool sound_number(double value) {
    const double safe = 9007199254740991.0;
    return isfinite(value) && (fabs(value) <= safe || value != floor(value));
}

/* Names are unique and within the limit even when every byte is written as \u00XX. */
static bool sound_names(const cJSON *object) {
    for (const cJSON *a = object->child; a; a = a->next) {
        if (!sound_text(a->string) || strlen(a->string) * 6 > SCF_JSON_MAX_KEY)
            return false;
        for (const cJSON *b = object->child; b != a; b = b->next)
            if (strcmp(a->string, b->string) == 0)
                return false;
    }
    return true;
}

static bool unique_names(const cJSON *object) {
    for (const cJSON *a = object->child; a; a = a->next)
        for (const cJSON *b = object->child; b != a; b = b->next)
            if (strcmp(a->string, b->string) == 0)
                return false;
    return true;
}

static int deeper(int a, int b) {
    return a > b ? a : b;
}

static struct census take_census(const cJSON *item) {
    struct census all = {0, cJSON_IsObject(item) || cJSON_IsArray(item)};
    int below = 0;
    for (const cJSON *child = item->child; child; child = child->next) {
        struct census one = take_census(child);
        all.members += one.members + 1;
        below = deeper(below, one.depth);
    }
    all.depth += below;
    return all;
}

/* Strictly inside what the scanner accepts: large integers are left out, since the writer below may
 * print them with an exponent or without. */
static bool sound_tree(const cJSON *item) {
    if (cJSON_IsString(item))
        return sound_text(item->valuestring);
    if (cJSON_IsNumber(item))
        return sound_number(item->valuedouble);
    if (cJSON_IsObject(item) && !sound_names(item))
        return false;
    for (const cJSON *child = item->child; child; child = child->next)
        if (!sound_tree(child))
            return false;
    return true;
}

/* What acceptance promises. */
static void check_promises(const cJSON *item) {
    if (cJSON_IsString(item))
        SCF_ASSERT(sound_text(item->valuestring));
    if (cJSON_IsNumber(item))
        SCF_ASSERT(isfinite(item->valuedouble));
    if (cJSON_IsObject(item))
        SCF_ASSERT(unique_names(item));
    for (const cJSON *child = item->child; child; child = child->next)
        check_promises(child);
}

static void write_item(struct scf_jsonw *w, const cJSON *item);

/* jsonw's keys are trusted literals, so a name goes through its string escaper first. */
static void write_member(struct scf_jsonw *w, const cJSON *member) {
    struct scf_jsonw name = {.out = w->out, .comma = w->comma};
    scf_jw_str(&name, NULL, member->string);
    scf_buf_putc(w->out, ':');
    w->comma = false;
    write_item(w, member);
    w->comma = true;
}

static void write_children(struct scf_jsonw *w, const cJSON *item) {
    bool object = cJSON_IsObject(item);
    if (object)
        scf_jw_object(w, NULL);
    else
        scf_jw_array(w, NULL);
    for (const cJSON *child = item->child; child; child = child->next)
        if (object)
            write_member(w, child);
        else
            write_item(w, child);
    if (object)
        scf_jw_end_object(w);
    else
        scf_jw_end_array(w);
}

static void write_item(struct scf_jsonw *w, const cJSON *item) {
    char number[40];
    if (cJSON_IsString(item)) {
        scf_jw_str(w, NULL, item->valuestring);
    } else if (cJSON_IsNumber(item)) {
        int n = snprintf(number, sizeof number, "%.17g", item->valuedouble);
        scf_jw_raw(w, NULL, number, (size_t)n);
    } else if (cJSON_IsBool(item)) {
        scf_jw_bool(w, NULL, cJSON_IsTrue(item));
    } else if (cJSON_IsNull(item)) {
        scf_jw_null(w, NULL);
    } else {
        write_children(w, item);
    }
}

static void check_rewrite(const cJSON *tree) {
    struct scf_buf out;
    scf_buf_init(&out, 1 << 24);
    struct scf_jsonw w = scf_jsonw(&out);
    write_item(&w, tree);
    SCF_ASSERT(!out.overflow);
    struct scf_json_fault fault = {0};
    if (!scf_json_scan(out.data, out.len, SCF_JSON_MAX_DEPTH, &fault)) {
        fprintf(stderr, "%s at %zu of %s\n", fault.code, fault.offset, out.data);
        abort();
    }
    cJSON *again = cJSON_ParseWithLengthOpts(out.data, out.len + 1, NULL, 1);
    SCF_ASSERT(again && cJSON_Compare(tree, again, 1));
    cJSON_Delete(again);
    scf_buf_free(&out);
}

static void check_fault(const struct scf_json_fault *fault, const char *text, size_t n) {
    SCF_ASSERT(fault->code && fault->offset <= n);
    size_t line = 1, column = 1;
    for (size_t i = 0; i < fault->offset; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    SCF_ASSERT(fault->line == line && fault->column == column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char *text = malloc(n + 1);
    SCF_ASSERT(text);
    memcpy(text, data, n);
    text[n] = '\0';
    struct scf_json_fault fault = {0};
    bool accepted = scf_json_scan(text, n, SCF_JSON_MAX_DEPTH, &fault);
    cJSON *tree = cJSON_ParseWithLengthOpts(text, n + 1, NULL, 1);
    struct census census = tree ? take_census(tree) : (struct census){0, 0};
    bool within = census.depth <= SCF_JSON_MAX_DEPTH && census.members <= SCF_JSON_MAX_MEMBERS;
    if (accepted) {
        SCF_ASSERT(tree && within);
        check_promises(tree);
    } else {
        check_fault(&fault, text, n);
    }
    if (tree && within && sound_tree(tree))
        check_rewrite(tree);
    cJSON_Delete(tree);
    free(text);
    return 0;
}
