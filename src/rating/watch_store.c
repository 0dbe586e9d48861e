/* SQL that notes which claimed invoices something new is said of, in scfd.claim_watch: the room
 * account, which comes later, looks whether they still stand. Relies on sql/0015_red_letter.sql. */
#include "rollup_impl.h"

/* Whatever is new of a claimed invoice; the task finds out whether it matters. Looked up leaf by
 * leaf (OFFSET 0): a join might read all heads for a batch of one. */
static const struct scf_stmt watch = {
    "scf_rollup_watch",
    "INSERT INTO scfd.claim_watch (invoice_key, seen_at) SELECT h.invoice_key, max(r.received_at)"
    " FROM scfd.record r CROSS JOIN LATERAL (SELECT * FROM scfd.claim_head c WHERE c.invoice_key ="
    " coalesce(r.business_key, r.id) AND c.claimed > 0 OFFSET 0) h"
    " WHERE r.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < $3 AND r.kind + 0 = 3"
    " AND EXISTS (SELECT FROM scfd.claim_head LIMIT 1)" /* once: nothing is claimed anywhere */
    " GROUP BY 1 ORDER BY 1"
    " ON CONFLICT (invoice_key) DO UPDATE SET seen_at = excluded.seen_at"
    " WHERE claim_watch.seen_at < excluded.seen_at"};
/* A red letter is an invoice of its own: it names the number of the one that it cancels. */
static const struct scf_stmt watch_red = {
    "scf_rollup_watch_red",
    "INSERT INTO scfd.claim_watch (invoice_key, seen_at) SELECT h.invoice_key, max(x.received_at)"
    " FROM (SELECT r.received_at, scfd.red_letter_of(r.body) AS number FROM scfd.record r"
    " WHERE r.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < $3 AND r.kind + 0 = 3"
    " AND r.amount < 0 AND r.body IS NOT NULL OFFSET 0) x"
    " CROSS JOIN LATERAL (SELECT * FROM scfd.claim_head c WHERE c.number = x.number"
    " AND c.number <> '' AND c.claimed > 0 OFFSET 0) h"
    " GROUP BY 1 ORDER BY 1 ON CONFLICT (invoice_key) DO UPDATE SET seen_at = excluded.seen_at"
    " WHERE claim_watch.seen_at < excluded.seen_at"};
_Static_assert(SCF_REC_INVOICE == 3, "the kind in the statements");

enum scf_code scf_rollup_watch(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t from, int64_t until,
                               bool red, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, until);
    enum scf_code code = scf_db_run(db, &watch, &p, arena, NULL, err);
    return code == SCF_OK && red ? scf_db_run(db, &watch_red, &p, arena, NULL, err) : code;
}
