/* SQL that recomputes every balance from what it is the sum of. */
#include "scfd/account/account.h"

/* One statement, so that one snapshot is compared with itself. */
static const struct scf_stmt check = {
    "scf_account_check",
    "SELECT (SELECT count(*) FROM scfd.limit_account a LEFT JOIN LATERAL"
    " (SELECT sum(e.granted) AS granted, sum(e.held) AS held, sum(e.used) AS used,"
    " sum(e.granted) FILTER (WHERE type = 0) AS initial, count(*) AS n"
    " FROM scfd.limit_entry e WHERE e.account_id = a.id) s ON true"
    " WHERE a.granted <> coalesce(s.granted, 0) OR a.held <> coalesce(s.held, 0)"
    " OR a.used <> coalesce(s.used, 0) OR a.initial <> coalesce(s.initial, 0) OR a.entries <> s.n)"
    " + (SELECT count(*) FROM scfd.limit_account a WHERE a.held <> (SELECT coalesce(sum(h.amount),"
    " 0) FROM scfd.limit_hold h WHERE h.account_id = a.id AND h.status = 0))"
    " + (SELECT count(*) FROM scfd.claim_head h WHERE h.claimed <> (SELECT coalesce(sum(c.amount),"
    " 0) FROM scfd.claim c WHERE c.invoice_key = h.invoice_key AND c.status = 0))"};

enum scf_code scf_account_check(struct scf_db *db, struct scf_arena *arena, int64_t *ret_wrong,
                                struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &check, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret_wrong = scf_rows_i64(rows, 0, 0);
    return code;
}
