/* SQL of facts: written once from the leaves of a batch, read for many contracts at once.
 * Relies on sql/0008_trade.sql and on the caller's lock on the chain's rollup cursor. */
#include "fact_store.h"

#include "scfd/base/table.h"
#include "scfd/codec/body.h"

enum {
    LEAVES_AT_ONCE = 200,   /* of one question */
    COPY_ENOUGH = 32 << 20, /* bytes of rows that are written together … */
    COPY_BYTES = 256 << 20, /* … and the bound, which one leaf more never reaches */
    BODY_BYTES = 64 << 20,  /* of one body as a tree; intake's limits keep it far below */
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

struct partner {
    struct scf_uuid seller_id, buyer_id;
};

struct folding {
    const struct scf_uuid *chain_id;
    struct scf_arena *scratch; /* for one body */
    struct scf_buf rows;
    struct scf_buf detail;
    struct scf_table partners; /* struct partner */
    int64_t next;              /* leaf after the last one taken */
    bool paused;               /* enough for one COPY: go on from `next` */
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

/* Whoever else reports a contract can have made it up: it says nothing of the seller's partners. */
static void note_partner(struct folding *f, const struct scf_rows *row) {
    struct scf_uuid operator_id = scf_rows_uuid(row, 0, 15);
    const struct partner pair = {scf_rows_uuid(row, 0, 8), scf_rows_uuid(row, 0, 9)};
    bool named = !scf_uuid_is_nil(&pair.seller_id) && !scf_uuid_is_nil(&pair.buyer_id);
    if (named && (scf_uuid_is_nil(&operator_id) || scf_uuid_eq(&operator_id, &pair.seller_id)))
        scf_table_put(&f->partners, &pair);
}

static bool take_leaf(void *ctx, const struct scf_rows *row) {
    struct folding *f = ctx;
    int64_t kind = scf_rows_i64(row, 0, 2);
    f->next = scf_rows_i64(row, 0, 0) + 1;
    if (kind < SCF_REC_CONTRACT || kind > SCF_REC_INVOICE)
        return true; /* guarantees are counted elsewhere */
    if (kind == SCF_REC_CONTRACT)
        note_partner(f, row);
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
    f->paused = f->rows.len >= COPY_ENOUGH;
    return !f->paused && !f->rows.overflow && !f->detail.overflow;
}

static enum scf_code fold_range(struct scf_db *db, struct scf_arena *arena, struct folding *f,
                                int64_t from, int64_t until, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, f->chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, until);
    scf_buf_clear(&f->rows);
    f->paused = false;
    enum scf_code code = scf_db_stream(db, &leaves_stmt, &p, take_leaf, f, err);
    if (code == SCF_OK && (f->rows.overflow || f->detail.overflow))
        return scf_fail(err, SCF_E_INTERNAL, "The facts of a batch are too large");
    if (code == SCF_OK && f->rows.len > 0)
        code = scf_db_copy_in(db, copy_sql, &f->rows, err);
    return code;
}

static enum scf_code add_partners(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_table *partners, struct scf_error *err) {
    const struct scf_uuid **sellers = scf_alloc(arena, partners->n, sizeof *sellers);
    const struct scf_uuid **buyers = scf_alloc(arena, partners->n, sizeof *buyers);
    if (sellers == NULL || buyers == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < partners->n; i++) {
        const struct partner *pair = scf_table_at(partners, i);
        sellers[i] = &pair->seller_id;
        buyers[i] = &pair->buyer_id;
    }
    return scf_trade_partners_add(db, arena, sellers, buyers, partners->n, err);
}

enum scf_code scf_trade_fold(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, int64_t from, int64_t until,
                             struct scf_error *err) {
    struct folding f = {.chain_id = chain_id};
    size_t most = until > from ? (size_t)(until - from) : 0;
    enum scf_code code = SCF_OK;
    if (!scf_table_init(&f.partners, arena, sizeof(struct partner), sizeof(struct partner), most))
        return scf_fail_memory(err);
    f.scratch = scf_arena_new(BODY_BYTES);
    scf_buf_init(&f.rows, COPY_BYTES);
    scf_buf_init(&f.detail, BODY_BYTES);
    for (int64_t at = from; code == SCF_OK && at < until;) {
        int64_t to = at + LEAVES_AT_ONCE < until ? at + LEAVES_AT_ONCE : until;
        code = fold_range(db, arena, &f, at, to, err);
        at = f.paused ? f.next : to;
    }
    code = code == SCF_OK ? add_partners(db, arena, &f.partners, err) : code;
    scf_buf_free(&f.rows);
    scf_buf_free(&f.detail);
    scf_arena_free(f.scratch);
    return code;
}

/* ---- reading ---- */

/* With limits ($4 not null) only leaves below the given size of the given chains. Strangers' facts
 * are left where they are (words.c says who is one): nobody can make a contract of others too large
 * to be looked at. The chain's cursor comes with every fact: one statement, one snapshot. */
static const struct scf_stmt facts_stmt = {
    "scf_trade_facts",
    "SELECT f.contract_key, f.chain_id, f.leaf_index, f.record_id, f.kind, f.received_at,"
    " f.happened_at, f.revises_id, f.object_key, f.seller_id, f.buyer_id, f.amount, f.currency,"
    " f.body_sha256, f.operator_id, f.node_kind, f.detail, coalesce(c.folded_size, 0)"
    " FROM scfd.trade_fact f LEFT JOIN scfd.rollup_cursor c ON c.chain_id = f.chain_id"
    " WHERE f.contract_key = ANY($1) AND f.received_at <= $2"
    " AND (f.operator_id IS NULL OR f.node_kind = ANY($3)"
    " OR (f.contract_key, f.operator_id) IN (SELECT * FROM unnest($6::uuid[], $7::uuid[])))"
    " AND ($4::uuid[] IS NULL OR EXISTS (SELECT FROM unnest($4, $5::bigint[]) AS l (id, size)"
    " WHERE l.id = f.chain_id AND f.leaf_index < l.size))"
    " ORDER BY f.contract_key, f.received_at, f.chain_id, f.leaf_index"};

/* Contracts and who is a party to them: seller, buyer, and further ones. */
struct pairs {
    const struct scf_uuid **contracts, **parties;
    size_t n;
};

static size_t further_parties(const struct scf_trade_contract *t) {
    const cJSON *list = scf_json_get(t->body, "other_parties");
    return cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
}

static void add_pair(struct pairs *p, const struct scf_trade_contract *t,
                     const struct scf_uuid *party) {
    p->contracts[p->n] = &t->contract_key;
    p->parties[p->n++] = party;
}

static bool pairs_of(struct scf_arena *arena, const struct scf_trade_contract *contracts, size_t n,
                     struct pairs *p) {
    size_t most = 2 * n, further = 0;
    for (size_t i = 0; i < n; i++)
        further += further_parties(&contracts[i]);
    *p = (struct pairs){.contracts = scf_alloc(arena, most + further, sizeof *p->contracts),
                        .parties = scf_alloc(arena, most + further, sizeof *p->parties)};
    struct scf_uuid *ids = scf_alloc(arena, further, sizeof *ids);
    if (p->contracts == NULL || p->parties == NULL || ids == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const cJSON *json;
        add_pair(p, &contracts[i], &contracts[i].seller_id);
        add_pair(p, &contracts[i], &contracts[i].buyer_id);
        cJSON_ArrayForEach(json, scf_json_get(contracts[i].body, "other_parties")) {
            if (scf_id_parse("ent", scf_str(scf_json_string(json, "enterprise_id")), ids))
                add_pair(p, &contracts[i], ids++);
        }
    }
    return true;
}

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

/* The tree of a detail is many times the size of what is read of it: it goes at once. */
static bool read_detail(const struct scf_rows *rows, struct scf_arena *arena, struct scf_fact *f) {
    struct scf_str text = scf_rows_str(rows, 0, 16);
    struct scf_error ignored = {0};
    if (scf_rows_null(rows, 0, 16))
        return scf_fact_read(arena, NULL, f);
    struct scf_arena *tree = scf_arena_new(BODY_BYTES);
    const cJSON *detail = scf_json_parse(tree, text.p, text.n, &ignored);
    bool done = detail != NULL && scf_fact_read(arena, detail, f) && scf_fact_own(arena, f);
    scf_arena_free(tree);
    return done;
}

static bool read_fact(const struct scf_rows *rows, struct scf_arena *arena, struct scf_fact *f) {
    *f = (struct scf_fact){
        .contract_key = scf_rows_uuid(rows, 0, 0),
        .chain_id = scf_rows_uuid(rows, 0, 1),
        .leaf_index = scf_rows_i64(rows, 0, 2),
        .record_id = scf_rows_uuid(rows, 0, 3),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, 0, 4),
        .received_us = scf_rows_time(rows, 0, 5),
        .has_happened = !scf_rows_null(rows, 0, 6),
        .happened_us = scf_rows_time(rows, 0, 6),
        .revises_id = scf_rows_uuid(rows, 0, 7),
        .object_key = scf_rows_uuid(rows, 0, 8),
        .seller_id = scf_rows_uuid(rows, 0, 9),
        .buyer_id = scf_rows_uuid(rows, 0, 10),
        .has_amount = !scf_rows_null(rows, 0, 11),
        .amount = scf_rows_i64(rows, 0, 11),
        .body_sha256 = scf_rows_hash(rows, 0, 13),
        .operator_id = scf_rows_uuid(rows, 0, 14),
        .node_kind = scf_rows_null(rows, 0, 15) ? -1 : (int)scf_rows_i64(rows, 0, 15),
    };
    struct scf_str currency = scf_rows_str(rows, 0, 12);
    memcpy(f->currency, currency.p != NULL ? currency.p : "", currency.n < 3 ? currency.n : 3);
    return read_detail(rows, arena, f);
}

/* Row by row, so that what does not fit is never in memory as a whole. */
struct loading {
    struct scf_arena *arena;
    struct scf_facts facts;
    size_t room;
    size_t first;         /* of the contract in hand: facts come by contract */
    struct scf_uuid over; /* has too many: the rest of its facts is left */
    bool full;
};

static bool make_room(struct loading *l) {
    if (l->facts.n < l->room)
        return true;
    size_t room = l->room > 0 ? 2 * l->room : 64;
    struct scf_fact *facts = scf_alloc(l->arena, room, sizeof *facts);
    int64_t *folded = scf_alloc(l->arena, room, sizeof *folded);
    if (facts == NULL || folded == NULL)
        return false;
    if (l->facts.n > 0) {
        memcpy(facts, l->facts.facts, l->facts.n * sizeof *facts);
        memcpy(folded, l->facts.folded, l->facts.n * sizeof *folded);
    }
    l->facts.facts = facts;
    l->facts.folded = folded;
    l->room = room;
    return true;
}

/* One fact more than a contract may have stays, as the sign that there are too many. */
static bool is_over(struct loading *l, const struct scf_uuid *contract_key) {
    if (scf_uuid_eq(&l->over, contract_key))
        return true;
    if (l->facts.n == 0 || !scf_uuid_eq(&l->facts.facts[l->facts.n - 1].contract_key, contract_key))
        l->first = l->facts.n;
    if (l->facts.n - l->first < SCF_TRADE_MAX_FACTS)
        return false;
    l->over = *contract_key;
    l->facts.facts[l->first].too_many = true;
    l->facts.n = l->first + 1;
    return true;
}

static bool take_fact(void *ctx, const struct scf_rows *row) {
    struct loading *l = ctx;
    struct scf_uuid contract_key = scf_rows_uuid(row, 0, 0);
    if (is_over(l, &contract_key))
        return true;
    if (l->facts.n == SCF_FACTS_AT_ONCE || !make_room(l) ||
        !read_fact(row, l->arena, &l->facts.facts[l->facts.n])) {
        l->full = true;
        return false;
    }
    l->facts.folded[l->facts.n++] = scf_rows_i64(row, 0, 17);
    return true;
}

enum scf_code scf_facts_load(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_trade_contract *contracts, size_t n, int64_t as_of_us,
                             const struct scf_trade_chain *limits, size_t limit_count,
                             struct scf_facts *ret, struct scf_error *err) {
    static const int16_t counted[] = {SCF_NODE_LENDER, SCF_NODE_GUARANTOR};
    const struct scf_uuid **keys = scf_alloc(arena, n, sizeof *keys);
    struct loading l = {.arena = arena};
    struct pairs pairs;
    struct scf_params p;
    if (keys == NULL || !pairs_of(arena, contracts, n, &pairs))
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        keys[i] = &contracts[i].contract_key;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, keys, n);
    scf_p_time(&p, as_of_us);
    scf_p_i16_array(&p, counted, SCF_COUNT(counted));
    enum scf_code code = scf_facts_add_limits(&p, arena, limits, limit_count, err);
    scf_p_uuid_array(&p, pairs.contracts, pairs.n);
    scf_p_uuid_array(&p, pairs.parties, pairs.n);
    if (code == SCF_OK)
        code = scf_db_stream(db, &facts_stmt, &p, take_fact, &l, err);
    if (code == SCF_OK && l.full)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contracts have too many records");
    if (code == SCF_OK)
        *ret = l.facts;
    return code;
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
