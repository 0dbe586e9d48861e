/* SQL of nodes, and of the two rows that every chain begins with. */
#include "node_store.h"

/* ---- reading ---- */

#define NODE_COLUMNS                                                                               \
    "SELECT id, name, kind, operator_enterprise_id, offset_minutes, lenient_datetime,"             \
    " allowed_kinds, status, version, created_at, updated_at,"                                     \
    " (SELECT c.suite FROM scfd.chain c WHERE c.id = node.id) FROM scfd.node"

/* Text stays where it is: the rows live as long as the arena. */
static void read_node(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_node *)item = (struct scf_node){
        .id = scf_rows_uuid(rows, row, 0),
        .name = scf_rows_text(rows, row, 1),
        .kind = (enum scf_node_kind)scf_rows_i64(rows, row, 2),
        .operator_enterprise_id = scf_rows_uuid(rows, row, 3),
        .offset_minutes = (int)scf_rows_i64(rows, row, 4),
        .lenient_datetime = scf_rows_bool(rows, row, 5),
        .allowed_kinds = (unsigned)scf_rows_i64(rows, row, 6),
        .status = (enum scf_node_status)scf_rows_i64(rows, row, 7),
        .version = scf_rows_i64(rows, row, 8),
        .created_us = scf_rows_time(rows, row, 9),
        .updated_us = scf_rows_time(rows, row, 10),
        .chain_suite = scf_suite_of_number(scf_rows_i64(rows, row, 11)),
    };
}

static const struct scf_row_form node_form = {sizeof(struct scf_node), read_node,
                                              "There is no such node."};

static const struct scf_stmt get = {.name = "node_get", .sql = NODE_COLUMNS " WHERE id = $1"};
static const struct scf_stmt get_locked = {.name = "node_get_locked",
                                           .sql = NODE_COLUMNS " WHERE id = $1 FOR UPDATE"};

enum scf_code scf_node_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                           bool lock, struct scf_node *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_one(db, lock ? &get_locked : &get, &p, arena, &node_form, ret, err);
}

/* $1 kind, $2 status, $3 id (each NULL: any); $4, $5 position of the page; $6 limit. */
#define NODE_FILTER                                                                                \
    " WHERE ($1::smallint IS NULL OR kind = $1) AND ($2::smallint IS NULL OR status = $2)"         \
    " AND ($3::uuid IS NULL OR id = $3)"
static const struct scf_stmt list_ascending = {.name = "node_list_ascending",
                                               .sql = NODE_COLUMNS NODE_FILTER
                                               " AND (created_at, id) > ($4, $5)"
                                               " ORDER BY created_at, id LIMIT $6"};
static const struct scf_stmt list_descending = {.name = "node_list_descending",
                                                .sql = NODE_COLUMNS NODE_FILTER
                                                " AND (created_at, id) < ($4, $5)"
                                                " ORDER BY created_at DESC, id DESC LIMIT $6"};

static void optional_i16(struct scf_params *p, int v) {
    if (v < 0)
        scf_p_null(p, SCF_PG_INT2);
    else
        scf_p_i16(p, (int16_t)v);
}

enum scf_code scf_node_list(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_node_filter *filter, const struct scf_page *page,
                            struct scf_node **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    optional_i16(&p, filter->kind);
    optional_i16(&p, filter->status);
    scf_p_uuid(&p, filter->id);
    scf_p_page_edge(&p, page);
    struct scf_node *nodes = scf_db_list(db, page->descending ? &list_descending : &list_ascending,
                                         &p, arena, &node_form, ret_n, err);
    if (nodes == NULL)
        return err->code;
    *ret = nodes;
    return SCF_OK;
}

/* ---- writing ---- */

static const struct scf_stmt add_chain_rows = {
    .name = "chain_rows_add",
    .sql = "WITH head AS (INSERT INTO scfd.chain (id, suite) VALUES ($1, $3)"
           " ON CONFLICT DO NOTHING)"
           " INSERT INTO scfd.chain_seal (chain_id, block_hash) VALUES ($1, $2)"
           " ON CONFLICT DO NOTHING"};

enum scf_code scf_chain_rows_add(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, enum scf_suite suite,
                                 struct scf_error *err) {
    static const struct scf_hash none;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_hash(&p, &none);
    scf_p_i16(&p, (int16_t)suite);
    return scf_db_run(db, &add_chain_rows, &p, arena, NULL, err);
}

static const struct scf_uuid *or_null(const struct scf_uuid *u) {
    return scf_uuid_is_nil(u) ? NULL : u;
}

static const struct scf_stmt insert = {
    .name = "node_insert",
    .sql = "INSERT INTO scfd.node (id, name, operator_enterprise_id, offset_minutes,"
           " lenient_datetime, allowed_kinds, status, version, updated_at, kind, created_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};

static const struct scf_stmt update = {
    .name = "node_update",
    .sql = "UPDATE scfd.node SET name = $2, operator_enterprise_id = $3, offset_minutes = $4,"
           " lenient_datetime = $5, allowed_kinds = $6, status = $7, version = $8, updated_at = $9"
           " WHERE id = $1"};

static void bind_changeable(struct scf_params *p, const struct scf_node *node) {
    scf_p_uuid(p, &node->id);
    scf_p_text(p, node->name);
    scf_p_uuid(p, or_null(&node->operator_enterprise_id));
    scf_p_i16(p, (int16_t)node->offset_minutes);
    scf_p_bool(p, node->lenient_datetime);
    scf_p_i32(p, (int32_t)node->allowed_kinds);
    scf_p_i16(p, (int16_t)node->status);
    scf_p_i64(p, node->version);
    scf_p_time(p, node->updated_us);
}

enum scf_code scf_node_insert(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_node *node, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    bind_changeable(&p, node);
    scf_p_i16(&p, (int16_t)node->kind);
    scf_p_time(&p, node->created_us);
    enum scf_code code = scf_db_run(db, &insert, &p, arena, NULL, err);
    return code ? code : scf_chain_rows_add(db, arena, &node->id, node->chain_suite, err);
}

enum scf_code scf_node_update(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_node *node, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    bind_changeable(&p, node);
    enum scf_code code = scf_db_run(db, &update, &p, arena, NULL, err);
    return code ? code : scf_db_notify(db, arena, "keys", err);
}

static const struct scf_stmt wait_writers = {
    .name = "node_wait_writers",
    .sql = "SELECT id FROM scfd.chain WHERE id = $1 FOR NO KEY UPDATE"};

enum scf_code scf_node_wait_writers(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *id, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_run(db, &wait_writers, &p, arena, NULL, err);
}
