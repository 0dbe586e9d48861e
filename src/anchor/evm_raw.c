/* The members of each type in order, and how they are written. */
#include "evm_raw.h"

#include "evm_rpc.h"
#include "scfd/codec/rlp.h"

enum form { END, NUMBER, BYTES, TO, ACCESS_LIST, HASHES, AUTHORIZATIONS };

struct member {
    const char *name;
    enum form form;
};

static const struct member legacy[] = {
    {"nonce", NUMBER}, {"gasPrice", NUMBER}, {"gas", NUMBER}, {"to", TO},    {"value", NUMBER},
    {"input", BYTES},  {"v", NUMBER},        {"r", NUMBER},   {"s", NUMBER}, {NULL, END}};

#define SIGNED_BY                                                                                  \
    {"yParity", NUMBER}, {"r", NUMBER}, {"s", NUMBER}, {                                           \
        NULL, END                                                                                  \
    }
#define PAYS                                                                                       \
    {"maxPriorityFeePerGas", NUMBER}, {                                                            \
        "maxFeePerGas", NUMBER                                                                     \
    }
#define CALLS                                                                                      \
    {"gas", NUMBER}, {"to", TO}, {"value", NUMBER}, {                                              \
        "input", BYTES                                                                             \
    }
#define LISTS                                                                                      \
    { "accessList", ACCESS_LIST }

static const struct member access_list[] = {
    {"chainId", NUMBER}, {"nonce", NUMBER}, {"gasPrice", NUMBER}, CALLS, LISTS, SIGNED_BY};
static const struct member fee_market[] = {
    {"chainId", NUMBER}, {"nonce", NUMBER}, PAYS, CALLS, LISTS, SIGNED_BY};
static const struct member blob[] = {{"chainId", NUMBER},
                                     {"nonce", NUMBER},
                                     PAYS,
                                     CALLS,
                                     LISTS,
                                     {"maxFeePerBlobGas", NUMBER},
                                     {"blobVersionedHashes", HASHES},
                                     SIGNED_BY};
static const struct member set_code[] = {{"chainId", NUMBER},
                                         {"nonce", NUMBER},
                                         PAYS,
                                         CALLS,
                                         LISTS,
                                         {"authorizationList", AUTHORIZATIONS},
                                         SIGNED_BY};
static const struct member *const types[] = {legacy, access_list, fee_market, blob, set_code};

static const struct member authorization[] = {
    {"chainId", NUMBER}, {"address", BYTES}, {"nonce", NUMBER}, {"yParity", NUMBER},
    {"r", NUMBER},       {"s", NUMBER},      {NULL, END}};

static bool put_members(struct scf_arena *arena, const struct member *m, const cJSON *object,
                        struct scf_buf *out);

/* Up to 256 bits. */
static bool put_number(const cJSON *item, struct scf_buf *out) {
    uint8_t bytes[32];
    size_t zeros = 0;
    if (!evm_number(item, bytes))
        return false;
    while (zeros < sizeof bytes && bytes[zeros] == 0)
        zeros++;
    scf_rlp_put_bytes(out, bytes + zeros, sizeof bytes - zeros);
    return true;
}

static bool put_bytes(struct scf_arena *arena, const cJSON *item, size_t min, size_t max,
                      struct scf_buf *out) {
    struct scf_str bytes;
    if (!evm_bytes(arena, item, min, max, &bytes))
        return false;
    scf_rlp_put_bytes(out, bytes.p, bytes.n);
    return true;
}

static bool put_hashes(struct scf_arena *arena, const cJSON *array, struct scf_buf *out) {
    struct scf_buf items;
    bool sound = cJSON_IsArray(array);
    scf_buf_init(&items, EVM_RAW_MAX);
    for (const cJSON *item = sound ? array->child : NULL; item && sound; item = item->next)
        sound = put_bytes(arena, item, SCF_HASH_LEN, SCF_HASH_LEN, &items);
    scf_rlp_put_list(out, items.data, items.len);
    scf_buf_free(&items);
    return sound;
}

/* [address, [key, …]] */
static bool put_access(struct scf_arena *arena, const cJSON *item, struct scf_buf *out) {
    struct scf_buf pair;
    scf_buf_init(&pair, EVM_RAW_MAX);
    bool sound = put_bytes(arena, scf_json_get(item, "address"), 20, 20, &pair) &&
                 put_hashes(arena, scf_json_get(item, "storageKeys"), &pair);
    scf_rlp_put_list(out, pair.data, pair.len);
    scf_buf_free(&pair);
    return sound;
}

static bool put_authorization(struct scf_arena *arena, const cJSON *item, struct scf_buf *out) {
    struct scf_buf members;
    scf_buf_init(&members, EVM_RAW_MAX);
    bool sound = put_members(arena, authorization, item, &members);
    scf_rlp_put_list(out, members.data, members.len);
    scf_buf_free(&members);
    return sound;
}

static bool put_list(struct scf_arena *arena, const cJSON *array,
                     bool (*put)(struct scf_arena *, const cJSON *, struct scf_buf *),
                     struct scf_buf *out) {
    struct scf_buf items;
    bool sound = cJSON_IsArray(array);
    scf_buf_init(&items, EVM_RAW_MAX);
    for (const cJSON *item = sound ? array->child : NULL; item && sound; item = item->next)
        sound = put(arena, item, &items);
    scf_rlp_put_list(out, items.data, items.len);
    sound = sound && !items.overflow;
    scf_buf_free(&items);
    return sound;
}

static bool put_member(struct scf_arena *arena, enum form form, const cJSON *item,
                       struct scf_buf *out) {
    switch (form) {
    case NUMBER:
        return put_number(item, out);
    case BYTES:
        return put_bytes(arena, item, 0, EVM_RAW_MAX, out);
    case TO:
        if (item)
            return put_bytes(arena, item, 20, 20, out);
        scf_rlp_put_bytes(out, NULL, 0); /* it makes a contract */
        return true;
    case ACCESS_LIST:
        return put_list(arena, item, put_access, out);
    case HASHES:
        return put_hashes(arena, item, out);
    case AUTHORIZATIONS:
        return put_list(arena, item, put_authorization, out);
    case END:
        break;
    }
    return false;
}

static bool put_members(struct scf_arena *arena, const struct member *m, const cJSON *object,
                        struct scf_buf *out) {
    for (; m->form != END; m++)
        if (!put_member(arena, m->form, scf_json_get(object, m->name), out))
            return false;
    return !out->overflow;
}

bool evm_raw_of_json(struct scf_arena *arena, const cJSON *tx, struct scf_str *ret) {
    struct scf_buf members, raw;
    uint64_t type = 0; /* nodes of old chains do not say it */
    const cJSON *said = scf_json_get(tx, "type");
    if ((said && !evm_quantity(said, &type)) || type >= SCF_COUNT(types))
        return false;
    scf_buf_init(&members, EVM_RAW_MAX);
    scf_buf_init(&raw, EVM_RAW_MAX);
    bool sound = put_members(arena, types[type], tx, &members);
    if (type > 0)
        scf_buf_putc(&raw, (char)type);
    scf_rlp_put_list(&raw, members.data, members.len);
    char *copy = sound && !raw.overflow ? scf_strndup(arena, raw.data, raw.len) : NULL;
    if (copy)
        *ret = (struct scf_str){copy, raw.len};
    scf_buf_free(&members);
    scf_buf_free(&raw);
    return copy != NULL;
}
