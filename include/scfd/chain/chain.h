/* Chains: RFC 6962 trees over records, sealed into signed blocks, proven and audited.
 *
 * A chain is of one suite (scfd/codec/suite.h): leaves, tree and blocks use its digest, and one key
 * of the installation signs for all chains of a suite. The signer's name in a note is the chain's
 * origin
 * (`<installation origin>/<chain id>`), so that each chain has its own verifier key. */
#ifndef SCFD_CHAIN_CHAIN_H
#define SCFD_CHAIN_CHAIN_H

#include "scfd/chain/merkle.h"
#include "scfd/chain/note.h"
#include "scfd/chain/record.h"
#include "scfd/party/services.h"

/* Task "seal": closes a block for every chain with unsealed leaves (SKIP LOCKED per chain, so that
 * several instances share the work). Idempotent. `app` is the services. Any worker thread. */
enum scf_code scf_seal_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) SCF_MUST_CHECK;

/* The key that signs for chains of a suite, and the verifier key of one of them, whose name lies in
 * `arena`. */
const struct scf_signing_key *scf_chain_secret(const struct scf_services *services,
                                               enum scf_suite suite);
struct scf_vkey scf_chain_vkey(const struct scf_services *services, const struct scf_uuid *chain_id,
                               enum scf_suite suite, struct scf_arena *arena);
/* The same of a block that is there, by the origin in its own checkpoint, for the log may go on
 * under another one (docs/restore.md); its name is a view into the note. False: this is no
 * checkpoint. */
bool scf_chain_vkey_of(const struct scf_services *services, enum scf_suite suite,
                       struct scf_str checkpoint_note, struct scf_vkey *ret) SCF_MUST_CHECK;

/* Whether the keys in `services` are those that sign this database's blocks: all instances share
 * them. Which they are is written down with the first block (scfd.log_key); until then any is
 * right. INVALID_PARAMETER when one is another; then nothing is sealed, and nothing may be proven.
 */
enum scf_code scf_chain_key_check(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* Whether anything was ever sealed in this database. */
enum scf_code scf_log_has_blocks(struct scf_db *db, struct scf_arena *arena, bool *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Compares what was published (services->published) with the database, learns what others sealed,
 * and halts the log or lets it go on: a database that lacks a published block was restored to an
 * earlier state, and must not be signed under the same origin (docs/restore.md). Nothing to do
 * without that file. Non-OK: it could not look. Any thread with its own `db`. */
enum scf_code scf_log_check(struct scf_db *db, const struct scf_services *services,
                            struct scf_error *err) SCF_MUST_CHECK;
/* LOG_RESTORED while the log is halted. From memory; any thread. */
enum scf_code scf_log_may_write(const struct scf_services *services,
                                struct scf_error *err) SCF_MUST_CHECK;

/* Begins another origin (`<first origin>/<number>`) for every chain, after a restore that lost
 * published blocks: records of the platform's chain quote what each chain has and what is known to
 * have been published. Uses the installation and `published` (NULL: nothing is remembered) of the
 * services. `number` 0: the next one. WRONG_STATE: other processes use the database.
 * INVALID_PARAMETER: the number was used. */
struct scf_origin_change {
    int64_t generation;
    char origin[200];
    struct scf_uuid record_id; /* the first of them */
    size_t chains, lost;       /* quoted; of those, chains that lack published blocks */
};
enum scf_code scf_origin_begin(struct scf_db *db, const struct scf_services *services,
                               const char *reason, int64_t number, struct scf_origin_change *ret,
                               struct scf_error *err) SCF_MUST_CHECK;

/* The newest block of a chain: what an assessment quotes. Size 0 and the root of the empty tree
 * (digest of the empty string) before the first block. */
struct scf_chain_state {
    enum scf_suite suite;
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
 * also its digest. The key says which suite it must be. Writes one plain line per step to `report`.
 * Pure. True: everything holds. What is said of an erased record cannot be checked, so that such a
 * document never holds. */
bool scf_verify_proof(struct scf_str proof_json, struct scf_str vkey, const struct scf_str *body,
                      struct scf_buf *report) SCF_MUST_CHECK;

/* The verifier key of any chain: the installation's public key for chains of that suite, and its
 * origin, which is the key's name without the chain (a view into `vkey`). */
bool scf_chain_vkey_parse(struct scf_str vkey, struct scf_public_key *ret_public,
                          struct scf_str *ret_origin) SCF_MUST_CHECK;

/* Tiles in memory, for proofs: up to `max_tiles` of up to 16 KiB, made as they are needed. Never
 * NULL. Any thread may use one; free it (NULL is fine) when none does any more. */
struct scf_tile_cache;
enum { SCF_TILES_CACHED = 2048 };
struct scf_tile_cache *scf_tile_cache_new(size_t max_tiles);
void scf_tile_cache_free(struct scf_tile_cache *cache);

/* That the tree of the chain's first `to` leaves extends that of its first `from`
 * (1 ≤ from ≤ to ≤ its newest block's size): the proof of RFC 9162 §2.1.4 and both roots, out of
 * the chain's tiles. INTERNAL when a tile lacks hashes. */
struct scf_chain_consistency {
    struct scf_hash proof[SCF_PROOF_MAX];
    int n;
    struct scf_hash from_root, to_root;
};
enum scf_code scf_chain_consistency(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct scf_uuid *chain_id, int64_t from, int64_t to,
                                    struct scf_chain_consistency *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* ---- walking a tree ---- */

/* The leaf hashes that a chain's tiles hold, from its first leaf on, and the roots of the trees on
 * the way: for whoever reads old records and wants to know that they are those that were sealed.
 * Reads O(leaves / 256) rows and keeps a few dozen of them. One thread; lives in `arena`. */
struct scf_chain_walk;
/* NULL: the arena is full. */
struct scf_chain_walk *scf_chain_walk_new(struct scf_arena *arena, const struct scf_uuid *chain_id,
                                          enum scf_suite suite);
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
    /* Per suite: the signatures of its chains are checked too; NULL: they are not. */
    const struct scf_public_key *public_keys[SCF_SUITES];
    const char *origin; /* of the installation; NULL: the one that the database names */
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
    int64_t
        unsigned_chains; /* no key was given for their suite: their signatures were not checked */
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
