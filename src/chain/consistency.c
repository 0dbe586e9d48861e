/* What others ask of a chain's tree beside the proof of a record. Relies on proof_store. */
#include "proof_store.h"

#include "scfd/chain/block.h"
#include "scfd/chain/chain.h"

enum { ORIGIN_MAX = 512 };

bool scf_chain_vkey(struct scf_arena *arena, const struct scf_services *services,
                    const struct scf_uuid *chain_id, struct scf_vkey *ret) {
    struct scf_buf origin;
    uint8_t pub[SCF_ED25519_PUBLIC_LEN];
    scf_buf_init(&origin, ORIGIN_MAX);
    scf_chain_origin(services->installation.origin, chain_id, &origin);
    const char *name = scf_strndup(arena, origin.data, origin.len);
    scf_buf_free(&origin);
    if (name == NULL)
        return false;
    scf_signing_key_public(services->log_key, pub);
    *ret = scf_vkey(scf_str(name), pub);
    return true;
}

enum scf_code scf_chain_consistency(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *chain_id, int64_t from, int64_t to,
                                    struct scf_chain_consistency *ret, struct scf_error *err) {
    struct scf_range ranges[SCF_PROOF_MAX + 2];
    struct scf_hash hashes[SCF_PROOF_MAX + 2];
    int n = scf_merkle_consistency((uint64_t)from, (uint64_t)to, ranges);
    ranges[n] = (struct scf_range){0, (uint64_t)from};
    ranges[n + 1] = (struct scf_range){0, (uint64_t)to};
    enum scf_code code = scf_proof_hashes(db, arena, chain_id, ranges, n + 2, hashes, err);
    if (code != SCF_OK)
        return code;
    memcpy(ret->proof, hashes, (size_t)n * sizeof *hashes);
    ret->n = n;
    ret->from_root = hashes[n];
    ret->to_root = hashes[n + 1];
    return SCF_OK;
}
