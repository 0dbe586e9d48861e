/* SQL of anchor targets. */
#include "target.h"

#define SELECT_TARGETS                                                                             \
    "SELECT " ANCHOR_TARGET_COLUMNS ", t.last_tick, t.last_good_at, t.silent_since, t.version,"    \
    " t.created_at, t.updated_at FROM scfd.anchor_target t"

struct scf_anchor_target scf_anchor_target_read(const struct scf_rows *rows, int row, int col) {
    return (struct scf_anchor_target){
        .id = (int32_t)scf_rows_i64(rows, row, col),
        .uid = scf_rows_uuid(rows, row, col + 1),
        .name = scf_rows_text(rows, row, col + 2),
        .kind = (enum scf_anchor_kind)scf_rows_i64(rows, row, col + 3),
        .url = scf_rows_text(rows, row, col + 4),
        .settings_json = scf_rows_text(rows, row, col + 5),
        .interval_s = scf_rows_i64(rows, row, col + 6),
        .give_up_after_s = scf_rows_i64(rows, row, col + 7),
        .renew_before_s = scf_rows_i64(rows, row, col + 8),
        .silent_after_s = scf_rows_i64(rows, row, col + 9),
        .active = scf_rows_bool(rows, row, col + 10),
    };
}

static void read_target(const struct scf_rows *rows, int row, void *item) {
    enum { REST = ANCHOR_TARGET_COLUMN_COUNT };
    *(struct anchor_target_row *)item = (struct anchor_target_row){
        .target = scf_anchor_target_read(rows, row, 0),
        .last_tick = scf_rows_i64(rows, row, REST),
        .last_good_us = scf_rows_null(rows, row, REST + 1) ? 0 : scf_rows_time(rows, row, REST + 1),
        .silent_since_us =
            scf_rows_null(rows, row, REST + 2) ? 0 : scf_rows_time(rows, row, REST + 2),
        .version = scf_rows_i64(rows, row, REST + 3),
        .created_us = scf_rows_time(rows, row, REST + 4),
        .updated_us = scf_rows_time(rows, row, REST + 5),
    };
}

static const struct scf_row_form target_form = {sizeof(struct anchor_target_row), read_target,
                                                "There is no such anchor target."};

static const struct scf_stmt get = {"anchor_target_get", SELECT_TARGETS " WHERE t.uid = $1"};
static const struct scf_stmt get_locked = {"anchor_target_get_locked",
                                           SELECT_TARGETS " WHERE t.uid = $1 FOR UPDATE"};

enum scf_code scf_anchor_target_get(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *uid, bool lock,
                                    struct anchor_target_row *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, uid);
    return scf_db_one(db, lock ? &get_locked : &get, &p, arena, &target_form, ret, err);
}

static const struct scf_stmt list_up = {
    "anchor_target_list",
    SELECT_TARGETS " WHERE (t.created_at, t.uid) > ($1, $2) ORDER BY t.created_at, t.uid LIMIT $3"};
static const struct scf_stmt list_down = {"anchor_target_list_down", SELECT_TARGETS
                                          " WHERE (t.created_at, t.uid) < ($1, $2)"
                                          " ORDER BY t.created_at DESC, t.uid DESC LIMIT $3"};

enum scf_code scf_anchor_target_list(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_page *page, struct anchor_target_row **ret,
                                     int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_page_edge(&p, page);
    struct anchor_target_row *list = scf_db_list(db, page->descending ? &list_down : &list_up, &p,
                                                 arena, &target_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

static void read_active(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_anchor_target *)item = scf_anchor_target_read(rows, row, 0);
}

static const struct scf_row_form active_form = {sizeof(struct scf_anchor_target), read_active,
                                                NULL};

static const struct scf_stmt active = {
    "anchor_target_active",
    "SELECT " ANCHOR_TARGET_COLUMNS
    " FROM scfd.anchor_target t WHERE t.active AND t.kind = $1 ORDER BY id"};

enum scf_code scf_anchor_target_active(struct scf_db *db, struct scf_arena *arena,
                                       enum scf_anchor_kind kind, struct scf_anchor_target **ret,
                                       int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i16(&p, (int16_t)kind);
    struct scf_anchor_target *list = scf_db_list(db, &active, &p, arena, &active_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

/* ---- writing ---- */

static void bind_changeable(struct scf_params *p, const struct anchor_target_row *row) {
    const struct scf_anchor_target *t = &row->target;
    scf_p_uuid(p, &t->uid);
    scf_p_text(p, t->url);
    scf_p_text(p, t->settings_json);
    scf_p_i64(p, t->interval_s);
    scf_p_i64(p, t->give_up_after_s);
    scf_p_i64(p, t->renew_before_s);
    scf_p_i64(p, t->silent_after_s);
    scf_p_bool(p, t->active);
    scf_p_i64(p, row->version);
    scf_p_time(p, row->updated_us);
}

static const struct scf_stmt insert = {
    "anchor_target_insert",
    "INSERT INTO scfd.anchor_target (uid, url, settings, interval_s, give_up_after_s,"
    " renew_before_s, silent_after_s, active, version, updated_at, name, kind, created_at)"
    " VALUES ($1, $2, $3::json, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    " ON CONFLICT (name) DO NOTHING"};

enum scf_code scf_anchor_target_insert(struct scf_db *db, struct scf_arena *arena,
                                       const struct anchor_target_row *row, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    bind_changeable(&p, row);
    scf_p_text(&p, row->target.name);
    scf_p_i16(&p, (int16_t)row->target.kind);
    scf_p_time(&p, row->created_us);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &insert, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_affected(rows) == 0)
        code = scf_fail(err, SCF_E_CONFLICT, "There is a target of this name already.");
    return code;
}

static const struct scf_stmt update = {
    "anchor_target_update",
    "WITH t AS (UPDATE scfd.anchor_target SET url = $2, settings = $3::json, interval_s = $4,"
    "  give_up_after_s = $5, renew_before_s = $6, silent_after_s = $7, active = $8, version = $9,"
    "  updated_at = $10, silent_since = CASE WHEN $8 THEN silent_since END"
    "  WHERE uid = $1 RETURNING id)"
    " UPDATE scfd.anchor_entry e SET due_at = $10 FROM t"
    " WHERE e.target_id = t.id AND e.state = 0 AND e.due_at > $10"};

enum scf_code scf_anchor_target_update(struct scf_db *db, struct scf_arena *arena,
                                       const struct anchor_target_row *row, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    bind_changeable(&p, row);
    return scf_db_run(db, &update, &p, arena, NULL, err);
}
