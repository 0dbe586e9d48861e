/* Checking a receipt with nothing but itself: its inputs are read, the limit is computed anew and
 * the receipt written anew. When the bytes are the same, everything holds. When they are not, the
 * checks beside the inputs say which value was altered, and a comparison finds what they leave.
 * Pure. Relies on receipt_read.c, limit.c, receipt.c and scalar_checks.c. */
#include "receipt.h"
#include "scalar_checks.h"
#include "scfd/base/money.h"

enum { VERIFY_BYTES = 256 << 20, RECEIPT_BYTES = 32 << 20, POINTER_BYTES = 512, MAX_NAMED = 10 };

struct check {
    struct scf_arena *arena;
    struct scf_buf *report;
    struct scf_str document;
    const cJSON *json;
};

/* Where the inputs are, and what holds them with their digest: the receipt's own, or a lender's. */
struct place {
    const cJSON *holder, *own; /* of the document, and as written anew */
    const char *base;
    size_t strip; /* how much of `base` the checks do not know */
};

/* ---- by the checks ---- */

/* A search for the values of `base` whose checks are not among those of the receipt. */
struct suspects {
    const uint32_t *known; /* ascending */
    size_t n;
    struct scf_str base;
    size_t strip; /* bytes of the pointers that the checks do not know */
    bool arrays;  /* looking for arrays; then for single values outside of those found */
    struct {
        char pointer[POINTER_BYTES];
        size_t n;
        bool is_array;
    } named[MAX_NAMED];
    size_t count;
};

static int check_order(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_under(struct scf_str pointer, const char *above, size_t n) {
    return pointer.n > n && memcmp(pointer.p, above, n) == 0 && pointer.p[n] == '/';
}

static bool is_known(const struct suspects *s, const struct scf_scalar *v) {
    struct scf_scalar stripped = *v;
    stripped.pointer = (struct scf_str){v->pointer.p + s->strip, v->pointer.n - s->strip};
    uint32_t check = scf_scalar_check(&stripped);
    return s->n > 0 && bsearch(&check, s->known, s->n, sizeof check, check_order) != NULL;
}

/* An array that has gained or lost elements stands for all that is below it. */
static void forget_under(struct suspects *s, struct scf_str pointer) {
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct scf_str below = {s->named[i].pointer, s->named[i].n};
        if (!is_under(below, pointer.p, pointer.n))
            s->named[kept++] = s->named[i];
    }
    s->count = kept;
}

static void suspect(void *ctx, const struct scf_scalar *v) {
    struct suspects *s = ctx;
    if (v->is_array != s->arrays || v->pointer.n >= POINTER_BYTES ||
        !is_under(v->pointer, s->base.p, s->base.n) || is_known(s, v))
        return;
    if (v->is_array)
        forget_under(s, v->pointer);
    if (s->count == MAX_NAMED)
        return;
    for (size_t i = 0; i < s->count; i++)
        if (s->named[i].is_array && is_under(v->pointer, s->named[i].pointer, s->named[i].n))
            return; /* its array has gained or lost elements: the rest has only moved */
    memcpy(s->named[s->count].pointer, v->pointer.p, v->pointer.n);
    s->named[s->count].pointer[v->pointer.n] = '\0';
    s->named[s->count].n = v->pointer.n;
    s->named[s->count++].is_array = v->is_array;
}

/* The checks of the receipt, sorted; NULL when they are no hex digits or there is no memory. */
static uint32_t *read_checks(struct scf_arena *arena, const char *hex, size_t *ret_n) {
    size_t n = strlen(hex) / 8;
    uint32_t *list = scf_alloc(arena, n, sizeof *list);
    uint8_t bytes[4];
    for (size_t i = 0; list != NULL && i < n; i++) {
        if (!scf_unhex((struct scf_str){hex + 8 * i, 8}, bytes, sizeof bytes))
            return NULL;
        list[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                  bytes[3];
    }
    if (list != NULL && n > 0)
        qsort(list, n, sizeof *list, check_order);
    *ret_n = n;
    return list;
}

/* Names what was altered among the inputs that stand at `base` (with their checks beside them);
 * true when anything was found. */
static bool name_altered(struct check *c, const struct place *place) {
    const char *hex = scf_json_string(place->holder, "checks");
    struct suspects *s = scf_alloc(c->arena, 1, sizeof *s);
    if (hex == NULL || s == NULL)
        return false;
    s->known = read_checks(c->arena, hex, &s->n);
    s->base = scf_str(place->base);
    s->strip = place->strip;
    s->arrays = true;
    if (s->known == NULL)
        return false;
    scf_scalars_walk(c->document, "", suspect, s);
    s->arrays = false;
    scf_scalars_walk(c->document, "", suspect, s);
    for (size_t i = 0; i < s->count; i++)
        scf_buf_printf(c->report, "FAIL  %s was altered\n", s->named[i].pointer);
    return s->count > 0;
}

/* ---- by comparison ---- */

static void add_step(char *path, size_t at, const char *name, size_t index, size_t *ret_next) {
    int n = name != NULL ? snprintf(path + at, POINTER_BYTES - at, "/%s", name)
                         : snprintf(path + at, POINTER_BYTES - at, "/%zu", index);
    *ret_next = at + (size_t)n < POINTER_BYTES ? at + (size_t)n : POINTER_BYTES - 1;
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *item = object->child;
    while (item != NULL && strcmp(item->string, name) != 0)
        item = item->next;
    return item;
}

static bool differs(const cJSON *a, const cJSON *b, char *path, size_t at);

static bool objects_differ(const cJSON *a, const cJSON *b, char *path, size_t at) {
    size_t next;
    for (const cJSON *x = b->child; x != NULL; x = x->next) {
        add_step(path, at, x->string, 0, &next);
        if (member(a, x->string) == NULL)
            return true;
    }
    for (const cJSON *x = a->child; x != NULL; x = x->next) {
        const cJSON *y = member(b, x->string);
        add_step(path, at, x->string, 0, &next);
        if (y == NULL || differs(x, y, path, next))
            return true;
    }
    return false;
}

static bool arrays_differ(const cJSON *a, const cJSON *b, char *path, size_t at) {
    size_t i = 0, next;
    const cJSON *x = a->child, *y = b->child;
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return true;
    for (; x != NULL && y != NULL; x = x->next, y = y->next) {
        add_step(path, at, NULL, i++, &next);
        if (differs(x, y, path, next))
            return true;
    }
    return false;
}

/* The first place where two documents differ, as a JSON pointer; false when there is none. */
static bool differs(const cJSON *a, const cJSON *b, char *path, size_t at) {
    path[at] = '\0';
    bool found = a->type != b->type  ? true
                 : cJSON_IsObject(a) ? objects_differ(a, b, path, at)
                 : cJSON_IsArray(a)  ? arrays_differ(a, b, path, at)
                                     : !cJSON_Compare(a, b, 1);
    if (!found)
        path[at] = '\0';
    return found;
}

/* ---- the whole ---- */

/* Whether the inputs are those the digest was made of, as far as reading them goes. */
static bool same_digest(const struct place *p) {
    const char *given = scf_json_string(p->holder, "inputs_sha256");
    const char *own = scf_json_string(p->own, "inputs_sha256");
    return given != NULL && own != NULL && strcmp(given, own) == 0;
}

static bool same_bytes(const struct scf_buf *own, struct scf_str given) {
    while (given.n > 0 && (given.p[given.n - 1] == '\n' || given.p[given.n - 1] == '\r'))
        given.n--;
    return !own->overflow && own->len == given.n && memcmp(own->data, given.p, given.n) == 0;
}

/* Everything recomputed from what was read. */
struct again {
    const struct scf_limit_inputs *in;
    const struct scf_limit_result *shared;
    const struct scf_lender_inputs *lender; /* NULL: a receipt that all share */
    const struct scf_lender_result *own;
};

static const char *checks_of(const cJSON *holder, bool given) {
    return given ? scf_json_string(holder, "checks") : NULL;
}

/* Writes it anew; `given`: with the checks as given, which their digest vouches for. */
static void rewrite(const struct again *a, const struct place *places, bool given,
                    struct scf_buf *out) {
    if (a->lender == NULL) {
        scf_receipt_write_with(a->in, a->shared, checks_of(places[0].holder, given), out);
        return;
    }
    struct scf_buf receipt;
    scf_buf_init(&receipt, RECEIPT_BYTES);
    scf_receipt_write_with(a->in, a->shared, checks_of(places[0].holder, given), &receipt);
    out->overflow |= receipt.overflow;
    scf_lender_receipt_write_with((struct scf_str){receipt.data, receipt.len}, a->in, a->lender,
                                  a->own, checks_of(places[1].holder, given), out);
    scf_buf_free(&receipt);
}

/* The bytes differ: other white space only, or something was altered. */
static bool explain(struct check *c, const struct scf_buf *again, struct place *places, size_t n) {
    struct scf_error err = {0};
    char path[POINTER_BYTES] = "";
    const cJSON *own =
        again->overflow ? NULL : scf_json_parse_large(c->arena, again->data, again->len, &err);
    if (own == NULL) {
        scf_buf_puts(c->report, "FAIL  the receipt is too large to be compared\n");
        return false;
    }
    if (!differs(own, c->json, path, 0))
        return true;
    for (size_t i = 0; i < n; i++) {
        places[i].own = n == 1 ? own : scf_json_get(own, i == 0 ? "receipt" : "lender");
        if (!same_digest(&places[i]) && name_altered(c, &places[i]))
            return false;
    }
    scf_buf_printf(c->report, "FAIL  %s differs from the recomputation\n",
                   path[0] != '\0' ? path : "the document");
    return false;
}

static bool conclude(struct check *c, const struct again *a, struct place *places, size_t n) {
    struct scf_buf text;
    scf_buf_init(&text, 2 * RECEIPT_BYTES);
    (void)scf_buf_reserve(&text, c->document.n); /* grows at once to what it will be */
    rewrite(a, places, true, &text);
    bool sound = same_bytes(&text, c->document);
    if (!sound) {
        scf_buf_clear(&text);
        rewrite(a, places, false, &text);
        sound = explain(c, &text, places, n);
    }
    scf_buf_free(&text);
    if (sound)
        scf_buf_puts(c->report, "ok    every input and number of the receipt agrees\n");
    return sound;
}

static void report_limit(struct check *c, const char *what, int64_t limit, const char *currency) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(limit, scf_scale_of(currency), text);
    scf_buf_puts(c->report, "ok    recomputed ");
    scf_buf_puts(c->report, what);
    scf_buf_puts(c->report, ": ");
    scf_buf_puts(c->report, text);
    scf_buf_putc(c->report, ' ');
    scf_buf_puts(c->report, currency);
    scf_buf_putc(c->report, '\n');
}

/* What cannot be read was altered, or never was a receipt. `above`: the pointer of the receipt that
 * was read. */
static bool unreadable(struct check *c, const struct place *places, size_t n, const char *above,
                       const struct scf_error *err) {
    for (size_t i = 0; i < n; i++)
        if (name_altered(c, &places[i]))
            return false;
    scf_buf_printf(c->report, "FAIL  %s%s\n", above, err->detail);
    return false;
}

static bool too_large(struct check *c) {
    scf_buf_puts(c->report, "FAIL  the receipt is too large\n");
    return false;
}

static bool verify_shared(struct check *c) {
    struct scf_error err = {0};
    struct scf_limit_inputs in;
    struct scf_limit_result result;
    struct place place = {c->json, NULL, "/inputs", 0};
    if (scf_receipt_read(c->arena, c->json, &in, &err) != SCF_OK)
        return unreadable(c, &place, 1, "", &err);
    if (!scf_limit_compute(&in, c->arena, &result))
        return too_large(c);
    report_limit(c, "limit", result.limit, in.currency);
    return conclude(c, &(struct again){&in, &result, NULL, NULL}, &place, 1);
}

static bool verify_lenders(struct check *c) {
    struct scf_error err = {0};
    struct scf_limit_inputs in;
    struct scf_limit_result shared;
    struct scf_lender_inputs lender;
    struct scf_lender_result own;
    struct place places[2] = {
        {scf_json_get(c->json, "receipt"), NULL, "/receipt/inputs", strlen("/receipt")},
        {scf_json_get(c->json, "lender"), NULL, "/lender/inputs", 0}};
    if (scf_receipt_read(c->arena, places[0].holder, &in, &err) != SCF_OK)
        return unreadable(c, places, 2, "/receipt", &err);
    if (scf_lender_part_read(c->arena, c->json, scf_scale_of(in.currency), &lender, &err) != SCF_OK)
        return unreadable(c, places, 2, "", &err);
    if (!scf_limit_compute(&in, c->arena, &shared))
        return too_large(c);
    scf_lender_limit_compute(&in, &shared, &lender, &own);
    report_limit(c, "limit", shared.limit, in.currency);
    report_limit(c, "limit of the lender", own.limit, in.currency);
    return conclude(c, &(struct again){&in, &shared, &lender, &own}, places, 2);
}

bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) {
    struct scf_arena *arena = scf_arena_new(VERIFY_BYTES);
    struct scf_error err = {0};
    struct check c = {arena, report, receipt_json, NULL};
    bool sound = false;
    char *copy = scf_strndup(arena, receipt_json.p, receipt_json.n);
    c.json = copy != NULL ? scf_json_parse_large(arena, copy, receipt_json.n, &err) : NULL;
    const char *format = scf_json_string(c.json, "format");
    if (c.json == NULL)
        scf_buf_printf(report, "FAIL  %s\n", err.detail);
    else if (format != NULL && strcmp(format, SCF_LENDER_RECEIPT_FORMAT) == 0)
        sound = verify_lenders(&c);
    else
        sound = verify_shared(&c);
    scf_arena_free(arena);
    return sound;
}
