/* SQL that lets assessments of increments cover draw-downs under their accounts. */
#include "scfd/account/account.h"

static const struct scf_stmt cover = {
    "scf_account_cover",
    "INSERT INTO scfd.limit_grant (assessment_id, contract_key, currency, account_id, amount,"
    " expires_on) SELECT s, a.contract_key, a.currency, a.id, x.amount, '1970-01-01'::date + day"
    " FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::integer[]) AS x (s, account, amount,"
    " day) JOIN scfd.limit_account a ON a.id = x.account ON CONFLICT DO NOTHING"};

enum scf_code scf_account_cover(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_cover *covers, size_t n, struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, 2 * n, sizeof *ids);
    int64_t *amounts = scf_alloc(arena, n, sizeof *amounts);
    int32_t *days = scf_alloc(arena, n, sizeof *days);
    if (ids == NULL || amounts == NULL || days == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu assessments", n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &covers[i].assessment_id;
        ids[n + i] = &covers[i].account->id;
        amounts[i] = covers[i].amount;
        days[i] = covers[i].expires_day;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + n, n);
    scf_p_i64_array(&p, amounts, NULL, n);
    scf_p_i32_array(&p, days, NULL, n);
    return scf_db_run(db, &cover, &p, arena, NULL, err);
}
