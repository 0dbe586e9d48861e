/* JSON-RPC to an Ethereum node. Whatever it answers is a stranger's: sizes are bounded, hex is read
 * strictly, and of its words only visible ASCII is repeated. */
#ifndef SCFD_ANCHOR_EVM_RPC_H
#define SCFD_ANCHOR_EVM_RPC_H

#include "scfd/codec/digest.h"
#include "scfd/codec/http_client.h"
#include "scfd/codec/json.h"

enum { EVM_BATCH = 100, EVM_ANSWER_MAX = 8 << 20 };

struct evm_node {
    const char *url;
    struct scf_http_client *http;
    struct scf_arena *arena;
    int64_t until_mono_us; /* no call begins later */
};
struct evm_node evm_node_open(struct scf_arena *arena, const char *url, int64_t until_mono_us);
void evm_node_close(struct evm_node *node);

/* `params` is a JSON array. *ret is NULL when the result is null; in the node's arena. UPSTREAM
 * when the node does not answer, or answers with an error, whose code is then in *ret_rpc_error
 * (may be NULL; else 0). */
enum scf_code evm_call(const struct evm_node *node, const char *method, const char *params,
                       const cJSON **ret, int64_t *ret_rpc_error,
                       struct scf_error *err) SCF_MUST_CHECK;
/* `n` ≤ EVM_BATCH calls of one method in one request. A single error fails all. */
enum scf_code evm_call_many(const struct evm_node *node, const char *method,
                            const char *const *params, size_t n, const cJSON **ret,
                            struct scf_error *err) SCF_MUST_CHECK;

/* ---- values, strictly ---- */

/* "0x" and 1 to 16 hex digits without leading zeros. */
bool evm_quantity(const cJSON *item, uint64_t *ret) SCF_MUST_CHECK;
/* The same of up to 64 digits, big-endian. */
bool evm_number(const cJSON *item, uint8_t out[32]) SCF_MUST_CHECK;
/* The same; what does not fit is UINT64_MAX. */
bool evm_large_quantity(const cJSON *item, uint64_t *ret) SCF_MUST_CHECK;
/* "0x" and an even number of digits, `min` to `max` bytes; in `arena`. */
bool evm_bytes(struct scf_arena *arena, const cJSON *item, size_t min, size_t max,
               struct scf_str *ret) SCF_MUST_CHECK;
bool evm_hash(const cJSON *item, struct scf_hash *ret) SCF_MUST_CHECK;

#endif
