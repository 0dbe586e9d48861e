/* The contracts' shares of an initial limit. */
#include "grant.h"

#include "scfd/base/money.h"

bool scf_grant_applies(const struct scf_limit_inputs *in, size_t i) {
    const struct scf_limit_contract *k = &in->contracts[i];
    return k->seller_is_borrower && !k->duplicate && strcmp(k->currency, in->currency) == 0;
}

static __int128 part_of(const struct scf_limit_result *r, size_t i) {
    return (__int128)r->parts[i].base + r->parts[i].guarantee;
}

/* The limit without the cap that is the request. */
static int64_t ceiling(const struct scf_limit_inputs *in, const struct scf_limit_result *r) {
    int64_t unit = in->policy.unit > 0 ? in->policy.unit : 1;
    bool asked = in->has_requested && r->limit == in->requested - in->requested % unit;
    return asked ? r->computed : r->limit;
}

/* Shares up to and including contract i, so that they add up to the ceiling exactly. */
static int64_t up_to(const struct scf_limit_inputs *in, const struct scf_limit_result *r,
                     size_t n) {
    __int128 before = 0, all = 0;
    for (size_t i = 0; i < in->contract_count; i++) {
        all += part_of(r, i);
        before += i < n ? part_of(r, i) : 0;
    }
    /* below 100 × 2 × 10^18 by 10^18: 128 bits without a sign hold the product */
    unsigned __int128 top = (unsigned __int128)ceiling(in, r), whole = (unsigned __int128)all;
    unsigned __int128 share = (unsigned __int128)before;
    return (int64_t)(whole > top ? share * top / whole : share);
}

int64_t scf_grant_amount(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                         size_t i) {
    return up_to(in, result, i + 1) - up_to(in, result, i);
}
