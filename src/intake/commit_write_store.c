/* SQL of the committer, round trip 2: writing what was decided, and the question after an unknown
 * outcome. Relies on the chain locks of round trip 1. */
#include "commit_store.h"

static const struct scf_stmt advance_heads = {
    "intake_advance_heads",
    "WITH a AS (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS a(id, first, n)),"
    " up AS (UPDATE scfd.chain c SET size = c.size + a.n, event_seq = c.event_seq + 1"
    " FROM a WHERE c.id = a.id AND c.size = a.first"
    " RETURNING c.id, c.event_seq, a.first, a.n)"
    " INSERT INTO scfd.event (chain_id, seq, type, first_leaf, last_leaf, source_chain_id, at)"
    " SELECT id, event_seq, 'records.accepted', first, first + n - 1, id, $4 FROM up"};

static const struct scf_stmt which_are_there = {
    "intake_which_are_there",
    "SELECT w.i, r.leaf_hash FROM unnest($1::uuid[]) WITH ORDINALITY AS w(id, i)"
    " JOIN scfd.record r ON r.id = w.id"};

/* No body is kept: the record itself is what a repeated request is answered with. A request of
 * another room may have used the key since it was looked up; then that one stays the first. */
static const struct scf_stmt use_keys = {
    "intake_use_keys",
    "INSERT INTO scfd.idempotency (api_key_id, key, fingerprint, status, created_at)"
    " SELECT id, key, fingerprint, status, $5"
    " FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::smallint[])"
    " AS u(id, key, fingerprint, status) ON CONFLICT DO NOTHING"};

static void advance_params(struct scf_params *p, struct scf_arena *arena,
                           const struct scf_advance *advances, size_t n, int64_t now_us) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    int64_t *first = scf_alloc(arena, n, sizeof *first),
            *count = scf_alloc(arena, n, sizeof *count);
    SCF_ASSERT(ids && first && count);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &advances[i].chain_id;
        first[i] = advances[i].first_leaf;
        count[i] = advances[i].count;
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, ids, n);
    scf_p_i64_array(p, first, NULL, n);
    scf_p_i64_array(p, count, NULL, n);
    scf_p_time(p, now_us);
}

/* Up to this many rows travel as parameters in the pipeline of the commit; COPY costs two round
 * trips of its own, which a lonely client would feel and a crowd does not. */
enum { INSERT_ROWS_MAX = 8 };

static const struct scf_stmt insert_record = {"intake_insert_record", SCF_RECORD_INSERT_SQL};

static uint32_t read_be(const uint8_t *p, int n) {
    uint32_t value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* The fields of the COPY row at `at` as parameters; returns where the next row begins. */
static const uint8_t *row_params(const uint8_t *at, struct scf_params *p, struct scf_arena *arena) {
    scf_params_init(p, arena);
    SCF_ASSERT(read_be(at, 2) == SCF_RECORD_COLUMN_COUNT);
    at += 2;
    for (p->n = 0; p->n < SCF_RECORD_COLUMN_COUNT; p->n++) {
        uint32_t length = read_be(at, 4);
        bool null = length == UINT32_MAX;
        at += 4;
        p->types[p->n] = scf_record_column_types[p->n];
        p->values[p->n] = null ? NULL : (const char *)at;
        p->lengths[p->n] = null ? 0 : (int)length;
        at += null ? 0 : length;
    }
    return at;
}

static enum scf_code queue_rows(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_buf *rows, size_t row_count,
                                struct scf_error *err) {
    const uint8_t *at = (const uint8_t *)rows->data;
    for (size_t i = 0; i < row_count; i++) {
        struct scf_params p;
        at = row_params(at, &p, arena);
        enum scf_code code = scf_db_pipeline_add(db, &insert_record, &p, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

static void keys_params(struct scf_params *p, struct scf_arena *arena, const struct scf_lookup *l) {
    size_t n = 0;
    const struct scf_uuid **api_keys = scf_alloc(arena, l->keyed_count, sizeof *api_keys);
    struct scf_str *keys = scf_alloc(arena, l->keyed_count, sizeof *keys);
    struct scf_str *prints = scf_alloc(arena, l->keyed_count, sizeof *prints);
    int16_t *statuses = scf_alloc(arena, l->keyed_count, sizeof *statuses);
    SCF_ASSERT(api_keys && keys && prints && statuses);
    for (size_t i = 0; i < l->keyed_count; i++) {
        const struct scf_item *item = l->keyed[i];
        if (item->outcome == SCF_REFUSED || item->first_status != 0)
            continue;
        api_keys[n] = &item->key_id;
        keys[n] = item->idempotency->key;
        prints[n] = (struct scf_str){(const char *)item->idempotency->fingerprint.b, SCF_HASH_LEN};
        statuses[n++] = (int16_t)scf_item_status(item);
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, api_keys, n);
    scf_p_text_array(p, keys, n);
    scf_p_bytes_array(p, prints, n);
    scf_p_i16_array(p, statuses, n);
    scf_p_time(p, l->now_us);
}

/* Rows that were not copied before, heads and events, COMMIT. */
static enum scf_code finish(struct scf_db *db, struct scf_arena *arena, const struct scf_buf *rows,
                            size_t row_count, const struct scf_advance *advances, size_t n,
                            const struct scf_lookup *l, bool *ret_unknown, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *results[SCF_PIPELINE_MAX] = {0};
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = queue_rows(db, arena, rows, row_count, err);
    if (code == SCF_OK && n > 0) {
        advance_params(&p, arena, advances, n, l->now_us);
        code = scf_db_pipeline_add(db, &advance_heads, &p, err);
    }
    if (code == SCF_OK && l->keyed_count > 0) {
        keys_params(&p, arena, l);
        code = scf_db_pipeline_add(db, &use_keys, &p, err);
    }
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &SCF_COMMIT, NULL, err);
    if (code != SCF_OK)
        return code;
    code = scf_db_pipeline_sync(db, arena, results, err);
    /* From the moment COMMIT was sent, a lost connection says nothing about its fate. */
    *ret_unknown = scf_code_class(code) == SCF_CLASS_UNAVAILABLE;
    if (code == SCF_OK && n > 0) /* we hold the heads' locks */
        SCF_ASSERT(scf_rows_affected(results[row_count]) == (int64_t)n);
    return code;
}

enum scf_code scf_commit_write(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_buf *rows, size_t row_count,
                               const struct scf_advance *advances, size_t advance_count,
                               const struct scf_lookup *l, bool *ret_unknown,
                               struct scf_error *err) {
    bool few = row_count <= INSERT_ROWS_MAX;
    enum scf_code code = few ? SCF_OK : scf_db_copy_in(db, SCF_RECORD_COPY_SQL, rows, err);
    if (code == SCF_OK)
        code = finish(db, arena, rows, few ? row_count : 0, advances, advance_count, l, ret_unknown,
                      err);
    if (code != SCF_OK)
        scf_db_rollback(db);
    return code;
}

/* ---- a lone record ---- */

/* $1 to $26 are the row; $27 its business keys, $28 its API key, $29 now, $30 to $32 the
 * enterprises that it names. Everything hangs on the head's update, which happens only where all
 * holds. */
static const struct scf_stmt write_presumed = {
    "intake_write_presumed",
    "WITH up AS (UPDATE scfd.chain SET size = size + 1, event_seq = event_seq + 1"
    " WHERE id = $1 AND size = $2"
    " AND NOT EXISTS (SELECT FROM scfd.record r WHERE r.chain_id = $1 AND r.kind = $4"
    " AND r.external_id = $5)"
    " AND NOT EXISTS (SELECT FROM scfd.record r WHERE r.business_key = ANY ($27))"
    " AND EXISTS (SELECT FROM scfd.api_key k LEFT JOIN scfd.node n ON n.id = k.node_id"
    " WHERE k.id = $28 AND " SCF_KEY_IS_LIVE_AT "$29))"
    " AND NOT EXISTS (SELECT FROM unnest($30::uuid[], $31::text[], $32::text[])"
    " AS w(id, code, industry) LEFT JOIN scfd.enterprise e ON e.id = w.id AND e.code = w.code"
    " AND coalesce(e.industry_code, '') = w.industry WHERE e.id IS NULL)"
    " RETURNING event_seq),"
    " written AS (INSERT INTO scfd.record (" SCF_RECORD_COLUMN_NAMES ")"
    " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
    " $19, $20, $21, $22, $23, $24, $25, $26 FROM up)"
    " INSERT INTO scfd.event (chain_id, seq, type, first_leaf, last_leaf, source_chain_id, at)"
    " SELECT $1, event_seq, 'records.accepted', $2, $2, $1, $29 FROM up"};

static void presumed_params(struct scf_params *p, struct scf_arena *arena,
                            const struct scf_buf *row, const struct scf_lookup *l) {
    const struct scf_uuid **ids = scf_alloc(arena, l->ref_count, sizeof *ids);
    struct scf_str *codes = scf_alloc(arena, l->ref_count, sizeof *codes);
    struct scf_str *industries = scf_alloc(arena, l->ref_count, sizeof *industries);
    SCF_ASSERT(ids && codes && industries);
    for (size_t i = 0; i < l->ref_count; i++) {
        ids[i] = &l->enterprises[i]->id;
        codes[i] = l->enterprises[i]->uscc;
        industries[i] = l->enterprises[i]->industry_code;
    }
    row_params((const uint8_t *)row->data, p, arena);
    scf_p_uuid_array(p, l->business_keys, l->business_count);
    scf_p_uuid(p, l->keys[0]);
    scf_p_time(p, l->now_us);
    scf_p_uuid_array(p, ids, l->ref_count);
    scf_p_text_array(p, codes, l->ref_count);
    scf_p_text_array(p, industries, l->ref_count);
}

enum scf_code scf_commit_presumed(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_buf *row, const struct scf_lookup *l,
                                  bool *ret_held, bool *ret_unknown, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *results[SCF_PIPELINE_MAX] = {0};
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &SCF_BEGIN, NULL, err);
    if (code == SCF_OK) {
        scf_lock_chains_params(&p, arena, l);
        code = scf_db_pipeline_add(db, &scf_lock_chains_stmt, &p, err);
    }
    if (code == SCF_OK) {
        presumed_params(&p, arena, row, l);
        code = scf_db_pipeline_add(db, &write_presumed, &p, err);
    }
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &SCF_COMMIT, NULL, err);
    if (code == SCF_OK) {
        code = scf_db_pipeline_sync(db, arena, results, err);
        *ret_unknown = scf_code_class(code) == SCF_CLASS_UNAVAILABLE;
    }
    if (code == SCF_OK)
        *ret_held = scf_rows_affected(results[2]) == 1;
    else
        scf_db_rollback(db);
    return code;
}

enum scf_code scf_commit_find_out(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_lookup *l, bool *ret_there,
                                  struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, l->item_count, sizeof *ids);
    SCF_ASSERT(ids);
    for (size_t i = 0; i < l->item_count; i++)
        ids[i] = &l->items[i]->record.id;
    struct scf_params chains, records;
    struct scf_rows *rows;
    scf_lock_chains_params(&chains, arena, l);
    enum scf_code code = scf_db_run(db, &scf_lock_chains_stmt, &chains, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&records, arena);
    scf_p_uuid_array(&records, ids, l->item_count);
    if ((code = scf_db_run(db, &which_are_there, &records, arena, &rows, err)) != SCF_OK)
        return code;
    for (int row = 0; row < scf_rows_count(rows); row++) {
        size_t i = (size_t)scf_rows_i64(rows, row, 0) - 1;
        struct scf_hash hash = scf_rows_hash(rows, row, 1);
        ret_there[i] = scf_hash_eq(&hash, &l->items[i]->record.leaf_hash);
    }
    return SCF_OK;
}
