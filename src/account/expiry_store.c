/* SQL of holds whose time is over. Two things end apart, each under its own lock: the amount that
 * is held of the account, and the claims on invoices; neither counts for anybody after the hold's
 * expires_at, whether or not somebody has come by to book it. */
#include "store.h"

/* $1 accounts, all locked by the caller. */
static const struct scf_stmt expire = {
    "scf_hold_expire", "UPDATE scfd.limit_hold SET status = 3, closed_at = $2,"
                       " version = version + 1 WHERE account_id = ANY ($1::uuid[]) AND status = 0"
                       " AND expires_at <= $2 RETURNING id, account_id, amount"};

static struct scf_account *account_of(struct scf_account *const *accounts, size_t n,
                                      const struct scf_uuid *id) {
    for (size_t i = 0; i < n; i++)
        if (scf_uuid_eq(&accounts[i]->id, id))
            return accounts[i];
    return NULL;
}

static enum scf_code book_expired(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_account *const *accounts, size_t n,
                                  const struct scf_rows *rows, int64_t now_us,
                                  struct scf_error *err) {
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_account **whose = scf_alloc(arena, count, sizeof *whose);
    struct scf_account_change *changes = scf_alloc(arena, count, sizeof *changes);
    if (whose == NULL || changes == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu expired holds", count);
    for (size_t i = 0; i < count; i++) {
        struct scf_uuid account_id = scf_rows_uuid(rows, (int)i, 1);
        whose[i] = account_of(accounts, n, &account_id);
        SCF_ASSERT(whose[i] != NULL);
        changes[i] = (struct scf_account_change){.type = SCF_ENTRY_EXPIRE,
                                                 .amount = scf_rows_i64(rows, (int)i, 2),
                                                 .source_id = scf_rows_uuid(rows, (int)i, 0),
                                                 .source_prefix = "hold"};
    }
    return scf_account_book_many(db, arena, whose, changes, count, now_us, err);
}

enum scf_code scf_hold_expire(struct scf_db *db, struct scf_arena *arena,
                              struct scf_account *const *accounts, size_t n, int64_t now_us,
                              struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the expired holds");
    for (size_t i = 0; i < n; i++)
        ids[i] = &accounts[i]->id;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &expire, &p, arena, &rows, err);
    return code == SCF_OK && scf_rows_count(rows) > 0
               ? book_expired(db, arena, accounts, n, rows, now_us, err)
               : code;
}
