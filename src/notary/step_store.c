/* SQL of steps, and of who sees a case. Relies on sql/0024_notarization.sql and on the table of
 * addressees of records. */
#include "store.h"

#include "scfd/party/node.h"

static const struct scf_stmt insert = {
    "enf_step_insert", "INSERT INTO scfd.enforcement_step (notarization_id, seq, step, node_id,"
                       " from_state, to_state, happened_at, filed_at, body, record_id)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};

enum scf_code scf_enf_step_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *id, const struct scf_enf_step_row *row,
                                  struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_i32(&p, (int32_t)row->seq);
    scf_p_i16(&p, (int16_t)row->step);
    scf_p_uuid(&p, scf_uuid_is_nil(&row->node_id) ? NULL : &row->node_id);
    scf_p_i16(&p, (int16_t)row->from);
    scf_p_i16(&p, (int16_t)row->to);
    scf_p_time(&p, row->happened_us);
    scf_p_time(&p, row->filed_us);
    scf_p_text(&p, row->body);
    scf_p_uuid(&p, &row->record_id);
    return scf_db_run(db, &insert, &p, arena, NULL, err);
}

/* ---- reading ---- */

#define SELECT_STEPS                                                                               \
    "SELECT seq, step, node_id, from_state, to_state, happened_at, filed_at, body, record_id"      \
    " FROM scfd.enforcement_step WHERE notarization_id = $1"

static enum scf_code read_steps(const struct scf_rows *rows, struct scf_arena *arena, size_t spare,
                                struct scf_enf_step_row **ret, size_t *ret_n,
                                struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_enf_step_row *list = scf_alloc(arena, n + spare, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        int i = (int)k;
        list[k] = (struct scf_enf_step_row){.seq = scf_rows_i64(rows, i, 0),
                                            .step = (enum scf_enf_step)scf_rows_i64(rows, i, 1),
                                            .node_id = scf_rows_uuid(rows, i, 2),
                                            .from = (enum scf_enf_state)scf_rows_i64(rows, i, 3),
                                            .to = (enum scf_enf_state)scf_rows_i64(rows, i, 4),
                                            .happened_us = scf_rows_time(rows, i, 5),
                                            .filed_us = scf_rows_time(rows, i, 6),
                                            .body = scf_rows_text(rows, i, 7),
                                            .record_id = scf_rows_uuid(rows, i, 8)};
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt steps = {"enf_steps", SELECT_STEPS " ORDER BY seq"};

enum scf_code scf_enf_steps(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            size_t spare, struct scf_enf_step_row **ret, size_t *ret_n,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &steps, &p, arena, &rows, err);
    return code == SCF_OK ? read_steps(rows, arena, spare, ret, ret_n, err) : code;
}

/* A step's place in the list is its number: where other lists keep a time, the cursor keeps that.
 */
static const struct scf_stmt pages[2] = {
    {"enf_steps_page", SELECT_STEPS " AND seq > $2 ORDER BY seq LIMIT $3"},
    {"enf_steps_page_desc", SELECT_STEPS " AND seq < $2 ORDER BY seq DESC LIMIT $3"}};

enum scf_code scf_enf_steps_page(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, const struct scf_page *page,
                                 struct scf_enf_step_row **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    size_t n = 0;
    int64_t from = page->descending ? INT32_MAX : 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_i64(&p, page->has_after ? page->after_time_us : from);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code = scf_db_run(db, &pages[page->descending], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_steps(rows, arena, 0, ret, &n, err);
    *ret_n = (int)n;
    return code;
}

/* ---- who sees it ---- */

static const struct scf_stmt nodes_of = {
    "enf_nodes",
    "SELECT id FROM scfd.node WHERE status <> $5 AND (id = $2 OR ($6 AND (id IN ($3, $4)"
    " OR operator_enterprise_id IN (SELECT enterprise_id FROM scfd.enforcement_party"
    " WHERE notarization_id = $1)))) ORDER BY id"};

enum scf_code scf_enf_nodes(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_enf_case *c, bool shared, struct scf_uuid **ret,
                            size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_uuid(&p, &c->lender_id);
    scf_p_uuid(&p, &c->notary_id);
    scf_p_uuid(&p, &c->court_id);
    scf_p_i16(&p, SCF_NODE_RETIRED);
    scf_p_bool(&p, shared);
    enum scf_code code = scf_db_run(db, &nodes_of, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt see_case = {
    "enf_see_case", "INSERT INTO scfd.enforcement_seen (node_id, created_at, notarization_id)"
                    " SELECT n, $2, $1 FROM unnest($3::uuid[]) AS n ON CONFLICT DO NOTHING"};
static const struct scf_stmt see_records = {
    "enf_see_records",
    "INSERT INTO scfd.record_addressee (node_id, record_id, chain_id, leaf_index)"
    " SELECT n, r.id, r.chain_id, r.leaf_index FROM scfd.enforcement_step s"
    " JOIN scfd.record r ON r.id = s.record_id CROSS JOIN unnest($2::uuid[]) AS n"
    " WHERE s.notarization_id = $1 ON CONFLICT DO NOTHING"};

enum scf_code scf_enf_show(struct scf_db *db, struct scf_arena *arena, const struct scf_enf_case *c,
                           const struct scf_uuid *nodes, size_t n, struct scf_error *err) {
    struct scf_params p, q;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_time(&p, c->created_us);
    scf_p_uuid_list(&p, nodes, n);
    enum scf_code code = scf_db_run(db, &see_case, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&q, arena);
    scf_p_uuid(&q, &c->id);
    scf_p_uuid_list(&q, nodes, n);
    return scf_db_run(db, &see_records, &q, arena, NULL, err);
}
