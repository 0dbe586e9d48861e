/* SQL of EVM anchors. */
#include "evm_store.h"

static void p_entry(struct scf_params *p, const struct evm_entry *entry) {
    scf_p_i64(p, entry->tick);
    scf_p_i32(p, entry->target_id);
}

static void p_account(struct scf_params *p, const struct evm_account *account) {
    scf_p_i64(p, account->chain_id);
    scf_p_bytes_ref(p, account->address.b, SCF_ETH_ADDRESS);
}

/* ---- reading ---- */

static enum scf_code load_sent(struct scf_db *db, struct scf_arena *arena,
                               const struct evm_account *account, const struct evm_entry *entry,
                               struct evm_slot *slot, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_sent", "SELECT hash, nonce, max_priority_fee, max_fee, raw, sent_at FROM scfd.evm_tx"
                    " WHERE chain_id = $1 AND address = $2 AND tick = $3 AND target_id = $4"
                    " ORDER BY sent_at DESC, max_fee DESC LIMIT $5"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    p_account(&p, account);
    p_entry(&p, entry);
    scf_p_i64(&p, EVM_SENT_MAX);
    enum scf_code code = scf_db_run(db, &stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    slot->sent_count = (size_t)scf_rows_count(rows);
    slot->sent = scf_alloc(arena, slot->sent_count, sizeof *slot->sent);
    if (!slot->sent)
        return scf_fail_memory(err);
    for (int i = 0; i < scf_rows_count(rows); i++)
        slot->sent[i] = (struct evm_sent){
            .hash = scf_rows_hash(rows, i, 0),
            .nonce = scf_rows_i64(rows, i, 1),
            .fee = {(uint64_t)scf_rows_i64(rows, i, 2), (uint64_t)scf_rows_i64(rows, i, 3)},
            .raw = scf_rows_str(rows, i, 4),
            .at_us = scf_rows_time(rows, i, 5),
        };
    return SCF_OK;
}

enum scf_code evm_slot_load(struct scf_db *db, struct scf_arena *arena,
                            const struct evm_account *account, const struct evm_entry *entry,
                            struct evm_slot *ret, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_slot", "SELECT nonce FROM scfd.evm_slot"
                    " WHERE chain_id = $1 AND address = $2 AND tick = $3 AND target_id = $4"};
    struct scf_params p;
    struct scf_rows *rows;
    struct evm_slot slot = {0};
    scf_params_init(&p, arena);
    p_account(&p, account);
    p_entry(&p, entry);
    enum scf_code code = scf_db_run(db, &stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    slot.exists = scf_rows_count(rows) == 1;
    if (slot.exists)
        slot.nonce = scf_rows_i64(rows, 0, 0);
    code = load_sent(db, arena, account, entry, &slot, err);
    if (code == SCF_OK)
        *ret = slot;
    return code;
}

/* ---- taking a nonce ---- */

struct taking {
    struct scf_arena *arena;
    const struct evm_account *account;
    const struct evm_entry *entry;
    int64_t latest, pending;
    int64_t nonce;
    struct evm_fee beat;
};

static enum scf_code lock_account(struct scf_db *db, struct taking *t, struct scf_error *err) {
    static const struct scf_stmt insert = {"evm_account_add",
                                           "INSERT INTO scfd.evm_account (chain_id, address)"
                                           " VALUES ($1, $2) ON CONFLICT DO NOTHING"};
    static const struct scf_stmt lock = {
        "evm_account_lock",
        "SELECT chain_id FROM scfd.evm_account WHERE chain_id = $1 AND address = $2 FOR UPDATE"};
    struct scf_params p;
    scf_params_init(&p, t->arena);
    p_account(&p, t->account);
    enum scf_code code = scf_db_run(db, &insert, &p, t->arena, NULL, err);
    return code == SCF_OK ? scf_db_run(db, &lock, &p, t->arena, NULL, err) : code;
}

/* Confirmed and never looked at again: only once that is kept may the slot go, for without it the
 * entry would be sent anew. */
static enum scf_code forget_final(struct scf_db *db, struct taking *t, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_forget_final",
        "WITH gone AS (DELETE FROM scfd.evm_slot s USING scfd.anchor_entry e"
        " WHERE s.chain_id = $1 AND s.address = $2 AND e.tick = s.tick"
        " AND e.target_id = s.target_id AND e.state = 2 AND e.due_at IS NULL"
        " RETURNING s.chain_id, s.address, s.nonce, s.tick, s.target_id)"
        " DELETE FROM scfd.evm_tx t USING gone g"
        " WHERE (t.tick = g.tick AND t.target_id = g.target_id)"
        " OR (t.chain_id = g.chain_id AND t.address = g.address AND t.nonce = g.nonce)"};
    struct scf_params p;
    scf_params_init(&p, t->arena);
    p_account(&p, t->account);
    return scf_db_run(db, &stmt, &p, t->arena, NULL, err);
}

static enum scf_code choose(struct scf_db *db, struct taking *t, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_taken",
        "SELECT s.nonce, s.tick = $4 AND s.target_id = $5,"
        " coalesce(e.state = 3 OR NOT g.active, true)"
        " FROM scfd.evm_slot s"
        " LEFT JOIN scfd.anchor_entry e ON e.tick = s.tick AND e.target_id = s.target_id"
        " LEFT JOIN scfd.anchor_target g ON g.id = s.target_id"
        " WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce >= $3 ORDER BY s.nonce"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, t->arena);
    p_account(&p, t->account);
    scf_p_i64(&p, t->latest);
    p_entry(&p, t->entry);
    enum scf_code code = scf_db_run(db, &stmt, &p, t->arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct evm_taken *taken = scf_alloc(t->arena, n, sizeof *taken);
    if (!taken)
        return scf_fail_memory(err);
    for (int i = 0; i < scf_rows_count(rows); i++)
        taken[i] = (struct evm_taken){scf_rows_i64(rows, i, 0), scf_rows_bool(rows, i, 1),
                                      scf_rows_bool(rows, i, 2)};
    t->nonce = evm_nonce_choose(t->latest, t->pending, taken, n);
    return SCF_OK;
}

/* Whose entry was given up has it no longer. */
static enum scf_code assign(struct scf_db *db, struct taking *t, struct scf_error *err) {
    static const struct scf_stmt clear = {
        "evm_slot_clear", "DELETE FROM scfd.evm_slot WHERE chain_id = $1 AND address = $2"
                          " AND nonce = $3 AND NOT (tick = $4 AND target_id = $5)"};
    static const struct scf_stmt put = {
        "evm_slot_put", "INSERT INTO scfd.evm_slot (chain_id, address, nonce, tick, target_id)"
                        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tick, target_id)"
                        " DO UPDATE SET chain_id = $1, address = $2, nonce = $3"};
    struct scf_params p;
    scf_params_init(&p, t->arena);
    p_account(&p, t->account);
    scf_p_i64(&p, t->nonce);
    p_entry(&p, t->entry);
    enum scf_code code = scf_db_run(db, &clear, &p, t->arena, NULL, err);
    return code == SCF_OK ? scf_db_run(db, &put, &p, t->arena, NULL, err) : code;
}

static enum scf_code read_beat(struct scf_db *db, struct taking *t, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_beat", "SELECT coalesce(max(max_priority_fee), 0), coalesce(max(max_fee), 0)"
                    " FROM scfd.evm_tx WHERE chain_id = $1 AND address = $2 AND nonce = $3"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, t->arena);
    p_account(&p, t->account);
    scf_p_i64(&p, t->nonce);
    enum scf_code code = scf_db_run(db, &stmt, &p, t->arena, &rows, err);
    if (code == SCF_OK)
        t->beat = (struct evm_fee){(uint64_t)scf_rows_i64(rows, 0, 0),
                                   (uint64_t)scf_rows_i64(rows, 0, 1)};
    return code;
}

static enum scf_code take_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct taking *t = ctx;
    enum scf_code code = lock_account(db, t, err);
    if (code == SCF_OK)
        code = forget_final(db, t, err);
    if (code == SCF_OK)
        code = choose(db, t, err);
    if (code == SCF_OK)
        code = assign(db, t, err);
    return code == SCF_OK ? read_beat(db, t, err) : code;
}

enum scf_code evm_slot_take(struct scf_db *db, struct scf_arena *arena,
                            const struct evm_account *account, const struct evm_entry *entry,
                            int64_t latest, int64_t pending, int64_t *ret_nonce,
                            struct evm_fee *ret_beat, struct scf_error *err) {
    struct taking t = {
        .arena = arena, .account = account, .entry = entry, .latest = latest, .pending = pending};
    enum scf_code code = scf_tx_run(db, take_body, &t, err);
    if (code != SCF_OK)
        return code;
    *ret_nonce = t.nonce;
    *ret_beat = t.beat;
    return SCF_OK;
}

/* ---- what was signed ---- */

enum scf_code evm_sent_add(struct scf_db *db, struct scf_arena *arena,
                           const struct evm_account *account, const struct evm_entry *entry,
                           const struct evm_sent *sent, struct scf_error *err) {
    static const struct scf_stmt stmt = {
        "evm_sent_add",
        "INSERT INTO scfd.evm_tx (chain_id, address, tick, target_id, nonce, hash,"
        " max_priority_fee, max_fee, raw, sent_at)"
        " SELECT $1, $2, tick, target_id, nonce, $6, $7, $8, $9, $10 FROM scfd.evm_slot"
        " WHERE chain_id = $1 AND address = $2 AND tick = $3 AND target_id = $4 AND nonce = $5"
        " FOR UPDATE"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    p_account(&p, account);
    p_entry(&p, entry);
    scf_p_i64(&p, sent->nonce);
    scf_p_hash(&p, &sent->hash);
    scf_p_i64(&p, (int64_t)sent->fee.max_priority);
    scf_p_i64(&p, (int64_t)sent->fee.max);
    scf_p_bytes_ref(&p, sent->raw.p, sent->raw.n);
    scf_p_time(&p, sent->at_us);
    enum scf_code code = scf_db_run(db, &stmt, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_affected(rows) != 1)
        return scf_fail(err, SCF_E_CONFLICT, "Another entry has taken the nonce %" PRId64 ".",
                        sent->nonce);
    return code;
}
