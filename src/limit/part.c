/* What one contract adds to a limit: of an initial one C_net·r0·T·q·h + G, of an increment what the
 * cumulative target Z has over what was granted (CR-2.3). Each product rounds down once; pure. */
#include "limit_impl.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

int64_t scf_share(int64_t amount, int64_t ppm) {
    return (int64_t)((__int128)amount * ppm / SCF_PPM);
}

/* amount × the four ratios, rounded down once. The product has up to 142 bits: the last ratio is
 * applied to its two halves, which loses nothing. */
static int64_t times4(int64_t amount, int64_t a, int64_t b, int64_t c, int64_t d) {
    __int128 p = (__int128)amount * a * b * c;
    __int128 high = p / SCF_PPM * d, low = p % SCF_PPM * d / SCF_PPM;
    const __int128 ppm3 = (__int128)SCF_PPM * SCF_PPM * SCF_PPM;
    return (int64_t)((high + low) / ppm3);
}

/* ---- C_net ---- */

/* A receivable is financed after the contract is fulfilled, an order before. */
static bool is_open(const struct scf_limit_inputs *in, const struct scf_limit_contract *k) {
    return strcmp(k->status, "pending") == 0 || strcmp(k->status, "active") == 0 ||
           (in->product == SCF_PRODUCT_RECEIVABLE && strcmp(k->status, "completed") == 0);
}

bool scf_contract_is_own(const struct scf_limit_inputs *in, const struct scf_limit_contract *k) {
    return k->seller_is_borrower && !k->duplicate && strcmp(k->currency, in->currency) == 0;
}

enum scf_reason scf_contract_reason(const struct scf_limit_inputs *in,
                                    const struct scf_limit_contract *k, int64_t net) {
    return !in->operating                           ? SCF_REASON_NOT_OPERATING
           : k->duplicate                           ? SCF_REASON_CONTRACT_DUPLICATE
           : !k->seller_is_borrower                 ? SCF_REASON_SELLER_NOT_BORROWER
           : !is_open(in, k)                        ? SCF_REASON_CONTRACT_NOT_OPEN
           : strcmp(k->currency, in->currency) != 0 ? SCF_REASON_CURRENCY_DIFFERS
           : net == 0                               ? SCF_REASON_CONTRACT_USED_UP
                                                    : SCF_REASON_CONTRACT_COUNTED;
}

/* C_net of CR-2.4, never below nothing. */
static int64_t net_amount(const struct scf_limit_contract *k) {
    __int128 net = (__int128)k->amount - k->prepaid - k->retention - k->financed;
    return net > 0 ? (int64_t)net : 0;
}

static struct scf_limit_part begin(const struct scf_limit_inputs *in,
                                   const struct scf_limit_contract *k) {
    struct scf_limit_part part = {.net = net_amount(k)};
    part.reason = scf_contract_reason(in, k, part.net);
    if (part.reason != SCF_REASON_CONTRACT_COUNTED)
        part.net = 0;
    return part;
}

/* ---- the initial limit ---- */

/* Whether it counts once it is confirmed. */
static bool guarantee_holds(const struct scf_limit_inputs *in,
                            const struct scf_limit_guarantee *g) {
    int32_t day = scf_day_of(in->as_of_us);
    return strcmp(g->status, "active") == 0 && strcmp(g->currency, in->currency) == 0 &&
           g->obligor_is_borrower && g->amount > 0 && (!g->has_from || g->from_day <= day) &&
           g->expires_day >= day;
}

static void add_guarantees(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                           struct scf_limit_part *part) {
    const struct scf_policy *p = &in->policy;
    for (size_t i = 0; i < k->guarantee_count; i++) {
        const struct scf_limit_guarantee *g = &k->guarantees[i];
        if (!guarantee_holds(in, g))
            continue;
        if (g->unconfirmed)
            part->unconfirmed = true;
        else
            part->guarantees_valid = scf_add_money(part->guarantees_valid, g->amount);
    }
    part->guarantee = scf_at_most(scf_share(part->guarantees_valid, SCF_PPM - p->haircut_ppm),
                                  scf_share(part->base, p->guarantee_cap_ppm));
}

/* r0 is the rate of the order stage; receivables are financed at the rate of the stage that the
 * work has reached (CR-2.4). */
void scf_part_initial(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                      const struct scf_limit_result *r, struct scf_limit_part *ret) {
    struct scf_limit_part part = begin(in, k);
    part.rate_ppm = in->product == SCF_PRODUCT_RECEIVABLE ? in->policy.stage_ppm[k->trade.stage]
                                                          : in->policy.advance_ppm;
    if (part.reason == SCF_REASON_CONTRACT_COUNTED) {
        part.base =
            times4(part.net, part.rate_ppm, r->truth_ppm, r->qualification_ppm, r->history_ppm);
        add_guarantees(in, k, &part);
    }
    *ret = part;
}

/* ---- increments ---- */

int64_t scf_granted(const struct scf_limit_inputs *in, const struct scf_limit_contract *k) {
    if (!scf_contract_is_own(in, k))
        return 0;
    return scf_add_money(k->initial_limit, scf_at_least(k->increments, 0));
}

/* Z = C_net·a(stage)·P·E. */
static int64_t target(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                      int64_t net, int64_t credibility_ppm) {
    return times4(net, in->policy.stage_ppm[k->trade.stage], k->trade.completion_ppm,
                  credibility_ppm, SCF_PPM);
}

/* Financed receivables whose invoice turned out void or red lock the limit (CR-6.3). */
static bool cancelled_after_financing(const struct scf_limit_contract *k) {
    for (size_t i = 0; k->standings != NULL && i < k->trade.invoice_count; i++) {
        const struct scf_receivable_standing *s = &k->standings[i];
        bool financed = s->state == SCF_RCV_FINANCED || s->state == SCF_RCV_PART_REPAID ||
                        s->state == SCF_RCV_OVERDUE || s->state == SCF_RCV_RED_LETTERED;
        if (k->trade.invoices[i].cancelled && s->exists && financed)
            return true;
    }
    return false;
}

/* An increment stays as long as the work that is proven now would still earn it at the best
 * credibility at which any was granted. So a worse grade takes nothing back (it freezes), and the
 * withdrawal of evidence takes back exactly what that evidence had earned, as far as it is undrawn.
 * Afterwards what is granted equals what may stay: a second run finds nothing to take. */
static int64_t take_back(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                         int64_t net, int64_t credibility_ppm) {
    int64_t best = scf_at_least(k->best_credibility_ppm, credibility_ppm);
    int64_t keep = scf_at_least(k->initial_limit, target(in, k, net, best));
    int64_t granted = scf_granted(in, k);
    int64_t undrawn = scf_at_least(granted - scf_add_money(k->held, k->used), 0);
    int64_t excess = scf_at_least(granted - keep, 0);
    return scf_at_most(excess, scf_at_most(undrawn, scf_at_least(k->increments, 0)));
}

void scf_part_increment(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                        const struct scf_limit_result *r, int64_t *room,
                        struct scf_limit_part *ret) {
    struct scf_limit_part part = begin(in, k);
    int64_t granted = scf_granted(in, k), credibility = r->ratings.credibility_ppm;
    part.rate_ppm = in->policy.stage_ppm[k->trade.stage];
    part.limit = granted;
    part.frozen = part.reason == SCF_REASON_NOT_OPERATING;
    if (part.reason == SCF_REASON_CONTRACT_COUNTED || part.reason == SCF_REASON_CONTRACT_USED_UP) {
        part.target = target(in, k, part.net, credibility);
        part.frozen = credibility == 0 || cancelled_after_financing(k);
        int64_t more = part.frozen ? 0 : scf_at_least(part.target - granted, 0);
        more = scf_at_most(more, *room);
        part.increment = more - more % in->policy.unit;
        part.take_back = take_back(in, k, part.net, credibility);
        part.limit = granted + part.increment - part.take_back;
        *room -= part.increment;
    }
    *ret = part;
}

bool scf_part_counts(const struct scf_limit_part *part) {
    return part->reason == SCF_REASON_CONTRACT_COUNTED ||
           part->reason == SCF_REASON_CONTRACT_USED_UP;
}
