/* Folding chains: batches in chain order, each in one transaction with its cursor, so that every
 * leaf is folded exactly once whoever folds. Relies on fold.c for the arithmetic and on
 * rollup_store.c and rollup_save_store.c for the rows; the facts of contracts are the room trade's.
 */
#include "rollup_impl.h"

#include "scfd/base/clock.h"
#include "scfd/base/metrics.h"
#include "scfd/party/services.h"
#include "scfd/trade/trade.h"

enum {
    FOLD_BYTES = 512 << 20, /* an upper bound; a batch takes a tenth of it */
    RUN_MAX_MS = 300,       /* of one run, and the batch in hand: sealing shares its thread */
    READ_MAX_MS = 300       /* for one reader, and the batch in hand */
};

struct batch {
    struct scf_arena *arena;
    struct scf_templates *templates;
    const struct scf_uuid *chain_id;
    bool wait;
    bool skipped;   /* another folder has the chain */
    int64_t folded; /* afterwards */
    size_t leaves;  /* folded by this batch */
};

/* A template published by another instance may not be in the catalogue yet. */
static const struct scf_template *template_of(void *templates, int32_t id) {
    const struct scf_template *t = scf_templates_by_id(templates, id);
    struct scf_error ignored = {0}; /* the caller reports the unknown template */
    if (t == NULL && scf_templates_reload(templates, &ignored) == SCF_OK)
        t = scf_templates_by_id(templates, id);
    return t;
}

/* What of the leaves others want to hear of: most batches hold nothing of the kind, and reading
 * them again for nothing would cost as much as folding them. */
struct news {
    bool of_contracts, invoices, red;
};

static struct news news_of(const struct scf_record *leaves, size_t n) {
    struct news s = {0};
    for (size_t i = 0; i < n; i++) {
        const struct scf_record *r = &leaves[i];
        s.of_contracts |= !scf_uuid_is_nil(&r->contract_key) || !scf_uuid_is_nil(&r->revises_id);
        s.invoices |= r->kind == SCF_REC_INVOICE;
        s.red |= r->kind == SCF_REC_INVOICE && r->amount < 0;
    }
    return s;
}

static enum scf_code pass_on(struct scf_db *db, const struct batch *b, const struct news *news,
                             int64_t from, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (news->of_contracts)
        code = scf_trade_fold(db, b->arena, b->chain_id, from, b->folded, err);
    if (code == SCF_OK && news->invoices)
        code = scf_rollup_watch(db, b->arena, b->chain_id, from, b->folded, news->red, err);
    return code;
}

static enum scf_code fold_batch(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct batch *b = ctx;
    struct scf_record *leaves;
    struct scf_fold fold;
    size_t n;
    int64_t from;
    scf_arena_reset(b->arena);
    enum scf_code code = scf_rollup_lock(db, b->arena, b->chain_id, b->wait, &from, err);
    if (code != SCF_OK)
        return code;
    b->skipped = from < 0;
    b->leaves = 0;
    if (b->skipped)
        return SCF_OK;
    b->folded = from;
    code = scf_rollup_leaves(db, b->arena, b->chain_id, from, &leaves, &n, err);
    if (code != SCF_OK || n == 0)
        return code;
    code = scf_fold_collect(&fold, b->arena, leaves, n, template_of, b->templates, err);
    if (code == SCF_OK)
        code = scf_rollup_load(db, b->arena, b->chain_id, &fold, err);
    if (code != SCF_OK)
        return code;
    scf_fold_run(&fold, leaves, n);
    b->leaves = n;
    b->folded = from + (int64_t)n;
    const struct news news = news_of(leaves, n);
    code = pass_on(db, b, &news, from, err);
    if (code != SCF_OK)
        return code;
    return scf_rollup_save(db, b->arena, b->chain_id, &fold, b->folded, err);
}

enum scf_code scf_rollup_chain(struct scf_db *db, struct scf_templates *templates,
                               const struct scf_uuid *chain_id, int64_t until, bool wait,
                               int64_t stop_us, struct scf_error *err) {
    struct scf_metric *folded = scf_counter("scfd_rollup_leaves_total", NULL,
                                            "Leaves folded into totals by this instance.");
    struct batch b = {.arena = scf_arena_new(FOLD_BYTES),
                      .templates = templates,
                      .chain_id = chain_id,
                      .wait = wait};
    enum scf_code code;
    do {
        code = scf_tx_run(db, fold_batch, &b, err);
        if (code == SCF_OK)
            scf_metric_add(folded, (int64_t)b.leaves);
    } while (code == SCF_OK && !b.skipped && b.leaves > 0 && b.folded < until &&
             scf_mono_us() < stop_us);
    scf_arena_free(b.arena);
    return code;
}

enum scf_code scf_rollup_contract(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services,
                                  const struct scf_uuid *contract_key, struct scf_error *err) {
    static const struct scf_uuid no_enterprise;
    struct scf_unfolded *chains;
    int n;
    int64_t stop_us = scf_mono_us() + READ_MAX_MS * INT64_C(1000);
    enum scf_code code = scf_rollup_pending(db, arena, &chains, &n, err);
    for (int i = 0; code == SCF_OK && i < n && scf_mono_us() < stop_us; i++) {
        bool concerned = false;
        code = scf_rollup_touches(db, arena, &chains[i], &no_enterprise, &contract_key, 1,
                                  &concerned, err);
        if (code == SCF_OK && concerned)
            code = scf_rollup_chain(db, services->templates, &chains[i].chain_id, chains[i].size,
                                    true, stop_us, err);
    }
    return code;
}

/* A chain that cannot be folded must not keep the others from it: the first error is reported, the
 * rest goes on. What a run does not get to is left for the next one, which meets the chains in
 * another order. */
enum scf_code scf_rollup_task(struct scf_db *db, struct scf_arena *arena, void *app,
                              struct scf_error *err) {
    const struct scf_services *services = app;
    struct scf_unfolded *chains;
    int n;
    enum scf_code code = scf_rollup_pending(db, arena, &chains, &n, err);
    enum scf_code first = code;
    int64_t stop_us = scf_mono_us() + RUN_MAX_MS * INT64_C(1000);
    for (int i = 0; code == SCF_OK && i < n && scf_mono_us() < stop_us; i++) {
        struct scf_error one = {0};
        enum scf_code c = scf_rollup_chain(db, services->templates, &chains[i].chain_id,
                                           chains[i].size, false, stop_us, &one);
        if (c != SCF_OK && first == SCF_OK) {
            first = c;
            *err = one;
        }
    }
    return first;
}
