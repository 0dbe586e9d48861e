/* SQL of what a lender holds and has out under an assessment, which its own limit bounds (CR-5,
 * CR-10). Only of lenders whose terms gave them one: for the others the accounts suffice. */
#include "hold.h"

#include "scfd/base/money.h"

/* $1 assessments, $2 nodes. */
static const struct scf_stmt lock = {
    "scf_holds_own_lock",
    "SELECT FROM scfd.credit_assessment_lender l WHERE (l.assessment_id, l.node_id) IN"
    " (SELECT * FROM unnest($1::uuid[], $2::uuid[])) ORDER BY l.assessment_id, l.node_id"
    " FOR NO KEY UPDATE"};
/* A statement of its own, so that its snapshot is younger than the locks. $3 now. */
static const struct scf_stmt taken = {
    "scf_holds_own_taken",
    "SELECT (coalesce((SELECT sum(h.amount) FROM scfd.limit_grant g JOIN scfd.limit_hold h"
    " ON h.account_id = g.account_id AND h.status = 0 AND h.expires_at > $3"
    " WHERE g.assessment_id = x.assessment AND h.assessment_id = x.assessment"
    " AND h.node_id = x.node), 0)"
    " + coalesce((SELECT sum(o.owed_principal) FROM scfd.credit_decision d JOIN scfd.loan o"
    " ON o.decision_id = d.id AND o.status < 2 WHERE d.assessment_id = x.assessment"
    " AND d.lender_id = x.node), 0))::bigint"
    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS x (assessment, node, n)"
    " ORDER BY x.n"};

static enum scf_code run(struct scf_db *db, const struct scf_hold_batch *b,
                         struct scf_hold_order *const *orders, size_t n, struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(b->arena, 2 * n, sizeof *ids);
    struct scf_params p, q;
    struct scf_rows *rows;
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the holds");
    for (size_t i = 0; i < n; i++) {
        ids[i] = &orders[i]->hold.assessment_id;
        ids[n + i] = &orders[i]->hold.node_id;
    }
    scf_params_init(&p, b->arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + n, n);
    q = p;
    scf_p_time(&q, b->now_us);
    enum scf_code code = scf_db_run(db, &lock, &p, b->arena, NULL, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &taken, &q, b->arena, &rows, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        orders[i]->own_taken = scf_rows_i64(rows, (int)i, 0);
    return code;
}

enum scf_code scf_holds_own(struct scf_db *db, struct scf_hold_batch *b, struct scf_error *err) {
    struct scf_hold_order **orders = scf_alloc(b->arena, b->n, sizeof *orders);
    size_t n = 0;
    if (orders == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the holds");
    for (size_t i = 0; i < b->n; i++)
        if (scf_hold_open(b->orders[i]) && b->orders[i]->has_own_limit)
            orders[n++] = b->orders[i];
    return n > 0 ? run(db, b, orders, n, err) : SCF_OK;
}

enum scf_code scf_hold_check_own(struct scf_hold_order *o, int64_t more) {
    char amount[SCF_MONEY_TEXT], left[SCF_MONEY_TEXT], limit[SCF_MONEY_TEXT];
    int scale = scf_hold_scale(o->hold.currency);
    int64_t room = o->own_limit - o->own_taken - more;
    if (o->hold.amount <= room)
        return SCF_OK;
    scf_money_format(o->hold.amount, scale, amount);
    scf_money_format(room > 0 ? room : 0, scale, left);
    scf_money_format(o->own_limit, scale, limit);
    scf_fail(&o->err, SCF_E_LIMIT_EXCEEDED,
             "amount %s is above what is left of the lender's own limit: %s.", amount, left);
    o->err.members_json =
        scf_asprintf(o->arena,
                     "{\"amount\":\"%s\",\"available\":\"%s\",\"lender_limit\":\"%s\","
                     "\"currency\":\"%s\"}",
                     amount, left, limit, o->hold.currency);
    return SCF_E_LIMIT_EXCEEDED;
}
