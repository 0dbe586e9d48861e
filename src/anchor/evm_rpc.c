/* Requests are numbered from 1; an answer counts for the request whose number it has. */
#include "evm_rpc.h"

#include "scfd/base/clock.h"
#include "scfd/codec/jsonw.h"

enum { CONNECT_S = 2, CALL_S = 4, REQUEST_MAX = 1 << 18, WORDS = 120 };

struct evm_node evm_node_open(struct scf_arena *arena, const char *url, int64_t until_mono_us) {
    return (struct evm_node){url, scf_http_client_new(CONNECT_S, CALL_S), arena, until_mono_us};
}

void evm_node_close(struct evm_node *node) {
    scf_http_client_free(node->http);
    node->http = NULL;
}

/* ---- asking ---- */

static void put_request(struct scf_jsonw *w, const char *method, const char *params, size_t id) {
    scf_jw_object(w, NULL);
    scf_jw_str(w, "jsonrpc", "2.0");
    scf_jw_i64(w, "id", (int64_t)id);
    scf_jw_str(w, "method", method);
    scf_jw_raw(w, "params", params, strlen(params));
    scf_jw_end_object(w);
}

/* The URL may hold a key of the node's operator, so that errors do not repeat it. */
static enum scf_code post(const struct evm_node *node, const char *method,
                          const struct scf_buf *request, struct scf_buf *answer,
                          struct scf_error *err) {
    const struct scf_http_call call = {.method = "POST",
                                       .url = node->url,
                                       .content_type = "application/json",
                                       .accept = "application/json",
                                       .body = {request->data, request->len}};
    int status = 0;
    struct scf_error unsaid = {0};
    if (scf_mono_us() > node->until_mono_us)
        return scf_fail(err, SCF_E_UPSTREAM, "The node is too slow: no time is left for %s.",
                        method);
    if (scf_http_client_run(node->http, &call, &status, answer, &unsaid) != SCF_OK)
        return scf_fail(err, SCF_E_UPSTREAM, "The node does not answer %s.", method);
    /* Some nodes send errors of JSON-RPC with 4xx. */
    if (answer->len == 0 || answer->data[0] == '<')
        return scf_fail(err, SCF_E_UPSTREAM, "The node answers %s with HTTP %d.", method, status);
    return SCF_OK;
}

static enum scf_code ask(const struct evm_node *node, const char *method,
                         const struct scf_buf *request, const cJSON **ret, struct scf_error *err) {
    struct scf_buf answer;
    struct scf_error unsaid = {0};
    scf_buf_init(&answer, EVM_ANSWER_MAX);
    enum scf_code code = post(node, method, request, &answer, err);
    if (code == SCF_OK) {
        *ret = scf_json_parse_large(node->arena, answer.data, answer.len, &unsaid);
        if (!*ret)
            code = scf_fail(err, SCF_E_UPSTREAM,
                            "The node answers %s with something that is no "
                            "JSON, or too much of it.",
                            method);
    }
    scf_buf_free(&answer);
    return code;
}

/* ---- reading the answer ---- */

static enum scf_code rpc_error(const char *method, const cJSON *error, int64_t *ret_rpc_error,
                               struct scf_error *err) {
    char words[WORDS + 1];
    const char *text = scf_json_string(error, "message");
    int64_t number = 0;
    size_t n = 0;
    for (; text && text[n] && n < WORDS; n++)
        words[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    words[n] = '\0';
    if (scf_json_i64(error, "code", &number) && ret_rpc_error)
        *ret_rpc_error = number;
    return scf_fail(err, SCF_E_UPSTREAM, "The node refuses %s: %s (%" PRId64 ").", method, words,
                    number);
}

/* The answer to one request, which has number 1 to n. */
static enum scf_code take(const char *method, const cJSON *answer, size_t n, const cJSON **ret,
                          bool *seen, int64_t *ret_rpc_error, struct scf_error *err) {
    int64_t id = 0;
    const cJSON *error = scf_json_get(answer, "error");
    if (cJSON_IsObject(error))
        return rpc_error(method, error, ret_rpc_error, err);
    if (!cJSON_IsObject(answer) || !cJSON_IsNumber(scf_json_get(answer, "id")) ||
        !scf_json_i64(answer, "id", &id) || id < 1 || (uint64_t)id > n || seen[id - 1])
        return scf_fail(err, SCF_E_UPSTREAM, "The node's answer to %s has a wrong id.", method);
    seen[id - 1] = true;
    ret[id - 1] = scf_json_get(answer, "result");
    return SCF_OK;
}

enum scf_code evm_call(const struct evm_node *node, const char *method, const char *params,
                       const cJSON **ret, int64_t *ret_rpc_error, struct scf_error *err) {
    struct scf_buf request;
    const cJSON *answer = NULL;
    bool seen = false;
    scf_buf_init(&request, REQUEST_MAX);
    struct scf_jsonw w = scf_jsonw(&request);
    put_request(&w, method, params, 1);
    if (ret_rpc_error)
        *ret_rpc_error = 0;
    enum scf_code code = ask(node, method, &request, &answer, err);
    scf_buf_free(&request);
    return code == SCF_OK ? take(method, answer, 1, ret, &seen, ret_rpc_error, err) : code;
}

enum scf_code evm_call_many(const struct evm_node *node, const char *method,
                            const char *const *params, size_t n, const cJSON **ret,
                            struct scf_error *err) {
    struct scf_buf request;
    const cJSON *answers = NULL;
    bool seen[EVM_BATCH] = {false};
    SCF_ASSERT(n <= EVM_BATCH);
    scf_buf_init(&request, REQUEST_MAX);
    struct scf_jsonw w = scf_jsonw(&request);
    scf_jw_array(&w, NULL);
    for (size_t i = 0; i < n; i++)
        put_request(&w, method, params[i], i + 1);
    scf_jw_end_array(&w);
    enum scf_code code = ask(node, method, &request, &answers, err);
    scf_buf_free(&request);
    if (code == SCF_OK && !cJSON_IsArray(answers)) /* one error for all of them */
        return take(method, answers, 0, ret, seen, NULL, err);
    size_t count = 0;
    for (const cJSON *a = answers ? answers->child : NULL; a && code == SCF_OK;
         a = a->next, count++)
        code = take(method, a, n, ret, seen, NULL, err);
    if (code == SCF_OK && count != n)
        return scf_fail(err, SCF_E_UPSTREAM, "The node did not answer all calls of %s.", method);
    return code;
}

/* ---- values ---- */

/* The digits behind "0x"; empty when that is not there. */
static struct scf_str digits_of(const cJSON *item) {
    struct scf_str text = scf_str(cJSON_IsString(item) ? item->valuestring : NULL);
    if (!scf_str_starts(text, "0x"))
        return (struct scf_str){NULL, 0};
    return (struct scf_str){text.p + 2, text.n - 2};
}

bool evm_number(const cJSON *item, uint8_t out[32]) {
    struct scf_str digits = digits_of(item);
    char padded[64];
    if (digits.n < 1 || digits.n > sizeof padded || (digits.p[0] == '0' && digits.n > 1))
        return false;
    memset(padded, '0', sizeof padded - digits.n);
    memcpy(padded + sizeof padded - digits.n, digits.p, digits.n);
    return scf_unhex((struct scf_str){padded, sizeof padded}, out, 32);
}

bool evm_large_quantity(const cJSON *item, uint64_t *ret) {
    uint8_t bytes[32];
    if (!evm_number(item, bytes))
        return false;
    uint64_t value = 0;
    for (size_t i = 24; i < sizeof bytes; i++)
        value = value << 8 | bytes[i];
    *ret = digits_of(item).n > 16 ? UINT64_MAX : value;
    return true;
}

bool evm_quantity(const cJSON *item, uint64_t *ret) {
    return digits_of(item).n <= 16 && evm_large_quantity(item, ret);
}

bool evm_bytes(struct scf_arena *arena, const cJSON *item, size_t min, size_t max,
               struct scf_str *ret) {
    struct scf_str digits = digits_of(item);
    size_t n = digits.n / 2;
    if (!digits.p || digits.n % 2 != 0 || n < min || n > max)
        return false;
    char *out = scf_alloc_unset(arena, n + 1);
    if (!out || !scf_unhex(digits, out, n))
        return false;
    *ret = (struct scf_str){out, n};
    return true;
}

bool evm_hash(const cJSON *item, struct scf_hash *ret) {
    return scf_unhex(digits_of(item), ret->b, SCF_HASH_LEN);
}
