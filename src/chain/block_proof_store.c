/* That a leaf is in a later tree than its own block's: anchors and witnesses see later blocks.
 * Relies on proof_store. */
#include "proof_store.h"

#include "scfd/chain/chain.h"

enum scf_code scf_chain_path(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_record *record, int64_t size,
                             struct scf_hash *ret_path, size_t *ret_n, struct scf_error *err) {
    struct scf_range ranges[SCF_PROOF_MAX];
    int n = scf_merkle_inclusion((uint64_t)record->leaf_index, (uint64_t)size, ranges);
    enum scf_code code = scf_proof_hashes(db, arena, NULL, &record->chain_id, record->suite, ranges,
                                          n, ret_path, err);
    if (code == SCF_OK)
        *ret_n = (size_t)n;
    return code;
}

static const struct scf_stmt block_at = {
    "scf_chain_block_proof",
    "SELECT size, root, block_note FROM scfd.block WHERE chain_id = $1 AND height = $2"};

enum scf_code scf_chain_block_proof(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_record *record, int64_t height,
                                    struct scf_str *ret_note, struct scf_hash *ret_path,
                                    size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &record->chain_id);
    scf_p_i64(&p, height);
    enum scf_code code = scf_db_run(db, &block_at, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1 || scf_rows_i64(rows, 0, 0) <= record->leaf_index)
        return scf_fail(err, SCF_E_INTERNAL, "A block that was anchored is not in the chain.");
    int64_t size = scf_rows_i64(rows, 0, 0);
    struct scf_hash root = scf_rows_hash(rows, 0, 1);
    code = scf_chain_path(db, arena, record, size, ret_path, ret_n, err);
    if (code != SCF_OK)
        return code;
    if (!scf_merkle_verify_inclusion(scf_suite_hash(record->suite), (uint64_t)record->leaf_index,
                                     (uint64_t)size, &record->leaf_hash, ret_path, *ret_n, &root))
        return scf_fail(err, SCF_E_INTERNAL,
                        "The stored tree does not contain this record as stored; run scfd audit.");
    *ret_note = scf_rows_str(rows, 0, 2);
    return SCF_OK;
}
