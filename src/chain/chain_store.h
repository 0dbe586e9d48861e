/* Chains and blocks as the API shows them. Text in the arena that was read into. */
#ifndef SCFD_CHAIN_CHAIN_STORE_H
#define SCFD_CHAIN_CHAIN_STORE_H

#include "proof.h"

struct scf_chain_view {
    struct scf_uuid id;
    enum scf_suite suite;
    int64_t size; /* records, sealed or not */
    bool sealed;  /* the rest is there */
    struct scf_proof_block newest;
    int64_t sealed_us;
};
struct scf_block_view {
    struct scf_proof_block block;
    struct scf_hash prev;
    int64_t sealed_us;
};

/* NOT_FOUND. */
enum scf_code scf_chain_view_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_chain_view *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Up to `limit` after `after` (before it when descending), in id order. */
enum scf_code scf_chain_view_list(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *after, bool descending, int limit,
                                  struct scf_chain_view **ret, int *ret_n,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* NOT_FOUND. */
enum scf_code scf_block_view_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, int64_t height,
                                 struct scf_block_view *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Heights above `after` (below it when descending). */
enum scf_code scf_block_view_list(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, int64_t after, bool descending,
                                  int limit, struct scf_block_view **ret, int *ret_n,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
