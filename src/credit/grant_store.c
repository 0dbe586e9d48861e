/* SQL of granting: which accounts the contracts of an assessment have. */
#include "grant.h"

/* As decisions know them: a contract without a business key stands for itself. */
static const struct scf_stmt keys = {
    "scf_assess_grant_keys",
    "SELECT coalesce(r.business_key, r.id) FROM unnest($1::uuid[]) WITH ORDINALITY AS x (id, n)"
    " JOIN scfd.record r ON r.id = x.id ORDER BY x.n"};

enum scf_code scf_assess_grant(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in,
                               const struct scf_limit_result *result, int64_t now_us,
                               struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, in->contract_count, sizeof *ids);
    struct scf_grant *grants = scf_alloc(arena, in->contract_count, sizeof *grants);
    struct scf_granting g = {.assessment_id = in->assessment_id,
                             .borrower_id = in->borrower_id,
                             .currency = in->currency,
                             .as_of_us = in->as_of_us,
                             .expires_day = result->expires_day,
                             .grants = grants};
    if (ids == NULL || grants == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the grants");
    for (size_t i = 0; i < in->contract_count; i++) {
        if (!scf_grant_applies(in, i))
            continue;
        ids[g.count] = &in->contracts[i].record_id;
        grants[g.count++].amount = scf_grant_amount(in, result, i);
    }
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, g.count);
    enum scf_code code = scf_db_run(db, &keys, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_count(rows) != (int)g.count)
        return scf_fail(err, SCF_E_INTERNAL, "A contract of the assessment is not there");
    for (size_t i = 0; code == SCF_OK && i < g.count; i++)
        grants[i].contract_key = scf_rows_uuid(rows, (int)i, 0);
    return code == SCF_OK ? scf_account_grant(db, arena, &g, now_us, err) : code;
}
