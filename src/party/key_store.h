/* API keys in the database. */
#ifndef SCFD_PARTY_KEY_STORE_H
#define SCFD_PARTY_KEY_STORE_H

#include "scfd/party/party.h"

struct scf_api_key {
    struct scf_uuid id;
    struct scf_uuid node_id; /* nil: administrator */
    const char *hint;
    const char *label; /* NULL: none */
    int64_t created_us;
    int64_t expires_us; /* 0: never */
    int64_t revoked_us; /* 0: not */
};

/* One usable key and whom it stands for. */
struct scf_live_key {
    struct scf_hash digest;
    int64_t expires_us; /* 0: never */
    struct scf_actor actor;
};

/* Every key that is neither revoked nor expired and whose node, if any, is active. */
enum scf_code scf_key_load_live(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                struct scf_live_key **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;

/* Stores a key whose text the caller made, and notifies "keys". */
enum scf_code scf_key_insert(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_installation *installation, const char *text,
                             const struct scf_uuid *node_id, const char *label, int64_t expires_us,
                             struct scf_uuid *ret_id, struct scf_error *err) SCF_MUST_CHECK;

/* One page of keys: of one node, or with `node_id` NULL all; at most page->limit + 1 rows. */
enum scf_code scf_key_list(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_uuid *node_id, const struct scf_page *page,
                           struct scf_api_key **ret, int *ret_n,
                           struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction: revokes a key (again is fine) and notifies "keys". `node_id` not NULL: only
 * a key of that node. NOT_FOUND. */
enum scf_code scf_key_revoke(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                             const struct scf_uuid *node_id, int64_t now_us,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Outside a transaction, after the revocation: waits for the commits that still saw the key alive.
 * They hold the chain's lock; who gets it after us sees the revocation. */
enum scf_code scf_key_wait_writers(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, struct scf_error *err) SCF_MUST_CHECK;

/* Does any administrator's key work now? */
enum scf_code scf_key_any_admin(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                bool *ret, struct scf_error *err) SCF_MUST_CHECK;

#endif
