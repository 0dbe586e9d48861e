/* Records in the database: appending to a chain, addressing, reading with visibility.
 * Relies on db, on the event feed of exchange, and on sql/0002_chain.sql. */
#include "scfd/base/clock.h"
#include "scfd/chain/record.h"
#include "scfd/exchange/exchange.h"

/* ---- rows ---- */

static void copy_id(struct scf_buf *out, const struct scf_uuid *id) {
    scf_copy_uuid(out, scf_uuid_is_nil(id) ? NULL : id);
}

static void copy_i64_if(struct scf_buf *out, bool present, int64_t value) {
    if (present)
        scf_copy_i64(out, value);
    else
        scf_copy_null(out);
}

/* What was computed against a template is unknown without one. */
static void copy_measurement(struct scf_buf *out, const struct scf_record *r) {
    bool measured = r->template_id != 0;
    if (measured)
        scf_copy_i32(out, r->template_id);
    else
        scf_copy_null(out);
    copy_i64_if(out, measured, r->weight_expected);
    copy_i64_if(out, measured, r->weight_present);
    if (measured)
        scf_copy_bool(out, r->range_ok);
    else
        scf_copy_null(out);
    scf_copy_i16(out, r->checks_applicable);
    scf_copy_i16(out, r->checks_passed);
    scf_copy_bytes(out, r->measures.n == 0 ? NULL : r->measures.p, r->measures.n);
}

const unsigned scf_record_column_types[SCF_RECORD_COLUMN_COUNT] = {
    SCF_PG_UUID,  SCF_PG_INT8,  SCF_PG_UUID,  SCF_PG_INT2,        SCF_PG_TEXT, SCF_PG_TIMESTAMPTZ,
    SCF_PG_BYTEA, SCF_PG_BYTEA, SCF_PG_BYTEA, SCF_PG_BYTEA,       SCF_PG_UUID, SCF_PG_UUID,
    SCF_PG_UUID,  SCF_PG_UUID,  SCF_PG_UUID,  SCF_PG_TIMESTAMPTZ, SCF_PG_INT8, SCF_PG_TEXT,
    SCF_PG_INT4,  SCF_PG_INT8,  SCF_PG_INT8,  SCF_PG_BOOL,        SCF_PG_INT2, SCF_PG_INT2,
    SCF_PG_BYTEA, SCF_PG_BYTEA,
};

void scf_record_copy_row(struct scf_buf *out, const struct scf_record *r) {
    scf_copy_row(out, SCF_RECORD_COLUMN_COUNT);
    scf_copy_uuid(out, &r->chain_id);
    scf_copy_i64(out, r->leaf_index);
    scf_copy_uuid(out, &r->id);
    scf_copy_i16(out, (int16_t)r->kind);
    scf_copy_bytes(out, r->external_id.p, r->external_id.n);
    scf_copy_time(out, r->received_us);
    scf_copy_bytes(out, r->leaf_hash.b, SCF_HASH_LEN);
    scf_copy_bytes(out, r->body_sha256.b, SCF_HASH_LEN);
    scf_copy_bytes(out, r->salt, SCF_SALT_LEN);
    scf_copy_bytes(out, r->body.p, r->body.n);
    copy_id(out, &r->revises_id);
    copy_id(out, &r->business_key);
    copy_id(out, &r->contract_key);
    copy_id(out, &r->enterprise_id);
    copy_id(out, &r->counterparty_id);
    if (r->has_happened)
        scf_copy_time(out, r->happened_us);
    else
        scf_copy_null(out);
    copy_i64_if(out, r->has_amount, r->amount);
    scf_copy_bytes(out, r->has_amount ? r->currency : NULL, strlen(r->currency));
    copy_measurement(out, r);
    scf_copy_bytes(out, r->suite == SCF_SUITE_SM3_SM2 ? r->body_sm3.b : NULL, SCF_HASH_LEN);
}

void scf_record_read(const struct scf_rows *rows, int row, struct scf_record *ret) {
    *ret = (struct scf_record){
        .chain_id = scf_rows_uuid(rows, row, 0),
        .leaf_index = scf_rows_i64(rows, row, 1),
        .id = scf_rows_uuid(rows, row, 2),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, row, 3),
        .external_id = scf_rows_str(rows, row, 4),
        .received_us = scf_rows_time(rows, row, 5),
        .leaf_hash = scf_rows_hash(rows, row, 6),
        .body_sha256 = scf_rows_hash(rows, row, 7),
        .revises_id = scf_rows_uuid(rows, row, 10),
        .business_key = scf_rows_uuid(rows, row, 11),
        .contract_key = scf_rows_uuid(rows, row, 12),
        .enterprise_id = scf_rows_uuid(rows, row, 13),
        .counterparty_id = scf_rows_uuid(rows, row, 14),
        .has_happened = !scf_rows_null(rows, row, 15),
        .happened_us = scf_rows_time(rows, row, 15),
        .has_amount = !scf_rows_null(rows, row, 16),
        .amount = scf_rows_i64(rows, row, 16),
        .template_id = (int32_t)scf_rows_i64(rows, row, 18),
        .weight_expected = scf_rows_i64(rows, row, 19),
        .weight_present = scf_rows_i64(rows, row, 20),
        .range_ok = scf_rows_bool(rows, row, 21),
        .checks_applicable = (int16_t)scf_rows_i64(rows, row, 22),
        .checks_passed = (int16_t)scf_rows_i64(rows, row, 23),
        .measures = scf_rows_str(rows, row, 24),
    };
    struct scf_str salt = scf_rows_str(rows, row, 8), currency = scf_rows_str(rows, row, 17);
    memcpy(ret->salt, salt.p, salt.n < SCF_SALT_LEN ? salt.n : SCF_SALT_LEN);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
    if (!scf_rows_null(rows, row, 25)) {
        ret->suite = SCF_SUITE_SM3_SM2;
        ret->body_sm3 = scf_rows_hash(rows, row, 25);
    }
    if (!scf_rows_null(rows, row, 9))
        ret->body = scf_rows_str(rows, row, 9);
}

/* ---- chains ---- */

static const struct scf_stmt lock_head = {
    "scf_chain_lock", "SELECT size, suite FROM scfd.chain WHERE id = $1 FOR NO KEY UPDATE"};

static enum scf_code lock_chain(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, int64_t *ret_size,
                                enum scf_suite *ret_suite, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &lock_head, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    *ret_size = scf_rows_i64(rows, 0, 0);
    *ret_suite = scf_suite_of_number(scf_rows_i64(rows, 0, 1));
    return SCF_OK;
}

enum scf_code scf_chain_lock(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, int64_t *ret_size,
                             struct scf_error *err) {
    enum scf_suite suite;
    return lock_chain(db, arena, chain_id, ret_size, &suite, err);
}

static const struct scf_stmt lock_heads = {
    "scf_chain_lock_many",
    "SELECT id FROM scfd.chain WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"};

enum scf_code scf_chain_lock_many(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_ids, size_t n,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, chain_ids, n);
    return scf_db_run(db, &lock_heads, &p, arena, &rows, err);
}

/* One event stands for all records of the commit, as with those that intake takes in. */
static const struct scf_stmt advance_head = {
    "scf_chain_append",
    "WITH up AS (UPDATE scfd.chain SET size = $3 + 1, event_seq = event_seq + 1 WHERE id = $1"
    " RETURNING event_seq)"
    " INSERT INTO scfd.event (chain_id, seq, type, first_leaf, last_leaf, source_chain_id, at)"
    " SELECT $1, event_seq, 'records.accepted', $2, $3, $1, $4 FROM up"};

static enum scf_code copy_records(struct scf_db *db, const struct scf_record *records, size_t n,
                                  struct scf_error *err) {
    size_t max = 0;
    for (size_t i = 0; i < n; i++)
        max += 1024 + records[i].external_id.n + records[i].body.n + records[i].measures.n;
    struct scf_buf rows;
    scf_buf_init(&rows, max);
    for (size_t i = 0; i < n; i++)
        scf_record_copy_row(&rows, &records[i]);
    enum scf_code code =
        rows.overflow ? scf_fail_memory(err) : scf_db_copy_in(db, SCF_RECORD_COPY_SQL, &rows, err);
    scf_buf_free(&rows);
    return code;
}

enum scf_code scf_chain_append(struct scf_db *db, struct scf_arena *arena,
                               struct scf_record *records, size_t n, struct scf_error *err) {
    if (n == 0)
        return SCF_OK;
    int64_t size;
    enum scf_suite suite;
    enum scf_code code = lock_chain(db, arena, &records[0].chain_id, &size, &suite, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        if (records[i].suite != suite)
            scf_record_set_suite(&records[i], suite);
        SCF_ASSERT(scf_uuid_eq(&records[i].chain_id, &records[0].chain_id));
        records[i].leaf_index = size + (int64_t)i;
    }
    code = copy_records(db, records, n, err);
    if (code != SCF_OK)
        return code;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &records[0].chain_id);
    scf_p_i64(&p, size);
    scf_p_i64(&p, records[n - 1].leaf_index);
    scf_p_time(&p, scf_now_us());
    return scf_db_run(db, &advance_head, &p, arena, NULL, err);
}

/* ---- addressing ---- */

static const struct scf_stmt add_addressee = {
    "scf_record_address",
    "INSERT INTO scfd.record_addressee (node_id, record_id, chain_id, leaf_index)"
    " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};

enum scf_code scf_record_address(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *record, const struct scf_uuid *node_id,
                                 const char *event_type, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, node_id);
    scf_p_uuid(&p, &record->id);
    scf_p_uuid(&p, &record->chain_id);
    scf_p_i64(&p, record->leaf_index);
    enum scf_code code = scf_db_run(db, &add_addressee, &p, arena, &rows, err);
    if (code != SCF_OK || scf_rows_affected(rows) == 0)
        return code; /* addressed before: the event is in the feed already */
    return scf_event_append(db, arena, node_id, event_type, scf_record_kind_prefix(record->kind),
                            &record->id, true, err);
}

static const struct scf_stmt add_addressees = {
    "scf_record_address_many",
    "INSERT INTO scfd.record_addressee (node_id, record_id, chain_id, leaf_index)"
    " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[])"
    " ON CONFLICT DO NOTHING"};

enum scf_code scf_record_address_many(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *nodes,
                                      const struct scf_record *const *records, size_t n,
                                      struct scf_error *err) {
    if (n == 0)
        return SCF_OK;
    const struct scf_uuid **ids = scf_alloc(arena, 3 * n, sizeof *ids);
    int64_t *leaves = scf_alloc(arena, n, sizeof *leaves);
    if (ids == NULL || leaves == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &nodes[i];
        ids[n + i] = &records[i]->id;
        ids[2 * n + i] = &records[i]->chain_id;
        leaves[i] = records[i]->leaf_index;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + n, n);
    scf_p_uuid_array(&p, ids + 2 * n, n);
    scf_p_i64_array(&p, leaves, NULL, n);
    return scf_db_run(db, &add_addressees, &p, arena, NULL, err);
}

/* ---- reading ---- */

static const struct scf_stmt get_record = {
    "scf_record_get",
    "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r WHERE r.id = $1"
    " AND ($2 OR r.chain_id = $3 OR EXISTS"
    " (SELECT FROM scfd.record_addressee a WHERE a.node_id = $3 AND a.record_id = r.id))"};

enum scf_code scf_record_get(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *id,
                             struct scf_record *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_bool(&p, actor == NULL || actor->admin);
    scf_p_uuid(&p, actor == NULL ? NULL : &actor->node_id);
    enum scf_code code = scf_db_run(db, &get_record, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    int64_t kind = scf_rows_i64(rows, 0, 3);
    if (kind < 0 || kind >= SCF_REC_KINDS) {
        scf_fail(err, SCF_E_INTERNAL, "The stored record is damaged.");
        return scf_note(err, "record kind %" PRId64, kind);
    }
    scf_record_read(rows, 0, ret);
    return SCF_OK;
}

static const struct scf_stmt hold_record = {"scf_record_hold",
                                            "SELECT FROM scfd.record WHERE id = $1 FOR SHARE"};

enum scf_code scf_record_hold(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_run(db, &hold_record, &p, arena, &rows, err);
}
