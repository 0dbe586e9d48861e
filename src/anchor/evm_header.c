/* The members of a header in order, and how they are written. Those from the base fee on came with
 * later forks, each behind the ones before: the first that a block lacks ends its header. */
#include "evm_header.h"

#include "evm_rpc.h"
#include "scfd/codec/rlp.h"

enum form { BYTES, NUMBER };

static const struct member {
    const char *name;
    enum form form;
    size_t min, max; /* of bytes */
} members[] = {
    {"parentHash", BYTES, 32, 32},
    {"sha3Uncles", BYTES, 32, 32},
    {"miner", BYTES, 20, 20},
    {"stateRoot", BYTES, 32, 32},
    {"transactionsRoot", BYTES, 32, 32},
    {"receiptsRoot", BYTES, 32, 32},
    {"logsBloom", BYTES, 256, 256},
    {"difficulty", NUMBER, 0, 0},
    {"number", NUMBER, 0, 0},
    {"gasLimit", NUMBER, 0, 0},
    {"gasUsed", NUMBER, 0, 0},
    {"timestamp", NUMBER, 0, 0},
    {"extraData", BYTES, 0, 1024},
    {"mixHash", BYTES, 32, 32},
    {"nonce", BYTES, 8, 8},
    {"baseFeePerGas", NUMBER, 0, 0},          /* EIP-1559 */
    {"withdrawalsRoot", BYTES, 32, 32},       /* EIP-4895 */
    {"blobGasUsed", NUMBER, 0, 0},            /* EIP-4844 */
    {"excessBlobGas", NUMBER, 0, 0},          /* EIP-4844 */
    {"parentBeaconBlockRoot", BYTES, 32, 32}, /* EIP-4788 */
    {"requestsHash", BYTES, 32, 32},          /* EIP-7685 */
};
enum { FIRST_LATER = 15, TRANSACTIONS_ROOT = 4, NUMBER_AT = 8, TIME_AT = 11 };

static bool put_member(struct scf_arena *arena, const struct member *m, const cJSON *item,
                       struct scf_buf *out) {
    struct scf_str bytes;
    uint64_t number;
    if (m->form == NUMBER && evm_quantity(item, &number)) {
        scf_rlp_put_u64(out, number);
        return true;
    }
    if (m->form == NUMBER || !evm_bytes(arena, item, m->min, m->max, &bytes))
        return false;
    scf_rlp_put_bytes(out, bytes.p, bytes.n);
    return true;
}

bool evm_header_of_json(struct scf_arena *arena, const cJSON *block, struct scf_buf *out) {
    struct scf_buf items;
    bool sound = true;
    scf_buf_init(&items, EVM_HEADER_MAX);
    for (size_t i = 0; i < SCF_COUNT(members) && sound; i++) {
        const cJSON *item = scf_json_get(block, members[i].name);
        if (!item && i >= FIRST_LATER)
            break;
        sound = put_member(arena, &members[i], item, &items);
    }
    sound = sound && !items.overflow;
    if (sound)
        scf_rlp_put_list(out, items.data, items.len);
    scf_buf_free(&items);
    return sound;
}

bool evm_header_read(struct scf_str header, struct evm_header *ret) {
    struct scf_str items, bytes;
    struct evm_header h = {0};
    if (header.n > EVM_HEADER_MAX || !scf_rlp_open_list(header, &items))
        return false;
    size_t i = 0;
    for (; items.n > 0; i++) {
        struct scf_str rest = items;
        if (!scf_rlp_next_bytes(&items, &bytes))
            return false;
        if (i == TRANSACTIONS_ROOT && bytes.n == SCF_HASH_LEN)
            memcpy(h.transactions_root.b, bytes.p, SCF_HASH_LEN);
        else if (i == TRANSACTIONS_ROOT ||
                 (i == NUMBER_AT && !scf_rlp_next_u64(&rest, &h.number)) ||
                 (i == TIME_AT && !scf_rlp_next_u64(&rest, &h.time_s)))
            return false;
    }
    if (i < FIRST_LATER)
        return false;
    *ret = h;
    return true;
}
