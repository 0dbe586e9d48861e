/* SQL of loans: the row, reading. What a loan refers to is in loan_reference_store.c, the ledger in
 * loan_ledger_store.c. */
#include "loan.h"

/* ---- filed before? ---- */

static const struct scf_stmt find = {
    "lending_loan_find", "SELECT l.id, r.body_sha256 FROM scfd.loan l JOIN scfd.record r"
                         " ON r.id = l.id WHERE l.lender_id = $1 AND l.loan_no = $2"};

enum scf_code scf_loan_find(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *lender_id, const char *loan_no, bool *ret_found,
                            struct scf_uuid *ret_id, struct scf_hash *ret_sha256,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, lender_id);
    scf_p_text(&p, loan_no);
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

/* ---- inserting ---- */

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
}

static const struct scf_stmt insert = {
    "lending_loan_insert",
    "INSERT INTO scfd.loan (id, lender_id, loan_no, decision_id, borrower_id, currency, principal,"
    " annual_rate, day_count, method, value_date, maturity_date, paid_to, owed_principal,"
    " created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, 0, $13, $13)"};

static enum scf_code insert_row(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_loan *l, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_uuid(&p, &l->filed.lender_id);
    scf_p_text(&p, l->loan_no);
    scf_p_uuid(&p, &l->decision_id);
    scf_p_uuid(&p, &l->borrower_id);
    scf_p_text(&p, l->currency);
    scf_p_i64(&p, l->terms.principal);
    scf_p_i64(&p, l->terms.rate_ppm);
    scf_p_i16(&p, (int16_t)l->terms.day_count);
    scf_p_i16(&p, (int16_t)l->terms.method);
    scf_p_date(&p, l->terms.value_day);
    scf_p_date(&p, l->terms.maturity_day);
    scf_p_time(&p, l->filed.created_us);
    return scf_filing_retry(scf_db_run(db, &insert, &p, arena, NULL, err));
}

static const struct scf_stmt insert_schedule = {
    "lending_loan_schedule",
    "INSERT INTO scfd.loan_instalment (loan_id, seq, due_on, principal, interest)"
    " SELECT $1, n, date '1970-01-01' + due, principal, interest"
    " FROM unnest($2::integer[], $3::bigint[], $4::bigint[])"
    " WITH ORDINALITY AS u (due, principal, interest, n)"};

static enum scf_code insert_instalments(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_loan *l, struct scf_error *err) {
    int32_t *due = scf_alloc(arena, l->instalments, sizeof *due);
    int64_t *principal = scf_alloc(arena, l->instalments, sizeof *principal);
    int64_t *interest = scf_alloc(arena, l->instalments, sizeof *interest);
    if (due == NULL || principal == NULL || interest == NULL)
        return no_memory(err);
    for (size_t i = 0; i < l->instalments; i++) {
        due[i] = l->schedule[i].due_day;
        principal[i] = l->schedule[i].principal;
        interest[i] = l->schedule[i].interest;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_i32_array(&p, due, NULL, l->instalments);
    scf_p_i64_array(&p, principal, NULL, l->instalments);
    scf_p_i64_array(&p, interest, NULL, l->instalments);
    return scf_db_run(db, &insert_schedule, &p, arena, NULL, err);
}

static const struct scf_stmt insert_contracts = {
    "lending_loan_contracts",
    "INSERT INTO scfd.loan_contract (loan_id, contract_id, contract_key, weight, financed)"
    " SELECT $1, id, key, weight, 0"
    " FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS u (id, key, weight)"};

enum scf_code scf_loan_insert(struct scf_db *db, struct scf_arena *arena, const struct scf_loan *l,
                              const struct scf_loan_contract *contracts, size_t n,
                              struct scf_error *err) {
    enum scf_code code = insert_row(db, arena, l, err);
    if (code == SCF_OK)
        code = insert_instalments(db, arena, l, err);
    if (code != SCF_OK)
        return code;
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    const struct scf_uuid **keys = scf_alloc(arena, n, sizeof *keys);
    int64_t *weights = scf_alloc(arena, n, sizeof *weights);
    if (ids == NULL || keys == NULL || weights == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &contracts[i].contract_id;
        keys[i] = &contracts[i].contract_key;
        weights[i] = contracts[i].weight;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &l->filed.id);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, keys, n);
    scf_p_i64_array(&p, weights, NULL, n);
    return scf_db_run(db, &insert_contracts, &p, arena, NULL, err);
}

/* ---- reading ---- */

#define OWN_COLUMNS                                                                                \
    "x.decision_id, x.borrower_id, x.loan_no, x.currency, x.principal, x.annual_rate,"             \
    " x.day_count, x.method, x.value_date, x.maturity_date, x.paid_to, x.status, x.owed_fees,"     \
    " x.owed_penalty, x.owed_compound, x.owed_interest, x.owed_principal, x.entries"
enum { OWN_COUNT = 18 };

static void read_terms(const struct scf_rows *rows, int row, int col, struct scf_terms *ret) {
    *ret = (struct scf_terms){
        .principal = scf_rows_i64(rows, row, col),
        .rate_ppm = scf_rows_i64(rows, row, col + 1),
        .day_count = (enum scf_day_count)scf_rows_i64(rows, row, col + 2),
        .method = (enum scf_repayment_method)scf_rows_i64(rows, row, col + 3),
        .value_day = scf_rows_date(rows, row, col + 4),
        .maturity_day = scf_rows_date(rows, row, col + 5),
    };
}

static void read_own(const struct scf_rows *rows, int row, int col, struct scf_loan *ret) {
    ret->decision_id = scf_rows_uuid(rows, row, col);
    ret->borrower_id = scf_rows_uuid(rows, row, col + 1);
    ret->loan_no = scf_rows_text(rows, row, col + 2);
    struct scf_str currency = scf_rows_str(rows, row, col + 3);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    read_terms(rows, row, col + 4, &ret->terms);
    ret->paid_to_day = scf_rows_date(rows, row, col + 10);
    ret->status = (enum scf_loan_status)scf_rows_i64(rows, row, col + 11);
    ret->owed = (struct scf_amounts){.fees = scf_rows_i64(rows, row, col + 12),
                                     .penalty = scf_rows_i64(rows, row, col + 13),
                                     .compound = scf_rows_i64(rows, row, col + 14),
                                     .interest = scf_rows_i64(rows, row, col + 15),
                                     .principal = scf_rows_i64(rows, row, col + 16)};
    ret->entries = scf_rows_i64(rows, row, col + 17);
}

static const struct scf_stmt lock = {"lending_loan_lock",
                                     "SELECT x.id, x.lender_id, " OWN_COLUMNS
                                     " FROM scfd.loan x WHERE x.id = $1 AND x.lender_id = $2"
                                     " FOR UPDATE"};

enum scf_code scf_loan_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *lender_id, struct scf_loan *ret,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, lender_id);
    enum scf_code code = scf_db_run(db, &lock, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such loan.");
    *ret = (struct scf_loan){
        .filed = {.id = scf_rows_uuid(rows, 0, 0), .lender_id = scf_rows_uuid(rows, 0, 1)}};
    read_own(rows, 0, 2, ret);
    return SCF_OK;
}

/* The schedule travels as one text, "due principal interest,…", so that a page of loans is one
 * round trip. */
#define COLUMNS                                                                                    \
    OWN_COLUMNS                                                                                    \
    ", (SELECT coalesce(-sum(e.interest), 0)::bigint FROM scfd.loan_entry e"                       \
    " WHERE e.loan_id = x.id AND e.kind >= 3),"                                                    \
    " (SELECT string_agg(concat_ws(' ', i.due_on - date '1970-01-01', i.principal, i.interest),"   \
    " ',' ORDER BY i.seq) FROM scfd.loan_instalment i WHERE i.loan_id = x.id),"                    \
    " (SELECT d.approved_limit FROM scfd.credit_decision d WHERE d.id = x.decision_id),"           \
    " (SELECT d.revolving FROM scfd.credit_decision d WHERE d.id = x.decision_id),"                \
    " (SELECT least(sum(l.principal), 9e18)::bigint FROM scfd.loan l"                              \
    " WHERE l.decision_id = x.decision_id),"                                                       \
    " (SELECT least(sum(l.owed_principal), 9e18)::bigint FROM scfd.loan l"                         \
    " WHERE l.decision_id = x.decision_id)"

static bool take_number(struct scf_str *text, char end, int64_t *ret) {
    const char *stop = memchr(text->p, end, text->n);
    size_t n = stop ? (size_t)(stop - text->p) : text->n;
    if (!scf_parse_i64((struct scf_str){text->p, n}, INT64_MIN, INT64_MAX, ret))
        return false;
    n += stop != NULL;
    *text = (struct scf_str){text->p + n, text->n - n};
    return true;
}

static enum scf_code read_schedule(struct scf_arena *arena, struct scf_str text,
                                   struct scf_loan *ret, struct scf_error *err) {
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ',';
    ret->schedule = scf_alloc(arena, n, sizeof *ret->schedule);
    if (ret->schedule == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    for (; text.n > 0; ret->instalments++) {
        struct scf_instalment *i = &ret->schedule[ret->instalments];
        int64_t due;
        if (!take_number(&text, ' ', &due) || !take_number(&text, ' ', &i->principal) ||
            !take_number(&text, ',', &i->interest))
            return scf_fail(err, SCF_E_INTERNAL, "The stored schedule cannot be read.");
        i->due_day = (int32_t)due;
    }
    return SCF_OK;
}

static enum scf_code read_item(const struct scf_rows *rows, int row, struct scf_arena *arena,
                               void *item, struct scf_error *err) {
    struct scf_loan *ret = item;
    int col = SCF_FILED_COUNT + OWN_COUNT;
    read_own(rows, row, SCF_FILED_COUNT, ret);
    ret->paid_interest = scf_rows_i64(rows, row, col);
    ret->decision.approved_limit = scf_rows_i64(rows, row, col + 2);
    ret->decision.revolving = scf_rows_bool(rows, row, col + 3);
    ret->decision.drawn.ever = scf_rows_i64(rows, row, col + 4);
    ret->decision.drawn.outstanding = scf_rows_i64(rows, row, col + 5);
    return read_schedule(arena, scf_rows_str(rows, row, col + 1), ret, err);
}

#define NAME "lending_loan_select"
#define AND_BORROWER " AND ($4::uuid IS NULL OR x.borrower_id = $4)"

const struct scf_lending_stmts scf_loan_stmts = {
    .one = SCF_LENDING_ONE(NAME, "loan", COLUMNS),
    .all = SCF_LENDING_ALL(NAME, "loan", COLUMNS),
    .seen = SCF_LENDING_SEEN(NAME, "loan", COLUMNS, "7"),
    .of = SCF_LENDING_BY(NAME, "loan", COLUMNS, "decision", "x.decision_id = $3" AND_BORROWER),
    .borrower = SCF_LENDING_BY(NAME, "loan", COLUMNS, "borrower", "x.borrower_id = $4"),
    .number =
        SCF_LENDING_BY(NAME, "loan", COLUMNS, "number",
                       "x.loan_no = $5 AND ($3::uuid IS NULL OR x.decision_id = $3)" AND_BORROWER),
    .read = read_item,
    .size = sizeof(struct scf_loan),
};
