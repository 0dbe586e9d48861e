/* Anchoring on EVM chains: one step of an entry looks where its transactions are and does the next
 * thing. A nonce is reserved, and a transaction kept, before anybody sees it; so whatever is lost
 * on the way (an answer, the node's pool, the block itself) the next step finds out and mends. */
#include "scfd/anchor/evm.h"

#include "evm_block.h"
#include "evm_store.h"
#include "scfd/anchor/anchor.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "settings.h"

enum {
    STEP_US = 6 * 1000000,  /* no call begins later: the core gives a step ten seconds */
    GAS_MAX = 10 * 1000000, /* more than any receiver may burn */
    TX_ROOM = 1024,
    RELAXED = 10 /* between looks at what is confirmed: so many polls */
};

struct step {
    struct scf_db *db;
    struct scf_arena *arena;
    struct evm_settings settings;
    struct scf_eth_key *key;
    struct evm_account account;
    struct evm_node node;
    struct scf_anchor_entry *entry; /* as it will be */
    struct evm_entry id;
    struct evm_slot slot;
    /* the chain now */
    uint64_t head, base_fee;
    int64_t latest, pending; /* transactions of the account: in blocks; in the pool too */
    /* what it charges, once asked (quote) */
    bool quoted;
    uint64_t tip, gas, balance;
};

/* ---- looking at the chain ---- */

static enum scf_code quantity(struct step *s, const char *method, const char *params, uint64_t *ret,
                              struct scf_error *err) {
    const cJSON *result = NULL;
    enum scf_code code = evm_call(&s->node, method, params, &result, NULL, err);
    if (code == SCF_OK && !evm_large_quantity(result, ret))
        return scf_fail(err, SCF_E_UPSTREAM, "The node's answer to %s is no number.", method);
    return code;
}

static enum scf_code check_chain(struct step *s, struct scf_error *err) {
    uint64_t chain_id;
    enum scf_code code = quantity(s, "eth_chainId", "[]", &chain_id, err);
    if (code == SCF_OK && chain_id != (uint64_t)s->settings.chain_id)
        return scf_fail(err, SCF_E_UPSTREAM,
                        "The node is on chain %" PRIu64 ", the target on %" PRId64 ".", chain_id,
                        s->settings.chain_id);
    return code;
}

static enum scf_code read_head(struct step *s, struct scf_error *err) {
    const cJSON *block = NULL;
    enum scf_code code =
        evm_call(&s->node, "eth_getBlockByNumber", "[\"latest\",false]", &block, NULL, err);
    if (code != SCF_OK)
        return code;
    if (!evm_quantity(scf_json_get(block, "number"), &s->head) || s->head > INT64_MAX)
        return scf_fail(err, SCF_E_UPSTREAM, "The node's newest block makes no sense.");
    if (!evm_quantity(scf_json_get(block, "baseFeePerGas"), &s->base_fee))
        return scf_fail(err, SCF_E_UPSTREAM, "The chain has no base fee (EIP-1559).");
    return SCF_OK;
}

static enum scf_code read_count(struct step *s, const char *of, int64_t *ret,
                                struct scf_error *err) {
    char params[96], address[SCF_ETH_ADDRESS_TEXT];
    uint64_t count;
    scf_eth_address_format(&s->account.address, address);
    snprintf(params, sizeof params, "[\"%s\",\"%s\"]", address, of);
    enum scf_code code = quantity(s, "eth_getTransactionCount", params, &count, err);
    if (code == SCF_OK && count > INT32_MAX)
        return scf_fail(err, SCF_E_UPSTREAM, "The node's transaction count makes no sense.");
    if (code == SCF_OK)
        *ret = (int64_t)count;
    return code;
}

static void refer_to(struct step *s, const struct scf_hash *hash) {
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(hash->b, SCF_HASH_LEN, hex);
    s->entry->reference = scf_asprintf(s->arena, "0x%s", hex);
}

/* ---- mined ---- */

static void put_due(struct step *s, int64_t polls) {
    s->entry->due_us = scf_now_us() + polls * s->settings.poll_s * SCF_US_PER_SECOND;
}

/* The proof of the entry is of this block already. */
static bool is_proven(struct step *s, const struct evm_receipt *r) {
    struct evm_proof p;
    return s->entry->proof.n > 0 && evm_proof_read(s->arena, s->entry->proof, &p) &&
           p.header.n > 0 && scf_hash_eq(&p.block_hash, &r->block_hash);
}

static enum scf_code prove(struct step *s, const cJSON *block, const struct evm_receipt *r,
                           const struct evm_sent *sent, struct scf_error *err) {
    struct evm_proof p;
    struct scf_buf out;
    const char *why = NULL;
    enum scf_code code =
        evm_block_prove(&s->node, s->settings.chain_id, block, r, sent->raw, &p, &why, err);
    if (code != SCF_OK)
        return code;
    scf_buf_init(&out, EVM_PROOF_MAX);
    evm_proof_write(&p, &out);
    char *text = out.overflow ? NULL : scf_strndup(s->arena, out.data, out.len);
    struct scf_str proof = {text, out.len};
    scf_buf_free(&out);
    if (!text)
        return scf_fail_memory(err);
    s->entry->proof = proof;
    s->entry->problem = why;
    s->entry->proven_us = why ? 0 : p.block_time_s * SCF_US_PER_SECOND;
    return SCF_OK;
}

/* The transaction is in the chain. It counts when the proof is complete and deep enough; until it
 * is final the step comes back to see whether it is still there. */
static enum scf_code mined(struct step *s, const cJSON *block, const struct evm_receipt *r,
                           const struct evm_sent *sent, struct scf_error *err) {
    s->entry->problem = NULL;
    if (!is_proven(s, r)) {
        enum scf_code code = prove(s, block, r, sent, err);
        if (code != SCF_OK)
            return code;
    }
    refer_to(s, &sent->hash);
    int64_t depth = (int64_t)s->head - (int64_t)r->block_number + 1;
    bool deep = depth >= s->settings.confirmations && s->entry->proven_us != 0;
    s->entry->state = deep ? SCF_ANCHOR_CONFIRMED : SCF_ANCHOR_ANCHORED;
    put_due(s, deep ? RELAXED : 1);
    if (depth >= s->settings.finality) /* what cannot be proven is looked at once a day */
        s->entry->due_us = deep ? 0 : scf_now_us() + SCF_US_PER_DAY;
    return SCF_OK;
}

/* Any of the transactions that were signed for the entry may have made it. */
static enum scf_code find_mined(struct step *s, bool *ret_mined, struct scf_error *err) {
    *ret_mined = false;
    for (size_t i = 0; i < s->slot.sent_count; i++) {
        struct evm_receipt r;
        const cJSON *block = NULL;
        bool found = false, canonical = false;
        const struct evm_sent *sent = &s->slot.sent[i];
        enum scf_code code = evm_receipt_get(&s->node, &sent->hash, &found, &r, err);
        if (code == SCF_OK && found)
            code = evm_block_check(&s->node, &r, &sent->hash, &canonical, &block, err);
        if (code != SCF_OK)
            return code;
        if (!found)
            continue;
        if (!canonical)
            return scf_fail(err, SCF_E_UPSTREAM, "The node is changing its chain.");
        *ret_mined = true;
        return mined(s, block, &r, sent, err);
    }
    return SCF_OK;
}

/* ---- sending ---- */

/* The node's advice, or the median of what was paid in the last twenty blocks. */
static enum scf_code read_tip(struct step *s, uint64_t *ret, struct scf_error *err) {
    const cJSON *result = NULL;
    struct scf_error unsaid = {0};
    if (quantity(s, "eth_maxPriorityFeePerGas", "[]", ret, &unsaid) == SCF_OK)
        return SCF_OK;
    enum scf_code code =
        evm_call(&s->node, "eth_feeHistory", "[\"0x14\",\"latest\",[50]]", &result, NULL, err);
    if (code != SCF_OK)
        return code;
    const cJSON *rewards = scf_json_get(result, "reward"), *last = NULL;
    for (const cJSON *item = rewards ? rewards->child : NULL; item; item = item->next)
        last = item;
    if (!evm_quantity(cJSON_GetArrayItem(last, 0), ret))
        return scf_fail(err, SCF_E_UPSTREAM, "The node does not say what its chain charges.");
    return SCF_OK;
}

/* To an account without code the data costs a fixed price; what the receiver does, or the chain
 * charges beside, the node estimates. */
static enum scf_code read_gas(struct step *s, const struct scf_eth_tx *tx, uint64_t *ret,
                              struct scf_error *err) {
    char from[SCF_ETH_ADDRESS_TEXT], to[SCF_ETH_ADDRESS_TEXT], data[2 * EVM_DATA + 1];
    char params[512];
    uint64_t estimate, least = evm_intrinsic_gas(tx->data);
    scf_eth_address_format(&s->account.address, from);
    scf_eth_address_format(&tx->to, to);
    scf_hex(tx->data.p, tx->data.n, data);
    snprintf(params, sizeof params, "[{\"from\":\"%s\",\"to\":\"%s\",\"data\":\"0x%s\"}]", from, to,
             data);
    enum scf_code code = quantity(s, "eth_estimateGas", params, &estimate, err);
    if (code != SCF_OK)
        return code;
    if (estimate > GAS_MAX)
        return scf_fail(err, SCF_E_UPSTREAM, "The transaction would burn %" PRIu64 " gas.",
                        estimate);
    *ret = estimate > least ? estimate : least;
    return SCF_OK;
}

static enum scf_code read_balance(struct step *s, struct scf_error *err) {
    char params[96], address[SCF_ETH_ADDRESS_TEXT];
    scf_eth_address_format(&s->account.address, address);
    snprintf(params, sizeof params, "[\"%s\",\"latest\"]", address);
    return quantity(s, "eth_getBalance", params, &s->balance, err);
}

/* What the transaction offers, beating what was offered before, if the caps and the account allow
 * it. */
static enum scf_code find_fee(struct step *s, const struct evm_fee *beat, struct evm_fee *ret,
                              struct scf_error *err) {
    char address[SCF_ETH_ADDRESS_TEXT];
    struct evm_fee fee;
    if (!evm_fee_offer(&s->settings, s->base_fee, s->tip, beat, &fee))
        return scf_fail(err, SCF_E_UPSTREAM,
                        "The chain asks for %" PRIu64 " wei per gas, which the target's fee caps "
                        "do not allow.",
                        s->base_fee);
    uint64_t cost = evm_times(s->gas, fee.max);
    scf_eth_address_format(&s->account.address, address);
    if (s->balance < cost)
        return scf_fail(err, SCF_E_UPSTREAM,
                        "The account %s holds %" PRIu64 " wei, and a transaction may cost %" PRIu64
                        ": fund it.",
                        address, s->balance, cost);
    *ret = fee;
    return SCF_OK;
}

static struct scf_eth_tx draft(const struct step *s, const char data[EVM_DATA]) {
    return (struct scf_eth_tx){.chain_id = (uint64_t)s->settings.chain_id,
                               .gas_limit = s->gas,
                               .has_to = true,
                               .to = s->settings.has_to ? s->settings.to : s->account.address,
                               .data = {data, EVM_DATA}};
}

/* Asks what a transaction costs, and fails if it cannot be paid. */
static enum scf_code quote(struct step *s, struct scf_error *err) {
    static const struct evm_fee nothing;
    char data[EVM_DATA];
    struct evm_fee unused;
    if (s->quoted)
        return SCF_OK;
    evm_data_of(&s->entry->root, data);
    struct scf_eth_tx tx = draft(s, data);
    enum scf_code code = read_tip(s, &s->tip, err);
    if (code == SCF_OK)
        code = read_gas(s, &tx, &s->gas, err);
    if (code == SCF_OK)
        code = read_balance(s, err);
    if (code == SCF_OK)
        code = find_fee(s, &nothing, &unused, err);
    s->quoted = code == SCF_OK;
    return code;
}

static bool node_knows(struct step *s, const struct scf_hash *hash) {
    char hex[2 * SCF_HASH_LEN + 1], params[2 * SCF_HASH_LEN + 8];
    const cJSON *result = NULL;
    struct scf_error unsaid = {0};
    scf_hex(hash->b, SCF_HASH_LEN, hex);
    snprintf(params, sizeof params, "[\"0x%s\"]", hex);
    return evm_call(&s->node, "eth_getTransactionByHash", params, &result, NULL, &unsaid) ==
               SCF_OK &&
           result != NULL;
}

/* A node that has it already answers with an error, each in its own words. */
static enum scf_code send(struct step *s, const struct evm_sent *sent, struct scf_error *err) {
    char *hex = scf_alloc_unset(s->arena, 2 * sent->raw.n + 1);
    const cJSON *result = NULL;
    if (!hex)
        return scf_fail_memory(err);
    scf_hex(sent->raw.p, sent->raw.n, hex);
    char *params = scf_asprintf(s->arena, "[\"0x%s\"]", hex);
    if (!params)
        return scf_fail_memory(err);
    enum scf_code code = evm_call(&s->node, "eth_sendRawTransaction", params, &result, NULL, err);
    return code != SCF_OK && node_knows(s, &sent->hash) ? SCF_OK : code;
}

/* Signs, keeps, and only then sends. */
static enum scf_code sign_and_send(struct step *s, struct scf_eth_tx *tx, const struct evm_fee *fee,
                                   struct scf_error *err) {
    struct scf_buf raw;
    tx->max_fee = fee->max;
    tx->max_priority_fee = fee->max_priority;
    struct evm_sent sent = {.nonce = (int64_t)tx->nonce, .fee = *fee, .at_us = scf_now_us()};
    scf_buf_init(&raw, TX_ROOM);
    scf_eth_tx_sign(tx, s->key, &raw, &sent.hash);
    char *copy = raw.overflow ? NULL : scf_strndup(s->arena, raw.data, raw.len);
    sent.raw = (struct scf_str){copy, raw.len};
    scf_buf_free(&raw);
    if (!copy)
        return scf_fail_memory(err);
    enum scf_code code = evm_sent_add(s->db, s->arena, &s->account, &s->id, &sent, err);
    if (code != SCF_OK)
        return code;
    refer_to(s, &sent.hash);
    return send(s, &sent, err);
}

/* The newest that was signed for the nonce that the entry has now. */
static const struct evm_sent *newest_at(const struct evm_slot *slot, int64_t nonce) {
    for (size_t i = 0; i < slot->sent_count; i++)
        if (slot->sent[i].nonce == nonce)
            return &slot->sent[i];
    return NULL;
}

static enum scf_code offer(struct step *s, int64_t nonce, const struct evm_fee *beat,
                           struct scf_error *err) {
    char data[EVM_DATA];
    struct evm_fee fee;
    enum scf_code code = quote(s, err);
    if (code == SCF_OK)
        code = find_fee(s, beat, &fee, err);
    if (code != SCF_OK)
        return code;
    evm_data_of(&s->entry->root, data);
    struct scf_eth_tx tx = draft(s, data);
    tx.nonce = (uint64_t)nonce;
    return sign_and_send(s, &tx, &fee, err);
}

static bool is_old(const struct step *s, const struct evm_sent *sent) {
    return sent->at_us + s->settings.stuck_after_s * SCF_US_PER_SECOND <= scf_now_us();
}

/* The nonce was used, and by none of ours as far as the node says. But nodes may know a block
 * before they know its receipts: another transaction would cost a second time. */
static bool is_settling(const struct step *s) {
    const struct evm_sent *sent = newest_at(&s->slot, s->slot.nonce);
    return s->slot.exists && s->slot.nonce < s->latest && sent && !is_old(s, sent);
}

/* One transaction for the nonce is on its way. What waits for too long offers more, if that can be;
 * else it is sent again if the node has lost it. */
static enum scf_code push(struct step *s, int64_t nonce, const struct evm_fee *beat,
                          struct scf_error *err) {
    const struct evm_sent *before = newest_at(&s->slot, nonce);
    if (!before)
        return offer(s, nonce, beat, err);
    refer_to(s, &before->hash);
    if (is_old(s, before) && offer(s, nonce, beat, err) == SCF_OK)
        return SCF_OK;
    if (is_old(s, before)) /* for the operator: it waits, and no more can be offered */
        s->entry->problem = scf_strdup(s->arena, err->detail);
    return node_knows(s, &before->hash) ? SCF_OK : send(s, before, err);
}

/* Nothing is in the chain (any more): the entry gets the lowest free nonce. None is reserved for
 * what cannot be paid, for it would stop all behind it. */
static enum scf_code submit(struct step *s, struct scf_error *err) {
    int64_t nonce;
    struct evm_fee beat;
    if (is_settling(s))
        return SCF_OK;
    enum scf_code code = s->slot.exists ? SCF_OK : quote(s, err);
    if (code == SCF_OK)
        code = evm_slot_take(s->db, s->arena, &s->account, &s->id, s->latest, s->pending, &nonce,
                             &beat, err);
    return code == SCF_OK ? push(s, nonce, &beat, err) : code;
}

static enum scf_code wait_for_block(struct step *s, struct scf_error *err) {
    bool lost = s->entry->state != SCF_ANCHOR_PENDING;
    s->entry->problem = NULL;
    enum scf_code code = submit(s, err);
    if (code != SCF_OK && !lost)
        return code;
    s->entry->state = SCF_ANCHOR_PENDING;
    s->entry->proof = (struct scf_str){NULL, 0};
    s->entry->proven_us = 0;
    if (lost) /* that it is no longer proven must be kept, whether or not it could be sent */
        s->entry->problem = code == SCF_OK ? "The chain was reorganised without the transaction."
                                           : scf_strdup(s->arena, err->detail);
    put_due(s, 1);
    return SCF_OK;
}

/* ---- the step ---- */

static enum scf_code run(struct step *s, struct scf_error *err) {
    bool is_mined = false;
    enum scf_code code = check_chain(s, err);
    if (code == SCF_OK)
        code = read_head(s, err);
    if (code == SCF_OK)
        code = read_count(s, "latest", &s->latest, err);
    if (code == SCF_OK)
        code = read_count(s, "pending", &s->pending, err);
    if (code == SCF_OK)
        code = evm_slot_load(s->db, s->arena, &s->account, &s->id, &s->slot, err);
    /* After the counts: a nonce below `latest` whose transaction has no receipt is another's. */
    if (code == SCF_OK)
        code = find_mined(s, &is_mined, err);
    return code == SCF_OK && !is_mined ? wait_for_block(s, err) : code;
}

static enum scf_code load_key(const struct scf_services *services, struct scf_eth_key **ret,
                              struct scf_error *err) {
    char path[PATH_MAX];
    const char *given = services->config->evm_key_file;
    int n = snprintf(path, sizeof path, "%s/evm.key", services->config->data_dir);
    if (!given && (n < 0 || (size_t)n >= sizeof path))
        return scf_fail(err, SCF_E_INTERNAL, "The path of the EVM key is too long.");
    return scf_eth_key_load(given ? given : path, given == NULL, ret, err);
}

enum scf_code scf_evm_address(const struct scf_services *services, char ret[SCF_ETH_ADDRESS_TEXT],
                              struct scf_error *err) {
    struct scf_eth_key *key = NULL;
    enum scf_code code = load_key(services, &key, err);
    if (code != SCF_OK)
        return code;
    struct scf_eth_address address = scf_eth_key_address(key);
    scf_eth_key_free(key);
    scf_eth_address_format(&address, ret);
    return SCF_OK;
}

static enum scf_code read_settings(struct scf_arena *arena, const struct scf_anchor_target *target,
                                   struct evm_settings *ret, struct scf_error *err) {
    struct scf_faults faults = {.arena = arena};
    const cJSON *settings =
        scf_json_parse(arena, target->settings_json, strlen(target->settings_json), err);
    if (!settings || !settings_schema_check(&evm_settings_schema, settings, &faults))
        return scf_fail(err, SCF_E_INTERNAL, "The settings of target %s are not sound.",
                        target->name);
    evm_settings_read(settings, ret);
    return SCF_OK;
}

static enum scf_code step(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_services *services, struct scf_anchor_entry *entry,
                          struct scf_error *err) {
    struct scf_error own = {0};
    struct scf_anchor_entry next = *entry;
    struct step s = {
        .db = db, .arena = arena, .entry = &next, .id = {entry->tick, entry->target->id}};
    if (!err)
        err = &own; /* what went wrong is read here too */
    enum scf_code code = read_settings(arena, entry->target, &s.settings, err);
    if (code == SCF_OK)
        code = load_key(services, &s.key, err);
    if (code != SCF_OK)
        return code;
    s.account = (struct evm_account){s.settings.chain_id, scf_eth_key_address(s.key)};
    s.node = evm_node_open(arena, entry->target->url, scf_mono_us() + STEP_US);
    code = run(&s, err);
    evm_node_close(&s.node);
    scf_eth_key_free(s.key);
    if (code == SCF_OK)
        *entry = next;
    return code;
}

/* ---- the adapter ---- */

static void check_settings(const struct scf_services *services, const cJSON *settings,
                           struct scf_faults *faults) {
    (void)services;
    settings_schema_check(&evm_settings_schema, settings, faults);
}

static const char *account(const struct scf_services *services, struct scf_arena *arena) {
    struct scf_error err = {0};
    char address[SCF_ETH_ADDRESS_TEXT];
    if (scf_evm_address(services, address, &err) == SCF_OK)
        return scf_strdup(arena, address);
    scf_log_error("EVM account", &err);
    return NULL;
}

const struct scf_anchor_adapter scf_anchor_evm = {
    .kind = SCF_ANCHOR_EVM,
    .step = step,
    .check_settings = check_settings,
    .account = account,
    .file_suffix = "json",
    .media_type = "application/json",
    .verify = evm_proof_verify,
};
