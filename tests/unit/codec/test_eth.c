/* Keccak-256, RLP, keys and EIP-1559 transactions against the published vectors of ethers.js, the
 * addresses of EIP-55, and refusals of every malformed shape. */
#include "scfd/codec/eth.h"
#include "scfd/codec/json.h"
#include "scfd/codec/keccak.h"
#include "scfd/codec/rlp.h"

#include "vectors.h"

enum { MAX = 1 << 16 };

static struct scf_arena *arena;

/* "0x…" into bytes; NULL is none. */
static struct scf_str bytes_of(const char *text) {
    if (!text)
        return (struct scf_str){NULL, 0};
    assert_true(strncmp(text, "0x", 2) == 0);
    size_t n = strlen(text) / 2 - 1;
    char *out = scf_alloc(arena, n + 1, 1);
    assert_non_null(out);
    assert_true(scf_unhex((struct scf_str){text + 2, 2 * n}, out, n));
    return (struct scf_str){out, n};
}

static const cJSON *load(const char *file) {
    char path[512];
    size_t n = 0;
    vector_path(file, path);
    char *text = vector_read(path, &n);
    if (!text)
        skip_without(path);
    struct scf_error err = {0};
    const cJSON *all = scf_json_parse_large(arena, text, n, &err);
    free(text);
    assert_non_null(all);
    return all;
}

static void keccak_vectors(void **state) {
    (void)state;
    int n = 0;
    for (const cJSON *v = load("vectors/ethereum/keccak256.json")->child; v; v = v->next, n++) {
        struct scf_str data = bytes_of(scf_json_string(v, "data"));
        struct scf_hash hash = scf_keccak256(data.p, data.n);
        assert_memory_equal(hash.b, bytes_of(scf_json_string(v, "keccak256")).p, SCF_HASH_LEN);
    }
    assert_int_equal(n, 40);
}

/* Both sides of a block's end, where the two bits of the padding meet in one byte: values of an
 * Ethereum node's web3_sha3. */
static void keccak_at_the_end_of_a_block(void **state) {
    (void)state;
    static const struct {
        size_t n;
        const char *hash;
    } cases[] = {{134, "0xe5de5653994e2fa6729d329b65b5f332dee942a7ea54515e173824c232a4ff91"},
                 {135, "0x34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"},
                 {136, "0xa6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"},
                 {137, "0xd869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"},
                 {271, "0x132f47effd6c8b1b299efa53fe68aece77ec8ae4eb2e294f668eec94f76001e1"},
                 {272, "0xcf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8"}};
    char zeros[300] = {0};
    memset(zeros, 'a', sizeof zeros);
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        struct scf_hash hash = scf_keccak256(zeros, cases[i].n);
        assert_memory_equal(hash.b, bytes_of(cases[i].hash).p, SCF_HASH_LEN);
    }
}

static void encode(const cJSON *item, struct scf_buf *out) {
    struct scf_buf items;
    if (cJSON_IsString(item)) {
        struct scf_str bytes = bytes_of(item->valuestring);
        scf_rlp_put_bytes(out, bytes.p, bytes.n);
        return;
    }
    scf_buf_init(&items, MAX);
    for (const cJSON *child = item->child; child; child = child->next)
        encode(child, &items);
    scf_rlp_put_list(out, items.data, items.len);
    scf_buf_free(&items);
}

static void check_decoded(const cJSON *expected, struct scf_str *in) {
    struct scf_rlp_item item;
    assert_true(scf_rlp_next(in, &item));
    assert_int_equal(item.list, cJSON_IsArray(expected));
    if (!item.list) {
        struct scf_str bytes = bytes_of(expected->valuestring);
        assert_true(scf_str_eq(bytes, item.payload));
        return;
    }
    for (const cJSON *child = expected->child; child; child = child->next)
        check_decoded(child, &item.payload);
    assert_int_equal(item.payload.n, 0);
}

static void rlp_vectors(void **state) {
    (void)state;
    int n = 0;
    for (const cJSON *v = load("vectors/ethereum/rlp.json")->child; v; v = v->next, n++) {
        struct scf_str encoded = bytes_of(scf_json_string(v, "encoded"));
        struct scf_buf out;
        scf_buf_init(&out, MAX);
        encode(scf_json_get(v, "decoded"), &out);
        assert_true(scf_str_eq(encoded, (struct scf_str){out.data, out.len}));
        check_decoded(scf_json_get(v, "decoded"), &encoded);
        assert_int_equal(encoded.n, 0);
        scf_buf_free(&out);
    }
    assert_int_equal(n, 61);
}

static void rlp_has_one_form_only(void **state) {
    (void)state;
    static const char *const bad[] = {
        "0x8101",               /* a byte below 0x80 is itself */
        "0xb801ff",             /* a short string in the long form */
        "0xb90038",             /* a length with a leading zero, and nothing there */
        "0x8261",               /* beyond the end */
        "0xb8",                 /* no length */
        "0xbfffffffffffffffff", /* more than there can be */
        "0xf800",
        "0xc161ff"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_str in = bytes_of(bad[i]), items;
        assert_false(scf_rlp_open_list(in, &items));
        struct scf_rlp_item item;
        if (i < SCF_COUNT(bad) - 1)
            assert_false(scf_rlp_next(&in, &item));
    }
    uint64_t number;
    struct scf_str leading = bytes_of("0x820001"), long_one = bytes_of("0x89010000000000000000"),
                   zero = bytes_of("0x00");
    assert_false(scf_rlp_next_u64(&leading, &number));
    assert_false(scf_rlp_next_u64(&long_one, &number));
    assert_false(scf_rlp_next_u64(&zero, &number)); /* 0 is the empty string */
}

static uint64_t number_of(const cJSON *tx, const char *name) {
    const cJSON *item = scf_json_get(tx, name);
    if (cJSON_IsNumber(item))
        return (uint64_t)item->valuedouble;
    return item ? strtoull(item->valuestring, NULL, 16) : 0;
}

static void check_transaction(const cJSON *v) {
    const cJSON *t = scf_json_get(v, "tx");
    struct scf_str to = bytes_of(scf_json_string(t, "to"));
    struct scf_eth_tx tx = {.nonce = number_of(t, "nonce"),
                            .max_priority_fee = number_of(t, "maxPriorityFeePerGas"),
                            .max_fee = number_of(t, "maxFeePerGas"),
                            .gas_limit = number_of(t, "gasLimit"),
                            .has_to = to.n > 0,
                            .data = bytes_of(scf_json_string(t, "data"))};
    struct scf_eth_tx again;
    struct scf_eth_address from;
    struct scf_hash hash;
    struct scf_buf raw;
    memcpy(tx.to.b, to.p ? to.p : "", to.n);
    struct scf_eth_key *key =
        scf_eth_key_new((const uint8_t *)bytes_of(scf_json_string(v, "key")).p);
    assert_non_null(key);
    scf_buf_init(&raw, MAX);
    scf_eth_tx_sign(&tx, key, &raw, &hash);
    struct scf_str whole = {raw.data, raw.len};
    assert_true(scf_str_eq(whole, bytes_of(scf_json_string(v, "signed"))));
    assert_true(scf_eth_tx_read(whole, &again, &from));
    assert_memory_equal(from.b, bytes_of(scf_json_string(v, "address")).p, SCF_ETH_ADDRESS);
    assert_true(scf_str_eq(again.data, tx.data));
    assert_int_equal(again.max_fee, tx.max_fee);
    for (size_t i = 0; i < raw.len; i++) { /* whatever is altered, it is no longer theirs */
        raw.data[i] ^= 1;
        struct scf_eth_address other = {{0}};
        bool read = scf_eth_tx_read(whole, &again, &other);
        assert_true(!read || memcmp(other.b, from.b, SCF_ETH_ADDRESS) != 0);
        raw.data[i] ^= 1;
    }
    scf_buf_free(&raw);
    scf_eth_key_free(key);
}

static void transaction_vectors(void **state) {
    (void)state;
    int n = 0;
    for (const cJSON *v = load("vectors/ethereum/eip1559-transactions.json")->child; v; v = v->next)
        check_transaction(v), n++;
    assert_int_equal(n, 50);
}

/* The examples of EIP-55. */
static void addresses_have_a_checksum(void **state) {
    (void)state;
    static const char *const good[] = {
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"};
    struct scf_eth_address a;
    char text[SCF_ETH_ADDRESS_TEXT];
    for (size_t i = 0; i < SCF_COUNT(good); i++) {
        assert_true(scf_eth_address_parse(scf_str(good[i]), &a));
        scf_eth_address_format(&a, text);
        assert_string_equal(text, good[i]);
    }
    assert_true(scf_eth_address_parse(SCF_STR("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), &a));
    assert_false(scf_eth_address_parse(SCF_STR("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"), &a));
    assert_false(scf_eth_address_parse(SCF_STR("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed00"), &a));
    assert_false(scf_eth_address_parse(SCF_STR("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae"), &a));
}

static void write_file(const char *path, const char *text, mode_t mode) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void key_files(void **state) {
    (void)state;
    char dir[] = "/tmp/scfd-eth-XXXXXX", path[64];
    struct scf_eth_key *key = NULL, *again = NULL;
    struct scf_error err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/evm.key", dir);
    assert_int_equal(scf_eth_key_load(path, false, &key, &err), SCF_E_INTERNAL);
    assert_int_equal(scf_eth_key_load(path, true, &key, &err), SCF_OK);
    assert_int_equal(scf_eth_key_load(path, true, &again, &err), SCF_OK);
    struct scf_eth_address a = scf_eth_key_address(key), b = scf_eth_key_address(again);
    assert_memory_equal(a.b, b.b, SCF_ETH_ADDRESS);
    scf_eth_key_free(key);
    scf_eth_key_free(again);
    chmod(path, 0640);
    assert_int_equal(scf_eth_key_load(path, true, &key, &err), SCF_E_INTERNAL);
    assert_non_null(strstr(err.detail, "0600"));
    /* The first account of every development chain. */
    write_file(path, "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n", 0600);
    assert_int_equal(scf_eth_key_load(path, false, &key, &err), SCF_OK);
    char text[SCF_ETH_ADDRESS_TEXT];
    a = scf_eth_key_address(key);
    scf_eth_address_format(&a, text);
    assert_string_equal(text, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    scf_eth_key_free(key);
    static const char *const bad[] = {
        "", "0x12", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "0000000000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        write_file(path, bad[i], 0600);
        assert_int_equal(scf_eth_key_load(path, false, &key, &err), SCF_E_INTERNAL);
    }
    unlink(path);
    rmdir(dir);
}

int main(void) {
    scf_digest_init();
    arena = scf_arena_new(64 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_vectors),      cmocka_unit_test(keccak_at_the_end_of_a_block),
        cmocka_unit_test(rlp_vectors),         cmocka_unit_test(rlp_has_one_form_only),
        cmocka_unit_test(transaction_vectors), cmocka_unit_test(addresses_have_a_checksum),
        cmocka_unit_test(key_files),
    };
    int failed = cmocka_run_group_tests_name("eth", tests, NULL, NULL);
    scf_arena_free(arena);
    return failed;
}
