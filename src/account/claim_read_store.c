/* SQL that reads what the records say of invoices, and what is claimed of them. A lender's claim is
 * decided on what it finds under the locks of the heads (claim.c). */
#include "claim.h"

#include "scfd/base/money.h"
#include "scfd/codec/body.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
}

/* Whose word on an invoice counts: a node of its seller or buyer, a lender, or one of the
 * installation's own, which no enterprise operates; else any node could keep the invoices of others
 * from being financed. */
#define COUNTS(node, seller, buyer)                                                                \
    "(" node ".operator_enterprise_id IS NULL OR " node ".operator_enterprise_id IN (" seller      \
    ", " buyer ") OR " node ".kind = 5)"
_Static_assert(SCF_NODE_LENDER == 5 && SCF_REC_INVOICE == 3, "the numbers in the statements");

/* ---- the records named ---- */

/* $1 records, $2 nodes that name them (NULL: they were checked before), $3 contracts. */
static const struct scf_stmt named = {
    "scf_claims_named",
    "SELECT r.id, r.enterprise_id, r.counterparty_id, r.currency, r.amount, r.body, s.code, b.code"
    " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS x (id, node, contract, n)"
    " LEFT JOIN LATERAL (SELECT * FROM scfd.record v WHERE v.id = x.id AND v.kind = 3"
    " AND (x.node IS NULL OR v.chain_id = x.node OR v.contract_key = x.contract OR EXISTS"
    " (SELECT FROM scfd.record_addressee a WHERE a.node_id = x.node AND a.record_id = v.id))"
    " OFFSET 0) r ON true"
    " LEFT JOIN scfd.enterprise s ON s.id = r.enterprise_id"
    " LEFT JOIN scfd.enterprise b ON b.id = r.counterparty_id ORDER BY x.n"};
/* Of each, its keys: of the records that it revises, and of those that report the same number, and
 * so on. Two hundred are looked through. */
static const struct scf_stmt keys_of = {
    "scf_claims_keys",
    "SELECT x.n, k.key FROM unnest($1::uuid[]) WITH ORDINALITY AS x (id, n)"
    " CROSS JOIN LATERAL (SELECT * FROM scfd.record v WHERE v.id = x.id AND v.kind = 3 OFFSET 0) v"
    " CROSS JOIN LATERAL (WITH RECURSIVE u AS ("
    "SELECT v.id, v.revises_id, coalesce(v.business_key, v.id) AS key"
    " UNION SELECT r.id, r.revises_id, coalesce(r.business_key, r.id) FROM u CROSS JOIN LATERAL ("
    "SELECT * FROM scfd.record a WHERE a.id = u.revises_id UNION ALL SELECT a.* FROM scfd.record a"
    " JOIN scfd.node n ON n.id = a.chain_id WHERE a.business_key = u.key AND a.kind = 3"
    " AND " COUNTS("n", "v.enterprise_id",
                   "v.counterparty_id") " OFFSET 0) r)"
                                        " SELECT DISTINCT key FROM (SELECT key FROM u LIMIT 200) "
                                        "q) k ORDER BY x.n, k.key"};

static struct scf_hash fingerprint_of(const struct scf_rows *rows, int row, const cJSON *body) {
    struct scf_invoice_identity identity = {
        .invoice_code = scf_str(scf_json_string(body, "invoice_code")),
        .invoice_no = scf_str(scf_json_string(body, "invoice_no")),
        .amount = scf_rows_i64(rows, row, 4),
        .seller = scf_rows_str(rows, row, 6),
        .buyer = scf_rows_str(rows, row, 7),
    };
    (void)scf_body_day(body, "issued_on", &identity.issued_day); /* an erased body has none */
    return scf_invoice_fingerprint(&identity);
}

static enum scf_code read_invoice(const struct scf_rows *rows, int row, struct scf_arena *arena,
                                  struct scf_claim_invoice *ret, struct scf_error *err) {
    *ret = (struct scf_claim_invoice){.number = ""};
    if (scf_rows_null(rows, row, 0))
        return SCF_OK;
    struct scf_str currency = scf_rows_str(rows, row, 3), text = scf_rows_str(rows, row, 5);
    char *copy = scf_strndup(arena, text.n > 0 ? text.p : "{}", text.n > 0 ? text.n : 2);
    const cJSON *body = copy ? scf_json_parse(arena, copy, strlen(copy), err) : NULL;
    if (body == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "A stored invoice cannot be read");
    struct scf_str number = scf_str(scf_json_string(body, "invoice_no"));
    char *normal = scf_alloc(arena, number.n + 1, 1);
    if (normal == NULL)
        return no_memory(err);
    (void)scf_normalise(number, normal);
    ret->found = true;
    ret->seller_id = scf_rows_uuid(rows, row, 1);
    ret->buyer_id = scf_rows_uuid(rows, row, 2);
    memcpy(ret->currency, currency.p ? currency.p : "", currency.n < 3 ? currency.n : 3);
    ret->number = normal;
    ret->net = scf_rows_i64(rows, row, 4);
    ret->fingerprint = fingerprint_of(rows, row, body);
    return SCF_OK;
}

static int by_uuid(const void *a, const void *b) {
    return scf_uuid_compare(a, b);
}

static enum scf_code read_keys(struct scf_claim_book *book, const struct scf_rows *rows,
                               struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows), total = n;
    struct scf_uuid *all = scf_alloc(book->arena, n + book->n, sizeof *all);
    book->keys = scf_alloc(book->arena, n, sizeof *book->keys);
    book->heads = scf_alloc(book->arena, n + book->n, sizeof *book->heads);
    if (all == NULL || book->keys == NULL || book->heads == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct scf_claim_invoice *invoice = &book->invoices[scf_rows_i64(rows, (int)i, 0) - 1];
        if (invoice->key_count++ == 0)
            invoice->first_key = i;
        all[i] = book->keys[i] = scf_rows_uuid(rows, (int)i, 1);
    }
    for (size_t i = 0; i < book->n; i++)
        if (book->invoices[i].receivable.found)
            all[total++] = book->invoices[i].receivable.key;
    if (total > 0)
        qsort(all, total, sizeof *all, by_uuid);
    for (size_t i = 0; i < total; i++)
        if (i == 0 || !scf_uuid_eq(&all[i], &all[i - 1]))
            book->heads[book->head_count++].key = all[i];
    for (size_t i = 0; i < book->n; i++)
        for (size_t k = 0; k < book->invoices[i].key_count; k++)
            scf_claims_head(book, &book->keys[book->invoices[i].first_key + k])->number =
                book->invoices[i].number;
    book->row_max = total;
    book->rows = scf_alloc(book->arena, total, sizeof *book->rows);
    return book->rows ? SCF_OK : no_memory(err);
}

static enum scf_code ask_records(struct scf_db *db, struct scf_claim_book *book,
                                 struct scf_rows *ret[3], struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(book->arena, book->n, sizeof *ids);
    const struct scf_uuid **nodes = scf_alloc(book->arena, book->n, sizeof *nodes);
    const struct scf_uuid **contracts = scf_alloc(book->arena, book->n, sizeof *contracts);
    if (ids == NULL || nodes == NULL || contracts == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++) {
        const struct scf_claim_want *want = &book->wants[i];
        bool checked = scf_uuid_is_nil(&want->contract_key);
        ids[i] = &want->invoice_id;
        nodes[i] = checked ? NULL : &want->node_id;
        contracts[i] = checked ? NULL : &want->contract_key;
    }
    struct scf_params p, q, r;
    scf_params_init(&p, book->arena);
    scf_p_uuid_array(&p, ids, book->n);
    scf_p_uuid_array(&p, nodes, book->n);
    scf_p_uuid_array(&p, contracts, book->n);
    scf_params_init(&q, book->arena);
    scf_p_uuid_array(&q, ids, book->n);
    enum scf_code code = scf_claims_bind_receivables(&r, book, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &named, &p, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &keys_of, &q, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, scf_claims_receivables_stmt, &r, err);
    return code == SCF_OK ? scf_db_pipeline_sync(db, book->arena, ret, err) : code;
}

enum scf_code scf_claims_look(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_claim_want *wants, size_t n, int64_t now_us,
                              struct scf_claim_book *ret, struct scf_error *err) {
    struct scf_rows *rows[3];
    *ret = (struct scf_claim_book){.arena = arena, .now_us = now_us, .n = n};
    if (n == 0)
        return SCF_OK;
    ret->invoices = scf_alloc(arena, n, sizeof *ret->invoices);
    ret->wants = scf_alloc(arena, n, sizeof *ret->wants);
    if (ret->invoices == NULL || ret->wants == NULL)
        return no_memory(err);
    memcpy(ret->wants, wants, n * sizeof *wants);
    enum scf_code code = scf_claims_named_receivables(db, ret, err);
    if (code == SCF_OK)
        code = ask_records(db, ret, rows, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = read_invoice(rows[0], (int)i, arena, &ret->invoices[i], err);
    if (code == SCF_OK)
        code = scf_claims_read_receivables(ret, rows[2], err);
    return code == SCF_OK ? read_keys(ret, rows[1], err) : code;
}

/* ---- the heads ---- */

static const struct scf_stmt make = {
    "scf_claims_make", "INSERT INTO scfd.claim_head (invoice_key, net, created_at, number)"
                       " SELECT key, 0, $2, number FROM unnest($1::uuid[], $3::text[])"
                       " AS x (key, number) ORDER BY key ON CONFLICT DO NOTHING"};
static const struct scf_stmt lock = {"scf_claims_lock",
                                     "SELECT FROM scfd.claim_head WHERE invoice_key = ANY ($1)"
                                     " ORDER BY invoice_key FOR NO KEY UPDATE"};
static const struct scf_stmt let_go = {
    "scf_claims_let_go",
    "WITH r AS (UPDATE scfd.claim SET status = 1, released_at = $2 WHERE invoice_key = ANY ($1)"
    " AND status = 0 AND expires_at <= $2 RETURNING invoice_key, amount)"
    " UPDATE scfd.claim_head h SET claimed = h.claimed - s.amount, version = version + 1 FROM"
    " (SELECT invoice_key, sum(amount) AS amount FROM r GROUP BY 1) s"
    " WHERE h.invoice_key = s.invoice_key"};
const struct scf_stmt *const scf_claims_let_go_stmt = &let_go;
static const struct scf_stmt heads = {"scf_claims_heads",
                                      "SELECT claimed, net FROM scfd.claim_head"
                                      " WHERE invoice_key = ANY ($1) ORDER BY invoice_key"};
static const struct scf_stmt live = {
    "scf_claims_live", "SELECT invoice_key, holder_id, node_id, by_loan, claimed_at, expires_at"
                       " FROM scfd.claim WHERE status = 0 AND invoice_key = ANY ($1)"};
/* What the newest record of each key in each chain says: the amount, and whether it is financed
 * elsewhere, or void, red or not found. What it says of the lender itself our own claims know
 * better. $1 wants, $2 keys, $3 sellers, $4 buyers, $5 the lenders' enterprises as they stand in a
 * body. */
static const struct scf_stmt words = {
    "scf_claims_words",
    "SELECT w.n, min(w.amount), bool_or(w.financing ->> 'status' <> 'none'"
    " AND w.financing ->> 'financier_id' IS DISTINCT FROM w.own), bool_or(w.tax_status IN"
    " ('voided', 'fully_red') OR w.verified = 'not_found') FROM (SELECT DISTINCT ON (x.n, x.key, "
    "r.chain_id) x.n, x.own,"
    " r.amount, r.body -> 'financing' AS financing, r.body ->> 'tax_status' AS tax_status,"
    " r.body -> 'verification' ->> 'status' AS verified"
    " FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])"
    " AS x (n, key, seller, buyer, own) CROSS JOIN LATERAL (SELECT a.chain_id, a.leaf_index,"
    " a.amount, convert_from(a.body, 'UTF8')::json AS body FROM (SELECT * FROM scfd.record"
    " WHERE business_key = x.key AND kind = 3 UNION ALL SELECT * FROM scfd.record WHERE id = x.key"
    " AND business_key IS NULL AND kind = 3) a JOIN scfd.node n ON n.id = a.chain_id"
    " AND " COUNTS(
        "n", "x.seller",
        "x.buyer") " OFFSET 0) r"
                   " ORDER BY x.n, x.key, r.chain_id, r.leaf_index DESC) w GROUP BY w.n"};
/* Red letters: each once, with what its newest record says. $1 wants, $2 numbers, $3, $4. */
static const struct scf_stmt reds = {
    "scf_claims_reds",
    "SELECT x.n, greatest(coalesce(sum(q.amount), 0), -9e17)::bigint"
    " FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::uuid[]) AS x (n, number, seller, buyer)"
    " CROSS JOIN LATERAL (SELECT DISTINCT ON (coalesce(r.business_key, r.id)) r.amount"
    " FROM scfd.record r JOIN scfd.node n ON n.id = r.chain_id"
    " AND " COUNTS(
        "n", "x.seller",
        "x.buyer") " WHERE scfd.red_letter_of(r.body) = x.number AND r.kind = 3 AND r.amount < 0"
                   " AND r.enterprise_id = x.seller AND r.counterparty_id = x.buyer"
                   " ORDER BY coalesce(r.business_key, r.id), r.leaf_index DESC) q GROUP BY x.n"};

enum { MAKE, LOCK, LET_GO, HEADS, LIVE, WORDS, REDS, QUESTIONS };

static void bind_heads(struct scf_params *p, const struct scf_claim_book *book,
                       const struct scf_uuid **keys, bool with_time) {
    scf_params_init(p, book->arena);
    for (size_t i = 0; i < book->head_count; i++)
        keys[i] = &book->heads[i].key;
    scf_p_uuid_array(p, keys, book->head_count);
    if (with_time)
        scf_p_time(p, book->now_us);
}

static enum scf_code bind_numbers(struct scf_params *p, const struct scf_claim_book *book,
                                  struct scf_error *err) {
    struct scf_str *numbers = scf_alloc(book->arena, book->head_count, sizeof *numbers);
    if (numbers == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->head_count; i++)
        numbers[i] = scf_str(book->heads[i].number ? book->heads[i].number : "");
    scf_p_text_array(p, numbers, book->head_count);
    return SCF_OK;
}

struct words_arrays {
    int64_t *wants;
    const struct scf_uuid **keys, **sellers, **buyers;
    struct scf_str *texts;
};

static bool make_arrays(struct words_arrays *a, struct scf_arena *arena, size_t n) {
    *a = (struct words_arrays){.wants = scf_alloc(arena, n, sizeof *a->wants),
                               .keys = scf_alloc(arena, n, sizeof *a->keys),
                               .sellers = scf_alloc(arena, n, sizeof *a->sellers),
                               .buyers = scf_alloc(arena, n, sizeof *a->buyers),
                               .texts = scf_alloc(arena, n, sizeof *a->texts)};
    return a->wants && a->keys && a->sellers && a->buyers && a->texts;
}

/* One element per want and key. */
static enum scf_code bind_words(struct scf_params *p, const struct scf_claim_book *book,
                                struct scf_error *err) {
    struct words_arrays a;
    size_t n = 0;
    if (!make_arrays(&a, book->arena, book->row_max))
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++) {
        const struct scf_claim_invoice *invoice = &book->invoices[i];
        char *own = scf_alloc(book->arena, 1, SCF_ID_TEXT);
        if (own == NULL)
            return no_memory(err);
        scf_id_format("ent", &book->wants[i].enterprise_id, own);
        for (size_t k = 0; k < invoice->key_count; k++, n++) {
            a.wants[n] = (int64_t)i;
            a.keys[n] = &book->keys[invoice->first_key + k];
            a.sellers[n] = &invoice->seller_id;
            a.buyers[n] = &invoice->buyer_id;
            a.texts[n] = scf_str(own);
        }
    }
    scf_params_init(p, book->arena);
    scf_p_i64_array(p, a.wants, NULL, n);
    scf_p_uuid_array(p, a.keys, n);
    scf_p_uuid_array(p, a.sellers, n);
    scf_p_uuid_array(p, a.buyers, n);
    scf_p_text_array(p, a.texts, n);
    return SCF_OK;
}

/* One element per want that has a number. */
static enum scf_code bind_reds(struct scf_params *p, const struct scf_claim_book *book,
                               struct scf_error *err) {
    struct words_arrays a;
    size_t n = 0;
    if (!make_arrays(&a, book->arena, book->n))
        return no_memory(err);
    for (size_t i = 0; i < book->n; i++) {
        const struct scf_claim_invoice *invoice = &book->invoices[i];
        if (invoice->number[0] == '\0')
            continue;
        a.wants[n] = (int64_t)i;
        a.texts[n] = scf_str(invoice->number);
        a.sellers[n] = &invoice->seller_id;
        a.buyers[n++] = &invoice->buyer_id;
    }
    scf_params_init(p, book->arena);
    scf_p_i64_array(p, a.wants, NULL, n);
    scf_p_text_array(p, a.texts, n);
    scf_p_uuid_array(p, a.sellers, n);
    scf_p_uuid_array(p, a.buyers, n);
    return SCF_OK;
}

static enum scf_code read_live(struct scf_claim_book *book, const struct scf_rows *rows,
                               struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    book->live_max = n + book->row_max;
    book->live = scf_alloc(book->arena, book->live_max, sizeof *book->live);
    if (book->live == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        book->live[i] = (struct scf_claim_live){.key = scf_rows_uuid(rows, (int)i, 0),
                                                .holder_id = scf_rows_uuid(rows, (int)i, 1),
                                                .node_id = scf_rows_uuid(rows, (int)i, 2),
                                                .by_loan = scf_rows_bool(rows, (int)i, 3),
                                                .since_us = scf_rows_time(rows, (int)i, 4),
                                                .until_us = scf_rows_time(rows, (int)i, 5)};
    book->live_count = n;
    return SCF_OK;
}

/* The least that a record says it is worth, less its red letters. */
static void read_worth(struct scf_claim_book *book, const struct scf_rows *said,
                       const struct scf_rows *red) {
    for (int i = 0; i < scf_rows_count(said); i++) {
        struct scf_claim_invoice *invoice = &book->invoices[scf_rows_i64(said, i, 0)];
        int64_t least = scf_rows_i64(said, i, 1);
        if (!scf_rows_null(said, i, 1) && least < invoice->net)
            invoice->net = least;
        invoice->elsewhere = scf_rows_bool(said, i, 2);
        invoice->cancelled = scf_rows_bool(said, i, 3);
        if (invoice->cancelled)
            invoice->net = 0;
    }
    for (int i = 0; i < scf_rows_count(red); i++) {
        struct scf_claim_invoice *invoice = &book->invoices[scf_rows_i64(red, i, 0)];
        invoice->red = scf_rows_i64(red, i, 1);
        invoice->net += invoice->red;
    }
    for (size_t i = 0; i < book->n; i++)
        if (book->invoices[i].net < 0)
            book->invoices[i].net = 0;
}

static enum scf_code read_answers(struct scf_claim_book *book, struct scf_rows *const *rows,
                                  struct scf_error *err) {
    if (scf_rows_count(rows[HEADS]) != (int)book->head_count)
        return scf_fail(err, SCF_E_INTERNAL, "The head of a claim is not there");
    for (size_t i = 0; i < book->head_count; i++) {
        struct scf_claim_head *head = &book->heads[i];
        head->claimed = head->claimed_before = scf_rows_i64(rows[HEADS], (int)i, 0);
        head->net = scf_rows_i64(rows[HEADS], (int)i, 1);
    }
    read_worth(book, rows[WORDS], rows[REDS]);
    return read_live(book, rows[LIVE], err);
}

/* All questions in one round trip. Each is a statement with a snapshot of its own, younger than the
 * locks that the ones before it took. */
enum scf_code scf_claims_lock(struct scf_db *db, struct scf_claim_book *book,
                              struct scf_error *err) {
    static const struct scf_stmt *const stmts[QUESTIONS] = {&make, &lock,  &let_go, &heads,
                                                            &live, &words, &reds};
    struct scf_params p[QUESTIONS];
    struct scf_rows *rows[QUESTIONS];
    if (book->head_count == 0)
        return SCF_OK;
    const struct scf_uuid **keys = scf_alloc(book->arena, book->head_count, sizeof *keys);
    if (keys == NULL)
        return no_memory(err);
    for (int i = MAKE; i <= LIVE; i++)
        bind_heads(&p[i], book, keys, i == MAKE || i == LET_GO);
    enum scf_code code = bind_numbers(&p[MAKE], book, err);
    if (code == SCF_OK)
        code = bind_words(&p[WORDS], book, err);
    if (code == SCF_OK)
        code = bind_reds(&p[REDS], book, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_begin(db, err);
    for (int i = 0; code == SCF_OK && i < QUESTIONS; i++)
        code = scf_db_pipeline_add(db, stmts[i], &p[i], err);
    if (code == SCF_OK)
        code = scf_db_pipeline_sync(db, book->arena, rows, err);
    if (code == SCF_OK)
        code = read_answers(book, rows, err);
    return code == SCF_OK ? scf_claims_lock_receivables(db, book, err) : code;
}
