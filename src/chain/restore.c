/* The rule for restored databases (docs/restore.md): a database that lacks a block which was
 * published must not be signed under the same origin, for the next block of that size would be a
 * second history. Compares the file of publications with the database, and halts the log.
 * Relies on restore_store and on published. */
#include "restore.h"

#include "restore_store.h"
#include "seal.h"
#include "tile_cache.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"

enum { ARENA_MAX = 256 << 20, LOOK_EVERY_S = 60, LOG_EVERY_S = 60 };

static atomic_int_fast64_t looked_us; /* at everything, by the sealer */

struct look {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_services *services;
    int64_t generation; /* of the database */
    struct scf_publication *items;
    size_t n;
    char why[SCF_HALT_TEXT];
};

static void tell(const char *why) {
    scf_metric_set(scf_gauge("scfd_log_restored", NULL,
                             "1: the database lacks blocks that were published, and nothing is "
                             "sealed or written."),
                   why != NULL);
}

/* Halts, or lets go on, and says so in the log: at once when it changes, else once a minute. */
static void decide(const struct scf_services *services, const char *why) {
    static atomic_int_fast64_t last_us;
    int64_t now = scf_mono_us(), last = atomic_load(&last_us);
    bool changed = scf_published_halt(services->published, why);
    tell(why);
    if (changed)
        scf_tile_cache_clear(services->tiles); /* it may know leaves that are lost */
    if (why == NULL) {
        if (changed)
            scf_log(SCF_LOG_WARN,
                    "The database holds every published block again: sealing goes on");
        return;
    }
    if (!changed && now - last < LOG_EVERY_S * SCF_US_PER_SECOND)
        return;
    atomic_store(&last_us, now);
    scf_log_kv(SCF_LOG_ERROR, "Nothing is sealed and nothing written: docs/restore.md", "reason",
               why, NULL);
}

static void describe(const struct scf_restore_gap *gaps, size_t n, char why[SCF_HALT_TEXT]) {
    const struct scf_restore_gap *g = &gaps[0];
    char id[SCF_ID_TEXT];
    scf_id_format("node", &g->published.chain_id, id);
    snprintf(why, SCF_HALT_TEXT,
             "The database was restored to an earlier state: of chain %s block %" PRId64
             " with %" PRId64 " leaves was published, and it ends with %" PRId64
             " leaves%s. See docs/restore.md.",
             id, g->published.height, g->published.size, g->size, n > 1 ? "; others too" : "");
}

/* Blocks of earlier origins that are lost are settled: the change of the origin quotes them. */
static size_t of_generation(struct scf_publication *items, size_t n, int64_t generation) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i].generation == generation)
            items[kept++] = items[i];
    return kept;
}

/* The file may lag behind: whoever began another origin wrote that into its own. */
static bool is_at_another_origin(struct look *l) {
    int64_t ours = l->services->installation.generation;
    int64_t begun = scf_published_generation(l->services->published);
    if (begun <= l->generation && ours == l->generation)
        return false;
    if (l->generation > ours)
        snprintf(l->why, sizeof l->why,
                 "Origin number %" PRId64 " was begun while this process ran: start it again.",
                 l->generation);
    else
        snprintf(l->why, sizeof l->why,
                 "The database is at origin number %" PRId64 ", but number %" PRId64
                 " was begun. See docs/restore.md.",
                 l->generation, begun > ours ? begun : ours);
    return true;
}

static enum scf_code ask_witnesses(struct look *l, bool *ret_found, struct scf_error *err) {
    struct scf_restore_refusal seen;
    char id[SCF_ID_TEXT];
    enum scf_code code = scf_restore_refused(l->db, l->arena, ret_found, &seen, err);
    if (code != SCF_OK || !*ret_found)
        return code;
    scf_id_format("node", &seen.chain_id, id);
    snprintf(l->why, sizeof l->why,
             "A witness saw a tree of chain %s with %" PRId64
             " leaves that the database does not have. See docs/restore.md.",
             id, seen.size);
    return SCF_OK;
}

static enum scf_code find_gaps(struct look *l, bool *ret_found, struct scf_error *err) {
    struct scf_restore_gap *gaps;
    size_t n;
    *ret_found = is_at_another_origin(l);
    if (*ret_found)
        return SCF_OK;
    if (!scf_published_list(l->services->published, l->arena, &l->items, &l->n))
        return scf_fail_memory(err);
    l->n = of_generation(l->items, l->n, l->generation);
    enum scf_code code = scf_restore_gaps(l->db, l->arena, l->items, l->n, &gaps, &n, err);
    if (code != SCF_OK)
        return code;
    if (n == 0)
        return ask_witnesses(l, ret_found, err);
    *ret_found = true;
    describe(gaps, n, l->why);
    return SCF_OK;
}

/* What other instances sealed, or this one before it could write it down. */
static enum scf_code learn(const struct look *l, struct scf_error *err) {
    struct scf_publication *news;
    size_t n = 0;
    enum scf_code code = scf_published_begin(l->services->published, l->generation, err);
    if (code == SCF_OK)
        code = scf_restore_news(l->db, l->arena, l->generation, l->items, l->n, &news, &n, err);
    if (code != SCF_OK || (n == 0 && !scf_published_behind(l->services->published)))
        return code;
    return scf_published_put(l->services->published, news, n, err);
}

enum scf_code scf_log_check(struct scf_db *db, const struct scf_services *services,
                            struct scf_error *err) {
    struct look l = {.db = db, .services = services};
    bool lacks = false;
    if (services->published == NULL)
        return SCF_OK;
    l.arena = scf_arena_new(ARENA_MAX);
    enum scf_code code = scf_restore_generation(db, l.arena, &l.generation, err);
    if (code == SCF_OK)
        code = find_gaps(&l, &lacks, err);
    if (code == SCF_OK && !lacks)
        code = learn(&l, err);
    if (code == SCF_OK)
        decide(services, lacks ? l.why : NULL);
    scf_arena_free(l.arena);
    return code;
}

enum scf_code scf_log_may_write(const struct scf_services *services, struct scf_error *err) {
    char why[SCF_HALT_TEXT];
    if (!scf_published_halted(services->published, why))
        return SCF_OK;
    return scf_fail(err, SCF_E_LOG_RESTORED, "%s", why);
}

/* ---- for the sealer ---- */

/* A look at everything is due: it was a while ago, or failed, or found something, or a witness has
 * seen something since. */
static enum scf_code is_due(struct scf_db *db, const struct scf_services *services, bool *ret,
                            struct scf_error *err) {
    struct scf_restore_refusal seen;
    char why[SCF_HALT_TEXT];
    int64_t since_us = scf_mono_us() - atomic_load(&looked_us);
    *ret = since_us >= LOOK_EVERY_S * SCF_US_PER_SECOND ||
           scf_published_behind(services->published) ||
           scf_published_halted(services->published, why);
    if (*ret)
        return SCF_OK;
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    enum scf_code code = scf_restore_refused(db, arena, ret, &seen, err);
    scf_arena_free(arena);
    return code;
}

enum scf_code scf_restore_may_seal(struct scf_db *db, const struct scf_services *services,
                                   bool *ret, struct scf_error *err) {
    char why[SCF_HALT_TEXT];
    bool due;
    *ret = services->published == NULL; /* what could not be looked at is not sealed */
    if (*ret)
        return SCF_OK;
    enum scf_code code = is_due(db, services, &due, err);
    if (code == SCF_OK && due) {
        int64_t now = scf_mono_us();
        code = scf_log_check(db, services, err);
        if (code == SCF_OK)
            atomic_store(&looked_us, now);
    }
    if (code != SCF_OK)
        return code;
    *ret = !scf_published_halted(services->published, why);
    return SCF_OK;
}

/* Chains whose state shows at a glance that they hold what was published need no question. */
static bool needs_a_look(const struct scf_seal_state *s, const struct scf_publication *known) {
    return s->height != known->height || !scf_hash_eq(&s->block_hash, &known->block_hash);
}

/* Under the seal rows' locks, which whoever begins another origin takes too: this process may have
 * been cut off from the database meanwhile, and would go on signing under the name before. */
static enum scf_code check_generation(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_services *services, bool *ret,
                                      struct scf_error *err) {
    struct look l = {.services = services};
    enum scf_code code = scf_restore_generation(db, arena, &l.generation, err);
    if (code != SCF_OK)
        return code;
    *ret = !is_at_another_origin(&l);
    if (!*ret)
        decide(services, l.why);
    return SCF_OK;
}

enum scf_code scf_restore_holds(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services,
                                const struct scf_seal_state *states, size_t n, bool *ret,
                                struct scf_error *err) {
    struct scf_restore_gap *gaps;
    size_t asked = 0, lacking;
    char why[SCF_HALT_TEXT];
    *ret = true;
    if (services->published == NULL)
        return SCF_OK;
    enum scf_code code = check_generation(db, arena, services, ret, err);
    if (code != SCF_OK || !*ret)
        return code;
    struct scf_publication *items = scf_alloc(arena, n, sizeof *items);
    if (items == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct scf_publication known;
        if (scf_published_find(services->published, &states[i].chain_id, &known) &&
            known.generation == services->installation.generation &&
            needs_a_look(&states[i], &known))
            items[asked++] = known;
    }
    code = scf_restore_gaps(db, arena, items, asked, &gaps, &lacking, err);
    if (code != SCF_OK || lacking == 0)
        return code;
    *ret = false;
    describe(gaps, lacking, why);
    decide(services, why);
    return SCF_OK;
}

enum scf_code scf_restore_remember(const struct scf_services *services,
                                   const struct scf_sealed_block *blocks, size_t n,
                                   struct scf_error *err) {
    struct scf_publication items[SCF_SEAL_CHAINS_MAX];
    if (services->published == NULL || n == 0)
        return SCF_OK;
    SCF_ASSERT(n <= SCF_COUNT(items));
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct scf_publication){
            .chain_id = blocks[i].chain_id,
            .generation = services->installation.generation,
            .height = blocks[i].block.height,
            .size = blocks[i].block.size,
            .block_hash = blocks[i].hash,
        };
    }
    return scf_published_put(services->published, items, n, err);
}
