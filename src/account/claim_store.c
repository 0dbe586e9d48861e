/* SQL that writes claims. The heads are locked by whoever changes a claim. */
#include "claim.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
}

/* ---- claiming ---- */

/* $5: 1 by a loan, 0 by a hold. */
static const struct scf_stmt insert = {
    "scf_claims_insert",
    "INSERT INTO scfd.claim (holder_id, invoice_key, node_id, invoice_id, by_loan, fingerprint,"
    " amount, expires_at, claimed_at, receivable_id) SELECT holder, key, node, invoice, by_loan = "
    "1,"
    " fingerprint, amount, expires, $10, receivable FROM unnest($1::uuid[], $2::uuid[], "
    "$3::uuid[], $4::uuid[],"
    " $5::smallint[], $6::bytea[], $7::bigint[], $8::timestamptz[], $9::uuid[])"
    " AS x (holder, key, node, invoice, by_loan, fingerprint, amount, expires, receivable)"};
static const struct scf_stmt add = {
    "scf_claims_add", "UPDATE scfd.claim_head h SET claimed = h.claimed + x.more, net = x.net,"
                      " version = version + 1"
                      " FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS x (key, more, net)"
                      " WHERE h.invoice_key = x.key"};

struct columns {
    const struct scf_uuid **holders, **keys, **nodes, **invoices, **receivables;
    int16_t *by_loan;
    struct scf_str *fingerprints;
    int64_t *amounts, *until;
};

static bool make_columns(struct columns *c, struct scf_arena *arena, size_t n) {
    *c = (struct columns){.holders = scf_alloc(arena, n, sizeof *c->holders),
                          .keys = scf_alloc(arena, n, sizeof *c->keys),
                          .nodes = scf_alloc(arena, n, sizeof *c->nodes),
                          .invoices = scf_alloc(arena, n, sizeof *c->invoices),
                          .receivables = scf_alloc(arena, n, sizeof *c->receivables),
                          .by_loan = scf_alloc(arena, n, sizeof *c->by_loan),
                          .fingerprints = scf_alloc(arena, n, sizeof *c->fingerprints),
                          .amounts = scf_alloc(arena, n, sizeof *c->amounts),
                          .until = scf_alloc(arena, n, sizeof *c->until)};
    return c->holders && c->keys && c->nodes && c->invoices && c->receivables && c->by_loan &&
           c->fingerprints && c->amounts && c->until;
}

static enum scf_code bind_rows(struct scf_params *p, const struct scf_claim_book *book,
                               struct scf_error *err) {
    struct columns c;
    size_t n = book->row_count;
    if (!make_columns(&c, book->arena, n))
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct scf_claim_row *row = &book->rows[i];
        c.holders[i] = &row->holder_id;
        c.keys[i] = &row->key;
        c.nodes[i] = &row->node_id;
        c.invoices[i] = &row->invoice_id;
        c.receivables[i] = scf_uuid_is_nil(&row->receivable_id) ? NULL : &row->receivable_id;
        c.by_loan[i] = row->by_loan;
        c.fingerprints[i] = (struct scf_str){(const char *)row->fingerprint.b, SCF_HASH_LEN};
        c.amounts[i] = row->amount;
        c.until[i] = row->until_us;
    }
    scf_params_init(p, book->arena);
    scf_p_uuid_array(p, c.holders, n);
    scf_p_uuid_array(p, c.keys, n);
    scf_p_uuid_array(p, c.nodes, n);
    scf_p_uuid_array(p, c.invoices, n);
    scf_p_i16_array(p, c.by_loan, n);
    scf_p_bytes_array(p, c.fingerprints, n);
    scf_p_i64_array(p, c.amounts, NULL, n);
    scf_p_time_array(p, c.until, NULL, n);
    scf_p_uuid_array(p, c.receivables, n);
    scf_p_time(p, book->now_us);
    return SCF_OK;
}

static enum scf_code bind_sums(struct scf_params *p, const struct scf_claim_book *book,
                               struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(book->arena, book->head_count, sizeof *keys);
    int64_t *more = scf_alloc(book->arena, book->head_count, sizeof *more);
    int64_t *net = scf_alloc(book->arena, book->head_count, sizeof *net);
    size_t n = 0;
    if (keys == NULL || more == NULL || net == NULL)
        return no_memory(err);
    for (size_t i = 0; i < book->head_count; i++) {
        const struct scf_claim_head *head = &book->heads[i];
        if (!head->touched)
            continue;
        keys[n] = &head->key;
        more[n] = head->claimed - head->claimed_before;
        net[n++] = head->net;
    }
    scf_params_init(p, book->arena);
    scf_p_uuid_array(p, keys, n);
    scf_p_i64_array(p, more, NULL, n);
    scf_p_i64_array(p, net, NULL, n);
    return SCF_OK;
}

enum scf_code scf_claims_add(struct scf_db *db, struct scf_claim_book *book,
                             struct scf_error *err) {
    struct scf_params rows, sums;
    if (book->row_count == 0)
        return SCF_OK;
    enum scf_code code = bind_rows(&rows, book, err);
    if (code == SCF_OK)
        code = bind_sums(&sums, book, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &insert, &rows, err);
    return code == SCF_OK ? scf_db_pipeline_add(db, &add, &sums, err) : code;
}

enum scf_code scf_claims_write(struct scf_db *db, struct scf_claim_book *book,
                               struct scf_error *err) {
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = scf_claims_add(db, book, err);
    return code == SCF_OK ? scf_db_pipeline_sync(db, book->arena, NULL, err) : code;
}

/* ---- of one holder ---- */

static enum scf_code run(struct scf_db *db, struct scf_arena *arena, const struct scf_stmt *stmt,
                         const struct scf_uuid *a, const struct scf_uuid *b, int64_t now_us,
                         struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, a);
    if (b != NULL)
        scf_p_uuid(&p, b);
    if (now_us != 0)
        scf_p_time(&p, now_us);
    return scf_db_run(db, stmt, &p, arena, ret, err);
}

static const struct scf_stmt lock_of = {"scf_claims_lock_of",
                                        "SELECT FROM scfd.claim_head WHERE invoice_key IN"
                                        " (SELECT invoice_key FROM scfd.claim WHERE holder_id = $1)"
                                        " ORDER BY invoice_key FOR NO KEY UPDATE"};
static const struct scf_stmt release = {
    "scf_claims_release",
    "WITH r AS (UPDATE scfd.claim SET status = 1, released_at = $2 WHERE holder_id = $1"
    " AND status = 0 RETURNING invoice_key, amount)"
    " UPDATE scfd.claim_head h SET claimed = h.claimed - r.amount, version = version + 1 FROM r"
    " WHERE h.invoice_key = r.invoice_key"};

enum scf_code scf_claims_release(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *holder_id, int64_t now_us,
                                 struct scf_error *err) {
    enum scf_code code = run(db, arena, &lock_of, holder_id, NULL, 0, NULL, err);
    return code == SCF_OK ? run(db, arena, &release, holder_id, NULL, now_us, NULL, err) : code;
}

/* The claims of a hold that still counts become the loan's, all or none. */
static const struct scf_stmt pass = {
    "scf_claims_pass",
    "WITH p AS (UPDATE scfd.claim SET holder_id = $2, by_loan = true, expires_at = 'infinity'"
    " WHERE holder_id = $1 AND status = 0 AND expires_at > $3 RETURNING 1)"
    " SELECT (SELECT count(*) FROM p) = (SELECT count(*) FROM scfd.claim WHERE holder_id = $1)"};

static const struct scf_stmt named_by = {
    "scf_claims_named_by", "SELECT DISTINCT invoice_id FROM scfd.claim WHERE holder_id = $1"
                           " AND receivable_id IS NULL AND status = 0"};

/* What was good when it was held may have been cancelled since: then nothing is paid out on it, not
 * even in the second before the account is stopped. Locks the heads. */
static enum scf_code check_stand(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *hold_id, int64_t now_us,
                                 struct scf_error *err) {
    struct scf_rows *rows;
    struct scf_claim_book book;
    enum scf_code code = run(db, arena, &named_by, hold_id, NULL, 0, &rows, err);
    size_t n = code == SCF_OK ? (size_t)scf_rows_count(rows) : 0;
    struct scf_claim_want *wants = scf_alloc(arena, n, sizeof *wants);
    if (n == 0)
        return code;
    if (wants == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        wants[i] = (struct scf_claim_want){.invoice_id = scf_rows_uuid(rows, (int)i, 0)};
    code = scf_claims_look(db, arena, wants, n, now_us, &book, err);
    if (code == SCF_OK)
        code = scf_claims_lock(db, &book, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        if (scf_claims_cancelled(&book, i))
            code = scf_fail(err, SCF_E_WRONG_STATE,
                            "An invoice of the hold was cancelled since (CR-6.3): release it.");
    return code;
}

enum scf_code scf_claims_pass(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *hold_id, const struct scf_uuid *loan_id,
                              int64_t now_us, struct scf_error *err) {
    struct scf_rows *rows = NULL;
    enum scf_code code = check_stand(db, arena, hold_id, now_us, err);
    if (code == SCF_OK)
        code = run(db, arena, &lock_of, hold_id, NULL, 0, NULL, err);
    if (code == SCF_OK)
        code = run(db, arena, &pass, hold_id, loan_id, now_us, &rows, err);
    if (code != SCF_OK || scf_rows_bool(rows, 0, 0))
        return code;
    return scf_fail(err, SCF_E_WRONG_STATE,
                    "The hold is in state \"expired\": its invoices were let go.");
}

/* All of them count again, whatever another has claimed meanwhile: the money is out, and what is
 * claimed above the net amount keeps everybody else from claiming the invoice. How many are above
 * it is told, holds that are over left out. */
static const struct scf_stmt retake = {
    "scf_claims_retake",
    "WITH c AS (SELECT c.invoice_key, c.receivable_id, c.amount, h.claimed + c.amount - (SELECT"
    " coalesce(sum(o.amount), 0) FROM scfd.claim o WHERE o.invoice_key = c.invoice_key"
    " AND o.status = 0 AND o.expires_at <= $2) > h.net AS above"
    " FROM scfd.claim c JOIN scfd.claim_head h ON h.invoice_key = c.invoice_key"
    " WHERE c.holder_id = $1 AND c.status = 1),"
    " u AS (UPDATE scfd.claim x SET status = 0, released_at = NULL FROM c"
    " WHERE x.holder_id = $1 AND x.invoice_key = c.invoice_key),"
    " h AS (UPDATE scfd.claim_head h SET claimed = h.claimed + c.amount, version = version + 1"
    " FROM c WHERE h.invoice_key = c.invoice_key)"
    " SELECT count(*) FILTER (WHERE above AND receivable_id IS NULL) FROM c"};

enum scf_code scf_claims_retake(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *loan_id, int64_t now_us,
                                int64_t *ret_conflicts, struct scf_error *err) {
    struct scf_rows *rows = NULL;
    enum scf_code code = run(db, arena, &lock_of, loan_id, NULL, 0, NULL, err);
    if (code == SCF_OK)
        code = run(db, arena, &retake, loan_id, NULL, now_us, &rows, err);
    if (code == SCF_OK)
        *ret_conflicts = scf_rows_i64(rows, 0, 0);
    return code;
}

/* ---- expired ones ---- */

/* Heads that somebody holds are left to him, who lets go what is over anyway. */
enum { REAP_MAX = 2000 };
static const struct scf_stmt lock_due = {
    "scf_claims_lock_due",
    "SELECT invoice_key FROM scfd.claim_head WHERE invoice_key = ANY (ARRAY (SELECT invoice_key"
    " FROM scfd.claim WHERE status = 0 AND NOT by_loan AND expires_at <= $1"
    " ORDER BY expires_at LIMIT $2)) ORDER BY invoice_key FOR NO KEY UPDATE SKIP LOCKED"};

struct reaping {
    struct scf_arena *arena;
    int64_t now_us;
};

static enum scf_code reap_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct reaping *r = ctx;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, r->arena);
    scf_p_time(&p, r->now_us);
    scf_p_i64(&p, REAP_MAX);
    enum scf_code code = scf_db_run(db, &lock_due, &p, r->arena, &rows, err);
    struct scf_uuid *keys;
    size_t n = 0;
    if (code == SCF_OK)
        code = scf_rows_uuid_list(rows, r->arena, &keys, &n, err);
    if (n == 0)
        return code;
    scf_params_init(&p, r->arena);
    scf_p_uuid_list(&p, keys, n);
    scf_p_time(&p, r->now_us);
    return scf_db_run(db, scf_claims_let_go_stmt, &p, r->arena, NULL, err);
}

enum scf_code scf_claims_reap(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                              struct scf_error *err) {
    struct reaping r = {arena, now_us};
    return scf_tx_run(db, reap_in_tx, &r, err);
}
