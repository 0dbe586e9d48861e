/* Addresses as text (EIP-55) and EIP-1559 transactions: 0x02 ‖ rlp([chain id, nonce, max priority
 * fee, max fee, gas limit, to, value, data, access list, parity, r, s]), signed over the same
 * without the last three. */
#include "eth_key.h"

#include "scfd/codec/keccak.h"
#include "scfd/codec/rlp.h"

enum { TYPE = 0x02, TX_MAX = 1 << 17 /* what nodes take */ };

/* ---- addresses ---- */

void scf_eth_address_format(const struct scf_eth_address *a, char out[SCF_ETH_ADDRESS_TEXT]) {
    memcpy(out, "0x", 2);
    char *digits = out + 2;
    scf_hex(a->b, SCF_ETH_ADDRESS, digits);
    struct scf_hash hash = scf_keccak256(digits, 2 * SCF_ETH_ADDRESS);
    for (int i = 0; i < 2 * SCF_ETH_ADDRESS; i++) {
        int nibble = i % 2 == 0 ? hash.b[i / 2] >> 4 : hash.b[i / 2] & 15;
        if (nibble >= 8)
            digits[i] = (char)toupper((unsigned char)digits[i]);
    }
}

static bool one_case(struct scf_str digits) {
    bool lower = false, upper = false;
    for (size_t i = 0; i < digits.n; i++) {
        lower = lower || islower((unsigned char)digits.p[i]);
        upper = upper || isupper((unsigned char)digits.p[i]);
    }
    return !lower || !upper;
}

bool scf_eth_address_parse(struct scf_str text, struct scf_eth_address *ret) {
    struct scf_eth_address a;
    char right[SCF_ETH_ADDRESS_TEXT];
    if (text.n != SCF_ETH_ADDRESS_TEXT - 1 || !scf_str_starts(text, "0x"))
        return false;
    struct scf_str digits = {text.p + 2, text.n - 2};
    if (!scf_unhex(digits, a.b, SCF_ETH_ADDRESS))
        return false;
    scf_eth_address_format(&a, right);
    if (!one_case(digits) && !scf_str_is(text, right))
        return false; /* a slip of the pen */
    *ret = a;
    return true;
}

/* ---- transactions ---- */

/* The nine members that are signed. */
static void put_members(const struct scf_eth_tx *tx, struct scf_buf *out) {
    scf_rlp_put_u64(out, tx->chain_id);
    scf_rlp_put_u64(out, tx->nonce);
    scf_rlp_put_u64(out, tx->max_priority_fee);
    scf_rlp_put_u64(out, tx->max_fee);
    scf_rlp_put_u64(out, tx->gas_limit);
    scf_rlp_put_bytes(out, tx->to.b, tx->has_to ? SCF_ETH_ADDRESS : 0);
    scf_rlp_put_u64(out, 0); /* value */
    scf_rlp_put_bytes(out, tx->data.p, tx->data.n);
    scf_rlp_put_list(out, NULL, 0); /* access list */
}

static struct scf_hash digest_of(const void *members, size_t n) {
    struct scf_buf whole;
    scf_buf_init(&whole, TX_MAX);
    scf_buf_putc(&whole, TYPE);
    scf_rlp_put_list(&whole, members, n);
    struct scf_hash digest = scf_keccak256(whole.data, whole.len);
    scf_buf_free(&whole);
    return digest;
}

/* r and s are numbers, and so without leading zeros. */
static void put_scalar(struct scf_buf *out, const uint8_t v[32]) {
    size_t zeros = 0;
    while (zeros < 32 && v[zeros] == 0)
        zeros++;
    scf_rlp_put_bytes(out, v + zeros, 32 - zeros);
}

void scf_eth_tx_sign(const struct scf_eth_tx *tx, const struct scf_eth_key *key,
                     struct scf_buf *out, struct scf_hash *ret_hash) {
    struct scf_buf members;
    struct scf_eth_signature signature;
    scf_buf_init(&members, TX_MAX);
    put_members(tx, &members);
    struct scf_hash digest = digest_of(members.data, members.len);
    scf_eth_sign(key, &digest, &signature);
    scf_rlp_put_u64(&members, (uint64_t)signature.parity);
    put_scalar(&members, signature.r);
    put_scalar(&members, signature.s);
    size_t at = out->len;
    scf_buf_putc(out, TYPE);
    scf_rlp_put_list(out, members.data, members.len);
    out->overflow = out->overflow || members.overflow;
    scf_buf_free(&members);
    if (!out->overflow)
        *ret_hash = scf_keccak256(out->data + at, out->len - at);
}

static bool next_scalar(struct scf_str *in, uint8_t out[32]) {
    struct scf_str v;
    if (!scf_rlp_next_bytes(in, &v) || v.n == 0 || v.n > 32 || v.p[0] == 0)
        return false;
    memset(out, 0, 32 - v.n);
    memcpy(out + 32 - v.n, v.p, v.n);
    return true;
}

static bool next_signature(struct scf_str *in, struct scf_eth_signature *ret) {
    uint64_t parity;
    if (!scf_rlp_next_u64(in, &parity) || parity > 1)
        return false;
    ret->parity = (int)parity;
    return next_scalar(in, ret->r) && next_scalar(in, ret->s);
}

static bool next_members(struct scf_str *in, struct scf_eth_tx *tx) {
    struct scf_str to;
    struct scf_rlp_item access;
    uint64_t value;
    if (!scf_rlp_next_u64(in, &tx->chain_id) || !scf_rlp_next_u64(in, &tx->nonce) ||
        !scf_rlp_next_u64(in, &tx->max_priority_fee) || !scf_rlp_next_u64(in, &tx->max_fee) ||
        !scf_rlp_next_u64(in, &tx->gas_limit) || !scf_rlp_next_bytes(in, &to) ||
        !scf_rlp_next_u64(in, &value) || !scf_rlp_next_bytes(in, &tx->data) ||
        !scf_rlp_next(in, &access))
        return false;
    tx->has_to = to.n == SCF_ETH_ADDRESS;
    if (tx->has_to)
        memcpy(tx->to.b, to.p, SCF_ETH_ADDRESS);
    return (tx->has_to || to.n == 0) && value == 0 && access.list && access.payload.n == 0;
}

bool scf_eth_tx_read(struct scf_str raw, struct scf_eth_tx *ret, struct scf_eth_address *ret_from) {
    struct scf_eth_tx tx = {0};
    struct scf_eth_signature signature;
    struct scf_str items;
    if (raw.n < 2 || raw.n > TX_MAX || raw.p[0] != TYPE ||
        !scf_rlp_open_list((struct scf_str){raw.p + 1, raw.n - 1}, &items))
        return false;
    struct scf_str rest = items;
    if (!next_members(&rest, &tx))
        return false;
    struct scf_hash digest = digest_of(items.p, items.n - rest.n);
    if (!next_signature(&rest, &signature) || rest.n > 0 ||
        !scf_eth_recover(&signature, &digest, ret_from))
        return false;
    *ret = tx;
    return true;
}
