/* Writing and reading the document; a document that is not byte for byte what would be written of
 * its own values is none. */
#include "evm_proof.h"

#include "scfd/anchor/anchor.h"
#include "scfd/base/clock.h"
#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"
#include "scfd/codec/keccak.h"

#include "evm_header.h"
#include "evm_rpc.h"
#include "trust.h"

static const char format[] = "scfd-evm/v1";

void evm_data_of(const struct scf_hash *root, char out[EVM_DATA]) {
    memcpy(out, EVM_MARK, sizeof EVM_MARK - 1);
    memcpy(out + sizeof EVM_MARK - 1, root->b, SCF_HASH_LEN);
}

/* ---- writing ---- */

static void put_hex(struct scf_jsonw *w, const char *key, const void *bytes, size_t n) {
    char *text = malloc(2 * n + 3);
    SCF_ASSERT(text);
    memcpy(text, "0x", 2);
    scf_hex(bytes, n, text + 2);
    scf_jw_str(w, key, text);
    free(text);
}

void evm_proof_write(const struct evm_proof *p, struct scf_buf *out) {
    struct scf_hash hash = scf_keccak256(p->transaction.p, p->transaction.n);
    struct scf_eth_tx tx;
    struct scf_eth_address from = {{0}};
    bool read = scf_eth_tx_read(p->transaction, &tx, &from);
    SCF_ASSERT(read);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "format", format);
    scf_jw_i64(&w, "chain_id", p->chain_id);
    put_hex(&w, "transaction", p->transaction.p, p->transaction.n);
    put_hex(&w, "transaction_hash", hash.b, SCF_HASH_LEN);
    put_hex(&w, "from", from.b, SCF_ETH_ADDRESS);
    scf_jw_i64(&w, "block_number", p->block_number);
    put_hex(&w, "block_hash", p->block_hash.b, SCF_HASH_LEN);
    scf_jw_time(&w, "block_time", p->block_time_s * SCF_US_PER_SECOND);
    if (p->header.n > 0)
        put_hex(&w, "header", p->header.p, p->header.n);
    else
        scf_jw_null(&w, "header");
    scf_jw_i64(&w, "transaction_index", p->index);
    if (p->header.n > 0)
        scf_jw_array(&w, "path");
    else
        scf_jw_null(&w, "path");
    for (size_t i = 0; i < p->path.n; i++)
        put_hex(&w, NULL, p->path.nodes[i].p, p->path.nodes[i].n);
    if (p->header.n > 0)
        scf_jw_end_array(&w);
    scf_jw_end_object(&w);
}

/* ---- reading ---- */

static bool read_path(struct scf_arena *arena, const cJSON *array, struct evm_trie_path *ret) {
    ret->n = 0;
    for (const cJSON *item = array ? array->child : NULL; item; item = item->next)
        if (ret->n == EVM_TRIE_PATH_MAX ||
            !evm_bytes(arena, item, 1, EVM_PROOF_MAX, &ret->nodes[ret->n++]))
            return false;
    return true;
}

static bool read_numbers(const cJSON *object, struct evm_proof *p) {
    int64_t time_us;
    const char *time = scf_json_string(object, "block_time");
    if (!scf_json_i64(object, "chain_id", &p->chain_id) || p->chain_id < 1 ||
        !scf_json_i64(object, "block_number", &p->block_number) || p->block_number < 0 ||
        !scf_json_i64(object, "transaction_index", &p->index) || p->index < 0 ||
        !scf_time_parse(scf_str(time), &time_us) || time_us % SCF_US_PER_SECOND != 0)
        return false;
    p->block_time_s = time_us / SCF_US_PER_SECOND;
    return true;
}

static bool spelled_alike(const struct evm_proof *p, struct scf_str text) {
    struct scf_buf again;
    scf_buf_init(&again, EVM_PROOF_MAX);
    evm_proof_write(p, &again);
    bool alike = !again.overflow && scf_str_eq(text, (struct scf_str){again.data, again.len});
    scf_buf_free(&again);
    return alike;
}

bool evm_proof_read(struct scf_arena *arena, struct scf_str text, struct evm_proof *ret) {
    struct evm_proof p = {0};
    struct scf_error unsaid = {0};
    struct scf_eth_tx tx;
    struct scf_eth_address from;
    char *copy = text.n <= EVM_PROOF_MAX ? scf_strndup(arena, text.p, text.n) : NULL;
    const cJSON *object = copy ? scf_json_parse(arena, copy, text.n, &unsaid) : NULL;
    if (!cJSON_IsObject(object) || !read_numbers(object, &p) ||
        !evm_bytes(arena, scf_json_get(object, "transaction"), 1, EVM_PROOF_MAX, &p.transaction) ||
        !scf_eth_tx_read(p.transaction, &tx, &from) ||
        !evm_hash(scf_json_get(object, "block_hash"), &p.block_hash) ||
        !read_path(arena, scf_json_get(object, "path"), &p.path))
        return false;
    const cJSON *header = scf_json_get(object, "header");
    if (header && !evm_bytes(arena, header, 1, EVM_HEADER_MAX, &p.header))
        return false;
    if (!spelled_alike(&p, text))
        return false;
    *ret = p;
    return true;
}

/* ---- verifying ---- */

/* The root of a statement: its line "root <base64>". */
static bool root_of(struct scf_str statement, struct scf_hash *ret) {
    struct scf_anchor_statement s;
    if (!scf_anchor_statement_parse(statement, &s))
        return false;
    *ret = s.root;
    return true;
}

static bool check_transaction(const struct evm_proof *p, struct scf_str statement,
                              struct scf_buf *report) {
    struct scf_hash root, hash = scf_keccak256(p->transaction.p, p->transaction.n);
    struct scf_eth_tx tx;
    struct scf_eth_address from;
    char data[EVM_DATA], address[SCF_ETH_ADDRESS_TEXT], hex[2 * SCF_HASH_LEN + 1];
    if (!root_of(statement, &root)) {
        scf_buf_puts(report, "FAIL the statement is none\n");
        return false;
    }
    evm_data_of(&root, data);
    if (!scf_eth_tx_read(p->transaction, &tx, &from) || tx.chain_id != (uint64_t)p->chain_id ||
        !scf_str_eq(tx.data, (struct scf_str){data, sizeof data})) {
        scf_buf_puts(report, "FAIL the transaction does not carry the statement's root\n");
        return false;
    }
    scf_eth_address_format(&from, address);
    scf_hex(hash.b, SCF_HASH_LEN, hex);
    scf_buf_printf(report,
                   "ok   transaction 0x%s of chain %" PRId64 ", signed by %s, carries the "
                   "root\n",
                   hex, p->chain_id, address);
    return true;
}

static bool check_block(const struct evm_proof *p, struct scf_buf *report) {
    struct evm_header header;
    struct scf_hash hash = scf_keccak256(p->header.p, p->header.n);
    if (!scf_hash_eq(&hash, &p->block_hash) || !evm_header_read(p->header, &header) ||
        header.number != (uint64_t)p->block_number || header.time_s != (uint64_t)p->block_time_s) {
        scf_buf_puts(report, "FAIL the header is not that of the block\n");
        return false;
    }
    if (!evm_trie_verify(&header.transactions_root, (size_t)p->index, p->transaction, &p->path)) {
        scf_buf_puts(report, "FAIL the transaction is not in the block\n");
        return false;
    }
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(p->block_hash.b, SCF_HASH_LEN, hex);
    scf_buf_printf(report, "ok   it is transaction %" PRId64 " of block %" PRId64 ", 0x%s\n",
                   p->index, p->block_number, hex);
    return true;
}

enum verdict { UNKNOWN, TRUSTED, CONTRADICTED };

static enum verdict look_up(const struct evm_proof *p, struct scf_str trust) {
    struct scf_str words[TRUST_WORDS];
    size_t n;
    enum verdict verdict = UNKNOWN;
    while (trust_next(&trust, "evm", words, &n)) {
        uint64_t chain_id, number;
        struct scf_hash hash;
        if (n != 4 || !scf_parse_u64(words[1], INT64_MAX, &chain_id) ||
            !scf_parse_u64(words[2], INT64_MAX, &number) || !scf_str_starts(words[3], "0x") ||
            !scf_unhex((struct scf_str){words[3].p + 2, words[3].n - 2}, hash.b, SCF_HASH_LEN))
            return CONTRADICTED; /* a line that is not understood must not pass for one that agrees
                                  */
        if (chain_id != (uint64_t)p->chain_id || number != (uint64_t)p->block_number)
            continue;
        if (!scf_hash_eq(&hash, &p->block_hash))
            return CONTRADICTED;
        verdict = TRUSTED;
    }
    return verdict;
}

static bool check_trust(const struct evm_proof *p, struct scf_str trust, struct scf_buf *report) {
    char hex[2 * SCF_HASH_LEN + 1], time[SCF_TIME_TEXT];
    scf_hex(p->block_hash.b, SCF_HASH_LEN, hex);
    scf_time_format(p->block_time_s * SCF_US_PER_SECOND, time);
    switch (look_up(p, trust)) {
    case TRUSTED:
        scf_buf_printf(report, "ok   the block is the one that is trusted; its time is %s\n", time);
        return true;
    case CONTRADICTED:
        scf_buf_printf(report,
                       "FAIL what is trusted contradicts it: evm %" PRId64 " %" PRId64 " 0x%s\n",
                       p->chain_id, p->block_number, hex);
        return false;
    case UNKNOWN:
        break;
    }
    scf_buf_printf(report,
                   "note to be trusted, or looked up at any node: evm %" PRId64 " %" PRId64
                   " 0x%s, of %s\n",
                   p->chain_id, p->block_number, hex, time);
    return true;
}

static bool verify(const struct evm_proof *p, struct scf_str statement, struct scf_str trust,
                   struct scf_buf *report, int64_t *ret_time_us) {
    if (!check_transaction(p, statement, report))
        return false;
    if (p->header.n == 0) {
        scf_buf_puts(report,
                     "FAIL the proof does not say how the transaction is in its block; only "
                     "a node of the chain can\n");
        return false;
    }
    if (!check_block(p, report) || !check_trust(p, trust, report))
        return false;
    *ret_time_us = p->block_time_s * SCF_US_PER_SECOND;
    return true;
}

bool evm_proof_verify(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                      struct scf_buf *report, int64_t *ret_time_us) {
    struct scf_arena *arena = scf_arena_new(16 * EVM_PROOF_MAX);
    struct evm_proof p;
    bool good = false;
    if (evm_proof_read(arena, proof, &p))
        good = verify(&p, statement, trust, report, ret_time_us);
    else
        scf_buf_puts(report, "FAIL this is no proof of an EVM anchor\n");
    scf_arena_free(arena);
    return good;
}
