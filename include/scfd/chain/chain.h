/* Chains: RFC 6962 trees over records, sealed into signed blocks, proven and audited.
 *
 * One Ed25519 key signs for every chain; the signer's name in a note is the chain's origin
 * (`<installation origin>/<chain id>`), so that each chain has its own verifier key. */
#ifndef SCFD_CHAIN_CHAIN_H
#define SCFD_CHAIN_CHAIN_H

#include "scfd/chain/merkle.h"
#include "scfd/chain/note.h"
#include "scfd/chain/record.h"
#include "scfd/codec/sign.h"
#include "scfd/party/services.h"

/* Task "seal": closes a block for every chain with unsealed leaves (SKIP LOCKED per chain, so that
 * several instances share the work). Idempotent. `app` is the services. Any worker thread. */
enum scf_code scf_seal_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Whether services->log_key is the key that signs this database's blocks: all instances share one.
 * INVALID_PARAMETER when it is another one; then nothing is sealed, and nothing may be proven. */
enum scf_code scf_chain_key_check(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* The newest block of a chain: what an assessment quotes. Size 0 and a nil-filled root (SHA-256 of
 * the empty string) before the first block. */
struct scf_chain_state {
    int64_t height, size; /* height −1: none */
    struct scf_hash root, block_hash;
};
enum scf_code scf_chain_sealed_state(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *chain_id, struct scf_chain_state *ret,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* The proof document of GET /v1/records/{id}/proof (docs/evidence.md) as JSON. NOT_SEALED while
 * the record's block is still open. Visibility is the caller's business (`record` was got). */
enum scf_code scf_proof_json(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

/* The same as c2sp.org/tlog-proof@v1 text (scfd/chain/tlog_proof.h). */
enum scf_code scf_proof_text(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

/* The path from the record's leaf to the root of the tree of `size` leaves, which is sealed
 * (SCF_PROOF_MAX hashes at most); not verified. INTERNAL: the stored tree is damaged. */
enum scf_code scf_chain_path(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_record *record, int64_t size,
                             struct scf_hash *ret_path, size_t *ret_n,
                             struct scf_error *err) SCF_MUST_CHECK;

/* The signed header of the chain's block at `height`, which covers the record, and the path from
 * the record's leaf to its root (SCF_PROOF_MAX hashes at most). Text in `arena`. INTERNAL: there is
 * no such block, or the stored tree is damaged. */
enum scf_code scf_chain_block_proof(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_record *record, int64_t height,
                                    struct scf_str *ret_note, struct scf_hash *ret_path,
                                    size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* Offline check of such a document against a verifier key (C2SP vkey text): leaf text → leaf hash →
 * inclusion → checkpoint → signature → block header → block hash; with `body` (NULL: not given)
 * also its SHA-256. Writes one plain line per step to `report`. Pure. True: everything holds. What
 * is said of an erased record cannot be checked, so that such a document never holds. */
bool scf_verify_proof(struct scf_str proof_json, struct scf_str vkey, const struct scf_str *body,
                      struct scf_buf *report) SCF_MUST_CHECK;

/* The verifier key of any chain: the installation's public key, and its origin, which is the key's
 * name without the chain (a view into `vkey`). */
bool scf_chain_vkey_parse(struct scf_str vkey, uint8_t ret_public[SCF_ED25519_PUBLIC_LEN],
                          struct scf_str *ret_origin) SCF_MUST_CHECK;

/* The verifier key of a chain of ours: its name is the chain's origin, in `arena`. False: the arena
 * is full. */
bool scf_chain_vkey(struct scf_arena *arena, const struct scf_services *services,
                    const struct scf_uuid *chain_id, struct scf_vkey *ret) SCF_MUST_CHECK;

/* That the tree of the chain's first `to` leaves extends that of its first `from`
 * (1 ≤ from ≤ to ≤ its newest block's size): the proof of RFC 9162 §2.1.4 and both roots, out of
 * the chain's tiles. INTERNAL when a tile lacks hashes. */
struct scf_chain_consistency {
    struct scf_hash proof[SCF_PROOF_MAX];
    int n;
    struct scf_hash from_root, to_root;
};
enum scf_code scf_chain_consistency(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t from, int64_t to,
                                    struct scf_chain_consistency *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* ---- walking a tree ---- */

/* The leaf hashes that a chain's tiles hold, from its first leaf on, and the roots of the trees on
 * the way: for whoever reads old records and wants to know that they are those that were sealed.
 * Reads O(leaves / 256) rows and keeps a few dozen of them. One thread; lives in `arena`. */
struct scf_chain_walk;
/* NULL: the arena is full. */
struct scf_chain_walk *scf_chain_walk_new(struct scf_arena *arena, const struct scf_uuid *chain_id);
/* Walks on to a leaf, which lies beyond those walked over. *ret_known false: the tiles end before
 * it. */
enum scf_code scf_chain_walk_leaf(struct scf_chain_walk *walk, struct scf_db *db, int64_t index,
                                  bool *ret_known, struct scf_hash *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Walks on until `size` leaves lie behind, at least as many as already do, and gives the root of
 * the tree that they are. *ret_known false: the tiles hold fewer. */
enum scf_code scf_chain_walk_root(struct scf_chain_walk *walk, struct scf_db *db, int64_t size,
                                  bool *ret_known, struct scf_hash *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- audit ---- */

/* A checkpoint that somebody kept: a signed note. The chain must still contain its tree. */
struct scf_kept_checkpoint {
    const char *name; /* for people: a file's name */
    struct scf_str note;
};

/* A record with all its columns, and the codes by which the directory knows the two enterprises
 * that it names; empty: not in the directory. */
struct scf_audit_columns {
    const struct scf_record *record;
    struct scf_str enterprise_code, counterparty_code;
};

struct scf_audit_options {
    const char *database_url;
    const struct scf_uuid *chain_id; /* NULL: every chain */
    int threads;
    const uint8_t *public_key; /* 32 bytes: checks the signatures too; NULL: not */
    const char *origin;        /* of the installation; NULL: the one that the database names */
    const struct scf_kept_checkpoint *checkpoints;
    size_t checkpoint_count;
    /* Compares the columns that repeat a record's body with the body, which is sound: says what
     * differs ("its …"), or gives NULL. Any thread of the audit; `db` is free for questions,
     * `arena` is reset after every record. Non-OK: the audit cannot go on. NULL: columns are not
     * read. */
    enum scf_code (*columns)(void *ctx, struct scf_db *db, const struct scf_audit_columns *columns,
                             struct scf_arena *arena, const char **ret, struct scf_error *err);
    void *columns_ctx;
    /* About twice a second, from one thread at a time. */
    void (*progress)(void *ctx, int64_t leaves_done, int64_t leaves_total);
    void *ctx;
};
struct scf_audit_result {
    int64_t chains, leaves, tiles, blocks;
    int64_t faults;
    char first_fault[400]; /* names chain, leaf index, record id and what differs */
};
/* Recomputes every leaf from its record (body digest, leaf text, leaf hash), every tile, root,
 * block link and note. Non-OK only when the audit itself could not run; INVALID_PARAMETER: a kept
 * checkpoint is none of this installation. */
enum scf_code scf_audit_run(const struct scf_audit_options *options, struct scf_audit_result *ret,
                            struct scf_error *err) SCF_MUST_CHECK;

/* /v1/records/{id}/proof, /v1/chains, /v1/chains/{id}, …/checkpoint, …/blocks, …/blocks/{height},
 * …/consistency?from=&to=, …/tile/{rest*} */
extern const struct scf_route scf_chain_routes[];
extern const size_t scf_chain_route_count;

#endif
