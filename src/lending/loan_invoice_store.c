/* SQL of the invoices that a loan finances: each at most once among the loans that are not settled.
 *
 * An invoice is locked by its key for the time of the transaction, before the question whether it
 * is financed: of two loans at once the later one asks after the first has committed. The locks are
 * advisory, since there may be several records of one invoice, and none with a row to lock alone.
 */
#include "loan.h"

/* ---- what the invoices are in business ---- */

/* Of each record named, its key and those of the records that it revises: correcting the number of
 * an invoice makes no other invoice of it. A hundred corrections are looked through. */
static const struct scf_stmt keys_of = {
    "lending_invoice_keys",
    "WITH RECURSIVE v AS ("
    " SELECT r.id AS named, r.revises_id, coalesce(r.business_key, r.id) AS key, 0 AS depth"
    " FROM scfd.record r WHERE r.id = ANY ($1::uuid[])"
    " UNION ALL SELECT v.named, r.revises_id, coalesce(r.business_key, r.id), v.depth + 1"
    " FROM v JOIN scfd.record r ON r.id = v.revises_id WHERE v.depth < 100)"
    " SELECT DISTINCT ON (key) key, named FROM v ORDER BY key, named"};

enum scf_code scf_loan_invoice_keys(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *ids, size_t n,
                                    struct scf_loan_invoice **ret, size_t *ret_n,
                                    struct scf_error *err) {
    const struct scf_uuid **pointers = scf_alloc(arena, n, sizeof *pointers);
    if (pointers == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    for (size_t i = 0; i < n; i++)
        pointers[i] = &ids[i];
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, pointers, n);
    enum scf_code code = scf_db_run(db, &keys_of, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_loan_invoice *list = scf_alloc(arena, count, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    for (size_t i = 0; i < count; i++)
        list[i] = (struct scf_loan_invoice){.invoice_key = scf_rows_uuid(rows, (int)i, 0),
                                            .invoice_id = scf_rows_uuid(rows, (int)i, 1)};
    *ret = list;
    *ret_n = count;
    return SCF_OK;
}

/* ---- locking ---- */

/* The last eight bytes: random in a digest and in an id alike. */
static int64_t lock_number(const struct scf_uuid *key) {
    uint64_t bits = 0;
    for (size_t i = 8; i < sizeof key->b; i++)
        bits = bits << 8 | key->b[i];
    return (int64_t)bits;
}

static int in_order(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* In ascending order, so that no two loans wait for each other. */
static const struct scf_stmt lock = {
    "lending_invoice_lock", "SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k"};

static enum scf_code lock_keys(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_loan_invoice *list, size_t n,
                               struct scf_error *err) {
    int64_t *numbers = scf_alloc(arena, n, sizeof *numbers);
    if (numbers == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    for (size_t i = 0; i < n; i++)
        numbers[i] = lock_number(&list[i].invoice_key);
    qsort(numbers, n, sizeof *numbers, in_order);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64_array(&p, numbers, NULL, n);
    return scf_db_run(db, &lock, &p, arena, NULL, err);
}

/* ---- financed by another? ---- */

/* By a loan that is not settled, or elsewhere, as the newest record of the invoice in a chain says
 * of it; what it says of the lender itself the loans know better. Whose chain: of a node of the
 * invoice's seller or buyer, of a lender, or of the installation's own; else any node could keep
 * the invoices of others from being financed. Asked in a statement of its own, whose snapshot is
 * younger than the locks. $1 keys, $2 what is named, $3 lender: another lender's loan is nobody's
 * business, $4 invoice kind, $5 the lender's enterprise, $6 lender kind. */
static const struct scf_stmt financed = {
    "lending_invoice_financed",
    "SELECT x.named, CASE WHEN l.lender_id = $3 THEN l.id END"
    " FROM unnest($1::uuid[], $2::uuid[]) AS x (key, named)"
    " JOIN scfd.loan_invoice i ON i.invoice_key = x.key"
    " JOIN scfd.loan l ON l.id = i.loan_id AND l.status < 2"
    " UNION SELECT x.named, NULL FROM unnest($1::uuid[], $2::uuid[]) AS x (key, named)"
    " JOIN scfd.record v ON v.id = x.named"
    " WHERE EXISTS (SELECT FROM (SELECT DISTINCT ON (r.chain_id)"
    " convert_from(r.body, 'UTF8')::json -> 'financing' AS financing FROM scfd.record r"
    " JOIN scfd.node n ON n.id = r.chain_id AND (n.operator_enterprise_id IS NULL"
    " OR n.operator_enterprise_id IN (v.enterprise_id, v.counterparty_id) OR n.kind = $6)"
    " WHERE (r.business_key = x.key OR r.id = x.key) AND r.kind = $4"
    " ORDER BY r.chain_id, r.leaf_index DESC) newest WHERE financing ->> 'status' <> 'none'"
    " AND financing ->> 'financier_id' IS DISTINCT FROM $5) ORDER BY 1"};

static void bind_list(struct scf_params *p, const struct scf_uuid **keys,
                      const struct scf_uuid **named, const struct scf_loan_invoice *list,
                      size_t n) {
    for (size_t i = 0; i < n; i++) {
        keys[i] = &list[i].invoice_key;
        named[i] = &list[i].invoice_id;
    }
    scf_p_uuid_array(p, keys, n);
    scf_p_uuid_array(p, named, n);
}

static enum scf_code refuse(struct scf_arena *arena, const struct scf_rows *rows,
                            struct scf_error *err) {
    struct scf_buf members;
    scf_buf_init(&members, 1 << 20);
    struct scf_jsonw w = scf_jsonw(&members);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "financed");
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_uuid invoice = scf_rows_uuid(rows, i, 0), loan = scf_rows_uuid(rows, i, 1);
        scf_jw_object(&w, NULL);
        scf_jw_id(&w, "invoice_id", "inv", &invoice);
        if (!scf_uuid_is_nil(&loan))
            scf_jw_id(&w, "loan_id", "loan", &loan);
        scf_jw_end_object(&w);
    }
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_fail(err, SCF_E_INVOICE_FINANCED,
             "The same invoice is financed already, by a loan that is not settled or as a record "
             "of it says.");
    err->members_json = scf_strndup(arena, members.data, members.len);
    scf_buf_free(&members);
    return err->code;
}

enum scf_code scf_loan_claim_invoices(struct scf_db *db, const struct scf_filing *f,
                                      const struct scf_loan_invoice *list, size_t n,
                                      struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(f->arena, n, sizeof *keys);
    const struct scf_uuid **named = scf_alloc(f->arena, n, sizeof *named);
    if (keys == NULL || named == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    enum scf_code code = lock_keys(db, f->arena, list, n, err);
    if (code != SCF_OK)
        return code;
    struct scf_params p;
    struct scf_rows *rows;
    char own[SCF_ID_TEXT];
    scf_params_init(&p, f->arena);
    bind_list(&p, keys, named, list, n);
    scf_p_uuid(&p, &f->lender->node_id);
    scf_p_i16(&p, SCF_REC_INVOICE);
    scf_id_format("ent", &f->lender->operator_enterprise_id, own);
    scf_p_text(&p, own);
    scf_p_i16(&p, SCF_NODE_LENDER);
    code = scf_db_run(db, &financed, &p, f->arena, &rows, err);
    return code == SCF_OK && scf_rows_count(rows) > 0 ? refuse(f->arena, rows, err) : code;
}

/* ---- written down ---- */

static const struct scf_stmt insert = {
    "lending_invoice_insert", "INSERT INTO scfd.loan_invoice (loan_id, invoice_key, invoice_id)"
                              " SELECT $3, key, named FROM unnest($1::uuid[], $2::uuid[])"
                              " AS x (key, named)"};

enum scf_code scf_loan_insert_invoices(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *loan_id,
                                       const struct scf_loan_invoice *list, size_t n,
                                       struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(arena, n, sizeof *keys);
    const struct scf_uuid **named = scf_alloc(arena, n, sizeof *named);
    if (keys == NULL || named == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    struct scf_params p;
    scf_params_init(&p, arena);
    bind_list(&p, keys, named, list, n);
    scf_p_uuid(&p, loan_id);
    return scf_db_run(db, &insert, &p, arena, NULL, err);
}
