/* What a batch of increments rests on: accounts under their locks, then contracts, enterprises,
 * windows, guarantees and trade views, each in one statement for all.
 *
 * The accounts are locked first, so that everything below is read after whatever another run or
 * assessment of the same contract wrote: nothing is granted twice, and nothing is granted on
 * evidence that another one has seen withdrawn.
 * Relies on increment_gather_store.c, and on credit/gather.h for reading bodies. */
#include "increment_batch.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for a batch of increments");
}

static void fail_run(struct scf_batch *b, size_t i, const struct scf_error *why) {
    b->fate[i] = SCF_BATCH_FAILED;
    b->runs[i].problem = *why;
    b->runs[i].problem.faults = NULL;
}

static bool goes(const struct scf_batch *b, size_t i) {
    return b->fate[i] == SCF_BATCH_GO;
}

static bool make_room(struct scf_batch *b) {
    size_t n = b->n;
    b->accounts = scf_alloc(b->arena, n, sizeof *b->accounts);
    b->marks = scf_alloc(b->arena, n, sizeof *b->marks);
    b->inputs = scf_alloc(b->arena, n, sizeof *b->inputs);
    b->contracts = scf_alloc(b->arena, n, sizeof *b->contracts);
    b->profiles = scf_alloc(b->arena, n, sizeof *b->profiles);
    b->templates = scf_alloc(b->arena, n, sizeof *b->templates);
    b->records = scf_alloc(b->arena, n, sizeof *b->records);
    b->results = scf_alloc(b->arena, n, sizeof *b->results);
    b->documents = scf_alloc(b->arena, n, sizeof *b->documents);
    b->receipts = scf_alloc(b->arena, n, sizeof *b->receipts);
    b->fate = scf_alloc(b->arena, n, sizeof *b->fate);
    return b->accounts && b->marks && b->inputs && b->contracts && b->profiles && b->templates &&
           b->records && b->results && b->documents && b->receipts && b->fate;
}

/* ---- accounts ---- */

/* Those of one currency, which begin at run i; returns how many there are. */
static size_t of_currency(const struct scf_batch *b, size_t i, struct scf_uuid *keys) {
    size_t n = 0;
    for (; i + n < b->n && strcmp(b->runs[i + n].currency, b->runs[i].currency) == 0; n++)
        keys[n] = b->runs[i + n].contract_key;
    return n;
}

static int by_currency(const void *a, const void *b) {
    const struct scf_limit_run *x = a, *y = b;
    int order = strcmp(x->currency, y->currency);
    return order != 0 ? order : scf_uuid_compare(&x->contract_key, &y->contract_key);
}

static enum scf_code lock_accounts(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    struct scf_uuid *keys = scf_alloc(b->arena, b->n, sizeof *keys);
    const struct scf_uuid **ids = scf_alloc(b->arena, 2 * b->n, sizeof *ids);
    struct scf_str *currencies = scf_alloc(b->arena, b->n, sizeof *currencies);
    if (keys == NULL || ids == NULL || currencies == NULL)
        return no_memory(err);
    qsort(b->runs, b->n, sizeof *b->runs, by_currency);
    for (size_t i = 0; i < b->n; i++) {
        ids[i] = &b->runs[i].borrower_id;
        ids[b->n + i] = &b->runs[i].contract_key;
        currencies[i] = scf_str(b->runs[i].currency);
    }
    enum scf_code code = scf_borrowers_lock(db, b->arena, ids, ids + b->n, currencies, b->n, err);
    for (size_t i = 0, n = 0; code == SCF_OK && i < b->n; i += n) {
        n = of_currency(b, i, keys);
        code = scf_account_lock(db, b->arena, keys, n, b->runs[i].currency, &b->runs[i].borrower_id,
                                b->now_us, &b->accounts[i], err);
    }
    return code;
}

/* An assessment for a later time has taken all of this into account, and perhaps seen withdrawn
 * what this run would still count. */
static enum scf_code read_marks(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(b->arena, b->n, sizeof *keys);
    struct scf_str *currencies = scf_alloc(b->arena, b->n, sizeof *currencies);
    if (keys == NULL || currencies == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        keys[i] = &b->runs[i].contract_key;
        currencies[i] = scf_str(b->runs[i].currency);
    }
    enum scf_code code = scf_marks_read(db, b->arena, keys, currencies, b->n, b->marks, err);
    for (size_t i = 0; code == SCF_OK && i < b->n; i++)
        if (b->marks[i].as_of_us > b->as_of_us)
            b->fate[i] = SCF_BATCH_SUPERSEDED;
    return code;
}

/* ---- the same for every run ---- */

static enum scf_code begin_inputs(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    struct scf_policy policy;
    int32_t to = scf_day_of(b->as_of_us);
    enum scf_code code = scf_policy_in_force(db, b->arena, b->as_of_us, &policy, err);
    for (size_t i = 0; code == SCF_OK && i < b->n; i++) {
        const struct scf_limit_run *run = &b->runs[i];
        b->inputs[i] = (struct scf_limit_inputs){
            .assessment_id = scf_uuid_new(),
            .borrower_id = run->borrower_id,
            .policy = policy,
            .as_of_us = b->as_of_us,
            .from_day = to - (int32_t)b->services->config->rating_window_days + 1,
            .to_day = to,
            .contracts = &b->contracts[i],
            .contract_count = 1,
            .kind = SCF_KIND_PERIODIC,
            .product = SCF_PRODUCT_ORDER,
            .period = run->period,
        };
        memcpy(b->inputs[i].currency, run->currency, 4);
    }
    return code;
}

/* ---- enterprises and their windows ---- */

static int by_id(const void *a, const void *b) {
    return scf_uuid_compare(a, b);
}

/* The borrowers of the batch, each once, ascending. */
static struct scf_uuid *distinct_borrowers(struct scf_batch *b, size_t *ret_n) {
    struct scf_uuid *ids = scf_alloc(b->arena, b->n, sizeof *ids);
    size_t n = 0;
    if (ids == NULL)
        return NULL;
    for (size_t i = 0; i < b->n; i++)
        ids[i] = b->runs[i].borrower_id;
    qsort(ids, b->n, sizeof *ids, by_id);
    for (size_t i = 0; i < b->n; i++)
        if (n == 0 || !scf_uuid_eq(&ids[n - 1], &ids[i]))
            ids[n++] = ids[i];
    *ret_n = n;
    return ids;
}

struct borrower {
    const struct scf_batch_enterprise *enterprise; /* NULL: there is none */
    const struct scf_template *tmpl;               /* NULL: none is in force */
};

static enum scf_code judge(const struct borrower *who, struct scf_error *err) {
    if (who->enterprise == NULL)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such enterprise");
    if (who->tmpl == NULL)
        return scf_fail(err, SCF_E_WRONG_STATE, "No workflow template is in force to rate by");
    return SCF_OK;
}

/* The profile is read per run and not per borrower: its figures go by the run's currency. */
static void take_borrower(struct scf_batch *b, size_t i, const struct borrower *who,
                          const struct scf_batch_window *w) {
    struct scf_limit_inputs *in = &b->inputs[i];
    struct scf_error why = {0};
    enum scf_code code = judge(who, &why);
    if (code == SCF_OK)
        code = scf_gather_profile(b->arena, who->enterprise->profile, in, &b->profiles[i], &why);
    if (code != SCF_OK) {
        fail_run(b, i, &why);
        return;
    }
    scf_gather_template(in, who->tmpl);
    b->templates[i] = who->tmpl;
    in->sums = w->sums;
    in->sum_count = w->sum_count;
    in->chains = w->chains;
    in->chain_count = w->chain_count;
    in->chains_left_out = w->chains_left_out;
    in->history_periods = w->history_periods;
}

static size_t index_of(const struct scf_uuid *ids, size_t n, const struct scf_uuid *id) {
    const struct scf_uuid *found = bsearch(id, ids, n, sizeof *ids, by_id);
    SCF_ASSERT(found != NULL);
    return (size_t)(found - ids);
}

static enum scf_code read_seals(struct scf_db *db, struct scf_batch *b,
                                struct scf_batch_window *windows, size_t n, struct scf_error *err) {
    size_t count = 0, sealed;
    struct scf_limit_chain *list;
    for (size_t i = 0; i < n; i++)
        count += windows[i].chain_count;
    struct scf_uuid *ids = scf_alloc(b->arena, count, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < windows[i].chain_count; k++)
            ids[count++] = windows[i].chains[k].chain_id;
    enum scf_code code = scf_batch_seals(db, b->arena, ids, count, &list, &sealed, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        for (size_t k = 0; k < windows[i].chain_count; k++) {
            struct scf_limit_chain *chain = &windows[i].chains[k];
            const struct scf_limit_chain *seal =
                bsearch(chain, list, sealed, sizeof *list, by_id); /* the id comes first */
            if (seal == NULL)
                return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
            chain->sealed_size = seal->sealed_size;
            chain->sealed_root = seal->sealed_root;
        }
    }
    return code;
}
static_assert(offsetof(struct scf_limit_chain, chain_id) == 0, "by_id finds chains too");

static enum scf_code read_borrowers(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    size_t n = 0, count;
    struct scf_batch_enterprise *found;
    struct scf_uuid *ids = distinct_borrowers(b, &n);
    struct borrower *borrowers = scf_alloc(b->arena, n, sizeof *borrowers);
    struct scf_batch_window *windows = scf_alloc(b->arena, n, sizeof *windows);
    if (ids == NULL || borrowers == NULL || windows == NULL)
        return no_memory(err);
    enum scf_code code = scf_batch_enterprises(db, b->arena, ids, n, &found, &count, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < count; i++) {
        size_t at = index_of(ids, n, &found[i].id);
        borrowers[at].enterprise = &found[i];
        borrowers[at].tmpl = scf_templates_for(b->services->templates, SCF_REC_WORKFLOW_EVENT,
                                               found[i].industry_code, b->as_of_us);
        windows[at].period =
            borrowers[at].tmpl != NULL ? borrowers[at].tmpl->period : SCF_PERIOD_MONTH;
    }
    code = scf_batch_windows(db, b->arena, ids, n, b->inputs[0].from_day, b->inputs[0].to_day,
                             windows, err);
    if (code == SCF_OK)
        code = read_seals(db, b, windows, n, err);
    for (size_t i = 0; code == SCF_OK && i < b->n; i++) {
        size_t at = index_of(ids, n, &b->runs[i].borrower_id);
        if (goes(b, i))
            take_borrower(b, i, &borrowers[at], &windows[at]);
    }
    return code;
}

/* ---- contracts ---- */

static void take_account(const struct scf_account *a, const struct scf_limit_mark *mark,
                         struct scf_limit_contract *k) {
    k->initial_limit = a->initial;
    k->increments = a->increments;
    k->held = a->held;
    k->used = a->used;
    k->frozen = a->frozen;
    /* increments that no assessment of this engine marked: nobody knows, so that least is taken */
    bool known = mark->as_of_us != INT64_MIN;
    k->best_credibility_ppm = a->increments == 0 ? 0 : known ? mark->best_credibility_ppm : SCF_PPM;
}

static enum scf_code read_guarantees(struct scf_db *db, struct scf_batch *b,
                                     const struct scf_uuid *keys, struct scf_error *err) {
    struct scf_batch_guarantee *list;
    size_t count;
    enum scf_code code = scf_batch_guarantees(db, b->arena, keys, b->n, &list, &count, err);
    struct scf_reported_guarantee *reported =
        code == SCF_OK ? scf_alloc(b->arena, count, sizeof *reported) : NULL;
    if (code == SCF_OK && reported == NULL)
        return no_memory(err);
    for (size_t from = 0, n = 0; code == SCF_OK && from < count; from += n) {
        size_t i = list[from].which;
        for (n = 0; from + n < count && list[from + n].which == i; n++)
            reported[from + n] = list[from + n].reported;
        code = scf_gather_guarantees(b->arena, &b->runs[i].borrower_id, &reported[from], n,
                                     &b->contracts[i], err);
    }
    return code;
}

static enum scf_code read_trade(struct scf_db *db, struct scf_batch *b,
                                const struct scf_trade_contract *asked, const size_t *which,
                                size_t n, struct scf_error *err) {
    struct scf_trade_view *views = scf_alloc(b->arena, n, sizeof *views);
    if (views == NULL)
        return no_memory(err);
    /* the policy's rules, which findings point to, are the same for every run */
    enum scf_code code = scf_trade_views(db, b->arena, &b->inputs[0].policy, asked, n, b->as_of_us,
                                         NULL, 0, views, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        struct scf_error why = {0};
        b->contracts[which[i]].trade = views[i];
        if (scf_trade_view_fits(&views[i], &why) != SCF_OK)
            fail_run(b, which[i], &why);
    }
    return code;
}

static enum scf_code read_contracts(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    struct scf_uuid *keys = scf_alloc(b->arena, b->n, sizeof *keys);
    bool *found = scf_alloc(b->arena, b->n, sizeof *found);
    struct scf_trade_contract *asked = scf_alloc(b->arena, b->n, sizeof *asked);
    size_t *which = scf_alloc(b->arena, b->n, sizeof *which), n = 0;
    if (keys == NULL || found == NULL || asked == NULL || which == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++)
        keys[i] = b->runs[i].contract_key;
    enum scf_code code =
        scf_batch_contracts(db, b->arena, keys, b->n, b->as_of_us, b->records, found, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < b->n; i++) {
        if (!goes(b, i))
            continue;
        if (!found[i]) {
            struct scf_error why = {0};
            (void)scf_fail(&why, SCF_E_NOT_FOUND, "No record of the contract had come by then");
            fail_run(b, i, &why);
            continue;
        }
        const cJSON *body = scf_gather_contract(b->arena, &b->runs[i].borrower_id, &b->records[i],
                                                &b->contracts[i]);
        take_account(&b->accounts[i], &b->marks[i], &b->contracts[i]);
        asked[n] = scf_gather_trade(&b->records[i], body, b->templates[i]);
        which[n++] = i;
    }
    if (n > 0)
        code = read_trade(db, b, asked, which, n, err);
    if (code == SCF_OK)
        code = scf_gather_standings(db, b->arena, b->contracts, b->n, err);
    if (code == SCF_OK)
        code = scf_gather_debtors(db, b->arena, b->profiles, b->inputs, b->n, err);
    if (code == SCF_OK)
        code = scf_gather_need_sources(db, b->arena, b->inputs, b->n, err);
    return code == SCF_OK ? read_guarantees(db, b, keys, err) : code;
}

enum scf_code scf_batch_gather(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    if (!make_room(b))
        return no_memory(err);
    enum scf_code code = lock_accounts(db, b, err);
    code = code == SCF_OK ? read_marks(db, b, err) : code;
    code = code == SCF_OK ? begin_inputs(db, b, err) : code;
    code = code == SCF_OK ? read_borrowers(db, b, err) : code;
    return code == SCF_OK ? read_contracts(db, b, err) : code;
}
