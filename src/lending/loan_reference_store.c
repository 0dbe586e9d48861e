/* SQL of what a loan refers to: its contracts, the records it names, and the invoices it finances.
 * All inside the transaction that files the loan. */
#include "loan.h"

#include "scfd/http/answer.h"

static const struct scf_uuid **pointers_to(struct scf_arena *arena, const struct scf_uuid *ids,
                                           size_t n) {
    const struct scf_uuid **pointers = scf_alloc(arena, n, sizeof *pointers);
    for (size_t i = 0; pointers && i < n; i++)
        pointers[i] = &ids[i];
    return pointers;
}

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
}

/* Any revision of a contract stands for the contract. */
static const struct scf_stmt contracts_of = {
    "lending_loan_contracts_of",
    "SELECT x.n, x.id, k.contract_key, k.weight FROM unnest($2::uuid[]) WITH ORDINALITY x (id, n)"
    " LEFT JOIN (scfd.record r JOIN scfd.decision_contract k ON k.decision_id = $1"
    " AND k.contract_key = coalesce(r.business_key, r.id)) ON r.id = x.id AND r.kind = $3"
    " ORDER BY k.contract_key, x.n"};

static void read_contracts(const struct scf_rows *rows, struct scf_faults *faults,
                           struct scf_loan_contract *list, size_t *ret_n) {
    size_t n = 0;
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_loan_contract k = {.contract_id = scf_rows_uuid(rows, i, 1),
                                      .contract_key = scf_rows_uuid(rows, i, 2),
                                      .weight = scf_rows_i64(rows, i, 3)};
        char pointer[48];
        snprintf(pointer, sizeof pointer, "#/contract_ids/%" PRId64, scf_rows_i64(rows, i, 0) - 1);
        if (scf_rows_null(rows, i, 2))
            scf_fault_add(faults, pointer, "mismatch",
                          "It is none of the contracts that the assessment is about.");
        else if (n == 0 || !scf_uuid_eq(&list[n - 1].contract_key, &k.contract_key))
            list[n++] = k;
    }
    *ret_n = n;
}

enum scf_code scf_loan_contracts_of(struct scf_db *db, const struct scf_filing *f,
                                    const struct scf_uuid *decision_id, const struct scf_uuid *ids,
                                    size_t n, struct scf_faults *faults,
                                    struct scf_loan_contract **ret, size_t *ret_n,
                                    struct scf_error *err) {
    const struct scf_uuid **pointers = pointers_to(f->arena, ids, n);
    if (pointers == NULL)
        return no_memory(err);
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, f->arena);
    scf_p_uuid(&p, decision_id);
    scf_p_uuid_array(&p, pointers, n);
    scf_p_i16(&p, SCF_REC_CONTRACT);
    enum scf_code code = scf_db_run(db, &contracts_of, &p, f->arena, &rows, err);
    if (code != SCF_OK)
        return code;
    struct scf_loan_contract *list =
        scf_alloc(f->arena, (size_t)scf_rows_count(rows), sizeof *list);
    if (list == NULL)
        return no_memory(err);
    read_contracts(rows, faults, list, ret_n);
    *ret = list;
    return SCF_OK;
}

static const struct scf_stmt bad_records = {
    "lending_loan_bad_records",
    "SELECT x.n FROM unnest($1::uuid[]) WITH ORDINALITY x (id, n) WHERE NOT EXISTS"
    " (SELECT FROM scfd.record r WHERE r.id = x.id AND r.kind = $2 AND (r.chain_id = $3"
    " OR r.contract_key = ANY ($4::uuid[]) OR EXISTS (SELECT FROM scfd.record_addressee a"
    " WHERE a.node_id = $3 AND a.record_id = r.id))) ORDER BY x.n"};

enum scf_code scf_loan_check_records(struct scf_db *db, const struct scf_filing *f,
                                     const char *member, enum scf_record_kind kind,
                                     const struct scf_uuid *ids, size_t n,
                                     const struct scf_loan_contract *contracts, size_t contract_n,
                                     struct scf_faults *faults, struct scf_error *err) {
    const struct scf_uuid **pointers = pointers_to(f->arena, ids, n);
    const struct scf_uuid **keys = scf_alloc(f->arena, contract_n, sizeof *keys);
    if (pointers == NULL || keys == NULL)
        return no_memory(err);
    for (size_t i = 0; i < contract_n; i++)
        keys[i] = &contracts[i].contract_key;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, f->arena);
    scf_p_uuid_array(&p, pointers, n);
    scf_p_i16(&p, (int16_t)kind);
    scf_p_uuid(&p, &f->lender->node_id);
    scf_p_uuid_array(&p, keys, contract_n);
    enum scf_code code = scf_db_run(db, &bad_records, &p, f->arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++) {
        char pointer[48];
        snprintf(pointer, sizeof pointer, "#/%s/%" PRId64, member, scf_rows_i64(rows, i, 0) - 1);
        scf_fault_add(faults, pointer, "unknown-reference",
                      "There is no such thing that you may refer to.");
    }
    return code;
}

static const struct scf_stmt claimed = {
    "lending_loan_claimed",
    "SELECT invoice_key, invoice_id FROM scfd.claim"
    " WHERE holder_id = $1 AND status = 0 AND receivable_id IS NULL ORDER BY invoice_key"};

enum scf_code scf_loan_claimed_invoices(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_uuid *loan_id,
                                        const struct scf_rcv_invoice **ret, size_t *ret_n,
                                        struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, loan_id);
    enum scf_code code = scf_db_run(db, &claimed, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_rcv_invoice *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct scf_rcv_invoice){.invoice_key = scf_rows_uuid(rows, (int)i, 0),
                                           .invoice_id = scf_rows_uuid(rows, (int)i, 1)};
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
