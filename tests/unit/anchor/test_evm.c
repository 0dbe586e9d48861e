/* The pure parts of EVM anchors: fees, nonces, values out of JSON, settings, tries, transactions
 * rebuilt from JSON, and nodes that answer nonsense (a server that says what it is told). */
#include <netinet/in.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "evm_block.h"
#include "evm_fee.h"
#include "evm_raw.h"
#include "evm_trie.h"
#include "scfd/base/clock.h"
#include "scfd/codec/keccak.h"

static struct scf_arena *arena;

static const cJSON *json(const char *text) {
    struct scf_error err = {0};
    const cJSON *item = scf_json_parse(arena, text, strlen(text), &err);
    if (!item)
        fail_msg("%s: %s", text, err.detail);
    return item;
}

/* ---- fees and nonces ---- */

#define GWEI UINT64_C(1000000000)

static void fees(void **state) {
    (void)state;
    const struct evm_settings s = {.max_fee = 100 * GWEI, .max_priority_fee = 3 * GWEI};
    const struct evm_fee none = {0, 0};
    struct evm_fee fee, more;
    assert_true(evm_fee_offer(&s, 10 * GWEI, GWEI, &none, &fee));
    assert_int_equal(fee.max_priority, GWEI);
    assert_int_equal(fee.max, 21 * GWEI);
    assert_true(evm_fee_offer(&s, 10 * GWEI, 9 * GWEI, &none, &fee)); /* the tip is capped */
    assert_int_equal(fee.max_priority, 3 * GWEI);
    assert_true(evm_fee_offer(&s, 70 * GWEI, GWEI, &none, &fee)); /* so is the whole */
    assert_int_equal(fee.max, 100 * GWEI);
    assert_false(evm_fee_offer(&s, 100 * GWEI + 1, GWEI, &none, &fee));
    assert_false(evm_fee_offer(&s, UINT64_MAX, GWEI, &none, &fee));
    fee = (struct evm_fee){GWEI, 21 * GWEI};
    assert_true(evm_fee_offer(&s, 10 * GWEI, GWEI, &fee, &more)); /* a replacement */
    assert_true(more.max_priority * 1000 > fee.max_priority * 1125);
    assert_true(more.max * 1000 > fee.max * 1125);
    assert_true(evm_fee_offer(&s, 40 * GWEI, GWEI, &fee, &more)); /* the market asks for more */
    assert_int_equal(more.max, 80 * GWEI + more.max_priority - (more.max_priority - GWEI));
    fee = (struct evm_fee){GWEI, 90 * GWEI};
    assert_false(evm_fee_offer(&s, GWEI, GWEI, &fee, &more));
    fee = (struct evm_fee){3 * GWEI, 20 * GWEI};
    assert_false(evm_fee_offer(&s, GWEI, GWEI, &fee, &more));
    assert_true(evm_fee_offer(&s, 7, 0, &none, &fee)); /* a chain that is free of tips */
    assert_int_equal(fee.max, 14);
}

/* Figures of EIP-2028 and EIP-7623, and what a node asks for 36 bytes. */
static void gas(void **state) {
    (void)state;
    assert_int_equal(evm_intrinsic_gas((struct scf_str){NULL, 0}), 21000);
    assert_int_equal(evm_intrinsic_gas((struct scf_str){"\0\1\0", 3}), 21060);
    assert_int_equal(evm_intrinsic_gas(SCF_STR("123456789012345678901234567890123456")), 0x57a8);
    assert_true(evm_times(UINT64_C(1) << 40, UINT64_C(1) << 40) == UINT64_MAX);
}

static void nonces(void **state) {
    (void)state;
    const struct evm_taken live[] = {{3, false, false}, {4, false, false}, {6, true, false}},
                           dead[] = {{3, false, false}, {4, false, true}, {5, true, false}};
    assert_int_equal(evm_nonce_choose(3, 3, NULL, 0), 3);
    assert_int_equal(evm_nonce_choose(3, 5, NULL, 0), 5); /* the pool has others of this key */
    assert_int_equal(evm_nonce_choose(3, 3, live, 2), 5);
    assert_int_equal(evm_nonce_choose(3, 5, live, 3), 5); /* a hole before our own */
    assert_int_equal(evm_nonce_choose(3, 7, live, 3), 6); /* none: 5 is somebody's */
    assert_int_equal(evm_nonce_choose(3, 6, dead, 3), 4);
    assert_int_equal(evm_nonce_choose(5, 6, dead, 3), 5);
    assert_int_equal(evm_nonce_choose(0, 0, live, 3), 0);
}

/* ---- values ---- */

static void values(void **state) {
    (void)state;
    uint64_t n;
    struct scf_hash hash;
    struct scf_str bytes;
    static const char *const bad[] = {"\"0x\"",
                                      "\"\"",
                                      "\"10\"",
                                      "\"0x00\"",
                                      "\"0x01\"",
                                      "\"0xg\"",
                                      "\"0X1\"",
                                      "\"0x1 \"",
                                      "1",
                                      "null",
                                      "\"0x10000000000000000\""};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        if (evm_quantity(json(bad[i]), &n))
            fail_msg("%s is no quantity", bad[i]);
    assert_false(evm_quantity(NULL, &n));
    assert_true(evm_quantity(json("\"0x0\""), &n) && n == 0);
    assert_true(evm_quantity(json("\"0xFFffFFffFFffFFff\""), &n) && n == UINT64_MAX);
    assert_true(evm_large_quantity(json("\"0x10000000000000000\""), &n) && n == UINT64_MAX);
    assert_false(evm_large_quantity(json("\"0x1000000000000000000000000000000000000000000000000000"
                                         "0000000000000\""),
                                    &n));
    assert_false(evm_hash(json("\"0x00\""), &hash));
    assert_false(evm_bytes(arena, json("\"0x123\""), 0, 9, &bytes));
    assert_false(evm_bytes(arena, json("\"0x1234\""), 3, 9, &bytes));
    assert_true(evm_bytes(arena, json("\"0x\""), 0, 9, &bytes) && bytes.n == 0);
}

static void settings(void **state) {
    (void)state;
    struct evm_settings s;
    evm_settings_read(json("{\"chain_id\":11155111,\"max_fee_gwei\":\"0.000000001\",\"finality\":3,"
                           "\"max_priority_fee_gwei\":1.5}"),
                      &s);
    assert_int_equal(s.chain_id, 11155111);
    assert_int_equal(s.max_fee, 1);
    assert_int_equal(s.max_priority_fee, 1500000000);
    assert_int_equal(s.confirmations, 12);
    assert_int_equal(s.finality, 12);
    assert_false(s.has_to);
}

/* ---- tries ---- */

static void leaves_of_all_sizes(void **state) {
    (void)state;
    enum { MAX = 300 };
    struct scf_str values_[MAX];
    char text[MAX][80];
    for (size_t i = 0; i < MAX; i++) /* short ones stand in their parents */
        values_[i] = (struct scf_str){
            text[i], (size_t)snprintf(text[i], sizeof text[i], "%0*zu", (int)(i % 3 * 30 + 1), i)};
    static const size_t counts[] = {1, 2, 3, 16, 17, 127, 128, 129, 130, 256, 257, MAX};
    for (size_t c = 0; c < SCF_COUNT(counts); c++)
        for (size_t i = 0; i < counts[c]; i += 1 + i / 5) {
            struct scf_hash root;
            struct evm_trie_path path;
            assert_true(evm_trie_build(arena, values_, counts[c], i, &root, &path));
            assert_true(evm_trie_verify(&root, i, values_[i], &path));
            assert_false(evm_trie_verify(&root, i + 1, values_[i], &path));
            assert_false(evm_trie_verify(&root, i, SCF_STR("x"), &path));
            path.n--;
            assert_false(evm_trie_verify(&root, i, values_[i], &path));
            path.n += 2;
            path.nodes[path.n - 1] = path.nodes[0];
            assert_false(evm_trie_verify(&root, i, values_[i], &path));
            root.b[5] ^= 1;
            path.n--;
            assert_false(evm_trie_verify(&root, i, values_[i], &path));
        }
}

/* ---- transactions out of JSON: EIP-155's example, and one of type 2 that a node showed ---- */

static void check_raw(const char *text, const char *expected) {
    struct scf_str raw;
    char hex[1024];
    assert_true(evm_raw_of_json(arena, json(text), &raw));
    assert_true(2 * raw.n < sizeof hex);
    scf_hex(raw.p, raw.n, hex);
    assert_string_equal(hex, expected);
}

static void raws(void **state) {
    (void)state;
    check_raw(
        "{\"nonce\":\"0x9\",\"gasPrice\":\"0x4a817c800\",\"gas\":\"0x5208\",\"to\":"
        "\"0x3535353535353535353535353535353535353535\",\"value\":\"0xde0b6b3a7640000\","
        "\"input\":\"0x\",\"v\":\"0x25\",\"r\":\"0x28ef61340bd939bc2195fe537567866003e1a15d3c71"
        "ff63e1590620aa636276\",\"s\":\"0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb"
        "1966a3b6d83\"}",
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000"
        "8025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f7"
        "61aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
    check_raw(
        "{\"type\":\"0x2\",\"chainId\":\"0x7a69\",\"nonce\":\"0x1\",\"gas\":\"0x57a8\","
        "\"maxFeePerGas\":\"0x6fc4e658\",\"maxPriorityFeePerGas\":\"0x3b9aca00\",\"to\":"
        "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\",\"value\":\"0x0\",\"accessList\":[],"
        "\"input\":\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\","
        "\"r\":"
        "\"0x9a109ffcf99897622c6f5e11838b282e808b9a8b210f9a000d7d6392b84a6b"
        "7b\",\"s\":\"0x399209f10c5c94df75b60f7ce0fd90908b8204510f044bbe21f4644241387d48\","
        "\"yParity\":\"0x1\"}",
        "02f890827a6901843b9aca00846fc4e6588257a894f39fd6e51aad88f6f4ce6ab8827279cfffb922"
        "6680a4ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc0"
        "01a09a109ffcf99897622c6f5e11838b282e808b9a8b210f9a000d7d6392b84a6b7ba0399209f10c"
        "5c94df75b60f7ce0fd90908b8204510f044bbe21f4644241387d48");
    struct scf_str raw;
    assert_false(evm_raw_of_json(arena, json("{\"type\":\"0x7e\"}"), &raw));
    assert_false(evm_raw_of_json(arena, json("{\"type\":\"0x2\",\"chainId\":\"0x1\"}"), &raw));
}

/* ---- nodes that are ill ---- */

/* Answers one request with `body`, whatever it asks. */
struct liar {
    int listener;
    char url[64];
    const char *body;
    pthread_t thread;
};

static void *lie(void *arg) {
    struct liar *l = arg;
    char request[4096], head[128];
    int fd = accept(l->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    (void)!read(fd, request, sizeof request);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     strlen(l->body));
    (void)!write(fd, head, (size_t)n);
    (void)!write(fd, l->body, strlen(l->body));
    close(fd);
    return NULL;
}

static void start_liar(struct liar *l, const char *body) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    l->body = body;
    l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(l->listener, 1), 0);
    assert_int_equal(getsockname(l->listener, (struct sockaddr *)&at, &n), 0);
    snprintf(l->url, sizeof l->url, "http://127.0.0.1:%d/secret", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&l->thread, NULL, lie, l), 0);
}

static void stop_liar(struct liar *l) {
    pthread_join(l->thread, NULL);
    close(l->listener);
}

static void answers_of_all_kinds(void **state) {
    (void)state;
    static const struct {
        const char *body, *words;
    } cases[] = {
        {"", "HTTP 200"},
        {"<html>no</html>", "HTTP 200"},
        {"{\"id\":1", "no JSON"},
        {"{\"id\":1,\"id\":1,\"result\":null}", "no JSON"},
        {"[]", "wrong id"},
        {"7", "wrong id"},
        {"{\"id\":2,\"result\":\"0x1\"}", "wrong id"},
        {"{\"id\":\"1\",\"result\":\"0x1\"}", "wrong id"},
        {"{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"a\\nb\\u00e9\"}}", "a?b?? (-32000)"},
        {"{\"id\":1,\"error\":{}}", "(0)"},
        {"{\"id\":1,\"result\":{\"blockHash\":1}}", "makes no sense"},
        {"{\"id\":1,\"result\":7}", "makes no sense"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct liar liar;
        struct scf_error err = {0};
        struct evm_receipt receipt;
        struct scf_hash hash = {{0}};
        bool found = false;
        start_liar(&liar, cases[i].body);
        struct evm_node node = evm_node_open(arena, liar.url, INT64_MAX);
        assert_int_equal(evm_receipt_get(&node, &hash, &found, &receipt, &err), SCF_E_UPSTREAM);
        evm_node_close(&node);
        stop_liar(&liar);
        if (!strstr(err.detail, cases[i].words) || strstr(err.detail, "secret"))
            fail_msg("%s: %s", cases[i].body, err.detail);
    }
}

static void no_call_begins_too_late(void **state) {
    (void)state;
    struct scf_error err = {0};
    const cJSON *result;
    struct evm_node node = evm_node_open(arena, "http://127.0.0.1:1/", scf_mono_us() - 1);
    assert_int_equal(evm_call(&node, "eth_chainId", "[]", &result, NULL, &err), SCF_E_UPSTREAM);
    assert_non_null(strstr(err.detail, "no time is left"));
    evm_node_close(&node);
}

int main(void) {
    scf_digest_init();
    scf_http_client_init();
    arena = scf_arena_new(256 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fees),
        cmocka_unit_test(gas),
        cmocka_unit_test(nonces),
        cmocka_unit_test(values),
        cmocka_unit_test(settings),
        cmocka_unit_test(leaves_of_all_sizes),
        cmocka_unit_test(raws),
        cmocka_unit_test(answers_of_all_kinds),
        cmocka_unit_test(no_call_begins_too_late),
    };
    int failed = cmocka_run_group_tests_name("evm", tests, NULL, NULL);
    scf_arena_free(arena);
    return failed;
}
