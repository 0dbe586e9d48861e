/* SQL of receivables: rows under lock, and what a node sees of them. Relies on
 * sql/0009_receivable.sql. */
#include "row.h"

#include "scfd/codec/jsonw.h"

#define COLUMNS                                                                                    \
    "x.id, x.invoice_key, x.invoice_id, x.contract_id, x.contract_key, x.seller_id, x.debtor_id,"  \
    " x.lender_id, x.sender_id, x.kind, x.state, x.resume_state, x.bar, x.open, x.currency,"       \
    " x.amount, x.diluted, x.issued_on, x.delivered_on, x.due_on, x.voucher, x.debtor_upload,"     \
    " x.confirmed, x.statutory, x.tenor_reasoned, x.tenor_examined, x.conflict, x.verification,"   \
    " x.verified_at, x.searched_at, x.confirm_due_at, x.registered_at, x.proven_clear_at,"         \
    " x.notified_at, x.financed_at, x.ended_at, x.loan_id, x.registration_no,"                     \
    " x.registration_status, x.registration_from, x.registration_to, x.registration, x.told,"      \
    " x.steps, x.version, x.created_at, x.updated_at"

static int64_t time_or_0(const struct scf_rows *rows, int row, int col) {
    return scf_rows_null(rows, row, col) ? 0 : scf_rows_time(rows, row, col);
}

static void read_identity(const struct scf_rows *rows, int i, struct scf_receivable *r) {
    r->id = scf_rows_uuid(rows, i, 0);
    r->invoice_key = scf_rows_uuid(rows, i, 1);
    r->invoice_id = scf_rows_uuid(rows, i, 2);
    r->contract_id = scf_rows_uuid(rows, i, 3);
    r->contract_key = scf_rows_uuid(rows, i, 4);
    r->seller_id = scf_rows_uuid(rows, i, 5);
    r->debtor_id = scf_rows_uuid(rows, i, 6);
    r->lender_id = scf_rows_uuid(rows, i, 7);
    r->sender_id = scf_rows_uuid(rows, i, 8);
    r->kind = (enum scf_rcv_kind)scf_rows_i64(rows, i, 9);
    r->state = (enum scf_receivable_state)scf_rows_i64(rows, i, 10);
    r->resume = (enum scf_receivable_state)scf_rows_i64(rows, i, 11);
    r->bar = (enum scf_rcv_bar)scf_rows_i64(rows, i, 12);
    r->open = scf_rows_bool(rows, i, 13);
    struct scf_str currency = scf_rows_str(rows, i, 14);
    memcpy(r->currency, currency.p, currency.n < 3 ? currency.n : 3);
    r->amount = scf_rows_i64(rows, i, 15);
    r->diluted = scf_rows_i64(rows, i, 16);
    r->issued_day = scf_rows_date(rows, i, 17);
    r->has_delivered = !scf_rows_null(rows, i, 18);
    r->delivered_day = scf_rows_date(rows, i, 18);
    r->has_due = !scf_rows_null(rows, i, 19);
    r->due_day = scf_rows_date(rows, i, 19);
    r->voucher = scf_rows_text(rows, i, 20);
}

static void read_standing(const struct scf_rows *rows, int i, struct scf_receivable *r) {
    r->debtor_upload = scf_rows_bool(rows, i, 21);
    r->confirmed = scf_rows_bool(rows, i, 22);
    r->statutory = scf_rows_bool(rows, i, 23);
    r->tenor_reasoned = scf_rows_bool(rows, i, 24);
    r->tenor_examined = scf_rows_bool(rows, i, 25);
    r->conflict = scf_rows_bool(rows, i, 26);
    r->verification = (enum scf_rcv_verification)scf_rows_i64(rows, i, 27);
    r->verified_us = time_or_0(rows, i, 28);
    r->searched_us = time_or_0(rows, i, 29);
    r->confirm_due_us = time_or_0(rows, i, 30);
    r->registered_us = time_or_0(rows, i, 31);
    r->proven_clear_us = time_or_0(rows, i, 32);
    r->notified_us = time_or_0(rows, i, 33);
    r->financed_us = time_or_0(rows, i, 34);
    r->ended_us = time_or_0(rows, i, 35);
    r->loan_id = scf_rows_uuid(rows, i, 36);
    r->registration_no = scf_rows_text(rows, i, 37);
    r->registration_status = (enum scf_registration_status)scf_rows_i64(rows, i, 38);
    r->registration_from = scf_rows_date(rows, i, 39);
    r->registration_to = scf_rows_date(rows, i, 40);
    r->registration = scf_rows_text(rows, i, 41);
    r->told = (int)scf_rows_i64(rows, i, 42);
    r->steps = scf_rows_i64(rows, i, 43);
    r->version = scf_rows_i64(rows, i, 44);
    r->created_us = scf_rows_time(rows, i, 45);
    r->updated_us = scf_rows_time(rows, i, 46);
}

static enum scf_code read_all(const struct scf_rows *rows, struct scf_arena *arena,
                              struct scf_receivable **ret, size_t *ret_n, struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_receivable *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        read_identity(rows, (int)i, &list[i]);
        read_standing(rows, (int)i, &list[i]);
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

/* ---- writing ---- */

static void p_time_or_null(struct scf_params *p, int64_t us) {
    if (us == 0)
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
    else
        scf_p_time(p, us);
}

static void p_day_or_null(struct scf_params *p, bool has, int32_t day) {
    if (has)
        scf_p_date(p, day);
    else
        scf_p_null(p, SCF_PG_DATE);
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static const struct scf_stmt insert = {
    "receivable_insert",
    "INSERT INTO scfd.receivable (id, invoice_key, invoice_id, contract_id, contract_key,"
    " seller_id, debtor_id, lender_id, sender_id, kind, state, resume_state, currency, amount,"
    " issued_on, delivered_on, due_on, voucher, debtor_upload, statutory, tenor_reasoned,"
    " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13,"
    " $14, $15, $16, $17, $18, $19, $20, $21, $21)"};

enum scf_code scf_receivable_insert(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_receivable *r, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_uuid(&p, &r->invoice_key);
    scf_p_uuid(&p, &r->invoice_id);
    scf_p_uuid(&p, or_null(&r->contract_id));
    scf_p_uuid(&p, or_null(&r->contract_key));
    scf_p_uuid(&p, &r->seller_id);
    scf_p_uuid(&p, &r->debtor_id);
    scf_p_uuid(&p, &r->lender_id);
    scf_p_uuid(&p, &r->sender_id);
    scf_p_i16(&p, (int16_t)r->kind);
    scf_p_i16(&p, (int16_t)r->state);
    scf_p_text(&p, r->currency);
    scf_p_i64(&p, r->amount);
    scf_p_date(&p, r->issued_day);
    p_day_or_null(&p, r->has_delivered, r->delivered_day);
    p_day_or_null(&p, r->has_due, r->due_day);
    scf_p_text(&p, r->voucher);
    scf_p_bool(&p, r->debtor_upload);
    scf_p_bool(&p, r->statutory);
    scf_p_bool(&p, r->tenor_reasoned);
    scf_p_time(&p, r->created_us);
    return scf_db_run(db, &insert, &p, arena, NULL, err);
}

static const struct scf_stmt save = {
    "receivable_save",
    "UPDATE scfd.receivable SET state = $2, resume_state = $3, bar = $4, open = $5, diluted = $6,"
    " confirmed = $7, statutory = $8, tenor_examined = $9, conflict = $10, verification = $11,"
    " verified_at = $12, searched_at = $13, confirm_due_at = $14, registered_at = $15,"
    " proven_clear_at = $16, notified_at = $17, financed_at = $18, ended_at = $19, loan_id = $20,"
    " registration_no = $21, registration_status = $22, registration_from = $23,"
    " registration_to = $24, registration = $25, told = $26, steps = $27, updated_at = $28,"
    " version = version + 1 WHERE id = $1"};

enum scf_code scf_receivable_save(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_receivable *r, struct scf_error *err) {
    bool registered = r->registration_status != SCF_REG_NONE;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_i16(&p, (int16_t)r->state);
    scf_p_i16(&p, (int16_t)r->resume);
    scf_p_i16(&p, (int16_t)r->bar);
    scf_p_bool(&p, r->open);
    scf_p_i64(&p, r->diluted);
    scf_p_bool(&p, r->confirmed);
    scf_p_bool(&p, r->statutory);
    scf_p_bool(&p, r->tenor_examined);
    scf_p_bool(&p, r->conflict);
    scf_p_i16(&p, (int16_t)r->verification);
    p_time_or_null(&p, r->verified_us);
    p_time_or_null(&p, r->searched_us);
    p_time_or_null(&p, r->confirm_due_us);
    p_time_or_null(&p, r->registered_us);
    p_time_or_null(&p, r->proven_clear_us);
    p_time_or_null(&p, r->notified_us);
    p_time_or_null(&p, r->financed_us);
    p_time_or_null(&p, r->ended_us);
    scf_p_uuid(&p, or_null(&r->loan_id));
    scf_p_text(&p, r->registration_no);
    scf_p_i16(&p, (int16_t)r->registration_status);
    p_day_or_null(&p, registered, r->registration_from);
    p_day_or_null(&p, registered, r->registration_to);
    scf_p_text(&p, r->registration);
    scf_p_i16(&p, (int16_t)r->told);
    scf_p_i32(&p, (int32_t)r->steps);
    scf_p_time(&p, r->updated_us);
    return scf_db_run(db, &save, &p, arena, NULL, err);
}

/* ---- locking ---- */

static const struct scf_stmt lock = {
    "receivable_lock", "SELECT " COLUMNS " FROM scfd.receivable x WHERE x.id = $1 OR (x.open"
                       " AND x.invoice_key = (SELECT invoice_key FROM scfd.receivable"
                       " WHERE id = $1)) ORDER BY x.id FOR UPDATE"};

enum scf_code scf_receivable_lock(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *id, struct scf_receivable **ret,
                                  size_t *ret_n, struct scf_receivable **ret_own,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &lock, &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_all(rows, arena, ret, ret_n, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < *ret_n; i++)
        if (scf_uuid_eq(&(*ret)[i].id, id)) {
            *ret_own = &(*ret)[i];
            return SCF_OK;
        }
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no such receivable.");
}

static const struct scf_stmt lock_invoices = {
    "receivable_lock_invoices", "SELECT " COLUMNS " FROM scfd.receivable x WHERE x.open"
                                " AND x.invoice_key = ANY ($1::uuid[]) ORDER BY x.id FOR UPDATE"};

enum scf_code scf_receivable_lock_invoices(struct scf_db *db, struct scf_arena *arena,
                                           const struct scf_uuid *invoice_keys, size_t n,
                                           struct scf_receivable **ret, size_t *ret_n,
                                           struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, invoice_keys, n);
    enum scf_code code = scf_db_run(db, &lock_invoices, &p, arena, &rows, err);
    return code == SCF_OK ? read_all(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt lock_loan = {
    "receivable_lock_loan",
    "SELECT " COLUMNS " FROM scfd.receivable x WHERE x.loan_id = $1 ORDER BY x.id FOR UPDATE"};

enum scf_code scf_receivable_lock_loan(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *loan_id, struct scf_receivable **ret,
                                       size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &lock_loan, &p, arena, &rows, err);
    return code == SCF_OK ? read_all(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt try_lock = {
    "receivable_try_lock",
    "SELECT " COLUMNS " FROM scfd.receivable x WHERE x.id = $1 FOR UPDATE SKIP LOCKED"};

enum scf_code scf_receivable_try_lock(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *id, bool *ret_found,
                                      struct scf_receivable *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    struct scf_receivable *list;
    size_t n;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &try_lock, &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_all(rows, arena, &list, &n, err);
    if (code != SCF_OK)
        return code;
    *ret_found = n == 1;
    if (n == 1)
        *ret = list[0];
    return SCF_OK;
}

static const struct scf_stmt has_other = {
    "receivable_has_other", "SELECT FROM scfd.receivable WHERE open AND invoice_key = $2"
                            " AND lender_id = $3 AND id <> $1"};

enum scf_code scf_receivable_has_other(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_receivable *r, bool *ret,
                                       struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_uuid(&p, &r->invoice_key);
    scf_p_uuid(&p, &r->lender_id);
    enum scf_code code = scf_db_run(db, &has_other, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) > 0;
    return code;
}

/* ---- seeing ---- */

#define FILTERS                                                                                    \
    " AND ($3::uuid IS NULL OR x.invoice_id = $3) AND ($4::uuid IS NULL OR x.seller_id = $4)"      \
    " AND ($5::uuid IS NULL OR x.debtor_id = $5) AND ($6::smallint IS NULL OR x.state = $6)"
#define PAGE(t, after, order)                                                                      \
    " AND ($7::timestamptz IS NULL OR (" t ".created_at, x.id) " after " ($7, $8::uuid))"          \
    " ORDER BY " t ".created_at" order ", x.id" order " LIMIT $9"
#define ALL                                                                                        \
    "SELECT " COLUMNS " FROM scfd.receivable x WHERE ($1::uuid IS NULL AND $2::uuid IS NULL)"
#define SEEN                                                                                       \
    "SELECT " COLUMNS " FROM scfd.receivable_seen s JOIN scfd.receivable x"                        \
    " ON x.id = s.receivable_id WHERE s.node_id = $1 AND $2::uuid IS NULL"

static const struct scf_stmt all[2] = {
    {"receivable_all", ALL FILTERS PAGE("x", ">", "")},
    {"receivable_all_desc", ALL FILTERS PAGE("x", "<", " DESC")}};
static const struct scf_stmt seen[2] = {
    {"receivable_seen", SEEN FILTERS PAGE("s", ">", "")},
    {"receivable_seen_desc", SEEN FILTERS PAGE("s", "<", " DESC")}};
static const struct scf_stmt one = {
    "receivable_one",
    "SELECT " COLUMNS " FROM scfd.receivable x WHERE x.id = $2 AND ($1::uuid IS NULL OR EXISTS"
    " (SELECT FROM scfd.receivable_seen s WHERE s.receivable_id = x.id AND s.node_id = $1))" FILTERS
    " AND ($7::timestamptz IS NULL OR $8::uuid IS NULL) LIMIT $9"};

enum scf_code scf_receivable_select(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_receivable_filter *filter,
                                    struct scf_receivable **ret, int *ret_n,
                                    struct scf_error *err) {
    const struct scf_page *page = filter->page;
    const struct scf_stmt *list = filter->actor->admin ? all : seen;
    struct scf_params p;
    struct scf_rows *rows;
    size_t n = 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, filter->actor->admin ? NULL : &filter->actor->node_id);
    scf_p_uuid(&p, or_null(&filter->id));
    scf_p_uuid(&p, or_null(&filter->invoice_id));
    scf_p_uuid(&p, or_null(&filter->seller_id));
    scf_p_uuid(&p, or_null(&filter->debtor_id));
    if (filter->state < 0)
        scf_p_null(&p, SCF_PG_INT2);
    else
        scf_p_i16(&p, (int16_t)filter->state);
    scf_p_page_null(&p, page);
    enum scf_code code =
        scf_db_run(db, page ? &list[page->descending] : &one, &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_all(rows, arena, ret, &n, err);
    if (code == SCF_OK && !page && n == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.");
    *ret_n = (int)n;
    return code;
}
