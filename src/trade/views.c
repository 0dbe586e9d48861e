/* Views of many contracts: facts and sales are read together, each view is made of its own. */
#include "revenue_store.h"
#include "sale_store.h"
#include "view.h"

enum scf_code scf_trade_views(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_policy *policy,
                              const struct scf_trade_contract *contracts, size_t n,
                              int64_t as_of_us, const struct scf_trade_chain *limits,
                              size_t limit_count, struct scf_trade_view *ret,
                              struct scf_error *err) {
    const struct scf_check_rule *round_trip = scf_policy_check(policy, SCF_CHECK_ROUND_TRIP);
    struct scf_trade_view *views = scf_alloc(arena, n, sizeof *views);
    struct scf_sales *sales = scf_alloc(arena, n, sizeof *sales);
    struct scf_revenue *revenue = scf_alloc(arena, n, sizeof *revenue);
    struct scf_facts facts;
    if (views == NULL || sales == NULL || revenue == NULL)
        return scf_fail_memory(err);
    enum scf_code code =
        scf_facts_load(db, arena, contracts, n, as_of_us, limits, limit_count, &facts, err);
    if (code == SCF_OK && round_trip != NULL)
        code = scf_sales_load(db, arena, round_trip, contracts, n, &facts, as_of_us, limits,
                              limit_count, sales, err);
    /* profiles are not read from chains: who may see only some of these sees no revenue */
    if (code == SCF_OK && limits == NULL && scf_policy_check(policy, SCF_CHECK_DECLARED_REVENUE))
        code = scf_revenue_load(db, arena, contracts, n, as_of_us, revenue, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        size_t count;
        const struct scf_fact *own = scf_facts_of(&facts, &contracts[i].contract_key, &count);
        struct scf_case c = {.arena = arena,
                             .policy = policy,
                             .contract = &contracts[i],
                             .as_of_us = as_of_us,
                             .sales = sales[i].list,
                             .sale_count = sales[i].n,
                             .sales_known = round_trip != NULL,
                             .revenue = revenue[i]};
        if (count > 0 && own->too_many)
            views[i] = (struct scf_trade_view){.contract_key = c.contract->contract_key,
                                               .too_large = true};
        else if (!scf_view_make(&c, own, facts.folded + (own - facts.facts), count, &views[i]))
            code = scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contracts have too many records");
    }
    if (code == SCF_OK)
        memcpy(ret, views, n * sizeof *ret);
    return code;
}

enum scf_code scf_trade_view_fits(const struct scf_trade_view *view, struct scf_error *err) {
    return view->too_large
               ? scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contract has too many records")
               : SCF_OK;
}
