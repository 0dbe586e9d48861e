/* SQL of what others ask of receivables: where an invoice's stands, and what is due by the clock.
 * Relies on sql/0009_receivable.sql. */
#include "row.h"

/* ---- what is due ---- */

/* Each part walks a partial index that holds only what waits. */
static const struct scf_stmt due_stmt = {
    "receivable_due",
    "SELECT id FROM ((SELECT id FROM scfd.receivable WHERE state = 4 AND confirm_due_at <= $1"
    " ORDER BY confirm_due_at LIMIT $6)"
    " UNION (SELECT id FROM scfd.receivable WHERE state IN (11, 12, 17) AND (told & 1) = 0"
    " AND verified_at < $3 ORDER BY verified_at LIMIT $6)"
    " UNION (SELECT id FROM scfd.receivable WHERE state IN (11, 12) AND due_on < $2"
    " ORDER BY due_on LIMIT $6)"
    " UNION (SELECT id FROM scfd.receivable WHERE registration_status BETWEEN 1 AND 4"
    " AND registration_to < $2 ORDER BY registration_to LIMIT $6)"
    " UNION (SELECT id FROM scfd.receivable WHERE registration_status BETWEEN 1 AND 4 AND open"
    " AND (told & 4) = 0 AND registration_to < $5 ORDER BY registration_to LIMIT $6)"
    " UNION (SELECT id FROM scfd.receivable WHERE registration_status BETWEEN 1 AND 4"
    " AND (told & 2) = 0 AND ended_at < $4 ORDER BY ended_at LIMIT $6)) d ORDER BY id"};
_Static_assert(SCF_RCV_CONFIRM_REQUESTED == 4 && SCF_RCV_FINANCED == 11 &&
                   SCF_RCV_PART_REPAID == 12 && SCF_RCV_OVERDUE == 17,
               "the states that the statement names");
_Static_assert(SCF_REG_ACTIVE == 1 && SCF_REG_OBJECTED == 4, "entries that stand");

enum scf_code scf_receivable_due(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_rcv_due *due, int max, struct scf_uuid **ret,
                                 size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, due->now_us);
    scf_p_date(&p, due->today);
    scf_p_time(&p, due->verified_before_us);
    scf_p_time(&p, due->ended_before_us);
    scf_p_date(&p, due->ending_day);
    scf_p_i64(&p, max);
    enum scf_code code = scf_db_run(db, &due_stmt, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}

/* ---- standing ---- */

/* Of several lenders' receivables on one invoice the one that is furthest: in hand, then by the
 * order of the states; of an invoice that none has any more the newest. */
static const struct scf_stmt standings = {
    "receivable_standings",
    "SELECT k.n, x.id, x.state, x.confirmed, x.conflict, x.amount - x.diluted FROM "
    "unnest($1::uuid[]) WITH ORDINALITY"
    " k (key, n) CROSS JOIN LATERAL (SELECT * FROM scfd.receivable r WHERE r.invoice_key = k.key"
    " ORDER BY r.open DESC, r.loan_id IS NOT NULL DESC, r.registered_at NULLS LAST,"
    " r.confirmed DESC, r.created_at DESC, r.id LIMIT 1) x"};

enum scf_code scf_receivable_standings(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *invoice_keys, size_t n,
                                       struct scf_receivable_standing *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, invoice_keys, n);
    enum scf_code code = scf_db_run(db, &standings, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    memset(ret, 0, n * sizeof *ret);
    for (int i = 0; i < scf_rows_count(rows); i++) {
        enum scf_receivable_state state = (enum scf_receivable_state)scf_rows_i64(rows, i, 2);
        ret[scf_rows_i64(rows, i, 0) - 1] = (struct scf_receivable_standing){
            .exists = true,
            .id = scf_rows_uuid(rows, i, 1),
            .state = state,
            .confirmed = scf_rows_bool(rows, i, 3) && state != SCF_RCV_DISPUTED,
            .registered_by_other = scf_rows_bool(rows, i, 4),
            .net_amount = scf_rows_i64(rows, i, 5)};
    }
    return SCF_OK;
}

static const struct scf_stmt red_lettered = {
    "receivable_red_lettered",
    "SELECT FROM scfd.receivable WHERE seller_id = $1 AND state = 16 LIMIT 1"};
_Static_assert(SCF_RCV_RED_LETTERED == 16, "the state that the statement names");

enum scf_code scf_receivable_red_lettered(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *seller_id, bool *ret,
                                          struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, seller_id);
    enum scf_code code = scf_db_run(db, &red_lettered, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_count(rows) > 0;
    return code;
}
