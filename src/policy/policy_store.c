/* SQL of policies. Relies on sql/0006_credit.sql. */
#include "scfd/policy/policy.h"

static const struct scf_stmt policy_stmt = {
    "scf_policy_in_force", "SELECT code, version, params FROM scfd.credit_policy"
                           " WHERE effective_from <= $1 ORDER BY effective_from DESC, code, version"
                           " LIMIT 1"};

enum scf_code scf_policy_in_force(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                  struct scf_policy *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, at_us);
    enum scf_code code = scf_db_run(db, &policy_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_WRONG_STATE, "No credit policy was in force at that time");
    return scf_policy_parse(arena, scf_rows_text(rows, 0, 0), scf_rows_text(rows, 0, 1),
                            scf_rows_str(rows, 0, 2), ret, err);
}
