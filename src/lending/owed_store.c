/* What is owed under a loan on a day: row, schedule and ledger read together. Relies on ledger.c
 * for interest and arrears. */
#include "scfd/lending/owed.h"

#include "ledger.h"

enum { ENTRIES_MAX = 20000 };

/* ---- reading ---- */

#define COLUMNS                                                                                    \
    "id, lender_id, borrower_id, loan_no, currency, principal, annual_rate, day_count, method,"    \
    " value_date, maturity_date, paid_to, status, owed_fees, owed_penalty, owed_compound,"         \
    " owed_interest, owed_principal"
static const struct scf_stmt loan_stmts[2] = {
    {"lending_owed", "SELECT " COLUMNS " FROM scfd.loan WHERE id = $1"},
    {"lending_owed_lock", "SELECT " COLUMNS " FROM scfd.loan WHERE id = $1 FOR SHARE"}};

static enum scf_code read_loan(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *loan_id, bool lock, struct scf_owed *ret,
                               struct scf_loan_position *position, struct scf_terms *terms,
                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *r;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &loan_stmts[lock], &p, arena, &r, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(r) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such loan.");
    *terms = (struct scf_terms){.principal = scf_rows_i64(r, 0, 5),
                                .rate_ppm = scf_rows_i64(r, 0, 6),
                                .day_count = (enum scf_day_count)scf_rows_i64(r, 0, 7),
                                .method = (enum scf_repayment_method)scf_rows_i64(r, 0, 8),
                                .value_day = scf_rows_date(r, 0, 9),
                                .maturity_day = scf_rows_date(r, 0, 10)};
    *position = (struct scf_loan_position){.terms = terms,
                                           .owed = {.fees = scf_rows_i64(r, 0, 13),
                                                    .penalty = scf_rows_i64(r, 0, 14),
                                                    .compound = scf_rows_i64(r, 0, 15),
                                                    .interest = scf_rows_i64(r, 0, 16),
                                                    .principal = scf_rows_i64(r, 0, 17)},
                                           .paid_to_day = scf_rows_date(r, 0, 11)};
    *ret = (struct scf_owed){.loan_id = scf_rows_uuid(r, 0, 0),
                             .lender_id = scf_rows_uuid(r, 0, 1),
                             .borrower_id = scf_rows_uuid(r, 0, 2),
                             .loan_no = scf_rows_text(r, 0, 3),
                             .principal = terms->principal,
                             .rate_ppm = terms->rate_ppm,
                             .day_count = terms->day_count,
                             .year_days = terms->day_count == SCF_ACT_365 ? 365 : 360,
                             .value_day = terms->value_day,
                             .maturity_day = terms->maturity_day,
                             .repaying = scf_rows_i64(r, 0, 12) > 0,
                             .settled = scf_rows_i64(r, 0, 12) == 2,
                             .booked_day = position->paid_to_day};
    struct scf_str currency = scf_rows_str(r, 0, 4);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    return SCF_OK;
}

static const struct scf_stmt schedule_stmt = {
    "lending_owed_schedule", "SELECT due_on, principal, interest FROM scfd.loan_instalment"
                             " WHERE loan_id = $1 ORDER BY seq"};

static enum scf_code read_schedule(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *loan_id,
                                   struct scf_instalment **ret_schedule, struct scf_owed *ret,
                                   struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *r;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &schedule_stmt, &p, arena, &r, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(r);
    struct scf_instalment *schedule = scf_alloc(arena, n, sizeof *schedule);
    if (schedule == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        schedule[i] = (struct scf_instalment){.due_day = scf_rows_date(r, (int)i, 0),
                                              .principal = scf_rows_i64(r, (int)i, 1),
                                              .interest = scf_rows_i64(r, (int)i, 2)};
    *ret_schedule = schedule;
    ret->instalment_count = n;
    return SCF_OK;
}

static const struct scf_stmt entries_stmt = {
    "lending_owed_entries",
    "SELECT e.value_date, e.kind, e.fees, e.penalty, e.compound, e.interest, e.principal,"
    " e.kind = 3 AND EXISTS (SELECT FROM scfd.repayment r WHERE r.reversal_of = e.record_id)"
    " FROM scfd.loan_entry e WHERE e.loan_id = $1 ORDER BY e.seq LIMIT $2"};

static enum scf_code read_entries(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *loan_id, struct scf_owed *ret,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *r;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    scf_p_i64(&p, ENTRIES_MAX);
    enum scf_code code = scf_db_run(db, &entries_stmt, &p, arena, &r, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(r);
    struct scf_owed_entry *entries = scf_alloc(arena, n, sizeof *entries);
    if (entries == NULL)
        return scf_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        int i = (int)k;
        entries[k] = (struct scf_owed_entry){
            .day = scf_rows_date(r, i, 0),
            .kind = (enum scf_owed_entry_kind)scf_rows_i64(r, i, 1),
            .amounts = {.fees = scf_rows_i64(r, i, 2),
                        .penalty = scf_rows_i64(r, i, 3),
                        .compound = scf_rows_i64(r, i, 4),
                        .interest = scf_rows_i64(r, i, 5),
                        .principal = scf_rows_i64(r, i, 6)},
            .reversed = scf_rows_bool(r, i, 7),
        };
    }
    ret->entries = entries;
    ret->entry_count = n;
    return SCF_OK;
}

/* ---- figures ---- */

/* What repayments settled, less what reversals brought back. Interest that a reversal books anew is
 * an accrual of its own. */
static void add_paid(struct scf_owed *ret) {
    for (size_t i = 0; i < ret->entry_count; i++) {
        const struct scf_owed_entry *e = &ret->entries[i];
        if (e->day > ret->booked_day)
            ret->booked_day = e->day;
        if (e->kind != SCF_OWED_REPAYMENT && e->kind != SCF_OWED_REVERSAL)
            continue;
        ret->paid.fees -= e->amounts.fees;
        ret->paid.penalty -= e->amounts.penalty;
        ret->paid.compound -= e->amounts.compound;
        ret->paid.interest -= e->amounts.interest;
        ret->paid.principal -= e->amounts.principal;
    }
}

static int64_t take(int64_t *rest, int64_t amount) {
    int64_t part = *rest < amount ? *rest : amount;
    *rest -= part;
    return amount - part;
}

static enum scf_code spread(struct scf_arena *arena, const struct scf_instalment *schedule,
                            struct scf_owed *ret, struct scf_error *err) {
    struct scf_owed_instalment *list = scf_alloc(arena, ret->instalment_count, sizeof *list);
    int64_t principal = ret->principal - ret->owed.principal, interest = ret->paid.interest;
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < ret->instalment_count; i++) {
        list[i] = (struct scf_owed_instalment){.due_day = schedule[i].due_day,
                                               .principal = schedule[i].principal,
                                               .interest = schedule[i].interest};
        list[i].unpaid_principal = take(&principal, schedule[i].principal);
        list[i].unpaid_interest = take(&interest, schedule[i].interest);
    }
    ret->instalments = list;
    return SCF_OK;
}

enum scf_code scf_lending_owed(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *loan_id, int32_t day, bool lock,
                               struct scf_owed *ret, struct scf_error *err) {
    struct scf_loan_position position;
    struct scf_terms terms;
    struct scf_instalment *schedule = NULL;
    int64_t accrued = 0;
    enum scf_code code = read_loan(db, arena, loan_id, lock, ret, &position, &terms, err);
    if (code == SCF_OK)
        code = read_schedule(db, arena, loan_id, &schedule, ret, err);
    if (code == SCF_OK)
        code = read_entries(db, arena, loan_id, ret, err);
    if (code != SCF_OK)
        return code;
    add_paid(ret);
    position.schedule = schedule;
    position.n = ret->instalment_count;
    position.paid_interest = ret->paid.interest;
    if (day < ret->booked_day)
        day = ret->booked_day;
    ret->overdue_days = ret->settled ? 0 : scf_overdue_days(&position, day);
    if (!scf_accrued(&position, day, &accrued) ||
        __builtin_add_overflow(position.owed.interest, accrued, &position.owed.interest))
        return scf_fail(err, SCF_E_INTERNAL, "The interest of the loan does not fit.");
    ret->owed =
        (struct scf_owed_amounts){position.owed.fees, position.owed.penalty, position.owed.compound,
                                  position.owed.interest, position.owed.principal};
    return spread(arena, schedule, ret, err);
}
