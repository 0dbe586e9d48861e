/* SQL of single holds: what a loan uses, and what a lender gives back. */
#include "hold.h"

#include "scfd/party/party.h"

void scf_hold_row(const struct scf_rows *rows, int row, int col, struct scf_hold *ret) {
    struct scf_uuid *const ids[] = {
        &ret->id,          &ret->node_id,     &ret->account_id,   &ret->assessment_id,
        &ret->decision_id, &ret->contract_id, &ret->contract_key, &ret->borrower_id,
        &ret->loan_id};
    *ret = (struct scf_hold){.amount = scf_rows_i64(rows, row, col + 10),
                             .used = scf_rows_i64(rows, row, col + 11),
                             .expires_us = scf_rows_time(rows, row, col + 12),
                             .created_us = scf_rows_time(rows, row, col + 13),
                             .version = scf_rows_i64(rows, row, col + 15),
                             .status = (int)scf_rows_i64(rows, row, col + 16)};
    if (!scf_rows_null(rows, row, col + 14))
        ret->closed_us = scf_rows_time(rows, row, col + 14);
    for (size_t i = 0; i < SCF_COUNT(ids); i++)
        *ids[i] = scf_rows_uuid(rows, row, col + (int)i);
    struct scf_str currency = scf_rows_str(rows, row, col + 9);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
}

/* ---- locking ---- */

static const struct scf_stmt peek = {"scf_hold_peek",
                                     "SELECT " SCF_HOLD_COLUMNS " FROM scfd.limit_hold h"
                                     " WHERE h.id = $1 AND h.node_id = $2"};
static const struct scf_stmt lock = {"scf_hold_lock", "SELECT " SCF_HOLD_COLUMNS
                                                      " FROM scfd.limit_hold h WHERE h.id = $1"
                                                      " AND h.node_id = $2 FOR NO KEY UPDATE"};

static enum scf_code read_hold(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_stmt *stmt, const struct scf_uuid *id,
                               const struct scf_uuid *node_id, struct scf_hold *ret,
                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, node_id);
    enum scf_code code = scf_db_run(db, stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such hold.");
    scf_hold_row(rows, 0, 0, ret);
    return SCF_OK;
}

/* Whose time is over does not hold any more, whether or not that was booked. */
static enum scf_code check_held(const struct scf_hold *hold, int64_t now_us,
                                struct scf_error *err) {
    int status = hold->status == SCF_HOLD_HELD && hold->expires_us <= now_us ? SCF_HOLD_EXPIRED
                                                                             : hold->status;
    if (status == SCF_HOLD_HELD)
        return SCF_OK;
    return scf_fail(err, SCF_E_WRONG_STATE, "The hold is in state \"%s\".",
                    scf_hold_status_names[status]);
}

enum scf_code scf_hold_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *node_id, int64_t now_us, struct scf_hold *ret,
                            struct scf_error *err) {
    enum scf_code code = read_hold(db, arena, &lock, id, node_id, ret, err);
    return code == SCF_OK ? check_held(ret, now_us, err) : code;
}

/* ---- closing ---- */

static const struct scf_stmt shut = {
    "scf_hold_shut", "UPDATE scfd.limit_hold SET status = $2, loan_id = $3, used = $4,"
                     " closed_at = $5, version = version + 1 WHERE id = $1"};

static enum scf_code close_hold(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_hold *hold, enum scf_hold_status status,
                                const struct scf_uuid *loan_id, int64_t used, int64_t now_us,
                                struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &hold->id);
    scf_p_i16(&p, (int16_t)status);
    scf_p_uuid(&p, loan_id);
    scf_p_i64(&p, used);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &shut, &p, arena, NULL, err);
}

static enum scf_code book_release(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_hold *hold, struct scf_account *account,
                                  int64_t amount, int64_t now_us, struct scf_error *err) {
    const struct scf_account_change change = {.type = SCF_ENTRY_RELEASE,
                                              .amount = amount,
                                              .source_id = hold->id,
                                              .source_prefix = "hold"};
    return amount > 0 ? scf_account_book(db, arena, account, &change, now_us, err) : SCF_OK;
}

enum scf_code scf_hold_use(struct scf_db *db, struct scf_arena *arena, const struct scf_hold *hold,
                           struct scf_account *account, const struct scf_uuid *loan_id,
                           int64_t used, int64_t now_us, struct scf_error *err) {
    SCF_ASSERT(used <= hold->amount);
    enum scf_code code = close_hold(db, arena, hold, SCF_HOLD_USED, loan_id, used, now_us, err);
    if (code == SCF_OK)
        code = book_release(db, arena, hold, account, hold->amount - used, now_us, err);
    return code == SCF_OK ? scf_claims_pass(db, arena, &hold->id, loan_id, now_us, err) : code;
}

struct releasing {
    struct scf_arena *arena;
    const struct scf_actor *lender;
    const struct scf_uuid *id;
    int64_t now_us;
};

/* The account is locked before the hold, and its key stands in the hold. */
static enum scf_code release_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct releasing *r = ctx;
    struct scf_hold hold;
    struct scf_account account;
    enum scf_code code = scf_key_hold(db, r->arena, r->lender, r->now_us, err);
    if (code == SCF_OK)
        code = read_hold(db, r->arena, &peek, r->id, &r->lender->node_id, &hold, err);
    if (code == SCF_OK)
        code = scf_account_lock(db, r->arena, &hold.contract_key, 1, hold.currency,
                                &hold.borrower_id, r->now_us, &account, err);
    if (code == SCF_OK)
        code = read_hold(db, r->arena, &lock, r->id, &r->lender->node_id, &hold, err);
    if (code != SCF_OK || hold.status == SCF_HOLD_RELEASED)
        return code;
    code = check_held(&hold, r->now_us, err);
    if (code == SCF_OK)
        code = close_hold(db, r->arena, &hold, SCF_HOLD_RELEASED, NULL, 0, r->now_us, err);
    if (code == SCF_OK)
        code = book_release(db, r->arena, &hold, &account, hold.amount, r->now_us, err);
    return code == SCF_OK ? scf_claims_release(db, r->arena, &hold.id, r->now_us, err) : code;
}

enum scf_code scf_hold_release(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_actor *lender, const struct scf_uuid *id,
                               int64_t now_us, struct scf_error *err) {
    struct releasing r = {arena, lender, id, now_us};
    return scf_tx_run(db, release_in_tx, &r, err);
}
