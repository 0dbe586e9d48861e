/* Two JSON documents, member by member. Elements of an array that say what they are (an id, a
 * chain, a code) are compared with the one that is the same thing in the other document, wherever
 * it stands there: one that is missing is one difference, not one per element behind it. Pure. */
#include "replay.h"

enum { IDENTITY = 256, VALUE_MAX = 200 };

struct diff {
    struct scf_replay_diffs *out;
    char path[512];
};

/* ---- noting ---- */

/* A scalar as it is, the rest as JSON; long ones are cut. NULL: absent. */
static const char *shown(const struct diff *d, const cJSON *value) {
    if (value == NULL)
        return NULL;
    if (cJSON_IsString(value))
        return scf_strndup(d->out->arena, value->valuestring,
                           strnlen(value->valuestring, VALUE_MAX));
    char *text = cJSON_PrintUnformatted(value);
    const char *copy =
        text != NULL ? scf_strndup(d->out->arena, text, strnlen(text, VALUE_MAX)) : NULL;
    cJSON_free(text);
    return copy != NULL ? copy : "";
}

static void note(struct diff *d, const cJSON *recorded, const cJSON *recomputed) {
    scf_replay_differ(d->out, d->path, shown(d, recorded), shown(d, recomputed));
}

void scf_replay_differ(struct scf_replay_diffs *out, const char *pointer, const char *recorded,
                       const char *recomputed) {
    if (out->n < SCF_REPLAY_DIFFS) {
        const char *copy = scf_strdup(out->arena, pointer);
        out->items[out->n++] =
            (struct scf_replay_diff){copy != NULL ? copy : "", recorded, recomputed};
    }
    out->count++;
}

/* ---- the path ---- */

/* RFC 6901: '~' and '/' in a member's name are escaped. Gives the length to go back to. */
static size_t enter(struct diff *d, const char *name) {
    size_t at = strlen(d->path), n = at;
    const size_t last = sizeof d->path - 3; /* room for an escape and the end */
    if (n < last)
        d->path[n++] = '/';
    for (; *name != '\0' && n < last; name++) {
        bool escape = *name == '~' || *name == '/';
        d->path[n++] = escape ? '~' : *name;
        if (escape)
            d->path[n++] = *name == '~' ? '0' : '1';
    }
    d->path[n] = '\0';
    return at;
}

static size_t enter_index(struct diff *d, int i) {
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    return enter(d, name);
}

/* ---- comparing ---- */

static void compare(struct diff *d, const cJSON *a, const cJSON *b);

static void compare_objects(struct diff *d, const cJSON *a, const cJSON *b) {
    for (const cJSON *x = a->child; x != NULL; x = x->next) {
        size_t back = enter(d, x->string);
        compare(d, x, cJSON_GetObjectItemCaseSensitive(b, x->string));
        d->path[back] = '\0';
    }
    for (const cJSON *y = b->child; y != NULL; y = y->next) {
        if (cJSON_GetObjectItemCaseSensitive(a, y->string) != NULL)
            continue;
        size_t back = enter(d, y->string);
        note(d, NULL, y);
        d->path[back] = '\0';
    }
}

/* What an element is, as far as its members say so; "" for one that says nothing. */
static void identity_of(const cJSON *element, char out[IDENTITY]) {
    static const char *const names[] = {"id",   "chain_id", "template", "kind", "type",
                                        "code", "check",    "step",     "rule", "enterprise_id"};
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < SCF_COUNT(names); i++) {
        const cJSON *member = scf_json_get(element, names[i]);
        if (cJSON_IsString(member))
            n += (size_t)snprintf(out + n, IDENTITY - n, "%zu=%s;", i, member->valuestring);
        else if (cJSON_IsNumber(member))
            n += (size_t)snprintf(out + n, IDENTITY - n, "%zu=%.0f;", i, member->valuedouble);
        if (n >= IDENTITY)
            return;
    }
}

struct element {
    const cJSON *json;
    char identity[IDENTITY];
    bool paired;
};

static struct element *elements_of(struct diff *d, const cJSON *array, int *ret_n) {
    int n = cJSON_GetArraySize(array), i = 0;
    struct element *list = scf_alloc(d->out->arena, (size_t)n, sizeof *list);
    for (const cJSON *e = array->child; list != NULL && e != NULL; e = e->next, i++) {
        list[i].json = e;
        identity_of(e, list[i].identity);
    }
    *ret_n = list != NULL ? n : 0;
    return list;
}

/* The partner of element i: from its own place on, then from the beginning; −1: none. */
static int partner_of(const struct element *e, int i, const struct element *others, int n) {
    if (e->identity[0] == '\0')
        return i < n && others[i].identity[0] == '\0' && !others[i].paired ? i : -1;
    for (int k = 0; k < n; k++) {
        int at = (i + k) % n;
        if (!others[at].paired && strcmp(e->identity, others[at].identity) == 0)
            return at;
    }
    return -1;
}

static void compare_arrays(struct diff *d, const cJSON *a, const cJSON *b) {
    int n, m;
    struct element *left = elements_of(d, a, &n), *right = elements_of(d, b, &m);
    if (left == NULL || right == NULL) { /* no memory is no agreement */
        note(d, a, b);
        return;
    }
    for (int i = 0; i < n; i++) {
        size_t back = enter_index(d, i);
        int at = partner_of(&left[i], i, right, m);
        if (at >= 0)
            right[at].paired = true;
        compare(d, left[i].json, at >= 0 ? right[at].json : NULL);
        d->path[back] = '\0';
    }
    for (int i = 0; i < m; i++) {
        if (right[i].paired)
            continue;
        size_t back = enter_index(d, i);
        note(d, NULL, right[i].json);
        d->path[back] = '\0';
    }
}

static void compare(struct diff *d, const cJSON *a, const cJSON *b) {
    if (b == NULL || a->type != b->type)
        note(d, a, b);
    else if (cJSON_IsObject(a))
        compare_objects(d, a, b);
    else if (cJSON_IsArray(a))
        compare_arrays(d, a, b);
    else if (!cJSON_Compare(a, b, true))
        note(d, a, b);
}

void scf_replay_compare(struct scf_replay_diffs *out, const char *pointer, const cJSON *recorded,
                        const cJSON *recomputed) {
    struct diff d = {.out = out};
    snprintf(d.path, sizeof d.path, "%s", pointer);
    if (recorded == NULL && recomputed == NULL)
        return;
    if (recorded == NULL)
        note(&d, NULL, recomputed);
    else
        compare(&d, recorded, recomputed);
}
