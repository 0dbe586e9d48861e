/* SQL of the committer, round trip 1. Everything a batch needs to know travels in one pipeline, and
 * everything it writes in a second one, because at these rates the round trips are the cost.
 *
 * Answers come back with the ordinal of their question, so that no matching is needed here. */
#include "commit_store.h"

/* ORDER BY before FOR UPDATE: every writer locks in the same order. */
const struct scf_stmt scf_lock_chains_stmt = {"intake_lock_chains",
                                              "SELECT id, size FROM scfd.chain WHERE id = ANY($1)"
                                              " ORDER BY id FOR NO KEY UPDATE"};

#define KNOWN_COLUMNS                                                                              \
    "w.i, r.id, r.chain_id, r.kind, r.leaf_index, r.received_at, r.leaf_hash, r.body_sha256,"      \
    " r.business_key, r.enterprise_id, r.counterparty_id, r.amount, r.template_id"

/* Three questions in one statement, since a statement of its own costs as much as all of this one.
 * The answers to the second have negative ordinals, those to the third the ordinal 0.
 *
 * $1 chains, $2 kinds, $3 external ids: is the natural key taken?
 *
 * $4 business keys, $5 askers: one record per key, of another chain if there is one. Most keys are
 * new: one probe finds that out. For the others three more probes instead of a filter, so that a
 * key that one chain uses a million times costs no more than any other.
 *
 * $6 API keys, $7 now: which are live? Not asked together with the locks: what that statement sees
 * is from before it waited, and a revocation may have been acknowledged meanwhile. */
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
    " LIMIT 1) r"
    " UNION ALL SELECT 0, k.id, NULL, NULL, w.i, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    " FROM unnest($6::uuid[]) WITH ORDINALITY AS w(id, i)"
    " JOIN scfd.api_key k ON k.id = w.id LEFT JOIN scfd.node n ON n.id = k.node_id"
    " WHERE " SCF_KEY_IS_LIVE_AT "$7)"};

static const struct scf_stmt records_by_id = {
    "intake_records_by_id",
    "SELECT " KNOWN_COLUMNS ","
    " EXISTS (SELECT FROM scfd.record_addressee a WHERE a.node_id = w.asker AND a.record_id = "
    "r.id),"
    " e.code, e.industry_code"
    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(id, asker, i)"
    " JOIN scfd.record r ON r.id = w.id LEFT JOIN scfd.enterprise e ON e.id = r.enterprise_id"};

static const struct scf_stmt first_uses = {
    "intake_first_uses", "SELECT w.i, x.fingerprint, x.status FROM unnest($1::uuid[], $2::text[])"
                         " WITH ORDINALITY AS w(id, key, i)"
                         " JOIN scfd.idempotency x ON x.api_key_id = w.id AND x.key = w.key"};

/* ---- questions ---- */

/* The first `items` natural keys and the API keys they came with, and the business keys from
 * `first` on. */
static void known_params(struct scf_params *p, struct scf_arena *arena, const struct scf_lookup *l,
                         size_t items, size_t first) {
    const struct scf_uuid **chains = scf_alloc(arena, items, sizeof *chains);
    int16_t *kinds = scf_alloc(arena, items, sizeof *kinds);
    struct scf_str *external_ids = scf_alloc(arena, items, sizeof *external_ids);
    SCF_ASSERT(chains && kinds && external_ids); /* the arena is sized for the largest batch */
    for (size_t i = 0; i < items; i++) {
        chains[i] = &l->items[i]->record.chain_id;
        kinds[i] = (int16_t)l->items[i]->record.kind;
        external_ids[i] = l->items[i]->record.external_id;
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, chains, items);
    scf_p_i16_array(p, kinds, items);
    scf_p_text_array(p, external_ids, items);
    scf_p_uuid_array(p, l->business_keys + first, l->business_count - first);
    scf_p_uuid_array(p, l->business_askers + first, l->business_count - first);
    scf_p_uuid_array(p, l->keys, items > 0 ? l->key_count : 0);
    scf_p_time(p, l->now_us);
}

void scf_lock_chains_params(struct scf_params *p, struct scf_arena *arena,
                            const struct scf_lookup *l) {
    scf_params_init(p, arena);
    scf_p_uuid_array(p, l->chains, l->chain_count);
}

static void first_uses_params(struct scf_params *p, struct scf_arena *arena,
                              const struct scf_lookup *l) {
    const struct scf_uuid **api_keys = scf_alloc(arena, l->keyed_count, sizeof *api_keys);
    struct scf_str *keys = scf_alloc(arena, l->keyed_count, sizeof *keys);
    SCF_ASSERT(api_keys && keys); /* as above */
    for (size_t i = 0; i < l->keyed_count; i++) {
        api_keys[i] = &l->keyed[i]->key_id;
        keys[i] = l->keyed[i]->idempotency->key;
    }
    scf_params_init(p, arena);
    scf_p_uuid_array(p, api_keys, l->keyed_count);
    scf_p_text_array(p, keys, l->keyed_count);
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
    k->erased = scf_rows_null(rows, row, 7);
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
                               struct scf_lookup *l, size_t first) {
    for (int row = 0; row < scf_rows_count(rows); row++) {
        int64_t i = scf_rows_i64(rows, row, 0);
        if (i == 0) {
            l->key_live[scf_rows_i64(rows, row, 4) - 1] = true;
            continue;
        }
        struct scf_known_record **slot = i > 0 ? &l->same[i - 1] : &l->by_key[first] - i - 1;
        *slot = read_known(rows, row, arena, false);
    }
}

static void read_named_records(const struct scf_rows *rows, struct scf_arena *arena,
                               struct scf_lookup *l) {
    for (int row = 0; row < scf_rows_count(rows); row++)
        l->by_id[scf_rows_i64(rows, row, 0) - 1] = read_known(rows, row, arena, true);
}

static void read_chains(const struct scf_rows *rows, struct scf_lookup *l) {
    int row = 0;
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

static void read_first_uses(const struct scf_rows *rows, struct scf_arena *arena,
                            struct scf_lookup *l) {
    for (int row = 0; row < scf_rows_count(rows); row++) {
        struct scf_first_use *use = scf_alloc(arena, 1, sizeof *use);
        SCF_ASSERT(use);
        use->fingerprint = scf_rows_hash(rows, row, 1);
        use->status = (int)scf_rows_i64(rows, row, 2);
        l->first_uses[scf_rows_i64(rows, row, 0) - 1] = use;
    }
}

/* ---- round trip 1 ---- */

/* The statements of round trip 1 in the order they are queued; those with nothing to ask are left
 * out. */
enum question { T_BEGIN, T_CHAINS, T_KNOWN, T_IDS, T_ENTERPRISES, T_FIRST_USES };

static enum scf_code queue(struct scf_db *db, struct scf_lookup *l, enum question what,
                           const struct scf_stmt *stmt, const struct scf_params *params,
                           struct scf_error *err) {
    l->asked[l->asked_count++] = (int)what;
    return scf_db_pipeline_add(db, stmt, params, err);
}

static enum scf_code queue_questions(struct scf_db *db, struct scf_arena *arena,
                                     struct scf_lookup *l, struct scf_error *err) {
    struct scf_params p;
    enum scf_code code = queue(db, l, T_BEGIN, &SCF_BEGIN, NULL, err);
    if (code == SCF_OK) {
        scf_lock_chains_params(&p, arena, l);
        code = queue(db, l, T_CHAINS, &scf_lock_chains_stmt, &p, err);
    }
    if (code == SCF_OK) {
        known_params(&p, arena, l, l->item_count, 0);
        code = queue(db, l, T_KNOWN, &known_records, &p, err);
    }
    if (code == SCF_OK && l->id_count > 0) {
        scf_params_init(&p, arena);
        scf_p_uuid_array(&p, l->ids, l->id_count);
        scf_p_uuid_array(&p, l->id_askers, l->id_count);
        code = queue(db, l, T_IDS, &records_by_id, &p, err);
    }
    if (code == SCF_OK && l->ref_count > 0) {
        scf_params_init(&p, arena);
        scf_enterprise_find_params(&p, arena, l->refs, l->ref_count);
        code = queue(db, l, T_ENTERPRISES, &scf_enterprise_find_stmt, &p, err);
    }
    if (code == SCF_OK && l->keyed_count > 0) {
        first_uses_params(&p, arena, l);
        code = queue(db, l, T_FIRST_USES, &first_uses, &p, err);
    }
    return code;
}

static void read_answers(struct scf_rows *const *rows, struct scf_arena *arena,
                         struct scf_lookup *l) {
    for (int i = 0; i < l->asked_count; i++) {
        switch (l->asked[i]) {
        case T_CHAINS:
            read_chains(rows[i], l);
            break;
        case T_KNOWN:
            read_known_records(rows[i], arena, l, 0);
            break;
        case T_IDS:
            read_named_records(rows[i], arena, l);
            break;
        case T_ENTERPRISES:
            read_enterprises(rows[i], arena, l);
            break;
        case T_FIRST_USES:
            read_first_uses(rows[i], arena, l);
            break;
        default:
            break;
        }
    }
}

enum scf_code scf_commit_ask(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *l,
                             struct scf_error *err) {
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code != SCF_OK)
        return code;
    code = queue_questions(db, arena, l, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_send(db, err);
    if (code != SCF_OK)
        scf_db_rollback(db);
    return code;
}

enum scf_code scf_commit_hear(struct scf_db *db, struct scf_arena *arena, struct scf_lookup *l,
                              struct scf_error *err) {
    struct scf_rows *rows[SCF_PIPELINE_MAX] = {0};
    enum scf_code code = scf_db_pipeline_sync(db, arena, rows, err);
    if (code != SCF_OK) {
        scf_db_rollback(db);
        return code;
    }
    read_answers(rows, arena, l);
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

enum scf_code scf_commit_lookup_keys(struct scf_db *db, struct scf_arena *arena,
                                     struct scf_lookup *l, size_t first, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    if (first == l->business_count)
        return SCF_OK;
    known_params(&p, arena, l, 0, first);
    enum scf_code code = scf_db_run(db, &known_records, &p, arena, &rows, err);
    if (code == SCF_OK)
        read_known_records(rows, arena, l, first);
    return code;
}
