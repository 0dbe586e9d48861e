/* Views of many contracts: facts and sales are read together, each view is made of its own. */
#include "fact_store.h"
#include "view.h"

/* The facts of a contract within the sorted list. */
static size_t first_fact(const struct scf_facts *f, const struct scf_uuid *key) {
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scf_uuid_compare(&f->facts[middle].contract_key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_facts(const struct scf_facts *f, size_t from, const struct scf_uuid *key) {
    size_t n = 0;
    while (from + n < f->n && scf_uuid_eq(&f->facts[from + n].contract_key, key))
        n++;
    return n;
}

enum scf_code scf_trade_views(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_policy *policy,
                              const struct scf_trade_contract *contracts, size_t n,
                              int64_t as_of_us, const struct scf_trade_chain *limits,
                              size_t limit_count, struct scf_trade_view *ret,
                              struct scf_error *err) {
    struct scf_facts facts;
    struct scf_trade_view *views = scf_alloc(arena, n, sizeof *views);
    if (views == NULL)
        return scf_fail_memory(err);
    enum scf_code code =
        scf_facts_load(db, arena, contracts, n, as_of_us, limits, limit_count, &facts, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        const struct scf_uuid *key = &contracts[i].contract_key;
        size_t from = first_fact(&facts, key), count = count_facts(&facts, from, key);
        struct scf_case c = {
            .arena = arena, .policy = policy, .contract = &contracts[i], .as_of_us = as_of_us};
        if (count > SCF_TRADE_MAX_FACTS ||
            !scf_view_make(&c, facts.facts + from, facts.folded + from, count, &views[i]))
            return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contract has too many records");
    }
    memcpy(ret, views, n * sizeof *ret);
    return SCF_OK;
}
