/* SQL of filing: what was filed before, and which nodes a filing concerns. */
#include "filing.h"

static const struct scf_stmt find = {"lending_filing_find",
                                     "SELECT id, body_sha256 FROM scfd.record"
                                     " WHERE chain_id = $1 AND kind = $2 AND external_id = $3"};

enum scf_code scf_filing_find(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *lender_id, enum scf_record_kind kind,
                              struct scf_str external_id, bool *ret_found, struct scf_uuid *ret_id,
                              struct scf_hash *ret_sha256, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, lender_id);
    scf_p_i16(&p, (int16_t)kind);
    scf_p_str(&p, external_id);
    enum scf_code code = scf_db_run(db, &find, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (*ret_found) {
        *ret_id = scf_rows_uuid(rows, 0, 0);
        *ret_sha256 = scf_rows_hash(rows, 0, 1);
    }
    return SCF_OK;
}

/* ---- those concerned ---- */

/* The contracts of the assessment with their buyers, the guarantees of these contracts, and those
 * that the lender names ($2). The guarantor stands in the body only. The last columns say who
 * operates the node that sent a guarantee, and whether it counts in any case, as from a guarantors'
 * system that no enterprise operates. The keys are an array so that every plan goes by an index.
 * $1 decision, $3 guarantee kind, $4 guarantor's kind of node. */
#define GUARANTOR "convert_from(r.body, 'UTF8')::json ->> 'guarantor_id'"
static const struct scf_stmt grounds = {
    "lending_filing_grounds",
    "SELECT r.chain_id, r.counterparty_id, NULL::text, NULL::uuid, true"
    " FROM scfd.decision_contract k JOIN scfd.record r ON r.id = k.contract_id"
    " WHERE k.decision_id = $1"
    " UNION SELECT r.chain_id, NULL, " GUARANTOR ", n.operator_enterprise_id,"
    " n.operator_enterprise_id IS NULL AND n.kind = $4"
    " FROM scfd.contract_guarantee g JOIN scfd.record r ON r.id = g.record_id"
    " JOIN scfd.node n ON n.id = g.chain_id WHERE g.contract_key = ANY (ARRAY ("
    "SELECT contract_key FROM scfd.decision_contract WHERE decision_id = $1))"
    " UNION SELECT r.chain_id, NULL, " GUARANTOR ", NULL, true"
    " FROM scfd.record r WHERE r.id = ANY ($2::uuid[]) AND r.kind = $3"};

struct concerned {
    const struct scf_uuid **enterprises, **chains;
    size_t enterprise_count, chain_count;
};

static void add_concerned(struct concerned *c, const struct scf_uuid *chain_id,
                          const struct scf_uuid *buyer_id, const struct scf_uuid *guarantor_id) {
    c->chains[c->chain_count++] = chain_id;
    if (!scf_uuid_is_nil(buyer_id))
        c->enterprises[c->enterprise_count++] = buyer_id;
    if (!scf_uuid_is_nil(guarantor_id))
        c->enterprises[c->enterprise_count++] = guarantor_id;
}

/* Anybody may send a guarantee that names the contract by its number: only the guarantor's own one
 * makes its sender see what is lent. */
static enum scf_code read_grounds(const struct scf_rows *rows, struct scf_arena *arena,
                                  const struct scf_uuid *borrower_id, struct concerned *ret,
                                  struct scf_error *err) {
    enum { CHAIN, BUYER, GUARANTOR_TEXT, OPERATOR, CERTAIN };
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_uuid(*ids)[3] = scf_alloc(arena, n, sizeof *ids);
    ret->enterprises = scf_alloc(arena, 2 * n + 1, sizeof *ret->enterprises);
    ret->chains = scf_alloc(arena, n, sizeof *ret->chains);
    if (ids == NULL || ret->enterprises == NULL || ret->chains == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many records concerned.");
    ret->enterprises[ret->enterprise_count++] = borrower_id;
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        const char *text = scf_rows_text(rows, row, GUARANTOR_TEXT);
        struct scf_uuid operator_id = scf_rows_uuid(rows, row, OPERATOR);
        struct scf_uuid *chain = &ids[i][0], *buyer = &ids[i][1], *guarantor = &ids[i][2];
        *chain = scf_rows_uuid(rows, row, CHAIN);
        *buyer = scf_rows_uuid(rows, row, BUYER);
        bool own = text && scf_id_parse("ent", scf_str(text), guarantor) &&
                   scf_uuid_eq(guarantor, &operator_id);
        if (own || scf_rows_bool(rows, row, CERTAIN))
            add_concerned(ret, chain, buyer, guarantor);
    }
    return SCF_OK;
}

/* A suspended node may be let in again, so only retired ones are left out. */
static const struct scf_stmt nodes_concerned = {
    "lending_filing_nodes",
    "SELECT id FROM scfd.node WHERE status < 2 AND id <> $3"
    " AND (operator_enterprise_id = ANY ($1::uuid[]) OR id = ANY ($2::uuid[])"
    " OR id IN (SELECT node_id FROM scfd.record_addressee WHERE record_id = $4)) ORDER BY id"};

static enum scf_code read_nodes(struct scf_db *db, const struct scf_filing *f,
                                const struct scf_filing_facts *facts, const struct concerned *c,
                                struct scf_uuid **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, f->arena);
    scf_p_uuid_array(&p, c->enterprises, c->enterprise_count);
    scf_p_uuid_array(&p, c->chains, c->chain_count);
    scf_p_uuid(&p, &f->lender->node_id);
    scf_p_uuid(&p, &facts->as_record);
    enum scf_code code = scf_db_run(db, &nodes_concerned, &p, f->arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, f->arena, ret, ret_n, err) : code;
}

enum scf_code scf_filing_nodes(struct scf_db *db, const struct scf_filing *f,
                               const struct scf_filing_facts *facts, struct scf_uuid **ret,
                               size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, f->arena);
    scf_p_uuid(&p, &facts->decision_id);
    scf_p_uuid_list(&p, facts->guarantees, facts->guarantee_count);
    scf_p_i16(&p, SCF_REC_GUARANTEE);
    scf_p_i16(&p, SCF_NODE_GUARANTOR);
    enum scf_code code = scf_db_run(db, &grounds, &p, f->arena, &rows, err);
    struct concerned c = {0};
    if (code == SCF_OK)
        code = read_grounds(rows, f->arena, &facts->borrower_id, &c, err);
    return code == SCF_OK ? read_nodes(db, f, facts, &c, ret, ret_n, err) : code;
}

/* ---- their lists ---- */

static const struct scf_stmt list = {"lending_filing_list",
                                     "INSERT INTO scfd.lending_seen (node_id, kind, created_at, id)"
                                     " SELECT node, $2, $3, $4 FROM unnest($1::uuid[]) AS node"};

enum scf_code scf_filing_list(struct scf_db *db, const struct scf_filing *f,
                              const struct scf_uuid *nodes, size_t n, struct scf_error *err) {
    const struct scf_uuid **seeing = scf_alloc(f->arena, n + 1, sizeof *seeing);
    if (seeing == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many nodes concerned.");
    for (size_t i = 0; i < n; i++)
        seeing[i] = &nodes[i];
    seeing[n] = &f->lender->node_id;
    struct scf_params p;
    scf_params_init(&p, f->arena);
    scf_p_uuid_array(&p, seeing, n + 1);
    scf_p_i16(&p, (int16_t)f->kind);
    scf_p_time(&p, f->ctx.now_us);
    scf_p_uuid(&p, &f->id);
    return scf_db_run(db, &list, &p, f->arena, NULL, err);
}
