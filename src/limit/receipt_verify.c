/* Checking a receipt with nothing but itself: its inputs are read, the limit is computed anew and
 * the receipt written anew. When the bytes are the same, everything holds, and that is the short
 * way. When they are not, the long way begins anew with a strict reading: the checks beside the
 * inputs say which value was altered, and a comparison finds what they leave.
 * Pure. Relies on receipt_read.c, limit.c, receipt.c and scalar_checks.c. */
#include "receipt_impl.h"
#include "scalar_checks.h"
#include "scfd/base/money.h"

enum { VERIFY_BYTES = 256 << 20, RECEIPT_BYTES = 32 << 20, POINTER_BYTES = 512, MAX_NAMED = 10 };
enum { TREE_BYTES = 16 }; /* of memory per byte of a receipt, about */

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

/* ---- recomputing ---- */

/* A receipt, or a lender's, with everything recomputed from its inputs. */
struct again {
    struct scf_limit_inputs in;
    struct scf_limit_result shared;
    bool of_lender; /* what follows is there too */
    struct scf_lender_inputs lender;
    struct scf_lender_result own;
    struct place places[2];
    size_t n;
};

enum outcome { RECOMPUTED, UNREADABLE, TOO_LARGE };

/* On UNREADABLE `err` says what, and *ret_above is the pointer of what was read. */
static enum outcome recompute(const struct check *c, struct again *a, const char **ret_above,
                              struct scf_error *err) {
    const char *format = scf_json_string(c->json, "format");
    *ret_above = "";
    if (format != NULL && strcmp(format, SCF_LENDER_RECEIPT_FORMAT) == 0) {
        a->of_lender = true;
        a->n = 2;
        a->places[0] = (struct place){scf_json_get(c->json, "receipt"), NULL, "/receipt/inputs",
                                      strlen("/receipt")};
        a->places[1] = (struct place){scf_json_get(c->json, "lender"), NULL, "/lender/inputs", 0};
        *ret_above = "/receipt";
    } else if (format != NULL && strcmp(format, SCF_RECEIPT_FORMAT) == 0) {
        a->n = 1;
        a->places[0] = (struct place){c->json, NULL, "/inputs", 0};
    } else {
        scf_fail(err, SCF_E_VALIDATION_FAILED, "/format is missing or wrong");
        return UNREADABLE;
    }
    if (scf_receipt_read(c->arena, a->places[0].holder, &a->in, err) != SCF_OK)
        return UNREADABLE;
    *ret_above = "";
    if (a->of_lender && scf_lender_part_read(c->arena, c->json, scf_scale_of(a->in.currency),
                                             &a->lender, err) != SCF_OK)
        return UNREADABLE;
    if (!scf_limit_compute(&a->in, c->arena, &a->shared))
        return TOO_LARGE;
    if (a->of_lender)
        scf_lender_limit_compute(&a->in, &a->shared, &a->lender, &a->own);
    return RECOMPUTED;
}

/* Writes it anew; `given`: with the checks as given, which their digest vouches for. */
static void rewrite(const struct again *a, bool given, struct scf_buf *out) {
    const char *checks[2] = {NULL, NULL};
    for (size_t i = 0; given && i < a->n; i++)
        checks[i] = scf_json_string(a->places[i].holder, "checks");
    if (!a->of_lender) {
        scf_receipt_write_with(&a->in, &a->shared, checks[0], out);
        return;
    }
    struct scf_buf receipt;
    scf_buf_init(&receipt, RECEIPT_BYTES);
    scf_receipt_write_with(&a->in, &a->shared, checks[0], &receipt);
    out->overflow |= receipt.overflow;
    scf_lender_receipt_write_with((struct scf_str){receipt.data, receipt.len}, &a->in, &a->lender,
                                  &a->own, checks[1], out);
    scf_buf_free(&receipt);
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

static void report_limits(struct check *c, const struct again *a) {
    report_limit(c, "limit", a->shared.limit, a->in.currency);
    if (a->of_lender)
        report_limit(c, "limit of the lender", a->own.limit, a->in.currency);
}

static void report_sound(struct check *c) {
    scf_buf_puts(c->report, "ok    every input and number of the receipt agrees\n");
}

/* ---- the short way ---- */

static bool same_bytes(const struct scf_buf *own, struct scf_str given) {
    while (given.n > 0 && (given.p[given.n - 1] == '\n' || given.p[given.n - 1] == '\r'))
        given.n--;
    return !own->overflow && own->len == given.n && memcmp(own->data, given.p, given.n) == 0;
}

/* Whether the receipt is, to the byte, what is written anew from its inputs. The text is parsed as
 * it stands, without the scanner: whatever a loose parser made of it, text that equals the writer's
 * own is sound JSON, and says what was read. Anything else is told by the long way. */
static bool is_verbatim(struct check *c) {
    struct scf_error ignored = {0};
    const char *above;
    struct again *a = scf_alloc(c->arena, 1, sizeof *a);
    char *copy = scf_strndup(c->arena, c->document.p, c->document.n);
    if (a == NULL || copy == NULL)
        return false;
    c->json = scf_json_parse_unscanned(c->arena, copy, c->document.n);
    if (c->json == NULL || recompute(c, a, &above, &ignored) != RECOMPUTED)
        return false;
    struct scf_buf text;
    scf_buf_init(&text, 2 * RECEIPT_BYTES);
    (void)scf_buf_reserve(&text, c->document.n); /* grows at once to what it will be */
    rewrite(a, true, &text);
    bool same = same_bytes(&text, c->document);
    scf_buf_free(&text);
    if (same) {
        report_limits(c, a);
        report_sound(c);
    }
    return same;
}

/* ---- the long way ---- */

/* Whether the inputs are those the digest was made of, as far as reading them goes. */
static bool same_digest(const struct place *p) {
    const char *given = scf_json_string(p->holder, "inputs_sha256");
    const char *own = scf_json_string(p->own, "inputs_sha256");
    return given != NULL && own != NULL && strcmp(given, own) == 0;
}

/* Other white space only, or something was altered. */
static bool explain(struct check *c, const struct scf_buf *again, struct again *a) {
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
    for (size_t i = 0; i < a->n; i++) {
        a->places[i].own = a->of_lender ? scf_json_get(own, i == 0 ? "receipt" : "lender") : own;
        if (!same_digest(&a->places[i]) && name_altered(c, &a->places[i]))
            return false;
    }
    scf_buf_printf(c->report, "FAIL  %s differs from the recomputation\n",
                   path[0] != '\0' ? path : "the document");
    return false;
}

static bool compare(struct check *c, struct again *a) {
    struct scf_buf text;
    report_limits(c, a);
    scf_buf_init(&text, 2 * RECEIPT_BYTES);
    rewrite(a, false, &text);
    bool sound = explain(c, &text, a);
    scf_buf_free(&text);
    if (sound)
        report_sound(c);
    return sound;
}

/* What cannot be read was altered, or never was a receipt. */
static bool unreadable(struct check *c, const struct again *a, const char *above,
                       const struct scf_error *err) {
    for (size_t i = 0; i < a->n; i++)
        if (name_altered(c, &a->places[i]))
            return false;
    scf_buf_printf(c->report, "FAIL  %s%s\n", above, err->detail);
    return false;
}

static bool verify_slowly(struct check *c) {
    struct scf_error err = {0};
    const char *above;
    struct again *a = scf_alloc(c->arena, 1, sizeof *a);
    char *copy = scf_strndup(c->arena, c->document.p, c->document.n);
    c->json = copy != NULL ? scf_json_parse_large(c->arena, copy, c->document.n, &err) : NULL;
    if (a != NULL && c->json == NULL && copy != NULL) {
        scf_buf_printf(c->report, "FAIL  %s\n", err.detail);
        return false;
    }
    switch (a != NULL && copy != NULL ? recompute(c, a, &above, &err) : TOO_LARGE) {
    case RECOMPUTED:
        return compare(c, a);
    case UNREADABLE:
        return unreadable(c, a, above, &err);
    case TOO_LARGE:
        break;
    }
    scf_buf_puts(c->report, "FAIL  the receipt is too large\n");
    return false;
}

bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) {
    struct check c = {scf_arena_new(VERIFY_BYTES), report, receipt_json, NULL};
    scf_arena_expect(c.arena, TREE_BYTES * receipt_json.n);
    bool sound = is_verbatim(&c);
    if (!sound) {
        scf_arena_reset(c.arena);
        sound = verify_slowly(&c);
    }
    scf_arena_free(c.arena);
    return sound;
}
