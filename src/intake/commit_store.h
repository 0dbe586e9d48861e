/* The two round trips of one commit, and the question after an unknown outcome. */
#ifndef SCFD_INTAKE_COMMIT_STORE_H
#define SCFD_INTAKE_COMMIT_STORE_H

#include "item.h"
#include "map.h"

/* A record that is in the database already, as far as a commit needs to know it. */
struct scf_known_record {
    struct scf_uuid id, chain_id, business_key, enterprise_id, counterparty_id;
    enum scf_record_kind kind;
    int64_t leaf_index, received_us;
    struct scf_hash leaf_hash, body_sha256;
    bool erased; /* body_sha256 is gone with the body */
    bool has_amount;
    int64_t amount;
    int32_t template_id;           /* 0: none */
    bool addressed;                /* asked by id: visible to the asking chain's node */
    struct scf_str uscc, industry; /* asked by id: of enterprise_id */
};

/* What the first request with an Idempotency-Key was, and was answered. */
struct scf_first_use {
    struct scf_hash fingerprint;
    int status;
};

/* What a batch asks, and what the database answered under the chain locks. Answers stand at the
 * index of their question; NULL where nothing was found. All in one arena. */
struct scf_lookup {
    /* Chains to lock: ascending, distinct. */
    const struct scf_uuid **chains;
    int64_t *chain_sizes; /* −1: no such chain */
    size_t chain_count;
    /* API keys the items came with, distinct. */
    const struct scf_uuid **keys;
    bool *key_live;
    size_t key_count;
    /* Natural keys: one per item. */
    struct scf_item **items;
    struct scf_known_record **same;
    size_t item_count;
    /* Records named by id, with the chain that asks. */
    const struct scf_uuid **ids;
    const struct scf_uuid **id_askers;
    struct scf_known_record **by_id;
    size_t id_count;
    /* Items that came with an Idempotency-Key. */
    struct scf_item **keyed;
    struct scf_first_use **first_uses;
    size_t keyed_count;
    /* Contracts and invoices by business key: of another chain than the asker's if there is one. */
    const struct scf_uuid **business_keys;
    const struct scf_uuid **business_askers;
    struct scf_known_record **by_key;
    size_t business_count;
    /* Enterprises: distinct refs; the map leads from a USCC, or the bytes of an id, to the ref. */
    struct scf_map ref_map;
    struct scf_enterprise_ref *refs;
    struct scf_enterprise **enterprises;
    bool *enterprise_new; /* this transaction made it a stub */
    size_t ref_count;

    int64_t now_us;

    int asked[SCF_PIPELINE_MAX], asked_count; /* the store's own */
};

/* Round trip 1: BEGIN, lock the chains in id order, look everything up. The first sends, the second
 * waits for the answers. On failure of either the connection is out of the transaction. */
enum scf_code scf_commit_ask(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *lookup,
                             struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_commit_hear(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *lookup,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Creates stubs for the refs that were not found and are named by uscc, and reads them back. */
enum scf_code scf_commit_add_stubs(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_lookup *lookup, struct scf_error *err) SCF_MUST_CHECK;

/* Looks up the business keys from `first` on; nothing to do when there are none. */
enum scf_code scf_commit_lookup_keys(struct scf_db *db, struct scf_arena *arena,
                                     struct scf_lookup *lookup, size_t first,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* What this commit adds to one chain. */
struct scf_advance {
    struct scf_uuid chain_id;
    int64_t first_leaf, count;
};

/* Round trip 2: the rows (binary COPY rows of scf_record_copy_row), heads, feed events, the
 * Idempotency-Keys that were first used by items of `lookup` which are not refused, COMMIT.
 * *ret_unknown: the connection was lost during the commit itself, so that nobody knows. On any
 * failure the connection is out of the transaction. */
enum scf_code scf_commit_write(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_buf *rows, size_t row_count,
                               const struct scf_advance *advances, size_t advance_count,
                               const struct scf_lookup *lookup, bool *ret_unknown,
                               struct scf_error *err) SCF_MUST_CHECK;

/* A lone record that was decided from memory (memory.h), in one round trip: lock the chain, write
 * if all that was presumed holds, COMMIT. `row`: as above. *ret_held: false when it did not hold;
 * then nothing was written. *ret_unknown and failures as above. */
enum scf_code scf_commit_presumed(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_buf *row, const struct scf_lookup *lookup,
                                  bool *ret_held, bool *ret_unknown,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* Of scfd.api_key k and its scfd.node n; the time follows, and a ')'. */
#define SCF_KEY_IS_LIVE_AT                                                                         \
    "k.revoked_at IS NULL AND (k.node_id IS NULL OR n.status = 0)"                                 \
    " AND (k.expires_at IS NULL OR k.expires_at > "

/* Parameters of the statement that locks the chains; shared by both sources. */
extern const struct scf_stmt scf_lock_chains_stmt;
void scf_lock_chains_params(struct scf_params *p, struct scf_arena *arena,
                            const struct scf_lookup *lookup);

/* After an unknown outcome: waits on the chain locks until the lost transaction has ended, then
 * says for each record whether it is there. */
enum scf_code scf_commit_find_out(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_lookup *lookup, bool *ret_there,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
