/* SQL for the certificates of who signs evidence. Relies on db. */
#include "signer_store.h"

static const struct scf_stmt pin = {
    "scf_evidence_signer_pin",
    "INSERT INTO scfd.evidence_signer (chain_sha256, since) VALUES ($1, $2)"
    " ON CONFLICT DO NOTHING RETURNING one"};
static const struct scf_stmt same = {
    "scf_evidence_signer_same",
    "SELECT EXISTS (SELECT FROM scfd.evidence_signer WHERE chain_sha256 = $1)"};

enum scf_code scf_evidence_signer_pin(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_hash *chain, int64_t now_us, bool *ret,
                                      struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_hash(&p, chain);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &pin, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) > 0;
    return code;
}

enum scf_code scf_evidence_signer_same(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_hash *chain, bool *ret,
                                       struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_hash(&p, chain);
    enum scf_code code = scf_db_run(db, &same, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}
