/* SQL of repayments. */
#include "repayment.h"

#define OWN_COLUMNS                                                                                \
    "x.loan_id, x.currency, x.amount, x.value_date, x.fees, x.penalty, x.compound, x.interest,"    \
    " x.principal, x.reversal_of,"                                                                 \
    " (SELECT y.id FROM scfd.repayment y WHERE y.reversal_of = x.id)"

static void read_own(const struct scf_rows *rows, int row, int col, struct scf_repayment *ret) {
    ret->loan_id = scf_rows_uuid(rows, row, col);
    struct scf_str currency = scf_rows_str(rows, row, col + 1);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    ret->amount = scf_rows_i64(rows, row, col + 2);
    ret->value_day = scf_rows_date(rows, row, col + 3);
    ret->allocation = (struct scf_amounts){.fees = scf_rows_i64(rows, row, col + 4),
                                           .penalty = scf_rows_i64(rows, row, col + 5),
                                           .compound = scf_rows_i64(rows, row, col + 6),
                                           .interest = scf_rows_i64(rows, row, col + 7),
                                           .principal = scf_rows_i64(rows, row, col + 8)};
    ret->reversal_of = scf_rows_uuid(rows, row, col + 9);
    ret->reversed_by = scf_rows_uuid(rows, row, col + 10);
}

static const struct scf_stmt get = {"lending_repayment_get",
                                    "SELECT " OWN_COLUMNS
                                    " FROM scfd.repayment x WHERE x.id = $1 AND x.loan_id = $2"};

enum scf_code scf_repayment_get(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_uuid *loan_id,
                                struct scf_repayment *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &get, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such repayment.");
    *ret = (struct scf_repayment){.filed = {.id = *id}};
    read_own(rows, 0, 0, ret);
    return SCF_OK;
}

static const struct scf_stmt by_receipt = {"lending_repayment_receipt",
                                           "SELECT id FROM scfd.repayment WHERE lender_id = $1"
                                           " AND bank_receipt_no = $2 AND reversal_of IS NULL"};

enum scf_code scf_repayment_check_receipt(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *lender_id, const char *receipt_no,
                                          struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    char id[SCF_ID_TEXT];
    scf_params_init(&p, arena);
    scf_p_uuid(&p, lender_id);
    scf_p_text(&p, receipt_no);
    enum scf_code code = scf_db_run(db, &by_receipt, &p, arena, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    struct scf_uuid existing = scf_rows_uuid(rows, 0, 0);
    scf_id_format("rep", &existing, id);
    scf_fail(err, SCF_E_CONFLICT, "This bank_receipt_no was used for another repayment.");
    err->members_json = scf_asprintf(arena, "{\"existing_id\":\"%s\"}", id);
    return err->code;
}

static const struct scf_stmt insert = {
    "lending_repayment_insert",
    "INSERT INTO scfd.repayment (id, lender_id, loan_id, currency, amount, value_date, fees,"
    " penalty, compound, interest, principal, bank_receipt_no, reversal_of, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"};

enum scf_code scf_repayment_insert(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_repayment *r, const char *receipt_no,
                                   struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->filed.id);
    scf_p_uuid(&p, &r->filed.lender_id);
    scf_p_uuid(&p, &r->loan_id);
    scf_p_text(&p, r->currency);
    scf_p_i64(&p, r->amount);
    scf_p_date(&p, r->value_day);
    scf_p_i64(&p, r->allocation.fees);
    scf_p_i64(&p, r->allocation.penalty);
    scf_p_i64(&p, r->allocation.compound);
    scf_p_i64(&p, r->allocation.interest);
    scf_p_i64(&p, r->allocation.principal);
    scf_p_text(&p, receipt_no);
    scf_p_uuid(&p, scf_uuid_is_nil(&r->reversal_of) ? NULL : &r->reversal_of);
    scf_p_time(&p, r->filed.created_us);
    return scf_filing_retry(scf_db_run(db, &insert, &p, arena, NULL, err));
}

static const struct scf_stmt count = {
    "lending_repayment_count",
    "SELECT count(*) FROM scfd.repayment x WHERE x.loan_id = $1 AND x.reversal_of IS NULL"
    " AND NOT EXISTS (SELECT FROM scfd.repayment y WHERE y.reversal_of = x.id)"};

enum scf_code scf_repayment_count(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *loan_id, int64_t *ret,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &count, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

#define NAME "lending_repayment_select"

static enum scf_code read_item(const struct scf_rows *rows, int row, struct scf_arena *arena,
                               void *item, struct scf_error *err) {
    struct scf_repayment *ret = item;
    (void)arena, (void)err;
    read_own(rows, row, SCF_FILED_COUNT, ret);
    return SCF_OK;
}

const struct scf_lending_stmts scf_repayment_stmts = {
    .one = SCF_LENDING_ONE(NAME, "repayment", OWN_COLUMNS),
    .all = SCF_LENDING_ALL(NAME, "repayment", OWN_COLUMNS),
    .seen = SCF_LENDING_SEEN(NAME, "repayment", OWN_COLUMNS, "8"),
    .of = SCF_LENDING_BY(NAME, "repayment", OWN_COLUMNS, "loan", "x.loan_id = $3"),
    .read = read_item,
    .size = sizeof(struct scf_repayment),
};
