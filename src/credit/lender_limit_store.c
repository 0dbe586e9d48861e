/* SQL of what is left for one lender. Relies on sql/0011_limit_chain.sql; what lending has lent is
 * read from its tables, for what a lender has out with a debtor stands nowhere else. */
#include "terms.h"

#include "scfd/base/money.h"

/* $1 lender, $2 currency, $3 contracts of the assessment by record, $4 debtors, $5 borrower. A
 * loan's part of a contract counts for the contract's buyer. The first row (0) is the borrower. */
static const struct scf_stmt here_stmt = {
    "scf_lender_here",
    "WITH open AS MATERIALIZED (SELECT l.borrower_id, k.contract_id, k.financed"
    " FROM scfd.loan l JOIN scfd.loan_contract k ON k.loan_id = l.id"
    " WHERE l.lender_id = $1 AND l.status < 2 AND l.currency = $2 AND k.financed > 0"
    " AND k.contract_key <> ALL (ARRAY (SELECT coalesce(business_key, id) FROM scfd.record"
    " WHERE id = ANY ($3::uuid[]))))"
    " SELECT 0, least(coalesce(sum(financed), 0), $6)::bigint FROM open WHERE borrower_id = $5"
    " UNION ALL SELECT d.i, least(coalesce(sum(o.financed), 0), $6)::bigint"
    " FROM unnest($4::uuid[]) WITH ORDINALITY AS d (id, i)"
    " JOIN (open o JOIN scfd.record r ON r.id = o.contract_id) ON r.counterparty_id = d.id"
    " GROUP BY d.i"};

enum scf_code scf_lender_read_here(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_limit_inputs *in,
                                   struct scf_lender_inputs *lender,
                                   struct scf_lender_debtor *debtors, struct scf_error *err) {
    const struct scf_uuid **contracts = scf_alloc(arena, in->contract_count, sizeof *contracts);
    const struct scf_uuid **ids = scf_alloc(arena, lender->debtor_count, sizeof *ids);
    if (contracts == NULL || ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the lender's limit");
    for (size_t i = 0; i < in->contract_count; i++)
        contracts[i] = &in->contracts[i].record_id;
    for (size_t i = 0; i < lender->debtor_count; i++)
        ids[i] = &debtors[i].enterprise_id;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &lender->lender_id);
    scf_p_text(&p, in->currency);
    scf_p_uuid_array(&p, contracts, in->contract_count);
    scf_p_uuid_array(&p, ids, lender->debtor_count);
    scf_p_uuid(&p, &in->borrower_id);
    scf_p_i64(&p, SCF_MONEY_MAX);
    enum scf_code code = scf_db_run(db, &here_stmt, &p, arena, &rows, err);
    for (int row = 0; code == SCF_OK && row < scf_rows_count(rows); row++) {
        int64_t i = scf_rows_i64(rows, row, 0);
        *(i == 0 ? &lender->here : &debtors[i - 1].here) = scf_rows_i64(rows, row, 1);
    }
    return code;
}

static const struct scf_stmt save_stmt = {
    "scf_lender_limit_save",
    "UPDATE scfd.credit_assessment_lender SET lender_limit = $3, lender_steps = $4,"
    " lender_part = $5 WHERE assessment_id = $1 AND node_id = $2"};

enum scf_code scf_lender_limit_save(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *assessment_id,
                                    const struct scf_uuid *lender_id, int64_t limit,
                                    struct scf_str steps, struct scf_str part,
                                    struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_id);
    scf_p_i64(&p, limit);
    scf_p_str(&p, steps);
    scf_p_str(&p, part);
    return scf_db_run(db, &save_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt get_stmt = {
    "scf_lender_limit_get",
    "SELECT lender_limit, lender_steps, lender_part FROM scfd.credit_assessment_lender"
    " WHERE assessment_id = $1 AND node_id = $2 AND lender_limit IS NOT NULL"};

enum scf_code scf_lender_limit_get(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *assessment_id,
                                   const struct scf_uuid *lender_id, bool *ret_found,
                                   struct scf_lender_own *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_id);
    enum scf_code code = scf_db_run(db, &get_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_found = scf_rows_count(rows) > 0;
    if (*ret_found)
        *ret = (struct scf_lender_own){scf_rows_i64(rows, 0, 0), scf_rows_str(rows, 0, 1),
                                       scf_rows_str(rows, 0, 2)};
    return SCF_OK;
}
