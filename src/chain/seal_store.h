/* What sealing reads and writes. All but the candidates inside the sealing transaction. */
#ifndef SCFD_CHAIN_SEAL_STORE_H
#define SCFD_CHAIN_SEAL_STORE_H

#include "scfd/chain/block.h"
#include "scfd/codec/suite.h"

#include "scfd/db/db.h"

/* Chains whose head is not where their newest block is, in id order. */
enum scf_code scf_seal_candidates(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_uuid **ret_ids, size_t *ret_n,
                                  struct scf_error *err) SCF_MUST_CHECK;

struct scf_seal_state {
    struct scf_uuid chain_id;
    int64_t size; /* of the head */
    enum scf_suite suite;
    /* chain_seal */
    int64_t height, sealed;
    struct scf_hash block_hash;
    /* The block of that height. */
    bool has_block;
    int64_t block_size, block_us;
    struct scf_hash block_root, block_block_hash;
};
/* The columns of a SELECT over chain c, chain_seal s and block b that scf_seal_state_of reads. */
#define SCF_SEAL_STATE_COLUMNS                                                                     \
    "c.id, c.size, s.height, s.size, s.block_hash, b.size, b.sealed_at, b.root, b.block_hash, "    \
    "c.suite"
struct scf_seal_state scf_seal_state_of(const struct scf_rows *rows, int row);
/* What is wrong between head, seal row and newest block; NULL: nothing. Pure. */
const char *scf_seal_contradiction(const struct scf_seal_state *s);
/* Locks the seal rows that nobody else has locked, then reads their state. */
enum scf_code scf_seal_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *ids,
                            size_t n, struct scf_seal_state **ret, size_t *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Leaves [first, first + count) of several chains. Rows: number of the wish from 1, leaf index,
 * leaf hash, received at; in that order. */
struct scf_leaf_wish {
    struct scf_uuid chain_id;
    int64_t first, count;
};
enum scf_code scf_seal_leaves(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_leaf_wish *wishes, size_t n, struct scf_rows **ret,
                              struct scf_error *err) SCF_MUST_CHECK;

/* The checkpoint of any block of a chain of the suite; an empty note when there is none. */
enum scf_code scf_seal_any_note(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                                struct scf_uuid *ret_chain, struct scf_str *ret_note,
                                struct scf_error *err) SCF_MUST_CHECK;

struct scf_sealed_block {
    struct scf_uuid chain_id;
    struct scf_block block;
    struct scf_hash hash;
    struct scf_str block_note, checkpoint_note;
};
/* Inserts the blocks and moves the seal rows on. */
enum scf_code scf_seal_write(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_sealed_block *blocks, size_t n,
                             struct scf_error *err) SCF_MUST_CHECK;

#endif
