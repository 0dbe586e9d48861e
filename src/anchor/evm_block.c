/* Receipts, blocks, and the transactions of a block as they were sent. */
#include "evm_block.h"

#include "evm_header.h"
#include "evm_raw.h"
#include "scfd/base/clock.h"
#include "scfd/codec/keccak.h"

enum { PARAMS = 2 * SCF_HASH_LEN + 32 };

static enum scf_code nonsense(const char *method, struct scf_error *err) {
    return scf_fail(err, SCF_E_UPSTREAM, "The node's answer to %s makes no sense.", method);
}

/* ["0x…"] */
static void hash_params(const struct scf_hash *hash, char out[PARAMS]) {
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(hash->b, SCF_HASH_LEN, hex);
    snprintf(out, PARAMS, "[\"0x%s\"]", hex);
}

enum scf_code evm_receipt_get(const struct evm_node *node, const struct scf_hash *hash,
                              bool *ret_found, struct evm_receipt *ret, struct scf_error *err) {
    static const char method[] = "eth_getTransactionReceipt";
    char params[PARAMS];
    const cJSON *receipt = NULL;
    struct evm_receipt r;
    struct scf_hash said;
    hash_params(hash, params);
    enum scf_code code = evm_call(node, method, params, &receipt, NULL, err);
    if (code != SCF_OK)
        return code;
    *ret_found = receipt != NULL;
    if (!receipt)
        return SCF_OK;
    if (!evm_hash(scf_json_get(receipt, "transactionHash"), &said) || !scf_hash_eq(&said, hash) ||
        !evm_hash(scf_json_get(receipt, "blockHash"), &r.block_hash) ||
        !evm_quantity(scf_json_get(receipt, "blockNumber"), &r.block_number) ||
        !evm_quantity(scf_json_get(receipt, "transactionIndex"), &r.index) ||
        r.block_number > INT64_MAX)
        return nonsense(method, err);
    *ret = r;
    return SCF_OK;
}

enum scf_code evm_block_check(const struct evm_node *node, const struct evm_receipt *r,
                              const struct scf_hash *hash, bool *ret_canonical,
                              const cJSON **ret_block, struct scf_error *err) {
    static const char method[] = "eth_getBlockByNumber";
    char params[64];
    const cJSON *block = NULL;
    struct scf_hash block_hash, there;
    snprintf(params, sizeof params, "[\"0x%" PRIx64 "\",false]", r->block_number);
    enum scf_code code = evm_call(node, method, params, &block, NULL, err);
    if (code != SCF_OK)
        return code;
    *ret_canonical = false;
    *ret_block = block;
    if (!block)
        return SCF_OK; /* the chain is shorter now */
    if (!evm_hash(scf_json_get(block, "hash"), &block_hash))
        return nonsense(method, err);
    const cJSON *hashes = scf_json_get(block, "transactions");
    const cJSON *item =
        r->index < EVM_TRIE_LEAVES_MAX ? cJSON_GetArrayItem(hashes, (int)r->index) : NULL;
    *ret_canonical = scf_hash_eq(&block_hash, &r->block_hash) && evm_hash(item, &there) &&
                     scf_hash_eq(&there, hash);
    return SCF_OK;
}

/* ---- the proof ---- */

/* One batch of transactions, each of which must have the hash that the block names. */
static bool fetch_batch(const struct evm_node *node, const struct scf_hash *hashes, size_t n,
                        struct scf_str *ret) {
    char text[EVM_BATCH][PARAMS];
    const char *params[EVM_BATCH];
    const cJSON *raws[EVM_BATCH];
    struct scf_error unsaid = {0};
    for (size_t i = 0; i < n; i++) {
        hash_params(&hashes[i], text[i]);
        params[i] = text[i];
    }
    if (evm_call_many(node, "eth_getRawTransactionByHash", params, n, raws, &unsaid) != SCF_OK)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!evm_bytes(node->arena, raws[i], 1, EVM_RAW_MAX, &ret[i]))
            return false;
        struct scf_hash hash = scf_keccak256(ret[i].p, ret[i].n);
        if (!scf_hash_eq(&hash, &hashes[i]))
            return false;
    }
    return true;
}

/* Out of the block with all that its transactions have, for nodes that do not give their bytes. */
static bool rebuild_all(const struct evm_node *node, const struct scf_hash *block_hash,
                        const struct scf_hash *hashes, size_t n, struct scf_str *ret) {
    char hex[2 * SCF_HASH_LEN + 1], params[PARAMS];
    const cJSON *block = NULL;
    struct scf_error unsaid = {0};
    size_t i = 0;
    scf_hex(block_hash->b, SCF_HASH_LEN, hex);
    snprintf(params, sizeof params, "[\"0x%s\",true]", hex);
    if (evm_call(node, "eth_getBlockByHash", params, &block, NULL, &unsaid) != SCF_OK)
        return false;
    const cJSON *txs = scf_json_get(block, "transactions");
    for (const cJSON *tx = txs ? txs->child : NULL; tx; tx = tx->next, i++) {
        if (i == n || !evm_raw_of_json(node->arena, tx, &ret[i]))
            return false;
        struct scf_hash hash = scf_keccak256(ret[i].p, ret[i].n);
        if (!scf_hash_eq(&hash, &hashes[i]))
            return false;
    }
    return i == n;
}

static bool fetch_raws(const struct evm_node *node, const struct scf_hash *hashes, size_t n,
                       struct scf_str *ret) {
    for (size_t from = 0; from < n; from += EVM_BATCH) {
        size_t some = n - from < EVM_BATCH ? n - from : EVM_BATCH;
        if (!fetch_batch(node, hashes + from, some, ret + from))
            return false;
    }
    return true;
}

/* All of them, in order. NULL: the node does not give them, or they are too many. */
static struct scf_str *fetch_all(const struct evm_node *node, const struct scf_hash *block_hash,
                                 const cJSON *hashes, size_t n) {
    if (n == 0 || n > EVM_TRIE_LEAVES_MAX)
        return NULL;
    struct scf_str *raws = scf_alloc(node->arena, n, sizeof *raws);
    struct scf_hash *names = scf_alloc(node->arena, n, sizeof *names);
    if (!raws || !names)
        return NULL;
    size_t i = 0;
    for (const cJSON *item = hashes->child; item; item = item->next)
        if (i == n || !evm_hash(item, &names[i++]))
            return NULL;
    if (fetch_raws(node, names, n, raws) || rebuild_all(node, block_hash, names, n, raws))
        return raws;
    return NULL;
}

/* Sets p->header; false when the block is of a kind that we cannot write down. */
static bool write_header(const struct evm_node *node, const cJSON *block, struct evm_proof *p) {
    struct scf_buf header;
    scf_buf_init(&header, EVM_HEADER_MAX);
    bool written = evm_header_of_json(node->arena, block, &header) && !header.overflow;
    struct scf_hash hash = scf_keccak256(header.data, header.len);
    written = written && scf_hash_eq(&hash, &p->block_hash);
    char *copy = written ? scf_strndup(node->arena, header.data, header.len) : NULL;
    if (copy)
        p->header = (struct scf_str){copy, header.len};
    scf_buf_free(&header);
    return copy != NULL;
}

static bool find_path(const struct evm_node *node, const cJSON *block, struct evm_proof *p) {
    const cJSON *hashes = scf_json_get(block, "transactions");
    size_t n = (size_t)cJSON_GetArraySize(hashes);
    struct evm_header header;
    struct scf_hash root;
    const struct scf_str *raws = fetch_all(node, &p->block_hash, hashes, n);
    return raws && (size_t)p->index < n && evm_header_read(p->header, &header) &&
           evm_trie_build(node->arena, raws, n, (size_t)p->index, &root, &p->path) &&
           scf_hash_eq(&root, &header.transactions_root);
}

enum scf_code evm_block_prove(const struct evm_node *node, int64_t chain_id, const cJSON *block,
                              const struct evm_receipt *r, struct scf_str raw,
                              struct evm_proof *ret, const char **ret_why, struct scf_error *err) {
    uint64_t time_s;
    struct evm_proof p = {.chain_id = chain_id,
                          .transaction = raw,
                          .block_number = (int64_t)r->block_number,
                          .block_hash = r->block_hash,
                          .index = (int64_t)r->index};
    if (!evm_quantity(scf_json_get(block, "timestamp"), &time_s) ||
        time_s > SCF_TIME_LAST_US / SCF_US_PER_SECOND)
        return nonsense("eth_getBlockByNumber", err);
    p.block_time_s = (int64_t)time_s;
    *ret_why = NULL;
    if (!write_header(node, block, &p))
        *ret_why = "The block's header is of a kind that is not known here.";
    else if (!find_path(node, block, &p))
        *ret_why = "The node does not give all transactions of the block.";
    if (*ret_why) {
        p.header = (struct scf_str){NULL, 0};
        p.path.n = 0;
    }
    *ret = p;
    return SCF_OK;
}
