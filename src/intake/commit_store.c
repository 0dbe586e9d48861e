/* SQL of the committer. Everything a batch needs to know travels in one pipeline, and everything it
 * writes in a second one, because at these rates the round trips are the cost.
 *
 * Answers come back with the ordinal of their question, so that no matching is needed here. */
#include "commit_store.h"

/* $1 chain ids, $2 key ids, $3 now. ORDER BY before FOR UPDATE: every writer locks in the same
 * order. The keys come along as the ordinals of the live ones, because a statement of their own
 * costs as much as all of this one. */
static const struct scf_stmt lock_chains = {
    "intake_lock_chains",
    "SELECT c.id, c.size, (SELECT string_agg(w.i::text, ',')"
    " FROM unnest($2::uuid[]) WITH ORDINALITY AS w(id, i)"
    " JOIN scfd.api_key k ON k.id = w.id LEFT JOIN scfd.node n ON n.id = k.node_id"
    " WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $3)"
    " AND (k.node_id IS NULL OR n.status = 0))"
    " FROM scfd.chain c WHERE c.id = ANY($1) ORDER BY c.id FOR NO KEY UPDATE OF c"};

#define KNOWN_COLUMNS                                                                              \
    "w.i, r.id, r.chain_id, r.kind, r.leaf_index, r.received_at, r.leaf_hash, r.body_sha256,"      \
    " r.business_key, r.enterprise_id, r.counterparty_id, r.amount, r.template_id"

/* Two questions in one statement; the answers to the second have negative ordinals.
 *
 * $1 chains, $2 kinds, $3 external ids: is the natural key taken?
 *
 * $4 business keys, $5 askers: one record per key, of another chain if there is one. Most keys are
 * new: one probe finds that out. For the others three more probes instead of a filter, so that a
 * key that one chain uses a million times costs no more than any other. */
static const struct scf_stmt known_records = {
    "intake_known_records",
    "SELECT " KNOWN_COLUMNS
    " FROM unnest($1::uuid[], $2::smallint[], $3::text[]) WITH ORDINALITY AS w(c, k, e, i)"
    " JOIN scfd.record r ON r.chain_id = w.c AND r.kind = w.k AND r.external_id = w.e"
    " UNION ALL SELECT -" KNOWN_COLUMNS
    " FROM unnest($4::uuid[], $5::uuid[]) WITH ORDINALITY AS w(k, asker, i)"
    " CROSS JOIN LATERAL (SELECT 1 FROM scfd.record WHERE business_key = w.k LIMIT 1) known"
    " CROSS JOIN LATERAL ("
    "(SELECT * FROM scfd.record WHERE business_key = w.k AND chain_id < w.asker"
    " ORDER BY chain_id LIMIT 1) UNION ALL"
    " (SELECT * FROM scfd.record WHERE business_key = w.k AND chain_id > w.asker"
    " ORDER BY chain_id LIMIT 1) UNION ALL"
    " (SELECT * FROM scfd.record WHERE business_key = w.k AND chain_id = w.asker LIMIT 1)"
    " LIMIT 1) r"};

static const struct scf_stmt records_by_id = {
    "intake_records_by_id",
    "SELECT " KNOWN_COLUMNS ","
    " EXISTS (SELECT FROM scfd.record_addressee a WHERE a.node_id = w.asker AND a.record_id = "
    "r.id),"
    " e.code, e.industry_code"
    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(id, asker, i)"
    " JOIN scfd.record r ON r.id = w.id LEFT JOIN scfd.enterprise e ON e.id = r.enterprise_id"};

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

/* ---- questions ---- */

static void known_params(struct scf_params *p, struct scf_arena *arena,
                         const struct scf_lookup *l) {
    const struct scf_uuid **chains = scf_alloc(arena, l->item_count, sizeof *chains);
    int16_t *kinds = scf_alloc(arena, l->item_count, sizeof *kinds);
    struct scf_str *external_ids = scf_alloc(arena, l->item_count, sizeof *external_ids);
    SCF_ASSERT(chains && kinds && external_ids); /* the arena is sized for the largest batch */
    for (size_t i = 0; i < l->item_count; i++) {
        chains[i] = &l->items[i]->record.chain_id;
        kinds[i] = (int16_t)l->items[i]->record.kind;
        external_ids[i] = l->items[i]->record.external_id;
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, chains, l->item_count);
    scf_p_i16_array(p, kinds, l->item_count);
    scf_p_text_array(p, external_ids, l->item_count);
    scf_p_uuid_array(p, l->business_keys, l->business_count);
    scf_p_uuid_array(p, l->business_askers, l->business_count);
}

static void lock_params(struct scf_params *p, struct scf_arena *arena, const struct scf_lookup *l) {
    scf_params_init(p, arena);
    scf_p_uuid_array(p, l->chains, l->chain_count);
    scf_p_uuid_array(p, l->keys, l->key_count);
    scf_p_time(p, l->now_us);
}

/* ---- answers ---- */

static struct scf_known_record *read_known(const struct scf_rows *rows, int row,
                                           struct scf_arena *arena, bool by_id) {
    struct scf_known_record *k = scf_alloc(arena, 1, sizeof *k);
    SCF_ASSERT(k);
    k->id = scf_rows_uuid(rows, row, 1);
    k->chain_id = scf_rows_uuid(rows, row, 2);
    k->kind = (enum scf_record_kind)scf_rows_i64(rows, row, 3);
    k->leaf_index = scf_rows_i64(rows, row, 4);
    k->received_us = scf_rows_time(rows, row, 5);
    k->leaf_hash = scf_rows_hash(rows, row, 6);
    k->body_sha256 = scf_rows_hash(rows, row, 7);
    k->business_key = scf_rows_uuid(rows, row, 8);
    k->enterprise_id = scf_rows_uuid(rows, row, 9);
    k->counterparty_id = scf_rows_uuid(rows, row, 10);
    k->has_amount = !scf_rows_null(rows, row, 11);
    k->amount = scf_rows_i64(rows, row, 11);
    k->template_id = (int32_t)scf_rows_i64(rows, row, 12);
    if (by_id) {
        k->addressed = scf_rows_bool(rows, row, 13);
        k->uscc = scf_rows_str(rows, row, 14);
        k->industry = scf_rows_str(rows, row, 15);
    }
    return k;
}

static void read_known_records(const struct scf_rows *rows, struct scf_arena *arena,
                               struct scf_lookup *l) {
    for (int row = 0; row < scf_rows_count(rows); row++) {
        int64_t i = scf_rows_i64(rows, row, 0);
        struct scf_known_record **slot = i > 0 ? &l->same[i - 1] : &l->by_key[-i - 1];
        *slot = read_known(rows, row, arena, false);
    }
}

static void read_named_records(const struct scf_rows *rows, struct scf_arena *arena,
                               struct scf_lookup *l) {
    for (int row = 0; row < scf_rows_count(rows); row++)
        l->by_id[scf_rows_i64(rows, row, 0) - 1] = read_known(rows, row, arena, true);
}

/* "3,1,7": the ordinals of the live keys. */
static void read_live_keys(struct scf_str list, struct scf_lookup *l) {
    while (list.n > 0) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        uint64_t ordinal;
        if (scf_parse_u64((struct scf_str){list.p, n}, l->key_count, &ordinal) && ordinal > 0)
            l->key_live[ordinal - 1] = true;
        n += comma != NULL;
        list = (struct scf_str){list.p + n, list.n - n};
    }
}

static void read_chains(const struct scf_rows *rows, struct scf_lookup *l) {
    int row = 0;
    if (scf_rows_count(rows) > 0)
        read_live_keys(scf_rows_str(rows, 0, 2), l);
    for (size_t c = 0; c < l->chain_count; c++) {
        l->chain_sizes[c] = -1;
        if (row >= scf_rows_count(rows))
            continue;
        struct scf_uuid id = scf_rows_uuid(rows, row, 0);
        if (scf_uuid_eq(&id, l->chains[c]))
            l->chain_sizes[c] = scf_rows_i64(rows, row++, 1);
    }
}

static void place_enterprise(struct scf_lookup *l, struct scf_str name, struct scf_enterprise *e) {
    int ref = name.n > 0 ? scf_map_get(&l->ref_map, name) : -1;
    if (ref >= 0)
        l->enterprises[ref] = e;
}

/* An enterprise may have been asked for by id and by USCC: it answers both. */
static void read_enterprises(const struct scf_rows *rows, struct scf_arena *arena,
                             struct scf_lookup *l) {
    for (int row = 0; row < scf_rows_count(rows); row++) {
        struct scf_enterprise *e = scf_alloc(arena, 1, sizeof *e);
        SCF_ASSERT(e);
        scf_enterprise_read(rows, row, arena, e);
        place_enterprise(l, e->uscc, e);
        place_enterprise(l, (struct scf_str){(const char *)e->id.b, sizeof e->id.b}, e);
    }
}

/* ---- round trip 1 ---- */

/* The statements of round trip 1 in the order they are queued; those with nothing to ask are left
 * out. */
enum question { T_BEGIN, T_CHAINS, T_KNOWN, T_IDS, T_ENTERPRISES, T_COUNT };

struct trip {
    enum question what[T_COUNT];
    int n;
};

static enum scf_code queue(struct scf_db *db, struct trip *trip, enum question what,
                           const struct scf_stmt *stmt, const struct scf_params *params,
                           struct scf_error *err) {
    trip->what[trip->n++] = what;
    return scf_db_pipeline_add(db, stmt, params, err);
}

static enum scf_code queue_questions(struct scf_db *db, struct scf_arena *arena,
                                     struct scf_lookup *l, struct trip *trip,
                                     struct scf_error *err) {
    struct scf_params p;
    enum scf_code code = queue(db, trip, T_BEGIN, &SCF_BEGIN, NULL, err);
    if (code == SCF_OK) {
        lock_params(&p, arena, l);
        code = queue(db, trip, T_CHAINS, &lock_chains, &p, err);
    }
    if (code == SCF_OK) {
        known_params(&p, arena, l);
        code = queue(db, trip, T_KNOWN, &known_records, &p, err);
    }
    if (code == SCF_OK && l->id_count > 0) {
        scf_params_init(&p, arena);
        scf_p_uuid_array(&p, l->ids, l->id_count);
        scf_p_uuid_array(&p, l->id_askers, l->id_count);
        code = queue(db, trip, T_IDS, &records_by_id, &p, err);
    }
    if (code == SCF_OK && l->ref_count > 0) {
        scf_params_init(&p, arena);
        scf_enterprise_find_params(&p, arena, l->refs, l->ref_count);
        code = queue(db, trip, T_ENTERPRISES, &scf_enterprise_find_stmt, &p, err);
    }
    return code;
}

static void read_answers(const struct trip *trip, struct scf_rows *const *rows,
                         struct scf_arena *arena, struct scf_lookup *l) {
    for (int i = 0; i < trip->n; i++) {
        switch (trip->what[i]) {
        case T_CHAINS:
            read_chains(rows[i], l);
            break;
        case T_KNOWN:
            read_known_records(rows[i], arena, l);
            break;
        case T_IDS:
            read_named_records(rows[i], arena, l);
            break;
        case T_ENTERPRISES:
            read_enterprises(rows[i], arena, l);
            break;
        default:
            break;
        }
    }
}

enum scf_code scf_commit_lookup(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *l,
                                struct scf_error *err) {
    struct trip trip = {.n = 0};
    struct scf_rows *rows[SCF_PIPELINE_MAX] = {0};
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code != SCF_OK)
        return code;
    code = queue_questions(db, arena, l, &trip, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_sync(db, arena, rows, err);
    if (code != SCF_OK) {
        scf_db_rollback(db);
        return code;
    }
    read_answers(&trip, rows, arena, l);
    return SCF_OK;
}

static enum scf_code find_enterprises(struct scf_db *db, struct scf_arena *arena,
                                      struct scf_lookup *l, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_enterprise_find_params(&p, arena, l->refs, l->ref_count);
    enum scf_code code = scf_db_run(db, &scf_enterprise_find_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        read_enterprises(rows, arena, l);
    return code;
}

enum scf_code scf_commit_add_stubs(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *l,
                                   struct scf_error *err) {
    struct scf_enterprise_ref *missing = scf_alloc(arena, l->ref_count, sizeof *missing);
    size_t n = 0;
    SCF_ASSERT(missing);
    for (size_t i = 0; i < l->ref_count; i++)
        if (!l->enterprises[i] && l->refs[i].uscc.n > 0) {
            l->enterprise_new[i] = true;
            missing[n++] = l->refs[i];
        }
    if (n == 0)
        return SCF_OK;
    enum scf_code code = scf_enterprise_add_stubs(db, arena, missing, n, l->now_us, err);
    return code == SCF_OK ? find_enterprises(db, arena, l, err) : code;
}

/* ---- round trip 2 ---- */

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

/* Rows that were not copied before, heads and events, COMMIT. */
static enum scf_code finish(struct scf_db *db, struct scf_arena *arena, const struct scf_buf *rows,
                            size_t row_count, const struct scf_advance *advances, size_t n,
                            int64_t now_us, bool *ret_unknown, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *results[SCF_PIPELINE_MAX] = {0};
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = queue_rows(db, arena, rows, row_count, err);
    if (code == SCF_OK && n > 0) {
        advance_params(&p, arena, advances, n, now_us);
        code = scf_db_pipeline_add(db, &advance_heads, &p, err);
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
                               int64_t now_us, bool *ret_unknown, struct scf_error *err) {
    bool few = row_count <= INSERT_ROWS_MAX;
    enum scf_code code = few ? SCF_OK : scf_db_copy_in(db, SCF_RECORD_COPY_SQL, rows, err);
    if (code == SCF_OK)
        code = finish(db, arena, rows, few ? row_count : 0, advances, advance_count, now_us,
                      ret_unknown, err);
    if (code != SCF_OK)
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
    lock_params(&chains, arena, l);
    enum scf_code code = scf_db_run(db, &lock_chains, &chains, arena, &rows, err);
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
