/* The set of statements prepared on one connection: names hashed with FNV-1a, open addressing. It
 * is emptied when the connection is replaced. */
#include "db_impl.h"

static uint64_t fnv1a(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

uint64_t scf_params_types(const struct scf_params *params) {
    return params ? fnv1a(params->types, sizeof params->types[0] * (size_t)params->n)
                  : fnv1a("", 0);
}

/* The slot of `name`, or the free slot where it belongs. */
static struct prepared *slot_of(const struct prepared_set *set, const char *name) {
    size_t mask = set->capacity - 1;
    size_t i = (size_t)fnv1a(name, strlen(name)) & mask;
    while (set->slots[i].name && strcmp(set->slots[i].name, name) != 0)
        i = (i + 1) & mask;
    return &set->slots[i];
}

enum prepared_state scf_prepared_find(const struct prepared_set *set, const struct scf_stmt *stmt,
                                      uint64_t types) {
    if (set->capacity == 0)
        return PREPARED_NO;
    const struct prepared *p = slot_of(set, stmt->name);
    if (!p->name)
        return PREPARED_NO;
    bool same = p->types == types && (p->sql == stmt->sql || !strcmp(p->sql, stmt->sql));
    return same ? PREPARED_YES : PREPARED_OTHERWISE;
}

static void grow(struct prepared_set *set) {
    struct prepared_set bigger = {.used = set->used,
                                  .capacity = set->capacity ? 2 * set->capacity : 64};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    SCF_ASSERT(bigger.slots);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i].name)
            *slot_of(&bigger, set->slots[i].name) = set->slots[i];
    free(set->slots);
    *set = bigger;
}

void scf_prepared_add(struct prepared_set *set, const struct scf_stmt *stmt, uint64_t types) {
    SCF_ASSERT(strlen(stmt->name) < 64); /* the server cuts longer names */
    if (2 * (set->used + 1) > set->capacity)
        grow(set);
    struct prepared *p = slot_of(set, stmt->name);
    if (!p->name)
        set->used++;
    *p = (struct prepared){.name = stmt->name, .sql = stmt->sql, .types = types};
}

void scf_prepared_clear(struct prepared_set *set) {
    free(set->slots);
    *set = (struct prepared_set){0};
}
