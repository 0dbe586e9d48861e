/* SQL of a loan's ledger: entries, the balances kept beside them, and the exposures of contracts.
 * The loan's row is locked by the caller. */
#include "loan.h"
#include "scfd/credit/credit.h"

/* ---- entries ---- */

static const struct scf_stmt add_entry = {
    "lending_entry_add",
    "INSERT INTO scfd.loan_entry (loan_id, seq, kind, value_date, fees, penalty, compound,"
    " interest, principal, record_id, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};

static void bind_amounts(struct scf_params *p, const struct scf_amounts *a) {
    scf_p_i64(p, a->fees);
    scf_p_i64(p, a->penalty);
    scf_p_i64(p, a->compound);
    scf_p_i64(p, a->interest);
    scf_p_i64(p, a->principal);
}

static bool is_zero(const struct scf_amounts *a) {
    return (a->fees | a->penalty | a->compound | a->interest | a->principal) == 0;
}

enum scf_code scf_loan_book(struct scf_db *db, struct scf_arena *arena, struct scf_loan *l,
                            enum scf_entry_kind kind, int32_t value_day,
                            const struct scf_amounts *change, const struct scf_uuid *record_id,
                            int64_t now_us, struct scf_error *err) {
    if (is_zero(change))
        return SCF_OK;
    if (!scf_amounts_add(&l->owed, change))
        return scf_fail(err, SCF_E_EXCEEDS_OUTSTANDING,
                        "More would be settled than is owed on that day.");
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_i32(&p, (int32_t)++l->entries);
    scf_p_i16(&p, (int16_t)kind);
    scf_p_date(&p, value_day);
    bind_amounts(&p, change);
    scf_p_uuid(&p, record_id);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &add_entry, &p, arena, NULL, err);
}

/* ---- exposures ---- */

static const struct scf_stmt contracts = {"lending_loan_shares",
                                          "SELECT contract_id, contract_key, weight, financed"
                                          " FROM scfd.loan_contract WHERE loan_id = $1"
                                          " ORDER BY contract_key, contract_id"};
static const struct scf_stmt set_share = {
    "lending_loan_share_set",
    "UPDATE scfd.loan_contract SET financed = $3 WHERE loan_id = $1 AND contract_id = $2"};

static enum scf_code move_share(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_loan *l, const struct scf_loan_contract *k,
                                int64_t financed, struct scf_error *err) {
    if (financed == k->financed)
        return SCF_OK;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_uuid(&p, &k->contract_id);
    scf_p_i64(&p, financed);
    enum scf_code code = scf_db_run(db, &set_share, &p, arena, NULL, err);
    return code == SCF_OK ? scf_exposure_add(db, arena, &k->contract_key, l->currency,
                                             financed - k->financed, err)
                          : code;
}

static enum scf_code spread(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    enum scf_code code = scf_db_run(db, &contracts, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    int64_t *weights = scf_alloc(arena, n, sizeof *weights);
    int64_t *parts = scf_alloc(arena, n, sizeof *parts);
    if (weights == NULL || parts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many contracts.");
    for (size_t i = 0; i < n; i++)
        weights[i] = scf_rows_i64(rows, (int)i, 2);
    scf_split(l->owed.principal, weights, n, parts);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        struct scf_loan_contract k = {.contract_id = scf_rows_uuid(rows, (int)i, 0),
                                      .contract_key = scf_rows_uuid(rows, (int)i, 1),
                                      .financed = scf_rows_i64(rows, (int)i, 3)};
        code = move_share(db, arena, l, &k, parts[i], err);
    }
    return code;
}

/* ---- balances ---- */

/* Every change adds an entry, so their number serves as the version. */
static const struct scf_stmt save = {
    "lending_loan_save",
    "UPDATE scfd.loan SET owed_fees = $2, owed_penalty = $3, owed_compound = $4,"
    " owed_interest = $5, owed_principal = $6, paid_to = $7, status = $8, entries = $9,"
    " version = $9, updated_at = $10 WHERE id = $1"};

enum scf_code scf_loan_save(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                            int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    bind_amounts(&p, &l->owed);
    scf_p_date(&p, l->paid_to_day);
    scf_p_i16(&p, (int16_t)l->status);
    scf_p_i32(&p, (int32_t)l->entries);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &save, &p, arena, NULL, err);
    return code == SCF_OK ? spread(db, arena, l, err) : code;
}
