/* The catalogue: every published template in memory, found without a lock.
 *
 * Templates are only ever added. A reload builds a new index over the old templates and the new
 * ones and swaps one atomic pointer; superseded indexes and all templates live until the catalogue
 * is freed, so a reader needs no lock and no pointer dangles. Reloads take turns under a mutex,
 * which also guards the database connection.
 * Relies on template_store.c and template_parse.c. */
#include "parse.h"
#include "scfd/base/log.h"
#include "scfd/template/shipped.h"
#include "store.h"

#include "scfd/base/clock.h"

enum { CATALOGUE_BYTES = 64 << 20, SHIP_BYTES = 16 << 20 };

/* Built once, then only read. Lives in its own arena, with the templates it brought. */
struct generation {
    struct scf_arena *arena;
    struct generation *older;
    size_t n;
    const struct scf_template **by_id;   /* ascending */
    const struct scf_template **by_rank; /* see rank_order */
};

struct scf_templates {
    pthread_mutex_t reload;
    struct scf_db *db; /* under `reload` */
    _Atomic(struct generation *) newest;
};

/* ---- the order of preference ---- */

static size_t specificity(const struct scf_template *t) {
    return strcmp(t->industry_code, "*") == 0 ? 0 : strlen(t->industry_code);
}

/* Within a kind the longest industry code first, then the latest in force, then the newest. */
static int rank_order(const void *pa, const void *pb) {
    const struct scf_template *a = *(const struct scf_template *const *)pa;
    const struct scf_template *b = *(const struct scf_template *const *)pb;
    if (a->applies_to != b->applies_to)
        return a->applies_to < b->applies_to ? -1 : 1;
    if (specificity(a) != specificity(b))
        return specificity(a) > specificity(b) ? -1 : 1;
    if (a->effective_from_us != b->effective_from_us)
        return a->effective_from_us > b->effective_from_us ? -1 : 1;
    return (a->id < b->id) - (a->id > b->id);
}

static int id_order(const void *pa, const void *pb) {
    const struct scf_template *a = *(const struct scf_template *const *)pa;
    const struct scf_template *b = *(const struct scf_template *const *)pb;
    return (a->id > b->id) - (a->id < b->id);
}

const struct scf_template *scf_templates_for(struct scf_templates *t, enum scf_record_kind kind,
                                             struct scf_str industry_code, int64_t at_us) {
    const struct generation *g = atomic_load_explicit(&t->newest, memory_order_acquire);
    for (size_t i = 0; i < g->n; i++) {
        const struct scf_template *c = g->by_rank[i];
        if (c->applies_to == kind && c->effective_from_us <= at_us &&
            (specificity(c) == 0 || scf_str_starts(industry_code, c->industry_code)))
            return c;
    }
    return NULL;
}

const struct scf_template *scf_templates_by_code(struct scf_templates *t, enum scf_record_kind kind,
                                                 struct scf_str code, int64_t at_us) {
    const struct generation *g = atomic_load_explicit(&t->newest, memory_order_acquire);
    for (size_t i = 0; i < g->n; i++) {
        const struct scf_template *c = g->by_rank[i];
        if (c->applies_to == kind && c->effective_from_us <= at_us && scf_str_is(code, c->code))
            return c;
    }
    return NULL;
}

const struct scf_template *scf_templates_by_id(struct scf_templates *t, int32_t id) {
    const struct generation *g = atomic_load_explicit(&t->newest, memory_order_acquire);
    const struct scf_template wanted = {.id = id}, *key = &wanted;
    const struct scf_template *const *found =
        g->n == 0 ? NULL : bsearch(&key, g->by_id, g->n, sizeof *g->by_id, id_order);
    return found != NULL ? *found : NULL;
}

/* ---- loading ---- */

static enum scf_code read_template(struct scf_arena *arena, const struct scf_template_row *row,
                                   const struct scf_template **ret, struct scf_error *err) {
    struct scf_template *t;
    enum scf_code code = scf_template_parse(arena, row->definition, NULL, &t, err);
    if (code != SCF_OK)
        return scf_fail(err, SCF_E_INTERNAL, "The stored template %d cannot be read", row->id);
    t->id = row->id;
    t->uuid = row->uuid;
    t->revision = row->revision;
    t->published = true;
    *ret = t;
    return SCF_OK;
}

static enum scf_code build(struct scf_arena *arena, struct generation *older,
                           const struct scf_template_row *rows, int n, struct generation **ret,
                           struct scf_error *err) {
    size_t before = older != NULL ? older->n : 0, total = before + (size_t)n;
    struct generation *g = scf_alloc(arena, 1, sizeof *g);
    const struct scf_template **by_id = scf_alloc(arena, total, sizeof *by_id);
    const struct scf_template **by_rank = scf_alloc(arena, total, sizeof *by_rank);
    if (g == NULL || by_id == NULL || by_rank == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The template catalogue is full");
    for (size_t i = 0; i < before; i++)
        by_id[i] = older->by_id[i];
    for (int i = 0; i < n; i++) {
        enum scf_code code = read_template(arena, &rows[i], &by_id[before + (size_t)i], err);
        if (code != SCF_OK)
            return code;
    }
    memcpy(by_rank, by_id, total * sizeof *by_id);
    qsort(by_id, total, sizeof *by_id, id_order);
    qsort(by_rank, total, sizeof *by_rank, rank_order);
    *g = (struct generation){arena, older, total, by_id, by_rank};
    *ret = g;
    return SCF_OK;
}

/* `reload` held. */
static enum scf_code load(struct scf_templates *t, struct scf_arena *arena, bool *ret_kept,
                          struct scf_error *err) {
    struct generation *older = atomic_load_explicit(&t->newest, memory_order_relaxed);
    size_t known_n = older != NULL ? older->n : 0;
    int32_t *known = scf_alloc(arena, known_n, sizeof *known);
    struct scf_template_row *rows;
    int n;
    for (size_t i = 0; known != NULL && i < known_n; i++)
        known[i] = older->by_id[i]->id;
    if (known == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The template catalogue is full");
    enum scf_code code = scf_template_published(t->db, arena, known, known_n, &rows, &n, err);
    if (code != SCF_OK || (n == 0 && older != NULL))
        return code;
    struct generation *g;
    code = build(arena, older, rows, n, &g, err);
    if (code == SCF_OK) {
        *ret_kept = true;
        atomic_store_explicit(&t->newest, g, memory_order_release);
    }
    return code;
}

enum scf_code scf_templates_reload(struct scf_templates *t, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(CATALOGUE_BYTES);
    bool kept = false;
    pthread_mutex_lock(&t->reload);
    enum scf_code code = load(t, arena, &kept, err);
    pthread_mutex_unlock(&t->reload);
    if (!kept)
        scf_arena_free(arena);
    return code;
}

enum scf_code scf_templates_open(const char *database_url, struct scf_templates **ret,
                                 struct scf_error *err) {
    struct scf_templates *t = calloc(1, sizeof *t);
    SCF_ASSERT(t != NULL);
    pthread_mutex_init(&t->reload, NULL);
    t->db = scf_db_new(database_url, "scfd templates", 5000);
    enum scf_code code = scf_templates_reload(t, err);
    if (code != SCF_OK) {
        scf_templates_free(t);
        return code;
    }
    *ret = t;
    return SCF_OK;
}

void scf_templates_free(struct scf_templates *t) {
    if (t == NULL)
        return;
    struct generation *g = atomic_load(&t->newest);
    while (g != NULL) {
        struct generation *older = g->older;
        scf_arena_free(g->arena); /* g lives in it */
        g = older;
    }
    scf_db_free(t->db);
    pthread_mutex_destroy(&t->reload);
    free(t);
}

void scf_templates_on_notify(void *templates, const char *topic, bool connected) {
    if (!connected || (topic != NULL && strcmp(topic, "templates") != 0))
        return;
    struct scf_error err = {0};
    if (scf_templates_reload(templates, &err) != SCF_OK)
        scf_log_error("reload of the templates", &err);
}

/* ---- the templates that ship ---- */

static enum scf_code ship_one(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *platform_id, const char *text,
                              struct scf_error *err) {
    struct scf_template *t;
    struct scf_template_row row;
    bool known = false;
    enum scf_code code = scf_template_parse(arena, scf_str(text), NULL, &t, err);
    if (code == SCF_OK)
        code = scf_template_code_known(db, arena, t->code, &known, err);
    if (code != SCF_OK || known)
        return code;
    int64_t now_us = scf_now_us();
    code = scf_template_insert(db, arena, t, scf_str(text), now_us, &row, err);
    return code == SCF_OK ? scf_template_publish(db, arena, platform_id, &row, now_us, err) : code;
}

enum scf_code scf_templates_ship(struct scf_db *db, const struct scf_uuid *platform_id,
                                 struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(SHIP_BYTES);
    int64_t platform_size;
    /* The chain's head first: instances that start together take turns. */
    enum scf_code code = scf_chain_lock(db, arena, platform_id, &platform_size, err);
    for (const char *const *text = scf_shipped_templates; code == SCF_OK && *text != NULL; text++)
        code = ship_one(db, arena, platform_id, *text, err);
    scf_arena_free(arena);
    return code;
}
