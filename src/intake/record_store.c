/* Reading records in pages: every list walks an index in its own order and stops at the page's end.
 */
#include "record_store.h"

/* $1 kind, $2 owner, $3 since, $4 until, $5 external_id or NULL, $6 limit, $7 leaf index, $8 id. */
#define FILTER                                                                                     \
    " r.kind = $1 AND r.received_at >= $3 AND r.received_at < $4"                                  \
    " AND ($5::text IS NULL OR r.external_id = $5)"
#define SELECT_RECORDS "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r"
#define PARAMETERS_USED " AND ($2::uuid, $7::bigint, $8::uuid) IS NOT NULL"

static const struct scf_stmt lists[3][2] = {
    [SCF_FROM_CHAIN] = {{"records_of_chain",
                         SELECT_RECORDS " WHERE" FILTER PARAMETERS_USED
                                        " AND r.chain_id = $2 AND r.leaf_index > $7"
                                        " ORDER BY r.leaf_index LIMIT $6"},
                        {"records_of_chain_desc",
                         SELECT_RECORDS " WHERE" FILTER PARAMETERS_USED
                                        " AND r.chain_id = $2 AND r.leaf_index < $7"
                                        " ORDER BY r.leaf_index DESC LIMIT $6"}},
    [SCF_FROM_ADDRESSED] = {{"records_addressed",
                             SELECT_RECORDS " JOIN scfd.record_addressee a ON a.record_id = r.id"
                                            " WHERE" FILTER PARAMETERS_USED
                                            " AND a.node_id = $2 AND a.record_id > $8"
                                            " ORDER BY a.record_id LIMIT $6"},
                            {"records_addressed_desc",
                             SELECT_RECORDS " JOIN scfd.record_addressee a ON a.record_id = r.id"
                                            " WHERE" FILTER PARAMETERS_USED
                                            " AND a.node_id = $2 AND a.record_id < $8"
                                            " ORDER BY a.record_id DESC LIMIT $6"}},
    [SCF_FROM_ALL] = {{"records_all", SELECT_RECORDS " WHERE" FILTER PARAMETERS_USED
                                                     " AND r.id > $8 ORDER BY r.id LIMIT $6"},
                      {"records_all_desc",
                       SELECT_RECORDS " WHERE" FILTER PARAMETERS_USED
                                      " AND r.id < $8 ORDER BY r.id DESC LIMIT $6"}},
};

static const struct scf_stmt records_with_bytes = {
    "records_with_bytes",
    SELECT_RECORDS " WHERE r.body_sha256 = $1"
                   " AND ($2 OR r.chain_id = $3 OR EXISTS (SELECT FROM scfd.record_addressee a"
                   " WHERE a.node_id = $3 AND a.record_id = r.id))"
                   " ORDER BY r.received_at, r.id LIMIT $4"};

/* $1 keys, $2 administrator, $3 node: the first visible record of kind contract (1) per key. */
static const struct scf_stmt contracts_of_keys = {
    "contracts_of_keys",
    "SELECT w.i, r.id FROM unnest($1::uuid[]) WITH ORDINALITY AS w(k, i)"
    " CROSS JOIN LATERAL (SELECT id FROM scfd.record c WHERE c.business_key = w.k AND c.kind = 1"
    " AND ($2 OR c.chain_id = $3 OR EXISTS (SELECT FROM scfd.record_addressee a"
    " WHERE a.node_id = $3 AND a.record_id = c.id)) LIMIT 1) r"};

static enum scf_code read_records(const struct scf_rows *rows, struct scf_arena *arena,
                                  struct scf_record **ret, size_t *ret_count,
                                  struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_record *records = scf_alloc(arena, n, sizeof *records);
    if (!records)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    for (size_t i = 0; i < n; i++)
        scf_record_read(rows, (int)i, &records[i]);
    *ret = records;
    *ret_count = n;
    return SCF_OK;
}

/* Before the first record in the page's order. */
static void page_position(const struct scf_page *page, int64_t *ret_leaf, struct scf_uuid *ret_id) {
    *ret_leaf = page->descending ? INT64_MAX : -1;
    memset(ret_id, page->descending ? 0xff : 0, sizeof *ret_id);
    if (page->has_after) {
        *ret_leaf = page->after_time_us;
        *ret_id = page->after_id;
    }
}

enum scf_code scf_records_list(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_record_filter *filter, const struct scf_page *page,
                               struct scf_record **ret, size_t *ret_count, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    int64_t leaf;
    struct scf_uuid id;
    page_position(page, &leaf, &id);
    scf_params_init(&p, arena);
    scf_p_i16(&p, (int16_t)filter->kind);
    scf_p_uuid(&p, &filter->owner);
    scf_p_time(&p, filter->since_us);
    scf_p_time(&p, filter->until_us);
    if (filter->external_id.n > 0)
        scf_p_str(&p, filter->external_id);
    else
        scf_p_text(&p, NULL);
    scf_p_i64(&p, page->limit + 1);
    scf_p_i64(&p, leaf);
    scf_p_uuid(&p, &id);
    enum scf_code code =
        scf_db_run(db, &lists[filter->source][page->descending], &p, arena, &rows, err);
    return code == SCF_OK ? read_records(rows, arena, ret, ret_count, err) : code;
}

enum scf_code scf_records_by_sha256(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_actor *actor, const struct scf_hash *sha256,
                                    struct scf_record **ret, size_t *ret_count,
                                    struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_hash(&p, sha256);
    scf_p_bool(&p, actor->admin);
    scf_p_uuid(&p, &actor->node_id);
    scf_p_i64(&p, SCF_SAME_BYTES_MAX);
    enum scf_code code = scf_db_run(db, &records_with_bytes, &p, arena, &rows, err);
    return code == SCF_OK ? read_records(rows, arena, ret, ret_count, err) : code;
}

enum scf_code scf_records_contracts(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_actor *actor, const struct scf_record *records,
                                    size_t n, struct scf_uuid *ret_ids, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    const struct scf_uuid **keys = scf_alloc(arena, n, sizeof *keys);
    if (!keys)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    memset(ret_ids, 0, n * sizeof *ret_ids);
    for (size_t i = 0; i < n; i++)
        keys[i] = &records[i].contract_key;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, keys, n);
    scf_p_bool(&p, actor->admin);
    scf_p_uuid(&p, &actor->node_id);
    enum scf_code code = scf_db_run(db, &contracts_of_keys, &p, arena, &rows, err);
    for (int row = 0; code == SCF_OK && row < scf_rows_count(rows); row++)
        ret_ids[scf_rows_i64(rows, row, 0) - 1] = scf_rows_uuid(rows, row, 1);
    return code;
}
