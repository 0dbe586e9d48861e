/* Anchoring on a real node: mined, confirmed, final; and all that goes wrong on the way. Each test
 * has its own database, node and key; time moves by the test clock. */
#include "evm_world.h"

/* Block number and hash as the node has them for the transaction. */
static const char *trust_line(const char *hash, bool lie) {
    const cJSON *tx = transaction(hash);
    uint64_t number;
    assert_true(evm_quantity(scf_json_get(tx, "blockNumber"), &number));
    char *block = scf_strdup(w.arena, scf_json_string(tx, "blockHash"));
    block[65] = lie ? block[65] == '0' ? '1' : '0' : block[65];
    return scf_asprintf(w.arena,
                        "-----BEGIN CERTIFICATE-----\nbitcoin 1 00\nevm 1 2 0x%064d\n"
                        "evm 31337 %" PRIu64 " %s\n",
                        0, number, block);
}

/* ---- the good way ---- */

static void from_root_to_final(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(7);
    int64_t us = 0;
    step(&e, SCF_ANCHOR_PENDING);
    assert_true(e.due_us > 0 && e.proof.n == 0);
    step(&e, SCF_ANCHOR_ANCHORED); /* anvil mines at once */
    const cJSON *tx = transaction(e.reference);
    char data[2 * EVM_DATA + 3] = "0x73636664";
    scf_hex(e.root.b, SCF_HASH_LEN, data + 10);
    assert_string_equal(scf_json_string(tx, "input"), data);
    assert_string_equal(scf_json_string(tx, "from"), ADDRESS);
    assert_true(verifies(&e, "", &us));
    assert_int_equal(us, e.proven_us);
    uint64_t block_time;
    assert_true(evm_quantity(
        scf_json_get(call("eth_getBlockByNumber", "[\"0x1\",false]"), "timestamp"), &block_time));
    assert_int_equal(us, (int64_t)block_time * SCF_US_PER_SECOND);
    assert_true(verifies(&e, trust_line(e.reference, false), &us));
    assert_false(verifies(&e, trust_line(e.reference, true), &us));
    assert_false(verifies(&e, "evm 31337 one 0x00\n", &us));
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    mine(1);
    step(&e, SCF_ANCHOR_CONFIRMED);
    assert_true(e.due_us > 0); /* confirmed, and still looked at */
    mine(3);
    e.due_us = 0;
    step(&e, SCF_ANCHOR_CONFIRMED);
    assert_int_equal(e.due_us, 0);
    struct scf_anchor_entry other = entry_of(8); /* its coming forgets what is final */
    struct evm_slot slot;
    step(&other, SCF_ANCHOR_PENDING);
    struct evm_account account = {.chain_id = 31337};
    assert_true(scf_eth_address_parse(SCF_STR(ADDRESS), &account.address));
    ok(evm_slot_load(w.db, w.arena, &account, &(struct evm_entry){7, target.id}, &slot, &w.err));
    assert_false(slot.exists);
    assert_int_equal(slot.sent_count, 0);
    assert_false(verifies(
        &(struct scf_anchor_entry){.proof = e.proof, .statement = other.statement}, "", &us));
}

static void every_byte_of_a_proof_counts(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    int64_t us;
    step(&e, SCF_ANCHOR_PENDING);
    step(&e, SCF_ANCHOR_ANCHORED);
    char *text = scf_strndup(w.arena, e.proof.p, e.proof.n);
    struct scf_anchor_entry bad = e;
    bad.proof.p = text;
    for (size_t i = 0; i < e.proof.n; i++) {
        text[i] ^= 1;
        if (verifies(&bad, "", &us))
            fail_msg("byte %zu of %s", i, text);
        text[i] ^= 1;
    }
    bad.proof.n--;
    assert_false(verifies(&bad, "", &us));
}

/* What the node shows of a transaction is enough to write it down. */
static void check_raws(const cJSON *txs) {
    for (const cJSON *tx = txs->child; tx; tx = tx->next) {
        struct scf_str rebuilt, raw;
        const char *hash = scf_json_string(tx, "hash");
        const cJSON *bytes =
            call("eth_getRawTransactionByHash", scf_asprintf(w.arena, "[\"%s\"]", hash));
        assert_true(evm_bytes(w.arena, bytes, 1, EVM_RAW_MAX, &raw));
        assert_true(evm_raw_of_json(w.arena, tx, &rebuilt));
        assert_true(scf_str_eq(raw, rebuilt));
    }
}

/* The types that there were before EIP-1559, and one that makes a contract. */
static void send_old_ones(void) {
    static const char *const members[] = {
        "\"to\":\"" ADDRESS "\",\"gasPrice\":\"0xb2d05e00\"",
        "\"to\":\"" ADDRESS "\",\"gasPrice\":\"0xb2d05e00\",\"accessList\":[{\"address\":"
        "\"" ADDRESS "\",\"storageKeys\":[\"0x00000000000000000000000000000000000000000000000000"
        "00000000000001\"]}]",
        "\"data\":\"0x00\"",
    };
    for (size_t i = 0; i < SCF_COUNT(members); i++)
        call("eth_sendTransaction",
             scf_asprintf(w.arena,
                          "[{\"from\":\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\",\"value\":"
                          "\"0xde0b6b3a7640000\",\"gas\":\"0x20000\",%s}]",
                          members[i]));
}

/* 300 others in the block: the trie has branches, extensions and long values. */
static void among_many(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(3);
    int64_t us;
    call("evm_setAutomine", "[false]");
    call("anvil_setBalance", "[\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\","
                             "\"0x3635c9adc5dea00000\"]");
    send_old_ones();
    for (int i = 3; i < 300; i++) {
        if (i == 200)
            step(&e, SCF_ANCHOR_PENDING);
        call("eth_sendTransaction",
             scf_asprintf(w.arena,
                          "[{\"from\":\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\",\"to\":"
                          "\"%s\",\"value\":\"0x1\",\"data\":\"0x%0*d\",\"gas\":\"0x10000\"}]",
                          ADDRESS, 2 * (i % 70 + 1), 0));
    }
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    const cJSON *txs = scf_json_get(call("eth_getBlockByNumber", "[\"0x1\",true]"), "transactions");
    assert_int_equal(cJSON_GetArraySize(txs), 301);
    check_raws(txs);
    assert_true(verifies(&e, trust_line(e.reference, false), &us));
}

/* ---- what goes wrong ---- */

static void a_reorganisation_takes_it_back(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    int64_t us;
    mine(3);
    step(&e, SCF_ANCHOR_PENDING);
    mine(2);
    step(&e, SCF_ANCHOR_CONFIRMED);
    const char *first = e.reference;
    struct scf_str proof = e.proof;
    call("anvil_reorg", "[4,[]]");
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    assert_int_equal(e.proof.n, 0);
    assert_int_equal(e.proven_us, 0);
    assert_non_null(strstr(e.problem, "reorganised"));
    step(&e, SCF_ANCHOR_PENDING);
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    assert_string_equal(e.reference, first); /* the same transaction, in another block */
    assert_false(scf_str_eq(e.proof, proof));
    assert_true(verifies(&e, trust_line(first, false), &us));
}

static void what_the_pool_lost_is_sent_again(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    const char *hash = e.reference;
    call("anvil_dropTransaction", scf_asprintf(w.arena, "[\"%s\"]", hash));
    mine(1);
    assert_null(transaction(hash));
    step(&e, SCF_ANCHOR_PENDING);
    assert_string_equal(e.reference, hash);
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    assert_string_equal(e.reference, hash);
}

static uint64_t fee_of(const char *hash, const char *name) {
    uint64_t fee;
    assert_true(evm_quantity(scf_json_get(transaction(hash), name), &fee));
    return fee;
}

static void what_is_stuck_offers_more(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    const char *first = e.reference;
    uint64_t fee = fee_of(first, "maxFeePerGas"), tip = fee_of(first, "maxPriorityFeePerGas");
    test_clock[1] += 59 * SCF_US_PER_SECOND;
    step(&e, SCF_ANCHOR_PENDING);
    assert_string_equal(e.reference, first);
    test_clock[1] += 2 * SCF_US_PER_SECOND;
    step(&e, SCF_ANCHOR_PENDING);
    const char *second = e.reference;
    assert_string_not_equal(second, first);
    assert_null(transaction(first));
    assert_true(fee_of(second, "maxFeePerGas") > fee + fee / 8);
    assert_true(fee_of(second, "maxPriorityFeePerGas") > tip + tip / 8);
    assert_int_equal(fee_of(second, "nonce"), 0);
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    assert_string_equal(e.reference, second);
}

static void beyond_the_caps_it_waits(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1), late = entry_of(2);
    target.settings_json = "{\"chain_id\":31337,\"stuck_after_s\":1,\"max_fee_gwei\":\"3.2\","
                           "\"max_priority_fee_gwei\":\"1.1\"}";
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    const char *first = e.reference;
    test_clock[1] += 2 * SCF_US_PER_SECOND;
    step(&e, SCF_ANCHOR_PENDING);
    assert_string_equal(e.reference, first);
    assert_non_null(strstr(e.problem, "fee caps"));
    call("anvil_setNextBlockBaseFeePerGas", "[\"0x12a05f200\"]");
    mine(1);
    refused(&late, "fee caps");
}

static void the_first_of_two_may_be_mined_after_all(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    const char *first = e.reference;
    char *raw = scf_strdup(
        w.arena,
        call("eth_getRawTransactionByHash", scf_asprintf(w.arena, "[\"%s\"]", first))->valuestring);
    test_clock[1] += 61 * SCF_US_PER_SECOND;
    step(&e, SCF_ANCHOR_PENDING);
    call("anvil_dropTransaction", scf_asprintf(w.arena, "[\"%s\"]", e.reference));
    call("eth_sendRawTransaction", scf_asprintf(w.arena, "[\"%s\"]", raw));
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
    assert_string_equal(e.reference, first);
}

static void a_node_that_forgot_everything(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry a = entry_of(1), b = entry_of(2), c = entry_of(3);
    step(&a, SCF_ANCHOR_PENDING);
    mine(10);
    step(&a, SCF_ANCHOR_CONFIRMED); /* final */
    a.due_us = 0;
    save(&a);
    step(&b, SCF_ANCHOR_PENDING);
    step(&b, SCF_ANCHOR_ANCHORED);
    anvil_stop(&node);
    refused(&b, "does not answer");
    assert_true(anvil_start(&node, w.arena, NULL, NULL)); /* another chain with the same id */
    step(&c, SCF_ANCHOR_PENDING);
    step(&c, SCF_ANCHOR_ANCHORED);
    step(&b, SCF_ANCHOR_PENDING); /* moves to the hole that the lost chain left */
    step(&b, SCF_ANCHOR_ANCHORED);
    assert_int_equal(fee_of(c.reference, "nonce"), 0);
    assert_int_equal(fee_of(b.reference, "nonce"), 1);
}

static void a_node_that_kept_its_chain(void **state) {
    (void)state;
    NEEDS_NODE();
    char file[64];
    struct scf_anchor_entry e = entry_of(1);
    snprintf(file, sizeof file, "%s/chain.json", data_dir);
    anvil_stop(&node);
    assert_true(anvil_start(&node, w.arena, "--state", file));
    step(&e, SCF_ANCHOR_PENDING);
    step(&e, SCF_ANCHOR_ANCHORED);
    struct scf_str proof = e.proof;
    anvil_stop(&node);
    assert_true(anvil_start(&node, w.arena, "--state", file));
    mine(2);
    step(&e, SCF_ANCHOR_CONFIRMED);
    assert_true(scf_str_eq(e.proof, proof));
}

static void a_pool_that_was_lost(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry a = entry_of(1), b = entry_of(2);
    call("evm_setAutomine", "[false]");
    step(&a, SCF_ANCHOR_PENDING);
    step(&b, SCF_ANCHOR_PENDING);
    const char *hash_a = a.reference, *hash_b = b.reference;
    call("anvil_dropAllTransactions", "[]");
    step(&b, SCF_ANCHOR_PENDING); /* the later one first: there is a gap until the other comes */
    step(&a, SCF_ANCHOR_PENDING);
    mine(1);
    step(&a, SCF_ANCHOR_ANCHORED);
    step(&b, SCF_ANCHOR_ANCHORED);
    assert_string_equal(a.reference, hash_a);
    assert_string_equal(b.reference, hash_b);
}

static void another_chain_is_refused(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    target.settings_json = "{\"chain_id\":1}";
    refused(&e, "on chain 31337");
}

static void without_funds(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    char address[SCF_ETH_ADDRESS_TEXT];
    write_key("00000000000000000000000000000000000000000000000000000000000000aa");
    ok(scf_evm_address(&services, address, &w.err));
    refused(&e, "fund it");
    assert_non_null(strstr(w.err.detail, address));
    call("anvil_setBalance", scf_asprintf(w.arena, "[\"%s\",\"0xde0b6b3a7640000\"]", address));
    step(&e, SCF_ANCHOR_PENDING);
    step(&e, SCF_ANCHOR_ANCHORED);
}

static void whoever_was_given_up_blocks_nobody(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry dead = entry_of(1), later = entry_of(2), next = entry_of(3);
    call("evm_setAutomine", "[false]");
    step(&dead, SCF_ANCHOR_PENDING);
    step(&later, SCF_ANCHOR_PENDING);
    uint64_t fee = fee_of(dead.reference, "maxFeePerGas");
    dead.state = SCF_ANCHOR_FAILED;
    save(&dead);
    step(&next, SCF_ANCHOR_PENDING);
    assert_int_equal(fee_of(next.reference, "nonce"), 0);
    assert_true(fee_of(next.reference, "maxFeePerGas") > fee); /* it replaces what is there */
    mine(1);
    step(&next, SCF_ANCHOR_ANCHORED);
    step(&later, SCF_ANCHOR_ANCHORED);
}

static void a_nonce_that_somebody_else_used(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    call("anvil_dropTransaction", scf_asprintf(w.arena, "[\"%s\"]", e.reference));
    call("eth_sendTransaction", "[{\"from\":\"" ADDRESS "\",\"to\":\"" ADDRESS "\"}]");
    mine(1);
    const char *first = e.reference;
    step(&e, SCF_ANCHOR_PENDING); /* is that so, or does the node not know the receipt yet? */
    assert_string_equal(e.reference, first);
    test_clock[1] += 61 * SCF_US_PER_SECOND;
    step(&e, SCF_ANCHOR_PENDING);
    assert_int_equal(fee_of(e.reference, "nonce"), 1);
    mine(1);
    step(&e, SCF_ANCHOR_ANCHORED);
}

static void who_cannot_pay_blocks_nobody(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_target mean = target;
    struct scf_anchor_entry poor = entry_of(1), next = entry_of(2);
    mean.settings_json = "{\"chain_id\":31337,\"max_fee_gwei\":\"0.5\"}";
    poor.target = &mean;
    refused(&poor, "fee caps");
    step(&next, SCF_ANCHOR_PENDING);
    step(&next, SCF_ANCHOR_ANCHORED);
    assert_int_equal(fee_of(next.reference, "nonce"), 0);
}

/* What was signed for another chain is not sent on this one. */
static void a_target_that_moved(void **state) {
    (void)state;
    NEEDS_NODE();
    struct scf_anchor_entry e = entry_of(1);
    call("evm_setAutomine", "[false]");
    step(&e, SCF_ANCHOR_PENDING);
    const char *first = e.reference;
    anvil_stop(&node);
    assert_true(anvil_start(&node, w.arena, "--chain-id", "4242"));
    target.settings_json = "{\"chain_id\":4242}";
    step(&e, SCF_ANCHOR_PENDING);
    assert_string_not_equal(e.reference, first);
    step(&e, SCF_ANCHOR_ANCHORED);
}

/* ---- many at once ---- */

enum { THREADS = 4, EACH = 20 };

static void *take_nonces(void *arg) {
    int64_t *nonces = arg;
    struct scf_db *db = scf_db_new(w.url, "taker", 0);
    const struct evm_account account = {31337, {{1, 2, 3}}};
    for (int i = 0; i < EACH; i++) {
        struct scf_error err = {0};
        struct evm_fee beat;
        struct scf_arena *arena = scf_arena_new(1 << 20);
        struct evm_entry id = {nonces[0] * EACH + i, target.id};
        int64_t *at = &nonces[i + 1];
        SCF_ASSERT(evm_slot_take(db, arena, &account, &id, 5, 5, at, &beat, &err) == SCF_OK);
        scf_arena_free(arena);
    }
    scf_db_free(db);
    return NULL;
}

static void instances_share_an_account(void **state) {
    (void)state;
    NEEDS_NODE();
    pthread_t threads[THREADS];
    int64_t nonces[THREADS][EACH + 1];
    bool seen[THREADS * EACH] = {false};
    for (int64_t i = 0; i < THREADS * EACH; i++)
        (void)entry_of(i);
    for (int i = 0; i < THREADS; i++) {
        nonces[i][0] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, take_nonces, nonces[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int k = 1; k <= EACH; k++) {
            int64_t nonce = nonces[i][k] - 5; /* no gaps, none twice */
            assert_true(nonce >= 0 && nonce < THREADS * EACH && !seen[nonce]);
            seen[nonce] = true;
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    scf_digest_init();
    scf_http_client_init();
    use_test_clock();
    if (anvil_program()[0] == '\0')
        print_message("skipped: anvil is not there\n");
    const struct CMUnitTest tests[] = {
        TEST(from_root_to_final),
        TEST(every_byte_of_a_proof_counts),
        TEST(among_many),
        TEST(a_reorganisation_takes_it_back),
        TEST(what_the_pool_lost_is_sent_again),
        TEST(what_is_stuck_offers_more),
        TEST(beyond_the_caps_it_waits),
        TEST(the_first_of_two_may_be_mined_after_all),
        TEST(a_node_that_forgot_everything),
        TEST(a_node_that_kept_its_chain),
        TEST(a_pool_that_was_lost),
        TEST(another_chain_is_refused),
        TEST(without_funds),
        TEST(whoever_was_given_up_blocks_nobody),
        TEST(a_nonce_that_somebody_else_used),
        TEST(who_cannot_pay_blocks_nobody),
        TEST(a_target_that_moved),
        TEST(instances_share_an_account),
    };
    return cmocka_run_group_tests_name("evm_step", tests, NULL, NULL);
}
