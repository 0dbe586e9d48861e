/* RLP and what is made of it. What the reader accepts has one form only: written again it is the
 * same bytes. Transactions and headers are read out of the same input. */
#include "evm_header.h"
#include "scfd/codec/eth.h"
#include "scfd/codec/rlp.h"

enum { MAX = 1 << 20, DEPTH = 64 };

static bool copy(struct scf_str in, struct scf_buf *out, int depth) {
    struct scf_rlp_item item;
    while (in.n > 0) {
        const char *at = in.p;
        if (!scf_rlp_next(&in, &item))
            return false;
        SCF_ASSERT(item.whole.p == at && item.whole.p + item.whole.n == in.p);
        if (!item.list) {
            scf_rlp_put_bytes(out, item.payload.p, item.payload.n);
            continue;
        }
        struct scf_buf inner;
        scf_buf_init(&inner, MAX);
        bool sound = depth < DEPTH && copy(item.payload, &inner, depth + 1);
        scf_rlp_put_list(out, inner.data, inner.len);
        scf_buf_free(&inner);
        if (!sound)
            return false;
    }
    return true;
}

static void check_numbers(struct scf_str in) {
    uint64_t number;
    struct scf_str rest = in;
    struct scf_buf out;
    if (!scf_rlp_next_u64(&rest, &number))
        return;
    scf_buf_init(&out, 16);
    scf_rlp_put_u64(&out, number);
    SCF_ASSERT(out.len == in.n - rest.n && memcmp(out.data, in.p, out.len) == 0);
    scf_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct scf_str in = {(const char *)data, n};
    struct scf_buf out;
    struct scf_eth_tx tx;
    struct scf_eth_address from;
    struct evm_header header;
    scf_buf_init(&out, MAX);
    if (copy(in, &out, 0))
        SCF_ASSERT(out.len == n && (n == 0 || memcmp(out.data, data, n) == 0));
    scf_buf_free(&out);
    check_numbers(in);
    (void)!scf_eth_tx_read(in, &tx, &from);
    (void)!evm_header_read(in, &header);
    return 0;
}
