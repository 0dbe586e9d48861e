/* SQL of the steps of receivables, and of who sees a receivable. Relies on sql/0009_receivable.sql.
 */
#include "row.h"

#include "scfd/party/node.h"

enum { PENDING_MAX = 100 };

static const struct scf_stmt insert = {
    "rcv_step_insert",
    "INSERT INTO scfd.receivable_step (receivable_id, seq, step, node_id, from_state, to_state,"
    " happened_at, filed_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};

enum scf_code scf_rcv_step_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *receivable_id,
                                  const struct scf_rcv_step_row *row, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, receivable_id);
    scf_p_i32(&p, (int32_t)row->seq);
    scf_p_i16(&p, (int16_t)row->step);
    scf_p_uuid(&p, scf_uuid_is_nil(&row->node_id) ? NULL : &row->node_id);
    scf_p_i16(&p, (int16_t)row->from);
    scf_p_i16(&p, (int16_t)row->to);
    scf_p_time(&p, row->happened_us);
    scf_p_time(&p, row->filed_us);
    scf_p_text(&p, row->body);
    return scf_db_run(db, &insert, &p, arena, NULL, err);
}

#define STEP_COLUMNS                                                                               \
    "seq, step, node_id, from_state, to_state, happened_at, filed_at, body, record_id"

static enum scf_code read_steps(const struct scf_rows *rows, struct scf_arena *arena,
                                struct scf_rcv_step_row **ret, size_t *ret_n,
                                struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_rcv_step_row *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        int i = (int)k;
        list[k] =
            (struct scf_rcv_step_row){.seq = scf_rows_i64(rows, i, 0),
                                      .step = (enum scf_rcv_step)scf_rows_i64(rows, i, 1),
                                      .node_id = scf_rows_uuid(rows, i, 2),
                                      .from = (enum scf_receivable_state)scf_rows_i64(rows, i, 3),
                                      .to = (enum scf_receivable_state)scf_rows_i64(rows, i, 4),
                                      .happened_us = scf_rows_time(rows, i, 5),
                                      .filed_us = scf_rows_time(rows, i, 6),
                                      .body = scf_rows_text(rows, i, 7),
                                      .record_id = scf_rows_uuid(rows, i, 8)};
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt pending_steps = {
    "rcv_steps_pending", "SELECT " STEP_COLUMNS " FROM scfd.receivable_step"
                         " WHERE receivable_id = $1 AND record_id IS NULL ORDER BY seq LIMIT $2"};

enum scf_code scf_rcv_steps_pending(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *receivable_id,
                                    struct scf_rcv_step_row **ret, size_t *ret_n,
                                    struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, receivable_id);
    scf_p_i64(&p, PENDING_MAX);
    enum scf_code code = scf_db_run(db, &pending_steps, &p, arena, &rows, err);
    return code == SCF_OK ? read_steps(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt recorded = {"rcv_step_recorded",
                                         "UPDATE scfd.receivable_step SET record_id = $3"
                                         " WHERE receivable_id = $1 AND seq = $2"};

enum scf_code scf_rcv_step_recorded(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *receivable_id, int64_t seq,
                                    const struct scf_uuid *record_id, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, receivable_id);
    scf_p_i32(&p, (int32_t)seq);
    scf_p_uuid(&p, record_id);
    return scf_db_run(db, &recorded, &p, arena, NULL, err);
}

static const struct scf_stmt pending = {"rcv_pending",
                                        "SELECT DISTINCT receivable_id FROM (SELECT receivable_id"
                                        " FROM scfd.receivable_step WHERE record_id IS NULL"
                                        " ORDER BY filed_at LIMIT $1) s"};

enum scf_code scf_rcv_pending(struct scf_db *db, struct scf_arena *arena, int max,
                              struct scf_uuid **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i64(&p, max);
    enum scf_code code = scf_db_run(db, &pending, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}

/* A step's place in the list is its number: where other lists keep a time, the cursor keeps that.
 */
static const struct scf_stmt list[2] = {
    {"rcv_steps_list", "SELECT " STEP_COLUMNS " FROM scfd.receivable_step"
                       " WHERE receivable_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"},
    {"rcv_steps_list_desc", "SELECT " STEP_COLUMNS " FROM scfd.receivable_step"
                            " WHERE receivable_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"}};

enum scf_code scf_rcv_steps_list(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *receivable_id, const struct scf_page *page,
                                 struct scf_rcv_step_row **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    size_t n = 0;
    int64_t from = page->descending ? INT32_MAX : 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, receivable_id);
    scf_p_i64(&p, page->has_after ? page->after_time_us : from);
    scf_p_i64(&p, page->limit + 1);
    enum scf_code code = scf_db_run(db, &list[page->descending], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_steps(rows, arena, ret, &n, err);
    *ret_n = (int)n;
    return code;
}

/* ---- who sees it ---- */

static const struct scf_stmt nodes_of = {
    "rcv_nodes", "SELECT id FROM scfd.node WHERE status <> $5 AND (id = $1 OR ($6 AND (id = $2"
                 " OR operator_enterprise_id IN ($3, $4)))) ORDER BY id"};

enum scf_code scf_rcv_nodes(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_receivable *r, bool submitted, struct scf_uuid **ret,
                            size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->sender_id);
    scf_p_uuid(&p, &r->lender_id);
    scf_p_uuid(&p, &r->seller_id);
    scf_p_uuid(&p, &r->debtor_id);
    scf_p_i16(&p, SCF_NODE_RETIRED);
    scf_p_bool(&p, submitted);
    enum scf_code code = scf_db_run(db, &nodes_of, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt add_seen = {
    "rcv_seen", "INSERT INTO scfd.receivable_seen (node_id, created_at, receivable_id)"
                " SELECT n, $2, $1 FROM unnest($3::uuid[]) AS n ON CONFLICT DO NOTHING"};

enum scf_code scf_rcv_seen(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_receivable *r, const struct scf_uuid *nodes, size_t n,
                           struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_time(&p, r->created_us);
    scf_p_uuid_list(&p, nodes, n);
    return scf_db_run(db, &add_seen, &p, arena, NULL, err);
}
