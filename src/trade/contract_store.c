/* SQL of contracts as views need them. */
#include "contract_store.h"

/* The key alone finds the few records of the contract; a planner that were told the order wanted
 * might walk the whole chain backwards instead. */
static const struct scf_stmt newest_stmt = {
    "scf_trade_contract_newest",
    "WITH k AS MATERIALIZED (SELECT id, chain_id, kind, leaf_index FROM scfd.record"
    " WHERE business_key = $1) SELECT id FROM k WHERE chain_id = $2 AND kind = $3"
    " ORDER BY leaf_index DESC LIMIT 1"};

enum scf_code scf_trade_contract_newest(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_record *contract, struct scf_uuid *ret,
                                        struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (scf_uuid_is_nil(&contract->business_key)) {
        *ret = contract->id;
        return SCF_OK;
    }
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &contract->business_key);
    scf_p_uuid(&p, &contract->chain_id);
    scf_p_i16(&p, SCF_REC_CONTRACT);
    enum scf_code code = scf_db_run(db, &newest_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) > 0 ? scf_rows_uuid(rows, 0, 0) : contract->id;
    return code;
}

static const struct scf_stmt buyer_stmt = {
    "scf_trade_buyer_known",
    "SELECT EXISTS (SELECT FROM scfd.trade_fact WHERE contract_key = $1 AND buyer_id = $2"
    " AND chain_id <> $3 AND kind IN ($4, $5) AND (operator_id IS NULL OR operator_id = $6))"};

enum scf_code scf_trade_buyer_known(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_trade_contract *contract,
                                    const struct scf_uuid *chain_id, bool *ret,
                                    struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &contract->contract_key);
    scf_p_uuid(&p, &contract->buyer_id);
    scf_p_uuid(&p, chain_id);
    scf_p_i16(&p, SCF_REC_CONTRACT);
    scf_p_i16(&p, SCF_REC_INVOICE);
    scf_p_uuid(&p, &contract->seller_id);
    enum scf_code code = scf_db_run(db, &buyer_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}

/* As scf_record_get decides for one record. */
static const struct scf_stmt visible_stmt = {
    "scf_trade_visible",
    "SELECT r.id, r.kind FROM scfd.record r WHERE r.id = ANY($1) AND ($2 OR r.chain_id = $3"
    " OR EXISTS (SELECT FROM scfd.record_addressee a WHERE a.record_id = r.id"
    " AND a.node_id = $3))"};

enum scf_code scf_trade_visible(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_actor *actor, const struct scf_uuid *const *ids,
                                size_t n, struct scf_trade_seen **ret, size_t *ret_n,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_bool(&p, actor->admin);
    scf_p_uuid(&p, &actor->node_id);
    enum scf_code code = scf_db_run(db, &visible_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_trade_seen *list = scf_alloc(arena, (size_t)count, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < count; i++)
        list[i] = (struct scf_trade_seen){scf_rows_uuid(rows, i, 0),
                                          (enum scf_record_kind)scf_rows_i64(rows, i, 1)};
    *ret = list;
    *ret_n = (size_t)count;
    return SCF_OK;
}
