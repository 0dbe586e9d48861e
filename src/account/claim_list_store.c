/* SQL of a loan's claims, for those who follow the invoices further. Relies on
 * sql/0010_account.sql. */
#include "scfd/account/account.h"

static const struct scf_stmt list_stmt = {
    "scf_claims_list", "SELECT invoice_key, invoice_id FROM scfd.claim WHERE holder_id = $1"
                       " AND by_loan AND status = 0 ORDER BY invoice_key"};

enum scf_code scf_claims_list(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *loan_id, struct scf_claimed **ret,
                              size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &list_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_claimed *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu claims", n);
    for (int i = 0; (size_t)i < n; i++)
        list[i] = (struct scf_claimed){scf_rows_uuid(rows, i, 0), scf_rows_uuid(rows, i, 1)};
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
