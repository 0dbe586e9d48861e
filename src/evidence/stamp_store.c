/* SQL of bundles: their time stamps, and whose cosignatures are in them. */
#include "stamp_store.h"

#include "scfd/anchor/anchor.h"
#include "scfd/party/node.h"

static const struct scf_stmt get = {
    "scf_evidence_stamp_get",
    "SELECT s.token, s.ca_pem, s.target,"
    " EXISTS (SELECT FROM scfd.anchor_target WHERE kind = $2 AND active)"
    " FROM (VALUES (1)) one LEFT JOIN scfd.evidence_stamp s ON s.manifest_sha256 = $1"};

enum scf_code scf_evidence_stamp_get(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_hash *manifest,
                                     struct scf_evidence_stamp *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_hash(&p, manifest);
    scf_p_i16(&p, SCF_ANCHOR_RFC3161);
    enum scf_code code = scf_db_run(db, &get, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_evidence_stamp){
        .token = scf_rows_str(rows, 0, 0),
        .ca_pem = scf_rows_str(rows, 0, 1),
        .target = scf_rows_text(rows, 0, 2),
        .possible = scf_rows_bool(rows, 0, 3),
    };
    return SCF_OK;
}

static const struct scf_stmt keep = {
    "scf_evidence_stamp_keep",
    "INSERT INTO scfd.evidence_stamp (manifest_sha256, token, ca_pem, target, at)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"};

enum scf_code scf_evidence_stamp_keep(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_hash *manifest, int64_t now_us,
                                      struct scf_evidence_stamp *stamp, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_hash(&p, manifest);
    scf_p_bytes_ref(&p, stamp->token.p, stamp->token.n);
    scf_p_str(&p, stamp->ca_pem);
    scf_p_text(&p, stamp->target);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &keep, &p, NULL, NULL, err);
    return code == SCF_OK ? scf_evidence_stamp_get(db, arena, manifest, stamp, err) : code;
}

/* In the order of their lines in the cosigned checkpoint (scf_witness_find). */
static const struct scf_stmt witness_keys = {
    "scf_evidence_witness_keys",
    "SELECT string_agg(w.vkey || chr(10), '' ORDER BY c.witness_id) FROM scfd.cosignature c"
    " JOIN scfd.witness w ON w.id = c.witness_id WHERE c.chain_id = $1 AND c.size = $2"};

enum scf_code scf_evidence_witness_keys(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_uuid *chain_id, int64_t size,
                                        struct scf_str *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, size);
    enum scf_code code = scf_db_run(db, &witness_keys, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_str(rows, 0, 0);
    return code;
}

/* Kinds and status as numbered in http.h and node.h. At most twenty: they must fit on a page. */
static const struct scf_stmt judges = {
    "scf_evidence_judges",
    "SELECT string_agg(name, '; ' ORDER BY id) FROM (SELECT id, name FROM scfd.node"
    " WHERE kind = ANY ($1) AND status = $2 ORDER BY id LIMIT 20) n"};

enum scf_code scf_evidence_judges(struct scf_db *db, struct scf_arena *arena, const char **ret,
                                  struct scf_error *err) {
    static const int16_t kinds[] = {SCF_NODE_NOTARY, SCF_NODE_COURT};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i16_array(&p, kinds, SCF_COUNT(kinds));
    scf_p_i16(&p, SCF_NODE_ACTIVE);
    enum scf_code code = scf_db_run(db, &judges, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_text(rows, 0, 0);
    return code;
}
