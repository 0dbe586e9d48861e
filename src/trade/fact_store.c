/* SQL of facts: written once from the leaves of a batch, read for many contracts at once.
 * Relies on sql/0008_trade.sql and on the caller's lock on the chain's rollup cursor. */
#include "fact_store.h"

#include "scfd/codec/body.h"

enum {
    LEAVES_AT_ONCE = 200, /* whose facts are in memory together; the largest is 400 KB or so */
    COPY_BYTES = 256 << 20,
    BODY_BYTES = 64 << 20, /* of one body as a tree; intake's limits keep it far below */
    COLUMNS = 17
};

/* ---- folding ---- */

/* What a revision moves away from is looked up by id, row by row: a join might read the whole chain
 * for the few that revise something. Nothing is asked of the kind, lest another index than that of
 * the leaves be taken. */
static const struct scf_stmt leaves_stmt = {
    "scf_trade_leaves",
    "SELECT r.leaf_index, r.id, r.kind, r.received_at, r.happened_at, r.revises_id,"
    " r.business_key, r.contract_key, r.enterprise_id, r.counterparty_id, r.amount, r.currency,"
    " r.body_sha256, r.body, CASE WHEN r.revises_id IS NOT NULL THEN"
    " (SELECT o.contract_key FROM scfd.record o WHERE o.id = r.revises_id) END,"
    " (SELECT n.operator_enterprise_id FROM scfd.node n WHERE n.id = $1),"
    " (SELECT n.kind FROM scfd.node n WHERE n.id = $1)"
    " FROM scfd.record r WHERE r.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < $3"
    " AND (r.contract_key IS NOT NULL OR r.revises_id IS NOT NULL) ORDER BY r.leaf_index"};

static const char copy_sql[] =
    "COPY scfd.trade_fact (contract_key, chain_id, leaf_index, record_id, kind, received_at,"
    " happened_at, revises_id, object_key, seller_id, buyer_id, amount, currency, body_sha256,"
    " operator_id, node_kind, detail) FROM STDIN (FORMAT binary)";

struct folding {
    const struct scf_uuid *chain_id;
    struct scf_arena *scratch; /* for one body */
    struct scf_buf rows;
    struct scf_buf detail;
};

static void copy_uuid(struct scf_buf *out, const struct scf_rows *row, int col) {
    struct scf_uuid id = scf_rows_uuid(row, 0, col);
    scf_copy_uuid(out, scf_rows_null(row, 0, col) ? NULL : &id);
}

static void copy_time(struct scf_buf *out, const struct scf_rows *row, int col) {
    if (scf_rows_null(row, 0, col))
        scf_copy_null(out);
    else
        scf_copy_time(out, scf_rows_time(row, 0, col));
}

static void copy_bytes(struct scf_buf *out, const struct scf_rows *row, int col) {
    struct scf_str text = scf_rows_str(row, 0, col);
    scf_copy_bytes(out, scf_rows_null(row, 0, col) ? NULL : text.p, text.n);
}

static void copy_number(struct scf_buf *out, const struct scf_rows *row, int col) {
    if (scf_rows_null(row, 0, col))
        scf_copy_null(out);
    else
        scf_copy_i64(out, scf_rows_i64(row, 0, col));
}

static void copy_kind(struct scf_buf *out, const struct scf_rows *row, int col) {
    if (scf_rows_null(row, 0, col))
        scf_copy_null(out);
    else
        scf_copy_i16(out, (int16_t)scf_rows_i64(row, 0, col));
}

/* `detail` NULL: the fact only says that there is a record, which may supersede another. */
static void put_row(struct folding *f, const struct scf_rows *row, const struct scf_uuid *contract,
                    const struct scf_uuid *object, const struct scf_buf *detail) {
    struct scf_buf *out = &f->rows;
    scf_copy_row(out, COLUMNS);
    scf_copy_uuid(out, contract);
    scf_copy_uuid(out, f->chain_id);
    scf_copy_i64(out, scf_rows_i64(row, 0, 0));
    copy_uuid(out, row, 1);
    copy_kind(out, row, 2);
    copy_time(out, row, 3);
    copy_time(out, row, 4);
    copy_uuid(out, row, 5);
    scf_copy_uuid(out, object);
    copy_uuid(out, row, 8);
    copy_uuid(out, row, 9);
    copy_number(out, row, 10);
    copy_bytes(out, row, 11);
    copy_bytes(out, row, 12);
    copy_uuid(out, row, 15);
    copy_kind(out, row, 16);
    scf_copy_bytes(out, detail != NULL ? detail->data : NULL, detail != NULL ? detail->len : 0);
}

/* The body as a tree; NULL when it was erased. */
static const cJSON *body_of(struct folding *f, const struct scf_rows *row) {
    struct scf_error ignored = {0}; /* what cannot be read claims nothing, like what was erased */
    struct scf_str body = scf_rows_str(row, 0, 13);
    scf_arena_reset(f->scratch);
    return scf_rows_null(row, 0, 13) ? NULL : scf_json_parse(f->scratch, body.p, body.n, &ignored);
}

static struct scf_uuid object_of(const struct scf_rows *row, const cJSON *body) {
    struct scf_uuid key = scf_rows_uuid(row, 0, 6);
    if (scf_rows_i64(row, 0, 2) == SCF_REC_WORKFLOW_EVENT)
        key = scf_fact_event_key(body);
    return scf_uuid_is_nil(&key) ? scf_rows_uuid(row, 0, 1) : key;
}

static bool take_leaf(void *ctx, const struct scf_rows *row) {
    struct folding *f = ctx;
    int64_t kind = scf_rows_i64(row, 0, 2);
    if (kind < SCF_REC_CONTRACT || kind > SCF_REC_INVOICE)
        return true; /* guarantees are counted elsewhere */
    const cJSON *body = body_of(f, row);
    struct scf_uuid object = object_of(row, body);
    struct scf_uuid contract = scf_rows_uuid(row, 0, 7), before = scf_rows_uuid(row, 0, 14);
    if (!scf_uuid_is_nil(&contract)) {
        scf_buf_clear(&f->detail);
        if (body != NULL)
            scf_fact_digest((enum scf_record_kind)kind, body, &f->detail);
        put_row(f, row, &contract, &object, body != NULL ? &f->detail : NULL);
    }
    if (!scf_uuid_is_nil(&before) && !scf_uuid_eq(&before, &contract))
        put_row(f, row, &before, &object, NULL); /* moved away from there */
    return !f->rows.overflow && !f->detail.overflow;
}

static enum scf_code fold_range(struct scf_db *db, struct scf_arena *arena, struct folding *f,
                                int64_t from, int64_t until, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, f->chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, until);
    scf_buf_clear(&f->rows);
    enum scf_code code = scf_db_stream(db, &leaves_stmt, &p, take_leaf, f, err);
    if (code == SCF_OK && (f->rows.overflow || f->detail.overflow))
        return scf_fail(err, SCF_E_INTERNAL, "The facts of a batch are too large");
    if (code == SCF_OK && f->rows.len > 0)
        code = scf_db_copy_in(db, copy_sql, &f->rows, err);
    return code;
}

enum scf_code scf_trade_fold(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, int64_t from, int64_t until,
                             struct scf_error *err) {
    struct folding f = {.chain_id = chain_id, .scratch = scf_arena_new(BODY_BYTES)};
    enum scf_code code = SCF_OK;
    scf_buf_init(&f.rows, COPY_BYTES);
    scf_buf_init(&f.detail, BODY_BYTES);
    for (int64_t at = from; code == SCF_OK && at < until; at += LEAVES_AT_ONCE) {
        int64_t to = at + LEAVES_AT_ONCE < until ? at + LEAVES_AT_ONCE : until;
        code = fold_range(db, arena, &f, at, to, err);
    }
    scf_buf_free(&f.rows);
    scf_buf_free(&f.detail);
    scf_arena_free(f.scratch);
    return code;
}

/* ---- reading ---- */

/* With limits ($3 not null) only leaves below the given size of the given chains. The chain's
 * cursor comes with every fact: one statement, one snapshot. */
static const struct scf_stmt facts_stmt = {
    "scf_trade_facts",
    "SELECT f.contract_key, f.chain_id, f.leaf_index, f.record_id, f.kind, f.received_at,"
    " f.happened_at, f.revises_id, f.object_key, f.seller_id, f.buyer_id, f.amount, f.currency,"
    " f.body_sha256, f.operator_id, f.node_kind, f.detail, coalesce(c.folded_size, 0)"
    " FROM scfd.trade_fact f LEFT JOIN scfd.rollup_cursor c ON c.chain_id = f.chain_id"
    " WHERE f.contract_key = ANY($1) AND f.received_at <= $2"
    " AND ($3::uuid[] IS NULL OR EXISTS (SELECT FROM unnest($3, $4::bigint[]) AS l (id, size)"
    " WHERE l.id = f.chain_id AND f.leaf_index < l.size))"
    " ORDER BY f.contract_key, f.received_at, f.chain_id, f.leaf_index LIMIT $5"};

enum scf_code scf_facts_add_limits(struct scf_params *p, struct scf_arena *arena,
                                   const struct scf_trade_chain *limits, size_t n,
                                   struct scf_error *err) {
    if (limits == NULL) {
        scf_p_null(p, SCF_PG_UUID_ARRAY);
        scf_p_null(p, SCF_PG_INT8_ARRAY);
        return SCF_OK;
    }
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    int64_t *sizes = scf_alloc(arena, n, sizeof *sizes);
    if (ids == NULL || sizes == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &limits[i].chain_id;
        sizes[i] = limits[i].folded_size;
    }
    scf_p_uuid_array(p, ids, n);
    scf_p_i64_array(p, sizes, NULL, n);
    return SCF_OK;
}

static bool read_fact(const struct scf_rows *rows, int i, struct scf_arena *arena,
                      struct scf_fact *f) {
    *f = (struct scf_fact){
        .contract_key = scf_rows_uuid(rows, i, 0),
        .chain_id = scf_rows_uuid(rows, i, 1),
        .leaf_index = scf_rows_i64(rows, i, 2),
        .record_id = scf_rows_uuid(rows, i, 3),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, i, 4),
        .received_us = scf_rows_time(rows, i, 5),
        .has_happened = !scf_rows_null(rows, i, 6),
        .happened_us = scf_rows_time(rows, i, 6),
        .revises_id = scf_rows_uuid(rows, i, 7),
        .object_key = scf_rows_uuid(rows, i, 8),
        .seller_id = scf_rows_uuid(rows, i, 9),
        .buyer_id = scf_rows_uuid(rows, i, 10),
        .has_amount = !scf_rows_null(rows, i, 11),
        .amount = scf_rows_i64(rows, i, 11),
        .body_sha256 = scf_rows_hash(rows, i, 13),
        .operator_id = scf_rows_uuid(rows, i, 14),
        .node_kind = scf_rows_null(rows, i, 15) ? -1 : (int)scf_rows_i64(rows, i, 15),
    };
    struct scf_str currency = scf_rows_str(rows, i, 12);
    memcpy(f->currency, currency.p != NULL ? currency.p : "", currency.n < 3 ? currency.n : 3);
    const char *text = scf_rows_text(rows, i, 16);
    struct scf_error ignored = {0};
    const cJSON *detail =
        text != NULL ? scf_json_parse(arena, text, scf_rows_str(rows, i, 16).n, &ignored) : NULL;
    return (text == NULL || detail != NULL) && scf_fact_read(arena, detail, f);
}

enum scf_code scf_facts_load(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_trade_contract *contracts, size_t n, int64_t as_of_us,
                             const struct scf_trade_chain *limits, size_t limit_count,
                             struct scf_facts *ret, struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(arena, n, sizeof *keys);
    struct scf_rows *rows;
    struct scf_params p;
    if (keys == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        keys[i] = &contracts[i].contract_key;
    int64_t most = (int64_t)SCF_TRADE_MAX_FACTS * (int64_t)(n > 0 ? n : 1);
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, keys, n);
    scf_p_time(&p, as_of_us);
    enum scf_code code = scf_facts_add_limits(&p, arena, limits, limit_count, err);
    scf_p_i64(&p, most < SCF_FACTS_AT_ONCE ? most + 1 : SCF_FACTS_AT_ONCE + 1);
    if (code == SCF_OK)
        code = scf_db_run(db, &facts_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_fact *facts = scf_alloc(arena, (size_t)count, sizeof *facts);
    int64_t *folded = scf_alloc(arena, (size_t)count, sizeof *folded);
    if (facts == NULL || folded == NULL || count > SCF_FACTS_AT_ONCE || count > most)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contracts have too many records");
    for (int i = 0; i < count; i++) {
        if (!read_fact(rows, i, arena, &facts[i]))
            return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contracts have too many records");
        folded[i] = scf_rows_i64(rows, i, 17);
    }
    *ret = (struct scf_facts){.facts = facts, .folded = folded, .n = (size_t)count};
    return SCF_OK;
}

const struct scf_fact *scf_facts_of(const struct scf_facts *f, const struct scf_uuid *contract_key,
                                    size_t *ret_n) {
    size_t low = 0, high = f->n, n = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scf_uuid_compare(&f->facts[middle].contract_key, contract_key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + n < f->n && scf_uuid_eq(&f->facts[low + n].contract_key, contract_key))
        n++;
    *ret_n = n;
    return f->facts + low;
}
