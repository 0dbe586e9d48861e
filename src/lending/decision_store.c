/* SQL of decisions. */
#include "decision.h"

/* ---- filing ---- */

static const struct scf_stmt standing = {
    "lending_decision_standing", "SELECT id, outcome FROM scfd.credit_decision"
                                 " WHERE assessment_id = $1 AND lender_id = $2 AND status = 0"
                                 " FOR UPDATE"};
/* Asked after the lock is held: whoever drew a loan before has committed by now. Sums beyond int64
 * are above every limit. $1 decision. */
static const struct scf_stmt drawn = {
    "lending_decision_drawn",
    "SELECT count(*), least(coalesce(sum(principal), 0), 9e18)::bigint,"
    " least(coalesce(sum(owed_principal), 0), 9e18)::bigint FROM scfd.loan WHERE decision_id = $1"};

static enum scf_code read_drawn(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, int64_t *ret_loans,
                                struct scf_drawn *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &drawn, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_loans = scf_rows_i64(rows, 0, 0);
    *ret = (struct scf_drawn){.ever = scf_rows_i64(rows, 0, 1),
                              .outstanding = scf_rows_i64(rows, 0, 2)};
    return SCF_OK;
}

enum scf_code scf_decision_standing(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *assessment_id,
                                    const struct scf_uuid *lender_id,
                                    struct scf_standing_decision *ret, struct scf_uuid *ret_id,
                                    struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    struct scf_drawn sums;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_id);
    enum scf_code code = scf_db_run(db, &standing, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_standing_decision){.exists = scf_rows_count(rows) == 1};
    if (!ret->exists)
        return SCF_OK;
    *ret_id = scf_rows_uuid(rows, 0, 0);
    ret->outcome = (enum scf_outcome)scf_rows_i64(rows, 0, 1);
    return read_drawn(db, arena, ret_id, &ret->loans, &sums, err);
}

static const struct scf_stmt close_stmt = {
    "lending_decision_close",
    "UPDATE scfd.credit_decision SET status = $2, superseded_by = $3, version = version + 1,"
    " updated_at = $4 WHERE id = $1"};

enum scf_code scf_decision_close(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, enum scf_decision_status status,
                                 const struct scf_uuid *by, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_i16(&p, (int16_t)status);
    scf_p_uuid(&p, by);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &close_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt insert = {
    "lending_decision_insert",
    "INSERT INTO scfd.credit_decision (id, lender_id, assessment_id, borrower_id, outcome,"
    " revolving, supersedes_id, created_at, updated_at, currency, approved_limit, annual_rate,"
    " tenor_days, valid_from, valid_until)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14)"};

static void bind_approval(struct scf_params *p, const struct scf_decision *d) {
    scf_p_text(p, d->currency);
    scf_p_i64(p, d->approved_limit);
    scf_p_i64(p, d->rate_ppm);
    scf_p_i32(p, (int32_t)d->tenor_days);
    scf_p_date(p, d->valid_from);
    scf_p_date(p, d->valid_until);
}

static void bind_no_approval(struct scf_params *p) {
    static const unsigned types[] = {SCF_PG_TEXT, SCF_PG_INT8, SCF_PG_INT8,
                                     SCF_PG_INT4, SCF_PG_DATE, SCF_PG_DATE};
    for (size_t i = 0; i < SCF_COUNT(types); i++)
        scf_p_null(p, types[i]);
}

static enum scf_code insert_row(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_decision *d, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &d->filed.id);
    scf_p_uuid(&p, &d->filed.lender_id);
    scf_p_uuid(&p, &d->assessment_id);
    scf_p_uuid(&p, &d->borrower_id);
    scf_p_i16(&p, (int16_t)d->outcome);
    scf_p_bool(&p, d->revolving);
    scf_p_uuid(&p, scf_uuid_is_nil(&d->supersedes_id) ? NULL : &d->supersedes_id);
    scf_p_time(&p, d->filed.created_us);
    if (scf_is_approval(d->outcome))
        bind_approval(&p, d);
    else
        bind_no_approval(&p);
    return scf_filing_retry(scf_db_run(db, &insert, &p, arena, NULL, err));
}

/* ---- contracts of the assessment ---- */

static const struct scf_stmt request = {"lending_assessment_request",
                                        "SELECT request FROM scfd.credit_assessment WHERE id = $1"};
/* A contract without a business key stands for itself. Weights are capped so that a hundred of them
 * add up within bigint. */
static const struct scf_stmt insert_contracts = {
    "lending_decision_contracts",
    "INSERT INTO scfd.decision_contract (decision_id, contract_id, contract_key, weight)"
    " SELECT $1, r.id, coalesce(r.business_key, r.id),"
    " least(greatest(coalesce(r.amount, 1), 1), 10000000000000000)"
    " FROM scfd.record r WHERE r.id = ANY ($2::uuid[]) AND r.kind = $3"};

static enum scf_code read_contract_ids(struct scf_arena *arena, struct scf_str json,
                                       const struct scf_uuid ***ret, size_t *ret_n,
                                       struct scf_error *err) {
    char *text = scf_strndup(arena, json.p, json.n);
    const cJSON *body = text ? scf_json_parse(arena, text, json.n, err) : NULL;
    const cJSON *list = scf_json_get(body, "contract_ids"), *item;
    size_t n = (size_t)cJSON_GetArraySize(list), count = 0;
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    const struct scf_uuid **pointers = scf_alloc(arena, n, sizeof *pointers);
    if (list == NULL || ids == NULL || pointers == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The stored assessment cannot be read.");
    cJSON_ArrayForEach(item, list) {
        if (!scf_id_parse("ctr", scf_str(item->valuestring), &ids[count]))
            return scf_fail(err, SCF_E_INTERNAL, "The stored assessment cannot be read.");
        pointers[count] = &ids[count];
        count++;
    }
    *ret = pointers;
    *ret_n = count;
    return SCF_OK;
}

static enum scf_code copy_contracts(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_decision *d, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    const struct scf_uuid **ids = NULL;
    size_t n = 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &d->assessment_id);
    enum scf_code code = scf_db_run(db, &request, &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_contract_ids(arena, scf_rows_str(rows, 0, 0), &ids, &n, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &d->filed.id);
    scf_p_uuid_array(&p, ids, n);
    scf_p_i16(&p, SCF_REC_CONTRACT);
    return scf_db_run(db, &insert_contracts, &p, arena, NULL, err);
}

enum scf_code scf_decision_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_decision *d, struct scf_error *err) {
    enum scf_code code = insert_row(db, arena, d, err);
    return code == SCF_OK ? copy_contracts(db, arena, d, err) : code;
}

/* ---- reading ---- */

#define OWN_COLUMNS                                                                                \
    "x.assessment_id, x.borrower_id, x.outcome, x.status, x.currency, x.approved_limit,"           \
    " x.annual_rate, x.tenor_days, x.revolving, x.valid_from, x.valid_until, x.supersedes_id,"     \
    " x.superseded_by"

static void read_own(const struct scf_rows *rows, int row, int col, struct scf_decision *ret) {
    ret->assessment_id = scf_rows_uuid(rows, row, col);
    ret->borrower_id = scf_rows_uuid(rows, row, col + 1);
    ret->outcome = (enum scf_outcome)scf_rows_i64(rows, row, col + 2);
    ret->status = (enum scf_decision_status)scf_rows_i64(rows, row, col + 3);
    struct scf_str currency = scf_rows_str(rows, row, col + 4);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    ret->approved_limit = scf_rows_i64(rows, row, col + 5);
    ret->rate_ppm = scf_rows_i64(rows, row, col + 6);
    ret->tenor_days = scf_rows_i64(rows, row, col + 7);
    ret->revolving = scf_rows_bool(rows, row, col + 8);
    ret->valid_from = scf_rows_date(rows, row, col + 9);
    ret->valid_until = scf_rows_date(rows, row, col + 10);
    ret->supersedes_id = scf_rows_uuid(rows, row, col + 11);
    ret->superseded_by = scf_rows_uuid(rows, row, col + 12);
}

static const struct scf_stmt lock = {
    "lending_decision_lock", "SELECT x.id, x.lender_id, " OWN_COLUMNS
                             " FROM scfd.credit_decision x WHERE x.id = $1 AND x.lender_id = $2"
                             " FOR UPDATE"};

enum scf_code scf_decision_lock(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_uuid *lender_id,
                                struct scf_decision *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    int64_t loans;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, lender_id);
    enum scf_code code = scf_db_run(db, &lock, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such decision.");
    struct scf_decision d = {
        .filed = {.id = scf_rows_uuid(rows, 0, 0), .lender_id = scf_rows_uuid(rows, 0, 1)}};
    read_own(rows, 0, 2, &d);
    code = read_drawn(db, arena, id, &loans, &d.drawn, err);
    if (code == SCF_OK)
        *ret = d;
    return code;
}

/* ---- the limit that the lenders share ---- */

static const struct scf_stmt lock_assessment = {
    "lending_assessment_lock",
    "SELECT recommended_limit, limit_expires_on FROM scfd.credit_assessment WHERE id = $1"
    " FOR NO KEY UPDATE"};
/* Of the contracts only those under which the borrower sells: an account is made where there is
 * none, and that of another's contract is not this borrower's. */
static const struct scf_stmt keys_of = {
    "lending_decision_keys",
    "SELECT DISTINCT k.contract_key FROM scfd.credit_decision d JOIN scfd.decision_contract k"
    " ON k.decision_id = d.id JOIN scfd.record r ON r.id = k.contract_id"
    " AND r.enterprise_id = d.borrower_id WHERE d.id = $1 ORDER BY 1"};
/* Asked after the locks, so that it sees the loans of those who held them before: what is used of
 * the limit under the assessment, and the part of it that is financed against the contracts. */
static const struct scf_stmt used_by_all = {
    "lending_assessment_used",
    "SELECT least(coalesce(sum(CASE WHEN d.revolving THEN l.owed_principal ELSE l.principal END),"
    " 0), 4e18)::bigint, least(coalesce(sum(l.owed_principal), 0), 4e18)::bigint"
    " FROM scfd.credit_decision d JOIN scfd.loan l ON l.decision_id = d.id"
    " WHERE d.assessment_id = $1"};

static enum scf_code ask(struct scf_db *db, struct scf_arena *arena, const struct scf_stmt *stmt,
                         const struct scf_uuid *id, struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_run(db, stmt, &p, arena, ret, err);
}

static enum scf_code lock_accounts(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_decision *d, int64_t now_us,
                                   struct scf_common_limit *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = ask(db, arena, &keys_of, &d->filed.id, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_uuid *keys = scf_alloc(arena, n, sizeof *keys);
    struct scf_account *accounts = scf_alloc(arena, n, sizeof *accounts);
    if (keys == NULL || accounts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many contracts.");
    for (size_t i = 0; i < n; i++)
        keys[i] = scf_rows_uuid(rows, (int)i, 0);
    code =
        scf_account_lock(db, arena, keys, n, d->currency, &d->borrower_id, now_us, accounts, err);
    ret->accounts = accounts;
    ret->account_count = n;
    return code;
}

/* Drawn under the accounts, by whomever; beyond int64 it is above every limit. */
static int64_t drawn_of(const struct scf_common_limit *c) {
    int64_t sum = 0;
    for (size_t i = 0; i < c->account_count; i++)
        if (__builtin_add_overflow(sum, c->accounts[i].used, &sum))
            return INT64_MAX;
    return sum;
}

enum scf_code scf_decision_common_limit(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_decision *d, int64_t now_us,
                                        struct scf_common_limit *ret, struct scf_error *err) {
    struct scf_rows *limit, *used;
    enum scf_code code = ask(db, arena, &lock_assessment, &d->assessment_id, &limit, err);
    if (code == SCF_OK)
        code = lock_accounts(db, arena, d, now_us, ret, err);
    if (code == SCF_OK)
        code = ask(db, arena, &used_by_all, &d->assessment_id, &used, err);
    if (code != SCF_OK)
        return code;
    int64_t others = drawn_of(ret) - scf_rows_i64(used, 0, 1);
    struct scf_drawn together = {.ever = scf_rows_i64(used, 0, 0) + (others > 0 ? others : 0)};
    ret->available = scf_remaining_limit(scf_rows_i64(limit, 0, 0), false, &together);
    ret->expires_day = scf_rows_date(limit, 0, 1);
    return SCF_OK;
}

/* ---- lists ---- */

#define COLUMNS                                                                                    \
    OWN_COLUMNS ", (SELECT least(coalesce(sum(l.principal), 0), 9e18)::bigint FROM scfd.loan l"    \
                " WHERE l.decision_id = x.id),"                                                    \
                " (SELECT least(coalesce(sum(l.owed_principal), 0), 9e18)::bigint"                 \
                " FROM scfd.loan l WHERE l.decision_id = x.id)"
#define NAME "lending_decision_select"

static enum scf_code read_item(const struct scf_rows *rows, int row, struct scf_arena *arena,
                               void *item, struct scf_error *err) {
    struct scf_decision *ret = item;
    (void)arena, (void)err;
    read_own(rows, row, SCF_FILED_COUNT, ret);
    ret->drawn.ever = scf_rows_i64(rows, row, SCF_FILED_COUNT + 13);
    ret->drawn.outstanding = scf_rows_i64(rows, row, SCF_FILED_COUNT + 14);
    return SCF_OK;
}

const struct scf_lending_stmts scf_decision_stmts = {
    .one = SCF_LENDING_ONE(NAME, "credit_decision", COLUMNS),
    .all = SCF_LENDING_ALL(NAME, "credit_decision", COLUMNS),
    .seen = SCF_LENDING_SEEN(NAME, "credit_decision", COLUMNS, "6"),
    .of = SCF_LENDING_BY(NAME, "credit_decision", COLUMNS, "assessment",
                         "x.assessment_id = $3 AND ($4::uuid IS NULL OR x.borrower_id = $4)"),
    .borrower = SCF_LENDING_BY(NAME, "credit_decision", COLUMNS, "borrower", "x.borrower_id = $4"),
    .read = read_item,
    .size = sizeof(struct scf_decision),
};
