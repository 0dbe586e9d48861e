/* What proofs read. */
#ifndef SCFD_CHAIN_PROOF_STORE_H
#define SCFD_CHAIN_PROOF_STORE_H

#include "proof.h"
#include "tile_store.h"

#include "scfd/party/services.h"

/* The first block that covers the leaf; NOT_SEALED when there is none yet. Text in `arena`. */
enum scf_code scf_proof_block(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t leaf_index,
                              struct scf_proof_block *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The roots of the ranges, out of the chain's tiles. INTERNAL when a tile lacks hashes. */
enum scf_code scf_proof_hashes(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, const struct scf_range *ranges,
                               int n, struct scf_hash *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The proof against that block, in either form; it is verified before it is given out. */
enum scf_proof_form { SCF_PROOF_DOCUMENT, SCF_PROOF_TEXT };
enum scf_code scf_proof_build(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              const struct scf_proof_block *block, enum scf_proof_form form,
                              struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
