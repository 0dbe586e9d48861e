/* Building proofs from the database: two reads, of O(log n) tiles. Relies on db and tile_store.
 *
 * A proof is made against the first block that covers the record, not the newest: it then never
 * changes, and its block says how early the record was there. */
#include "proof_store.h"

#include "scfd/chain/block.h"
#include "scfd/chain/chain.h"

enum { ORIGIN_MAX = 512 };

static const struct scf_stmt covering_block = {
    "scf_proof_block",
    "SELECT height, size, root, block_hash, block_note, checkpoint_note FROM scfd.block"
    " WHERE chain_id = $1 AND size > $2 ORDER BY size LIMIT 1"};

enum scf_code scf_proof_block(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t leaf_index,
                              struct scf_proof_block *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, leaf_index);
    enum scf_code code = scf_db_run(db, &covering_block, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1) {
        return scf_fail(err, SCF_E_NOT_SEALED,
                        "The record is on disk and in its chain, but its block is not sealed yet.");
    }
    *ret = (struct scf_proof_block){
        .height = scf_rows_i64(rows, 0, 0),
        .size = scf_rows_i64(rows, 0, 1),
        .root = scf_rows_hash(rows, 0, 2),
        .hash = scf_rows_hash(rows, 0, 3),
        .block_note = scf_rows_str(rows, 0, 4),
        .checkpoint_note = scf_rows_str(rows, 0, 5),
    };
    return SCF_OK;
}

enum scf_code scf_proof_hashes(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, const struct scf_range *ranges,
                               int n, struct scf_hash *ret, struct scf_error *err) {
    struct scf_tile_set *tiles = scf_tiles_needed(arena, ranges, n);
    if (tiles == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_tile_set_read(db, arena, chain_id, tiles, err);
    if (code != SCF_OK)
        return code;
    for (int i = 0; i < n; i++) {
        if (!scf_tiles_root(SCF_SHA256, tiles, ranges[i], &ret[i])) {
            scf_fail(err, SCF_E_INTERNAL, "The stored tree is damaged; run scfd audit.");
            return scf_note(err, "no hash for leaves [%" PRIu64 ", %" PRIu64 ")", ranges[i].begin,
                            ranges[i].end);
        }
    }
    return SCF_OK;
}

/* The path from the leaf to the block's root; it is verified before it is given out. */
static enum scf_code read_path(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_record *record, const struct scf_proof_block *block,
                               struct scf_hash path[SCF_PROOF_MAX], int *ret_n,
                               struct scf_error *err) {
    struct scf_range ranges[SCF_PROOF_MAX];
    uint64_t index = (uint64_t)record->leaf_index, size = (uint64_t)block->size;
    int n = scf_merkle_inclusion(index, size, ranges);
    enum scf_code code = scf_proof_hashes(db, arena, &record->chain_id, ranges, n, path, err);
    if (code != SCF_OK)
        return code;
    if (!scf_merkle_verify_inclusion(SCF_SHA256, index, size, &record->leaf_hash, path, (size_t)n,
                                     &block->root)) {
        return scf_fail(err, SCF_E_INTERNAL,
                        "The stored tree does not contain this record as stored; run scfd audit.");
    }
    *ret_n = n;
    return SCF_OK;
}

static bool write_document(const struct scf_services *services, const struct scf_record *record,
                           const struct scf_proof_block *block, const struct scf_hash *path, int n,
                           struct scf_buf *out) {
    uint8_t pub[SCF_ED25519_PUBLIC_LEN];
    scf_signing_key_public(services->log_key, pub);
    struct scf_buf origin;
    scf_buf_init(&origin, ORIGIN_MAX);
    scf_chain_origin(services->installation.origin, &record->chain_id, &origin);
    struct scf_vkey key = scf_vkey((struct scf_str){origin.data, origin.len}, pub);
    scf_proof_write(record, block, path, n, &key, out);
    bool lost = out->overflow || origin.overflow;
    scf_buf_free(&origin);
    return !lost;
}

enum scf_code scf_proof_build(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              const struct scf_proof_block *block, enum scf_proof_form form,
                              struct scf_buf *out, struct scf_error *err) {
    struct scf_hash path[SCF_PROOF_MAX];
    int n = 0;
    enum scf_code code = read_path(db, arena, record, block, path, &n, err);
    if (code != SCF_OK)
        return code;
    bool written = form == SCF_PROOF_TEXT ? scf_proof_write_text(record, block, path, n, out)
                                          : write_document(services, record, block, path, n, out);
    return written ? SCF_OK : scf_fail(err, SCF_E_INTERNAL, "The proof does not fit.");
}

static enum scf_code find_and_build(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct scf_record *record, enum scf_proof_form form,
                                    struct scf_buf *out, struct scf_error *err) {
    struct scf_proof_block block;
    enum scf_code code =
        scf_proof_block(db, arena, &record->chain_id, record->leaf_index, &block, err);
    if (code != SCF_OK)
        return code;
    return scf_proof_build(db, arena, services, record, &block, form, out, err);
}

enum scf_code scf_proof_json(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) {
    return find_and_build(db, arena, services, record, SCF_PROOF_DOCUMENT, out, err);
}

enum scf_code scf_proof_text(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_services *services, const struct scf_record *record,
                             struct scf_buf *out, struct scf_error *err) {
    return find_and_build(db, arena, services, record, SCF_PROOF_TEXT, out, err);
}
