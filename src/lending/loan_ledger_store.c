/* SQL of a loan's ledger: entries, the balances kept beside them, and what it uses of its
 * contracts' limit accounts. The loan's row is locked by the caller. */
#include "loan.h"

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

/* ---- limit accounts ---- */

static const struct scf_stmt contracts = {"lending_loan_shares",
                                          "SELECT contract_id, contract_key, weight, financed"
                                          " FROM scfd.loan_contract WHERE loan_id = $1"
                                          " ORDER BY contract_key, contract_id"};
static const struct scf_stmt set_shares = {
    "lending_loan_shares_set", "UPDATE scfd.loan_contract k SET financed = x.financed"
                               " FROM unnest($2::uuid[], $3::bigint[]) AS x (contract_id, financed)"
                               " WHERE k.loan_id = $1 AND k.contract_id = x.contract_id"};

struct shares {
    size_t n;
    struct scf_uuid *ids, *keys;
    int64_t *weights, *before, *after;
};

static enum scf_code read_shares(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_loan *l, struct shares *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    enum scf_code code = scf_db_run(db, &contracts, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    *ret = (struct shares){.n = n,
                           .ids = scf_alloc(arena, n, sizeof *ret->ids),
                           .keys = scf_alloc(arena, n, sizeof *ret->keys),
                           .weights = scf_alloc(arena, n, sizeof *ret->weights),
                           .before = scf_alloc(arena, n, sizeof *ret->before),
                           .after = scf_alloc(arena, n, sizeof *ret->after)};
    if (!ret->ids || !ret->keys || !ret->weights || !ret->before || !ret->after)
        return scf_fail(err, SCF_E_INTERNAL, "Too many contracts.");
    for (size_t i = 0; i < n; i++) {
        ret->ids[i] = scf_rows_uuid(rows, (int)i, 0);
        ret->keys[i] = scf_rows_uuid(rows, (int)i, 1);
        ret->weights[i] = scf_rows_i64(rows, (int)i, 2);
        ret->before[i] = scf_rows_i64(rows, (int)i, 3);
    }
    scf_split(l->owed.principal, ret->weights, n, ret->after);
    return SCF_OK;
}

static enum scf_code write_shares(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_loan *l, const struct shares *s,
                                  struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_uuid_list(&p, s->ids, s->n);
    scf_p_i64_array(&p, s->after, NULL, s->n);
    return scf_db_run(db, &set_shares, &p, arena, NULL, err);
}

/* What is paid out is used, from the hold first; everything later is repaid, or (negative) taken
 * back. A loan has each business contract once. */
static struct scf_account_change change_of(const struct scf_loan_cause *cause, int64_t more) {
    struct scf_account_change c = {.type = SCF_ENTRY_REPAY,
                                   .amount = -more,
                                   .source_id = cause->id,
                                   .source_prefix = cause->prefix};
    if (cause->paid_out) {
        c.type = SCF_ENTRY_USE;
        c.amount = more;
        c.from_hold = cause->from_hold < more ? cause->from_hold : more;
    }
    return c;
}

static enum scf_code book_shares(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_loan *l, const struct shares *s,
                                 const struct scf_loan_cause *cause, int64_t now_us,
                                 struct scf_error *err) {
    struct scf_account *accounts = scf_alloc(arena, s->n, sizeof *accounts);
    struct scf_account **changed = scf_alloc(arena, s->n, sizeof *changed);
    struct scf_account_change *changes = scf_alloc(arena, s->n, sizeof *changes);
    struct scf_uuid *keys = scf_alloc(arena, s->n, sizeof *keys);
    if (accounts == NULL || changed == NULL || changes == NULL || keys == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many contracts.");
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->after[i] == s->before[i]) /* one without a share may have no account */
            continue;
        keys[n] = s->keys[i];
        changed[n] = &accounts[n];
        changes[n++] = change_of(cause, s->after[i] - s->before[i]);
    }
    enum scf_code code =
        scf_account_lock(db, arena, keys, n, l->currency, &l->borrower_id, now_us, accounts, err);
    return code == SCF_OK ? scf_account_book_many(db, arena, changed, changes, n, now_us, err)
                          : code;
}

static enum scf_code spread(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                            const struct scf_loan_cause *cause, int64_t now_us,
                            struct scf_error *err) {
    struct shares s;
    enum scf_code code = read_shares(db, arena, l, &s, err);
    if (code != SCF_OK || memcmp(s.before, s.after, s.n * sizeof *s.after) == 0)
        return code; /* only interest moved */
    code = book_shares(db, arena, l, &s, cause, now_us, err);
    return code == SCF_OK ? write_shares(db, arena, l, &s, err) : code;
}

/* ---- balances ---- */

/* Every change adds an entry, so their number serves as the version. */
static const struct scf_stmt save = {
    "lending_loan_save",
    "UPDATE scfd.loan SET owed_fees = $2, owed_penalty = $3, owed_compound = $4,"
    " owed_interest = $5, owed_principal = $6, paid_to = $7, status = $8, entries = $9,"
    " version = $9, updated_at = $10 WHERE id = $1"};

enum scf_code scf_loan_save(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                            const struct scf_loan_cause *cause, int64_t now_us,
                            struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    bind_amounts(&p, &l->owed);
    scf_p_date(&p, l->paid_to_day);
    scf_p_i16(&p, (int16_t)l->status);
    scf_p_i32(&p, (int32_t)l->entries);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &save, &p, arena, NULL, err);
    return code == SCF_OK ? spread(db, arena, l, cause, now_us, err) : code;
}
