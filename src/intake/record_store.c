/* Reading records in pages: every list walks an index in its own order and stops at the page's end.
 */
#include "record_store.h"

/* $1 kind, $2 owner, $3 since, $4 until, $5 external_id or NULL, $6 limit, $7 leaf index, $8 id, $9
 * bytes. Every list names every parameter.
 *
 * "kind + 0" keeps a list on the index whose order it walks: by the natural key's first two columns
 * the planner would gladly fetch and sort a whole chain. */
#define FILTER                                                                                     \
    " r.received_at >= $3 AND r.received_at < $4"                                                  \
    " AND ($2::uuid, $7::bigint, $8::uuid) IS NOT NULL"
#define ANY_NAME " AND r.kind + 0 = $1 AND $5::text IS NULL"
#define NAMED " AND r.kind = $1 AND r.external_id = $5"

/* A page of `list`, cut where its bodies pass $9 bytes, but never before the first; with the number
 * of records that the list found. The lengths are known without reading the bodies. `place` is what
 * the list walks, `order` the same as a member of r. */
#define PAGE(list, place, order)                                                                   \
    "SELECT " SCF_RECORD_COLUMNS ", r.found FROM (SELECT r.*, count(*) OVER () AS found,"          \
    " sum(coalesce(octet_length(r.body), 0)) OVER (ORDER BY " order ")"                            \
    " - coalesce(octet_length(r.body), 0) AS bytes_before FROM (" list " ORDER BY " place          \
    " LIMIT $6) r) r WHERE r.bytes_before < $9 ORDER BY " order

#define OF_CHAIN "SELECT r.* FROM scfd.record r WHERE r.chain_id = $2 AND" FILTER
#define ADDRESSED                                                                                  \
    "SELECT r.* FROM scfd.record_addressee a JOIN scfd.record r ON r.id = a.record_id"             \
    " WHERE a.node_id = $2 AND" FILTER
#define OF_ALL "SELECT r.* FROM scfd.record r WHERE" FILTER
/* LATERAL: one probe of the natural key per chain, whatever the planner guesses. */
#define NAMED_OF_ALL                                                                               \
    "SELECT r.* FROM scfd.chain c CROSS JOIN LATERAL (SELECT * FROM scfd.record r"                 \
    " WHERE r.chain_id = c.id AND" FILTER NAMED " LIMIT 1) r WHERE true"

/* The kinds of which there are few stand in an index of their own (record_rare_kind), so that they
 * are found among millions of others. */
#define RARE " AND r.kind = $1 AND r.kind NOT IN (2, 3) AND $5::text IS NULL"
_Static_assert(SCF_REC_WORKFLOW_EVENT == 2 && SCF_REC_INVOICE == 3,
               "the kinds of record_rare_kind");

enum list {
    LIST_CHAIN,
    LIST_CHAIN_RARE,
    LIST_CHAIN_NAMED,
    LIST_ADDRESSED,
    LIST_ADDRESSED_NAMED,
    LIST_ALL,
    LIST_ALL_NAMED,
    LISTS
};

#define BOTH(name, list, place, order, position)                                                   \
    {"records_" name, PAGE(list " AND " place " > " position, place, order)}, {                    \
        "records_" name "_desc",                                                                   \
            PAGE(list " AND " place " < " position, place " DESC", order " DESC")                  \
    }
#define BY_LEAF(name, list) BOTH(name, list, "r.leaf_index", "r.leaf_index", "$7")
#define BY_ADDRESS(name, list) BOTH(name, list, "a.record_id", "r.id", "$8")
#define BY_ID(name, list) BOTH(name, list, "r.id", "r.id", "$8")

static const struct scf_stmt lists[LISTS][2] = {
    [LIST_CHAIN] = {BY_LEAF("of_chain", OF_CHAIN ANY_NAME)},
    [LIST_CHAIN_RARE] = {BY_LEAF("rare_of_chain", OF_CHAIN RARE)},
    [LIST_CHAIN_NAMED] = {BY_LEAF("named_of_chain", OF_CHAIN NAMED)},
    [LIST_ADDRESSED] = {BY_ADDRESS("addressed", ADDRESSED ANY_NAME)},
    [LIST_ADDRESSED_NAMED] = {BY_ADDRESS("named_addressed", ADDRESSED NAMED)},
    [LIST_ALL] = {BY_ID("all", OF_ALL ANY_NAME)},
    [LIST_ALL_NAMED] = {BY_ID("named_all", NAMED_OF_ALL)},
};

static enum list list_of(const struct scf_record_filter *filter) {
    bool named = filter->external_id.n > 0;
    bool rare = filter->kind != SCF_REC_WORKFLOW_EVENT && filter->kind != SCF_REC_INVOICE;
    switch (filter->source) {
    case SCF_FROM_ADDRESSED:
        return named ? LIST_ADDRESSED_NAMED : LIST_ADDRESSED;
    case SCF_FROM_ALL:
        return named ? LIST_ALL_NAMED : LIST_ALL;
    default:
        return named ? LIST_CHAIN_NAMED : rare ? LIST_CHAIN_RARE : LIST_CHAIN;
    }
}

static const struct scf_stmt records_with_bytes = {
    "records_with_bytes",
    "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r WHERE r.body_sha256 = $1"
    " AND ($2 OR r.chain_id = $3 OR EXISTS (SELECT FROM scfd.record_addressee a"
    " WHERE a.node_id = $3 AND a.record_id = r.id))"
    " ORDER BY r.received_at, r.id LIMIT $4"};

/* $1 keys, $2 administrator, $3 node: a visible record of kind contract (1) per key, of the node's
 * own chain if there is one. Of others only the first hundred are looked at: a node that repeats
 * its contract a million times must not make those slow who read records that belong to it. */
static const struct scf_stmt contracts_of_keys = {
    "contracts_of_keys",
    "SELECT w.i, r.id FROM unnest($1::uuid[]) WITH ORDINALITY AS w(k, i) CROSS JOIN LATERAL ("
    "(SELECT id FROM scfd.record WHERE business_key = w.k AND chain_id = $3 AND kind + 0 = 1 LIMIT "
    "1)"
    " UNION ALL"
    " (SELECT id FROM scfd.record WHERE $2 AND business_key = w.k AND kind + 0 = 1 LIMIT 1)"
    " UNION ALL"
    " (SELECT c.id FROM (SELECT id FROM scfd.record WHERE business_key = w.k AND kind + 0 = 1"
    " LIMIT 100) c CROSS JOIN LATERAL (SELECT FROM scfd.record_addressee a"
    " WHERE a.node_id = $3 AND a.record_id = c.id LIMIT 1) a LIMIT 1)"
    " LIMIT 1) r"};

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
                               struct scf_record **ret, size_t *ret_count, bool *ret_more,
                               struct scf_error *err) {
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
    scf_p_i64(&p, SCF_RECORD_PAGE_BYTES);
    enum scf_code code =
        scf_db_run(db, &lists[list_of(filter)][page->descending], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_records(rows, arena, ret, ret_count, err);
    if (code != SCF_OK)
        return code;
    int64_t found = *ret_count > 0 ? scf_rows_i64(rows, 0, SCF_RECORD_COLUMN_COUNT) : 0;
    if (*ret_count > (size_t)page->limit)
        *ret_count = (size_t)page->limit;
    *ret_more = found > (int64_t)*ret_count;
    return SCF_OK;
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

/* ---- erasures ---- */

static const struct scf_stmt erasures = {
    "intake_records_erased",
    "SELECT w.i, e.erasure_id, e.erased_at FROM unnest($1::uuid[]) WITH ORDINALITY AS w(id, i)"
    " JOIN scfd.erasure e ON e.record_id = w.id"};

enum scf_code scf_records_erased(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *records, size_t n, struct scf_erased *ret,
                                 struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof *ids);
    bool any = false;
    memset(ret, 0, n * sizeof *ret);
    if (ids == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &records[i].id;
        any |= records[i].body.p == NULL;
    }
    if (!any)
        return SCF_OK;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    enum scf_code code = scf_db_run(db, &erasures, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++)
        ret[scf_rows_i64(rows, i, 0) - 1] =
            (struct scf_erased){scf_rows_uuid(rows, i, 1), scf_rows_time(rows, i, 2)};
    return code;
}
