/* SQL of the lenders' receivables that are claimed with their invoices (CR-7.1). Reads receivables,
 * which the room of that name writes: under their locks, taken after those of the heads. */
#include "claim.h"

#include "scfd/receivable/receivable.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
}

/* ---- named ---- */

/* A draft is its sender's alone. */
static const struct scf_stmt named = {
    "scf_claims_named_receivables",
    "SELECT x.n, r.invoice_id FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS x (n, id, node)"
    " JOIN scfd.receivable r ON r.id = x.id AND r.lender_id = x.node AND r.open AND r.state > 0"};
_Static_assert(SCF_RCV_DRAFT == 0, "the state in the statements");

enum scf_code scf_claims_named_receivables(struct scf_db *db, struct scf_claim_book *book,
                                           struct scf_error *err) {
    int64_t *numbers = scf_alloc(book->arena, book->n, sizeof *numbers);
    const struct scf_uuid **ids = scf_alloc(book->arena, 2 * book->n, sizeof *ids);
    size_t n = 0;
    if (numbers == NULL || ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++) {
        if (scf_uuid_is_nil(&book->wants[i].receivable_id))
            continue;
        numbers[n] = (int64_t)i;
        ids[book->n + n] = &book->wants[i].node_id;
        ids[n++] = &book->wants[i].receivable_id;
    }
    if (n == 0)
        return SCF_OK;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, book->arena);
    scf_p_i64_array(&p, numbers, NULL, n);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + book->n, n);
    enum scf_code code = scf_db_run(db, &named, &p, book->arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++)
        book->wants[scf_rows_i64(rows, i, 0)].invoice_id = scf_rows_uuid(rows, i, 1);
    return code;
}

/* ---- of the invoices wanted ---- */

/* $1 wants, $2 invoices, $3 nodes. Of an invoice a lender has one open receivable. */
static const struct scf_stmt receivables = {
    "scf_claims_receivables",
    "SELECT x.n, r.id, r.amount, r.due_on, s.code, d.code, coalesce("
    "(SELECT convert_from(c.body, 'UTF8')::json ->> 'contract_no' FROM scfd.record c"
    " WHERE c.id = r.contract_id), b.body ->> 'contract_no', ''), coalesce(b.body ->> 'invoice_no',"
    " '') FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS x (n, invoice, node)"
    " CROSS JOIN LATERAL (SELECT * FROM scfd.record v WHERE v.id = x.invoice AND v.kind = 3"
    " OFFSET 0) v JOIN scfd.receivable r ON r.invoice_key = coalesce(v.business_key, v.id)"
    " AND r.lender_id = x.node AND r.open AND r.state > 0"
    " JOIN scfd.enterprise s ON s.id = r.seller_id JOIN scfd.enterprise d ON d.id = r.debtor_id"
    " LEFT JOIN LATERAL (SELECT convert_from(i.body, 'UTF8')::json AS body FROM scfd.record i"
    " WHERE i.id = r.invoice_id) b ON true"};
const struct scf_stmt *const scf_claims_receivables_stmt = &receivables;
enum { WANT, ID, AMOUNT, DUE, SELLER, DEBTOR, CONTRACT_NO, INVOICE_NO };

enum scf_code scf_claims_bind_receivables(struct scf_params *ret, const struct scf_claim_book *book,
                                          struct scf_error *err) {
    int64_t *numbers = scf_alloc(book->arena, book->n, sizeof *numbers);
    const struct scf_uuid **ids = scf_alloc(book->arena, 2 * book->n, sizeof *ids);
    if (numbers == NULL || ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++) {
        numbers[i] = (int64_t)i;
        ids[i] = &book->wants[i].invoice_id;
        ids[book->n + i] = &book->wants[i].node_id;
    }
    scf_params_init(ret, book->arena);
    scf_p_i64_array(ret, numbers, NULL, book->n);
    scf_p_uuid_array(ret, ids, book->n);
    scf_p_uuid_array(ret, ids + book->n, book->n);
    return SCF_OK;
}

/* The identity is that of the claim as it arose: what comes off it later changes no fingerprint. */
static bool read_one(struct scf_arena *arena, const struct scf_rows *rows, int row,
                     struct scf_claim_receivable *ret) {
    const struct scf_str number = scf_rows_str(rows, row, INVOICE_NO);
    const struct scf_receivable_identity identity = {
        .seller = scf_rows_str(rows, row, SELLER),
        .buyer = scf_rows_str(rows, row, DEBTOR),
        .contract_no = scf_rows_str(rows, row, CONTRACT_NO),
        .invoice_nos = &number,
        .invoice_count = 1,
        .amount = scf_rows_i64(rows, row, AMOUNT),
        .has_due = !scf_rows_null(rows, row, DUE),
        .due_day = scf_rows_null(rows, row, DUE) ? 0 : scf_rows_date(rows, row, DUE)};
    *ret = (struct scf_claim_receivable){.found = true, .id = scf_rows_uuid(rows, row, ID)};
    if (!scf_receivable_fingerprint(&identity, arena, &ret->fingerprint))
        return false;
    memcpy(ret->key.b, ret->fingerprint.b, sizeof ret->key.b);
    return true;
}

enum scf_code scf_claims_read_receivables(struct scf_claim_book *book, const struct scf_rows *rows,
                                          struct scf_error *err) {
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_claim_invoice *invoice = &book->invoices[scf_rows_i64(rows, i, WANT)];
        if (!read_one(book->arena, rows, i, &invoice->receivable))
            return no_memory(err);
    }
    return SCF_OK;
}

/* ---- locked ---- */

static const struct scf_stmt lock = {
    "scf_claims_lock_receivables",
    "SELECT id, CASE WHEN open THEN amount - diluted ELSE 0 END FROM scfd.receivable"
    " WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"};

enum scf_code scf_claims_lock_receivables(struct scf_db *db, struct scf_claim_book *book,
                                          struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(book->arena, book->n, sizeof *ids);
    size_t n = 0;
    if (ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++)
        if (book->invoices[i].receivable.found)
            ids[n++] = &book->invoices[i].receivable.id;
    if (n == 0)
        return SCF_OK;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, book->arena);
    scf_p_uuid_array(&p, ids, n);
    enum scf_code code = scf_db_run(db, &lock, &p, book->arena, &rows, err);
    for (int row = 0; code == SCF_OK && row < scf_rows_count(rows); row++) {
        struct scf_uuid id = scf_rows_uuid(rows, row, 0);
        for (size_t i = 0; i < book->n; i++)
            if (scf_uuid_eq(&book->invoices[i].receivable.id, &id))
                book->invoices[i].receivable.net = scf_rows_i64(rows, row, 1);
    }
    return code;
}
