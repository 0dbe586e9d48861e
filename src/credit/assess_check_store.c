/* SQL of checking what the request of an assessment names, each list in one statement. Visibility
 * is that of records (scfd/chain/record.h). */
#include "assess.h"

static const struct scf_stmt contracts_stmt = {
    "scf_assess_unknown_contracts",
    "SELECT x.n - 1 FROM unnest($1::uuid[]) WITH ORDINALITY x (id, n) WHERE NOT EXISTS"
    " (SELECT FROM scfd.record r WHERE r.id = x.id AND r.kind = $2 AND ($3::uuid IS NULL"
    " OR r.chain_id = $3 OR EXISTS (SELECT FROM scfd.record_addressee a"
    " WHERE a.node_id = $3 AND a.record_id = r.id))"
    " AND ($4::uuid IS NULL OR $4 IN (r.enterprise_id, r.counterparty_id))) ORDER BY x.n"};
static const struct scf_stmt lenders_stmt = {
    "scf_assess_unknown_lenders",
    "SELECT x.n - 1 FROM unnest($1::uuid[]) WITH ORDINALITY x (id, n) WHERE NOT EXISTS"
    " (SELECT FROM scfd.node n WHERE n.id = x.id AND n.kind = $2 AND n.status = 0) ORDER BY x.n"};

/* $1 ids, $2 a kind. */
static enum scf_code begin(struct scf_params *p, struct scf_arena *arena,
                           const struct scf_uuid *ids, size_t n, int16_t kind,
                           struct scf_error *err) {
    const struct scf_uuid **pointers = scf_alloc(arena, n, sizeof *pointers);
    if (pointers == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The server is out of memory for this request");
    for (size_t i = 0; i < n; i++)
        pointers[i] = &ids[i];
    scf_params_init(p, arena);
    scf_p_uuid_array(p, pointers, n);
    scf_p_i16(p, kind);
    return SCF_OK;
}

static enum scf_code ask(struct scf_db *db, struct scf_arena *arena, const struct scf_stmt *stmt,
                         const struct scf_params *p, size_t **ret, size_t *ret_n,
                         struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, stmt, p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    size_t *positions = scf_alloc(arena, n, sizeof *positions);
    if (positions == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The server is out of memory for this request");
    for (size_t i = 0; i < n; i++)
        positions[i] = (size_t)scf_rows_i64(rows, (int)i, 0);
    *ret = positions;
    *ret_n = n;
    return SCF_OK;
}

enum scf_code scf_assess_unknown_contracts(struct scf_db *db, struct scf_arena *arena,
                                           const struct scf_actor *actor,
                                           const struct scf_uuid *party_id,
                                           const struct scf_uuid *ids, size_t n, size_t **ret,
                                           size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    enum scf_code code = begin(&p, arena, ids, n, SCF_REC_CONTRACT, err);
    if (code != SCF_OK)
        return code;
    scf_p_uuid(&p, actor->admin ? NULL : &actor->node_id);
    scf_p_uuid(&p, party_id);
    return ask(db, arena, &contracts_stmt, &p, ret, ret_n, err);
}

enum scf_code scf_assess_unknown_lenders(struct scf_db *db, struct scf_arena *arena,
                                         const struct scf_uuid *ids, size_t n, size_t **ret,
                                         size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    enum scf_code code = begin(&p, arena, ids, n, SCF_NODE_LENDER, err);
    return code == SCF_OK ? ask(db, arena, &lenders_stmt, &p, ret, ret_n, err) : code;
}
