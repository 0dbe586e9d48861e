/* SQL of the borrower's need and of debtors. Relies on sql/0001_party.sql, sql/0010_account.sql. */
#include "gather_claims.h"
#include "scfd/base/money.h"

static const struct scf_stmt sources_stmt = {
    "scf_need_sources",
    "SELECT w.i, e.profile_record_id, r.body_sha256, least((SELECT coalesce(sum(granted), 0)"
    " FROM scfd.limit_account a WHERE a.borrower_id = w.id AND a.currency = w.currency),"
    " $3)::bigint FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS w (id, currency, i)"
    " JOIN scfd.enterprise e ON e.id = w.id LEFT JOIN scfd.record r ON r.id = e.profile_record_id"};

enum scf_code scf_need_sources_read(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_need_source *sources, size_t n,
                                    struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    struct scf_str *currencies = scf_alloc(arena, n, sizeof *currencies);
    if (ids == NULL || currencies == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu borrowers", n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &sources[i].borrower_id;
        currencies[i] = scf_str(sources[i].currency);
    }
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_text_array(&p, currencies, n);
    scf_p_i64(&p, SCF_MONEY_MAX);
    enum scf_code code = scf_db_run(db, &sources_stmt, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++) {
        struct scf_need_source *s = &sources[scf_rows_i64(rows, i, 0) - 1];
        s->record_id = scf_rows_uuid(rows, i, 1);
        if (!scf_rows_null(rows, i, 2)) /* else it is erased */
            s->body_sha256 = scf_rows_hash(rows, i, 2);
        s->granted = scf_rows_i64(rows, i, 3);
    }
    return code;
}

static const struct scf_stmt core_stmt = {
    "scf_debtors_core",
    "SELECT w.i FROM unnest($1::uuid[]) WITH ORDINALITY AS w (id, i) JOIN scfd.enterprise e"
    " ON e.id = w.id WHERE EXISTS (SELECT FROM json_array_elements_text(e.profile -> 'roles') r"
    " WHERE r = 'core_enterprise')"};

enum scf_code scf_debtors_read_core(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_limit_debtor *debtors, size_t n,
                                    struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu debtors", n);
    for (size_t i = 0; i < n; i++)
        ids[i] = &debtors[i].enterprise_id;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    enum scf_code code = scf_db_run(db, &core_stmt, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++)
        debtors[scf_rows_i64(rows, i, 0) - 1].core = true;
    return code;
}
