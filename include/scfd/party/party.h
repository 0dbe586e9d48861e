/* Parties: the installation, enterprises, nodes and API keys. */
#ifndef SCFD_PARTY_PARTY_H
#define SCFD_PARTY_PARTY_H

#include "scfd/db/db.h"
#include "scfd/db/listen.h"
#include "scfd/http/http.h"

/* ---- the installation ---- */

struct scf_installation {
    struct scf_uuid platform_id;
    uint8_t key_secret[32];
    char origin[200];   /* under which blocks are signed now */
    int64_t generation; /* its number: 1, and one more after each restore that lost blocks */
};
/* Reads the installation row, creating it (and the platform's chain) on first use. */
enum scf_code scf_installation_load(struct scf_db *db, const char *origin,
                                    struct scf_installation *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* ---- keys ---- */

/* The key directory: every live key in memory, reloaded when the listener says "keys" changed.
 * Lock: a reader-writer lock inside; scf_keys_authenticate may be called from any thread. */
struct scf_keys;
enum scf_code scf_keys_open(const char *database_url, const struct scf_installation *installation,
                            struct scf_keys **ret, struct scf_error *err) SCF_MUST_CHECK;
void scf_keys_free(struct scf_keys *keys);
/* Subscriber for the listener (ctx = keys). */
void scf_keys_on_notify(void *keys, const char *topic, bool connected);
/* Waits (≤ 2 s) until a reload that began after this call came through: whoever was just given a
 * key by this instance can use it here at once. Not on an HTTP thread. DATABASE_UNAVAILABLE. */
enum scf_code scf_keys_refresh(struct scf_keys *keys, struct scf_error *err) SCF_MUST_CHECK;
/* DATABASE_UNAVAILABLE when the directory may have been out of date for more than 2 s: it can
 * neither hear of changes nor reload. Shaped as a readiness check (ctx = keys); any thread. */
enum scf_code scf_keys_current(void *keys, struct scf_error *err) SCF_MUST_CHECK;
/* UNAUTHENTICATED for unknown, expired, revoked keys and suspended nodes (one answer for all);
 * DATABASE_UNAVAILABLE when not scf_keys_current. */
enum scf_code scf_keys_authenticate(struct scf_keys *keys, struct scf_str key,
                                    struct scf_actor *ret, struct scf_error *err) SCF_MUST_CHECK;

/* `scfd_sk_live_` + 43 random base62 characters (256 bits) + 6 check characters. */
enum { SCF_KEY_TEXT = 80 };
/* Creates a key for a node (nil: administrator). The text is returned once and never stored.
 * `expires_us` 0: never. Inside or outside a transaction; notifies "keys". */
enum scf_code scf_key_create(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_installation *installation,
                             const struct scf_uuid *node_id, const char *label, int64_t expires_us,
                             char ret_text[SCF_KEY_TEXT], struct scf_uuid *ret_id,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Inside a write's transaction: UNAUTHENTICATED unless the actor's key, and its node, are good now.
 * Until the transaction ends they stay so, because revoking and suspending wait for it: no write is
 * there that began to commit after a revocation was acknowledged, on any instance. Intake asks the
 * same together with its chains (src/intake/commit_store.c). */
enum scf_code scf_key_hold(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_actor *actor, int64_t now_us,
                           struct scf_error *err) SCF_MUST_CHECK;
/* First start: writes an administrator's key to DIR/admin.key (0600) when no live one exists. */
enum scf_code scf_admin_key_ensure(struct scf_db *db, const struct scf_installation *installation,
                                   const char *data_dir, struct scf_error *err) SCF_MUST_CHECK;

/* Names of node kinds: "procurement" … in enum order. */
extern const char *const scf_node_kind_names[];

/* Routes of this room: /v1/nodes…, /v1/api-keys…, /v1/enterprises (reading; sending is intake's).
 */
extern const struct scf_route scf_party_routes[];
extern const size_t scf_party_route_count;

#endif
