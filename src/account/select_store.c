/* SQL of reading accounts, their entries, and holds, as those may see them who ask. */
#include "hold.h"
#include "store.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "The page is too large");
}

static const struct scf_uuid *or_any(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static enum scf_code none_there(const struct scf_page *page, const struct scf_rows *rows,
                                struct scf_error *err) {
    return page == NULL && scf_rows_count(rows) == 0
               ? scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.")
               : SCF_OK;
}

/* ---- accounts ---- */

/* Plans are made once for whatever is asked, so that each way of asking is a statement of its own,
 * which says by which index. Seen by administrators ($1), the node of the borrower ($2), and the
 * lenders ($3) that an assessment of the contract was addressed to. The contract is shown as a
 * record that is theirs to see. $4 id, $5 borrower, $6 contract, $7, $8 position, $9 limit. */
#define ACCOUNTS(which)                                                                            \
    "SELECT " SCF_ACCOUNT_COLUMNS ", a.created_at, (SELECT r.id FROM scfd.record r"                \
    " WHERE (r.business_key = a.contract_key OR r.id = a.contract_key) AND r.kind = 1"             \
    " AND ($1 OR r.chain_id = $3 OR EXISTS (SELECT FROM scfd.record_addressee x"                   \
    " WHERE x.node_id = $3 AND x.record_id = r.id)) ORDER BY r.received_at DESC, r.id LIMIT 1)"    \
    " FROM scfd.limit_account a WHERE " which " AND ($1 OR a.borrower_id = $2 OR EXISTS"           \
    " (SELECT FROM scfd.limit_lender l WHERE l.node_id = $3 AND l.account_id = a.id))"             \
    " AND ($5::uuid IS NULL OR a.borrower_id = $5)"
#define AFTER(time, id, op, edge)                                                                  \
    " AND (" time ", " id ") " op " (coalesce($7, '" edge "'::timestamptz),"                       \
    " coalesce($8, '00000000-0000-0000-0000-000000000000'::uuid))"
#define ORDER(time, id, order) " ORDER BY " time order ", " id order " LIMIT $9"
#define UP(time, id) AFTER(time, id, ">", "-infinity") ORDER(time, id, "")
#define DOWN(time, id) AFTER(time, id, "<", "infinity") ORDER(time, id, " DESC")
#define PAGES(name, text, t)                                                                       \
    {                                                                                              \
        {name, text UP(t ".created_at", t ".id")}, {                                               \
            name "_desc", text DOWN(t ".created_at", t ".id")                                      \
        }                                                                                          \
    }
/* A page of those of the borrower's node and a page of the lender's have the page of both. */
#define SEEN_OF(page)                                                                              \
    ACCOUNTS(                                                                                      \
        "a.id = ANY (ARRAY ((SELECT b.id FROM scfd.limit_account b WHERE b.borrower_id = $2" page( \
            "b.created_at", "b.id") ") UNION (SELECT l.account_id FROM scfd.limit_lender l"        \
                                    " WHERE l.node_id = $3" page("l.created_at",                   \
                                                                 "l.account_id") ")))")            \
    page("a.created_at", "a.id")

enum { ONE, OF_CONTRACT, OF_BORROWER, SEEN, ALL, WAYS };
static const struct scf_stmt accounts[WAYS][2] = {
    [ONE] = PAGES("scf_account_one", ACCOUNTS("a.id = $4"), "a"),
    [OF_CONTRACT] = PAGES("scf_account_of_contract",
                          ACCOUNTS("a.contract_key = (SELECT coalesce(c.business_key, c.id)"
                                   " FROM scfd.record c WHERE c.id = $6 AND c.kind = 1)"),
                          "a"),
    [OF_BORROWER] = PAGES("scf_account_of_borrower", ACCOUNTS("a.borrower_id = $5"), "a"),
    [SEEN] = {{"scf_account_seen", SEEN_OF(UP)}, {"scf_account_seen_desc", SEEN_OF(DOWN)}},
    [ALL] = PAGES("scf_account_all", ACCOUNTS("$1"), "a"),
};

static int way_of(const struct scf_account_filter *filter) {
    if (!scf_uuid_is_nil(&filter->id))
        return ONE;
    if (!scf_uuid_is_nil(&filter->contract_id))
        return OF_CONTRACT;
    if (!scf_uuid_is_nil(&filter->borrower_id))
        return OF_BORROWER;
    return filter->actor->admin ? ALL : SEEN;
}

enum scf_code scf_account_select(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_account_filter *filter,
                                 struct scf_account_item **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_bool(&p, filter->actor->admin);
    scf_p_uuid(&p, or_any(&filter->actor->operator_enterprise_id));
    scf_p_uuid(&p, or_any(&filter->actor->node_id));
    scf_p_uuid(&p, or_any(&filter->id));
    scf_p_uuid(&p, or_any(&filter->borrower_id));
    scf_p_uuid(&p, or_any(&filter->contract_id));
    scf_p_page_null(&p, filter->page);
    bool down = filter->page != NULL && filter->page->descending;
    enum scf_code code = scf_db_run(db, &accounts[way_of(filter)][down], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = none_there(filter->page, rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_account_item *items = scf_alloc(arena, (size_t)n, sizeof *items);
    if (items == NULL)
        return no_memory(err);
    for (int i = 0; i < n; i++) {
        scf_account_read(rows, i, 0, &items[i].account);
        items[i].created_us = scf_rows_time(rows, i, SCF_ACCOUNT_COLUMN_COUNT);
        items[i].contract_id = scf_rows_uuid(rows, i, SCF_ACCOUNT_COLUMN_COUNT + 1);
    }
    *ret = items;
    *ret_n = n;
    return SCF_OK;
}

/* ---- entries ---- */

/* A lender sees what concerns everybody, and what its own records caused: what others hold or draw
 * is in the balances, not in its entries. The place in the list is the entry's number, as a uuid.
 * $1 account, $2 everything, $3 node, $4 after, $5 limit. */
#define ENTRIES                                                                                    \
    "SELECT e.type, e.seq, e.granted, e.held, e.used, e.created_at, e.source_id,"                  \
    " e.source_prefix, e.period, lpad(to_hex(e.seq), 32, '0')::uuid FROM scfd.limit_entry e"       \
    " WHERE e.account_id = $1 AND ($2 OR e.type IN (0, 1, 2, 8, 9) OR EXISTS (SELECT"              \
    " FROM scfd.record r WHERE r.id = e.source_id AND r.chain_id = $3))"
static const struct scf_stmt entries[2] = {
    {"scf_entry_select", ENTRIES " AND e.seq > $4 ORDER BY e.seq LIMIT $5"},
    {"scf_entry_select_desc", ENTRIES " AND e.seq < $4 ORDER BY e.seq DESC LIMIT $5"}};

static int64_t seq_of(const struct scf_uuid *position) {
    uint64_t seq = 0;
    for (size_t i = 8; i < sizeof position->b; i++)
        seq = seq << 8 | position->b[i];
    return (int64_t)(seq & INT64_MAX);
}

enum scf_code scf_entry_select(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_actor *actor, const struct scf_uuid *account_id,
                               const struct scf_page *page, struct scf_entry_item **ret, int *ret_n,
                               struct scf_error *err) {
    int64_t start = page->descending ? INT64_MAX : 0;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, account_id);
    scf_p_bool(&p, actor->admin || actor->kind != SCF_NODE_LENDER);
    scf_p_uuid(&p, or_any(&actor->node_id));
    scf_p_i64(&p, page->has_after ? seq_of(&page->after_id) : start);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code = scf_db_run(db, &entries[page->descending], &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_entry_item *items = scf_alloc(arena, (size_t)n, sizeof *items);
    if (items == NULL)
        return no_memory(err);
    for (int i = 0; i < n; i++)
        items[i] = (struct scf_entry_item){
            .type = (enum scf_entry_type)scf_rows_i64(rows, i, 0),
            .seq = scf_rows_i64(rows, i, 1),
            .granted = scf_rows_i64(rows, i, 2),
            .held = scf_rows_i64(rows, i, 3),
            .used = scf_rows_i64(rows, i, 4),
            .created_us = scf_rows_time(rows, i, 5),
            .source_id = scf_rows_uuid(rows, i, 6),
            .source_prefix = scf_rows_text(rows, i, 7),
            .period = scf_rows_null(rows, i, 8) ? NULL : scf_rows_text(rows, i, 8),
            .position = scf_rows_uuid(rows, i, 9)};
    *ret = items;
    *ret_n = n;
    return SCF_OK;
}

/* ---- holds ---- */

/* Seen by their lender and administrators. $1 node (NULL: everything), $2 id, $3 status (−1: any),
 * $4 now; $5 and $6 are not used, so that the position has the places that it has above. */
#define HOLDS(which)                                                                               \
    "SELECT " SCF_HOLD_COLUMNS ", r.external_id, r.received_at, r.leaf_index, r.body_sha256,"      \
    " r.leaf_hash FROM scfd.limit_hold h JOIN scfd.record r ON r.id = h.id WHERE " which           \
    " AND ($3 < 0 OR $3 = CASE WHEN h.status = 0 AND h.expires_at <= $4 THEN 3 ELSE h.status END)"
static const struct scf_stmt holds[WAYS][2] = {
    [ONE] = PAGES("scf_hold_one", HOLDS("h.id = $2 AND ($1::uuid IS NULL OR h.node_id = $1)"), "h"),
    [SEEN] = PAGES("scf_hold_seen", HOLDS("h.node_id = $1"), "h"),
    [ALL] = PAGES("scf_hold_all", HOLDS("$1 IS NULL"), "h"),
};
/* One row per invoice, however many numbers it had. A used hold's claims are its loan's. */
static const struct scf_stmt claims = {
    "scf_hold_claims",
    "SELECT DISTINCT ON (x.n, c.invoice_id) x.n, c.invoice_id, c.fingerprint, c.amount,"
    " r.receivable_id, r.fingerprint"
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS x (id, n) JOIN scfd.claim c ON c.holder_id = x.id"
    " AND c.receivable_id IS NULL LEFT JOIN scfd.claim r ON r.holder_id = x.id"
    " AND r.invoice_id = c.invoice_id AND r.receivable_id IS NOT NULL"
    " ORDER BY x.n, c.invoice_id, c.invoice_key"};

static enum scf_code read_claims(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_hold_item *items, int n, struct scf_error *err) {
    const struct scf_uuid **holders = scf_alloc(arena, (size_t)n, sizeof *holders);
    if (holders == NULL)
        return no_memory(err);
    for (int i = 0; i < n; i++)
        holders[i] =
            items[i].hold.status == SCF_HOLD_USED ? &items[i].hold.loan_id : &items[i].hold.id;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, holders, (size_t)n);
    enum scf_code code = scf_db_run(db, &claims, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_hold_claim *all = scf_alloc(arena, (size_t)count, sizeof *all);
    if (all == NULL)
        return no_memory(err);
    for (int i = 0; i < count; i++) {
        struct scf_hold_item *item = &items[scf_rows_i64(rows, i, 0) - 1];
        if (item->claim_count++ == 0)
            item->claims = &all[i];
        all[i] = (struct scf_hold_claim){.invoice_id = scf_rows_uuid(rows, i, 1),
                                         .fingerprint = scf_rows_hash(rows, i, 2),
                                         .amount = scf_rows_i64(rows, i, 3)};
        if (scf_rows_null(rows, i, 4))
            continue;
        all[i].receivable_id = scf_rows_uuid(rows, i, 4);
        all[i].receivable_fingerprint = scf_rows_hash(rows, i, 5);
    }
    return SCF_OK;
}

static void read_hold(const struct scf_rows *rows, int i, struct scf_hold_item *ret) {
    scf_hold_row(rows, i, 0, &ret->hold);
    ret->filed =
        (struct scf_hold_filed){.external_id = scf_rows_str(rows, i, SCF_HOLD_COLUMN_COUNT),
                                .received_us = scf_rows_time(rows, i, SCF_HOLD_COLUMN_COUNT + 1),
                                .leaf_index = scf_rows_i64(rows, i, SCF_HOLD_COLUMN_COUNT + 2),
                                .body_sha256 = scf_rows_hash(rows, i, SCF_HOLD_COLUMN_COUNT + 3),
                                .leaf_hash = scf_rows_hash(rows, i, SCF_HOLD_COLUMN_COUNT + 4)};
}

enum scf_code scf_hold_select(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_hold_filter *filter, struct scf_hold_item **ret,
                              int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, filter->actor->admin ? NULL : &filter->actor->node_id);
    scf_p_uuid(&p, or_any(&filter->id));
    scf_p_i64(&p, filter->status);
    scf_p_time(&p, filter->now_us);
    scf_p_uuid(&p, NULL);
    scf_p_uuid(&p, NULL);
    scf_p_page_null(&p, filter->page);
    bool down = filter->page != NULL && filter->page->descending;
    int way = !scf_uuid_is_nil(&filter->id) ? ONE : filter->actor->admin ? ALL : SEEN;
    enum scf_code code = scf_db_run(db, &holds[way][down], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = none_there(filter->page, rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_hold_item *items = scf_alloc(arena, (size_t)n, sizeof *items);
    if (items == NULL)
        return no_memory(err);
    for (int i = 0; i < n; i++)
        read_hold(rows, i, &items[i]);
    *ret = items;
    *ret_n = n;
    return read_claims(db, arena, items, n, err);
}
