/* What lending asks of an assessment, and addressing it to lenders; SQL. Relies on
 * sql/0006_credit.sql, on chain/record for addressing records, and on account for opening the
 * limit accounts of the contracts. */
#include "assess.h"
#include "scfd/account/account.h"
#include "scfd/base/clock.h"

static const struct scf_stmt lock_stmt = {
    "scf_assessment_lock_for_decision",
    "SELECT a.status, a.borrower_id, coalesce(l.lender_limit, a.recommended_limit), a.currency,"
    " a.limit_expires_on,"
    " l.awaiting FROM scfd.credit_assessment_lender l JOIN scfd.credit_assessment a"
    " ON a.id = l.assessment_id WHERE l.assessment_id = $1 AND l.node_id = $2 FOR UPDATE OF l"};

enum scf_code scf_assessment_lock_for_decision(struct scf_db *db, struct scf_arena *arena,
                                               const struct scf_uuid *assessment_id,
                                               const struct scf_uuid *lender_node_id,
                                               struct scf_assessment_view *ret,
                                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_node_id);
    enum scf_code code = scf_db_run(db, &lock_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such assessment");
    if (scf_rows_i64(rows, 0, 0) != SCF_ASM_SUCCEEDED)
        return scf_fail(err, SCF_E_WRONG_STATE, "The assessment gave no limit to decide on");
    *ret = (struct scf_assessment_view){.borrower_id = scf_rows_uuid(rows, 0, 1),
                                        .limit = scf_rows_i64(rows, 0, 2),
                                        .expires_day = scf_rows_date(rows, 0, 4),
                                        .awaiting = scf_rows_bool(rows, 0, 5)};
    struct scf_str currency = scf_rows_str(rows, 0, 3);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    return SCF_OK;
}

static const struct scf_stmt decided_stmt = {
    "scf_assessment_mark_decided",
    "WITH l AS (UPDATE scfd.credit_assessment_lender SET awaiting = $3 WHERE assessment_id = $1"
    " AND node_id = $2) UPDATE scfd.credit_assessment SET version = version + 1, updated_at = $4"
    " WHERE id = $1"};

enum scf_code scf_assessment_mark_decided(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *assessment_id,
                                          const struct scf_uuid *lender_node_id, bool awaiting,
                                          int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_node_id);
    scf_p_bool(&p, awaiting);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &decided_stmt, &p, arena, NULL, err);
    code = code == SCF_OK ? scf_assess_notify(db, arena, "asm", assessment_id, err) : code;
    return code == SCF_OK ? scf_assess_notify(db, arena, "lender", lender_node_id, err) : code;
}

/* ---- addressing ---- */

static const struct scf_stmt add_lender_stmt = {
    "scf_grounds_address",
    "WITH l AS (INSERT INTO scfd.credit_assessment_lender (assessment_id, node_id, addressed_at,"
    " created_at) SELECT id, $2, $3, created_at FROM scfd.credit_assessment WHERE id = $1"
    " ON CONFLICT DO NOTHING RETURNING 1)"
    " UPDATE scfd.credit_assessment SET version = version + 1, updated_at = $3"
    " WHERE id = $1 AND EXISTS (SELECT FROM l)"};

/* Of a record, what addressing needs; never the body. */
static const struct scf_stmt grounds_stmt = {
    "scf_grounds_read", "SELECT id, chain_id, leaf_index, kind FROM scfd.record"
                        " WHERE id = ANY ($1::uuid[]) ORDER BY id"};

static enum scf_code read_records(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *const *ids, size_t n,
                                  struct scf_grounds *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    enum scf_code code = scf_db_run(db, &grounds_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_record *records = scf_alloc(arena, count, sizeof *records);
    if (records == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu records", count);
    for (size_t i = 0; i < count; i++)
        records[i] =
            (struct scf_record){.id = scf_rows_uuid(rows, (int)i, 0),
                                .chain_id = scf_rows_uuid(rows, (int)i, 1),
                                .leaf_index = scf_rows_i64(rows, (int)i, 2),
                                .kind = (enum scf_record_kind)scf_rows_i64(rows, (int)i, 3)};
    *ret = (struct scf_grounds){records, count};
    return SCF_OK;
}

enum scf_code scf_grounds_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in, struct scf_grounds *ret,
                               struct scf_error *err) {
    size_t n = in->contract_count, count = 0;
    for (size_t i = 0; i < in->contract_count; i++)
        n += in->contracts[i].guarantee_count;
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu records", n);
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_limit_contract *k = &in->contracts[i];
        ids[count++] = &k->record_id;
        for (size_t j = 0; j < k->guarantee_count; j++)
            ids[count++] = &k->guarantees[j].record_id;
    }
    return read_records(db, arena, ids, n, ret, err);
}

enum scf_code scf_grounds_address(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_record *record,
                                  const struct scf_grounds *grounds,
                                  const struct scf_uuid *lender_node_id, int64_t now_us,
                                  struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < grounds->n; i++)
        code = scf_record_address(db, arena, &grounds->records[i], lender_node_id,
                                  "record.addressed", err);
    if (code == SCF_OK)
        code =
            scf_record_address(db, arena, record, lender_node_id, "credit_assessment.ready", err);
    if (code != SCF_OK)
        return code;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &record->id);
    scf_p_uuid(&p, lender_node_id);
    scf_p_time(&p, now_us);
    code = scf_db_run(db, &add_lender_stmt, &p, arena, NULL, err);
    if (code == SCF_OK)
        code = scf_account_open_to(db, arena, &record->id, lender_node_id, err);
    return code == SCF_OK ? scf_assess_notify(db, arena, "lender", lender_node_id, err) : code;
}
