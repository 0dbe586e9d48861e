/* Fees and nonces of anchoring transactions. */
#include "evm_fee.h"

uint64_t evm_times(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t greater(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* An eighth more, and never the same. */
static uint64_t raised(uint64_t fee) {
    return plus(fee, fee / 8 + 1);
}

bool evm_fee_offer(const struct evm_settings *s, uint64_t base, uint64_t tip,
                   const struct evm_fee *beat, struct evm_fee *ret) {
    struct evm_fee offer = {.max_priority = lesser(tip, s->max_priority_fee)};
    offer.max = lesser(plus(evm_times(base, 2), offer.max_priority), s->max_fee);
    if (beat->max > 0) {
        offer.max_priority = greater(offer.max_priority, raised(beat->max_priority));
        offer.max = greater(offer.max, raised(beat->max));
    }
    if (offer.max < base || offer.max > s->max_fee || offer.max_priority > s->max_priority_fee)
        return false;
    offer.max_priority = lesser(offer.max_priority, offer.max);
    *ret = offer;
    return true;
}

uint64_t evm_intrinsic_gas(struct scf_str data) {
    uint64_t tokens = 0;
    for (size_t i = 0; i < data.n; i++)
        tokens += data.p[i] == 0 ? 1 : 4;
    return 21000 + 10 * tokens; /* above 4 a token, which both rules agree on otherwise */
}

int64_t evm_nonce_choose(int64_t latest, int64_t pending, const struct evm_taken *taken, size_t n) {
    size_t i = 0;
    for (int64_t nonce = latest;; nonce++) {
        while (i < n && taken[i].nonce < nonce)
            i++;
        bool here = i < n && taken[i].nonce == nonce;
        if (here ? taken[i].own || taken[i].dead : nonce >= pending)
            return nonce;
    }
}
