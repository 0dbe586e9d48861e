/* One lender's ceilings (CR-5, CR-10): debtor room, prudential limits, the lender's own cap. Each
 * is a ceiling less what is used of it already. Integer arithmetic that rounds down; pure. */
#include "limit_impl.h"
#include "scfd/base/money.h"
#include "scfd/limit/lender.h"

const char *const scf_lender_kind_names[] = {"bank", "factor", "guarantee_company", "other", NULL};

/* ceiling − what is used of it, never below nothing. */
static int64_t room(int64_t ceiling, int64_t used, int64_t here) {
    return scf_at_least(ceiling - scf_add_money(used, here), 0);
}

/* The part of the shared limit that rests on claims on this debtor. */
static int64_t share_of(const struct scf_limit_inputs *in, const struct scf_limit_result *shared,
                        const struct scf_uuid *debtor_id) {
    int64_t sum = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_uuid_eq(&in->contracts[i].buyer_id, debtor_id))
            sum = scf_add_money(sum, shared->parts[i].limit);
    return sum;
}

/* CR-5: the core enterprise's line, less its payables financed through this lender for all its
 * suppliers, less direct loans. A debtor without a line is not bounded by one. */
static struct scf_limit_step debtor_step(const struct scf_limit_inputs *in,
                                         const struct scf_limit_result *shared,
                                         const struct scf_lender_inputs *l) {
    struct scf_limit_step s = {.kind = SCF_STEP_DEBTOR, .rule = "CR-5"};
    for (size_t i = 0; i < l->debtor_count; i++) {
        const struct scf_lender_debtor *d = &l->debtors[i];
        int64_t share = share_of(in, shared, &d->enterprise_id);
        int64_t left = share;
        if (d->has_line) {
            left = room(d->line, scf_add_money(d->confirmed_financed, d->direct_loans), d->here);
            s.applies = s.has_reported = true;
            s.reported = scf_add_money(s.reported, d->line);
            s.recomputed = scf_add_money(s.recomputed, left);
        }
        s.adjusted = scf_add_money(s.adjusted, scf_at_most(share, left));
    }
    return s;
}

static void lower(struct scf_limit_step *s, int64_t ceiling, int64_t left) {
    s->recomputed = s->applies ? scf_at_most(s->recomputed, ceiling) : ceiling;
    s->adjusted = s->applies ? scf_at_most(s->adjusted, left) : left;
    s->applies = true;
}

/* CR-10.4: 商业银行法 39, and the large exposures rules. */
static void bank(const struct scf_regulatory_policy *p, const struct scf_lender_inputs *l,
                 struct scf_limit_step *s) {
    s->rule = "CR-10.4";
    if (l->has_capital) {
        int64_t most = scf_share(l->capital, p->single_borrower_ppm);
        lower(s, most, room(most, l->loans, l->here));
    }
    if (l->has_tier1) {
        int64_t single = scf_share(l->tier1_capital, p->single_exposure_ppm);
        int64_t group = scf_share(l->tier1_capital, p->group_exposure_ppm);
        lower(s, single, room(single, l->exposure, l->here));
        lower(s, group, room(group, l->group_exposure, l->here));
    }
}

/* CR-10.3: one debtor, affiliates as debtors, and leverage. */
static void factor(const struct scf_limit_inputs *in, const struct scf_limit_result *shared,
                   const struct scf_lender_inputs *l, struct scf_limit_step *s) {
    const struct scf_regulatory_policy *p = &in->policy.regulatory;
    s->rule = "CR-10.3";
    if (l->has_risk_assets) {
        int64_t most = scf_share(l->risk_assets, p->factor_same_debtor_ppm);
        int64_t affiliates = scf_share(l->risk_assets, p->factor_affiliates_ppm);
        int64_t others = 0, related = 0, here = 0;
        for (size_t i = 0; i < l->debtor_count; i++) {
            const struct scf_lender_debtor *d = &l->debtors[i];
            int64_t left = scf_at_most(share_of(in, shared, &d->enterprise_id),
                                       room(most, d->confirmed_financed, d->here));
            *(d->affiliated ? &related : &others) =
                scf_add_money(d->affiliated ? related : others, left);
            here = scf_add_money(here, d->affiliated ? d->here : 0);
        }
        related = scf_at_most(related, room(affiliates, l->affiliates, here));
        lower(s, most, scf_add_money(others, related));
    }
    if (l->has_net_assets) {
        __int128 times = (__int128)l->net_assets * p->factor_leverage;
        int64_t most = times < SCF_MONEY_MAX ? (int64_t)times : SCF_MONEY_MAX;
        lower(s, most, room(most, l->risk_assets, l->here));
    }
}

/* CR-10.6: 融资担保公司监督管理条例 15, 16. */
static void guarantee_company(const struct scf_regulatory_policy *p,
                              const struct scf_lender_inputs *l, struct scf_limit_step *s) {
    s->rule = "CR-10.6";
    if (!l->has_net_assets)
        return;
    int64_t single = scf_share(l->net_assets, p->guarantee_single_ppm);
    int64_t group = scf_share(l->net_assets, p->guarantee_group_ppm);
    __int128 times = (__int128)l->net_assets * p->guarantee_leverage;
    int64_t most = times < SCF_MONEY_MAX ? (int64_t)times : SCF_MONEY_MAX;
    lower(s, single, room(single, l->exposure, l->here));
    lower(s, group, room(group, l->group_exposure, l->here));
    lower(s, most, room(most, l->guarantees, l->here));
}

static struct scf_limit_step regulatory_step(const struct scf_limit_inputs *in,
                                             const struct scf_limit_result *shared,
                                             const struct scf_lender_inputs *l) {
    struct scf_limit_step s = {.kind = SCF_STEP_REGULATORY, .rule = "CR-10"};
    switch (l->kind) {
    case SCF_LENDER_BANK:
        bank(&in->policy.regulatory, l, &s);
        break;
    case SCF_LENDER_FACTOR:
        factor(in, shared, l, &s);
        break;
    case SCF_LENDER_GUARANTEE_COMPANY:
        guarantee_company(&in->policy.regulatory, l, &s);
        break;
    case SCF_LENDER_OTHER:
        break;
    }
    return s;
}

static struct scf_limit_step cap_step(const struct scf_lender_inputs *l) {
    return (struct scf_limit_step){
        .kind = SCF_STEP_LENDER,
        .applies = l->has_cap,
        .has_reported = l->has_cap,
        .reported = l->single_borrower_cap,
        .recomputed = l->single_borrower_cap,
        .adjusted = l->has_cap ? room(l->single_borrower_cap, l->loans, l->here) : 0,
        .rule = "CR-1",
    };
}

void scf_lender_limit_compute(const struct scf_limit_inputs *in,
                              const struct scf_limit_result *shared,
                              const struct scf_lender_inputs *lender,
                              struct scf_lender_result *ret) {
    struct scf_lender_result r = {.limit = shared->limit};
    if (lender->known) {
        r.steps[0] = debtor_step(in, shared, lender);
        r.steps[1] = regulatory_step(in, shared, lender);
        r.steps[2] = cap_step(lender);
    } else {
        static const struct scf_limit_step none[] = {{.kind = SCF_STEP_DEBTOR, .rule = "CR-5"},
                                                     {.kind = SCF_STEP_REGULATORY, .rule = "CR-10"},
                                                     {.kind = SCF_STEP_LENDER, .rule = "CR-1"}};
        memcpy(r.steps, none, sizeof none);
    }
    for (size_t i = 0; i < SCF_COUNT(r.steps); i++)
        if (r.steps[i].applies)
            r.limit = scf_at_most(r.limit, r.steps[i].adjusted);
    for (size_t i = 0; i < SCF_COUNT(r.steps); i++)
        r.steps[i].binding = r.steps[i].applies && r.steps[i].adjusted < shared->limit &&
                             r.steps[i].adjusted == r.limit;
    r.limit -= r.limit % in->policy.unit;
    *ret = r;
}
