/* SQL of holds whose time is over. Two things end apart, each under its own lock: the amount that
 * is held of the account, and the claims on invoices; neither counts for anybody after the hold's
 * expires_at, whether or not somebody has come by to book it. */
#include "store.h"

/* However many holds a lender let run out at once, the memory that booking them takes is bounded.
 */
enum { AT_ONCE = 1000, BATCH_BYTES = 4 << 20 };

/* $1 accounts, all locked by the caller. $3 how many at most. */
static const struct scf_stmt expire = {
    "scf_hold_expire",
    "UPDATE scfd.limit_hold SET status = 3, closed_at = $2, version = version + 1"
    " WHERE id = ANY (ARRAY (SELECT id FROM scfd.limit_hold WHERE account_id = ANY ($1::uuid[])"
    " AND status = 0 AND expires_at <= $2 LIMIT $3)) RETURNING id, account_id, amount"};

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

static enum scf_code expire_some(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_account *const *accounts, size_t n, int64_t now_us,
                                 bool *ret_more, struct scf_error *err) {
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
    scf_p_i64(&p, AT_ONCE);
    enum scf_code code = scf_db_run(db, &expire, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_more = scf_rows_count(rows) == AT_ONCE;
    return scf_rows_count(rows) > 0 ? book_expired(db, arena, accounts, n, rows, now_us, err)
                                    : SCF_OK;
}

enum scf_code scf_hold_expire(struct scf_db *db, struct scf_account *const *accounts, size_t n,
                              int64_t now_us, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(BATCH_BYTES);
    bool more = true;
    enum scf_code code = SCF_OK;
    while (code == SCF_OK && more) {
        scf_arena_reset(arena);
        code = expire_some(db, arena, accounts, n, now_us, &more, err);
    }
    if (code != SCF_OK && err != NULL)
        err->members_json = NULL; /* they were in the arena */
    scf_arena_free(arena);
    return code;
}
