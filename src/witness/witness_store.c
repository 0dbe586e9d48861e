/* SQL of the witnesses themselves. Relies on sql/0020_witness.sql. */
#include "ask_store.h"

#define COLUMNS                                                                                    \
    "id, name, url, vkey, active, due_at, failures, problem, last_good_at, version, created_at, "  \
    "updated_at"

static void read_witness(const struct scf_rows *rows, int i, void *item) {
    *(struct scf_witness *)item = (struct scf_witness){
        .id = scf_rows_uuid(rows, i, 0),
        .name = scf_rows_text(rows, i, 1),
        .url = scf_rows_text(rows, i, 2),
        .vkey = scf_rows_text(rows, i, 3),
        .active = scf_rows_bool(rows, i, 4),
        .due_us = scf_rows_time(rows, i, 5),
        .failures = (int)scf_rows_i64(rows, i, 6),
        .problem = scf_rows_text(rows, i, 7),
        .ever_good = !scf_rows_null(rows, i, 8),
        .good_us = scf_rows_time(rows, i, 8),
        .version = scf_rows_i64(rows, i, 9),
        .created_us = scf_rows_time(rows, i, 10),
        .updated_us = scf_rows_time(rows, i, 11),
    };
}

static const struct scf_row_form witness_form = {sizeof(struct scf_witness), read_witness,
                                                 "There is no such witness."};

static const struct scf_stmt get_stmt = {
    "scf_witness_get", "SELECT " COLUMNS " FROM scfd.witness WHERE id = $1 AND active"};

enum scf_code scf_witness_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              struct scf_witness *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_one(db, &get_stmt, &p, arena, &witness_form, ret, err);
}

static const struct scf_stmt page_up = {
    "scf_witness_page",
    "SELECT " COLUMNS " FROM scfd.witness WHERE active"
    " AND (NOT $1 OR (created_at, id) > ($2, $3)) ORDER BY created_at, id LIMIT $4"};
static const struct scf_stmt page_down = {
    "scf_witness_page_desc",
    "SELECT " COLUMNS " FROM scfd.witness WHERE active"
    " AND (NOT $1 OR (created_at, id) < ($2, $3)) ORDER BY created_at DESC, id DESC LIMIT $4"};

enum scf_code scf_witness_page(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_page *page, struct scf_witness **ret, int *ret_n,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_page_flag(&p, page);
    struct scf_witness *list = scf_db_list(db, page->descending ? &page_down : &page_up, &p, arena,
                                           &witness_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

static const struct scf_stmt insert_stmt = {
    "scf_witness_insert",
    "INSERT INTO scfd.witness AS w (id, name, url, vkey, due_at, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $5, $5) ON CONFLICT (vkey) DO UPDATE SET name = $2, url = $3,"
    " due_at = $5, active = true, failures = 0, problem = NULL, last_good_at = NULL,"
    " created_at = $5, updated_at = $5, version = w.version + 1 WHERE NOT w.active"
    " RETURNING id, version"};

enum scf_code scf_witness_insert(struct scf_db *db, struct scf_arena *arena, struct scf_witness *w,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &w->id);
    scf_p_text(&p, w->name);
    scf_p_text(&p, w->url);
    scf_p_text(&p, w->vkey);
    scf_p_time(&p, w->created_us);
    enum scf_code code = scf_db_run(db, &insert_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_DB_CONFLICT, "A witness with this key is there already.");
    w->id = scf_rows_uuid(rows, 0, 0);
    w->version = scf_rows_i64(rows, 0, 1);
    return SCF_OK;
}

static const struct scf_stmt remove_stmt = {
    "scf_witness_remove", "UPDATE scfd.witness SET active = false, updated_at = $2,"
                          " version = version + 1 WHERE id = $1 AND active"};

enum scf_code scf_witness_remove(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &remove_stmt, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_affected(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such witness.");
    return code;
}
