/* The contracts' shares of an initial limit. */
#include "grant.h"

#include "scfd/base/money.h"

bool scf_grant_applies(const struct scf_limit_inputs *in, size_t i) {
    return scf_contract_is_own(in, &in->contracts[i]);
}

static __int128 part_of(const struct scf_limit_result *r, size_t i) {
    return (__int128)r->parts[i].base + r->parts[i].guarantee;
}

/* The lowest step but for the request: several may ask for a part each, and together they must not
 * get past the borrowing base or the need. */
static int64_t ceiling(const struct scf_limit_inputs *in, const struct scf_limit_result *r) {
    int64_t least = r->steps[SCF_STEP_MODEL].adjusted;
    for (int i = 0; i < SCF_STEP_DEBTOR; i++)
        if (r->steps[i].applies && i != SCF_STEP_REQUESTED)
            least = scf_at_most(least, r->steps[i].adjusted);
    return least - least % in->policy.unit;
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
