/* SQL of stops. Reads receivables and loans, which others write; relies on sql/0015_red_letter.sql.
 */
#include "stop.h"

enum { AT_ONCE = 200 };

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the stops");
}

static struct scf_uuid id_or_nil(const struct scf_rows *rows, int row, int col) {
    struct scf_uuid none = {{0}};
    return scf_rows_null(rows, row, col) ? none : scf_rows_uuid(rows, row, col);
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

/* ---- what is to be looked at ---- */

static const struct scf_stmt suspects = {
    "scf_suspects",
    "(SELECT invoice_key, seen_at, NULL::uuid, NULL::uuid, NULL::uuid FROM scfd.claim_watch"
    " ORDER BY seen_at LIMIT $1) UNION ALL"
    " (SELECT r.invoice_key, NULL, r.id, r.loan_id, r.invoice_id FROM scfd.receivable r"
    " WHERE r.state = 16 AND r.loan_id IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM scfd.limit_stop s WHERE s.receivable_id = r.id) LIMIT $1)"};

enum scf_code scf_suspects(struct scf_db *db, struct scf_arena *arena, struct scf_suspect **ret,
                           size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i64(&p, AT_ONCE);
    enum scf_code code = scf_db_run(db, &suspects, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_suspect *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct scf_suspect){
            .invoice_key = scf_rows_uuid(rows, (int)i, 0),
            .seen_us = scf_rows_null(rows, (int)i, 1) ? 0 : scf_rows_time(rows, (int)i, 1),
            .receivable_id = id_or_nil(rows, (int)i, 2),
            .loan_id = id_or_nil(rows, (int)i, 3),
            .invoice_id = id_or_nil(rows, (int)i, 4)};
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

/* Unless something newer was noted meanwhile. */
static const struct scf_stmt done = {
    "scf_suspect_done", "DELETE FROM scfd.claim_watch WHERE invoice_key = $1 AND seen_at <= $2"};

enum scf_code scf_suspect_done(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_suspect *suspect, struct scf_error *err) {
    struct scf_params p;
    if (suspect->seen_us == 0)
        return SCF_OK;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &suspect->invoice_key);
    scf_p_time(&p, suspect->seen_us);
    return scf_db_run(db, &done, &p, arena, NULL, err);
}

/* ---- which accounts ---- */

static const struct scf_stmt accounts = {
    "scf_stop_accounts",
    "WITH l AS (SELECT holder_id, by_loan FROM scfd.claim WHERE invoice_key = $1 AND status = 0"
    " UNION SELECT $2, true WHERE $2::uuid IS NOT NULL)"
    " SELECT a.id, a.contract_key, a.borrower_id, a.currency FROM scfd.limit_account a WHERE a.id "
    "IN"
    " (SELECT h.account_id FROM l JOIN scfd.limit_hold h ON h.id = l.holder_id WHERE NOT l.by_loan"
    " UNION SELECT b.id FROM l JOIN scfd.loan o ON o.id = l.holder_id JOIN scfd.loan_contract k"
    " ON k.loan_id = o.id JOIN scfd.limit_account b ON b.contract_key = k.contract_key"
    " AND b.currency = o.currency WHERE l.by_loan) ORDER BY a.currency, a.contract_key"};

enum scf_code scf_stop_accounts(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_suspect *suspect, struct scf_stop_account **ret,
                                size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &suspect->invoice_key);
    scf_p_uuid(&p, or_null(&suspect->loan_id));
    enum scf_code code = scf_db_run(db, &accounts, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_stop_account *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct scf_stop_account){.account_id = scf_rows_uuid(rows, (int)i, 0),
                                            .contract_key = scf_rows_uuid(rows, (int)i, 1),
                                            .borrower_id = scf_rows_uuid(rows, (int)i, 2)};
        struct scf_str currency = scf_rows_str(rows, (int)i, 3);
        memcpy(list[i].currency, currency.p, currency.n < 3 ? currency.n : 3);
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt invoice = {
    "scf_stop_invoice", "SELECT invoice_id FROM scfd.claim WHERE invoice_key = $1 AND status = 0"
                        " ORDER BY claimed_at, holder_id LIMIT 1"};

enum scf_code scf_stop_invoice(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *invoice_key, struct scf_uuid *ret,
                               struct scf_error *err) {
    const struct scf_uuid none = {{0}};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, invoice_key);
    enum scf_code code = scf_db_run(db, &invoice, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) > 0 ? scf_rows_uuid(rows, 0, 0) : none;
    return code;
}

/* ---- stopping and lifting ---- */

/* One that is open for another reason takes the receivable's too, which then stops it no more. */
static const struct scf_stmt insert = {
    "scf_stop_insert",
    "INSERT INTO scfd.limit_stop (account_id, invoice_key, invoice_id, receivable_id, created_at)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, invoice_key) WHERE lifted_at IS NULL"
    " DO UPDATE SET receivable_id = coalesce(limit_stop.receivable_id, excluded.receivable_id)"
    " RETURNING xmax = 0"};
static const struct scf_stmt stopped = {"scf_account_stopped", "UPDATE scfd.limit_account"
                                                               " SET stopped = $2 WHERE id = $1"};

static enum scf_code set_stopped(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *account_id, bool on,
                                 struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, account_id);
    scf_p_bool(&p, on);
    return scf_db_run(db, &stopped, &p, arena, NULL, err);
}

enum scf_code scf_stop_insert(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_suspect *suspect, const struct scf_uuid *account_id,
                              const struct scf_uuid *invoice_id, int64_t now_us, bool *ret_fresh,
                              struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, account_id);
    scf_p_uuid(&p, &suspect->invoice_key);
    scf_p_uuid(&p, invoice_id);
    scf_p_uuid(&p, or_null(&suspect->receivable_id));
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &insert, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_fresh = scf_rows_bool(rows, 0, 0);
    return *ret_fresh ? set_stopped(db, arena, account_id, true, err) : SCF_OK;
}

static const struct scf_stmt lift = {
    "scf_stop_lift", "UPDATE scfd.limit_stop SET lifted_at = $2 WHERE account_id = $1"
                     " AND lifted_at IS NULL"};

enum scf_code scf_stop_lift(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *account_id, int64_t now_us,
                            struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, account_id);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &lift, &p, arena, NULL, err);
    return code == SCF_OK ? set_stopped(db, arena, account_id, false, err) : code;
}

/* ---- who is told ---- */

static const struct scf_stmt told = {
    "scf_stop_told",
    "SELECT n.id, NULL::uuid, true FROM scfd.limit_account a JOIN scfd.node n"
    " ON n.operator_enterprise_id = a.borrower_id AND n.status = 0 WHERE a.id = $1"
    " UNION SELECT node_id, NULL, false FROM scfd.limit_lender WHERE account_id = $1"
    " UNION SELECT node_id, invoice_id, false FROM scfd.claim WHERE invoice_key = $2 AND status = 0"
    " UNION SELECT lender_id, invoice_id, false FROM scfd.receivable WHERE id = $3"};

enum scf_code scf_stop_told(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_suspect *suspect, const struct scf_uuid *account_id,
                            struct scf_stop_told **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, account_id);
    scf_p_uuid(&p, suspect ? &suspect->invoice_key : NULL);
    scf_p_uuid(&p, suspect ? or_null(&suspect->receivable_id) : NULL);
    enum scf_code code = scf_db_run(db, &told, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_stop_told *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct scf_stop_told){.node_id = scf_rows_uuid(rows, (int)i, 0),
                                         .invoice_id = id_or_nil(rows, (int)i, 1),
                                         .borrower = scf_rows_bool(rows, (int)i, 2)};
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
